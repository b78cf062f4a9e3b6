"""What the worker does for counting, in short changes: bins made due and weighed, stocktakes marked, classes, late moves."""

from __future__ import annotations

import time
from collections.abc import Callable

from warehouse.clock import HOUR, SECOND, day_of, now_us
from warehouse.counts import plan
from warehouse.counts.requests import raise_count
from warehouse.db import Database, Row, Session
from warehouse.ids import first_id_at
from warehouse.who import By, system

SLICES_MOST = 20  # a round; the rest in the next one, so that sealing never waits for long
PAUSE_S = 0.01
LATE = SECOND  # a move told later than so was kept by its device
LATE_LOOKED_BACK = HOUR

_classed: dict[int, int] = {}
"""The day for which this process has made or found a warehouse's classes."""

_LATE = """
SELECT DISTINCT r.location_id, m.item_id FROM move m JOIN count_round r
  ON r.warehouse_id = m.warehouse_id AND r.location_id IN (m.from_id, m.to_id)
WHERE m.posting_id >= :since AND m.warehouse_id + 0 = :warehouse AND m.item_id <> 0
  AND m.recorded_at > m.occurred_at + :late AND r.ended_at >= :oldest
  AND m.occurred_at <= r.ended_at AND m.recorded_at > r.ended_at
  AND NOT EXISTS (SELECT 1 FROM count_round n WHERE n.warehouse_id = r.warehouse_id AND n.location_id = r.location_id
                    AND n.started_at > m.recorded_at)
  AND NOT EXISTS (SELECT 1 FROM count_request q WHERE q.warehouse_id = r.warehouse_id
                    AND q.location_id = r.location_id AND q.reason = 'late' AND q.raised_at > m.recorded_at)
LIMIT 100"""


def keep_plan(database: Database, house: Row) -> None:
    """One round: some slices of each kind of work, each a change of its own."""
    _slices(database, house, plan.wake_some)
    for stocktake_id in database.change(lambda session: plan.open_stocktakes(session, _by(house))):
        _slices(database, house, lambda session, by, each=stocktake_id: plan.mark_some(session, by, each))  # type: ignore[misc]
    _keep_classes(database, house)
    _slices(database, house, plan.weigh_some)
    database.change(lambda session: raise_late(session, _by(house)))


def raise_late(session: Session, by: By) -> int:
    """A device told after a count what had happened before or while it went on: the bin is counted again. How many."""
    rows = session.all(
        _LATE, warehouse=by.warehouse_id, since=first_id_at(by.now - LATE_LOOKED_BACK), late=LATE,
        oldest=by.now - 24 * HOUR,
    )  # fmt: skip
    return sum(
        1 for row in rows
        if raise_count(session, by, location_id=row.location_id, item_id=row.item_id, reason="late")
    )  # fmt: skip


def _slices(database: Database, house: Row, part: Callable[[Session, By], int]) -> None:
    for _ in range(SLICES_MOST):
        if not database.change(lambda session: part(session, _by(house))):
            return
        time.sleep(PAUSE_S)


def _keep_classes(database: Database, house: Row) -> None:
    """Once a local day: all are read in one read, and kept in slices."""
    by = _by(house)
    today = day_of(by.now, by.timezone)
    if _classed.get(house.id) == today:
        return
    _classed[house.id] = today
    _slices(database, house, lambda session, by: plan.take_up(session, by, thorough=True))
    if database.read(lambda session: plan.classes_are_of(session, by)) >= today:
        return
    found = list(database.read(lambda session: plan.read_classes(session, by)).items())
    for start in range(0, len(found), plan.SLICE):
        part = found[start : start + plan.SLICE]
        database.change(lambda session, part=part: plan.write_classes(session, by, part))  # type: ignore[misc]
        time.sleep(PAUSE_S)
    if found:
        database.change(lambda session: plan.forget_classes(session, by))


def _by(house: Row) -> By:
    return system(house.id, house.timezone, now=now_us(), device="worker")
