"""What lookup reads: the things that a text names, their stock, and their last moves, sealed or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from warehouse.clock import day_of, iso, iso_day
from warehouse.db import Row, Session
from warehouse.floor.lookup.rules import LOOKED_BACK, MAY_LOOK_UP_PEOPLE
from warehouse.ids import first_id_at
from warehouse.ledger.told import LAST_MAX, MOVES, moves
from warehouse.orders.waits import exceptions, waits_for
from warehouse.people.rules import badge_hash
from warehouse.scanning.reading import Reading
from warehouse.who import By

_CANDIDATES = 6
CONTAINERS = frozenset({"tote", "pallet", "parcel"})

_NAMED = """
SELECT c.kind, c.ref_id, c.quantity, i.sku, i.barcode, i.name, i.name_zh, i.unit, l.code, l.barcode AS l_barcode,
       l.kind AS l_kind, u.code AS lies_at, p.number, p.barcode AS p_barcode, p.state AS p_state, z.name AS supplier
FROM code c
LEFT JOIN item i ON c.kind = 'item' AND i.id = c.ref_id
LEFT JOIN location l ON c.kind = 'location' AND l.id = c.ref_id LEFT JOIN location u ON u.id = l.parent_id
LEFT JOIN purchase_order p ON c.kind = 'document' AND p.id = c.ref_id LEFT JOIN supplier z ON z.id = p.supplier_id
WHERE c.text IN (:c0, :c1, :c2, :c3, :c4, :c5) AND c.scope_id IN (0, :warehouse)"""
_LOTS = """
SELECT t.id, t.code, t.expiry_day, i.id AS item_id, i.sku, i.name FROM lot t JOIN item i ON i.id = t.item_id
WHERE t.code = :text ORDER BY i.sku"""
_SERIALS = """
SELECT DISTINCT m.item_id, i.sku, i.name, m.serial FROM move m JOIN item i ON i.id = m.item_id
WHERE m.warehouse_id = :warehouse AND m.serial = :text AND m.serial <> '' ORDER BY i.sku"""
_LEFT = """
SELECT m.recorded_at, m.document AS shipment, c.code AS parcel, o.number AS order_number, o.channel
FROM move m JOIN location c ON c.id = m.from_id
LEFT JOIN shipment s ON s.warehouse_id = m.warehouse_id AND s.number = m.document
LEFT JOIN sales_order o ON o.id = s.order_id
WHERE m.warehouse_id = :warehouse AND m.serial = :serial AND m.serial <> '' AND m.item_id = :item AND m.cause = 'ship'
ORDER BY m.posting_id"""
_SET_ASIDE = """
SELECT channel, number FROM order_exception WHERE closed_at IS NULL AND order_id = 0 AND number = :text
ORDER BY channel"""
_ORDERS = """
SELECT id, channel, number, state, held, paid, tier FROM sales_order
WHERE number = :text AND state <> 'staged' AND warehouse_id IN (0, :warehouse) ORDER BY channel"""
_PURCHASES = """
SELECT p.id, p.number, p.barcode, p.state, z.name AS supplier FROM purchase_order p
JOIN supplier z ON z.id = p.supplier_id WHERE p.number = :text AND p.warehouse_id = :warehouse AND p.state <> 'staged'"""
_SHIPMENTS = """
SELECT s.id, s.number, s.state, s.held, o.number AS order_number, o.channel FROM shipment s
JOIN sales_order o ON o.id = s.order_id WHERE s.warehouse_id = :warehouse AND s.number = :text"""

_STOCK = """
SELECT i.sku, l.code AS place, l.kind, u.code AS lies_at, t.code AS lot, b.serial, y.expiry_day, t.expiry_day AS lot_day,
       y.received_at, b.quantity, b.reserved, b.held, b.last_day
FROM balance b JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id
LEFT JOIN location u ON u.id = l.parent_id JOIN layer y ON y.id = b.layer_id LEFT JOIN lot t ON t.id = b.lot_id
WHERE b.warehouse_id = :warehouse AND {of} ORDER BY i.sku, b.path, y.received_at, b.id"""
_TOTAL = "SELECT on_hand, reserved, blocked, on_order FROM total WHERE warehouse_id = :warehouse AND item_id = :item"
_INSIDE = """
SELECT code, barcode, kind FROM location WHERE warehouse_id = :warehouse AND parent_id = :id
  AND kind IN ('tote', 'pallet', 'parcel') ORDER BY path, id"""


# No index knows the person: the ledger itself is read backwards, in its own order, which `+ 0` keeps the planner to.
_BY_PERSON = """
SELECT * FROM (SELECT * FROM move WHERE posting_id >= :since AND warehouse_id + 0 = :warehouse AND person_id = :person
               ORDER BY posting_id DESC, line LIMIT :most) AS one"""

_PURCHASE_LINES = """
SELECT i.sku, n.quantity, n.received FROM purchase_order_line n JOIN item i ON i.id = n.item_id
WHERE n.purchase_order_id = :id ORDER BY n.line"""
_ORDER_LINES = """
SELECT i.sku, n.quantity, n.given, n.shipped FROM order_line n JOIN item i ON i.id = n.item_id
WHERE n.order_id = :id ORDER BY n.line"""
_PARCELS = """
SELECT p.id, p.code, p.state, p.shipment_id FROM parcel p JOIN shipment s ON s.id = p.shipment_id
WHERE p.warehouse_id = :warehouse AND {of} ORDER BY p.id"""
_BEGAN = "SELECT MIN(s.released_at) FROM shipment s WHERE s.warehouse_id = :warehouse AND {of}"
_LINES = "FROM shipment s JOIN shipment_line n ON n.warehouse_id = s.warehouse_id AND n.shipment_id = s.id WHERE {of}"
_FOR_LINES = f"item_id IN (SELECT n.item_id {_LINES}) AND for_id IN (SELECT n.id {_LINES}) AND posting_id >= :since"
_PERSON = """
SELECT id, name, roles FROM person WHERE active = 1 AND (badge_hash = :badge OR name = :name) ORDER BY id LIMIT 1"""
_OF_ORDER = "s.order_id = :id"
_OF_SHIPMENT = "s.id = :id"


@dataclass(frozen=True, slots=True)
class ThingView:
    """One thing that a text names: what it is, where it lies, and what happened to it last."""

    kind: str
    code: str
    barcode: str
    name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    lies: list[dict[str, Any]] = field(default_factory=list)
    last: list[Row] = field(default_factory=list)


def things(session: Session, by: By, reading: Reading) -> list[ThingView]:
    """All that a reading names here, in every kind."""
    if reading.is_value:
        return []
    text = reading.text
    found = [_coded(session, by, row) for row in _named(session, by, reading)]
    found += [_lot(session, by, row) for row in session.all(_LOTS, text=_detail(reading, "lot"))]
    found += [
        _serial(session, by, row)
        for row in session.all(_SERIALS, warehouse=by.warehouse_id, text=_detail(reading, "serial"))
    ]
    found += [_order(session, by, row) for row in session.all(_ORDERS, warehouse=by.warehouse_id, text=text)]
    found += _person(session, by, reading)
    found += [_set_aside(session, row) for row in session.all(_SET_ASIDE, text=text)]
    found += [_shipment(session, by, row) for row in session.all(_SHIPMENTS, warehouse=by.warehouse_id, text=text)]
    if not any(thing.kind == "purchase_order" for thing in found):
        rows = session.all(_PURCHASES, warehouse=by.warehouse_id, text=text)
        found += [_purchase(session, by, row.id, row.number, row.barcode, row.state, row.supplier) for row in rows]
    return found


_FIGURES = frozenset({"on_hand", "reserved", "blocked", "on_order", "available"})


def without_figures(thing: ThingView) -> ThingView:
    """A thing without what lies where and what was moved: what a counter may be told of it."""
    facts = {name: value for name, value in thing.facts.items() if name not in _FIGURES | {"containers"}}
    return replace(thing, facts=facts, lies=[], last=[])


def _detail(reading: Reading, name: str) -> str:
    """The lot or serial that a GS1 code tells, else the text itself."""
    return str(getattr(reading.gs1, name, "")) or reading.text


def _named(session: Session, by: By, reading: Reading) -> list[Row]:
    texts = (reading.candidates + (reading.candidates[0],) * _CANDIDATES)[:_CANDIDATES]
    marks = {f"c{index}": text for index, text in enumerate(texts)}
    rows = session.all(_NAMED, warehouse=by.warehouse_id, **marks)
    once = {(row.kind, row.ref_id): row for row in reversed(rows)}
    return list(reversed(once.values()))


def _coded(session: Session, by: By, row: Row) -> ThingView:
    if row.kind == "item":
        return _item(session, by, row)
    if row.kind == "document":
        return _purchase(session, by, row.ref_id, row.number, row.p_barcode, row.p_state, row.supplier)
    return _place(session, by, row)


def _item(session: Session, by: By, row: Row) -> ThingView:
    total = session.one(_TOTAL, warehouse=by.warehouse_id, item=row.ref_id)
    counted = total._asdict() if total else {"on_hand": 0, "reserved": 0, "blocked": 0, "on_order": 0}
    lies = _stock(session, by, "b.item_id = :id", id=row.ref_id)
    free = sum(each["available"] for each in lies)
    facts = {"unit": row.unit, "code_stands_for": row.quantity, "name_zh": row.name_zh} | counted | {"available": free}
    return ThingView(
        "item", row.sku, row.barcode, row.name, facts, lies, moves(session, by, "item_id = :id", id=row.ref_id)
    )


def _place(session: Session, by: By, row: Row) -> ThingView:
    kind = row.l_kind if row.l_kind in CONTAINERS else "location"
    facts: dict[str, Any] = {"lies_at": row.lies_at} if kind != "location" else {"kind": row.l_kind}
    inside = session.all(_INSIDE, warehouse=by.warehouse_id, id=row.ref_id)
    facts["containers"] = [each._asdict() for each in inside]
    if kind == "parcel":
        facts |= _parcel_facts(session, row.ref_id)
    last = moves(session, by, "from_id = :id", "to_id = :id", "container_id = :id AND container_id <> 0", id=row.ref_id)
    return ThingView(
        kind, row.code, row.l_barcode, "", facts, _stock(session, by, "b.location_id = :id", id=row.ref_id), last
    )


def _parcel_facts(session: Session, parcel_id: int) -> dict[str, Any]:
    row = session.one(
        """SELECT p.state, p.shipped_at, p.lane, p.carrier, s.number AS shipment, o.number AS order_number, o.channel
           FROM parcel p JOIN shipment s ON s.id = p.shipment_id JOIN sales_order o ON o.id = s.order_id WHERE p.id = :id""",
        id=parcel_id,
    )  # fmt: skip
    if row is None:
        return {}
    facts: dict[str, Any] = row._asdict()
    shipped_at = facts.pop("shipped_at")
    if row.state != "shipped":
        return facts
    return facts | {"lies_at": None, "handed_over_at": iso(shipped_at)}


def _lot(session: Session, by: By, row: Row) -> ThingView:
    facts = {"sku": row.sku, "expiry": iso_day(row.expiry_day)}
    return ThingView(
        "lot", row.code, row.code, row.name, facts,
        _stock(session, by, "b.item_id = :item AND b.lot_id = :id", item=row.item_id, id=row.id),
        moves(session, by, "item_id = :item AND lot_id = :id", item=row.item_id, id=row.id),
    )  # fmt: skip


def _serial(session: Session, by: By, row: Row) -> ThingView:
    left = session.all(_LEFT, warehouse=by.warehouse_id, item=row.item_id, serial=row.serial)
    facts = {"sku": row.sku, "handed_over": [_gone(each) for each in left]}
    return ThingView(
        "serial", row.serial, row.serial, row.name, facts,
        _stock(session, by, "b.item_id = :item AND b.serial = :serial", item=row.item_id, serial=row.serial),
        moves(session, by, "item_id = :item AND serial = :serial", item=row.item_id, serial=row.serial),
    )  # fmt: skip


def _gone(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = row._asdict()
    return {"at": iso(shown.pop("recorded_at"))} | shown


def _purchase(
    session: Session, by: By, order_id: int, number: str, barcode: str, state: str, supplier: str
) -> ThingView:
    lines = [line._asdict() for line in session.all(_PURCHASE_LINES, id=order_id)]
    of = """layer_id IN (SELECT y.id FROM receipt r JOIN layer y ON y.warehouse_id = r.warehouse_id
            AND y.receipt_id = r.id AND y.receipt_id <> 0 WHERE r.purchase_order_id = :id) AND cause = 'receive'"""
    facts = {"state": state, "supplier": supplier, "lines": lines}
    return ThingView("purchase_order", number, barcode, supplier, facts, [], moves(session, by, of, id=order_id))


def _person(session: Session, by: By, reading: Reading) -> list[ThingView]:
    """The person whose name or badge a text is, and what they did last: for those who lead them, and for themselves."""
    row = session.one(_PERSON, badge=badge_hash(reading.text), name=reading.text)
    if row is None or not (by.has(*MAY_LOOK_UP_PEOPLE) or row.id == by.person_id):
        return []
    since = first_id_at(by.now - LOOKED_BACK)
    last = session.all(
        MOVES.format(each=_BY_PERSON), warehouse=by.warehouse_id, person=row.id, since=since, most=LAST_MAX
    )
    return [ThingView("person", row.name, row.name, row.name, {"roles": row.roles.split()}, [], last)]


def _order(session: Session, by: By, row: Row) -> ThingView:
    lines = [line._asdict() for line in session.all(_ORDER_LINES, id=row.id)]
    facts = {"id": str(row.id), "channel": row.channel, "state": row.state, "held": bool(row.held),
             "paid": bool(row.paid), "tier": row.tier, "waits_for": waits_for(session, by, row.id),
             "lines": lines}  # fmt: skip
    lies = _stock(session, by, _RESERVED_FOR.format(of=_OF_ORDER), id=row.id)
    return ThingView(
        "order", row.number, row.number, row.channel, *_with_parcels(session, by, _OF_ORDER, row.id, facts, lies)
    )


def _set_aside(session: Session, row: Row) -> ThingView:
    """An order that came with faults and was not taken (R-ORD-1)."""
    facts = {"channel": row.channel, "state": "exception", "waits_for": exceptions(session, row.channel, row.number)}
    return ThingView("order", row.number, row.number, row.channel, facts)


def _shipment(session: Session, by: By, row: Row) -> ThingView:
    facts = {"order_number": row.order_number, "channel": row.channel, "state": row.state, "held": bool(row.held)}
    lies = _stock(session, by, _RESERVED_FOR.format(of=_OF_SHIPMENT), id=row.id)
    return ThingView(
        "shipment", row.number, row.number, row.order_number,
        *_with_parcels(session, by, _OF_SHIPMENT, row.id, facts, lies),
    )  # fmt: skip


_RESERVED_FOR = """b.id IN (SELECT r.balance_id FROM shipment s JOIN reservation r
    ON r.warehouse_id = s.warehouse_id AND r.shipment_id = s.id WHERE {of})"""


def _with_parcels(
    session: Session, by: By, of: str, paper_id: int, facts: dict[str, Any], lies: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[Row]]:
    """An order's or shipment's facts with its parcels, its goods, and their last moves: picked, packed, handed over."""
    parcels = session.all(_PARCELS.format(of=of), warehouse=by.warehouse_id, id=paper_id)
    facts["parcels"] = [{"code": row.code, "state": row.state} for row in parcels]
    inner = _PARCELS.format(of=of).replace("p.id, p.code, p.state, p.shipment_id", "p.id")
    inner = inner.replace(" ORDER BY p.id", "")
    parts = [f"from_id IN ({inner})", f"to_id IN ({inner})"] if parcels else []
    began = session.value(_BEGAN.format(of=of), warehouse=by.warehouse_id, id=paper_id)
    if began is None:
        return facts, lies, []
    last = moves(session, by, *parts, _FOR_LINES.format(of=of), id=paper_id, since=first_id_at(began))
    return facts, lies, last


def _stock(session: Session, by: By, of: str, **params: Any) -> list[dict[str, Any]]:
    today = day_of(by.now, by.timezone)
    rows = session.all(_STOCK.format(of=of), warehouse=by.warehouse_id, **params)
    return [_lies(row, today) for row in rows]


def _lies(row: Row, today: int) -> dict[str, Any]:
    is_container = row.kind in CONTAINERS
    free = row.quantity - row.reserved
    usable = not row.held and row.last_day >= today
    return {
        "sku": row.sku, "location": row.lies_at if is_container else row.place,
        "container": row.place if is_container else None, "lot": row.lot, "serial": row.serial or None,
        "expiry": iso_day(row.lot_day or row.expiry_day), "received_at": iso(row.received_at), "quantity": row.quantity,
        "reserved": row.reserved, "blocked": free if row.held else 0, "available": free if usable else 0,
    }  # fmt: skip
