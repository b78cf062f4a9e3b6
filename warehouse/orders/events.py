"""What was decided about an order or an exception, and who did it: written beside the change itself, never altered."""

from __future__ import annotations

from warehouse.db import Row, Session
from warehouse.ids import new_id
from warehouse.who import By


def note_event(
    session: Session, by: By, kind: str, *, order_id: int = 0, exception_id: int = 0, detail: str = ""
) -> None:
    """Writes down one decision, or one look at a recipient."""
    session.run(
        """INSERT INTO order_event (id, order_id, exception_id, warehouse_id, person_id, device, kind, detail, at)
           VALUES (:id, :order, :exception, :warehouse, :person, :device, :kind, :detail, :now)""",
        id=new_id(session), order=order_id, exception=exception_id, warehouse=by.warehouse_id, person=by.person_id,
        device=by.device, kind=kind, detail=detail, now=by.now,
    )  # fmt: skip


def events_of_order(session: Session, order_id: int) -> list[Row]:
    """What was decided about an order."""
    return session.all(
        """SELECT e.kind, e.detail, e.at, p.name FROM order_event e LEFT JOIN person p ON p.id = e.person_id
           WHERE e.order_id = :id AND e.order_id <> 0 ORDER BY e.id DESC LIMIT 200""", id=order_id)  # fmt: skip


def events_of_exception(session: Session, exception_id: int) -> list[Row]:
    """What was decided about an exception."""
    return session.all(
        """SELECT e.kind, e.detail, e.at, p.name FROM order_event e LEFT JOIN person p ON p.id = e.person_id
           WHERE e.exception_id = :id AND e.exception_id <> 0 ORDER BY e.id DESC LIMIT 200""",
        id=exception_id,
    )  # fmt: skip
