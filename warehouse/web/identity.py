"""Who is asking: a program by its bearer token. The token is kept only as a digest of its 192 random bits."""

from __future__ import annotations

import hashlib

from flask import request

from warehouse.clock import now_us, parse_instant
from warehouse.db import Session
from warehouse.errors import N_, Refusal
from warehouse.who import By

VIAS = frozenset({"wedge", "camera", "serial", "typed", "button"})

_WHO = """
SELECT p.id, p.name, p.roles, t.warehouse_id, t.station_id, w.timezone FROM token t
JOIN person p ON p.id = t.person_id JOIN warehouse w ON w.id = t.warehouse_id
WHERE t.hash = :hash AND t.revoked_at IS NULL AND p.active = 1"""


class NotSignedIn(Refusal):
    """No valid token came with the request."""

    code = "not_signed_in"
    text = N_("Sign in first: no valid token came with this request (Authorization: Bearer TOKEN).")
    status = 401


def token_hash(token: str) -> str:
    """A token as kept."""
    return hashlib.sha256(f"token\x1f{token}".encode()).hexdigest()


def identify(session: Session, *, key: str = "", via: str = "", occurred_at: str = "") -> By:
    """Who sent the present request.

    Raises:
        NotSignedIn: no token, an unknown one or a revoked one.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = None
    if scheme.lower() == "bearer" and token:
        row = session.one(_WHO, hash=token_hash(token.strip()))
    if row is None:
        raise NotSignedIn
    now = now_us()
    return By(
        row.warehouse_id, row.timezone, row.id, row.name, frozenset(row.roles.split()), f"token:{row.name}", now,
        _occurred(occurred_at, row.timezone, now), key, via if via in VIAS else "", program=True,
        station_id=row.station_id,
    )  # fmt: skip


def _occurred(text: str, timezone: str, now: int) -> int:
    """When it happened on the floor; a time that cannot be, or lies ahead, is taken as now."""
    if not text:
        return now
    try:
        return min(parse_instant(text, timezone), now)
    except (ValueError, OverflowError):
        return now
