"""From an order to work: which warehouse ships it, whether all of it is there, and its reservation (R-ORD-5, R-ORD-6).

Whoever asks for picking work does this on the way; nothing waits for a background process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from warehouse.catalog.codes import COUNT_UP
from warehouse.catalog.settings import ask_setting, setting
from warehouse.clock import day_of
from warehouse.db import GivenUp, Reply, Row, Session
from warehouse.ids import new_id
from warehouse.ledger import Wanted, reserve_lines
from warehouse.ledger.levels import first_totals
from warehouse.ledger.protected import KEPT
from warehouse.orders import elsewhere
from warehouse.orders.deadlines import calendar_of, deadlines
from warehouse.orders.rules import Calendar, is_late_turn
from warehouse.who import By

SOURCE_SLICE = 100
ORDERS_LOOKED_AT = 500
"""How many open orders replenishing looks at: the most urgent."""
GOODS_ISSUE = "goods_issue"
UNNUMBERED = "#"


def source_some(session: Session) -> int:
    """Gives orders that no warehouse has yet to their region's warehouse, with their deadlines. Returns how many.

    What another does at this moment is left to them; something_open() keeps it from looking like nothing to do.
    """
    return ask_source(session)()


def ask_source(session: Session) -> Callable[[], int]:
    """Asks for orders that source_some() gives to their warehouses; calling what it returns does so."""
    asked = session.ask(
        f"""SELECT id, region, tier, confirmed_at, deliver_until FROM sales_order WHERE state = 'unsourced'
            ORDER BY id LIMIT {SOURCE_SLICE}{skip_locked(session, "sales_order")}"""
    )
    return lambda: _source(session, asked.all())


def _source(session: Session, rows: list[Row]) -> int:
    if rows:
        table = _RegionTable(session)
        session.ask_many(
            """UPDATE sales_order SET state = 'open', warehouse_id = :warehouse, ship_by = :ship_by, cutoff_at = :cutoff
               WHERE id = :id""",
            [table.sourced(row) for row in rows],
        )
    return len(rows)


class _RegionTable:
    """Which warehouse a region's orders leave from, as the settings have it now."""

    def __init__(self, session: Session) -> None:
        self._session = session
        rows = elsewhere.houses(session)
        self._houses = {row.id: row for row in rows}
        self._ids = {row.code: row.id for row in rows}
        self._main = self._ids.get(setting(session, "main_warehouse"), rows[0].id)
        self._central = self._ids.get(setting(session, "central_warehouse"), self._main)
        self._far = frozenset(setting(session, "central_regions"))
        self._own = setting(session, "regions")
        self._calendars: dict[int, Calendar] = {}

    def chain(self, region: str) -> list[Row]:
        """The warehouses of a region: its own first, then the others as they were made."""
        first = self._warehouse(region)
        return sorted(self._houses.values(), key=lambda house: house.id != first)

    def _calendar(self, house_id: int) -> Calendar:
        if house_id not in self._calendars:
            self._calendars[house_id] = calendar_of(self._session, self._houses[house_id])
        return self._calendars[house_id]

    def sourced(self, order: Row) -> dict[str, int]:
        warehouse = self._warehouse(order.region)
        return {"id": order.id, "warehouse": warehouse} | deadlines(self._calendar(warehouse), order)

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
        asked = _ask_first(session, by, statement, "shipment", "'released', 'picking'", _FREE_SHIPMENT, sign)
        order = _ask_first(session, by, statement, "sales_order", "'open'", " AND paid = 1", sign).one()
        shipment = asked.one()
        if shipment and (not order or _key(shipment, given, sign) <= _key(order, given, sign)):
            return "shipment", shipment.id
        if order:
            return "order", order.id
    return None


def _ask_first(session: Session, by: By, statement: str, table: str, state: str, more: str, sign: str) -> Reply:
    """Asks for the first that nobody else looks at: pickers who ask at once get one each and do not queue for the same."""
    sql = statement.format(table=table, state=state, more=more, sign=sign)
    return session.ask(sql + skip_locked(session, table), warehouse=by.warehouse_id, now=by.now)


def skip_locked(session: Session, table: str) -> str:
    """Takes a row of a work list and leaves out those that others are taking now. Never for stock, which is FIFO."""
    return f" FOR UPDATE OF {table} SKIP LOCKED" if session.dialect == "postgresql" else ""


def being_sourced(session: Session) -> bool:
    """Whether others are just giving orders to their warehouses: what they need is not known yet."""
    return bool(session.value("SELECT EXISTS (SELECT 1 FROM sales_order WHERE state = 'unsourced')"))


def something_open(session: Session, by: By) -> bool:
    """Whether there may be orders to release that only others look at in this moment: then nobody says no_work yet."""
    return session.dialect == "postgresql" and bool(
        session.value(
            """SELECT EXISTS (SELECT 1 FROM sales_order WHERE state = 'unsourced')
                   OR EXISTS (SELECT 1 FROM sales_order WHERE warehouse_id = :warehouse AND state = 'open' AND held = 0
                                AND paid = 1)
                   OR EXISTS (SELECT 1 FROM shipment WHERE warehouse_id = :warehouse AND held = 0
                                AND state IN ('released', 'picking') AND NOT EXISTS (
                                    SELECT 1 FROM work k WHERE k.warehouse_id = :warehouse AND k.room = 'picking'
                                      AND k.subject_id = shipment.id AND k.state = 'open'))""",
            warehouse=by.warehouse_id,
        )  # fmt: skip
    )


def _key(row: Row, given: int, sign: str) -> tuple[int, ...]:
    if sign == "<=" and is_late_turn(given):
        return (row.confirmed_at,)
    return (row.tier_rank, row.ship_by, row.confirmed_at)


_CHANNEL = "(SELECT channel FROM sales_order WHERE id = :order)"
_KEPT = KEPT.format(warehouse=":warehouse", item="n.item_id", channel=_CHANNEL)
_LACKING_ANYWHERE = f"""
SELECT n.item_id, SUM(n.quantity - n.given) AS wanted FROM order_line n
LEFT JOIN total t ON t.warehouse_id = :warehouse AND t.item_id = n.item_id
WHERE n.order_id = :order AND n.given < n.quantity
GROUP BY n.item_id, t.on_hand, t.reserved, t.blocked
HAVING SUM(n.quantity - n.given) > COALESCE(t.on_hand - t.reserved - t.blocked, 0) - {_KEPT}"""


def release(session: Session, by: By, order_id: int) -> int | None:
    """Reserves all of an order, oldest goods first, as one shipment. Returns the shipment's id.

    None if stock lacks: the order waits and names what it lacks, or goes to another warehouse that has all of it.
    """
    asked = session.ask(
        f"""SELECT id, region, tier_rank, ship_by, cutoff_at, confirmed_at, state, held, warehouse_id FROM sales_order
            WHERE id = :id{session.for_update}""", id=order_id)  # fmt: skip
    lacking_here = session.ask(_LACKING_ANYWHERE, warehouse=by.warehouse_id, order=order_id)
    order = asked.one()
    if order is None or order.state != "open" or order.held or order.warehouse_id != by.warehouse_id:
        return None
    lacking = {row.item_id: int(row.wanted) for row in lacking_here.all()}
    shipment_id = None if lacking else _reserve_somehow(session, by, order, lacking)
    if lacking:
        _wait(session, by, order, lacking)
        return None
    return shipment_id


def _wait(session: Session, by: By, order: Row, lacking: dict[int, int]) -> None:
    """Whole from one warehouse first: the next of its region that has all of it; else it waits in its region's first.

    What lies in its warehouse, but not where it can be picked, is waited for here, and so is what is left of an order
    of which a part has been given.
    """
    found = _house_for(session, by, order)
    if found is None or found.id == by.warehouse_id:
        record_shortages(session, by, order.id, lacking)
        return
    elsewhere.send(session, order.id, found)
    there = replace(by, warehouse_id=found.id, timezone=found.timezone)
    if lacking := elsewhere.lacking_at(session, by, order.id, found):
        record_shortages(session, there, order.id, lacking)


def _house_for(session: Session, by: By, order: Row) -> Row | None:
    """The warehouse that has all of an order, this one before all others; its region's first if none has."""
    if len(elsewhere.houses(session)) == 1 or session.value(_BEGUN, order=order.id):
        return None
    chain = _RegionTable(session).chain(order.region)
    for house in sorted(chain, key=lambda house: house.id != by.warehouse_id):
        if not elsewhere.lacking_at(session, by, order.id, house):
            return house
    return chain[0]


_BEGUN = "SELECT EXISTS (SELECT 1 FROM order_line WHERE order_id = :order AND given > 0)"


def record_shortages(session: Session, by: By, order_id: int, wanted: dict[int, int]) -> None:
    """Notes what an order waits for; the next goods of it that become free wake the order.

    Goods that become free in this very moment do not see the note yet: the order looks for them once more.
    """
    session.run("DELETE FROM shortage WHERE order_id = :order AND direct = 0", order=order_id)
    session.many(
        """INSERT INTO shortage (order_id, warehouse_id, item_id, quantity)
           VALUES (:order, :warehouse, :item, :quantity)
           ON CONFLICT (order_id, item_id) DO UPDATE SET warehouse_id = excluded.warehouse_id,
               quantity = excluded.quantity, direct = 0""",
        [{"order": order_id, "warehouse": by.warehouse_id, "item": item, "quantity": wanted[item]} for item in wanted],
    )
    session.run("UPDATE sales_order SET state = 'waiting' WHERE id = :id", id=order_id)
    _await_movers(session, by, sorted(wanted))
    day = day_of(by.now, by.timezone) + setting(session, "min_remaining_life_days", by.warehouse_id)
    if not session.value(_STILL_LACKING, order=order_id, warehouse=by.warehouse_id, day=day):
        session.run("UPDATE sales_order SET state = 'open' WHERE id = :id", id=order_id)


_STILL_LACKING = f"""
SELECT EXISTS (SELECT 1 FROM shortage s WHERE s.order_id = :order AND (
    SELECT SUM(n.quantity - n.given) FROM order_line n WHERE n.order_id = :order AND n.item_id = s.item_id
) > COALESCE((
    SELECT SUM(b.quantity - b.reserved) FROM balance b JOIN location l ON l.id = b.location_id
    WHERE b.warehouse_id = :warehouse AND b.item_id = s.item_id AND b.quantity > b.reserved AND b.held = 0
      AND (b.pick = 1 OR (s.direct = 1 AND l.kind = 'bin')) AND b.last_day >= :day), 0)
    - {KEPT.format(warehouse=":warehouse", item="s.item_id", channel=_CHANNEL)})"""


def _await_movers(session: Session, by: By, item_ids: list[int]) -> None:
    """Waits for all who make these goods free at this moment; whoever comes later waits for this change."""
    first_totals(session, item_ids, warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)
    for item in item_ids:
        session.one(
            f"SELECT 1 AS one FROM total WHERE warehouse_id = :warehouse AND item_id = :item{session.for_update}",
            warehouse=by.warehouse_id, item=item,
        )  # fmt: skip


def wake(session: Session, by: By, item_ids: frozenset[int]) -> None:  # noqa: ARG001 - a listener
    """Goods have become free for picking: the orders that wait for them are tried again at the next `next`.

    In whatever warehouse they wait: each knows to go where the goods are.
    """
    for item_id in sorted(item_ids):
        session.run(
            """UPDATE sales_order SET state = 'open' WHERE state = 'waiting' AND id IN (
                   SELECT order_id FROM shortage
                   WHERE warehouse_id IN (SELECT id FROM warehouse) AND item_id = :item)""",
            item=item_id,
        )  # fmt: skip


def pick_directly(session: Session, by: By, item_id: int) -> None:
    """No pick location takes more of an item: the orders that want it may have it from reserve bins too.

    That holds for these orders until they are tried once more, and are served or wait again.
    """
    at = {"warehouse": by.warehouse_id, "item": item_id}
    session.run(_MARK_OPEN, **at)
    session.run("UPDATE shortage SET direct = 1 WHERE warehouse_id = :warehouse AND item_id = :item", **at)
    session.run(
        """UPDATE sales_order SET state = 'open' WHERE state = 'waiting' AND id IN (
               SELECT order_id FROM shortage WHERE warehouse_id = :warehouse AND item_id = :item)""", **at)  # fmt: skip


_MARK_OPEN = f"""
INSERT INTO shortage (order_id, warehouse_id, item_id, quantity, direct)
SELECT n.order_id, :warehouse, n.item_id, SUM(n.quantity - n.given), 1 FROM (
    SELECT id FROM sales_order WHERE warehouse_id = :warehouse AND state = 'open' AND held = 0 AND paid = 1
    ORDER BY tier_rank, ship_by, confirmed_at, id LIMIT {ORDERS_LOOKED_AT}) AS o
JOIN order_line n ON n.order_id = o.id WHERE n.item_id = :item AND n.given < n.quantity
GROUP BY n.order_id, n.item_id ON CONFLICT (order_id, item_id) DO UPDATE SET direct = 1"""
_DIRECT = """
SELECT s.item_id FROM shortage s WHERE s.order_id = :order AND s.direct = 1
  AND NOT EXISTS (SELECT 1 FROM work k WHERE k.warehouse_id = :warehouse AND k.room = 'replenishing'
                    AND k.subject_id = s.item_id AND k.state = 'open')"""


def _reserve_somehow(session: Session, by: By, order: Row, lacking: dict[int, int]) -> int | None:
    """From pick locations; if that is not enough, from reserve bins what no pick location takes.

    Not what somebody brings from there to a pick location in this moment: the goods are in their hands.
    """
    shipment_id = _reserve_all(session, by, order, lacking)
    direct = frozenset(row.item_id for row in session.all(_DIRECT, order=order.id, warehouse=by.warehouse_id)) \
        if lacking else frozenset()  # fmt: skip
    if lacking and direct.issuperset(lacking):
        lacking.clear()
        return _reserve_all(session, by, order, lacking, any_bin=direct)
    for item_id in direct:
        lacking.pop(item_id, None)
    return shipment_id


def _reserve_all(
    session: Session, by: By, order: Row, lacking: dict[int, int], *, any_bin: frozenset[int] = frozenset()
) -> int | None:
    """Makes the shipment and reserves it whole; or nothing of it, and `lacking` tells item → wanted."""
    made = None
    with session.attempt():
        shipment_id = _make_shipment(session, by, order)
        asked = ask_setting(session, "min_remaining_life_days", by.warehouse_id)
        lines, life_days = _make_lines(session, by, order.id, shipment_id), asked()
        short = reserve_lines(session, by, shipment_id=shipment_id, lines=lines, life_days=life_days, any_bin=any_bin)
        if short:
            for line in lines:
                if line.line_id in short:
                    lacking[line.item_id] = lacking.get(line.item_id, 0) + line.quantity
            raise GivenUp
        session.ask("UPDATE order_line SET given = quantity WHERE order_id = :order", order=order.id)
        session.ask("UPDATE sales_order SET state = 'released' WHERE id = :id", id=order.id)
        session.ask("DELETE FROM shortage WHERE order_id = :order", order=order.id)
        made = shipment_id
    return made  # noqa: RET504 - an attempt that is given up ends the block, not the function


def _make_lines(session: Session, by: By, order_id: int, shipment_id: int) -> list[Wanted]:
    rows = session.all(
        """SELECT id, item_id, quantity - given AS quantity FROM order_line
           WHERE order_id = :order AND given < quantity ORDER BY item_id, id""", order=order_id)  # fmt: skip
    made = [
        {"id": new_id(session), "warehouse": by.warehouse_id, "shipment": shipment_id, "order_line": row.id,
         "item": row.item_id, "quantity": row.quantity}
        for row in rows
    ]  # fmt: skip
    session.ask_many(
        """INSERT INTO shipment_line (id, warehouse_id, shipment_id, order_line_id, item_id, quantity)
           VALUES (:id, :warehouse, :shipment, :order_line, :item, :quantity)""", made)  # fmt: skip
    return [Wanted(each["id"], each["item"], each["quantity"]) for each in made]


_NUMBER_SHIPMENT = """
UPDATE shipment SET number = (
    SELECT 'GI-' || CASE WHEN last < 10000000 THEN SUBSTR(CAST(10000000 + last AS TEXT), 2) ELSE CAST(last AS TEXT) END
    FROM number_series WHERE warehouse_id = :warehouse AND name = :name)
WHERE id = :id AND number LIKE :unnumbered"""


def number_shipment(session: Session, by: By, shipment_id: int) -> None:
    """Gives a shipment the number of its goods issue note, as it is given out.

    The last thing that a change does: the series' row is everybody's, and held until the change is committed. So the
    number is not asked back, but written from one row into the other, and all of it goes out with the commit.
    """
    series = {"warehouse": by.warehouse_id, "name": GOODS_ISSUE}
    session.ask(COUNT_UP, **series, count=1)
    session.ask(_NUMBER_SHIPMENT, **series, id=shipment_id, unnumbered=f"{UNNUMBERED}%")


def ask_given(session: Session, by: By) -> Callable[[], int]:
    """Asks how many pieces of picking work were given out before, as every fifth is another's turn (R-ORD-5)."""
    asked = session.ask(
        "SELECT last FROM number_series WHERE warehouse_id = :warehouse AND name = :name",
        warehouse=by.warehouse_id, name=GOODS_ISSUE,
    )  # fmt: skip
    return lambda: int(asked.value() or 0)


def _make_shipment(session: Session, by: By, order: Row) -> int:
    shipment_id = new_id(session)
    session.ask(
        """INSERT INTO shipment (id, warehouse_id, order_id, number, state, tier_rank, ship_by, cutoff_at, confirmed_at,
               released_at)
           VALUES (:id, :warehouse, :order, :number, 'released', :tier, :ship_by, :cutoff, :confirmed, :now)""",
        id=shipment_id, warehouse=by.warehouse_id, order=order.id,
        number=f"{UNNUMBERED}{shipment_id}", tier=order.tier_rank,
        ship_by=order.ship_by, cutoff=order.cutoff_at, confirmed=order.confirmed_at, now=by.now,
    )  # fmt: skip
    return shipment_id
