"""The server is killed under load, again and again: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import warehouse
from tests.conftest import LEDGER_KEY
from tests.floor import House, answer_for

ROBOTS = 4
READY_WITHIN_S = 60
ANSWER_WITHIN_S = 90
STOP_WITHIN_S = 20
SCANS_BETWEEN = (10, 40)
ORDERS_A_ROUND = 6


class Server:
    """`warehouse serve` in a process group of its own."""

    def __init__(self, url: str, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        root = Path(warehouse.__file__).resolve().parent.parent
        self._env = os.environ | {
            "WAREHOUSE_DATABASE_URL": url, "WAREHOUSE_HOME": str(home), "WAREHOUSE_LEDGER_KEY": LEDGER_KEY,
            "WAREHOUSE_SECRET_KEY": "s" * 40, "WAREHOUSE_BIND": f"127.0.0.1:{self.port}",
            "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        }  # fmt: skip
        self._home, self._log = home, home / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "warehouse", "serve"], env=self._env, cwd=self._home, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until(self._ready, READY_WITHIN_S, lambda: f"ready: {self._log.read_text()[-2000:]}")

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended: {self._log.read_text()[-2000:]}"
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            finally:
                connection.close()
        return False

    def kill(self, *, group: bool) -> None:
        """kill -9: of all its processes at once, or of the first alone, whom the others must follow."""
        assert self.process is not None
        if group:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ends it as an operator would; what is left of its group, by force."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@dataclass
class Heard:
    """What the robots were told: each act that was answered, by its key."""

    acts: dict[str, tuple[Robot, str, dict[str, str], int, Any]] = field(default_factory=dict)
    repeated: int = 0
    failures: list[BaseException] = field(default_factory=list)


class Robot(threading.Thread):
    """Works picking over HTTP. An act that was not answered is sent again, with the same key, until it is."""

    def __init__(self, server: Server, token: str, heard: Heard, stop: threading.Event) -> None:
        super().__init__()
        self._server, self._token, self._heard, self._stop_when_idle = server, token, heard, stop
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        try:
            while self._work_one():
                pass
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            self._heard.failures.append(error)
        finally:
            self.forget()

    def _work_one(self) -> bool:
        """One piece of work; False when nothing is left and nothing more will come."""
        ending = self._stop_when_idle.is_set()
        screen = self.act("/picking/next", {})["screen"]
        if screen is None:
            self._stop_when_idle.wait(0.05)
            return not ending
        while not screen["done"]:
            answer = self.act(screen["scan"]["href"], screen["scan"]["fields"] | {"code": answer_for(screen)})
            screen = answer["screen"]
        return True

    def act(self, path: str, fields: dict[str, str]) -> Any:
        """Sends one act until it is answered, and notes what was told."""
        fields = fields | {"key": uuid.uuid4().hex}
        deadline = time.monotonic() + ANSWER_WITHIN_S
        sent = 0
        while True:
            sent += 1
            told = self.send(path, fields)
            if told is not None and told[0] != 503:
                break
            assert time.monotonic() < deadline, f"{path} was never answered"
            time.sleep(0.02)
        status, answer, replayed = told
        assert status in {200, 409}, (path, fields, status, answer)
        assert sent > 1 or not replayed, "what was never sent is no repeat"
        if status == 200:
            self._heard.acts[fields["key"]] = (self, path, fields, status, answer["notice"])
            self._heard.repeated += replayed
        return answer

    def send(self, path: str, fields: dict[str, str]) -> tuple[int, Any, bool] | None:
        """One request; None if no answer came."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json",
                   "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
            self._connection.request("POST", path, urllib.parse.urlencode(fields), headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers.get("Replayed") == "1"
        except (OSError, http.client.HTTPException):
            self.forget()
            return None

    def forget(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def until(ready: Callable[[], bool], within_s: float, what: Callable[[], str] = lambda: "it") -> None:
    """Waits for a condition, and not for ever."""
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline, f"not in {within_s} s: {what()}"
        time.sleep(0.02)


def play(house: House, url: str, home: Path, kills: int) -> None:
    """Robots pick orders while the server is killed; afterwards all that was told must be true."""
    dice = random.Random(kills)
    for number, place in enumerate(("A-01", "A-02", "A-03", "A-04"), 1):
        house.put("KETTLE" if number % 2 else "TEA", place, 100_000, received=f"2026-01-0{number}",
                  lot="" if number % 2 else "L-1")  # fmt: skip
    workers = [house.worker("picker", name=f"robot-{number}") for number in range(ROBOTS)]
    server, heard, stop = Server(url, home), Heard(), threading.Event()
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
            server.kill(group=number % 2 == 0)
            order(house, dice)
            server.start()
        stop.set()
        for robot in robots:
            robot.join(ANSWER_WITHIN_S * 2)
        assert not heard.failures, heard.failures[0]
        tell_all_again(robots, heard)
        until(lambda: house.verify().unsealed == 0, 30, lambda: "all sealed by the worker")
    finally:
        stop.set()
        server.stop()
    compare(house, heard)


def order(house: House, dice: random.Random) -> None:
    """A few more orders; they come while the server is down as well as while it runs."""
    for _ in range(ORDERS_A_ROUND):
        house.order(("KETTLE", dice.randint(1, 3)), ("TEA", dice.randint(1, 3)))


def tell_all_again(robots: list[Robot], heard: Heard) -> None:
    """Each act that was acknowledged, sent once more by the same robot, is answered as before."""
    for key, (robot, path, fields, status, notice) in list(heard.acts.items()):
        told = robot.send(path, fields)
        assert told is not None
        assert (told[0], told[1]["notice"], told[2]) == (status, notice, True), key
    for robot in robots:
        robot.forget()


def compare(house: House, heard: Heard) -> None:
    """What the robots were told, what the acts say and what the ledger says are one."""
    rows = house.base.read(lambda session: session.all("SELECT key FROM act"))
    assert {row.key for row in rows} == heard.acts.keys(), "every act is known to its robot, and no other was done"
    picks = house.base.read(
        lambda session: session.all("SELECT key, posting_id, quantity FROM move WHERE cause = 'pick' AND item_id <> 0")
    )
    told = Counter(notice["code"] for *_, notice in heard.acts.values())
    assert all(count == 1 for count in Counter(row.key for row in picks).values()), "no act picked twice"
    picked = {key for key, (*_, notice) in heard.acts.items() if notice["code"] in {"picked", "order_picked"}}
    assert {row.key for row in picks} == picked, told
    wanted = house.value("SELECT SUM(quantity) FROM order_line")
    assert sum(row.quantity for row in picks) == wanted, "all that was ordered was picked, once"
    assert house.value("SELECT count(*) FROM shipment WHERE state <> 'to_pack'") == 0


def test_five_kills_lose_nothing(house: House, url: str, tmp_path: Path) -> None:
    play(house, url, tmp_path, 5)


@pytest.mark.proof
def test_a_hundred_kills_lose_nothing(house: House, url: str, tmp_path: Path) -> None:
    play(house, url, tmp_path, 100)
