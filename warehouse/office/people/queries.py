"""What the pages of people and program accounts read."""

from __future__ import annotations

from typing import Any

from warehouse.catalog.lookup import like
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.people.rules import IDLE, SHIFT

SESSIONS_MAX, TRIES_MAX = 50, 20

_PEOPLE = """
SELECT c.*, (SELECT MAX(t.seen_at) FROM token t WHERE t.person_id = c.id) AS seen_at
FROM (SELECT p.id, p.name, p.roles, p.active, p.made_at, p.language, p.badge_chosen, p.email, p.hears FROM person p
      WHERE p.kind = 'person' AND {of} ORDER BY p.name LIMIT :most OFFSET :skip) AS c ORDER BY c.name"""
_SESSIONS = """
SELECT t.device, t.made_at, t.seen_at, w.code AS warehouse FROM token t LEFT JOIN warehouse w ON w.id = t.warehouse_id
WHERE t.person_id = :id AND t.revoked_at IS NULL AND t.seen_at > :idle AND t.made_at > :shift
ORDER BY t.made_at DESC LIMIT :most"""
_TRIES = """
SELECT s.id, s.at, s.device, s.address, s.agent, s.outcome, p.id AS person_id, p.name
FROM sign_in s LEFT JOIN person p ON p.id = s.person_id WHERE {of} ORDER BY s.id DESC LIMIT :most OFFSET :skip"""
_PROGRAMS = """
SELECT c.*, t.made_at AS token_at, t.revoked_at, w.code AS warehouse, l.code AS station
FROM (SELECT p.id, p.name, p.roles, p.made_at FROM person p WHERE p.kind = 'program' AND {of}
      ORDER BY p.name LIMIT :most OFFSET :skip) AS c
LEFT JOIN token t ON t.person_id = c.id AND t.made_at = (SELECT MAX(n.made_at) FROM token n WHERE n.person_id = c.id)
LEFT JOIN warehouse w ON w.id = t.warehouse_id LEFT JOIN location l ON l.id = t.station_id ORDER BY c.name"""


def people(session: Session, text: str, role: str, active: str, *, most: int, skip: int) -> list[Row]:
    """People by name, each with when they were last seen."""
    conditions, params = ["1 = 1"], dict[str, Any]()
    if text:
        conditions.append("lower(p.name) LIKE :like ESCAPE '!'")
        params["like"] = like(text)
    if role:
        conditions.append("' ' || p.roles || ' ' LIKE :role")
        params["role"] = f"% {role} %"
    if active:
        conditions.append("p.active = :active")
        params["active"] = int(active == "yes")
    return session.all(_PEOPLE.format(of=" AND ".join(conditions)), most=most, skip=skip, **params)


def person_row(session: Session, person_id: int, *, kind: str = "person", lock: bool = False) -> Row:
    """A person's own row, without their secrets; `lock` keeps it for this change.

    Raises:
        NotFound: there is none.
    """
    row = session.one(
        """SELECT id, name, roles, active, made_at, language, badge_chosen, email, hears FROM person
           WHERE id = :id AND kind = :kind"""
        + (session.for_update if lock else ""),
        id=person_id, kind=kind,
    )  # fmt: skip
    if row is None:
        raise NotFound(what=f"/{'people' if kind == 'person' else 'tokens'}/{person_id}")
    return row


def sessions(session: Session, person_id: int, now: int) -> list[Row]:
    """Where a person is signed in now: the device, since when, and when it was last seen."""
    return session.all(_SESSIONS, id=person_id, idle=now - IDLE, shift=now - SHIFT, most=SESSIONS_MAX)


def tries(
    session: Session, *, person_id: int = 0, outcome: str = "", most: int = TRIES_MAX, skip: int = 0
) -> list[Row]:
    """The log of signing in, the latest first: of one person, or of all."""
    conditions, params = ["1 = 1"], dict[str, Any]()
    if person_id:
        conditions.append("s.person_id = :person")
        params["person"] = person_id
    if outcome:
        conditions.append("s.outcome = :outcome")
        params["outcome"] = outcome
    return session.all(_TRIES.format(of=" AND ".join(conditions)), most=most, skip=skip, **params)


def programs(session: Session, text: str, *, most: int, skip: int) -> list[Row]:
    """Program accounts by name, each with its latest token's warehouse, desk and end."""
    of, params = "1 = 1", dict[str, Any]()
    if text:
        of, params = "lower(p.name) LIKE :like ESCAPE '!'", {"like": like(text)}
    return session.all(_PROGRAMS.format(of=of), most=most, skip=skip, **params)


def person_json(row: Row) -> dict[str, Any]:
    """A person as programs read them."""
    return {
        "id": str(row.id), "name": row.name, "roles": row.roles.split(), "active": bool(row.active),
        "email": row.email, "hears": row.hears, "made_at": iso(row.made_at),
    }  # fmt: skip


def program_json(row: Row) -> dict[str, Any]:
    """A program account as programs read it."""
    return {
        "id": str(row.id), "name": row.name, "roles": row.roles.split(), "warehouse": row.warehouse,
        "station": row.station, "made_at": iso(row.made_at), "revoked_at": iso(row.revoked_at),
    }  # fmt: skip


def timed(row: Row) -> dict[str, Any]:
    """A row as programs read it: instants as ISO 8601, ids as text."""
    shown: dict[str, Any] = row._asdict()
    for name, value in shown.items():
        if name == "at" or name.endswith("_at"):
            shown[name] = iso(value)
        elif name == "id" or name.endswith("_id"):
            shown[name] = str(value) if value else None
    return shown
