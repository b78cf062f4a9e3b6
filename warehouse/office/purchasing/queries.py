"""What purchasing's desk reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import beginning, begins_with, like, parts
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.orders.buying.rules import DAY, Content
from warehouse.who import By

COUNTED_MAX = 1000
WITHOUT_PAPERS_MAX = 200
SUPPLIERS_MAX = 1000

_LIST = """
SELECT p.id, p.number, p.state, p.due_at, p.promised_at, p.confirmed_at, p.made_at, s.code AS supplier,
       s.name AS supplier_name, count(n.id) AS lines, SUM(n.quantity) AS ordered, SUM(n.received) AS received,
       SUM(CASE WHEN n.received < n.quantity AND p.state = 'open' THEN n.quantity - n.received ELSE 0 END) AS open
FROM (SELECT p.* FROM purchase_order p WHERE {where} ORDER BY {order} LIMIT :most OFFSET :skip) AS p
JOIN supplier s ON s.id = p.supplier_id LEFT JOIN purchase_order_line n ON n.purchase_order_id = p.id
GROUP BY p.id, p.number, p.state, p.due_at, p.promised_at, p.confirmed_at, p.made_at, s.code, s.name ORDER BY {order}"""
_SUPPLIER = "lower(s.code) LIKE :like ESCAPE '!' OR lower(s.name) LIKE :like ESCAPE '!'"
# The promised day, else the one asked for, is over.
_LATE = "p.state = 'open' AND COALESCE(p.promised_at, p.due_at) <= :over"
_NEWEST, _DUE = "p.id DESC", "CASE WHEN p.due_at IS NULL THEN 1 ELSE 0 END, p.due_at, p.id"
_ORDER = """
SELECT p.id, p.number, p.barcode, p.state, p.due_at, p.made_at, p.revision, p.approved_value, p.sent_at, p.confirmed_at,
       p.promised_at, p.supplier_reference, p.chased_at, p.chases, p.supplier_id, s.code AS supplier, s.name AS supplier_name,
       s.email, s.address, s.language
FROM purchase_order p JOIN supplier s ON s.id = p.supplier_id
WHERE p.id = :id AND p.warehouse_id = :warehouse AND p.state <> 'staged'"""
_LINES = """
SELECT n.line, n.item_id, i.sku, i.name, i.name_zh, i.unit, n.quantity, n.received, n.unit_cost, n.reckoning,
       COALESCE(q.code, '') AS their_code
FROM purchase_order_line n JOIN purchase_order p ON p.id = n.purchase_order_id JOIN item i ON i.id = n.item_id
LEFT JOIN supplier_item q ON q.item_id = n.item_id AND q.supplier_id = p.supplier_id
WHERE n.purchase_order_id = :id ORDER BY n.line"""
_REVISIONS = """
SELECT r.revision, r.state, r.before, r.content, r.value, r.reason, r.authors, r.made_at, r.decided_at, k.name AS made_by
FROM purchase_revision r LEFT JOIN person k ON k.id = r.made_by
WHERE r.purchase_order_id = :id ORDER BY r.revision DESC LIMIT 50"""
_APPROVALS = """
SELECT a.revision, k.name, a.person_id, a.operations, a.at FROM purchase_approval a JOIN person k ON k.id = a.person_id
WHERE a.purchase_order_id = :id ORDER BY a.revision, a.at"""
_EVENTS = """
SELECT e.kind, e.detail, e.revision, e.at, k.name FROM purchase_event e LEFT JOIN person k ON k.id = e.person_id
WHERE e.purchase_order_id = :id ORDER BY e.id DESC LIMIT 200"""
_TO_DECIDE = """
SELECT r.purchase_order_id AS id, r.revision, r.value, r.reason, r.authors, r.made_at, k.name AS made_by, p.number, p.state,
       s.code AS supplier, s.name AS supplier_name,
       (SELECT count(*) FROM purchase_approval a
        WHERE a.purchase_order_id = r.purchase_order_id AND a.revision = r.revision) AS given
FROM purchase_revision r JOIN purchase_order p ON p.id = r.purchase_order_id AND p.state IN ('waiting', 'open')
JOIN supplier s ON s.id = p.supplier_id LEFT JOIN person k ON k.id = r.made_by
WHERE r.warehouse_id = :warehouse AND r.state = 'waiting' ORDER BY r.made_at, r.purchase_order_id LIMIT :most OFFSET :skip"""
# All that was asked of the same supplier lately: of an order whose rest was closed, what has come.
_BESIDE = """
SELECT r.purchase_order_id AS of_id, p.id, p.number, p.state, p.made_at,
       SUM(CASE p.state WHEN 'cancelled' THEN n.received ELSE n.quantity END * n.unit_cost) AS value,
       SUM(CASE WHEN n.unit_cost IS NULL THEN 1 ELSE 0 END) AS unknown,
       (SELECT k.name FROM purchase_event e JOIN person k ON k.id = e.person_id
        WHERE e.purchase_order_id = p.id AND e.kind = 'made' LIMIT 1) AS made_by
FROM purchase_revision r JOIN purchase_order w ON w.id = r.purchase_order_id
JOIN purchase_order p ON p.warehouse_id = w.warehouse_id AND p.supplier_id = w.supplier_id AND p.id <> w.id
  AND p.made_at >= r.made_at - :span AND (p.state NOT IN ('staged', 'cancelled') OR p.state = 'cancelled' AND p.sent_at > 0)
JOIN purchase_order_line n ON n.purchase_order_id = p.id
WHERE r.state = 'waiting' AND r.purchase_order_id IN ({marks})
GROUP BY r.purchase_order_id, p.id, p.number, p.state, p.made_at ORDER BY p.made_at DESC, p.id DESC"""
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
    revisions: list[Row]
    approvals: list[Row]
    events: list[Row]
    skus: dict[int, str]

    @property
    def waiting(self) -> Row | None:
        """The revision that waits for approval."""
        return next((row for row in self.revisions if row.state == "waiting"), None)

    @property
    def approved_by(self) -> list[Row]:
        """Who has approved what the order stays within: the last revision that people approved. Empty for an import."""
        last = next((row.revision for row in self.revisions if row.state == "approved"), 0)
        return [row for row in self.approvals if row.revision == last]

    @property
    def value(self) -> int | None:
        """What the order is worth as it holds now, in CNY minor units; None where a cost is not known."""
        costs = [None if row.unit_cost is None else row.quantity * row.unit_cost for row in self.lines]
        return None if None in costs else sum(each or 0 for each in costs)

    def as_json(self) -> dict[str, Any]:
        """The order as programs read it."""
        order = self.order
        return {
            "id": str(order.id), "number": order.number, "barcode": order.barcode, "state": order.state,
            "supplier": order.supplier, "due": iso(order.due_at), "made_at": iso(order.made_at),
            "revision": order.revision, "value": self.value, "approved_value": order.approved_value, "currency": "CNY",
            "approved_by": [row.name for row in self.approved_by],
            "sent_at": iso(order.sent_at), "confirmed_at": iso(order.confirmed_at), "promised": iso(order.promised_at),
            "supplier_reference": order.supplier_reference, "chased_at": iso(order.chased_at), "chases": order.chases,
            "revisions": [{"revision": row.revision, "state": row.state, "value": row.value, "reason": row.reason,
                           "by": row.made_by, "made_at": iso(row.made_at), "decided_at": iso(row.decided_at),
                           "approved_by": [each.name for each in self.approvals if each.revision == row.revision]}
                          for row in self.revisions],
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
        parts.append(_LATE)
        params["over"] = by.now - DAY
    if search.text:
        numbered = f"SELECT n.id FROM purchase_order n WHERE {begins_with(session, 'n.number')}"
        parts.append(f"""(p.barcode = :text OR p.id IN ({numbered})
            OR p.supplier_id IN (SELECT s.id FROM supplier s WHERE {_SUPPLIER}))""")
        params |= {"like": like(search.text), "text": search.text} | beginning(search.text)
    order = _DUE if search.sort == "due" else _NEWEST
    return session.all(_LIST.format(where=" AND ".join(parts), order=order), **params)


def figures(session: Session, by: By) -> dict[str, int]:
    """How many orders are open, late, to be approved, to be sent; how many receipts lack papers. None beyond COUNTED_MAX."""
    of = {"open": "p.state = 'open'", "late": _LATE, "waiting": "p.state = 'waiting'",
          "approved": "p.state = 'approved'"}  # fmt: skip
    counted = {
        name: int(session.value(
            f"""SELECT count(*) FROM (SELECT 1 AS one FROM purchase_order p
                WHERE p.warehouse_id = :warehouse AND {condition} LIMIT {COUNTED_MAX}) AS counted""",
            warehouse=by.warehouse_id, **({"over": by.now - DAY} if ":over" in condition else {}),
        ))
        for name, condition in of.items()
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
        session.all(_DISCREPANCIES, id=order_id), revisions := session.all(_REVISIONS, id=order_id),
        session.all(_APPROVALS, id=order_id), session.all(_EVENTS, id=order_id), _skus(session, revisions),
    )  # fmt: skip


def _skus(session: Session, revisions: list[Row]) -> dict[int, str]:
    """What the items of all revisions are called, also of those that are not ordered any more."""
    contents = [Content.load(text) for row in revisions for text in (row.before, row.content)]
    items = sorted({line.item_id for each in contents for line in each.lines})
    return {
        row.id: row.sku
        for marks, values in parts(items)
        for row in session.all(f"SELECT id, sku FROM item WHERE id IN ({marks})", **values)
    }


def to_decide(session: Session, by: By, *, most: int, skip: int = 0) -> list[Row]:
    """What waits for approval in this warehouse, the longest first."""
    return session.all(_TO_DECIDE, warehouse=by.warehouse_id, most=most, skip=skip)


def beside(session: Session, orders: Iterable[int], days: int) -> dict[int, list[Row]]:
    """Beside what waits of each order: the other orders to its supplier of the last days, the newest first.

    The value of each is in CNY minor units, and its known part where `unknown` counts lines without a cost.
    """
    found: dict[int, list[Row]] = defaultdict(list)
    for marks, values in parts(sorted(orders)):
        for row in session.all(_BESIDE.format(marks=marks), span=days * DAY, **values):
            found[row.of_id].append(row)
    return found


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


def receipts_without_papers(session: Session, by: By) -> list[tuple[Row, list[Row]]]:
    """Receipts whose order nobody has named yet, with their goods; the oldest first."""
    rows = session.all(_WITHOUT_PAPERS, warehouse=by.warehouse_id, most=WITHOUT_PAPERS_MAX)
    return [(row, session.all(_GOODS, warehouse=by.warehouse_id, receipt=row.id)) for row in rows]
