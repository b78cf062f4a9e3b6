"""Reservations that a loss uncovers: let go, made again elsewhere at once, else the order waits (R-PICK-3 does the same)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from warehouse.catalog.settings import setting
from warehouse.db import Again, Row, Session
from warehouse.ledger import release, reserve
from warehouse.orders.shipments import back_order, step
from warehouse.who import By

Rearranged = Callable[[Session, By, int], None]
_listeners: list[Rearranged] = []


def on_rearranged(listener: Rearranged) -> None:
    """Says who brings the work of people in line with a shipment whose reservations were made anew; wiring calls it."""
    if listener not in _listeners:
        _listeners.append(listener)


@dataclass(slots=True)
class Uncovered:
    """What was let go, by shipment line, and what came of it: units found elsewhere and units that orders wait for."""

    lines: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    elsewhere: int = 0
    waiting: int = 0


def lock_pickers(session: Session, by: By, location_id: int, item_id: int) -> None:
    """Keeps the work of those who pick these goods for this change: work is locked before totals, everywhere."""
    session.all(
        f"""SELECT w.id FROM work w WHERE w.warehouse_id = :warehouse AND w.room = 'picking' AND w.state = 'open'
              AND w.subject_id IN (SELECT r.shipment_id FROM reservation r JOIN balance b ON b.id = r.balance_id
                  WHERE b.warehouse_id = :warehouse AND b.location_id = :location AND b.item_id = :item)
            ORDER BY w.id{session.for_update}""",
        warehouse=by.warehouse_id, location=location_id, item=item_id,
    )  # fmt: skip


def let_go(session: Session, by: By, balance_id: int, quantity: int, found: Uncovered) -> None:
    """Frees so many reserved units of a stock row: first of those whose picking has not begun, the latest promise first.

    Raises:
        Again: less is reserved there than was read.
    """
    rows = session.all(
        """SELECT r.id, r.shipment_id, r.line_id, r.quantity FROM reservation r JOIN shipment s ON s.id = r.shipment_id
           WHERE r.balance_id = :balance
           ORDER BY CASE s.state WHEN 'released' THEN 0 ELSE 1 END, s.ship_by DESC, r.reserved_at DESC, r.id DESC""",
        balance=balance_id,
    )  # fmt: skip
    for row in rows:
        part = min(row.quantity, quantity)
        if part:
            release(session, by, reservation_id=row.id, quantity=part)
            found.lines[row.shipment_id, row.line_id] += part
            quantity -= part
    if quantity:
        raise Again


def cover(session: Session, by: By, location_id: int, item_id: int, found: Uncovered) -> None:
    """Reserves elsewhere for what was let go, as a short pick does; what is nowhere is back-ordered."""
    if not found.lines:
        return
    life_days = setting(session, "min_remaining_life_days", by.warehouse_id)
    any_bin = not session.value("SELECT pick FROM location WHERE id = :id", id=location_id)
    for (shipment_id, line_id), quantity in found.lines.items():
        got = reserve(session, by, shipment_id=shipment_id, line_id=line_id, item_id=item_id, quantity=quantity,
                      life_days=life_days, any_bin=any_bin)  # fmt: skip
        found.elsewhere += got
        if got < quantity:
            found.waiting += quantity - got
            back_order(session, by, line_id=line_id, quantity=quantity - got)
    _bring_in_line(session, by, sorted({shipment_id for shipment_id, _ in found.lines}))


def _bring_in_line(session: Session, by: By, shipment_ids: Sequence[int]) -> None:
    for shipment_id in shipment_ids:
        for listener in _listeners:
            listener(session, by, shipment_id)
        _end_if_empty(session, shipment_id)


def _end_if_empty(session: Session, shipment_id: int) -> None:
    """A shipment that nobody has begun and that has nothing left to pick is none; its order waits."""
    row: Row | None = session.one("SELECT state, held FROM shipment WHERE id = :id", id=shipment_id)
    left = session.value("SELECT 1 AS one FROM reservation WHERE shipment_id = :id LIMIT 1", id=shipment_id)
    if row is not None and row.state == "released" and not row.held and not left:
        step(session, shipment_id, before="released", after="cancelled")
