"""The ledger spoken to directly: goods, layers, totes and lines with names, in the small warehouse."""

from __future__ import annotations

from typing import Any

from tests.floor import TIMEZONE, House
from warehouse.catalog.locations import make_location
from warehouse.catalog.places import places
from warehouse.clock import now_us, parse_day, parse_instant
from warehouse.db import Row, Session
from warehouse.ids import new_id
from warehouse.ledger import (
    Block,
    Goods,
    Move,
    Reserved,
    block,
    make_layer,
    post,
    release,
    reserve,
    seal_all,
    unblock,
    undo,
)
from warehouse.ledger.verify import verify
from warehouse.who import By


class Book:
    """One warehouse's ledger. Places are named by their codes: bins, totes, supplier, customer …"""

    def __init__(self, house: House) -> None:
        self.house, self.base, self.id = house, house.base, house.id
        self.now = 0
        self.place_ids = dict(house.places)
        here = self.base.change(lambda session: places(session, house.id))
        for name in ("supplier", "customer", "scrap", "lost_and_found", "in_picking", "to_pack"):
            self.place_ids[name] = getattr(here, name)

    def by(self, now: int = 0) -> By:
        """The product itself, at an instant of the test's choice or at present."""
        at = now or self.now or now_us()
        return self.house.by(now=at, occurred_at=at)

    def tote(self, code: str) -> int:
        """A tote that lies nowhere yet."""
        self.place_ids[code] = self.base.change(
            lambda session: make_location(session, self.id, code, kind="tote", barcode=code)
        )
        return self.place_ids[code]

    def goods(
        self, sku: str, *, received: str = "2026-01-01", lot: str = "", serial: str = "", expiry: str = "", **more: Any
    ) -> Goods:
        """One arrival of an item: a layer of its own, and the lot it names."""

        def make(session: Session) -> Goods:
            item_id, day = self.house.items[sku], parse_day(expiry) if expiry else 0
            lot_id = self.house.lot(session, item_id, lot, day) if lot else 0
            at = parse_instant(received, TIMEZONE)
            layer = make_layer(
                session, self.by(), item_id=item_id, received_at=at, lot_id=lot_id, expiry_day=day, **more
            )
            return Goods(item_id, layer, lot_id, serial)

        return self.base.change(make)

    def move(self, goods: Goods, quantity: int, origin: str, to: str, cause: str = "move", **more: Any) -> int:
        """Posts one move of goods; the posting's id."""
        one = Move(quantity, self.place_ids[origin], self.place_ids[to], goods, **more)
        return self.base.change(lambda session: post(session, self.by(), cause, [one]))

    def arrive(self, sku: str, place: str, quantity: int, **more: Any) -> Goods:
        """Goods from the supplier, in a layer of their own."""
        goods = self.goods(sku, **more)
        self.move(goods, quantity, "supplier", place, "receive")
        return goods

    def carry(self, tote: str, to: str, origin: str = "") -> int:
        """Posts one container move; without an origin it lay nowhere."""
        one = Move(1, self.place_ids[origin] if origin else 0, self.place_ids[to], container_id=self.place_ids[tote])
        return self.base.change(lambda session: post(session, self.by(), "move", [one]))

    def undo(self, posting_id: int) -> int:
        """Takes a posting back."""
        return self.base.change(lambda session: undo(session, self.by(), posting_id))

    def reserve(self, sku: str, quantity: int, line: int = 1, **more: Any) -> int:
        """Reserves for a line; how much was free."""
        return self.base.change(
            lambda session: reserve(
                session,
                self.by(),
                shipment_id=line,
                line_id=line,
                item_id=self.house.items[sku],
                quantity=quantity,
                **more,
            )
        )

    def reservation(self, line: int = 1) -> Row:
        """A line's only reservation, and the stock row that it names."""
        (row,) = self.reservations(line)
        return row

    def reservations(self, line: int = 1) -> list[Row]:
        """A line's reservations, in the order of the walk."""
        return self.base.read(
            lambda session: session.all(
                """SELECT r.id, r.shipment_id, r.line_id, r.quantity, r.reserved_at, r.stage, b.id AS balance_id,
                          b.layer_id, b.lot_id, b.serial, b.item_id, l.code AS place
                   FROM reservation r JOIN balance b ON b.id = r.balance_id JOIN location l ON l.id = b.location_id
                   WHERE r.line_id = :line ORDER BY r.path, r.id""", line=line)
        )  # fmt: skip

    def pick(self, row: Row, quantity: int, to: str, origin: str = "", cause: str = "pick") -> int:
        """Moves reserved goods; the reservation travels with them."""
        goods = Goods(row.item_id, row.layer_id, row.lot_id, row.serial)
        reserved = Reserved(row.id, row.shipment_id, row.line_id, row.quantity, row.reserved_at)
        return self.move(goods, quantity, origin or row.place, to, cause, balance_id=row.balance_id, reserved=reserved)

    def release(self, row: Row, quantity: int) -> None:
        """Lets so many of a reservation go."""
        self.base.change(lambda session: release(session, self.by(), reservation_id=row.id, quantity=quantity))

    def block(self, sku: str, kind: str = "hold", *, lot_id: int = 0, layer_id: int = 0, place: str = "") -> int:
        """Holds an item back: a lot, a layer or a bin of it, or all of it."""
        what = Block(self.house.items[sku], kind, lot_id, layer_id, self.place_ids[place] if place else 0)
        return self.base.change(lambda session: block(session, self.by(), what))

    def unblock(self, block_id: int) -> bool:
        """Ends a block."""
        return self.base.change(lambda session: unblock(session, self.by(), block_id))

    def seal(self) -> int:
        """Seals everything."""
        return seal_all(self.base, self.id)

    def total(self, sku: str) -> tuple[int, int, int]:
        """An item's on hand, reserved and blocked."""
        row = self.base.read(
            lambda session: session.one(
                "SELECT on_hand, reserved, blocked FROM total WHERE item_id = :item", item=self.house.items[sku]
            )
        )
        return tuple(row) if row else (0, 0, 0)

    def at(self, place: str, sku: str) -> tuple[int, int, int]:
        """Quantity, reserved and held of an item at a place, over all layers."""
        row = self.base.read(
            lambda session: session.one(
                """SELECT COALESCE(SUM(quantity), 0), COALESCE(SUM(reserved), 0), COALESCE(MAX(held), 0) FROM balance
                   WHERE location_id = :place AND item_id = :item""",
                place=self.place_ids[place], item=self.house.items[sku],
            )
        )  # fmt: skip
        return tuple(int(value) for value in row)

    def one(self, sql: str, **params: Any) -> Row:
        """One row of the database."""
        return self.base.read(lambda session: session.one(sql, **params))

    def rows(self, sql: str, **params: Any) -> list[Row]:
        """Rows of the database."""
        return self.base.read(lambda session: session.all(sql, **params))

    def faults(self) -> list[tuple[str, str]]:
        """What verify finds: the laws broken and the rows named."""
        proof = self.base.read(lambda session: verify(session, self.id))
        return sorted((fault.law, fault.row) for fault in proof.faults)

    def new_id(self) -> int:
        """An id that nothing has."""
        return self.base.change(new_id)
