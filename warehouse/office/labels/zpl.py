"""Labels for printers that speak ZPL II: texts as text, codes as a picture of their very dots.

A printer's own encoder would need to be told about each character that means something to it; dots mean nothing else.
Texts are UTF-8 (^CI28), and whatever could be a command is written in hexadecimal (^FH).
"""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.office.labels.rules import DOTS, Box, Form, Label, Words, boxes, breadth, lay_out, words

_PLAIN = frozenset(b" ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.,/+:()")


def as_zpl(sections: Sequence[tuple[Form, Sequence[Label]]]) -> bytes:
    """One format for each label."""
    formats = [_format(label, form) for form, labels in sections for label in labels]
    return "\n".join([*formats, ""]).encode("ascii")


def _format(label: Label, form: Form) -> str:
    marks, width, height = lay_out(label, form), int(form.width * DOTS), int(form.height * DOTS)
    parts = ["^XA", "^CI28", f"^PW{width}", f"^LL{height}", "^LH0,0", _picture(boxes(marks), width, height)]
    return "\n".join([*parts, *(_text(line) for line in words(marks)), "^XZ"])


def _picture(black: Sequence[Box], width: int, height: int) -> str:
    """All boxes as one field of dots, row by row in whole bytes."""
    row_bytes = (width + 7) // 8
    rows = [0] * height
    for box in black:
        x, wide = round(box.x * DOTS), round(box.width * DOTS)
        dots = ((1 << wide) - 1) << (row_bytes * 8 - x - wide)
        for y in range(round(box.y * DOTS), round((box.y + box.height) * DOTS)):
            rows[y] |= dots
    data = "".join(f"{row:0{row_bytes * 2}X}" for row in rows)
    total = row_bytes * height
    return f"^FO0,0^GFA,{total},{total},{row_bytes},{data}^FS"


def _text(line: Words) -> str:
    """A line of text, its letters narrower where it would be too wide."""
    high = round(line.size * DOTS)
    wide = min(high, int(line.width * DOTS / max(breadth(line.text), 0.1)))
    return f"^FO{round(line.x * DOTS)},{round((line.y - line.size * 0.8) * DOTS)}^A0N,{high},{wide}^FH_^FD{_safe(line.text)}^FS"


def _safe(text: str) -> str:
    """A text in which nothing is a command: all but plain letters as _ and two hexadecimal digits."""
    return "".join(chr(byte) if byte in _PLAIN else f"_{byte:02X}" for byte in text.encode())
