"""post(): the only writer of stock. Conditional updates, never read, compute, write.

Order of locks everywhere: item totals sorted → balances sorted → containers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.places import places
from warehouse.clock import day_of
from warehouse.db import Again, Reply, Row, Session
from warehouse.errors import N_, Refusal
from warehouse.ids import new_id
from warehouse.ledger.freed import tell_freed
from warehouse.ledger.goods import Goods, Move, Reserved
from warehouse.ledger.hashing import FORM, HASHED
from warehouse.ledger.levels import CROSSED, NEW_TOTAL, note, note_if
from warehouse.who import By


class NotEnoughStock(Refusal):
    """The place holds less that is free than the move would take."""

    code = "not_enough_stock"
    text = N_("Only part of these %(quantity)s lies there free. Look the place up, or scan XXSHORT.")


class TooLateToUndo(Refusal):
    """The goods have moved on: the contrary posting is no longer possible."""

    code = "too_late_to_undo"
    text = N_("This can no longer be taken back: the goods have been moved on since.")


_COLUMNS = (*HASHED, "hash")
_INSERT_MOVE = f"INSERT INTO move ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + each for each in _COLUMNS)})"

_PUT = """
INSERT INTO balance (id, warehouse_id, location_id, item_id, lot_id, serial, layer_id, quantity, reserved, held, pick,
                     rank_day, last_day, path)
SELECT :id, :warehouse, l.id, y.item_id, y.lot_id, :serial, y.id, :quantity, :reserved,
       (SELECT count(*) FROM block k WHERE k.warehouse_id = :warehouse AND k.item_id = y.item_id
           AND k.closed_at IS NULL AND k.lot_id IN (0, y.lot_id) AND k.layer_id IN (0, y.id)
           AND k.location_id IN (0, l.id)),
       l.pick, y.rank_day, y.last_day, l.path
FROM layer y, location l WHERE y.id = :layer AND l.id = :to_id
ON CONFLICT (warehouse_id, location_id, item_id, lot_id, serial, layer_id)
DO UPDATE SET quantity = balance.quantity + excluded.quantity, reserved = balance.reserved + excluded.reserved
RETURNING id, held, pick, last_day"""

_TAKE = """
UPDATE balance SET quantity = quantity - :quantity, reserved = reserved - :reserved
WHERE {row} AND quantity - reserved >= :free AND reserved >= :reserved
RETURNING id, quantity, held"""
_TAKE_BY_ID = _TAKE.format(row="id = :id")
_TAKE_BY_KEY = _TAKE.format(
    row="warehouse_id = :warehouse AND location_id = :from_id AND item_id = :item AND lot_id = :lot "
    "AND serial = :serial AND layer_id = :layer"
)

# A block of the item waits for the moves of it that are under way, else it would overlook the rows that they make;
# moves and reservations do not wait for each other. SQLite has one writer at a time.
_KEEP_BLOCKS_OFF = """
SELECT 1 AS one FROM total WHERE warehouse_id = :warehouse AND item_id = :item FOR KEY SHARE"""

_CARRY = """
INSERT INTO reservation (id, warehouse_id, shipment_id, line_id, balance_id, quantity, reserved_at, stage, path)
SELECT :id, :warehouse, :shipment, :line, :balance, :quantity, :reserved_at,
       CASE l.kind WHEN 'tote' THEN 1 WHEN 'parcel' THEN 2 ELSE 0 END, l.path
FROM location l WHERE l.id = :to_id
ON CONFLICT (line_id, balance_id) DO UPDATE SET quantity = reservation.quantity + excluded.quantity"""


def post(session: Session, by: By, cause: str, moves: Sequence[Move], *, document: str = "", undoes: int = 0) -> int:
    """Writes one posting: all its moves or none. Returns its id.

    Raises:
        NotEnoughStock: a place holds less that is free than a move takes.
        Again: a reservation is no longer as it was read.
    """
    assert moves, "a posting has at least one move"
    outside = places(session, by.warehouse_id).outside
    totals = _ask_totals(session, by, moves, outside)
    asked = [_ask_move(session, by, move, outside) for move in sorted(moves, key=_lock_order)]
    for total in totals:
        total.check(session, by)
    freed = frozenset(filter(None, [_settle(session, by, each) for each in asked]))
    if freed:
        tell_freed(session, by, freed)
    return _write(session, by, cause, moves, document=document, undoes=undoes)


def undo(session: Session, by: By, posting_id: int) -> int:
    """Takes a posting back by the contrary posting that names it. Returns the contrary posting's id.

    Raises:
        TooLateToUndo: the goods or the container have moved on, or it was undone before.
    """
    asked = session.ask(
        f"SELECT * FROM move WHERE posting_id = :posting ORDER BY line DESC{session.for_update}", posting=posting_id
    )
    undone = session.ask("SELECT 1 AS one FROM move WHERE undoes = :posting AND line = 0", posting=posting_id)
    rows = asked.all()
    assert rows, "only what was posted can be undone"
    if undone.one():
        raise TooLateToUndo
    try:
        return post(session, by, "undo", [_contrary(session, row) for row in rows], undoes=posting_id,
                    document=rows[0].document)  # fmt: skip
    except NotEnoughStock as error:
        raise TooLateToUndo from error


def _contrary(session: Session, row: Row) -> Move:
    if row.container_id:
        return Move(1, row.to_id, row.from_id, container_id=row.container_id)
    goods = Goods(row.item_id, row.layer_id, row.lot_id, row.serial)
    return Move(row.quantity, row.to_id, row.from_id, goods, reserved=_travelled(session, row))


def _travelled(session: Session, row: Row) -> Reserved | None:
    """The reservation that the move took along, where it lies now."""
    if not row.for_id:
        return None
    found = session.one(
        """SELECT r.id, r.shipment_id, r.line_id, r.quantity, r.reserved_at FROM reservation r
           JOIN balance b ON b.id = r.balance_id
           WHERE r.line_id = :line AND b.location_id = :place AND b.layer_id = :layer AND b.serial = :serial""",
        line=row.for_id, place=row.to_id, layer=row.layer_id, serial=row.serial,
    )  # fmt: skip
    if found is None or found.quantity < row.quantity:
        raise TooLateToUndo
    return Reserved(*found)


def _lock_order(move: Move) -> tuple[int, int, int]:
    """Goods before containers, and goods by their layer and place, so that two postings never wait for each other."""
    if move.goods is None:
        return (1, move.container_id, 0)
    return (0, move.goods.layer_id, min(move.from_id, move.to_id))


@dataclass(frozen=True, slots=True)
class _Total:
    """An item's total that was asked to change by `on_hand`; it may not."""

    reply: Reply
    item_id: int
    on_hand: int

    def check(self, session: Session, by: By) -> None:
        """Notes an item that crossed a level. Raises NotEnoughStock where less is there than would leave."""
        row = self.reply.one()
        if row is None and self.on_hand:
            raise NotEnoughStock(quantity=-self.on_hand)
        note_if(session, row, self.item_id, warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)


def _ask_totals(session: Session, by: By, moves: Sequence[Move], outside: frozenset[int]) -> list[_Total]:
    """What enters or leaves the warehouse changes the item's total; first, because totals are locked first."""
    on_hand: dict[int, int] = defaultdict(int)
    reserved: dict[int, int] = defaultdict(int)
    for move in moves:
        if move.goods is None:
            continue
        entering = (move.from_id in outside) - (move.to_id in outside)
        on_hand[move.goods.item_id] += entering * move.quantity
        if entering and move.reserved:
            reserved[move.goods.item_id] += entering * move.quantity
    totals = []
    for item_id in sorted(on_hand):
        if on_hand[item_id] or reserved[item_id]:
            totals.append(_ask_total(session, by, item_id, on_hand[item_id], reserved[item_id]))
        elif session.dialect == "postgresql":
            session.ask(_KEEP_BLOCKS_OFF, warehouse=by.warehouse_id, item=item_id)
    return totals


_TOTAL_ENTERS = f"""{NEW_TOTAL.format(column="on_hand", value=":on_hand")}
ON CONFLICT (warehouse_id, item_id) DO UPDATE SET on_hand = total.on_hand + excluded.on_hand {CROSSED}"""
_TOTAL_LEAVES = f"""
UPDATE total SET on_hand = on_hand + :on_hand, reserved = reserved + :reserved
WHERE warehouse_id = :warehouse AND item_id = :item
  AND on_hand + :on_hand >= reserved + :reserved AND reserved + :reserved >= 0 {CROSSED}"""


def _ask_total(session: Session, by: By, item_id: int, on_hand: int, reserved: int) -> _Total:
    if on_hand > 0:
        reply = session.ask(_TOTAL_ENTERS, warehouse=by.warehouse_id, item=item_id, on_hand=on_hand)
        return _Total(reply, item_id, on_hand)
    reply = session.ask(_TOTAL_LEAVES, warehouse=by.warehouse_id, item=item_id, on_hand=on_hand, reserved=reserved)
    return _Total(reply, item_id, on_hand)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A move whose statements are under way: what leaves its place, what arrives, the reservation that lets go."""

    move: Move
    taken: Reply | None = None
    put: Reply | None = None
    let_go: Reply | None = None
    container: Reply | None = None


def _ask_move(session: Session, by: By, move: Move, outside: frozenset[int]) -> _Asked:
    if move.goods is None:
        return _Asked(move, container=_ask_container(session, move))
    return _Asked(
        move,
        taken=None if move.from_id in outside else _ask_take(session, by, move, move.goods),
        put=None if move.to_id in outside else _ask_put(session, by, move, move.goods),
        let_go=_ask_let_go(session, move.reserved, move.quantity) if move.reserved else None,
    )


def _settle(session: Session, by: By, asked: _Asked) -> int:
    """Looks whether a move was possible, and brings its reservation along. The item, if some became free for picking.

    Raises:
        NotEnoughStock, TooLateToUndo, Again: it was not; the change must end, for other moves of it are done.
    """
    move, goods = asked.move, asked.move.goods
    if goods is None:
        assert asked.container is not None, "what is no goods is a container"
        if not asked.container.count():
            raise TooLateToUndo
        return 0
    free = 0 if move.reserved else move.quantity
    blocked = -free if asked.taken is not None and _took(session, asked.taken, move) else 0
    if asked.let_go is not None and not asked.let_go.count():
        raise Again
    row = asked.put.one() if asked.put is not None else None
    if row is not None:
        blocked += free if row.held else 0
        if move.reserved:
            _carry(session, by, move.reserved, move, row.id)
    if blocked:
        session.ask(
            "UPDATE total SET blocked = blocked + :n WHERE warehouse_id = :warehouse AND item_id = :item",
            n=blocked, warehouse=by.warehouse_id, item=goods.item_id,
        )  # fmt: skip
    if blocked or (free and row is not None and row.last_day < day_of(by.now, by.timezone)):
        note(session, (goods.item_id,), warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)
    return goods.item_id if row is not None and row.pick and free and not row.held else 0


def _ask_take(session: Session, by: By, move: Move, goods: Goods) -> Reply:
    """Asks for goods to be taken off their stock row, if so many are free there."""
    carried = move.quantity if move.reserved else 0
    amounts = {"quantity": move.quantity, "reserved": carried, "free": move.quantity - carried}
    if move.balance_id:
        return session.ask(_TAKE_BY_ID, id=move.balance_id, **amounts)
    return session.ask(
        _TAKE_BY_KEY, warehouse=by.warehouse_id, from_id=move.from_id, item=goods.item_id, lot=goods.lot_id,
        serial=goods.serial, layer=goods.layer_id, **amounts,
    )  # fmt: skip


def _took(session: Session, taken: Reply, move: Move) -> bool:
    """Whether the stock row that goods were taken off is held; an empty one is taken away.

    Raises:
        NotEnoughStock: less is free there.
    """
    row = taken.one()
    if row is None:
        raise NotEnoughStock(quantity=move.quantity)
    if row.quantity == 0:
        session.ask("DELETE FROM balance WHERE id = :id AND quantity = 0", id=row.id)
    return bool(row.held)


def _ask_put(session: Session, by: By, move: Move, goods: Goods) -> Reply:
    return session.ask(
        _PUT, id=new_id(session), warehouse=by.warehouse_id, serial=goods.serial, quantity=move.quantity,
        reserved=move.quantity if move.reserved else 0, layer=goods.layer_id, to_id=move.to_id,
    )  # fmt: skip


def _carry(session: Session, by: By, reserved: Reserved, move: Move, balance_id: int) -> None:
    session.ask(
        _CARRY, id=new_id(session), warehouse=by.warehouse_id, shipment=reserved.shipment_id, line=reserved.line_id,
        balance=balance_id, quantity=move.quantity, reserved_at=reserved.reserved_at, to_id=move.to_id,
    )  # fmt: skip


def _ask_let_go(session: Session, reserved: Reserved, quantity: int) -> Reply:
    """What has travelled is no longer reserved at the old place."""
    if quantity == reserved.quantity:
        return session.ask(
            "DELETE FROM reservation WHERE id = :id AND quantity = :quantity", id=reserved.id, quantity=quantity
        )
    return session.ask(
        "UPDATE reservation SET quantity = quantity - :quantity WHERE id = :id AND quantity > :quantity",
        id=reserved.id, quantity=quantity,
    )  # fmt: skip


def _ask_container(session: Session, move: Move) -> Reply:
    return session.ask(
        "UPDATE location SET parent_id = :to_id WHERE id = :id AND COALESCE(parent_id, 0) = :from_id",
        id=move.container_id, from_id=move.from_id, to_id=move.to_id or None,
    )  # fmt: skip


def _write(session: Session, by: By, cause: str, moves: Sequence[Move], *, document: str, undoes: int) -> int:
    posting_id = new_id(session)
    signer = session.signer
    rows = [_row(by, cause, move, posting_id, line, document, undoes, signer.key_id) for line, move in enumerate(moves)]
    digest = signer.posting(row.values() for row in rows)
    for row in rows:
        row["hash"] = digest
    if len(rows) == 1:
        session.ask(_INSERT_MOVE, **rows[0])
    else:
        session.ask_many(_INSERT_MOVE, rows)
    return posting_id


def _row(
    by: By, cause: str, move: Move, posting_id: int, line: int, document: str, undoes: int, key_id: str
) -> dict[str, Any]:
    """A move's row, its values in the order of HASHED."""
    goods = move.goods or Goods(0, 0)
    reserved = move.reserved
    return {
        "posting_id": posting_id, "line": line, "warehouse_id": by.warehouse_id, "cause": cause,
        "item_id": goods.item_id, "lot_id": goods.lot_id, "serial": goods.serial, "layer_id": goods.layer_id,
        "container_id": move.container_id, "quantity": move.quantity, "from_id": move.from_id, "to_id": move.to_id,
        "for_id": reserved.line_id if reserved else 0, "reserved_at": reserved.reserved_at if reserved else 0,
        "document": document, "key": by.key, "person_id": by.person_id, "device": by.device,
        "occurred_at": by.occurred_at, "recorded_at": by.now, "undoes": undoes, "key_id": key_id, "form": FORM,
    }  # fmt: skip
