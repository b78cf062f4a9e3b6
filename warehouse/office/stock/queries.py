"""What the lists of stock and moves read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like, parts
from warehouse.clock import MINUTE, day_of, iso, parse_day, parse_instant, start_of
from warehouse.db import Row, Session
from warehouse.ids import first_id_at
from warehouse.ledger.lying import Lie, Way, lies, place_map_at, stock_shown
from warehouse.office.stock.rules import CAUSES, NoDay, NoTime, NotKnown
from warehouse.who import By

_STATES = {
    "available": "b.held = 0 AND b.last_day >= :today AND b.quantity > b.reserved",
    "reserved": "b.reserved > 0",
    "held": "b.held > 0",
    "expired": "b.last_day < :today",
    "pending_inspection": """b.held > 0 AND EXISTS (SELECT 1 FROM block k WHERE k.warehouse_id = b.warehouse_id
        AND k.item_id = b.item_id AND k.kind = 'pending_inspection' AND k.closed_at IS NULL
        AND k.lot_id IN (0, b.lot_id) AND k.layer_id IN (0, b.layer_id) AND k.location_id IN (0, b.location_id))""",
}
_RARE = frozenset({"reserved", "expired", "held", "pending_inspection"})
"""States of few rows: these are found by reading all rows once, and only then put in order."""

NAMED_MAX = 500
"""So many items, lots and places a search may mean; what it means beyond that is not shown."""

_ITEMS_NAMED = """
SELECT id FROM item WHERE lower(sku) LIKE :like ESCAPE '!'
UNION SELECT ref_id FROM code WHERE text = :text AND kind = 'item' LIMIT :most"""
_LOTS_NAMED = "SELECT id, item_id FROM lot WHERE lower(code) LIKE :like ESCAPE '!' LIMIT :most"
_PLACES_NAMED = """
SELECT id FROM location WHERE warehouse_id = :warehouse AND (lower(code) LIKE :like ESCAPE '!' OR barcode = :text)
ORDER BY path LIMIT :most"""
_CONTAINERS_IN = """
SELECT id FROM location WHERE warehouse_id = :warehouse AND parent_id IN ({marks})
  AND kind IN ('tote', 'pallet', 'parcel') LIMIT :most"""

_MOVES = """
SELECT m.posting_id, m.line, m.recorded_at, m.occurred_at, m.cause, m.quantity, m.document, m.serial, m.container_id,
       m.key, m.device, i.id AS item_id, i.sku, t.code AS lot, c.code AS container, f.code AS from_code,
       o.code AS to_code, p.name AS by_name
FROM (SELECT * FROM ({each}) AS found ORDER BY posting_id DESC, line LIMIT :most OFFSET :skip) AS m
LEFT JOIN item i ON i.id = m.item_id LEFT JOIN lot t ON t.id = m.lot_id LEFT JOIN location c ON c.id = m.container_id
LEFT JOIN location f ON f.id = m.from_id LEFT JOIN location o ON o.id = m.to_id
LEFT JOIN person p ON p.id = m.person_id ORDER BY m.posting_id DESC, m.line"""
_EACH = """
SELECT * FROM (SELECT * FROM move WHERE {of} ORDER BY posting_id DESC, line LIMIT :reach) AS one"""
_NO_INDEX, _INDEXED = "warehouse_id + 0 = :warehouse", "warehouse_id = :warehouse"
"""Without an index for it the ledger is read backwards, in its own order, which `+ 0` keeps the planner to."""


@dataclass(frozen=True, slots=True)
class MoveSearch:
    """Which moves are looked for, as typed: an item, a place or container, a person, a cause, a local day."""

    item: str = ""
    location: str = ""
    person: str = ""
    cause: str = ""
    day: str = ""


def stock(
    session: Session, by: By, text: str, state: str, *, most: int, skip: int
) -> tuple[list[Lie], bool]:  # fmt: skip
    """Stock as it lies now, by SKU and then along the walk; and whether the search means more than can be shown."""
    conditions, params, cut = [], dict[str, Any](), False
    if text:
        named, params, cut = _named(session, by, text)
        conditions.append(named)
    if state in _STATES:
        conditions.append(_STATES[state])
    of = " AND ".join(conditions) or "1 = 1"
    if ":today" in of:
        params["today"] = day_of(by.now, by.timezone)
    way: Way = "index" if text else "scan" if state in _RARE else "walk"
    found = lies(session, by.warehouse_id, by.timezone, by.now, of, most=most, skip=skip, by=way, **params)
    return found, cut


def _named(session: Session, by: By, text: str) -> tuple[str, dict[str, Any], bool]:
    """The stock rows of the items, lots and places that a text may mean, each kind by an index of its own."""
    asked: dict[str, Any] = {"like": like(text, anywhere=False), "most": NAMED_MAX}
    items = [row.id for row in session.all(_ITEMS_NAMED, text=text, **asked)]
    lots = session.all(_LOTS_NAMED, **asked)
    places = [row.id for row in session.all(_PLACES_NAMED, warehouse=by.warehouse_id, text=text, **asked)]
    cut = NAMED_MAX in {len(items), len(lots), len(places)}
    for marks, params in list(parts(places)):
        inside = session.all(
            _CONTAINERS_IN.format(marks=marks), warehouse=by.warehouse_id, most=NAMED_MAX, **params
        )  # fmt: skip
        places += [row.id for row in inside]
    found, bound = [], dict[str, Any]()
    for column, ids in (("item_id", items), ("location_id", places)):
        found.append(f"s.{column} IN ({_marks(column, ids, bound)})")
    of_lots = _marks("of", [row.item_id for row in lots], bound)
    found.append(f"s.item_id IN ({of_lots}) AND s.lot_id IN ({_marks('lot', [row.id for row in lots], bound)})")
    rows = " UNION ".join(f"SELECT s.id FROM balance s WHERE s.warehouse_id = :warehouse AND {each}" for each in found)
    return f"b.id IN ({rows})", bound, cut


def _marks(name: str, ids: Sequence[int], bound: dict[str, Any]) -> str:
    """The marks of ids in a statement; their values go to `bound`. None of them is 0, which no row has."""
    values = {f"{name}{index}": each for index, each in enumerate(ids or [0])}
    bound.update(values)
    return ", ".join(f":{each}" for each in values)


def stock_then(session: Session, house: Row, text: str, state: str, at: int) -> list[dict[str, Any]]:
    """Stock as it lay at a past instant, from what was sealed until then; by SKU and then by code of the place."""
    sku = session.value("SELECT sku FROM item WHERE sku = :text", text=text) or ""
    map_ = place_map_at(session, house.id, at)
    rows = stock_shown(session, house, map_, sku=sku, at=at)
    return [row for row in rows if (sku or _matches(row, text)) and _in_state(row, state)]


def _matches(row: dict[str, Any], text: str) -> bool:
    texts = (row["sku"], row["lot"], row["location"], row["container"])
    return any(str(each or "").lower().startswith(text.lower()) for each in texts)


def _in_state(row: dict[str, Any], state: str) -> bool:
    if state in {"", "reserved"}:  # what was reserved at a past instant is not kept
        return not state
    if state == "held":
        return row["state"] not in {"available", "expired"}
    return bool(row["state"] == state)


def house(session: Session, warehouse_id: int) -> Row:
    """The warehouse itself."""
    row = session.one("SELECT id, code, timezone FROM warehouse WHERE id = :id", id=warehouse_id)
    assert row is not None, "somebody is signed in to it"
    return row


def instant(text: str, timezone: str, now: int) -> int | None:
    """A past instant as typed into a page; None where nothing was.

    Raises:
        NoTime: it is no time, or one that has not come.
    """
    if not text:
        return None
    try:
        at = parse_instant(text, timezone)
    except (ValueError, OverflowError) as error:
        raise NoTime(read=text) from error
    if not 0 < at <= now:
        raise NoTime(read=text)
    return at


def moves(session: Session, by: By, search: MoveSearch, *, most: int, skip: int) -> list[Row]:
    """Moves, the latest first.

    Raises:
        NotKnown: the item, place or person named does not exist here.
        NoDay: the day is none.
    """
    conditions, params = [], dict[str, Any]()
    if search.item:
        conditions.append("item_id = :item")
        params["item"] = _known(session, search.item, _ITEM)
    if search.person:
        conditions.append("person_id = :person")
        params["person"] = _known(session, search.person, _PERSON)
    if search.cause in CAUSES:
        conditions.append("cause = :cause")
        params["cause"] = search.cause
    if search.day:
        conditions.append("posting_id BETWEEN :first AND :last AND recorded_at >= :begins AND recorded_at < :ends")
        params |= _day(search.day, by.timezone)
    places = [""]
    if search.location:
        places = ["from_id = :place", "to_id = :place", "container_id = :place AND container_id <> 0"]
        params["place"] = _known(session, search.location, _PLACE, warehouse=by.warehouse_id)
    scope = _INDEXED if search.item or search.location else _NO_INDEX
    each = " UNION ".join(_EACH.format(of=" AND ".join(filter(None, (scope, place, *conditions)))) for place in places)
    return session.all(
        _MOVES.format(each=each), warehouse=by.warehouse_id, most=most, skip=skip, reach=most + skip, **params
    )  # fmt: skip


_ITEM = """
SELECT id FROM item WHERE sku = :text UNION SELECT ref_id FROM code WHERE text = :text AND kind = 'item' LIMIT 1"""
_PERSON = "SELECT id FROM person WHERE name = :text"
_PLACE = """
SELECT id FROM location WHERE warehouse_id = :warehouse AND code = :text
UNION SELECT ref_id FROM code WHERE text = :text AND scope_id = :warehouse AND kind = 'location' LIMIT 1"""


def _known(session: Session, text: str, sql: str, **params: Any) -> int:
    found = session.value(sql, text=text, **params)
    if found is None:
        raise NotKnown(read=text)
    return int(found)


def _day(text: str, timezone: str) -> dict[str, int]:
    """A local day as instants, and as the ids that could have been made in it."""
    try:
        day = parse_day(text)
        begins, ends = start_of(day, timezone), start_of(day + 1, timezone)
    except (ValueError, OverflowError) as error:
        raise NoDay(read=text) from error
    return {"begins": begins, "ends": ends, "first": first_id_at(begins - MINUTE), "last": first_id_at(ends + MINUTE)}


def moved(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Moves as programs read them."""
    return [
        {"posting": str(row.posting_id), "at": iso(row.recorded_at), "occurred_at": iso(row.occurred_at), "key": row.key,
         "cause": row.cause, "document": row.document, "sku": row.sku, "lot": row.lot, "serial": row.serial or None,
         "container": row.container, "quantity": row.quantity, "from": row.from_code, "to": row.to_code,
         "by": row.by_name or "system", "device": row.device}
        for row in rows
    ]  # fmt: skip
