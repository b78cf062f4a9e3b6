"""Importing opening balances: each row is one posting from the supplier into its place, and one layer.

Each posting's document carries a mark made from what its row says, so that the same row again is known. A file that
says the same twice means two layers: the mark counts them. A row with an arrival to the microsecond is one that we
exported: it is known too where goods of that very arrival still lie, so that an export cannot be doubled by mistake.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from warehouse.catalog.lots import find_or_make_lot
from warehouse.clock import SECOND, iso_day
from warehouse.db import Row as Record
from warehouse.db import Session
from warehouse.imports import columns
from warehouse.imports.job import Job, Kind, Unit, find
from warehouse.imports.rows import Row
from warehouse.ledger.opening import Opening, open_balances

MARK = "opening:"
NO_PLACE = frozenset({"site", "zone", "aisle", "bay", "outside", "virtual"})

_ITEMS = "SELECT id, sku, tracking, shelf_life_days, lock_days FROM item WHERE sku IN ({marks})"
_PLACES = """SELECT c.text, l.id, l.code, l.kind FROM code c JOIN location l ON l.id = c.ref_id
WHERE c.scope_id = :warehouse AND c.kind = 'location' AND c.text IN ({marks})"""
_LOTS = "SELECT item_id, code, expiry_day FROM lot WHERE item_id IN ({marks})"
_SERIALS = """SELECT item_id, serial FROM balance
WHERE warehouse_id = :warehouse AND serial <> '' AND item_id IN ({marks})"""
_ARRIVALS = """SELECT DISTINCT y.item_id, y.lot_id, y.received_at, t.code AS lot FROM balance b
JOIN layer y ON y.id = b.layer_id LEFT JOIN lot t ON t.id = y.lot_id
WHERE b.warehouse_id = :warehouse AND b.item_id IN ({marks})"""
_MARKS = """SELECT document FROM move
WHERE warehouse_id = :warehouse AND cause = 'opening' AND document IN ({marks})"""


def check_stock(session: Session, job: Job, rows: list[Row]) -> list[Unit]:
    """Balances that were not opened before."""
    rows = [row for row in rows if not row.skipped]
    marks = _marks(job, rows)
    known = {row.document for row in find(session, _MARKS, marks.values(), warehouse=job.warehouse_id)}
    items = {row.sku: row for row in find(session, _ITEMS, _texts(rows, "sku"))}
    there = {row.text: row for row in find(session, _PLACES, _texts(rows, "location"), warehouse=job.warehouse_id)}
    goods = _Goods(session, job, [item.id for item in items.values()])
    units = []
    for row in rows:
        item, place = items.get(row.values.get("sku") or ""), there.get(row.values.get("location") or "")
        if row.good and (marks[row.line] in known or (item and goods.has_arrived(row, item))):
            row.skipped = "known"
            continue
        _refuse_unknown(row, item, place)
        if item:
            goods.check(row, item)
        if (row.values.get("received_at") or 0) > job.now:
            row.refuse("received_at_in_future")
        if row.good and item and place:
            units.append(Unit(_content(row, item, place, marks[row.line]), [row]))
    return units


def _texts(rows: list[Row], column: str) -> set[str]:
    return {row.values[column] for row in rows if row.values.get(column)}


def _marks(job: Job, rows: list[Row]) -> dict[int, str]:
    """Each row's mark: what it says, and the how manieth of its like in this file it is."""
    seen: Counter[str] = Counter()
    marks = {}
    for row in rows:
        said = "\x1f".join(
            f"{name}={row.values.get(name) or ''}" for name in sorted(column.name for column in columns.STOCK)
        )
        seen[said] += 1
        digest = hashlib.blake2b(f"{job.warehouse_id}\x1f{said}\x1f{seen[said]}".encode(), digest_size=12)
        marks[row.line] = MARK + digest.hexdigest()
    return marks


def _refuse_unknown(row: Row, item: Record | None, place: Record | None) -> None:
    if row.values.get("sku") and item is None:
        row.refuse("sku_unknown", row.values["sku"])
    if row.values.get("location") and place is None:
        row.refuse("location_unknown", row.values["location"])
    elif place and place.kind in NO_PLACE:
        row.refuse("location_holds_no_goods", f"{place.code} is a {place.kind}")


def _content(row: Row, item: Record, place: Record, mark: str) -> dict[str, Any]:
    values = row.values
    return {
        "item": item.id, "place": place.id, "quantity": values["quantity"], "lot": values.get("lot") or "",
        "serial": values.get("serial") or "", "expiry": values.get("expiry") or 0,
        "received_at": values.get("received_at"), "shelf_life_days": item.shelf_life_days,
        "lock_days": item.lock_days, "mark": mark,
    }  # fmt: skip


class _Goods:
    """What is known of the items' lots and serials, from the catalogue and from earlier rows."""

    def __init__(self, session: Session, job: Job, ids: list[int]) -> None:
        self._lots = {(row.item_id, row.code): row.expiry_day for row in find(session, _LOTS, ids)}
        self._serials = {(row.item_id, row.serial) for row in find(session, _SERIALS, ids, warehouse=job.warehouse_id)}

        arrivals = find(session, _ARRIVALS, ids, warehouse=job.warehouse_id)
        self._arrivals = {(row.item_id, row.lot or "", row.received_at) for row in arrivals}

    def has_arrived(self, row: Row, item: Record) -> bool:
        """Whether goods of the very arrival that we exported lie here."""
        at = row.values.get("received_at")
        return bool(at and at % SECOND and (item.id, row.values.get("lot") or "", at) in self._arrivals)

    def check(self, row: Row, item: Record) -> None:
        """Lot, serial and expiry as the item's tracking wants them."""
        lot, serial = row.values.get("lot"), row.values.get("serial")
        if item.tracking == "lot" and not lot:
            row.refuse("lot_missing", f"{item.sku} is tracked by lot")
        if item.tracking != "lot" and lot:
            row.refuse("lot_not_tracked", f"{item.sku} is not tracked by lot")
        if item.tracking != "serial" and serial:
            row.refuse("serial_not_tracked", f"{item.sku} is not tracked by serial")
        if item.tracking == "serial":
            self._check_serial(row, item, serial)
        if lot and item.tracking == "lot":
            self._check_expiry(row, item, lot)

    def _check_serial(self, row: Row, item: Record, serial: str | None) -> None:
        if not serial:
            row.refuse("serial_missing", f"{item.sku} is tracked by serial")
            return
        if (item.id, serial) in self._serials:
            row.refuse("serial_taken", f"{serial} lies here already")
        self._serials.add((item.id, serial))
        if row.values.get("quantity") not in {None, 1}:
            row.refuse("serial_of_many", "one serial is one unit")

    def _check_expiry(self, row: Row, item: Record, lot: str) -> None:
        expiry = row.values.get("expiry") or 0
        known = self._lots.setdefault((item.id, lot), expiry)
        if expiry and expiry != known:
            row.refuse("other_expiry", f"lot {lot} is known with expiry {iso_day(known) or 'none'}")


def apply_stock(session: Session, job: Job, units: list[dict[str, Any]]) -> None:
    """Opens balances."""
    open_balances(session, job.by, [_opening(session, job, unit) for unit in units])


def _opening(session: Session, job: Job, unit: dict[str, Any]) -> Opening:
    lot_id, expiry = 0, unit["expiry"]
    if unit["lot"]:
        lot = find_or_make_lot(session, unit["item"], unit["lot"], expiry)
        lot_id, expiry = lot.id, lot.expiry_day
    return Opening(
        unit["item"], unit["place"], unit["quantity"], unit["received_at"] or job.now, document=unit["mark"],
        lot_id=lot_id, serial=unit["serial"], expiry_day=expiry, shelf_life_days=unit["shelf_life_days"],
        lock_days=unit["lock_days"],
    )  # fmt: skip


STOCK = Kind("stock", columns.STOCK, check_stock, apply_stock, per_warehouse=True)
