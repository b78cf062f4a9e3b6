"""Blocks hold stock back wherever it lies: a lot, a layer, or an item in one bin. Held stock is never reserved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger.freed import tell_freed
from warehouse.ledger.levels import note
from warehouse.who import By


@dataclass(frozen=True, slots=True)
class Block:
    """What is held: every stock row of the item that matches each part given (0 stands for any)."""

    item_id: int
    kind: str
    lot_id: int = 0
    layer_id: int = 0
    location_id: int = 0


_MATCH = """warehouse_id = :warehouse AND item_id = :item AND (:lot = 0 OR lot_id = :lot)
    AND (:layer = 0 OR layer_id = :layer) AND (:location = 0 OR location_id = :location)"""


def block(session: Session, by: By, what: Block, *, reason: str = "") -> int:
    """Holds stock back from now on, what lies there and what comes. Returns the block's id."""
    _lock_total(session, by, what.item_id)
    (block_id,) = _open(session, by, [what], reason)
    _hold(session, by, what, 1)
    return block_id


def block_what_lies(session: Session, by: By, *, item_id: int, location_id: int, kind: str) -> list[int]:
    """Holds what the book has of an item at one place now, layer by layer: other goods that come there are free.

    Returns the blocks' ids.
    """
    _lock_total(session, by, item_id)
    rows = session.all(
        """SELECT DISTINCT layer_id FROM balance WHERE warehouse_id = :warehouse AND location_id = :location
             AND item_id = :item ORDER BY layer_id""",
        warehouse=by.warehouse_id, location=location_id, item=item_id,
    )  # fmt: skip
    blocks = [Block(item_id, kind, layer_id=row.layer_id, location_id=location_id) for row in rows]
    _hold(session, by, Block(item_id, kind, location_id=location_id), 1)
    return _open(session, by, blocks, "")


def _open(session: Session, by: By, blocks: Sequence[Block], reason: str) -> list[int]:
    rows: list[dict[str, Any]] = [
        {"id": new_id(session), "warehouse": by.warehouse_id, "item": what.item_id, "lot": what.lot_id,
         "layer": what.layer_id, "location": what.location_id, "kind": what.kind, "reason": reason, "at": by.now,
         "by": by.person_id}
        for what in blocks
    ]  # fmt: skip
    session.many(
        """INSERT INTO block (id, warehouse_id, item_id, lot_id, layer_id, location_id, kind, reason, opened_at, opened_by)
           VALUES (:id, :warehouse, :item, :lot, :layer, :location, :kind, :reason, :at, :by)""", rows)  # fmt: skip
    return [row["id"] for row in rows]


def unblock(session: Session, by: By, block_id: int) -> bool:
    """Ends a block; whether it was still open."""
    row = session.one(
        """UPDATE block SET closed_at = :at, closed_by = :by WHERE id = :id AND closed_at IS NULL
           RETURNING item_id, kind, lot_id, layer_id, location_id""", at=by.now, by=by.person_id, id=block_id)  # fmt: skip
    if row is None:
        return False
    _lock_total(session, by, row.item_id)
    _hold(session, by, Block(*row), -1)
    tell_freed(session, by, frozenset({row.item_id}))
    return True


def _hold(session: Session, by: By, what: Block, step: int) -> None:
    rows = session.all(
        f"UPDATE balance SET held = held + :step WHERE {_MATCH} RETURNING held, quantity - reserved AS free",
        step=step, warehouse=by.warehouse_id, item=what.item_id, lot=what.lot_id, layer=what.layer_id,
        location=what.location_id,
    )  # fmt: skip
    changed: dict[int, int] = defaultdict(int)
    for row in rows:
        changed[row.held] += row.free
    blocked = changed[1] if step > 0 else -changed[0]
    if blocked:
        session.run(
            "UPDATE total SET blocked = blocked + :n WHERE warehouse_id = :warehouse AND item_id = :item",
            n=blocked, warehouse=by.warehouse_id, item=what.item_id,
        )  # fmt: skip
        note(session, (what.item_id,), warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)


def _lock_total(session: Session, by: By, item_id: int) -> None:
    session.one(
        f"SELECT 1 AS one FROM total WHERE warehouse_id = :warehouse AND item_id = :item{session.for_update}",
        warehouse=by.warehouse_id, item=item_id,
    )  # fmt: skip
