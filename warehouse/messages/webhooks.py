"""Webhooks: the addresses that a warehouse calls, each with its secret and the events that it hears."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from warehouse.clock import HOUR
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ids import new_id
from warehouse.messages.guard import OUTSIDE, Reach, addresses_of, target_of
from warehouse.messages.rules import (
    OLD_SECRET_HOURS,
    SECRET_BYTES,
    TOPICS,
    WEBHOOKS_MAX,
    BadEvents,
    SwitchedOff,
    TooManyWebhooks,
    UrlKnown,
    secret_text,
)
from warehouse.who import By

_MAKE = """
INSERT INTO webhook (id, warehouse_id, url, events, secret, made_at, made_by)
VALUES (:id, :warehouse, :url, :events, :secret, :now, :person) ON CONFLICT (warehouse_id, url) DO NOTHING"""
_TEST = """
INSERT INTO delivery (id, warehouse_id, kind, channel, webhook_id, made_at, since, due_at)
VALUES (:id, :warehouse, 'test', 'webhook', :webhook, :now, :now, 0)"""


def check_url(url: str, reach: Reach = OUTSIDE) -> str:
    """The address, if it can be called from here now. It looks the name up, so it belongs before a change, not inside.

    Raises:
        BadUrl, UrlForbidden: it cannot.
    """
    url = url.strip()
    addresses_of(target_of(url, reach), reach)
    return url


def check_events(events: Sequence[str]) -> str:
    """The events that a webhook hears, as they are kept.

    Raises:
        BadEvents: there is none, or one that is not known.
    """
    if not events or not set(events) <= set(TOPICS):
        raise BadEvents
    return " ".join(each for each in TOPICS if each in set(events))


def make_webhook(session: Session, by: By, url: str, events: Sequence[str]) -> str:
    """Registers an address that check_url() has let pass. Returns its secret, which is shown this once.

    Raises:
        UrlKnown, TooManyWebhooks, BadEvents: it cannot be registered.
    """
    kept = check_events(events)
    count = session.value("SELECT count(*) FROM webhook WHERE warehouse_id = :warehouse", warehouse=by.warehouse_id)
    if count >= WEBHOOKS_MAX:
        raise TooManyWebhooks(most=WEBHOOKS_MAX)
    secret = made_secret()
    made = session.run(_MAKE, id=new_id(session), warehouse=by.warehouse_id, url=url, events=kept, secret=secret, now=by.now,
                       person=by.person_id)  # fmt: skip
    if not made:
        raise UrlKnown
    return secret


def change_webhook(session: Session, by: By, webhook_id: int, events: Sequence[str], *, active: bool) -> Row:
    """Changes what a webhook hears, and whether it is called at all. Returns it as it was.

    Raises:
        BadEvents, NotFound: it cannot be changed to this, or there is none.
    """
    row, kept = webhook(session, by, webhook_id), check_events(events)
    session.run("UPDATE webhook SET events = :events, active = :active WHERE id = :id", id=webhook_id, events=kept,
                active=int(active))  # fmt: skip
    return row


def rotate(session: Session, by: By, webhook_id: int) -> tuple[Row, str]:
    """Gives a webhook a new secret; the old one signs beside it for a time, so that no call is refused meanwhile.

    Raises:
        NotFound: there is none.
    """
    row, secret = webhook(session, by, webhook_id), made_secret()
    session.run(
        "UPDATE webhook SET old_secret = secret, old_until = :until, secret = :secret WHERE id = :id",
        id=webhook_id, secret=secret, until=by.now + OLD_SECRET_HOURS * HOUR,
    )  # fmt: skip
    return row, secret


def send_test(session: Session, by: By, webhook_id: int) -> Row:
    """Sends a test event, as any other is sent.

    Raises:
        SwitchedOff, NotFound: it is not called, or there is none.
    """
    row = webhook(session, by, webhook_id)
    if not row.active:
        raise SwitchedOff
    session.run(_TEST, id=new_id(session), warehouse=by.warehouse_id, webhook=webhook_id, now=by.now)
    return row


def webhook(session: Session, by: By, webhook_id: int) -> Row:
    """A webhook of this warehouse, held for this change; never its secret.

    Raises:
        NotFound: there is none.
    """
    row = session.one(
        "SELECT id, url, events, active, made_at, old_until FROM webhook WHERE id = :id AND warehouse_id = :warehouse"
        + session.for_update,
        id=webhook_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    if row is None:
        raise NotFound(what=f"/webhooks/{webhook_id}")
    return row


def made_secret() -> str:
    """A new secret of 256 random bits."""
    return secret_text(secrets.token_bytes(SECRET_BYTES))
