"""Approvals: every purchase by operations, a dear one by a second person, nobody's own (R-SAF-4).

The order's row is kept while somebody decides, so that of two at once the second sees what the first has done. Who may
decide is said in rules.py alone; pages, JSON and programs all come through here.
"""

from __future__ import annotations

from warehouse.catalog.settings import setting
from warehouse.db import Row, Session
from warehouse.orders.buying import papers
from warehouse.orders.buying.amendments import apply
from warehouse.orders.buying.rules import (
    Approval,
    Asked,
    ChangedMeanwhile,
    Content,
    NotWaiting,
    ReasonMissing,
    check_may_approve,
    check_may_decide,
    is_complete,
)
from warehouse.who import By

LIMIT = "purchase_second_approval_above"


def approve(session: Session, by: By, order_id: int, revision: int) -> bool:
    """One person's approval of what they have seen. Returns whether no other is needed: then it holds.

    Raises:
        Refusal: this person's approval does not count (rules.check_may_approve), or the order is not as they saw it.
    """
    order = papers.lock(session, by, order_id)
    waiting = _waiting(session, order, revision)
    limit = int(setting(session, LIMIT, by.warehouse_id))
    given = papers.approvals_of(session, order_id, revision)
    check_may_approve(by, _asked(order, waiting), given, limit)
    session.run(
        """INSERT INTO purchase_approval (purchase_order_id, revision, person_id, operations, at)
           VALUES (:order, :revision, :person, :operations, :now)""",
        order=order_id, revision=revision, person=by.person_id, operations=int(by.has("operations")), now=by.now,
    )  # fmt: skip
    papers.log(session, by, order_id, "approved", revision=revision)
    if not is_complete([*given, Approval(by.person_id, by.has("operations"))], waiting.value, limit):
        return False
    _hold(session, by, order, waiting)
    return True


def refuse(session: Session, by: By, order_id: int, revision: int, reason: str) -> str:
    """Sends what waits back with a reason: an order becomes a draft, an amendment is not made. Returns its number.

    Raises:
        Refusal: this person does not decide on it, the order is not as they saw it, or they give no reason.
    """
    order = papers.lock(session, by, order_id)
    waiting = _waiting(session, order, revision)
    check_may_decide(by, _asked(order, waiting))
    if not reason:
        raise ReasonMissing
    papers.end_revision(session, by, order_id, revision, "refused")
    if order.state == "waiting":
        session.run("UPDATE purchase_order SET state = 'draft' WHERE id = :id", id=order_id)
    papers.log(session, by, order_id, "refused", reason, revision=revision)
    return str(order.number)


def _hold(session: Session, by: By, order: Row, waiting: Row) -> None:
    """What was approved holds: an order can be sent, an amendment is made."""
    papers.end_revision(session, by, order.id, waiting.revision, "approved")
    if order.state == "open":
        apply(session, by, order, Content.load(waiting.content), waiting.revision, waiting.reason)
    else:
        session.run("UPDATE purchase_order SET state = 'approved', revision = :revision WHERE id = :id",
                    revision=waiting.revision, id=order.id)  # fmt: skip
    session.run("UPDATE purchase_order SET approved_value = :value WHERE id = :id", value=waiting.value, id=order.id)


def _waiting(session: Session, order: Row, revision: int) -> Row:
    waiting = papers.waiting_revision(session, order.id)
    if waiting is None or order.state not in {"waiting", "open"}:
        raise NotWaiting(number=order.number)
    if waiting.revision != revision:
        raise ChangedMeanwhile(number=order.number, revision=waiting.revision)
    return waiting


def _asked(order: Row, waiting: Row) -> Asked:
    return Asked(order.number, waiting.value, frozenset(map(int, waiting.authors.split())))
