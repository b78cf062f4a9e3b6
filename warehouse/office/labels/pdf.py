"""Labels on A4 sheets as PDF. The library is loaded at the first sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from warehouse.office.labels.rules import Form, Label, Words, boxes, lay_out, sheet, words

LATIN, CHINESE = "Helvetica-Bold", "STSong-Light"  # PDF's own fonts: nothing to embed
PAGE_HEIGHT = 297

_RUNS = re.compile(r"[\x20-\xff]+|[^\x20-\xff]+")

Section = tuple[Form, Sequence[Label]]


def as_pdf(title: str, sections: Sequence[Section]) -> bytes:
    """Sections of labels, each beginning on a page of its own."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle(title)
    for form, labels in sections:
        _section(canvas, form, labels)
    canvas.save()
    return out.getvalue()


def _section(canvas: Any, form: Form, labels: Sequence[Label]) -> None:
    on_page = 0
    for index, page, left, top in sheet(form, len(labels)):
        if page != on_page:
            canvas.showPage()
            on_page = page
        _draw(canvas, labels[index], form, left, top)
    canvas.showPage()


def _draw(canvas: Any, label: Label, form: Form, left: float, top: float) -> None:
    from reportlab.lib.units import mm

    marks = lay_out(label, form)
    for box in boxes(marks):
        y = PAGE_HEIGHT - top - box.y - box.height
        canvas.rect((left + box.x) * mm, y * mm, box.width * mm, box.height * mm, stroke=0, fill=1)
    for line in words(marks):
        _write(canvas, line, (left + line.x) * mm, (PAGE_HEIGHT - top - line.y) * mm, mm)


def _write(canvas: Any, line: Words, x: float, y: float, mm: float) -> None:
    """A line in its letters' fonts, smaller where it would be too wide."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    runs = [(LATIN if run[0] <= "\xff" else CHINESE, run) for run in _RUNS.findall(line.text)]
    size = line.size * mm
    wide = sum(stringWidth(run, font, size) for font, run in runs)
    size *= min(1, line.width * mm / wide) if wide else 1
    text = canvas.beginText(x, y)
    for font, run in runs:
        text.setFont(font, size)
        text.textOut(run)
    canvas.drawText(text)
