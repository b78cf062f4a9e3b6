"""Badges as people carry them: an image for the page that shows one once, and a card of the usual size as PDF."""

from __future__ import annotations

from io import BytesIO
from typing import Any

WIDTH_MM, HEIGHT_MM = 85.6, 54.0  # ID-1, as bank cards
NAME_SHOWN = 40


def qr_image(text: str) -> str:
    """A QR code as an image that a page holds itself."""
    import segno

    return str(segno.make(text, micro=False).svg_data_uri(scale=5, border=4))


def badge_card(name: str, badge: str, house: str) -> bytes:
    """A badge card: name, warehouse, and the badge's text as QR code and as Code 128. Never a PIN."""
    from reportlab.graphics.barcode.code128 import Code128
    from reportlab.graphics.barcode.qr import QrCode
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    from warehouse.web.papers import CHINESE, LATIN

    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    out = BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH_MM * mm, HEIGHT_MM * mm))
    canvas.setTitle(f"Badge {name}")
    canvas.setFont(_font(name, LATIN, CHINESE), 14)
    canvas.drawString(5 * mm, 45 * mm, name[:NAME_SHOWN])
    canvas.setFont(_font(house, LATIN, CHINESE), 10)
    canvas.drawString(5 * mm, 39 * mm, house[:NAME_SHOWN])
    code: Any = QrCode(badge, qrLevel="M", width=30 * mm, height=30 * mm)
    code.drawOn(canvas, 52 * mm, 21 * mm)
    line = Code128(badge, barHeight=11 * mm, barWidth=0.24 * mm, quiet=False)
    line.drawOn(canvas, (WIDTH_MM * mm - line.width) / 2, 6 * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _font(text: str, latin: str, chinese: str) -> str:
    return latin if text.isascii() else chinese
