"""What buying's desk reads: which items run out, where they stand, what suppliers ask for them and what was paid last."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like, parts
from warehouse.catalog.settings import setting
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.messages.facts import Proposed
from warehouse.office.buying.rules import SUPPLIERS_SHOWN, Minimum, Need, Proposal, Terms, propose, reach
from warehouse.who import By, system

LINES_READ = 101
"""One more than an order takes: so a page knows whether there are others."""
OFFERS_MAX = 500

# An open alert that does not sleep: it stands for its alarm, which is never without it (planning/alerts.py: misfits).
_RUNS_OUT = """
SELECT a.item_id, MAX(CASE a.kind WHEN 'reorder' THEN 1 ELSE 0 END) AS reorder,
       MAX(CASE a.kind WHEN 'safety_stock' THEN 1 ELSE 0 END) AS below
FROM stock_alert a WHERE a.warehouse_id = :warehouse AND a.state <> 'closed' AND a.kind IN ('safety_stock', 'reorder')
  AND a.snoozed_until IS NULL GROUP BY a.item_id"""
_DRAFTED = """
SELECT n.item_id, SUM(n.quantity) AS quantity FROM purchase_order p
JOIN purchase_order_line n ON n.purchase_order_id = p.id
WHERE p.warehouse_id = :warehouse AND p.state IN ('draft', 'waiting', 'approved') {only} GROUP BY n.item_id"""
# Who usually supplies an item: as the catalogue says, else the first who offers it.
_USUAL = """COALESCE(i.supplier_id, (SELECT MIN(q.supplier_id) FROM supplier_item q WHERE q.item_id = i.id), 0)"""

_SUPPLIERS = f"""
SELECT found.supplier_id, s.code, s.name, found.items, found.below, found.drafted FROM (
    SELECT {_USUAL} AS supplier_id, count(*) AS items, SUM(r.below) AS below,
           SUM(CASE WHEN d.item_id IS NULL THEN 0 ELSE 1 END) AS drafted
    FROM ({_RUNS_OUT}) AS r JOIN item i ON i.id = r.item_id
    LEFT JOIN ({_DRAFTED.format(only="")}) AS d ON d.item_id = r.item_id
    WHERE r.reorder = 1 GROUP BY 1) AS found LEFT JOIN supplier s ON s.id = found.supplier_id
ORDER BY found.below DESC, found.items DESC, found.supplier_id LIMIT 1000"""

_STANDS = """
SELECT i.id, i.sku, i.name, i.name_zh, i.unit, i.supplier_id, i.unit_cost, i.pack_size, i.lead_time_days,
       u.lead_time_days AS supplier_lead, t.on_hand - t.reserved - t.blocked - t.expired AS available, t.on_order,
       t.safety_stock, t.reorder_point, t.maximum, k.inputs
FROM item i JOIN total t ON t.warehouse_id = :warehouse AND t.item_id = i.id
LEFT JOIN supplier u ON u.id = i.supplier_id
LEFT JOIN stock_plan k ON k.warehouse_id = t.warehouse_id AND k.item_id = t.item_id
WHERE i.id IN ({marks})"""
_WAITING = """
SELECT s.item_id, SUM(n.quantity - n.given) AS quantity FROM shortage s
JOIN sales_order o ON o.id = s.order_id AND o.state = 'waiting'
JOIN order_line n ON n.order_id = s.order_id AND n.item_id = s.item_id
WHERE s.warehouse_id = :warehouse AND s.item_id IN ({marks}) GROUP BY s.item_id"""
_OFFERS = """
SELECT q.item_id, q.supplier_id, q.code AS their_code, q.pack_size, q.minimum, q.lead_time_days, s.code, s.name,
       s.lead_time_days AS supplier_lead
FROM supplier_item q JOIN supplier s ON s.id = q.supplier_id WHERE q.item_id IN ({marks})"""
_BREAKS = """
SELECT item_id, supplier_id, from_quantity, unit_price FROM price_break WHERE item_id IN ({marks})
ORDER BY item_id, supplier_id, from_quantity"""
_PAID = """
SELECT last.item_id, last.supplier_id, last.unit_cost, last.made_at, s.code, s.name,
       s.lead_time_days AS supplier_lead FROM (
    SELECT n.item_id, p.supplier_id, n.unit_cost, p.made_at,
           ROW_NUMBER() OVER (PARTITION BY n.item_id, p.supplier_id ORDER BY n.id DESC) AS place
    FROM purchase_order_line n JOIN purchase_order p ON p.id = n.purchase_order_id
    WHERE n.item_id IN ({marks}) AND n.unit_cost IS NOT NULL AND (p.state IN ('open', 'closed') OR n.received > 0)
) AS last JOIN supplier s ON s.id = last.supplier_id WHERE last.place = 1"""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one supplier asks for an item, and what was paid to them last."""

    supplier_id: int
    code: str
    name: str
    their_code: str
    terms: Terms
    last_price: int | None
    last_at: int | None

    @property
    def known_price(self) -> int | None:
        """What one costs there: as their list says, else as it was paid last."""
        return (
            self.terms.price_of(1)
            if self.terms.breaks
            else self.last_price
            if self.last_price is not None
            else self.terms.price
        )


@dataclass(frozen=True, slots=True)
class Line:
    """An item of a proposal: where it stands, what is proposed, and up to three suppliers to compare."""

    item: Row
    proposal: Proposal
    offers: tuple[Offer, ...]

    def as_json(self) -> dict[str, Any]:
        """The line as programs read it."""
        need, terms = self.proposal.need, self.proposal.terms
        return {
            "item_id": str(self.item.id), "sku": self.item.sku, "available": need.available, "on_order": need.on_order,
            "not_sent": need.drafted, "waiting": need.waiting, "position": need.position,
            "safety_stock": need.safety_stock, "reorder_point": need.reorder_point, "maximum": need.maximum,
            "mean": need.mean, "pack_size": terms.pack_size, "minimum": terms.minimum,
            "lead_time_days": terms.lead_time_days, "quantity": self.proposal.quantity,
            "unit_price": self.proposal.unit_price,
            "suppliers": [{"code": each.code, "last_price": each.last_price, "last_at": iso(each.last_at),
                           "list_price": each.terms.price_of(max(self.proposal.quantity, 1)) if each.terms.breaks else None}
                          for each in self.offers],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProposalView:
    """What is proposed to order from a supplier; `round` tells whether somebody has ordered since."""

    supplier: Row
    round: int
    lines: list[Line]
    minimum: Minimum
    has_more: bool


def suppliers(session: Session, by: By) -> list[Row]:
    """Suppliers of what is at its reorder point: items, those below their safety stock, those asked for and not sent."""
    return session.all(_SUPPLIERS, warehouse=by.warehouse_id)


def supplier(session: Session, supplier_id: int) -> Row:
    """One supplier.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.one(
        """SELECT id, code, name, email, address, language, lead_time_days, minimum_value, minimum_quantity FROM supplier
           WHERE id = :id""",
        id=supplier_id,
    )
    if row is None:
        raise NotFound(what=f"/proposals/{supplier_id}")
    return row


_ALL = """
SELECT id, code, name, email, address, language, lead_time_days FROM supplier
WHERE lower(code) LIKE :like ESCAPE '!' OR lower(name) LIKE :like ESCAPE '!' ORDER BY code LIMIT :most OFFSET :skip"""


def all_suppliers(session: Session, text: str, *, most: int, skip: int) -> list[Row]:
    """Suppliers by code; those whose code or name has the text in it."""
    return session.all(_ALL, like=like(text), most=most, skip=skip)


def proposal(session: Session, by: By, supplier_id: int, *, others: bool = False) -> ProposalView:
    """What is proposed to order from a supplier, the most urgent first; with `others` also what others usually supply.

    Raises:
        NotFound: there is no such supplier.
    """
    row = supplier(session, supplier_id)
    of = f"{_USUAL} = :supplier"
    if others:
        of = f"({of} OR EXISTS (SELECT 1 FROM supplier_item z WHERE z.item_id = i.id AND z.supplier_id = :supplier))"
    found = session.all(
        f"""SELECT r.item_id FROM ({_RUNS_OUT}) AS r JOIN item i ON i.id = r.item_id
            LEFT JOIN ({_DRAFTED.format(only="")}) AS d ON d.item_id = r.item_id WHERE {of}
            ORDER BY CASE WHEN d.item_id IS NULL THEN r.reorder ELSE 0 END DESC, r.below DESC, i.sku LIMIT {LINES_READ}""",
        warehouse=by.warehouse_id, supplier=supplier_id,
    )  # fmt: skip
    items = [each.item_id for each in found[: LINES_READ - 1]]
    lines = reckon(session, by, row, items)
    return ProposalView(row, round_of(session, by, supplier_id), lines, _minimum(row), len(found) == LINES_READ)


def reckon(session: Session, by: By, row: Row, items: Sequence[int]) -> list[Line]:
    """The lines of these items as an order to a supplier, raised to that supplier's minimum; in the order given."""
    days = int(setting(session, "purchase_review_days", by.warehouse_id))
    stands, drafted, waiting = _stands(session, by, items)
    offers = offers_of(session, stands)
    known = [each for each in items if each in stands]
    proposals = []
    for item_id in known:
        need = _need(stands[item_id], drafted.get(item_id, 0), waiting.get(item_id, 0))
        proposals.append(propose(need, _terms_at(offers[item_id], row, stands[item_id]), days))
    grown = reach(proposals, _minimum(row))
    return [
        Line(stands[item_id], each, _compared(offers[item_id], stands[item_id].supplier_id))
        for item_id, each in zip(known, grown, strict=True)
    ]


# Whom an item that nobody supplies is ordered from.
_NOBODY = """
SELECT NULL AS id, '' AS code, '' AS name, NULL AS lead_time_days, NULL AS minimum_value, NULL AS minimum_quantity"""


def proposed_for(session: Session, warehouse_id: int, item_id: int, now: int) -> Proposed:
    """What the page of proposals says of one item, for whoever tells of it elsewhere."""
    by = system(warehouse_id, "UTC", now=now)
    supplier_id = session.value(f"SELECT {_USUAL} FROM item i WHERE i.id = :item", item=item_id)
    row = supplier(session, supplier_id) if supplier_id else session.one(_NOBODY)
    assert row is not None, "it selects one row"
    # A supplier's own minimum is reached by all lines together; without one the others need not be reckoned.
    together = row.minimum_value or row.minimum_quantity
    found = proposal(session, by, row.id).lines if together else []
    lines = [each for each in found if each.item.id == item_id] or reckon(session, by, row, [item_id])
    if not lines:
        return Proposed(0, row.id or 0, row.code, row.name)
    made = lines[0].proposal
    return Proposed(made.quantity, row.id or 0, row.code, row.name, made.terms.pack_size, made.terms.minimum,
                    made.terms.lead_time_days, made.unit_price)  # fmt: skip


def round_of(session: Session, by: By, supplier_id: int) -> int:
    """How many orders were raised from proposals to a supplier."""
    found = session.value(
        "SELECT round FROM proposal_round WHERE warehouse_id = :warehouse AND supplier_id = :supplier",
        warehouse=by.warehouse_id, supplier=supplier_id,
    )  # fmt: skip
    return int(found or 0)


def _stands(
    session: Session, by: By, items: Sequence[int]
) -> tuple[dict[int, Row], dict[int, int], dict[int, int]]:  # fmt: skip
    stands: dict[int, Row] = {}
    drafted: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for marks, values in parts(sorted(set(items))):
        at = {"warehouse": by.warehouse_id, **values}
        stands |= {row.id: row for row in session.all(_STANDS.format(marks=marks), **at)}
        only = f"AND n.item_id IN ({marks})"
        drafted |= {row.item_id: int(row.quantity) for row in session.all(_DRAFTED.format(only=only), **at)}
        waiting |= {row.item_id: int(row.quantity) for row in session.all(_WAITING.format(marks=marks), **at)}
    return stands, drafted, waiting


def _need(row: Row, drafted: int, waiting: int) -> Need:
    inputs = json.loads(row.inputs) if row.inputs else {}
    return Need(
        int(row.available), row.on_order, drafted, waiting, row.safety_stock, row.reorder_point, row.maximum,
        float(inputs.get("mean", 0.0)),
    )  # fmt: skip


def offers_of(session: Session, stands: dict[int, Row]) -> dict[int, dict[int, Offer]]:
    """What every supplier asks for each item: by item, then by supplier."""
    lists: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    paid: dict[tuple[int, int], Row] = {}
    asked: list[Row] = []
    for marks, values in parts(sorted(stands)):
        for row in session.all(_BREAKS.format(marks=marks), **values):
            lists[row.item_id, row.supplier_id].append((row.from_quantity, row.unit_price))
        paid |= {(row.item_id, row.supplier_id): row for row in session.all(_PAID.format(marks=marks), **values)}
        asked += session.all(_OFFERS.format(marks=marks), **values)
    offers: dict[int, dict[int, Offer]] = {item_id: {} for item_id in stands}
    for row in asked:
        key = (row.item_id, row.supplier_id)
        offers[row.item_id][row.supplier_id] = _offer(stands[row.item_id], row, lists[key], paid.get(key))
    for (item_id, supplier_id), row in paid.items():
        if supplier_id not in offers[item_id]:
            offers[item_id][supplier_id] = _offer(stands[item_id], row, (), row)
    return offers


def _offer(item: Row, row: Row, breaks: Iterable[tuple[int, int]], paid: Row | None) -> Offer:
    """An offer; what the list of the item's usual supplier does not say, the catalogue says."""
    return Offer(
        row.supplier_id, row.code, row.name, getattr(row, "their_code", ""),
        _terms(item, row.supplier_id, row, tuple(breaks), paid.unit_cost if paid else None),
        paid.unit_cost if paid else None, paid.made_at if paid else None,
    )  # fmt: skip


def _terms(
    item: Row, supplier_id: int, row: Row | None, breaks: tuple[tuple[int, int], ...], paid: int | None
) -> Terms:
    usual = item.supplier_id == supplier_id
    pack, minimum, lead = (getattr(row, name, None) for name in ("pack_size", "minimum", "lead_time_days"))
    lead = lead if lead is not None else item.lead_time_days if usual else None
    lead = lead if lead is not None else getattr(row, "supplier_lead", None)
    price = paid if paid is not None else item.unit_cost if usual else None
    return Terms(pack or (item.pack_size if usual else None) or 1, minimum or 1, lead or 0, breaks, price)


def _terms_at(offers: dict[int, Offer], row: Row, item: Row) -> Terms:
    """What a supplier asks for an item, from whom it may never have been bought."""
    offer = offers.get(row.id)
    if offer is not None:
        return offer.terms
    terms = _terms(item, row.id, None, (), None)
    lead = item.lead_time_days if item.supplier_id == row.id else None
    return Terms(terms.pack_size, 1, lead if lead is not None else row.lead_time_days or 0, (), terms.price)


def _compared(offers: dict[int, Offer], usual: int | None) -> tuple[Offer, ...]:
    """Up to three suppliers: the usual one first, then the cheapest."""

    def place(offer: Offer) -> tuple[bool, bool, int, str]:
        price = offer.known_price
        return offer.supplier_id != usual, price is None, price or 0, offer.code

    return tuple(sorted(offers.values(), key=place)[:SUPPLIERS_SHOWN])


def _minimum(row: Row) -> Minimum:
    return Minimum(row.minimum_value, row.minimum_quantity)


# ---------------------------------------------------------------- what suppliers ask for

_OFFERED = f"""
SELECT i.id AS item_id, i.sku, i.name, i.name_zh, q.code, q.pack_size, q.minimum, q.lead_time_days
FROM supplier_item q JOIN item i ON i.id = q.item_id WHERE q.supplier_id = :supplier ORDER BY i.sku LIMIT {OFFERS_MAX}"""


def offered(session: Session, supplier_id: int) -> list[tuple[Row, tuple[tuple[int, int], ...]]]:
    """What a supplier asks for each item that they offer, with the prices."""
    rows = session.all(_OFFERED, supplier=supplier_id)
    lists: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for each in session.all(
        """SELECT b.item_id, b.from_quantity, b.unit_price FROM supplier_item q
           JOIN price_break b ON b.item_id = q.item_id AND b.supplier_id = q.supplier_id
           WHERE q.supplier_id = :supplier ORDER BY b.item_id, b.from_quantity""", supplier=supplier_id
    ):  # fmt: skip
        lists[each.item_id].append((each.from_quantity, each.unit_price))
    return [(row, tuple(lists[row.item_id])) for row in rows]
