"""Picking scans a second by 16 robots, beside the bare view under the same server; and their statements."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.bench import Figure
from warehouse.bench.bare import prepare
from warehouse.bench.load import closed_loop, robots_work
from warehouse.bench.world import add_orders, furnish, memory_mb, serving, world

ROBOTS = 16
SCANS_AN_ORDER = 10
TARGET = {"sqlite": 0.4, "postgresql": 0.35}


def measure(database: str, *, seconds: float) -> Iterator[Figure]:
    """The yardstick first, then the product, over databases of their own."""
    with world(database) as made:
        prepare(made.settings.database_url)
        with serving(made, ("warehouse.bench.bare",)):
            closed_loop(made.settings.bind, connections=ROBOTS, path="/bare", seconds=1)
            bare = closed_loop(made.settings.bind, connections=ROBOTS, path="/bare", seconds=seconds)
    with world(database) as made:
        furnish(made, items=200, robots=ROBOTS)
        add_orders(made, count=int(200 * (seconds + 1)))
        with serving(made) as server:
            robots_work(made.settings.bind, made.tokens, ("picking",), seconds=1)
            scans = robots_work(made.settings.bind, made.tokens, ("picking",), seconds=seconds)
            memory = memory_mb(server)
    yield Figure("scan", database, "bare posts", bare.rate, "1/s")
    yield Figure("scan", database, "picking scans", scans.rate, "1/s", bare.rate, f"ratio >= {TARGET[database]}")
    yield Figure("scan", database, "scan p95", scans.percentile(0.95), "ms", bare.percentile(0.95))
    yield Figure("scan", database, "refused", sum(scans.refused.values()), "scans", None, "<= 0")
    yield Figure("scan", database, "largest process", memory, "MB", None, "<= 200")
