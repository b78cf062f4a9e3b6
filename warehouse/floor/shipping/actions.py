"""What shipping changes: parcels gathered, handed over, and freed again. A hand-over is never taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.db import Again, Row, Session
from warehouse.floor.shipping import queries
from warehouse.floor.shipping.rules import (
    ALL_HANDED_OVER,
    ENDED_EARLY,
    HANDED_OVER,
    ROOM,
    AlreadyHandedOver,
    HandOver,
    NotAParcel,
    ParcelBlocked,
    ParcelOfAnother,
    ParcelOpen,
    ParcelVoid,
    without,
)  # fmt: skip
from warehouse.ledger.ship import ship_container
from warehouse.orders.shipments import OrderStopped, settle_shipped
from warehouse.scanning.resolve import Heard
from warehouse.who import By
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_work
from warehouse.work.position import replace
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Ref


def take(session: Session, by: By) -> Work | More | None:
    """Gathers the next hand-over: up to fifty parcels of one lane."""
    first = queries.first_lane(session, by)
    if first is None:
        return None
    rows = queries.gather(session, by, first.lane)
    if not rows:
        return MORE
    position = HandOver(
        lane=first.lane, carrier=first.carrier, parcels=tuple((row.id, row.code) for row in rows), total=len(rows)
    )
    work = open_work(session, by, ROOM, position.dump())
    if work is None:
        raise Again
    session.many("UPDATE parcel SET work_id = :work WHERE id = :id", [{"work": work.id, "id": row.id} for row in rows])
    return work


def hear(session: Session, by: By, work: Work, position: HandOver, heard: Heard) -> Result:
    """Obeys a shipper's scan."""
    if heard.command == "XXDONE":
        return _end(session, work, position)
    expected = position.container.code if position.container else ""
    if heard.container is None:
        raise NotExpected(read=heard.text)
    if heard.container.kind != "parcel":
        raise NotAParcel(read=heard.container.code, container=expected)
    return _hand_over(session, by, work, position, heard.container.id)


def _hand_over(session: Session, by: By, work: Work, position: HandOver, parcel_id: int) -> Result:
    parcel = queries.lock_parcel(session, by, parcel_id)
    _check(session, work, position, parcel)
    assert parcel is not None, "it was checked"
    if not _mark_shipped(session, by, work, parcel.id):
        raise AlreadyHandedOver(read=parcel.code)
    shipped = ship_container(session, by, parcel.id, document=parcel.document)
    if shipped.blocked:
        raise ParcelBlocked(read=parcel.code)
    settle_shipped(session, by, shipment_id=parcel.shipment_id, quantities=dict(shipped.quantities))
    return _next(position, parcel, shipped.posting_id)


def _check(session: Session, work: Work, position: HandOver, parcel: Row | None) -> None:
    """Whether a parcel may leave now.

    Raises:
        ParcelOpen, ParcelVoid, AlreadyHandedOver, OrderStopped, ParcelOfAnother: and why not.
    """
    if parcel is None:
        code = position.container.code if position.container else ""
        raise NotAParcel(read="", container=code)
    if parcel.state == "void":
        raise ParcelVoid(read=parcel.code)
    if parcel.state == "shipped":
        raise AlreadyHandedOver(read=parcel.code)
    if parcel.held:
        raise OrderStopped(number=parcel.number)
    if parcel.state != "closed" or parcel.shipment_state != "packed":
        raise ParcelOpen(read=parcel.code)
    if parcel.work_id not in {0, work.id}:
        expected = position.container.code if position.container else ""
        raise ParcelOfAnother(read=parcel.code, name=queries.who_has(session, parcel.work_id), container=expected)


def _mark_shipped(session: Session, by: By, work: Work, parcel_id: int) -> bool:
    return bool(
        session.run(
            "UPDATE parcel SET state = 'shipped', shipped_at = :now, work_id = :work WHERE id = :id AND state = 'closed'",
            now=by.now,
            work=work.id,
            id=parcel_id,
        )  # fmt: skip
    )


def _next(position: HandOver, parcel: Row, posting_id: int) -> Result:
    """What comes after a parcel; the last one ends the hand-over."""
    expected = any(parcel.id == each[0] for each in position.parcels)
    position = replace(
        without(position, parcel.id), last=Ref(parcel.id, parcel.code, parcel.code), handed=position.handed + 1,
        total=position.total + (0 if expected else 1),
    )  # fmt: skip
    done = not position.parcels
    said = ALL_HANDED_OVER(container=parcel.code)
    if not done and position.container:
        said = HANDED_OVER(container=parcel.code, next=position.container.code)
    return Result(position, said, done=done, undoable=False, postings=(posting_id,))


def _end(session: Session, work: Work, position: HandOver) -> Result:
    """Ends a hand-over early: what was not scanned waits for another."""
    free(session, work.id)
    said = ENDED_EARLY(handed=position.handed, left=len(position.parcels))
    return Result(replace(position, parcels=()), said, done=True, undoable=False)


def refresh(session: Session, by: By, position: HandOver) -> HandOver:
    """The position without the parcels that a supervisor has taken out of the hand-over."""
    here = queries.still_here(session, [parcel_id for parcel_id, _ in position.parcels])
    left = tuple(each for each in position.parcels if each[0] in here)
    return replace(position, parcels=left, total=position.handed + len(left))


def leave(session: Session, by: By, work: Work) -> None:
    """Left: the parcels that were not scanned wait for another hand-over."""
    free(session, work.id)


def free(session: Session, work_id: int) -> None:
    """Takes the parcels that are still here out of a hand-over."""
    session.run("UPDATE parcel SET work_id = 0 WHERE work_id = :work AND state <> 'shipped'", work=work_id)


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> None:
    """Nothing: no act here changes anything that could be taken back."""
