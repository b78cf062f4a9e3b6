"""Reserve, then post or release: two verbs. Reserved goods stand until they are picked or let go.

The choice is FIFO, or FEFO where goods expire, by one partial index that holds only what can be reserved now.
SKIP LOCKED has no place here: it hands out the newer lot while the older row is locked for a moment.
"""

from __future__ import annotations

from warehouse.clock import day_of
from warehouse.db import Again, Row, Session
from warehouse.ids import new_id
from warehouse.ledger.freed import tell_freed
from warehouse.who import By

CHOICES = 8

_CHOOSE = """
SELECT id, quantity - reserved AS free, rank_day, location_id, path FROM balance
WHERE warehouse_id = :warehouse AND item_id = :item AND quantity > reserved AND held = 0 AND pick = 1
  AND last_day >= :day
ORDER BY rank_day, path, id LIMIT :most"""


def choose(session: Session, by: By, item_id: int, *, most: int = CHOICES, life_days: int = 0) -> list[Row]:
    """The free stock rows of an item in the order in which they must leave (R-PICK-1).

    `life_days`: the remaining life that the customer must get; expired goods are never chosen (R-PUT-6).
    """
    day = day_of(by.now, by.timezone) + life_days
    return session.all(_CHOOSE, warehouse=by.warehouse_id, item=item_id, day=day, most=most)


def reserve(
    session: Session, by: By, *, shipment_id: int, line_id: int, item_id: int, quantity: int, life_days: int = 0
) -> int:
    """Reserves up to `quantity` for a shipment's line, oldest first. Returns how much was free.

    The item's total is locked first: reservers of one item wait there and see each other's result.
    """
    if not _claim_total(session, by, item_id, quantity):
        quantity = _free_in_total(session, by, item_id)
        if quantity <= 0 or not _claim_total(session, by, item_id, quantity):
            return 0
    open_quantity = quantity
    while open_quantity:
        rows = choose(session, by, item_id, life_days=life_days)
        if not rows:
            break
        for row in rows:
            part = min(row.free, open_quantity)
            if part and _reserve_row(session, by, row.id, row.path, shipment_id, line_id, part):
                open_quantity -= part
            if not open_quantity:
                break
    if open_quantity:
        _claim_total(session, by, item_id, -open_quantity)
    return quantity - open_quantity


def reserve_at(
    session: Session,
    by: By,
    *,
    shipment_id: int,
    line_id: int,
    balance_id: int,
    quantity: int,
    reserved_at: int | None = None,
) -> bool:
    """Reserves `quantity` on one stock row that a person chose; whether it was free there.

    `reserved_at`: the instant of a reservation that is only being restored.
    """
    row = session.one("SELECT item_id, path FROM balance WHERE id = :id", id=balance_id)
    if row is None or not _claim_total(session, by, row.item_id, quantity):
        return False
    if _reserve_row(session, by, balance_id, row.path, shipment_id, line_id, quantity, reserved_at):
        return True
    _claim_total(session, by, row.item_id, -quantity)
    return False


def release(session: Session, by: By, *, reservation_id: int, quantity: int) -> None:
    """Lets `quantity` of a reservation go.

    Raises:
        Again: the reservation is no longer as large.
    """
    row = session.one(
        """SELECT r.balance_id, r.quantity, b.item_id, b.held, b.pick FROM reservation r JOIN balance b ON b.id = r.balance_id
           WHERE r.id = :id""", id=reservation_id)  # fmt: skip
    if row is None or row.quantity < quantity:
        raise Again
    session.run(
        """UPDATE total SET reserved = reserved - :n, blocked = blocked + :held
           WHERE warehouse_id = :warehouse AND item_id = :item""",
        n=quantity, held=quantity if row.held else 0, warehouse=by.warehouse_id, item=row.item_id,
    )  # fmt: skip
    session.run("UPDATE balance SET reserved = reserved - :n WHERE id = :id", n=quantity, id=row.balance_id)
    if quantity == row.quantity:
        changed = session.run("DELETE FROM reservation WHERE id = :id AND quantity = :n", id=reservation_id, n=quantity)
    else:
        changed = session.run(
            "UPDATE reservation SET quantity = quantity - :n WHERE id = :id AND quantity > :n",
            id=reservation_id, n=quantity,
        )  # fmt: skip
    if not changed:
        raise Again
    if row.pick and not row.held:
        tell_freed(session, by, frozenset({row.item_id}))


def release_shipment(session: Session, by: By, shipment_id: int) -> None:
    """Lets everything go that is reserved for a shipment, wherever it lies."""
    rows = session.all(
        """SELECT r.id, r.quantity FROM reservation r JOIN balance b ON b.id = r.balance_id
           WHERE r.warehouse_id = :warehouse AND r.shipment_id = :shipment ORDER BY b.item_id, b.id""",
        warehouse=by.warehouse_id, shipment=shipment_id,
    )  # fmt: skip
    for row in rows:
        release(session, by, reservation_id=row.id, quantity=row.quantity)


def _claim_total(session: Session, by: By, item_id: int, quantity: int) -> bool:
    return bool(
        session.run(
            """UPDATE total SET reserved = reserved + :n
               WHERE warehouse_id = :warehouse AND item_id = :item AND reserved + :n <= on_hand""",
            n=quantity, warehouse=by.warehouse_id, item=item_id,
        )  # fmt: skip
    )


def _free_in_total(session: Session, by: By, item_id: int) -> int:
    return int(
        session.value(
            f"""SELECT on_hand - reserved FROM total
                WHERE warehouse_id = :warehouse AND item_id = :item{session.for_update}""",
            warehouse=by.warehouse_id, item=item_id,
        )  # fmt: skip
        or 0
    )


def _reserve_row(
    session: Session,
    by: By,
    balance_id: int,
    path: str,
    shipment_id: int,
    line_id: int,
    quantity: int,
    reserved_at: int | None = None,
) -> bool:
    changed = session.run(
        """UPDATE balance SET reserved = reserved + :n
           WHERE id = :id AND quantity - reserved >= :n AND held = 0""", n=quantity, id=balance_id)  # fmt: skip
    if not changed:
        return False
    session.run(
        """INSERT INTO reservation (id, warehouse_id, shipment_id, line_id, balance_id, quantity, reserved_at, stage, path)
           VALUES (:id, :warehouse, :shipment, :line, :balance, :n, :at, 0, :path)
           ON CONFLICT (line_id, balance_id) DO UPDATE SET quantity = reservation.quantity + excluded.quantity""",
        id=new_id(session), warehouse=by.warehouse_id, shipment=shipment_id, line=line_id, balance=balance_id,
        n=quantity, at=reserved_at or by.now, path=path,
    )  # fmt: skip
    return True
