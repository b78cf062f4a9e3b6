"""The safety factor of the statistical policies of a warehouse, read from its own past (simulation.py: fit).

The items that are planned so are tried together, a sample of them where they are many: one item alone has too short a past
to tell what happens once in twenty times.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from warehouse.db import Database, Session
from warehouse.planning import simulation
from warehouse.planning.history import days_of
from warehouse.planning.policies import Defaults, defaults, lead_of, net_demand, policy_of, policy_rows
from warehouse.planning.rules import HISTORY_MIN, LeadTime, Policy, normal_factor

FIT_DAYS = 42
PAST_DAYS = 182
SAMPLE = 1_000
FEW = 30
"""The past of fewer items may have been lucky: it does not make the factor less than the normal distribution's."""
LEAST_SHORT = 200
"""So many pieces at least must have been wanted, else the past says nothing."""

_KEEP = """
INSERT INTO safety_factor (warehouse_id, service_permille, factor_permille, served_permille, items, days, reckoned_at)
VALUES (:warehouse, :service, :factor, :served, :items, :days, :now)
ON CONFLICT (warehouse_id, service_permille) DO UPDATE SET factor_permille = excluded.factor_permille,
    served_permille = excluded.served_permille, items = excluded.items, days = excluded.days,
    reckoned_at = excluded.reckoned_at"""


def fit_factors(database: Database, warehouse_id: int, now: int) -> None:
    """Reckons the safety factor of each service level that is asked for in a warehouse, and keeps it."""
    pasts = database.read(lambda session: _pasts(session, warehouse_id, defaults(session, warehouse_id, now)))
    for service, each in sorted(pasts.items()):
        if sum(sum(past.days[-FIT_DAYS:]) for past in each) < LEAST_SHORT:
            continue
        factor, served = simulation.fit(each, service, since=PAST_DAYS - FIT_DAYS)
        if len(each) < FEW:
            factor = max(factor, normal_factor(service))
        values = {
            "warehouse": warehouse_id, "service": service, "factor": round(factor * 1000), "served": round(served * 1000),
            "items": len(each), "days": FIT_DAYS, "now": now,
        }  # fmt: skip
        database.change(lambda session, values=values: session.run(_KEEP, **values))  # type: ignore[misc]


def _pasts(session: Session, warehouse_id: int, by_default: Defaults) -> dict[int, list[simulation.Past]]:
    """The past of the statistically planned items, by their service level."""
    policies: dict[int, tuple[Policy, LeadTime]] = {}
    for row in policy_rows(session, warehouse_id):
        policy = policy_of(row, by_default)
        if policy.kind == "statistical":
            policies[row.id] = (policy, lead_of(row, by_default, ()))
    step = max(len(policies) // SAMPLE, 1)
    chosen = dict(list(policies.items())[::step])
    pasts: dict[int, list[simulation.Past]] = defaultdict(list)
    since = by_default.today - PAST_DAYS
    for item_id, rows in groupby(days_of(session, warehouse_id, since=since), key=lambda row: int(row.item_id)):
        if item_id not in chosen:
            continue
        policy, lead = chosen[item_id]
        days, _ = net_demand(list(rows), since, by_default.today)
        known = simulation.origins(days, policy, lead, giant_factor=by_default.giant_day_factor)
        if known:
            past = simulation.Past(days, known, lead)
            pasts[policy.service_permille].append(past.until(len(days), by_default.giant_day_factor))
    return pasts


assert PAST_DAYS - FIT_DAYS > HISTORY_MIN, "what is counted is what was planned before"
