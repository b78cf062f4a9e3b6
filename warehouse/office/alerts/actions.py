"""What people do with alerts at the desk: take one, let it sleep, give it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.clock import iso_day, parse_day, start_of
from warehouse.db import Session
from warehouse.errors import N_, Notice
from warehouse.office.alerts import queries
from warehouse.planning import alerts
from warehouse.planning.rules import ACKNOWLEDGED, GIVEN, SNOOZED, SnoozeTooLong
from warehouse.scanning.fields import Fields
from warehouse.who import By

REASON_MAX = 200


def acknowledge(session: Session, by: By, alert_id: int) -> Notice:
    """Takes an alert: others see who takes care of it.

    Raises:
        NotOpen: somebody else was first, or it is closed.
    """
    row = queries.alert(session, by, alert_id)
    alerts.acknowledge(session, by, alert_id)
    return ACKNOWLEDGED(sku=row.sku, href=f"/alerts/{alert_id}")


def snooze(session: Session, by: By, alert_id: int, sent: Mapping[str, Any]) -> Notice:
    """Lets an alert sleep until the beginning of a day.

    Raises:
        SnoozeTooLong, SnoozeWithoutReason, NotOpen: it cannot.
    """
    row = queries.alert(session, by, alert_id)
    reason = Fields(sent, {"reason": N_("Reason")}).text("reason", most=REASON_MAX)
    try:
        day = parse_day(str(sent.get("until", "")))
        until = start_of(day, by.timezone)
    except (ValueError, OverflowError):
        raise SnoozeTooLong(days=alerts.SNOOZE_DAYS_MAX) from None
    alerts.snooze(session, by, alert_id, until=until, reason=reason)
    return SNOOZED(sku=row.sku, until=iso_day(day), href=f"/alerts/{alert_id}")


def give(session: Session, by: By, alert_id: int, sent: Mapping[str, Any]) -> Notice:
    """Gives an alert to a role or a person.

    Raises:
        OwnerUnknown, NotOpen: it cannot.
    """
    row, owner = queries.alert(session, by, alert_id), str(sent.get("owner", "")).strip()
    alerts.give(session, by, alert_id, owner)
    return GIVEN(sku=row.sku, owner=owner, href=f"/alerts/{alert_id}")
