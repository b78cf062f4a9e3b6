"""Signing in and out. A try is written down before the PIN is looked at, so that guesses at once all count.

Looking at a PIN takes some 30 ms on purpose; it happens between two short changes, never inside one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from argon2.exceptions import Argon2Error

from warehouse.clock import MINUTE
from warehouse.db import Database, Row, Session
from warehouse.errors import Refusal
from warehouse.ids import new_id
from warehouse.people.actions import HASHER
from warehouse.people.rules import (
    IDLE,
    STRANGE_PINS,
    STRANGE_PINS_WITHIN,
    UNKNOWN_BADGES,
    UNKNOWN_BADGES_WITHIN,
    WRONG_PINS,
    WRONG_PINS_WITHIN,
    LockedOut,
    WrongBadge,
    WrongSignIn,
    badge_hash,
    token_hash,
)

AGENT_MAX = 200

# The computer of a desk stays at its desk, whoever signs in there next.
_DESK_OF_DEVICE = """COALESCE((SELECT t.station_id FROM token t WHERE t.device = :device AND t.warehouse_id = :warehouse
    ORDER BY t.made_at DESC LIMIT 1), 0)"""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a try comes from: the device's own random name (its cookie), its address, and what it says it is.

    A name that nobody signed in with yet proves nothing, for a guesser would bring a new one each time: such devices
    are counted by their address.
    """

    name: str
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as it was just made. `token` is known to the browser alone; the database keeps its digest."""

    token: str
    person_id: int
    name: str
    roles: frozenset[str]
    language: str
    warehouse_id: int


def sign_in(
    base: Database, device: Device, *, badge: str, pin: str, now: int, warehouse_id: int = 0, ends: str = ""
) -> SignedIn:
    """Signs a person in; the session that this browser had before (`ends`, its token) is over.

    Raises:
        WrongBadge, WrongSignIn: badge or PIN do not fit; the try counts.
        LockedOut: too many tries came from here.
    """
    person, try_id, refused = base.change(lambda session: _try(session, device, badge, now))
    if person is None:
        raise refused
    if not fits(person.pin_hash, pin):
        base.change(lambda session: _end_try(session, try_id, "wrong_pin"))
        left = WRONG_PINS - base.read(lambda session: _wrong_pins(session, person.id, device, now))
        raise WrongSignIn(left=max(0, left), minutes=WRONG_PINS_WITHIN // MINUTE)
    return base.change(lambda session: _open(session, device, person, try_id, now, warehouse_id, ends))


def sign_out(session: Session, token: str, device: Device, *, now: int, outcome: str = "out") -> None:
    """Ends a session; its work stays its person's."""
    end_session(session, token_hash(token), device, now=now, outcome=outcome)


def end_session(session: Session, hashed: str, device: Device, *, now: int, outcome: str = "out") -> None:
    """Ends a session by its token as kept."""
    person_id = session.value(
        "UPDATE token SET revoked_at = :now WHERE hash = :hash AND revoked_at IS NULL RETURNING person_id",
        hash=hashed, now=now,
    )  # fmt: skip
    if person_id:
        _log(session, device, now, outcome, person_id)


def see(session: Session, hashed: str, *, now: int) -> None:
    """Writes down when a session was last seen; `hashed`: its token as kept."""
    session.run("UPDATE token SET seen_at = :now WHERE hash = :hash", now=now, hash=hashed)


def choose_language(session: Session, token: str, language: str, *, now: int) -> bool:
    """Makes a language that of a session's person; False where nobody is signed in by it any more."""
    changed = session.run(
        """UPDATE person SET language = :language WHERE id = (SELECT person_id FROM token
           WHERE hash = :hash AND revoked_at IS NULL AND seen_at > :since)""",
        language=language, hash=token_hash(token), since=now - IDLE,
    )  # fmt: skip
    return changed > 0


def last_warehouse(session: Session, badge: str) -> int:
    """The warehouse in which a badge's owner signed in last; 0 for none."""
    found = session.value(
        """SELECT t.warehouse_id FROM token t JOIN person p ON p.id = t.person_id
           WHERE p.badge_hash = :hash ORDER BY t.made_at DESC LIMIT 1""", hash=badge_hash(badge),
    )  # fmt: skip
    return int(found or 0)


def fits(pin_hash: str | None, pin: str) -> bool:
    """Whether a PIN is the one that was hashed."""
    try:
        return HASHER.verify(pin_hash or "", pin)
    except Argon2Error:
        return False


def count_wrong_pin(session: Session, person_id: int, device: str, now: int) -> None:
    """Counts a wrong PIN given for an override."""
    _log(session, Device(device, "", ""), now, "wrong_pin", person_id)


def check_tries(session: Session, address: str, now: int) -> None:
    """Whether another code may be tried from an address.

    Raises:
        LockedOut: too many unknown ones came from there.
    """
    if _unknown_tries(session, "address", address, now) >= UNKNOWN_BADGES:
        raise LockedOut(minutes=UNKNOWN_BADGES_WITHIN // MINUTE)


def count_wrong_code(session: Session, address: str, now: int) -> None:
    """Counts an unknown code that a desk's agent was to be enrolled with."""
    _log(session, Device("station", address, ""), now, "unknown_badge", 0)


def may_try(session: Session, person_id: int, device: Device, now: int) -> bool:
    """Whether another PIN may be tried for this person from this device."""
    if _wrong_pins(session, person_id, device, now) >= WRONG_PINS:
        return False
    return _is_known(session, person_id, device) or _strange_pins(session, person_id, now) < STRANGE_PINS


def _try(session: Session, device: Device, badge: str, now: int) -> tuple[Row | None, int, Refusal]:
    person = session.one(
        "SELECT id, name, roles, pin_hash, language FROM person WHERE badge_hash = :hash AND active = 1 AND kind = 'person'"
        + session.for_update,  # tries for one person go one after the other, so that each sees those before it
        hash=badge_hash(badge),
    )
    if person is None:
        return None, 0, _unknown(session, device, now)
    if not may_try(session, person.id, device, now):
        _log(session, device, now, "locked_out", person.id)
        return None, 0, LockedOut(minutes=WRONG_PINS_WITHIN // MINUTE)
    return person, _log(session, device, now, "trying", person.id), WrongBadge()


def _unknown(session: Session, device: Device, now: int) -> Refusal:
    """An unknown badge: slowed down where many come, by the device if somebody ever signed in on it, else by address."""
    known = session.value(
        "SELECT EXISTS (SELECT 1 FROM sign_in WHERE device = :device AND outcome = 'in')", device=device.name
    )
    column, value = ("device", device.name) if known else ("address", device.address)
    if _unknown_tries(session, column, value, now) >= UNKNOWN_BADGES:
        return LockedOut(minutes=UNKNOWN_BADGES_WITHIN // MINUTE)
    _log(session, device, now, "unknown_badge", 0)
    return WrongBadge()


def _unknown_tries(session: Session, column: str, value: str, now: int) -> int:
    return int(session.value(
        f"SELECT count(*) FROM sign_in WHERE {column} = :value AND at > :since AND outcome = 'unknown_badge'",
        value=value, since=now - UNKNOWN_BADGES_WITHIN,
    ))  # fmt: skip


def _wrong_pins(session: Session, person_id: int, device: Device, now: int) -> int:
    """Wrong PINs since this person last signed in here; tries under way count as wrong ones."""
    return int(session.value(
        """SELECT count(*) FROM sign_in s WHERE s.person_id = :person AND s.device = :device AND s.at > :since
             AND s.outcome IN ('trying', 'wrong_pin')
             AND s.at > COALESCE((SELECT max(g.at) FROM sign_in g WHERE g.person_id = :person AND g.device = :device
                                  AND g.outcome = 'in'), 0)""",
        person=person_id, device=device.name, since=now - WRONG_PINS_WITHIN,
    ))  # fmt: skip


def _strange_pins(session: Session, person_id: int, now: int) -> int:
    """Wrong PINs for this person from devices on which they never signed in."""
    return int(session.value(
        """SELECT count(*) FROM sign_in s WHERE s.person_id = :person AND s.at > :since
             AND s.outcome IN ('trying', 'wrong_pin')
             AND NOT EXISTS (SELECT 1 FROM sign_in g WHERE g.person_id = :person AND g.device = s.device
                             AND g.outcome = 'in')""",
        person=person_id, since=now - STRANGE_PINS_WITHIN,
    ))  # fmt: skip


def _is_known(session: Session, person_id: int, device: Device) -> bool:
    return bool(session.value(
        "SELECT EXISTS (SELECT 1 FROM sign_in WHERE person_id = :person AND device = :device AND outcome = 'in')",
        person=person_id, device=device.name,
    ))  # fmt: skip


def _open(
    session: Session, device: Device, person: Row, try_id: int, now: int, warehouse_id: int, ends: str
) -> SignedIn:
    _end_try(session, try_id, "in")
    if ends:
        sign_out(session, ends, device, now=now)
    token = secrets.token_urlsafe(24)
    session.run(
        f"""INSERT INTO token (hash, person_id, warehouse_id, made_at, device, seen_at, station_id)
           VALUES (:hash, :person, :warehouse, :now, :device, :now, {_DESK_OF_DEVICE})""",
        hash=token_hash(token), person=person.id, warehouse=warehouse_id, now=now, device=device.name,
    )  # fmt: skip
    return SignedIn(token, person.id, person.name, frozenset(person.roles.split()), person.language, warehouse_id)


def _end_try(session: Session, try_id: int, outcome: str) -> None:
    session.run("UPDATE sign_in SET outcome = :outcome WHERE id = :id", id=try_id, outcome=outcome)


def _log(session: Session, device: Device, now: int, outcome: str, person_id: int) -> int:
    log_id = new_id(session)
    session.run(
        """INSERT INTO sign_in (id, person_id, device, address, agent, at, outcome)
           VALUES (:id, :person, :device, :address, :agent, :now, :outcome)""",
        id=log_id, person=person_id, device=device.name, address=device.address, agent=device.agent[:AGENT_MAX],
        now=now, outcome=outcome,
    )  # fmt: skip
    return log_id
