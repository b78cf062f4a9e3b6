"""What the desk of messages reads. A webhook's secret is never among it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.catalog.settings import setting
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.messages.rules import event_id
from warehouse.who import By

COUNTED_MAX = 1000
LINES_MAX = 50

_ROW = """
d.id, d.kind, d.channel, d.state, d.made_at, d.due_at, d.attempts, d.tried_at, d.error, d.said, d.ended_at, d.reason,
d.message_id, d.gathers, d.claim, d.webhook_id, o.topic, o.facts, p.name AS person, w.url, s.name AS supplier,
e.name AS ended_by"""
_JOINS = """
LEFT JOIN outbox o ON o.id = d.message_id LEFT JOIN person p ON p.id = d.person_id
LEFT JOIN webhook w ON w.id = d.webhook_id LEFT JOIN supplier s ON s.id = d.supplier_id
LEFT JOIN person e ON e.id = d.ended_by"""
_LIST = f"""
SELECT {_ROW} FROM (SELECT d.* FROM delivery d WHERE {{of}} ORDER BY d.id DESC LIMIT :most OFFSET :skip) AS d {_JOINS}
ORDER BY d.id DESC"""
_LINES = """
SELECT o.topic, o.made_at, o.facts FROM delivery_line n JOIN outbox o ON o.id = n.message_id
WHERE n.delivery_id = :id ORDER BY o.id LIMIT :most"""
_WEBHOOKS = """
SELECT w.id, w.url, w.events, w.active, w.made_at, w.old_until, p.name AS made_by,
       (SELECT MAX(d.ended_at) FROM delivery d WHERE d.webhook_id = w.id AND d.state = 'sent') AS accepted_at
FROM webhook w LEFT JOIN person p ON p.id = w.made_by WHERE w.warehouse_id = :warehouse ORDER BY w.id"""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list of deliveries."""

    text: str = ""
    state: str = ""
    channel: str = ""


def deliveries(session: Session, by: By, search: Search, *, most: int, skip: int) -> list[Row]:
    """Deliveries, the latest first."""
    parts = ["d.warehouse_id = :warehouse"]
    params: dict[str, Any] = {"warehouse": by.warehouse_id, "most": most, "skip": skip}
    for name, value in (("state", search.state), ("channel", search.channel)):
        if value:
            parts.append(f"d.{name} = :{name}")
            params[name] = value
    if search.text:
        parts.append("""(d.person_id IN (SELECT n.id FROM person n WHERE lower(n.name) LIKE :like ESCAPE '!')
            OR d.webhook_id IN (SELECT h.id FROM webhook h WHERE lower(h.url) LIKE :like ESCAPE '!')
            OR (d.kind = 'letter' AND d.supplier_id IN
                (SELECT u.id FROM supplier u WHERE lower(u.name) LIKE :like ESCAPE '!')))""")
        params["like"] = like(search.text)
    return session.all(_LIST.format(of=" AND ".join(parts)), **params)


def figures(session: Session, by: By) -> dict[str, int]:
    """How many deliveries are dead and how many wait; none beyond COUNTED_MAX."""
    return {
        state: int(session.value(
            """SELECT count(*) FROM (SELECT 1 AS one FROM delivery WHERE warehouse_id = :warehouse AND state = :state
               LIMIT :most) AS counted""", warehouse=by.warehouse_id, state=state, most=COUNTED_MAX))
        for state in ("dead", "waiting")
    }  # fmt: skip


def hearers(session: Session, by: By) -> int:
    """How many people get letters: with an address, one of the roles that hear, and the wish to."""
    rows = session.all(
        "SELECT roles FROM person WHERE kind = 'person' AND active = 1 AND email <> '' AND hears <> 'never'"
    )
    roles = set(setting(session, "tell_roles", by.warehouse_id))
    return sum(1 for row in rows if roles & set(row.roles.split()))


def delivery(session: Session, by: By, delivery_id: int) -> tuple[Row, list[Row]]:
    """A delivery, and what a digest tells.

    Raises:
        NotFound: this warehouse has none of this id.
    """
    at = {"id": delivery_id, "warehouse": by.warehouse_id}
    row = session.one(f"SELECT {_ROW} FROM delivery d {_JOINS} WHERE d.id = :id AND d.warehouse_id = :warehouse", **at)
    if row is None:
        raise NotFound(what=f"/messages/{delivery_id}")
    return row, session.all(_LINES, id=delivery_id, most=LINES_MAX) if row.kind == "digest" else []


def to_whom(row: Row) -> str:
    """Who is to get a delivery: a person's or a supplier's name, or a webhook's address. Never an e-mail address."""
    return str((row.supplier if row.kind == "letter" else row.person or row.url) or "–")


def as_json(row: Row) -> dict[str, Any]:
    """A delivery as programs read it."""
    return {
        "id": str(row.id), "event": event_id(row), "kind": row.kind, "topic": row.topic, "channel": row.channel,
        "to": to_whom(row), "state": row.state, "made_at": iso(row.made_at), "attempts": row.attempts,
        "tried_at": iso(row.tried_at), "error": row.error or None, "said": row.said, "ended_at": iso(row.ended_at),
        "ended_by": row.ended_by, "reason": row.reason, "href": f"/messages/{row.id}",
    }  # fmt: skip


def webhooks(session: Session, by: By) -> list[Row]:
    """All webhooks of this warehouse."""
    return session.all(_WEBHOOKS, warehouse=by.warehouse_id)


def webhook_json(row: Row) -> dict[str, Any]:
    """A webhook as programs read it, without its secret."""
    return {
        "id": str(row.id), "url": row.url, "events": row.events.split(), "active": bool(row.active),
        "made_at": iso(row.made_at), "made_by": row.made_by, "accepted_at": iso(row.accepted_at),
        "old_secret_until": iso(row.old_until) if row.old_until else None,
    }  # fmt: skip
