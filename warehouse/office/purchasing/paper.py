"""The purchase order as its supplier gets it: a PDF, a CSV, and a letter around them, in the supplier's language.

Messages ask `letter_of` when the mail goes: the paper says what holds then, whatever was true when it was asked for.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO

from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.cells import guard
from warehouse.clock import day_of, iso_day
from warehouse.db import Row, Session
from warehouse.errors import N_
from warehouse.messages.letters import NoLetter, Outward
from warehouse.money import money, plain
from warehouse.office.purchasing import queries
from warehouse.web.language import CHINESE, say_in
from warehouse.web.papers import Sheet, as_pdf
from warehouse.who import By, system

COLUMNS = (N_("Line"), N_("SKU"), N_("Your code"), N_("Name"), N_("Quantity"), N_("Each, CNY"), N_("Amount, CNY"))
WIDTHS_MM = (11, 33, 28, 48, 18, 20, 22)
CSV_COLUMNS = (
    "number", "revision", "line", "sku", "supplier_code", "name", "quantity", "unit_cost", "amount", "currency", "due",
    "ordered_on", "buyer", "buyer_address", "supplier", "supplier_address", "deliver_to",
)  # fmt: skip
"""Headings of the CSV: for programs, so never translated. A supplier reads it: money is in yuan with two decimals."""

PAGE = N_("page %(page)s of %(pages)s")
SUBJECT = N_("Purchase order %(number)s")
SUBJECT_AMENDED = N_("Purchase order %(number)s, revision %(revision)s")
SUBJECT_CHASED = N_("Where is purchase order %(number)s?")
ORDERED = N_(
    "Please supply what purchase order %(number)s lists (attached as PDF and CSV), and tell us the day on which it comes."
)
AMENDED = N_("Purchase order %(number)s has changed. Revision %(revision)s is attached; it replaces all before it.")
CHASED = N_(
    "Purchase order %(number)s was due on %(day)s and has not come in full. Please tell us the day on which the rest comes."
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A purchase order as its supplier reads it, in that language."""

    view: queries.PurchaseView
    language: str
    timezone: str
    warehouse: str
    buyer: str
    buyer_address: str
    delivery_address: str

    @property
    def number(self) -> str:
        """The order's number."""
        return str(self.view.order.number)

    @property
    def due(self) -> str:
        """The day that was asked for."""
        return self.day(self.view.order.due_at)

    @property
    def ordered_on(self) -> str:
        """The day on which it was sent; before that, on which it was made."""
        return self.day(self.view.order.sent_at or self.view.order.made_at)

    def say(self, text: str, **params: object) -> str:
        """A sentence in the supplier's language."""
        return say_in(self.language, text, params)

    def name(self, row: Row) -> str:
        """What an item is called in that language."""
        return str(row.name_zh if row.name_zh and self.language == CHINESE else row.name)

    def day(self, at: int | None) -> str:
        """A day of this warehouse; empty for none."""
        return (iso_day(day_of(at, self.timezone)) or "") if at is not None else ""


def paper_of(session: Session, by: By, order_id: int) -> Paper:
    """A purchase order as its supplier reads it.

    Raises:
        NotFound: this warehouse has none of this id.
    """
    view = queries.purchase_view(session, by, order_id)
    language = view.order.language or setting(session, "supplier_language", by.warehouse_id)
    here = places(session, by.warehouse_id)
    buyer, address, delivery = (
        str(setting(session, name, by.warehouse_id)) for name in ("company_name", "company_address", "delivery_address")
    )
    return Paper(view, language, here.timezone, here.code, buyer or here.code, address, delivery or address)


def pdf(paper: Paper) -> bytes:
    """The order as PDF."""
    return as_pdf(sheet(paper))


def sheet(paper: Paper) -> Sheet:
    """What the order's paper says."""
    order = paper.view.order
    title = SUBJECT_AMENDED if order.revision > 1 else SUBJECT
    facts = [
        (N_("Ordered on"), paper.ordered_on), (N_("Delivery by"), paper.due), (N_("Your number"), order.supplier_reference),
        (N_("Total"), f"{money(paper.view.value)} CNY"),
    ]  # fmt: skip
    blocks = [
        (N_("Buyer"), (paper.buyer, paper.buyer_address)),
        (N_("Supplier"), (f"{order.supplier_name} ({order.supplier})", order.address, order.email)),
        (N_("Deliver to"), (paper.warehouse, paper.delivery_address)),
    ]  # fmt: skip
    rows = tuple(
        (str(row.line), row.sku, row.their_code, paper.name(row), str(row.quantity),
         money(row.unit_cost), money(None if row.unit_cost is None else row.quantity * row.unit_cost))
        for row in paper.view.lines
    )  # fmt: skip
    return Sheet(
        title=paper.say(title, number=order.number, revision=order.revision), barcode=order.barcode,
        facts=tuple((paper.say(name), text) for name, text in facts if text),
        columns=tuple(paper.say(name) for name in COLUMNS), rows=rows, widths_mm=WIDTHS_MM, numbers=3,
        blocks=tuple((paper.say(name), tuple(filter(None, lines))) for name, lines in blocks),
        # The foot's own numbers are filled in page by page.
        foot=f"{paper.number} · ".replace("%", "%%") + paper.say(PAGE, page="%(page)s", pages="%(pages)s"),
    )  # fmt: skip


def as_csv(paper: Paper) -> bytes:
    """The order as CSV in UTF-8, with the mark that spreadsheets look for."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    order = paper.view.order
    for row in paper.view.lines:
        amount = None if row.unit_cost is None else row.quantity * row.unit_cost
        cells = (paper.number, str(order.revision), str(row.line), row.sku, row.their_code, paper.name(row),
                 str(row.quantity), plain(row.unit_cost), plain(amount), "CNY", paper.due, paper.ordered_on, paper.buyer,
                 paper.buyer_address, order.supplier_name, order.address,
                 " ".join(filter(None, (paper.warehouse, paper.delivery_address))))  # fmt: skip
        writer.writerow([guard(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


REVISED = "purchase_order.amended"
LETTERS = {
    "purchase_order": (SUBJECT, ORDERED), REVISED: (SUBJECT_AMENDED, AMENDED),
    "purchase_order.chased": (SUBJECT_CHASED, CHASED),
}  # fmt: skip
"""The messages of the outbox that become a letter to a supplier: what each is about, and what it says."""


def letter_of(session: Session, warehouse_id: int, topic: str, order_id: int, now: int) -> Outward:
    """The letter that a message of the outbox asks for.

    Raises:
        NoLetter: no address of the supplier is known, or the order is not open any more.
        NotFound: there is no such order.
    """
    paper = paper_of(session, system(warehouse_id, "UTC", now=now), order_id)
    order, (subject, text) = paper.view.order, LETTERS[topic]
    # An amendment that took away the rest has closed it: who is not told sends that rest.
    if order.state != "open" and (topic, order.state) != (REVISED, "closed"):
        raise NoLetter("not_open", paper.number)
    if not order.email:
        raise NoLetter("no_supplier_address", order.supplier_name)
    said = {"number": order.number, "revision": order.revision, "day": paper.day(order.promised_at or order.due_at)}
    name = "".join(each if each.isalnum() or each in "-_." else "_" for each in paper.number)
    return Outward(
        order.email, paper.say(subject, **said), paper.say(text, **said), paper.language,
        ((f"{name}.pdf", "application/pdf", pdf(paper)), (f"{name}.csv", "text/csv", as_csv(paper))),
    )  # fmt: skip
