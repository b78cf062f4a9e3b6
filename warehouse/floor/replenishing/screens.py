"""Replenishing's URLs and its place in the table of rooms."""

from __future__ import annotations

from warehouse.floor.replenishing import actions
from warehouse.floor.replenishing.rules import ROOM, Replenishing, show
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)

room = Room(
    name=ROOM, roles=frozenset({"picker", "supervisor"}), position=Replenishing, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=actions.waiting,
)  # fmt: skip
