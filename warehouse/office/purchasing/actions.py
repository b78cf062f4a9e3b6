"""What purchasing's desk changes: an order's way from draft to goods, the rest of one closed, the papers of a receipt found.

What holds for an order is said in orders/buying.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from warehouse.catalog.settings import setting
from warehouse.clock import iso_day, start_of
from warehouse.db import CLASHES, Again, Row, Session
from warehouse.errors import N_, Notice, Phrase, Refusal
from warehouse.money import is_typed, minor_units
from warehouse.office.purchasing import queries
from warehouse.office.purchasing.rules import (
    MADE,
    REST_CLOSED,
    NoLines,
    NotOpen,
    NumberTaken,
    UnknownItem,
    UnknownSupplier,
    typed_lines,
    usable_number,
    whole,
)  # fmt: skip
from warehouse.orders.buying import amendments, approvals, drafts, papers, sending
from warehouse.orders.buying.rules import (
    AMENDED_NOW,
    AMENDMENT_ASKED,
    AMENDMENT_WITHDRAWN,
    APPROVED,
    APPROVED_ONCE,
    CONFIRMED,
    DISCARDED,
    DRAFT_CHANGED,
    HANDED_OVER,
    ONE_PERSON,
    QUANTITY_MAX,
    REASON_MAX,
    REFUSED,
    SENT,
    SUBMITTED,
    TWO_PEOPLE,
    WITHDRAWN,
    BeingReceived,
    Content,
    Line,
    needs_second,
)
from warehouse.orders.purchase import PurchaseLine, free_number, is_taken
from warehouse.orders.receipts import close_shorts, count_on_order
from warehouse.planning import alerts
from warehouse.scanning.fields import Fields
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import resolve
from warehouse.who import By
from warehouse.work.screen import Answer

NAMES = {
    "reason": N_("Reason"), "revision": N_("Revision"), "promised": N_("Promised for"), "reference": N_("Their number"),
    "how": N_("How it is sent"), "due": N_("Due"),
}  # fmt: skip

Linker = Callable[[Session, By, int, str], Answer]
_linkers: list[Linker] = []


def on_link(linker: Linker) -> None:
    """Says who gives a receipt without papers its order: the receipt's work, and the order's number."""
    _linkers[:] = [linker]


def link(session: Session, by: By, work_id: int, number: str) -> Answer:
    """Names the order of a receipt without papers; its goods are free from then on."""
    return _linkers[0](session, by, work_id, number)


def make(session: Session, by: By, sent: Mapping[str, Any]) -> Notice:
    """Makes a purchase order of what a form says, and asks for its approval; so its maker takes its items' alerts.

    Raises:
        Refusal: something in it cannot be taken; nothing changed.
    """
    supplier = str(sent.get("supplier", "")).strip()
    supplier_id = queries.supplier_id(session, supplier)
    if supplier_id is None:
        raise UnknownSupplier(read=supplier[:100] or "–")
    lines = [_line(session, by, *line, typed=is_typed(sent, program=by.program)) for line in typed_lines(sent)]
    if not lines:
        raise NoLines
    due = _due(Fields(sent, NAMES), by)
    number = _number(session, by, str(sent.get("number", "")).strip())
    try:
        order_id = drafts.make_draft(session, by, number=number, supplier_id=supplier_id, lines=lines, due_at=due)
        drafts.submit(session, by, order_id)
    except CLASHES as clash:
        raise Again from clash  # the number was taken at this moment: looked at again, that is told
    alerts.take(session, by, {each.item_id for each in lines}, number)
    barcode = session.value("SELECT barcode FROM purchase_order WHERE id = :id", id=order_id)
    return MADE(number=number, barcode=barcode, people=_people(session, by, order_id), href=_href(order_id))


def close_rest(session: Session, by: By, order_id: int) -> Notice:
    """Nobody waits for what has not come of an order; what has come stays booked.

    Raises:
        NotOpen: nothing is open.
        BeingReceived: somebody books goods on it now.
    """
    order = papers.lock(session, by, order_id)
    if order.state != "open":
        raise NotOpen(number=order.number)
    if who := papers.receiver_of(session, by, order_id):
        raise BeingReceived(who=who, number=order.number)
    if waiting := papers.waiting_revision(session, order_id):
        papers.end_revision(session, by, order_id, waiting.revision, "withdrawn")
    lacking = queries.open_lines(session, order_id)
    session.run("UPDATE purchase_order SET state = 'cancelled' WHERE id = :id", id=order_id)
    close_shorts(session, by, order_id=order_id, all_lines=True)
    for row in lacking:
        count_on_order(session, by, row.item_id, -int(row.lacking))
    pieces = sum(int(row.lacking) for row in lacking)
    papers.log(session, by, order_id, "closed", str(pieces))
    return REST_CLOSED(number=order.number, pieces=pieces, href=_href(order_id))


# ---------------------------------------------------------------- from draft to sent


def submit(session: Session, by: By, order_id: int) -> Notice:
    """Asks for approval of a draft.

    Raises:
        WrongState, NoLinesLeft: it is no draft, or asks for nothing.
    """
    drafts.submit(session, by, order_id)
    number = papers.lock(session, by, order_id).number
    alerts.take(session, by, {row.item_id for row in papers.lines_of(session, order_id)}, number)
    return SUBMITTED(number=number, people=_people(session, by, order_id), href=_href(order_id))


def withdraw(session: Session, by: By, order_id: int) -> Notice:
    """Takes back what waits for approval, or what is approved and was not sent.

    Raises:
        WrongState: there is nothing to take back.
    """
    number, state = drafts.withdraw(session, by, order_id)
    if state == "draft":
        _give_back(session, by, order_id, number)
    return (WITHDRAWN if state == "draft" else AMENDMENT_WITHDRAWN)(number=number, href=_href(order_id))


def discard(session: Session, by: By, order_id: int) -> Notice:
    """Throws away an order that was not sent.

    Raises:
        WrongState: it was.
    """
    number = drafts.discard(session, by, order_id)
    _give_back(session, by, order_id, number)
    return DISCARDED(number=number, href=_href(order_id))


def approve(session: Session, by: By, order_id: int, sent: Mapping[str, Any]) -> Notice:
    """Approves what waits of an order, as it was seen.

    Raises:
        Refusal: this person's approval does not count, or it has changed (orders/buying/rules.py).
    """
    number = papers.lock(session, by, order_id).number
    holds = approvals.approve(session, by, order_id, _revision(sent))
    if not holds:
        return APPROVED_ONCE(number=number, href=_href(order_id))
    order = papers.lock(session, by, order_id)
    if order.state == "approved":
        return APPROVED(number=number, href=_href(order_id))
    return AMENDED_NOW(number=number, revision=order.revision, href=_href(order_id))


def refuse(session: Session, by: By, order_id: int, sent: Mapping[str, Any]) -> Notice:
    """Sends what waits of an order back with a reason.

    Raises:
        Refusal: this person does not decide on it, it has changed, or they give no reason.
    """
    reason = Fields(sent, NAMES).text("reason", most=REASON_MAX)
    number = approvals.refuse(session, by, order_id, _revision(sent), reason)
    if papers.lock(session, by, order_id).state == "draft":
        _give_back(session, by, order_id, number)
    return REFUSED(number=number, href=_href(order_id))


def send(session: Session, by: By, order_id: int, sent: Mapping[str, Any]) -> Notice:
    """Sends an order to its supplier by mail, or says that it was handed over otherwise (`how`: mail or hand).

    Raises:
        WrongState: nobody has approved it.
        NoAddress: no address of the supplier is known.
    """
    by_mail = Fields(sent, NAMES).choice("how", ("mail", "hand"), "mail") == "mail"
    number, email = sending.send(session, by, order_id, by_mail=by_mail)
    if by_mail:
        return SENT(number=number, email=email, href=_href(order_id))
    return HANDED_OVER(number=number, href=_href(order_id))


def confirm(session: Session, by: By, order_id: int, sent: Mapping[str, Any]) -> Notice:
    """Keeps the day that the supplier names.

    Raises:
        Refusal: it is no day, or nothing of the order is on its way.
    """
    typed = Fields(sent, NAMES)
    day, reference = typed.day("promised", required=True), typed.text("reference", most=100)
    assert day is not None, "a required field came"
    number, supplier = sending.confirm(
        session, by, order_id, day=day, at=start_of(day, by.timezone), reference=reference
    )
    return CONFIRMED(number=number, supplier=supplier, day=iso_day(day), href=_href(order_id))


def amend(session: Session, by: By, order_id: int, sent: Mapping[str, Any]) -> Notice:
    """Asks an order for something else; what is not named stays.

    quantity_N and cost_N are those of its line N (a quantity of 0 takes the line off), due its day; code_N, new_quantity_N and
    new_cost_N are new lines.

    Raises:
        Refusal: it cannot be that (orders/buying/amendments.py).
    """
    order = papers.lock(session, by, order_id)
    typed = Fields(sent, NAMES)
    by_hand = is_typed(sent, program=by.program)
    kept = [_amended(row, sent, by_hand=by_hand) for row in papers.lines_of(session, order_id)]
    fresh = [
        _line(session, by, *line, typed=by_hand)
        for line in typed_lines(sent, code="code", quantity="new_quantity", cost="new_cost")
    ]
    due = _due(typed, by) if "due" in sent else order.due_at
    asked = Content(
        tuple([each for each in kept if each.quantity] + [Line(0, new.item_id, new.quantity, new.unit_cost) for new in fresh]),
        due,
    )  # fmt: skip
    done, revision = amendments.amend(session, by, order_id, asked, typed.text("reason", most=REASON_MAX))
    if done == "draft":
        return DRAFT_CHANGED(number=order.number, href=_href(order_id))
    return (AMENDMENT_ASKED if done == "waiting" else AMENDED_NOW)(
        number=order.number, revision=revision, href=_href(order_id)
    )  # fmt: skip


def _amended(row: Row, sent: Mapping[str, Any], *, by_hand: bool) -> Line:
    """A line as a form asks for it; an empty cost is one that nobody knows, an empty quantity none."""
    quantity, cost = row.quantity, row.unit_cost
    if (name := f"quantity_{row.line}") in sent:
        quantity = whole(str(sent[name]).strip() or "0", row.line, 0, QUANTITY_MAX)
    if (name := f"cost_{row.line}") in sent:
        text = str(sent[name]).strip()
        cost = minor_units(text, _at_line(row.line), typed=by_hand) if text else None
    return Line(row.line, row.item_id, quantity, cost)


def _give_back(session: Session, by: By, order_id: int, number: str) -> None:
    """Whoever asked for the order does not take care of its items' alerts by it any more."""
    alerts.give_back(session, by, papers.only_here(session, order_id), papers.authors_of(session, order_id), number)


def _revision(sent: Mapping[str, Any]) -> int:
    return Fields(sent, NAMES).number("revision", 1, required=True) or 0


def _people(session: Session, by: By, order_id: int) -> Phrase:
    """Who has to approve what waits of an order."""
    waiting = papers.waiting_revision(session, order_id)
    limit = int(setting(session, approvals.LIMIT, by.warehouse_id))
    return Phrase(TWO_PEOPLE if waiting is None or needs_second(waiting.value, limit) else ONE_PERSON)


def _href(order_id: int) -> str:
    return f"/purchase-orders/{order_id}"


def _at_line(line: int) -> Phrase:
    return Phrase(N_("Line %(line)s"), {"line": line})


def _line(session: Session, by: By, at: int, code: str, quantity: str, cost: str, *, typed: bool) -> PurchaseLine:
    """A line of a form; a barcode of a case counts as the pieces in it."""
    item = None
    try:
        item = resolve(session, parse(code), warehouse_id=by.warehouse_id).item if code else None
    except Refusal as refusal:
        raise UnknownItem(line=at, read=code) from refusal
    if item is None:
        raise UnknownItem(line=at, read=code or "–")
    number = whole(quantity, at, 1, QUANTITY_MAX // item.quantity) * item.quantity
    return PurchaseLine(item.id, number, minor_units(cost, _at_line(at), typed=typed) if cost else None)


def _due(typed: Fields, by: By) -> int | None:
    day = typed.day("due")
    return None if day is None else start_of(day, by.timezone)


def _number(session: Session, by: By, text: str) -> str:
    """The number that was typed, or the next of our own that is free."""
    if not text:
        return free_number(session, by.warehouse_id)
    usable_number(text)
    if is_taken(session, text):
        raise NumberTaken(read=text)
    return text
