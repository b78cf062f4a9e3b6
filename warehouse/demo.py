"""A small example warehouse, made through the same doors as everything else, so that a newcomer can begin at once."""

from __future__ import annotations

import secrets

from warehouse.catalog.items import make_item
from warehouse.catalog.locations import make_location, make_warehouse, refresh_pick_locations
from warehouse.catalog.lots import find_or_make_lot
from warehouse.catalog.places import places
from warehouse.catalog.suppliers import put_supplier
from warehouse.clock import HOUR, now_us
from warehouse.db import Database, Session
from warehouse.ids import new_id
from warehouse.ledger import Goods, Move, make_layer, post
from warehouse.orders.purchase import PurchaseLine, make_purchase_order
from warehouse.orders.rules import TIERS
from warehouse.people.actions import make_program
from warehouse.who import By, system

DAY = 24 * HOUR
AISLES, BAYS = ("A", "B"), 10
ITEMS = (
    ("KETTLE", "Kettle, steel, 1.7 l", "水壶", "none"), ("MUG-BLUE", "Mug, blue", "蓝色马克杯", "none"),
    ("MUG-RED", "Mug, red", "红色马克杯", "none"), ("LANTERN", "Lantern, white metal", "白色金属灯笼", "none"),
    ("HANGER", "Coat hanger, cream", "米色衣架", "none"), ("TEA-GREEN", "Green tea, 100 g", "绿茶", "lot"),
    ("TEA-BLACK", "Black tea, 100 g", "红茶", "lot"), ("CAMERA", "Camera, compact", "相机", "serial"),
    ("CANDLE", "Candle, pine", "松木蜡烛", "none"), ("BOX-GIFT", "Gift box", "礼品盒", "none"),
)  # fmt: skip
ORDERS = (
    (("KETTLE", 2), ("MUG-BLUE", 6)), (("LANTERN", 1),), (("TEA-GREEN", 3), ("MUG-RED", 2), ("HANGER", 4)),
    (("CAMERA", 1), ("BOX-GIFT", 1)), (("CANDLE", 12),), (("TEA-BLACK", 1), ("KETTLE", 1)),
)  # fmt: skip


class DatabaseInUse(Exception):  # noqa: N818
    """The database holds data already; the example would mix with it."""

    def __str__(self) -> str:
        return "this database holds data already; the example warehouse goes into an empty one only"


def is_empty(session: Session) -> bool:
    """Whether nothing has been entered yet."""
    return not session.value(
        "SELECT EXISTS (SELECT 1 FROM warehouse) OR EXISTS (SELECT 1 FROM item) OR EXISTS (SELECT 1 FROM person)"
    )


def make_demo(database: Database, *, timezone: str) -> str:
    """Fills an empty database; the token of a supervisor's program account.

    Raises:
        DatabaseInUse: it is not empty.
    """
    return database.change(lambda session: _make(session, timezone))


def _make(session: Session, timezone: str) -> str:
    if not is_empty(session):
        raise DatabaseInUse
    warehouse_id = make_warehouse(session, "MAIN", timezone=timezone)
    by = system(warehouse_id, timezone, now=now_us(), device="demo")
    bins = _places(session, warehouse_id)
    items = {sku: _item(session, number, *rest) for number, (sku, *rest) in enumerate(_items())}
    for number, (sku, item_id) in enumerate(items.items()):
        _stock(session, by, sku, item_id, bins[number], days_ago=20)
        _stock(session, by, sku, item_id, bins[number + len(items)], days_ago=5)
    _purchase_order(session, by, [items["KETTLE"], items["MUG-BLUE"], items["TEA-GREEN"]])
    for number, lines in enumerate(ORDERS):
        _order(session, by, f"{1001 + number}", [(items[sku], quantity) for sku, quantity in lines])
    return make_program(session, "first-supervisor", ("supervisor",), warehouse_id=warehouse_id)["token"]


def _items() -> list[tuple[str, str, str, str, str]]:
    return [(sku, sku, name, name_zh, tracking) for sku, name, name_zh, tracking in ITEMS]


def _places(session: Session, warehouse_id: int) -> list[int]:
    make_location(session, warehouse_id, "DOCK-1", kind="dock")
    make_location(session, warehouse_id, "PACK-1", kind="station")
    bins = [
        make_location(session, warehouse_id, f"{aisle}-{bay:02d}-1", kind="bin", aisle=number, position=bay, level=1)
        for number, aisle in enumerate(AISLES, 1)
        for bay in range(1, BAYS + 1)
    ]
    refresh_pick_locations(session, warehouse_id)
    return bins


def _item(session: Session, number: int, sku: str, name: str, name_zh: str, tracking: str) -> int:
    barcode = _ean13(f"690000000{number:03d}")
    return make_item(session, sku, name, barcode=barcode, name_zh=name_zh, tracking=tracking, unit_cost=1000)


def _ean13(digits: str) -> str:
    """Twelve digits with their check digit (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _stock(session: Session, by: By, sku: str, item_id: int, place: int, *, days_ago: int) -> None:
    tracking = next(kind for each, _, _, kind in ITEMS if each == sku)
    lot_id = find_or_make_lot(session, item_id, f"L{days_ago:03d}").id if tracking == "lot" else 0
    layer = make_layer(session, by, item_id=item_id, received_at=by.now - days_ago * DAY, lot_id=lot_id)
    serials = [f"{sku}-{days_ago}-{number}" for number in range(3)] if tracking == "serial" else [""]
    supplier = places(session, by.warehouse_id).supplier
    moves = [Move(1 if serial else 24, supplier, place, Goods(item_id, layer, lot_id, serial)) for serial in serials]
    post(session, by, "opening", moves, document="demo")


def _purchase_order(session: Session, by: By, item_ids: list[int]) -> None:
    make_purchase_order(
        session, warehouse_id=by.warehouse_id, number="PO-1", at=by.now,
        supplier_id=put_supplier(session, "ACME", "Acme Trading"),
        lines=[PurchaseLine(item_id, 12) for item_id in item_ids],
    )  # fmt: skip


def _order(session: Session, by: By, number: str, lines: list[tuple[int, int]]) -> None:
    order_id = new_id(session)
    session.run(
        """INSERT INTO sales_order (id, channel, number, state, tier, tier_rank, region, confirmed_at, content_hash,
               made_at)
           VALUES (:id, 'demo', :number, 'unsourced', 'standard', :rank, 'Shanghai', :now, :hash, :now)""",
        id=order_id, number=number, rank=TIERS["standard"], now=by.now, hash=secrets.token_hex(8),
    )  # fmt: skip
    session.run(
        """INSERT INTO recipient (order_id, name, phone, city, address)
           VALUES (:id, '韩梅梅', '13800000000', 'Shanghai', '1 Nanjing Road')""", id=order_id)  # fmt: skip
    session.many(
        """INSERT INTO order_line (id, order_id, line, item_id, quantity)
           VALUES (:id, :order, :line, :item, :quantity)""",
        [{"id": new_id(session), "order": order_id, "line": line, "item": item_id, "quantity": quantity}
         for line, (item_id, quantity) in enumerate(lines)],
    )  # fmt: skip
