"""How a field's text is understood, whether a file brought it or a person typed it: one check for both."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from warehouse.catalog.codes import MADE_FORM
from warehouse.clock import parse_day, parse_instant
from warehouse.errors import Refusal
from warehouse.scanning.reading import parse

DIGITS_MAX = 20
QUANTITY_MAX = 9_999_999  # as many digits as XQ carries
MONEY_MAX = 10**12
TEXT_MAX, CODE_MAX, NAME_MAX = 1000, 100, 300
DAY_MIN, DAY_MAX = 726_468, 912_862  # 1990 to 2500: beyond it a date is a slip of the pen
INSTANT_MIN, INSTANT_MAX = 631_152_000_000_000, 7_258_118_400_000_000  # 1990 to 2200

_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)
_BLANKS = re.compile(r"\s+")
_PHONE = re.compile(r"[0-9]", re.ASCII)
PHONE_DIGITS_MIN = 3

YES_NO = {"yes": True, "true": True, "1": True, "y": True, "是": True,
          "no": False, "false": False, "0": False, "n": False, "否": False}  # fmt: skip
ITEM_KINDS = ("merchandise", "packing", "tool")
TRACKINGS = ("none", "lot", "serial")
LOCATION_KINDS = ("site", "zone", "aisle", "bay", "level", "bin", "dock", "staging", "station", "quarantine")


class Bad(ValueError):  # noqa: N818
    """A cell that cannot be understood: `reason` is added to the column's name, the text says what was expected."""

    def __init__(self, expected: str, *, reason: str = "invalid") -> None:
        super().__init__(expected)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Context:
    """What a cell may need to know to be understood."""

    timezone: str


Reader = Callable[[str, Context], Any]


def line_of(most: int = TEXT_MAX) -> Reader:
    """A text on one line, at most so long; line breaks and tabs become blanks."""

    def read(text: str, _: Context) -> str:
        text = _BLANKS.sub(" ", text)
        if len(text) > most:
            raise Bad(f"at most {most} characters", reason="too_long")
        return text

    return read


def word(text: str, _: Context) -> str:
    """A code that nobody scans: a supplier's, a channel's, an order's number."""
    if len(text) > CODE_MAX:
        raise Bad(f"at most {CODE_MAX} characters", reason="too_long")
    if any(each in text for each in "\t\r\n"):
        raise Bad("a code on one line")
    return text


def scannable(made: str = "") -> Reader:
    """A code that people scan. Our own fixed forms are refused, but for the kind `made`, such as XL for locations."""

    def read(text: str, context: Context) -> str:
        if not MADE_FORM.fullmatch(text):
            return scanned_detail(text, context)
        if text[:2] != made:
            raise Bad(f"{text[:2]} and digits is the form of our own codes of another kind", reason="reserved")
        return text

    return read


def scanned_detail(text: str, context: Context) -> str:
    """A lot or serial: any text that a scan brings back as it is, and that is no command or value."""
    word(text, context)
    try:
        reading = parse(text)
    except Refusal as refusal:
        raise Bad(str(refusal), reason="unscannable") from refusal
    if reading.is_value or reading.text != text:
        raise Bad("a text that a scan can name: not a command, a value or a scanner's prefix", reason="reserved")
    return text


def whole(low: int, high: int = QUANTITY_MAX) -> Reader:
    """A whole number in plain digits."""

    def read(text: str, _: Context) -> int:
        if len(text) <= DIGITS_MAX and _WHOLE.fullmatch(text) and low <= int(text) <= high:
            return int(text)
        raise Bad(f"{text[:40]!r}: expected a whole number from {low} to {high}")

    return read


def choice(words: dict[str, Any] | tuple[str, ...]) -> Reader:
    """One of some words, in upper or lower case."""
    known = words if isinstance(words, dict) else {each: each for each in words}

    def read(text: str, _: Context) -> Any:
        try:
            return known[text.casefold()]
        except KeyError:
            raise Bad(f"{text[:40]!r}: expected one of {', '.join(known)}") from None

    return read


def instant(text: str, context: Context) -> int:
    """A time in ISO 8601; without a zone it is local."""
    return _instant(text, context.timezone)


@lru_cache(maxsize=4096)
def _instant(text: str, timezone: str) -> int:
    try:
        at = parse_instant(text, timezone)
    except (ValueError, OverflowError):
        at = 0
    if not INSTANT_MIN <= at <= INSTANT_MAX:
        raise Bad(f"{text[:40]!r}: expected a time such as 2026-11-22 09:30 or 2026-11-22T09:30:00+08:00")
    return at


def day(text: str, _: Context) -> int:
    """A day in ISO 8601."""
    try:
        read = parse_day(text)
    except ValueError:
        read = 0
    if not DAY_MIN <= read <= DAY_MAX:
        raise Bad(f"{text[:40]!r}: expected a day such as 2027-12-31")
    return read


def phone(text: str, context: Context) -> str:
    """A telephone number as people write them."""
    if len(_PHONE.findall(text)) < PHONE_DIGITS_MIN:
        raise Bad(f"{text[:40]!r}: expected a telephone number")
    return str(line_of(100)(text, context))


def classes(text: str, _: Context) -> str:
    """Classes of goods, with commas, semicolons or bars between them; kept with commas."""
    return ",".join(dict.fromkeys(part for part in (_BLANKS.sub(" ", each).strip() for each in _split(text)) if part))


def _split(text: str) -> list[str]:
    return re.split(r"[,;|]", text)


POSITIVE, NATURAL = whole(1), whole(0)
MONEY = whole(0, MONEY_MAX)
NAME = line_of(NAME_MAX)
