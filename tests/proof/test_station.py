"""A whole desk under misfortune: each acknowledged scan is booked once and in its order, whatever is cut, killed, unplugged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.devices.desk import PtyScanner
from tests.floor import House
from tests.proof.robots import Server, until
from tests.stations.desks import Agent, at_desk
from warehouse.simulate.desks import Link

ACK, SEED = b"\x06", 4711
ANSWERED_WITHIN_S = 90


class AgentProcess:
    """`warehouse-station` as a process."""

    def __init__(self, folder: Path, link: Link, token: str, scanner: PtyScanner) -> None:
        self._folder, self._log = folder, folder / "agent.log"
        self._command = [
            sys.executable, "-m", "devices", "--server", f"http://127.0.0.1:{link.port}", "--spool",
            str(folder / "spool.db"), "--scanner", f"{scanner.path},profile=ack",
        ]  # fmt: skip
        root = Path(__file__).resolve().parents[2]
        self._env = os.environ | {"WAREHOUSE_STATION_TOKEN": token, "PYTHONPATH": str(root)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, env=self._env, stdout=log, stderr=log)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def desk(house: House, url: str, home: Path) -> Iterator[tuple[Server, Link, AgentProcess, PtyScanner]]:
    """The served warehouse, a program that holds the dock's desk, and the agent there."""
    server = Server(url, home)
    link = Link(("127.0.0.1", server.port))
    scanner = PtyScanner(home / "scanner")
    agent = AgentProcess(home, link, Agent.at(house, "DOCK-1").token, scanner)
    try:
        server.start()
        agent.start()
        yield server, link, agent, scanner
    finally:
        link.close()
        if agent.process is not None:
            agent.process.kill()
            agent.process.wait()
        server.stop()


def scan(scanner: PtyScanner, code: str) -> None:
    """Scans until the agent has acknowledged it: what is not acknowledged is scanned again, as people do."""

    def acknowledged() -> bool:
        with suppress(OSError):
            scanner.scan(f"{code}\r".encode())
        return ACK in scanner.heard(within=30)

    until(acknowledged, ANSWERED_WITHIN_S, lambda: f"{code} acknowledged")


def misfortunes(dice: random.Random, *, kills: int, cuts: int, unplugs: int, agent_kills: int) -> list[str]:
    """What goes wrong, in which order."""
    story = ["kill"] * kills + ["cut"] * cuts + ["unplug"] * unplugs + ["agent"] * agent_kills
    dice.shuffle(story)
    return story


def play(house: House, url: str, home: Path, story: list[str], dice: random.Random) -> int:
    """Serials are received at the desk while all that goes wrong; how many scans."""
    pace = [dice.randint(2, 8) for _ in story]
    total = sum(pace) + sum(what in {"kill", "cut"} for what in story) + 10
    house.purchase(("CAMERA", total))
    robot = at_desk(house, "DOCK-1", "receiver")
    robot.next("receiving")
    robot.scans("PO-1", "CAMERA")
    serials = [f"SN-{number:06d}" for number in range(total)]
    left = iter(serials)
    with desk(house, url, home) as (server, link, agent, scanner):
        for what, scans in zip(story, pace, strict=True):
            for _ in range(scans):
                scan(scanner, next(left))
            if what == "kill":
                server.kill(group=dice.random() < 0.5)
                scan(scanner, next(left))  # people go on scanning
                server.start()
            elif what == "cut":
                link.cut()
                scan(scanner, next(left))  # people go on scanning
                link.mend()
            elif what == "unplug":
                with suppress(OSError):
                    scanner.scan(b"SN-00")  # in the middle of a scan, which is no scan then
                scanner.unplug()
                scanner.plug()
            else:
                agent.kill()
                agent.start()
        for code in left:
            scan(scanner, code)
        until(
            lambda: len(received(house)) >= total, ANSWERED_WITHIN_S * 2, lambda: f"all booked: {len(received(house))}"
        )
    assert received(house) == serials, "each once, in the order in which they were scanned"
    assert house.value("SELECT count(*) FROM act WHERE via = 'serial' AND status <> 200") == 0
    assert house.verify().faults == []
    return total


def received(house: House) -> list[str]:
    """The serials as they were booked."""
    rows = house.base.read(
        lambda session: session.all(
            "SELECT serial FROM move WHERE cause = 'receive' AND serial <> '' ORDER BY posting_id"
        )
    )
    return [row.serial for row in rows]


def test_a_desk_loses_nothing_in_a_bad_hour(house: House, url: str, tmp_path: Path) -> None:
    """R-STN-1, R-SCAN-1: server killed, link cut, scanner unplugged in mid-scan, agent killed."""
    dice = random.Random(SEED)
    play(house, url, tmp_path, misfortunes(dice, kills=2, cuts=4, unplugs=3, agent_kills=2), dice)


@pytest.mark.proof
def test_a_desk_loses_nothing_in_a_bad_year(house: House, url: str, tmp_path: Path) -> None:
    """100 server kills, 100 link cuts, 100 unplugs, 100 agent kills."""
    dice = random.Random(SEED)
    story = misfortunes(dice, kills=100, cuts=100, unplugs=100, agent_kills=100)
    scans = play(house, url, tmp_path, story, dice)
    print(f"seed {SEED}: {scans} scans, 100 server kills, link cuts, unplugs and agent kills each: 0 lost, 0 doubled")  # noqa: T201 - what was proven
