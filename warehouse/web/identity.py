"""Who is asking: a person by the session that they signed in to, or a program by its bearer token.

Both are tokens of 192 random bits, kept only as digests; a person's lies in the signed cookie.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Response, current_app, g, request
from flask import session as cookie

from warehouse.clock import MINUTE, now_us, parse_instant
from warehouse.db import Row, Session
from warehouse.errors import NotSignedIn, SignedOut
from warehouse.people.rules import IDLE, SEEN_EVERY, SHIFT, token_hash
from warehouse.people.signing import see
from warehouse.web import access
from warehouse.who import By

KNOWN_FOR_S = 1.0
KNOWN_MAX = 10_000
VIAS = frozenset({"wedge", "camera", "serial", "typed", "button"})
LOGIN = "login"

_WHO = """
SELECT p.id, p.name, p.roles, p.kind, p.language, t.warehouse_id, t.station_id, t.device, t.made_at, t.seen_at,
       COALESCE(w.timezone, 'UTC') AS timezone
FROM token t JOIN person p ON p.id = t.person_id LEFT JOIN warehouse w ON w.id = t.warehouse_id
WHERE t.hash = :hash AND t.revoked_at IS NULL AND p.active = 1"""

_known: dict[str, tuple[Row, float]] = {}


def identify(session: Session, *, key: str = "", via: str = "", occurred_at: str = "") -> By:
    """Who sent the present request, if they may do what it asks for.

    Raises:
        NotSignedIn: no session and no token, an unknown one or a revoked one.
        SignedOut: the session was left alone for too long.
        Forbidden: the account has none of the roles for this.
    """
    hashed, program = _credential()
    now = now_us()
    row = _who(session, hashed, remembered=bool(key))
    g.language = row.language
    if (row.kind == "program") is not program:
        raise NotSignedIn
    if not program:
        _check_session(row, hashed, now)
    by = By(
        row.warehouse_id, row.timezone, row.id, row.name, frozenset(row.roles.split()),
        row.device or f"token:{row.name}", now, _occurred(occurred_at, row.timezone, now), key,
        via if via in VIAS else "", program=program, station_id=row.station_id, credential=hashed,
    )  # fmt: skip
    g.by = by
    return access.check(session, by)


def is_program() -> bool:
    """Whether the request brings a bearer token: then no cookie counts, and nothing can be forged by a page."""
    return request.headers.get("Authorization", "")[:7].lower() == "bearer "


def keep_seen(response: Response) -> Response:
    """Writes down, at most once a minute, that this person is at work."""
    hashed = g.pop("seen", None)
    if hashed is not None:
        now = now_us()
        base: Any = current_app.extensions["warehouse"]
        base.change(lambda session: see(session, hashed, now=now))
        _known.pop(hashed, None)
    return response


def forget(token: str) -> None:
    """Lets go of what was read of a session that has ended."""
    _known.pop(token_hash(token), None)


def forget_read(by: By) -> None:
    """Lets go of what was read of an account that has changed."""
    _known.pop(by.credential, None)


def _credential() -> tuple[str, bool]:
    program = is_program()
    token = request.headers["Authorization"][7:].strip() if program else str(cookie.get(LOGIN, ""))
    if not token:
        raise NotSignedIn
    return token_hash(token), program


def _check_session(row: Row, hashed: str, now: int) -> None:
    if now - row.seen_at > IDLE or now - row.made_at > SHIFT:
        raise SignedOut(minutes=IDLE // MINUTE)
    if abs(now - row.seen_at) > SEEN_EVERY:  # ahead: the clock was set back since
        g.seen = hashed


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
        at = parse_instant(text, timezone)
    except (ValueError, OverflowError):
        return now
    return at if 0 <= at <= now else now  # before 1970 is a slip of a device, and beyond what a calendar can show
