"""Which labels a kind of sheet holds, and the sheet in a printer's form; the same for pages and the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from warehouse.db import Session
from warehouse.office.labels import queries
from warehouse.office.labels.rules import FORMS, BadgeNotKept, Form, Label, NothingToPrint, check_count

Section = tuple[Form, Sequence[Label]]


def labels_of(
    session: Session, kind: str, *, warehouse_id: int, only: Sequence[str] = (), under: str = ""
) -> Sequence[Label]:
    """The labels of a kind.

    Raises:
        NothingToPrint, TooManyLabels: there are none, or more than one file may hold.
        BadgeNotKept: badges of real people are known only when they are issued.
    """
    if kind == "badges":
        return _badges(session)
    read: dict[str, Callable[[], list[Label]]] = {
        "items": lambda: queries.items(session, only=only),
        "locations": lambda: queries.locations(session, warehouse_id, only=only, under=under),
        "totes": lambda: queries.totes(session, warehouse_id, only=only),
        "commands": lambda: queries.commands(session),
    }
    return check_count(read[kind](), of=under or kind)


def demo(session: Session, warehouse_id: int) -> list[Section]:
    """The sheet for the first tour: who one can be, what one can say, and a few things to scan.

    Raises:
        NothingToPrint: this installation is no demo.
    """
    badges = queries.demo_badges(session)
    if not badges:
        raise NothingToPrint(read="demo")
    things = [*queries.commands(session), *queries.demo_things(session, warehouse_id)]
    return [(FORMS["badges"], badges), (FORMS["commands"], things)]


def printed(form: str, title: str, sections: Sequence[Section]) -> bytes:
    """Sections of labels as a file: pdf, png or zpl."""
    if form == "pdf":
        from warehouse.office.labels.pdf import as_pdf

        return as_pdf(title, sections)
    if form == "png":
        from warehouse.office.labels.png import as_png

        return as_png(sections)
    from warehouse.office.labels.zpl import as_zpl

    return as_zpl(sections)


def _badges(session: Session) -> list[Label]:
    badges = queries.demo_badges(session)
    if not badges:
        raise BadgeNotKept
    return badges
