"""Planning at size, with nothing assumed: 10,000,000 moves that stand in the ledger, read on into days, and planned from.

As `planning`, whose days are written straight. The moves of 100,000 items lie three seconds apart over eleven months.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.bench import Figure
from warehouse.bench.planning import figures, full_world, moved, read_on_figure
from warehouse.bench.world import TIMEZONE
from warehouse.who import system

MOVES, PART = 10_000_000, 250_000
APART_US = 2_900_000


def measure(database: str, *, seconds: float) -> Iterator[Figure]:  # noqa: ARG001 - every measurement is called alike
    """Reads ten million moves on, then plans and reports as `planning` does."""
    with full_world(database) as (made, by):
        first = system(made.warehouse_id, TIMEZONE, now=by.now - MOVES * APART_US)
        for after in range(0, MOVES, PART):
            made.database.change(
                lambda session, after=after: moved(session, made, first, PART, apart=APART_US, after=after)  # type: ignore[misc]
            )
        yield read_on_figure(made, database)
        yield from figures(made, database, by)
