"""GS1 element strings, strictly: which application identifiers, of which form, with what in them.

biip knows the identifiers and their formats; which part of a bad code is wrong, and how, we tell ourselves.
Source: GS1 General Specifications, chapters 3 and 7.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from devices.digits import has_check_digit, has_check_pair, has_iban_check, is_digits
from devices.pairings import check_pairings
from devices.profiles import GS
from devices.scans import Scan, Wrong

Element = tuple[str, str]

# The first two digits of identifiers whose length is known beforehand, so that no separator need follow.
_PREDEFINED = frozenset(
    "00 01 02 03 04 11 12 13 14 15 16 17 18 19 20 31 32 33 34 35 36 41".split()  # noqa: SIM905 - read as a list
)
_CHARSETS = {
    "N": re.compile(r"[0-9]*", re.ASCII),
    "X": re.compile(r"[!-\"%-?A-Z_a-z]*", re.ASCII),
    "Y": re.compile(r"[#\-/0-9A-Z]*", re.ASCII),
    "Z": re.compile(r"[0-9A-Za-z_=-]*", re.ASCII),
    "-": re.compile(r"-?", re.ASCII),
}
_PART = re.compile(r"(?P<optional>\[?)\+?(?P<charset>[NXYZ-])(?P<upto>\.\.)?(?P<length>[0-9]*)\]?", re.ASCII)
_ODD_FORMS = {"8043": (("N", 18, 18), ("N", 0, 2))}  # written differently from all others

# Where the check digit ends, counted in digits, for the identifiers that have one.
_CHECKED = {
    "00": 18, "01": 14, "02": 14, "03": 14, "253": 13, "255": 13, "402": 17, "8003": 14, "8006": 14, "8017": 18, "8018": 18,
    "8026": 14, **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), 13),
}  # fmt: skip
_DATES = frozenset({"11", "12", "13", "15", "16", "17", "4324", "4325"})  # day 00 is the month's last
_EXACT_DATES = frozenset({"4326", "7003", "7006", "7007", "7011", "8008"})
_LONG_DATES = frozenset({"7250", "7251"})
_NO_TIME = "9999"
_DATE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _Form:
    ai: str
    parts: tuple[tuple[str, int, int], ...]
    whole: re.Pattern[str]
    fixed: bool

    @property
    def least(self) -> int:
        return sum(part[1] for part in self.parts)

    @property
    def most(self) -> int:
        return sum(part[2] for part in self.parts)


@lru_cache(maxsize=4096)
def _form_at(start: str) -> _Form | None:
    """The form of the identifier with which these characters begin."""
    try:
        found = GS1ApplicationIdentifier.extract(start)
    except ParseError:
        return None
    parts = _ODD_FORMS.get(found.ai) or tuple(_part(part) for part in _PART.finditer(found.format.partition("+")[2]))
    return _Form(found.ai, parts, re.compile(found.pattern, re.ASCII), found.ai[:2] in _PREDEFINED)


def _part(found: re.Match[str]) -> tuple[str, int, int]:
    most = int(found["length"] or 1)
    least = 0 if found["optional"] else 1 if found["upto"] else most
    return found["charset"], least, most


# ---------------------------------------------------------------- the message


def elements_of(text: str, today: date) -> tuple[list[Element], list[str]]:
    """The elements of a message, and warnings.

    Raises:
        Wrong: any of them is not what the standard says, or they may not stand together.
    """
    if not text.strip(GS):
        raise Wrong("empty")
    elements: list[Element] = []
    warnings: list[str] = []
    rest = text.removeprefix(GS)
    while rest:
        if rest[0] == GS:
            warnings = ["empty_element"]
            rest = rest[1:]
            continue
        ai, value, rest = _next(rest)
        check_value(ai, value, today)
        elements.append((ai, value))
    check_pairings([ai for ai, _ in elements], [value for _, value in elements])
    return elements, warnings


def _next(text: str) -> tuple[str, str, str]:
    form = _form_at(text[:4])
    if form is None:
        raise Wrong("unknown_ai")
    start = len(form.ai)
    end = text.find(GS, start)
    end = len(text) if end < 0 else end
    if form.fixed:
        end = min(end, start + form.most)
    return form.ai, text[start:end], text[end:].removeprefix(GS)


def check_value(ai: str, value: str, today: date) -> None:
    """Proves one element.

    Raises:
        Wrong: length, charset, check_digit, date or reserved.
    """
    form = _form_at(ai)
    if form is None or form.ai != ai:
        raise Wrong("unknown_ai")
    if len(value) < form.least:
        raise Wrong("length", ai=ai)
    place = 0
    for charset, _, most in form.parts:
        part = value[place : place + most]
        if not _CHARSETS[charset].fullmatch(part):
            raise Wrong("charset", ai=ai)
        place += len(part)
    if len(value) > form.most:
        raise Wrong("length", ai=ai)
    _check_digits(ai, value)
    _check_dates(ai, value, today)
    if not form.whole.fullmatch(ai + value):
        raise Wrong("charset", ai=ai)


def _check_digits(ai: str, value: str) -> None:
    if length := _CHECKED.get(ai):
        if not has_check_digit(value[:length]):
            raise Wrong("check_digit", ai=ai)
        if not value[:length].strip("0"):
            raise Wrong("reserved", ai=ai)
    elif (ai in {"8013", "8014"} and not has_check_pair(value)) or (ai == "8007" and not has_iban_check(value)):
        raise Wrong("check_digit", ai=ai)


# ---------------------------------------------------------------- dates


def _check_dates(ai: str, value: str, today: date) -> None:
    try:
        if ai in _DATES:
            date_of(value[:_DATE_DIGITS], today)
            _time_of(value[_DATE_DIGITS:], may_be_open=True)
        elif ai in _EXACT_DATES:
            _exact_dates(ai, value, today)
        elif ai in _LONG_DATES:
            date(int(value[:4]), int(value[4:6]), int(value[6:8]))
            _time_of(value[8:])
    except ValueError as error:
        raise Wrong("date", ai=ai) from error


def _exact_dates(ai: str, value: str, today: date) -> None:
    begin, rest = value[:_DATE_DIGITS], value[_DATE_DIGITS:]
    if begin[4:] == "00":
        raise ValueError(begin)
    first = date_of(begin, today)
    if ai != "7007":
        _time_of(rest, may_be_open=ai == "7003")
    elif rest and (rest[4:] == "00" or date_of(rest, today) < first):
        raise ValueError(rest)


def date_of(digits: str, today: date) -> date:
    """YYMMDD as a date: the century that brings it within 49 years past and 50 ahead; day 00 is the month's last.

    Raises:
        ValueError: there is no such day.
    """
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    ahead = year - today.year % 100
    year += today.year - today.year % 100
    if ahead > 50:  # noqa: PLR2004 - the standard's own numbers
        year -= 100
    elif ahead < -49:  # noqa: PLR2004
        year += 100
    if not 1 <= month <= 12:  # noqa: PLR2004
        raise ValueError(digits)
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _time_of(digits: str, *, may_be_open: bool = False) -> None:
    """HH, HHMM or HHMMSS, or nothing.

    Raises:
        ValueError: there is no such time.
    """
    if may_be_open and digits == _NO_TIME:
        return
    if len(digits) % 2:
        raise ValueError(digits)
    limits = (24, 60, 60)
    for place, limit in zip(range(0, len(digits), 2), limits, strict=False):
        if int(digits[place : place + 2]) >= limit:
            raise ValueError(digits)


# ---------------------------------------------------------------- what they tell

_DATE_NAMES = {"17": "expiry", "7003": "expiry", "15": "best_before", "11": "production", "13": "packaging", "16": "sell_by",
               "12": "due"}  # fmt: skip
_NAMES = {"10": "lot", "21": "serial", "00": "sscc", "400": "order", "414": "location_gln", "254": "location_ext",
          "02": "content_gtin14", "37": "count", "30": "variable_count"}  # fmt: skip
_WEIGHT_AI = "310"


def told_by(elements: list[Element], today: date) -> Scan:
    """What the elements tell, by name."""
    told: Scan = {}
    for ai, value in elements:
        if ai == "01" or (ai == "8006" and "gtin14" not in told):
            told["gtin14"] = value[:14]
        elif ai in _DATE_NAMES:
            told.setdefault(_DATE_NAMES[ai], date_of(value[:_DATE_DIGITS], today).isoformat())
        elif ai in _NAMES:
            told.setdefault(_NAMES[ai], int(value) if ai in {"30", "37"} else value)
        elif ai.startswith(_WEIGHT_AI):
            told.setdefault("net_weight_kg", _decimal(value, int(ai[3])))
    return told


def _decimal(digits: str, decimals: int) -> str:
    """A measure as it is written, never as a binary fraction."""
    whole = str(int(digits[: len(digits) - decimals]))
    return f"{whole}.{digits[len(digits) - decimals :]}" if decimals else whole


def is_gtin(text: str) -> bool:
    """Digits of a GTIN's length with the right check digit."""
    return len(text) in {8, 12, 13, 14} and is_digits(text) and has_check_digit(text)
