"""The plan: for each bin when it is due, how urgent it is, and why (R-CNT-1). One row a bin, kept by small slices.

The worker keeps it; whoever asks for work and finds none does the next slice too, so that nothing due is overlooked
because the worker is behind.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from warehouse.catalog.lookup import parts
from warehouse.catalog.settings import setting
from warehouse.clock import day_of, start_of
from warehouse.counts.rules import (
    DAY,
    NEVER_PROVED_DAYS,
    classify,
    first_day,
    interval_days,
    next_day,
    weight,
    worst,
)
from warehouse.db import Row, Session
from warehouse.ids import first_id_at
from warehouse.who import By

SLICE = 100
LOAD_FOR_S = 60

_NEW_BINS = """
SELECT l.id, l.path FROM location l WHERE l.warehouse_id = :warehouse AND l.kind = 'bin' AND l.id > :after
  AND NOT EXISTS (SELECT 1 FROM bin_plan p WHERE p.warehouse_id = l.warehouse_id AND p.location_id = l.id)
ORDER BY l.id LIMIT :most"""
_INSERT = """
INSERT INTO bin_plan (warehouse_id, location_id, zone_id, path, due_day, due, weight)
VALUES (:warehouse, :id, :zone, :path, :day, :due, :weight) ON CONFLICT DO NOTHING"""
_NEXT_BIN = """
SELECT p.location_id, 0 AS item_id, CASE WHEN EXISTS (
    SELECT 1 FROM stocktake s WHERE s.warehouse_id = p.warehouse_id AND s.closed_at IS NULL
      AND s.zone_id IN (0, p.zone_id) AND p.proved_at < s.asked_at) THEN 'stocktake' ELSE 'plan' END AS reason
FROM bin_plan p WHERE p.warehouse_id = :warehouse AND p.due = 1
  AND NOT EXISTS (SELECT 1 FROM bin_count c WHERE c.warehouse_id = p.warehouse_id AND c.location_id = p.location_id
                    AND c.state <> 'closed')
ORDER BY p.trouble DESC, p.weight DESC, p.path LIMIT 1"""


def next_bin(session: Session, by: By) -> Row | None:
    """The bin that is due most by the plan and that nobody counts: shorted and swapped ones first, then by weight."""
    return session.one(_NEXT_BIN, warehouse=by.warehouse_id)


def due_count(session: Session, by: By, most: int) -> int:
    """How many bins are due by the plan; none beyond `most`."""
    return int(
        session.value(
            """SELECT count(*) FROM (SELECT 1 AS one FROM bin_plan p WHERE p.warehouse_id = :warehouse AND p.due = 1
                 AND NOT EXISTS (SELECT 1 FROM bin_count c WHERE c.warehouse_id = p.warehouse_id
                                   AND c.location_id = p.location_id AND c.state <> 'closed')
                 LIMIT :most) AS counted""",
            warehouse=by.warehouse_id, most=most,
        )
    )  # fmt: skip


def wake_some(session: Session, by: By, most: int = SLICE) -> int:
    """Makes due whose day has come, and takes up new bins. Returns how many; 0 when all of it is done."""
    today = day_of(by.now, by.timezone)
    woken = session.run(
        """UPDATE bin_plan SET due = 1 WHERE warehouse_id = :warehouse AND due = 0 AND location_id IN (
               SELECT location_id FROM bin_plan WHERE warehouse_id = :warehouse AND due = 0 AND due_day <= :today
               ORDER BY due_day LIMIT :most)""",
        warehouse=by.warehouse_id, today=today, most=most,
    )  # fmt: skip
    return woken or take_up(session, by, most)


def take_up(session: Session, by: By, most: int = SLICE, *, thorough: bool = False) -> int:
    """Takes new bins into the plan, each due within one interval. Returns how many.

    Only bins made after the last one in it are looked at; `thorough`: all, for one of two processes may commit late.
    """
    last = "SELECT MAX(location_id) FROM bin_plan WHERE warehouse_id = :warehouse"
    after = 0 if thorough else int(session.value(last, warehouse=by.warehouse_id) or 0)
    rows = session.all(_NEW_BINS, warehouse=by.warehouse_id, most=most, after=after)
    zones = {row.id: row.holder for row in _for_each(session, by, _ZONES, [row.id for row in rows])}
    today, days = day_of(by.now, by.timezone), _interval(session, by, "A")
    known = (
        int(session.value("SELECT count(*) FROM bin_plan WHERE warehouse_id = :id", id=by.warehouse_id)) if rows else 0
    )
    common = {"warehouse": by.warehouse_id, "weight": weight(days=NEVER_PROVED_DAYS, moves=0)}
    first = [first_day(today, days, at) for at in range(known, known + len(rows))]
    return session.many(_INSERT, [
        common | {"id": row.id, "path": row.path, "zone": zones.get(row.id, 0), "day": day, "due": int(day <= today)}
        for row, day in zip(rows, first, strict=True)
    ])  # fmt: skip


def trouble(session: Session, by: By, location_id: int) -> None:
    """Something did not lie there as the book said (a swap): the bin is due now and comes before others."""
    session.run(
        """UPDATE bin_plan SET trouble = trouble + 1, due = 1, due_day = :today
           WHERE warehouse_id = :warehouse AND location_id = :location""",
        warehouse=by.warehouse_id, location=location_id, today=day_of(by.now, by.timezone),
    )  # fmt: skip


def prove(session: Session, by: By, location_id: int) -> list[int]:
    """A bin was counted as a whole, or found empty as the book has it: it is due again on the emptiest day.

    Returns what the plan said before, for take_back_proof().
    """
    row = session.one(
        """SELECT proved_at, due_day, due, trouble, weight, class AS item_class FROM bin_plan
           WHERE warehouse_id = :warehouse AND location_id = :location""",
        warehouse=by.warehouse_id, location=location_id,
    )  # fmt: skip
    if row is None:
        return []
    today = day_of(by.now, by.timezone)
    days = _interval(session, by, row.item_class)
    load = _load(session, by, today, today + days)
    day = next_day(today, days, load)
    load[day] = load.get(day, 0) + 1
    session.run(
        """UPDATE bin_plan SET proved_at = :now, due_day = :day, due = 0, trouble = 0, weight = 0, moves = 0
           WHERE warehouse_id = :warehouse AND location_id = :location""",
        warehouse=by.warehouse_id, location=location_id, now=by.now,
        day=day,
    )  # fmt: skip
    return [location_id, *row[:5]]


def _load(session: Session, by: By, today: int, last: int) -> dict[int, int]:
    """How many bins are due on each of the coming days. Read once a minute: days need only fill up about evenly."""
    kept = _loads.get(by.warehouse_id)
    if kept is None or kept[0] < time.monotonic() or kept[1] < last:
        rows = session.all(
            """SELECT due_day, count(*) AS n FROM bin_plan WHERE warehouse_id = :warehouse AND due_day > :today
                 AND due_day <= :last GROUP BY due_day""",
            warehouse=by.warehouse_id, today=today, last=last,
        )  # fmt: skip
        kept = _loads[by.warehouse_id] = (time.monotonic() + LOAD_FOR_S, last, {row.due_day: row.n for row in rows})
    return kept[2]


_loads: dict[int, tuple[float, int, dict[int, int]]] = {}
"""A warehouse's load as this process read it last: until when it is believed, up to which day, bins by day."""


def take_back_proof(session: Session, by: By, location_id: int, *before: int) -> None:
    """The contrary of prove()."""
    proved_at, due_day, due, troubles, heavy = before
    session.run(
        """UPDATE bin_plan SET proved_at = :proved, due_day = :day, due = :due, trouble = :trouble, weight = :weight
           WHERE warehouse_id = :warehouse AND location_id = :location""",
        proved=proved_at, day=due_day, due=due, trouble=troubles, weight=heavy, warehouse=by.warehouse_id,
        location=location_id,
    )  # fmt: skip


def _interval(session: Session, by: By, item_class: str) -> int:
    abc = setting(session, "count_abc", by.warehouse_id)
    return interval_days(
        item_class, abc=abc, days=setting(session, "count_abc_days", by.warehouse_id) if abc else {},
        otherwise=setting(session, "count_interval_days", by.warehouse_id),
    )  # fmt: skip


# ---------------------------------------------------------------- weighed anew, once a day

_STALE = """
SELECT p.location_id, p.proved_at, p.due_day, p.due FROM bin_plan p
WHERE p.warehouse_id = :warehouse AND p.planned_at < :since ORDER BY p.planned_at, p.location_id LIMIT :most"""
_IN_BINS = """
SELECT b.location_id, MIN(COALESCE(k.class, 'C')) AS item_class,
       SUM(b.quantity * COALESCE(i.unit_cost, y.unit_cost, 0)) AS value
FROM balance b JOIN item i ON i.id = b.item_id JOIN layer y ON y.id = b.layer_id
LEFT JOIN item_class k ON k.warehouse_id = b.warehouse_id AND k.item_id = b.item_id
WHERE b.warehouse_id = :warehouse AND b.location_id IN ({marks}) GROUP BY b.location_id"""
_MOVES = """
SELECT (SELECT count(*) FROM move WHERE warehouse_id = :warehouse AND from_id = :location AND posting_id >= :since)
     + (SELECT count(*) FROM move WHERE warehouse_id = :warehouse AND to_id = :location AND posting_id >= :since)"""
_ZONES = """
WITH RECURSIVE above (id, holder, kind) AS (
    SELECT l.id, l.id, l.kind FROM location l WHERE l.id IN ({marks})
    UNION ALL
    SELECT a.id, p.id, p.kind FROM above a JOIN location c ON c.id = a.holder JOIN location p ON p.id = c.parent_id)
SELECT id, holder FROM above WHERE kind = 'zone'"""
_WEIGH = """
UPDATE bin_plan SET class = :class, zone_id = :zone, weight = :weight, moves = :moves, value_at_risk = :value,
    due_day = :day, due = :due, planned_at = :now
WHERE warehouse_id = :warehouse AND location_id = :location AND proved_at = :proved"""


def weigh_some(session: Session, by: By, most: int = SLICE) -> int:
    """Weighs some bins anew that were not weighed today: class, zone, moves, value at risk. Returns how many.

    A change of the plan's settings or of the classes lets all be weighed again.
    """
    today = day_of(by.now, by.timezone)
    since = max(start_of(today, by.timezone), _changed_at(session, by))
    rows = session.all(_STALE, warehouse=by.warehouse_id, since=since, most=most)
    if not rows:
        return 0
    ids = [row.location_id for row in rows]
    contents = {row.location_id: (row.item_class, int(row.value)) for row in _for_each(session, by, _IN_BINS, ids)}
    zones = {row.id: row.holder for row in _for_each(session, by, _ZONES, ids)}
    days = {at: _interval(session, by, at) for at in "ABC"}
    changes = []
    for row in rows:
        at, value = contents.get(row.location_id, (worst(()), 0))
        moves = int(
            session.value(_MOVES, warehouse=by.warehouse_id, location=row.location_id, since=first_id_at(row.proved_at))
        )
        age = (by.now - row.proved_at) // DAY if row.proved_at else NEVER_PROVED_DAYS
        latest = day_of(row.proved_at, by.timezone) + days[at] if row.proved_at else today + days[at]
        due_day = min(row.due_day, latest)
        changes.append({
            "class": at, "zone": zones.get(row.location_id, 0), "weight": weight(days=age, moves=moves), "moves": moves,
            "value": value, "day": due_day, "due": 1 if due_day <= today else row.due, "now": by.now,
            "warehouse": by.warehouse_id, "location": row.location_id, "proved": row.proved_at,
        })  # fmt: skip
    session.many(_WEIGH, changes)
    return len(rows)


def _changed_at(session: Session, by: By) -> int:
    """When what the plan rests on was changed last, a moment before now at the latest."""
    changed = session.value(
        """SELECT MAX(changed_at) FROM setting_log WHERE warehouse_id IN (0, :warehouse) AND name LIKE 'count!_%' ESCAPE '!'""",
        warehouse=by.warehouse_id,
    )  # fmt: skip
    return min(int(changed or 0), by.now - 1)


def _for_each(session: Session, by: By, sql: str, ids: Sequence[int]) -> list[Row]:
    house = {"warehouse": by.warehouse_id} if ":warehouse" in sql else {}
    return [row for marks, params in parts(ids) for row in session.all(sql.format(marks=marks), **house, **params)]


# ---------------------------------------------------------------- a full stocktake, of the house or of a zone


def mark_some(session: Session, by: By, stocktake_id: int, most: int = SLICE) -> int:
    """Makes due the next bins of a stocktake that were not counted since it was asked for. Returns how many were looked at."""
    asked = session.one("SELECT zone_id, asked_at, marked_to FROM stocktake WHERE id = :id", id=stocktake_id)
    assert asked is not None, "stocktakes are never deleted"
    rows = session.all(
        """SELECT location_id, proved_at FROM bin_plan WHERE warehouse_id = :warehouse AND location_id > :after
             AND (:zone = 0 OR zone_id = :zone) ORDER BY location_id LIMIT :most""",
        warehouse=by.warehouse_id, after=asked.marked_to, zone=asked.zone_id, most=most,
    )  # fmt: skip
    due = [{"warehouse": by.warehouse_id, "id": row.location_id} for row in rows if row.proved_at < asked.asked_at]
    session.many("UPDATE bin_plan SET due = 1 WHERE warehouse_id = :warehouse AND location_id = :id", due)
    if rows:
        session.run(
            "UPDATE stocktake SET marked_to = :to WHERE id = :id", to=rows[-1].location_id, id=stocktake_id
        )  # fmt: skip
    return len(rows)


def open_stocktakes(session: Session, by: By) -> list[int]:
    """The stocktakes that are not over; one is over when every bin of it was counted since it was asked for."""
    session.run(
        """UPDATE stocktake SET closed_at = :now WHERE warehouse_id = :warehouse AND closed_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM bin_plan p WHERE p.warehouse_id = stocktake.warehouse_id
               AND (stocktake.zone_id = 0 OR p.zone_id = stocktake.zone_id) AND p.proved_at < stocktake.asked_at)""",
        now=by.now, warehouse=by.warehouse_id,
    )  # fmt: skip
    rows = session.all(
        "SELECT id FROM stocktake WHERE warehouse_id = :warehouse AND closed_at IS NULL ORDER BY id",
        warehouse=by.warehouse_id,
    )
    return [row.id for row in rows]


# ---------------------------------------------------------------- classes by movement value

_MOVED_VALUE = """
SELECT m.item_id, SUM(m.quantity * COALESCE(i.unit_cost, 0)) AS value FROM move m JOIN item i ON i.id = m.item_id
WHERE m.posting_id >= :since AND m.warehouse_id + 0 = :warehouse AND m.cause = 'pick' AND m.item_id <> 0
GROUP BY m.item_id"""


def classes_are_of(session: Session, by: By) -> int:
    """The day on which the classes were made last; 0 for never."""
    return int(
        session.value("SELECT MAX(made_day) FROM item_class WHERE warehouse_id = :warehouse", warehouse=by.warehouse_id)
        or 0
    )


def read_classes(session: Session, by: By) -> dict[int, tuple[str, int]]:
    """Each item's class and its movement value: what was picked of it in the last weeks, at cost."""
    weeks = setting(session, "count_abc_weeks", by.warehouse_id)
    rows = session.all(_MOVED_VALUE, warehouse=by.warehouse_id, since=first_id_at(by.now - weeks * 7 * DAY))
    values = [(row.item_id, int(row.value)) for row in rows]
    found = classify(values, setting(session, "count_abc_shares", by.warehouse_id))
    return {item_id: (found[item_id], value) for item_id, value in values}


def write_classes(session: Session, by: By, part: Sequence[tuple[int, tuple[str, int]]]) -> None:
    """Keeps some items' classes."""
    session.many(
        """INSERT INTO item_class (warehouse_id, item_id, class, value, made_day)
           VALUES (:warehouse, :item, :class, :value, :day) ON CONFLICT (warehouse_id, item_id)
           DO UPDATE SET class = excluded.class, value = excluded.value, made_day = excluded.made_day""",
        [{"warehouse": by.warehouse_id, "item": item_id, "class": at, "value": value, "day": day_of(by.now, by.timezone)}
         for item_id, (at, value) in part],
    )  # fmt: skip


def forget_classes(session: Session, by: By) -> None:
    """Items that were not made anew today have not moved for long: they are C again."""
    session.run(
        "DELETE FROM item_class WHERE warehouse_id = :warehouse AND made_day < :day",
        warehouse=by.warehouse_id, day=day_of(by.now, by.timezone),
    )  # fmt: skip
