"""How lookup calls things, what is known of them, and whom it shows them to. Pure."""

from __future__ import annotations

from warehouse.clock import HOUR
from warehouse.errors import N_
from warehouse.orders.words import ORDER_STATES, PARCEL_STATES, PURCHASE_STATES, SHIPMENT_STATES

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
STATES = {
    "order": ORDER_STATES, "shipment": SHIPMENT_STATES, "parcel": PARCEL_STATES, "purchase_order": PURCHASE_STATES,
}  # fmt: skip
"""The states that each kind of paper can be in, in words."""
