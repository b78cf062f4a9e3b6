"""Planning at size: 100,000 items planned anew from what 10,000,000 moves came to, the reports, and reading the ledger on.

The days of demand are 20 for each item, each the sum of five moves; how fast moves become days is measured on real ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from warehouse.bench import Figure
from warehouse.bench.world import TIMEZONE, World, furnish, world
from warehouse.catalog.settings import change_setting
from warehouse.clock import HOUR, day_of, now_us
from warehouse.db import Session
from warehouse.ledger.levels import on_crossed
from warehouse.planning import alerts, idle
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
# A fifth of the items makes three fifths of the moves.
_MOVES = """
INSERT INTO move (posting_id, line, warehouse_id, cause, item_id, lot_id, serial, layer_id, container_id, quantity, from_id,
                  to_id, for_id, reserved_at, document, key, person_id, device, occurred_at, recorded_at, undoes, key_id, form,
                  hash)
{series} SELECT 1 + n + :after, 0, :house, 'ship', 1000 + CAST(99999.0 * u * u * u AS INTEGER), 0, '', 1, 0, 1, :bin, :customer,
                0, 0, '', '', 0, '', at, at, 0, '', 1, ''
FROM (SELECT n, ((n + :after) * 7919 % 1000003) / 1000003.0 AS u, :now + (n + :after) * :apart AS at FROM series) AS each"""
_SEALS = """
INSERT INTO seal (warehouse_id, seq, posting_id, at, chain) {series}
SELECT :house, 1 + n + :after, 1 + n + :after, :now, '' FROM series"""


def measure(database: str, *, seconds: float) -> Iterator[Figure]:  # noqa: ARG001 - every measurement is called alike
    """Plans by the default policy, then statistically; the reports; and how fast the ledger is read on."""
    with full_world(database) as (made, by):
        made.database.change(lambda session: _days(session, made, by))
        yield from figures(made, database, by)
        made.database.change(lambda session: moved(session, made, by, MOVES, apart=1_000))
        yield read_on_figure(made, database)


@contextmanager
def full_world(database: str) -> Iterator[tuple[World, By]]:
    """A warehouse that has had 100,000 items, and the instant at which it is looked at."""
    on_crossed(alerts.decide)
    with world(database) as made:
        furnish(made, items=1, robots=0, quantity=1)
        by = system(made.warehouse_id, TIMEZONE, now=now_us())
        made.database.change(lambda session: _items(session, made))
        yield made, by


def figures(made: World, database: str, by: By) -> Iterator[Figure]:
    """All items planned in three ways, how long each change held the database meanwhile, and the reports."""
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
    yield from _figure(database, "turnover",
                  lambda: made.database.read(lambda session: idle.turnover(session, by)), "<= 2")  # fmt: skip


def read_on_figure(made: World, database: str) -> Figure:
    """How many moves a second become days of demand."""
    started = time.perf_counter()
    count = read_on(made.database, made.warehouse_id, pause=0)
    return Figure("planning", database, "moves read on", count / (time.perf_counter() - started), "1/s")


def _figure(database: str, name: str, call: Callable[[], Any], asked: str) -> Iterator[Figure]:
    """How long it takes, and how much of this processor's own time: that other programs disturb least."""
    started, worked = time.perf_counter(), time.process_time()
    call()
    yield Figure("planning", database, name, time.perf_counter() - started, "s", None, asked)
    yield Figure("planning", database, f"{name}: CPU", time.process_time() - worked, "s")


def _plan(made: World, by: By) -> None:
    assert replan_all(made.database, made.warehouse_id, by.now) > ITEMS, "every item is planned"


def _items(session: Session, made: World) -> None:
    session.run("DELETE FROM item_day")
    _unhurried(session)
    series = _SERIES[session.dialect]
    session.run(_FILL[0].format(series=series), rows=ITEMS)
    session.run(_FILL[1].format(series=series), house=made.warehouse_id, rows=ITEMS)
    session.run("ANALYZE")


def _days(session: Session, made: World, by: By) -> None:
    _unhurried(session)
    session.run(
        _BUCKETS.format(series=_SERIES[session.dialect]),
        house=made.warehouse_id, rows=ITEMS * DAYS, days=DAYS, today=day_of(by.now, by.timezone),
    )  # fmt: skip
    session.run("ANALYZE item_day")


def moved(session: Session, made: World, by: By, count: int, *, apart: int, after: int = 0) -> None:
    """Writes and seals so many moves out of a bin, the first of all at `by.now`, each `apart` microseconds after the last.

    `after`: so many were written already; all are numbered without a gap.
    """
    _unhurried(session)
    customer = session.value("SELECT id FROM location WHERE code = 'customer'")
    at = {"house": made.warehouse_id, "rows": count, "after": after, "now": by.now}
    series = _SERIES[session.dialect]
    session.run("DELETE FROM item_day_read")
    session.run(_MOVES.format(series=series), **at, bin=made.bins[0], customer=customer, apart=apart)
    session.run(_SEALS.format(series=series), **at)


def _unhurried(session: Session) -> None:
    if session.dialect == "postgresql":
        session.run("SET LOCAL statement_timeout = 0")


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
