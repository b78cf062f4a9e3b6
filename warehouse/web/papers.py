"""Papers as PDF: one plain sheet with a title, a barcode, a few facts and a table, in Latin and Chinese letters.

The PDF library is loaded at the first paper: it costs a server process time and memory that the floor needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from html import escape
from io import BytesIO
from typing import Any

LATIN, CHINESE = "Helvetica", "STSong-Light"  # PDF's own fonts: nothing to embed, and every reader has them
MARGIN_MM = 15
WIDTHS_MM = (35, 75, 25, 25, 20)

_NOT_LATIN = re.compile(r"[^\x00-\xff]+")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a paper says; `barcode` is printed as Code 128, the last `numbers` columns stand on the right.

    `blocks` are headings with their lines, beside each other above the facts; `foot` stands below every page, with %(page)s
    and %(pages)s in it.
    """

    title: str
    barcode: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths_mm: tuple[int, ...] = WIDTHS_MM
    numbers: int = 1
    blocks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    foot: str = ""


def as_pdf(sheet: Sheet) -> bytes:
    """The sheet as an A4 PDF, on as many pages as it needs."""
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    out, margin = BytesIO(), MARGIN_MM * mm
    document = SimpleDocTemplate(
        out, title=f"{sheet.title} {sheet.barcode}", leftMargin=margin, rightMargin=margin, topMargin=margin,
        bottomMargin=margin,
    )  # fmt: skip
    document.build(_parts(sheet), canvasmaker=partial(_canvas, sheet.foot))
    return out.getvalue()


def _canvas(foot: str, *args: Any, **more: Any) -> Any:
    """A canvas that writes the foot of its pages when it knows how many there are."""
    from reportlab.pdfgen.canvas import Canvas

    class Counted(Canvas):  # type: ignore[misc]
        """Its pages are kept until the last one is drawn."""

        kept: list[dict[str, Any]]

        def showPage(self) -> None:  # noqa: N802 - the library's name
            self.kept = [*getattr(self, "kept", ()), dict(self.__dict__)]
            self._startPage()

        def save(self) -> None:
            pages = self.kept
            for number, page in enumerate(pages, start=1):
                self.__dict__.update(page)
                if foot:
                    _write_foot(self, foot % {"page": number, "pages": len(pages)})
                super().showPage()
            super().save()

    return Counted(*args, **more)


def _write_foot(canvas: Any, said: str) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph

    line, margin = Paragraph(_text(said), _style(8, 10, alignment=2)), MARGIN_MM * mm
    line.wrapOn(canvas, A4[0] - 2 * margin, margin)
    line.drawOn(canvas, margin, margin / 2)


def _parts(sheet: Sheet) -> list[Any]:
    from reportlab.graphics.barcode.code128 import Code128
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, Spacer

    head, text = _style(18, 24), _style(10, 13)
    facts = [Paragraph(_text(f"{name}: {value}"), text) for name, value in sheet.facts]
    barcode = Code128(sheet.barcode, barHeight=15 * mm, barWidth=0.4 * mm, quiet=True)
    blocks = [_blocks(sheet), Spacer(1, 4 * mm)] if sheet.blocks else []
    return [Paragraph(_text(sheet.title), head), barcode, Spacer(1, 4 * mm), *blocks, *facts, Spacer(1, 6 * mm),
            _table(sheet)]  # fmt: skip


def _blocks(sheet: Sheet) -> Any:
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, Table, TableStyle

    small, text = _style(8, 11), _style(10, 13)
    cells = [
        [Paragraph(_text(name), small), *(Paragraph(_text(line), text) for line in lines)]
        for name, lines in sheet.blocks
    ]
    looks = TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")])
    return Table([cells], colWidths=[sum(sheet.widths_mm) * mm / len(cells)] * len(cells), style=looks)


def _table(sheet: Sheet) -> Any:
    from reportlab.lib import colors
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, Table, TableStyle

    left, right = _style(9, 11), _style(9, 11, alignment=2)
    looks_of = [left] * (len(sheet.columns) - sheet.numbers) + [right] * sheet.numbers
    rows = [
        [Paragraph(_text(cell), look) for cell, look in zip(row, looks_of, strict=True)]
        for row in (sheet.columns, *sheet.rows)
    ]
    looks = TableStyle([
        ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black), ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.grey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ])  # fmt: skip
    return Table(
        rows, colWidths=[width * mm for width in sheet.widths_mm[: len(sheet.columns)]], repeatRows=1, style=looks
    )


def _text(said: str) -> str:
    """A text as a paragraph takes it: nothing in it is mark-up, and what is not Latin stands in the Chinese font."""
    return _NOT_LATIN.sub(rf'<font name="{CHINESE}">\g<0></font>', escape(said))


def _style(size: int, leading: int, *, alignment: int = 0) -> Any:
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        f"size-{size}", fontName=LATIN, fontSize=size, leading=leading, wordWrap="CJK", alignment=alignment
    )
