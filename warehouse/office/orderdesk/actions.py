"""What the order desk changes: an order held, released, cancelled, or given another tier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from warehouse.catalog.settings import setting
from warehouse.clock import as_datetime
from warehouse.db import Again, Row, Session
from warehouse.errors import Forbidden, Notice, Phrase
from warehouse.office.orderdesk import queries
from warehouse.office.orderdesk.rules import (
    CANCELLED,
    HELD,
    RECIPIENT_ROLES,
    RELEASED,
    TIER_CHANGED,
    CancelledBefore,
    UnknownTier,
    Unpaid,
)  # fmt: skip
from warehouse.orders.events import note_event
from warehouse.orders.rules import TIERS, Calendar, ship_by
from warehouse.orders.shipments import AlreadyShipped, cancel_shipment
from warehouse.orders.words import TIER_NAMES
from warehouse.people.rules import named
from warehouse.who import By
from warehouse.work import acts, pieces
from warehouse.work.pieces import Work
from warehouse.work.rooms import room_named

ENDED = frozenset({"shipped", "cancelled"})
WORKED_ON_IN = ("picking", "packing")


def decide(session: Session, by: By, verb: str, *, text: str, tier: str = "") -> tuple[int, Notice | None, bool]:
    """Does what the desk decided about an order, once. Returns the order's id, what is said, and if it is a repeat.

    Raises:
        Refusal: nothing changed, and the refusal says why.
    """
    act = acts.claim(session, by, path=f"/orders/{text}/{verb}", code=tier)
    order_id = queries.find_order(session, by, text)
    if act.earlier is not None:
        return order_id, act.notice, True
    said = tier_to(session, by, order_id, tier) if verb == "tier" else VERBS[verb](session, by, order_id)
    note_event(session, by, verb, order_id=order_id, detail=tier)
    acts.remember(session, act, status=200, notice=said, code=tier)
    return order_id, said, False


def look_at_recipient(session: Session, by: By, text: str) -> int:
    """Writes down who looks at an order's recipient, before they do (R-SEC-2). Returns the order's id.

    Raises:
        Forbidden: this account's work does not need it.
    """
    if not by.has(*RECIPIENT_ROLES):
        raise Forbidden(what="/orders", roles=named(RECIPIENT_ROLES))
    act = acts.claim(session, by, path=f"/orders/{text}/recipient", code="")
    order_id = queries.find_order(session, by, text)
    if act.earlier is None:
        note_event(session, by, "look", order_id=order_id)
        acts.remember(session, act, status=200, notice=None)
    return order_id


def hold(session: Session, by: By, order_id: int) -> Notice:
    """Stops an order where it stands: who picks or packs it is told at the next scan, and once released anybody goes on.

    Its parcels leave the hand-overs that they wait in.
    """
    works = [
        _end_work(session, by, room, row.id) for row in queries.shipments_of(session, order_id) for room in WORKED_ON_IN
    ]
    hand_overs = _lock_hand_overs(session, by, order_id)
    order = _open_order(session, order_id, hand_overs)
    session.run("UPDATE sales_order SET held = 1 WHERE id = :id", id=order_id)
    session.run(
        "UPDATE shipment SET held = 1 WHERE order_id = :id AND state NOT IN ('shipped', 'cancelled')", id=order_id
    )
    session.run(
        """UPDATE parcel SET work_id = 0 WHERE state = 'closed' AND work_id <> 0
             AND shipment_id IN (SELECT id FROM shipment WHERE order_id = :id)""", id=order_id)  # fmt: skip
    _tidy(session, by, works)
    _refresh_hand_overs(session, by, hand_overs)
    return HELD(number=order.number)


def release(session: Session, by: By, order_id: int) -> Notice:
    """Lets an order go on that was held, or that packing stopped.

    Raises:
        Unpaid: its money went back.
    """
    order = _open_order(session, order_id)
    if not order.paid:
        raise Unpaid(number=order.number)
    session.run("UPDATE sales_order SET held = 0 WHERE id = :id", id=order_id)
    session.run(
        """UPDATE shipment SET held = 0, state = CASE state WHEN 'stopped' THEN 'to_pack' ELSE state END
           WHERE order_id = :id AND state NOT IN ('shipped', 'cancelled')""", id=order_id)  # fmt: skip
    _close_exceptions(session, by, order_id, "released")
    return RELEASED(number=order.number)


def cancel(session: Session, by: By, order_id: int) -> Notice:
    """Ends an order of which nothing was handed over; its goods are everybody's again."""
    before = {row.id for row in queries.shipments_of(session, order_id)}
    works = [_end_work(session, by, room, each) for each in sorted(before) for room in WORKED_ON_IN]
    hand_overs = _lock_hand_overs(session, by, order_id)
    order = _open_order(session, order_id, hand_overs)
    shipments = queries.shipments_of(session, order_id, lock=True)
    if {row.id for row in shipments} != before:
        raise Again
    if queries.has_left(session, order_id):
        raise AlreadyShipped(number=order.number)
    for shipment in shipments:
        if shipment.state not in ENDED:
            cancel_shipment(session, replace(by, warehouse_id=shipment.warehouse_id), shipment)
    session.run("UPDATE sales_order SET state = 'cancelled' WHERE id = :id", id=order_id)
    session.run("DELETE FROM shortage WHERE order_id = :id", id=order_id)
    _close_exceptions(session, by, order_id, "cancelled")
    _tidy(session, by, works)
    _refresh_hand_overs(session, by, hand_overs)
    return CANCELLED(number=order.number)


def tier_to(session: Session, by: By, order_id: int, tier: str) -> Notice:
    """Gives an order another tier, and with it another time to be handed over by."""
    if tier not in TIERS:
        raise UnknownTier(read=tier, expected=tuple(TIERS))
    order = _open_order(session, order_id)
    due = _due(session, by, order, tier)
    session.run(
        "UPDATE sales_order SET tier = :tier, tier_rank = :rank, ship_by = :due WHERE id = :id",
        tier=tier, rank=TIERS[tier], due=due if order.warehouse_id else 0, id=order_id,
    )  # fmt: skip
    session.run(
        """UPDATE shipment SET tier_rank = :rank, ship_by = :due
           WHERE order_id = :id AND state NOT IN ('shipped', 'cancelled')""",
        rank=TIERS[tier], due=due, id=order_id,
    )  # fmt: skip
    return TIER_CHANGED(
        number=order.number, tier=Phrase(TIER_NAMES[tier]), ship_by=f"{as_datetime(due, by.timezone):%Y-%m-%d %H:%M}"
    )


def _due(session: Session, by: By, order: Row, tier: str) -> int:
    house = order.warehouse_id or by.warehouse_id
    days = frozenset(setting(session, "working_days", house))
    calendar = Calendar(by.timezone, setting(session, "cut_off", house), days)
    return ship_by(calendar, order.confirmed_at, tier, order.deliver_until)


def _open_order(session: Session, order_id: int, hand_overs: list[Work] | None = None) -> Row:
    """The order, kept for this change, if anything of it can still be decided.

    Raises:
        AlreadyShipped, CancelledBefore: nothing can.
        Again: a parcel of it was put into another hand-over meanwhile.
    """
    order = queries.order_row(session, order_id, lock=True)
    if order.state == "shipped":
        raise AlreadyShipped(number=order.number)
    if order.state == "cancelled":
        raise CancelledBefore(number=order.number)
    if hand_overs is not None:
        queries.lock_parcels(session, order_id)
        if queries.hand_overs_of(session, order_id) != [work.id for work in hand_overs]:
            raise Again
    return order


def _end_work(session: Session, by: By, room: str, shipment_id: int) -> tuple[str, Work] | None:
    """Ends what somebody is doing about a shipment: their next scan finds the work over."""
    work = pieces.close_subject(session, by, room, shipment_id)
    return (room, work) if work else None


def _tidy(session: Session, by: By, works: list[tuple[str, Work] | None]) -> None:
    """Frees what ended work kept for its person, where it was never begun."""
    for ended in works:
        if ended and not ended[1].begun and (leave := room_named(ended[0]).leave):
            leave(session, by, ended[1])


def _lock_hand_overs(session: Session, by: By, order_id: int) -> list[Work]:
    """The hand-overs that parcels of an order wait in, kept for this change before the order is: work comes first."""
    found = [pieces.load(session, by, "shipping", each, lock=True) for each in queries.hand_overs_of(session, order_id)]
    return [work for work in found if work is not None]


def _refresh_hand_overs(session: Session, by: By, hand_overs: list[Work]) -> None:
    """Takes the order's parcels off the shippers' screens; a hand-over without any is over."""
    room = room_named("shipping")
    assert room.refresh is not None, "shipping can look again"
    for work in hand_overs:
        position = room.refresh(session, by, room.position.load(work.position))
        left = session.value("SELECT count(*) FROM parcel WHERE work_id = :work AND state = 'closed'", work=work.id)
        state = work.state if left else "done"
        pieces.save(session, by, work, position=position.dump(), state=state)


def _close_exceptions(session: Session, by: By, order_id: int, outcome: str) -> None:
    session.run(
        """UPDATE order_exception SET closed_at = :now, outcome = :outcome
           WHERE order_id = :id AND kind IN ('stock', 'customer') AND closed_at IS NULL""",
        now=by.now, outcome=outcome, id=order_id,
    )  # fmt: skip


VERBS: dict[str, Callable[[Session, By, int], Notice]] = {"hold": hold, "release": release, "cancel": cancel}
