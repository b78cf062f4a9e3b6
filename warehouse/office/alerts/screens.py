"""The URLs of stock alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g

from warehouse.db import Row, Session
from warehouse.errors import N_, Phrase
from warehouse.messages.writing import advice
from warehouse.office.alerts import actions, queries
from warehouse.people.rules import ROLE_NAMES
from warehouse.planning import alerts
from warehouse.planning.rules import ALERT_KINDS, ALERT_STATES
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, language, say
from warehouse.web.lists import READ, Filter, Page, asked_for, minute, page_of

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")
ROLES = ("supervisor", "operations", "purchasing", "admin")
CHANGED_BY = ("alerts.acknowledge", "alerts.snooze", "alerts.give")
CHANGERS = ("operations", "purchasing", "supervisor")
ALERT = f"<int(max={2**63 - 1}):alert_id>"

FILTERS = (
    Filter("kind", N_("Kind"), tuple(ALERT_KINDS.items())),
    Filter("state", N_("State"), tuple(ALERT_STATES.items())),
    Filter("owner", N_("Owner"), tuple((role, ROLE_NAMES[role]) for role in alerts.ROLE_OWNERS)),
    Filter("which", N_("Only"), (("late", N_("late only")), ("asleep", N_("asleep")))),
)  # fmt: skip
_FIGURES = (
    ("open", N_("open"), "/alerts?state=open", ""), ("late", N_("late"), "/alerts?which=late", "no"),
    ("asleep", N_("asleep"), "/alerts?which=asleep", ""),
)  # fmt: skip
_LEVELS = {"open": "no", "acknowledged": "warn", "ordered": "ok", "closed": "ok"}


@blueprint.get("")
def look_around() -> Response:
    """Lists alerts, those that are due first first."""
    asked = asked_for(FILTERS)

    def read(session: Session) -> tuple[Page, dict[str, int], Shown]:
        by = identify(session)
        search = queries.Search(asked.q, asked["kind"], asked["state"], asked["owner"], asked["which"])
        rows = queries.alerts(session, by, search, most=READ, skip=asked.skip)
        return page_of(rows, asked), queries.figures(session, by), told(session, by)

    page, counted, said = database().read(read)
    if wanted() == "json":
        rows = [queries.as_json(row) for row in page.rows]
        return as_json({"alerts": rows, "figures": counted, "next": page.after or None})
    figures = [
        (
            say(word, {}),
            f"{counted[name]}+" if counted[name] >= queries.COUNTED_MAX else str(counted[name]),
            href,
            level,
        )
        for name, word, href, level in _FIGURES
    ]
    return as_html("office/alerts.html", page=page.shown(_shown), filters=FILTERS, figures=figures, notice=said)


@blueprint.get(f"/{ALERT}")
def one(alert_id: int) -> Response:
    """Shows an alert and what has become of it."""
    return _one(alert_id, None, {}, 200)


@blueprint.post(f"/{ALERT}/acknowledge")
def acknowledge(alert_id: int) -> Response:
    """Takes an alert."""
    return act(
        lambda session, by, _: actions.acknowledge(session, by, alert_id),
        lambda notice, sent, status: _one(alert_id, notice, sent, status),
    )


@blueprint.post(f"/{ALERT}/snooze")
def snooze(alert_id: int) -> Response:
    """Lets an alert sleep."""
    return act(
        lambda session, by, sent: actions.snooze(session, by, alert_id, sent),
        lambda notice, sent, status: _one(alert_id, notice, sent, status),
    )


@blueprint.post(f"/{ALERT}/owner")
def give(alert_id: int) -> Response:
    """Gives an alert away."""
    return act(
        lambda session, by, sent: actions.give(session, by, alert_id, sent),
        lambda notice, sent, status: _one(alert_id, notice, sent, status),
    )


def _one(alert_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[queries.AlertView, list[str], Shown]:
        by = identify(session)
        return queries.alert_view(session, by, alert_id), alerts.owners(session), notice or told(session, by)

    view, names, said = database().read(read)
    if wanted() == "json":
        shown = queries.as_json(view.alert) | {
            "orders_waiting": view.waiting,
            **{name: view.facts[name] for name in _TOLD},
            "history": [{"what": row.kind, "detail": row.detail, "by": row.name} for row in view.events],
        }
        return as_json({"alert": shown}, status)
    return as_html(
        "office/alert.html", status, alert=_shown(view.alert), waiting=view.waiting, advice=_advice(view), notice=said,
        typed=typed, owners={name: _owner(name) for name in names}, history=[_event(row) for row in view.events],
    )  # fmt: skip


_TOLD = ("orders_today", "orders_today_can", "proposed", "supplier", "supplier_name", "pack_size", "minimum",
         "lead_time_days", "unit_price")  # fmt: skip


def _advice(view: queries.AlertView) -> dict[str, Any]:
    """What the alert means for today's orders, and where to order: nothing of one that is closed."""
    if view.alert.state == "closed":
        return {}
    supplier = view.facts["supplier_id"] if view.facts["proposed"] else "0"
    return {
        "sentences": advice(view.facts, language()), "supplier": view.facts["supplier_name"],
        "href": f"/proposals/{supplier}" if supplier != "0" else "",
    }  # fmt: skip


def _shown(row: Row) -> dict[str, Any]:
    zone = g.by.timezone
    values: dict[str, Any] = row._asdict()
    return values | {
        "name": row.name_zh if row.name_zh and is_chinese() else row.name, "kind": say(ALERT_KINDS[row.kind], {}),
        "said": say(ALERT_STATES[row.state], {}), "level": _LEVELS[row.state], "is_open": row.state == "open",
        "is_closed": row.state == "closed", "opened": minute(row.opened_at, zone), "due": minute(row.due_at, zone),
        "late": row.state == "open" and row.due_at < g.by.now and not row.snoozed_until, "owner": _owner(row.owner),
        "owner_key": row.owner, "asleep": minute(row.snoozed_until, zone), "closed": minute(row.closed_at, zone),
        "seen": minute(row.acknowledged_at, zone),
    }  # fmt: skip


def _owner(name: str) -> str:
    return say(ROLE_NAMES[name], {}) if name in ROLE_NAMES else name


_EVENTS = {
    "opened": N_("Opened: %(who)s was at work"), "reopened": N_("Opened once more: %(who)s was at work"),
    "acknowledged": N_("Taken by %(who)s"), "ordered": N_("Ordered by %(who)s"),
    "snoozed": N_("Put to sleep by %(who)s: %(detail)s"), "woken": N_("Woken by %(who)s"),
    "escalated": N_("Given to operations: nobody had taken it"), "owner": N_("Given to %(detail)s by %(who)s"),
    "closed": N_("Closed: %(who)s was at work"),
}  # fmt: skip


_BY_ORDER = {
    "acknowledged": N_("Taken by %(who)s, who asked for %(detail)s"),
    "reopened": N_("Opened once more: %(detail)s is not to be, said %(who)s"),
}  # fmt: skip


def _event(row: Row) -> dict[str, str]:
    params = {"who": row.name or Phrase(N_("the system")), "detail": _owner(row.detail)}
    by_order = row.detail and row.detail != alerts.NOTHING_ON_ORDER
    text = _BY_ORDER.get(row.kind, _EVENTS[row.kind]) if by_order else _EVENTS[row.kind]
    return {"when": minute(row.at, g.by.timezone), "text": say(text, params)}
