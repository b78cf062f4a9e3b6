"""What planning reckons, and what it refuses. Pure: no session, no clock.

Sources of the formulas:
- Silver, Pyke, Thomas: Inventory and Production Management in Supply Chains, 4th ed. 2017, ch. 6 (reorder points,
  safety factor times the deviation of demand over the lead time) and ch. 6.6 (undershoot);
- Cox: Renewal Theory, 1962, ch. 5: the undershoot of a level that is crossed in jumps D has the mean E[D^2]/2E[D] and the
  second moment E[D^3]/3E[D];
- Vovk, Gammerman, Shafer: Algorithmic Learning in a Random World, 2005: levels that are set by how a rule did on
  what it had not seen.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from statistics import NormalDist
from typing import Any

from warehouse.clock import HOUR, as_datetime, as_instant, iso_day, zone
from warehouse.errors import N_, N_n, Refusal, notice

KINDS = {"cover": N_("cover"), "fixed": N_("fixed"), "statistical": N_("statistical")}
ALERT_KINDS = {
    "safety_stock": N_("below safety stock"), "reorder": N_("at the reorder point"), "overstock": N_("too much"),
}  # fmt: skip
ALERT_STATES = {
    "open": N_("open"), "acknowledged": N_("acknowledged"), "ordered": N_("ordered"), "closed": N_("closed"),
}  # fmt: skip

HISTORY_MIN = 28
"""A statistical policy needs so many days of history, and demand on at least two of them; else it covers days."""
ACTIVE_DAYS_MIN = 2
GIANT_FROM = 3
"""With demand on fewer days nobody can tell which of them stands alone."""


class NotOpen(Refusal):
    """The alert is closed, or somebody else was first."""

    code = "alert_not_open"
    text = N_("This alert is not open any more. Load the page again: it shows what has become of it.")


class SnoozeWithoutReason(Refusal):
    """A snooze says why."""

    code = "alert_snooze_reason"
    text = N_("Say why this alert may wait.")


class SnoozeTooLong(Refusal):
    """A snooze has an end that is to come."""

    code = "alert_snooze_end"
    text = N_("Say until when this alert may wait: a day after today, within %(days)s days.")


class OwnerUnknown(Refusal):
    """Nobody is called so."""

    code = "alert_owner_unknown"
    text = N_("%(read)s is no role or person who takes care of alerts. Choose one of the list.")


class PolicyIncomplete(Refusal):
    """A fixed policy says how many."""

    code = "policy_incomplete"
    text = N_("A fixed safety stock needs its number.")


class BadDays(Refusal):
    """A promotion has days and a number."""

    code = "promotion_days"
    text = N_(
        "A promotion needs its first and last day, such as 2027-06-18, and how many are expected. It lasts at most %(days)s "
        "days, and its last day is from today on until %(last)s."
    )


class NothingToClear(Refusal):
    """Nothing lies where it could be cleared from."""

    code = "nothing_to_clear"
    text = N_("Nothing of it lies free in such a bin: what is reserved or on hold stays, and to the reserve goes only what "
              "lies in pick faces.")  # fmt: skip


class ClearanceClosed(Refusal):
    """Somebody else was first."""

    code = "clearance_closed"
    text = N_("This is done or cancelled already. Load the list again.")


class ClearanceAtWork(Refusal):
    """Somebody on the floor has begun it."""

    code = "clearance_at_work"
    text = N_("%(name)s is at work on this, and may have some of it in hand. Let them leave the rest by XXDONE.")


CLEARED = notice(
    "ok", "clearance_asked",
    N_n("%(sku)s is to be taken from one bin, and is on hold until then.",
        "%(sku)s is to be taken from %(bins)s bins, and is on hold until then.", "bins"),
)  # fmt: skip
DELISTED = notice("ok", "delisted", N_("%(sku)s is delisted: nobody is told to order it any more."))
CLEARANCE_CANCELLED = notice("ok", "clearance_cancelled", N_("%(sku)s at %(location)s stays, and is free again."))
ACKNOWLEDGED = notice("ok", "alert_acknowledged", N_("You have this alert of %(sku)s now."))
SNOOZED = notice("ok", "alert_snoozed", N_("The alert of %(sku)s sleeps until %(until)s."))
GIVEN = notice("ok", "alert_given", N_("The alert of %(sku)s is with %(owner)s now."))
POLICY_CHANGED = notice(
    "ok", "policy_changed", N_("%(sku)s is planned anew: safety stock %(safety)s, reorder point %(reorder)s.")
)
PROTECTED = notice(
    "ok", "minimum_protected",
    N_n("One of %(sku)s is kept for %(channel)s.", "%(quantity)s of %(sku)s are kept for %(channel)s.", "quantity"),
)  # fmt: skip
RELEASED = notice("ok", "minimum_released", N_("Nothing of %(sku)s is kept for %(channel)s any more."))
PROMOTION_MADE = notice("ok", "promotion_made", N_("Promotion %(name)s is planned for %(sku)s."))
PROMOTION_CANCELLED = notice("ok", "promotion_cancelled", N_("The promotion of %(sku)s is taken back."))


# ---------------------------------------------------------------- when an alert is due


@dataclass(frozen=True, slots=True)
class Hours:
    """When a warehouse's office works: its zone, local HH:MM from and until, and its working days (1 is Monday)."""

    timezone: str
    opens: str
    closes: str
    working_days: Collection[int]


def due_at(hours: Hours, at: int, working_hours: int) -> int:
    """The instant at which so many working hours have passed since another; with no working time at all, hours."""
    opens, closes = (time.fromisoformat(text) for text in (hours.opens, hours.closes))
    left = working_hours * HOUR
    if opens >= closes or not hours.working_days:
        return at + left
    day = as_datetime(at, hours.timezone).date()
    while True:
        if day.isoweekday() in hours.working_days:
            first, last = (as_instant(datetime.combine(day, each, zone(hours.timezone))) for each in (opens, closes))
            begun = max(at, first)
            if begun < last and left <= last - begun:
                return begun + left
            left -= max(last - begun, 0)
        day += timedelta(days=1)


# ---------------------------------------------------------------- demand


@dataclass(frozen=True)
class Demand:
    """What was used of an item on each day, the latest last, net of what came back; `giant`: a day before it was tamed."""

    days: tuple[int, ...]
    giant: int = 0

    @cached_property
    def some(self) -> tuple[int, ...]:
        """The days with some demand: few where the items are many, and all that sums need."""
        return tuple(filter(None, self.days))

    @property
    def active(self) -> int:
        """On how many days there was some."""
        return len(self.some)

    @cached_property
    def total(self) -> int:
        """All of it."""
        return sum(self.some)

    @cached_property
    def squares(self) -> int:
        """The sum of the days' squares."""
        return sum(each * each for each in self.some)

    @property
    def mean(self) -> float:
        """A day's demand."""
        return self.total / len(self.days) if self.days else 0.0

    @property
    def variance(self) -> float:
        """The variance of a day's demand: (n S2 - S1^2) / n (n - 1), in whole numbers until the division."""
        count = len(self.days)
        return (count * self.squares - self.total**2) / (count * (count - 1)) if count > 1 else 0.0


def net_of_returns(used: Mapping[int, int], came_back: Mapping[int, int], first_day: int, last_day: int) -> list[int]:
    """Demand on each day from the first to the last; a day without any is 0.

    What comes back takes away from the demand of its own day, then of the days before it, the latest first: it was sold
    then. So a return never makes demand negative, and a big order that came back leaves no trace.
    """
    if not any(came_back.values()):
        return [max(used.get(day, 0), 0) for day in range(first_day, last_day + 1)]
    days = []
    back = 0
    for day in range(last_day, first_day - 1, -1):
        left = used.get(day, 0) - came_back.get(day, 0) - back
        back = max(-left, 0)
        days.append(max(left, 0))
    days.reverse()
    return days


def tamed(days: Sequence[int], factor: int) -> Demand:
    """Demand with a single giant tamed: the greatest day counts at most `factor` times the second greatest.

    One order that stands alone says nothing about the next weeks; two of them do, and stay.
    """
    active = sorted((each for each in days if each), reverse=True)
    if factor <= 0 or len(active) < GIANT_FROM or active[0] <= factor * active[1]:
        return Demand(tuple(days))
    most = factor * active[1]
    return Demand(tuple(min(each, most) for each in days), active[0])


# ---------------------------------------------------------------- promotions

PROMOTION_DAYS_MAX, PROMOTION_AHEAD_DAYS_MAX = 366, 731
"""A promotion lasts so many days at most, and ends within so many."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is expected to be used from one day to another beside the usual; `open`: it is still expected."""

    id: int
    from_day: int
    until_day: int
    quantity: int
    open: bool = True


def check_promotion(first: int, last: int, today: int) -> None:
    """Whether a promotion can have these days.

    Raises:
        BadDays: it ends before it begins, is over, lasts too long or ends too far off.
    """
    if not max(first, today) <= last <= min(first + PROMOTION_DAYS_MAX - 1, today + PROMOTION_AHEAD_DAYS_MAX):
        raise bad_days(today)


def bad_days(today: int) -> BadDays:
    """What is said of a promotion whose days cannot be."""
    return BadDays(days=PROMOTION_DAYS_MAX, last=iso_day(today + PROMOTION_AHEAD_DAYS_MAX))


def apart(days: Sequence[int], first_day: int, promotions: Collection[Promotion]) -> tuple[list[int], dict[int, int]]:
    """The usual part of each day's demand, and how many each promotion has sold: no demand counts as both.

    The usual part of a promotion's day is the mean of the days without any, spread evenly in whole pieces; what was used
    beyond it is the promotion's until its forecast is reached, and usual again from there on.

    >>> apart([2, 2, 9, 1], 1, [Promotion(7, 3, 4, 5)])
    ([2, 2, 4, 1], {7: 5})
    """
    if not promotions:
        return list(days), {}
    running = [[each for each in promotions if each.from_day <= day <= each.until_day]
               for day in range(first_day, first_day + len(days))]  # fmt: skip
    plain_days = [used for used, those in zip(days, running, strict=True) if not those]
    mean = sum(plain_days) / len(plain_days) if plain_days else 0.0
    left, usual, before = {each.id: each.quantity for each in promotions}, [], 0
    for used, those in zip(days, running, strict=True):
        if those:
            share = int(mean * (before + 1) + 0.5) - int(mean * before + 0.5)
            before += 1
            beyond = max(used - share, 0)
            for each in those:
                taken = min(beyond, left[each.id])
                left[each.id] -= taken
                beyond -= taken
                used -= taken  # noqa: PLW2901 - what is left of the day is usual
        usual.append(used)
    return usual, {each.id: each.quantity - left[each.id] for each in promotions}


# ---------------------------------------------------------------- policies


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long an order takes, in days, how much that varies, and how we know: measured, item, supplier or setting."""

    days: float
    deviation: float = 0.0
    source: str = "setting"
    measured: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """By which policy an item is planned in a warehouse; `quantity` is the fixed one."""

    kind: str = "cover"
    quantity: int | None = None
    cover_days: int = 7
    service_permille: int = 950
    max_cover_days: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What came out, in the item's smallest unit, with all that it was reckoned from."""

    kind: str
    safety_stock: int
    lead_demand: int
    maximum: int = -1
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reorder_point(self) -> int:
        """Demand over the lead time and the safety stock (R-SAF-1); -1, none, where both are nothing."""
        return self.lead_demand + self.safety_stock or -1


def plan(
    policy: Policy, demand: Demand, lead: LeadTime, safety_factor: float | None = None, promoted: int = 0
) -> Plan:  # fmt: skip
    """Safety stock and reorder point of an item.

    `safety_factor`: what a statistical policy multiplies the deviation by; the normal distribution's where it is not known.
    `promoted`: what promotions that begin within the lead time are still expected to use beside (R-SAF-7): it is needed
    when they come, and not too much while it waits for them.

    >>> plan(Policy(), Demand((2,) * 7), LeadTime(3)).reorder_point
    20
    """
    kind = policy.kind
    if kind == "statistical" and (len(demand.days) < HISTORY_MIN or demand.active < ACTIVE_DAYS_MIN):
        kind = "cover"
    inputs: dict[str, Any] = {
        "asked": policy.kind, "days": len(demand.days), "active_days": demand.active, "used": demand.total,
        "mean": round(demand.mean, 4), "giant": demand.giant, "lead": asdict(lead),
    }  # fmt: skip
    lead_demand = math.ceil(round(demand.mean * lead.days, 6)) + promoted
    if promoted:
        inputs["promoted"] = promoted
    if kind == "fixed":
        safety = policy.quantity or 0
    elif kind == "cover":
        safety = sum(demand.days[-policy.cover_days :])
        inputs["cover_days"] = policy.cover_days
    else:
        safety = _statistical(policy, demand, lead, safety_factor, inputs)
    maximum = -1
    if policy.max_cover_days:
        maximum = math.ceil(round(demand.mean * policy.max_cover_days, 6)) + safety + promoted
        inputs["max_cover_days"] = policy.max_cover_days
    return Plan(kind, safety, lead_demand, maximum, inputs)


def _statistical(
    policy: Policy, demand: Demand, lead: LeadTime, safety_factor: float | None, inputs: dict[str, Any]
) -> int:  # fmt: skip
    spread = spread_of(demand, lead)
    factor = normal_factor(policy.service_permille) if safety_factor is None else safety_factor
    inputs |= {
        "service_permille": policy.service_permille, "variance": round(demand.variance, 4),
        "undershoot": round(spread.undershoot, 4), "deviation": round(spread.deviation, 4), "factor": round(factor, 4),
        "factor_source": "normal" if safety_factor is None else "past",
    }  # fmt: skip
    return max(math.ceil(round(spread.undershoot + factor * spread.deviation, 6)), 0)


@dataclass(frozen=True, slots=True)
class Spread:
    """By how much an item falls below its reorder point before that is seen, and how far a lead time's demand varies."""

    undershoot: float
    deviation: float


def spread_of(demand: Demand, lead: LeadTime) -> Spread:
    """The mean undershoot U, and the deviation of lead-time demand with all that is not known of it.

    It is sqrt(L s^2 + d^2 sL^2 + Var U + L^2 s^2 / n): demand of d a day with variance s^2 over n days, a lead time of L
    days with deviation sL. The last part is what n days do not tell about the mean itself.
    """
    total = demand.total
    if not total:
        return Spread(0.0, 0.0)
    third = sum(each**3 for each in demand.some)
    undershoot = demand.squares / (2 * total)
    of_undershoot = max(third / (3 * total) - undershoot * undershoot, 0.0)
    variance = (
        lead.days * demand.variance + (demand.mean * lead.deviation) ** 2 + of_undershoot
        + lead.days**2 * demand.variance / len(demand.days)
    )  # fmt: skip
    return Spread(undershoot, math.sqrt(variance))


def normal_factor(service_permille: int) -> float:
    """The safety factor of the normal distribution.

    >>> round(normal_factor(950), 3)
    1.645
    """
    return NormalDist().inv_cdf(service_permille / 1000)


def measured(lead_times: Sequence[float], otherwise: LeadTime, least: int = 3) -> LeadTime:
    """The lead time that receipts show, if there are enough of them; else what is said of it."""
    if len(lead_times) < least:
        return otherwise
    mean = sum(lead_times) / len(lead_times)
    deviation = math.sqrt(sum((each - mean) ** 2 for each in lead_times) / (len(lead_times) - 1))
    return LeadTime(round(mean, 3), round(deviation, 3), "measured", len(lead_times))
