"""What the exception desk changes: an order corrected and taken, an owner, an end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.db import Row, Session
from warehouse.errors import Forbidden, Notice
from warehouse.office.exceptions import queries
from warehouse.office.exceptions.rules import (
    CLOSED,
    LINES_MAX,
    NOTE_MAX,
    OWNED,
    REPAIRED,
    REPAIRED_KNOWN,
    REPAIRED_PAID,
    REPAIRERS,
    ClosedBefore,
    NotRepairable,
    StillFaulty,
    TooManyLines,
    UnknownOutcome,
    UnknownOwner,
    typed_paper,
)  # fmt: skip
from warehouse.orders.events import note_event
from warehouse.orders.repair import check
from warehouse.orders.words import BY_HAND
from warehouse.people.rules import named
from warehouse.who import By
from warehouse.work import acts

_SAID = {"new": REPAIRED, "paid": REPAIRED_PAID, "known": REPAIRED_KNOWN}
_OUTCOMES = {"new": "repaired", "paid": "repaired", "known": "known"}


def repair(session: Session, by: By, exception_id: int, sent: Mapping[str, Any]) -> Notice:
    """Checks a corrected order as a whole; without fault it is taken and its exception closed.

    Raises:
        StillFaulty: it has faults yet; nothing changed.
        ClosedBefore, NotRepairable, TooManyLines: it cannot be corrected here.
    """
    _only_repairers(by)
    row = _open(session, by, exception_id)
    came = queries.came(row, by)
    if came is None:
        raise NotRepairable(number=row.number)
    if len(came.lines) > LINES_MAX:
        raise TooManyLines(most=LINES_MAX)
    checked = check(session, by, typed_paper(sent, came.timezone), take=True)
    if checked.faults:
        raise StillFaulty(count=len(checked.faults))
    _end(session, by, row, _OUTCOMES[checked.outcome])
    channel, number = checked.number
    order_id = session.value(
        "SELECT id FROM sales_order WHERE channel = :channel AND number = :number", channel=channel, number=number
    )
    note_event(session, by, "repair", order_id=order_id, exception_id=row.id)
    return _SAID[checked.outcome](number=number, href=f"/orders/{order_id}")


def look(session: Session, by: By, exception_id: int) -> None:
    """Writes down who looks at the customer's data of an order that was set aside, before they do (R-SEC-2)."""
    _only_repairers(by)
    act = acts.claim(session, by, path=f"/exceptions/{exception_id}/show", code="")
    row = queries.one(session, by, exception_id)
    if act.earlier is None:
        note_event(session, by, "look", order_id=row.order_id, exception_id=row.id)
        acts.remember(session, act, status=200, notice=None)


def give(session: Session, by: By, exception_id: int, sent: Mapping[str, Any]) -> Notice:
    """Makes an exception somebody's: a role's or a person's."""
    owner = str(sent.get("owner", ""))
    row = _open(session, by, exception_id)
    if owner not in queries.owners(session):
        raise UnknownOwner(read=owner[:NOTE_MAX])
    session.run("UPDATE order_exception SET owner = :owner WHERE id = :id", owner=owner, id=row.id)
    note_event(session, by, "owner", order_id=row.order_id, exception_id=row.id, detail=owner)
    return OWNED(number=row.number, owner=owner, href=f"/exceptions/{row.id}")


def close(session: Session, by: By, exception_id: int, sent: Mapping[str, Any]) -> Notice:
    """Ends an exception that needs no order any more. What an order was stopped for ends with the order's release."""
    outcome, note = str(sent.get("outcome", "")), " ".join(str(sent.get("note", "")).split())[:NOTE_MAX]
    row = _open(session, by, exception_id)
    if row.kind in {"stock", "customer"}:
        raise NotRepairable(number=row.number)
    if outcome not in BY_HAND:
        raise UnknownOutcome
    _end(session, by, row, outcome)
    note_event(session, by, "close", order_id=row.order_id, exception_id=row.id, detail=note or outcome)
    return CLOSED(number=row.number, href="/exceptions")


def _open(session: Session, by: By, exception_id: int) -> Row:
    row = queries.one(session, by, exception_id, lock=True)
    if row.closed_at is not None:
        raise ClosedBefore(number=row.number)
    return row


def _end(session: Session, by: By, row: Row, outcome: str) -> None:
    session.run(
        "UPDATE order_exception SET closed_at = :now, outcome = :outcome WHERE id = :id",
        now=by.now, outcome=outcome, id=row.id,
    )  # fmt: skip


def _only_repairers(by: By) -> None:
    if not by.has(*REPAIRERS):
        raise Forbidden(what="/exceptions", roles=named(REPAIRERS))
