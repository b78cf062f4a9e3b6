"""What the order desk may do, and what is said to it. Pure."""

from __future__ import annotations

from warehouse.errors import N_, Refusal, notice

ROLES = ("supervisor", "customer_service", "operations")
RECIPIENT_ROLES = ("customer_service", "operations")
"""Who may see and search a recipient's name and address; each look is written down (R-SEC-2)."""

EVENTS = {
    "hold": N_("held by %(who)s"), "release": N_("released by %(who)s"), "cancel": N_("cancelled by %(who)s"),
    "tier": N_("made %(detail)s by %(who)s"), "look": N_("recipient looked at by %(who)s"),
    "repair": N_("corrected by %(who)s"), "owner": N_("given to %(detail)s by %(who)s"),
    "close": N_("closed by %(who)s: %(detail)s"),
    "came": N_("taken in from %(detail)s"), "opened": N_("exception raised: %(detail)s"),
    "closed": N_("exception closed: %(detail)s"), "issued": N_("goods issue note %(detail)s made, goods reserved"),
    "picked": N_("%(detail)s picked by %(who)s"), "packed": N_("%(detail)s packed by %(who)s"),
    "shipped": N_("%(detail)s handed over"),
}  # fmt: skip
"""What the history of an order says of each thing that happened."""


WAITS = {
    "unpaid": N_("It is not paid."), "held": N_("It is held until somebody releases it."),
    "exception": N_("It has an exception: %(text)s."),
    "goods": N_("%(wanted)s × %(sku)s are wanted, %(free)s are free."), "goods_blind": N_("%(wanted)s × %(sku)s are wanted."),
}  # fmt: skip
"""What an order waits for, in words."""


def masked_name(name: str) -> str:
    """A name of which only the beginning is told.

    >>> masked_name("Li Lei"), masked_name("")
    ('L***', '')
    """
    return f"{name[:1]}***" if name else ""


def masked_phone(phone: str) -> str:
    """A telephone number of which only the last two digits are told.

    >>> masked_phone("138 0000 1234"), masked_phone("7")
    ('***34', '***')
    """
    digits = [each for each in phone if each.isdigit()]
    return "***" + ("".join(digits[-2:]) if len(digits) > 4 else "") if phone else ""  # noqa: PLR2004 - of a short one nothing


HELD = notice("ok", "order_held", N_("Order %(number)s is held: nothing of it goes on until it is released."))
RELEASED = notice("ok", "order_released", N_("Order %(number)s goes on."))
CANCELLED = notice(
    "ok", "order_cancelled", N_("Order %(number)s is cancelled. What was picked of it is put away again.")
)
TIER_CHANGED = notice("ok", "tier_changed", N_("Order %(number)s is %(tier)s now, to be handed over by %(ship_by)s."))


class AmbiguousOrder(Refusal):
    """Several channels have an order of this number."""

    code = "ambiguous_order"
    text = N_("%(read)s is an order of several channels: %(channels)s. Name it as CHANNEL:NUMBER.")


class CancelledBefore(Refusal):
    """The order is cancelled: there is nothing more to decide."""

    code = "cancelled_before"
    text = N_("Order %(number)s was cancelled. A new order of the customer is needed to ship anything.")


class Unpaid(Refusal):
    """Only paid orders go on (R-ORD-8)."""

    code = "order_unpaid"
    text = N_("Order %(number)s is not paid. Import it with paid=yes once it is, or cancel it.")


class UnknownTier(Refusal):
    """Not one of the tiers."""

    code = "unknown_tier"
    text = N_("%(read)s is no tier. Expected one of: %(expected)s.")
