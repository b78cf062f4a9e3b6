"""Reserve, then post or release: two verbs. Reserved goods stand until they are picked or let go.

The choice is FIFO, or FEFO where goods expire, by one partial index that holds only what can be reserved now.
SKIP LOCKED has no place here: it hands out the newer lot while the older row is locked for a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.clock import day_of
from warehouse.db import Again, Row, Session
from warehouse.ids import new_id
from warehouse.ledger.freed import tell_freed
from warehouse.ledger.levels import AVAILABLE, CROSSED, UNFIT, note, note_if
from warehouse.ledger.protected import KEPT
from warehouse.who import By

CHOICES = 8

OLDEST_FIRST = "{0}.rank_day, {0}.path, {0}.id"
"""The order in which goods must leave (R-PICK-1), of a balance by its alias: every choice uses it, and so does the index
balance_fifo. Another tie-break goes here and into that index."""

_CHOOSE = f"""
SELECT b.id, b.quantity - b.reserved AS free, b.rank_day, b.location_id, b.path FROM balance b
WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND b.quantity > b.reserved AND b.held = 0 AND b.pick = 1
  AND b.last_day >= :day
ORDER BY {OLDEST_FIRST.format("b")} LIMIT :most"""

_CHOOSE_IN_ANY_BIN = f"""
SELECT b.id, b.quantity - b.reserved AS free, b.rank_day, b.location_id, b.path
FROM balance b JOIN location l ON l.id = b.location_id
WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND b.quantity > b.reserved AND b.held = 0 AND l.kind = 'bin'
  AND b.last_day >= :day
ORDER BY {OLDEST_FIRST.format("b")} LIMIT :most"""


def choose(
    session: Session, by: By, item_id: int, *, most: int = CHOICES, life_days: int = 0, any_bin: bool = False
) -> list[Row]:
    """The free stock rows of an item in the order in which they must leave (R-PICK-1).

    `life_days`: the remaining life that the customer must get; expired goods are never chosen (R-PUT-6).
    `any_bin`: reserve bins too, for what cannot be brought to a pick location.
    """
    day = day_of(by.now, by.timezone) + life_days
    sql = _CHOOSE_IN_ANY_BIN if any_bin else _CHOOSE
    return session.all(sql, warehouse=by.warehouse_id, item=item_id, day=day, most=most)


def reserve(
    session: Session, by: By, *, shipment_id: int, line_id: int, item_id: int, quantity: int, life_days: int = 0,
    any_bin: bool = False,
) -> int:  # fmt: skip
    """Reserves up to `quantity` for a shipment's line, oldest first. Returns how much was free.

    The item's total is locked first: reservers of one item wait there and see each other's result.
    """
    if not _claim_total(session, by, item_id, quantity, for_shipment=shipment_id):
        quantity = _free_in_total(session, by, item_id, shipment_id)
        if quantity <= 0 or not _claim_total(session, by, item_id, quantity, for_shipment=shipment_id):
            return 0
    open_quantity = quantity
    while open_quantity:
        rows = choose(session, by, item_id, life_days=life_days, any_bin=any_bin)
        if not rows:
            break
        for row in rows:
            part = min(row.free, open_quantity)
            if not _reserve_row(session, by, row.id, row.path, shipment_id, line_id, part):
                break  # it was moved a moment ago: look again, or newer goods would go before it
            open_quantity -= part
            if not open_quantity:
                break
    if open_quantity:
        _claim_total(session, by, item_id, -open_quantity)
    return quantity - open_quantity


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one line of a shipment wants."""

    line_id: int
    item_id: int
    quantity: int


_FIRST_CHOICES = f"""
SELECT n.id AS line_id, b.id, b.quantity - b.reserved AS free, b.path FROM shipment_line n
JOIN balance b ON b.id = (
    SELECT c.id FROM balance c WHERE c.warehouse_id = :warehouse AND c.item_id = n.item_id AND c.quantity > c.reserved
      AND c.held = 0 AND c.pick = 1 AND c.last_day >= :day ORDER BY {OLDEST_FIRST.format("c")} LIMIT 1)
WHERE n.warehouse_id = :warehouse AND n.shipment_id = :shipment"""


def reserve_lines(
    session: Session, by: By, *, shipment_id: int, lines: Sequence[Wanted], life_days: int = 0,
    any_bin: frozenset[int] = frozenset(),
) -> dict[int, int]:  # fmt: skip
    """Reserves for all lines of a shipment, oldest first, in a handful of statements. What each line still lacks.

    Lines whose oldest stock row has enough are served together; the others one by one, after the same choice.
    `any_bin`: the items that are taken from reserve bins too.
    """
    wanted: dict[int, int] = defaultdict(int)
    for line in lines:
        wanted[line.item_id] += line.quantity
    claims = [{"n": wanted[item], "warehouse": by.warehouse_id, "item": item} for item in sorted(wanted)]
    claimed = session.ask_many(_CLAIM, claims)
    unfit = session.ask(_UNFIT_NOW, warehouse=by.warehouse_id, shipment=shipment_id)
    day = day_of(by.now, by.timezone) + life_days
    choices = session.ask(_FIRST_CHOICES, warehouse=by.warehouse_id, shipment=shipment_id, day=day)
    if claimed.count() < len(claims):
        raise Again
    crossed = unfit.all()
    if any(row.not_theirs for row in crossed):
        raise Again  # others were quicker: what is left is kept for another channel
    if crossed:
        note(
            session, [row.item_id for row in crossed], warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id
        )
    rest = _reserve_first_choices(
        session, by, shipment_id, [line for line in lines if line.item_id not in any_bin], choices.all()
    )
    lacking = {}
    for line in rest + [line for line in lines if line.item_id in any_bin]:
        _claim_total(session, by, line.item_id, -line.quantity)
        got = reserve(session, by, shipment_id=shipment_id, line_id=line.line_id, item_id=line.item_id,
                      quantity=line.quantity, life_days=life_days, any_bin=line.item_id in any_bin)  # fmt: skip
        if got < line.quantity:
            lacking[line.line_id] = line.quantity - got
    return lacking


def _reserve_first_choices(
    session: Session, by: By, shipment_id: int, lines: Sequence[Wanted], rows: list[Row]
) -> list[Wanted]:
    """Serves each line whose oldest stock row has enough for it; the lines that are left."""
    first, free = {row.line_id: row for row in rows}, {row.id: row.free for row in rows}
    served, rest = [], []
    for line in lines:
        row = first.get(line.line_id)
        if row is None or free[row.id] < line.quantity:
            rest.append(line)
            continue
        free[row.id] -= line.quantity
        served.append(
            {"id": new_id(session), "warehouse": by.warehouse_id, "shipment": shipment_id, "line": line.line_id,
             "balance": row.id, "n": line.quantity, "at": by.now, "path": row.path}
        )  # fmt: skip
    served.sort(key=lambda each: each["balance"])
    if session.many(_RESERVE_BALANCE, [{"id": each["balance"], "n": each["n"]} for each in served]) < len(served):
        raise Again
    if served:
        session.ask_many(_INSERT_RESERVATION, served)
    return rest


def reserve_at(
    session: Session,
    by: By,
    *,
    shipment_id: int,
    line_id: int,
    balance_id: int,
    quantity: int,
    reserved_at: int | None = None,
) -> bool:
    """Reserves `quantity` on one stock row that a person chose; whether it was free there.

    `reserved_at`: the instant of a reservation that is only being restored.
    """
    row = session.one("SELECT item_id, path FROM balance WHERE id = :id", id=balance_id)
    if row is None or not _claim_total(session, by, row.item_id, quantity):
        return False
    if _reserve_row(session, by, balance_id, row.path, shipment_id, line_id, quantity, reserved_at):
        return True
    _claim_total(session, by, row.item_id, -quantity)
    return False


def release(session: Session, by: By, *, reservation_id: int, quantity: int) -> None:
    """Lets `quantity` of a reservation go.

    Raises:
        Again: the reservation is no longer as large.
    """
    row = session.one(
        """SELECT r.balance_id, r.quantity, b.item_id FROM reservation r JOIN balance b ON b.id = r.balance_id
           WHERE r.id = :id""", id=reservation_id)  # fmt: skip
    if row is None or row.quantity < quantity or not _claim_total(session, by, row.item_id, -quantity):
        raise Again
    lying = session.one(
        "UPDATE balance SET reserved = reserved - :n WHERE id = :id AND reserved >= :n RETURNING held, pick, last_day",
        n=quantity, id=row.balance_id,
    )  # fmt: skip
    if lying is None:
        raise Again
    if lying.last_day < day_of(by.now, by.timezone):
        note(session, (row.item_id,), warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)
    if lying.held:
        session.run(
            "UPDATE total SET blocked = blocked + :n WHERE warehouse_id = :warehouse AND item_id = :item",
            n=quantity, warehouse=by.warehouse_id, item=row.item_id,
        )  # fmt: skip
    if quantity == row.quantity:
        changed = session.run("DELETE FROM reservation WHERE id = :id AND quantity = :n", id=reservation_id, n=quantity)
    else:
        changed = session.run(
            "UPDATE reservation SET quantity = quantity - :n WHERE id = :id AND quantity > :n",
            id=reservation_id, n=quantity,
        )  # fmt: skip
    if not changed:
        raise Again
    if lying.pick and not lying.held:
        tell_freed(session, by, frozenset({row.item_id}))


def release_shipment(session: Session, by: By, shipment_id: int) -> None:
    """Lets everything go that is reserved for a shipment, wherever it lies."""
    rows = session.all(
        """SELECT r.id, r.quantity FROM reservation r JOIN balance b ON b.id = r.balance_id
           WHERE r.warehouse_id = :warehouse AND r.shipment_id = :shipment ORDER BY b.item_id, b.id""",
        warehouse=by.warehouse_id, shipment=shipment_id,
    )  # fmt: skip
    for row in rows:
        release(session, by, reservation_id=row.id, quantity=row.quantity)


_CLAIM = """
UPDATE total SET reserved = reserved + :n
WHERE warehouse_id = :warehouse AND item_id = :item AND reserved + :n <= on_hand AND reserved + :n >= 0"""
_CLAIM_TOTAL = f"{_CLAIM} {CROSSED}"
_KEPT = KEPT.format(
    warehouse=":warehouse", item="total.item_id",
    channel="(SELECT o.channel FROM shipment s JOIN sales_order o ON o.id = s.order_id WHERE s.id = :shipment)",
)  # fmt: skip
_CLAIM_KEEPING = f"{_CLAIM} AND ({_KEPT} = 0 OR {AVAILABLE} - :n >= {_KEPT}) {CROSSED}"
_UNFIT_NOW = f"""
SELECT total.item_id, CASE WHEN {AVAILABLE} < {_KEPT} THEN 1 ELSE 0 END AS not_theirs
FROM shipment_line n JOIN total ON total.warehouse_id = :warehouse AND total.item_id = n.item_id
WHERE n.warehouse_id = :warehouse AND n.shipment_id = :shipment AND ({UNFIT} OR ({_KEPT} > 0 AND {AVAILABLE} < {_KEPT}))"""
_RESERVE_BALANCE = """
UPDATE balance SET reserved = reserved + :n WHERE id = :id AND quantity - reserved >= :n AND held = 0"""
_INSERT_RESERVATION = """
INSERT INTO reservation (id, warehouse_id, shipment_id, line_id, balance_id, quantity, reserved_at, stage, path)
VALUES (:id, :warehouse, :shipment, :line, :balance, :n, :at, 0, :path)
ON CONFLICT (line_id, balance_id) DO UPDATE SET quantity = reservation.quantity + excluded.quantity"""


def _claim_total(session: Session, by: By, item_id: int, quantity: int, *, for_shipment: int = 0) -> bool:
    """Claims so much of an item; for a shipment, only what is not kept for other channels (R-SAF-5)."""
    at = {"n": quantity, "warehouse": by.warehouse_id, "item": item_id}
    row = session.one(_CLAIM_KEEPING, **at, shipment=for_shipment) if for_shipment else session.one(_CLAIM_TOTAL, **at)
    note_if(session, row, item_id, warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)
    return row is not None


def _free_in_total(session: Session, by: By, item_id: int, shipment_id: int) -> int:
    return int(
        session.value(
            f"""SELECT CASE WHEN {_KEPT} = 0 THEN on_hand - reserved ELSE {AVAILABLE} - {_KEPT} END FROM total
                WHERE warehouse_id = :warehouse AND item_id = :item{session.for_update}""",
            warehouse=by.warehouse_id, item=item_id, shipment=shipment_id,
        )
        or 0
    )  # fmt: skip


def _reserve_row(
    session: Session,
    by: By,
    balance_id: int,
    path: str,
    shipment_id: int,
    line_id: int,
    quantity: int,
    reserved_at: int | None = None,
) -> bool:
    if not session.run(_RESERVE_BALANCE, n=quantity, id=balance_id):
        return False
    session.run(
        _INSERT_RESERVATION, id=new_id(session), warehouse=by.warehouse_id, shipment=shipment_id, line=line_id,
        balance=balance_id, n=quantity, at=reserved_at or by.now, path=path,
    )  # fmt: skip
    return True
