"""Verbs about people and program accounts: made, changed, given new badges, ended."""

from __future__ import annotations

import secrets
from typing import Any

from argon2 import PasswordHasher

from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.people.rules import (
    BADGE_BITS,
    PIN_DIGITS,
    LastAdmin,
    NameTaken,
    OwnAccount,
    badge_hash,
    check_name,
    check_pin,
    check_roles,
    token_hash,
)

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def make_person(
    session: Session,
    name: str,
    roles: tuple[str, ...],
    *,
    badge: str = "",
    pin: str = "",
    badge_chosen: bool | None = None,
) -> dict[str, str]:
    """A person with a badge of 128 random bits and a PIN, unless they are given (the demo's are fixed).

    Raises:
        NameTaken: another account has this name.
    """
    chosen = bool(badge) if badge_chosen is None else badge_chosen
    badge, pin = badge or made_badge(), pin or made_pin()
    _add(
        session,
        name,
        "person",
        roles,
        badge_hash=badge_hash(badge),
        badge_chosen=int(chosen),
        pin_hash=HASHER.hash(pin),
    )
    return {"badge": badge, "pin": pin}


def make_program(
    session: Session, name: str, roles: tuple[str, ...], *, warehouse_id: int, station_id: int = 0
) -> dict[str, str]:
    """A program account that works in one warehouse.

    Raises:
        NameTaken: another account has this name.
    """
    person_id = _add(session, name, "program", roles, badge_hash=None, badge_chosen=0, pin_hash=None)
    made = secrets.token_urlsafe(24)
    session.run(
        """INSERT INTO token (hash, person_id, warehouse_id, station_id, made_at)
           VALUES (:hash, :person, :warehouse, :station, :now)""",
        hash=token_hash(made), person=person_id, warehouse=warehouse_id, station=station_id, now=now_us(),
    )  # fmt: skip
    return {"token": made}


def change_person(session: Session, person_id: int, *, name: str, roles: tuple[str, ...], active: bool) -> None:
    """Changes a person's name, roles and whether they work here; sessions of one who does not are ended.

    Raises:
        NameTaken, BadName, BadRoles: it cannot be changed to this.
    """
    name, roles = check_name(name), check_roles(roles)
    if session.value("SELECT id FROM person WHERE name = :name AND id <> :id", name=name, id=person_id):
        raise NameTaken(name=name)
    session.run(
        "UPDATE person SET name = :name, roles = :roles, active = :active WHERE id = :id AND kind = 'person'",
        id=person_id, name=name, roles=" ".join(roles), active=int(active),
    )  # fmt: skip
    if not active:
        end_sessions(session, person_id)


def change_hearing(session: Session, person_id: int, *, email: str, hears: str) -> None:
    """Changes under which address a person hears of stock alerts, and how; both were checked (messages/rules.py)."""
    session.run(
        "UPDATE person SET email = :email, hears = :hears WHERE id = :id AND kind = 'person'",
        id=person_id, email=email, hears=hears,
    )  # fmt: skip


def check_other(by_id: int, person_id: int) -> None:
    """Nobody decides about their own roles or gives themselves a badge (R-SEC-1).

    Raises:
        OwnAccount: it is their own account.
    """
    if by_id == person_id:
        raise OwnAccount


def keep_an_admin(session: Session, person_id: int, *, roles: tuple[str, ...], active: bool) -> None:
    """Refuses a change after which no administrator would be left. Holds all of them until the change is committed.

    Raises:
        LastAdmin: this is the last one.
    """
    admins = session.all(
        """SELECT id FROM person WHERE kind = 'person' AND active = 1 AND ' ' || roles || ' ' LIKE '% admin %'
           ORDER BY id""" + session.for_update)  # fmt: skip
    stays = active and "admin" in roles
    if not stays and {row.id for row in admins} == {person_id}:
        raise LastAdmin


def new_badge(session: Session, person_id: int) -> str:
    """A new badge for a person; the old one is dead from now on. Its text is known only now."""
    badge = made_badge()
    session.run(
        "UPDATE person SET badge_hash = :hash, badge_chosen = 0 WHERE id = :id AND kind = 'person'",
        id=person_id, hash=badge_hash(badge),
    )  # fmt: skip
    end_sessions(session, person_id)
    return badge


def new_pin(session: Session, person_id: int, pin: str = "") -> str:
    """A new PIN for a person, made unless given.

    Raises:
        PinTooShort: the one given is guessed too easily.
    """
    pin = check_pin(pin) if pin else made_pin()
    session.run(
        "UPDATE person SET pin_hash = :hash WHERE id = :id AND kind = 'person'", id=person_id, hash=HASHER.hash(pin)
    )
    return pin


def end_sessions(session: Session, person_id: int) -> int:
    """Signs an account out everywhere; a program's tokens are dead for good."""
    return session.run(
        "UPDATE token SET revoked_at = :now WHERE person_id = :person AND revoked_at IS NULL",
        person=person_id,
        now=now_us(),
    )


def made_badge() -> str:
    """A badge's text: XB and 128 random bits in digits, which every scanner reads."""
    return f"XB{secrets.randbits(BADGE_BITS):039d}"


def made_pin() -> str:
    """A PIN that check_pin() takes."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        if len(set(pin)) > 2:  # noqa: PLR2004 - neither one digit over and over nor two in turn
            return pin


def _add(session: Session, name: str, kind: str, roles: tuple[str, ...], **secret: Any) -> int:
    person_id = new_id(session)
    added = session.run(
        """INSERT INTO person (id, name, kind, roles, badge_hash, badge_chosen, pin_hash, made_at)
           VALUES (:id, :name, :kind, :roles, :badge_hash, :badge_chosen, :pin_hash, :now) ON CONFLICT (name) DO NOTHING""",
        id=person_id, name=name, kind=kind, roles=" ".join(sorted(set(roles))), now=now_us(), **secret,
    )  # fmt: skip
    if not added:
        raise NameTaken(name=name)
    return person_id
