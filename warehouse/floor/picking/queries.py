"""What picking reads: the next task of a shipment, totes, and stock that could be taken instead."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.catalog.places import places
from warehouse.clock import HOUR, as_datetime, day_of
from warehouse.db import Reply, Row, Session
from warehouse.errors import Phrase
from warehouse.floor.picking.rules import SHORTAGE_SEEN, SHORTAGE_UNSEEN
from warehouse.who import By

_NEXT_TASK = """
SELECT r.id, r.line_id, r.quantity, r.reserved_at, r.balance_id, b.layer_id, b.rank_day, b.lot_id, b.serial,
       l.id AS location_id, l.code, l.barcode, l.path, i.id AS item_id, i.sku, i.barcode AS item_barcode, i.name,
       i.name_zh, i.unit, i.tracking, t.code AS lot
FROM reservation r JOIN balance b ON b.id = r.balance_id JOIN location l ON l.id = b.location_id
JOIN item i ON i.id = b.item_id LEFT JOIN lot t ON t.id = b.lot_id
WHERE r.warehouse_id = :warehouse AND r.shipment_id = :shipment AND r.stage = 0 AND r.id <> :but
ORDER BY r.skipped_at, r.path, r.id LIMIT 1"""

_FREE_AT = """
SELECT b.id, b.rank_day, b.quantity - b.reserved AS free FROM balance b
WHERE b.warehouse_id = :warehouse AND b.location_id = :location AND b.item_id = :item AND b.quantity > b.reserved
  AND b.held = 0 AND (b.pick = 1 OR :own = 1) AND b.last_day >= :day AND (:lot = 0 OR b.lot_id = :lot)
  AND (CAST(:serial AS TEXT) = '' OR b.serial = :serial)
ORDER BY b.rank_day, b.id LIMIT 1"""

_FREE_TOTE = """
SELECT l.id, l.code, l.barcode FROM location l
WHERE l.warehouse_id = :warehouse AND l.kind = 'tote' AND COALESCE(l.parent_id, 0) NOT IN (:in_picking, :to_pack)
  AND NOT EXISTS (SELECT 1 FROM tote_slot s WHERE s.warehouse_id = l.warehouse_id AND s.container_id = l.id)
  AND NOT EXISTS (SELECT 1 FROM work w WHERE w.warehouse_id = l.warehouse_id AND w.place_id = l.id AND w.state = 'open')
  AND NOT EXISTS (SELECT 1 FROM balance b WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id)
ORDER BY l.path, l.id LIMIT 1"""

NEWS_HOURS, NEWS_ROWS_MAX, NEWS_MAX = 24, 40, 5
# What this person found short lately, and who took the alert that it raised or that was open then. A short that was taken back
# is no news; one that was counted since still is, as long as the alert stands.
_SHORTAGES = """
SELECT i.sku, k.name, a.acknowledged_at
FROM (SELECT item_id, raised_at, closed_at, count_id FROM count_request
      WHERE warehouse_id = :warehouse AND raised_by = :person AND raised_at >= :since AND reason = 'short'
      ORDER BY raised_at DESC LIMIT :most) AS c
JOIN stock_alert a ON a.warehouse_id = :warehouse AND a.item_id = c.item_id AND a.kind IN ('safety_stock', 'reorder')
  AND (a.closed_at IS NULL OR a.closed_at >= c.raised_at)
JOIN item i ON i.id = c.item_id LEFT JOIN person k ON k.id = a.acknowledged_by
WHERE a.acknowledged_at >= c.raised_at OR (a.closed_at IS NULL AND (c.closed_at IS NULL OR c.count_id <> 0))
ORDER BY c.raised_at DESC, a.acknowledged_at"""


def news(session: Session, by: By) -> list[Phrase]:
    """Who has seen the shortages that this person declared within a day, the latest first."""
    since = by.now - NEWS_HOURS * HOUR
    rows = session.all(_SHORTAGES, warehouse=by.warehouse_id, person=by.person_id, since=since, most=NEWS_ROWS_MAX)
    seen: dict[str, Row] = {}
    for row in rows:
        if row.acknowledged_at is not None or row.sku not in seen:
            seen[row.sku] = seen[row.sku] if row.sku in seen and seen[row.sku].acknowledged_at else row
    return [_news(row, by.timezone) for row in list(seen.values())[:NEWS_MAX]]


def _news(row: Row, timezone: str) -> Phrase:
    if row.acknowledged_at is None:
        return Phrase(SHORTAGE_UNSEEN, {"item": row.sku})
    at = as_datetime(row.acknowledged_at, timezone).strftime("%H:%M")
    return Phrase(SHORTAGE_SEEN, {"item": row.sku, "name": row.name or "–", "time": at})


def next_task(session: Session, by: By, shipment_id: int, *, but: int = 0) -> Row | None:
    """The next open reservation of a shipment on the walk, skipped ones last; `but` leaves one out."""
    return _ask_next_task(session, by, shipment_id, but=but).one()


def _ask_next_task(session: Session, by: By, shipment_id: int, *, but: int = 0) -> Reply:
    return session.ask(_NEXT_TASK, warehouse=by.warehouse_id, shipment=shipment_id, but=but)


def open_tasks(session: Session, by: By, shipment_id: int) -> int:
    """How many tasks a shipment has left."""
    return int(_ask_open_tasks(session, by, shipment_id).value())


def _ask_open_tasks(session: Session, by: By, shipment_id: int) -> Reply:
    return session.ask(
        "SELECT count(*) FROM reservation WHERE warehouse_id = :warehouse AND shipment_id = :shipment AND stage = 0",
        warehouse=by.warehouse_id, shipment=shipment_id,
    )  # fmt: skip


def free_at(
    session: Session, by: By, *, location_id: int, item_id: int, lot_id: int = 0, serial: str = "", own: bool = False
) -> Row | None:
    """The oldest free stock of an item at one place, of one lot or serial if given.

    Only what may be picked; `own`: the place is the task's own, which may be a reserve bin.
    """
    return session.one(
        _FREE_AT, warehouse=by.warehouse_id, location=location_id, item=item_id, lot=lot_id, serial=serial,
        own=int(own), day=day_of(by.now, by.timezone),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToOpen:
    """What is asked of a shipment before a picker gets it: itself, its next task, how many, its totes, a free one."""

    shipment: Reply
    tasks: Reply
    task: Reply
    totes: Reply
    free_tote: Reply


def ask_to_open(session: Session, by: By, shipment_id: int) -> ToOpen:
    """Asks all that the first screen of a shipment shows."""
    return ToOpen(
        _ask_shipment(session, by, shipment_id), _ask_open_tasks(session, by, shipment_id),
        _ask_next_task(session, by, shipment_id), _ask_totes(session, by, shipment_id), _ask_free_tote(session, by),
    )  # fmt: skip


def free_tote(session: Session, by: By) -> Row | None:
    """An empty tote that nobody uses and no screen proposes."""
    return _ask_free_tote(session, by).one()


def _ask_free_tote(session: Session, by: By) -> Reply:
    skip = " FOR UPDATE OF l SKIP LOCKED" if session.dialect == "postgresql" else ""
    here = places(session, by.warehouse_id)
    return session.ask(_FREE_TOTE + skip, warehouse=by.warehouse_id, in_picking=here.in_picking, to_pack=here.to_pack)


def tote_is_free(session: Session, by: By, tote_id: int, *, work_id: int) -> bool:
    """Whether a tote may be taken by this piece of work."""
    return not session.value(
        """SELECT EXISTS (SELECT 1 FROM tote_slot WHERE warehouse_id = :warehouse AND container_id = :tote)
               OR EXISTS (SELECT 1 FROM balance WHERE warehouse_id = :warehouse AND location_id = :tote)
               OR EXISTS (SELECT 1 FROM work WHERE warehouse_id = :warehouse AND place_id = :tote AND state = 'open'
                            AND id <> :work)""",
        warehouse=by.warehouse_id, tote=tote_id, work=work_id,
    )  # fmt: skip


def waiting(session: Session, by: By) -> int:
    """How many orders could be picked or are waiting to be looked at."""
    return int(
        session.value(
            """SELECT (SELECT count(*) FROM sales_order WHERE state = 'unsourced')
                    + (SELECT count(*) FROM sales_order
                       WHERE warehouse_id = :warehouse AND state = 'open' AND held = 0 AND paid = 1)
                    + (SELECT count(*) FROM shipment
                       WHERE warehouse_id = :warehouse AND state = 'released' AND held = 0)""",
            warehouse=by.warehouse_id,
        )  # fmt: skip
    )


def line_reservations(session: Session, by: By, shipment_id: int, line_id: int) -> list[Row]:
    """What is reserved for a line and not yet picked, by the stock rows it lies on."""
    return session.all(
        """SELECT r.id, r.quantity, r.reserved_at, b.location_id, b.layer_id, b.serial
           FROM reservation r JOIN balance b ON b.id = r.balance_id
           WHERE r.warehouse_id = :warehouse AND r.shipment_id = :shipment AND r.stage = 0 AND r.line_id = :line
           ORDER BY r.id""", warehouse=by.warehouse_id, shipment=shipment_id, line=line_id)  # fmt: skip


def balance_at(session: Session, by: By, *, location_id: int, layer_id: int, serial: str) -> int:
    """The stock row of a layer at a place; 0 if there is none."""
    return int(
        session.value(
            """SELECT id FROM balance WHERE warehouse_id = :warehouse AND location_id = :location
                 AND layer_id = :layer AND serial = :serial""",
            warehouse=by.warehouse_id,
            location=location_id,
            layer=layer_id,
            serial=serial,
        )  # fmt: skip
        or 0
    )


def reservation_at(session: Session, line_id: int, balance_id: int) -> int:
    """A line's reservation on a stock row; 0 if there is none."""
    found = session.value(
        "SELECT id FROM reservation WHERE line_id = :line AND balance_id = :balance AND stage = 0",
        line=line_id, balance=balance_id,
    )  # fmt: skip
    return int(found or 0)


def stock_row(session: Session, balance_id: int) -> Row:
    """What a refusal says of a stock row: its place, lot and serial."""
    found = session.one(
        """SELECT l.id AS location_id, l.code, l.path, t.code AS lot, b.serial FROM balance b
           JOIN location l ON l.id = b.location_id LEFT JOIN lot t ON t.id = b.lot_id WHERE b.id = :id""",
        id=balance_id,
    )  # fmt: skip
    assert found is not None, "the stock row was just found"
    return found


def is_reserve(session: Session, location_id: int) -> bool:
    """Whether a place is none that picks come from: its goods were given out because no pick face takes them."""
    return not session.value("SELECT pick FROM location WHERE id = :id", id=location_id)


def lot_of(session: Session, item_id: int, code: str) -> int:
    """The lot of an item that a text names; 0 if none."""
    return int(session.value("SELECT id FROM lot WHERE item_id = :item AND code = :code", item=item_id, code=code) or 0)


def _ask_shipment(session: Session, by: By, shipment_id: int) -> Reply:
    return session.ask(
        """SELECT s.id, s.state, s.held, o.number, o.note, o.id AS order_id FROM shipment s
           JOIN sales_order o ON o.id = s.order_id WHERE s.id = :id AND s.warehouse_id = :warehouse""",
        id=shipment_id, warehouse=by.warehouse_id,
    )  # fmt: skip


def _ask_totes(session: Session, by: By, shipment_id: int) -> Reply:
    """The totes of a shipment, the latest first."""
    return session.ask(
        """SELECT l.id, l.code, l.barcode, l.parent_id FROM tote_slot s JOIN location l ON l.id = s.container_id
           WHERE s.warehouse_id = :warehouse AND s.shipment_id = :shipment ORDER BY s.made_at DESC""",
        warehouse=by.warehouse_id, shipment=shipment_id,
    )  # fmt: skip


def is_at_packing(session: Session, by: By, shipment_id: int) -> bool:
    """Whether a packer has been given a shipment."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM work WHERE warehouse_id = :warehouse AND room = 'packing' AND subject_id = :shipment
                 AND state = 'open'""",
            warehouse=by.warehouse_id,
            shipment=shipment_id,
        )  # fmt: skip
    )
