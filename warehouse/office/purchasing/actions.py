"""What purchasing's desk changes: an order made by hand, the rest of one closed, the papers of a receipt found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from pysqlite3 import dbapi2 as sqlite

from warehouse.catalog.codes import next_number
from warehouse.clock import parse_day, start_of
from warehouse.db import Again, Session
from warehouse.errors import Notice, Refusal
from warehouse.office.purchasing import queries
from warehouse.office.purchasing.rules import (
    COST_MAX,
    MADE,
    QUANTITY_MAX,
    REST_CLOSED,
    BadDay,
    BeingReceived,
    NoLines,
    NotOpen,
    NumberTaken,
    UnknownItem,
    UnknownSupplier,
    typed_lines,
    usable_number,
    whole,
)  # fmt: skip
from warehouse.orders.purchase import PurchaseLine, make_purchase_order
from warehouse.orders.receipts import close_shorts, count_on_order
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import resolve
from warehouse.who import By
from warehouse.work.screen import Answer

_CLASHES = (psycopg.IntegrityError, sqlite.IntegrityError)

Linker = Callable[[Session, By, int, str], Answer]
_linkers: list[Linker] = []


def on_link(linker: Linker) -> None:
    """Says who gives a receipt without papers its order: the receipt's work, and the order's number."""
    _linkers[:] = [linker]


def link(session: Session, by: By, work_id: int, number: str) -> Answer:
    """Names the order of a receipt without papers; its goods are free from then on."""
    return _linkers[0](session, by, work_id, number)


def make(session: Session, by: By, sent: Mapping[str, Any]) -> Notice:
    """Makes a purchase order of what a form says; it is open at once.

    Raises:
        Refusal: something in it cannot be taken; nothing changed.
    """
    supplier = str(sent.get("supplier", "")).strip()
    supplier_id = queries.supplier_id(session, supplier)
    if supplier_id is None:
        raise UnknownSupplier(read=supplier[:100] or "–")
    lines = [_line(session, by, *line) for line in typed_lines(sent)]
    if not lines:
        raise NoLines
    due = _due(str(sent.get("due", "")).strip(), by)
    number = _number(session, by, str(sent.get("number", "")).strip())
    try:
        order_id = make_purchase_order(
            session, warehouse_id=by.warehouse_id, number=number, supplier_id=supplier_id, lines=lines, due_at=due,
            at=by.now, person_id=by.person_id,
        )  # fmt: skip
    except _CLASHES as clash:
        raise Again from clash  # the number was taken at this moment: looked at again, that is told
    barcode = session.value("SELECT barcode FROM purchase_order WHERE id = :id", id=order_id)
    return MADE(number=number, barcode=barcode, href=f"/purchase-orders/{order_id}")


def close_rest(session: Session, by: By, order_id: int) -> Notice:
    """Nobody waits for what has not come of an order; what has come stays booked.

    Raises:
        NotOpen: nothing is open.
        BeingReceived: somebody books goods on it now.
    """
    order = queries.lock_order(session, by, order_id)
    if order.state != "open":
        raise NotOpen(number=order.number)
    if who := queries.receiver_of(session, by, order_id):
        raise BeingReceived(who=who, number=order.number)
    lacking = queries.open_lines(session, order_id)
    session.run("UPDATE purchase_order SET state = 'cancelled' WHERE id = :id", id=order_id)
    close_shorts(session, by, order_id=order_id, all_lines=True)
    for row in lacking:
        count_on_order(session, by, row.item_id, -int(row.lacking))
    pieces = sum(int(row.lacking) for row in lacking)
    return REST_CLOSED(number=order.number, pieces=pieces, href=f"/purchase-orders/{order_id}")


def _line(session: Session, by: By, at: int, code: str, quantity: str, cost: str) -> PurchaseLine:
    """A line of a form; a barcode of a case counts as the pieces in it."""
    item = None
    try:
        item = resolve(session, parse(code), warehouse_id=by.warehouse_id).item if code else None
    except Refusal as refusal:
        raise UnknownItem(line=at, read=code) from refusal
    if item is None:
        raise UnknownItem(line=at, read=code or "–")
    number = whole(quantity, at, 1, QUANTITY_MAX // item.quantity) * item.quantity
    return PurchaseLine(item.id, number, whole(cost, at, 0, COST_MAX) if cost else None)


def _due(text: str, by: By) -> int | None:
    if not text:
        return None
    try:
        return start_of(parse_day(text), by.timezone)
    except (ValueError, OverflowError):
        raise BadDay(read=text[:40]) from None


def _number(session: Session, by: By, text: str) -> str:
    """The number that was typed, or the next of our own that is free."""
    if text:
        usable_number(text)
        if queries.is_taken(session, text):
            raise NumberTaken(read=text)
        return text
    while True:
        number = f"PO-{next_number(session, by.warehouse_id, 'purchase_order'):06d}"
        if not queries.is_taken(session, number):
            return number
