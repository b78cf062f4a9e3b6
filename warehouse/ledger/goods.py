"""What is moved: goods of one layer, a reservation that travels with them, or a whole container."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.clock import NEVER_DAY, day_of
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.who import By


@dataclass(frozen=True, slots=True)
class Goods:
    """A stock row without its place: an item, its lot and serial where tracked, and the layer it arrived in."""

    item_id: int
    layer_id: int
    lot_id: int = 0
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reservation as it was read: whose it is, how much, and since when. It travels with the goods."""

    id: int
    shipment_id: int
    line_id: int
    quantity: int
    reserved_at: int


@dataclass(frozen=True, slots=True)
class Move:
    """`quantity` of goods, in the item's smallest unit, from one location to another; or one container, whole.

    `balance_id` names the stock row taken from, where the caller knows it. A container that is new comes from 0.
    """

    quantity: int
    from_id: int
    to_id: int
    goods: Goods | None = None
    container_id: int = 0
    balance_id: int = 0
    reserved: Reserved | None = None

    def __post_init__(self) -> None:
        assert self.quantity > 0, "a move is of a positive whole number"
        assert (self.goods is None) == (self.container_id != 0), "a move is of goods or of a container"


def make_layer(
    session: Session,
    by: By,
    *,
    item_id: int,
    received_at: int,
    lot_id: int = 0,
    expiry_day: int = 0,
    shelf_life_days: int | None = None,
    lock_days: int = 0,
    receipt_id: int = 0,
    purchase_order_line_id: int = 0,
    unit_cost: int | None = None,
) -> int:
    """One receipt line's arrival: the date that FIFO compares, or FEFO where the goods expire (R-PICK-1).

    `last_day` is the last local day on which the goods may be picked (R-PUT-6). Returns the layer's id.
    """
    layer_id = new_id(session)
    received_day = day_of(received_at, by.timezone)
    session.run(
        """INSERT INTO layer (id, warehouse_id, item_id, lot_id, received_at, received_day, expiry_day, rank_day,
               last_day, receipt_id, purchase_order_line_id, unit_cost)
           VALUES (:id, :warehouse, :item, :lot, :at, :day, :expiry, :rank, :last, :receipt, :po_line, :cost)""",
        id=layer_id, warehouse=by.warehouse_id, item=item_id, lot=lot_id, at=received_at, day=received_day,
        expiry=expiry_day, rank=rank_day(received_day, expiry_day, shelf_life_days),
        last=last_day(expiry_day, lock_days), receipt=receipt_id, po_line=purchase_order_line_id, cost=unit_cost,
    )  # fmt: skip
    return layer_id


def rank_day(received_day: int, expiry_day: int, shelf_life_days: int | None) -> int:
    """The day that FIFO or FEFO compares: the expiry; for goods that should have one, the expiry to be expected."""
    return expiry_day or received_day + (shelf_life_days or 0)


def last_day(expiry_day: int, lock_days: int) -> int:
    """The last local day on which goods may be reserved, picked or packed."""
    return expiry_day - lock_days if expiry_day else NEVER_DAY
