"""Putaway's URLs and its place in the table of rooms."""

from __future__ import annotations

from warehouse.floor.putaway import actions
from warehouse.floor.putaway.rules import ROOM, Putaway, show
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)

room = Room(
    name=ROOM, roles=frozenset({"receiver", "supervisor"}), position=Putaway, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=actions.waiting,
)  # fmt: skip
