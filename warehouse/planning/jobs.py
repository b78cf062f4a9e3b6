"""What the worker does for planning: reads the ledger on, wakes and escalates alerts, and once a day plans everything anew.

Everything is written in slices of a few milliseconds with pauses between them: the floor goes first.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import TypeVar

from warehouse.catalog.places import places
from warehouse.clock import day_of, now_us
from warehouse.db import Database, Session
from warehouse.ledger.levels import UNFIT, first_totals
from warehouse.planning import alerts
from warehouse.planning.fitting import fit_factors
from warehouse.planning.history import read_on
from warehouse.planning.policies import Planned, defaults, planned, write

T = TypeVar("T")

PLAN_SLICE = 64
GROWN = (10, 100)
"""After so many slices PostgreSQL is told how much there is."""
EXPIRED_SLICE = 50
PAUSE_S = 0.005

_EXPIRED = f"""
SELECT item_id FROM balance WHERE warehouse_id = :warehouse AND last_day < 3652059 AND last_day < :day AND held = 0
UNION SELECT item_id FROM total WHERE warehouse_id = :warehouse AND {UNFIT} ORDER BY item_id"""
# Where there is one warehouse, what the catalogue says must be kept is to be kept there.
_NEVER_HERE = """
SELECT i.id FROM item i WHERE i.safety_stock > 0 AND (SELECT count(*) FROM warehouse) = 1
  AND NOT EXISTS (SELECT 1 FROM total t WHERE t.warehouse_id = :warehouse AND t.item_id = i.id) ORDER BY i.id LIMIT :most"""
# Running promotions of which other sums were sold than they were planned with.
_SELLING = """
SELECT DISTINCT p.item_id FROM promotion p
WHERE p.warehouse_id = :warehouse AND p.cancelled_at IS NULL AND p.from_day <= :today AND p.until_day >= :today
  AND p.counted <> COALESCE((
      SELECT SUM(d.used - d.came_back) FROM item_day d WHERE d.warehouse_id = p.warehouse_id AND d.item_id = p.item_id
        AND d.day BETWEEN p.from_day AND p.until_day AND d.day >= :since), 0)
ORDER BY p.item_id LIMIT :most"""
_DONE = "SELECT job, day FROM planning_day WHERE warehouse_id = :warehouse"
_MARK = """
INSERT INTO planning_day (warehouse_id, job, day) VALUES (:warehouse, :job, :day)
ON CONFLICT (warehouse_id, job) DO UPDATE SET day = excluded.day"""


def work_on(database: Database, warehouse_id: int, now: int = 0) -> None:
    """One round for a warehouse: what is due now, and what is due once a day if this day has not seen it.

    Everything is planned anew as well as soon as a setting says something else that plans follow.
    """
    now = now or now_us()
    database.change(lambda session: alerts.wake(session, warehouse_id, now))
    database.change(lambda session: alerts.escalate(session, warehouse_id, now))
    read_on(database, warehouse_id)
    wanted, done = database.read(lambda session: _marks(session, warehouse_id, now))
    for run, jobs in ((look_at_expired, ("expired",)), (replan_all, ("plan", "terms"))):
        # A clock that was set back has no day twice; one that runs ahead and is set right again gets its days.
        if any(done.get(job) != wanted[job] for job in jobs):
            run(database, warehouse_id, now)
            marks = [{"warehouse": warehouse_id, "job": job, "day": wanted[job]} for job in jobs]
            database.change(lambda session, marks=marks: session.many(_MARK, marks))  # type: ignore[misc]
    follow_promotions(database, warehouse_id, now)


def _marks(session: Session, warehouse_id: int, now: int) -> tuple[dict[str, int], dict[str, int]]:
    """Today's marks of what is done once a day and of the settings that plans follow, and those that are kept."""
    by_default = defaults(session, warehouse_id, now)
    wanted = {"expired": by_default.today, "plan": by_default.today, "terms": by_default.fingerprint}
    return wanted, {row.job: row.day for row in session.all(_DONE, warehouse=warehouse_id)}


def follow_promotions(database: Database, warehouse_id: int, now: int, *, most: int = 50) -> int:
    """What promotions have sold is not expected of them any more: their items are planned anew. Returns how many."""

    def read(session: Session) -> list[Planned]:
        by_default = defaults(session, warehouse_id, now)
        rows = session.all(_SELLING, warehouse=warehouse_id, today=by_default.today, since=by_default.since, most=most)
        items = [row.item_id for row in rows]
        return list(planned(session, warehouse_id, by_default, items)) if items else []

    plans = database.read(read)
    if plans:
        _write(database, warehouse_id, plans, now)
    return len(plans)


def look_at_expired(database: Database, warehouse_id: int, now: int) -> int:
    """Decides anew about items of which something has expired since (R-PUT-6). Returns how many."""

    def read(session: Session) -> list[int]:
        day = day_of(now, places(session, warehouse_id).timezone)
        return [row.item_id for row in session.all(_EXPIRED, warehouse=warehouse_id, day=day)]

    items = database.read(read)
    for start in range(0, len(items), EXPIRED_SLICE):
        part = items[start : start + EXPIRED_SLICE]
        database.change(lambda session, part=part: alerts.look_again(session, warehouse_id, part, now))  # type: ignore[misc]
        time.sleep(PAUSE_S)
    return len(items)


def replan_all(database: Database, warehouse_id: int, now: int, *, pause: float = PAUSE_S) -> int:
    """Plans all items that a warehouse has ever had or is to keep. Returns how many.

    It reads one state of the database from first to last, and writes as it goes; what somebody plans meanwhile stays.
    """
    while database.change(lambda session: _expect(session, warehouse_id, now)):
        time.sleep(pause)
    fit_factors(database, warehouse_id, now)

    def read(session: Session) -> int:
        _patiently(session)
        plans = planned(session, warehouse_id, defaults(session, warehouse_id, now))
        count = slices = 0
        while part := list(islice(plans, PLAN_SLICE)):
            count, slices = count + len(part), slices + 1
            _write(database, warehouse_id, part, now)
            if slices in GROWN:
                database.change(_weigh)
            time.sleep(pause)
        return count

    return database.read(read)


def _expect(session: Session, warehouse_id: int, now: int) -> int:
    """Some of the items that were never here although a safety stock is said: they are short (R-SAF-2). Returns how many."""
    items = [row.id for row in session.all(_NEVER_HERE, warehouse=warehouse_id, most=PLAN_SLICE)]
    first_totals(session, items, warehouse_id=warehouse_id, now=now)
    return len(items)


def _write(database: Database, warehouse_id: int, part: list[Planned], now: int) -> None:
    if any(each.level_changed or each.plan_changed or each.sold for each in part):
        database.change(lambda session: write(session, warehouse_id, part, now))


def _weigh(session: Session) -> None:
    """Without it PostgreSQL reads tables from end to end that were empty when it last looked, until it looks by itself."""
    if session.dialect == "postgresql":
        session.run("ANALYZE stock_plan, stock_alert")


def _patiently(session: Session) -> None:
    if session.dialect == "postgresql":
        session.run("SET LOCAL statement_timeout = 0")
        session.run("SET LOCAL idle_in_transaction_session_timeout = 0")
