"""A shipment's way through its states, back-orders, and the cancelling of what has not been handed over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from warehouse.db import Again, Row, Session
from warehouse.errors import N_, Refusal
from warehouse.ledger import release_shipment
from warehouse.orders.release import record_shortages
from warehouse.orders.rules import SHIPMENT_STEPS
from warehouse.who import By


class OrderStopped(Refusal):
    """The order is held or cancelled: nothing goes on with it."""

    code = "order_stopped"
    text = N_("Order %(number)s is held or cancelled. Leave it with XXBACK; a supervisor says how it goes on.")


class AlreadyShipped(Refusal):
    """What was handed over can no longer be changed."""

    code = "already_shipped"
    text = N_("Order %(number)s has been handed over; nothing of it can be changed any more.")


def step(session: Session, shipment_id: int, *, before: str, after: str, **more: int | None) -> None:
    """Takes a shipment from one state to the next; `more` are columns to set with it.

    Raises:
        Again: it is no longer in the state that was read.
    """
    assert (before, after) in SHIPMENT_STEPS, f"no shipment goes from {before} to {after}"
    columns = "".join(f", {name} = :{name}" for name in more)
    changed = session.run(
        f"UPDATE shipment SET state = :after{columns} WHERE id = :id AND state = :before AND held = 0",
        id=shipment_id, before=before, after=after, **more,
    )  # fmt: skip
    if not changed:
        raise Again


def can_go_on(session: Session, shipment_id: int, states: Sequence[str]) -> bool:
    """Whether a shipment is in one of these states, and not held."""
    row = session.one("SELECT state, held FROM shipment WHERE id = :id", id=shipment_id)
    return row is not None and row.state in states and not row.held


def back_order(session: Session, by: By, *, line_id: int, quantity: int) -> None:
    """Takes what cannot be found off a shipment's line; the order waits for it and ships it later."""
    line = session.one(
        """UPDATE shipment_line SET quantity = quantity - :n WHERE id = :id AND quantity >= :n
           RETURNING order_line_id, item_id""", n=quantity, id=line_id)  # fmt: skip
    assert line is not None, "a line is never short of more than it wants"
    order_id = session.value(
        "UPDATE order_line SET given = given - :n WHERE id = :id RETURNING order_id", n=quantity, id=line.order_line_id
    )
    wanted = session.all(
        """SELECT item_id, SUM(quantity - given) AS open FROM order_line WHERE order_id = :order AND given < quantity
           GROUP BY item_id""", order=order_id)  # fmt: skip
    record_shortages(session, by, order_id, {row.item_id: int(row.open) for row in wanted})


def take_back_order(session: Session, *, line_id: int, quantity: int) -> None:
    """The contrary of back_order(): the shipment wants the goods again.

    Raises:
        Again: another shipment has them by now.
    """
    line = session.one(
        "UPDATE shipment_line SET quantity = quantity + :n WHERE id = :id RETURNING order_line_id, warehouse_id",
        n=quantity, id=line_id,
    )  # fmt: skip
    assert line is not None, "the line exists"
    order_id = session.value(
        "UPDATE order_line SET given = given + :n WHERE id = :id AND given + :n <= quantity RETURNING order_id",
        n=quantity, id=line.order_line_id,
    )  # fmt: skip
    if order_id is None:
        raise Again
    session.run(
        "UPDATE sales_order SET warehouse_id = :warehouse WHERE id = :id AND warehouse_id <> :warehouse",
        warehouse=line.warehouse_id, id=order_id,
    )  # fmt: skip
    settle_order(session, order_id)


def settle_order(session: Session, order_id: int) -> None:
    """An order is released when all of it is in shipments, and shipped when all of these are."""
    rows = session.one(
        """SELECT SUM(quantity - given) AS open, SUM(quantity - shipped) AS unshipped FROM order_line
           WHERE order_id = :order""", order=order_id)  # fmt: skip
    assert rows is not None, "an order has lines"
    if rows.open == 0:
        state = "shipped" if rows.unshipped == 0 else "released"
        session.run(
            "UPDATE sales_order SET state = :state WHERE id = :id AND state <> 'cancelled'", state=state, id=order_id
        )
        session.run("DELETE FROM shortage WHERE order_id = :order", order=order_id)


def settle_shipped(session: Session, by: By, *, shipment_id: int, quantities: Mapping[int, int]) -> None:
    """Counts what one parcel took out of the house: lines, then the shipment with its last parcel, then the order.

    `quantities` are by shipment line. The caller keeps the shipment's row locked.
    A unit that would leave twice breaks the line's own CHECK, and with it the whole change (R-ORD-2).
    """
    session.many(_COUNT_SHIPPED, [{"line": each, "n": quantities[each]} for each in quantities])
    order_id = session.value(_LAST_PARCEL, warehouse=by.warehouse_id, id=shipment_id, now=by.now)
    if order_id is not None:
        session.run(_LAST_SHIPMENT, id=order_id)


_COUNT_SHIPPED = """
UPDATE order_line SET shipped = shipped + :n WHERE id = (SELECT order_line_id FROM shipment_line WHERE id = :line)"""
_LAST_PARCEL = """
UPDATE shipment SET state = 'shipped', shipped_at = :now WHERE id = :id AND state = 'packed' AND NOT EXISTS (
    SELECT 1 FROM parcel p WHERE p.warehouse_id = :warehouse AND p.shipment_id = :id AND p.state IN ('open', 'closed'))
RETURNING order_id"""
_LAST_SHIPMENT = """
UPDATE sales_order SET state = 'shipped' WHERE id = :id AND state = 'released' AND NOT EXISTS (
    SELECT 1 FROM order_line n WHERE n.order_id = :id AND n.shipped < n.quantity)"""


def cancel_shipment(session: Session, by: By, shipment: Row) -> None:
    """Lets all goods of a shipment go: what lies in bins is free again, what was picked becomes putaway work.

    Its parcels are void and its totes belong to nobody.
    """
    step_any(session, shipment, "cancelled")
    release_shipment(session, by, shipment.id)
    session.run(
        "DELETE FROM tote_slot WHERE warehouse_id = :warehouse AND shipment_id = :id",
        warehouse=by.warehouse_id, id=shipment.id,
    )  # fmt: skip
    session.run(
        "UPDATE parcel SET state = 'void', work_id = 0 WHERE warehouse_id = :warehouse AND shipment_id = :id",
        warehouse=by.warehouse_id, id=shipment.id,
    )  # fmt: skip
    given: dict[int, int] = defaultdict(int)
    for line in session.all(
        "SELECT order_line_id, quantity FROM shipment_line WHERE warehouse_id = :warehouse AND shipment_id = :id",
        warehouse=by.warehouse_id, id=shipment.id,
    ):  # fmt: skip
        given[line.order_line_id] += line.quantity
    session.many(
        "UPDATE order_line SET given = given - :n WHERE id = :id", [{"n": given[each], "id": each} for each in given]
    )


def step_any(session: Session, shipment: Row, after: str) -> None:
    """Takes a shipment from whatever state was read to another, held or not."""
    assert (shipment.state, after) in SHIPMENT_STEPS, f"no shipment goes from {shipment.state} to {after}"
    changed = session.run(
        "UPDATE shipment SET state = :after WHERE id = :id AND state = :before",
        id=shipment.id, before=shipment.state, after=after,
    )  # fmt: skip
    if not changed:
        raise Again
