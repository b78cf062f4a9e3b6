"""What receiving reads: orders and their open lines, docks, lots, layers, and what is in stock already."""

from __future__ import annotations

from warehouse.db import Row, Session
from warehouse.orders.receipts import OPEN_LINE
from warehouse.who import By

_FREE = """NOT EXISTS (SELECT 1 FROM work w WHERE w.warehouse_id = p.warehouse_id AND w.room = 'receiving'
    AND w.subject_id = p.id AND w.state = 'open')"""
_HAS_OPEN = (
    """EXISTS (SELECT 1 FROM purchase_order_line n WHERE n.purchase_order_id = p.id AND n.received < n.quantity)"""
)

_NEXT_ORDER = f"""
SELECT p.id FROM purchase_order p WHERE p.warehouse_id = :warehouse AND p.state = 'open' AND {_HAS_OPEN} AND {_FREE}
ORDER BY COALESCE(p.due_at, 9223372036854775807), p.id LIMIT 1"""

_ORDER = f"""
SELECT p.id, p.number, p.barcode, p.state, CASE WHEN {_HAS_OPEN} THEN 1 ELSE 0 END AS has_open
FROM purchase_order p WHERE p.warehouse_id = :warehouse AND p.id = :id"""

_ARRIVALS = """
SELECT id, code, barcode, kind FROM location WHERE warehouse_id = :warehouse AND kind IN ('dock', 'staging')
ORDER BY kind, path, id LIMIT 2"""
_ANYWHERE = """
SELECT id, code, barcode, kind FROM location WHERE warehouse_id = :warehouse AND kind IN ('bin', 'station', 'site')
ORDER BY kind, path, id LIMIT 1"""


def next_order(session: Session, by: By) -> int | None:
    """The open purchase order that is due first and that nobody receives."""
    found = session.value(_NEXT_ORDER, warehouse=by.warehouse_id)
    return int(found) if found else None


def lock_order(session: Session, by: By, order_id: int) -> Row | None:
    """A purchase order, kept for this change: who gives it to somebody looks after everyone else has decided."""
    session.one(
        f"SELECT id FROM purchase_order WHERE id = :id AND warehouse_id = :warehouse{session.for_update}",
        id=order_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    return session.one(_ORDER, id=order_id, warehouse=by.warehouse_id)


def taken_by_other(session: Session, by: By, subject_id: int, *, work_id: int = 0) -> bool:
    """Whether another open piece of work is about this order or receipt."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM work WHERE warehouse_id = :warehouse AND room = 'receiving'
                 AND subject_id = :subject AND state = 'open' AND id <> :work""",
            warehouse=by.warehouse_id,
            subject=subject_id,
            work=work_id,
        )  # fmt: skip
    )


def receiver_name(session: Session, by: By, order_id: int) -> str:
    """Who is receiving an order right now; empty if nobody."""
    found = session.value(
        """SELECT p.name FROM work w JOIN person p ON p.id = w.person_id WHERE w.warehouse_id = :warehouse
             AND w.room = 'receiving' AND w.subject_id = :order AND w.state = 'open'""",
        warehouse=by.warehouse_id, order=order_id,
    )  # fmt: skip
    return str(found or "")


def order_called(session: Session, by: By, text: str) -> int | None:
    """The purchase order whose number or code a text is, registered as a code or not."""
    found = session.value(
        """SELECT id FROM purchase_order WHERE warehouse_id = :warehouse AND number = :text
           UNION ALL SELECT p.id FROM code c JOIN purchase_order p ON p.id = c.ref_id
           WHERE c.text = :text AND c.scope_id IN (0, :warehouse) AND c.kind = 'document'
           LIMIT 1""", warehouse=by.warehouse_id, text=text)  # fmt: skip
    return int(found) if found else None


def count_lines(session: Session, by: By, order_id: int) -> Row:
    """How many lines an order has, how many of them are full, and how many are listed as short."""
    row = session.one(
        """SELECT count(*) AS total, SUM(CASE WHEN n.received >= n.quantity THEN 1 ELSE 0 END) AS done,
               (SELECT count(*) FROM purchase_order_line k JOIN discrepancy d ON d.warehouse_id = :warehouse
                  AND d.purchase_order_line_id = k.id AND d.kind = 'short' AND d.closed_at IS NULL
                WHERE k.purchase_order_id = :order) AS shorts
           FROM purchase_order_line n WHERE n.purchase_order_id = :order""",
        warehouse=by.warehouse_id, order=order_id,
    )  # fmt: skip
    assert row is not None, "a count always has a row"
    return row


def open_line_of(session: Session, order_id: int, item_id: int) -> Row | None:
    """The first open line of an order that wants an item."""
    return session.one(f"{OPEN_LINE} AND n.item_id = :item ORDER BY n.line LIMIT 1", order=order_id, item=item_id)


def on_order_at_all(session: Session, order_id: int, item_id: int) -> bool:
    """Whether an order names an item, however much of it is open."""
    return bool(
        session.value(
            "SELECT 1 AS one FROM purchase_order_line WHERE purchase_order_id = :order AND item_id = :item",
            order=order_id,
            item=item_id,
        )  # fmt: skip
    )


def line_now(session: Session, line_id: int) -> Row | None:
    """How much a line wants and has at this moment."""
    return session.one("SELECT quantity, received FROM purchase_order_line WHERE id = :id", id=line_id)


def dock(session: Session, location_id: int) -> Row | None:
    """The dock that a desk is; None where the desk is a packing place."""
    return session.one("SELECT id, code, barcode FROM location WHERE id = :id AND kind = 'dock'", id=location_id)


def docks(session: Session, by: By) -> list[Row]:
    """The docks (two at most: one more than one); without any the first staging place; else any place of our own."""
    found = session.all(_ARRIVALS, warehouse=by.warehouse_id)
    real = [row for row in found if row.kind == "dock"]
    return real or found[:1] or session.all(_ANYWHERE, warehouse=by.warehouse_id)


def lot_called(session: Session, item_id: int, code: str) -> Row | None:
    """A lot of an item: its expiry, and whether any of it is in stock."""
    return session.one(
        """SELECT t.id, t.expiry_day, CASE WHEN EXISTS (
               SELECT 1 FROM warehouse w JOIN balance b ON b.warehouse_id = w.id AND b.item_id = t.item_id
               WHERE b.lot_id = t.id) THEN 1 ELSE 0 END AS stocked
           FROM lot t WHERE t.item_id = :item AND t.code = :code""", item=item_id, code=code)  # fmt: skip


def layer_of(
    session: Session, by: By, *, receipt_id: int, line_id: int, item_id: int, lot_id: int, expiry_day: int
) -> int:
    """The layer that a receipt has for a line's goods of this lot and expiry; 0 if none yet."""
    found = session.value(
        """SELECT id FROM layer WHERE warehouse_id = :warehouse AND receipt_id = :receipt AND receipt_id <> 0
             AND purchase_order_line_id = :line AND item_id = :item AND lot_id = :lot AND expiry_day = :expiry""",
        warehouse=by.warehouse_id, receipt=receipt_id, line=line_id, item=item_id, lot=lot_id, expiry=expiry_day,
    )  # fmt: skip
    return int(found or 0)


def serial_in_stock(session: Session, by: By, item_id: int, serial: str) -> bool:
    """Whether a serial of an item lies anywhere in this warehouse."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM balance WHERE warehouse_id = :warehouse AND item_id = :item AND serial = :serial
                 AND serial <> '' AND quantity > 0""",
            warehouse=by.warehouse_id,
            item=item_id,
            serial=serial,
        )  # fmt: skip
    )


def waiting(session: Session, by: By) -> int:
    """How many purchase orders could be received."""
    sql = f"""SELECT count(*) FROM purchase_order p
              WHERE p.warehouse_id = :warehouse AND p.state = 'open' AND {_HAS_OPEN} AND {_FREE}"""
    return int(session.value(sql, warehouse=by.warehouse_id))


def receipt_order(session: Session, receipt_id: int) -> Row | None:
    """A receipt's purchase order and number, kept for this change."""
    return session.one(
        f"SELECT purchase_order_id, number, state FROM receipt WHERE id = :id{session.for_update}", id=receipt_id
    )


def receiver_of(session: Session, by: By, order_id: int) -> int | None:
    """The open piece of work about an order."""
    found = session.value(
        """SELECT id FROM work WHERE warehouse_id = :warehouse AND room = 'receiving' AND subject_id = :order
             AND state = 'open'""", warehouse=by.warehouse_id, order=order_id)  # fmt: skip
    return int(found) if found else None
