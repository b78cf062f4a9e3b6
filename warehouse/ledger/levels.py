"""Levels: whether what is available of an item has crossed one that it is held against (R-SAF-2).

The levels stand on the row of the item's total. So the very statement that changes what is available answers whether
the alarm that is kept there still fits: an alert costs a posting nothing unless one is due. Items of which it no longer
fits are noted, and told once, at the end of the change, when all of the change's own comings and goings are over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from warehouse.db import Row, Session

SAFETY_STOCK, REORDER, OVERSTOCK = 1, 2, 4
"""The bits of an alarm: below the safety stock; at the reorder point with what is on order; above the maximum."""

AVAILABLE = "(total.on_hand - total.reserved - total.blocked - total.expired)"
ALARM = f"""(CASE WHEN {AVAILABLE} < total.safety_stock THEN {SAFETY_STOCK} ELSE 0 END
 + CASE WHEN {AVAILABLE} + total.on_order <= total.reorder_point THEN {REORDER} ELSE 0 END
 + CASE WHEN total.maximum >= 0 AND {AVAILABLE} > total.maximum THEN {OVERSTOCK} ELSE 0 END)"""
"""The alarm that a total's row should show. A reorder point or maximum of -1 is none."""

ALERTED = f"""(CASE a.kind WHEN 'safety_stock' THEN {SAFETY_STOCK} WHEN 'reorder' THEN {REORDER}
 WHEN 'overstock' THEN {OVERSTOCK} END)"""
"""The bit of an alarm that an alert `a` tells."""

# Expired goods are known by the day alone: where there are some, they are counted anew.
UNFIT = f"(total.alarm <> {ALARM} OR total.expired <> 0)"
CROSSED = f"RETURNING CASE WHEN {UNFIT} THEN 1 ELSE 0 END AS crossed"
"""What every statement answers that changes an item's total."""

NEW_TOTAL = """
INSERT INTO total (warehouse_id, item_id, {column}, safety_stock, reorder_point)
SELECT :warehouse, i.id, {value}, COALESCE(i.safety_stock, 0), COALESCE(NULLIF(i.safety_stock, 0), -1)
FROM item i WHERE i.id = :item"""
"""The first row of an item's total is held against what the catalogue says, until it is planned."""


@dataclass(slots=True)
class Noted:
    """What a change did to one warehouse: the items to be looked at, and by whom and when they were touched."""

    warehouse_id: int
    person_id: int
    now: int
    items: set[int] = field(default_factory=set)


Listener = Callable[[Session, Noted], None]

_listeners: list[Listener] = []


def on_crossed(listener: Listener) -> None:
    """Adds a listener; it is called at the end of a change with the items whose alarm may no longer fit."""
    if listener not in _listeners:
        _listeners.append(listener)


def first_totals(session: Session, items: Collection[int], *, warehouse_id: int, now: int, person_id: int = 0) -> None:
    """Gives items that were never here their total, with nothing on hand, and notes all of them to be looked at."""
    rows = [{"warehouse": warehouse_id, "item": item} for item in items]
    session.many(f"{NEW_TOTAL.format(column='on_hand', value='0')} ON CONFLICT DO NOTHING", rows)
    note(session, items, warehouse_id=warehouse_id, now=now, person_id=person_id)


def note(session: Session, items: Iterable[int], *, warehouse_id: int, now: int, person_id: int = 0) -> None:
    """Notes items to be looked at before this change is committed."""
    key = ("levels", warehouse_id)
    noted = session.kept.get(key)
    if noted is None:
        noted = session.kept[key] = Noted(warehouse_id, person_id, now)
        session.before_commit(lambda: _tell(session, key))
    noted.items.update(items)


def note_if(
    session: Session, row: Row | None, item_id: int, *, warehouse_id: int, now: int, person_id: int = 0
) -> None:
    """Notes an item whose changed row answers that its alarm no longer fits."""
    if row is not None and row.crossed:
        note(session, (item_id,), warehouse_id=warehouse_id, now=now, person_id=person_id)


def _tell(session: Session, key: tuple[str, int]) -> None:
    noted = session.kept.pop(key)
    for listener in _listeners:
        listener(session, noted)
