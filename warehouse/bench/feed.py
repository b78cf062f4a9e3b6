"""Picking scans a second with no live feed open and with two hundred, on the same server."""

from __future__ import annotations

import select
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.bench import Figure
from warehouse.bench.load import Taken, robots_work
from warehouse.bench.world import World, add_orders, cpu_seconds, furnish, serving, world
from warehouse.catalog.locations import make_location
from warehouse.db import Session
from warehouse.people.actions import make_program
from warehouse.serve import FEED

FEEDS, ROBOTS = 200, 16
OPENED_S = 30


def measure(database: str, *, seconds: float) -> Iterator[Figure]:
    """Without feeds, with them, without them again: what the machine does meanwhile meets both."""
    with world(database) as made:
        furnish(made, items=200, robots=ROBOTS)
        add_orders(made, count=int(200 * (3 * seconds + 1)))
        pages = made.database.change(lambda session: _desks(session, made))
        with serving(made) as server:
            robots_work(made.settings.bind, made.tokens, ("picking",), seconds=1)
            before, cpu_before = _scans(made, server, seconds)
            with _open(made, pages) as told:
                beside, cpu_beside = _scans(made, server, seconds)
                still = len(told)
            after, cpu_after = _scans(made, server, seconds)
    without = (before.rate + after.rate) / 2
    yield Figure("feed", database, "scans beside 200 feeds", beside.rate, "1/s", without, "ratio >= 0.9")
    yield Figure("feed", database, "server CPU for each of them", 1000 * cpu_beside, "ms",
                 500 * (cpu_before + cpu_after), "ratio <= 1.1")  # fmt: skip
    yield Figure("feed", database, "their p95", beside.percentile(0.95), "ms",
                 (before.percentile(0.95) + after.percentile(0.95)) / 2)  # fmt: skip
    yield Figure("feed", database, "feeds open to the end", still, "", None, f">= {FEEDS}")


def _scans(made: World, server: subprocess.Popen[bytes], seconds: float) -> tuple[Taken, float]:
    """What was measured, and the server's CPU seconds for each scan: other programs on the machine count less there."""
    before = cpu_seconds(server)
    taken = robots_work(made.settings.bind, made.tokens, ("picking",), seconds=seconds)
    return taken, (cpu_seconds(server) - before) / max(1, len(taken.latencies))


def _desks(session: Session, made: World) -> list[str]:
    """The tokens of as many people, each at a desk of their own."""
    places = [make_location(session, made.warehouse_id, f"FEED-{number}", kind="station") for number in range(FEEDS)]
    return [
        make_program(session, f"page-{number}", ("packer",), warehouse_id=made.warehouse_id, station_id=place)["token"]
        for number, place in enumerate(places)
    ]


@contextmanager
def _open(made: World, tokens: list[str]) -> Iterator[dict[int, socket.socket]]:
    """Opens a feed for each token; those that are still open, kept up to date while the block lasts."""
    feeds: dict[int, socket.socket] = {}
    ended = threading.Event()
    try:
        for number, token in enumerate(tokens):
            feed = socket.create_connection(made.settings.bind, timeout=OPENED_S)
            feed.sendall(
                f"GET {FEED}?page=p{number} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
                "Accept: text/event-stream\r\n\r\n".encode()
            )
            assert b" 200 " in feed.recv(4096).split(b"\r\n")[0], "a feed opens"
            feeds[feed.fileno()] = feed
        reader = threading.Thread(target=_read, args=(feeds, ended))
        reader.start()
        yield feeds
        ended.set()
        reader.join()
    finally:
        for feed in list(feeds.values()):
            feed.close()


def _read(feeds: dict[int, socket.socket], ended: threading.Event) -> None:
    """Reads what the feeds say, as browsers do, and drops those that ended."""
    while not ended.is_set():
        ready, _, _ = select.select(list(feeds), [], [], 0.1)
        for number in ready:
            if not feeds[number].recv(65536):
                feeds.pop(number).close()
