"""ship_container(): all goods of one container leave to the customer as one posting, in a fixed number of statements.

It keeps every law of post(): totals are locked first, each row changes only if it is as it was read, and the moves
carry the reservations that they fulfil.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from warehouse.catalog.places import places
from warehouse.db import Again, Row, Session
from warehouse.ledger.goods import Goods, Move, Reserved
from warehouse.ledger.post import _write as write_posting
from warehouse.who import By

_GOODS = """
SELECT b.id, b.item_id, b.lot_id, b.serial, b.layer_id, b.quantity, b.held, r.id AS reservation_id, r.shipment_id,
       r.line_id, r.quantity AS promised, r.reserved_at
FROM balance b LEFT JOIN reservation r ON r.balance_id = b.id
WHERE b.warehouse_id = :warehouse AND b.location_id = :container ORDER BY b.item_id, b.id, r.id"""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What left: the posting, and how much for each shipment line. `blocked`: nothing left, for some of it is held."""

    posting_id: int = 0
    quantities: tuple[tuple[int, int], ...] = ()
    blocked: bool = False


def ship_container(session: Session, by: By, container_id: int, *, document: str) -> Shipped:
    """Posts all goods of a container to the customer, for the lines that they are reserved for.

    Raises:
        Again: the goods are no longer as they were read, or some of them are reserved for nobody.
    """
    rows = session.all(_GOODS, warehouse=by.warehouse_id, container=container_id)
    if any(row.held for row in rows):
        return Shipped(blocked=True)
    _take_off_totals(session, by, rows)
    _take_all(session, by, container_id, rows)
    customer = places(session, by.warehouse_id).customer
    posting_id = write_posting(session, by, "ship", [_move(row, container_id, customer) for row in rows],
                               document=document, undoes=0)  # fmt: skip
    return Shipped(posting_id, tuple(Counter(_by_line(rows)).items()))


def _take_off_totals(session: Session, by: By, rows: list[Row]) -> None:
    leaving: Counter[int] = Counter()
    for row in rows:
        leaving[row.item_id] += row.promised or 0
    session.many(
        """UPDATE total SET on_hand = on_hand - :n, reserved = reserved - :n
           WHERE warehouse_id = :warehouse AND item_id = :item""",
        [{"n": leaving[item], "warehouse": by.warehouse_id, "item": item} for item in sorted(leaving)],
    )


def _take_all(session: Session, by: By, container_id: int, rows: list[Row]) -> None:
    """Takes the reservations and the stock rows away, if both are as they were read and cover each other."""
    reservations = session.all(
        """DELETE FROM reservation WHERE balance_id IN (
               SELECT id FROM balance WHERE warehouse_id = :warehouse AND location_id = :container)
           RETURNING id, quantity""", warehouse=by.warehouse_id, container=container_id)  # fmt: skip
    balances = session.all(
        """DELETE FROM balance WHERE warehouse_id = :warehouse AND location_id = :container AND quantity = reserved
             AND held = 0
           RETURNING id, quantity""", warehouse=by.warehouse_id, container=container_id)  # fmt: skip
    was_reserved = sorted((row.reservation_id, row.promised) for row in rows if row.reservation_id)
    was_there = sorted({(row.id, row.quantity) for row in rows})
    if not rows or sorted(map(tuple, reservations)) != was_reserved or sorted(map(tuple, balances)) != was_there:
        raise Again


def _move(row: Row, container_id: int, customer_id: int) -> Move:
    reserved = Reserved(row.reservation_id, row.shipment_id, row.line_id, row.promised, row.reserved_at)
    goods = Goods(row.item_id, row.layer_id, row.lot_id, row.serial)
    return Move(row.promised, container_id, customer_id, goods, balance_id=row.id, reserved=reserved)


def _by_line(rows: list[Row]) -> dict[int, int]:
    quantities: Counter[int] = Counter()
    for row in rows:
        quantities[row.line_id] += row.promised
    return quantities
