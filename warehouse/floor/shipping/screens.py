"""Shipping's URLs and its place in the table of rooms."""

from __future__ import annotations

from warehouse.floor.shipping import actions, queries
from warehouse.floor.shipping.rules import ROOM, HandOver, show
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)

room = Room(
    name=ROOM, roles=frozenset({"packer", "supervisor"}), position=HandOver, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=queries.waiting, refresh=actions.refresh, leave=actions.leave,
)  # fmt: skip
