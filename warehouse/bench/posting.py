"""The ledger alone: postings a second by 16 writers, beside one hand-written group of statements by the same writers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from warehouse.bench import Figure
from warehouse.bench.bare import ROWS, poster, prepare
from warehouse.bench.world import TIMEZONE, furnish, world
from warehouse.catalog.locations import make_location
from warehouse.clock import now_us
from warehouse.ledger import Goods, Move, post
from warehouse.who import system

WRITERS = 16


def measure(database: str, *, seconds: float) -> Iterator[Figure]:
    """Bare first, then the ledger, with the same number of writers and of rows."""
    with world(database) as made:
        prepare(made.settings.database_url)
        into = poster(made.settings.database_url)
        bare = _run(lambda writer, turn: into.post(f"{writer}-{turn}", (writer * 7 + turn) % ROWS), seconds)
    with world(database) as made:
        furnish(made, items=ROWS, robots=1)
        to_id = made.database.change(lambda session: make_location(session, made.warehouse_id, "TO", kind="staging"))
        rows = made.database.read(lambda session: session.all("SELECT id, item_id, layer_id, location_id FROM balance"))

        def one(writer: int, turn: int) -> None:
            row = rows[(writer * 7 + turn) % ROWS]
            by = system(made.warehouse_id, TIMEZONE, now=now_us())
            move = Move(1, row.location_id, to_id, Goods(row.item_id, row.layer_id), balance_id=row.id)
            made.database.change(lambda session: post(session, by, "move", [move]))

        ledger = _run(one, seconds)
    yield Figure("posting", database, "bare statement groups", len(bare) / seconds, "1/s")
    yield Figure(
        "posting", database, "ledger postings", len(ledger) / seconds, "1/s", len(bare) / seconds, "ratio >= 0.4"
    )
    yield Figure("posting", database, "slowest posting", 1000 * max(ledger), "ms", 1000 * max(bare), "<= 50")


def _run(one: Callable[[int, int], None], seconds: float) -> list[float]:
    """What each posting took, once every writer has its connection and has posted once."""
    taken: list[list[float]] = [[] for _ in range(WRITERS)]
    ready = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        one(writer, -1)
        ready.wait(timeout=60)
        turn, end = 0, time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            one(writer, turn)
            taken[writer].append(time.perf_counter() - started)
            turn += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for part in taken for each in part]
