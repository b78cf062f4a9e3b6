"""The facts that a message about a stock alert tells, read once, when it is addressed: each try says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.places import places
from warehouse.clock import day_of, iso, start_of
from warehouse.db import Row, Session
from warehouse.messages.rules import LETTERS, can_be_picked

ORDERS_MAX = 5000
"""So many orders that must leave today are looked at; there are never so many for one item."""

_ITEM = """
SELECT i.id, i.sku, i.name, i.name_zh, i.unit, i.pack_size, i.supplier_id, s.code AS supplier, s.name AS supplier_name,
       COALESCE(t.on_hand, 0) AS on_hand, COALESCE(t.reserved, 0) AS reserved, COALESCE(t.blocked, 0) AS blocked,
       COALESCE(t.expired, 0) AS expired, COALESCE(t.on_order, 0) AS on_order,
       COALESCE(t.safety_stock, 0) AS safety_stock, COALESCE(t.reorder_point, -1) AS reorder_point,
       COALESCE(t.maximum, -1) AS maximum, COALESCE(k.lead_demand, 0) AS lead_demand, COALESCE(k.used_7, 0) AS used_7,
       COALESCE(k.used_30, 0) AS used_30, COALESCE(k.inputs, '{}') AS inputs
FROM item i LEFT JOIN supplier s ON s.id = i.supplier_id
LEFT JOIN total t ON t.warehouse_id = :warehouse AND t.item_id = i.id
LEFT JOIN stock_plan k ON k.warehouse_id = :warehouse AND k.item_id = i.id
WHERE i.id = (SELECT a.item_id FROM stock_alert a WHERE a.id = :alert)"""
# Orders that must leave today, late ones too, in the order in which they are given out (R-ORD-5).
_TODAY = """
SELECT o.id, SUM(n.quantity - n.given) AS wanted FROM (
    SELECT x.id, x.tier_rank, x.ship_by, x.confirmed_at FROM sales_order x
    WHERE x.warehouse_id = :warehouse AND x.state IN ('open', 'waiting', 'released') AND x.ship_by < :tomorrow
      AND x.held = 0 AND x.paid = 1 ORDER BY x.tier_rank, x.ship_by, x.confirmed_at, x.id LIMIT :most) AS o
JOIN order_line n ON n.order_id = o.id
WHERE n.item_id = :item AND n.shipped < n.quantity
GROUP BY o.id, o.tier_rank, o.ship_by, o.confirmed_at ORDER BY o.tier_rank, o.ship_by, o.confirmed_at, o.id"""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What buying proposes to order of an item: how many, from whom, and what that supplier asks for.

    `supplier_id` is 0 where nobody supplies it; `unit_price` in CNY minor units, None where nobody knows it.
    """

    quantity: int
    supplier_id: int = 0
    supplier: str = ""
    supplier_name: str = ""
    pack_size: int = 1
    minimum: int = 1
    lead_time_days: int = 0
    unit_price: int | None = None


Proposer = Callable[[Session, int, int, int], Proposed]
"""What is proposed to order: warehouse, item and now."""

_proposers: list[Proposer] = []


def on_proposed(proposer: Proposer) -> None:
    """Says who reckons what is proposed to order; wiring calls it."""
    _proposers[:] = [proposer]


def facts_of(session: Session, message: Row, now: int) -> dict[str, Any]:
    """All that a message tells: what its change wrote, and for a stock alert the arithmetic and whom it hits."""
    content: dict[str, Any] = json.loads(message.content)
    if message.topic.startswith("alert."):
        content |= _of_alert(session, message, content, now)
    elif message.topic in LETTERS:
        content |= {"href": f"/purchase-orders/{message.subject}"}
    return content


def _of_alert(session: Session, message: Row, content: dict[str, Any], now: int) -> dict[str, Any]:
    """What the alert said when it fell, and beside it how things stand now, a moment later."""
    warehouse_id = message.warehouse_id
    row = session.one(_ITEM, warehouse=warehouse_id, alert=int(message.subject))
    assert row is not None, "an alert has its item"
    inputs = json.loads(row.inputs)
    available = int(row.on_hand - row.reserved - row.blocked - row.expired)
    needing, can = _today(session, warehouse_id, int(message.subject), available, now)
    lead = inputs.get("lead") or {}
    proposed = _proposed(session, warehouse_id, row, str(content.get("kind", "")), now)
    return {
        "sku": row.sku, "name": row.name, "name_zh": row.name_zh, "unit": row.unit, "supplier_id": str(proposed.supplier_id),
        "supplier": proposed.supplier, "supplier_name": proposed.supplier_name, "at": iso(message.made_at),
        "href": f"/alerts/{message.subject}", "available": content.get("available", available),
        "available_now": available, "on_order": content.get("on_order", row.on_order), "on_hand": row.on_hand,
        "reserved": row.reserved, "blocked": row.blocked, "expired": row.expired, "safety_stock": row.safety_stock,
        "reorder_point": row.reorder_point if row.reorder_point >= 0 else None,
        "maximum": row.maximum if row.maximum >= 0 else None, "daily_demand": inputs.get("mean"),
        "used_7_days": row.used_7, "used_30_days": row.used_30, "lead_time_days": lead.get("days", proposed.lead_time_days),
        "lead_demand": row.lead_demand, "pack_size": proposed.pack_size, "minimum": proposed.minimum,
        "unit_price": proposed.unit_price, "currency": "CNY", "proposed": proposed.quantity,
        "orders_today": needing, "orders_today_can": can,
    }  # fmt: skip


def _proposed(session: Session, warehouse_id: int, row: Row, kind: str, now: int) -> Proposed:
    """What buying's page proposes; of what there is too much of, nothing."""
    if kind == "overstock" or not _proposers:
        return Proposed(0, row.supplier_id or 0, row.supplier or "", row.supplier_name or "", row.pack_size or 1)
    return _proposers[0](session, warehouse_id, row.id, now)


def _today(session: Session, warehouse_id: int, alert_id: int, available: int, now: int) -> tuple[int, int]:
    """How many orders that must leave today need the item, and how many of them can have it.

    Those can whose goods are reserved or picked already, or for whom free goods are enough when their turn comes.
    """
    zone = places(session, warehouse_id).timezone
    rows = session.all(
        _TODAY, warehouse=warehouse_id, tomorrow=start_of(day_of(now, zone) + 1, zone), most=ORDERS_MAX,
        item=session.value("SELECT item_id FROM stock_alert WHERE id = :id", id=alert_id),
    )  # fmt: skip
    wanted = [int(row.wanted) for row in rows]
    return len(wanted), can_be_picked(max(available, 0), wanted)
