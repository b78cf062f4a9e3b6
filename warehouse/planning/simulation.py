"""A policy tried on the past, day by day: how often would it have alarmed, how often run out. Pure.

The trial knows at each moment only what was known then: it plans anew every week from the days before, orders when what is
there and on order falls to the reorder point, and receives after the lead time. What is wanted and not there waits for the
next delivery. The same past always gives the same answer: there are no dice.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from warehouse.planning.rules import HISTORY_MIN, Demand, LeadTime, Policy, plan, spread_of, tamed

EVERY_DAYS = 7
ORDER_DAYS = 21
"""An order is for so many days of demand where nothing else is said."""
FACTOR_MAX = 16.0
_STEPS = 9

Factor = Callable[[int], float | None]


@dataclass(frozen=True, slots=True)
class Origin:
    """What was known on one day of the past: the reorder point is `base + ceil(undershoot + factor x deviation)`."""

    day: int
    base: int
    order: int
    undershoot: float = 0.0
    deviation: float = 0.0
    is_statistical: bool = False

    def reorder_point(self, factor: float) -> int:
        """The reorder point with a safety factor."""
        if not self.is_statistical:
            return self.base
        return self.base + max(math.ceil(self.undershoot + factor * self.deviation), 0)


@dataclass(slots=True)
class Trial:
    """What would have been: days, pieces wanted and served at once, alarms (orders), and days on which pieces lacked."""

    days: int = 0
    wanted: int = 0
    served: int = 0
    alarms: int = 0
    short_days: int = 0

    @property
    def service(self) -> float:
        """The share of the wanted pieces that was there; 1 where nothing was wanted."""
        return self.served / self.wanted if self.wanted else 1.0

    def add(self, other: Trial) -> None:
        """Adds another item's trial."""
        self.days += other.days
        self.wanted += other.wanted
        self.served += other.served
        self.alarms += other.alarms
        self.short_days += other.short_days


def origins(
    days: Sequence[int], policy: Policy, lead: LeadTime, *, giant_factor: int, keep_days: int = 364
) -> list[Origin]:  # fmt: skip
    """What a policy would have known each week; nothing before there was history and demand."""
    first = next((day for day, each in enumerate(days) if each), len(days))
    made = []
    for day in range(HISTORY_MIN, len(days), EVERY_DAYS):
        if day <= first:
            continue
        demand = tamed(days[max(first, day - keep_days) : day], giant_factor)
        made.append(_origin(day, demand, policy, lead))
    return made


def _origin(day: int, demand: Demand, policy: Policy, lead: LeadTime) -> Origin:
    planned = plan(policy, demand, lead, 0.0)
    order = max(math.ceil(demand.mean * ORDER_DAYS), 1)
    if planned.kind != "statistical":
        return Origin(day, planned.reorder_point, order)
    spread = spread_of(demand, lead)
    return Origin(day, planned.lead_demand, order, spread.undershoot, spread.deviation, is_statistical=True)


def trial(
    days: Sequence[int], known: Sequence[Origin], lead: LeadTime, factor: Factor, *, since: int = 0
) -> Trial:  # fmt: skip
    """Tries a policy on an item's past; what happened before `since` is lived through and not counted."""
    made, stock, on_order, coming = Trial(), 0, 0, defaultdict[int, int](int)
    at = {each.day: each for each in known}
    origin: Origin | None = None
    reorder = 0
    for day in range(known[0].day if known else len(days), len(days)):
        if found := at.get(day):
            begun, origin = origin is not None, found
            reorder = origin.reorder_point(factor(day) or 0.0)
            if not begun:
                stock = reorder + 1 + origin.order // 2
        assert origin is not None, "the first day is an origin"
        arrived = coming.pop(day, 0)
        on_order -= arrived
        stock += arrived
        wanted, there = days[day], max(stock, 0)
        stock -= wanted
        position = stock + on_order
        is_due = position <= reorder
        if is_due:
            ordered = -(-(reorder + 1 - position) // origin.order) * origin.order
            on_order += ordered
            coming[day + max(_takes(lead, made.alarms), 1)] += ordered
        if day >= since:
            made.days += 1
            made.wanted += wanted
            made.served += min(wanted, there)
            made.short_days += wanted > there
        made.alarms += is_due
    return made


def _takes(lead: LeadTime, number: int) -> int:
    """Deliveries in turn come as usual, late and early."""
    return round(lead.days + (0, 1, -1)[number % 3] * lead.deviation)


@dataclass(frozen=True, slots=True)
class Past:
    """An item's days with what a policy would have known of them."""

    days: Sequence[int]
    known: Sequence[Origin]
    lead: LeadTime

    def until(self, day: int, giant_factor: int) -> Past:
        """As it was known before a day, its giant tamed."""
        return Past(
            tamed(self.days[:day], giant_factor).days, [each for each in self.known if each.day < day], self.lead
        )


def service_of(pasts: Sequence[Past], factor: Factor, *, since: int) -> Trial:
    """Tries many items together."""
    together = Trial()
    for each in pasts:
        together.add(trial(each.days, each.known, each.lead, factor, since=since))
    return together


def fit(pasts: Sequence[Past], service_permille: int, *, since: int) -> tuple[float, float]:
    """The least safety factor with which these items' past would have been served as asked, and the service it gave.

    Demand that comes in lumps is far from normal: the normal distribution's factor promises 95 % and gives less. So the
    factor is read from the past itself, in which single giants are tamed: nobody is to keep stock for the like of them.
    It is halved in on: more safety never serves less.
    """
    low, high = 0.0, FACTOR_MAX
    for _ in range(_STEPS):
        middle = (low + high) / 2
        served = service_of(pasts, lambda _, at=middle: at, since=since).service  # type: ignore[misc]
        low, high = (low, middle) if served * 1000 >= service_permille else (middle, high)
    return high, service_of(pasts, lambda _: high, since=since).service


def rolling(
    pasts: Sequence[Past], service_permille: int, *, fit_days: int, since: int, length: int, giant_factor: int
) -> Iterator[tuple[int, float]]:  # fmt: skip
    """The factor week by week, each from the days before it alone: as the worker would have found it."""
    for day in range(HISTORY_MIN, length, EVERY_DAYS):
        if day >= since:
            known = [each.until(day, giant_factor) for each in pasts if each.known and each.known[0].day < day]
            yield day, fit(known, service_permille, since=day - fit_days)[0]
