"""Who is asking: a program by its bearer token. The token is kept only as a digest of its 192 random bits."""

from __future__ import annotations

import hashlib
import time

from flask import request

from warehouse.clock import now_us, parse_instant
from warehouse.db import Row, Session
from warehouse.errors import NotSignedIn
from warehouse.who import By

KNOWN_FOR_S = 1.0
KNOWN_MAX = 10_000
VIAS = frozenset({"wedge", "camera", "serial", "typed", "button"})

_WHO = """
SELECT p.id, p.name, p.roles, t.warehouse_id, t.station_id, w.timezone FROM token t
JOIN person p ON p.id = t.person_id JOIN warehouse w ON w.id = t.warehouse_id
WHERE t.hash = :hash AND t.revoked_at IS NULL AND p.active = 1"""


_known: dict[str, tuple[Row, float]] = {}


def token_hash(token: str) -> str:
    """A token as kept."""
    return hashlib.sha256(f"token\x1f{token}".encode()).hexdigest()


def identify(session: Session, *, key: str = "", via: str = "", occurred_at: str = "") -> By:
    """Who sent the present request.

    Raises:
        NotSignedIn: no token, an unknown one or a revoked one.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    hashed = token_hash(token.strip())
    row = _who(session, hashed, remembered=bool(key))
    now = now_us()
    return By(
        row.warehouse_id, row.timezone, row.id, row.name, frozenset(row.roles.split()), f"token:{row.name}", now,
        _occurred(occurred_at, row.timezone, now), key, via if via in VIAS else "", program=True,
        station_id=row.station_id, credential=hashed,
    )  # fmt: skip


def _who(session: Session, hashed: str, *, remembered: bool) -> Row:
    """The account of a token.

    What carries a key may use what was read up to a second ago: claiming the key proves the token again, in the same
    statement (work.acts.claim), and a scan is one look-up shorter.
    """
    known = _known.get(hashed)
    if remembered and known is not None and known[1] > time.monotonic():
        return known[0]
    row = session.one(_WHO, hash=hashed)
    if row is None:
        raise NotSignedIn
    if len(_known) >= KNOWN_MAX:
        _known.clear()
    _known[hashed] = (row, time.monotonic() + KNOWN_FOR_S)
    return row


def _occurred(text: str, timezone: str, now: int) -> int:
    """When it happened on the floor; a time that cannot be, or lies ahead, is taken as now."""
    if not text:
        return now
    try:
        return min(parse_instant(text, timezone), now)
    except (ValueError, OverflowError):
        return now
