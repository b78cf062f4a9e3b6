"""The server is killed under load, again and again: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import random
import threading
from pathlib import Path

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
)

SCANS_BETWEEN = (10, 40)


def play(house: House, url: str, home: Path, kills: int, tell: Tell) -> None:
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
        until(lambda: house.verify().unsealed == 0, SEALED_WITHIN_S, lambda: "all sealed by the worker")
    finally:
        stop.set()
        server.stop()
    compare(house, heard)
    tell(f"server kills: seed {kills}, {kills} kills, {counts(heard)}")


def test_five_kills_lose_nothing(house: House, url: str, tmp_path: Path, tell: Tell) -> None:
    play(house, url, tmp_path, 5, tell)


@pytest.mark.proof
def test_a_hundred_kills_lose_nothing(house: House, url: str, tmp_path: Path, tell: Tell) -> None:
    play(house, url, tmp_path, 100, tell)
