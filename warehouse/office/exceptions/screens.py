"""The exception desk's URLs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, g

from warehouse.clock import HOUR, MINUTE
from warehouse.db import Row, Session
from warehouse.errors import N_, Phrase
from warehouse.office.exceptions import actions, queries
from warehouse.office.exceptions.rules import LINES_MAX, REPAIRERS, ROLE_OWNERS, ROLES, typed_paper
from warehouse.orders.events import events_of_exception
from warehouse.orders.repair import HEAD_FIELDS, LINE_FIELDS, RECIPIENT_FIELDS, Fault, Paper, check
from warehouse.orders.words import BY_HAND, EXCEPTION_KINDS, EXPECTED, FIELDS, OUTCOMES, reason
from warehouse.people.rules import ROLE_NAMES
from warehouse.web.answers import as_html, as_json, database, fields, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.web.lists import READ, Filter, Page, asked_for, minute, page_of

blueprint = Blueprint("exceptions", __name__, url_prefix="/exceptions")
EXCEPTION = f"<int(max={2**63 - 1}):exception_id>"


FILTERS = (
    Filter("kind", N_("Kind"), tuple(EXCEPTION_KINDS.items())),
    Filter("owner", N_("Owner"), tuple((role, ROLE_NAMES[role]) for role in ROLE_OWNERS)),
    Filter("late", N_("Due"), (("yes", N_("late only")),)),
    Filter("closed", N_("State"), (("yes", N_("closed")),)),
)  # fmt: skip
BLANK_LINES = 2
HIDDEN = "***"


@blueprint.get("")
def look_around() -> Response:
    """Lists exceptions, the open ones by when they are due."""
    asked = asked_for(FILTERS)

    def read(session: Session) -> tuple[Page, dict[str, int], Shown]:
        by = identify(session)
        search = queries.Search(
            asked.q, asked["kind"], asked["owner"], late=bool(asked["late"]), closed=bool(asked["closed"])
        )
        rows = queries.exception_list(session, by, search, most=READ, skip=asked.skip)
        return page_of(rows, asked), queries.figures(session, by), told(session, by)

    page, counted, said = database().read(read)
    if wanted() == "json":
        rows = [queries.as_json(row) for row in page.rows]
        return as_json({"exceptions": rows, "figures": counted, "next": page.after or None})
    figures = [
        (say(word, {}), f"{counted[name]}+" if counted[name] >= queries.COUNTED_MAX else str(counted[name]), href, level)
        for name, word, href, level in (
            ("open", N_("open"), "/exceptions", ""), ("late", N_("late"), "/exceptions?late=yes", "no"),
        )
    ]  # fmt: skip
    return as_html("office/exceptions.html", page=page.shown(_shown), filters=FILTERS, figures=figures, notice=said)


@blueprint.get(f"/{EXCEPTION}")
def one(exception_id: int) -> Response:
    """Shows an exception; the customer's data only once it is asked for."""
    if wanted() == "json":
        return as_json({"exception": database().read(
            lambda session: queries.as_json(queries.one(session, identify(session), exception_id))
        )})  # fmt: skip
    return _page(exception_id)


@blueprint.post(f"/{EXCEPTION}/show")
def show(exception_id: int) -> Response:
    """Shows the order in full, in a form to correct it; who looks is written down first."""
    sent = fields()
    database().change(lambda session: actions.look(session, identify(session, key=sent.get("key", "")), exception_id))
    return _page(exception_id, full=True)


@blueprint.post(f"/{EXCEPTION}/repair")
def repair(exception_id: int) -> Response:
    """Takes the corrected order, or shows what is still wrong with it."""
    return act(
        lambda session, by, sent: actions.repair(session, by, exception_id, sent),
        lambda notice, sent, status: _page(exception_id, full=True, typed=sent, notice=notice, status=status),
    )


@blueprint.post(f"/{EXCEPTION}/owner")
def owner(exception_id: int) -> Response:
    """Gives an exception to a role or a person."""
    return act(
        lambda session, by, sent: actions.give(session, by, exception_id, sent),
        lambda notice, sent, status: _page(exception_id, notice=notice, status=status, chosen=sent),
    )


@blueprint.post(f"/{EXCEPTION}/close")
def close(exception_id: int) -> Response:
    """Ends an exception with an outcome."""
    return act(
        lambda session, by, sent: actions.close(session, by, exception_id, sent),
        lambda notice, sent, status: _page(exception_id, notice=notice, status=status, chosen=sent),
    )


def _page(
    exception_id: int, *, full: bool = False, typed: Mapping[str, Any] | None = None, notice: Shown = None,
    status: int = 200, chosen: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    def read(session: Session) -> dict[str, Any]:
        by = identify(session)
        row = queries.one(session, by, exception_id)
        paper = queries.came(row, by)
        if paper is not None and typed is not None:
            paper = typed_paper(typed, paper.timezone)
        is_open = paper is not None and row.closed_at is None
        faults = check(session, by, paper).faults if is_open and paper else ()
        return {
            "exception": _shown(row), "notice": notice or told(session, by), "owners": _owners(session),
            "history": [_event(each) for each in events_of_exception(session, row.id)],
            **_form(paper, faults, full=full and by.has(*REPAIRERS), is_open=is_open),
            "may_correct": is_open and by.has(*REPAIRERS),
            "may_close": row.closed_at is None and row.kind not in {"stock", "customer"},
        }  # fmt: skip

    values = database().read(read)
    outcomes = {key: OUTCOMES[key] for key in BY_HAND}
    return as_html("office/exception.html", status, outcomes=outcomes, chosen=chosen or {}, full=full, **values)


def _form(paper: Paper | None, faults: Sequence[Fault], *, full: bool, is_open: bool) -> dict[str, Any]:
    """The order's fields and lines, each with its faults; what is the customer's is masked until it is asked for."""
    if paper is None:
        return {"head": [], "lines": [], "others": [], "too_long": False}
    head = [
        {"name": name, "label": say(FIELDS[name], {}), "text": _masked(name, paper.head.get(name, ""), full=full),
         "faults": _faults(faults, name, 0), "size": _size(name)}
        for name in HEAD_FIELDS
    ]  # fmt: skip
    known = list(paper.lines)[:LINES_MAX]
    blank = [dict[str, str]()] * (min(BLANK_LINES, LINES_MAX - len(known)) if full and is_open else 0)
    lines = [
        [{"name": f"{name}_{at}", "label": say(FIELDS[name], {}), "text": line.get(name, ""),
          "faults": _faults(faults, name, at), "size": _size(name)} for name in LINE_FIELDS]
        for at, line in enumerate([*known, *blank], start=1)
    ]  # fmt: skip
    return {
        "head": head, "lines": lines, "too_long": len(paper.lines) > LINES_MAX,
        "others": [_fault(each) for each in faults if not each.field],
    }  # fmt: skip


def _masked(name: str, text: str, *, full: bool) -> str:
    return text if full or name not in RECIPIENT_FIELDS or name == "city" or not text else HIDDEN


def _size(name: str) -> str:
    return "wide" if name in {"address", "note"} else "short" if name in {"quantity", "unit_price"} else ""


def _faults(faults: Sequence[Fault], name: str, line: int) -> list[str]:
    return [_fault(each) for each in faults if each.field == name and each.line == line]


def _fault(fault: Fault) -> str:
    """A fault in words, with what is expected; what was read stands in the field itself, masked or not."""
    said = say(*reason(fault.reason))
    expected = EXPECTED.get(fault.field, "") if fault.reason.endswith("_invalid") else ""
    return (
        say(N_("%(fault)s. Expected: %(expected)s"), {"fault": said, "expected": say(expected, {})})
        if expected
        else said
    )


def _shown(row: Row) -> dict[str, Any]:
    zone, late = g.by.timezone, row.due_at is not None and row.due_at < g.by.now
    return {
        "id": row.id, "order_id": row.order_id, "channel": row.channel, "number": row.number,
        "kind": say(EXCEPTION_KINDS[row.kind], {}), "reasons": [say(*reason(code)) for code in json.loads(row.reasons)],
        "owner": _owner(row.owner), "owner_key": row.owner, "due": minute(row.due_at, zone), "late": late and not row.closed_at,
        "age": _age(g.by.now - row.opened_at), "opened": minute(row.opened_at, zone), "closed": minute(row.closed_at, zone),
        "outcome": say(OUTCOMES[row.outcome], {}) if row.outcome in OUTCOMES else row.outcome,
    }  # fmt: skip


def _age(lasted: int) -> str:
    if lasted >= 48 * HOUR:
        return say(N_("%(days)s days"), {"days": lasted // (24 * HOUR)})
    if lasted >= 2 * HOUR:
        return say(N_("%(hours)s hours"), {"hours": lasted // HOUR})
    return say(N_("%(minutes)s minutes"), {"minutes": max(lasted, 0) // MINUTE})


def _owner(name: str) -> str:
    return say(ROLE_NAMES[name], {}) if name in ROLE_NAMES else name


def _owners(session: Session) -> list[tuple[str, str]]:
    return [(name, _owner(name)) for name in queries.owners(session)]


_EVENTS = {
    "look": N_("Customer's data looked at by %(who)s"), "repair": N_("Corrected by %(who)s"),
    "owner": N_("Given to %(detail)s by %(who)s"), "close": N_("Closed by %(who)s: %(detail)s"),
}  # fmt: skip


def _event(row: Row) -> dict[str, str]:
    detail = say(OUTCOMES[row.detail], {}) if row.kind == "close" and row.detail in OUTCOMES else _owner(row.detail)
    params = {"who": row.name or Phrase(N_("the system")), "detail": detail}
    return {"when": minute(row.at, g.by.timezone), "text": say(_EVENTS[row.kind], params)}


__all__ = ["ROLES", "blueprint"]
