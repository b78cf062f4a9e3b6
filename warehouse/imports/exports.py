"""Exports: the kinds that can be imported, in the same columns, and what only goes out: moves, shipments and counts.

What is exported and imported again is known, row by row. Text that a spreadsheet would run as a formula goes out with
an apostrophe before it, which an import takes off again (cells).
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from warehouse.catalog.locations import CONTAINERS
from warehouse.cells import guard
from warehouse.clock import iso, iso_day
from warehouse.db import Database, Row, Session
from warehouse.imports import columns
from warehouse.imports.columns import Column
from warehouse.imports.run import patient_read
from warehouse.ledger import seal_all
from warehouse.ledger.history import moves
from warehouse.ledger.lying import place_map
from warehouse.scanning.texts import LOCATION_KINDS

Record = dict[str, Any]
Reader = Callable[[Session, int], Iterable[Record]]


@dataclass(frozen=True, slots=True)
class Export:
    """A kind of export: its columns in order, and where its rows come from."""

    columns: tuple[str, ...]
    rows: Reader
    per_warehouse: bool = False
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What is to be exported, of which warehouse."""

    export: Export
    warehouse_id: int


def export_rows(database: Database, wish: ExportWish) -> list[Record]:
    """The rows as JSON shows them: numbers as numbers, nothing as null."""
    _seal(database, wish)
    names = wish.export.columns
    return patient_read(
        database,
        lambda session: [{name: row[name] for name in names} for row in wish.export.rows(session, wish.warehouse_id)],
    )


def export_file(database: Database, wish: ExportWish, path: Path | None) -> int:
    """Writes the rows as CSV in UTF-8: to a file, whole or not at all, or to standard output. Returns how many."""
    _seal(database, wish)
    if path is None:
        return patient_read(database, lambda session: _write(session, wish, sys.stdout))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with _open(draft, packed=path.suffix == ".gz") as file:
            count = patient_read(database, lambda session: _write(session, wish, file))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _seal(database: Database, wish: ExportWish) -> None:
    if wish.export.sealed:
        seal_all(database, wish.warehouse_id)


def _open(path: Path, *, packed: bool) -> IO[str]:
    if packed:
        return io.TextIOWrapper(gzip.open(path, "wb"), encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")


def _write(session: Session, wish: ExportWish, file: IO[str]) -> int:
    names = wish.export.columns
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in wish.export.rows(session, wish.warehouse_id):
        writer.writerow([_cell(row[name]) for name in names])
        count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return guard(value) if isinstance(value, str) else str(value)


def _names(kind: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(column.name for column in kind)


# ---------------------------------------------------------------- the catalogue

_ITEMS = """
SELECT i.sku, i.name, i.name_zh, i.kind, i.unit, i.barcode, i.tracking, i.shelf_life_days, i.lock_days,
       i.class AS item_class, i.length_mm, i.width_mm, i.height_mm, i.weight_g, i.unit_cost, s.code AS supplier,
       i.safety_stock, i.lead_time_days, i.pack_size
FROM item i LEFT JOIN supplier s ON s.id = i.supplier_id ORDER BY i.sku"""


def _items(session: Session, _: int) -> Iterator[Record]:
    for row in session.stream(_ITEMS):
        yield row._asdict() | {"class": row.item_class}


_BARCODES = """
SELECT i.sku, c.text AS barcode, c.quantity FROM code c JOIN item i ON i.id = c.ref_id
WHERE c.kind = 'item' AND c.scope_id = 0 AND c.text <> i.sku AND (c.text <> i.barcode OR c.quantity <> 1)
ORDER BY i.sku, c.text"""


def _barcodes(session: Session, _: int) -> Iterator[Record]:
    return (row._asdict() for row in session.stream(_BARCODES))


def _suppliers(session: Session, _: int) -> Iterator[Record]:
    return (
        row._asdict() for row in session.stream("SELECT code, name, email, lead_time_days FROM supplier ORDER BY code")
    )


_LOCATIONS = f"""
SELECT l.code, p.code AS parent, l.kind, l.barcode, l.classes, l.aisle, l.position, l.level, l.max_weight_g,
       l.max_volume_mm3, l.pick_face
FROM location l LEFT JOIN location p ON p.id = l.parent_id
WHERE l.warehouse_id = :warehouse AND l.kind IN ({", ".join(f"'{kind}'" for kind in LOCATION_KINDS)})
ORDER BY l.id"""


def _locations(session: Session, warehouse_id: int) -> Iterator[Record]:
    for row in session.stream(_LOCATIONS, warehouse=warehouse_id):
        yield row._asdict() | {"pick_face": bool(row.pick_face)}


# ---------------------------------------------------------------- stock

_STOCK = """
SELECT i.sku, b.location_id, b.quantity, t.code AS lot, b.serial, y.expiry_day, t.expiry_day AS lot_expiry, y.received_at
FROM balance b JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id
JOIN layer y ON y.id = b.layer_id LEFT JOIN lot t ON t.id = b.lot_id
WHERE b.warehouse_id = :warehouse ORDER BY i.sku, l.path, y.received_at, b.id"""


def _stock(session: Session, warehouse_id: int) -> Iterator[Record]:
    """What lies in a container is told at the place where the container lies."""
    map_ = place_map(session, warehouse_id)
    for row in session.stream(_STOCK, warehouse=warehouse_id):
        yield row._asdict() | {
            "location": map_.place(row.location_id).code, "expiry": iso_day(row.lot_expiry or row.expiry_day),
            "received_at": iso(row.received_at),
        }  # fmt: skip


# ---------------------------------------------------------------- papers

_PURCHASE_ORDERS = """
SELECT p.number, s.code AS supplier, i.sku, n.quantity, n.unit_cost, p.due_at, w.code AS warehouse
FROM purchase_order p JOIN supplier s ON s.id = p.supplier_id JOIN warehouse w ON w.id = p.warehouse_id
JOIN purchase_order_line n ON n.purchase_order_id = p.id JOIN item i ON i.id = n.item_id
WHERE p.state IN ('open', 'closed') ORDER BY p.id, n.line"""


def _purchase_orders(session: Session, _: int) -> Iterator[Record]:
    for row in session.stream(_PURCHASE_ORDERS):
        yield row._asdict() | {"due": iso(row.due_at)}


_ORDERS = """
SELECT o.channel, o.number, o.tier, o.confirmed_at, r.name, r.phone, o.region, r.city, r.address, i.sku, n.quantity,
       n.unit_price, o.paid, o.note, o.deliver_from, o.deliver_until
FROM sales_order o JOIN order_line n ON n.order_id = o.id JOIN item i ON i.id = n.item_id
LEFT JOIN recipient r ON r.order_id = o.id
WHERE o.state NOT IN ('staged', 'cancelled', 'exception') ORDER BY o.id, n.line"""
_INSTANTS = ("confirmed_at", "deliver_from", "deliver_until")


def _orders(session: Session, _: int) -> Iterator[Record]:
    for row in session.stream(_ORDERS):
        values = row._asdict()
        yield values | {name: iso(values[name]) for name in _INSTANTS} | {"paid": bool(row.paid)}


_SHIPMENTS = """
SELECT s.number AS shipment, o.channel, o.number, s.state, s.released_at, s.picked_at, s.packed_at, s.shipped_at, i.sku,
       n.quantity,
       (SELECT count(*) FROM parcel k WHERE k.warehouse_id = s.warehouse_id AND k.shipment_id = s.id
          AND k.state <> 'void') AS parcels
FROM shipment s JOIN sales_order o ON o.id = s.order_id
JOIN shipment_line n ON n.warehouse_id = s.warehouse_id AND n.shipment_id = s.id JOIN item i ON i.id = n.item_id
WHERE s.warehouse_id = :warehouse ORDER BY s.id, n.id"""
_SHIPMENT_INSTANTS = ("released_at", "picked_at", "packed_at", "shipped_at")
SHIPMENT_COLUMNS = ("shipment", "channel", "number", "state", *_SHIPMENT_INSTANTS, "sku", "quantity", "parcels")


def _shipments(session: Session, warehouse_id: int) -> Iterator[Record]:
    for row in session.stream(_SHIPMENTS, warehouse=warehouse_id):
        values = row._asdict()
        yield values | {name: iso(values[name]) for name in _SHIPMENT_INSTANTS}


# ---------------------------------------------------------------- counts

_COUNTS = """
SELECT c.number AS count, l.code AS location, c.reason, n.round, p.name AS counted_by, n.started_at, n.ended_at, i.sku,
       n.lot, n.serial, h.code AS container, n.expected, n.counted, n.counted - n.expected AS difference, n.value,
       n.state, n.cause, a.name AS approved_by, s.name AS second_by, n.posting_id AS posting
FROM count_line n JOIN bin_count c ON c.id = n.count_id JOIN location l ON l.id = n.location_id
JOIN person p ON p.id = n.person_id LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN location h ON h.id = n.container_id AND n.container_id <> 0
LEFT JOIN person a ON a.id = n.approved_by LEFT JOIN person s ON s.id = n.second_by
WHERE n.warehouse_id = :warehouse AND c.state NOT IN ('counting', 'recount') ORDER BY n.id"""
COUNT_COLUMNS = (
    "count", "location", "reason", "round", "counted_by", "started_at", "ended_at", "sku", "lot", "serial", "container",
    "expected", "counted", "difference", "value", "state", "cause", "approved_by", "second_by", "posting",
)  # fmt: skip


def _counts(session: Session, warehouse_id: int) -> Iterator[Record]:
    """What was counted, line by line; papers that somebody may still count are left out, as their figures are hidden."""
    for row in session.stream(_COUNTS, warehouse=warehouse_id):
        yield row._asdict() | {
            "started_at": iso(row.started_at), "ended_at": iso(row.ended_at), "lot": row.lot or None,
            "serial": row.serial or None, "cause": row.cause or None, "posting": str(row.posting) if row.posting else None,
        }  # fmt: skip


# ---------------------------------------------------------------- the ledger

MOVE_COLUMNS = (
    "posting", "at", "occurred_at", "reserved_at", "key", "cause", "document", "sku", "lot", "serial", "container",
    "quantity", "from", "to", "received_at", "by", "device",
)  # fmt: skip


def _moves(session: Session, warehouse_id: int) -> Iterator[Record]:
    """In ledger order. `from` and `to` hold the goods directly: a place, or a container."""
    for row in moves(session, warehouse_id):
        yield {
            "posting": str(row.posting_id), "at": iso(row.at), "occurred_at": iso(row.occurred_at),
            "reserved_at": iso(row.reserved_at or None), "key": row.key, "cause": row.cause, "document": row.document,
            "sku": row.sku, "lot": row.lot, "serial": row.serial, "container": _container(row),
            "quantity": row.quantity, "from": row.from_code, "to": row.to_code, "received_at": iso(row.received_at),
            "by": row.by or "system", "device": row.device,
        }  # fmt: skip


def _container(row: Row) -> str | None:
    """The container moved; for goods the container that they came into, else the one they came out of."""
    if row.container:
        return str(row.container)
    if row.to_kind in CONTAINERS:
        return str(row.to_code)
    return str(row.from_code) if row.from_kind in CONTAINERS else None


ALERT_COLUMNS = (
    "sku", "kind", "state", "available", "on_order", "threshold", "owner", "opened_at", "due_at", "acknowledged_by",
    "acknowledged_at", "snoozed_until", "snooze_reason", "escalated_at", "reopened", "closed_at",
)  # fmt: skip
_ALERTS = """
SELECT i.sku, a.kind, a.state, a.available, a.on_order, a.threshold, a.owner, a.opened_at, a.due_at,
       k.name AS acknowledged_by, a.acknowledged_at, a.snoozed_until, a.snooze_reason, a.escalated_at, a.reopened, a.closed_at
FROM stock_alert a JOIN item i ON i.id = a.item_id LEFT JOIN person k ON k.id = a.acknowledged_by
WHERE a.warehouse_id = :warehouse ORDER BY a.id"""


def _alerts(session: Session, warehouse_id: int) -> Iterator[Record]:
    """Every alert there ever was, the oldest first, with the numbers at which it was opened."""
    for row in session.stream(_ALERTS, warehouse=warehouse_id):
        values = row._asdict()
        yield values | {name: iso(value) for name, value in values.items() if name.endswith(("_at", "_until"))}


EXPORTS = {
    "alerts": Export(ALERT_COLUMNS, _alerts, per_warehouse=True),
    "items": Export(_names(columns.ITEMS), _items),
    "barcodes": Export(_names(columns.BARCODES), _barcodes),
    "suppliers": Export(_names(columns.SUPPLIERS), _suppliers),
    "locations": Export(_names(columns.LOCATIONS), _locations, per_warehouse=True),
    "stock": Export(_names(columns.STOCK), _stock, per_warehouse=True),
    "purchase-orders": Export(_names(columns.PURCHASE_ORDERS), _purchase_orders),
    "orders": Export(_names(columns.ORDERS), _orders),
    "moves": Export(MOVE_COLUMNS, _moves, per_warehouse=True, sealed=True),
    "shipments": Export(SHIPMENT_COLUMNS, _shipments, per_warehouse=True),
    "counts": Export(COUNT_COLUMNS, _counts, per_warehouse=True),
}
