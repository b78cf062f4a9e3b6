"""Picking's URLs and its place in the table of rooms."""

from __future__ import annotations

from warehouse.floor.picking import actions, queries
from warehouse.floor.picking.rules import ROOM, Picking, anew, show
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)

room = Room(
    name=ROOM, roles=frozenset({"picker", "supervisor"}), position=Picking, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=queries.waiting, refresh=actions.refresh,
    is_over=actions.is_over, anew=anew, news=queries.news,
)  # fmt: skip
