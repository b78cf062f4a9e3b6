"""What the pages of items read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.clock import day_of
from warehouse.db import Row, Session
from warehouse.errors import NotFound, Refusal
from warehouse.ledger.lying import Lie, lies
from warehouse.ledger.told import moves
from warehouse.scanning.reading import parse
from warehouse.who import By

LIES_MAX = 200

_COLUMNS = """
id, sku, name, name_zh, kind, unit, barcode, tracking, shelf_life_days, lock_days, class AS item_class, length_mm,
width_mm, height_mm, weight_g, safety_stock, lead_time_days, pack_size"""
_LIST = f"""
SELECT c.*, COALESCE(t.on_hand, 0) AS on_hand, COALESCE(t.reserved, 0) AS reserved, COALESCE(t.on_order, 0) AS on_order,
       {{free}} AS available
FROM (SELECT {_COLUMNS} FROM item i {{joined}} WHERE {{of}} ORDER BY i.sku LIMIT :most OFFSET :skip) AS c
LEFT JOIN total t ON t.warehouse_id = :warehouse AND t.item_id = c.id ORDER BY c.sku"""
# Blocked goods are in the total; expired ones are known by the day alone.
_FREE = """
(COALESCE((SELECT on_hand - reserved - blocked FROM total WHERE warehouse_id = :warehouse AND item_id = {item}.id), 0)
 - COALESCE((SELECT SUM(b.quantity - b.reserved) FROM balance b WHERE b.warehouse_id = :warehouse
             AND b.item_id = {item}.id AND b.held = 0 AND b.last_day < :today), 0))"""
# For the whole list the sums are taken once, for all items together.
_SUMS = """
LEFT JOIN (SELECT item_id AS of_total, warehouse_id, on_hand, reserved, blocked FROM total) AS s
  ON s.warehouse_id = :warehouse AND s.of_total = i.id
LEFT JOIN (SELECT b.item_id AS of_item, SUM(b.quantity - b.reserved) AS expired FROM balance b
           WHERE b.warehouse_id + 0 = :warehouse AND b.held = 0 AND b.last_day < :today GROUP BY b.item_id) AS e
  ON e.of_item = i.id"""
_IS_BELOW = """
i.safety_stock > COALESCE(s.on_hand - s.reserved - s.blocked, 0) - COALESCE(e.expired, 0)"""
_NAMED = """
(lower(i.sku) LIKE :like ESCAPE '!' OR lower(i.name) LIKE :like ESCAPE '!' OR lower(i.name_zh) LIKE :like ESCAPE '!'
 OR i.id IN (SELECT ref_id FROM code WHERE scope_id = 0 AND kind = 'item' AND text IN (:c0, :c1, :c2, :c3)))"""
_CANDIDATES = 4


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list of items; empty for all."""

    text: str = ""
    kind: str = ""
    item_class: str = ""
    tracking: str = ""
    below: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with its codes, its sums, where it lies and what happened to it last."""

    item: Row
    codes: list[Row]
    total: dict[str, int]
    lies: list[Lie]
    last: list[Row]

    def as_json(self) -> dict[str, Any]:
        """The item as programs read it."""
        item: dict[str, Any] = self.item._asdict()
        item |= {"id": str(item["id"]), "class": item.pop("item_class")}
        codes = [{"barcode": row.text, "quantity": row.quantity} for row in self.codes]
        return item | {"barcodes": codes, **self.total, "lies": [lie.as_json() for lie in self.lies]}


def items(session: Session, by: By, search: Search, *, most: int, skip: int) -> list[Row]:
    """Items by SKU, each with its sums in this warehouse."""
    conditions = ["1 = 1"]
    params: dict[str, Any] = {"today": day_of(by.now, by.timezone)}
    if search.text:
        conditions.append(_NAMED)
        params |= {"like": like(search.text), **_candidates(search.text)}
    for column, value in (("kind", search.kind), ("class", search.item_class), ("tracking", search.tracking)):
        if value:
            conditions.append(f"i.{column} = :{column}")
            params[column] = value
    if search.bare:
        conditions.append("i.barcode = i.sku")
    if search.below:
        conditions.append(_IS_BELOW)
    joined = _SUMS if search.below else ""
    sql = _LIST.format(joined=joined, of=" AND ".join(conditions), free=_FREE.format(item="c"))
    return session.all(sql, warehouse=by.warehouse_id, most=most, skip=skip, **params)


def classes(session: Session, most: int = 100) -> list[str]:
    """The classes that items have."""
    rows = session.all("SELECT DISTINCT class FROM item WHERE class <> '' ORDER BY class LIMIT :most", most=most)
    return [row[0] for row in rows]


def item_row(session: Session, item_id: int, *, lock: bool = False) -> Row:
    """An item's own row; `lock` keeps it for this change.

    Raises:
        NotFound: there is none.
    """
    row = session.one(f"SELECT {_COLUMNS} FROM item WHERE id = :id{session.for_update if lock else ''}", id=item_id)
    if row is None:
        raise NotFound(what=f"/items/{item_id}")
    return row


def item_view(session: Session, by: By, item_id: int) -> ItemView:
    """All that an item's page shows.

    Raises:
        NotFound: there is none.
    """
    item = item_row(session, item_id)
    codes = session.all(
        "SELECT text, quantity FROM code WHERE kind = 'item' AND ref_id = :id ORDER BY quantity, text", id=item_id
    )
    total = session.one(
        "SELECT on_hand, reserved, blocked, on_order FROM total WHERE warehouse_id = :warehouse AND item_id = :id",
        warehouse=by.warehouse_id, id=item_id,
    )  # fmt: skip
    lying = lies(session, by.warehouse_id, by.timezone, by.now, "b.item_id = :id", most=LIES_MAX, id=item_id)
    free = session.value(
        f"SELECT {_FREE.format(item='i')} FROM item i WHERE i.id = :id",
        warehouse=by.warehouse_id, id=item_id, today=day_of(by.now, by.timezone),
    )  # fmt: skip
    summed = total._asdict() if total else {"on_hand": 0, "reserved": 0, "blocked": 0, "on_order": 0}
    return ItemView(
        item, codes, summed | {"available": int(free)}, lying, moves(session, by, "item_id = :id", id=item_id)
    )


def _candidates(text: str) -> dict[str, str]:
    """What a scan of this text may name: barcodes come in several lengths."""
    try:
        found = list(parse(text).candidates)
    except Refusal:
        found = []
    texts = ([text, *found] + [text] * _CANDIDATES)[:_CANDIDATES]
    return {f"c{index}": each for index, each in enumerate(texts)}
