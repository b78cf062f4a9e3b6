"""Desks: from the bytes of a serial scanner to the tone it hears, and fifty desks scanning beside the handhelds."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from warehouse.bench import Figure
from warehouse.bench.load import Connection, Taken, open_loop
from warehouse.bench.world import World, add_orders, furnish, serving, world
from warehouse.catalog.locations import make_location
from warehouse.catalog.suppliers import put_supplier
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.orders.purchase import PurchaseLine, make_purchase_order
from warehouse.people.actions import make_program

STATIONS, SCANS_A_SECOND = 50, 2
HANDHELDS, HANDHELD_RATE = 16, 20
TONES = 300
GOOD = b"\x07"
UNITS = 1_000_000
HEARD_WITHIN_S = 20


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk: who holds it and its agent, and the paper that is received there."""

    receiver: str
    agent: str
    paper: str


def measure(database: str, *, seconds: float) -> Iterator[Figure]:
    """One desk through its scanner, then all desks at once beside handhelds."""
    with world(database) as made:
        furnish(made, items=60, robots=HANDHELDS)
        add_orders(made, count=int(HANDHELD_RATE * (2 * seconds + 20) / 6))
        desks = _desks(made, STATIONS + 1)
        with serving(made):
            for desk in desks:
                _begin(made, desk)
            yield from _tone(made, database, desks[-1])
            yield from _all_desks(made, database, desks[:-1], max(seconds, 10))


def _desks(made: World, count: int) -> list[Desk]:
    def make(session: Session) -> list[Desk]:
        supplier = put_supplier(session, "BENCH", "Bench")
        return [_desk(session, made, supplier, number) for number in range(count)]

    return made.database.change(make)


def _desk(session: Session, made: World, supplier: int, number: int) -> Desk:
    place = make_location(session, made.warehouse_id, f"DESK-{number}", kind="dock")
    make_purchase_order(
        session, warehouse_id=made.warehouse_id, number=f"PO-{number}", supplier_id=supplier, at=now_us(),
        lines=[PurchaseLine(made.items[number], UNITS)],
    )  # fmt: skip
    tokens = [
        make_program(session, f"{role}-{number}", (role,), warehouse_id=made.warehouse_id, station_id=place)["token"]
        for role in ("receiver", "station")
    ]
    return Desk(tokens[0], tokens[1], f"PO-{number}")


def _begin(made: World, desk: Desk) -> None:
    """The desk's work is opened, and its paper scanned."""
    receiver, agent = Connection(made.settings.bind, desk.receiver), Connection(made.settings.bind, desk.agent)
    for connection, path, body in (
        (receiver, "/receiving/next", f"key=next-{desk.paper}"),
        (agent, "/stations/scan", f"code={desk.paper}&key={desk.paper}"),
    ):
        status, raw = connection.post(path, body)
        assert status == HTTPStatus.OK, raw
        connection.close()


def _sku(desk: Desk) -> str:
    return f"SKU-{int(desk.paper[3:]):04d}"


def _tone(made: World, database: str, desk: Desk) -> Iterator[Figure]:
    connection, alone = Connection(made.settings.bind, desk.agent), Taken()
    for number in range(TONES):
        sent = time.perf_counter()
        status, raw = connection.post("/stations/scan", f"code={_sku(desk)}&key=alone-{number}")
        alone.latencies.append(time.perf_counter() - sent)
        assert status == HTTPStatus.OK, raw
    connection.close()
    with _agent(made, desk) as scanner:
        heard = _tones(scanner, _sku(desk))
    for part, target in ((0.5, "<= 30"), (0.99, "<= 100")):
        yield Figure("desk", database, f"byte in to tone out, p{part * 100:.0f}", heard.percentile(part), "ms",
                     alone.percentile(part), target)  # fmt: skip


@contextmanager
def _agent(made: World, desk: Desk) -> Iterator[int]:
    """`warehouse-station` on a pseudo-terminal; the scanner's end of it."""
    master, slave = os.openpty()
    tty.setraw(slave)
    port = os.ttyname(slave)
    with tempfile.TemporaryDirectory(prefix="pickface-bench-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "devices", "--server", f"http://{made.settings.bind}", "--spool",
             str(Path(folder) / "spool.db"), "--scanner", f"{port},profile=bel"],
            env=made.environ | {"WAREHOUSE_STATION_TOKEN": desk.agent}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield master
        finally:
            process.terminate()
            process.wait(timeout=10)
            os.close(master)
            os.close(slave)


def _tones(scanner: int, code: str) -> Taken:
    taken, deadline = Taken(), time.monotonic() + HEARD_WITHIN_S
    while not _heard(scanner, code, within=1.0):  # what comes before the port is open is nobody's
        assert time.monotonic() < deadline, "the agent listens"
    for _ in range(TONES):
        sent = time.perf_counter()
        assert _heard(scanner, code, within=HEARD_WITHIN_S) == GOOD, "every scan is taken"
        taken.latencies.append(time.perf_counter() - sent)
    return taken


def _heard(scanner: int, code: str, *, within: float) -> bytes:
    """Scans; the tone that comes back."""
    os.write(scanner, f"{code}\r".encode())
    ready, _, _ = select.select([scanner], [], [], within)
    return os.read(scanner, 16) if ready else b""


def _all_desks(made: World, database: str, desks: list[Desk], seconds: float) -> Iterator[Figure]:
    before = _booked(made)
    with ThreadPoolExecutor(len(desks) + 1) as pool:
        handhelds = pool.submit(
            open_loop, made.settings.bind, made.tokens, ("picking",), rate=HANDHELD_RATE, seconds=seconds
        )
        parts = [
            part.result() for part in [pool.submit(_scans, made, desk, at, seconds) for at, desk in enumerate(desks)]
        ]
        beside = handhelds.result()
    all_scans = Taken(latencies=[each for part in parts for each in part.latencies], seconds=seconds)
    lost = len(all_scans.latencies) - (_booked(made) - before)
    yield Figure("desk", database, f"scans of {len(desks)} desks", all_scans.rate, "1/s", len(desks) * SCANS_A_SECOND)
    yield Figure("desk", database, "lost or doubled among them", lost, "", None, "<= 0")
    yield Figure("desk", database, "desks p95", all_scans.percentile(0.95), "ms")
    yield Figure("desk", database, "handhelds beside them p95", beside.percentile(0.95), "ms", None, "<= 40")


def _scans(made: World, desk: Desk, at: int, seconds: float) -> Taken:
    """One desk at its pace; the latency counts from the moment that a scan was due."""
    connection, taken = Connection(made.settings.bind, desk.agent), Taken()
    start = time.perf_counter() + at / (STATIONS * SCANS_A_SECOND)
    for number in range(int(seconds * SCANS_A_SECOND)):
        due = start + number / SCANS_A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        status, raw = connection.post("/stations/scan", f"code={_sku(desk)}&key={desk.paper}-{number}")
        taken.latencies.append(time.perf_counter() - due)
        assert status == HTTPStatus.OK, raw
    connection.close()
    return taken


def _booked(made: World) -> int:
    return int(made.database.read(
        lambda session: session.value("SELECT count(*) FROM move WHERE cause = 'receive'")
    ))  # fmt: skip
