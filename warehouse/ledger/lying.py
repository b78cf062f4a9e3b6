"""What lies where and in which state, now or at a past instant: the same for the command and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from warehouse.catalog.locations import CONTAINERS
from warehouse.catalog.lookup import parts
from warehouse.clock import day_of, iso, iso_day, now_us
from warehouse.db import Row, Session
from warehouse.ledger.history import holders_at, stock_at, stock_now

STATES = ("recalled", "rejected", "expired", "pending_inspection", "hold", "no_papers", "short")
"""The states of stock that is held back, the gravest first; a row shows the gravest that applies to it."""

SHOWN_AS = {"no_papers": "hold"}


@dataclass(frozen=True, slots=True)
class Map:
    """Every place and container of a warehouse, and what lies in what."""

    rows: dict[int, Row]
    holders: dict[int, int]

    def place(self, holder_id: int) -> Row:
        """The place in which something lies, out of all containers around it."""
        return self.chain(holder_id)[-1]

    def chain(self, holder_id: int) -> list[Row]:
        """From what holds it directly, through the containers, to the place."""
        found = [self.rows[holder_id]]
        while found[-1].kind in CONTAINERS and (above := self._holder(found[-1])) and len(found) < len(self.rows):
            found.append(self.rows[above])
        return found

    def inside(self, holder_id: int, place_id: int) -> bool:
        """Whether something lies in a place, container, or part of the warehouse."""
        above: int | None = holder_id
        for _ in range(len(self.rows)):
            if above is None or above == place_id:
                break
            above = self._holder(self.rows[above])
        return above == place_id

    def _holder(self, row: Row) -> int | None:
        return self.holders.get(row.id, 0) if self.holders and row.kind in CONTAINERS else row.parent_id


def place_map(session: Session, warehouse_id: int, holders: dict[int, int] | None = None) -> Map:
    """The map as it is now, or with its containers where they were."""
    rows = session.all(
        "SELECT id, code, kind, barcode, parent_id FROM location WHERE warehouse_id = :warehouse",
        warehouse=warehouse_id,
    )
    return Map({row.id: row for row in rows}, holders or {})


def place_map_at(session: Session, warehouse_id: int, at: int | None) -> Map:
    """The map at a past instant, or now."""
    return place_map(session, warehouse_id, None if at is None else holders_at(session, warehouse_id, at))


def stock_shown(
    session: Session, house: Row, map_: Map, *, sku: str = "", only: int | None = None, at: int | None = None
) -> list[dict[str, Any]]:
    """The stock of a warehouse, or of what lies in one place of it, as programs read it. Own locations only."""
    rows = stock_now(session, house.id, sku=sku) if at is None else stock_at(session, house.id, at, sku=sku)
    blocks = Blocks(session, house.id, house.timezone, now_us() if at is None else at)
    return [
        _shown(row, map_, blocks)
        for row in rows
        if _is_own(map_, row) and (only is None or map_.inside(row.holder_id, only))
    ]


def _is_own(map_: Map, row: Row) -> bool:
    return bool(map_.place(row.holder_id).kind != "outside")


def _shown(row: Row, map_: Map, blocks: Blocks) -> dict[str, Any]:
    holder = map_.rows[row.holder_id]
    place = map_.place(row.holder_id)
    return {
        "sku": row.sku, "location": None if place.kind in CONTAINERS else place.code,
        "container": holder.code if holder.kind in CONTAINERS else None, "lot": row.lot, "serial": row.serial or None,
        "expiry": iso_day(row.lot_expiry or row.layer_expiry), "received_at": iso(row.received_at),
        "state": blocks.state(row), "quantity": int(row.quantity),
        "reserved": None if row.reserved is None else int(row.reserved),
    }  # fmt: skip


Way = Literal["index", "walk", "scan"]

_LIES = """
SELECT c.id, c.item_id, i.sku, i.name, i.name_zh, c.location_id AS holder_id, l.code AS place, l.kind, u.id AS above_id,
       u.code AS above, t.code AS lot, c.lot_id, c.layer_id, c.serial, y.expiry_day, t.expiry_day AS lot_day,
       y.received_at, c.quantity, c.reserved, c.held, c.last_day
FROM ({chosen}) AS c JOIN item i ON i.id = c.item_id JOIN location l ON l.id = c.location_id
LEFT JOIN location u ON u.id = l.parent_id JOIN layer y ON y.id = c.layer_id LEFT JOIN lot t ON t.id = c.lot_id
ORDER BY i.sku, c.path, c.id"""
# A CROSS JOIN is what SQLite takes as an order to keep; to PostgreSQL it is a join like any other.
_ALL = """
SELECT b.* FROM item i CROSS JOIN balance b WHERE b.item_id = i.id AND b.warehouse_id = :warehouse AND {of}
ORDER BY i.sku, b.path, b.id LIMIT :most OFFSET :skip"""
_SOME = """
SELECT b.* FROM balance b CROSS JOIN item i WHERE i.id = b.item_id AND {scope} AND {of}
ORDER BY i.sku, b.path, b.id LIMIT :most OFFSET :skip"""


@dataclass(frozen=True, slots=True)
class Lie:
    """One stock row as people read it: what lies where, since when, in which state."""

    row: Row
    state: str

    @property
    def free(self) -> int:
        """What of it can be reserved."""
        return self.row.quantity - self.row.reserved if self.state == "available" else 0

    def as_json(self) -> dict[str, Any]:
        """The row as programs read it, in the names of `warehouse stock`."""
        row = self.row
        holds = row.kind in CONTAINERS
        return {
            "sku": row.sku, "location": row.above if holds else row.place, "container": row.place if holds else None,
            "lot": row.lot, "serial": row.serial or None, "expiry": iso_day(row.lot_day or row.expiry_day),
            "received_at": iso(row.received_at), "state": self.state, "quantity": row.quantity,
            "reserved": row.reserved,
        }  # fmt: skip


def lies(
    session: Session, warehouse_id: int, timezone: str, now: int, of: str, *, most: int, skip: int = 0,
    by: Way = "index", **params: Any,
) -> list[Lie]:  # fmt: skip
    """Stock rows that match `of` (a condition on balance b and item i), by SKU and then along the walk.

    `by` says how they are found: by an index that serves the condition; by a walk over the items in their order, so
    that a page of what most rows match costs a page; or by a scan of all rows once, for what few rows match.
    """
    scope = "b.warehouse_id + 0 = :warehouse" if by == "scan" else "b.warehouse_id = :warehouse"
    chosen = (_ALL if by == "walk" else _SOME).format(of=of, scope=scope)
    rows = session.all(
        _LIES.format(chosen=chosen), warehouse=warehouse_id, most=most, skip=skip, **params
    )  # fmt: skip
    blocks = Blocks(session, warehouse_id, timezone, now, items=sorted({row.item_id for row in rows}))
    return [Lie(row, blocks.state(row)) for row in rows]


class Blocks:
    """What held stock back at an instant: in the whole warehouse, or of some items only."""

    def __init__(
        self, session: Session, warehouse_id: int, timezone: str, at: int, *, items: Sequence[int] | None = None
    ) -> None:
        self._day = day_of(at, timezone)
        self._by_item: dict[int, list[Row]] = {}
        for row in _open_blocks(session, warehouse_id, at, items):
            self._by_item.setdefault(row.item_id, []).append(row)

    def state(self, row: Row) -> str:
        """The gravest state that applies to a stock row, or available."""
        kinds = {block.kind for block in self._by_item.get(row.item_id, ()) if _holds(block, row)}
        if row.last_day < self._day:
            kinds.add("expired")
        found = next((state for state in STATES if state in kinds), "available")
        return SHOWN_AS.get(found, found)


_OPEN = """
SELECT item_id, lot_id, layer_id, location_id, kind FROM block
WHERE warehouse_id = :warehouse AND opened_at <= :at AND (closed_at IS NULL OR closed_at > :at)"""


def _open_blocks(session: Session, warehouse_id: int, at: int, items: Sequence[int] | None) -> Iterable[Row]:
    if items is None:
        return session.all(_OPEN, warehouse=warehouse_id, at=at)
    return chain.from_iterable(
        session.all(f"{_OPEN} AND item_id IN ({marks})", warehouse=warehouse_id, at=at, **params)
        for marks, params in parts(items)
    )


def _holds(block: Row, row: Row) -> bool:
    return (
        block.lot_id in {0, row.lot_id}
        and block.layer_id in {0, row.layer_id}
        and block.location_id in {0, row.holder_id}
    )
