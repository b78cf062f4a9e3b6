"""Labels as one picture, each below the one before, at 203 dpi: one dot of the grid is one pixel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from warehouse.office.labels.rules import DOTS, PICTURES_MAX, Form, Label, boxes, check_count, lay_out, words

DPI = 203
WHITE, BLACK = 255, 0

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)  # fmt: skip
"""Fonts with Chinese letters, where systems keep them; without any, only Latin ones are drawn."""


def as_png(sections: Sequence[tuple[Form, Sequence[Label]]]) -> bytes:
    """The picture.

    Raises:
        TooManyLabels: it would be taller than a picture should be.
    """
    from PIL import Image, ImageDraw

    check_count([label for _, labels in sections for label in labels], of="png", most=PICTURES_MAX)
    width = max(int(form.width * DOTS) for form, _ in sections)
    height = sum(int(form.height * DOTS) * len(labels) for form, labels in sections)
    image = Image.new("L", (width, height), WHITE)
    draw, top = ImageDraw.Draw(image), 0
    for form, labels in sections:
        for label in labels:
            _draw(draw, label, form, top)
            top += int(form.height * DOTS)
    out = BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI), optimize=True)
    return out.getvalue()


def _draw(draw: Any, label: Label, form: Form, top: int) -> None:
    marks = lay_out(label, form)
    for box in boxes(marks):
        x, y = round(box.x * DOTS), top + round(box.y * DOTS)
        draw.rectangle((x, y, x + round(box.width * DOTS) - 1, y + round(box.height * DOTS) - 1), fill=BLACK)
    for line in words(marks):
        size, most = line.size * DOTS, line.width * DOTS
        wide = draw.textlength(line.text, font=_font(size))
        font = _font(size * min(1, most / wide)) if wide else _font(size)
        draw.text((line.x * DOTS, top + line.y * DOTS), line.text, font=font, fill=BLACK, anchor="ls")


@lru_cache(maxsize=64)
def _font(size: float) -> Any:
    from PIL import ImageFont

    path = next((each for each in _FONTS if Path(each).exists()), None)
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)
