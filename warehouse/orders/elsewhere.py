"""Orders and the other warehouses: what one has of an order, wherever in it the goods lie, and orders brought over.

Only where there are several warehouses. An order is moved only from where goods lack to where all of them are, by one
and the same measure, so that it never goes round.
"""

from __future__ import annotations

from warehouse.catalog.lookup import parts
from warehouse.catalog.settings import setting
from warehouse.clock import day_of
from warehouse.db import Row, Session
from warehouse.ledger.protected import KEPT
from warehouse.orders.deadlines import calendar_of, deadlines
from warehouse.who import By

FETCHED_MOST = 20
LOOKED_AT = 1000

_CHANNEL = "(SELECT c.channel FROM sales_order c WHERE c.id = {order})"
_KEPT = KEPT.format(warehouse=":{house}", item="n.item_id", channel=_CHANNEL)
_LACKING = f"""
SELECT n.item_id, SUM(n.quantity - n.given) AS wanted FROM order_line n
WHERE n.order_id = {{order}} AND n.given < n.quantity GROUP BY n.item_id
HAVING SUM(n.quantity - n.given) > COALESCE((
    SELECT SUM(b.quantity - b.reserved) FROM balance b JOIN location l ON l.id = b.location_id
    WHERE b.warehouse_id = :{{house}} AND b.item_id = n.item_id AND b.quantity > b.reserved AND b.held = 0
      AND b.last_day >= :{{house}}_day AND l.kind <> 'quarantine'), 0) - {_KEPT}"""
_LACKING_AT = _LACKING.format(order=":order", house="here")

# Those tried before wait for what they noted as lacking; of those that nobody has tried, the most urgent are looked at.
# This look at totals leaves few: it knows nothing of damaged and expired goods, nor of an item on two lines.
_MAY_COME = f"""
SELECT o.id FROM (
    SELECT id FROM (
        SELECT id FROM sales_order WHERE warehouse_id = :there AND state = 'open' AND held = 0 AND paid = 1
        ORDER BY tier_rank, ship_by, confirmed_at, id LIMIT {LOOKED_AT}) AS urgent
    UNION
    SELECT id FROM (
        SELECT s.order_id AS id FROM shortage s CROSS JOIN total t
        WHERE t.warehouse_id = :here AND t.item_id = s.item_id AND s.warehouse_id = :there
          AND t.on_hand - t.reserved - t.blocked >= s.quantity LIMIT {LOOKED_AT}) AS lacking
) AS c CROSS JOIN sales_order o
WHERE o.id = c.id AND o.warehouse_id = :there AND o.state IN ('open', 'waiting') AND o.held = 0 AND o.paid = 1
  AND NOT EXISTS (
    SELECT 1 FROM order_line n LEFT JOIN total t ON t.warehouse_id = :here AND t.item_id = n.item_id
    WHERE n.order_id = o.id AND (n.given > 0 OR n.quantity > COALESCE(t.on_hand - t.reserved - t.blocked, 0)))
  AND EXISTS (
    SELECT 1 FROM order_line n JOIN item i ON i.id = n.item_id
    LEFT JOIN total t ON t.warehouse_id = :there AND t.item_id = n.item_id
    WHERE n.order_id = o.id AND (
        COALESCE(t.on_hand - t.reserved - t.blocked, 0) < (
            SELECT SUM(a.quantity) FROM order_line a WHERE a.order_id = o.id)
        OR i.tracking = 'lot' OR i.shelf_life_days > 0 OR EXISTS (
            SELECT 1 FROM location l CROSS JOIN balance b
            WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id AND l.warehouse_id = :there
              AND l.kind = 'quarantine' AND b.item_id = n.item_id)))
ORDER BY o.tier_rank, o.ship_by, o.confirmed_at, o.id"""
_COMES = f"""
SELECT o.id, o.tier, o.confirmed_at, o.deliver_until FROM sales_order o WHERE o.id IN ({{ids}})
  AND NOT EXISTS ({_LACKING.format(order="o.id", house="here")})
  AND EXISTS ({_LACKING.format(order="o.id", house="there")})
ORDER BY o.tier_rank, o.ship_by, o.confirmed_at, o.id LIMIT {FETCHED_MOST}"""


def houses(session: Session) -> list[Row]:
    """All warehouses in the order in which they were made."""
    return session.all("SELECT id, code, timezone FROM warehouse ORDER BY made_at, id")


def lacking_at(session: Session, by: By, order_id: int, house: Row) -> dict[int, int]:
    """What of an order a warehouse has nowhere: item → wanted. Held, expired and damaged goods count for nothing."""
    rows = session.all(_LACKING_AT, order=order_id, here=house.id, here_day=_day(session, by, house))
    return {row.item_id: int(row.wanted) for row in rows}


def _day(session: Session, by: By, house: Row) -> int:
    return day_of(by.now, house.timezone) + int(setting(session, "min_remaining_life_days", house.id))


def send(session: Session, order_id: int, house: Row) -> None:
    """An order goes to another warehouse, to be tried there by its calendar; what it noted as lacking here is void."""
    order = session.one("SELECT tier, confirmed_at, deliver_until FROM sales_order WHERE id = :id", id=order_id)
    assert order is not None, "the order is being released"
    session.run(
        "UPDATE sales_order SET warehouse_id = :house, ship_by = :ship_by, cutoff_at = :cutoff WHERE id = :id",
        house=house.id, id=order_id, **deadlines(calendar_of(session, house), order),
    )  # fmt: skip
    session.run("DELETE FROM shortage WHERE order_id = :id", id=order_id)


def fetch(session: Session, by: By) -> bool:
    """Orders that lack goods in their warehouse and that this one has whole come here. Whether there were any.

    Asked by who finds no work here. Orders of which a part has left stay where it left from.
    """
    known = {house.id: house for house in houses(session)}
    here = known.pop(by.warehouse_id)
    found = False
    for there in known.values():
        for row in _may_come(session, by, here, there):
            found = True
            due = deadlines(calendar_of(session, here), row)
            if session.run(_COME, here=here.id, there=there.id, id=row.id, **due):
                session.run("DELETE FROM shortage WHERE order_id = :id", id=row.id)
    return found


_COME = """
UPDATE sales_order SET warehouse_id = :here, state = 'open', ship_by = :ship_by, cutoff_at = :cutoff
WHERE id = :id AND warehouse_id = :there AND state IN ('open', 'waiting') AND held = 0 AND paid = 1"""


def _may_come(session: Session, by: By, here: Row, there: Row) -> list[Row]:
    """The most urgent of the orders that come from one warehouse to another."""
    ids_of = {"here": here.id, "there": there.id}
    ids = [row.id for row in session.all(_MAY_COME, **ids_of)]
    days = {"here_day": _day(session, by, here), "there_day": _day(session, by, there)} if ids else {}
    for marks, values in parts(ids):
        if found := session.all(_COMES.format(ids=marks), **ids_of, **days, **values):
            return found
    return []
