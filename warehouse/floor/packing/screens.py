"""Packing's URLs, its papers, and its place in the table of rooms."""

from __future__ import annotations

from flask import Blueprint, Response

from warehouse.db import Session
from warehouse.errors import N_, NotFound
from warehouse.floor.packing import actions, queries
from warehouse.floor.packing.queries import PackingListView
from warehouse.floor.packing.rules import ROOM, Packing, show
from warehouse.web.answers import database
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.web.papers import Sheet, as_pdf
from warehouse.web.rooms import room_blueprint
from warehouse.work.rooms import Room

blueprint = room_blueprint(ROOM)
papers = Blueprint("parcels", __name__, url_prefix="/parcels")

PAPER_ROLES = ("packer", "supervisor", "operations", "customer_service", "station")

room = Room(
    name=ROOM, roles=frozenset({"packer", "supervisor"}), position=Packing, take=actions.take, hear=actions.hear,
    show=show, undo=actions.undo, waiting=queries.waiting, refresh=actions.refresh, leave=actions.leave,
    is_over=actions.is_over,
)  # fmt: skip


@papers.get("/<code>/packing-list.pdf")
def packing_list(code: str) -> Response:
    """The list of what is in a parcel, to be put into it (R-PACK-5)."""
    view = database().read(lambda session: _read(session, code))
    return Response(as_pdf(_sheet(view)), mimetype="application/pdf")


def _read(session: Session, code: str) -> PackingListView:
    by = identify(session)
    view = queries.packing_list(session, by, code)
    if view is None:
        raise NotFound(what=code)
    return view


def _sheet(view: PackingListView) -> Sheet:
    facts = (
        (N_("Order"), f"{view.order} ({view.channel})"), (N_("Goods issue note"), view.document),
        (N_("Recipient"), f"{view.name}, {view.city}"), (N_("Phone"), view.phone), (N_("Parcel"), view.parcel),
    )  # fmt: skip
    columns = (N_("SKU"), N_("Name"), N_("Lot"), N_("Serial"), N_("Quantity"))
    return Sheet(
        title=say(N_("Packing list"), {}), barcode=view.parcel, facts=tuple((say(name, {}), text) for name, text in facts),
        columns=tuple(say(name, {}) for name in columns),
        rows=tuple((line.sku, line.name, line.lot, line.serial, str(line.quantity)) for line in view.lines),
    )  # fmt: skip
