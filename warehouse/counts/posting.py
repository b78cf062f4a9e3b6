"""A difference becomes a posting against lost-and-found, cause `count`. Later moves stay: it is a difference, no new total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from warehouse.catalog.lots import find_or_make_lot
from warehouse.catalog.places import places
from warehouse.clock import SECOND
from warehouse.counts import compare
from warehouse.counts.uncover import Uncovered, cover, let_go, lock_pickers
from warehouse.db import Row, Session
from warehouse.errors import N_, Refusal
from warehouse.ledger import Goods, Move, NotEnoughStock, Reserved, TooLateToUndo, keep_still, make_layer, post
from warehouse.who import By


class CountOutdated(Refusal):
    """The book has moved on: the difference can no longer be right."""

    code = "count_outdated"
    text = N_(
        "%(item)s at %(location)s: since this count less lies there by the book than it found missing, or the piece is "
        "elsewhere. Have it counted again."
    )


class CountDoubtful(Refusal):
    """Moves of these goods were told after the count that may have happened while it went on."""

    code = "count_doubtful"
    text = N_(
        "%(item)s at %(location)s was moved while it was counted, which was only told later. Have it counted again."
    )


class CountSettling(Refusal):
    """It is too soon: moves that were under way while the bin was counted may still be told."""

    code = "count_settling"
    text = N_(
        "%(item)s at %(location)s was counted a moment ago: moves that were under way may still be told. Approve it in "
        "%(seconds)s s."
    )


@dataclass(slots=True)
class Posted:
    """What the posting of one line came to."""

    posting_id: int = 0
    uncovered: Uncovered = field(default_factory=Uncovered)


def keep_lines(session: Session, by: By, lines: Sequence[Row]) -> None:
    """Keeps all that these lines speak of still for this change: work first, then totals, as everywhere."""
    items = sorted({line.item_id for line in lines if line.item_id})
    for line in lines:
        lock_pickers(session, by, line.location_id, line.item_id)
    keep_still(session, by, items)


def post_line(session: Session, by: By, line: Row, *, number: str, settle_us: int) -> Posted:
    """Posts a line's difference; `line` as decide reads it, its goods kept still before.

    Raises:
        CountDoubtful: moves were told later that may have happened while it was counted.
        CountSettling: such moves may still be told.
        CountOutdated: the book does not have what would be taken off.
    """
    _doubt(session, by, line, settle_us)
    posted = Posted()
    try:
        posted.posting_id = post(session, by, "count", list(_moves(session, by, line, posted)), document=number)
    except (NotEnoughStock, TooLateToUndo) as error:
        raise CountOutdated(item=line.sku or line.container, location=line.location) from error
    if line.item_id:
        compare.free_shorts(session, by, line.location_id, [line.item_id], before=line.started_at)
        cover(session, by, line.location_id, line.item_id, posted.uncovered)
    return posted


def _doubt(session: Session, by: By, line: Row, settle_us: int) -> None:
    items, containers = compare.moved_while(
        session, by, line.location_id, started_at=line.started_at, ended_at=line.ended_at, since={}
    )
    late = line.item_id in items if line.item_id else line.container_id in containers
    what = {"item": line.sku or line.container, "location": line.location}
    if late or (settle_us and _settling(session, by, line, settle_us)):
        raise CountDoubtful(**what)
    if by.now < line.ended_at + settle_us:
        raise CountSettling(**what, seconds=(line.ended_at + settle_us - by.now) // SECOND + 1)


def _settling(session: Session, by: By, line: Row, settle_us: int) -> bool:
    items, _ = compare.moved_while(
        session, by, line.location_id, started_at=line.ended_at, ended_at=line.ended_at + settle_us, since={}
    )
    return line.item_id in items


def _moves(session: Session, by: By, line: Row, posted: Posted) -> Iterator[Move]:
    difference = line.counted - line.expected
    if line.container_id:
        yield from _container(session, by, line, difference)
    elif difference < 0:
        yield from _loss(session, by, line, -difference, posted.uncovered)
    else:
        yield from _gain(session, by, line, difference)


# ---------------------------------------------------------------- a loss


def _loss(session: Session, by: By, line: Row, missing: int, uncovered: Uncovered) -> Iterator[Move]:
    """Off the oldest goods that nobody is promised, then off promised ones, whose reservations are made elsewhere.

    The oldest first: what is gone is taken to be what should have left first, so no newer goods leave before it.
    """
    lost = places(session, by.warehouse_id).lost_and_found
    rows = session.all(
        f"""SELECT b.id, b.layer_id, b.lot_id, b.serial, b.quantity, b.reserved FROM balance b
            LEFT JOIN lot t ON t.id = b.lot_id
            WHERE b.warehouse_id = :warehouse AND b.location_id = :location AND b.item_id = :item
              AND COALESCE(t.code, '') = :lot AND b.serial = :serial
            ORDER BY b.rank_day, b.id{" FOR UPDATE OF b" if session.dialect == "postgresql" else ""}""",
        warehouse=by.warehouse_id, location=line.location_id, item=line.item_id, lot=line.lot, serial=line.serial,
    )  # fmt: skip
    if sum(row.quantity for row in rows) < missing:
        raise NotEnoughStock(quantity=missing)
    takes = {}
    for row in rows:
        takes[row.id] = min(row.quantity - row.reserved, missing)
        missing -= takes[row.id]
    for row in rows:
        more = min(row.quantity - takes[row.id], missing)
        if more:
            let_go(session, by, row.id, more, uncovered)
            takes[row.id] += more
            missing -= more
    for row in rows:
        if takes[row.id]:
            goods = Goods(line.item_id, row.layer_id, row.lot_id, row.serial)
            yield Move(takes[row.id], line.location_id, lost, goods, balance_id=row.id)


# ---------------------------------------------------------------- a gain


def _gain(session: Session, by: By, line: Row, found: int) -> Iterator[Move]:
    """Goods that are found keep their date where it can be known (R-PICK-1), so that FIFO stays right.

    First those that were lost in an earlier count, in their own layers; a serial comes from where the book has it; else
    a new layer with the date of the oldest on hand of that lot or item, and today's if there is none.
    """
    here = places(session, by.warehouse_id).lost_and_found
    lot_id = find_or_make_lot(session, line.item_id, line.lot).id if line.lot else 0
    if line.serial and (elsewhere := _serial_elsewhere(session, by, line)) is not None:
        yield elsewhere
        return
    for layer_id, quantity in _lost_before(session, by, line, lot_id):
        part = min(quantity, found)
        if part:
            yield Move(part, here, line.location_id, Goods(line.item_id, layer_id, lot_id, line.serial))
            found -= part
    if found:
        layer_id = _new_layer(session, by, line, lot_id)
        yield Move(found, here, line.location_id, Goods(line.item_id, layer_id, lot_id, line.serial))


def _serial_elsewhere(session: Session, by: By, line: Row) -> Move | None:
    row = session.one(
        f"""SELECT b.id, b.layer_id, b.lot_id, b.location_id, b.reserved FROM balance b WHERE b.warehouse_id = :warehouse
              AND b.item_id = :item AND b.serial = :serial AND b.quantity > 0{session.for_update}""",
        warehouse=by.warehouse_id, item=line.item_id, serial=line.serial,
    )  # fmt: skip
    if row is None:
        return None
    if row.location_id == line.location_id:
        raise NotEnoughStock(quantity=1)
    reserved = None
    if row.reserved:
        held = session.one(
            "SELECT id, shipment_id, line_id, quantity, reserved_at FROM reservation WHERE balance_id = :id", id=row.id
        )
        reserved = Reserved(*held) if held is not None else None
    goods = Goods(line.item_id, row.layer_id, row.lot_id, line.serial)
    return Move(1, row.location_id, line.location_id, goods, balance_id=row.id, reserved=reserved)


def _lost_before(session: Session, by: By, line: Row, lot_id: int) -> list[tuple[int, int]]:
    """What counts have taken off and nobody has found since, by layer, the oldest first."""
    lost = places(session, by.warehouse_id).lost_and_found
    rows = session.all(
        """SELECT e.layer_id, SUM(e.quantity) AS quantity, y.rank_day FROM (
               SELECT layer_id, quantity FROM move WHERE warehouse_id = :warehouse AND to_id = :lost
                 AND item_id = :item AND lot_id = :lot AND serial = :serial
               UNION ALL
               SELECT layer_id, -quantity FROM move WHERE warehouse_id = :warehouse AND from_id = :lost
                 AND item_id = :item AND lot_id = :lot AND serial = :serial) AS e
           JOIN layer y ON y.id = e.layer_id GROUP BY e.layer_id, y.rank_day HAVING SUM(e.quantity) > 0
           ORDER BY y.rank_day, e.layer_id""",
        warehouse=by.warehouse_id, lost=lost, item=line.item_id, lot=lot_id, serial=line.serial,
    )  # fmt: skip
    return [(row.layer_id, int(row.quantity)) for row in rows]


def _new_layer(session: Session, by: By, line: Row, lot_id: int) -> int:
    oldest = session.one(
        """SELECT y.received_at, y.expiry_day, y.unit_cost FROM balance b JOIN layer y ON y.id = b.layer_id
           WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND (:lot = 0 OR b.lot_id = :lot)
           ORDER BY y.rank_day, y.received_at, y.id LIMIT 1""",
        warehouse=by.warehouse_id, item=line.item_id, lot=lot_id,
    )  # fmt: skip
    item = session.one("SELECT shelf_life_days, lock_days FROM item WHERE id = :id", id=line.item_id)
    lot_day = session.value("SELECT expiry_day FROM lot WHERE id = :id", id=lot_id) if lot_id else None
    assert item is not None, "the item was counted"
    return make_layer(
        session, by, item_id=line.item_id, lot_id=lot_id, received_at=oldest.received_at if oldest else by.now,
        expiry_day=int(lot_day if lot_day is not None else oldest.expiry_day if oldest else 0),
        shelf_life_days=item.shelf_life_days, lock_days=item.lock_days, unit_cost=oldest.unit_cost if oldest else None,
    )  # fmt: skip


# ---------------------------------------------------------------- a container as a whole


def _container(session: Session, by: By, line: Row, difference: int) -> Iterator[Move]:
    """One that is found is brought here from where the book has it; one that is missing goes, with all that is in it."""
    if difference > 0:
        from_id = int(session.value("SELECT COALESCE(parent_id, 0) FROM location WHERE id = :id", id=line.container_id))
        if from_id == line.location_id:
            raise TooLateToUndo
        yield Move(1, from_id, line.location_id, container_id=line.container_id)
        return
    lost = places(session, by.warehouse_id).lost_and_found
    rows = session.all(
        """SELECT id, item_id, layer_id, lot_id, serial, quantity, reserved FROM balance
           WHERE warehouse_id = :warehouse AND location_id = :container ORDER BY item_id, id""",
        warehouse=by.warehouse_id, container=line.container_id,
    )  # fmt: skip
    since, _ = compare.moved_while(session, by, line.container_id, started_at=line.started_at, ended_at=None, since={})
    if since or any(row.reserved for row in rows):  # somebody has had it in hand since it was missed
        raise TooLateToUndo
    for row in rows:
        goods = Goods(row.item_id, row.layer_id, row.lot_id, row.serial)
        yield Move(row.quantity, line.container_id, lost, goods, balance_id=row.id)
    yield Move(1, line.location_id, 0, container_id=line.container_id)
