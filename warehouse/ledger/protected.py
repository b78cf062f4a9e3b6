"""Protected minimum: what is kept of an item for the orders of one channel (R-SAF-5), whatever the safety stock is.

Orders of other channels are promised only what is available beyond it. It is looked at where stock is promised, in the
statements that promise it.
"""

from __future__ import annotations

from warehouse.db import Row, Session
from warehouse.ledger.freed import tell_freed
from warehouse.who import By

KEPT = """COALESCE((SELECT SUM(p.quantity) FROM protected_minimum p WHERE p.warehouse_id = {warehouse}
    AND p.item_id = {item} AND p.channel <> {channel}), 0)"""
"""How much of an item is kept for other channels than one; nothing where the channel is not known."""


def protect(session: Session, by: By, item_id: int, channel: str, quantity: int) -> None:
    """Keeps so much of an item for a channel from now on; 0 releases it, and orders that wait are tried again.

    What others have been promised before stays theirs.
    """
    at = {"warehouse": by.warehouse_id, "item": item_id, "channel": channel}
    if quantity:
        session.run(
            """INSERT INTO protected_minimum (warehouse_id, item_id, channel, quantity, changed_at, changed_by)
               VALUES (:warehouse, :item, :channel, :quantity, :now, :person)
               ON CONFLICT (warehouse_id, item_id, channel) DO UPDATE SET quantity = excluded.quantity,
                   changed_at = excluded.changed_at, changed_by = excluded.changed_by""",
            **at, quantity=quantity, now=by.now, person=by.person_id,
        )  # fmt: skip
    else:
        session.run(
            "DELETE FROM protected_minimum WHERE warehouse_id = :warehouse AND item_id = :item AND channel = :channel",
            **at,
        )
    tell_freed(session, by, frozenset({item_id}))


def protected(session: Session, by: By, item_id: int) -> list[Row]:
    """What is kept of an item, by channel."""
    return session.all(
        """SELECT channel, quantity FROM protected_minimum WHERE warehouse_id = :warehouse AND item_id = :item
           ORDER BY channel""", warehouse=by.warehouse_id, item=item_id)  # fmt: skip
