"""What the pages of places change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.catalog.locations import change_location, make_location, make_locations, refresh_pick_locations
from warehouse.catalog.lookup import parts
from warehouse.db import Session
from warehouse.errors import Notice
from warehouse.ids import new_id
from warehouse.office.locations.queries import place_named, place_row
from warehouse.office.locations.rules import (
    AISLE_MAX,
    CHANGED,
    LEAVES,
    LEVEL_MAX,
    MADE,
    MADE_KINDS,
    NAMES,
    RUN_MADE,
    VOLUME_MAX,
    WEIGHT_MAX,
    NoSuchPlace,
    PlaceTaken,
    Run,
    check_run,
)
from warehouse.scanning.fields import Fields
from warehouse.who import By


def make(session: Session, by: By, sent: Mapping[str, Any]) -> Notice:
    """A new place; its barcode is made where none is given.

    Raises:
        Refusal: a field cannot be taken, or the code names something else here.
    """
    fields = Fields(sent, NAMES)
    code, kind = fields.code("code", made="XL", required=True), fields.choice("kind", MADE_KINDS)
    _refuse_taken(session, by, [code])
    values = _limits(fields) | {
        "aisle": fields.number("aisle", 0, AISLE_MAX), "position": fields.number("position", 0, AISLE_MAX),
        "level": fields.number("level", 0, LEVEL_MAX), "parent_id": _parent(session, by, fields),
        "pick_face": int(kind == "bin" and fields.ticked("pick_face")),
    }  # fmt: skip
    barcode = fields.code("barcode", made="XL")
    location_id = make_location(session, by.warehouse_id, code, kind=kind, barcode=barcode, **values)
    refresh_pick_locations(session, by.warehouse_id)
    made = place_row(session, by, location_id)
    return MADE(code=code, barcode=made.barcode, href=f"/locations/{location_id}")


def make_run(session: Session, by: By, sent: Mapping[str, Any]) -> Notice:
    """All bins of a part of an aisle at once: every level at every position. All or none of them.

    Raises:
        BadRun: the run is empty or too long.
        PlaceTaken: one of them is there already.
    """
    fields = Fields(sent, NAMES)
    run = check_run(_run(fields))
    faces = fields.number("face_level", 0, LEVEL_MAX)
    shared = _limits(fields) | {"parent_id": _parent(session, by, fields), "kind": "bin", "aisle": run.aisle}
    bins = [
        shared | {"id": new_id(session), "code": code, "position": position, "level": level,
                  "pick_face": int(faces is not None and level <= faces)}
        for code, position, level in run.places()
    ]  # fmt: skip
    Fields({"code": bins[0]["code"]}, NAMES).code("code", made="XL")
    _refuse_taken(session, by, [each["code"] for each in bins])
    make_locations(session, by.warehouse_id, bins)
    refresh_pick_locations(session, by.warehouse_id)
    return RUN_MADE(
        count=len(bins), first=bins[0]["code"], last=bins[-1]["code"],
        href=f"/locations/{shared['parent_id']}" if shared["parent_id"] else "/locations",
    )  # fmt: skip


def change(session: Session, by: By, location_id: int, sent: Mapping[str, Any]) -> Notice:
    """Changes what a place takes, whether picks come from it, and the barcode that is printed for it.

    Raises:
        Refusal: a field cannot be taken, or the barcode names something else here.
    """
    fields = Fields(sent, NAMES)
    place = place_row(session, by, location_id, lock=True)
    values = _limits(fields)
    if place.kind == "bin" and fields.ticked("pick_face") != bool(place.pick_face):
        values["pick_face"] = int(fields.ticked("pick_face"))
    if barcode := fields.code("barcode", made="XL"):
        values["barcode"] = barcode
    change_location(session, by.warehouse_id, location_id, values)
    return CHANGED(code=place.code, href=f"/locations/{location_id}")


def _run(fields: Fields) -> Run:
    whole = {name: fields.number(name, 0, most, required=True) or 0 for name, most in _RUN_FIELDS.items()}
    return Run(
        fields.text("prefix", most=40, required=True), whole["aisle"],
        range(whole["first_position"], whole["last_position"] + 1), range(whole["first_level"], whole["last_level"] + 1),
    )  # fmt: skip


_RUN_FIELDS = {"aisle": AISLE_MAX, "first_position": AISLE_MAX, "last_position": AISLE_MAX, "first_level": LEVEL_MAX,
               "last_level": LEVEL_MAX}  # fmt: skip


def _limits(fields: Fields) -> dict[str, Any]:
    return {
        "classes": fields.classes("classes"), "max_weight_g": fields.number("max_weight_g", 1, WEIGHT_MAX),
        "max_volume_mm3": fields.number("max_volume_mm3", 1, VOLUME_MAX),
    }  # fmt: skip


def _parent(session: Session, by: By, fields: Fields) -> int | None:
    """The place that a new one lies in: the one named, else the warehouse itself."""
    text = fields.text("parent")
    found = place_named(session, by, text) if text else _site(session, by)
    if text and (found is None or found.kind in LEAVES):
        raise NoSuchPlace(read=text)
    return int(found.id) if found else None


def _site(session: Session, by: By) -> Any:
    return session.one(
        "SELECT id, kind FROM location WHERE warehouse_id = :warehouse AND kind = 'site' AND parent_id IS NULL",
        warehouse=by.warehouse_id,
    )


def _refuse_taken(session: Session, by: By, codes: list[str]) -> None:
    for marks, params in parts(codes):
        taken = session.value(
            f"SELECT MIN(code) FROM location WHERE warehouse_id = :warehouse AND code IN ({marks})",
            warehouse=by.warehouse_id, **params,
        )  # fmt: skip
        if taken:
            raise PlaceTaken(read=taken)
