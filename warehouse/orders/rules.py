"""When an order must leave, and which states may follow which. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from warehouse.clock import HOUR, as_datetime, as_instant, zone

TIERS = {"priority": 0, "express": 1, "standard": 2}

SHIP_WITHIN_H = {"priority": 12, "express": 24, "standard": 24}
DELIVER_WITHIN_H = {"priority": 12, "express": 24, "standard": 72}

SHIPMENT_STEPS = frozenset(
    {
        ("released", "picking"), ("picking", "to_pack"), ("to_pack", "picking"), ("to_pack", "packing"),
        ("packing", "to_pack"), ("packing", "packed"), ("packed", "packing"), ("packing", "stopped"),
        ("stopped", "to_pack"), ("packed", "shipped"), ("picking", "released"), ("released", "cancelled"),
        ("picking", "cancelled"), ("to_pack", "cancelled"), ("packing", "cancelled"), ("stopped", "cancelled"),
        ("packed", "cancelled"), ("cancelled", "picking"), ("to_pack", "stopped"), ("stopped", "packing"),
        ("cancelled", "packing"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calendar:
    """A warehouse's zone, its cut-off as local HH:MM, and its working days (1 is Monday)."""

    timezone: str
    cut_off: str
    working_days: Collection[int]


def cutoff_at(calendar: Calendar, confirmed_at: int) -> int:
    """The cut-off that an order can make: of its own day if confirmed before it, else of the next working day (R-ORD-4)."""
    moment = as_datetime(confirmed_at, calendar.timezone)
    hour, minute = map(int, calendar.cut_off.split(":"))
    day = moment.date()
    if moment.time() >= time(hour, minute):
        day += timedelta(days=1)
    while day.isoweekday() not in calendar.working_days:
        day += timedelta(days=1)
    return as_instant(datetime.combine(day, time(hour, minute), zone(calendar.timezone)))


def ship_by(calendar: Calendar, confirmed_at: int, tier: str, deliver_until: int | None = None) -> int:
    """The instant by which an order must be handed over (R-ORD-3); a wished window binds it too (R-ORD-9).

    The clock of standard orders stops outside the working days; express and priority run on.
    """
    hours = SHIP_WITHIN_H[tier]
    by = _working_hours_on(calendar, confirmed_at, hours) if tier == "standard" else confirmed_at + hours * HOUR
    if deliver_until is not None:
        by = min(by, deliver_until - DELIVER_WITHIN_H[tier] * HOUR)
    return by


def _working_hours_on(calendar: Calendar, at: int, hours: int) -> int:
    left = hours * HOUR
    while True:
        moment = as_datetime(at, calendar.timezone)
        tomorrow = as_instant(datetime.combine(moment.date() + timedelta(days=1), time(), zone(calendar.timezone)))
        if moment.isoweekday() in calendar.working_days:
            if left <= tomorrow - at:
                return at + left
            left -= tomorrow - at
        at = tomorrow


def is_late_turn(given: int) -> bool:
    """Every fifth piece of work given out is the oldest that missed its cut-off, so that it does not starve (R-ORD-5)."""
    return given % 5 == 0
