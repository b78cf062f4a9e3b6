"""What purchasing's desk may do, and what is said to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.catalog.codes import MADE_FORM
from warehouse.errors import N_, N_n, Refusal, notice
from warehouse.orders.buying.rules import APPROVES, LINES_MAX, MAKES
from warehouse.scanning.reading import parse

SEES = ("supervisor", "operations", "purchasing", "finance")

LINES_SHOWN = 10
NUMBER_MAX = 100
TEXT_MAX = 500
_DIGITS_MAX = 13
_OURS = "XD"

MADE = notice(
    "ok", "purchase_order_made",
    N_("Purchase order %(number)s is made and waits for approval by %(people)s; its paper carries the code %(barcode)s."),
)  # fmt: skip
REST_CLOSED = notice(
    "ok", "purchase_order_rest_closed",
    N_n("Nobody waits for the last piece of %(number)s any more.",
        "Nobody waits for the rest of %(number)s any more: %(pieces)s pieces.", "pieces"),
)  # fmt: skip

DISCREPANCIES = {
    "over": N_("more than ordered"), "short": N_("short"), "damaged": N_("damaged"), "wrong": N_("wrong item"),
    "no_papers": N_("without papers"),
}  # fmt: skip


class NumberTaken(Refusal):
    """Another purchase order has this number."""

    code = "purchase_number_taken"
    text = N_("%(read)s is a purchase order already. Choose another number, or leave it empty for one of ours.")


class NumberUnusable(Refusal):
    """A number that no scan could bring back."""

    code = "purchase_number_unusable"
    text = N_("%(read)s cannot be scanned as the number of a paper. Choose another, or leave it empty for one of ours.")


class UnknownSupplier(Refusal):
    """No supplier has this code."""

    code = "purchase_unknown_supplier"
    text = N_("No supplier has the code %(read)s. Choose one of the list.")


class NoLines(Refusal):
    """Nothing is ordered."""

    code = "purchase_no_lines"
    text = N_("Name at least one item, by SKU or barcode, and how many of it.")


class UnknownItem(Refusal):
    """A line names no item."""

    code = "purchase_unknown_item"
    text = N_("Line %(line)s: %(read)s is no item here.")


class BadNumber(Refusal):
    """A quantity or cost that is no whole number in its range."""

    code = "purchase_bad_number"
    text = N_("Line %(line)s: %(read)s is no whole number from %(low)s to %(high)s.")


class NotOpen(Refusal):
    """Nothing of the order is on its way any more."""

    code = "purchase_not_open"
    text = N_("Nothing of %(number)s is open any more.")


def whole(text: str, line: int, low: int, high: int) -> int:
    """A whole number of a line.

    Raises:
        BadNumber: it is none, or out of range.
    """
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX and low <= int(text) <= high:
        return int(text)
    raise BadNumber(line=line, read=text[:40] or "–", low=low, high=high)


def usable_number(text: str) -> str:
    """An order's number, if a scan can bring it back.

    Raises:
        NumberUnusable: it is too long, or a scan would be taken for something else.
    """
    made = MADE_FORM.fullmatch(text)
    if len(text) > NUMBER_MAX or not text.isprintable() or (made and text[:2] != _OURS):
        raise NumberUnusable(read=text[:NUMBER_MAX])
    try:
        reading = parse(text)
    except Refusal as refusal:
        raise NumberUnusable(read=text) from refusal
    if not made and (reading.is_value or reading.command or reading.text != text):
        raise NumberUnusable(read=text)
    return text


def typed_lines(
    sent: Mapping[str, str], *, code: str = "code", quantity: str = "quantity", cost: str = "unit_cost"
) -> list[tuple[int, str, str, str]]:  # fmt: skip
    """The lines of a form that say something: their place, what they name, how many, and the cost of one.

    The names are those of the form's fields.
    """

    def text(name: str, at: int) -> str:
        return str(sent.get(f"{name}_{at}", "")).strip()[:TEXT_MAX]

    lines = [(at, text(code, at), text(quantity, at), text(cost, at)) for at in range(1, LINES_MAX + 1)]
    return [line for line in lines if any(line[1:])]


__all__ = [
    "APPROVES", "DISCREPANCIES", "LINES_MAX", "LINES_SHOWN", "MADE", "MAKES", "REST_CLOSED", "SEES", "BadNumber",
    "NoLines", "NotOpen", "NumberTaken", "NumberUnusable", "UnknownItem", "UnknownSupplier", "typed_lines", "usable_number",
    "whole",
]  # fmt: skip
