"""The FIFO choice at a million stock rows, nine tenths of each item's oldest exhausted: its time and pages read."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from warehouse.bench import Figure
from warehouse.bench.world import TIMEZONE, World, furnish, world
from warehouse.clock import now_us
from warehouse.db import Session, open_database
from warehouse.ledger import choose
from warehouse.ledger.reserve import _CHOOSE
from warehouse.who import system

ROWS = 1_000_000
ITEMS = 50
TIMES = 200

_FILL = """
INSERT INTO balance (id, warehouse_id, location_id, item_id, layer_id, quantity, reserved, pick, rank_day, last_day, path)
{series}
SELECT n, :warehouse, n, :first_item + n % :items, n, 10, CASE WHEN n < :exhausted THEN 10 ELSE 0 END, 1, 700000 + n / 1000,
       3652059, CAST(n AS TEXT) FROM series"""
_SERIES = {
    "sqlite": "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :rows)",
    "postgresql": "WITH series AS (SELECT n FROM generate_series(1, :rows) AS each (n))",
}


def measure(database: str, *, seconds: float) -> Iterator[Figure]:  # noqa: ARG001 - every measurement is called alike
    """The choice warm, and the pages that one choice reads cold."""
    with world(database) as made:
        furnish(made, items=1, robots=0, quantity=0)
        made.database.change(lambda session: _fill(session, made))
        by = system(made.warehouse_id, TIMEZONE, now=now_us())

        def timed(session: Session) -> list[float]:
            taken = []
            for number in range(TIMES):
                started = time.perf_counter()
                assert choose(session, by, 1_000 + number % ITEMS), "there is free stock"
                taken.append(time.perf_counter() - started)
            return sorted(taken)

        taken = made.database.read(timed)
        pages = _pages_sqlite(made) if database == "sqlite" else _pages_postgresql(made)
    yield Figure("fifo", database, "choice, median", 1000 * taken[TIMES // 2], "ms", None, "<= 1")
    yield Figure("fifo", database, "choice, p99", 1000 * taken[int(TIMES * 0.99)], "ms", None, "<= 1")
    yield Figure("fifo", database, "pages read", pages, "pages", None, "<= 6")


def _fill(session: Session, made: World) -> None:
    sql = _FILL.format(series=_SERIES[session.dialect])
    session.run(sql, warehouse=made.warehouse_id, first_item=1_000, items=ITEMS, exhausted=ROWS * 9 // 10, rows=ROWS)
    session.run("ANALYZE")


def _pages_sqlite(made: World) -> int:
    """Page reads of a cold connection: the file reads of the choice, less those of a look at the schema alone."""
    by = system(made.warehouse_id, TIMEZONE, now=now_us())
    made.database.close()
    database = open_database(made.settings.database_url, home=made.settings.home)

    def count(session: Session) -> int:
        session.value("SELECT count(*) FROM node")
        before = _reads()
        choose(session, by, 1_001, most=1)
        return _reads() - before

    try:
        return database.read(count)
    finally:
        database.close()


def _reads() -> int:
    found = re.search(r"syscr: (\d+)", Path("/proc/self/io").read_text())
    assert found is not None, "the kernel counts reads"
    return int(found[1])


def _pages_postgresql(made: World) -> int:
    def explain(session: Session) -> int:
        plan = session.all(
            f"EXPLAIN (ANALYZE, BUFFERS) {_CHOOSE}", warehouse=made.warehouse_id, item=1_001, day=0, most=1
        )
        text = "\n".join(row[0] for row in plan)
        return sum(map(int, re.findall(r"(?:hit|read)=(\d+)", text.split("Planning")[0].split("\n")[1])))

    return made.database.read(explain)
