"""Who hears of what, and which rooms and desks there are: the only place that knows both sides."""

from __future__ import annotations

from flask import Flask

from warehouse.counts.blind import check_blind
from warehouse.counts.uncover import on_rearranged
from warehouse.errors import N_
from warehouse.floor.clearing import screens as clearing
from warehouse.floor.counting import screens as counting
from warehouse.floor.lookup import screens as lookup
from warehouse.floor.packing import screens as packing
from warehouse.floor.picking import screens as picking
from warehouse.floor.picking.actions import rearrange
from warehouse.floor.putaway import screens as putaway
from warehouse.floor.receiving import screens as receiving
from warehouse.floor.receiving.actions import LINKERS
from warehouse.floor.receiving.actions import link as link_receipt
from warehouse.floor.replenishing import screens as replenishing
from warehouse.floor.shipping import screens as shipping
from warehouse.imports.repairing import check_paper
from warehouse.ledger import on_freed
from warehouse.ledger.levels import on_crossed
from warehouse.messages.deliveries import dead
from warehouse.messages.facts import on_proposed
from warehouse.messages.letters import on_letter
from warehouse.office.alerts import screens as stock_alerts
from warehouse.office.buying import screens as buying
from warehouse.office.buying.queries import proposed_for
from warehouse.office.counts import screens as counts
from warehouse.office.exceptions import screens as exceptions
from warehouse.office.items import screens as items
from warehouse.office.items.rules import CHANGES as ITEM_CHANGES
from warehouse.office.labels import screens as labels
from warehouse.office.locations import screens as locations
from warehouse.office.locations.rules import CHANGES as LOCATION_CHANGES
from warehouse.office.messages import screens as desk_of_messages
from warehouse.office.orderdesk import actions as decisions
from warehouse.office.orderdesk import screens as orderdesk
from warehouse.office.orderdesk.rules import RECIPIENT_ROLES
from warehouse.office.orderdesk.rules import ROLES as DESK_ROLES
from warehouse.office.people import screens as accounts
from warehouse.office.planning import ages
from warehouse.office.planning import clearing as clearances
from warehouse.office.planning import screens as planning
from warehouse.office.purchasing import screens as purchasing
from warehouse.office.purchasing.actions import on_link
from warehouse.office.purchasing.paper import LETTERS, letter_of
from warehouse.office.settings import screens as settings
from warehouse.office.settings.rules import CHANGES as SETTING_CHANGES
from warehouse.office.stock import screens as stock
from warehouse.orders.payment import on_refund
from warehouse.orders.purchase import on_ordered
from warehouse.orders.release import wake
from warehouse.orders.repair import on_check
from warehouse.planning import alerts
from warehouse.stations import screens as stations
from warehouse.stations.rules import AGENT, MANAGERS
from warehouse.web import access
from warehouse.web.access import EVERYBODY, allow
from warehouse.web.camera import camera
from warehouse.web.rooms import menu
from warehouse.web.signin import signin
from warehouse.work.rooms import add_room

# In the order in which goods go through them.
ROOMS = (receiving, putaway, replenishing, picking, packing, shipping, counting, clearing)

# The other pages, and who may see them.
PAGES = (
    (packing.papers, packing.PAPER_ROLES), (lookup.blueprint, lookup.ROLES), (orderdesk.blueprint, DESK_ROLES),
    (exceptions.blueprint, exceptions.ROLES), (purchasing.blueprint, purchasing.ROLES),
    (buying.blueprint, buying.ROLES),
    (menu, EVERYBODY), (camera, EVERYBODY), (items.blueprint, items.ROLES), (locations.blueprint, locations.ROLES),
    (stock.blueprint, stock.ROLES), (accounts.people, accounts.ADMINISTRATORS),
    (desk_of_messages.messages, desk_of_messages.ROLES), (desk_of_messages.webhooks, desk_of_messages.WEBHOOK_ROLES),
    (stock_alerts.blueprint, stock_alerts.ROLES), (planning.blueprint, planning.ROLES),
    (clearances.blueprint, clearances.ROLES), (ages.blueprint, ages.ROLES),
    (accounts.tokens, accounts.ADMINISTRATORS), (settings.blueprint, settings.ROLES), (labels.blueprint, labels.ROLES),
    (stations.blueprint, MANAGERS), (counts.blueprint, counts.ROLES),
)  # fmt: skip

# What only some of those who see a page may do on it.
FINER = (
    (("orders.recipient", "exceptions.show", "exceptions.repair"), RECIPIENT_ROLES),
    (counts.DECIDED_BY, counts.DECIDERS), (counts.ASKED_BY, counts.ASKERS),
    (desk_of_messages.CHANGED_BY, desk_of_messages.CHANGERS),
    (purchasing.CHANGED_BY, purchasing.MAKERS), (purchasing.DECIDED_BY, purchasing.APPROVERS),
    (("purchasing.link",), LINKERS), (buying.CHANGED_BY, buying.CHANGERS), (stock_alerts.CHANGED_BY, stock_alerts.CHANGERS),
    (planning.CHANGED_BY, planning.CHANGERS), (planning.KEPT_BY, planning.KEEPERS),
    (clearances.ASKED_BY, clearances.ASKERS), (clearances.ENDED_BY, clearances.ENDERS),
    (items.CHANGED_BY, ITEM_CHANGES), (locations.CHANGED_BY, LOCATION_CHANGES), (settings.CHANGED_BY, SETTING_CHANGES),
    (("labels.badges", "labels.new_badges"), labels.BADGE_ROLES), (("labels.demo",), EVERYBODY),
    (stations.AGENT_PAGES, AGENT), (stations.DESK_PAGES, EVERYBODY),
)  # fmt: skip

# What tells what the book has: closed to whoever has a bin to count (R-CNT-2); look-up leaves its figures out itself.
TELLING = ("stock", "locations", "items", "alerts", "planning", "clearances", "ages", "buying", "counts", "messages")

# The office's menu: sections in the order of the day's work; everybody sees what they may open.
OFFICE = (
    (N_("Orders"), (("orders.look_around", N_("Orders")), ("exceptions.look_around", N_("Exceptions")))),
    (N_("Purchasing"), (
        ("purchasing.look_around", N_("Purchase orders")), ("buying.look", N_("Proposed orders")),
        ("purchasing.decide", N_("Purchases to approve")), ("alerts.look_around", N_("Stock alerts")),
        ("planning.look_around", N_("Safety stock")), ("planning.slow", N_("Slow movers")),
        ("planning.promoted", N_("Short of promotions")))),
    (N_("Stock"), (
        ("stock.look", N_("Stock")), ("stock.moves", N_("Moves")), ("counts.look_around", N_("Counts")),
        ("clearances.look", N_("To be taken out")),
        ("items.look", N_("Items")), ("locations.look", N_("Locations")))),
    (N_("People"), (
        ("people.look", N_("People")), ("people.sign_ins", N_("Sign-in log")), ("tokens.look", N_("Program accounts")))),
    (N_("Set-up"), (
        ("stations.look", N_("Desks")), ("labels.page", N_("Labels")), ("messages.look_around", N_("Messages")),
        ("webhooks.look", N_("Webhooks")), ("settings.look", N_("Settings")))),
)  # fmt: skip


def wire(app: Flask) -> None:
    """Fills the table of rooms, hangs their URLs into the application, and connects listeners."""
    listen()
    for module in ROOMS:
        app.register_blueprint(module.blueprint)
        allow(module.blueprint.name, module.room.roles)
    allow("receiving.link", LINKERS)
    allow("counting.report", counting.REPORTERS)
    for blueprint, roles in PAGES:
        app.register_blueprint(blueprint)
        allow(blueprint.name, roles)
    for endpoints, changers in FINER:
        for endpoint in endpoints:
            allow(endpoint, changers)
    for name in TELLING:
        access.watch(name, check_blind)
    access.set_offices(OFFICE, {"messages.look_around": dead})
    app.register_blueprint(signin)
    access.check_rules(app)


def listen() -> None:
    """Fills the table of rooms and connects listeners; also for the command line, which has no URLs."""
    for module in ROOMS:
        add_room(module.room)
    on_freed(wake)
    on_rearranged(rearrange)
    on_crossed(alerts.decide)
    on_ordered(alerts.mark_ordered)
    on_letter(LETTERS, lambda session, here, topic, about, now: letter_of(session, here, topic, int(about), now))
    on_proposed(proposed_for)
    on_refund(decisions.hold, decisions.release)
    on_check(check_paper)
    on_link(lambda session, by, work_id, number: link_receipt(session, by, work_id, number=number))
