"""Planning at size: 100,000 items planned anew from what 10,000,000 moves came to, the reports, and reading the ledger on.

The days of demand are 20 for each item, each the sum of five moves; how fast moves become days is measured on real ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from warehouse.bench import Figure
from warehouse.bench.world import TIMEZONE, World, furnish, world
from warehouse.catalog.settings import change_setting
from warehouse.clock import HOUR, day_of, now_us
from warehouse.db import Session
from warehouse.ledger.levels import on_crossed
from warehouse.planning import ages, alerts, idle
from warehouse.planning.history import read_on
from warehouse.planning.jobs import replan_all
from warehouse.who import By, system

ITEMS, DAYS = 100_000, 20
MOVES = 100_000
DAY = 24 * HOUR

_SERIES = {
    "sqlite": "WITH RECURSIVE series (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < :rows)",
    "postgresql": "WITH series AS (SELECT n FROM generate_series(0, :rows - 1) AS each (n))",
}
_FILL = (
    """INSERT INTO item (id, sku, name, barcode, unit_cost)
       {series} SELECT 1000 + n, 'P' || n, 'P' || n, 'P' || n, 100 FROM series""",
    """INSERT INTO total (warehouse_id, item_id, on_hand) {series} SELECT :house, 1000 + n, n % 200 FROM series""",
)
# An item's demand falls on every seventeenth day or so, one to nine pieces.
_BUCKETS = """
INSERT INTO item_day (warehouse_id, item_id, day, used, moves) {series}
SELECT :house, 1000 + n / :days, :today - 1 - (n % :days) * 17 - (n / :days) % 11, 1 + (n * 7) % 9, 5 FROM series"""
_MOVES = """
INSERT INTO move (posting_id, line, warehouse_id, cause, item_id, lot_id, serial, layer_id, container_id, quantity, from_id,
                  to_id, for_id, reserved_at, document, key, person_id, device, occurred_at, recorded_at, undoes, key_id, form,
                  hash)
{series} SELECT 1 + n, 0, :house, 'ship', 1000 + (n * 13) % 100000, 0, '', 1, 0, 1, :bin, :customer, 0, 0, '', '', 0, '',
                :now - n * 1000, :now - n * 1000, 0, '', 1, '' FROM series"""
_SEALS = """
INSERT INTO seal (warehouse_id, seq, posting_id, at, chain) {series} SELECT :house, 1 + n, 1 + n, :now, '' FROM series"""


def measure(database: str, *, seconds: float) -> Iterator[Figure]:  # noqa: ARG001 - every measurement is called alike
    """Plans by the default policy, then statistically; the reports; and how fast the ledger is read on."""
    on_crossed(alerts.decide)
    with world(database) as made:
        furnish(made, items=1, robots=0, quantity=1)
        by = system(made.warehouse_id, TIMEZONE, now=now_us())
        made.database.change(lambda session: _fill(session, made, by))
        slices = _watch(made)
        yield from _figure(database, "cover, first time, alerts raised", lambda: _plan(made, by), "<= 60")
        by = system(made.warehouse_id, TIMEZONE, now=by.now + DAY)
        yield from _figure(database, "cover, the next day", lambda: _plan(made, by), "<= 60")
        made.database.change(
            lambda session: change_setting(
                session, "stock_policy", "statistical", warehouse_id=made.warehouse_id, changed_by="bench", at=by.now
            )
        )
        yield from _figure(database, "statistical", lambda: _plan(made, by), "<= 60")
        slices.sort()
        most = "<= 15" if database == "sqlite" else ""  # where writers take turns, each waits for a whole slice
        yield Figure("planning", database, "write slice, median", 1000 * slices[len(slices) // 2], "ms", None, most)
        yield Figure("planning", database, "write slice, p99", 1000 * slices[int(len(slices) * 0.99)], "ms", None, most)
        search = idle.Search(days=60)
        yield from _figure(database, "slow movers", lambda: made.database.read(
            lambda session: idle.idle_items(session, by, search, most=50, skip=0)), "<= 2")  # fmt: skip
        yield from _figure(database, "stock by age", lambda: made.database.read(
            lambda session: ages.ages(session, by, ages.Search(), most=50)), "<= 2")  # fmt: skip
        yield from _figure(database, "turnover",
                      lambda: made.database.read(lambda session: idle.turnover(session, by)), "<= 2")  # fmt: skip
        started = time.perf_counter()
        count = read_on(made.database, made.warehouse_id, pause=0)
        yield Figure("planning", database, "moves read on", count / (time.perf_counter() - started), "1/s")


def _figure(database: str, name: str, call: Callable[[], Any], asked: str) -> Iterator[Figure]:
    """How long it takes, and how much of this processor's own time: that other programs disturb least."""
    started, worked = time.perf_counter(), time.process_time()
    call()
    yield Figure("planning", database, name, time.perf_counter() - started, "s", None, asked)
    yield Figure("planning", database, f"{name}: CPU", time.process_time() - worked, "s")


def _plan(made: World, by: By) -> None:
    assert replan_all(made.database, made.warehouse_id, by.now) > ITEMS, "every item is planned"


def _fill(session: Session, made: World, by: By) -> None:
    session.run("DELETE FROM item_day")
    if session.dialect == "postgresql":
        session.run("SET LOCAL statement_timeout = 0")
    series, today = _SERIES[session.dialect], day_of(by.now, by.timezone)
    at = {"house": made.warehouse_id, "rows": ITEMS}
    session.run(_FILL[0].format(series=series), rows=ITEMS)
    session.run(_FILL[1].format(series=series), **at)
    session.run(_BUCKETS.format(series=series), **at | {"rows": ITEMS * DAYS}, days=DAYS, today=today)
    customer = session.value("SELECT id FROM location WHERE code = 'customer'")
    at["rows"] = MOVES
    session.run(_MOVES.format(series=series), **at, bin=made.bins[0], customer=customer, now=by.now)
    session.run("DELETE FROM item_day_read")
    session.run(_SEALS.format(series=series), **at, now=by.now)
    session.run("ANALYZE")


def _watch(made: World) -> list[float]:
    """How long each change holds the database, from now on."""
    taken: list[float] = []
    kept = made.database.change

    def change(fn: Callable[[Session], Any]) -> Any:
        started = time.perf_counter()
        try:
            return kept(fn)
        finally:
            taken.append(time.perf_counter() - started)

    made.database.change = change  # type: ignore[method-assign]
    return taken
