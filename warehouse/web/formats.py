"""Days, times and numbers as the reader writes them; times by the warehouse's own clock. Also filters of the templates.

Codes, quantities to be typed and what programs read are never formatted: they are compared by eye and by machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import g

from warehouse.clock import HOUR, MINUTE, NEVER_DAY, as_datetime, day_of, now_us
from warehouse.errors import N_, N_n
from warehouse.web.language import is_chinese, language, say

DAY = 24 * HOUR
AGO_MOST = 7 * DAY
"""What is longer ago is told by its day."""

_NOW = N_("just now")
_MINUTES = N_("%(n)s min ago")
_HOURS = N_("%(n)s h ago")
_DAYS = N_n("one day ago", "%(n)s days ago")


def day(number: int | None) -> str:
    """A day (of the calendar, counted from 0001-01-01), such as Nov 22, 2026; empty for none and for never."""
    if not number or number >= NEVER_DAY:
        return ""
    return format_date(date.fromordinal(number), "medium", locale=language())


def clock(at: int | None) -> str:
    """The time of day of an instant in this warehouse, such as 09:30: the floor counts to 24 in every language."""
    return as_datetime(at, _zone()).strftime("%H:%M") if at else ""


def moment(at: int | None) -> str:
    """Day and time of an instant in this warehouse."""
    return f"{day(day_of(at, _zone()))} {clock(at)}" if at else ""


def number(value: float | Decimal | None, places: int = 0) -> str:
    """A number with its thousands kept apart, and as many decimal places as asked for."""
    if value is None:
        return ""
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(value, pattern, locale=language())


def ago(at: int | None, now: int = 0) -> str:
    """How long ago an instant is; what lies more than a week back, or ahead, by day and time."""
    if not at:
        return ""
    passed = (now or now_us()) - at
    if not 0 <= passed <= AGO_MOST:
        return moment(at)
    if passed < MINUTE:
        return say(_NOW, {})
    for text, unit in ((_DAYS, DAY), (_HOURS, HOUR)):
        if passed >= unit:
            return say(text, {"n": passed // unit})
    return say(_MINUTES, {"n": passed // MINUTE})


def together(sentences: Iterable[str]) -> str:
    """Sentences in one line, each apart from the next."""
    return ("；" if is_chinese() else "; ").join(sentences)


def _zone() -> str:
    by = g.get("by")
    return by.timezone if by else "UTC"


FILTERS: dict[str, Callable[..., Any]] = {
    "day": day,
    "clock": clock,
    "moment": moment,
    "number": number,
    "ago": ago,
    "together": together,
}
"""The filters of the templates, by name."""
