"""How much of an item is proposed to be ordered, at what price, and why. Pure: no session, no clock.

The formulas are those of periodic review with a reorder point and an order-up-to level (Silver, Pyke, Thomas: Inventory and
Production Management in Supply Chains, 4th ed. 2017, ch. 6.8); the inventory position counts what customers wait for.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from warehouse.errors import N_, N_n, Phrase, Refusal, notice
from warehouse.money import minor_units, money, plain
from warehouse.orders.buying.rules import (
    APPROVES,
    LINES_MAX,
    MAKES,
    QUANTITY_MAX,
    dump_steps,
)

SEES = ("supervisor", "operations", "purchasing", "finance")
CHANGES = MAKES
SUPPLIERS_SHOWN = 3
BREAKS_MAX = 10
STEPS_MAX = 100_000
"""So many packs at most are added to reach a supplier's minimum."""


class ProposalGone(Refusal):
    """Somebody else has ordered from the same proposal."""

    code = "proposal_gone"
    text = N_(
        "Somebody has ordered from %(supplier)s since you looked: load the page again, and see what is still needed."
    )


class NothingChosen(Refusal):
    """No line has a quantity."""

    code = "proposal_empty"
    text = N_("Enter how many of at least one item.")


class TooManyChosen(Refusal):
    """More lines than one order takes."""

    code = "proposal_too_many"
    text = N_("An order has at most %(most)s lines; %(came)s came. Order the rest afterwards.")


class NotOffered(Refusal):
    """An item that this proposal does not hold."""

    code = "proposal_unknown_item"
    text = N_("%(read)s is no item that can be ordered here.")


class BadCell(Refusal):
    """A quantity or cost of a line cannot be read."""

    code = "proposal_bad_number"
    text = N_("%(sku)s: %(read)s is no whole number from %(low)s to %(high)s.")


class BadBreaks(Refusal):
    """Prices that cannot be read."""

    code = "price_breaks_unreadable"
    text = N_("%(read)s cannot be read as prices. Expected: quantity=price, at most %(most)s, such as %(such)s.")


RAISED = notice(
    "ok",
    "proposal_raised",
    N_n(
        "Purchase order %(number)s with one line waits for approval by %(people)s.",
        "Purchase order %(number)s with %(n)s lines waits for approval by %(people)s.",
    ),
)
TERMS_KEPT = notice("ok", "supplier_terms_kept", N_("What %(supplier)s asks for is kept."))
OFFER_KEPT = notice("ok", "supplier_item_kept", N_("What %(supplier)s asks for %(sku)s is kept."))
OFFER_GONE = notice("ok", "supplier_item_gone", N_("%(supplier)s does not offer %(sku)s any more."))


# ---------------------------------------------------------------- what is needed


@dataclass(frozen=True, slots=True)
class Need:
    """Where an item stands, in its smallest unit.

    `drafted` is in orders that were not sent yet, `waiting` is what customers wait for, `mean` is a day's demand; a reorder
    point or maximum of -1 is none.
    """

    available: int
    on_order: int = 0
    drafted: int = 0
    waiting: int = 0
    safety_stock: int = 0
    reorder_point: int = -1
    maximum: int = -1
    mean: float = 0.0

    @property
    def position(self) -> int:
        """What there will be when all has come that was asked for."""
        return self.available + self.on_order + self.drafted - self.waiting


@dataclass(frozen=True, slots=True)
class Terms:
    """What a supplier asks for an item: packs of how many, how many at least, days until it comes, and its prices.

    `breaks`: from so many on, so much for one, in CNY minor units; `price` is what one costs where there is no such list.
    """

    pack_size: int = 1
    minimum: int = 1
    lead_time_days: int = 0
    breaks: tuple[tuple[int, int], ...] = ()
    price: int | None = None

    def price_of(self, quantity: int) -> int | None:
        """The price of one at a quantity; below the first break the first one's."""
        if not self.breaks:
            return self.price
        fitting = [price for start, price in self.breaks if start <= quantity]
        return fitting[-1] if fitting else self.breaks[0][1]


@dataclass(frozen=True, slots=True)
class Proposal:
    """How many to order, at what price for one, and how that came about, a sentence a step."""

    need: Need
    terms: Terms
    quantity: int
    unit_price: int | None
    steps: tuple[Phrase, ...] = field(default=())

    @property
    def value(self) -> int | None:
        """What it costs, in CNY minor units."""
        return None if self.unit_price is None else self.quantity * self.unit_price

    def dump(self) -> str:
        """The arithmetic as it is kept with the line that is ordered by it."""
        return dump_steps(self.steps)


_POSITION = N_(
    "available %(available)s + on order %(on_order)s + asked for and not sent %(drafted)s − wanted by waiting orders "
    "%(waiting)s = %(position)s; reorder point %(reorder)s"
)
_ENOUGH = N_("that is above the reorder point: enough is on its way")
_TARGET = N_n(
    "up to reorder point %(reorder)s + %(mean)s a day × one day = %(target)s",
    "up to reorder point %(reorder)s + %(mean)s a day × %(days)s days = %(target)s", "days",
)  # fmt: skip
_CAPPED = N_("no more than the maximum: %(target)s instead of %(wished)s")
_ABOVE = N_("at least one above the reorder point: %(target)s")
_NEEDED = N_("needed: %(target)s − %(position)s = %(need)s")
_PACKS = N_n("in one pack of %(pack)s: %(quantity)s", "in %(n)s packs of %(pack)s: %(quantity)s")
_MINIMUM = N_("at least %(minimum)s: %(quantity)s")
_BREAK = N_("from %(start)s on each costs %(price)s: %(quantity)s for %(total)s instead of %(fewer)s for %(more)s")
_REACH = N_("%(added)s more so that the order reaches the supplier's minimum: %(quantity)s")


def propose(need: Need, terms: Terms, review_days: int) -> Proposal:
    """How many of an item to order.

    If position = available + on order + not sent − waited for is at or below the reorder point, as many as lift it to
    reorder point + mean × review days, or to the maximum where one is set, but at least above the reorder point; in whole
    packs; not fewer than the minimum; and as many as the next price break asks for where that costs no more.

    >>> propose(Need(3, reorder_point=10, mean=2.0), Terms(pack_size=12), 7).quantity
    24
    """
    position = {
        "available": need.available, "on_order": need.on_order, "drafted": need.drafted, "waiting": need.waiting,
        "position": need.position, "reorder": max(need.reorder_point, 0),
    }  # fmt: skip
    steps = [Phrase(_POSITION, position)]
    if need.position > need.reorder_point:
        return Proposal(need, terms, 0, terms.price_of(1), (*steps, Phrase(_ENOUGH)))
    target = _target(need, review_days, steps)
    lacking = target - need.position
    steps.append(Phrase(_NEEDED, {"target": target, "position": need.position, "need": lacking}))
    quantity = in_packs(lacking, terms.pack_size)
    if terms.pack_size > 1:
        steps.append(Phrase(_PACKS, {"n": quantity // terms.pack_size, "pack": terms.pack_size, "quantity": quantity}))
    if quantity < terms.minimum:
        quantity = in_packs(terms.minimum, terms.pack_size)
        steps.append(Phrase(_MINIMUM, {"minimum": terms.minimum, "quantity": quantity}))
    quantity = _cheaper(need, terms, quantity, steps)
    quantity = min(quantity, QUANTITY_MAX)
    return Proposal(need, terms, quantity, terms.price_of(quantity), tuple(steps))


def _target(need: Need, review_days: int, steps: list[Phrase]) -> int:
    reorder = max(need.reorder_point, 0)
    wished = reorder + math.ceil(round(need.mean * review_days, 6))
    mean = f"{need.mean:.2f}".rstrip("0").rstrip(".")
    steps.append(Phrase(_TARGET, {"reorder": reorder, "mean": mean, "days": review_days, "target": wished}))
    above = need.reorder_point + 1
    target = wished if need.maximum < 0 else min(wished, need.maximum)
    if target < wished:
        steps.append(Phrase(_CAPPED, {"target": target, "wished": wished}))
    if target < above:
        steps.append(Phrase(_ABOVE, {"target": above}))
    return max(target, above)


def in_packs(quantity: int, pack_size: int) -> int:
    """As many as fill whole packs.

    >>> in_packs(13, 12)
    24
    """
    return -(-quantity // pack_size) * pack_size


def _cheaper(need: Need, terms: Terms, quantity: int, steps: list[Phrase]) -> int:
    """As many as the next break asks for, if they cost no more in all and do not go beyond the maximum."""
    price = terms.price_of(quantity)
    for start, lower in terms.breaks:
        more = in_packs(start, terms.pack_size)
        fits = need.maximum < 0 or need.position + more <= need.maximum
        if start > quantity and price is not None and fits and more * lower <= quantity * price:
            steps.append(Phrase(_BREAK, {
                "start": start, "price": money(lower), "quantity": more, "total": money(more * lower), "fewer": quantity,
                "more": money(quantity * price),
            }))  # fmt: skip
            return _cheaper(need, terms, more, steps)
    return quantity


# ---------------------------------------------------------------- the supplier's own minimum


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a supplier wants in one order at least: its value in CNY minor units, and its pieces; None is none."""

    value: int | None = None
    quantity: int | None = None


def lacks(proposals: Sequence[Proposal], minimum: Minimum) -> tuple[int, int]:
    """How much an order of these lacks to reach the minimum: value, and pieces."""
    value = sum(each.value or 0 for each in proposals)
    pieces = sum(each.quantity for each in proposals)
    return max((minimum.value or 0) - value, 0), max((minimum.quantity or 0) - pieces, 0)


def reach(proposals: Sequence[Proposal], minimum: Minimum) -> list[Proposal]:
    """The proposals, with packs added until an order of them reaches the supplier's minimum.

    Each pack goes to the item that would run out first: the one of the fewest days' demand in its position and its
    proposal. An item without demand, or one that would go beyond its maximum, gets none. So the minimum may stay out of reach.
    """
    chosen = [index for index, each in enumerate(proposals) if each.quantity]
    value, pieces = lacks(proposals, minimum)
    if not chosen or not (value or pieces):
        return list(proposals)
    grown = list(proposals)
    queue = [(_days(each), index) for index in chosen if _grows(each := grown[index])]
    heapq.heapify(queue)
    for _ in range(STEPS_MAX):
        if not queue or not (value > 0 or pieces > 0):
            break
        _, index = heapq.heappop(queue)
        old = grown[index]
        new = _with(old, old.quantity + old.terms.pack_size)
        grown[index] = new
        value -= (new.value or 0) - (old.value or 0)
        pieces -= new.quantity - old.quantity
        if _grows(new):
            heapq.heappush(queue, (_days(new), index))
    return [_say_grown(old, new) for old, new in zip(proposals, grown, strict=True)]


def _with(proposal: Proposal, quantity: int) -> Proposal:
    return replace(proposal, quantity=quantity, unit_price=proposal.terms.price_of(quantity))


def _grows(proposal: Proposal) -> bool:
    """Whether one more pack of it may be ordered."""
    need, more = proposal.need, proposal.quantity + proposal.terms.pack_size
    return need.mean > 0 and more <= QUANTITY_MAX and (need.maximum < 0 or need.position + more <= need.maximum)


def _days(proposal: Proposal) -> float:
    return (proposal.need.position + proposal.quantity) / proposal.need.mean


def _say_grown(old: Proposal, new: Proposal) -> Proposal:
    if new.quantity == old.quantity:
        return new
    said = Phrase(_REACH, {"added": new.quantity - old.quantity, "quantity": new.quantity})
    return replace(new, steps=(*old.steps, said))


# ---------------------------------------------------------------- what is typed


def whole(text: str, sku: str, low: int, high: int) -> int:
    """A whole number of a line.

    Raises:
        BadCell: it is none, or out of range.
    """
    if text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high:
        return int(text)
    raise BadCell(sku=sku, read=text[:40], low=low, high=high)


def chosen_lines(sent: Mapping[str, Any]) -> dict[int, tuple[str, str]]:
    """What a form asks for: item → its quantity and cost as typed; lines without a quantity are left out.

    Raises:
        NothingChosen, TooManyChosen: it asks for nothing, or for more than an order takes.
    """
    prefix, lines = "quantity_", {}
    for name in sent:
        item = name.removeprefix(prefix) if name.startswith(prefix) else ""
        text = str(sent[name]).strip()
        if item.isascii() and item.isdigit() and len(item) < 20 and text.lstrip("0"):  # noqa: PLR2004 - ids have 63 bits
            lines[int(item)] = (text, str(sent.get(f"cost_{item}", "")).strip())
    if not lines:
        raise NothingChosen
    if len(lines) > LINES_MAX:
        raise TooManyChosen(most=LINES_MAX, came=len(lines))
    return lines


def read_breaks(text: str, *, typed: bool) -> tuple[tuple[int, int], ...]:
    """Prices, each quantity once, the least first: in yuan where a person typed them, else in minor units.

    Raises:
        BadBreaks: they cannot be read.

    >>> read_breaks("100=1.10 1=1.2", typed=True)
    ((1, 120), (100, 110))
    """
    words = text.replace(",", " ").split()
    pairs = [word.split("=") for word in words]
    bad = BadBreaks(read=text[:60], most=BREAKS_MAX, such="1=4.80 100=4.40" if typed else "1=480 100=440")
    if len(pairs) > BREAKS_MAX or any(len(pair) != 2 or not _is_count(pair[0]) for pair in pairs):  # noqa: PLR2004 - a pair
        raise bad
    try:
        breaks = {int(start): minor_units(price, start, typed=typed) for start, price in pairs}
    except Refusal as refusal:
        raise bad from refusal
    if len(breaks) != len(pairs):
        raise bad
    return tuple(sorted(breaks.items()))


def breaks_text(breaks: Sequence[tuple[int, int]]) -> str:
    """Prices as they are typed, in yuan."""
    return " ".join(f"{start}={plain(price)}" for start, price in breaks)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(QUANTITY_MAX)) and 1 <= int(text) <= QUANTITY_MAX


__all__ = [
    "APPROVES", "CHANGES", "RAISED", "SEES", "BadBreaks", "Minimum", "Need", "Proposal", "Terms", "breaks_text",
    "chosen_lines", "in_packs", "lacks", "money", "plain", "propose", "reach", "read_breaks", "whole",
]  # fmt: skip
