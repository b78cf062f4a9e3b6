"""Amendments: an order asks for something else. A draft is simply changed; what was sent gets a new revision.

It holds at once if those who approved have seen all that it asks for; else it waits, and the order stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from warehouse import outbox
from warehouse.db import Again, Row, Session
from warehouse.ledger.levels import Noted
from warehouse.orders.buying import papers
from warehouse.orders.buying.drafts import check_nothing_waits
from warehouse.orders.buying.rules import (
    LINES_MAX,
    BeingReceived,
    BelowReceived,
    Content,
    Line,
    NothingChanged,
    ReasonMissing,
    check_content,
    is_within,
)
from warehouse.orders.purchase import PurchaseLine, add_lines, tell_ordered
from warehouse.orders.receipts import close_if_full, close_shorts, count_on_order
from warehouse.who import By


def amend(session: Session, by: By, order_id: int, asked: Content, reason: str) -> tuple[str, int]:
    """Asks an order for something else: `draft`, `amended` or `waiting`, and the revision.

    Lines of `asked` with the number 0 are new; lines that it does not name are taken off.

    Raises:
        WrongState: it is neither a draft nor open.
        AmendmentWaits: another amendment waits.
        BelowReceived, BeingReceived: that many have come already, or somebody books goods on it now.
        NothingChanged, ReasonMissing, NoLinesLeft: it says nothing, or not why.
    """
    order = papers.lock(session, by, order_id, "draft", "open")
    check_nothing_waits(session, order_id, order.number)
    lines = papers.lines_of(session, order_id, keep=True)
    before, after = papers.content_of(lines, order.due_at), numbered(asked, [row.line for row in lines])
    check_content(order.number, after, most=max(LINES_MAX, len(before.lines)))
    if after == before:
        raise NothingChanged(number=order.number)
    if order.state == "draft":
        _write(session, by, order, lines, after)
        papers.log(session, by, order_id, "changed")
        return "draft", 0
    if not reason:
        raise ReasonMissing
    _check_received(session, by, order, lines, after)
    waits = not is_within(papers.approved_content(session, order_id) or before, after)
    revision = papers.add_revision(session, by, order_id, before=before, after=after, reason=reason,
                                   authors=[by.person_id], state="waiting" if waits else "within")  # fmt: skip
    if waits:
        papers.log(session, by, order_id, "submitted", reason, revision=revision)
        return "waiting", revision
    apply(session, by, order, after, revision, reason)
    return "amended", revision


def numbered(asked: Content, known: Sequence[int]) -> Content:
    """What is asked for, with numbers for the new lines: a number is never used again."""
    following = max(known, default=0)
    lines = []
    for each in asked.lines:
        following += not each.line
        lines.append(each if each.line else replace(each, line=following))
    return replace(asked, lines=tuple(sorted(lines, key=lambda line: line.line)))


def apply(session: Session, by: By, order: Row, after: Content, revision: int, reason: str) -> None:
    """Lets an amendment hold: lines, what is on order, and a letter to the supplier.

    Raises:
        BelowReceived, BeingReceived: that many have come since it was asked for, or somebody books goods on it now.
    """
    lines = papers.lines_of(session, order.id, keep=True)
    _check_received(session, by, order, lines, after)
    more = _write(session, by, order, lines, after)
    session.run("UPDATE purchase_order SET revision = :revision WHERE id = :id", revision=revision, id=order.id)
    close_shorts(session, by, order_id=order.id)
    close_if_full(session, order.id)
    if more:
        tell_ordered(session, Noted(by.warehouse_id, by.person_id, by.now, more))
    papers.log(session, by, order.id, "amended", reason, revision=revision)
    outbox.put(session, warehouse_id=by.warehouse_id, topic="purchase_order.amended", subject=str(order.id),
               content=papers.told_of(order, revision), at=by.now)  # fmt: skip


def _check_received(session: Session, by: By, order: Row, lines: Sequence[Row], after: Content) -> None:
    if who := papers.receiver_of(session, by, order.id):
        raise BeingReceived(who=who, number=order.number)
    wanted = {each.line: each.quantity for each in after.lines}
    for row in lines:
        if row.received > wanted.get(row.line, 0):
            sku = session.value("SELECT sku FROM item WHERE id = :id", id=row.item_id)
            raise BelowReceived(received=row.received, sku=sku, number=order.number)


_CHANGE = """
UPDATE purchase_order_line SET quantity = :quantity, unit_cost = :cost
WHERE id = :id AND received <= :quantity AND received = :received"""


def _write(session: Session, by: By, order: Row, lines: Sequence[Row], after: Content) -> set[int]:
    """Writes the lines, and what is on order by them. Returns the items of which more is on order now."""
    wanted, known = {each.line: each for each in after.lines}, {row.line for row in lines}
    more: dict[int, int] = defaultdict(int)
    for row in lines:
        new = wanted.get(row.line)
        more[row.item_id] += (new.quantity if new else row.received) - max(row.quantity, row.received)
        if new is None:
            _take_off(session, by, row)
        elif not session.run(_CHANGE, id=row.id, quantity=new.quantity, cost=new.unit_cost, received=row.received):
            raise Again  # goods came at this moment
    fresh = [each for each in after.lines if each.line not in known]
    add_lines(session, order.id, [(each.line, _as_line(each)) for each in fresh])
    for each in fresh:
        more[each.item_id] += each.quantity
    session.run("UPDATE purchase_order SET due_at = :due WHERE id = :id", due=after.due_at, id=order.id)
    if order.state == "open":
        for item_id in sorted(more):
            count_on_order(session, by, item_id, more[item_id])
    return {item_id for item_id, n in more.items() if n > 0}


def _take_off(session: Session, by: By, row: Row) -> None:
    """Takes a line off of which nothing has come; what was listed as short of it is listed no more."""
    session.run(
        """UPDATE discrepancy SET closed_at = :now
           WHERE warehouse_id = :warehouse AND purchase_order_line_id = :line AND closed_at IS NULL""",
        now=by.now, warehouse=by.warehouse_id, line=row.id,
    )  # fmt: skip
    if not session.run("DELETE FROM purchase_order_line WHERE id = :id AND received = 0", id=row.id):
        raise Again


def _as_line(line: Line) -> PurchaseLine:
    return PurchaseLine(line.item_id, line.quantity, line.unit_cost)
