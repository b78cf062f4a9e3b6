"""From release to packed: three-line orders a second, their server CPU, and a 100-line receipt by one robot."""

from __future__ import annotations

import time
from collections.abc import Iterator

from warehouse.bench import Figure
from warehouse.bench.load import robots_work
from warehouse.bench.world import World, add_orders, cpu_seconds, furnish, serving, world
from warehouse.catalog.suppliers import put_supplier
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.orders.purchase import PurchaseLine, make_purchase_order

ROBOTS = 8
LINES = 100


def measure(database: str, *, seconds: float) -> Iterator[Figure]:
    """Orders picked and packed by robots at once, then one long receipt."""
    count = int(30 * seconds)
    with world(database) as made:
        furnish(made, items=200, robots=ROBOTS)
        add_orders(made, count=count)
        _add_purchase_order(made)
        with serving(made) as server:
            before, started = cpu_seconds(server), time.perf_counter()
            robots_work(made.settings.bind, made.tokens, ("picking",))
            robots_work(made.settings.bind, made.tokens, ("packing",))
            took, cpu = time.perf_counter() - started, cpu_seconds(server) - before
            receipt = robots_work(made.settings.bind, made.tokens[:1], ("receiving",))
        packed = made.database.read(
            lambda session: session.value("SELECT count(*) FROM shipment WHERE state = 'packed'")
        )
    assert packed == count, f"{packed} of {count} orders were packed"
    yield Figure("street", database, "orders released to packed", packed / took, "1/s", None, ">= 12")
    yield Figure("street", database, "server CPU an order", 1000 * cpu / packed, "ms", None, "<= 40")
    yield Figure("street", database, f"receipt of {LINES} lines", receipt.seconds, "s", None, "<= 2")


def _add_purchase_order(made: World) -> None:
    def fill(session: Session) -> None:
        make_purchase_order(
            session, warehouse_id=made.warehouse_id, number="PO-BENCH", at=now_us(),
            supplier_id=put_supplier(session, "BENCH", "Bench"),
            lines=[PurchaseLine(item_id, 6) for item_id in made.items[:LINES]],
        )  # fmt: skip

    made.database.change(fill)
