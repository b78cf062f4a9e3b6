"""What a label says and how it is laid out: boxes and lines of text, in millimetres from its upper left corner. Pure.

Every box lies on a grid of an eighth of a millimetre: one dot of a 203 dpi printer, so that no bar is ever rounded.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from warehouse.errors import N_, Refusal
from warehouse.office.labels.drawing import QUIET_LINE, QUIET_QR, Drawing, bars, square

DOTS = 8  # in a millimetre
PRINTED_MAX, PICTURES_MAX, TOTES_MAX = 2_000, 100, 200  # labels in one file
INSET = 4.0  # no printer prints to the very edge of its sheet
LINE_WIDTHS, QR_WIDTHS = (0.5, 0.375, 0.25), (1.0, 0.75, 0.5, 0.375, 0.25)
LINE_HEIGHT = 12.0
SMALL_SIZE, CAPTION_SIZE, GAP = 3.0, 2.75, 1.0
SMALL_LINES = 2
FIRST_LEVEL = 1

COMMANDS = (
    ("XXOK", N_("OK")), ("XXUNDO", N_("Undo")), ("XXSHORT", N_("Short")), ("XXDAMAGE", N_("Damaged")),
    ("XXSKIP", N_("Skip")), ("XXDONE", N_("Done")), ("XXFULL", N_("Full")), ("XXBACK", N_("Leave")),
    ("XXHELP", N_("Help")), ("XXMENU", N_("Menu")), ("XXLOCK", N_("Sign out")),
    ("XXRECEIVING", N_("Receiving")), ("XXPUTAWAY", N_("Putaway")), ("XXREPLENISHING", N_("Replenishing")),
    ("XXPICKING", N_("Picking")), ("XXPACKING", N_("Packing")), ("XXSHIPPING", N_("Shipping")), ("XXCOUNTING", N_("Counting")),
    ("XXCLEARING", N_("Clearing")),
)  # fmt: skip
QUANTITIES = tuple((f"XQ{number}", str(number)) for number in range(1, 13))


class NothingToPrint(Refusal):
    """No thing of that kind, or not all of those named."""

    code = "nothing_to_print"
    text = N_("There is nothing to print: %(read)s is not here. Look at the code again.")
    status = 404


class TooManyLabels(Refusal):
    """More labels than one file may hold."""

    code = "too_many_labels"
    text = N_("%(asked)s labels at once are too many: at most %(most)s go into one file. Name fewer.")


class BadgeNotKept(Refusal):
    """A badge is known only when it is issued."""

    code = "badge_not_kept"
    text = N_("A badge cannot be printed again. Name the people who get new ones; their old badges end at once.")


@dataclass(frozen=True, slots=True)
class Label:
    """One label: the text that scans, the big text for people, and quieter lines below it.

    Attributes:
        caption: what stands under the code, so that it can be typed.
        level: of a bin; an arrow shows whether to reach down or up from the label at eye level.
        twice: the text is drawn as bars and as a QR code, for every kind of reader.
    """

    text: str
    big: str
    small: tuple[str, ...] = ()
    caption: str = ""
    level: int | None = None
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The size of a label, the size of its big word, and how many stand beside and below each other on A4."""

    width: float
    height: float
    head: float
    columns: int
    rows: int


FORMS = {
    "items": Form(70, 37, 4.5, 3, 8), "locations": Form(105, 48, 13, 2, 6), "totes": Form(105, 48, 11, 2, 6),
    "badges": Form(90, 56, 5.5, 2, 5), "commands": Form(105, 37, 6.5, 2, 8),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """A black box."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text that begins at x, stands on the line y, and may not be wider than `width`."""

    x: float
    y: float
    size: float
    width: float
    text: str


Mark = Box | Words


def lay_out(label: Label, form: Form) -> list[Mark]:
    """A label's marks: words on top, the code below them, or beside them where it is a square one."""
    line, room = bars(label.text), form.width - 2 * INSET
    if line is None or line.width * LINE_WIDTHS[-1] > room:
        return _with_square(label, form, square(label.text), form.height - 2 * INSET)
    caption = _clean(label.caption)
    foot = form.height - INSET - (CAPTION_SIZE + GAP if caption else 0)
    marks: list[Mark] = [*_line(line, INSET, foot - LINE_HEIGHT, room)]
    if caption:
        marks.append(Words(INSET, form.height - INSET, CAPTION_SIZE, room, caption))
    above = foot - LINE_HEIGHT - GAP - INSET
    if not label.twice:
        return [*marks, *_words(label, form, room, above)]
    side = _snap(above)
    marks += _square(square(label.text), form.width - INSET - side, INSET, side)
    return [*marks, *_words(label, form, room - side - GAP, above)]


def sheet(form: Form, count: int) -> Iterator[tuple[int, int, float, float]]:
    """Where so many labels stand on A4: label, page, and the upper left corner in millimetres."""
    left, top = (210 - form.columns * form.width) / 2, (297 - form.rows * form.height) / 2
    for index in range(count):
        page, place = divmod(index, form.columns * form.rows)
        row, column = divmod(place, form.columns)
        yield index, page, left + column * form.width, top + row * form.height


def check_count(labels: Sequence[Label], *, of: str, most: int = PRINTED_MAX) -> Sequence[Label]:
    """The labels, if there are some and not too many.

    Raises:
        NothingToPrint, TooManyLabels: there are none, or more than one file may hold.
    """
    if not labels:
        raise NothingToPrint(read=of)
    if len(labels) > most:
        raise TooManyLabels(asked=len(labels), most=most)
    return labels


def breadth(text: str) -> float:
    """How wide a text is, about, in its own size: no font of any printer is wider."""
    return sum(
        1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.72 if letter.isupper() or letter.isdigit() else 0.58
        for letter in text
    )


def _with_square(label: Label, form: Form, drawing: Drawing, side: float) -> list[Mark]:
    side = min(side, form.width / 2 - INSET)
    words = _words(label, form, form.width - 2 * INSET - side - GAP, form.height - 2 * INSET)
    return [*_square(drawing, form.width - INSET - side, INSET, side), *words]


def _words(label: Label, form: Form, width: float, height: float) -> Iterator[Mark]:
    """The big word, an arrow beside it where the level is known, and as many lines of names as there is space for."""
    arrow = form.head if label.level is not None else 0
    y = INSET + form.head * 0.8
    yield Words(INSET, y, form.head, width - arrow - (GAP if arrow else 0), _clean(label.big))
    if label.level is not None:
        yield from _arrow(INSET + width - arrow, INSET, arrow, up=label.level > FIRST_LEVEL)
    for name in label.small:
        for line in _wrap(_clean(name), width / SMALL_SIZE):
            y += SMALL_SIZE + GAP
            if y > INSET + height:
                return
            yield Words(INSET, y, SMALL_SIZE, width, line)


def _wrap(text: str, width: float) -> list[str]:
    """A text in at most SMALL_LINES lines; what does not fit any more is told by an ellipsis."""
    lines = [""]
    for letter in text:
        if breadth(lines[-1] + letter) <= width:
            lines[-1] += letter
            continue
        if len(lines) == SMALL_LINES:
            return [*lines[:-1], lines[-1][:-1] + "…"]
        head, blank, tail = lines[-1].rpartition(" ")
        lines[-1:] = [head, tail + letter] if blank and head else [lines[-1], letter]
    return [line.strip() for line in lines if line.strip()]


def _clean(text: str) -> str:
    """A text as it may stand on paper: what has no shape, or turns the direction of writing, becomes a blank."""
    return "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in text).strip()


def _line(drawing: Drawing, x: float, y: float, room: float) -> Iterator[Box]:
    """A linear code as wide as the room allows, in the middle of it."""
    module = next(each for each in LINE_WIDTHS if drawing.width * each <= room)
    left = _snap(x + (room - drawing.width * module) / 2) + QUIET_LINE * module
    for start, count in _runs(drawing.rows[0]):
        yield Box(left + start * module, _snap(y), count * module, LINE_HEIGHT)


def _square(drawing: Drawing, x: float, y: float, side: float) -> Iterator[Box]:
    module = next((each for each in QR_WIDTHS if drawing.width * each <= side), QR_WIDTHS[-1])
    left, top = _snap(x) + QUIET_QR * module, _snap(y) + QUIET_QR * module
    for row, modules in enumerate(drawing.rows):
        for start, count in _runs(modules):
            yield Box(left + start * module, top + row * module, count * module, module)


def _arrow(x: float, y: float, side: float, *, up: bool) -> Iterator[Box]:
    """A triangle, of boxes like all else: up to a higher level, down to the lowest."""
    steps = int(side * DOTS) // 2
    for step in range(steps):
        half = (step + 1 if up else steps - step) / DOTS
        yield Box(_snap(x + side / 2) - half, _snap(y) + step * 2 / DOTS, 2 * half, 2 / DOTS)


def _runs(modules: str) -> Iterator[tuple[int, int]]:
    """Where black begins, and how long it is."""
    start = modules.find("1")
    while start >= 0:
        end = modules.find("0", start)
        end = len(modules) if end < 0 else end
        yield start, end - start
        start = modules.find("1", end)


def _snap(length: float) -> float:
    return round(length * DOTS) / DOTS


def boxes(marks: Sequence[Mark]) -> list[Box]:
    """What is black and no text."""
    return [mark for mark in marks if isinstance(mark, Box)]


def words(marks: Sequence[Mark]) -> list[Words]:
    """What is text."""
    return [mark for mark in marks if isinstance(mark, Words)]
