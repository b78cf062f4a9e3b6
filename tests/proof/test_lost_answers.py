"""Answers are lost between the real server and its clients: before, after and in the middle; the same key has one effect."""

from __future__ import annotations

import json
import random
import re
import socket
import socketserver
import threading
import urllib.parse
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

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

WAYS = ("request lost", "request torn", "answer lost", "answer torn")
LOST_SHARE = 0.6
ACTS_AN_ORDER_ROUND = 50
FINISHED_WITHIN_S = 900
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Line(socketserver.ThreadingTCPServer):
    """The line between robots and server. It loses what it carries, so many times, and watches what the server says twice."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, server: Server, losses: int, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Carry)
        self.port = int(self.server_address[1])
        self.to, self._left, self._dice = server, losses, random.Random(seed)
        self.lost: Counter[str] = Counter()
        self.done: dict[str, Any] = {}
        self.wrong: list[str] = []
        self._guard = threading.Lock()

    def fate(self) -> tuple[str, float]:
        """What happens to the next exchange, and where in it."""
        with self._guard:
            if self._left > 0 and self._dice.random() < LOST_SHARE:
                self._left -= 1
                way = self._dice.choice(WAYS)
                self.lost[way] += 1
                return way, self._dice.random()
            return "", 0.0

    def watch(self, request: bytes, answer: bytes) -> None:
        """What was done once is answered as before from then on, and says so."""
        key = urllib.parse.parse_qs(request.partition(b"\r\n\r\n")[2].decode())["key"][0]
        head, _, body = answer.partition(b"\r\n\r\n")
        status, replayed = int(head.split()[1]), b"\r\nreplayed: 1" in head.lower()
        with self._guard:
            if status == 200:
                told = json.loads(body)["notice"]
                if replayed != (key in self.done) or self.done.setdefault(key, told) != told:
                    self.wrong.append(f"{key}: replayed {replayed}, {told}, before {self.done.get(key)}")
            elif key in self.done:
                self.wrong.append(f"{key}: done before, and now {status}")


class _Carry(socketserver.BaseRequestHandler):
    """One connection of a robot."""

    server: Line

    def handle(self) -> None:
        while request := _message(self.request):
            way, share = self.server.fate()
            if way == "request lost":
                return
            with socket.create_connection(("127.0.0.1", self.server.to.port), timeout=ANSWER_WITHIN_S) as line:
                if way == "request torn":
                    line.sendall(request[: int(len(request) * share)])
                    return
                line.sendall(request)
                answer = _message(line)
            self.server.watch(request, answer)
            if way == "answer lost":
                return
            self.request.sendall(answer[: int(len(answer) * share)] if way else answer)
            if way:
                return


def _message(line: socket.socket) -> bytes:
    """One whole request or answer; nothing where the other side has ended."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (more := _read(line)):
            return b""
        read += more
    length = _LENGTH.search(read)
    wanted = read.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
    while len(read) < wanted:
        if not (more := _read(line)):
            return b""
        read += more
    return read


def _read(line: socket.socket) -> bytes:
    try:
        return line.recv(65536)
    except OSError:
        return b""


def play(house: House, url: str, home: Path, losses: int, tell: Tell) -> None:
    """Robots pick over a bad line; afterwards all that was told must be true."""
    dice, heard, stop = random.Random(losses), Heard(), threading.Event()
    for number, place in enumerate(("A-01", "A-02", "A-03", "A-04"), 1):
        house.put("KETTLE" if number % 2 else "TEA", place, 100_000, received=f"2026-01-0{number}",
                  lot="" if number % 2 else "L-1")  # fmt: skip
    workers = [house.worker("picker", name=f"robot-{number}") for number in range(ROBOTS)]
    for _ in range(losses // ACTS_AN_ORDER_ROUND + 2):
        order(house, dice)
    server = Server(url, home)
    with Line(server, losses, seed=losses) as line:
        threading.Thread(target=line.serve_forever, daemon=True).start()
        robots = [Robot(line, worker.token, heard, stop) for worker in workers]
        stop.set()
        try:
            server.start()
            for robot in robots:
                robot.start()
            for robot in robots:
                robot.join(FINISHED_WITHIN_S)
            assert not heard.failures, heard.failures[0]
            assert line.lost.total() == losses, "there was work enough to lose so many answers"
            tell_all_again(robots, heard)
            until(lambda: house.verify().unsealed == 0, SEALED_WITHIN_S, lambda: "all sealed by the worker")
        finally:
            server.stop()
            line.shutdown()
    assert line.wrong == []
    compare(house, heard)
    tell(f"lost answers: seed {losses}, {losses} lost ({dict(line.lost)}), {counts(heard)}")


def test_a_request_whose_line_was_cut_within_its_body_does_nothing(house: House, url: str, tmp_path: Path) -> None:
    """Half a key is no key, and XQ1 is not XQ12: gunicorn hands on what came, and somebody has to count."""
    house.put("KETTLE", "A-01", 10)
    token, server = house.worker("picker").token, Server(url, tmp_path)
    body = b"code=&key=" + b"k" * 32
    head = (f"POST /picking/next HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
            "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n").encode()  # fmt: skip
    try:
        server.start()
        for came in (0, 1, 5, 9, 11, 30, len(body) - 1):
            assert answer_to(server, head + body[:came]).startswith(b"HTTP/1.1 400 "), came
            assert house.value("SELECT count(*) FROM act") == 0, came
        assert answer_to(server, head + body).startswith(b"HTTP/1.1 200 ")
    finally:
        server.stop()


def answer_to(server: Server, sent: bytes) -> bytes:
    """What the server answers to one who sends so much and then says that nothing more comes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=ANSWER_WITHIN_S) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return _message(line)


def test_sixty_lost_answers_lose_nothing(house: House, url: str, tmp_path: Path, tell: Tell) -> None:
    """R-SCAN-1."""
    play(house, url, tmp_path, 60, tell)


@pytest.mark.proof
def test_a_thousand_lost_answers_lose_nothing(house: House, url: str, tmp_path: Path, tell: Tell) -> None:
    play(house, url, tmp_path, 1000, tell)
