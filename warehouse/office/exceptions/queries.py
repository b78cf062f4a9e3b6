"""What the exception desk reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.office.exceptions.rules import ROLE_OWNERS
from warehouse.orders.repair import Paper, paper_of
from warehouse.who import By

COUNTED_MAX = 1000
OWNERS_MAX = 200

# What was set aside before it had a warehouse is everybody's; what came of an order belongs to that order's warehouse.
_FROM = "FROM order_exception e LEFT JOIN sales_order o ON o.id = e.order_id"
_HERE = "COALESCE(o.warehouse_id, 0) IN (0, :warehouse)"
_COLUMNS = """SELECT e.id, e.order_id, e.channel, e.number, e.kind, e.reasons, e.owner, e.due_at, e.opened_at, e.closed_at,
    e.outcome"""
_OPEN_ORDER, _CLOSED_ORDER = "e.due_at, e.id", "e.id DESC"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list of exceptions; empty for all that are open."""

    text: str = ""
    kind: str = ""
    owner: str = ""
    late: bool = False
    closed: bool = False


def exception_list(session: Session, by: By, search: Search, *, most: int, skip: int = 0) -> list[Row]:
    """Exceptions: the open ones by when they are due, the closed ones the latest first."""
    parts = ["e.closed_at IS NOT NULL" if search.closed else "e.closed_at IS NULL", _HERE]
    params: dict[str, Any] = {"warehouse": by.warehouse_id, "most": most, "skip": skip}
    for name in ("kind", "owner"):
        if chosen := getattr(search, name):
            parts.append(f"e.{name} = :{name}")
            params[name] = chosen
    if search.late:
        parts.append("e.due_at < :now")
        params["now"] = by.now
    if search.text:
        parts.append("(lower(e.number) LIKE :like ESCAPE '!' OR lower(e.channel) LIKE :like ESCAPE '!')")
        params["like"] = like(search.text, anywhere=False)
    order = _CLOSED_ORDER if search.closed else _OPEN_ORDER
    where = " AND ".join(parts)
    return session.all(f"{_COLUMNS} {_FROM} WHERE {where} ORDER BY {order} LIMIT :most OFFSET :skip", **params)


def figures(session: Session, by: By) -> dict[str, int]:
    """How many are open, and how many of them are late; none is counted beyond COUNTED_MAX."""
    late = "e.due_at < :now AND"
    return {
        name: int(session.value(
            f"""SELECT count(*) FROM (SELECT 1 AS one {_FROM}
                WHERE {part} e.closed_at IS NULL AND {_HERE} LIMIT {COUNTED_MAX}) AS counted""",
            warehouse=by.warehouse_id, **({"now": by.now} if part else {}),
        ))
        for name, part in (("open", ""), ("late", late))
    }  # fmt: skip


def one(session: Session, by: By, exception_id: int, *, lock: bool = False) -> Row:
    """An exception with what was kept of it; `lock` keeps it for this change.

    Raises:
        NotFound: there is none of this id here.
    """
    row = session.one(
        f"""{_COLUMNS}, e.content {_FROM} WHERE e.id = :id AND {_HERE}
            {" FOR UPDATE OF e" if lock and session.for_update else ""}""",
        id=exception_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    if row is None:
        raise NotFound(what=f"/exceptions/{exception_id}")
    return row


def came(row: Row, by: By) -> Paper | None:
    """The order as it came, if this exception is about one that came with faults."""
    return paper_of(json.loads(row.content), by.timezone) if row.kind == "data" and row.content else None


def owners(session: Session) -> list[str]:
    """Who can own an exception: the roles, and the people who have one of them."""
    rows = session.all(
        f"""SELECT name, roles FROM person WHERE active = 1 AND kind = 'person' ORDER BY name LIMIT {OWNERS_MAX * 5}"""
    )
    named = [row.name for row in rows if not set(ROLE_OWNERS).isdisjoint(row.roles.split())]
    return [*ROLE_OWNERS, *named[:OWNERS_MAX]]


def as_json(row: Row) -> dict[str, Any]:
    """An exception as programs read it; the customer's data is not part of it."""
    return {
        "id": str(row.id), "order": str(row.order_id) if row.order_id else None, "channel": row.channel,
        "number": row.number, "kind": row.kind, "reasons": json.loads(row.reasons), "owner": row.owner,
        "due_at": iso(row.due_at), "opened_at": iso(row.opened_at), "closed_at": iso(row.closed_at),
        "outcome": row.outcome, "href": f"/exceptions/{row.id}",
    }  # fmt: skip
