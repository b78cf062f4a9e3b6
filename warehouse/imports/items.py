"""Importing items, their further barcodes, and suppliers.

A row that says nothing new is `known`. One with other plain attributes changes the item; a column that the file does
not have leaves its attribute alone, an empty cell sets it back, and an empty barcode keeps the one there is. How an
item is tracked cannot change while any of it lies anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from warehouse.catalog.codes import reserved
from warehouse.catalog.items import DEFAULTS, add_codes, add_items, change_item
from warehouse.catalog.suppliers import put_supplier
from warehouse.db import Row as Record
from warehouse.db import Session
from warehouse.errors import N_, Refusal
from warehouse.ids import new_id
from warehouse.imports import columns
from warehouse.imports.job import Job, Kind, Unit, find, item_ids
from warehouse.imports.rows import Row
from warehouse.planning.policies import follow_items

_EXISTING = f"""SELECT id, sku, name, barcode, {", ".join(DEFAULTS).replace("class", "class AS item_class")}
FROM item WHERE sku IN ({{marks}})"""
_CODES = "SELECT text, kind, ref_id, quantity FROM code WHERE scope_id = 0 AND text IN ({marks})"
_IN_STOCK = "SELECT DISTINCT item_id FROM balance WHERE item_id IN ({marks})"


class TrackingInUse(Refusal):
    """Goods that lie somewhere are told apart as they were received."""

    code = "tracking_in_use"
    text = N_("How %(sku)s is tracked cannot change while any of it is in stock.")


def check_items(session: Session, _: Job, rows: list[Row]) -> list[Unit]:
    """Items that are new or changed."""
    _name_suppliers(session, rows)
    fresh = _first_of_each(rows, "sku")
    existing = {row.sku: row for row in find(session, _EXISTING, fresh)}
    codes = _Codes(session, [text for row in fresh.values() for text in (row.values["sku"], row.values.get("barcode"))])
    stocked = _stocked(session, existing.values())
    units = []
    for sku, row in fresh.items():
        codes.claim(row, sku, sku)
        if barcode := row.values.get("barcode"):
            codes.claim(row, barcode, sku)
        if row.good and (content := _new_or_changed(row, existing.get(sku), stocked)):
            units.append(Unit(content, [row]))
    return units


def _new_or_changed(row: Row, existing: Record | None, stocked: frozenset[int]) -> dict[str, Any] | None:
    values = {name: row.values[name] for name in row.values if name in DEFAULTS or name in {"name", "barcode"}}
    if existing is None:
        return {"new": values | {"sku": row.values["sku"]}}
    if not values.get("barcode"):
        values.pop("barcode", None)
    kept = existing._asdict() | {"class": existing.item_class}
    changes = {name: value for name, value in values.items() if value != kept[name]}
    if "tracking" in changes and existing.id in stocked:
        row.refuse("tracking_in_use", f"{existing.tracking} cannot become {changes['tracking']} while it is in stock")
    if not changes:
        row.skipped = "known"
    return {"id": existing.id, "sku": existing.sku, "changes": changes} if row.good else None


def _stocked(session: Session, existing: Iterable[Record]) -> frozenset[int]:
    return frozenset(row.item_id for row in find(session, _IN_STOCK, [row.id for row in existing]))


def _name_suppliers(session: Session, rows: list[Row]) -> None:
    """Turns supplier codes into ids."""
    codes = {row.values["supplier"] for row in rows if row.values.get("supplier")}
    ids = {row.code: row.id for row in find(session, "SELECT code, id FROM supplier WHERE code IN ({marks})", codes)}
    for row in rows:
        if "supplier" in row.values:
            code = row.values.pop("supplier")
            row.values["supplier_id"] = ids.get(code)
            if code and code not in ids:
                row.refuse("supplier_unknown", code)


def _first_of_each(rows: list[Row], column: str) -> dict[str, Row]:
    """The rows by what they name; a second one that says the same is known, one that says other things is refused."""
    first: dict[str, Row] = {}
    for row in rows:
        name = row.values.get(column)
        if row.skipped or name is None:
            continue
        earlier = first.setdefault(name, row)
        if earlier is row:
            continue
        if earlier.values == row.values:
            _same_again(row, earlier)
        else:
            row.refuse(f"{column}_twice", f"line {earlier.line} says something else about {name}")
    return {name: row for name, row in first.items() if name}


def _same_again(row: Row, earlier: Row) -> None:
    if earlier.reasons:
        row.reasons = list(earlier.reasons)
    elif row.good:
        row.skipped = "known"


class _Codes:
    """What each code of the file names: in the catalogue, or in an earlier row."""

    def __init__(self, session: Session, texts: Collection[str | None]) -> None:
        rows = list(find(session, _CODES, [text for text in texts if text]))
        ids = [row.ref_id for row in rows if row.kind == "item"]
        skus = {row.id: row.sku for row in find(session, "SELECT id, sku FROM item WHERE id IN ({marks})", ids)}
        self._reserved = reserved(session, [text for text in texts if text])
        self._taken = {row.text: (skus.get(row.ref_id, "") if row.kind == "item" else "", row.quantity) for row in rows}

    def claim(self, row: Row, text: str, sku: str, quantity: int = 1) -> None:
        """Takes a code for an item; a code of another thing is a reason."""
        if text in self._reserved:
            row.refuse("code_reserved", f"{text} is a command, a value or a reason")
        held = self._taken.setdefault(text, (sku, quantity))
        if held != (sku, quantity):
            other = f"item {held[0]}" + (f", {held[1]} of it" if held[1] != 1 else "") if held[0] else "something else"
            row.refuse("code_taken", f"{text} already names {other}")

    def has(self, text: str, sku: str, quantity: int) -> bool:
        """Whether the catalogue says exactly this."""
        return self._taken.get(text) == (sku, quantity)


PLANNED_BY = frozenset({"safety_stock", "lead_time_days", "supplier_id"})
"""What of an item its levels follow (R-SAF-1)."""


def apply_items(session: Session, job: Job, units: list[dict[str, Any]]) -> None:
    """Writes new and changed items; where they have been, they are planned anew."""
    add_items(session, [{"id": new_id(session), **unit["new"]} for unit in units if "new" in unit])
    for unit in units:
        if "changes" in unit:
            _refuse_tracking(session, unit)
            change_item(session, unit["id"], unit["changes"])
    if followed := [unit["id"] for unit in units if PLANNED_BY & unit.get("changes", {}).keys()]:
        follow_items(session, followed, job.now)


def _refuse_tracking(session: Session, unit: dict[str, Any]) -> None:
    if "tracking" in unit["changes"] and session.one(
        "SELECT 1 AS one FROM balance WHERE item_id = :item LIMIT 1", item=unit["id"]
    ):
        raise TrackingInUse(sku=unit["sku"])


def check_barcodes(session: Session, _: Job, rows: list[Row]) -> list[Unit]:
    """Further codes of items, such as a case of 12."""
    ids = item_ids(session, (row.values["sku"] for row in rows if row.values.get("sku")))
    codes = _Codes(session, [row.values.get("barcode") for row in rows])
    units: list[Unit] = []
    for row in rows:
        sku, text, quantity = (row.values.get(name) for name in ("sku", "barcode", "quantity"))
        if sku and not row.skipped and sku not in ids:
            row.refuse("sku_unknown", sku)
        if not row.good or not text or not sku or not quantity:
            continue
        if codes.has(text, sku, quantity):
            row.skipped = "known"
            continue
        codes.claim(row, text, sku, quantity)
        if row.good:
            units.append(Unit({"text": text, "item": ids[sku], "quantity": quantity}, [row]))
    return units


def apply_barcodes(session: Session, _: Job, units: list[dict[str, Any]]) -> None:
    """Registers further codes."""
    add_codes(session, [(unit["text"], unit["item"], unit["quantity"]) for unit in units])


def check_suppliers(session: Session, _: Job, rows: list[Row]) -> list[Unit]:
    """Suppliers that are new or changed."""
    fresh = _first_of_each(rows, "code")
    sql = "SELECT code, name, email, lead_time_days FROM supplier WHERE code IN ({marks})"
    existing = {row.code: row._asdict() for row in find(session, sql, fresh)}
    units = []
    for code, row in fresh.items():
        if not row.good:
            continue
        kept = existing.get(code, {})
        if kept | row.values == kept:
            row.skipped = "known"
        else:
            units.append(Unit({"email": "", "lead_time_days": None} | kept | row.values, [row]))
    return units


def apply_suppliers(session: Session, _: Job, units: list[dict[str, Any]]) -> None:
    """Writes new and changed suppliers."""
    for unit in units:
        put_supplier(session, unit["code"], unit["name"], email=unit["email"], lead_time_days=unit["lead_time_days"])


ITEMS = Kind("items", columns.ITEMS, check_items, apply_items)
BARCODES = Kind("barcodes", columns.BARCODES, check_barcodes, apply_barcodes)
SUPPLIERS = Kind("suppliers", columns.SUPPLIERS, check_suppliers, apply_suppliers)
