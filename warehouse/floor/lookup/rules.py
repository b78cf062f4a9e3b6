"""What lookup says of a move, in plain words. Pure."""

from __future__ import annotations

from warehouse.clock import HOUR
from warehouse.errors import N_

LAST_MAX = 10
LOOKED_BACK = 24 * HOUR
"""How far back the last moves of a person are looked for."""
MAY_LOOK_UP_PEOPLE = ("supervisor", "operations")

KINDS = {
    "item": N_("Item"), "location": N_("Location"), "tote": N_("Tote"), "pallet": N_("Pallet"), "parcel": N_("Parcel"),
    "lot": N_("Lot"), "serial": N_("Serial"), "order": N_("Order"), "shipment": N_("Goods issue note"),
    "purchase_order": N_("Purchase order"), "person": N_("Person"),
}  # fmt: skip
FACTS = {
    "on_hand": N_("On hand"), "available": N_("Available"), "reserved": N_("Reserved"), "blocked": N_("Blocked"),
    "on_order": N_("On order"), "lies_at": N_("Lies at"), "state": N_("State"), "channel": N_("Channel"),
    "order_number": N_("Order"), "supplier": N_("Supplier"), "sku": N_("SKU"), "expiry": N_("Expiry"),
}  # fmt: skip

SAID = {
    "opening": N_("%(quantity)s × %(what)s were at %(to)s from the start"),
    "receive": N_("%(quantity)s × %(what)s arrived at %(to)s"),
    "putaway": N_("%(quantity)s × %(what)s put away from %(from)s to %(to)s"),
    "move": N_("%(quantity)s × %(what)s moved from %(from)s to %(to)s"),
    "replenish": N_("%(quantity)s × %(what)s replenished from %(from)s to %(to)s"),
    "pick": N_("%(quantity)s × %(what)s picked from %(from)s into %(to)s"),
    "unpick": N_("%(quantity)s × %(what)s put back from %(from)s to %(to)s"),
    "pack": N_("%(quantity)s × %(what)s packed from %(from)s into %(to)s"),
    "ship": N_("%(quantity)s × %(what)s handed over in %(from)s"),
    "count": N_("%(quantity)s × %(what)s corrected by a count from %(from)s to %(to)s"),
    "return": N_("%(quantity)s × %(what)s came back to %(to)s"),
    "scrap": N_("%(quantity)s × %(what)s scrapped at %(from)s"),
    "consume": N_("%(quantity)s × %(what)s used up at %(from)s"),
    "block": N_("%(quantity)s × %(what)s set aside from %(from)s to %(to)s"),
    "unblock": N_("%(quantity)s × %(what)s freed from %(from)s to %(to)s"),
    "undo": N_("%(quantity)s × %(what)s taken back from %(from)s to %(to)s"),
}
PLACES = {
    "supplier": N_("the supplier"), "customer": N_("the customer"), "scrap": N_("scrap"), "consumption": N_("own use"),
    "lost_and_found": N_("lost and found"), "in_picking": N_("the picking round"), "to_pack": N_("the queue for packing"),
    "in_transit": N_("transit"),
}  # fmt: skip
"""What the places that come with every warehouse are called."""

CONTAINER = N_("%(what)s brought from %(from)s to %(to)s")
CONTAINER_NEW = N_("%(what)s set down at %(to)s")
CONTAINER_GONE = N_("%(what)s taken away from %(from)s")


def sentence(cause: str, *, is_container: bool, from_code: str, to_code: str) -> str:
    """The sentence for a move, to be filled with quantity, what, from and to."""
    if not is_container:
        return SAID[cause]
    if not from_code:
        return CONTAINER_NEW
    return CONTAINER if to_code else CONTAINER_GONE
