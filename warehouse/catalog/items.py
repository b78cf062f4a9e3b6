"""Items and their codes: a SKU, a barcode, and packs that stand for several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.catalog.codes import COMPANY, next_number, register, register_many
from warehouse.db import Session
from warehouse.errors import N_, Refusal
from warehouse.ids import new_id

DEFAULTS: dict[str, Any] = {
    "name_zh": "", "kind": "merchandise", "unit": "each", "tracking": "none", "shelf_life_days": None, "lock_days": 0,
    "class": "", "length_mm": None, "width_mm": None, "height_mm": None, "weight_g": None, "unit_cost": None,
    "supplier_id": None, "safety_stock": None, "lead_time_days": None, "pack_size": None,
}  # fmt: skip
"""What an item is when nothing else is said of it."""

OWN_PREFIX = "20"
"""GS1 keeps the numbers from 20 on for the use within a company: no supplier's barcode begins so."""
_OWN_DIGITS = 10

COLUMNS = ("id", "sku", "name", "barcode", *DEFAULTS)

_INSERT = f"INSERT INTO item ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + each for each in COLUMNS)})"


class CodeNeeded(Refusal):
    """The code that an item is called by cannot be taken away."""

    code = "code_needed"
    text = N_("%(read)s is what this item is called by. Give it another main barcode first; its SKU always stays.")


class CodeUnknown(Refusal):
    """The item has no such code."""

    code = "code_not_here"
    text = N_("%(read)s is no code of this item.")


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


def made_barcode(session: Session) -> str:
    """A free EAN-13 of our own for an item that came without a barcode (R-RCV-5)."""
    while True:
        number = f"{OWN_PREFIX}{next_number(session, COMPANY, 'EAN'):0{_OWN_DIGITS}d}"
        text = number + check_digit(number)
        if session.value("SELECT 1 FROM code WHERE text = :text LIMIT 1", text=text) is None:
            return text


def check_digit(number: str) -> str:
    """The last digit of an EAN-13.

    >>> check_digit("501234567890")
    '0'
    """
    weighed = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(number))
    return str(-weighed % 10)


def remove_code(session: Session, item_id: int, text: str) -> None:
    """Takes a code away from an item: from now on it names nothing.

    Raises:
        CodeNeeded: it is its SKU or its main barcode.
        CodeUnknown: the item does not have it.
    """
    if session.value("SELECT 1 FROM item WHERE id = :id AND :text IN (sku, barcode)", id=item_id, text=text):
        raise CodeNeeded(read=text)
    if not session.run(
        "DELETE FROM code WHERE text = :text AND scope_id = :company AND kind = 'item' AND ref_id = :id",
        text=text, company=COMPANY, id=item_id,
    ):  # fmt: skip
        raise CodeUnknown(read=text)
