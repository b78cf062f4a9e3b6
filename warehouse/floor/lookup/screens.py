"""Lookup's URL."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request

from warehouse.clock import local_time
from warehouse.counts.blind import bin_held
from warehouse.db import Session
from warehouse.errors import N_, Phrase
from warehouse.floor.lookup import queries
from warehouse.floor.lookup.queries import ThingView
from warehouse.floor.lookup.rules import FACTS, KINDS, STATES
from warehouse.ledger.told import moved
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import UnknownCode
from warehouse.web.answers import as_html, as_json, database, notice_json, refuse, wanted
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, say
from warehouse.web.told import in_words

blueprint = Blueprint("lookup", __name__, url_prefix="/lookup")

ROLES = (
    "picker", "receiver", "inspector", "packer", "counter", "driver", "supervisor", "operations", "purchasing",
    "customer_service",
)  # fmt: skip


@blueprint.get("")
def look() -> Response:
    """Tells what a code names, where it lies, and what happened to it last."""
    code = request.args.get("code", "")
    if not code and wanted() != "json":
        return _page(code, [], None)
    found = database().read(lambda session: _find(session, code))
    if not found:
        unknown = UnknownCode(read=code, expected=Phrase(N_("any code of this warehouse")))
        if wanted() != "json":
            return _page(code, [], notice_json(unknown.notice), 404)
        response = refuse(unknown)
        response.status_code = 404
        return response
    things = [_thing(each) for each in found]
    if wanted() != "json":
        return _page(code, [_shown(each) for each in things], None)
    kind = found[0].kind if len(found) == 1 else "several"
    return as_json({"code": code, "kind": kind, "things": things})


def _page(code: str, things: list[dict[str, Any]], notice: dict[str, Any] | None, status: int = 200) -> Response:
    if not things and notice is None:
        database().read(identify)
    return as_html("lookup/thing.html", status, code=code, things=things, notice=notice)


def _shown(thing: dict[str, Any]) -> dict[str, Any]:
    """A thing as a person reads it: its kind and facts in words, times in the warehouse's zone."""
    kind = say(KINDS.get(thing["kind"], thing["kind"]), {})
    facts = [
        (say(label, {}), _fact(thing, name)) for name, label in FACTS.items() if thing.get(name) not in (None, "", [])
    ]
    last = [move | {"when": local_time(move["at"], g.by.timezone)} for move in thing["last"]]
    name = thing.get("name_zh") or thing["name"] if is_chinese() else thing["name"]
    return thing | {"said": kind, "shown": facts, "last": last, "name": name}


def _fact(thing: dict[str, Any], name: str) -> Any:
    """A fact as it is shown: a state in words, all else as it is."""
    words = STATES.get(thing["kind"], {}) if name == "state" else {}
    return say(words[thing[name]], {}) if thing[name] in words else thing[name]


def _find(session: Session, code: str) -> list[ThingView]:
    by = identify(session)
    found = queries.things(session, by, parse(code))
    return [queries.without_figures(each) for each in found] if bin_held(session, by) else found


def _thing(view: ThingView) -> dict[str, Any]:
    said = moved(view.last, g.by.timezone)
    for shown, row in zip(said, view.last, strict=True):
        shown["text"] = in_words(row)
    facts = {name: value for name, value in view.facts.items() if name not in {"kind", "code", "barcode", "name"}}
    if view.kind == "location":
        facts["type"] = view.facts["kind"]
    return {"kind": view.kind, "code": view.code, "barcode": view.barcode, "name": view.name, **facts,
            "lies": view.lies, "last": said}  # fmt: skip
