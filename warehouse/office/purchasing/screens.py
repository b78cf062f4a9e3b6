"""The URLs of purchasing's desk."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect

from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import N_, Refusal
from warehouse.office.purchasing import actions, queries
from warehouse.office.purchasing.rules import DISCREPANCIES, LINES_MAX, LINES_SHOWN, MAKES, SEES, typed_lines
from warehouse.orders.words import PURCHASE_STATES, RECEIPT_STATES
from warehouse.web.answers import as_html, as_json, database, fields, notice_json, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, say
from warehouse.web.lists import READ, Filter, Page, asked_for, minute, page_of

blueprint = Blueprint("purchasing", __name__, url_prefix="/purchase-orders")
ROLES = SEES
CHANGED_BY = ("purchasing.new", "purchasing.make", "purchasing.close")
MAKERS = MAKES
_ID_MAX = 2**63 - 1
ORDER = f"<int(max={_ID_MAX}):purchase_order_id>"


FILTERS = (
    Filter("state", N_("State"), tuple(PURCHASE_STATES.items())), Filter("late", N_("Due"), (("yes", N_("late only")),)),
)  # fmt: skip
_LEVELS = {"closed": "ok", "cancelled": "no"}
_FIGURES = (
    ("open", N_("open"), "/purchase-orders?state=open&sort=due", ""),
    ("late", N_("late"), "/purchase-orders?late=yes&sort=due", "no"),
    ("without_papers", N_("receipts without papers"), "/purchase-orders/without-papers", "warn"),
)  # fmt: skip


@blueprint.get("")
def look_around() -> Response:
    """Lists purchase orders."""
    asked = asked_for(FILTERS, ("", "due"))

    def read(session: Session) -> tuple[Page, dict[str, int]]:
        by = identify(session)
        search = queries.Search(asked.q, asked["state"], late=bool(asked["late"]), sort=asked.sort)
        rows = queries.order_list(session, by, search, most=READ, skip=asked.skip)
        return page_of(rows, asked), queries.figures(session, by)

    page, counted = database().read(read)
    if wanted() == "json":
        rows = [_listed_json(row) for row in page.rows]
        return as_json({"purchase_orders": rows, "figures": counted, "next": page.after or None})
    figures = [(say(word, {}), _number(counted[name]), href, level) for name, word, href, level in _FIGURES]
    return as_html("office/purchase_orders.html", page=page.shown(_listed), filters=FILTERS, figures=figures)


@blueprint.get("/new")
def new() -> Response:
    """The form of a new purchase order."""
    return _new(None, {}, 200)


@blueprint.post("")
def make() -> Response:
    """Makes a purchase order."""
    return act(actions.make, _new)


@blueprint.get(f"/{ORDER}")
def one(purchase_order_id: int) -> Response:
    """Shows a purchase order."""
    if wanted() == "json":
        view = database().read(lambda session: queries.purchase_view(session, identify(session), purchase_order_id))
        return as_json({"purchase_order": view.as_json()})
    return _one(purchase_order_id, None, 200)


@blueprint.post(f"/{ORDER}/close")
def close(purchase_order_id: int) -> Response:
    """Closes the rest of a purchase order."""
    return act(
        lambda session, by, _: actions.close_rest(session, by, purchase_order_id),
        lambda notice, _, status: _one(purchase_order_id, notice, status),
    )


@blueprint.get("/without-papers")
def without_papers() -> Response:
    """Lists receipts whose order nobody has named yet."""
    return _without_papers(None, {}, 200)


@blueprint.post(f"/receipts/<int(max={_ID_MAX}):work_id>/link")
def link(work_id: int) -> Response:
    """Names the order of a receipt without papers."""
    sent = fields()
    try:
        answer = database().change(
            lambda session: actions.link(
                session, identify(session, key=sent.get("key", "")), work_id, str(sent.get("number", "")).strip()
            )
        )
    except Refusal as refusal:
        if wanted() == "json" or refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return _without_papers(notice_json(refusal.notice), {work_id: sent.get("number", "")}, refusal.status)
    if wanted() == "json":
        return as_json({"notice": notice_json(answer.notice)}, answer.status)
    said = quote(sent.get("key", ""), safe="")
    return redirect(f"/purchase-orders/without-papers?said={said}", HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


def _number(counted: int) -> str:
    return str(counted) if counted < queries.COUNTED_MAX else f"{queries.COUNTED_MAX}+"


def _listed(row: Row) -> dict[str, Any]:
    return _head(row) | {"lines": row.lines, "ordered": row.ordered, "received": row.received, "open": row.open}


def _head(row: Row) -> dict[str, Any]:
    zone = g.by.timezone
    late = row.state == "open" and row.due_at is not None and row.due_at < g.by.now
    return {
        "id": row.id, "number": row.number, "supplier": row.supplier, "supplier_name": row.supplier_name, "late": late,
        "state": say(PURCHASE_STATES[row.state], {}), "level": _LEVELS.get(row.state, ""), "is_open": row.state == "open",
        "due": minute(row.due_at, zone), "made": minute(row.made_at, zone),
    }  # fmt: skip


def _listed_json(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id), "number": row.number, "supplier": row.supplier, "state": row.state, "due": iso(row.due_at),
        "lines": int(row.lines), "ordered": int(row.ordered or 0), "received": int(row.received or 0),
        "open": int(row.open or 0), "href": f"/purchase-orders/{row.id}",
    }  # fmt: skip


def _new(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> list[Row]:
        identify(session)
        return queries.suppliers(session)

    filled = [at for at, *_ in typed_lines(typed)]
    shown = min(LINES_MAX, max(LINES_SHOWN, max(filled, default=0) + 2))
    return as_html(
        "office/purchase_order_new.html", status, notice=notice, typed=typed, suppliers=database().read(read),
        lines=range(1, shown + 1),
    )  # fmt: skip


def _one(order_id: int, notice: Shown, status: int) -> Response:
    def read(session: Session) -> tuple[queries.PurchaseView, Shown]:
        by = identify(session)
        return queries.purchase_view(session, by, order_id), notice or told(session, by)

    view, said = database().read(read)
    zone, is_open = g.by.timezone, view.order.state == "open"
    return as_html(
        "office/purchase_order.html", status, notice=said, order=_head(view.order) | {"barcode": view.order.barcode},
        lines=[
            row._asdict() | {"name": _name(row), "open": max(row.quantity - row.received, 0) if is_open else 0}
            for row in view.lines
        ],
        receipts=[
            row._asdict() | {"opened": minute(row.opened_at, zone), "closed": minute(row.closed_at, zone),
                             "said": say(RECEIPT_STATES[row.state], {})}
            for row in view.receipts
        ],
        discrepancies=[
            row._asdict() | {"said": say(DISCREPANCIES[row.kind], {}), "raised": minute(row.raised_at, zone),
                             "closed": minute(row.closed_at, zone)}
            for row in view.discrepancies
        ],
    )  # fmt: skip


def _without_papers(notice: Shown, typed: Mapping[int, str], status: int) -> Response:
    def read(session: Session) -> tuple[list[tuple[Row, list[Row]]], Shown]:
        by = identify(session)
        return queries.receipts_without_papers(session, by), notice or told(session, by)

    found, said = database().read(read)
    receipts = [
        {"work_id": row.work_id, "number": row.number, "who": row.who, "dock": row.dock,
         "opened": minute(row.opened_at, g.by.timezone), "typed": typed.get(row.work_id, ""),
         "goods": [(each.sku, _name(each), each.quantity) for each in goods]}
        for row, goods in found
    ]  # fmt: skip
    if wanted() == "json":
        return as_json({"receipts": [
            {"number": each["number"], "by": each["who"], "work": str(each["work_id"]),
             "goods": [{"sku": sku, "quantity": quantity} for sku, _, quantity in each["goods"]]}
            for each in receipts
        ]})  # fmt: skip
    return as_html("office/without_papers.html", status, notice=said, receipts=receipts)


def _name(row: Row) -> str:
    return str(row.name_zh if row.name_zh and is_chinese() else row.name)
