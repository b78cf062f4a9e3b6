"""Who hears of what, and which rooms there are: the only place that knows both sides."""

from __future__ import annotations

from flask import Flask

from warehouse.floor.rooms import PAGES, ROOMS
from warehouse.ledger import on_freed
from warehouse.office.desks import PAGES as DESKS
from warehouse.orders.release import wake
from warehouse.web.rooms import menu
from warehouse.work.rooms import add_room


def wire(app: Flask) -> None:
    """Fills the table of rooms, hangs their URLs into the application, and connects listeners."""
    listen()
    for module in ROOMS:
        add_room(module.room)
        app.register_blueprint(module.blueprint)
    for blueprint in (*PAGES, *DESKS, menu):
        app.register_blueprint(blueprint)


def listen() -> None:
    """Connects those who hear of postings; also for the command line, which has no URLs."""
    on_freed(wake)
