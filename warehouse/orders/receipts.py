"""Receipts: the numbered note of what arrived, what it fills of a purchase order, and what purchasing must hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.catalog.codes import next_number
from warehouse.db import Again, Row, Session
from warehouse.errors import N_, Refusal
from warehouse.ids import new_id
from warehouse.ledger import unblock
from warehouse.ledger.levels import NEW_TOTAL, UNFIT, note_if
from warehouse.who import By

OPEN_LINE = """
SELECT n.id, n.line, n.quantity, n.received, n.unit_cost, i.id AS item_id, i.sku, i.barcode AS item_barcode, i.name,
       i.name_zh, i.unit, i.tracking, i.shelf_life_days, i.lock_days
FROM purchase_order_line n JOIN item i ON i.id = n.item_id
WHERE n.purchase_order_id = :order AND n.received < n.quantity"""


_CANCELLED = """(SELECT CASE p.state WHEN 'cancelled' THEN 1 ELSE 0 END FROM purchase_order p
    WHERE p.id = purchase_order_line.purchase_order_id) AS cancelled"""


class OverReceipt(Refusal):
    """More than was ordered (R-RCV-1)."""

    code = "over_receipt"
    text = N_(
        "%(read)s more of %(item)s are beyond the order: %(open)s are open. "
        "Book the surplus by a receipt without papers: end this one (XXDONE), then begin the next with XXSKIP."
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """A purchase order line after a booking: how much it wants in all and has by now."""

    quantity: int
    received: int

    @property
    def open_quantity(self) -> int:
        """What is still on its way."""
        return max(self.quantity - self.received, 0)


def open_receipt(session: Session, by: By, *, purchase_order_id: int | None, dock_id: int) -> tuple[int, str]:
    """A new goods receipt note in the name of the one who receives (R-RCV-3). Returns its id and number."""
    receipt_id = new_id(session)
    number = f"GR-{next_number(session, by.warehouse_id, 'goods_receipt'):07d}"
    session.run(
        """INSERT INTO receipt (id, warehouse_id, number, purchase_order_id, dock_id, person_id, state, opened_at)
           VALUES (:id, :warehouse, :number, :order, :dock, :person, 'open', :now)""",
        id=receipt_id, warehouse=by.warehouse_id, number=number, order=purchase_order_id, dock=dock_id,
        person=by.person_id, now=by.now,
    )  # fmt: skip
    return receipt_id, number


def close_receipt(session: Session, by: By, receipt_id: int) -> None:
    """Ends a receipt: what comes later is another one."""
    session.run(
        "UPDATE receipt SET state = 'closed', closed_at = :now WHERE id = :id AND state = 'open'",
        now=by.now, id=receipt_id,
    )  # fmt: skip


def reopen_receipt(session: Session, receipt_id: int) -> None:
    """Takes the end of a receipt back."""
    session.run("UPDATE receipt SET state = 'open', closed_at = NULL WHERE id = :id", id=receipt_id)


def set_dock(session: Session, receipt_id: int, dock_id: int) -> None:
    """The goods of this receipt arrive at this dock."""
    session.run("UPDATE receipt SET dock_id = :dock WHERE id = :id", dock=dock_id, id=receipt_id)


def fill_line(
    session: Session, by: By, *, line_id: int, item_id: int, quantity: int, over_percent: int
) -> Filled | None:
    """Books a quantity on an order's line, and so much less is on order. None if the line does not take it.

    Of an order whose rest was closed by hand nothing is on order any more.

    The line is never read and then written: two bookings at once cannot both take the last that is open.
    """
    row = session.one(
        f"""UPDATE purchase_order_line SET received = received + :n
           WHERE id = :id AND received + :n <= quantity + quantity * :percent / 100
           RETURNING quantity, received, {_CANCELLED}""",
        n=quantity, id=line_id, percent=over_percent,
    )  # fmt: skip
    if row is None:
        return None
    before = 0 if row.cancelled else max(row.quantity - row.received + quantity, 0)
    count_on_order(session, by, item_id, -min(quantity, before))
    return Filled(row.quantity, row.received)


def take_back_from_line(session: Session, by: By, *, line_id: int, item_id: int, quantity: int) -> None:
    """Takes a booking on an order's line back; the order is open again.

    Raises:
        Again: the line has received less than that.
    """
    row = session.one(
        f"""UPDATE purchase_order_line SET received = received - :n WHERE id = :id AND received >= :n
           RETURNING quantity, received, purchase_order_id, {_CANCELLED}""", n=quantity, id=line_id)  # fmt: skip
    if row is None:
        raise Again
    session.run(
        "UPDATE purchase_order SET state = 'open' WHERE id = :id AND state = 'closed'", id=row.purchase_order_id
    )
    after = 0 if row.cancelled else max(row.quantity - row.received, 0)
    count_on_order(session, by, item_id, after - max(after - quantity, 0))


# What was ordered and does not come any more is looked at once more, although no level is crossed by it.
# What is taken off has its row already, which the row proposed here must not contradict: none is on order below nothing.
_COUNT_ON_ORDER = f"""{NEW_TOTAL.format(column="on_order", value="CASE WHEN :n > 0 THEN :n ELSE 0 END")}
ON CONFLICT (warehouse_id, item_id) DO UPDATE SET on_order = total.on_order + :n
RETURNING CASE WHEN {UNFIT} OR (total.alarm <> 0 AND total.on_order = 0) THEN 1 ELSE 0 END AS crossed"""


def count_on_order(session: Session, by: By, item_id: int, quantity: int) -> None:
    """So much more (or less) of an item is on its way to this warehouse. Locks the item's total, even for none."""
    row = session.one(_COUNT_ON_ORDER, warehouse=by.warehouse_id, item=item_id, n=quantity)
    note_if(session, row, item_id, warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)


def close_if_full(session: Session, order_id: int) -> bool:
    """Ends a purchase order of which nothing is open any more; whether it ended."""
    return bool(
        session.run(
            """UPDATE purchase_order SET state = 'closed' WHERE id = :id AND state = 'open' AND NOT EXISTS (
                   SELECT 1 FROM purchase_order_line n
                   WHERE n.purchase_order_id = purchase_order.id AND n.received < n.quantity)""",
            id=order_id,
        )
    )


_NEXT_OPEN_LINE = f"""
SELECT following.*, 0 AS turn FROM ({OPEN_LINE} AND n.line > :after ORDER BY n.line LIMIT 1) AS following
UNION ALL
SELECT again.*, 1 AS turn FROM ({OPEN_LINE} AND n.line <= :after ORDER BY n.line LIMIT 1) AS again ORDER BY turn"""


def next_open_line(session: Session, order_id: int, *, after: int = -1) -> Row | None:
    """The open line that follows a line of an order; after the last one the first again."""
    return session.one(_NEXT_OPEN_LINE, order=order_id, after=after)


def raise_discrepancy(
    session: Session, by: By, kind: str, *, receipt_id: int, item_id: int, quantity: int, line_id: int = 0,
    reason: str = "",
) -> int:  # fmt: skip
    """Puts what is not as it should be on purchasing's list. Returns its id."""
    discrepancy_id = new_id(session)
    session.run(_RAISE, **_discrepancy(by, discrepancy_id, kind, receipt_id, line_id, item_id, quantity, reason))
    return discrepancy_id


_RAISE = """
INSERT INTO discrepancy (id, warehouse_id, receipt_id, purchase_order_line_id, item_id, kind, quantity, reason, raised_at)
VALUES (:id, :warehouse, :receipt, :line, :item, :kind, :quantity, :reason, :now)"""


def _discrepancy(
    by: By, discrepancy_id: int, kind: str, receipt_id: int, line_id: int, item_id: int, quantity: int, reason: str = ""
) -> dict[str, int | str]:
    return {
        "id": discrepancy_id, "warehouse": by.warehouse_id, "receipt": receipt_id, "line": line_id, "item": item_id,
        "kind": kind, "quantity": quantity, "reason": reason, "now": by.now,
    }  # fmt: skip


def drop_discrepancy(session: Session, discrepancy_id: int) -> None:
    """Takes one off purchasing's list again: the act that raised it was undone."""
    session.run("DELETE FROM discrepancy WHERE id = :id", id=discrepancy_id)


def count_without_papers(session: Session, by: By, *, receipt_id: int, item_id: int, quantity: int) -> None:
    """Notes how much of an item a receipt without papers holds by now: one entry per item on purchasing's list."""
    changed = session.run(
        """UPDATE discrepancy SET quantity = quantity + :n WHERE warehouse_id = :warehouse AND receipt_id = :receipt
             AND item_id = :item AND kind = 'no_papers' AND closed_at IS NULL""",
        n=quantity, warehouse=by.warehouse_id, receipt=receipt_id, item=item_id,
    )  # fmt: skip
    if not changed:
        raise_discrepancy(session, by, "no_papers", receipt_id=receipt_id, item_id=item_id, quantity=quantity)


def unlisted(session: Session, by: By, *, receipt_id: int, order_id: int) -> list[str]:
    """The items of a receipt without papers that an order does not list."""
    rows = session.all(
        """SELECT i.sku FROM discrepancy d JOIN item i ON i.id = d.item_id
           WHERE d.warehouse_id = :warehouse AND d.receipt_id = :receipt AND d.kind = 'no_papers'
             AND d.closed_at IS NULL AND NOT EXISTS (
                 SELECT 1 FROM purchase_order_line n WHERE n.purchase_order_id = :order AND n.item_id = d.item_id)
           ORDER BY i.sku""",
        warehouse=by.warehouse_id, receipt=receipt_id, order=order_id,
    )  # fmt: skip
    return [row.sku for row in rows]


def link_receipt(session: Session, by: By, *, receipt_id: int, order_id: int) -> int:
    """Gives a receipt without papers its order, which lists all its items: fills what is open, and frees the goods.

    What the order does not want goes on purchasing's list as over. Returns how many that are.
    """
    rows = session.all(
        """SELECT item_id, quantity FROM discrepancy WHERE warehouse_id = :warehouse AND receipt_id = :receipt
             AND kind = 'no_papers' AND closed_at IS NULL ORDER BY item_id""",
        warehouse=by.warehouse_id, receipt=receipt_id,
    )  # fmt: skip
    over = sum(_fill_order(session, by, receipt_id, order_id, row.item_id, row.quantity) for row in rows)
    session.run(
        """UPDATE discrepancy SET closed_at = :now WHERE warehouse_id = :warehouse AND receipt_id = :receipt
             AND kind = 'no_papers' AND closed_at IS NULL""",
        now=by.now, warehouse=by.warehouse_id, receipt=receipt_id,
    )  # fmt: skip
    session.run(
        """UPDATE receipt SET purchase_order_id = :order, state = 'closed', closed_at = COALESCE(closed_at, :now)
           WHERE id = :id""", order=order_id, now=by.now, id=receipt_id)  # fmt: skip
    for block_id in _blocks_of(session, by, receipt_id):
        unblock(session, by, block_id)
    close_if_full(session, order_id)
    close_shorts(session, by, order_id=order_id)
    return over


def _fill_order(session: Session, by: By, receipt_id: int, order_id: int, item_id: int, quantity: int) -> int:
    """Fills an order's lines of an item; returns how many they did not want."""
    lines = session.all(
        """SELECT id, quantity - received AS lacking, unit_cost FROM purchase_order_line
           WHERE purchase_order_id = :order AND item_id = :item ORDER BY line""", order=order_id, item=item_id)  # fmt: skip
    rest = quantity
    for line in lines:
        part = min(rest, line.lacking)
        if part > 0 and fill_line(session, by, line_id=line.id, item_id=item_id, quantity=part, over_percent=0):
            rest -= part
    session.run(
        """UPDATE layer SET purchase_order_line_id = :line, unit_cost = :cost
           WHERE warehouse_id = :warehouse AND receipt_id = :receipt AND receipt_id <> 0 AND item_id = :item""",
        line=lines[0].id, cost=lines[0].unit_cost, warehouse=by.warehouse_id, receipt=receipt_id, item=item_id,
    )  # fmt: skip
    if rest > 0:
        raise_discrepancy(
            session, by, "over", receipt_id=receipt_id, item_id=item_id, quantity=rest, line_id=lines[0].id
        )
    return rest


def _blocks_of(session: Session, by: By, receipt_id: int) -> list[int]:
    """The open blocks on a receipt's layers for want of papers."""
    rows = session.all(
        """SELECT k.id FROM layer y JOIN block k ON k.warehouse_id = y.warehouse_id AND k.item_id = y.item_id
             AND k.layer_id = y.id AND k.kind = 'no_papers' AND k.closed_at IS NULL
           WHERE y.warehouse_id = :warehouse AND y.receipt_id = :receipt AND y.receipt_id <> 0
           ORDER BY k.item_id, k.id""",
        warehouse=by.warehouse_id, receipt=receipt_id,
    )  # fmt: skip
    return [row.id for row in rows]


def raise_shorts(session: Session, by: By, *, receipt_id: int, order_id: int) -> None:
    """Lists what an order still lacks after a receipt that ended early, in place of what was listed before."""
    close_shorts(session, by, order_id=order_id, all_lines=True)
    rows: Sequence[Row] = session.all(
        """SELECT id, item_id, quantity - received AS lacking FROM purchase_order_line
           WHERE purchase_order_id = :order AND received < quantity""", order=order_id)  # fmt: skip
    session.many(
        _RAISE,
        [_discrepancy(by, new_id(session), "short", receipt_id, row.id, row.item_id, row.lacking) for row in rows],
    )


def drop_shorts(session: Session, by: By, *, receipt_id: int) -> None:
    """Takes the shorts that a receipt raised off the list again."""
    session.run(
        "DELETE FROM discrepancy WHERE warehouse_id = :warehouse AND receipt_id = :receipt AND kind = 'short'",
        warehouse=by.warehouse_id, receipt=receipt_id,
    )  # fmt: skip


def close_shorts(session: Session, by: By, *, order_id: int, all_lines: bool = False) -> None:
    """What was short and has arrived by now is no longer on purchasing's list."""
    session.run(
        """UPDATE discrepancy SET closed_at = :now WHERE warehouse_id = :warehouse AND kind = 'short'
             AND closed_at IS NULL AND purchase_order_line_id IN (
                 SELECT n.id FROM purchase_order_line n
                 WHERE n.purchase_order_id = :order AND (:all = 1 OR n.received >= n.quantity))""",
        now=by.now, warehouse=by.warehouse_id, order=order_id, all=int(all_lines),
    )  # fmt: skip


def reopen_shorts(session: Session, by: By, *, order_id: int, closed_at: int) -> None:
    """What one act took off the list of shorts is on it again."""
    session.run(
        """UPDATE discrepancy SET closed_at = NULL WHERE warehouse_id = :warehouse AND kind = 'short'
             AND closed_at = :at AND purchase_order_line_id IN (
                 SELECT n.id FROM purchase_order_line n WHERE n.purchase_order_id = :order)""",
        warehouse=by.warehouse_id, at=closed_at, order=order_id,
    )  # fmt: skip
