"""What the desk of safety stock is called and shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.errors import N_, N_n

SEES = ("supervisor", "operations", "purchasing", "admin")
CHANGES = ("operations", "purchasing", "admin")
CLEARS = ("supervisor", "operations", "admin")
RELEASES = ("supervisor", "operations", "admin")

NAMES = {
    "kind": N_("Policy"), "quantity": N_("Fixed safety stock"), "cover_days": N_("Days to cover"),
    "service_permille": N_("Served of 1,000 pieces"), "lead_time_days": N_("Lead time, days"),
    "max_cover_days": N_("Most days of stock"), "channel": N_("Channel"), "protected": N_("Kept for it"),
    "name": N_("Promotion"), "from": N_("From"), "until": N_("Until"), "forecast": N_("Expected beside the usual"),
}  # fmt: skip
SOURCES = {
    "policy": N_("as the policy says"), "measured": N_("measured on receipts"), "item": N_("as the item says"),
    "supplier": N_("as the supplier says"), "setting": N_("as the setting says"),
}  # fmt: skip
ACTIONS = {
    "promote": N_("promote"), "reserve": N_("move to reserve"), "return": N_("return to supplier"), "scrap": N_("scrap"),
    "delist": N_("delist"),
}  # fmt: skip

CLEARINGS = {name: ACTIONS[name] for name in ("reserve", "return", "scrap", "delist")}
CLEARING_NAMES = {
    "clearing": N_("What is to be done"), "expired_only": N_("Only what has expired"), "reason": N_("Reason"),
}  # fmt: skip

FORMULAS = {
    "cover": N_n(
        "safety stock = what was used on the last day",
        "safety stock = what was used on the last %(cover_days)s days",
        "cover_days",
    ),
    "fixed": N_("safety stock = the fixed number"),
    "statistical": N_(
        "safety stock = undershoot + factor × deviation = %(undershoot)s + %(factor)s × %(deviation)s; "
        "deviation = √(lead time × daily variance + (daily demand × deviation of the lead time)² + that of the undershoot "
        "+ that of the estimate)"
    ),
}
FACTORS = {
    "past": N_("the factor is the least that would have served %(service_permille)s of 1,000 pieces in the last weeks"),
    "normal": N_("the factor is the normal distribution's for %(service_permille)s of 1,000, until there is a past"),
}
REORDER = N_("reorder point = demand over the lead time + safety stock = %(lead_demand)s + %(safety)s")
DEMAND = N_("demand: %(used)s on %(days)s days, %(active_days)s of them with some; %(mean)s a day")
LEAD = N_("lead time: %(days)s days, deviation %(deviation)s, %(source)s")
GIANT = N_("one single day of %(giant)s counts less: nothing like it came before or after")
PROMOTED = N_("promotions within the lead time: %(promoted)s beside the usual are still expected")
TOO_YOUNG = N_("asked for was a statistical policy, but the history is too short: it covers days instead")
TOO_MUCH = N_n("too much is more than one day of demand and the safety stock",
               "too much is more than %(max_cover_days)s days of demand and the safety stock", "max_cover_days")  # fmt: skip


def arithmetic(plan: Mapping[str, Any], safety: int, lead_demand: int, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """How a plan was reckoned, sentence by sentence, each with its parameters."""
    lead = plan["lead"]
    said: list[tuple[str, dict[str, Any]]] = [
        (DEMAND, {name: plan[name] for name in ("used", "days", "active_days", "mean")}),
        (LEAD, {"days": lead["days"], "deviation": lead["deviation"], "source": lead["source"]}),
    ]
    if plan.get("giant"):
        said.append((GIANT, {"giant": plan["giant"]}))
    if plan["asked"] != kind:
        said.append((TOO_YOUNG, {}))
    said.append((FORMULAS[kind], dict(plan)))
    if kind == "statistical":
        said.append((FACTORS[plan["factor_source"]], dict(plan)))
    if plan.get("promoted"):
        said.append((PROMOTED, dict(plan)))
    said.append((REORDER, {"lead_demand": lead_demand, "safety": safety}))
    if plan.get("max_cover_days"):
        said.append((TOO_MUCH, dict(plan)))
    return said
