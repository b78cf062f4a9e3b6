"""Counting's URLs and its place in the table of rooms."""

from __future__ import annotations

from warehouse.floor.counting import actions
from warehouse.floor.counting.rules import ROOM, Counting, anew, show
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)

room = Room(
    name=ROOM, roles=frozenset({"counter", "supervisor"}), position=Counting, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=actions.waiting, is_over=actions.is_over, anew=anew,
)  # fmt: skip
