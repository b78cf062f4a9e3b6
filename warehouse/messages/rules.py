"""Who hears how, when a failed delivery is tried again, when it is dead, and how a call is signed. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from warehouse.clock import HOUR, SECOND, as_datetime, as_instant, zone
from warehouse.errors import N_, Refusal, notice

TOPICS = {
    "alert.opened": N_("stock alert opened"), "alert.reopened": N_("stock alert opened once more"),
    "alert.escalated": N_("stock alert nobody took"), "alert.woken": N_("stock alert woken"),
    "alert.closed": N_("stock alert closed"),
}  # fmt: skip
"""What can be told, as the outbox names it."""
LETTERS = {
    "purchase_order": N_("purchase order"), "purchase_order.amended": N_("purchase order amended"),
    "purchase_order.chased": N_("supplier reminded"),
}  # fmt: skip
"""What becomes a letter to somebody outside, and to nobody else."""
TEST = "webhook.test"
HEARS = {
    "": N_("as the warehouse's settings say"), "at_once": N_("everything at once"), "digest": N_("all in digests"),
    "never": N_("nothing"),
}  # fmt: skip
STATES = {"waiting": N_("waiting"), "sent": N_("sent"), "dead": N_("undeliverable"), "dropped": N_("dropped")}
CHANNELS = {"mail": N_("e-mail"), "webhook": N_("webhook")}

ADDRESS_MAX = 254
FILES_MAX = 8 << 20
"""So many bytes of files go with a letter; as mail they are a third longer, and most servers take 10 MB."""
URL_MAX = 500
SECRET_BYTES = 32
OLD_SECRET_HOURS = 24
WEBHOOKS_MAX = 20

TRIES_MIN = 12
"""So often a delivery is tried, whatever the clock says, before it is dead."""
FIRST_PAUSE, LONGEST_PAUSE = 30 * SECOND, HOUR

ERRORS = {
    "unreachable": N_("No connection: %(said)s"),
    "late": N_("No answer in time: %(said)s"),
    "broken": N_("It stopped in the middle: %(said)s"),
    "no_tls": N_("The mail server offers no encryption (STARTTLS)."),
    "certificate": N_("Its certificate cannot be trusted: %(said)s"),
    "sign_in": N_("The mail server refused our user and password: %(said)s"),
    "server": N_("The mail server refused to work: %(said)s"),
    "recipient": N_("The mail server refused this letter for good: %(said)s"),
    "status": N_("It did not accept the call: %(said)s"),
    "forbidden": N_("Its name leads to an address that must not be called: %(said)s"),
    "no_address": N_("This person has no e-mail address any more, or does not work here."),
    "no_supplier_address": N_(
        "No e-mail address of %(said)s is known. Import the suppliers with it and send this again, or print the order, hand it "
        "over and drop this."
    ),
    "bad_address": N_("%(said)s is no e-mail address. Import the suppliers with the right one and send this again."),
    "not_open": N_("Nothing was sent: %(said)s is not open any more. Drop this."),
    "too_large": N_("Its files are too large for a letter (%(said)s). Print the order, hand it over and drop this."),
    "no_mail": N_("No mail server is set (WAREHOUSE_SMTP_URL)."),
    "switched_off": N_("This webhook is switched off."),
    "failed": N_("It could not be written: %(said)s"),
}  # fmt: skip
"""Why a try came to nothing, by the code that is kept."""


class BadAddress(Refusal):
    """What was given is no e-mail address."""

    code = "bad_email"
    text = N_("%(read)s is no e-mail address. Type one like name@example.com, or nothing.")


class BadHears(Refusal):
    """A way to hear that there is not."""

    code = "bad_hears"
    text = N_("Choose how this person hears of stock alerts: one of the list.")


class BadUrl(Refusal):
    """An address that no webhook can have."""

    code = "bad_webhook_url"
    text = N_(
        "A webhook's address begins with https://, names a host, and holds no user, blank or #; this came: %(read)s"
    )


class UrlForbidden(Refusal):
    """The webhook's host is inside, or cannot be found."""

    code = "webhook_address_forbidden"
    text = N_(
        "%(host)s cannot be called: %(why)s. Webhooks go only to public addresses, never to this machine or its network."
    )


class BadEvents(Refusal):
    """A webhook that would hear nothing."""

    code = "bad_webhook_events"
    text = N_("Choose at least one event of the list.")


class UrlKnown(Refusal):
    """The address is registered already."""

    code = "webhook_known"
    text = N_("This address is registered here already. Change that one.")


class TooManyWebhooks(Refusal):
    """No more can be registered."""

    code = "too_many_webhooks"
    text = N_("A warehouse calls at most %(most)s webhooks. Change one that is no longer needed.")


class SwitchedOff(Refusal):
    """A webhook that is off is not tried."""

    code = "webhook_off"
    text = N_("This webhook is switched off. Switch it on first.")


class NotDead(Refusal):
    """Somebody else was first, or it is still tried."""

    code = "message_not_dead"
    text = N_(
        "This message does not wait for a decision any more. Load the page again: it shows what has become of it."
    )


class DropWithoutReason(Refusal):
    """Who drops a message says why."""

    code = "message_drop_reason"
    text = N_("Say why this message need not be delivered.")


SENT_AGAIN = notice("ok", "message_sent_again", N_("The message to %(to)s is tried again at once."))
DROPPED = notice("ok", "message_dropped", N_("The message to %(to)s is dropped."))
WEBHOOK_MADE = notice("ok", "webhook_made", N_("%(name)s is registered. Its secret is shown this once."))
WEBHOOK_CHANGED = notice("ok", "webhook_changed", N_("%(url)s is changed."))
WEBHOOK_ROTATED = notice(
    "ok",
    "webhook_rotated",
    N_("%(name)s has a new secret, shown this once. The old one still signs for %(hours)s hours."),
)
WEBHOOK_TESTED = notice(
    "ok", "webhook_tested", N_("A test event is on its way to %(url)s. The list of messages shows the answer.")
)


# ---------------------------------------------------------------- who hears how


@dataclass(frozen=True, slots=True)
class Ways:
    """How a warehouse tells of each kind of alert (at_once, digest, never), and which roles hear."""

    roles: Collection[str]
    kinds: Mapping[str, str]


def way(ways: Ways, topic: str, kind: str, *, roles: Collection[str], hears: str) -> str:
    """How a person hears of an alert: at_once, digest or never.

    An alert that nobody took is told at once to operations, whatever else is set. That one is closed waits for a digest:
    nobody has to do anything.
    """
    if hears == "never":
        return "never"
    if topic == "alert.escalated":
        return "at_once" if "operations" in roles else "never"
    if not set(roles) & set(ways.roles):
        return "never"
    asked = hears or ways.kinds.get(kind, "digest")
    return "digest" if topic == "alert.closed" and asked == "at_once" else asked


def next_digest(now: int, timezone: str, at: str, days: Collection[int]) -> int:
    """The next instant at which digests go out: a local time, on working days (1 is Monday)."""
    hour, minute = map(int, at.split(":"))
    day = as_datetime(now, timezone).date()
    while True:
        moment = as_instant(datetime.combine(day, time(hour, minute), zone(timezone)))
        if moment > now and (not days or day.isoweekday() in days):
            return moment
        day += timedelta(days=1)


# ---------------------------------------------------------------- trying again


def pause_after(attempts: int, chance: float) -> int:
    """How long to wait after so many tries, in microseconds: doubled each time up to an hour, spread by chance (0 to 1).

    >>> pause_after(1, 1.0) // SECOND, pause_after(3, 1.0) // SECOND, pause_after(50, 1.0) // HOUR
    (30, 120, 1)
    """
    whole = min(FIRST_PAUSE << min(attempts - 1, 20), LONGEST_PAUSE)
    return int(whole * (0.5 + chance / 2))


def can_be_picked(available: int, wanted: Collection[int]) -> int:
    """Of orders in their turn, each wanting so many that it does not have yet, how many can have all of theirs."""
    can = 0
    for each in wanted:
        if each <= available:
            available -= each
            can += 1
    return can


# ---------------------------------------------------------------- addresses and signatures

_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)*{_LABEL}")
LOCAL_PART_MAX = 64


def check_email(text: str) -> str:
    """An e-mail address as mail servers take it (RFC 5321, without quoted names), or nothing.

    Raises:
        BadAddress: it is none.
    """
    text = text.strip()
    fits = len(text) <= ADDRESS_MAX and len(text.partition("@")[0]) <= LOCAL_PART_MAX
    if text and not (fits and _ADDRESS.fullmatch(text)):
        raise BadAddress(read=text[:ADDRESS_MAX])
    return text


def check_hears(text: str) -> str:
    """How a person hears of stock alerts.

    Raises:
        BadHears: there is no such way.
    """
    if text not in HEARS:
        raise BadHears
    return text


def secret_text(key: bytes) -> str:
    """A webhook's secret as it is shown once and kept."""
    return "whsec_" + base64.b64encode(key).decode()


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """One signature of a call, as https://www.standardwebhooks.com describes: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets: Collection[str], event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a call: while a secret is changed, both sign."""
    return {
        "Content-Type": "application/json", "User-Agent": "Pickface", "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, event_id, timestamp, body) for each in secrets),
    }  # fmt: skip


def event_id(delivery: Any) -> str:
    """What names an event for good: the same message has the same at every try, and at every webhook."""
    return f"msg_{delivery.message_id or delivery.id}"


def message_key(delivery: Any, domain: str) -> str:
    """A letter's Message-ID: the same at every try."""
    return f"<pickface.{delivery.id}@{domain}>"
