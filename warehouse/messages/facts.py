"""The facts that a message about a stock alert tells, read once, when it is addressed: each try says the same."""

from __future__ import annotations

import json
from typing import Any

from warehouse.catalog.places import places
from warehouse.clock import day_of, iso, start_of
from warehouse.db import Row, Session
from warehouse.messages.rules import can_be_picked, proposed_quantity

ORDERS_MAX = 5000
"""So many orders that must leave today are looked at; there are never so many for one item."""

_ITEM = """
SELECT i.sku, i.name, i.name_zh, i.unit, i.pack_size, i.supplier_id, s.code AS supplier, s.name AS supplier_name,
       i.lead_time_days AS item_lead, s.lead_time_days AS supplier_lead,
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


def facts_of(session: Session, message: Row, now: int) -> dict[str, Any]:
    """All that a message tells: what its change wrote, and for a stock alert the arithmetic and whom it hits."""
    content: dict[str, Any] = json.loads(message.content)
    if message.topic.startswith("alert."):
        content |= _of_alert(session, message, content, now)
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
    lead_days = lead.get("days", row.item_lead if row.item_lead is not None else row.supplier_lead)
    return {
        "sku": row.sku, "name": row.name, "name_zh": row.name_zh, "unit": row.unit, "supplier_id": str(row.supplier_id or 0),
        "supplier": row.supplier, "supplier_name": row.supplier_name, "at": iso(message.made_at),
        "href": f"/alerts/{message.subject}", "available": content.get("available", available),
        "available_now": available, "on_order": content.get("on_order", row.on_order), "on_hand": row.on_hand,
        "reserved": row.reserved, "blocked": row.blocked, "expired": row.expired, "safety_stock": row.safety_stock,
        "reorder_point": row.reorder_point if row.reorder_point >= 0 else None,
        "maximum": row.maximum if row.maximum >= 0 else None, "daily_demand": inputs.get("mean"),
        "used_7_days": row.used_7, "used_30_days": row.used_30, "lead_time_days": lead_days,
        "lead_demand": row.lead_demand, "pack_size": row.pack_size,
        "proposed": _proposed(row, available + row.on_order), "orders_today": needing, "orders_today_can": can,
    }  # fmt: skip


def _proposed(row: Row, position: int) -> int:
    level = max(row.reorder_point, row.safety_stock)
    return proposed_quantity(position, level, row.lead_demand, row.pack_size) if level > 0 else 0


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
