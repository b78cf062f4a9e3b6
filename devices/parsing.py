"""A frame's bytes → the scan that they hold. Pure.

The order matters: first whether the line or the keyboard is set up rightly, as such a fault spoils every scan; then the
AIM identifier (ISO/IEC 15424), which tells what the symbol is; only without one is the form of the text looked at.
"""

from __future__ import annotations

import re
from datetime import date

from devices import layouts, lines
from devices.digits import has_check_digit, is_digits
from devices.elements import elements_of, told_by
from devices.envelopes import CONTROLS, START, envelope
from devices.framing import Frame
from devices.links import link_elements
from devices.profiles import GS, Profile
from devices.retail import bare, ean, itf
from devices.scans import Scan, Wrong, error_scan

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]", re.ASCII)
_GS1_AIMS = frozenset("]C1 ]e0 ]e1 ]e2 ]e3 ]d2 ]d5 ]Q3 ]Q4 ]J1 ]J4".split())  # noqa: SIM905 - read as a list
_ECI_AIMS = frozenset({"]d4", "]d5", "]d6", "]Q2", "]Q4", "]Q6"})
_ECI = re.compile(r"\\[0-9]{6}", re.ASCII)
_MODIFIERS = {"C": "0124", "E": "01234", "I": "013", "Q": "0123456", "d": "0123456", "e": "0123", "J": "012345"}
_SYMBOLOGIES = frozenset("ABCEFGHIJKLMNOPQRSTUXYZdehopsz")
_TWO_DIMENSIONS = frozenset("LQUdhzJOe")
_SHAPE = re.compile(r"0[12][0-9]{14}|00[0-9]{18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SSCC_ELEMENT = 20


def parse(frame: Frame, profile: Profile, today: date) -> Scan | None:
    """The scan that a frame holds; None where it holds none (blanks, an answer to a command, a rest of the line).

    Never raises: what is wrong is a scan of type error.
    """
    if frame.kind == "too_long":
        return error_scan(None, Wrong("too_long"))
    if frame.kind == "leftover":
        wrong = lines.fault_of(frame.data, profile.encoding)
        return error_scan(None, wrong) if wrong else None
    if frame.kind != "data" or not frame.data.strip(b" "):
        return None
    scan = _parse_data(frame, profile, today)
    if frame.by_idle:
        scan["flushed_by"] = "idle"
    return scan


def _parse_data(frame: Frame, profile: Profile, today: date) -> Scan:
    if wrong := lines.fault_of(frame.data, profile.encoding):
        return error_scan(None, wrong)
    try:
        text = frame.data.decode(profile.encoding)
    except UnicodeDecodeError:
        return error_scan(lines.shown(frame.data), lines.not_decoded(frame.data))
    text = _with_controls(text, profile.gs)
    envelope_inside = START in text[:7]
    if any(
        character not in CONTROLS or not (envelope_inside or character == GS) for character in _CONTROL.findall(text)
    ):
        return error_scan(lines.shown_text(text), Wrong("control_char"))
    return parse_text(text, today, symbology=frame.symbology)


def parse_text(text: str, today: date, *, symbology: str = "") -> Scan:
    """What a text says, its AIM identifier before it; `symbology` is what the protocol told in place of one."""
    found = _AIM.match(text)
    aim, rest = (found.group(), text[3:]) if found else ("", text)
    try:
        _check_outside(aim, text)
        _check_characters(aim or symbology, rest)
    except Wrong as wrong:
        return error_scan(text, wrong)
    try:
        scan = _told(aim or symbology, rest, today)
    except Wrong as wrong:
        return error_scan(rest, wrong, aim)
    head: Scan = {"type": scan.pop("type"), "text": rest}
    if aim:
        head["aim"] = aim
    return head | scan


def _with_controls(text: str, stand_in: str) -> str:
    """Puts back what a keyboard cannot type: GS, and with the caret's notation RS and EOT too."""
    if not stand_in:
        return text
    text = text.replace(stand_in, GS)
    if stand_in == "^]" and "[)>" in text[:6]:
        text = text.replace("^^", "\x1e").replace("^D", "\x04")
    return text


def _check_outside(aim: str, text: str) -> None:
    """Proves that what stands before the data is an identifier that exists."""
    if aim:
        if not _exists(aim):
            raise Wrong("aim_unknown", hint="caps_lock" if _exists(aim.swapcase()) else "")
        if layouts.is_caps_lock(aim, text[3:]):
            raise Wrong("aim_unknown", hint="caps_lock")
    elif text.startswith("]"):
        raise Wrong("aim_unknown")
    elif layouts.is_shifted_identifier(text, _exists):
        raise Wrong("aim_unknown", hint="keyboard_layout")


def _exists(aim: str) -> bool:
    letter, modifier = aim[1], aim[2]
    return letter in _SYMBOLOGIES and modifier in _MODIFIERS.get(letter, modifier)


def _check_characters(aim: str, text: str) -> None:
    """Proves that text beyond ASCII is one that this symbol can hold and no keyboard made."""
    if text.isascii() or aim in _GS1_AIMS or aim.startswith(("]E", "]I")):
        return
    hint = layouts.hint_of(text, has_aim=bool(aim))
    if hint or not (aim[1:2] in _TWO_DIMENSIONS if aim else layouts.is_east_asian(text)):
        raise Wrong("non_ascii", hint=hint)


# ---------------------------------------------------------------- what it says


def _told(aim: str, text: str, today: date) -> Scan:
    if not text or (aim and not text.strip(" ")):
        raise Wrong("empty")
    if aim in _ECI_AIMS and (eci := _ECI.match(text)):
        text = text[eci.end() :]
    if aim in _GS1_AIMS:
        return _gs1(text, today)
    if aim.startswith("]E"):
        return ean(aim, text)
    if aim.startswith("]I"):
        return itf(aim, text)
    if text.startswith(START):
        return envelope(text, today)
    if text[:4].lower() == "http" and (elements := link_elements(text, today)) is not None:
        return {"type": "digital_link", "elements": [list(pair) for pair in elements]} | told_by(elements, today)
    return _plain(text) if aim else _unmarked(text, today)


def _gs1(text: str, today: date) -> Scan:
    elements, warnings = elements_of(text, today)
    scan: Scan = {"type": "gs1", "elements": [list(element) for element in elements]} | told_by(elements, today)
    return scan | ({"warnings": warnings} if warnings else {})


def _plain(text: str) -> Scan:
    return {"type": "plain"} | ({"warnings": ["gs1_shape_without_fnc1"]} if _has_gs1_shape(text) else {})


def _unmarked(text: str, today: date) -> Scan:
    """No identifier was sent: a separator makes it a GS1 message, a number proves itself by its check digit."""
    if (scan := bare(text)) is not None:
        return scan
    if GS in text:
        return _gs1(text, today)
    if len(text) == _SSCC_ELEMENT and text.startswith("00") and _has_gs1_shape(text):
        return _gs1(text, today) | {"type": "sscc"}
    if _has_gs1_shape(text):
        try:
            return _gs1(text, today)
        except Wrong:
            return _plain(text)
    return {"type": "plain"}


def _has_gs1_shape(text: str) -> bool:
    found = _SHAPE.match(text)
    return found is not None and is_digits(found.group()) and has_check_digit(found.group()[2:])
