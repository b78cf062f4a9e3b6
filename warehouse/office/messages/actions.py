"""What people do at the desk of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from warehouse.db import Session
from warehouse.errors import N_, Notice
from warehouse.messages import deliveries, webhooks
from warehouse.messages.rules import (
    DROPPED,
    OLD_SECRET_HOURS,
    SENT_AGAIN,
    WEBHOOK_CHANGED,
    WEBHOOK_MADE,
    WEBHOOK_ROTATED,
    WEBHOOK_TESTED,
)
from warehouse.office.messages.queries import delivery, to_whom
from warehouse.scanning.fields import Fields
from warehouse.who import By

REASON_MAX = 200
NAMES = {"reason": N_("Reason"), "active": N_("Switched on")}


def send_again(session: Session, by: By, delivery_id: int) -> Notice:
    """Tries a dead delivery again.

    Raises:
        NotDead, NotFound: somebody else was first, or there is none.
    """
    row, _ = delivery(session, by, delivery_id)
    deliveries.send_again(session, by, delivery_id)
    return SENT_AGAIN(to=to_whom(row), href=f"/messages/{delivery_id}")


def drop(session: Session, by: By, delivery_id: int, sent: Mapping[str, Any]) -> Notice:
    """Drops a dead delivery.

    Raises:
        DropWithoutReason, NotDead, NotFound: it cannot.
    """
    row, _ = delivery(session, by, delivery_id)
    deliveries.drop(session, by, delivery_id, Fields(sent, NAMES).text("reason", most=REASON_MAX))
    return DROPPED(to=to_whom(row), href=f"/messages/{delivery_id}")


def make_webhook(session: Session, by: By, url: str, events: Sequence[str]) -> tuple[Notice, dict[str, str]]:
    """Registers a webhook; its secret is in the answer.

    Raises:
        UrlKnown, TooManyWebhooks, BadEvents: it cannot be registered.
    """
    secret = webhooks.make_webhook(session, by, url, events)
    return WEBHOOK_MADE(name=url, href="/webhooks"), {"secret": secret}


def rotate(session: Session, by: By, webhook_id: int) -> tuple[Notice, dict[str, str]]:
    """Gives a webhook a new secret; it is in the answer.

    Raises:
        NotFound: there is none.
    """
    row, secret = webhooks.rotate(session, by, webhook_id)
    return WEBHOOK_ROTATED(name=row.url, hours=OLD_SECRET_HOURS, href="/webhooks"), {"secret": secret}


def change_webhook(session: Session, by: By, webhook_id: int, sent: Mapping[str, Any], events: Sequence[str]) -> Notice:
    """Changes what a webhook hears, and whether it is called.

    Raises:
        BadEvents, NotFound: it cannot.
    """
    row = webhooks.change_webhook(session, by, webhook_id, events, active=Fields(sent, NAMES).ticked("active"))
    return WEBHOOK_CHANGED(url=row.url, href="/webhooks")


def send_test(session: Session, by: By, webhook_id: int) -> Notice:
    """Sends a webhook a test event.

    Raises:
        SwitchedOff, NotFound: it is not called, or there is none.
    """
    return WEBHOOK_TESTED(url=webhooks.send_test(session, by, webhook_id).url, href="/webhooks")
