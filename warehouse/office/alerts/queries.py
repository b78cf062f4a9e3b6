"""What the desk of alerts reads. What is available and on order is told as it is now, not as it was when it fell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.messages.facts import facts_of_alert
from warehouse.who import By

COUNTED_MAX = 1000
EVENTS_MAX = 200

_ROW = """
a.id, a.item_id, i.sku, i.name, i.name_zh, a.kind, a.state, a.owner, a.opened_at, a.due_at, a.escalated_at, a.reopened,
a.closed_at, a.acknowledged_at, k.name AS acknowledged_by, o.name AS opened_by, a.snoozed_until, a.snooze_reason,
a.available AS then_available, a.on_order AS then_on_order, a.threshold AS then_threshold,
t.on_hand - t.reserved - t.blocked - t.expired AS available, t.on_hand, t.reserved, t.blocked, t.expired, t.on_order,
CASE a.kind WHEN 'safety_stock' THEN t.safety_stock WHEN 'reorder' THEN t.reorder_point ELSE t.maximum END AS threshold"""
_JOINS = """
JOIN item i ON i.id = a.item_id JOIN total t ON t.warehouse_id = a.warehouse_id AND t.item_id = a.item_id
LEFT JOIN person k ON k.id = a.acknowledged_by LEFT JOIN person o ON o.id = a.opened_by"""
_LIST = f"""
SELECT {_ROW} FROM (SELECT a.* FROM stock_alert a WHERE {{of}} ORDER BY {{order}} LIMIT :most OFFSET :skip) AS a {_JOINS}
ORDER BY {{order}}"""
_EVENTS = f"""
SELECT e.kind, e.detail, e.at, k.name FROM stock_alert_event e LEFT JOIN person k ON k.id = e.person_id
WHERE e.alert_id = :id ORDER BY e.id DESC LIMIT {EVENTS_MAX}"""
_WAITING = """
SELECT count(DISTINCT o.id) FROM shortage s JOIN sales_order o ON o.id = s.order_id AND o.state IN ('waiting', 'open')
WHERE s.warehouse_id = :warehouse AND s.item_id = :item"""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list; empty for all that are not closed."""

    text: str = ""
    kind: str = ""
    state: str = ""
    owner: str = ""
    which: str = ""


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert, what has become of it, how many orders wait for its item, and what a message would tell of it now."""

    alert: Row
    events: list[Row]
    waiting: int
    facts: dict[str, Any]


def alerts(session: Session, by: By, search: Search, *, most: int, skip: int) -> list[Row]:
    """Alerts by when they are due; closed ones the latest first."""
    parts = ["a.warehouse_id = :warehouse"]
    params: dict[str, Any] = {"warehouse": by.warehouse_id, "most": most, "skip": skip}
    closed = search.state == "closed"
    if search.state:
        parts.append("a.state = :state")
        params["state"] = search.state
    if not closed:
        parts.append("a.state <> 'closed'")
    for name, value in (("kind", search.kind), ("owner", search.owner)):
        if value:
            parts.append(f"a.{name} = :{name}")
            params[name] = value
    if search.which == "late":
        parts.append("a.state = 'open' AND a.due_at < :now AND a.snoozed_until IS NULL")
        params["now"] = by.now
    elif search.which == "asleep":
        parts.append("a.snoozed_until IS NOT NULL")
    if search.text:
        parts.append("""a.item_id IN (SELECT n.id FROM item n WHERE lower(n.sku) LIKE :like ESCAPE '!'
            OR lower(n.name) LIKE :like ESCAPE '!' OR lower(n.name_zh) LIKE :like ESCAPE '!')""")
        params["like"] = like(search.text)
    order = "a.id DESC" if closed else "a.due_at, a.id"
    return session.all(_LIST.format(of=" AND ".join(parts), order=order), **params)


def figures(session: Session, by: By) -> dict[str, int]:
    """How many alerts are open, how many of them late, and how many sleep; none beyond COUNTED_MAX."""
    conditions = {
        "open": "state = 'open' AND snoozed_until IS NULL",
        "late": "state = 'open' AND snoozed_until IS NULL AND due_at < :now",
        "asleep": "state <> 'closed' AND snoozed_until IS NOT NULL",
    }
    return {
        name: int(session.value(
            f"""SELECT count(*) FROM (SELECT 1 AS one FROM stock_alert WHERE warehouse_id = :warehouse AND {condition}
                LIMIT {COUNTED_MAX}) AS counted""",
            warehouse=by.warehouse_id, **({"now": by.now} if ":now" in condition else {}),
        ))
        for name, condition in conditions.items()
    }  # fmt: skip


def alert(session: Session, by: By, alert_id: int) -> Row:
    """One alert.

    Raises:
        NotFound: this warehouse has none of this id.
    """
    row = session.one(f"SELECT {_ROW} FROM stock_alert a {_JOINS} WHERE a.id = :id AND a.warehouse_id = :warehouse",
                      id=alert_id, warehouse=by.warehouse_id)  # fmt: skip
    if row is None:
        raise NotFound(what=f"/alerts/{alert_id}")
    return row


def alert_view(session: Session, by: By, alert_id: int) -> AlertView:
    """All that the page of an alert shows.

    Raises:
        NotFound: this warehouse has none of this id.
    """
    row = alert(session, by, alert_id)
    waiting = session.value(_WAITING, warehouse=by.warehouse_id, item=row.item_id)
    facts = facts_of_alert(
        session, by.warehouse_id, alert_id, by.now, content={"kind": row.kind}, made_at=row.opened_at
    )
    return AlertView(row, session.all(_EVENTS, id=alert_id), int(waiting), facts)


def as_json(row: Row) -> dict[str, Any]:
    """An alert as programs read it."""
    return {
        "id": str(row.id), "sku": row.sku, "kind": row.kind, "state": row.state, "owner": row.owner,
        "available": int(row.available), "on_order": row.on_order, "threshold": row.threshold,
        "opened_at": iso(row.opened_at), "due_at": iso(row.due_at), "acknowledged_by": row.acknowledged_by,
        "acknowledged_at": iso(row.acknowledged_at), "snoozed_until": iso(row.snoozed_until),
        "snooze_reason": row.snooze_reason, "escalated_at": iso(row.escalated_at), "reopened": row.reopened,
        "closed_at": iso(row.closed_at), "href": f"/alerts/{row.id}",
    }  # fmt: skip
