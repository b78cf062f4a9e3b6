"""Purchase orders: what is on its way to us, and the paper that a receipt is checked against (R-RCV-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.catalog.codes import MADE_FORM, CodeTaken, made_code, next_number, register
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger.levels import UNFIT, Listener, Noted, note_if


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """One line of a purchase order, in the item's smallest unit; `reckoning` says how a proposed quantity came about."""

    item_id: int
    quantity: int
    unit_cost: int | None = None
    reckoning: str = ""


def make_purchase_order(
    session: Session,
    *,
    warehouse_id: int,
    number: str,
    supplier_id: int,
    lines: Sequence[PurchaseLine],
    due_at: int | None = None,
    at: int,
    person_id: int = 0,
) -> int:
    """A purchase order that is open at once, with a code to scan. Returns its id."""
    order_id = stage_purchase_order(
        session, warehouse_id=warehouse_id, number=number, supplier_id=supplier_id, lines=lines, due_at=due_at, at=at
    )
    open_staged(session, order_id, at=at, person_id=person_id)
    return order_id


def stage_purchase_order(
    session: Session,
    *,
    warehouse_id: int,
    number: str,
    supplier_id: int,
    lines: Sequence[PurchaseLine],
    due_at: int | None = None,
    at: int,
    state: str = "staged",
) -> int:
    """Stores a purchase order that is not on order yet; open_staged() opens it. Returns its id."""
    order_id = new_id(session)
    barcode = number if _is_made(number) else made_code(session, "document", warehouse_id=warehouse_id)
    session.run(
        """INSERT INTO purchase_order (id, warehouse_id, number, supplier_id, barcode, due_at, state, made_at)
           VALUES (:id, :warehouse, :number, :supplier, :barcode, :due, :state, :at)""",
        id=order_id, warehouse=warehouse_id, number=number, supplier=supplier_id, barcode=barcode, due=due_at,
        state=state, at=at,
    )  # fmt: skip
    add_lines(session, order_id, list(enumerate(lines, start=1)))
    register(session, barcode, kind="document", ref_id=order_id, scope_id=warehouse_id)
    _register_number(session, number, order_id, warehouse_id)
    return order_id


def add_lines(session: Session, order_id: int, lines: Sequence[tuple[int, PurchaseLine]]) -> None:
    """Adds lines to a purchase order, each with its number."""
    session.many(
        """INSERT INTO purchase_order_line (id, purchase_order_id, line, item_id, quantity, unit_cost, reckoning)
           VALUES (:id, :order, :line, :item, :quantity, :unit_cost, :reckoning)""",
        [
            {"id": new_id(session), "order": order_id, "line": number, "item": line.item_id, "quantity": line.quantity,
             "unit_cost": line.unit_cost, "reckoning": line.reckoning}
            for number, line in lines
        ],
    )  # fmt: skip


def free_number(session: Session, warehouse_id: int) -> str:
    """The next number of our own that no purchase order has."""
    while True:
        number = f"PO-{next_number(session, warehouse_id, 'purchase_order'):06d}"
        if not is_taken(session, number):
            return number


def is_taken(session: Session, number: str) -> bool:
    """Whether a purchase order of any warehouse has this number."""
    return bool(session.value("SELECT 1 AS one FROM purchase_order WHERE number = :number", number=number))


def _register_number(session: Session, number: str, order_id: int, warehouse_id: int) -> None:
    """Its own number names it too, unless something here has that code: then its made code alone does."""
    held = session.one(
        "SELECT 1 AS one FROM code WHERE text = :text AND scope_id IN (0, :scope)", text=number, scope=warehouse_id
    )
    if held is None:
        register(session, number, kind="document", ref_id=order_id, scope_id=warehouse_id)


def _is_made(number: str) -> bool:
    return number.startswith("XD") and bool(MADE_FORM.fullmatch(number))


def open_staged(session: Session, order_id: int = 0, *, at: int, person_id: int = 0, state: str = "staged") -> None:
    """Opens one purchase order, or all staged ones in this one change: from now on their goods are on order."""
    rows = session.all(_OPEN, order=order_id, state=state)
    session.run(
        "UPDATE purchase_order SET state = 'open' WHERE state = :state AND (:order = 0 OR id = :order)",
        order=order_id, state=state,
    )  # fmt: skip
    ordered: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row.alarm:
            ordered[row.warehouse_id].append(row.item_id)
        note_if(session, row, row.item_id, warehouse_id=row.warehouse_id, now=at, person_id=person_id)
    for warehouse_id, items in sorted(ordered.items()):
        tell_ordered(session, Noted(warehouse_id, person_id, at, set(items)))


_OPEN = f"""
INSERT INTO total (warehouse_id, item_id, on_order, safety_stock, reorder_point)
SELECT p.warehouse_id, i.id, SUM(n.quantity - n.received), COALESCE(i.safety_stock, 0),
       COALESCE(NULLIF(i.safety_stock, 0), -1)
FROM purchase_order p JOIN purchase_order_line n ON n.purchase_order_id = p.id JOIN item i ON i.id = n.item_id
WHERE p.state = :state AND (:order = 0 OR p.id = :order)
GROUP BY p.warehouse_id, i.id, i.safety_stock ORDER BY p.warehouse_id, i.id
ON CONFLICT (warehouse_id, item_id) DO UPDATE SET on_order = total.on_order + excluded.on_order
RETURNING warehouse_id, item_id, alarm, CASE WHEN {UNFIT} THEN 1 ELSE 0 END AS crossed"""

_listeners: list[Listener] = []


def on_ordered(listener: Listener) -> None:
    """Adds a listener; it is told, inside the change, which items with an alarm were ordered for a warehouse."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_ordered(session: Session, noted: Noted) -> None:
    """Tells the listeners that these items were ordered."""
    for listener in _listeners:
        listener(session, noted)


__all__ = [
    "CodeTaken", "PurchaseLine", "add_lines", "free_number", "is_taken", "make_purchase_order", "on_ordered", "open_staged",
    "stage_purchase_order", "tell_ordered",
]  # fmt: skip
