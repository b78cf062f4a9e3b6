"""The URLs of safety stock, promotions, and of what does not move."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g

from warehouse.clock import day_of, iso_day
from warehouse.db import Row, Session
from warehouse.errors import N_, Phrase
from warehouse.money import money
from warehouse.office.planning import actions, queries
from warehouse.office.planning.rules import (
    ACTIONS,
    CHANGES,
    CLEARING_NAMES,
    CLEARINGS,
    NAMES,
    RELEASES,
    SEES,
    SOURCES,
    arithmetic,
)
from warehouse.planning import idle, promotions
from warehouse.planning.rules import KINDS
from warehouse.planning.simulation import Trial
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, say
from warehouse.web.lists import READ, Filter, Page, asked_for, minute, page_of
from warehouse.who import By

blueprint = Blueprint("planning", __name__)
ROLES = SEES
CHANGED_BY = ("planning.change", "planning.promote", "planning.cancel")
CHANGERS = CHANGES
KEPT_BY = ("planning.keep",)
KEEPERS = RELEASES
_ID = f"<int(max={2**63 - 1}):item_id>"
_PROMOTION = f"<int(max={2**63 - 1}):promotion_id>"

FILTERS = (
    Filter("kind", N_("Policy"), tuple(KINDS.items())),
    Filter("only", N_("Only"), (("alarm", N_("with an alert")),)),
)  # fmt: skip
IDLE_FILTERS = (
    Filter("days", N_("Not used for"), tuple((str(days), N_("%(n)s days")) for days in idle.IDLE_DAYS)),
)  # fmt: skip
POLICIES = {actions.BY_DEFAULT: N_("as the warehouse's settings say"), **KINDS}


@blueprint.get("/safety-stock")
def look_around() -> Response:
    """Lists items with their levels."""
    asked = asked_for(FILTERS)

    def read(session: Session) -> Page:
        search = queries.Search(asked.q, asked["kind"], below=bool(asked["only"]))
        return page_of(queries.items(session, identify(session), search, most=READ, skip=asked.skip), asked)

    page = database().read(read)
    if wanted() == "json":
        return as_json({"items": [queries.as_json(row) for row in page.rows], "next": page.after or None})
    return as_html("office/safety_stock.html", page=page.shown(_listed), filters=FILTERS)


@blueprint.get(f"/safety-stock/{_ID}")
def one(item_id: int) -> Response:
    """Shows an item's levels with their arithmetic."""
    return one_page(item_id, None, {}, 200)


@blueprint.post(f"/safety-stock/{_ID}")
def change(item_id: int) -> Response:
    """Changes an item's policy."""
    return act(lambda session, by, sent: actions.change(session, by, item_id, sent),
               lambda notice, sent, status: one_page(item_id, notice, sent, status))  # fmt: skip


@blueprint.post(f"/safety-stock/{_ID}/protected")
def keep(item_id: int) -> Response:
    """Keeps some of an item for a channel, or releases it."""
    return act(lambda session, by, sent: actions.keep(session, by, item_id, sent),
               lambda notice, sent, status: one_page(item_id, notice, sent, status))  # fmt: skip


@blueprint.post(f"/safety-stock/{_ID}/promotions")
def promote(item_id: int) -> Response:
    """Plans a promotion."""
    return act(lambda session, by, sent: actions.promote(session, by, item_id, sent),
               lambda notice, sent, status: one_page(item_id, notice, sent, status))  # fmt: skip


@blueprint.post(f"/safety-stock/{_ID}/promotions/{_PROMOTION}/cancel")
def cancel(item_id: int, promotion_id: int) -> Response:
    """Takes a promotion back."""
    return act(lambda session, by, _: actions.cancel(session, by, item_id, promotion_id),
               lambda notice, sent, status: one_page(item_id, notice, sent, status))  # fmt: skip


@blueprint.get("/promotions")
def promoted() -> Response:
    """Lists what is short of promotions to come."""
    asked = asked_for()

    def read(session: Session) -> Page:
        by = identify(session)
        rows = promotions.short(session, by, day_of(by.now, by.timezone), most=READ, skip=asked.skip)
        return page_of(rows, asked)

    page = database().read(read)
    if wanted() == "json":
        return as_json({"short": [_short(row) for row in page.rows], "next": page.after or None})
    return as_html("office/promotions.html", page=page.shown(lambda row: _short(row) | {"name": name_of(row)}))


@blueprint.get("/slow-movers")
def slow() -> Response:
    """Lists items in stock that nobody has used for a time, with what to do about them."""
    asked = asked_for(IDLE_FILTERS, ("", "age"))

    def read(session: Session) -> tuple[By, Page]:
        by = identify(session)
        search = idle.Search(asked.q, int(asked["days"] or idle.IDLE_DAYS[0]), asked.sort)
        return by, page_of(idle.idle_items(session, by, search, most=READ, skip=asked.skip), asked)

    by, page = database().read(read)
    today = day_of(by.now, by.timezone)
    if wanted() == "json":
        return as_json({"items": [_idle(row, today) for row in page.rows], "next": page.after or None})
    rows = page.shown(lambda row: _with_worth(_idle(row, today)))
    filters = [Filter("days", IDLE_FILTERS[0].label, tuple(
        (days, say(word, {"n": days})) for days, word in IDLE_FILTERS[0].choices))]  # fmt: skip
    return as_html("office/slow_movers.html", page=rows, filters=filters, actions=ACTIONS)


@blueprint.get("/slow-movers/expiring")
def expiring() -> Response:
    """Lists goods that have expired or will within 30 days."""
    asked = asked_for()

    def read(session: Session) -> tuple[By, Page]:
        by = identify(session)
        return by, page_of(idle.expiring(session, by, days=idle.IDLE_DAYS[0], most=READ, skip=asked.skip), asked)

    by, page = database().read(read)
    today = day_of(by.now, by.timezone)
    if wanted() == "json":
        return as_json({"goods": [_expiring(row, today) for row in page.rows], "next": page.after or None})
    rows = page.shown(lambda row: _with_worth(_expiring(row, today)))
    return as_html("office/expiring.html", page=rows)


@blueprint.get("/slow-movers/turnover")
def turned() -> Response:
    """Turnover and days of cover by class of item, and of the whole warehouse."""
    classes, all_of_them = database().read(lambda session: idle.turnover(session, identify(session)))
    rows, together = [_turned(row) for row in classes], _turned(all_of_them)
    if wanted() == "json":
        return as_json({"classes": rows, "warehouse": together})
    shown = [_with_worth(row) for row in (*rows, together | {"class": say(N_("All"), {})})]
    return as_html("office/turnover.html", page=page_of(shown, asked_for()))


def one_page(item_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    """The page of an item's safety stock, with what was said and typed."""

    def read(session: Session) -> tuple[queries.PlanView, Shown]:
        by = identify(session)
        return queries.plan_view(session, by, item_id), notice or told(session, by)

    view, said = database().read(read)
    if wanted() == "json":
        return as_json({"item": view.as_json()}, status)
    row, inputs = view.item, view.inputs
    return as_html(
        "office/plan.html", status, item=_listed(row), notice=said, typed=typed, names=NAMES, policies=POLICIES,
        clearings=CLEARINGS, clearing_names=CLEARING_NAMES, is_clearing=view.is_clearing,
        policy=view.policy, protected=view.protected,
        arithmetic=[_said(*each) for each in arithmetic(inputs, row.safety_stock, row.lead_demand, row.kind)] if inputs else [],
        tried=[_tried(kind, each) for kind, each in view.tried.items()],
        promotions=[each._asdict() | {"from": iso_day(each.from_day), "until": iso_day(each.until_day)}
                    for each in view.promotions],
        log=[{"when": minute(each.changed_at, g.by.timezone), "who": each.name or "", "new": _policy(each.new)}
             for each in view.log],
    )  # fmt: skip


def _said(text: str, params: dict[str, Any]) -> str:
    shown = {name: f"{value:g}" if isinstance(value, float) else value for name, value in params.items()}
    if isinstance(shown.get("source"), str):
        shown["source"] = Phrase(SOURCES[shown["source"]])
    return say(text, shown)


def _policy(kept: str) -> str:
    """A policy as it was kept, in words: its kind, and what of it is its own."""
    values = json.loads(kept)
    if not values:
        return say(POLICIES[actions.BY_DEFAULT], {})
    own = [
        f"{say(NAMES[name], {})} {value}"
        for name, value in values.items()
        if name in NAMES and name != "kind" and value is not None
    ]
    return " · ".join([say(KINDS[values["kind"]], {}), *own])


def _tried(kind: str, made: Trial) -> dict[str, Any]:
    return {"kind": say(KINDS[kind], {}), "days": made.days, "alarms": made.alarms, "short_days": made.short_days,
            "service": f"{made.service:.1%}"}  # fmt: skip


def _listed(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = row._asdict()
    return values | {
        "name": name_of(row), "policy": say(KINDS[row.kind], {}) if row.kind else "",
        "reorder": "" if row.reorder_point < 0 else row.reorder_point, "most": "" if row.maximum < 0 else row.maximum,
        "planned": minute(row.planned_at, g.by.timezone), "cover": idle.cover_days(row.available, row.used_30 or 0, 30),
        "turnover": idle.turnover_of(row.on_hand, row.used_365 or 0),
    }  # fmt: skip


def _idle(row: Row, today: int) -> dict[str, Any]:
    days = today - row.since
    action = idle.proposal(days, has_supplier=row.supplier_id is not None, expired=row.expired)
    return {
        "item": str(row.id), "sku": row.sku, "name": name_of(row), "class": row.item_class, "on_hand": row.on_hand,
        "available": row.available, "expired": row.expired, "value": row.value, "last_used": iso_day(row.last_used_day),
        "idle_days": days, "cover_days": idle.cover_days(row.on_hand, row.used_90 or 0, 90), "action": action,
    }  # fmt: skip


def _expiring(row: Row, today: int) -> dict[str, Any]:
    return {
        "item": str(row.id), "sku": row.sku, "name": name_of(row), "location": row.place, "lot": row.lot,
        "quantity": row.quantity, "reserved": row.reserved, "last_day": iso_day(row.last_day), "value": row.value,
        "expired": row.last_day < today,
    }  # fmt: skip


def _turned(row: Row) -> dict[str, Any]:
    used, value, on_hand = int(row.used or 0), int(row.value or 0), int(row.on_hand or 0)
    return {
        "class": row.item_class, "items": int(row.items), "on_hand": on_hand, "used_year": used, "value": value,
        "turnover": round(int(row.used_value or 0) / value, 2) if value else None,
        "cover_days": idle.cover_days(on_hand, int(row.used_30 or 0), 30),
    }  # fmt: skip


def _with_worth(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"worth": money(int(values["value"] or 0))}


def _short(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.promotion_id), "item": str(row.id), "sku": row.sku, "promotion": row.promotion,
        "from": iso_day(row.from_day), "until": iso_day(row.until_day), "forecast": row.quantity, "sold": row.sold,
        "safety_stock": row.safety_stock,
        "available": int(row.available), "on_order": row.on_order, "short": int(row.short),
    }  # fmt: skip


def name_of(row: Row) -> str:
    """An item's name in the reader's language."""
    return str(row.name_zh if row.name_zh and is_chinese() else row.name)
