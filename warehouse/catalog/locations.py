"""The location tree and the containers that travel in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from warehouse.catalog.codes import made_code, made_codes, register, register_many
from warehouse.catalog.places import INSIDE, OUTSIDE
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.ids import new_id

CONTAINERS = ("tote", "pallet", "parcel")
_NUMBER = re.compile(r"[0-9]+", re.ASCII)


def make_warehouse(session: Session, code: str, *, timezone: str, barcode: str = "") -> int:
    """A site without a parent is a warehouse; its built-in locations come with it. Returns its id."""
    warehouse_id = new_id(session)
    session.run(
        "INSERT INTO warehouse (id, code, timezone, made_at) VALUES (:id, :code, :timezone, :at)",
        id=warehouse_id, code=code, timezone=timezone, at=now_us(),
    )  # fmt: skip
    for name in OUTSIDE:
        make_location(session, warehouse_id, name, kind="outside", barcode=name, coded=False)
    for name in INSIDE:
        make_location(session, warehouse_id, name, kind="virtual", barcode=name, coded=False)
    make_location(session, warehouse_id, code, kind="site", barcode=barcode)
    return warehouse_id


def make_location(
    session: Session, warehouse_id: int, code: str, *, kind: str, barcode: str = "", coded: bool = True, **more: Any
) -> int:
    """A place in a warehouse, found by its code and by its barcode (made where none is given). Returns its id.

    Raises:
        CodeTaken: its code or barcode names another place here.
    """
    location_id = new_id(session)
    barcode = barcode or made_code(session, "location", warehouse_id=warehouse_id)
    row = _values(warehouse_id, {"id": location_id, "code": code, "kind": kind, "barcode": barcode, **more})
    session.run(_INSERT, **row)
    if coded:
        for text in dict.fromkeys((code, barcode)):
            register(session, text, kind="location", ref_id=location_id, scope_id=warehouse_id)
    return location_id


def make_locations(session: Session, warehouse_id: int, places: Sequence[dict[str, Any]]) -> None:
    """Many places at once, each with at least its id, code and kind; a barcode is made where none is given.

    Raises:
        CodeTaken: a code or barcode names another place here.
    """
    bare = [place for place in places if not place.get("barcode")]
    made = dict(zip(map(id, bare), made_codes(session, "location", len(bare), warehouse_id=warehouse_id), strict=True))
    rows = [_values(warehouse_id, place | {"barcode": made.get(id(place)) or place["barcode"]}) for place in places]
    session.many(_INSERT, rows)
    codes = [(text, row["id"], 1) for row in rows for text in dict.fromkeys((row["code"], row["barcode"]))]
    register_many(session, codes, kind="location", scope_id=warehouse_id)


_DEFAULTS: dict[str, Any] = {
    "parent_id": None, "classes": "", "aisle": None, "position": None, "level": None, "max_weight_g": None,
    "max_volume_mm3": None, "pick_face": 0, "pick": 0,
}  # fmt: skip
_INSERT = """
INSERT INTO location (id, warehouse_id, parent_id, code, kind, barcode, classes, aisle, position, level, path,
    max_weight_g, max_volume_mm3, pick_face, pick)
VALUES (:id, :warehouse, :parent_id, :code, :kind, :barcode, :classes, :aisle, :position, :level, :path,
    :max_weight_g, :max_volume_mm3, :pick_face, :pick)"""


def _values(warehouse_id: int, place: dict[str, Any]) -> dict[str, Any]:
    values = _DEFAULTS | place
    path = path_key(values["code"], values["aisle"], values["position"], values["level"])
    return values | {"warehouse": warehouse_id, "path": path}


def path_key(code: str, aisle: int | None, position: int | None, level: int | None) -> str:
    """Where a place comes on the walk: up one aisle and down the next (an S-shape), then by level.

    Sorts as plain text. Places without coordinates come in the natural order of their codes, after those with.
    """
    if aisle is None or position is None:
        return "~" + _NUMBER.sub(lambda found: found.group().rjust(6, "0"), code)
    walked = position if aisle % 2 else 99_999 - position
    return f"{aisle:05d}-{walked:05d}-{level or 0:03d}-{code}"


def refresh_pick_locations(session: Session, warehouse_id: int) -> None:
    """Marks the bins that picks come from: the pick faces, or every bin where none is marked; and their stock."""
    faces = session.value(
        "SELECT count(*) FROM location WHERE warehouse_id = :warehouse AND kind = 'bin' AND pick_face = 1",
        warehouse=warehouse_id,
    )
    session.run(
        """UPDATE location SET pick = CASE WHEN :faces = 0 THEN 1 ELSE pick_face END
           WHERE warehouse_id = :warehouse AND kind = 'bin'
             AND pick <> CASE WHEN :faces = 0 THEN 1 ELSE pick_face END""",
        warehouse=warehouse_id, faces=int(faces),
    )  # fmt: skip
    session.run(
        """UPDATE balance SET pick = (SELECT l.pick FROM location l WHERE l.id = balance.location_id)
           WHERE warehouse_id = :warehouse
             AND pick <> (SELECT l.pick FROM location l WHERE l.id = balance.location_id)""",
        warehouse=warehouse_id,
    )


def change_location(session: Session, warehouse_id: int, location_id: int, values: dict[str, Any]) -> None:
    """Changes plain attributes of a place. An old barcode goes on naming it: labels outlive a change.

    Raises:
        CodeTaken: the new barcode names something else here.
    """
    assert set(values) <= {"barcode", "classes", "max_weight_g", "max_volume_mm3", "pick_face"}, "its own columns"
    if values.get("barcode"):
        register(session, values["barcode"], kind="location", ref_id=location_id, scope_id=warehouse_id)
    changes = ", ".join(f"{name} = :{name}" for name in values)
    session.run(f"UPDATE location SET {changes} WHERE id = :location_id", location_id=location_id, **values)
    if "pick_face" in values:
        refresh_pick_locations(session, warehouse_id)


def find_quarantine(session: Session, warehouse_id: int) -> int:
    """The place where damaged goods go; the first one need of it makes."""
    found = session.value(
        "SELECT id FROM location WHERE warehouse_id = :warehouse AND kind = 'quarantine' ORDER BY path, id LIMIT 1",
        warehouse=warehouse_id,
    )
    return int(found) if found else make_location(session, warehouse_id, "QUARANTINE", kind="quarantine")
