"""parse(): what a scanned or typed text says, before anyone looks anything up. Pure and bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from warehouse.catalog.codes import COMMANDS, MADE_FORM, REASON, VALUE_FORM
from warehouse.errors import N_, Refusal
from warehouse.scanning.gs1 import Gs1, gtin_forms, parse_gs1, strip_aim

TEXT_MAX = 512
_VALUE_LIKE = re.compile(r"X[QWE][0-9]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1c\x1e\x1f\x7f-\x9f\ud800-\udfff]")
GS = "\x1d"
_BLANKS = " \t\r\n"


class TooLong(Refusal):
    """A text longer than any code."""

    code = "code_too_long"
    text = N_("That was %(length)s characters; a code has at most %(most)s. Scan one code at a time.")


class Unreadable(Refusal):
    """A text that no code can be: empty, or with control characters."""

    code = "code_unreadable"
    text = N_("No code could be read: it is empty or holds control characters. Scan it again.")


class BadExpiry(Refusal):
    """XE and eight digits that are no date."""

    code = "bad_expiry"
    text = N_("%(read)s is no date. Expected XE and the date as yyyymmdd, such as XE20271231.")


class BadQuantity(Refusal):
    """XQ or XW and more digits than a value has, and no user's code."""

    code = "bad_quantity"
    text = N_("%(read)s is no quantity. Expected XQ (for grams XW) and 1 to 7 digits, such as XQ12.")


@dataclass(frozen=True, slots=True)
class Reading:
    """One scan as understood from its text alone.

    Attributes:
        text: as read, without the AIM identifier and the blanks around it.
        candidates: the texts under which the thing may be registered, as read first.
        command: XXUNDO and its like, or empty.
        quantity, weight_g, expiry_day, reason: the value that XQ, XW, XE or XR carries.
        made: a code of our own form: XL, XC, XB or XD and digits.
    """

    text: str
    candidates: tuple[str, ...] = ()
    command: str = ""
    quantity: int | None = None
    weight_g: int | None = None
    expiry_day: int | None = None
    reason: str | None = None
    made: str = ""
    gs1: Gs1 | None = None

    @property
    def is_value(self) -> bool:
        """A command or value: it names no thing and is never looked up."""
        return not self.candidates

    def slip(self) -> Refusal | None:
        """Why a text that begins like a value and goes on in digits alone is none; it may still be a user's code."""
        if not self.candidates or not _VALUE_LIKE.fullmatch(self.text):
            return None
        return BadExpiry(read=self.text) if self.text.startswith("XE") else BadQuantity(read=self.text)


def parse(raw: str) -> Reading:
    """Understands a text as read. GS (U+001D) is kept; an AIM identifier is used and taken off.

    Raises:
        TooLong: more than TEXT_MAX characters.
        Unreadable: nothing there, or control characters.
        BadExpiry: XE with digits that are no date.
    """
    if len(raw) > TEXT_MAX:
        raise TooLong(length=len(raw), most=TEXT_MAX)
    aim, text = strip_aim(raw.strip(_BLANKS))
    text = text.strip(_BLANKS)
    if not text.strip(GS + " ") or _CONTROL.search(text):
        raise Unreadable
    return _command_or_value(text) or _code(aim, text)


def _command_or_value(text: str) -> Reading | None:
    if text in COMMANDS:
        return Reading(text, command=text)
    if found := VALUE_FORM.fullmatch(text):
        return _value(text, found)
    if text.startswith(REASON) and text != REASON:
        return Reading(text, candidates=(text,), reason=text.removeprefix(REASON))
    return None


def _value(text: str, found: re.Match[str]) -> Reading:
    if found["quantity"]:
        return Reading(text, quantity=int(found["quantity"]))
    if found["weight"]:
        return Reading(text, weight_g=int(found["weight"]))
    digits = found["expiry"]
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise BadExpiry(read=text) from error
    return Reading(text, expiry_day=day.toordinal())


def _code(aim: str, text: str) -> Reading:
    gs1 = parse_gs1(aim, text)
    made = text[:2] if MADE_FORM.fullmatch(text) else ""
    forms: list[str] = [text]
    if gs1 and gs1.gtin:
        forms += gtin_forms(gs1.gtin)
    if gs1 and gs1.sscc:
        forms.append(gs1.sscc)
    if not made:
        forms += gtin_forms(text)
    return Reading(text, candidates=tuple(dict.fromkeys(forms)), made=made, gs1=gs1)
