"""Importing purchase orders. The same number with the same content is known; with other content it is refused."""

from __future__ import annotations

from typing import Any

from warehouse.db import Session
from warehouse.imports import columns
from warehouse.imports.job import Job, Kind, Unit, find, item_ids
from warehouse.imports.papers import grouped, head_of, refuse_whole
from warehouse.imports.rows import Row
from warehouse.orders.purchase import PurchaseLine, open_staged, stage_purchase_order

LINES = frozenset({"number", "sku", "quantity", "unit_cost", "due"})
"""What each row says for itself; the earliest `due` is the paper's."""

_KNOWN = """SELECT id, number, warehouse_id, supplier_id, due_at FROM purchase_order WHERE number IN ({marks})"""
_KNOWN_LINES = """SELECT purchase_order_id, item_id, quantity, unit_cost FROM purchase_order_line
WHERE purchase_order_id IN ({marks})"""
_CODES = "SELECT text FROM code WHERE text IN ({marks})"


def check_purchase_orders(session: Session, job: Job, rows: list[Row]) -> list[Unit]:
    """Purchase orders that are not known yet."""
    known = _Known(session, job, rows)
    units = []
    for paper in grouped(rows, lambda row: row.values["number"] or row.line):
        head = head_of(paper, columns.PURCHASE_ORDERS, LINES, job)
        content = known.content(paper, head)
        if all(row.good for row in paper):
            _compare(paper, content, known)
        refuse_whole(paper)
        if all(row.good for row in paper):
            units.append(Unit(content, paper))
    return units


def _compare(paper: list[Row], content: dict[str, Any], known: _Known) -> None:
    held = known.orders.get(content["number"])
    for row in paper:
        if held is None:
            if content["number"] in known.codes:
                row.refuse("code_taken", f"{content['number']} already names something else")
        elif held == _said(content):
            row.skipped = "known"
        else:
            row.refuse("other_content", f"{content['number']} is known with other content")


def _said(content: dict[str, Any]) -> tuple[Any, ...]:
    lines = sorted((item, quantity, -1 if cost is None else cost) for item, quantity, cost in content["lines"])
    return (content["warehouse"], content["supplier"], content["due"], lines)


class _Known:
    """What the file's rows speak of, as it is in the database."""

    def __init__(self, session: Session, job: Job, rows: list[Row]) -> None:
        def texts(name: str) -> set[str]:
            return {row.values[name] for row in rows if row.values.get(name)}

        self._job = job
        self._items = item_ids(session, texts("sku"))
        sql = "SELECT code, id FROM supplier WHERE code IN ({marks})"
        self._suppliers = {row.code: row.id for row in find(session, sql, texts("supplier"))}
        self._warehouses = {row.code: row.id for row in session.all("SELECT code, id FROM warehouse")}
        self.orders = _known_orders(session, texts("number"))
        made = {number for number in texts("number") if number.startswith("XD")} - self.orders.keys()
        self.codes = {row.text for row in find(session, _CODES, made)}

    def content(self, paper: list[Row], head: dict[str, Any]) -> dict[str, Any]:
        """A paper's content; what is not known is a reason."""
        supplier, warehouse = head["supplier"], head.get("warehouse")
        lines = []
        for row in paper:
            sku = row.values["sku"]
            if sku and sku not in self._items:
                row.refuse("sku_unknown", sku)
            if supplier and supplier not in self._suppliers:
                row.refuse("supplier_unknown", supplier)
            if warehouse and warehouse not in self._warehouses:
                row.refuse("warehouse_unknown", warehouse)
            elif not warehouse and not self._job.warehouse_id:
                row.refuse("warehouse_unclear", "fill in the column warehouse, or name it with --warehouse")
            lines.append((self._items.get(sku), row.values["quantity"], row.values.get("unit_cost")))
        return {
            "number": paper[0].values["number"], "supplier": self._suppliers.get(supplier), "lines": lines,
            "warehouse": self._warehouses.get(warehouse, self._job.warehouse_id),
            "due": min((row.values["due"] for row in paper if row.values.get("due")), default=None),
        }  # fmt: skip


def _known_orders(session: Session, numbers: set[str]) -> dict[str, tuple[Any, ...]]:
    heads = {row.id: row for row in find(session, _KNOWN, numbers)}
    lines: dict[int, list[tuple[int, int, int | None]]] = {order_id: [] for order_id in heads}
    for row in find(session, _KNOWN_LINES, heads):
        lines[row.purchase_order_id].append((row.item_id, row.quantity, row.unit_cost))
    return {
        row.number: _said({"warehouse": row.warehouse_id, "supplier": row.supplier_id, "due": row.due_at,
                           "lines": lines[order_id]})
        for order_id, row in heads.items()
    }  # fmt: skip


def apply_purchase_orders(session: Session, job: Job, units: list[dict[str, Any]]) -> None:
    """Stores purchase orders out of sight."""
    for unit in units:
        stage_purchase_order(
            session, warehouse_id=unit["warehouse"], number=unit["number"], supplier_id=unit["supplier"],
            lines=[PurchaseLine(*line) for line in unit["lines"]], due_at=unit["due"], at=job.now,
        )  # fmt: skip


def finish_purchase_orders(session: Session, job: Job) -> None:
    """Opens all of them at once. Only one import runs at a time, so what is staged is ours."""
    open_staged(session, at=job.now)


PURCHASE_ORDERS = Kind(
    "purchase-orders", columns.PURCHASE_ORDERS, check_purchase_orders, apply_purchase_orders, finish_purchase_orders,
    lines=LINES, may_name_warehouse=True,
)  # fmt: skip
