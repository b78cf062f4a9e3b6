"""The URLs of buying's desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g

from warehouse.clock import HOUR, day_of, iso_day
from warehouse.db import Row, Session
from warehouse.errors import N_, N_n
from warehouse.office.buying import actions, queries
from warehouse.office.buying.rules import CHANGES, SEES, breaks_text, lacks, money, plain
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, say
from warehouse.web.lists import READ, Filter, Page, asked_for, page_of

blueprint = Blueprint("buying", __name__, url_prefix="/proposals")
ROLES = SEES
CHANGED_BY = ("buying.order", "buying.change_terms", "buying.change_offer", "buying.drop_offer")
CHANGERS = CHANGES
_SUPPLIER = f"<int(max={2**63 - 1}):supplier_id>"
_ITEM = f"<int(max={2**63 - 1}):item_id>"
LANGUAGES = {"": N_("as the setting says"), "en": N_("English"), "zh_Hans_CN": N_("Chinese")}
PIECES_SHORT = N_n("one piece short", "%(n)s pieces short")
FILTERS = (Filter("also", N_("Items"), (("others", N_("also what others usually supply")),)),)


@blueprint.get("")
def look() -> Response:
    """Lists the suppliers of what is at its reorder point."""
    rows = database().read(lambda session: queries.suppliers(session, identify(session)))
    if wanted() == "json":
        return as_json({"suppliers": [_supplier_json(row) for row in rows]})
    return as_html(
        "office/proposals.html", rows=[row._asdict() | {"open": int(row.items - row.drafted)} for row in rows]
    )


@blueprint.get("/suppliers")
def all_suppliers() -> Response:
    """Lists all suppliers, each with the way to what they ask for."""
    asked = asked_for()

    def read(session: Session) -> Page:
        identify(session)
        return page_of(queries.all_suppliers(session, asked.q, most=READ, skip=asked.skip), asked)

    page = database().read(read)
    if wanted() == "json":
        rows = [row._asdict() | {"id": str(row.id), "href": f"/proposals/{row.id}/terms"} for row in page.rows]
        return as_json({"suppliers": rows, "next": page.after or None})
    return as_html("office/suppliers.html", page=page)


@blueprint.get(f"/{_SUPPLIER}")
def one(supplier_id: int) -> Response:
    """Proposes an order to a supplier."""
    return _one(supplier_id, None, {}, 200)


@blueprint.post(f"/{_SUPPLIER}")
def order(supplier_id: int) -> Response:
    """Raises the order."""
    return act(lambda session, by, sent: actions.raise_order(session, by, supplier_id, sent),
               lambda notice, sent, status: _one(supplier_id, notice, sent, status))  # fmt: skip


@blueprint.get(f"/{_SUPPLIER}/terms")
def terms(supplier_id: int) -> Response:
    """Shows what a supplier asks for."""
    return _terms(supplier_id, None, {}, 200)


@blueprint.post(f"/{_SUPPLIER}/terms")
def change_terms(supplier_id: int) -> Response:
    """Changes a supplier's name, address, language, lead time and minimum."""
    return act(lambda session, by, sent: actions.change_terms(session, by, supplier_id, sent),
               lambda notice, sent, status: _terms(supplier_id, notice, sent, status))  # fmt: skip


@blueprint.post(f"/{_SUPPLIER}/items")
def change_offer(supplier_id: int) -> Response:
    """Changes what a supplier asks for an item."""
    return act(lambda session, by, sent: actions.change_offer(session, by, supplier_id, sent),
               lambda notice, sent, status: _terms(supplier_id, notice, sent, status))  # fmt: skip


@blueprint.post(f"/{_SUPPLIER}/items/{_ITEM}/drop")
def drop_offer(supplier_id: int, item_id: int) -> Response:
    """A supplier does not offer an item any more."""
    return act(lambda session, by, _: actions.drop_offer(session, by, supplier_id, item_id),
               lambda notice, sent, status: _terms(supplier_id, notice, sent, status))  # fmt: skip


def _one(supplier_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    asked = asked_for(FILTERS)

    def read(session: Session) -> tuple[queries.ProposalView, Shown]:
        by = identify(session)
        return queries.proposal(session, by, supplier_id, others=bool(asked["also"])), notice or told(session, by)

    view, said = database().read(read)
    proposals = [line.proposal for line in view.lines]
    short_value, short_pieces = lacks(proposals, view.minimum)
    if wanted() == "json":
        return as_json({
            "supplier": view.supplier.code, "round": view.round, "more": view.has_more,
            "lacks": {"value": short_value, "quantity": short_pieces, "currency": "CNY"},
            "lines": [line.as_json() | {"why": [say(*step) for step in line.proposal.steps]} for line in view.lines],
        }, status)  # fmt: skip
    costs = [each.value for each in proposals if each.quantity]
    slowest = max((each.terms.lead_time_days for each in proposals if each.quantity), default=0)
    return as_html(
        "office/proposal.html", status, notice=said, typed=typed, supplier=view.supplier, round=view.round,
        lines=[_line(line) for line in view.lines], has_more=view.has_more, others=bool(asked["also"]),
        total=money(None if None in costs else sum(each or 0 for each in costs)),
        minimum=money(view.minimum.value) if view.minimum.value else "", fewest=view.minimum.quantity,
        lacks=money(short_value) if short_value else "", lacks_pieces=short_pieces, pieces_short=PIECES_SHORT, say=say,
        due=iso_day(day_of(g.by.now + slowest * 24 * HOUR, g.by.timezone)),
    )  # fmt: skip


def _line(line: queries.Line) -> dict[str, Any]:
    proposal = line.proposal
    return {
        "id": line.item.id, "sku": line.item.sku, "name": _name(line.item), "quantity": proposal.quantity,
        "unit_price": plain(proposal.unit_price), "need": proposal.need, "terms": proposal.terms,
        "value": money(proposal.value),
        "steps": [say(*step) for step in proposal.steps],
        "offers": [
            {"name": each.name, "id": each.supplier_id, "price": money(each.known_price), "paid": each.last_price is not None,
             "last": money(each.last_price), "day": iso_day(day_of(each.last_at, g.by.timezone)) if each.last_at else "",
             "list": breaks_text(each.terms.breaks)}
            for each in line.offers
        ],
    }  # fmt: skip


def _terms(supplier_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[Row, list[tuple[Row, tuple[tuple[int, int], ...]]], Shown]:
        by = identify(session)
        row = queries.supplier(session, supplier_id)
        return row, queries.offered(session, supplier_id), notice or told(session, by)

    row, offered, said = database().read(read)
    offers = [each._asdict() | {"name": _name(each), "prices": breaks_text(breaks)} for each, breaks in offered]
    if wanted() == "json":
        return as_json({
            "supplier": {"id": str(row.id), "code": row.code, "name": row.name, "email": row.email, "address": row.address,
                         "language": row.language,
                         "lead_time_days": row.lead_time_days, "minimum_value": row.minimum_value,
                         "minimum_quantity": row.minimum_quantity, "currency": "CNY"},
            "items": [{"sku": each["sku"], "code": each["code"], "pack_size": each["pack_size"], "minimum": each["minimum"],
                       "lead_time_days": each["lead_time_days"],
                       "prices": [{"from": start, "unit_price": price} for start, price in breaks]}
                      for each, (_, breaks) in zip(offers, offered, strict=True)],
        }, status)  # fmt: skip
    return as_html("office/supplier_terms.html", status, notice=said, typed=typed, supplier=row, offers=offers,
                   languages=LANGUAGES, minimum_value=plain(row.minimum_value))  # fmt: skip


def _supplier_json(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.supplier_id) if row.supplier_id else None, "code": row.code, "name": row.name, "items": int(row.items),
        "below_safety_stock": int(row.below), "not_sent": int(row.drafted),
        "href": f"/proposals/{row.supplier_id}" if row.supplier_id else None,
    }  # fmt: skip


def _name(row: Row) -> str:
    return str(row.name_zh if row.name_zh and is_chinese() else row.name)
