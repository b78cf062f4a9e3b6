"""Counting's URLs and its place in the table of rooms."""

from __future__ import annotations

from flask import Response

from warehouse.floor.counting import actions
from warehouse.floor.counting.rules import ROOM, Counting, anew, show
from warehouse.web.answers import as_html, as_json, database, fields, notice_json, wanted
from warehouse.web.forms import once
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)
REPORTERS = ("picker", "receiver", "inspector", "packer", "counter", "supervisor")


@blueprint.post("/report")
def report() -> Response:
    """Takes up what somebody saw at a bin in passing: it is empty, or something does not belong there."""
    said, _ = database().change(lambda session: once(session, actions.report, fields()))
    notice = notice_json(said)
    if wanted() == "json":
        return as_json({"notice": notice})
    return as_html("shared/message.html", notice=notice, because=None, room="")


room = Room(
    name=ROOM, roles=frozenset({"counter", "supervisor"}), position=Counting, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=actions.waiting, is_over=actions.is_over, anew=anew,
)  # fmt: skip
