"""How a text's code is drawn: EAN, Code 128, or QR where no line could hold it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

QUIET_LINE, QUIET_QR = 10, 4
"""Modules of white that a reader needs around a code (ISO/IEC 15417, 18004)."""
LINE_MAX = 48

_EAN = re.compile(r"[0-9]{8}|[0-9]{13}", re.ASCII)
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A code as rows of modules, `1` for dark: one row for bars, as high as there is room; a square for a QR code."""

    rows: tuple[str, ...]

    @property
    def is_linear(self) -> bool:
        """Bars."""
        return len(self.rows) == 1

    @property
    def width(self) -> int:
        """Modules from edge to edge, the white around it among them."""
        return len(self.rows[0]) + 2 * (QUIET_LINE if self.is_linear else QUIET_QR)


def bars(text: str) -> Drawing | None:
    """The bars that read back as this very text; None where Code 128 lacks its letters, or it is far too long.

    Only a number whose check digit is right becomes an EAN: the library would silently mend a wrong one. Brackets such
    as "(00)" are data like all else.
    """
    from barcode.codex import Code128
    from barcode.ean import EAN8, EAN13

    if _EAN.fullmatch(text) and _check_digit_is_right(text):
        kind = EAN13 if len(text) > len("12345678") else EAN8
        return Drawing((str(kind(text).build()[0]),))
    if len(text) > LINE_MAX or not _PRINTABLE.fullmatch(text) or text != text.strip():
        return None
    return Drawing((str(Code128(text).build()[0]),))


def square(text: str) -> Drawing:
    """The QR code that reads back as this very text. Letters beyond ASCII as UTF-8, which readers guess rightly."""
    import segno

    as_bytes: dict[str, Any] = {} if text.isascii() else {"mode": "byte", "encoding": "utf-8"}
    made = segno.make_qr(text, error="m", **as_bytes)
    return Drawing(tuple("".join("1" if module else "0" for module in row) for row in made.matrix))


def _check_digit_is_right(digits: str) -> bool:
    return sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(reversed(digits))) % 10 == 0
