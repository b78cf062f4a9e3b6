"""What counting costs the server, one request after the other, beside a picking scan under the same server.

Each bin holds four items, of which each count finds one too few: so the confirmation writes four differences, the second
count repeats them, and an approval posts them all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from warehouse.bench import Figure
from warehouse.bench.load import Connection, Taken, robots_work
from warehouse.bench.world import World, add_orders, furnish, serving, stock, world
from warehouse.clock import now_us
from warehouse.counts.plan import take_up
from warehouse.db import Session
from warehouse.people.actions import make_person, make_program
from warehouse.who import system

BINS, ITEMS_A_BIN, LIES, PICKED = 60, 4, 5, 100
TARGETS = {"open a count": "<= 20 ms", "count scan": "<= 20 ms", "confirm a bin of four": "<= 40 ms",
           "approve four differences": "<= 40 ms"}  # fmt: skip


class Teller:
    """Somebody who counts over one connection, and how long each kind of request took."""

    def __init__(self, made: World, token: str, name: str, taken: dict[str, Taken]) -> None:
        self._connection, self._name, self._acts, self._taken = Connection(made.settings.bind, token), name, 0, taken

    def send(self, kind: str, path: str, **fields: str) -> dict[str, Any]:
        """One request, timed."""
        self._acts += 1
        body = "&".join(f"{each}={value}" for each, value in fields.items()) + f"&key={self._name}-{self._acts}"
        started = time.perf_counter()
        status, raw = self._connection.post(path, body)
        self._taken[kind].latencies.append(time.perf_counter() - started)
        answer: dict[str, Any] = json.loads(raw)
        assert status == 200, (path, status, raw[:300])  # noqa: PLR2004
        return answer

    def count(self, codes: dict[str, tuple[str, list[str]]]) -> None:
        """Counts the bin that is given out next: of each item one less than lies there."""
        screen = self.send("open a count", "/counting/next")["screen"]
        barcode, items = codes[screen["target"]["location"]["code"]]
        for code in (barcode, *(each for sku in items for each in (sku, f"XQ{LIES - 2}"))):
            screen = self.send("count scan", screen["scan"]["href"], **screen["scan"]["fields"], code=code)["screen"]
        self.send("confirm a bin of four", screen["scan"]["href"], **screen["scan"]["fields"], code="XXOK")


def measure(database: str, *, seconds: float) -> Iterator[Figure]:  # noqa: ARG001 - as often as there are bins
    """Each kind of request of a count, at the median, beside a picking scan of one robot."""
    taken = {kind: Taken() for kind in TARGETS}
    with world(database) as made:
        codes, tokens, badge = _prepare(made)
        with serving(made):
            scans = robots_work(made.settings.bind, made.tokens, ("picking",), seconds=3)
            ann, ben, mei = (Teller(made, token, str(at), taken) for at, token in enumerate(tokens))
            for _ in range(BINS):
                ann.count(codes)
                ben.count(codes)
            for paper in made.database.read(lambda session: session.all("SELECT id FROM bin_count ORDER BY id")):
                mei.send("approve four differences", f"/counts/{paper.id}/approve", cause="LOSS", badge=badge)
            posted = made.database.read(
                lambda session: session.value("SELECT count(*) FROM move WHERE cause = 'count'")
            )
            assert posted == BINS * ITEMS_A_BIN, "every difference was posted"
    scan = scans.percentile(0.5)
    yield Figure("counting", database, "picking scan, median", scan, "ms")
    for kind, target in TARGETS.items():
        yield Figure("counting", database, f"{kind}, median", taken[kind].percentile(0.5), "ms", scan, target)
        yield Figure("counting", database, f"{kind}, p95", taken[kind].percentile(0.95), "ms", scan)


def _prepare(made: World) -> tuple[dict[str, tuple[str, list[str]]], list[str], str]:
    """Bins to count and bins to pick from; two counters and a desk; the codes of what lies in each bin."""
    furnish(made, items=BINS * ITEMS_A_BIN + PICKED, robots=1, quantity=0)
    counted, picked = made.items[: BINS * ITEMS_A_BIN], made.items[BINS * ITEMS_A_BIN :]
    bins = list(made.bins)

    def fill(session: Session) -> tuple[dict[str, tuple[str, list[str]]], list[str], str]:
        by = system(made.warehouse_id, "Asia/Shanghai", now=now_us())
        while take_up(session, by):
            pass
        session.run("UPDATE bin_plan SET due = 0")
        codes = {}
        for at in range(BINS):
            row = session.one("SELECT code, barcode FROM location WHERE id = :id", id=bins[at])
            assert row is not None, "the bin was just made"
            codes[row.code] = (row.barcode, [f"SKU-{at * ITEMS_A_BIN + each:04d}" for each in range(ITEMS_A_BIN)])
            session.run("UPDATE bin_plan SET due = 1 WHERE location_id = :id", id=bins[at])
        for number in range(len(counted)):
            made.bins[number] = bins[number // ITEMS_A_BIN]
            stock(session, made, number, LIES)
        for number in range(len(counted), len(counted) + len(picked)):
            stock(session, made, number, 1_000_000)
        tokens = [
            make_program(session, name, (role,), warehouse_id=made.warehouse_id)["token"]
            for name, role in (("ann", "counter"), ("ben", "counter"), ("desk", "supervisor"))
        ]
        return codes, tokens, make_person(session, "mei", ("supervisor",))["badge"]

    prepared = made.database.change(fill)
    made.items = picked
    add_orders(made, count=1500)
    return prepared
