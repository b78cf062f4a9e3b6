"""The order desk's URLs: look at an order, and decide about it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from warehouse.db import Session
from warehouse.errors import NotFound, Notice
from warehouse.office.orderdesk import actions, queries
from warehouse.web.answers import as_json, database, fields, notice_json
from warehouse.web.identity import identify

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


@blueprint.get("/<text>")
def look(text: str) -> Response:
    """Shows an order with its lines, shipments and parcels."""

    def read(session: Session) -> dict[str, Any]:
        by = identify(session)
        try:
            return queries.order_view(session, by, queries.find_order(session, by, text)).as_json()
        except NotFound:
            if aside := queries.set_aside(session, text):
                return aside
            raise

    return as_json({"order": database().read(read)})


@blueprint.post("/<text>/<any(hold, release, cancel, tier):verb>")
def decide(text: str, verb: str) -> Response:
    """Holds, releases, cancels or re-tiers an order, once for each key."""
    sent = fields()

    def change(session: Session) -> tuple[dict[str, Any], Notice | None, bool]:
        by = identify(session, key=sent.get("key", ""))
        tier = sent.get("tier", "") if verb == "tier" else ""
        order_id, said, replayed = actions.decide(session, by, verb, text=text, tier=tier)
        return queries.order_view(session, by, order_id).as_json(), said, replayed

    order, said, replayed = database().change(change)
    response = as_json({"order": order, "notice": notice_json(said)})
    if replayed:
        response.headers["Replayed"] = "1"
    return response
