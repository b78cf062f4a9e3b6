"""Items and their codes: a SKU, a barcode, and packs that stand for several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.catalog.codes import COMPANY, register, register_many
from warehouse.db import Session
from warehouse.ids import new_id

DEFAULTS: dict[str, Any] = {
    "name_zh": "", "kind": "merchandise", "unit": "each", "tracking": "none", "shelf_life_days": None, "lock_days": 0,
    "class": "", "length_mm": None, "width_mm": None, "height_mm": None, "weight_g": None, "unit_cost": None,
    "supplier_id": None, "safety_stock": None, "lead_time_days": None, "pack_size": None,
}  # fmt: skip
"""What an item is when nothing else is said of it."""

COLUMNS = ("id", "sku", "name", "barcode", *DEFAULTS)

_INSERT = f"INSERT INTO item ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + each for each in COLUMNS)})"


def make_item(session: Session, sku: str, name: str, *, barcode: str = "", **more: Any) -> int:
    """An item that its SKU and its barcode name; without a barcode the SKU is its barcode. Returns its id.

    Raises:
        CodeTaken: the SKU or the barcode names something else already.
    """
    values = {"id": new_id(session), "sku": sku, "name": name, "barcode": barcode, **more}
    add_items(session, [values])
    return int(values["id"])


def add_items(session: Session, items: Sequence[dict[str, Any]]) -> None:
    """Many new items at once, each with at least id, sku and name.

    Raises:
        CodeTaken: a SKU or barcode names something else already.
    """
    rows = [DEFAULTS | each | {"barcode": each.get("barcode") or each["sku"]} for each in items]
    session.many(_INSERT, rows)
    add_codes(session, [(text, row["id"], 1) for row in rows for text in dict.fromkeys((row["sku"], row["barcode"]))])


def add_codes(session: Session, codes: Sequence[tuple[str, int, int]]) -> None:
    """Gives items codes: text, item id, and how many units the code stands for.

    Raises:
        CodeTaken: a text names something else already, or another quantity.
    """
    register_many(session, codes, kind="item")


def change_item(session: Session, item_id: int, values: dict[str, Any]) -> None:
    """Changes plain attributes of an item. An old barcode goes on naming it: labels outlive a change.

    Raises:
        CodeTaken: the new barcode names something else already.
    """
    assert set(values) <= {"name", "barcode", *DEFAULTS}, "only an item's own columns"
    if values.get("barcode"):
        register(session, values["barcode"], kind="item", ref_id=item_id, scope_id=COMPANY)
    changes = ", ".join(f"{name} = :{name}" for name in values)
    session.run(f"UPDATE item SET {changes} WHERE id = :item_id", item_id=item_id, **values)
