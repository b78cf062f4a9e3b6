"""Clearing: what does not move is moved to the reserve, sent back or scrapped, bin by bin (R-SAF-6).

Whoever asks for it holds the goods at once, so that no order is promised them meanwhile. The room `clearing` takes them out by
scans, and only then the book says so too: what is left there is free again, and what is taken back is held again.
"""

from __future__ import annotations

from warehouse.clock import day_of
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ids import new_id
from warehouse.ledger import Block, TooLateToUndo, block, unblock
from warehouse.planning.policies import change_policy
from warehouse.planning.rules import ClearanceClosed, NothingToClear
from warehouse.who import By

ROOM = "clearing"
"""The room of the floor where it is worked; a piece of work is about one clearance."""
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
UPDATE clearance SET taken = taken + :n,
       closed_by = CASE WHEN taken + :n = quantity OR :last = 1 THEN :person ELSE 0 END,
       closed_at = CASE WHEN taken + :n = quantity OR :last = 1 THEN :now END
WHERE id = :id AND warehouse_id = :warehouse AND closed_at IS NULL AND taken + :n <= quantity RETURNING *"""
_PUT_BACK = """
UPDATE clearance SET taken = taken - :n, closed_at = NULL, closed_by = 0
WHERE id = :id AND warehouse_id = :warehouse AND taken >= :n AND (closed_at IS NOT NULL) = (:closed = 1) RETURNING *"""
_ONE = """
SELECT c.*, i.sku, l.code AS place, l.path
FROM clearance c JOIN item i ON i.id = c.item_id JOIN location l ON l.id = c.location_id
WHERE c.id = :id AND c.warehouse_id = :warehouse"""
_OPEN = f"""
SELECT c.*, i.sku, i.name, i.name_zh, l.code AS place, t.code AS lot, p.name AS asked_name, o.name AS worked_name
FROM clearance c JOIN item i ON i.id = c.item_id JOIN location l ON l.id = c.location_id
LEFT JOIN lot t ON t.id = c.lot_id LEFT JOIN person p ON p.id = c.asked_by
LEFT JOIN work w ON w.warehouse_id = c.warehouse_id AND w.room = '{ROOM}' AND w.subject_id = c.id AND w.state = 'open'
LEFT JOIN person o ON o.id = w.person_id
WHERE c.warehouse_id = :warehouse AND c.closed_at IS NULL {{of}} ORDER BY l.path, c.id LIMIT :most OFFSET :skip"""


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
    """What is still to be taken out, along the walk, and who is at work on it."""
    of, params = ("AND c.item_id = :item", {"item": item_id}) if item_id else ("", {})
    return session.all(_OPEN.format(of=of), warehouse=by.warehouse_id, most=most, skip=skip, **params)


def take_out(session: Session, by: By, clearance_id: int, quantity: int, *, last: bool = False) -> bool:
    """So many are out of their bin, after they were posted. With the `last` of it what is left stays, and is free again.

    Returns whether it is done with that.

    Raises:
        ClearanceClosed: it is done or cancelled, or fewer were to be taken.
    """
    row = session.one(
        _TAKE, id=clearance_id, warehouse=by.warehouse_id, n=quantity, last=int(last), now=by.now, person=by.person_id
    )
    if row is None:
        raise ClearanceClosed
    if row.closed_at is not None:
        _free(session, by, row)
    return row.closed_at is not None


def put_back(session: Session, by: By, clearance_id: int, quantity: int, *, closed: bool) -> None:
    """So many lie in their bin again, to be cleared, and are held as before. `closed`: it was done with taking them.

    Raises:
        TooLateToUndo: it was ended otherwise since.
    """
    row = session.one(_PUT_BACK, id=clearance_id, warehouse=by.warehouse_id, n=quantity, closed=int(closed))
    if row is None:
        raise TooLateToUndo
    if session.value("SELECT 1 AS one FROM block WHERE id = :id AND closed_at IS NULL", id=row.block_id):
        return
    held = Block(row.item_id, "hold", layer_id=row.layer_id, location_id=row.location_id)
    session.run(
        "UPDATE clearance SET block_id = :new WHERE block_id = :old",
        new=block(session, by, held, reason=row.reason), old=row.block_id,
    )  # fmt: skip


def cancel(session: Session, by: By, clearance_id: int) -> None:
    """What is left of it stays where it lies, and is free again.

    Raises:
        ClearanceClosed: it is done or cancelled.
    """
    take_out(session, by, clearance_id, 0, last=True)


def _free(session: Session, by: By, row: Row) -> None:
    """Ends the hold with the last clearance of it; single pieces of a bin share one."""
    if not session.value("SELECT 1 AS one FROM clearance WHERE block_id = :id AND closed_at IS NULL", id=row.block_id):
        unblock(session, by, row.block_id)
