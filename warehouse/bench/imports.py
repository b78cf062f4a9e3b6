"""Lines a second of an order import: the real month where WAREHOUSE_DATA names it, else one made up of its size."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

from warehouse.bench import Figure
from warehouse.bench.open_loop import _import
from warehouse.bench.world import furnish, world


def measure(database: str, *, seconds: float) -> Iterator[Figure]:  # noqa: ARG001 - every measurement is called alike
    """The command from start to exit, checks, staging and pauses included."""
    with world(database) as made:
        furnish(made, items=200, robots=1, quantity=0)
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "warehouse", *_import(made)], env=made.environ, check=True, capture_output=True
        )
        took = time.perf_counter() - started
    lines = json.loads(done.stdout)["accepted"]
    yield Figure("import", database, "order lines", lines / took, "1/s", None, ">= 2000")
