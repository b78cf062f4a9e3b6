"""An order's deadlines where it is to leave from: each warehouse has its own zone, cut-off and working days."""

from __future__ import annotations

from warehouse.catalog.settings import setting
from warehouse.db import Row, Session
from warehouse.orders.rules import Calendar, cutoff_at, ship_by


def calendar_of(session: Session, house: Row) -> Calendar:
    """A warehouse's calendar, as its settings have it now; `house` has its id and timezone."""
    days = frozenset(setting(session, "working_days", house.id))
    return Calendar(house.timezone, setting(session, "cut_off", house.id), days)


def deadlines(calendar: Calendar, order: Row) -> dict[str, int]:
    """By when an order must leave, and with which pick-up it can; of its tier, confirmed_at and deliver_until."""
    return {
        "ship_by": ship_by(calendar, order.confirmed_at, order.tier, order.deliver_until),
        "cutoff": cutoff_at(calendar, order.confirmed_at),
    }
