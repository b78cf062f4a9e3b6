"""Who hears of what, and which rooms and desks there are: the only place that knows both sides."""

from __future__ import annotations

from flask import Flask

from warehouse.floor.lookup import screens as lookup
from warehouse.floor.packing import screens as packing
from warehouse.floor.picking import screens as picking
from warehouse.floor.putaway import screens as putaway
from warehouse.floor.receiving import screens as receiving
from warehouse.floor.replenishing import screens as replenishing
from warehouse.floor.shipping import screens as shipping
from warehouse.ledger import on_freed
from warehouse.office.orderdesk import actions as decisions
from warehouse.office.orderdesk import screens as orderdesk
from warehouse.orders.payment import on_refund
from warehouse.orders.release import wake
from warehouse.web.rooms import menu
from warehouse.work.rooms import add_room

# In the order in which goods go through them.
ROOMS = (receiving, putaway, replenishing, picking, packing, shipping)
PAGES = (packing.papers, lookup.blueprint, orderdesk.blueprint, menu)


def wire(app: Flask) -> None:
    """Fills the table of rooms, hangs their URLs into the application, and connects listeners."""
    listen()
    for module in ROOMS:
        app.register_blueprint(module.blueprint)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)


def listen() -> None:
    """Fills the table of rooms and connects listeners; also for the command line, which has no URLs."""
    for module in ROOMS:
        add_room(module.room)
    on_freed(wake)
    on_refund(decisions.hold, decisions.release)
