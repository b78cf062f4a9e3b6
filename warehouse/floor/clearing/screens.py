"""Clearing's URLs and its place in the table of rooms."""

from __future__ import annotations

from warehouse.floor.clearing import actions
from warehouse.floor.clearing.rules import Clearing, show
from warehouse.planning.clearing import ROOM
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)

room = Room(
    name=ROOM, roles=frozenset({"driver", "picker", "supervisor"}), position=Clearing, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=actions.waiting,
)  # fmt: skip
