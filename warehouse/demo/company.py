"""Makes the demo company: places, goods, people, stock of different ages, purchase orders, today's orders.

All of it follows from one seed, and all times are told from now.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.items import add_codes, add_items
from warehouse.catalog.locations import make_location, make_locations, make_warehouse, refresh_pick_locations
from warehouse.catalog.lots import find_or_make_lot
from warehouse.catalog.places import places
from warehouse.catalog.suppliers import put_supplier
from warehouse.clock import HOUR, MINUTE, day_of, now_us
from warehouse.db import Database, Session
from warehouse.demo.tables import (
    CHANNELS,
    FAMILIES,
    NOTES,
    PACKING,
    PEOPLE,
    RECIPIENTS,
    SUPPLIERS,
    VARIANTS,
    Family,
)
from warehouse.ids import new_id
from warehouse.ledger import Goods, Move, make_layer, post
from warehouse.orders.intake import Line, Order, order_row, set_aside, show_orders, stage_orders
from warehouse.orders.purchase import PurchaseLine, make_purchase_order
from warehouse.people.actions import make_person, make_program
from warehouse.who import By, system

DAY = 24 * HOUR
SEED = 20_261_125

BLOCKS, AISLES, BAYS, LEVELS = ("A", "B", "C"), 2, 27, 3
FACE_MAX = 18
ITEMS_OF = {"small": 1, "large": 16}
ORDERS_OF = {"small": 60, "large": 2_000}
PURCHASES = 6
SET_ASIDE = (
    ("web", "20991", ["the phone number is missing", "SKU MUG-GOLD is unknown"]),
    ("tmall", "20992", ["the quantity 0 of TEA-CLS is no positive whole number"]),
)  # fmt: skip


class DatabaseInUse(Exception):  # noqa: N818
    """The database holds data already; the demo would mix with it."""

    def __str__(self) -> str:
        return "this database holds data already; the demo company goes into an empty one only"


@dataclass(frozen=True, slots=True)
class Demo:
    """What a newcomer needs: the token of a supervisor's program account, and everybody's badge and PIN."""

    token: str
    people: tuple[tuple[str, tuple[str, ...], str, str], ...]


@dataclass(frozen=True, slots=True)
class _Thing:
    """An item of the demo."""

    id: int
    sku: str
    family: Family


def is_empty(session: Session) -> bool:
    """Whether nothing has been entered yet."""
    return not session.value(
        "SELECT EXISTS (SELECT 1 FROM warehouse) OR EXISTS (SELECT 1 FROM item) OR EXISTS (SELECT 1 FROM person)"
    )


def make_demo(database: Database, *, timezone: str, scale: str = "small") -> Demo:
    """Fills an empty database, all of it or nothing.

    Raises:
        DatabaseInUse: it is not empty.
    """
    return database.change(lambda session: _make(session, timezone, scale))


def badge_of(number: int) -> str:
    """The fixed badge of the demo's person of that number: short, so that it can be typed; an override asks its PIN."""
    return f"XB{100_001 + number}"


def pin_of(number: int) -> str:
    """The fixed PIN of the demo's person of that number."""
    return f"{random.Random(SEED - 1 - number).randrange(100_000, 1_000_000)}"  # noqa: S311 - known to all on purpose


def _make(session: Session, timezone: str, scale: str) -> Demo:
    if not is_empty(session):
        raise DatabaseInUse
    dice = random.Random(SEED)  # noqa: S311 - the same company every time
    warehouse_id = make_warehouse(session, "MAIN", timezone=timezone)
    by = system(warehouse_id, timezone, now=now_us(), device="demo")
    faces, reserves = _places(session, warehouse_id, ITEMS_OF[scale])
    things = _items(session, ITEMS_OF[scale])
    _stock(session, by, dice, things, faces, reserves)
    _purchase_orders(session, by, dice, things)
    _orders(session, by, dice, things, ORDERS_OF[scale])
    people = tuple(_people(session))
    token = make_program(session, "first-supervisor", ("supervisor",), warehouse_id=warehouse_id)["token"]
    return Demo(token, people)


def _places(session: Session, warehouse_id: int, times: int) -> tuple[list[int], list[int]]:
    """Docks, stations and bins; the faces and the reserves over them, each in the order of the walk."""
    for code, kind in (("DOCK-1", "dock"), ("DOCK-2", "dock"), ("STAGE-1", "staging"), ("PACK-1", "station"),
                       ("PACK-2", "station"), ("PACK-3", "station"), ("QUARANTINE", "quarantine")):  # fmt: skip
        make_location(session, warehouse_id, code, kind=kind)
    bins = [_bin(session, block, aisle, bay, level) for block in range(len(BLOCKS)) for aisle in range(1, AISLES * times + 1)
            for bay in range(1, BAYS + 1) for level in range(1, LEVELS + 1)]  # fmt: skip
    make_locations(session, warehouse_id, bins)
    refresh_pick_locations(session, warehouse_id)
    return [each["id"] for each in bins if each["pick_face"]], [each["id"] for each in bins if not each["pick_face"]]


def _bin(session: Session, block: int, aisle: int, bay: int, level: int) -> dict[str, Any]:
    """A bin: goods are picked from the two lower levels, the upper one holds the reserve."""
    code = f"{BLOCKS[block]}{aisle}-{bay:02d}-{level}"
    return {"id": new_id(session), "code": code, "kind": "bin", "aisle": block * 100 + aisle, "position": bay,
            "level": level, "pick_face": int(level < LEVELS), "max_weight_g": 400_000}  # fmt: skip


def _items(session: Session, times: int) -> list[_Thing]:
    """All families in all their variants, each with a barcode of its own and, in packs, one more."""
    suppliers = {code: put_supplier(session, code, name, lead_time_days=days) for code, name, days in SUPPLIERS}
    things, rows, packs = [], [], []
    for number, (family, sku, name, name_zh) in enumerate(_variants(times)):
        item_id = new_id(session)
        things.append(_Thing(item_id, sku, family))
        rows.append(_item_row(number, item_id, family, sku, name, name_zh, suppliers[family.supplier]))
        if family.pack > 1:
            packs.append((f"1{_gtin(number)[:12]}", item_id, family.pack))
    add_items(session, rows)
    add_codes(session, [(_checked(text), item_id, pack) for text, item_id, pack in packs])
    add_items(session, [_packing_row(session, number, *each) for number, each in enumerate(PACKING)])
    return things


def _variants(times: int) -> Iterator[tuple[Family, str, str, str]]:
    for edition in range(times):
        mark, said, said_zh = (
            (f"-{edition + 1}", f", edition {edition + 1}", f",第{edition + 1}版") if edition else ("", "", "")
        )
        for family in FAMILIES:
            for code, variant, variant_zh in VARIANTS[family.variants]:
                yield (family, f"{family.prefix}-{code}{mark}", f"{family.name}, {variant}{said}",
                       f"{family.name_zh}({variant_zh}){said_zh}")  # fmt: skip


def _item_row(
    number: int, item_id: int, family: Family, sku: str, name: str, name_zh: str, supplier_id: int
) -> dict[str, Any]:
    length, width, height = family.size
    return {
        "id": item_id, "sku": sku, "name": name, "name_zh": name_zh, "barcode": _gtin(number), "tracking": family.tracking,
        "class": "", "length_mm": length, "width_mm": width, "height_mm": height, "weight_g": family.weight_g,
        "unit_cost": family.unit_cost, "supplier_id": supplier_id, "pack_size": family.pack,
        "shelf_life_days": family.shelf_life_days or None, "safety_stock": 6,
    }  # fmt: skip


def _packing_row(
    session: Session,
    number: int,
    sku: str,
    name: str,
    name_zh: str,
    size: tuple[int, int, int],
    weight_g: int,
    cost: int,
) -> dict[str, Any]:
    length, width, height = size
    return {"id": new_id(session), "sku": sku, "name": name, "name_zh": name_zh, "kind": "packing", "unit_cost": cost,
            "barcode": _gtin(90_000 + number), "length_mm": length, "width_mm": width, "height_mm": height,
            "weight_g": weight_g}  # fmt: skip


def _gtin(number: int) -> str:
    """A GTIN-13 of a made-up company prefix."""
    return _checked(f"6901234{number:05d}")


def _checked(digits: str) -> str:
    """Digits with their check digit (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * (1 if index % 2 else 3) for index, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def _stock(
    session: Session, by: By, dice: random.Random, things: list[_Thing], faces: list[int], reserves: list[int]
) -> None:
    """Older goods in the face, newer ones in the reserve; every eighth face is nearly empty."""
    for number, thing in enumerate(things):
        low = number % 8 == 0
        face_quantity = dice.randint(1, 3) if low else dice.randint(8, FACE_MAX)
        _lay(session, by, thing, faces[number], face_quantity, days_ago=dice.randint(20, 60))
        if number < len(reserves) and (low or number % 3 == 0):
            _lay(
                session,
                by,
                thing,
                reserves[number],
                thing.family.pack * dice.randint(2, 4),
                days_ago=dice.randint(2, 15),
            )


def _lay(session: Session, by: By, thing: _Thing, place: int, quantity: int, *, days_ago: int) -> None:
    family, received_at = thing.family, by.now - days_ago * DAY
    lot_id = 0
    if family.tracking == "lot":
        last_day = day_of(received_at, by.timezone) + family.shelf_life_days
        lot_id = find_or_make_lot(session, thing.id, f"L{day_of(received_at, by.timezone) % 100_000}", last_day).id
    layer = make_layer(session, by, item_id=thing.id, received_at=received_at, lot_id=lot_id)
    serials = [f"{thing.sku}-{days_ago:02d}{each:02d}" for each in range(min(quantity, 5))]
    goods = [Goods(thing.id, layer, lot_id, serial) for serial in serials] if family.tracking == "serial" else []
    supplier = places(session, by.warehouse_id).supplier
    moves = [Move(1, supplier, place, each) for each in goods] or [
        Move(quantity, supplier, place, Goods(thing.id, layer, lot_id))
    ]
    post(session, by, "opening", moves, document="demo")


def _purchase_orders(session: Session, by: By, dice: random.Random, things: list[_Thing]) -> None:
    """Six open purchase orders, the first of them late."""
    for number, (code, name, _) in enumerate(SUPPLIERS[:PURCHASES]):
        own = [thing for thing in things if thing.family.supplier == code]
        lines = [PurchaseLine(thing.id, thing.family.pack * dice.randint(1, 4), thing.family.unit_cost)
                 for thing in dice.sample(own, 4)]  # fmt: skip
        make_purchase_order(
            session, warehouse_id=by.warehouse_id, number=f"PO-{1041 + number}", at=by.now - 6 * DAY,
            supplier_id=put_supplier(session, code, name), lines=lines, due_at=by.now + (number - 1) * DAY,
        )  # fmt: skip


def _orders(session: Session, by: By, dice: random.Random, things: list[_Thing], count: int) -> None:
    """Today's orders: most are standard; some are urgent, carry a note, wait for payment, or came with faults."""
    batch = new_id(session)
    heads, lines = [], []
    for number in range(count):
        order, order_id = _order(by, dice, things, number), new_id(session)
        heads.append(order_row(order, order_id, session.signer, batch_id=batch, at=by.now))
        lines += [
            {"id": new_id(session), "order": order_id, "line": line, "item": each.item_id, "quantity": each.quantity,
             "unit_price": each.unit_price} for line, each in enumerate(order.lines)
        ]  # fmt: skip
    stage_orders(session, heads, lines)
    show_orders(session, batch, at=by.now)
    for channel, number_, reasons in SET_ASIDE:
        set_aside(session, channel=channel, number=number_, reasons=reasons, content=[], at=by.now - HOUR)


def _order(by: By, dice: random.Random, things: list[_Thing], number: int) -> Order:
    name, phone, city, address = RECIPIENTS[number % len(RECIPIENTS)]
    tier = "priority" if number % 15 == 0 else "express" if number % 6 == 0 else "standard"
    chosen = dice.sample(things, dice.choice((1, 1, 2, 3, 3, 4)))
    return Order(
        channel=CHANNELS[number % len(CHANNELS)], number=f"{10_001 + number}", tier=tier, region=city, city=city,
        confirmed_at=by.now - dice.randint(5, 300) * MINUTE, name=name, phone=phone, address=address,
        note=NOTES[number % len(NOTES)] if number % 11 == 3 else "", paid=number % 20 != 7,  # noqa: PLR2004
        deliver_from=None, deliver_until=None,
        lines=tuple(Line(each.id, each.sku, 1 if each.family.tracking == "serial" else dice.randint(1, 3),
                         each.family.unit_cost * 2) for each in chosen),
    )  # fmt: skip


def _people(session: Session) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    for number, (name, roles) in enumerate(PEOPLE):
        badge, pin = badge_of(number), pin_of(number)
        make_person(session, name, roles, badge=badge, pin=pin)
        if any("\u4e00" <= letter <= "\u9fff" for letter in name):
            session.run("UPDATE person SET language = 'zh_Hans_CN' WHERE name = :name", name=name)
        yield name, roles, badge, pin
