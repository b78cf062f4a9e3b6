"""What the pages of people and program accounts change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from warehouse.db import Session
from warehouse.errors import Notice
from warehouse.messages.rules import check_email, check_hears
from warehouse.office.people.queries import person_row
from warehouse.office.people.rules import (
    BADGE_MADE,
    NAMES,
    PERSON_CHANGED,
    PERSON_MADE,
    PIN_MADE,
    SESSIONS_ENDED,
    TOKEN_MADE,
    TOKEN_REVOKED,
    NoStation,
    NotTheirBadge,
)
from warehouse.people.actions import (
    change_hearing,
    change_person,
    check_other,
    end_sessions,
    keep_an_admin,
    make_person,
    make_program,
    new_badge,
    new_pin,
)
from warehouse.people.rules import badge_hash, check_name, check_roles
from warehouse.scanning.fields import Fields
from warehouse.who import ROLES, By

Made = tuple[Notice, dict[str, str]]
"""What is said, and the secrets that are shown this once."""


def make(session: Session, _by: By, sent: Mapping[str, Any], roles: Sequence[str]) -> Made:
    """A new person, with a badge and a PIN.

    Raises:
        Refusal: the name or the roles cannot be taken.
    """
    name = check_name(str(sent.get("name", "")))
    secrets = make_person(session, name, check_roles(tuple(roles)))
    person_id = session.value("SELECT id FROM person WHERE name = :name", name=name)
    _hear(session, person_id, sent, "", "")
    return PERSON_MADE(name=name, href=f"/people/{person_id}"), secrets


def change(session: Session, by: By, person_id: int, sent: Mapping[str, Any], roles: Sequence[str]) -> Notice:
    """Changes a person's name, roles, and whether they work here.

    Raises:
        OwnAccount, LastAdmin: this person may not decide this, or nobody could administer after it.
    """
    person, wanted = person_row(session, person_id), check_roles(tuple(roles))
    active = Fields(sent, NAMES).ticked("active")
    if wanted != tuple(sorted(person.roles.split())):
        check_other(by.person_id, person_id)
    keep_an_admin(session, person_id, roles=wanted, active=active)
    name = str(sent.get("name", ""))
    change_person(session, person_id, name=name, roles=wanted, active=active)
    _hear(session, person_id, sent, person.email, person.hears)
    return PERSON_CHANGED(name=check_name(name), href=f"/people/{person_id}")


def _hear(session: Session, person_id: int, sent: Mapping[str, Any], email: str, hears: str) -> None:
    """Keeps address and way to hear; what was not sent stays as it is."""
    change_hearing(session, person_id, email=check_email(str(sent.get("email", email))),
                   hears=check_hears(str(sent.get("hears", hears))))  # fmt: skip


def give_badge(session: Session, by: By, person_id: int) -> Made:
    """A new badge for another person; the old one is dead, and they are signed out.

    Raises:
        OwnAccount: it is for oneself.
    """
    check_other(by.person_id, person_id)
    person = person_row(session, person_id, lock=True)
    return BADGE_MADE(name=person.name, href=f"/people/{person_id}"), {"badge": new_badge(session, person_id)}


def give_pin(session: Session, _by: By, person_id: int) -> Made:
    """A new PIN for a person, made at random."""
    person = person_row(session, person_id, lock=True)
    return PIN_MADE(name=person.name, href=f"/people/{person_id}"), {"pin": new_pin(session, person_id)}


def sign_out_everywhere(session: Session, _by: By, person_id: int) -> Notice:
    """Ends all sessions of a person; their work stays theirs."""
    person = person_row(session, person_id, lock=True)
    return SESSIONS_ENDED(name=person.name, count=end_sessions(session, person_id), href=f"/people/{person_id}")


def make_token(session: Session, by: By, sent: Mapping[str, Any], roles: Sequence[str]) -> Made:
    """A new program account of this warehouse, with its token.

    Raises:
        Refusal: the name, the roles or the station cannot be taken.
    """
    name = check_name(str(sent.get("name", "")))
    station = _station(session, by, Fields(sent, NAMES).text("station"))
    wanted = check_roles(tuple(roles), of=ROLES)
    made = make_program(session, name, wanted, warehouse_id=by.warehouse_id, station_id=station)
    return TOKEN_MADE(name=name, href="/tokens"), made


def revoke(session: Session, _by: By, person_id: int) -> Notice:
    """Ends all tokens of a program account, for good."""
    program = person_row(session, person_id, kind="program", lock=True)
    end_sessions(session, person_id)
    return TOKEN_REVOKED(name=program.name, href="/tokens")


def check_badge(session: Session, person_id: int, badge: str) -> str:
    """The name for a badge card, if the badge is this person's.

    Raises:
        NotTheirBadge: it is not.
    """
    name = session.value(
        "SELECT name FROM person WHERE id = :id AND kind = 'person' AND badge_hash = :hash",
        id=person_id, hash=badge_hash(badge),
    )  # fmt: skip
    if name is None:
        raise NotTheirBadge
    return str(name)


def _station(session: Session, by: By, code: str) -> int:
    if not code:
        return 0
    found = session.value(
        "SELECT id FROM location WHERE warehouse_id = :warehouse AND code = :code AND kind IN ('station', 'dock')",
        warehouse=by.warehouse_id, code=code,
    )  # fmt: skip
    if found is None:
        raise NoStation(read=code)
    return int(found)
