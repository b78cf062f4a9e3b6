"""Promotions: what is expected to be used beside the usual, and what is short of it (R-SAF-7)."""

from __future__ import annotations

from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ids import new_id
from warehouse.planning.policies import replan
from warehouse.who import By

# What is there serves the promotions of an item one after the other: each lacks at most what is open of it.
_SHORT = """
SELECT i.id, i.sku, i.name, i.name_zh, s.promotion_id, s.promotion, s.from_day, s.until_day, s.quantity, s.sold,
       s.safety_stock, s.on_order, s.available, CASE WHEN s.lacking < s.expected THEN s.lacking ELSE s.expected END AS short
FROM (
    SELECT p.item_id, p.id AS promotion_id, p.name AS promotion, p.from_day, p.until_day, p.quantity, p.sold, t.safety_stock,
           t.on_order, t.on_hand - t.reserved - t.blocked - t.expired AS available, p.quantity - p.sold AS expected,
           SUM(p.quantity - p.sold) OVER (PARTITION BY p.item_id ORDER BY p.from_day, p.id)
             + t.safety_stock - (t.on_hand - t.reserved - t.blocked - t.expired) - t.on_order AS lacking
    FROM promotion p JOIN total t ON t.warehouse_id = p.warehouse_id AND t.item_id = p.item_id
    WHERE p.warehouse_id = :warehouse AND p.cancelled_at IS NULL AND p.until_day >= :today AND p.sold < p.quantity) AS s
JOIN item i ON i.id = s.item_id WHERE s.lacking > 0
ORDER BY s.from_day, i.sku, s.promotion_id LIMIT :most OFFSET :skip"""


def make(
    session: Session, by: By, item_id: int, *, name: str, from_day: int, until_day: int, quantity: int
) -> int:  # fmt: skip
    """Plans a promotion; from a lead time before its beginning on, its forecast raises the reorder point. Returns its id."""
    promotion_id = new_id(session)
    session.run(
        """INSERT INTO promotion (id, warehouse_id, item_id, name, from_day, until_day, quantity, made_at, made_by)
           VALUES (:id, :warehouse, :item, :name, :first, :last, :quantity, :now, :person)""",
        id=promotion_id, warehouse=by.warehouse_id, item=item_id, name=name, first=from_day, last=until_day,
        quantity=quantity, now=by.now, person=by.person_id,
    )  # fmt: skip
    session.run(
        """INSERT INTO total (warehouse_id, item_id) SELECT :warehouse, i.id FROM item i WHERE i.id = :item
           ON CONFLICT DO NOTHING""", warehouse=by.warehouse_id, item=item_id)  # fmt: skip
    replan(session, by.warehouse_id, [item_id], by.now, person_id=by.person_id)
    return promotion_id


def cancel(session: Session, by: By, item_id: int, promotion_id: int) -> None:
    """Takes a promotion back.

    Raises:
        NotFound: there is none of this id that still is to come.
    """
    if not session.run(
        """UPDATE promotion SET cancelled_at = :now
           WHERE id = :id AND warehouse_id = :warehouse AND item_id = :item AND cancelled_at IS NULL""",
        now=by.now, id=promotion_id, warehouse=by.warehouse_id, item=item_id,
    ):  # fmt: skip
        raise NotFound(what=f"/safety-stock/{item_id}")
    replan(session, by.warehouse_id, [item_id], by.now, person_id=by.person_id)


def short(session: Session, by: By, today: int, *, most: int, skip: int) -> list[Row]:
    """What lacks for promotions: what is open of their forecast, and the safety stock, are more than there is and on order."""
    return session.all(_SHORT, warehouse=by.warehouse_id, today=today, most=most, skip=skip)
