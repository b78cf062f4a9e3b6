"""The counting desk's URLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from warehouse.catalog.settings import setting
from warehouse.clock import day_of, iso, iso_day
from warehouse.counts.rules import CAUSES, CLASSES, DAY, PAPER_STATES, REASONS, STATES, needs_second, value_of, worth
from warehouse.db import Row, Session
from warehouse.errors import N_
from warehouse.money import money
from warehouse.office.counts import actions, queries
from warehouse.office.counts.rules import ASKS, DECIDES, NAMES, SEES, bars, curve, share
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.formats import number
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, say
from warehouse.web.lists import READ, Filter, Page, asked_for, minute, page_of
from warehouse.web.shown import moves_shown

blueprint = Blueprint("counts", __name__, url_prefix="/counts")
ROLES = SEES
DECIDED_BY = ("counts.approve",)
ASKED_BY = ("counts.ask", "counts.again")
DECIDERS, ASKERS = DECIDES, ASKS
_ID_MAX = 2**63 - 1
COUNT = f"<int(max={_ID_MAX}):count_id>"
WEEKS = (("4", N_("4 weeks")), ("13", N_("a quarter")), ("52", N_("a year")))

FILTERS = (
    Filter("state", N_("State"), tuple(PAPER_STATES.items())), Filter("reason", N_("Reason"), tuple(REASONS.items())),
)  # fmt: skip
_LEVELS = {"review": "warn", "recount": "warn", "closed": "ok", "second": "warn", "posted": "ok", "match": "ok"}
_FIGURES = (
    ("review", N_("to be approved"), "/counts?state=review", "warn"),
    ("recount", N_("to be counted again"), "/counts?state=recount", ""),
    ("counting", N_("being counted"), "/counts?state=counting", ""), ("due", N_("bins due"), "/counts/due", ""),
)  # fmt: skip


@blueprint.get("")
def look_around() -> Response:
    """Lists the papers of counts."""
    asked = asked_for(FILTERS)

    def read(session: Session) -> tuple[Page, dict[str, int]]:
        by = identify(session)
        rows = queries.count_list(session, by, state=asked["state"], reason=asked["reason"], text=asked.q, most=READ,
                                  skip=asked.skip)  # fmt: skip
        return page_of(rows, asked), queries.figures(session, by)

    page, counted = database().read(read)
    if wanted() == "json":
        rows = [_listed_json(row) for row in page.rows]
        return as_json({"counts": rows, "figures": counted, "next": page.after or None})
    figures = [(say(word, {}), _number(counted[name]), href, level) for name, word, href, level in _FIGURES]
    return as_html("office/counts.html", page=page.shown(_listed), filters=FILTERS, figures=figures)


@blueprint.get("/due")
def due() -> Response:
    """Lists the bins that are due, and how the coming days are filled."""
    return _due(None, {}, 200)


@blueprint.post("")
def ask() -> Response:
    """Asks for counts of a bin, an item, a zone or the whole house."""
    return act(actions.ask, _due)


@blueprint.get("/accuracy")
def accuracy() -> Response:
    """Shows how right the book was."""
    weeks = next((key for key, _ in WEEKS if key == request.args.get("weeks")), "13")
    found = database().read(lambda session: queries.accuracy(session, identify(session), weeks=int(weeks)))
    if wanted() == "json":
        return as_json({
            "since": iso(found.since), "proven": not found.faults, "zones": [_share_json(row) for row in found.zones],
            "classes": [_share_json(row) for row in found.classes],
            "weeks": [_share_json(row) | {"name": _week(found.since, row)} for row in found.weeks],
            "counters": [{"name": row.name, "bins": row.bins, "right": row.right_bins} for row in found.counters],
        })  # fmt: skip
    charts = [
        (N_("By zone"), bars([_bar(row, row.name or "–") for row in found.zones])),
        (N_("By class"), bars([_bar(row, row.name) for row in found.classes])),
        (N_("By counter: as often the next count found the same"), bars([_bar(row, row.name) for row in found.counters])),
    ]  # fmt: skip
    weekly = curve([(_week(found.since, row), share(row.right_bins, row.bins), _percent(row)) for row in found.weeks])
    return as_html("office/accuracy.html", charts=charts, weekly=weekly, weeks=WEEKS, chosen=weeks, faults=found.faults)


@blueprint.get(f"/{COUNT}")
def one(count_id: int) -> Response:
    """Shows a paper with its differences, the bin's last moves, and where the goods may have gone."""
    if wanted() == "json":
        view = database().read(lambda session: queries.count_view(session, identify(session), count_id))
        return as_json({"count": view.as_json() | {"suggestions": {
            str(line): [say(*each) for each in found] for line, found in view.suggestions.items()
        }}})  # fmt: skip
    return _one(count_id, None, {}, 200)


@blueprint.post(f"/{COUNT}/approve")
def approve(count_id: int) -> Response:
    """Approves differences, with a cause."""
    return act(
        lambda session, by, sent: actions.approve(session, by, count_id, sent),
        lambda notice, typed, status: _one(count_id, notice, typed, status),
    )


@blueprint.post(f"/{COUNT}/again")
def again(count_id: int) -> Response:
    """Has differences counted once more by somebody else."""
    return act(
        lambda session, by, _: actions.again(session, by, count_id),
        lambda notice, typed, status: _one(count_id, notice, typed, status),
    )


def _number(counted: int) -> str:
    return str(counted) if counted < queries.COUNTED_MAX else f"{queries.COUNTED_MAX}+"


def _listed(row: Row) -> dict[str, Any]:
    zone, blind = g.by.timezone, row.state in queries.BLIND
    return {
        "id": row.id, "number": row.number, "location": row.location, "location_id": row.location_id,
        "state": say(PAPER_STATES[row.state], {}), "level": _LEVELS.get(row.state, ""),
        "reason": say(REASONS[row.reason], {}), "round": row.round, "counter": row.counter or "",
        "differences": "" if blind else row.differences, "value": "" if blind else _money(_value(row)),
        "opened": minute(row.opened_at, zone), "closed": minute(row.closed_at, zone),
    }  # fmt: skip


def _listed_json(row: Row) -> dict[str, Any]:
    blind = row.state in queries.BLIND
    return {
        "id": str(row.id), "number": row.number, "location": row.location, "state": row.state, "reason": row.reason,
        "round": row.round, "differences": None if blind else int(row.differences),
        "value": None if blind else _value(row), "currency": "CNY", "opened_at": iso(row.opened_at),
        "closed_at": iso(row.closed_at), "href": f"/counts/{row.id}",
    }  # fmt: skip


def _value(row: Row) -> int | None:
    return None if row.unpriced else int(row.value)


def _money(minor: int | None) -> str:
    return say(N_("cost unknown"), {}) if minor is None else money(minor)


def _due(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[Page, Any, list[Row], list[Row], list[str], Shown]:
        by = identify(session)
        zones = tuple((str(row.id), row.code) for row in queries.zones(session, by))
        filters = (
            Filter("class", N_("Class"), tuple((each, each) for each in CLASSES)),
            Filter("zone", N_("Zone"), zones),
        )
        asked = asked_for(filters, tuple(queries.SORTS))
        rows = queries.due_list(session, by, item_class=asked["class"], zone=asked["zone"], sort=asked.sort, text=asked.q,
                                most=READ, skip=asked.skip)  # fmt: skip
        return (page_of(rows, asked), filters, queries.load(session, by), queries.counted_today(session, by),
                queries.counters(session), notice or told(session, by))  # fmt: skip

    page, filters, days, people, counters, said = database().read(read)
    if wanted() == "json":
        days_json = [{"day": iso_day(row.due_day), "bins": row.n} for row in days]
        people_json = [{"name": row.name, "counted": row.counted} for row in people]
        return as_json({"due": [queries.due_json(row) for row in page.rows], "days": days_json, "people": people_json,
                        "next": page.after or None})  # fmt: skip
    zone, today = g.by.timezone, day_of(g.by.now, g.by.timezone)
    shown = page.shown(lambda row: row._asdict() | {
        "proved": minute(row.proved_at or None, zone), "due": iso_day(row.due_day), "late": row.due_day < today,
        "value": _money(row.value_at_risk), "zone": row.zone or "",
    })  # fmt: skip
    return as_html("office/counts_due.html", status, page=shown, filters=filters, notice=said, typed=typed, people=people,
                   counters=counters, names=NAMES, days=[(iso_day(row.due_day), row.n) for row in days])  # fmt: skip


def _one(count_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[queries.CountView, list[str], int, Shown]:
        by = identify(session)
        causes = setting(session, "count_causes", by.warehouse_id)
        limit = setting(session, "count_approval_limit", by.warehouse_id)
        return queries.count_view(session, by, count_id), causes, limit, notice or told(session, by)

    view, causes, limit, said = database().read(read)
    zone = g.by.timezone
    lines = [] if view.is_blind else [_line(view, row) for row in view.lines]
    open_lines = [each for each in lines if each["open"]]
    together = worth(each["worth"] for each in lines if each["state"] in {"review", "second", "posted"})
    return as_html(
        "office/count.html", status, notice=said, typed=typed, paper=view.paper, blind=view.is_blind,
        state=say(PAPER_STATES[view.paper.state], {}), level=_LEVELS.get(view.paper.state, ""),
        reason=say(REASONS[view.paper.reason], {}), opened=minute(view.paper.opened_at, zone),
        closed=minute(view.paper.closed_at, zone), open_lines=open_lines,
        others=[each for each in lines if not each["open"]],
        rounds=[row._asdict() | {"began": minute(row.started_at, zone), "ended": minute(row.ended_at, zone)}
                for row in view.rounds],
        last=moves_shown(view.last, zone), causes={each: CAUSES.get(each, each) for each in causes},
        above=needs_second(together, limit), unpriced=together is None, limit=_money(limit),
        counted=g.by.person_id in {row.person_id for row in view.rounds},
    )  # fmt: skip


def _line(view: queries.CountView, row: Row) -> dict[str, Any]:
    difference = row.counted - row.expected
    shown: dict[str, Any] = row._asdict()
    return shown | {
        "said": say(STATES[row.state], {}), "level": _LEVELS.get(row.state, ""), "open": row.state in {"review", "second"},
        "what": row.sku or row.container, "called": (row.name_zh if row.name_zh and is_chinese() else row.name) or "",
        "difference": f"{difference:+d}", "worth": (value := value_of(difference, row.unit_cost)), "value": _money(value),
        "cause_said": say(CAUSES[row.cause], {}) if row.cause in CAUSES else row.cause,
        "suggested": [say(*each) for each in view.suggestions.get(row.id, [])],
    }  # fmt: skip


def _percent(row: Row) -> str:
    return f"{number(100 * share(row.right_bins, row.bins), 1)} %"


def _bar(row: Row, label: str) -> tuple[str, float, str]:
    return label, share(row.right_bins, row.bins), f"{_percent(row)} · {row.bins}"


def _week(since: int, row: Row) -> str:
    return iso_day(day_of(since + int(row.week) * 7 * DAY, g.by.timezone)) or ""


def _share_json(row: Row) -> dict[str, Any]:
    name = {"name": row.name} if hasattr(row, "name") else {}
    return name | {"bins": int(row.bins), "right": int(row.right_bins), "units": int(row.units),
                   "wrong_units": int(row.wrong_units)}  # fmt: skip
