"""What putaway reads: the goods that stand about, and the facts of one stock row of them."""

from __future__ import annotations

from warehouse.clock import MINUTE, day_of
from warehouse.db import Row, Session
from warehouse.who import By
from warehouse.work.carrying import SERIALS_MOST

LATER = 15 * MINUTE
"""How long a piece that was put off comes after all others."""

_SOURCES = """
SELECT s.id FROM location s WHERE s.warehouse_id = :warehouse AND s.kind IN ('dock', 'staging', 'site')
UNION ALL
SELECT c.id FROM location h CROSS JOIN location c
WHERE c.warehouse_id = h.warehouse_id AND c.parent_id = h.id AND h.warehouse_id = :warehouse
  AND h.kind IN ('virtual', 'station', 'dock', 'staging', 'site') AND c.kind IN ('tote', 'pallet', 'parcel')"""

_PIECES = f"""
SELECT b.location_id, b.item_id, b.lot_id, b.layer_id, MIN(b.id) AS first
FROM ({_SOURCES}) AS source CROSS JOIN balance b
WHERE b.warehouse_id = :warehouse AND b.location_id = source.id AND b.quantity > b.reserved AND b.held = 0
  AND b.last_day >= :today
GROUP BY b.location_id, b.item_id, b.lot_id, b.layer_id ORDER BY MIN(b.id) LIMIT :most"""

_PIECE = """
SELECT i.sku, i.barcode AS item_barcode, i.name, i.name_zh, i.unit, i.tracking, i.class AS item_class,
       t.code AS lot, s.code, s.barcode, s.kind, s.path
FROM item i JOIN location s ON s.id = :location LEFT JOIN lot t ON t.id = :lot WHERE i.id = :item"""

_ROWS = """
SELECT serial, quantity - reserved AS free, rank_day FROM balance
WHERE warehouse_id = :warehouse AND location_id = :location AND item_id = :item AND lot_id = :lot AND layer_id = :layer
  AND quantity > reserved AND held = 0 AND last_day >= :today ORDER BY serial"""


def pieces(session: Session, by: By, *, most: int) -> list[Row]:
    """The stock rows that stand about free, in the order in which they came; serials of one layer together.

    What is past its last day stays where it is, as what is blocked does (R-PUT-6).
    """
    return session.all(_PIECES, warehouse=by.warehouse_id, most=most, today=day_of(by.now, by.timezone))


def piece(session: Session, row: Row) -> Row:
    """What a screen says of a stock row: item, lot and where it lies."""
    found = session.one(_PIECE, location=row.location_id, item=row.item_id, lot=row.lot_id)
    assert found is not None, "the stock row names what exists"
    return found


def lock_rows(session: Session, by: By, row: Row) -> list[Row]:
    """What lies there at this moment, kept for this change, so that an undo and a giving out see each other."""
    found = session.all(
        _ROWS + session.for_update, warehouse=by.warehouse_id, location=row.location_id, item=row.item_id,
        lot=row.lot_id, layer=row.layer_id, today=day_of(by.now, by.timezone),
    )  # fmt: skip
    return found[:SERIALS_MOST] if found and found[0].serial else found


def subjects(session: Session, by: By) -> tuple[frozenset[int], frozenset[int]]:
    """What others carry right now, and what this person put off a moment ago."""
    rows = session.all(
        """SELECT subject_id, state FROM work WHERE warehouse_id = :warehouse AND room = 'putaway' AND state = 'open'
           UNION ALL
           SELECT subject_id, state FROM work WHERE warehouse_id = :warehouse AND room = 'putaway' AND state = 'left'
             AND person_id = :person AND closed_at > :since""",
        warehouse=by.warehouse_id, person=by.person_id, since=by.now - LATER,
    )  # fmt: skip
    carried = frozenset(row.subject_id for row in rows if row.state == "open")
    return carried, frozenset(row.subject_id for row in rows if row.state == "left")


def carried_by_other(session: Session, by: By, subject_id: int, *, work_id: int) -> bool:
    """Whether another open piece of work is about this stock row."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM work WHERE warehouse_id = :warehouse AND room = 'putaway'
                 AND subject_id = :subject AND state = 'open' AND id <> :work""",
            warehouse=by.warehouse_id,
            subject=subject_id,
            work=work_id,
        )  # fmt: skip
    )
