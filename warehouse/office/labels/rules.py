"""What a label says and how its code is drawn. Pure: no session, no Flask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import segno
from barcode import get_barcode_class
from barcode.errors import BarcodeError

from warehouse.errors import N_, Refusal

LINEAR_MAX = 26  # longer texts make bars too fine for a label of 63 mm
PRINTED_MAX = 2_000  # labels in one file
EAN_DIGITS = 13

COMMANDS = (
    ("XXOK", N_("OK")), ("XXUNDO", N_("Undo")), ("XXSHORT", N_("Short")), ("XXDAMAGE", N_("Damaged")),
    ("XXSKIP", N_("Skip")), ("XXDONE", N_("Done")), ("XXFULL", N_("Full")), ("XXBACK", N_("Leave")),
    ("XXHELP", N_("Help")), ("XXMENU", N_("Menu")), ("XXLOCK", N_("Sign out")),
    ("XXRECEIVING", N_("Receiving")), ("XXPUTAWAY", N_("Putaway")), ("XXREPLENISHING", N_("Replenishing")),
    ("XXPICKING", N_("Picking")), ("XXPACKING", N_("Packing")), ("XXSHIPPING", N_("Shipping")),
)  # fmt: skip
QUANTITIES = tuple((f"XQ{number}", str(number)) for number in range(1, 13))


class NothingToPrint(Refusal):
    """No thing of that kind, or none of those named."""

    code = "nothing_to_print"
    text = N_("There is nothing to print: none of what was named is there. Look at the codes again.")
    status = 404


class TooManyLabels(Refusal):
    """More labels than one file may hold."""

    code = "too_many_labels"
    text = N_("%(asked)s labels at once are too many: at most %(most)s go into one file. Name fewer.")


@dataclass(frozen=True, slots=True)
class Label:
    """One label: the text that scans, the big text for people, and a quieter line."""

    text: str
    big: str
    small: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A code as dark modules: one row for bars, a square for a QR code."""

    rows: tuple[tuple[bool, ...], ...]

    @property
    def is_linear(self) -> bool:
        """Bars, as high as there is room."""
        return len(self.rows) == 1


def check_count(labels: Sequence[Label]) -> Sequence[Label]:
    """The labels, if there are some and not too many.

    Raises:
        NothingToPrint, TooManyLabels: there are none, or more than one file may hold.
    """
    if not labels:
        raise NothingToPrint
    if len(labels) > PRINTED_MAX:
        raise TooManyLabels(asked=len(labels), most=PRINTED_MAX)
    return labels


def drawn(text: str) -> Drawing:
    """The code that reads back as this very text.

    EAN-13 for thirteen digits whose check digit is right (the library would silently mend a wrong one), Code 128 for
    short plain texts, else a QR code.
    """
    if not text.isascii() or not text.isprintable() or len(text) > LINEAR_MAX:
        return _square(text)
    try:
        return _bars("ean13" if _is_ean(text) else "code128", text)
    except BarcodeError:
        return _square(text)


def zpl(label: Label) -> str:
    """One label of 63 × 38 mm for a printer of 203 dpi that speaks ZPL II."""
    linear = drawn(label.text).is_linear
    code = (
        f"^BY2^BCN,110,N,N,N^FH_^FD{_escaped(label.text)}^FS"
        if linear
        else f"^BQN,2,4^FH_^FDMA,{_escaped(label.text)}^FS"
    )
    return (
        f"^XA^CI28^PW504^LL304^FO24,20{code}^FO24,150^A0N,52,48^FH_^FD{_escaped(label.big)}^FS"
        f"^FO24,212^A0N,28,26^FB460,2^FH_^FD{_escaped(label.small)}^FS^XZ"
    )


def _bars(kind: str, text: str) -> Drawing:
    built = get_barcode_class(kind)(text).build()[0]
    return Drawing((tuple(module == "1" for module in built),))


def _square(text: str) -> Drawing:
    matrix = segno.make_qr(text, error="m").matrix
    return Drawing(tuple(tuple(bool(module) for module in row) for row in matrix))


def _is_ean(text: str) -> bool:
    if len(text) != EAN_DIGITS or not text.isdigit():
        return False
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(text[:-1]))
    return -total % 10 == int(text[-1])


def _escaped(text: str) -> str:
    """A text within a field: what ZPL would take for its own marks goes as hexadecimal (^FH)."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return "".join(f"_{ord(letter):02X}" if letter in "^~_\\" else letter for letter in plain)
