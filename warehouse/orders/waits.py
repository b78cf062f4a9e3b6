"""Why an order does not go on: not paid, held, in exception, or waiting for goods."""

from __future__ import annotations

import json
from typing import Any

from warehouse.catalog.settings import setting
from warehouse.clock import day_of
from warehouse.db import Session
from warehouse.who import By

ENDED = frozenset({"shipped", "cancelled"})

_SHORTAGES = """
SELECT i.sku, h.quantity, COALESCE((
    SELECT SUM(b.quantity - b.reserved) FROM balance b WHERE b.warehouse_id = h.warehouse_id AND b.item_id = h.item_id
      AND b.quantity > b.reserved AND b.held = 0 AND b.pick = 1 AND b.last_day >= :day), 0) AS free
FROM shortage h JOIN item i ON i.id = h.item_id WHERE h.order_id = :order ORDER BY i.sku"""
_EXCEPTIONS = """
SELECT kind, reasons, owner FROM order_exception WHERE closed_at IS NULL AND channel = :channel AND number = :number
ORDER BY opened_at"""


def waits_for(session: Session, by: By, order_id: int) -> list[dict[str, Any]]:
    """All that an order waits for, each with its `reason`: unpaid, held, exception or goods; nothing if it goes on."""
    order = session.one("SELECT channel, number, state, paid, held FROM sales_order WHERE id = :id", id=order_id)
    assert order is not None, "orders are never deleted"
    if order.state in ENDED:
        return []
    found: list[dict[str, Any]] = [{"reason": "unpaid"}] if not order.paid else []
    found += [{"reason": "held"}] if order.held else []
    found += exceptions(session, order.channel, order.number)
    return found + (_goods(session, by, order_id) if order.state == "waiting" else [])


def exceptions(session: Session, channel: str, number: str) -> list[dict[str, Any]]:
    """The open exceptions of an order, taken or set aside."""
    rows = session.all(_EXCEPTIONS, channel=channel, number=number)
    return [
        {"reason": "exception", "kind": row.kind, "reasons": json.loads(row.reasons), "owner": row.owner}
        for row in rows
    ]


def _goods(session: Session, by: By, order_id: int) -> list[dict[str, Any]]:
    """Items that are not all there: how many are wanted, and how many of them could be picked now."""
    life_days = setting(session, "min_remaining_life_days", by.warehouse_id)
    rows = session.all(_SHORTAGES, order=order_id, day=day_of(by.now, by.timezone) + life_days)
    return [{"reason": "goods", "sku": row.sku, "wanted": row.quantity, "free": int(row.free)} for row in rows]
