"""The order desk's URLs: the list of orders, one order, and what is decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect, url_for

from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import N_, NotFound, Notice, Refusal
from warehouse.office.orderdesk import actions, queries
from warehouse.office.orderdesk.queries import Event, OrderView
from warehouse.office.orderdesk.rules import EVENTS, RECIPIENT_ROLES, ROLES, WAITS, masked_name, masked_phone
from warehouse.orders.words import (
    EXCEPTION_KINDS,
    ORDER_STATES,
    OUTCOMES,
    PARCEL_STATES,
    SHIPMENT_STATES,
    TIER_NAMES,
    reason,
)  # fmt: skip
from warehouse.web.answers import as_html, as_json, database, fields, notice_json, wanted
from warehouse.web.forms import Shown, told
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.web.lists import READ, Filter, Page, asked_for, minute, page_of

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


_STATES = ((queries.STANDING_ALL, N_("all that are not over")), *ORDER_STATES.items())
FILTERS = (
    Filter("state", N_("State"), _STATES), Filter("tier", N_("Tier"), tuple(TIER_NAMES.items())),
    Filter("held", N_("Held"), (("yes", N_("held only")),)),
    Filter("exception", N_("Exception"), (("yes", N_("with exception only")),)),
)  # fmt: skip
_LEVELS = {"shipped": "ok", "waiting": "warn", "cancelled": "no", "exception": "no"}
_FIGURES = (
    ("unsourced", ""), ("open", ""), ("waiting", "warn"), ("released", ""), ("held", "warn"), ("exception", "no"),
)  # fmt: skip
_FIGURE_NAMES = ORDER_STATES | {"held": N_("held"), "exception": N_("with exception")}


@blueprint.get("")
def look_around() -> Response:
    """Lists orders; above them how many stand in each state."""
    asked = asked_for(FILTERS, ("", "due", "tier"))

    def read(session: Session) -> tuple[Page, dict[str, int]]:
        by = identify(session)
        search = queries.Search(
            asked.q, asked["state"], asked["tier"], held=bool(asked["held"]), excepted=bool(asked["exception"]),
            sort=asked.sort, by_name=by.has(*RECIPIENT_ROLES),
        )  # fmt: skip
        rows = queries.order_list(session, by, search, most=READ, skip=asked.skip)
        return page_of(rows, asked), queries.figures(session, by)

    page, counted = database().read(read)
    if wanted() == "json":
        return as_json(
            {"orders": [_listed_json(row) for row in page.rows], "figures": counted, "next": page.after or None}
        )
    return as_html(
        "office/orders.html", page=page.shown(_listed), filters=FILTERS, figures=[
            (say(_FIGURE_NAMES[name], {}), _number(counted[name]), f"/orders?{_narrow(name)}", level)
            for name, level in _FIGURES
        ],
    )  # fmt: skip


def _narrow(name: str) -> str:
    return f"{name}=yes" if name in {"held", "exception"} else f"state={name}"


def _number(counted: int) -> str:
    return str(counted) if counted < queries.COUNTED_MAX else f"{queries.COUNTED_MAX}+"


def _listed(row: Row) -> dict[str, Any]:
    full = g.by.has(*RECIPIENT_ROLES)
    name = row.name or ""
    return _head(row) | {"name": name if full else masked_name(name), "city": row.city or "", "excepted": row.excepted}


def _head(row: Row) -> dict[str, Any]:
    """What the list and the page say of an order alike."""
    zone = g.by.timezone
    return {
        "id": row.id, "channel": row.channel, "number": row.number, "state": say(ORDER_STATES[row.state], {}),
        "level": _LEVELS.get(row.state, ""), "tier": say(TIER_NAMES[row.tier], {}), "held": row.held, "paid": row.paid,
        "confirmed_at": minute(row.confirmed_at, zone), "ship_by": minute(row.ship_by, zone),
    }  # fmt: skip


def _listed_json(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id), "channel": row.channel, "number": row.number, "state": row.state, "held": bool(row.held),
        "paid": bool(row.paid), "tier": row.tier, "confirmed_at": iso(row.confirmed_at), "ship_by": iso(row.ship_by or None),
        "exception": bool(row.excepted), "href": f"/orders/{row.id}",
    }  # fmt: skip


# ---------------------------------------------------------------- one order


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that an order's page is made of."""

    view: OrderView
    recipient: Row | None
    history: list[Event]
    told: Shown = None


@blueprint.get("/<text>")
def look(text: str) -> Response:
    """Shows an order with its lines, shipments and parcels."""
    if wanted() == "json":
        return as_json({"order": database().read(lambda session: _as_json(session, text))})
    try:
        return _page(text)
    except NotFound:
        aside = database().read(lambda session: queries.aside_id(session, text))
        if aside is None:
            raise
        return redirect(url_for("exceptions.one", exception_id=aside))  # type: ignore[return-value]


def _as_json(session: Session, text: str) -> dict[str, Any]:
    by = identify(session)
    try:
        return queries.order_view(session, by, queries.find_order(session, by, text)).as_json()
    except NotFound:
        if aside := queries.set_aside(session, text):
            return aside
        raise


@blueprint.post("/<text>/<any(hold, release, cancel, tier):verb>")
def decide(text: str, verb: str) -> Response:
    """Holds, releases, cancels or re-tiers an order, once for each key."""
    sent = fields()

    def change(session: Session) -> tuple[OrderView, Notice | None, bool]:
        by = identify(session, key=sent.get("key", ""))
        tier = sent.get("tier", "") if verb == "tier" else ""
        order_id, said, replayed = actions.decide(session, by, verb, text=text, tier=tier)
        return queries.order_view(session, by, order_id), said, replayed

    try:
        view, said, replayed = database().change(change)
    except Refusal as refusal:
        if wanted() == "json" or refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return _page(text, refusal=refusal, sent=sent)
    if wanted() == "json":
        response = as_json({"order": view.as_json(), "notice": notice_json(said)})
    else:
        response = redirect(f"/orders/{view.order.id}?said={quote(sent.get('key', ''), safe='')}", HTTPStatus.SEE_OTHER)  # type: ignore[assignment]
    if replayed:
        response.headers["Replayed"] = "1"
    return response


@blueprint.post("/<text>/recipient")
def recipient(text: str) -> Response:
    """Shows an order with its recipient in full; who looks is written down first."""
    sent = fields()
    order_id = database().change(
        lambda session: actions.look_at_recipient(session, identify(session, key=sent.get("key", "")), text)
    )
    if wanted() == "json":
        row = database().read(lambda session: queries.recipient(session, order_id))
        return as_json({"recipient": row._asdict() if row else None})
    return _page(str(order_id), full=True)


def _page(
    text: str, *, full: bool = False, refusal: Refusal | None = None, sent: Mapping[str, Any] | None = None
) -> Response:
    def read(session: Session) -> Shelf:
        by = identify(session)
        view = queries.order_view(session, by, queries.find_order(session, by, text))
        shown = queries.recipient(session, view.order.id)
        return Shelf(view, shown, queries.history(session, view), told(session, by))

    shelf = database().read(read)
    view, zone = shelf.view, g.by.timezone
    values = {
        "order": _head(view.order) | {
            "note": view.order.note, "region": view.order.region, "over": view.order.state in actions.ENDED,
            "cut_off": minute(view.order.cutoff_at, zone), "deliver_from": minute(view.order.deliver_from, zone),
            "deliver_until": minute(view.order.deliver_until, zone), "tier_key": view.order.tier,
        },
        "lines": view.lines, "shipments": [_shipment(row) for row in view.shipments],
        "parcels": [_parcel(row) for row in view.parcels],
        "exceptions": [_exception(row) for row in view.exceptions], "waits": [_wait(each) for each in view.waits_for],
        "recipient": _recipient(shelf.recipient, full=full), "may_look": g.by.has(*RECIPIENT_ROLES) and not full,
        "history": [_event(each) for each in shelf.history], "tiers": TIER_NAMES,
        "tier": (sent or {}).get("tier", view.order.tier),
    }  # fmt: skip
    notice = notice_json(refusal.notice) if refusal else shelf.told
    return as_html("office/order.html", refusal.status if refusal else 200, notice=notice, **values)


def _recipient(row: Row | None, *, full: bool) -> dict[str, str] | None:
    if row is None:
        return None
    if full:
        return dict(row._asdict())
    return {"name": masked_name(row.name), "phone": masked_phone(row.phone), "city": row.city, "address": ""}


def _shipment(row: Row) -> dict[str, Any]:
    zone, shown = g.by.timezone, dict(row._asdict())
    return shown | {
        "state": say(SHIPMENT_STATES[row.state], {}), "level": {"stopped": "no", "cancelled": "no"}.get(row.state, ""),
        "picked_at": minute(row.picked_at, zone), "packed_at": minute(row.packed_at, zone),
        "shipped_at": minute(row.shipped_at, zone),
    }  # fmt: skip


def _parcel(row: Row) -> dict[str, Any]:
    shown = dict(row._asdict())
    return shown | {
        "state": say(PARCEL_STATES[row.state], {}), "closed_at": minute(row.closed_at, g.by.timezone),
        "shipped_at": minute(row.shipped_at, g.by.timezone), "has_papers": row.state != "open",
    }  # fmt: skip


def _exception(row: Row) -> dict[str, Any]:
    return {
        "id": row.id, "kind": say(EXCEPTION_KINDS[row.kind], {}), "closed": bool(row.closed_at),
        "reasons": [say(*reason(code)) for code in queries.reasons_of(row)],
        "outcome": say(OUTCOMES[row.outcome], {}) if row.outcome in OUTCOMES else row.outcome,
    }  # fmt: skip


def _wait(each: Mapping[str, Any]) -> str:
    if each.get("free", 0) is None:
        return say(WAITS["goods_blind"], each)
    if each["reason"] != "exception":
        return say(WAITS[each["reason"]], each)
    return say(WAITS["exception"], {"text": [reason(code) for code in each["reasons"]]})


_DETAILS = {"tier": TIER_NAMES, "opened": EXCEPTION_KINDS, "closed": OUTCOMES}


def _event(event: Event) -> dict[str, str]:
    words = _DETAILS.get(event.kind, {})
    detail = say(words[event.detail], {}) if event.detail in words else event.detail
    who = event.who or say(N_("the system"), {})
    return {"when": minute(event.at, g.by.timezone), "text": say(EVENTS[event.kind], {"who": who, "detail": detail})}


__all__ = ["ROLES", "blueprint"]
