"""The URLs of places: the tree, a place, and new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from warehouse.db import Row, Session
from warehouse.errors import N_
from warehouse.office.locations import actions, queries
from warehouse.office.locations.rules import KIND_NAMES, MADE_KINDS, NAMES, RUN_MAX, SEES, SHOWN_KINDS
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.lists import SIZE, Asked, Filter, Page, asked_for
from warehouse.web.shown import lies_shown, moves_shown
from warehouse.who import By

blueprint = Blueprint("locations", __name__, url_prefix="/locations")
ROLES = SEES
CHANGED_BY = ("locations.new", "locations.make", "locations.make_run", "locations.change")


TYPED_MAX = 100
FILTERS = (
    Filter("kind", NAMES["kind"], tuple((kind, KIND_NAMES[kind]) for kind in SHOWN_KINDS)),
    Filter("only", N_("Only"), (("empty", N_("empty bins")), ("blocked", N_("with held goods")),
                                ("face", N_("pick faces")))),
)  # fmt: skip


@blueprint.get("")
def look() -> Response:
    """Lists places along the walk; `in` narrows them to what lies in one place."""

    def read(session: Session) -> tuple[Page, list[Row], Shown]:
        by, asked = identify(session), asked_for(FILTERS)
        inside = request.args.get("in", "")[:TYPED_MAX]
        asked = replace(asked, filters={**asked.filters, "in": inside})
        found = queries.place_named(session, by, inside) if inside else None
        search = queries.Search(
            asked.q, asked["kind"], empty=asked["only"] == "empty", blocked=asked["only"] == "blocked",
            face=asked["only"] == "face", inside=(found.id if found else -1) if inside else 0,
        )  # fmt: skip
        rows = queries.places(session, by, search, most=SIZE + 1, skip=(asked.number - 1) * SIZE)
        return Page(rows[:SIZE], asked, len(rows) > SIZE), queries.tree(session, by, 0), told(session, by)

    page, tree, notice = database().read(read)
    if wanted() == "json":
        return as_json({"locations": [_listed(row) for row in page.rows], "next": page.after or None})
    return as_html("office/locations.html", page=page, filters=FILTERS, tree=tree, kinds=KIND_NAMES, notice=notice)


@blueprint.get("/new")
def new() -> Response:
    """The forms of a new place and of a run of bins."""
    database().read(identify)
    return _new(None, {"parent": request.args.get("in", "")}, 200)


@blueprint.post("")
def make() -> Response:
    """Makes one place."""
    return act(actions.make, _new)


@blueprint.post("/run")
def make_run() -> Response:
    """Makes a run of bins."""
    return act(actions.make_run, _new)


@blueprint.get("/<int:location_id>")
def one(location_id: int) -> Response:
    """Shows a place."""
    return _one(location_id, None, {}, 200)


@blueprint.post("/<int:location_id>")
def change(location_id: int) -> Response:
    """Changes a place."""
    return act(
        lambda session, by, sent: actions.change(session, by, location_id, sent),
        lambda notice, typed, status: _one(location_id, notice, typed, status),
    )


def _one(location_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[By, queries.PlaceView, Page, Shown]:
        by = identify(session)
        view = queries.place_view(session, by, location_id)
        return by, view, _inside(session, by, view.place), notice or told(session, by)

    by, view, inside, notice = database().read(read)
    if wanted() == "json":
        return as_json({"location": view.as_json()}, status)
    return as_html(
        "office/location.html", status, view=view, place=view.place, inside=inside, notice=notice, typed=typed, names=NAMES,
        kinds=KIND_NAMES, lies=lies_shown(view.lies, by.timezone), last=moves_shown(view.last, by.timezone),
    )  # fmt: skip


def _inside(session: Session, by: By, place: Row) -> Page:
    """The first bins directly in a place, and the address of the list of all."""
    asked = Asked("/locations", filters={"in": place.code})
    rows = queries.places(session, by, queries.Search(kind="bin", inside=place.id), most=SIZE + 1, skip=0)
    return Page(rows[:SIZE], asked, len(rows) > SIZE)


def _new(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    kinds = {kind: KIND_NAMES[kind] for kind in MADE_KINDS}
    return as_html(
        "office/location_new.html", status, notice=notice, typed=typed, names=NAMES, kinds=kinds, most=RUN_MAX
    )


def _listed(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id), "code": row.code, "kind": row.kind, "barcode": row.barcode, "lies_in": row.above,
        "classes": row.classes, "pick_face": bool(row.pick_face), "items": row.items, "quantity": int(row.quantity),
        "held": bool(row.held),
    }  # fmt: skip
