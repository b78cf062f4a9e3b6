"""What purchasing's desk reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import beginning, begins, like
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.who import By

COUNTED_MAX = 1000
WITHOUT_PAPERS_MAX = 200
SUPPLIERS_MAX = 1000

_LIST = """
SELECT p.id, p.number, p.state, p.due_at, p.made_at, s.code AS supplier, s.name AS supplier_name,
       count(n.id) AS lines, SUM(n.quantity) AS ordered, SUM(n.received) AS received,
       SUM(CASE WHEN n.received < n.quantity AND p.state = 'open' THEN n.quantity - n.received ELSE 0 END) AS open
FROM (SELECT p.* FROM purchase_order p WHERE {where} ORDER BY {order} LIMIT :most OFFSET :skip) AS p
JOIN supplier s ON s.id = p.supplier_id LEFT JOIN purchase_order_line n ON n.purchase_order_id = p.id
GROUP BY p.id, p.number, p.state, p.due_at, p.made_at, s.code, s.name ORDER BY {order}"""
_SUPPLIER = "lower(s.code) LIKE :like ESCAPE '!' OR lower(s.name) LIKE :like ESCAPE '!'"
_NEWEST, _DUE = "p.id DESC", "CASE WHEN p.due_at IS NULL THEN 1 ELSE 0 END, p.due_at, p.id"
_ORDER = """
SELECT p.id, p.number, p.barcode, p.state, p.due_at, p.made_at, s.code AS supplier, s.name AS supplier_name
FROM purchase_order p JOIN supplier s ON s.id = p.supplier_id
WHERE p.id = :id AND p.warehouse_id = :warehouse AND p.state <> 'staged'"""
_LINES = """
SELECT n.line, i.sku, i.name, i.name_zh, n.quantity, n.received, n.unit_cost FROM purchase_order_line n
JOIN item i ON i.id = n.item_id WHERE n.purchase_order_id = :id ORDER BY n.line"""
_RECEIPTS = """
SELECT r.number, r.state, r.opened_at, r.closed_at, k.name AS who, l.code AS dock FROM receipt r
LEFT JOIN person k ON k.id = r.person_id LEFT JOIN location l ON l.id = r.dock_id
WHERE r.purchase_order_id = :id ORDER BY r.id"""
_DISCREPANCIES = """
SELECT d.kind, i.sku, d.quantity, d.reason, d.raised_at, d.closed_at, r.number AS receipt FROM receipt r
JOIN discrepancy d ON d.warehouse_id = r.warehouse_id AND d.receipt_id = r.id JOIN item i ON i.id = d.item_id
WHERE r.purchase_order_id = :id ORDER BY d.id DESC LIMIT 200"""
_NO_PAPERS = """r.warehouse_id = :warehouse AND r.purchase_order_id IS NULL AND EXISTS (
    SELECT 1 FROM discrepancy d WHERE d.warehouse_id = r.warehouse_id AND d.receipt_id = r.id AND d.closed_at IS NULL)"""
_WITHOUT_PAPERS = f"""
SELECT r.id, r.number, r.state, r.opened_at, k.name AS who, l.code AS dock,
       (SELECT max(w.id) FROM work w WHERE w.warehouse_id = r.warehouse_id AND w.subject_id = r.id
          AND w.room = 'receiving') AS work_id
FROM receipt r LEFT JOIN person k ON k.id = r.person_id LEFT JOIN location l ON l.id = r.dock_id
WHERE {_NO_PAPERS} ORDER BY r.id LIMIT :most"""
_GOODS = """
SELECT i.sku, i.name, i.name_zh, d.quantity FROM discrepancy d JOIN item i ON i.id = d.item_id
WHERE d.warehouse_id = :warehouse AND d.receipt_id = :receipt AND d.kind = 'no_papers' AND d.closed_at IS NULL
ORDER BY i.sku LIMIT 50"""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list of purchase orders; empty for all."""

    text: str = ""
    state: str = ""
    late: bool = False
    sort: str = ""


@dataclass(frozen=True, slots=True)
class PurchaseView:
    """A purchase order with its lines, its receipts and what was not as it should be."""

    order: Row
    lines: list[Row]
    receipts: list[Row]
    discrepancies: list[Row]

    def as_json(self) -> dict[str, Any]:
        """The order as programs read it."""
        order = self.order
        return {
            "id": str(order.id), "number": order.number, "barcode": order.barcode, "state": order.state,
            "supplier": order.supplier, "due": iso(order.due_at), "made_at": iso(order.made_at),
            "lines": [{"line": row.line, "sku": row.sku, "quantity": row.quantity, "received": row.received,
                       "unit_cost": row.unit_cost} for row in self.lines],
            "receipts": [{"number": row.number, "state": row.state, "by": row.who, "opened_at": iso(row.opened_at),
                          "closed_at": iso(row.closed_at)} for row in self.receipts],
            "discrepancies": [{"kind": row.kind, "sku": row.sku, "quantity": row.quantity, "receipt": row.receipt,
                               "raised_at": iso(row.raised_at), "closed_at": iso(row.closed_at)}
                              for row in self.discrepancies],
        }  # fmt: skip


def order_list(session: Session, by: By, search: Search, *, most: int, skip: int = 0) -> list[Row]:
    """Purchase orders of this warehouse, the newest first or by when they are due."""
    parts = ["p.warehouse_id = :warehouse", "p.state <> 'staged'"]
    params: dict[str, Any] = {"warehouse": by.warehouse_id, "most": most, "skip": skip}
    if search.state:
        parts.append("p.state = :state")
        params["state"] = search.state
    if search.late:
        parts.append("p.state = 'open' AND p.due_at < :now")
        params["now"] = by.now
    if search.text:
        parts.append(f"""(p.barcode = :text OR p.id IN (SELECT n.id FROM purchase_order n WHERE {begins(session, "n.number")})
            OR p.supplier_id IN (SELECT s.id FROM supplier s WHERE {_SUPPLIER}))""")
        params |= {"like": like(search.text), "text": search.text} | beginning(search.text)
    order = _DUE if search.sort == "due" else _NEWEST
    return session.all(_LIST.format(where=" AND ".join(parts), order=order), **params)


def figures(session: Session, by: By) -> dict[str, int]:
    """How many orders are open, how many of them late, and how many receipts lack papers; none beyond COUNTED_MAX."""
    late = "AND p.due_at < :now"
    counted = {
        name: int(session.value(
            f"""SELECT count(*) FROM (SELECT 1 AS one FROM purchase_order p
                WHERE p.warehouse_id = :warehouse AND p.state = 'open' {part} LIMIT {COUNTED_MAX}) AS counted""",
            warehouse=by.warehouse_id, **({"now": by.now} if part else {}),
        ))
        for name, part in (("open", ""), ("late", late))
    }  # fmt: skip
    lacking = f"SELECT count(*) FROM (SELECT 1 AS one FROM receipt r WHERE {_NO_PAPERS} LIMIT {COUNTED_MAX}) AS counted"
    return counted | {"without_papers": int(session.value(lacking, warehouse=by.warehouse_id))}


def purchase_view(session: Session, by: By, order_id: int) -> PurchaseView:
    """All that the desk shows of a purchase order.

    Raises:
        NotFound: this warehouse has none of this id.
    """
    order = session.one(_ORDER, id=order_id, warehouse=by.warehouse_id)
    if order is None:
        raise NotFound(what=f"/purchase-orders/{order_id}")
    return PurchaseView(
        order, session.all(_LINES, id=order_id), session.all(_RECEIPTS, id=order_id),
        session.all(_DISCREPANCIES, id=order_id),
    )  # fmt: skip


def lock_order(session: Session, by: By, order_id: int) -> Row:
    """A purchase order's own row, kept for this change.

    Raises:
        NotFound: this warehouse has none of this id.
    """
    row = session.one(
        f"""SELECT id, number, state FROM purchase_order
            WHERE id = :id AND warehouse_id = :warehouse AND state <> 'staged'{session.for_update}""",
        id=order_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    if row is None:
        raise NotFound(what=f"/purchase-orders/{order_id}")
    return row


def receiver_of(session: Session, by: By, order_id: int) -> str:
    """Who has the order on their screen in receiving; empty for nobody."""
    return str(session.value(
        """SELECT k.name FROM work w JOIN person k ON k.id = w.person_id WHERE w.warehouse_id = :warehouse
             AND w.room = 'receiving' AND w.subject_id = :order AND w.state = 'open'""",
        warehouse=by.warehouse_id, order=order_id,
    ) or "")  # fmt: skip


def open_lines(session: Session, order_id: int) -> list[Row]:
    """What of an order has not come, by item: totals are locked in one order everywhere."""
    return session.all(
        """SELECT item_id, SUM(quantity - received) AS lacking FROM purchase_order_line
           WHERE purchase_order_id = :id AND received < quantity GROUP BY item_id ORDER BY item_id""",
        id=order_id,
    )  # fmt: skip


def supplier_id(session: Session, code: str) -> int | None:
    """The supplier with this code."""
    found = session.value("SELECT id FROM supplier WHERE code = :code", code=code)
    return int(found) if found else None


def suppliers(session: Session) -> list[Row]:
    """The suppliers to choose from."""
    return session.all(f"SELECT code, name FROM supplier ORDER BY code LIMIT {SUPPLIERS_MAX}")


def is_taken(session: Session, number: str) -> bool:
    """Whether a purchase order of any warehouse has this number."""
    return bool(session.value("SELECT 1 AS one FROM purchase_order WHERE number = :number", number=number))


def receipts_without_papers(session: Session, by: By) -> list[tuple[Row, list[Row]]]:
    """Receipts whose order nobody has named yet, with their goods; the oldest first."""
    rows = session.all(_WITHOUT_PAPERS, warehouse=by.warehouse_id, most=WITHOUT_PAPERS_MAX)
    return [(row, session.all(_GOODS, warehouse=by.warehouse_id, receipt=row.id)) for row in rows]
