"""What replenishing reads: items that pick faces lack, their oldest reserve, and their face."""

from __future__ import annotations

from warehouse.clock import MINUTE, day_of
from warehouse.db import Row, Session
from warehouse.ledger import OLDEST_FIRST
from warehouse.orders.release import ORDERS_LOOKED_AT
from warehouse.who import By

LATER = 15 * MINUTE
"""How long an item that was put off comes after all others."""
ITEMS_MOST = 50
MOVES_LOOKED_AT = 500

_RESERVE = """EXISTS (SELECT 1 FROM balance b JOIN location r ON r.id = b.location_id
    WHERE b.warehouse_id = :warehouse AND b.item_id = d.item_id AND b.pick = 0 AND b.quantity > b.reserved
      AND b.held = 0 AND b.last_day >= :day AND r.kind = 'bin')"""
_IN_FACES = """COALESCE((SELECT SUM(f.quantity - f.reserved) FROM balance f WHERE f.warehouse_id = :warehouse
    AND f.item_id = d.item_id AND f.pick = 1 AND f.held = 0 AND f.last_day >= :day), 0)"""

_DEMANDED = f"""
SELECT d.item_id, SUM(d.quantity) - {_IN_FACES} AS lacking FROM (
    SELECT s.item_id, s.quantity FROM shortage s JOIN sales_order o ON o.id = s.order_id
    WHERE s.warehouse_id = :warehouse AND s.direct = 0 AND o.state = 'waiting' AND o.held = 0 AND o.paid = 1
    UNION ALL
    SELECT n.item_id, n.quantity - n.given FROM (
        SELECT id FROM sales_order WHERE warehouse_id = :warehouse AND state = 'open' AND held = 0 AND paid = 1
        ORDER BY tier_rank, ship_by, confirmed_at, id LIMIT {ORDERS_LOOKED_AT}) AS o
    JOIN order_line n ON n.order_id = o.id WHERE n.given < n.quantity AND NOT EXISTS (
        SELECT 1 FROM shortage x WHERE x.order_id = o.id AND x.item_id = n.item_id AND x.direct = 1)) AS d
WHERE {_RESERVE} GROUP BY d.item_id HAVING SUM(d.quantity) > {_IN_FACES}
ORDER BY SUM(d.quantity) DESC, d.item_id LIMIT {ITEMS_MOST}"""

_LOW = f"""
SELECT d.item_id, 0 AS lacking FROM (
    SELECT b.item_id FROM location f JOIN balance b ON b.warehouse_id = f.warehouse_id AND b.location_id = f.id
    WHERE f.warehouse_id = :warehouse AND f.pick_face = 1
    UNION
    SELECT (SELECT m.item_id FROM move m WHERE m.warehouse_id = f.warehouse_id AND m.from_id = f.id
              AND m.item_id <> 0 ORDER BY m.posting_id DESC LIMIT 1) FROM location f
    WHERE f.warehouse_id = :warehouse AND f.pick_face = 1 AND NOT EXISTS (
        SELECT 1 FROM balance b WHERE b.warehouse_id = f.warehouse_id AND b.location_id = f.id)) AS d
WHERE d.item_id IS NOT NULL AND {_RESERVE} AND {_IN_FACES} <= :minimum ORDER BY d.item_id LIMIT {ITEMS_MOST}"""

_OLDEST = f"""
SELECT b.location_id, b.lot_id, b.layer_id, b.rank_day, b.quantity - b.reserved AS free, l.code, l.barcode, l.path,
       t.code AS lot, i.sku, i.barcode AS item_barcode, i.name, i.name_zh, i.unit, i.tracking, i.class AS item_class,
       b.item_id
FROM balance b JOIN location l ON l.id = b.location_id JOIN item i ON i.id = b.item_id LEFT JOIN lot t ON t.id = b.lot_id
WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND b.pick = 0 AND l.kind = 'bin' AND b.quantity > b.reserved
  AND b.held = 0 AND b.last_day >= :day AND (:place = 0 OR b.location_id = :place)
  AND (CAST(:lot AS TEXT) = '' OR t.code = :lot)
ORDER BY {OLDEST_FIRST.format("b")} LIMIT 1"""

_LAST_FACE = f"""
SELECT f.id FROM (
    SELECT from_id, to_id, posting_id FROM move WHERE warehouse_id = :warehouse AND item_id = :item
    ORDER BY posting_id DESC LIMIT {MOVES_LOOKED_AT}) AS m
JOIN location f ON f.id IN (m.from_id, m.to_id) AND f.pick_face = 1 ORDER BY m.posting_id DESC LIMIT 1"""


def demanded(session: Session, by: By) -> list[Row]:
    """Items that orders want, pick faces lack and reserve holds; `lacking` is how many the faces lack.

    Not for orders that may have them straight from reserve.
    """
    return session.all(_DEMANDED, warehouse=by.warehouse_id, day=day_of(by.now, by.timezone))


def low(session: Session, by: By, *, minimum: int) -> list[Row]:
    """Items of pick faces that hold no more than the minimum while reserve holds some.

    A face's item is what lies there; of an empty one, what was last taken from it.
    """
    day = day_of(by.now, by.timezone)
    return session.all(_LOW, warehouse=by.warehouse_id, day=day, minimum=minimum)


def oldest(session: Session, by: By, item_id: int, *, place_id: int = 0, lot: str = "") -> Row | None:
    """The reserve of an item that must go first; at one place, of one lot, if given."""
    return session.one(
        _OLDEST, warehouse=by.warehouse_id, item=item_id, day=day_of(by.now, by.timezone), place=place_id, lot=lot
    )


def serials_at(session: Session, by: By, row: Row, *, most: int) -> tuple[str, ...]:
    """The serials of one layer that lie free at a place."""
    rows = session.all(
        """SELECT serial FROM balance WHERE warehouse_id = :warehouse AND location_id = :place AND item_id = :item
             AND layer_id = :layer AND quantity > reserved AND held = 0 AND serial <> '' ORDER BY serial LIMIT :most""",
        warehouse=by.warehouse_id, place=row.location_id, item=row.item_id, layer=row.layer_id, most=most,
    )  # fmt: skip
    return tuple(each.serial for each in rows)


def last_face(session: Session, by: By, item_id: int) -> int:
    """The pick face that an item lay in last; 0 if none is known."""
    return int(session.value(_LAST_FACE, warehouse=by.warehouse_id, item=item_id) or 0)


def in_faces(session: Session, by: By, item_id: int) -> int:
    """How many of an item lie free in pick faces."""
    return int(
        session.value(
            """SELECT COALESCE(SUM(quantity - reserved), 0) FROM balance WHERE warehouse_id = :warehouse
                 AND item_id = :item AND pick = 1 AND held = 0""",
            warehouse=by.warehouse_id,
            item=item_id,
        )  # fmt: skip
    )


def lock_item(session: Session, by: By, item_id: int) -> None:
    """Keeps an item for this change, so that a giving out and an undo see each other."""
    session.one(
        f"SELECT 1 AS one FROM total WHERE warehouse_id = :warehouse AND item_id = :item{session.for_update}",
        warehouse=by.warehouse_id, item=item_id,
    )  # fmt: skip


def subjects(session: Session, by: By) -> tuple[frozenset[int], frozenset[int]]:
    """The items that others replenish right now, and those that this person put off a moment ago."""
    rows = session.all(
        """SELECT subject_id, state FROM work
           WHERE warehouse_id = :warehouse AND room = 'replenishing' AND state = 'open'
           UNION ALL
           SELECT subject_id, state FROM work WHERE warehouse_id = :warehouse AND room = 'replenishing'
             AND state = 'left' AND person_id = :person AND closed_at > :since""",
        warehouse=by.warehouse_id, person=by.person_id, since=by.now - LATER,
    )  # fmt: skip
    carried = frozenset(row.subject_id for row in rows if row.state == "open")
    return carried, frozenset(row.subject_id for row in rows if row.state == "left")


def carried_by_other(session: Session, by: By, item_id: int, *, work_id: int) -> bool:
    """Whether another person replenishes this item."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM work WHERE warehouse_id = :warehouse AND room = 'replenishing'
                 AND subject_id = :item AND state = 'open' AND id <> :work""",
            warehouse=by.warehouse_id,
            item=item_id,
            work=work_id,
        )  # fmt: skip
    )
