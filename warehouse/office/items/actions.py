"""What the pages of items change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.catalog.codes import CodeTaken, register
from warehouse.catalog.items import change_item, made_barcode, make_item, remove_code
from warehouse.db import Session
from warehouse.errors import Notice
from warehouse.office.items.queries import item_row
from warehouse.office.items.rules import CHANGED, CODE_ADDED, CODE_REMOVED, DAYS_MAX, MADE, NAMES
from warehouse.planning.policies import follow_items
from warehouse.scanning.fields import Fields
from warehouse.scanning.texts import ITEM_KINDS, TRACKINGS
from warehouse.who import By

SIZES = ("length_mm", "width_mm", "height_mm", "pack_size")


def make(session: Session, _by: By, sent: Mapping[str, Any]) -> Notice:
    """A new item; without a barcode it gets one of our own (R-RCV-5).

    Raises:
        Refusal: a field cannot be taken, or a code names something else.
    """
    fields = Fields(sent, NAMES)
    sku = fields.code("sku", required=True)
    if session.value("SELECT 1 FROM item WHERE sku = :sku", sku=sku):
        raise CodeTaken(read=sku)
    values = _attributes(fields) | {
        "unit": fields.text("unit", most=40) or "each",
        "tracking": fields.choice("tracking", TRACKINGS, "none"),
        "shelf_life_days": fields.number("shelf_life_days", 1, DAYS_MAX),
        "lock_days": fields.number("lock_days", 0, DAYS_MAX) or 0,
    }
    barcode = fields.code("barcode") or made_barcode(session)
    item_id = make_item(session, sku, values.pop("name"), barcode=barcode, **values)
    return MADE(sku=sku, barcode=barcode, href=f"/items/{item_id}")


def change(session: Session, by: By, item_id: int, sent: Mapping[str, Any]) -> Notice:
    """Changes names, class, sizes and safety stock of an item, and the barcode that it is called by."""
    fields = Fields(sent, NAMES)
    item = item_row(session, item_id, lock=True)
    values = _attributes(fields)
    if barcode := fields.code("barcode"):
        values["barcode"] = barcode
    change_item(session, item_id, values)
    if values["safety_stock"] != item.safety_stock:
        follow_items(session, [item_id], by.now)
    return CHANGED(sku=item.sku, href=f"/items/{item_id}")


def add_code(session: Session, item_id: int, sent: Mapping[str, Any]) -> Notice:
    """Gives an item one more barcode, which may stand for a pack.

    Raises:
        CodeTaken, CodeReserved, Unscannable: the text cannot name it.
    """
    fields = Fields(sent, NAMES)
    item = item_row(session, item_id, lock=True)
    text, quantity = fields.code("code", required=True), fields.number("quantity", 1) or 1
    register(session, text, kind="item", ref_id=item_id, quantity=quantity)
    return CODE_ADDED(read=text, quantity=quantity, sku=item.sku, href=f"/items/{item_id}")


def drop_code(session: Session, item_id: int, sent: Mapping[str, Any]) -> Notice:
    """Takes a barcode away from an item.

    Raises:
        CodeNeeded, CodeUnknown: it cannot be taken away.
    """
    item = item_row(session, item_id, lock=True)
    text = str(sent.get("remove", ""))
    remove_code(session, item_id, text)
    return CODE_REMOVED(read=text, sku=item.sku, href=f"/items/{item_id}")


def _attributes(fields: Fields) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": fields.text("name", required=True), "name_zh": fields.text("name_zh"),
        "kind": fields.choice("kind", ITEM_KINDS, "merchandise"), "class": fields.text("class", most=100),
        "weight_g": fields.number("weight_g", 0), "safety_stock": fields.number("safety_stock", 0),
    }  # fmt: skip
    return values | {name: fields.number(name, 1) for name in SIZES}
