"""What the pages of places read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ledger.lying import Lie, lies
from warehouse.ledger.told import moves
from warehouse.who import By

LIES_MAX = 200
CONTAINERS_MAX = 100
DEPTH_MAX = 20

_LIST = """
SELECT l.id, l.code, l.kind, l.barcode, l.classes, l.pick_face, l.path, u.id AS above_id, u.code AS above,
       (SELECT COUNT(DISTINCT b.item_id) FROM balance b WHERE b.warehouse_id = :warehouse AND b.location_id = l.id) AS items,
       (SELECT COALESCE(SUM(b.quantity), 0) FROM balance b
        WHERE b.warehouse_id = :warehouse AND b.location_id = l.id) AS quantity,
       (SELECT COALESCE(MAX(b.held), 0) FROM balance b
        WHERE b.warehouse_id = :warehouse AND b.location_id = l.id) AS held
FROM (SELECT * FROM location l WHERE l.warehouse_id = :warehouse AND {of}
      ORDER BY l.path, l.id LIMIT :most OFFSET :skip) AS l
LEFT JOIN location u ON u.id = l.parent_id ORDER BY l.path, l.id"""
_FILLED = "(SELECT b.location_id FROM balance b WHERE b.warehouse_id = :warehouse)"
_HELD = "(SELECT b.location_id FROM balance b WHERE b.warehouse_id + 0 = :warehouse AND b.held > 0)"
_IN_BUILDING = "('site', 'zone', 'aisle', 'bay', 'level', 'bin', 'dock', 'staging', 'station', 'quarantine')"
_BELOW = """
SELECT l.id, l.code, l.kind,
       (SELECT COUNT(*) FROM location c WHERE c.warehouse_id = :warehouse AND c.parent_id = l.id) AS inside
FROM location l WHERE l.warehouse_id = :warehouse AND l.parent_id = :id AND l.kind IN ('zone', 'aisle', 'bay', 'level')
ORDER BY l.path, l.id LIMIT :most"""
_CONTAINERS = """
SELECT c.id, c.code, c.kind, (SELECT COALESCE(SUM(b.quantity), 0) FROM balance b
                              WHERE b.warehouse_id = :warehouse AND b.location_id = c.id) AS quantity
FROM location c WHERE c.warehouse_id = :warehouse AND c.parent_id = :id AND c.kind IN ('tote', 'pallet', 'parcel')
ORDER BY c.path, c.id LIMIT :most"""
_INSIDE = """(b.location_id = :id OR b.location_id IN (
    SELECT c.id FROM location c WHERE c.warehouse_id = :warehouse AND c.parent_id = :id
      AND c.kind IN ('tote', 'pallet', 'parcel')))"""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list of places; empty for all of the building."""

    text: str = ""
    kind: str = ""
    inside: int = 0
    empty: bool = False
    blocked: bool = False
    face: bool = False


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place with the places around it, what lies in it, and what happened there last."""

    place: Row
    above: list[Row]
    below: list[Row]
    containers: list[Row]
    lies: list[Lie]
    last: list[Row]

    def as_json(self) -> dict[str, Any]:
        """The place as programs read it."""
        place: dict[str, Any] = self.place._asdict()
        place |= {"id": str(place["id"]), "pick_face": bool(place["pick_face"])}
        for name in ("warehouse_id", "parent_id", "path", "pick"):
            place.pop(name)
        return place | {
            "lies_in": self.above[-1].code if self.above else None,
            "containers": [{"code": row.code, "kind": row.kind, "quantity": row.quantity} for row in self.containers],
            "lies": [lie.as_json() for lie in self.lies],
        }


def places(session: Session, by: By, search: Search, *, most: int, skip: int) -> list[Row]:
    """Places along the walk, each with how much lies directly in it."""
    conditions, params = [], dict[str, Any]()
    if search.text:
        conditions.append("(lower(l.code) LIKE :like ESCAPE '!' OR l.barcode = :text)")
        params |= {"like": like(search.text, anywhere=False), "text": search.text}
    conditions.append("l.kind = :kind" if search.kind else f"l.kind IN {_IN_BUILDING}")
    params |= {"kind": search.kind} if search.kind else {}
    if search.inside:
        conditions.append("l.parent_id = :inside")
        params["inside"] = search.inside
    if search.empty:
        conditions.append(f"l.kind = 'bin' AND l.id NOT IN {_FILLED}")
    if search.blocked:
        conditions.append(f"l.id IN {_HELD}")
    if search.face:
        conditions.append("l.pick_face = 1")
    sql = _LIST.format(of=" AND ".join(conditions))
    return session.all(sql, warehouse=by.warehouse_id, most=most, skip=skip, **params)


def tree(session: Session, by: By, inside: int, most: int = 200) -> list[Row]:
    """The zones, aisles and racks directly in a place; in the whole warehouse for 0."""
    top = inside or session.value(
        "SELECT id FROM location WHERE warehouse_id = :warehouse AND kind = 'site' AND parent_id IS NULL",
        warehouse=by.warehouse_id,
    )
    return session.all(_BELOW, warehouse=by.warehouse_id, id=top or 0, most=most)


def above(session: Session, by: By, location_id: int) -> list[Row]:
    """The places around one, the outermost first."""
    found: list[Row] = []
    place = session.one(
        "SELECT parent_id FROM location WHERE id = :id AND warehouse_id = :warehouse",
        id=location_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    while place is not None and place.parent_id and len(found) < DEPTH_MAX:
        place = session.one("SELECT id, code, kind, parent_id FROM location WHERE id = :id", id=place.parent_id)
        if place is not None:
            found.insert(0, place)
    return found


def place_row(session: Session, by: By, location_id: int, *, lock: bool = False) -> Row:
    """A place's own row; `lock` keeps it for this change.

    Raises:
        NotFound: there is none in this warehouse.
    """
    row = session.one(
        f"SELECT * FROM location WHERE id = :id AND warehouse_id = :warehouse{session.for_update if lock else ''}",
        id=location_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    if row is None:
        raise NotFound(what=f"/locations/{location_id}")
    return row


def place_named(session: Session, by: By, text: str) -> Row | None:
    """The place of this warehouse that a code or barcode names."""
    return session.one(
        """SELECT l.* FROM location l WHERE l.warehouse_id = :warehouse
             AND (l.code = :text OR l.id = (SELECT ref_id FROM code WHERE text = :text AND scope_id = :warehouse
                                            AND kind = 'location'))""",
        warehouse=by.warehouse_id, text=text,
    )  # fmt: skip


def place_view(session: Session, by: By, location_id: int) -> PlaceView:
    """All that a place's page shows.

    Raises:
        NotFound: there is none in this warehouse.
    """
    place = place_row(session, by, location_id)
    containers = session.all(_CONTAINERS, warehouse=by.warehouse_id, id=location_id, most=CONTAINERS_MAX)
    lying = lies(session, by.warehouse_id, by.timezone, by.now, _INSIDE, most=LIES_MAX, id=location_id)
    last = moves(
        session, by, "from_id = :id", "to_id = :id", "container_id = :id AND container_id <> 0", id=location_id
    )
    return PlaceView(place, above(session, by, location_id), tree(session, by, location_id), containers, lying, last)
