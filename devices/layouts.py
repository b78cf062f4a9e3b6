"""Whether a text was typed by a keyboard wedge under another layout, with an input method on, or with Caps Lock."""

from __future__ import annotations

import re
from collections.abc import Callable

from devices.digits import has_check_digit, is_digits

# What the key of ] types under other layouts: German, Spanish and Italian +, French $, Nordic and Swiss ¨, Russian ъ …
_BRACKETS = "+$¨´^=ъ"
_FRENCH_DIGITS = frozenset("&é\"'(-è_çà")
_FRENCH_LETTERS = frozenset("éèçàùµ§²°£¨")
_GS1_START = re.compile(r"0[0-3][0-9]{14}|[1-9][0-9]|00[0-9]{18}", re.ASCII)
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_WIDE = re.compile("[\uff01-\uff60\uffe0-\uffe6\u3000-\u303f]")
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_GS1_LETTERS = frozenset({"C1", "d2", "Q3", "e0", "J1"})
_EANS = {"E0": 13, "E4": 8}
_EAN13 = 13


def is_shifted_identifier(text: str, exists: Callable[[str], bool]) -> bool:
    """Whether a text begins as an AIM identifier does whose bracket another layout typed.

    Other codes begin with + too (health care's HIBC), so what follows must be what the identifier announces.
    """
    kind, rest = text[1:3], text[3:]
    if not rest or text[0] not in _BRACKETS or not exists(f"]{kind}"):
        return False
    if kind in _GS1_LETTERS:
        return _GS1_START.match(rest) is not None
    return kind in _EANS and len(rest) == _EANS[kind] and is_digits(rest)


def is_caps_lock(aim: str, text: str) -> bool:
    """Whether ]e0, GS1 DataBar, is truly an EAN's ]E0 with its letter turned: thirteen digits that prove themselves."""
    return aim == "]e0" and len(text) == _EAN13 and is_digits(text) and has_check_digit(text)


def hint_of(text: str, *, has_aim: bool) -> str:
    """What made the characters beyond ASCII, as far as it can be told."""
    if has_aim:
        return ""  # its bracket and letter came through, so no layout is at fault; two-dimensional codes hold any text
    if _WIDE.search(text) and not _EAST_ASIAN.search(text):
        return "input_method"
    if set(text) <= _FRENCH_DIGITS or _FRENCH_LETTERS & set(text) or _CYRILLIC.search(text) or text[0] in _BRACKETS:
        return "keyboard_layout"
    return ""


def is_east_asian(text: str) -> bool:
    """Whether all characters beyond ASCII are ideographs or syllables: a place's or thing's name, not a slip."""
    return all(character.isascii() or _EAST_ASIAN.match(character) for character in text)
