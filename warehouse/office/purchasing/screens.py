"""The URLs of purchasing's desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect

from warehouse.catalog.settings import setting
from warehouse.clock import day_of, iso, iso_day
from warehouse.db import Row, Session
from warehouse.errors import N_, N_n, Notice, Refusal
from warehouse.money import money, plain
from warehouse.office.purchasing import actions, queries
from warehouse.office.purchasing.paper import as_csv, paper_of, pdf
from warehouse.office.purchasing.rules import (
    APPROVES,
    DISCREPANCIES,
    LINES_MAX,
    LINES_SHOWN,
    MAKES,
    SEES,
    typed_lines,
)
from warehouse.orders.buying.approvals import LIMIT
from warehouse.orders.buying.rules import (
    EVENTS,
    REVISION_STATES,
    Content,
    Together,
    changes,
    is_over,
    load_steps,
    needs_second,
    together,
)
from warehouse.orders.words import PURCHASE_STATES, RECEIPT_STATES
from warehouse.web.answers import as_html, as_json, database, fields, notice_json, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, say
from warehouse.web.lists import READ, Filter, Page, asked_for, minute, page_of
from warehouse.who import By

blueprint = Blueprint("purchasing", __name__, url_prefix="/purchase-orders")
ROLES = SEES
CHANGED_BY = tuple(
    f"purchasing.{each}"
    for each in ("new", "make", "close", "submit", "withdraw", "discard", "amend", "send", "confirm")
)
MAKERS = MAKES
DECIDED_BY = ("purchasing.approve", "purchasing.refuse")
APPROVERS = APPROVES
_ID_MAX = 2**63 - 1
ORDER = f"<int(max={_ID_MAX}):purchase_order_id>"


FILTERS = (
    Filter("state", N_("State"), tuple(PURCHASE_STATES.items())), Filter("late", N_("Due"), (("yes", N_("late only")),)),
)  # fmt: skip
_LEVELS = {"closed": "ok", "cancelled": "no", "waiting": "warn", "approved": "warn"}
_REVISION_LEVELS = {"approved": "ok", "within": "ok", "refused": "no", "waiting": "warn"}
NEW_LINES = 3
TOGETHER = N_n(
    "With another order to this supplier of the last %(days)s days: %(value)s CNY in all.",
    "With %(n)s other orders to this supplier of the last %(days)s days: %(value)s CNY in all.",
)
TOGETHER_AT_LEAST = N_n(
    "With another order to this supplier of the last %(days)s days: at least %(value)s CNY; some costs are unknown.",
    "With %(n)s other orders to this supplier of the last %(days)s days: at least %(value)s CNY; some costs are unknown.",
)
_FIGURES = (
    ("open", N_("open"), "/purchase-orders?state=open&sort=due", ""),
    ("late", N_("late"), "/purchase-orders?late=yes&sort=due", "no"),
    ("waiting", N_("to be approved"), "/purchase-orders/approvals", "warn"),
    ("approved", N_("to be sent"), "/purchase-orders?state=approved", "warn"),
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
    return _act(actions.close_rest, purchase_order_id)


@blueprint.post(f"/{ORDER}/submit")
def submit(purchase_order_id: int) -> Response:
    """Asks for approval of a draft."""
    return _act(actions.submit, purchase_order_id)


@blueprint.post(f"/{ORDER}/withdraw")
def withdraw(purchase_order_id: int) -> Response:
    """Takes back what waits for approval or was not sent."""
    return _act(actions.withdraw, purchase_order_id)


@blueprint.post(f"/{ORDER}/discard")
def discard(purchase_order_id: int) -> Response:
    """Throws away an order that was not sent."""
    return _act(actions.discard, purchase_order_id)


@blueprint.post(f"/{ORDER}/approve")
def approve(purchase_order_id: int) -> Response:
    """Approves what waits."""
    return _fill_in(actions.approve, purchase_order_id)


@blueprint.post(f"/{ORDER}/refuse")
def refuse(purchase_order_id: int) -> Response:
    """Sends what waits back with a reason."""
    return _fill_in(actions.refuse, purchase_order_id)


@blueprint.post(f"/{ORDER}/send")
def send(purchase_order_id: int) -> Response:
    """Sends an order, or says that it was handed over."""
    return _fill_in(actions.send, purchase_order_id)


@blueprint.post(f"/{ORDER}/confirm")
def confirm(purchase_order_id: int) -> Response:
    """Keeps the day that the supplier names."""
    return _fill_in(actions.confirm, purchase_order_id)


@blueprint.post(f"/{ORDER}/amend")
def amend(purchase_order_id: int) -> Response:
    """Asks an order for something else."""
    return _fill_in(actions.amend, purchase_order_id)


@blueprint.get(f"/{ORDER}/paper.pdf")
def as_paper(purchase_order_id: int) -> Response:
    """The order as its supplier gets it."""
    paper = database().read(lambda session: paper_of(session, identify(session), purchase_order_id))
    return Response(pdf(paper), mimetype="application/pdf")


@blueprint.get(f"/{ORDER}/paper.csv")
def as_table(purchase_order_id: int) -> Response:
    """The order for the supplier's programs."""
    paper = database().read(lambda session: paper_of(session, identify(session), purchase_order_id))
    headers = {"Content-Disposition": f"attachment; filename=order-{purchase_order_id}.csv"}
    return Response(as_csv(paper), mimetype="text/csv", headers=headers)


@blueprint.get("/approvals")
def decide() -> Response:
    """Lists what waits for approval."""
    asked = asked_for()

    def read(session: Session) -> tuple[Page, dict[int, Beside]]:
        by = identify(session)
        page = page_of(queries.to_decide(session, by, most=READ, skip=asked.skip), asked)
        return page, _beside(session, by, {row.id: row.value for row in page.rows})

    page, beside = database().read(read)
    if wanted() == "json":
        rows = [_decision_json(row, beside[row.id]) for row in page.rows]
        return as_json({"approvals": rows, "next": page.after or None})
    return as_html("office/purchase_approvals.html", page=page.shown(lambda row: _decision(row, beside[row.id])))


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


def _act(verb: Callable[[Session, By, int], Notice], order_id: int) -> Response:
    return act(
        lambda session, by, _: verb(session, by, order_id), lambda notice, _, status: _one(order_id, notice, status)
    )


def _fill_in(verb: Callable[[Session, By, int, Mapping[str, Any]], Notice], order_id: int) -> Response:
    return act(
        lambda session, by, sent: verb(session, by, order_id, sent),
        lambda notice, sent, status: _one(order_id, notice, status, sent),
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """What else was ordered from the supplier lately, and what it is worth with what waits."""

    days: int
    orders: list[Row]
    together: Together

    def said(self) -> str:
        """The sum in a sentence; empty where there is nothing else."""
        sums = self.together
        if not sums.orders:
            return ""
        text = TOGETHER_AT_LEAST if sums.unknown else TOGETHER
        return say(text, {"n": sums.orders, "days": self.days, "value": money(sums.value)})

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "days": self.days, "value": self.together.value, "unknown_costs": self.together.unknown,
            "above_limit": self.together.above,
            "orders": [{"id": str(row.id), "number": row.number, "state": row.state, "value": _worth(row), "by": row.made_by,
                        "made_at": iso(row.made_at), "href": f"/purchase-orders/{row.id}"} for row in self.orders],
        }  # fmt: skip


def _worth(row: Row) -> int | None:
    return None if row.unknown else int(row.value)


def _beside(session: Session, by: By, waiting: Mapping[int, int | None]) -> dict[int, Beside]:
    """Beside each order of which something waits (its value): what else was ordered from its supplier."""
    days, limit = (int(setting(session, name, by.warehouse_id)) for name in ("purchase_split_days", LIMIT))
    found = queries.beside(session, waiting, days)
    return {
        order_id: Beside(days, found.get(order_id, []),
                         together(value, [_worth(row) for row in found.get(order_id, [])], limit))
        for order_id, value in waiting.items()
    }  # fmt: skip


def _shown_beside(row: Row) -> dict[str, Any]:
    return {"id": row.id, "number": row.number, "name": row.made_by or "", "value": money(_worth(row)),
            "made": minute(row.made_at, g.by.timezone), "state": say(PURCHASE_STATES[row.state], {}),
            "level": _LEVELS.get(row.state, "")}  # fmt: skip


def _decision(row: Row, beside: Beside) -> dict[str, Any]:
    return {
        "beside": beside.said(), "split": beside.together.above,
        **row._asdict(), "value": money(row.value), "asked": minute(row.made_at, g.by.timezone),
        "is_amendment": row.state == "open", "own": str(g.by.person_id) in row.authors.split(),
    }  # fmt: skip


def _decision_json(row: Row, beside: Beside) -> dict[str, Any]:
    return {
        "id": str(row.id), "number": row.number, "revision": row.revision, "supplier": row.supplier, "value": row.value,
        "currency": "CNY", "by": row.made_by, "made_at": iso(row.made_at), "approvals": row.given, "reason": row.reason,
        "amendment": row.state == "open", "href": f"/purchase-orders/{row.id}",
        "beside": beside.as_json(),
    }  # fmt: skip


def _number(counted: int) -> str:
    return str(counted) if counted < queries.COUNTED_MAX else f"{queries.COUNTED_MAX}+"


def _listed(row: Row) -> dict[str, Any]:
    return _head(row) | {"lines": row.lines, "ordered": row.ordered, "received": row.received, "open": row.open}


def _head(row: Row) -> dict[str, Any]:
    zone = g.by.timezone
    late = row.state == "open" and is_over(row.promised_at or row.due_at, g.by.now)
    return {
        "id": row.id, "number": row.number, "supplier": row.supplier, "supplier_name": row.supplier_name, "late": late,
        "state": say(PURCHASE_STATES[row.state], {}), "level": _LEVELS.get(row.state, ""), "is_open": row.state == "open",
        "due": minute(row.due_at, zone), "made": minute(row.made_at, zone), "key": row.state,
        "confirmed": row.confirmed_at is not None, "promised": _day(row.promised_at),
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


def _one(order_id: int, notice: Shown, status: int, typed: Mapping[str, Any] = MappingProxyType({})) -> Response:
    def read(session: Session) -> tuple[queries.PurchaseView, bool, Beside | None, Shown]:
        by = identify(session)
        view = queries.purchase_view(session, by, order_id)
        near = _beside(session, by, {order_id: view.waiting.value})[order_id] if view.waiting else None
        return view, _needs_second(session, by, view), near, notice or told(session, by)

    view, two, near, said = database().read(read)
    zone, order = g.by.timezone, view.order
    return as_html(
        "office/purchase_order.html", status, notice=said, typed=typed, order=_head(order) | _more(view),
        today=iso_day(day_of(g.by.now, zone)),
        lines=[_line(row, is_open=order.state == "open") for row in view.lines], new_lines=range(1, NEW_LINES + 1),
        waiting=_revision(view, view.waiting) | {"two": two} if view.waiting else None,
        beside=near.said() if near else "", split=near is not None and near.together.above,
        others=[_shown_beside(row) for row in near.orders] if near else [],
        revisions=[_revision(view, row) for row in view.revisions],
        history=[
            {"when": minute(row.at, zone), "text": say(EVENTS[row.kind], {}), "detail": row.detail, "name": row.name or "",
             "revision": row.revision}
            for row in view.events
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


def _needs_second(session: Session, by: By, view: queries.PurchaseView) -> bool:
    limit = int(setting(session, LIMIT, by.warehouse_id))
    return view.waiting is not None and needs_second(view.waiting.value, limit)


def _more(view: queries.PurchaseView) -> dict[str, Any]:
    order, zone = view.order, g.by.timezone
    came, asked = sum(row.received for row in view.lines), sum(row.quantity for row in view.lines)
    return {
        "barcode": order.barcode, "revision": order.revision, "value": money(view.value), "email": order.email,
        "supplier_id": order.supplier_id, "sent": minute(order.sent_at, zone), "reference": order.supplier_reference,
        "chased": minute(order.chased_at, zone), "chases": order.chases, "part": order.state == "open" and 0 < came < asked,
        "due_day": _day(order.due_at), "approved": _approved(view),
    }  # fmt: skip


def _approved(view: queries.PurchaseView) -> str:
    """What was approved of the order last, and by whom; empty where nobody has approved anything yet."""
    by = view.approved_by
    if not by:
        return ""
    worth = money(next(row.value for row in view.revisions if row.revision == by[0].revision))
    return say(N_("revision %(revision)s, %(value)s CNY, by %(names)s"),
               {"revision": by[0].revision, "value": worth, "names": ", ".join(row.name for row in by)})  # fmt: skip


def _line(row: Row, *, is_open: bool) -> dict[str, Any]:
    amount = None if row.unit_cost is None else row.quantity * row.unit_cost
    return {
        **row._asdict(), "name": _name(row), "open": max(row.quantity - row.received, 0) if is_open else 0,
        "each": money(row.unit_cost), "typed_cost": plain(row.unit_cost), "amount": money(amount),
        "steps": [say(*step) for step in load_steps(row.reckoning)],
    }  # fmt: skip


def _revision(view: queries.PurchaseView, row: Row) -> dict[str, Any]:
    before, after = Content.load(row.before), Content.load(row.content)
    changed = changes(before, after, view.skus, g.by.timezone) if before.lines else []
    return {
        "number": row.revision, "key": row.state, "said": say(REVISION_STATES[row.state], {}),
        "level": _REVISION_LEVELS.get(row.state, ""), "value": money(row.value), "reason": row.reason,
        "name": row.made_by or "", "when": minute(row.made_at, g.by.timezone), "changes": [say(*each) for each in changed],
        "own": str(g.by.person_id) in row.authors.split(),
        "approvals": [f"{each.name} {minute(each.at, g.by.timezone)}" for each in view.approvals
                      if each.revision == row.revision],
    }  # fmt: skip


def _day(at: int | None) -> str:
    return (iso_day(day_of(at, g.by.timezone)) or "") if at is not None else ""


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
