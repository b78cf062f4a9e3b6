"""What clearing reads: the clearances that nobody works at, one of them with its goods, and where goods are put."""

from __future__ import annotations

from warehouse.clock import MINUTE
from warehouse.db import Row, Session
from warehouse.planning.clearing import ROOM
from warehouse.who import By

LATER = 15 * MINUTE
"""How long a clearance that was put off comes after all others."""

_FREE = f"""c.warehouse_id = :warehouse AND c.closed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM work w WHERE w.warehouse_id = :warehouse AND w.room = '{ROOM}' AND w.subject_id = c.id
      AND w.state = 'open')"""

_WAITING = f"""
SELECT c.id, c.item_id, c.kind FROM clearance c JOIN location l ON l.id = c.location_id
WHERE {_FREE} ORDER BY l.path, c.id LIMIT :most"""

_GOODS = """
SELECT c.id, c.kind, c.item_id, c.lot_id, c.layer_id, c.serial, c.location_id, c.quantity - c.taken AS rest,
       COALESCE((SELECT b.quantity - b.reserved FROM balance b
                 WHERE b.warehouse_id = c.warehouse_id AND b.location_id = c.location_id AND b.item_id = c.item_id
                   AND b.lot_id = c.lot_id AND b.serial = c.serial AND b.layer_id = c.layer_id), 0) AS there,
       l.code, l.barcode, l.path, t.code AS lot, i.sku, i.barcode AS item_barcode, i.name, i.name_zh, i.unit, i.tracking,
       i.class AS item_class
FROM clearance c JOIN location l ON l.id = c.location_id JOIN item i ON i.id = c.item_id LEFT JOIN lot t ON t.id = c.lot_id
WHERE c.id = :id"""

_FOR_SUPPLIER = """
SELECT id, code, barcode, path FROM location WHERE warehouse_id = :warehouse AND kind IN ('staging', 'dock')
ORDER BY CASE kind WHEN 'staging' THEN 0 ELSE 1 END, path, id LIMIT 1"""


def waiting(session: Session, by: By, *, most: int) -> list[Row]:
    """What is to be cleared and nobody works at, along the walk."""
    return session.all(_WAITING, warehouse=by.warehouse_id, most=most)


def how_many(session: Session, by: By) -> int:
    """How many clearances nobody works at."""
    return int(session.value(f"SELECT count(*) FROM clearance c WHERE {_FREE}", warehouse=by.warehouse_id))


def put_off(session: Session, by: By) -> frozenset[int]:
    """The clearances that this person left a moment ago."""
    rows = session.all(
        f"""SELECT subject_id FROM work WHERE warehouse_id = :warehouse AND room = '{ROOM}' AND state = 'left'
              AND person_id = :person AND closed_at > :since""",
        warehouse=by.warehouse_id, person=by.person_id, since=by.now - LATER,
    )  # fmt: skip
    return frozenset(row.subject_id for row in rows)


def lock_free(session: Session, by: By, clearance_id: int) -> Row | None:
    """An open clearance that nobody works at, with its goods as they lie there; kept for this change, None if there is none.

    So a giving out, an undo and a cancellation see each other.
    """
    session.one(f"SELECT 1 AS one FROM clearance WHERE id = :id{session.for_update}", id=clearance_id)
    free = session.value(f"SELECT 1 AS one FROM clearance c WHERE c.id = :id AND {_FREE}",
                         id=clearance_id, warehouse=by.warehouse_id)  # fmt: skip
    return session.one(_GOODS, id=clearance_id) if free else None


def place_for_supplier(session: Session, by: By) -> Row | None:
    """Where goods for a supplier are put: staging, else a dock; None where there is neither."""
    return session.one(_FOR_SUPPLIER, warehouse=by.warehouse_id)


def place(session: Session, place_id: int) -> Row:
    """A place as a screen names it."""
    found = session.one("SELECT id, code, barcode, path FROM location WHERE id = :id", id=place_id)
    assert found is not None, "the place exists"
    return found
