"""Clearing: what does not move is moved to the reserve, sent back or scrapped, bin by bin (R-SAF-6).

Whoever asks for it holds the goods at once, so that no order is promised them meanwhile. Whoever has taken them out says how
many, and only then the book says so too: goods that were not found are cancelled, and are free again.
"""

from __future__ import annotations

from warehouse.catalog.places import places
from warehouse.clock import day_of
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ids import new_id
from warehouse.ledger import Block, Goods, Move, block, post, unblock
from warehouse.planning.policies import change_policy
from warehouse.planning.rules import ClearanceClosed, NothingToClear, TooManyCleared
from warehouse.who import By

KINDS = ("reserve", "return", "scrap")
CAUSES = {"reserve": "move", "return": "return", "scrap": "scrap"}
MOST = 200
"""So many bins are asked for at once; what lies in more is asked for again."""

_LIES = """
SELECT b.location_id, b.layer_id, b.lot_id, b.serial, b.quantity - b.reserved AS free
FROM balance b JOIN location l ON l.id = b.location_id
WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND b.quantity > b.reserved AND b.held = 0 AND l.kind = 'bin'
  AND b.last_day < :before {of} ORDER BY b.path, b.id LIMIT :most"""
_FACES_ONLY = "AND l.pick_face = 1"
_LAST_DAY = 3_652_060
_ASK = """
INSERT INTO clearance (id, warehouse_id, item_id, lot_id, layer_id, serial, location_id, kind, quantity, block_id, reason,
                       asked_at, asked_by)
VALUES (:id, :warehouse, :item, :lot, :layer, :serial, :location, :kind, :quantity, :block, :reason, :now, :person)"""
_TAKE = """
UPDATE clearance SET taken = taken + :n, closed_by = CASE WHEN taken + :n = quantity THEN :person ELSE 0 END,
       closed_at = CASE WHEN taken + :n = quantity THEN :now END
WHERE id = :id AND warehouse_id = :warehouse AND closed_at IS NULL AND taken + :n <= quantity RETURNING *"""
_CANCEL = """
UPDATE clearance SET closed_at = :now, closed_by = :person
WHERE id = :id AND warehouse_id = :warehouse AND closed_at IS NULL RETURNING *"""
_ONE = """
SELECT c.*, i.sku, l.code AS place, l.path
FROM clearance c JOIN item i ON i.id = c.item_id JOIN location l ON l.id = c.location_id
WHERE c.id = :id AND c.warehouse_id = :warehouse"""
_OPEN = """
SELECT c.*, i.sku, i.name, i.name_zh, l.code AS place, t.code AS lot, p.name AS asked_name
FROM clearance c JOIN item i ON i.id = c.item_id JOIN location l ON l.id = c.location_id
LEFT JOIN lot t ON t.id = c.lot_id LEFT JOIN person p ON p.id = c.asked_by
WHERE c.warehouse_id = :warehouse AND c.closed_at IS NULL {of} ORDER BY l.path, c.id LIMIT :most OFFSET :skip"""


def ask(session: Session, by: By, item_id: int, kind: str, *, reason: str, expired_only: bool = False) -> int:
    """Asks for an item's free goods to be cleared from their bins, and holds them. Returns from how many.

    To the reserve goes what lies in pick faces; what is reserved or held stays where it is.

    Raises:
        NothingToClear: nothing of it lies free in a bin.
    """
    session.one(
        f"SELECT 1 AS one FROM total WHERE warehouse_id = :warehouse AND item_id = :item{session.for_update}",
        warehouse=by.warehouse_id, item=item_id,
    )  # fmt: skip
    before = day_of(by.now, by.timezone) if expired_only else _LAST_DAY
    rows = session.all(
        _LIES.format(of=_FACES_ONLY if kind == "reserve" else ""),
        warehouse=by.warehouse_id, item=item_id, before=before, most=MOST,
    )  # fmt: skip
    if not rows:
        raise NothingToClear
    blocks: dict[tuple[int, int], int] = {}
    for row in rows:
        key = (row.layer_id, row.location_id)
        if key not in blocks:
            held = Block(item_id, "hold", layer_id=row.layer_id, location_id=row.location_id)
            blocks[key] = block(session, by, held, reason=reason)
        session.run(
            _ASK, id=new_id(session), warehouse=by.warehouse_id, item=item_id, lot=row.lot_id, layer=row.layer_id,
            serial=row.serial, location=row.location_id, kind=kind, quantity=row.free, block=blocks[key], reason=reason,
            now=by.now, person=by.person_id,
        )  # fmt: skip
    return len(blocks)


def delist(session: Session, by: By, item_id: int) -> None:
    """Nobody keeps stock of it any more: no safety stock, no reorder point; what lies there is sold off."""
    change_policy(session, by, item_id, {"kind": "fixed", "quantity": 0, "lead_time_days": 0})


def one(session: Session, by: By, clearance_id: int) -> Row:
    """A clearance with its item and place.

    Raises:
        NotFound: there is none of this id here.
    """
    row = session.one(_ONE, id=clearance_id, warehouse=by.warehouse_id)
    if row is None:
        raise NotFound(what="/clearances")
    return row


def open_ones(session: Session, by: By, *, most: int, skip: int = 0, item_id: int = 0) -> list[Row]:
    """What is still to be taken out, along the walk."""
    of, params = ("AND c.item_id = :item", {"item": item_id}) if item_id else ("", {})
    return session.all(_OPEN.format(of=of), warehouse=by.warehouse_id, most=most, skip=skip, **params)


def taken(session: Session, by: By, clearance_id: int, quantity: int, *, to_id: int = 0) -> Row:
    """So many were taken out; `to_id`: the bin that they lie in now, where they stay in the house.

    Raises:
        ClearanceClosed: it is done or cancelled.
        TooManyCleared: fewer are to be taken.
        NotEnoughStock: fewer lie there by now.
    """
    row = session.one(_TAKE, id=clearance_id, warehouse=by.warehouse_id, n=quantity, now=by.now, person=by.person_id)
    if row is None:
        found = one(session, by, clearance_id)
        if found.closed_at is not None:
            raise ClearanceClosed
        raise TooManyCleared(left=found.quantity - found.taken)
    here = places(session, by.warehouse_id)
    target = {"reserve": to_id, "return": here.supplier, "scrap": here.scrap}[row.kind]
    goods = Goods(row.item_id, row.layer_id, row.lot_id, row.serial)
    post(session, by, CAUSES[row.kind], [Move(quantity, row.location_id, target, goods)])
    if row.closed_at is not None:
        _free(session, by, row)
    return row


def cancel(session: Session, by: By, clearance_id: int) -> None:
    """What is left of it stays where it lies, and is free again.

    Raises:
        ClearanceClosed: it is done or cancelled.
    """
    row = session.one(_CANCEL, id=clearance_id, warehouse=by.warehouse_id, now=by.now, person=by.person_id)
    if row is None:
        one(session, by, clearance_id)
        raise ClearanceClosed
    _free(session, by, row)


def _free(session: Session, by: By, row: Row) -> None:
    """Ends the hold with the last clearance of it; single pieces of a bin share one."""
    if not session.value("SELECT 1 AS one FROM clearance WHERE block_id = :id AND closed_at IS NULL", id=row.block_id):
        unblock(session, by, row.block_id)
