"""What the office asks to be cleared, and what the book says of it."""

from __future__ import annotations

from tests.floor import House
from warehouse.catalog.locations import refresh_pick_locations
from warehouse.catalog.places import places
from warehouse.db import Session
from warehouse.ledger import Goods, Move, post
from warehouse.planning import clearing


def faces(house: House, *codes: str) -> None:
    """Makes bins pick faces; all others are reserve."""

    def mark(session: Session) -> None:
        session.run("UPDATE location SET pick_face = 0")
        for code in codes:
            session.run("UPDATE location SET pick_face = 1 WHERE code = :code", code=code)
        refresh_pick_locations(session, house.id)

    house.base.change(mark)


def asks(house: House, kind: str, sku: str = "KETTLE") -> list[int]:
    """Asks for an item to be cleared; the clearances' ids."""
    item = house.items[sku]
    house.base.change(lambda session: clearing.ask(session, house.by(), item, kind, reason="a year without a sale"))
    rows = house.base.read(lambda session: session.all("SELECT id FROM clearance WHERE closed_at IS NULL ORDER BY id"))
    return [row.id for row in rows]


def total(house: House, sku: str = "KETTLE") -> tuple[int, int]:
    """How many of an item are on hand, and how many of them are held back."""
    row = house.base.read(
        lambda session: session.one("SELECT on_hand, blocked FROM total WHERE item_id = :item", item=house.items[sku])
    )
    return (int(row.on_hand), int(row.blocked)) if row else (0, 0)


def lies(house: House, sku: str = "KETTLE") -> dict[str, int]:
    """Where an item lies, and how many."""
    found: dict[str, int] = {}
    for (_, place, _, _), quantity in house.stock(sku).items():
        found[place] = found.get(place, 0) + quantity
    return found


def open_ones(house: House) -> int:
    """How many clearances are not done."""
    return int(house.value("SELECT count(*) FROM clearance WHERE closed_at IS NULL"))


def holds(house: House, kind: str = "hold") -> int:
    """How many blocks of a kind hold something back."""
    return int(house.value("SELECT count(*) FROM block WHERE closed_at IS NULL AND kind = :kind", kind=kind))


def counts_asked(house: House) -> int:
    """How many counts are asked for."""
    return int(house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL"))


def causes(house: House) -> list[tuple[str, int, str, str]]:
    """What was moved since the opening, in order: cause, quantity, from, to."""
    rows = house.base.read(
        lambda session: session.all(
            """SELECT m.cause, m.quantity, f.code AS origin, t.code AS place FROM move m
               JOIN location f ON f.id = m.from_id JOIN location t ON t.id = m.to_id
               WHERE m.cause <> 'opening' ORDER BY m.posting_id, m.line"""
        )
    )
    return [(row.cause, row.quantity, row.origin, row.place) for row in rows]


def second_piece(house: House, place: str, layer: int, serial: str) -> None:
    """Another camera of the same receipt in the same bin."""

    def put(session: Session) -> None:
        goods = Goods(house.items["CAMERA"], layer, 0, serial)
        post(session, house.by(), "opening", [Move(1, places(session, house.id).supplier, house.places[place], goods)])

    house.base.change(put)
