"""Receiving's URLs and its place in the table of rooms."""

from __future__ import annotations

from flask import Response

from warehouse.floor.receiving import actions, queries
from warehouse.floor.receiving.rules import ROOM, Receiving, show
from warehouse.web.answers import answer, database, fields
from warehouse.web.identity import identify
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)

room = Room(
    name=ROOM, roles=frozenset({"receiver", "supervisor"}), position=Receiving, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=queries.waiting, refresh=actions.refresh,
    begin=actions.begin,
)  # fmt: skip

_NAMES = ("purchase_order", "number", "document", "code")


@blueprint.post("/<int:work_id>/link")
def link(work_id: int) -> Response:
    """Names the purchase order of a receipt that came without papers; its goods are free from then on."""
    sent = fields()
    number = next((sent[name] for name in _NAMES if sent.get(name)), "")
    return answer(
        database().change(
            lambda session: actions.link(session, identify(session, key=sent.get("key", "")), work_id, number=number)
        )
    )
