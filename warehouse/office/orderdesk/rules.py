"""What the order desk may do, and what is said to it. Pure."""

from __future__ import annotations

from warehouse.errors import N_, Refusal, notice

ROLES = ("supervisor", "customer_service", "operations")

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
