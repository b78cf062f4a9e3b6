"""What holds for purchase orders before, while and after they are approved. Pure: no session, no clock."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from warehouse.clock import HOUR, day_of, iso_day
from warehouse.errors import N_, N_n, Phrase, Refusal, notice
from warehouse.money import AMOUNT_MAX, money
from warehouse.who import By

MAKES = ("operations", "purchasing")
"""Who makes orders, changes them and sends them."""
APPROVES = ("operations", "finance")
"""Who approves: operations each order, and either of them as the second person of a dear one."""

LINES_MAX = 100
QUANTITY_MAX, VALUE_MAX = 9_999_999, AMOUNT_MAX
REASON_MAX = 300
PROMISE_DAYS_MAX = 3 * 366
DAY = 24 * HOUR


# ---------------------------------------------------------------- what is said


class NotYours(Refusal):
    """Nobody approves their own purchase (R-SAF-4)."""

    code = "purchase_own"
    text = N_("You have made or changed %(number)s yourself: somebody else of operations has to decide on it.")
    status = 403


class ProgramNeverApproves(Refusal):
    """A program account decides on no purchase."""

    code = "purchase_program"
    text = N_("A purchase is approved or refused by a person who signed in. A program account never does.")
    status = 403


class ApprovedByYou(Refusal):
    """One person counts once."""

    code = "purchase_approved_by_you"
    text = N_("You have approved %(number)s already: its value needs a second person.")


class OperationsFirst(Refusal):
    """Operations approve each purchase; finance only adds the second approval."""

    code = "purchase_needs_operations"
    text = N_("%(number)s needs the approval of operations alone. Finance is asked above %(limit)s.")


class NotWaiting(Refusal):
    """There is nothing to decide."""

    code = "purchase_not_waiting"
    text = N_("%(number)s does not wait for approval. Load the page again: it shows what has become of it.")


class ChangedMeanwhile(Refusal):
    """What was looked at is not what waits now."""

    code = "purchase_changed"
    text = N_("%(number)s has changed since you looked: revision %(revision)s waits now. Load the page and look again.")


class ReasonMissing(Refusal):
    """Who refuses or amends says why."""

    code = "purchase_reason"
    text = N_("Say why: those who read it later need the reason.")


class WrongState(Refusal):
    """The order is in another state."""

    code = "purchase_wrong_state"
    text = N_("%(number)s cannot do this now. Its state: %(state)s.")


class AmendmentWaits(Refusal):
    """One amendment at a time."""

    code = "purchase_amendment_waits"
    text = N_("Revision %(revision)s of %(number)s waits for approval. Wait for it, or take it back first.")


class BelowReceived(Refusal):
    """An amendment cannot take away what has come."""

    code = "purchase_below_received"
    text = N_n("One of %(sku)s has come already: %(number)s cannot order fewer than that.",
               "%(received)s of %(sku)s have come already: %(number)s cannot order fewer than that.", "received")  # fmt: skip


class BeingReceived(Refusal):
    """Somebody books goods on the order at this moment."""

    code = "purchase_being_received"
    text = N_("%(who)s is receiving %(number)s now. Do this when that is done.")


class NothingChanged(Refusal):
    """An amendment that changes nothing."""

    code = "purchase_nothing_changed"
    text = N_("Nothing in %(number)s would change.")


class NoPromise(Refusal):
    """A day on which nothing can come any more, or one far off."""

    code = "purchase_no_promise"
    text = N_("Nothing can be promised for %(read)s. Expected: a day from %(first)s to %(last)s.")


class NoLinesLeft(Refusal):
    """An order without a line."""

    code = "purchase_no_lines_left"
    text = N_("%(number)s would order nothing. Close its rest, or throw the draft away.")


class TooManyLines(Refusal):
    """An order that nobody can look through."""

    code = "purchase_too_many_lines"
    text = N_("An order has at most %(most)s lines; this one would have %(came)s. Make two of it.")


class ValueTooHigh(Refusal):
    """The value of an order is beyond what numbers can hold."""

    code = "purchase_value_too_high"
    text = N_("The value of %(number)s is beyond %(most)s. Check quantity and cost of each line.")


class NoAddress(Refusal):
    """There is nobody to write to."""

    code = "purchase_no_address"
    text = N_(
        "No e-mail address of %(supplier)s is known. Print the order and hand it over, or enter the address under "
        "“What they ask for” first."
    )


SUBMITTED = notice("ok", "purchase_submitted", N_("%(number)s waits for approval by %(people)s."))
WITHDRAWN = notice("ok", "purchase_withdrawn", N_("%(number)s is a draft again."))
AMENDMENT_WITHDRAWN = notice("ok", "purchase_amendment_withdrawn", N_("%(number)s stays as it was."))
DISCARDED = notice("ok", "purchase_discarded", N_("%(number)s is thrown away; nothing of it was sent."))
APPROVED = notice("ok", "purchase_approved", N_("%(number)s is approved and can be sent."))
APPROVED_ONCE = notice(
    "ok", "purchase_approved_once", N_("%(number)s has your approval. It needs another person's as well.")
)
AMENDED_NOW = notice("ok", "purchase_amended", N_("%(number)s is changed: revision %(revision)s holds."))
AMENDMENT_ASKED = notice(
    "ok",
    "purchase_amendment_asked",
    N_("Revision %(revision)s of %(number)s asks for something that nobody has approved: it waits for approval."),
)
DRAFT_CHANGED = notice("ok", "purchase_draft_changed", N_("The draft of %(number)s is changed."))
REFUSED = notice("ok", "purchase_refused", N_("%(number)s goes back with your reason."))
SENT = notice("ok", "purchase_sent", N_("%(number)s is on its way to %(email)s; its goods are on order."))
HANDED_OVER = notice("ok", "purchase_handed_over", N_("%(number)s counts as handed over; its goods are on order."))
CONFIRMED = notice("ok", "purchase_confirmed", N_("%(supplier)s promises %(number)s for %(day)s."))

ONE_PERSON = N_("operations")
TWO_PEOPLE = N_("operations and a second person")

EVENTS = {
    "made": N_("made"), "changed": N_("changed"), "submitted": N_("submitted for approval"), "approved": N_("approved"),
    "refused": N_("refused"), "withdrawn": N_("taken back"), "sent": N_("sent"), "amended": N_("amended"),
    "confirmed": N_("confirmed by the supplier"), "promised": N_("new date promised"), "chased": N_("supplier reminded"),
    "discarded": N_("thrown away"), "closed": N_("rest closed"),
}  # fmt: skip
REVISION_STATES = {
    "waiting": N_("waits for approval"), "approved": N_("approved"), "within": N_("within what was approved"),
    "refused": N_("refused"), "withdrawn": N_("taken back"),
}  # fmt: skip


# ---------------------------------------------------------------- what an order says


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is asked for; `line` is its number, 0 for a new one.

    Quantity in the smallest unit; cost of one in CNY minor units, None where nobody knows it.
    """

    line: int
    item_id: int
    quantity: int
    unit_cost: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What an order asks for: its lines, and the instant at which they are due."""

    lines: tuple[Line, ...]
    due_at: int | None = None

    @property
    def value(self) -> int | None:
        """What all of it costs in CNY minor units; None if the cost of any line is not known."""
        costs = [None if each.unit_cost is None else each.quantity * each.unit_cost for each in self.lines]
        return None if None in costs else sum(each or 0 for each in costs)

    def dump(self) -> str:
        """The content as it is kept."""
        return json.dumps([self.due_at, [[e.line, e.item_id, e.quantity, e.unit_cost] for e in self.lines]])

    @classmethod
    def load(cls, text: str) -> Content:
        """The content as dump() wrote it."""
        due_at, lines = json.loads(text)
        return cls(tuple(Line(*each) for each in lines), due_at)


def dump_steps(steps: Iterable[Phrase]) -> str:
    """How a quantity came about, as it is kept with its line: the sentences, not yet in any language."""
    return json.dumps([[step.text, dict(step.params)] for step in steps], ensure_ascii=False)


def load_steps(text: str) -> list[Phrase]:
    """The sentences as dump_steps() wrote them."""
    return [Phrase(step, params) for step, params in json.loads(text)] if text else []


# ---------------------------------------------------------------- who may approve


@dataclass(frozen=True, slots=True)
class Asked:
    """What waits for a decision: its order's number, its value and who has written it."""

    number: str
    value: int | None
    authors: Collection[int]


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval, and whether they gave it for operations."""

    person_id: int
    operations: bool


def needs_second(value: int | None, limit: int) -> bool:
    """Whether a value is above the limit of one person's approval; one that nobody knows counts as above it."""
    return value is None or value > limit


def is_complete(given: Sequence[Approval], value: int | None, limit: int) -> bool:
    """Whether these approvals are enough: operations, and above the limit one more person."""
    people = {each.person_id for each in given}
    return any(each.operations for each in given) and len(people) >= (2 if needs_second(value, limit) else 1)


def check_may_decide(by: By, asked: Asked) -> None:
    """Duties are kept apart: who wrote it does not decide on it, and a program never does.

    Raises:
        ProgramNeverApproves, NotYours: this account does not decide on it.
    """
    if by.program or not by.person_id:
        raise ProgramNeverApproves
    if by.person_id in asked.authors:
        raise NotYours(number=asked.number)


def check_may_approve(by: By, asked: Asked, given: Sequence[Approval], limit: int) -> None:
    """Whether this person's approval counts, beside those that were given.

    Raises:
        ProgramNeverApproves, NotYours: this account does not decide on it.
        ApprovedByYou: it has approved already.
        OperationsFirst: finance is not asked about so small a value.
    """
    check_may_decide(by, asked)
    if any(each.person_id == by.person_id for each in given):
        raise ApprovedByYou(number=asked.number)
    if not by.has("operations") and not needs_second(asked.value, limit):
        raise OperationsFirst(number=asked.number, limit=money(limit))


@dataclass(frozen=True, slots=True)
class Together:
    """What waits for approval and what was asked of the same supplier a short while before: a purchase may come in parts.

    `value` is the known part of all of it in CNY minor units; `unknown`: some of it nobody can value.
    """

    orders: int
    value: int
    unknown: bool
    above: bool
    """Together they would need a second person, and this alone does not."""


def together(value: int | None, others: Sequence[int | None], limit: int) -> Together:
    """What a purchase and others beside it are worth in all.

    >>> together(90000, [80000, None], 100000)
    Together(orders=2, value=170000, unknown=True, above=True)
    """
    every = [value, *others]
    worth = sum(each or 0 for each in every)
    above = bool(others) and not needs_second(value, limit) and (worth > limit or None in others)
    return Together(len(others), worth, None in every, above)


def is_over(day_at: int | None, now: int) -> bool:
    """Whether the day on which an order should come (`day_at` is its first instant) is over: it may come until its end."""
    return day_at is not None and day_at <= now - DAY


def check_promise(day: int, today: int) -> None:
    """Whether a supplier can promise goods for a day.

    Raises:
        NoPromise: it is over, or more than PROMISE_DAYS_MAX off.
    """
    last = today + PROMISE_DAYS_MAX
    if not today <= day <= last:
        raise NoPromise(read=iso_day(day), first=iso_day(today), last=iso_day(last))


# ---------------------------------------------------------------- amendments


def is_within(approved: Content, after: Content) -> bool:
    """Whether an amendment asks for nothing that those who approved have not seen: then it holds without them.

    No line is of other goods, of more of them, or at a cost that is higher or not known. What a lower cost or a line less
    saves buys nothing else: sums are not compared. The day is not part of what is approved.
    """
    seen = {each.line: each for each in approved.lines}
    return all(each.line in seen and _is_line_within(seen[each.line], each) for each in after.lines)


def _is_line_within(seen: Line, new: Line) -> bool:
    if new.item_id != seen.item_id or new.quantity > seen.quantity:
        return False
    if seen.unit_cost is None or new.unit_cost is None:
        return new.unit_cost is seen.unit_cost
    return new.unit_cost <= seen.unit_cost


def changes(before: Content, after: Content, skus: Mapping[int, str], timezone: str) -> list[Phrase]:
    """What an amendment changes, a sentence for each change."""
    old = {each.line: each for each in before.lines}
    new = {each.line for each in after.lines}
    said = [phrase for each in after.lines for phrase in _changed_line(old.get(each.line), each, skus)]
    said += [
        Phrase(_GONE, {"sku": skus[each.item_id], "n": each.quantity}) for each in before.lines if each.line not in new
    ]
    if before.due_at != after.due_at:
        said.append(Phrase(_DUE, {"old": _day(before.due_at, timezone), "new": _day(after.due_at, timezone)}))
    return said


_GONE = N_n("%(sku)s: one piece is not ordered any more", "%(sku)s: %(n)s pieces are not ordered any more")
_ADDED = N_("%(sku)s: %(quantity)s at %(cost)s each are new")
_QUANTITY = N_("%(sku)s: %(new)s instead of %(old)s")
_COST = N_("%(sku)s: %(new)s each instead of %(old)s")
_DUE = N_("due %(new)s instead of %(old)s")


def _changed_line(old: Line | None, new: Line, skus: Mapping[int, str]) -> Iterable[Phrase]:
    sku = skus[new.item_id]
    if old is None:
        yield Phrase(_ADDED, {"sku": sku, "quantity": new.quantity, "cost": money(new.unit_cost)})
        return
    if old.quantity != new.quantity:
        yield Phrase(_QUANTITY, {"sku": sku, "old": old.quantity, "new": new.quantity})
    if old.unit_cost != new.unit_cost:
        yield Phrase(_COST, {"sku": sku, "old": money(old.unit_cost), "new": money(new.unit_cost)})


def _day(at: int | None, timezone: str) -> str:
    return (iso_day(day_of(at, timezone)) or "–") if at is not None else "–"


def check_content(number: str, content: Content, *, most: int = LINES_MAX) -> None:
    """Whether an order can ask for this. One that came by import with more lines than `most` may keep them.

    Raises:
        NoLinesLeft, TooManyLines, ValueTooHigh: it is empty, too long or beyond all numbers.
    """
    if not content.lines:
        raise NoLinesLeft(number=number)
    if len(content.lines) > most:
        raise TooManyLines(most=most, came=len(content.lines))
    if (content.value or 0) > VALUE_MAX:
        raise ValueTooHigh(number=number, most=money(VALUE_MAX))
