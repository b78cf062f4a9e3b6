"""What the office calls the states of papers, kinds of exception and reasons. Pure; every text is translated in web/."""

from __future__ import annotations

from warehouse.errors import N_, Phrase

ORDER_STATES = {
    "unsourced": N_("new"), "open": N_("waits its turn"), "waiting": N_("waits for goods"), "released": N_("in work"),
    "shipped": N_("handed over"), "cancelled": N_("cancelled"), "exception": N_("set aside"),
}  # fmt: skip
TIER_NAMES = {"priority": N_("priority"), "express": N_("express"), "standard": N_("standard")}
SHIPMENT_STATES = {
    "released": N_("to be picked"), "picking": N_("being picked"), "to_pack": N_("to be packed"),
    "packing": N_("being packed"), "stopped": N_("stopped at packing"), "packed": N_("packed"),
    "shipped": N_("handed over"), "cancelled": N_("cancelled"),
}  # fmt: skip
PARCEL_STATES = {
    "open": N_("being packed"), "closed": N_("packed"), "shipped": N_("handed over"), "void": N_("void"),
}  # fmt: skip
PURCHASE_STATES = {
    "draft": N_("draft"), "waiting": N_("waits for approval"), "approved": N_("approved, to be sent"), "open": N_("open"),
    "closed": N_("complete"), "cancelled": N_("closed by hand"),
}  # fmt: skip
RECEIPT_STATES = {"open": N_("being received"), "closed": N_("booked")}

EXCEPTION_KINDS = {
    "data": N_("faulty data"), "system": N_("system"), "carrier": N_("carrier"), "customer": N_("customer"),
    "stock": N_("stock"),
}  # fmt: skip
OUTCOMES = {
    "released": N_("released"), "cancelled": N_("cancelled"), "paid": N_("paid"), "replaced": N_("came again without fault"),
    "repaired": N_("corrected here"), "known": N_("the same as the order that is known"),
    "not_wanted": N_("the customer does not want it any more"), "twice": N_("was sent twice"),
    "answered": N_("settled with the channel"), "no_order": N_("is no order"),
}  # fmt: skip
BY_HAND = ("not_wanted", "twice", "answered", "no_order")
"""The outcomes that a person may close an exception with."""

FIELDS = {
    "channel": N_("Channel"), "number": N_("Number"), "tier": N_("Tier"), "confirmed_at": N_("Confirmed at"),
    "name": N_("Name"), "phone": N_("Telephone"), "region": N_("Region"), "city": N_("City"),
    "address": N_("Address"), "paid": N_("Paid"), "note": N_("Customer's note"),
    "deliver_from": N_("Deliver from"), "deliver_until": N_("Deliver until"), "sku": N_("SKU"),
    "quantity": N_("Quantity"), "unit_price": N_("Unit price"),
}  # fmt: skip
"""The fields of an order as it comes in; those of its lines are the last three."""

_INSTANT = N_("a time such as 2026-11-22 09:30")
EXPECTED = {
    "tier": N_("standard, express or priority"), "confirmed_at": _INSTANT, "phone": N_("a telephone number"),
    "paid": N_("yes or no"), "deliver_from": _INSTANT, "deliver_until": N_("a time after the one before"),
    "quantity": N_("a whole number from 1"), "unit_price": N_("a whole number in the smallest unit of money"),
    "channel": N_("a code on one line"), "number": N_("a code on one line"), "sku": N_("a code on one line"),
}  # fmt: skip
"""What a field takes, in words."""

_SUFFIXES = {
    "_missing": N_("%(field)s is missing"), "_invalid": N_("%(field)s cannot be understood"),
    "_too_long": N_("%(field)s is too long"), "_differs": N_("%(field)s is not the same in all its rows"),
    "_unknown": N_("%(field)s is not known here"),
}  # fmt: skip
_REASONS = {
    "no_lines": N_("It has no lines"), "other_content": N_("This number is known with other content"),
    "control_characters": N_("It holds characters that cannot be printed"),
    "wrong_number_of_cells": N_("A row has too many or too few cells"),
    "taken_meanwhile": N_("Another order took this number meanwhile"), "refunded": N_("The money went back"),
    "refused_with_its_paper": N_("Another row of it is faulty"),
}  # fmt: skip
_MISSING_AT_PACKING = "missing at packing: "


def reason(code: str) -> Phrase:
    """A reason in words; one that is a text of its own is shown as it is."""
    if code in _REASONS:
        return Phrase(_REASONS[code])
    if code.startswith(_MISSING_AT_PACKING):
        return Phrase(N_("Missing at packing: %(goods)s"), {"goods": code.removeprefix(_MISSING_AT_PACKING)})
    field = field_of(code)
    text = _SUFFIXES.get(code.removeprefix(field))
    return Phrase(text, {"field": Phrase(FIELDS[field])}) if field and text else Phrase("%(text)s", {"text": code})


def field_of(code: str) -> str:
    """The field that a reason is about; empty for the order as a whole.

    >>> field_of("deliver_until_invalid"), field_of("no_lines"), field_of("other_content"), field_of("refunded")
    ('deliver_until', 'sku', 'number', '')
    """
    own = {"no_lines": "sku", "other_content": "number", "taken_meanwhile": "number"}
    return own.get(code) or max((name for name in FIELDS if code.startswith(f"{name}_")), key=len, default="")
