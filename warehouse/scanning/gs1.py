"""GS1 element strings: which item, lot, expiry, serial and quantity one code tells. biip reads them; we choose.

Source: GS1 General Specifications, application identifiers 00, 01, 10, 15, 17, 21, 30, 37.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
GS1_AIMS = frozenset({"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"})
GS = "\x1d"
_PLAIN_GS1 = re.compile(r"01[0-9]{14}(?:10|15|17|21|30|37)\S+|00[0-9]{18}", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
GTIN_LENGTHS = (8, 12, 13, 14)


@dataclass(frozen=True, slots=True)
class Gs1:
    """What one GS1 code tells; empty or None where it is silent. `expiry_day` is a day's ordinal."""

    gtin: str = ""
    sscc: str = ""
    lot: str = ""
    serial: str = ""
    expiry_day: int | None = None
    quantity: int | None = None


def strip_aim(text: str) -> tuple[str, str]:
    """The AIM identifier (]C1 and its like, ISO/IEC 15424) that a scanner put before the text, and the text."""
    found = AIM.match(text)
    return (found.group(), text[found.end() :]) if found else ("", text)


def parse_gs1(aim: str, text: str) -> Gs1 | None:
    """Reads an element string where the text is one: by its AIM identifier, its separators, or its whole form."""
    looks = aim in GS1_AIMS or GS in text or text.startswith("(") or (not aim and _PLAIN_GS1.fullmatch(text))
    return _parse(text.lstrip(GS)) if looks else None


def _parse(text: str) -> Gs1 | None:
    from biip import ParseError
    from biip.gs1_messages import GS1Message

    try:
        message = GS1Message.parse_hri(text) if text.startswith("(") else GS1Message.parse(text)
    except ParseError:
        return None
    values = {element.ai.ai: element for element in message.element_strings}

    def value(ai: str) -> str:
        return values[ai].value if ai in values else ""

    gtin = values.get("01") or values.get("02")
    if gtin is not None and gtin.gtin is None:
        return None
    expiry = values.get("17") or values.get("15")
    count = value("37") or value("30")
    return Gs1(
        gtin=gtin.value if gtin else "", sscc=value("00"), lot=value("10"), serial=value("21"),
        expiry_day=expiry.date.toordinal() if expiry and expiry.date else None,
        quantity=int(count) if _DIGITS.fullmatch(count) else None,
    )  # fmt: skip


def gtin_forms(text: str) -> list[str]:
    """The ways in which the same GTIN may be registered: with and without its leading zeros."""
    if len(text) not in GTIN_LENGTHS or not _DIGITS.fullmatch(text):
        return []
    core = text.lstrip("0")
    return [core.rjust(length, "0") for length in GTIN_LENGTHS if len(core) <= length]
