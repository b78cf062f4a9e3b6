"""The paper of a count: one bin, one or more rounds, each by another person. At most one is open for a bin."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from warehouse.catalog.codes import next_number
from warehouse.clock import HOUR
from warehouse.counts import plan
from warehouse.counts.blind import LET_GO
from warehouse.counts.rules import RAISED, Key
from warehouse.db import Row, Session
from warehouse.ids import first_id_at, new_id
from warehouse.who import By

OTHERS_WITHIN = HOUR
"""A supervisor is given a recount only where no other counter was given work for so long (R-CNT-2)."""
COUNTED_MAX = 1000

_URGENCY = "CASE r.reason " + " ".join(f"WHEN '{each}' THEN {at}" for at, each in enumerate(RAISED)) + " ELSE 99 END"

_NOT_MINE = """NOT EXISTS (SELECT 1 FROM count_round r WHERE r.count_id = c.id AND r.round = c.round - 1
    AND r.person_id = :me)"""
_UNATTENDED = """NOT EXISTS (SELECT 1 FROM work w WHERE w.warehouse_id = c.warehouse_id AND w.room = 'counting'
    AND w.subject_id = c.id AND w.state = 'open')"""
_ANOTHER_COUNTER = """EXISTS (
    SELECT 1 FROM work k JOIN person p ON p.id = k.person_id
    WHERE k.id >= :recent AND k.warehouse_id = c.warehouse_id AND k.room = 'counting' AND k.person_id <> :me
      AND p.active = 1 AND ' ' || p.roles || ' ' LIKE '% counter %'
      AND NOT EXISTS (SELECT 1 FROM count_round r WHERE r.count_id = c.id AND r.round = c.round - 1
        AND r.person_id = k.person_id))"""
_OPEN = f"""
FROM bin_count c WHERE c.warehouse_id = :warehouse AND c.state IN ('counting', 'recount') AND {_NOT_MINE}
  AND {_UNATTENDED} AND (c.state = 'counting' OR :counter = 1 OR NOT {_ANOTHER_COUNTER})"""
_WANTED = """
FROM count_request r WHERE r.warehouse_id = :warehouse AND r.closed_at IS NULL AND r.person_id IN (0, :me)
  AND NOT EXISTS (SELECT 1 FROM bin_count c WHERE c.warehouse_id = r.warehouse_id AND c.location_id = r.location_id
    AND (c.state IN ('counting', 'recount') OR (c.state = 'review' AND EXISTS (
        SELECT 1 FROM count_round m WHERE m.count_id = c.id AND m.round = c.round - 1 AND m.person_id = :me))))"""

_COLUMNS = "c.id, c.number, c.location_id, c.reason, c.items, c.round, c.state, c.skipped_at"


def next_paper(session: Session, by: By, *, put_off: bool = False) -> Row | None:
    """An open paper that nobody works at and that this person may count: no two rounds in a row by the same person.

    `put_off`: also those that this person put off or let go, who may have looked since; else only the others.
    """
    return session.one(
        f"""SELECT {_COLUMNS} {_OPEN} AND (:late = 1 OR NOT EXISTS ({LET_GO}))
            ORDER BY c.skipped_at, CASE c.state WHEN 'recount' THEN 0 ELSE 1 END, c.id LIMIT 1""",
        late=int(put_off), **_asker(by),
    )  # fmt: skip


def next_wanted(session: Session, by: By) -> Row | None:
    """The most urgent count that somebody asked for."""
    return session.one(
        f"""SELECT r.location_id, r.item_id, r.reason {_WANTED} ORDER BY {_URGENCY}, r.raised_at, r.id LIMIT 1""",
        warehouse=by.warehouse_id, me=by.person_id,
    )  # fmt: skip


def waiting(session: Session, by: By) -> int:
    """How many counts wait that this person may do; none beyond COUNTED_MAX."""
    papers = session.value(
        f"SELECT count(*) FROM (SELECT 1 AS one {_OPEN} LIMIT :most) AS counted", most=COUNTED_MAX, **_asker(by)
    )
    wanted = session.value(
        f"SELECT count(*) FROM (SELECT DISTINCT r.location_id {_WANTED} LIMIT :most) AS counted",
        warehouse=by.warehouse_id, me=by.person_id, most=COUNTED_MAX,
    )  # fmt: skip
    return min(int(papers) + int(wanted) + plan.due_count(session, by, COUNTED_MAX), COUNTED_MAX)


def _asker(by: By) -> dict[str, Any]:
    return {
        "warehouse": by.warehouse_id, "me": by.person_id, "counter": int(by.has("counter")),
        "recent": first_id_at(by.now - OTHERS_WITHIN),
    }  # fmt: skip


def open_paper(session: Session, by: By, *, location_id: int, item_id: int, reason: str) -> int:
    """Opens the paper of a bin, or takes the one under review up again for one more round. 0 if another was faster."""
    if under_review := _again(session, by, location_id, [item_id]):
        return under_review
    items = [item_id] if item_id else []
    made = session.value(
        """INSERT INTO bin_count (id, warehouse_id, number, location_id, reason, items, state, opened_at, opened_by)
           VALUES (:id, :warehouse, :number, :location, :reason, :items, 'counting', :now, :by)
           ON CONFLICT DO NOTHING RETURNING id""",
        id=new_id(session), warehouse=by.warehouse_id, location=location_id, reason=reason, items=json.dumps(items),
        number=f"CNT-{next_number(session, by.warehouse_id, 'count'):06d}", now=by.now, by=by.person_id,
    )  # fmt: skip
    return int(made or 0)


def _again(session: Session, by: By, location_id: int, items: Sequence[int]) -> int:
    paper = session.one(
        f"""SELECT id, round FROM bin_count WHERE warehouse_id = :warehouse AND location_id = :location
              AND state = 'review'{session.for_update}""",
        warehouse=by.warehouse_id, location=location_id,
    )  # fmt: skip
    if paper is None:
        return 0
    count_again(session, paper.id, items)
    return int(paper.id)


def count_again(session: Session, count_id: int, more_items: Sequence[int] = ()) -> None:
    """All open differences of a paper are counted once more by somebody else; `more_items` with them (0: all of the bin)."""
    session.run(
        "UPDATE count_line SET state = 'recount' WHERE count_id = :id AND state IN ('review', 'second')", id=count_id
    )
    session.run(
        "UPDATE bin_count SET state = 'recount', items = :items, skipped_at = 0 WHERE id = :id",
        id=count_id, items=json.dumps(list(more_items)),
    )  # fmt: skip


def lock_paper(session: Session, by: By, count_id: int) -> Row | None:
    """A paper's own row, kept for this change."""
    return session.one(
        f"SELECT {_COLUMNS} FROM bin_count c WHERE c.id = :id AND c.warehouse_id = :warehouse{session.for_update}",
        id=count_id, warehouse=by.warehouse_id,
    )  # fmt: skip


def scope_of(session: Session, paper: Row) -> tuple[int, ...]:
    """The items that the present round is about; none for all that lies in the bin."""
    asked = set(json.loads(paper.items or "[]"))
    if paper.state == "recount":
        rows = session.all(
            """SELECT DISTINCT item_id, container_id FROM count_line WHERE count_id = :id AND state = 'recount'""",
            id=paper.id,
        )
        if any(row.container_id for row in rows):
            return ()
        asked |= {row.item_id for row in rows}
    return () if 0 in asked else tuple(sorted(asked))


def counters_of(session: Session, count_id: int) -> set[int]:
    """Who has counted for a paper, in any of its rounds, taken back or not: none of them approves it."""
    rows = session.all(
        """SELECT person_id FROM count_round WHERE count_id = :id
           UNION SELECT person_id FROM count_line WHERE count_id = :id""",
        id=count_id,
    )
    return {row.person_id for row in rows}


def counted_before(session: Session, count_id: int, number: int) -> int:
    """Who counted the round before this one; 0 for the first."""
    found = session.value(
        "SELECT person_id FROM count_round WHERE count_id = :id AND round = :round", id=count_id, round=number - 1
    )
    return int(found or 0)


def put_off(session: Session, by: By, count_id: int) -> None:
    """Later: the paper comes after all others for whoever put it off, and after the open ones for others."""
    session.run("UPDATE bin_count SET skipped_at = :now WHERE id = :id", now=by.now, id=count_id)


# ---------------------------------------------------------------- what is counted, scan by scan

_TALLY = """
INSERT INTO count_tally (count_id, round, item_id, lot, serial, container_id, quantity)
VALUES (:count, :round, :item, :lot, :serial, :container, :quantity)
ON CONFLICT (count_id, round, item_id, lot, serial, container_id)
DO UPDATE SET quantity = count_tally.quantity + excluded.quantity
    WHERE excluded.serial = '' AND excluded.container_id = 0 AND count_tally.quantity + excluded.quantity <= :most
RETURNING quantity"""


def tally(session: Session, count_id: int, number: int, key: Key, quantity: int, most: int) -> int:
    """Counts so many more; how many it makes of these goods. 0: the piece was counted before, or it would be too many."""
    return int(
        session.value(
            _TALLY, count=count_id, round=number, item=key.item_id, lot=key.lot, serial=key.serial,
            container=key.container_id, quantity=quantity, most=most,
        )
        or 0
    )  # fmt: skip


def untally(session: Session, count_id: int, number: int, key: Key, quantity: int) -> bool:
    """Takes so many off again; whether they still were counted."""
    where = """count_id = :count AND round = :round AND item_id = :item AND lot = :lot AND serial = :serial
        AND container_id = :container"""
    named = {"count": count_id, "round": number, "item": key.item_id, "lot": key.lot, "serial": key.serial,
             "container": key.container_id, "n": quantity}  # fmt: skip
    if session.run(f"DELETE FROM count_tally WHERE {where} AND quantity = :n", **named):
        return True
    return bool(
        session.run(f"UPDATE count_tally SET quantity = quantity - :n WHERE {where} AND quantity > :n", **named)
    )


def tallied(session: Session, count_id: int, number: int) -> dict[Key, int]:
    """All that was counted in a round."""
    rows = session.all(
        """SELECT item_id, lot, serial, container_id, quantity FROM count_tally
           WHERE count_id = :count AND round = :round ORDER BY item_id, lot, serial, container_id""",
        count=count_id, round=number,
    )  # fmt: skip
    return {Key(*row[:4]): row.quantity for row in rows}


def wipe(session: Session, count_id: int, number: int, item_ids: Collection[int] = (), container_ids: Collection[int] = (),
         *, all_: bool = False) -> None:  # fmt: skip
    """What was counted of these goods is void: they were moved meanwhile, or another begins anew."""
    if all_:
        session.run("DELETE FROM count_tally WHERE count_id = :count AND round = :round", count=count_id, round=number)
        return
    rows = [{"count": count_id, "round": number, "item": each, "container": 0} for each in item_ids]
    rows += [{"count": count_id, "round": number, "item": 0, "container": each} for each in container_ids]
    session.many(
        """DELETE FROM count_tally WHERE count_id = :count AND round = :round AND item_id = :item
             AND container_id = :container""", rows)  # fmt: skip
