"""Desks: robots whose scans go through a scanner on a pseudo-terminal and the agent, as a process of its own.

The scanner acknowledges and beeps (`ack;tones=bel`): what is not acknowledged is scanned again, as people do; one beep is
a scan that was taken, three one that was refused. What was said stands on the desk's page, which the robot reads.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from warehouse.children import with_me
from warehouse.simulate import faults
from warehouse.simulate.client import Line, Reply, Unanswered
from warehouse.simulate.robots import Robot, Shift

ACK, BEEP = b"\x06", b"\x07"
PROFILE = "ack;tones=bel"
ACKNOWLEDGED_S, ANSWERED_S = 3.0, 30.0
"""After so long without an acknowledgement a label is scanned again; so long a beep may take, a cut link included."""
SCANS_MOST = 20
CUT_S = 0.2
STOP_S = 10


class Scanner:
    """A serial scanner that can be unplugged; its port keeps its name (Linux: a pseudo-terminal behind a link)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = -1
        self.plug()

    def plug(self) -> None:
        """It is there."""
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)  # the agent may throw away what it was about to be told
        tty.setraw(slave)
        new = self.path.with_suffix(".new")
        new.symlink_to(os.ttyname(slave))
        new.replace(self.path)
        os.close(slave)

    def unplug(self) -> None:
        """It is gone, with all that is still in its cable."""
        os.close(self._master)
        self.path.unlink()

    def send(self, data: bytes) -> None:
        """What the scanner says."""
        with suppress(OSError):
            os.write(self._master, data)

    def heard(self, within: float) -> bytes:
        """What it was told meanwhile; nothing after `within` seconds."""
        ready, _, _ = select.select([self._master], [], [], within)
        with suppress(OSError):
            return os.read(self._master, 4096) if ready else b""
        return b""


class Link:
    """The network between a desk and the server: a relay that can be cut, also in the middle of an answer."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to, self._ends = to, set[socket.socket]()
        self._is_cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing goes through any more."""
        self._is_cut = True
        for each in list(self._ends):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """It goes through again."""
        self._is_cut = False

    def close(self) -> None:
        """Ends."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._reach()
                if far is None:
                    near.close()
                    continue
                for one, other in ((near, far), (far, near)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._ends.add(one)
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _reach(self) -> socket.socket | None:
        with suppress(OSError):
            far = None if self._is_cut else socket.create_connection(self._to, timeout=5)
            if far is not None:
                far.settimeout(None)
            return far
        return None

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        self._ends.discard(one)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        one.close()


class Desk:
    """One desk: its scanner, its agent, and the link to the server."""

    def __init__(self, scanner: Scanner, link: Link) -> None:
        self._scanner, self._link = scanner, link

    def scan(self, code: str, trouble: str) -> tuple[bool, float]:
        """One label, until the scanner beeps: whether it was taken, and the seconds from its last byte to the beep.

        Raises:
            Unanswered: it never beeped.
        """
        self._scanner.heard(0)
        if trouble == "unplugged scanner":
            self._scanner.send(code.encode()[:1])  # in the middle of a scan, which is no scan then
            self._scanner.unplug()
            self._scanner.plug()
        if trouble == "cut link":
            self._link.cut()
        started = time.perf_counter()
        told = self._acknowledged(code)
        if trouble == "cut link":
            time.sleep(CUT_S)
            self._link.mend()
        told += self._until(BEEP, told, ANSWERED_S)
        if BEEP not in told:
            raise Unanswered(f"the scanner did not beep for {code}")
        return told.count(BEEP) == 1, time.perf_counter() - started

    def _acknowledged(self, code: str) -> bytes:
        for _ in range(SCANS_MOST):
            self._scanner.send(f"{code}\r".encode())
            told = self._until(ACK, b"", ACKNOWLEDGED_S)
            if ACK in told:
                return told
        raise Unanswered(f"the agent did not take {code}")

    def _until(self, wanted: bytes, told: bytes, within: float) -> bytes:
        """What the scanner is told until it is told `wanted`."""
        heard, end = b"", time.monotonic() + within
        while wanted not in told + heard and (left := end - time.monotonic()) > 0:
            heard += self._scanner.heard(left)
        return heard


@contextmanager
def desk(to: tuple[str, int], token: str, folder: Path, environ: dict[str, str]) -> Iterator[Desk]:
    """A desk whose agent runs as long as this does."""
    folder.mkdir()
    link, scanner = Link(to), Scanner(folder / "scanner")
    command = [
        sys.executable, "-m", "devices", "--server", f"http://127.0.0.1:{link.port}", "--spool", str(folder / "spool.db"),
        "--scanner", f"{scanner.path},profile={PROFILE}",
    ]  # fmt: skip
    with (folder / "agent.log").open("ab") as log:
        agent = subprocess.Popen(
            command, env=environ | {"WAREHOUSE_STATION_TOKEN": token}, stdout=log, stderr=log,
            preexec_fn=with_me(),  # noqa: PLW1509 - it only asks the kernel for a signal
        )  # fmt: skip
    try:
        yield Desk(scanner, link)
    finally:
        agent.terminate()
        with suppress(subprocess.TimeoutExpired):
            agent.wait(STOP_S)
        agent.kill()
        link.close()
        scanner.unplug()


class DeskRobot(Robot):
    """A robot at a desk: it asks for work on the page, and scans with the desk's own scanner."""

    FAULTS = faults.AT_A_DESK

    def __init__(
        self, name: str, rooms: tuple[str, ...], line: Line, shift: Shift, seed: str, *, at: Desk
    ) -> None:  # fmt: skip
        super().__init__(name, rooms, line, shift, seed)
        self._desk = at

    def _send(self, room: str, did: str, path: str, fields: dict[str, str]) -> Reply:
        if did == "next":
            return super()._send(room, did, path, fields)
        self._sent()
        good, seconds = self._desk.scan(fields["code"], self._trouble)
        page = self._line.get("/stations/screen")
        status = HTTPStatus.OK if good else _refused(page.body)
        return self._answered(f"{room} at a desk", did, room, fields, Reply(status, page.body, False, seconds))


def _refused(body: dict[str, Any]) -> HTTPStatus:
    stale = (body.get("notice") or {}).get("code") == "step_stale"
    return HTTPStatus.CONFLICT if stale else HTTPStatus.UNPROCESSABLE_ENTITY
