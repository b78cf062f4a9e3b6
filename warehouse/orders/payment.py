"""Whether an order is paid, as it changes: paid it may be released, refunded before hand-over it stops (R-ORD-8)."""

from __future__ import annotations

import json
from collections.abc import Callable

from warehouse.db import Row, Session
from warehouse.ids import new_id
from warehouse.who import By, system

EXCEPTION_OWNER = "customer_service"
REFUNDED = "refunded"

Verb = Callable[[Session, By, int], object]
_stop: list[tuple[Verb, Verb]] = []


def on_refund(hold: Verb, release: Verb) -> None:
    """Says who stops an order whose money went back, and who lets it go on once it is paid again."""
    _stop[:] = [(hold, release)]


def set_paid(session: Session, order_id: int, *, paid: bool, at: int, device: str) -> None:
    """Marks an order as paid or not. One that was paid is held, unless all of it has left or it is cancelled."""
    order = session.one(
        """SELECT o.id, o.channel, o.number, o.state, o.held, o.paid, o.warehouse_id, w.timezone FROM sales_order o
           LEFT JOIN warehouse w ON w.id = o.warehouse_id WHERE o.id = :id""", id=order_id)  # fmt: skip
    assert order is not None, "orders are never deleted"
    if bool(order.paid) == paid:
        return
    stands = order.state not in {"shipped", "cancelled"}
    by = system(order.warehouse_id, order.timezone or "UTC", now=at, device=device)
    if stands and not paid and not order.held:
        _hold(session, by, order)  # first: the work about an order is locked before the order is
    session.run("UPDATE sales_order SET paid = :paid WHERE id = :id", paid=int(paid), id=order_id)
    if stands and paid:
        _go_on(session, by, order)


def _hold(session: Session, by: By, order: Row) -> None:
    for hold, _ in _stop:
        hold(session, by, order.id)
    session.run(
        """INSERT INTO order_exception (id, order_id, channel, number, kind, reasons, owner, due_at, opened_at)
           VALUES (:id, :order, :channel, :number, 'customer', :reasons, :owner, :now, :now)""",
        id=new_id(session), order=order.id, channel=order.channel, number=order.number, owner=EXCEPTION_OWNER,
        reasons=json.dumps([REFUNDED]), now=by.now,
    )  # fmt: skip


def _go_on(session: Session, by: By, order: Row) -> None:
    """Only what a refund has stopped goes on; what a supervisor holds stays held."""
    closed = session.run(
        """UPDATE order_exception SET closed_at = :now, outcome = 'paid'
           WHERE order_id = :order AND kind = 'customer' AND closed_at IS NULL""", now=by.now, order=order.id)  # fmt: skip
    for _, release in _stop if closed else ():
        release(session, by, order.id)
