"""The real server, and robots who work on it and remember what they were told: the proofs share them."""

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
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

import warehouse
from tests.conftest import LEDGER_KEY
from tests.floor import House, answer_for

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
Tell = Callable[[str], None]

ROBOTS = 4
READY_WITHIN_S = 60
ANSWER_WITHIN_S = 90
SEALED_WITHIN_S = 120  # the worker is niced: beside much else it has its turn late
STOP_WITHIN_S = 20
ORDERS_A_ROUND = 6


class Server:
    """`warehouse serve` in a process group of its own. `through`: a command that starts it in surroundings of its own."""

    def __init__(self, url: str, home: Path, *, log: Path | None = None, through: Sequence[str] = ()) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        root = Path(warehouse.__file__).resolve().parent.parent
        self._env = os.environ | {
            "WAREHOUSE_DATABASE_URL": url, "WAREHOUSE_HOME": str(home), "WAREHOUSE_LEDGER_KEY": LEDGER_KEY,
            "WAREHOUSE_SECRET_KEY": "s" * 40, "WAREHOUSE_BIND": f"127.0.0.1:{self.port}",
            "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        }  # fmt: skip
        self._log, self._command = log or home / "server.log", [*through, sys.executable, "-m", "warehouse", "serve"]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._env, cwd=self._log.parent, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until(self._ready, READY_WITHIN_S, lambda: f"ready: {self.log()[-2000:]}")

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended: {self.log()[-2000:]}"
        return self.readiness() == 200

    def readiness(self) -> int:
        """What /readyz answers; 0 where nobody answers."""
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status
            finally:
                connection.close()
        return 0

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()

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


class HasPort(Protocol):
    """Where robots send to: the server, or what stands before it."""

    port: int


class Told(NamedTuple):
    """An answer."""

    status: int
    answer: Any
    replayed: bool
    retry_after: str | None


@dataclass
class Heard:
    """What the robots were told: each act that was answered, by its key; and what it was refused for until then."""

    acts: dict[str, tuple[Robot, str, dict[str, str], int, Any]] = field(default_factory=dict)
    repeated: int = 0
    waited: Counter[str] = field(default_factory=Counter)
    failures: list[BaseException] = field(default_factory=list)


class Robot(threading.Thread):
    """Works picking over HTTP. An act that was not answered is sent again, with the same key, until it is."""

    def __init__(self, server: HasPort, token: str, heard: Heard, stop: threading.Event) -> None:
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
            if told is not None and told.status != 503:
                break
            if told is not None:
                assert told.retry_after, "it is told when to send it again"
                self._heard.waited[told.answer["notice"]["code"]] += 1
            assert time.monotonic() < deadline, f"{path} was never answered"
            time.sleep(0.02)
        status, answer, replayed, _ = told
        assert status in {200, 409}, (path, fields, status, answer)
        assert sent > 1 or not replayed, "what was never sent is no repeat"
        if status == 200:
            self._heard.acts[fields["key"]] = (self, path, fields, status, answer["notice"])
            self._heard.repeated += replayed
        return answer

    def send(self, path: str, fields: dict[str, str]) -> Told | None:
        """One request; None if no answer came."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json",
                   "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
            self._connection.request("POST", path, urllib.parse.urlencode(fields), headers)
            answer = self._connection.getresponse()
            head = answer.headers
            return Told(answer.status, json.loads(answer.read()), head.get("Replayed") == "1", head.get("Retry-After"))
        except (OSError, http.client.HTTPException, json.JSONDecodeError):  # cut off within its head it has no length
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


def order(house: House, dice: random.Random) -> None:
    """A few more orders; they come while the server is down as well as while it runs."""
    for _ in range(ORDERS_A_ROUND):
        house.order(("KETTLE", dice.randint(1, 3)), ("TEA", dice.randint(1, 3)))


def tell_all_again(robots: list[Robot], heard: Heard) -> None:
    """Each act that was acknowledged, sent once more by the same robot, is answered as before."""
    for key, (robot, path, fields, status, notice) in list(heard.acts.items()):
        told = robot.send(path, fields)
        assert told is not None
        assert (told.status, told.answer["notice"], told.replayed) == (status, notice, True), key
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


def counts(heard: Heard) -> str:
    """What was met, in words; to be told once compare() has found all in order."""
    refused = ", ".join(f"{count} refused for {code}" for code, count in sorted(heard.waited.items()))
    return (
        f"{len(heard.acts)} acts, {heard.repeated} answered as repeats, {refused or 'none refused'}: 0 lost, 0 doubled"
    )
