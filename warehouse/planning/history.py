"""What was used of each item on each day: kept behind the floor, from the sealed ledger (R-SAF-1, 6).

The seal order is the ledger's order and has no gap, so a number of the chain says how far has been read: each posting
counts once, whatever dies in between. Used is what left to customers and into consumption; came back is what returned
from there, by whatever cause: an undone consumption as well as a return.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from warehouse.catalog.places import Places, places
from warehouse.clock import day_of, start_of
from warehouse.db import Database, Row, Session

SLICE = 1_500
"""So many postings are read on in one change: a few milliseconds of writing."""
PAUSE_S = 0.004

_READ_TO = "SELECT seq FROM item_day_read WHERE warehouse_id = :warehouse"
# CROSS JOIN: from the seals to their moves. SQLite, if it was told that there are few moves, would read all of them each time.
_MOVES = """
SELECT m.item_id, m.recorded_at, m.quantity, m.from_id, m.to_id FROM seal s CROSS JOIN move m
WHERE s.warehouse_id = :warehouse AND s.seq > :after AND s.seq <= :until AND m.posting_id = s.posting_id AND m.item_id <> 0"""
_TIP = "SELECT max(seq) FROM seal WHERE warehouse_id = :warehouse AND seq > :after AND seq <= :until"
_ADD = """
INSERT INTO item_day (warehouse_id, item_id, day, used, came_back, arrived, moves)
VALUES (:warehouse, :item, :day, :used, :came_back, :arrived, :moves)
ON CONFLICT (warehouse_id, item_id, day) DO UPDATE SET used = item_day.used + excluded.used,
    came_back = item_day.came_back + excluded.came_back, arrived = item_day.arrived + excluded.arrived,
    moves = item_day.moves + excluded.moves"""
_ON = """
INSERT INTO item_day_read (warehouse_id, seq) VALUES (:warehouse, :until)
ON CONFLICT (warehouse_id) DO UPDATE SET seq = excluded.seq WHERE item_day_read.seq = :after"""


def read_on(database: Database, warehouse_id: int, *, pause: float = PAUSE_S) -> int:
    """Reads everything that is sealed, a slice a change, with pauses. Returns how many postings."""
    count = 0
    while part := _read_slice(database, warehouse_id):
        count += part
        if part < SLICE:
            break
        time.sleep(pause)
    return count


def _read_slice(database: Database, warehouse_id: int) -> int:
    """One slice: read and summed apart from any writing, written only if nobody else has read on meanwhile."""

    def read(session: Session) -> tuple[int, int, list[dict[str, int]]]:
        after = int(session.value(_READ_TO, warehouse=warehouse_id) or 0)
        until = int(session.value(_TIP, warehouse=warehouse_id, after=after, until=after + SLICE) or 0)
        if not until:
            return after, after, []
        moves = session.all(_MOVES, warehouse=warehouse_id, after=after, until=until)
        return after, until, summed(moves, places(session, warehouse_id), warehouse_id)

    after, until, rows = database.read(read)
    if until == after:
        return 0

    def write(session: Session) -> int:
        if not session.run(_ON, warehouse=warehouse_id, after=after, until=until):
            return 0
        session.many(_ADD, rows)
        return until - after

    return database.change(write)


def summed(moves: list[Row], here: Places, warehouse_id: int) -> list[dict[str, int]]:
    """Moves summed up by item and local day, in the order of the key."""
    days = _Days(here.timezone)
    out, back = {here.customer, here.consumption}, here.supplier
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in moves:
        each = sums[row.item_id, days.of(row.recorded_at)]
        each[3] += 1
        if row.to_id in out:
            each[0] += row.quantity
        elif row.from_id in out:
            each[1] += row.quantity
        elif row.from_id == back:
            each[2] += row.quantity
    return [
        {"warehouse": warehouse_id, "item": item, "day": day, "used": each[0], "came_back": each[1], "arrived": each[2],
         "moves": each[3]}
        for (item, day), each in sorted(sums.items())
    ]  # fmt: skip


class _Days:
    """Local days of instants that lie close together: most fall on the day of the one before."""

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone
        self._day, self._from, self._until = 0, 0, 0

    def of(self, at: int) -> int:
        """The local day of an instant."""
        if not self._from <= at < self._until:
            self._day = day_of(at, self._timezone)
            self._from, self._until = (start_of(each, self._timezone) for each in (self._day, self._day + 1))
        return self._day


def days_of(session: Session, warehouse_id: int, *, since: int, only: str = "", **params: int) -> Iterator[Row]:
    """What was used on each day from `since` on, item by item; `only` narrows the items."""
    sql = f"""SELECT item_id, day, used, came_back, moves FROM item_day
              WHERE warehouse_id = :warehouse AND day >= :since {only} ORDER BY item_id, day"""
    return session.stream(sql, warehouse=warehouse_id, since=since, **params)
