"""From an order to work: which warehouse ships it, whether all of it is there, and its reservation (R-ORD-5, R-ORD-6).

Whoever asks for picking work does this on the way; nothing waits for a background process.
"""

from __future__ import annotations

from warehouse.catalog.codes import next_number
from warehouse.catalog.settings import setting
from warehouse.clock import day_of
from warehouse.db import GivenUp, Row, Session
from warehouse.ids import new_id
from warehouse.ledger import Wanted, reserve_lines
from warehouse.orders.rules import Calendar, cutoff_at, is_late_turn, ship_by
from warehouse.who import By

SOURCE_SLICE = 100


def source_some(session: Session) -> int:
    """Gives orders that no warehouse has yet to their region's warehouse, with their deadlines. Returns how many.

    Who asks while another does this waits for the orders, or would be told that there is nothing to do.
    """
    rows = session.all(
        f"""SELECT id, region, tier, confirmed_at, deliver_until FROM sales_order WHERE state = 'unsourced'
            ORDER BY id LIMIT {SOURCE_SLICE}{session.for_update}"""
    )
    if rows:
        table = _RegionTable(session)
        session.many(
            """UPDATE sales_order SET state = 'open', warehouse_id = :warehouse, ship_by = :ship_by, cutoff_at = :cutoff
               WHERE id = :id""",
            [table.sourced(row) for row in rows],
        )
    return len(rows)


class _RegionTable:
    """Which warehouse a region's orders leave from, as the settings have it now."""

    def __init__(self, session: Session) -> None:
        rows = session.all("SELECT id, code, timezone FROM warehouse ORDER BY made_at, id")
        self._ids = {row.code: row.id for row in rows}
        self._main = self._ids.get(setting(session, "main_warehouse"), rows[0].id)
        self._central = self._ids.get(setting(session, "central_warehouse"), self._main)
        self._far = frozenset(setting(session, "central_regions"))
        self._own = setting(session, "regions")
        self._calendars = {
            row.id: Calendar(
                row.timezone, setting(session, "cut_off", row.id), frozenset(setting(session, "working_days", row.id))
            )
            for row in rows
        }

    def sourced(self, order: Row) -> dict[str, int]:
        warehouse = self._warehouse(order.region)
        calendar = self._calendars[warehouse]
        return {
            "id": order.id, "warehouse": warehouse, "cutoff": cutoff_at(calendar, order.confirmed_at),
            "ship_by": ship_by(calendar, order.confirmed_at, order.tier, order.deliver_until),
        }  # fmt: skip

    def _warehouse(self, region: str) -> int:
        named = self._own.get(region)
        if named in self._ids:
            return int(self._ids[named])
        return int(self._central if region.replace(" ", "-") in self._far else self._main)


_URGENT = """
SELECT id, tier_rank, ship_by, confirmed_at FROM {table}
WHERE warehouse_id = :warehouse AND state IN ({state}) AND held = 0{more} AND cutoff_at {sign} :now
ORDER BY tier_rank, ship_by, confirmed_at, id LIMIT 1"""
_OLDEST = """
SELECT id, tier_rank, ship_by, confirmed_at FROM {table}
WHERE warehouse_id = :warehouse AND state IN ({state}) AND held = 0{more} AND cutoff_at <= :now
ORDER BY confirmed_at, id LIMIT 1"""
_FREE_SHIPMENT = """ AND NOT EXISTS (SELECT 1 FROM work k WHERE k.warehouse_id = :warehouse AND k.room = 'picking'
    AND k.subject_id = shipment.id AND k.state = 'open')"""


def most_urgent(session: Session, by: By, *, given: int) -> tuple[str, int] | None:
    """What is to be picked next: ("shipment", id) if it is reserved already, else ("order", id), or None.

    A shipment whose picker left it in the middle is among them.
    In the order: can still make its cut-off; tier; ship-by; confirmed-at; every fifth the oldest that missed it.
    """
    signs = ("<=", ">") if is_late_turn(given) else (">", "<=")
    for sign in signs:
        statement = _OLDEST if sign == "<=" and is_late_turn(given) else _URGENT
        shipment = _first(session, by, statement, "shipment", "'released', 'picking'", _FREE_SHIPMENT, sign)
        order = _first(session, by, statement, "sales_order", "'open'", " AND paid = 1", sign)
        if shipment and (not order or _key(shipment, given, sign) <= _key(order, given, sign)):
            return "shipment", shipment.id
        if order:
            return "order", order.id
    return None


def _first(session: Session, by: By, statement: str, table: str, state: str, more: str, sign: str) -> Row | None:
    sql = statement.format(table=table, state=state, more=more, sign=sign)
    return session.one(sql, warehouse=by.warehouse_id, now=by.now)


def _key(row: Row, given: int, sign: str) -> tuple[int, ...]:
    if sign == "<=" and is_late_turn(given):
        return (row.confirmed_at,)
    return (row.tier_rank, row.ship_by, row.confirmed_at)


_LACKING_ANYWHERE = """
SELECT n.item_id, SUM(n.quantity - n.given) AS wanted FROM order_line n
LEFT JOIN total t ON t.warehouse_id = :warehouse AND t.item_id = n.item_id
WHERE n.order_id = :order AND n.given < n.quantity
GROUP BY n.item_id, t.on_hand, t.reserved, t.blocked
HAVING SUM(n.quantity - n.given) > COALESCE(t.on_hand - t.reserved - t.blocked, 0)"""


def release(session: Session, by: By, order_id: int) -> int | None:
    """Reserves all of an order, oldest goods first, as one shipment. Returns the shipment's id.

    None if stock lacks: the order waits and names what it lacks, or goes to another warehouse that may have all of it.
    """
    order = session.one(
        f"""SELECT id, tier_rank, ship_by, cutoff_at, confirmed_at, state, held, warehouse_id FROM sales_order
            WHERE id = :id{session.for_update}""", id=order_id)  # fmt: skip
    if order is None or order.state != "open" or order.held or order.warehouse_id != by.warehouse_id:
        return None
    lacking = _lacking_in_total(session, order_id, by.warehouse_id)
    shipment_id = None if lacking else _reserve_all(session, by, order, lacking)
    if lacking:
        _wait(session, by, order_id, lacking)
        return None
    return shipment_id


def _lacking_in_total(session: Session, order_id: int, warehouse_id: int) -> dict[int, int]:
    """What a warehouse cannot have, wherever in it the goods lie: item → wanted."""
    rows = session.all(_LACKING_ANYWHERE, warehouse=warehouse_id, order=order_id)
    return {row.item_id: int(row.wanted) for row in rows}


def _wait(session: Session, by: By, order_id: int, lacking: dict[int, int]) -> None:
    """Whole from one warehouse first: the next that may have all of it, in their order; else the order waits here."""
    for other in _later_warehouses(session, by.warehouse_id):
        if not _lacking_in_total(session, order_id, other):
            session.run("UPDATE sales_order SET warehouse_id = :other WHERE id = :id", other=other, id=order_id)
            return
    record_shortages(session, by, order_id, lacking)


def _later_warehouses(session: Session, warehouse_id: int) -> list[int]:
    """The warehouses behind this one: an order only goes on along them, so that it never comes round for ever."""
    ids = [row.id for row in session.all("SELECT id FROM warehouse ORDER BY made_at, id")]
    return ids[ids.index(warehouse_id) + 1 :]


def record_shortages(session: Session, by: By, order_id: int, wanted: dict[int, int]) -> None:
    """Notes what an order waits for; the next goods of it that become free wake the order.

    Goods that become free in this very moment do not see the note yet: the order looks for them once more.
    """
    session.run("DELETE FROM shortage WHERE order_id = :order", order=order_id)
    session.many(
        "INSERT INTO shortage (order_id, warehouse_id, item_id, quantity) VALUES (:order, :warehouse, :item, :quantity)",
        [{"order": order_id, "warehouse": by.warehouse_id, "item": item, "quantity": wanted[item]} for item in wanted],
    )
    session.run("UPDATE sales_order SET state = 'waiting' WHERE id = :id", id=order_id)
    _await_movers(session, by, sorted(wanted))
    day = day_of(by.now, by.timezone) + setting(session, "min_remaining_life_days", by.warehouse_id)
    if not session.value(_STILL_LACKING, order=order_id, warehouse=by.warehouse_id, day=day):
        session.run("UPDATE sales_order SET state = 'open' WHERE id = :id", id=order_id)


_STILL_LACKING = """
SELECT EXISTS (SELECT 1 FROM shortage s WHERE s.order_id = :order AND (
    SELECT SUM(n.quantity - n.given) FROM order_line n WHERE n.order_id = :order AND n.item_id = s.item_id
) > COALESCE((
    SELECT SUM(b.quantity - b.reserved) FROM balance b WHERE b.warehouse_id = :warehouse AND b.item_id = s.item_id
      AND b.quantity > b.reserved AND b.held = 0 AND b.pick = 1 AND b.last_day >= :day), 0))"""


def _await_movers(session: Session, by: By, item_ids: list[int]) -> None:
    """Waits for all who make these goods free at this moment; whoever comes later waits for this change."""
    items = [{"warehouse": by.warehouse_id, "item": item} for item in item_ids]
    session.many("INSERT INTO total (warehouse_id, item_id) VALUES (:warehouse, :item) ON CONFLICT DO NOTHING", items)
    for item in items:
        session.one(
            f"SELECT 1 AS one FROM total WHERE warehouse_id = :warehouse AND item_id = :item{session.for_update}",
            **item,
        )


def wake(session: Session, by: By, item_ids: frozenset[int]) -> None:
    """Goods have become free for picking: the orders that wait for them are tried again at the next `next`."""
    for item_id in sorted(item_ids):
        session.run(
            """UPDATE sales_order SET state = 'open' WHERE state = 'waiting' AND id IN (
                   SELECT order_id FROM shortage WHERE warehouse_id = :warehouse AND item_id = :item)""",
            warehouse=by.warehouse_id, item=item_id,
        )  # fmt: skip


def _reserve_all(session: Session, by: By, order: Row, lacking: dict[int, int]) -> int | None:
    """Makes the shipment and reserves it whole; or nothing of it, and `lacking` tells item → wanted."""
    made = None
    with session.attempt():
        shipment_id = _make_shipment(session, by, order)
        lines = _make_lines(session, by, order.id, shipment_id)
        life_days = setting(session, "min_remaining_life_days", by.warehouse_id)
        short = reserve_lines(session, by, shipment_id=shipment_id, lines=lines, life_days=life_days)
        if short:
            for line in lines:
                if line.line_id in short:
                    lacking[line.item_id] = lacking.get(line.item_id, 0) + line.quantity
            raise GivenUp
        session.run("UPDATE order_line SET given = quantity WHERE order_id = :order", order=order.id)
        session.run("UPDATE sales_order SET state = 'released' WHERE id = :id", id=order.id)
        session.run("DELETE FROM shortage WHERE order_id = :order", order=order.id)
        made = shipment_id
    return made


def _make_lines(session: Session, by: By, order_id: int, shipment_id: int) -> list[Wanted]:
    rows = session.all(
        """SELECT id, item_id, quantity - given AS quantity FROM order_line
           WHERE order_id = :order AND given < quantity ORDER BY item_id, id""", order=order_id)  # fmt: skip
    made = [
        {"id": new_id(session), "warehouse": by.warehouse_id, "shipment": shipment_id, "order_line": row.id,
         "item": row.item_id, "quantity": row.quantity}
        for row in rows
    ]  # fmt: skip
    session.many(
        """INSERT INTO shipment_line (id, warehouse_id, shipment_id, order_line_id, item_id, quantity)
           VALUES (:id, :warehouse, :shipment, :order_line, :item, :quantity)""", made)  # fmt: skip
    return [Wanted(each["id"], each["item"], each["quantity"]) for each in made]


def _make_shipment(session: Session, by: By, order: Row) -> int:
    shipment_id = new_id(session)
    session.run(
        """INSERT INTO shipment (id, warehouse_id, order_id, number, state, tier_rank, ship_by, cutoff_at, confirmed_at,
               released_at)
           VALUES (:id, :warehouse, :order, :number, 'released', :tier, :ship_by, :cutoff, :confirmed, :now)""",
        id=shipment_id, warehouse=by.warehouse_id, order=order.id,
        number=f"GI-{next_number(session, by.warehouse_id, 'goods_issue'):07d}", tier=order.tier_rank,
        ship_by=order.ship_by, cutoff=order.cutoff_at, confirmed=order.confirmed_at, now=by.now,
    )  # fmt: skip
    return shipment_id
