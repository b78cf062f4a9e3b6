"""open_balances(): many opening balances at once, each a posting of its own, in a fixed number of statements.

It keeps every law of post(): totals are locked first and sorted, each balance is one layer that is new, and each
posting carries the hash of its own content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.places import places
from warehouse.clock import day_of
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger.freed import tell_freed
from warehouse.ledger.goods import Goods, Move, last_day, rank_day
from warehouse.ledger.levels import NEW_TOTAL, note
from warehouse.ledger.post import _INSERT_MOVE as INSERT_MOVE
from warehouse.ledger.post import _row as move_row
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


_TOTAL = f"""{NEW_TOTAL.format(column="on_hand", value=":quantity")}
ON CONFLICT (warehouse_id, item_id) DO UPDATE SET on_hand = total.on_hand + excluded.on_hand"""
_LAYER = """
INSERT INTO layer (id, warehouse_id, item_id, lot_id, received_at, received_day, expiry_day, rank_day, last_day)
VALUES (:layer, :warehouse, :item, :lot, :received_at, :received_day, :expiry, :rank, :last)"""
_BALANCE = """
INSERT INTO balance (id, warehouse_id, location_id, item_id, lot_id, serial, layer_id, quantity, held, pick, rank_day,
                     last_day, path)
SELECT :id, :warehouse, l.id, y.item_id, y.lot_id, :serial, y.id, :quantity,
       (SELECT count(*) FROM block k WHERE k.warehouse_id = :warehouse AND k.item_id = y.item_id
           AND k.closed_at IS NULL AND k.lot_id IN (0, y.lot_id) AND k.layer_id IN (0, y.id)
           AND k.location_id IN (0, l.id)),
       l.pick, y.rank_day, y.last_day, l.path
FROM layer y, location l WHERE y.id = :layer AND l.id = :location"""
_HELD_ITEMS = "SELECT DISTINCT item_id FROM block WHERE warehouse_id = :warehouse AND closed_at IS NULL"
_COUNT_BLOCKED = """
UPDATE total SET blocked = blocked + :quantity
WHERE warehouse_id = :warehouse AND item_id = :item AND EXISTS (SELECT 1 FROM balance b WHERE b.id = :id AND b.held > 0)"""


def open_balances(session: Session, by: By, openings: Sequence[Opening]) -> None:
    """Opens balances: each is one posting from the supplier into its place, and one layer of its own."""
    assert all(each.quantity > 0 for each in openings), "a move is of a positive whole number"
    totals: Counter[int] = Counter()
    for each in openings:
        totals[each.item_id] += each.quantity
    session.many(
        _TOTAL, [{"warehouse": by.warehouse_id, "item": item, "quantity": totals[item]} for item in sorted(totals)]
    )
    rows = [_row(session, by, each) for each in openings]
    session.many(_LAYER, rows)
    session.many(_BALANCE, rows)
    _count_blocked(session, by, frozenset(totals), rows)
    tell_freed(session, by, frozenset(totals))
    note(session, totals, warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)
    session.many(INSERT_MOVE, [_move(session, by, each, row) for each, row in zip(openings, rows, strict=True)])


def _row(session: Session, by: By, opening: Opening) -> dict[str, Any]:
    received_day = day_of(opening.received_at, by.timezone)
    return {
        "id": new_id(session), "layer": new_id(session), "warehouse": by.warehouse_id, "item": opening.item_id,
        "location": opening.location_id, "quantity": opening.quantity, "lot": opening.lot_id,
        "serial": opening.serial, "received_at": opening.received_at, "received_day": received_day,
        "expiry": opening.expiry_day, "last": last_day(opening.expiry_day, opening.lock_days),
        "rank": rank_day(received_day, opening.expiry_day, opening.shelf_life_days),
    }  # fmt: skip


def _count_blocked(session: Session, by: By, items: frozenset[int], rows: Sequence[dict[str, Any]]) -> None:
    """What arrives where something is held is held too."""
    held = {row.item_id for row in session.all(_HELD_ITEMS, warehouse=by.warehouse_id)}
    session.many(_COUNT_BLOCKED, [row for row in rows if row["item"] in items & held])


def _move(session: Session, by: By, opening: Opening, row: dict[str, Any]) -> dict[str, Any]:
    """One posting of one move, with the hash of its own content."""
    goods = Goods(opening.item_id, row["layer"], opening.lot_id, opening.serial)
    move = Move(opening.quantity, places(session, by.warehouse_id).supplier, opening.location_id, goods)
    signer = session.signer
    written = move_row(by, "opening", move, new_id(session), 0, opening.document, 0, signer.key_id)
    return written | {"hash": signer.posting([written.values()])}
