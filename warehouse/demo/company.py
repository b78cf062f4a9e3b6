"""Makes the demo company: places, goods, people, stock of different ages, purchase orders, today's orders.

All of it follows from one seed, and all times are told from now.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from warehouse.catalog.items import add_codes, add_items
from warehouse.catalog.locations import make_location, make_locations, make_warehouse, refresh_pick_locations
from warehouse.catalog.lots import find_or_make_lot
from warehouse.catalog.settings import change_setting
from warehouse.catalog.suppliers import put_supplier
from warehouse.clock import HOUR, MINUTE, day_of, now_us
from warehouse.db import Database, Session
from warehouse.demo.people import SEED, Person, everybody
from warehouse.demo.tables import (
    CHANNELS,
    FAMILIES,
    NOTES,
    PACKING,
    RECIPIENTS,
    SET_ASIDE,
    SUPPLIERS,
    VARIANTS,
    Family,
)
from warehouse.ids import new_id
from warehouse.ledger.opening import Opening, open_balances
from warehouse.office.orderdesk import actions as desk
from warehouse.orders.intake import Line, Order, order_row, set_aside, show_orders, stage_orders
from warehouse.orders.purchase import PurchaseLine, make_purchase_order
from warehouse.people.actions import make_person, make_program
from warehouse.who import By, system

DAY = 24 * HOUR

FIRST_ACCOUNT = "first-supervisor"
"""The last thing that the demo makes: what is younger was not made by it."""

BLOCKS = {"A": ("home", "textile"), "B": ("food", "care"), "C": ("paper", "toys", "tech")}
"""Each block of aisles and the classes of goods that belong there (R-PUT-1)."""
AISLES, BAYS, LEVELS = 2, 32, 3
FACE = {"max_weight_g": 200_000, "max_volume_mm3": 400_000_000}
RESERVE = {"max_weight_g": 400_000, "max_volume_mm3": 900_000_000}
FACE_MIN, FACE_MAX = 3, 18
LOW_EVERY, TWICE_EVERY, SOLD_OUT_EVERY = 8, 25, 89
HELD, LARGE, SOLD_OUT = (9, 38), 21, 33
"""Which of today's orders are special: held by the desk, larger than a pick face, of something sold out."""
ITEMS_OF = {"small": 1, "large": 16}
ORDERS_OF = {"small": 60, "large": 2_000}
PURCHASES = 6


class DatabaseInUse(Exception):  # noqa: N818
    """The database holds data already; the demo would mix with it."""

    def __str__(self) -> str:
        return "this database holds data already; the demo company goes into an empty one only"


@dataclass(frozen=True, slots=True)
class Demo:
    """What a newcomer needs: the token of a supervisor's program account, and everybody's badge and PIN."""

    token: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class _Thing:
    """An item of the demo."""

    id: int
    sku: str
    family: Family


@dataclass(slots=True)
class _Bins:
    """The bins of one block that nothing lies in yet, in the order of the walk."""

    faces: list[int]
    reserves: list[int]


@dataclass(slots=True)
class _Stocked:
    """How many of each item lie in pick faces, and anywhere."""

    in_faces: Counter[int]
    on_hand: Counter[int]


def is_empty(session: Session) -> bool:
    """Whether nothing has been entered yet."""
    return not session.value(
        "SELECT EXISTS (SELECT 1 FROM warehouse) OR EXISTS (SELECT 1 FROM item) OR EXISTS (SELECT 1 FROM person)"
        " OR EXISTS (SELECT 1 FROM supplier) OR EXISTS (SELECT 1 FROM sales_order)"
        " OR EXISTS (SELECT 1 FROM order_exception)"
    )


def make_demo(database: Database, *, timezone: str, scale: str = "small") -> Demo:
    """Fills an empty database, all of it or nothing.

    Raises:
        DatabaseInUse: it is not empty.
    """
    from warehouse.wiring import listen

    listen()
    made = database.change(lambda session: _make(session, timezone, scale))
    database.gather_statistics()
    return made


def _make(session: Session, timezone: str, scale: str) -> Demo:
    if not is_empty(session):
        raise DatabaseInUse
    dice = random.Random(SEED)  # noqa: S311 - the same company every time
    warehouse_id = make_warehouse(session, "MAIN", timezone=timezone)
    by = system(warehouse_id, timezone, now=now_us(), device="demo")
    for name, value in (("pick_face_minimum", FACE_MIN), ("pick_face_fill", FACE_MAX)):
        change_setting(session, name, str(value), warehouse_id=warehouse_id, changed_by="demo", at=by.now)
    bins = _places(session, warehouse_id, ITEMS_OF[scale])
    things = _items(session, ITEMS_OF[scale])
    stocked = _stock(session, by, dice, things, bins)
    _purchase_orders(session, by, dice, things)
    _orders(session, by, dice, things, stocked, ORDERS_OF[scale])
    people = tuple(_people(session))
    token = make_program(session, FIRST_ACCOUNT, ("supervisor",), warehouse_id=warehouse_id)["token"]
    return Demo(token, people)


def _places(session: Session, warehouse_id: int, times: int) -> dict[str, _Bins]:
    """Docks, stations, and each block's aisles of bins."""
    site = _place(session, warehouse_id, "MAIN")
    for code, kind in (("DOCK-1", "dock"), ("DOCK-2", "dock"), ("STAGE-1", "staging"), ("PACK-1", "station"),
                       ("PACK-2", "station"), ("PACK-3", "station"), ("QUARANTINE", "quarantine")):  # fmt: skip
        make_location(session, warehouse_id, code, kind=kind, parent_id=site)
    blocks = {}
    for number, (block, classes) in enumerate(BLOCKS.items()):
        zone = make_location(session, warehouse_id, block, kind="zone", parent_id=site, classes=",".join(classes))
        bins = [each for aisle in range(1, AISLES * times + 1)
                for each in _aisle(session, warehouse_id, zone, f"{block}{aisle}", number * 100 + aisle)]  # fmt: skip
        make_locations(session, warehouse_id, bins)
        blocks[block] = _Bins(
            [each["id"] for each in bins if each["pick_face"]], [each["id"] for each in bins if not each["pick_face"]]
        )
    refresh_pick_locations(session, warehouse_id)
    return blocks


def _aisle(session: Session, warehouse_id: int, zone: int, code: str, number: int) -> Iterator[dict[str, Any]]:
    """An aisle's bins: goods are picked from the two lower levels, the upper one holds the reserve."""
    aisle = make_location(session, warehouse_id, code, kind="aisle", parent_id=zone, aisle=number)
    for bay in range(1, BAYS + 1):
        for level in range(1, LEVELS + 1):
            yield {"id": new_id(session), "code": f"{code}-{bay:02d}-{level}", "kind": "bin", "parent_id": aisle,
                   "aisle": number, "position": bay, "level": level, "pick_face": int(level < LEVELS),
                   } | (FACE if level < LEVELS else RESERVE)  # fmt: skip


def _place(session: Session, warehouse_id: int, code: str) -> int:
    return int(session.value(
        "SELECT id FROM location WHERE warehouse_id = :warehouse AND code = :code", warehouse=warehouse_id, code=code
    ))  # fmt: skip


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
        "class": family.zone, "length_mm": length, "width_mm": width, "height_mm": height, "weight_g": family.weight_g,
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


def _stock(session: Session, by: By, dice: random.Random, things: list[_Thing], bins: dict[str, _Bins]) -> _Stocked:
    """Older goods in the face, newer ones in the reserve or in a second face; every eighth face is nearly empty.

    A few items are sold out, and a few goods of this morning still stand at the dock.
    """
    stocked, openings = _Stocked(Counter(), Counter()), list[Opening]()
    spare = {block: len(bins[block].faces) for block in bins}
    spare = {block: spare[block] - sum(_block(thing) == block for thing in things) for block in bins}
    for number, thing in enumerate(things):
        block, low = bins[_block(thing)], number % LOW_EVERY == 0
        face = block.faces.pop(0)
        if number % SOLD_OUT_EVERY == SOLD_OUT_EVERY - 1:
            continue
        lay = partial(_lay, session, by, thing, stocked)
        openings += lay(face, dice.randint(1, FACE_MIN) if low else dice.randint(8, FACE_MAX), dice.randint(20, 60))
        if number % TWICE_EVERY == 1 and spare[_block(thing)]:
            spare[_block(thing)] -= 1
            openings += lay(block.faces.pop(0), dice.randint(8, FACE_MAX), dice.randint(16, 19))
        if block.reserves and (low or number % 3 == 0):
            quantity = thing.family.pack * dice.randint(2, 4)
            openings += lay(block.reserves.pop(0), quantity, dice.randint(2, 15), face=False)
    dock = _place(session, by.warehouse_id, "DOCK-1")
    for thing in things[2:80:26]:
        openings += _lay(session, by, thing, stocked, dock, thing.family.pack * 2, 0, face=False)
    open_balances(session, by, openings)
    return stocked


def _block(thing: _Thing) -> str:
    return next(block for block, classes in BLOCKS.items() if thing.family.zone in classes)


def _lay(
    session: Session, by: By, thing: _Thing, stocked: _Stocked, place: int, quantity: int, days_ago: int, *,
    face: bool = True,
) -> Iterator[Opening]:  # fmt: skip
    """Goods that arrived so many days ago and lie at a place since; a lot was fresh when it came."""
    family, received_at, lot_id, expiry = thing.family, by.now - days_ago * DAY, 0, 0
    if family.tracking == "lot":
        day = day_of(received_at, by.timezone)
        lot = find_or_make_lot(session, thing.id, f"L{day % 100_000}", day + family.shelf_life_days)
        lot_id, expiry = lot.id, lot.expiry_day
    pieces = [(quantity, "")]
    if family.tracking == "serial":
        pieces = [(1, f"{thing.sku}-{days_ago:02d}{each:02d}") for each in range(min(quantity, 5))]
    for count, serial in pieces:
        stocked.on_hand[thing.id] += count
        stocked.in_faces[thing.id] += count if face else 0
        yield Opening(
            thing.id, place, count, received_at, document="demo", lot_id=lot_id, serial=serial, expiry_day=expiry,
            shelf_life_days=family.shelf_life_days or None,
        )  # fmt: skip


def _purchase_orders(session: Session, by: By, dice: random.Random, things: list[_Thing]) -> None:
    """Six open purchase orders, the first of them late."""
    suppliers = {row.code: row.id for row in session.all("SELECT code, id FROM supplier")}
    for number, (code, _, _) in enumerate(SUPPLIERS[:PURCHASES]):
        own = [thing for thing in things if thing.family.supplier == code]
        lines = [PurchaseLine(thing.id, thing.family.pack * dice.randint(1, 4), thing.family.unit_cost)
                 for thing in dice.sample(own, 4)]  # fmt: skip
        make_purchase_order(
            session, warehouse_id=by.warehouse_id, number=f"PO-{1041 + number}", at=by.now - 6 * DAY,
            supplier_id=suppliers[code], lines=lines, due_at=by.now + (number - 1) * DAY,
        )  # fmt: skip


def _orders(session: Session, by: By, dice: random.Random, things: list[_Thing], stocked: _Stocked, count: int) -> None:
    """Today's orders: most are standard; some are urgent, carry a note, wait for payment, or came with faults."""
    batch = new_id(session)
    orders = {new_id(session): _order(by, dice, things, stocked, number) for number in range(count)}
    lines = [
        {"id": new_id(session), "order": order_id, "line": line, "item": each.item_id, "quantity": each.quantity,
         "unit_price": each.unit_price}
        for order_id, order in orders.items() for line, each in enumerate(order.lines, 1)
    ]  # fmt: skip
    heads = [
        order_row(order, order_id, session.signer, batch_id=batch, at=by.now) for order_id, order in orders.items()
    ]
    stage_orders(session, heads, lines)
    show_orders(session, batch, at=by.now)
    for number in HELD:
        desk.hold(session, by, list(orders)[number])
    for line, (channel, name, reasons, said) in enumerate(SET_ASIDE, 2):
        row = {"line": line, "cells": [channel, name, *said.values()], "reasons": list(reasons)}
        content = {"columns": ["channel", "number", *said], "rows": [row]}
        set_aside(session, channel=channel, number=name, reasons=reasons, content=content, at=by.now - HOUR)


def _order(by: By, dice: random.Random, things: list[_Thing], stocked: _Stocked, number: int) -> Order:
    name, phone, city, address = RECIPIENTS[number % len(RECIPIENTS)]
    tier = "priority" if number % 15 == 0 else "express" if number % 6 == 0 else "standard"
    return Order(
        channel=CHANNELS[number % len(CHANNELS)], number=f"{10_001 + number}", tier=tier, region=city, city=city,
        confirmed_at=by.now - dice.randint(5, 300) * MINUTE, name=name, phone=phone, address=address,
        note=NOTES[number % len(NOTES)] if number % 11 == 3 else "", paid=number % 20 != 7,  # noqa: PLR2004
        deliver_from=None, deliver_until=None,
        lines=tuple(Line(thing.id, thing.sku, quantity, thing.family.unit_cost * 2)
                    for thing, quantity in _wanted(dice, things, stocked, number)),
    )  # fmt: skip


def _wanted(dice: random.Random, things: list[_Thing], stocked: _Stocked, number: int) -> list[tuple[_Thing, int]]:
    """What an order is of: of things that are there, but for one; of a few, but for another."""
    there = [thing for thing in things if stocked.in_faces[thing.id]]
    chosen = dice.sample(there, dice.choice((1, 1, 2, 3, 3, 4)))
    wanted = [(thing, 1 if thing.family.tracking == "serial" else dice.randint(1, 3)) for thing in chosen]
    if number == LARGE:
        thing = next(each for each in there if stocked.on_hand[each.id] >= stocked.in_faces[each.id] + FACE_MIN)
        return [(thing, stocked.in_faces[thing.id] + FACE_MIN)]
    if number == SOLD_OUT:
        wanted.append((next(thing for thing in things if not stocked.on_hand[thing.id]), 2))
    return wanted


def _people(session: Session) -> Iterator[Person]:
    for name, roles, badge, pin in everybody():
        make_person(session, name, roles, badge=badge, pin=pin)
        if any("\u4e00" <= letter <= "\u9fff" for letter in name):
            session.run("UPDATE person SET language = 'zh_Hans_CN' WHERE name = :name", name=name)
        yield name, roles, badge, pin
