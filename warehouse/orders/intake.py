"""Orders as they arrive: stored out of sight, then shown together; or set aside whole with all their reasons (R-ORD-1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import parts
from warehouse.clock import HOUR
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger import Signer
from warehouse.orders.rules import TIERS

EXCEPTION_OWNER = "customer_service"
EXCEPTION_DUE_US = HOUR  # the delivery note is due within 1 h of intake (R-ORD-4)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; the same SKU twice is two lines."""

    item_id: int
    sku: str
    quantity: int
    unit_price: int | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order's content as its channel tells it, checked and complete.

    Attributes:
        paid: None where nothing is said: a new order counts as paid, one that is known stays as it is.
    """

    channel: str
    number: str
    tier: str
    confirmed_at: int
    name: str
    phone: str
    region: str
    city: str
    address: str
    paid: bool | None
    note: str
    deliver_from: int | None
    deliver_until: int | None
    lines: tuple[Line, ...]


def content_hash(signer: Signer, order: Order) -> str:
    """Tells whether two orders say the same (R-ORD-2). Keyed: nobody can find a recipient from it by trying.

    The order of the lines does not matter, nor whether it is paid, which changes without the order; all else does.
    """
    lines = sorted(
        (line.sku, line.quantity, -1 if line.unit_price is None else line.unit_price) for line in order.lines
    )
    said = [
        order.tier, order.confirmed_at, order.name, order.phone, order.region, order.city, order.address, order.note,
        order.deliver_from, order.deliver_until, lines,
    ]  # fmt: skip
    return signer.secret("order\x1f" + json.dumps(said, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Known:
    """An order that was taken before."""

    id: int
    content_hash: str
    paid: bool


def known_orders(session: Session, numbers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """The orders of these channels and numbers that were taken before; those still out of sight are not meant."""
    wanted = set(numbers)
    found: dict[tuple[str, str], Known] = {}
    for marks, params in parts(sorted({number for _, number in wanted})):
        rows = session.all(
            f"""SELECT id, channel, number, content_hash, paid FROM sales_order
                WHERE state <> 'staged' AND number IN ({marks})""", **params)  # fmt: skip
        found |= {(row.channel, row.number): Known(row.id, row.content_hash, bool(row.paid)) for row in rows}
    return {name: found[name] for name in wanted & found.keys()}


def order_row(order: Order, order_id: int, signer: Signer, *, batch_id: int, at: int) -> dict[str, Any]:
    """An order's head and recipient as stage_orders() takes them."""
    return {
        "id": order_id, "channel": order.channel, "number": order.number, "paid": int(order.paid is not False),
        "tier": order.tier, "tier_rank": TIERS[order.tier], "region": order.region, "confirmed_at": order.confirmed_at,
        "deliver_from": order.deliver_from, "deliver_until": order.deliver_until, "note": order.note,
        "content_hash": content_hash(signer, order), "batch": batch_id, "at": at, "name": order.name,
        "phone": order.phone, "city": order.city, "address": order.address,
    }  # fmt: skip


def stage_orders(session: Session, heads: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> None:
    """Stores orders, or parts of them, out of sight: nobody is given an order that is `staged`."""
    session.many(_HEAD, heads)
    session.many(_RECIPIENT, heads)
    session.many(_LINE, lines)


_HEAD = """
INSERT INTO sales_order (id, channel, number, state, paid, tier, tier_rank, region, confirmed_at, deliver_from,
    deliver_until, note, content_hash, batch_id, made_at)
VALUES (:id, :channel, :number, 'staged', :paid, :tier, :tier_rank, :region, :confirmed_at, :deliver_from,
    :deliver_until, :note, :content_hash, :batch, :at)"""
_RECIPIENT = """
INSERT INTO recipient (order_id, name, phone, city, address) VALUES (:id, :name, :phone, :city, :address)"""
_LINE = """
INSERT INTO order_line (id, order_id, line, item_id, quantity, unit_price)
VALUES (:id, :order, :line, :item, :quantity, :unit_price)"""


def show_orders(session: Session, batch_id: int, *, at: int) -> int:
    """Makes a batch's orders visible, all in this one change; what they correct is closed. Returns how many."""
    session.run(
        """UPDATE order_exception SET closed_at = :at, outcome = 'replaced'
           WHERE closed_at IS NULL AND order_id = 0 AND EXISTS (
               SELECT 1 FROM sales_order o WHERE o.channel = order_exception.channel
                 AND o.number = order_exception.number AND o.batch_id = :batch AND o.state = 'staged')""",
        at=at, batch=batch_id,
    )  # fmt: skip
    return session.run(
        "UPDATE sales_order SET state = 'unsourced' WHERE batch_id = :batch AND state = 'staged'", batch=batch_id
    )


def set_aside(
    session: Session, *, channel: str, number: str, reasons: Sequence[str], content: Any, order_id: int = 0, at: int
) -> None:
    """Puts a bad order into the exception queue, whole and with all its reasons; one that lies there is renewed.

    `order_id` names the order that was taken under the same number with other content (R-ORD-2).
    """
    values = {"reasons": json.dumps(list(reasons)), "content": json.dumps(content, ensure_ascii=False)}
    renewed = session.run(
        """UPDATE order_exception SET reasons = :reasons, content = :content, order_id = :order
           WHERE channel = :channel AND number = :number AND closed_at IS NULL AND kind = 'data'""",
        channel=channel, number=number, order=order_id, **values,
    )  # fmt: skip
    if renewed:
        return
    session.run(
        """INSERT INTO order_exception (id, order_id, channel, number, kind, reasons, content, owner, due_at, opened_at)
           VALUES (:id, :order, :channel, :number, 'data', :reasons, :content, :owner, :due, :at)""",
        id=new_id(session), order=order_id, channel=channel, number=number, owner=EXCEPTION_OWNER,
        due=at + EXCEPTION_DUE_US, at=at, **values,
    )  # fmt: skip
