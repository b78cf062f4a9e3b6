"""The URLs of items: a list, an item, and what is changed of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response

from warehouse.db import Row, Session
from warehouse.errors import N_
from warehouse.office.items import actions, queries
from warehouse.office.items.rules import KIND_NAMES, NAMES, SEES, TRACKING_NAMES
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.lists import SIZE, Filter, Page, asked_for
from warehouse.web.shown import lies_shown, moves_shown
from warehouse.who import By

blueprint = Blueprint("items", __name__, url_prefix="/items")
ROLES = SEES
CHANGED_BY = ("items.make", "items.new", "items.change", "items.add_code", "items.drop_code")


_BELOW, _BARE = "below_safety", "bare"


@blueprint.get("")
def look() -> Response:
    """Lists items."""

    def read(session: Session) -> tuple[Page, list[Filter]]:
        by, filters = identify(session), _filters(session)
        asked = asked_for(filters)
        search = queries.Search(
            asked.q, asked["kind"], asked["class"], asked["tracking"], below=asked["only"] == _BELOW,
            bare=asked["only"] == _BARE,
        )  # fmt: skip
        rows = queries.items(session, by, search, most=SIZE + 1, skip=(asked.number - 1) * SIZE)
        return Page(rows[:SIZE], asked, len(rows) > SIZE), filters

    page, filters = database().read(read)
    if wanted() == "json":
        return as_json({"items": [_listed(row) for row in page.rows], "next": page.after or None})
    return as_html("office/items.html", page=page, filters=filters, kinds=KIND_NAMES)


@blueprint.get("/new")
def new() -> Response:
    """The form of a new item."""
    database().read(identify)
    return _new(None, {}, 200)


@blueprint.post("")
def make() -> Response:
    """Makes an item."""
    return act(actions.make, _new)


@blueprint.get("/<int:item_id>")
def one(item_id: int) -> Response:
    """Shows an item."""
    return _one(item_id, None, {}, 200)


@blueprint.post("/<int:item_id>")
def change(item_id: int) -> Response:
    """Changes an item."""
    return act(lambda session, by, sent: actions.change(session, by, item_id, sent), _again(item_id))


@blueprint.post("/<int:item_id>/codes")
def add_code(item_id: int) -> Response:
    """Gives an item one more barcode."""
    return act(lambda session, _, sent: actions.add_code(session, item_id, sent), _again(item_id))


@blueprint.post("/<int:item_id>/codes/remove")
def drop_code(item_id: int) -> Response:
    """Takes a barcode away from an item."""
    return act(lambda session, _, sent: actions.drop_code(session, item_id, sent), _again(item_id))


def _again(item_id: int) -> Callable[[Shown, Mapping[str, Any], int], Response]:
    return lambda notice, typed, status: _one(item_id, notice, typed, status)


def _one(item_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[By, queries.ItemView, Shown]:
        by = identify(session)
        return by, queries.item_view(session, by, item_id), notice or told(session, by)

    by, view, notice = database().read(read)
    if wanted() == "json":
        return as_json({"item": view.as_json()}, status)
    return as_html(
        "office/item.html", status, view=view, item=view.item, notice=notice, typed=typed, names=NAMES,
        kinds=KIND_NAMES, trackings=TRACKING_NAMES, lies=lies_shown(view.lies, by.timezone),
        last=moves_shown(view.last, by.timezone),
    )  # fmt: skip


def _new(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    return as_html(
        "office/item_new.html", status, notice=notice, typed=typed, names=NAMES, kinds=KIND_NAMES,
        trackings=TRACKING_NAMES,
    )  # fmt: skip


def _filters(session: Session) -> list[Filter]:
    return [
        Filter("kind", NAMES["kind"], tuple(KIND_NAMES.items())),
        Filter("class", NAMES["class"], tuple((each, each) for each in queries.classes(session))),
        Filter("tracking", NAMES["tracking"], tuple(TRACKING_NAMES.items())),
        Filter("only", N_("Only"), ((_BELOW, N_("below safety stock")), (_BARE, N_("without barcode")))),
    ]


def _listed(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id), "sku": row.sku, "name": row.name, "name_zh": row.name_zh, "barcode": row.barcode,
        "kind": row.kind, "class": row.item_class, "tracking": row.tracking,
        "on_hand": row.on_hand, "reserved": row.reserved, "available": int(row.available), "on_order": row.on_order,
        "safety_stock": row.safety_stock,
    }  # fmt: skip
