"""open_balances(): many opening balances at once, each a posting of its own, in a fixed number of statements.

It keeps every law of post(): totals are locked first and sorted, each balance is one layer that is new, and each
posting carries the hash of its own content. Items of which something is held go through post() itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.catalog.places import places
from warehouse.clock import day_of
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger.freed import tell_freed
from warehouse.ledger.goods import Goods, Move, last_day, make_layer, rank_day
from warehouse.ledger.hashing import HASHED
from warehouse.ledger.post import _INSERT_MOVE as INSERT_MOVE
from warehouse.ledger.post import _row as move_row
from warehouse.ledger.post import post
from warehouse.who import By


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening balance: what lies where, since when, and the document that it is known by."""

    item_id: int
    location_id: int
    quantity: int
    received_at: int
    document: str = ""
    lot_id: int = 0
    serial: str = ""
    expiry_day: int = 0
    shelf_life_days: int | None = None
    lock_days: int = 0


_TOTAL = """
INSERT INTO total (warehouse_id, item_id, on_hand) VALUES (:warehouse, :item, :quantity)
ON CONFLICT (warehouse_id, item_id) DO UPDATE SET on_hand = total.on_hand + excluded.on_hand"""
_LAYER = """
INSERT INTO layer (id, warehouse_id, item_id, lot_id, received_at, received_day, expiry_day, rank_day, last_day)
VALUES (:layer, :warehouse, :item, :lot, :received_at, :received_day, :expiry, :rank, :last)"""
_BALANCE = """
INSERT INTO balance (id, warehouse_id, location_id, item_id, lot_id, serial, layer_id, quantity, pick, rank_day,
                     last_day, path)
SELECT :id, :warehouse, l.id, y.item_id, y.lot_id, :serial, y.id, :quantity, l.pick, y.rank_day, y.last_day, l.path
FROM layer y, location l WHERE y.id = :layer AND l.id = :location"""


def open_balances(session: Session, by: By, openings: Sequence[Opening]) -> None:
    """Opens balances: each is one posting from the supplier into its place, and one layer."""
    held = _held_items(session, by)
    free = [each for each in openings if each.item_id not in held]
    _count_totals(session, by, free)
    if not _held_items(session, by).isdisjoint(each.item_id for each in free):
        free = []  # a block came in between; the totals are locked now, so nothing else can
        _count_totals(session, by, openings, sign=-1, only=frozenset(held))
    _open_free(session, by, free)
    for each in openings:
        if each not in free:
            _open_held(session, by, each)


def _held_items(session: Session, by: By) -> frozenset[int]:
    rows = session.all(
        "SELECT DISTINCT item_id FROM block WHERE warehouse_id = :warehouse AND closed_at IS NULL",
        warehouse=by.warehouse_id,
    )
    return frozenset(row.item_id for row in rows)
