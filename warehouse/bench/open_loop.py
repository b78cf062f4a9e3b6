"""Latency at a fixed 100 scans a second: alone, while a month is imported, and while the ledger is proven."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.bench import Figure
from warehouse.bench.load import open_loop
from warehouse.bench.world import World, add_orders, furnish, serving, world

RATE = 100
ROBOTS = 32
IMPORT_LINES = 42_000
LINES_AN_ORDER = 20


def measure(database: str, *, seconds: float) -> Iterator[Figure]:
    """The same load three times: alone, beside an import, beside verify."""
    with world(database) as made:
        furnish(made, items=200, robots=ROBOTS)
        add_orders(made, count=int(RATE * (4 * seconds + 20) / 8))
        with serving(made):
            open_loop(made.settings.bind, made.tokens, ("picking",), rate=RATE, seconds=2)
            yield from _figures(database, "alone", made, seconds, 20, 50)
            with _beside(made, _import(made)):
                yield from _figures(database, "beside an import", made, max(seconds, 8), 40, None)
            with _beside(made, ["verify", "--json"]):
                yield from _figures(database, "beside verify", made, seconds, 20, 50)


def _figures(database: str, name: str, made: World, seconds: float, p95: int, p99: int | None) -> Iterator[Figure]:
    taken = open_loop(made.settings.bind, made.tokens, ("picking",), rate=RATE, seconds=seconds)
    yield Figure("open-loop", database, f"scans, {name}", taken.rate, "1/s", RATE)
    yield Figure("open-loop", database, f"p95 {name}", taken.percentile(0.95), "ms", None, f"<= {p95}")
    yield Figure("open-loop", database, f"p99 {name}", taken.percentile(0.99), "ms", None, f"<= {p99}" if p99 else "")


@contextmanager
def _beside(made: World, command: list[str]) -> Iterator[None]:
    """Runs a command again and again for as long as the block lasts."""
    end_file = Path(tempfile.mkdtemp(prefix="pickface-bench-")) / "end"
    line = f"while [ ! -e {end_file} ]; do nice -n 5 {sys.executable} -m warehouse {' '.join(command)}; done"
    process = subprocess.Popen(  # noqa: S602 - our own command line
        line, shell=True, env=made.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(0.5)
    try:
        yield
    finally:
        end_file.touch()
        process.wait(timeout=120)


def _import(made: World) -> list[str]:
    """A month of orders to import: as many lines as the real one."""
    file = Path(tempfile.mkdtemp(prefix="pickface-bench-")) / "orders.csv"
    with file.open("w") as out:
        out.write("channel,number,confirmed_at,name,phone,region,address,sku,quantity\n")
        for line in range(IMPORT_LINES):
            number = f"I{os.getpid()}-{line // LINES_AN_ORDER}"
            sku = f"SKU-{line % len(made.items):04d}"
            out.write(f"bench,{number},2010-12-01T08:00:00,Li Lei,13800000000,Shanghai,1 Nanjing Road,{sku},1\n")
    return ["import", "orders", str(file), "--json"]
