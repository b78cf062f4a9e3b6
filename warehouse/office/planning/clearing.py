"""The URLs of clearing at a desk: what is asked for, who works at it, and what is left after all (R-SAF-6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.office.planning import actions
from warehouse.office.planning.rules import ACTIONS, CHANGES, CLEARS, SEES
from warehouse.office.planning.screens import name_of, one_page
from warehouse.planning import clearing
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.web.lists import READ, Page, asked_for, page_of

blueprint = Blueprint("clearances", __name__)
ROLES = SEES
ASKED_BY, ASKERS = ("clearances.clear",), CHANGES
ENDED_BY, ENDERS = ("clearances.leave",), CLEARS
_ITEM = f"<int(max={2**63 - 1}):item_id>"
_CLEARANCE = f"<int(max={2**63 - 1}):clearance_id>"


@blueprint.post(f"/safety-stock/{_ITEM}/clear")
def clear(item_id: int) -> Response:
    """Asks for an item to be moved to the reserve, sent back or scrapped, or delists it."""
    return act(lambda session, by, sent: actions.clear(session, by, item_id, sent),
               lambda notice, sent, status: one_page(item_id, notice, sent, status))  # fmt: skip


@blueprint.get("/clearances")
def look() -> Response:
    """Lists what is to be taken out, along the walk, and who works at it."""
    return _list(None, {}, 200)


@blueprint.post(f"/clearances/{_CLEARANCE}/leave")
def leave(clearance_id: int) -> Response:
    """What is left of it stays in its bin."""
    return act(lambda session, by, _: actions.leave(session, by, clearance_id), _list)


def _list(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:  # noqa: ARG001 - each row has a form of its own
    asked = asked_for()

    def read(session: Session) -> tuple[Page, Shown]:
        by = identify(session)
        return page_of(clearing.open_ones(session, by, most=READ, skip=asked.skip), asked), notice or told(session, by)

    page, said = database().read(read)
    if wanted() == "json":
        return as_json({"clearances": [_row(row) for row in page.rows], "next": page.after or None}, status)
    shown = page.shown(lambda row: _row(row) | {"name": name_of(row), "said": say(ACTIONS[row.kind], {})})
    return as_html("office/clearances.html", status, page=shown, notice=said)


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id), "item": str(row.item_id), "sku": row.sku, "location": row.place, "lot": row.lot,
        "serial": row.serial or None, "kind": row.kind, "quantity": row.quantity, "taken": row.taken,
        "left": row.quantity - row.taken, "reason": row.reason, "asked_by": row.asked_name or "system",
        "asked_at": iso(row.asked_at), "worked_by": row.worked_name,
    }  # fmt: skip
