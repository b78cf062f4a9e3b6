"""Load: robots on keep-alive connections, closed loop or at a fixed rate. Kept lean, so that it measures the server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any


@dataclass(slots=True)
class Taken:
    """What was measured: latencies in seconds of the scans, and refusals by code."""

    latencies: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    finished: int = 0

    def percentile(self, part: float) -> float:
        """A percentile of the latencies, in milliseconds."""
        ordered = sorted(self.latencies) or [0.0]
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]

    @property
    def rate(self) -> float:
        """Scans a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


class Connection:
    """One keep-alive HTTP/1.1 connection that sends forms and reads JSON."""

    def __init__(self, address: tuple[str, int], token: str) -> None:
        self._address, self._token = address, token
        self._socket = self._open()
        self._buffer = b""

    def post(self, path: str, body: str) -> tuple[int, bytes]:
        """Sends a form; the status and the body of the answer."""
        raw = body.encode()
        self._socket.sendall(
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(raw)}\r\n\r\n".encode()
            + raw
        )
        return self._read()

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()

    def _open(self) -> socket.socket:
        made = socket.create_connection(self._address, timeout=30)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _read(self) -> tuple[int, bytes]:
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return int(head[9:12]), body

    def _more(self) -> None:
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError("the server hung up")
        self._buffer += part


class Robot:
    """Works one room over one connection, scanning what each screen names."""

    def __init__(self, address: tuple[str, int], token: str, name: str) -> None:
        self._connection = Connection(address, token)
        self._name, self._acts = name, 0
        self.taken = Taken()

    def work(self, rooms: tuple[str, ...], go_on: Callable[[], bool], pace: Callable[[], None] | None = None) -> None:
        """Works the rooms one after the other, each until it is empty, for as long as told."""
        try:
            for room in rooms:
                self._empty(room, go_on, pace)
        finally:
            self._connection.close()

    def _empty(self, room: str, go_on: Callable[[], bool], pace: Callable[[], None] | None) -> None:
        while go_on():
            answer = self._send(f"/{room}/next", {})
            if not answer.get("screen"):
                break
            self._finish(answer["screen"], go_on, pace)

    def _finish(self, screen: dict[str, Any], go_on: Callable[[], bool], pace: Callable[[], None] | None) -> None:
        while not screen["done"] and go_on():
            if pace:
                pace()
            sent = time.perf_counter()
            answer = self._send(screen["scan"]["href"], screen["scan"]["fields"] | {"code": answer_for(screen)})
            self.taken.latencies.append(time.perf_counter() - sent)
            if (answer.get("notice") or {}).get("level") == "error":
                code = answer["notice"]["code"]
                self.taken.refused[code] = self.taken.refused.get(code, 0) + 1
            screen = answer.get("screen") or screen
        self.taken.finished += bool(screen["done"])

    def _send(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        self._acts += 1
        body = "&".join(f"{name}={value}" for name, value in fields.items())
        status, raw = self._connection.post(path, f"{body}&key={self._name}-{self._acts}")
        if status not in {HTTPStatus.OK, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise RuntimeError(f"{path} answered {status}: {raw[:300]!r}")
        answer: dict[str, Any] = json.loads(raw)
        return answer


def answer_for(screen: dict[str, Any]) -> str:
    """The code for the first kind in `expects` that the target names."""
    target = screen["target"]
    for kind in screen["expects"]:
        if kind == "quantity" and target["quantity"]["wanted"] is not None:
            return f"XQ{target['quantity']['wanted'] - target['quantity']['done']}"
        if kind == "confirm":
            return "XXOK"
        if kind != "quantity" and target.get(kind):
            return str(target[kind]["barcode"])
    raise RuntimeError(f"the screen names nothing that it expects: {screen}")


def robots_work(
    address: tuple[str, int], tokens: list[str], rooms: tuple[str, ...], *, seconds: float | None = None
) -> Taken:
    """All robots at once, for a time or until nothing is left; what they measured together."""
    end = time.perf_counter() + (seconds or 3600)
    mark = time.monotonic_ns()
    robots = [Robot(address, token, f"{mark}-{number}") for number, token in enumerate(tokens)]
    calls = [partial(each.work, rooms, lambda: time.perf_counter() < end) for each in robots]
    return _together(robots, calls)


def open_loop(
    address: tuple[str, int], tokens: list[str], rooms: tuple[str, ...], *, rate: float, seconds: float
) -> Taken:
    """Scans at a fixed rate, whoever of the robots is free; a late answer does not slow the others down.

    The latency is counted from the moment that the scan was due.
    """
    start = time.perf_counter()
    end, lock, due = start + seconds, threading.Lock(), [start]

    def pace() -> None:
        with lock:
            mine = due[0] = max(due[0] + 1 / rate, start)
        time.sleep(max(0.0, mine - time.perf_counter()))

    robots = [Robot(address, token, f"{time.monotonic_ns()}-{number}") for number, token in enumerate(tokens)]
    calls = [partial(each.work, rooms, lambda: time.perf_counter() < end, pace) for each in robots]
    return _together(robots, calls)


def closed_loop(address: tuple[str, int], *, connections: int, path: str, seconds: float) -> Taken:
    """The same form from many connections as fast as it is answered: how fast the yardstick goes."""
    end = time.perf_counter() + seconds

    def post(taken: Taken, number: int) -> None:
        connection, mark, sent = Connection(address, "none"), time.monotonic_ns(), 0
        while time.perf_counter() < end:
            started = time.perf_counter()
            status, _ = connection.post(path, f"step=1&code=A-0001&row={number}&key={mark}-{number}-{sent}")
            taken.latencies.append(time.perf_counter() - started)
            assert status == HTTPStatus.OK, "the yardstick answers"
            sent += 1
        connection.close()

    takers = [Taken() for _ in range(connections)]
    return _run([partial(post, each, number) for number, each in enumerate(takers)], takers)


def _together(robots: list[Robot], calls: Sequence[Callable[[], None]]) -> Taken:
    return _run(calls, [robot.taken for robot in robots])


def _run(calls: Sequence[Callable[[], None]], parts: list[Taken]) -> Taken:
    started = time.perf_counter()
    with ThreadPoolExecutor(len(calls)) as pool:
        for each in [pool.submit(call) for call in calls]:
            each.result()
    whole = Taken(seconds=time.perf_counter() - started)
    for part in parts:
        whole.latencies += part.latencies
        whole.finished += part.finished
        for code, count in part.refused.items():
            whole.refused[code] = whole.refused.get(code, 0) + count
    return whole
