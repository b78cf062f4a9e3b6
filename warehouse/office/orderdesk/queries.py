"""What the order desk reads: which order is meant, and all that is known of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import beginning, begins_with
from warehouse.clock import iso
from warehouse.counts.blind import bin_held
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.office.orderdesk.rules import AmbiguousOrder
from warehouse.orders.events import events_of_order
from warehouse.orders.rules import TIERS
from warehouse.orders.waits import exceptions, waits_for
from warehouse.orders.words import ORDER_STATES
from warehouse.who import By

ID_MAX = 2**63 - 1

_FIND = """
SELECT id, channel, number FROM sales_order
WHERE state <> 'staged' AND warehouse_id IN (0, :warehouse)
  AND (id = :id OR number = :text OR (channel = :channel AND number = :number))"""
_ORDER = """
SELECT id, channel, number, state, held, paid, tier, tier_rank, region, confirmed_at, warehouse_id, ship_by, cutoff_at,
       deliver_from, deliver_until, note FROM sales_order WHERE id = :id"""
_LINES = """
SELECT n.line, i.sku, i.name, n.quantity, n.given, n.shipped FROM order_line n JOIN item i ON i.id = n.item_id
WHERE n.order_id = :id ORDER BY n.line"""
_SHIPMENTS = """
SELECT s.id, s.number, s.state, s.held, s.released_at, s.picked_at, s.packed_at, s.shipped_at, k.name AS picker,
       c.name AS packer
FROM shipment s LEFT JOIN person k ON k.id = s.picker_id LEFT JOIN person c ON c.id = s.packer_id
WHERE s.order_id = :id ORDER BY s.id"""
_PARCELS = """
SELECT p.code, p.state, p.lane, p.carrier, p.closed_at, p.shipped_at, s.number AS shipment
FROM parcel p JOIN shipment s ON s.id = p.shipment_id AND s.warehouse_id = p.warehouse_id
WHERE s.order_id = :id ORDER BY p.id"""
_EXCEPTIONS = """
SELECT id, kind, reasons, owner, due_at, opened_at, closed_at, outcome FROM order_exception
WHERE channel = :channel AND number = :number ORDER BY opened_at"""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its lines, shipments, parcels and exceptions, and all that it waits for."""

    order: Row
    lines: list[Row]
    shipments: list[Row]
    parcels: list[Row]
    exceptions: list[Row]
    waits_for: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The order as programs read it; the recipient is not part of it."""
        order = self.order
        return {
            "id": str(order.id), "channel": order.channel, "number": order.number, "state": order.state,
            "held": bool(order.held), "paid": bool(order.paid), "tier": order.tier, "region": order.region,
            "confirmed_at": iso(order.confirmed_at), "ship_by": iso(order.ship_by or None),
            "cut_off": iso(order.cutoff_at or None), "deliver_from": iso(order.deliver_from),
            "deliver_until": iso(order.deliver_until), "note": order.note,
            "waits_for": self.waits_for,
            "lines": [line._asdict() for line in self.lines],
            "shipments": [self._shipment(row) for row in self.shipments],
            "parcels": [self._parcel(row) for row in self.parcels],
            "exceptions": [_timed(row._asdict() | {"id": str(row.id)}) for row in self.exceptions],
        }  # fmt: skip

    @staticmethod
    def _shipment(row: Row) -> dict[str, Any]:
        shown: dict[str, Any] = row._asdict() | {"held": bool(row.held)}
        shown.pop("id")
        return _timed(shown)

    @staticmethod
    def _parcel(row: Row) -> dict[str, Any]:
        paper = f"/parcels/{row.code}/packing-list.pdf"
        return _timed(row._asdict() | {"packing_list": paper})


def _timed(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: iso(value) if name.endswith("_at") else value for name, value in shown.items()}


def find_order(session: Session, by: By, text: str) -> int:
    """The order that a text names: our id, its number, or CHANNEL:NUMBER.

    Raises:
        NotFound: none here.
        AmbiguousOrder: several channels have that number.
    """
    channel, _, number = text.partition(":")
    own_id = int(text) if text.isascii() and text.isdigit() and int(text) <= ID_MAX else 0
    rows = session.all(_FIND, warehouse=by.warehouse_id, id=own_id, text=text, channel=channel, number=number)
    if not rows:
        raise NotFound(what=text)
    if len(rows) > 1:
        channels = ", ".join(sorted(f"{row.channel}:{row.number}" for row in rows))
        raise AmbiguousOrder(read=text, channels=channels)
    return int(rows[0].id)


def set_aside(session: Session, text: str) -> dict[str, Any] | None:
    """An order that came with faults and was not taken (R-ORD-1), as far as it is known."""
    channel, _, number = text.partition(":")
    row = session.one(
        """SELECT channel, number FROM order_exception WHERE closed_at IS NULL AND order_id = 0
             AND (number = :text OR (channel = :channel AND number = :number)) ORDER BY opened_at DESC""",
        text=text, channel=channel, number=number,
    )  # fmt: skip
    if row is None:
        return None
    waits = exceptions(session, row.channel, row.number)
    return {"id": None, "channel": row.channel, "number": row.number, "state": "exception", "waits_for": waits}


def order_row(session: Session, order_id: int, *, lock: bool = False) -> Row:
    """An order's own row; `lock` keeps it for this change."""
    row = session.one(_ORDER + (session.for_update if lock else ""), id=order_id)
    assert row is not None, "it was found just now, and orders are never deleted"
    return row


def shipments_of(session: Session, order_id: int, *, lock: bool = False) -> list[Row]:
    """An order's shipments as far as a decision about them needs it."""
    sql = "SELECT id, state, held, warehouse_id FROM shipment WHERE order_id = :id ORDER BY id"
    return session.all(sql + (session.for_update if lock else ""), id=order_id)


def hand_overs_of(session: Session, order_id: int) -> list[int]:
    """The hand-overs in which parcels of an order wait to be scanned."""
    rows = session.all(
        """SELECT DISTINCT p.work_id FROM parcel p
           JOIN shipment s ON s.id = p.shipment_id AND s.warehouse_id = p.warehouse_id
           WHERE s.order_id = :id AND p.state = 'closed' AND p.work_id <> 0 ORDER BY p.work_id""", id=order_id)  # fmt: skip
    return [row.work_id for row in rows]


def lock_parcels(session: Session, order_id: int) -> None:
    """Keeps an order's parcels for this change, so that nobody gathers one meanwhile."""
    if session.for_update:
        session.all(
            """SELECT p.id FROM parcel p JOIN shipment s ON s.id = p.shipment_id AND s.warehouse_id = p.warehouse_id
               WHERE s.order_id = :id ORDER BY p.id FOR UPDATE OF p""", id=order_id)  # fmt: skip


def has_left(session: Session, order_id: int) -> bool:
    """Whether anything of an order was handed over."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM shipment s JOIN parcel p ON p.warehouse_id = s.warehouse_id AND p.shipment_id = s.id
               WHERE s.order_id = :id AND (s.state = 'shipped' OR p.state = 'shipped') LIMIT 1""",
            id=order_id,
        )  # fmt: skip
    )


def order_view(session: Session, by: By, order_id: int) -> OrderView:
    """All that the desk shows of an order."""
    order = order_row(session, order_id)
    return OrderView(
        order, session.all(_LINES, id=order_id), session.all(_SHIPMENTS, id=order_id),
        session.all(_PARCELS, id=order_id), session.all(_EXCEPTIONS, channel=order.channel, number=order.number),
        _waits(session, by, order_id),
    )  # fmt: skip


def _waits(session: Session, by: By, order_id: int) -> list[dict[str, Any]]:
    """What an order waits for. Who has a bin to count is not told how many are free: they may lie just there (R-CNT-2)."""
    found = waits_for(session, by, order_id)
    if any("free" in each for each in found) and bin_held(session, by):
        return [each | {"free": None} if "free" in each else each for each in found]
    return found


# ---------------------------------------------------------------- the list

COUNTED_MAX = 1000
"""So far the figures above the list count; beyond it they say so."""
STANDING_ALL = "standing"
STANDING = ("unsourced", "open", "waiting", "released")

_HERE = "o.state <> 'staged' AND o.warehouse_id IN (0, :warehouse)"
_LIST = """
SELECT o.*, r.name, r.city, CASE WHEN EXISTS (SELECT 1 FROM order_exception e WHERE e.closed_at IS NULL
    AND e.channel = o.channel AND e.number = o.number) THEN 1 ELSE 0 END AS excepted
FROM (SELECT o.id, o.channel, o.number, o.state, o.held, o.paid, o.tier, o.tier_rank, o.confirmed_at, o.ship_by
      FROM sales_order o WHERE {where} ORDER BY {order} LIMIT :most OFFSET :skip) AS o
LEFT JOIN recipient r ON r.order_id = o.id ORDER BY {order}"""
_EXCEPTED = """o.id IN (SELECT e.order_id FROM order_exception e WHERE e.closed_at IS NULL AND e.order_id <> 0)"""
_ORDER_BY = {"": "o.id DESC", "due": "o.ship_by, o.id", "tier": "o.tier_rank, o.ship_by, o.id"}
_STATES = ", ".join(f"'{each}'" for each in STANDING)
# Written out, not bound: how many have a state is what the plan depends on.
_OF_STATE = {state: f"o.state = '{state}'" for state in ORDER_STATES} | {STANDING_ALL: f"o.state IN ({_STATES})"}
_OF_TIER = {tier: f"o.tier = '{tier}'" for tier in TIERS}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list of orders; empty for all. `by_name`: recipients are searched too."""

    text: str = ""
    state: str = ""
    tier: str = ""
    held: bool = False
    excepted: bool = False
    sort: str = ""
    by_name: bool = False


def order_list(session: Session, by: By, search: Search, *, most: int, skip: int = 0) -> list[Row]:
    """Orders, the newest first; sorted otherwise, only those that are not over, unless a state is named."""
    parts = [_HERE]
    params: dict[str, Any] = {"warehouse": by.warehouse_id, "most": most, "skip": skip}
    parts += [_OF_STATE[search.state]] if search.state in _OF_STATE else []
    parts += [_OF_STATE[STANDING_ALL]] if search.sort and not search.state else []
    parts += [_OF_TIER[search.tier]] if search.tier in _OF_TIER else []
    parts += ["o.held = 1"] if search.held else []
    parts += [_EXCEPTED] if search.excepted else []
    if search.text:
        found, more = _search(session, search.text, by_name=search.by_name)
        parts.append(found)
        params |= more
    return session.all(_LIST.format(where=" AND ".join(parts), order=_ORDER_BY[search.sort]), **params)


def _search(session: Session, q: str, *, by_name: bool) -> tuple[str, dict[str, Any]]:
    """The orders of this whole number, else of this whole channel, else what begins so: each by an index."""
    channel, colon, number = q.partition(":")
    whole: dict[str, Any] = {"channel": channel, "number": number} if colon else {"number": q}
    named = "o.number = :number AND o.channel = :channel" if colon else "o.number = :number"
    for found, params in ((named, whole), ("o.channel = :channel", {"channel": q})):
        if session.value(f"SELECT 1 AS one FROM sales_order o WHERE {found} LIMIT 1", **params):
            return found, params
    parts = [f"SELECT s.id FROM sales_order s WHERE {begins_with(session, 's.number')}"]
    parts += [f"SELECT r.order_id FROM recipient r WHERE {begins_with(session, 'r.name')}"] if by_name else []
    return f"o.id IN ({' UNION ALL '.join(parts)})", beginning(q)


def figures(session: Session, by: By) -> dict[str, int]:
    """How many orders stand in each state, are held, or have an exception; none is counted beyond COUNTED_MAX."""
    of = {state: f"sales_order o WHERE o.state = '{state}'" for state in STANDING} | {
        "held": "sales_order o WHERE o.held = 1 AND o.state NOT IN ('shipped', 'cancelled')",
        "exception": """order_exception e JOIN sales_order o ON o.id = e.order_id
                        WHERE e.closed_at IS NULL AND e.order_id <> 0""",
    }
    asked = {
        name: session.ask(
            f"SELECT count(*) FROM (SELECT DISTINCT o.id FROM {each} AND {_HERE} LIMIT {COUNTED_MAX}) AS counted",
            warehouse=by.warehouse_id,
        )
        for name, each in of.items()
    }
    return {name: int(reply.value()) for name, reply in asked.items()}


def recipient(session: Session, order_id: int) -> Row | None:
    """Whom an order goes to; nothing once that is erased."""
    return session.one("SELECT name, phone, city, address FROM recipient WHERE order_id = :id", id=order_id)


# ---------------------------------------------------------------- what happened


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an order: when, which kind of thing, who did it, and what it was about."""

    at: int
    kind: str
    who: str = ""
    detail: str = ""


def history(session: Session, view: OrderView) -> list[Event]:
    """All that happened to an order, the latest first."""
    order = view.order
    made = session.value("SELECT made_at FROM sales_order WHERE id = :id", id=order.id)
    found = [Event(made, "came", detail=order.channel)]
    found += [Event(row.at, row.kind, row.name or "", row.detail) for row in events_of_order(session, order.id)]
    for row in view.exceptions:
        found.append(Event(row.opened_at, "opened", detail=row.kind))
        if row.closed_at:
            found.append(Event(row.closed_at, "closed", detail=row.outcome))
    for row in view.shipments:
        found += _steps(row)
    return sorted(found, key=lambda event: event.at, reverse=True)


def _steps(row: Row) -> list[Event]:
    steps = [(row.released_at, "issued", ""), (row.picked_at, "picked", row.picker), (row.packed_at, "packed", row.packer),
             (row.shipped_at, "shipped", "")]  # fmt: skip
    return [Event(at, kind, who or "", row.number) for at, kind, who in steps if at]


def reasons_of(row: Row) -> list[str]:
    """The codes of an exception's reasons."""
    return [str(each) for each in json.loads(row.reasons)]


def aside_id(session: Session, text: str) -> int | None:
    """The exception of an order that was set aside and not taken, by its number or CHANNEL:NUMBER."""
    channel, _, number = text.partition(":")
    found = session.value(
        """SELECT id FROM order_exception WHERE closed_at IS NULL AND order_id = 0
             AND (number = :text OR (channel = :channel AND number = :number)) ORDER BY opened_at DESC""",
        text=text, channel=channel, number=number,
    )  # fmt: skip
    return int(found) if found else None
