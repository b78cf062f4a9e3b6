"""Cells that a spreadsheet would run as a formula, made harmless on the way out and restored on the way in.

A text cell that begins with = + - @ a tab or a return, after any number of apostrophes, goes out with one more
apostrophe before it; plain numbers go out as they are. An import takes one apostrophe off such cells again, so that
what was exported and is imported again is the same text.
"""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?", re.ASCII)


def guard(text: str) -> str:
    """The cell as it is written to a file."""
    return "'" + text if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def unguard(text: str) -> str:
    """The cell as it is meant."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text
