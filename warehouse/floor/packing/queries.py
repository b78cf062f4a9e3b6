"""What packing reads: the next order, what lies in its totes, its parcels, and the papers of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warehouse.catalog.codes import COUNT_UP
from warehouse.clock import HOUR, MINUTE, day_of
from warehouse.db import Row, Session
from warehouse.floor.packing.rules import OTHER_PACKER_MIN, Stock
from warehouse.ids import first_id_at
from warehouse.orders.rules import is_late_turn
from warehouse.who import By

GIVEN = "packing_work"
"""The series that counts how many pieces of packing work were given out."""

_NEXT = """
SELECT s.id, s.number, s.order_id, s.state, o.number AS order_number, o.note
FROM shipment s JOIN sales_order o ON o.id = s.order_id
WHERE s.warehouse_id = :warehouse AND s.state IN ({state}) AND s.held = 0 AND s.cutoff_at {sign} :now
  AND (:but = 0 OR (s.picker_id <> :but AND NOT EXISTS (
           SELECT 1 FROM takeover t WHERE t.warehouse_id = :warehouse AND t.room = 'picking' AND t.subject_id = s.id
             AND t.person_id = :but)))
  AND NOT EXISTS (SELECT 1 FROM work k WHERE k.warehouse_id = :warehouse AND k.room = 'packing'
                    AND k.subject_id = s.id AND k.state = 'open')
ORDER BY {order} LIMIT 1"""
_URGENT, _OLDEST = "s.tier_rank, s.ship_by, s.confirmed_at, s.id", "s.confirmed_at, s.id"
_STATES = ("'packing'", "'to_pack'")
_LOOKS = tuple(
    _NEXT.format(state=state, sign=sign, order=_URGENT) for sign in (">", "<=") for state in _STATES
)  # fmt: skip
_LATE_LOOKS = (_NEXT.format(state=", ".join(_STATES), sign="<=", order=_OLDEST), *_LOOKS)

_ANOTHER_PACKED = """
SELECT 1 AS one FROM work w JOIN person p ON p.id = w.person_id
WHERE w.warehouse_id = :warehouse AND w.id >= :since AND w.room = 'packing' AND w.state = 'done'
  AND w.closed_at >= :recently AND w.person_id <> :me AND p.kind = 'person' LIMIT 1"""

_GOODS = """
SELECT s.held, s.state, r.id, r.line_id, b.id AS balance_id, b.layer_id, b.lot_id, r.quantity, r.reserved_at,
       b.held AS blocked, b.last_day, b.serial, b.location_id, b.item_id, i.sku, i.barcode, i.name, i.name_zh, i.unit,
       i.tracking, t.code AS lot, c.code AS tote, c.barcode AS tote_barcode, c.parent_id AS tote_at
FROM shipment s
LEFT JOIN balance b ON b.warehouse_id = s.warehouse_id AND b.location_id = {tote} AND b.item_id = {item}
     AND b.reserved > 0 AND (:lot = 0 OR b.lot_id = :lot) AND (CAST(:serial AS TEXT) = '' OR b.serial = :serial)
LEFT JOIN reservation r ON r.balance_id = b.id AND r.shipment_id = s.id
LEFT JOIN item i ON i.id = b.item_id LEFT JOIN lot t ON t.id = b.lot_id LEFT JOIN location c ON c.id = b.location_id
WHERE s.id = :shipment ORDER BY b.lot_id, b.serial, b.rank_day, b.id, r.id"""

_THIS_TOTE_ELSE_NEXT = """COALESCE(
    (SELECT x.location_id FROM balance x WHERE x.warehouse_id = :warehouse AND x.location_id = :tote
       AND x.reserved > 0 LIMIT 1),
    (SELECT y.location_id FROM reservation z JOIN balance y ON y.id = z.balance_id
     WHERE z.warehouse_id = :warehouse AND z.shipment_id = :shipment AND z.stage = 1 ORDER BY z.path, z.id LIMIT 1))"""
_FIRST_ITEM = f"""(SELECT x.item_id FROM balance x
    WHERE x.warehouse_id = :warehouse AND x.location_id = {_THIS_TOTE_ELSE_NEXT} AND x.reserved > 0
    ORDER BY CASE WHEN x.item_id > :after THEN 0 ELSE 1 END, x.item_id LIMIT 1)"""
_NEXT_GOODS = _GOODS.format(tote=_THIS_TOTE_ELSE_NEXT, item=_FIRST_ITEM)
_GOODS_OF_ITEM = _GOODS.format(tote=":tote", item=":item")


@dataclass(frozen=True, slots=True)
class Task:
    """The goods of one item, lot and serial in one tote, and the stock rows they lie in. No `item_id`: none is left."""

    held: bool
    state: str
    item_id: int = 0
    sku: str = ""
    barcode: str = ""
    name: str = ""
    name_zh: str = ""
    unit: str = "each"
    tracking: str = "none"
    lot_id: int = 0
    lot: str = ""
    serial: str = ""
    tote_id: int = 0
    tote: str = ""
    tote_barcode: str = ""
    tote_at: int = 0
    stock: tuple[Stock, ...] = ()


def ask_given(session: Session, by: By) -> Callable[[], int]:
    """Asks how many pieces of packing work were given out before, as every fifth is another's turn (R-ORD-5)."""
    asked = session.ask(
        "SELECT last FROM number_series WHERE warehouse_id = :warehouse AND name = :name",
        warehouse=by.warehouse_id, name=GIVEN,
    )  # fmt: skip
    return lambda: int(asked.value() or 0)


def count_given(session: Session, by: By) -> None:
    """One more piece of packing work is given out. The last thing that a change does: the series' row is everybody's."""
    session.ask(COUNT_UP, warehouse=by.warehouse_id, name=GIVEN, count=1)


def next_shipment(session: Session, by: By, *, but_picker_id: int, given: int = 1) -> Row | None:
    """The most urgent order to pack, begun and left ones first; `but_picker_id` leaves one picker's out.

    Every fifth that is `given` out is the oldest that missed its cut-off, if there is one (R-ORD-5).
    On PostgreSQL rows that another is just taking are passed over; whoever finds none looks again without that.
    """
    skip = " FOR UPDATE OF s SKIP LOCKED" if session.dialect == "postgresql" else ""
    for look in _LATE_LOOKS if is_late_turn(given) else _LOOKS:
        row = session.one(look + skip, warehouse=by.warehouse_id, now=by.now, but=but_picker_id)
        if row is not None:
            return row
    return None


def any_shipment(session: Session, by: By, *, but_picker_id: int) -> bool:
    """Whether an order waits at packing, locked by another's change or not."""
    return any(session.one(look, warehouse=by.warehouse_id, now=by.now, but=but_picker_id) for look in _LOOKS)


def another_packed(session: Session, by: By) -> bool:
    """Whether another person packed here in the last quarter of an hour."""
    row = session.one(
        _ANOTHER_PACKED, warehouse=by.warehouse_id, since=first_id_at(by.now - HOUR), me=by.person_id,
        recently=by.now - OTHER_PACKER_MIN * MINUTE,
    )  # fmt: skip
    return row is not None


def stations(session: Session, by: By) -> list[Row]:
    """The first two places where goods are packed."""
    return session.all(
        """SELECT id, code, barcode FROM location WHERE warehouse_id = :warehouse AND kind = 'station'
           ORDER BY path, id LIMIT 2""", warehouse=by.warehouse_id)  # fmt: skip


def place(session: Session, location_id: int) -> Row | None:
    """A place's code and barcode."""
    return session.one("SELECT id, code, barcode FROM location WHERE id = :id", id=location_id)


def packing_place(session: Session, location_id: int) -> Row | None:
    """The packing place that a desk is; None where the desk is a dock."""
    return session.one(
        "SELECT id, code, barcode FROM location WHERE id = :id AND kind = 'station'", id=location_id
    )  # fmt: skip


def open_parcel(session: Session, by: By, shipment_id: int) -> Row | None:
    """The parcel that was begun for a shipment and not closed, and where it lies."""
    return session.one(
        """SELECT p.id, p.code, l.parent_id FROM parcel p JOIN location l ON l.id = p.id
           WHERE p.warehouse_id = :warehouse AND p.shipment_id = :shipment AND p.state = 'open'""",
        warehouse=by.warehouse_id, shipment=shipment_id,
    )  # fmt: skip


def units(session: Session, by: By, shipment_id: int) -> tuple[int, int]:
    """How many units of a shipment are in parcels, and how many in all."""
    row = session.one(
        """SELECT COALESCE(SUM(CASE WHEN stage = 2 THEN quantity ELSE 0 END), 0) AS packed,
               COALESCE(SUM(quantity), 0) AS total FROM reservation
           WHERE warehouse_id = :warehouse AND shipment_id = :shipment""",
        warehouse=by.warehouse_id, shipment=shipment_id,
    )  # fmt: skip
    return (int(row.packed), int(row.total)) if row else (0, 0)


def next_goods(session: Session, by: By, shipment_id: int, *, tote_id: int = 0, after: int = 0) -> Task:
    """What to scan next: goods of this tote, of the item behind `after` first; of the next tote if it is empty."""
    return _task(
        by,
        session.all(
            _NEXT_GOODS, warehouse=by.warehouse_id, shipment=shipment_id, tote=tote_id, after=after, lot=0, serial=""
        ),
    )


def goods_of(
    session: Session, by: By, shipment_id: int, *, tote_id: int, item_id: int, lot_id: int = 0, serial: str = ""
) -> Task:
    """The goods of an item in a tote, of one lot or serial if given."""
    return _task(
        by,
        session.all(_GOODS_OF_ITEM, shipment=shipment_id, tote=tote_id, item=item_id, lot=lot_id, serial=serial),
    )


def _task(by: By, rows: list[Row]) -> Task:
    """The leading goods among rows that are in order of lot and serial."""
    first = rows[0]
    if first.id is None:
        return Task(bool(first.held), first.state)
    today = day_of(by.now, by.timezone)
    same = [row for row in rows if (row.lot_id, row.serial) == (first.lot_id, first.serial) and row.id is not None]
    return Task(
        bool(first.held), first.state, first.item_id, first.sku, first.barcode, first.name, first.name_zh, first.unit,
        first.tracking, first.lot_id, first.lot or "", first.serial, first.location_id, first.tote, first.tote_barcode,
        first.tote_at or 0, tuple(_stock(row, today) for row in same),
    )  # fmt: skip


def _stock(row: Row, today: int) -> Stock:
    state = "blocked" if row.blocked else "expired" if row.last_day < today else ""
    return Stock(row.id, row.line_id, row.balance_id, row.layer_id, row.lot_id, row.quantity, row.reserved_at, state)


def tote_of(session: Session, by: By, tote_id: int, shipment_id: int) -> Row | None:
    """A shipment's tote: where it lies, and what the slot says of it."""
    return session.one(
        """SELECT l.id, l.code, l.barcode, l.parent_id, t.state FROM tote_slot t JOIN location l ON l.id = t.container_id
           WHERE t.warehouse_id = :warehouse AND t.container_id = :tote AND t.shipment_id = :shipment""",
        warehouse=by.warehouse_id, tote=tote_id, shipment=shipment_id,
    )  # fmt: skip


def was_packed(session: Session, by: By, shipment_id: int, item_id: int) -> bool:
    """Whether goods of an item lie in the shipment's parcels already."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM reservation r JOIN balance b ON b.id = r.balance_id
               WHERE r.warehouse_id = :warehouse AND r.shipment_id = :shipment AND r.stage = 2 AND b.item_id = :item
               LIMIT 1""",
            warehouse=by.warehouse_id,
            shipment=shipment_id,
            item=item_id,
        )  # fmt: skip
    )


def missing(session: Session, by: By, shipment_id: int) -> list[str]:
    """What of a shipment is not in a parcel yet: `quantity × SKU` each."""
    rows = session.all(
        """SELECT i.sku, SUM(r.quantity) AS quantity FROM reservation r JOIN balance b ON b.id = r.balance_id
           JOIN item i ON i.id = b.item_id
           WHERE r.warehouse_id = :warehouse AND r.shipment_id = :shipment AND r.stage = 1
           GROUP BY i.sku ORDER BY i.sku""", warehouse=by.warehouse_id, shipment=shipment_id)  # fmt: skip
    return [f"{row.quantity} × {row.sku}" for row in rows]


def is_held(session: Session, shipment_id: int) -> bool:
    """Whether a supervisor has stopped the shipment's order."""
    return bool(session.value("SELECT held FROM shipment WHERE id = :id", id=shipment_id))


def balance_at(session: Session, by: By, *, location_id: int, layer_id: int, serial: str) -> int:
    """The stock row of a layer at a place; 0 if there is none."""
    found = session.value(
        """SELECT id FROM balance WHERE warehouse_id = :warehouse AND location_id = :location AND layer_id = :layer
             AND serial = :serial""",
        warehouse=by.warehouse_id, location=location_id, layer=layer_id, serial=serial,
    )  # fmt: skip
    return int(found or 0)


def lot_of(session: Session, item_id: int, code: str) -> int:
    """The lot of an item that a text names; 0 if none."""
    return int(session.value("SELECT id FROM lot WHERE item_id = :item AND code = :code", item=item_id, code=code) or 0)


def waiting(session: Session, by: By) -> int:
    """How many orders wait at packing."""
    return int(
        session.value(
            "SELECT count(*) FROM shipment WHERE warehouse_id = :warehouse AND state = 'to_pack' AND held = 0",
            warehouse=by.warehouse_id,
        )
    )


@dataclass(frozen=True, slots=True)
class PackedLine:
    """One line of a packing list."""

    sku: str
    name: str
    lot: str
    serial: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PackingListView:
    """What goes into the box beside the goods (R-PACK-5)."""

    parcel: str
    order: str
    channel: str
    document: str
    name: str
    city: str
    phone: str
    lines: tuple[PackedLine, ...]


_PARCEL = """
SELECT p.id, p.code, p.state, p.shipment_id, s.number AS document, o.number, o.channel, c.name, c.city, c.phone
FROM parcel p JOIN shipment s ON s.id = p.shipment_id JOIN sales_order o ON o.id = s.order_id
LEFT JOIN recipient c ON c.order_id = o.id WHERE p.warehouse_id = :warehouse AND p.code = :code"""
_LIES_IN = """
SELECT i.sku, i.name, i.name_zh, COALESCE(t.code, '') AS lot, b.serial, SUM(b.quantity) AS quantity
FROM balance b JOIN item i ON i.id = b.item_id LEFT JOIN lot t ON t.id = b.lot_id
WHERE b.warehouse_id = :warehouse AND b.location_id = :parcel
GROUP BY i.sku, i.name, i.name_zh, t.code, b.serial ORDER BY i.sku, t.code, b.serial"""
_LEFT_FROM = """
SELECT i.sku, i.name, i.name_zh, COALESCE(t.code, '') AS lot, m.serial, SUM(m.quantity) AS quantity
FROM move m JOIN item i ON i.id = m.item_id LEFT JOIN lot t ON t.id = m.lot_id
WHERE m.warehouse_id = :warehouse AND m.from_id = :parcel AND m.cause = 'ship'
GROUP BY i.sku, i.name, i.name_zh, t.code, m.serial ORDER BY i.sku, t.code, m.serial"""


def packing_list(session: Session, by: By, code: str) -> PackingListView | None:
    """A parcel's packing list: what lies in it, or what was in it when it was handed over; None for unknown codes."""
    parcel = session.one(_PARCEL, warehouse=by.warehouse_id, code=code)
    if parcel is None:
        return None
    statement = _LEFT_FROM if parcel.state == "shipped" else _LIES_IN
    lines = session.all(statement, warehouse=by.warehouse_id, parcel=parcel.id)
    return PackingListView(
        parcel.code, parcel.number, parcel.channel, parcel.document, parcel.name or "", parcel.city or "",
        masked(parcel.phone or ""),
        tuple(PackedLine(row.sku, _both(row), row.lot, row.serial, int(row.quantity)) for row in lines),
    )  # fmt: skip


def masked(phone: str) -> str:
    """A telephone number that only its owner recognises."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 10 else "*" * len(phone)  # noqa: PLR2004 - a whole number


def _both(row: Row) -> str:
    return f"{row.name} {row.name_zh}".strip()
