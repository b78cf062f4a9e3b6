"""An order before it is approved: made, submitted, taken back, thrown away. Nothing of it is on order."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.db import Session
from warehouse.errors import Phrase
from warehouse.orders.buying import papers
from warehouse.orders.buying.rules import AmendmentWaits, Content, Line, WrongState, check_content
from warehouse.orders.purchase import PurchaseLine, stage_purchase_order
from warehouse.orders.words import PURCHASE_STATES
from warehouse.who import By

UNSENT = ("waiting", "approved")


def make_draft(
    session: Session, by: By, *, number: str, supplier_id: int, lines: Sequence[PurchaseLine], due_at: int | None
) -> int:  # fmt: skip
    """A purchase order that nobody has approved. Returns its id.

    Raises:
        NoLinesLeft, TooManyLines, ValueTooHigh: it cannot ask for this.
    """
    asked = tuple(Line(index, each.item_id, each.quantity, each.unit_cost) for index, each in enumerate(lines, start=1))
    check_content(number, Content(asked))
    order_id = stage_purchase_order(
        session, warehouse_id=by.warehouse_id, number=number, supplier_id=supplier_id, lines=lines, due_at=due_at,
        at=by.now, state="draft",
    )  # fmt: skip
    papers.log(session, by, order_id, "made")
    return order_id


def submit(session: Session, by: By, order_id: int) -> int:
    """Asks for approval of a draft as it stands. Returns the number of its revision.

    Raises:
        WrongState: it is no draft.
        NoLinesLeft: it asks for nothing.
    """
    order = papers.lock(session, by, order_id, "draft")
    content = papers.content_of(papers.lines_of(session, order_id), order.due_at)
    check_content(order.number, content)
    papers.log(session, by, order_id, "submitted")
    authors = [*papers.authors_of(session, order_id), by.person_id]
    revision = papers.add_revision(
        session, by, order_id, before=Content(()), after=content, reason="", authors=authors, state="waiting"
    )
    session.run("UPDATE purchase_order SET state = 'waiting' WHERE id = :id", id=order_id)
    return revision


def withdraw(session: Session, by: By, order_id: int) -> tuple[str, str]:
    """Takes back what waits for approval, or what is approved and not sent. Returns its number, and its state then.

    Raises:
        WrongState: there is nothing to take back.
    """
    order = papers.lock(session, by, order_id)
    waiting = papers.waiting_revision(session, order_id)
    if waiting is not None:
        papers.end_revision(session, by, order_id, waiting.revision, "withdrawn")
    elif order.state not in UNSENT:
        raise WrongState(number=order.number, state=Phrase(PURCHASE_STATES[order.state]))
    papers.log(session, by, order_id, "withdrawn", revision=waiting.revision if waiting else order.revision)
    if order.state not in UNSENT:
        return str(order.number), str(order.state)
    session.run("UPDATE purchase_order SET state = 'draft', approved_value = NULL WHERE id = :id", id=order_id)
    return str(order.number), "draft"


def discard(session: Session, by: By, order_id: int) -> str:
    """Throws away an order that was not sent. Returns its number.

    Raises:
        WrongState: it was sent, or is no more.
    """
    order = papers.lock(session, by, order_id, "draft", *UNSENT)
    if waiting := papers.waiting_revision(session, order_id):
        papers.end_revision(session, by, order_id, waiting.revision, "withdrawn")
    session.run("UPDATE purchase_order SET state = 'cancelled' WHERE id = :id", id=order_id)
    papers.log(session, by, order_id, "discarded")
    return str(order.number)


def check_nothing_waits(session: Session, order_id: int, number: str) -> None:
    """Whether an order can be changed: one thing waits at a time.

    Raises:
        AmendmentWaits: something does.
    """
    waiting = papers.waiting_revision(session, order_id)
    if waiting is not None:
        raise AmendmentWaits(number=number, revision=waiting.revision)
