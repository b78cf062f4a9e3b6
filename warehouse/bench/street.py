"""From release to packed: three-line orders a second, their server CPU, and a 100-line receipt by one robot."""

from __future__ import annotations

import time
from collections.abc import Iterator

from warehouse.bench import Figure
from warehouse.bench.load import robots_work
from warehouse.bench.world import World, add_orders, cpu_seconds, furnish, serving, world
from warehouse.catalog.codes import made_code, register
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.ids import new_id

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
        supplier_id, order_id = new_id(session), new_id(session)
        session.run("INSERT INTO supplier (id, code, name) VALUES (:id, 'BENCH', 'Bench')", id=supplier_id)
        barcode = made_code(session, "document", warehouse_id=made.warehouse_id)
        session.run(
            """INSERT INTO purchase_order (id, warehouse_id, number, supplier_id, barcode, state, made_at)
               VALUES (:id, :warehouse, 'PO-BENCH', :supplier, :barcode, 'open', :now)""",
            id=order_id, warehouse=made.warehouse_id, supplier=supplier_id, barcode=barcode, now=now_us(),
        )  # fmt: skip
        register(session, barcode, kind="document", ref_id=order_id, scope_id=made.warehouse_id)
        for line in range(LINES):
            session.run(
                """INSERT INTO purchase_order_line (id, purchase_order_id, line, item_id, quantity)
                   VALUES (:id, :order, :line, :item, 6)""",
                id=new_id(session), order=order_id, line=line, item=made.items[line],
            )  # fmt: skip
            session.run(
                "UPDATE total SET on_order = on_order + 6 WHERE warehouse_id = :warehouse AND item_id = :item",
                warehouse=made.warehouse_id, item=made.items[line],
            )  # fmt: skip

    made.database.change(fill)
