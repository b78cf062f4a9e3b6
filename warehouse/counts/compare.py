"""The comparison: what was counted in a bin against the book, at the instant at which the bin is confirmed (R-CNT-4).

The confirmation keeps the goods of the bin still for its own change. If nothing of an item was moved into or out of the
bin between its first scan and that instant, its count is true for all of that stretch, and so for the instant that the
book is read at. If something was, nobody knows what the counter saw: that item is counted once more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.locations import CONTAINERS
from warehouse.catalog.lookup import parts
from warehouse.catalog.settings import setting
from warehouse.clock import MINUTE
from warehouse.counts import papers, plan
from warehouse.counts.blind import Doubt, doubt
from warehouse.counts.requests import raise_count
from warehouse.counts.rules import Key, Line, Tolerance, judge, touches, worst
from warehouse.db import CLASHES, Again, Row, Session
from warehouse.ids import ID_MAX, first_id_at, instant_of, new_id
from warehouse.ledger import Block, block, keep_still, unblock
from warehouse.who import By

MOVES_READ = 5000
_CLOCKS_APART = MINUTE  # how far the clocks of two server processes may be apart
_HUNG_MOST = MINUTE  # how long after it was heard a request may post

_BOOK = """
SELECT b.item_id, COALESCE(t.code, '') AS lot, b.serial, SUM(b.quantity) AS quantity
FROM balance b LEFT JOIN lot t ON t.id = b.lot_id
WHERE b.warehouse_id = :warehouse AND b.location_id = :location GROUP BY b.item_id, t.code, b.serial"""
_CONTAINERS = f"""
SELECT id FROM location WHERE warehouse_id = :warehouse AND parent_id = :location
  AND kind IN ({", ".join(f"'{kind}'" for kind in CONTAINERS)})"""
_EACH = """
SELECT posting_id, item_id, container_id, occurred_at, recorded_at FROM move
WHERE warehouse_id = :warehouse AND {way} = :location AND posting_id >= :since AND occurred_at <= :until LIMIT :most"""
_HELD = """
SELECT b.location_id AS id, SUM(b.quantity * COALESCE(i.unit_cost, y.unit_cost, 0)) AS cost,
       SUM(CASE WHEN COALESCE(i.unit_cost, y.unit_cost) IS NULL THEN 1 ELSE 0 END) AS unpriced
FROM balance b JOIN item i ON i.id = b.item_id JOIN layer y ON y.id = b.layer_id
WHERE b.warehouse_id = :warehouse AND b.location_id IN ({marks}) GROUP BY b.location_id"""
_COSTS = """
SELECT i.id, i.unit_cost, COALESCE(k.class, 'C') AS item_class,
       (SELECT MAX(y.unit_cost) FROM balance b JOIN layer y ON y.id = b.layer_id
        WHERE b.warehouse_id = :warehouse AND b.location_id = :location AND b.item_id = i.id) AS layer_cost
FROM item i LEFT JOIN item_class k ON k.warehouse_id = :warehouse AND k.item_id = i.id WHERE i.id IN ({marks})"""


@dataclass(frozen=True, slots=True)
class Counted:
    """A round as its counter confirms it. `since`: items whose count was begun anew later than the bin's."""

    paper: Row
    scope: tuple[int, ...]
    started_at: int
    since: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a confirmation came to: items and containers to be counted once more, or, all being still, the effects."""

    moved_items: frozenset[int] = frozenset()
    moved_containers: frozenset[int] = frozenset()
    effects: tuple[Any, ...] = ()

    @property
    def is_moved(self) -> bool:
        """Whether something has to be counted once more."""
        return bool(self.moved_items or self.moved_containers)


def confirm(session: Session, by: By, counted: Counted) -> Outcome:
    """Compares a bin with the book and writes the round down; or tells what was moved meanwhile.

    The person is told the same whatever comes of it.
    """
    paper = counted.paper
    seen = papers.tallied(session, paper.id, paper.round)
    book = _still_book(session, by, paper.location_id, seen)
    in_scope = _in_scope(counted, seen)
    items, containers = moved_while(
        session, by, paper.location_id, started_at=counted.started_at, ended_at=None, since=counted.since
    )
    items = frozenset(item for item in items if in_scope(Key(item)))
    containers = frozenset(each for each in containers if in_scope(Key(0, container_id=each)))
    if items or containers:
        return Outcome(items, containers)
    unsure, before = doubt(session, by, paper), _before(session, by, paper.id)
    others = (key for found in before.values() for key in found)
    keys = [key for key in dict.fromkeys((*book, *seen, *sorted((*unsure.keys, *others), key=repr))) if in_scope(key)]
    lines = _lines(session, by, paper.location_id, keys, seen, book)
    return Outcome(effects=_write(session, by, counted, lines, unsure, before, whole=not counted.scope))


def _still_book(session: Session, by: By, location_id: int, seen: Mapping[Key, int]) -> dict[Key, int]:
    """The book of a bin while its goods are kept still.

    Raises:
        Again: goods that were not in it came in this very moment.
    """
    found = _book(session, by, location_id)
    if session.dialect == "sqlite":
        return found
    kept = {key.item_id for key in (*found, *seen) if key.item_id}
    keep_still(session, by, sorted(kept))
    found = _book(session, by, location_id)
    if any(key.item_id and key.item_id not in kept for key in found):
        raise Again
    return found


def _book(session: Session, by: By, location_id: int) -> dict[Key, int]:
    here = {"warehouse": by.warehouse_id, "location": location_id}
    rows, inside = session.ask(_BOOK, **here), session.ask(_CONTAINERS, **here)
    book = {Key(row.item_id, row.lot, row.serial): int(row.quantity) for row in rows.all()}
    return book | {Key(0, container_id=row.id): 1 for row in inside.all()}


def _in_scope(counted: Counted, seen: Mapping[Key, int]) -> Any:
    """What a round is about: all, or the items asked for with those that were counted besides."""
    if not counted.scope:
        return lambda _: True
    also = frozenset(counted.scope) | {key.item_id for key in seen}
    return lambda key: key.item_id in also if not key.container_id else key in seen


def moved_while(
    session: Session, by: By, location_id: int, *, started_at: int, ended_at: int | None, since: Mapping[int, int]
) -> tuple[frozenset[int], frozenset[int]]:
    """The items and containers that may have been moved into or out of a place while it was counted.

    `ended_at`: None for now, whatever is posted by then: also a move that was heard after the confirmation and
    overtook it on the way to the book, for the counter had seen the bin before.
    """
    asked = [
        session.ask(
            _EACH.format(way=way), warehouse=by.warehouse_id, location=location_id,
            since=first_id_at(started_at - _CLOCKS_APART), most=MOVES_READ, until=ID_MAX if ended_at is None else ended_at,
        )
        for way in ("from_id", "to_id")
    ]  # fmt: skip
    found = [
        (row.item_id, row.container_id) for reply in asked for row in reply.all()
        if touches(occurred_at=row.occurred_at, recorded_at=_posted_at(row), ended_at=ended_at,
                   started_at=since.get(row.item_id or -row.container_id, started_at))
    ]  # fmt: skip
    return frozenset(item for item, _ in found if item), frozenset(container for _, container in found if container)


def _posted_at(row: Row) -> int:
    """When a move was posted: a request that hung between was heard long before, and a bin may have been counted since.

    Its id tells, for it is made while the totals are kept; ids may run ahead of a clock that was set back, requests do not
    hang for longer than a minute.
    """
    heard_at: int = row.recorded_at
    return max(heard_at, min(instant_of(row.posting_id), heard_at + _HUNG_MOST))


def _lines(
    session: Session, by: By, location_id: int, keys: Sequence[Key], seen: Mapping[Key, int], book: Mapping[Key, int]
) -> list[Line]:
    costs = {
        row.id: row
        for marks, params in parts(sorted({key.item_id for key in keys if key.item_id}))
        for row in session.all(
            _COSTS.format(marks=marks), warehouse=by.warehouse_id, location=location_id, **params
        )
    }  # fmt: skip
    held = {
        row.id: None if row.unpriced else int(row.cost)
        for marks, params in parts(sorted({key.container_id for key in keys if key.container_id}))
        for row in session.all(_HELD.format(marks=marks), warehouse=by.warehouse_id, **params)
    }
    lines = []
    for key in keys:
        row = costs.get(key.item_id)
        if key.container_id:
            cost = held.get(key.container_id, 0)  # with a container goes what is in it; an empty one is worth nothing
        else:
            cost = None if row is None else row.unit_cost if row.unit_cost is not None else row.layer_cost
        lines.append(
            Line(key, seen.get(key, 0), book.get(key, 0), cost, row.item_class if row is not None else "C")
        )  # fmt: skip
    return lines


# ---------------------------------------------------------------- written down

_INSERT_LINE = """
INSERT INTO count_line (id, warehouse_id, count_id, round, location_id, item_id, lot, serial, container_id, counted,
    expected, unit_cost, value, class, person_id, started_at, ended_at, state)
VALUES (:id, :warehouse, :count, :round, :location, :item, :lot, :serial, :container, :counted, :expected, :cost, :value,
    :class, :person, :started, :ended, :state)"""
_INSERT_ROUND = """
INSERT INTO count_round (count_id, round, warehouse_id, location_id, zone_id, class, person_id, device, started_at,
    ended_at, whole, lines, wrong, units, wrong_units)
VALUES (:count, :round, :warehouse, :location, COALESCE((SELECT zone_id FROM bin_plan WHERE warehouse_id = :warehouse
    AND location_id = :location), 0), :class, :person, :device, :started, :ended, :whole, :lines, :wrong, :units,
    :wrong_units)"""


def _write(
    session: Session, by: By, counted: Counted, lines: Sequence[Line], unsure: Doubt,
    before: Mapping[int, Mapping[Key, int]], *, whole: bool,
) -> tuple[Any, ...]:  # fmt: skip
    paper = counted.paper
    doubted = {line.key.item_id for line in lines if unsure.covers(line.key.item_id)}
    verdict = judge(lines, before, _tolerance(session, by), doubted)
    covered = {line.key.item_id for line in lines} | set(counted.scope)
    old = _supersede(session, paper.id, covered, whole=whole)
    wrong = {line.key.item_id for line in lines if line.difference}
    session.many(_INSERT_LINE, [
        _line_row(session, by, counted, line,
                  verdict[line.key.item_id] if line.difference or line.key.item_id not in wrong else "match")
        for line in lines
    ])  # fmt: skip
    nothing = unsure.whole and not lines and not papers.counters_of(session, paper.id)
    _write_round(session, by, counted, lines, whole=whole)
    state = settle_paper(session, by, paper.id, paper.round + 1, once_more=nothing)
    closed = _close_requests(session, by, counted, covered, whole=whole)
    freed = _free_shorts(session, by, counted, [item for item in covered if verdict.get(item, "match") == "match"])
    proof = plan.prove(session, by, paper.location_id) if whole else []
    if state == "review":
        _tell_finds(session, by, paper.location_id, lines)
    return (["confirmed", paper.id, paper.round, paper.state, paper.items, old, closed, freed, proof, state],)


def _line_row(session: Session, by: By, counted: Counted, line: Line, state: str) -> dict[str, Any]:
    key = line.key
    return {
        "id": new_id(session), "warehouse": by.warehouse_id, "count": counted.paper.id, "round": counted.paper.round,
        "location": counted.paper.location_id, "item": key.item_id, "lot": key.lot, "serial": key.serial,
        "container": key.container_id, "counted": line.counted, "expected": line.expected, "cost": line.unit_cost,
        "value": line.value or 0, "class": line.item_class, "person": by.person_id,
        "started": counted.since.get(key.item_id or -key.container_id, counted.started_at), "ended": by.now,
        "state": state,
    }  # fmt: skip


def _write_round(session: Session, by: By, counted: Counted, lines: Sequence[Line], *, whole: bool) -> None:
    paper = counted.paper
    session.run(
        _INSERT_ROUND, count=paper.id, round=paper.round, warehouse=by.warehouse_id, location=paper.location_id,
        **{"class": worst([line.item_class for line in lines])}, person=by.person_id, device=by.device,
        started=counted.started_at, ended=by.now, whole=int(whole), lines=len(lines),
        wrong=sum(1 for line in lines if line.difference), units=sum(line.expected for line in lines),
        wrong_units=sum(abs(line.difference) for line in lines),
    )  # fmt: skip


def _before(session: Session, by: By, count_id: int) -> dict[int, dict[Key, int]]:
    """What others found before, by item: the differences that this round is the second opinion on."""
    rows = session.all(
        """SELECT item_id, lot, serial, container_id, counted - expected AS difference FROM count_line
           WHERE count_id = :id AND state IN ('recount', 'review', 'second') AND person_id <> :me""",
        id=count_id, me=by.person_id,
    )  # fmt: skip
    found: dict[int, dict[Key, int]] = {}
    for row in rows:
        found.setdefault(row.item_id, {})[Key(*row[:4])] = row.difference
    return found


def _tolerance(session: Session, by: By) -> Tolerance:
    units = setting(session, "count_tolerance", by.warehouse_id)
    return Tolerance(units, setting(session, "count_tolerance_value", by.warehouse_id))


def _supersede(session: Session, count_id: int, covered: Collection[int], *, whole: bool) -> list[list[Any]]:
    """The open differences of what was counted again are void; the new ones speak for them. What they were."""
    rows = session.all(
        "SELECT id, item_id, state FROM count_line WHERE count_id = :id AND state IN ('recount', 'review', 'second')",
        id=count_id,
    )
    old = [[row.id, row.state] for row in rows if whole or row.item_id in covered]
    session.many("UPDATE count_line SET state = 'superseded' WHERE id = :id", [{"id": each} for each, _ in old])
    return old


Settled = Callable[[Session, By, int], None]
_listeners: list[Settled] = []


def on_settled(listener: Settled) -> None:
    """Adds a listener, called inside the change that closes a paper: what hears of low stock hangs in here (R-CNT-5)."""
    if listener not in _listeners:
        _listeners.append(listener)


def settle_paper(session: Session, by: By, count_id: int, number: int, *, once_more: bool = False) -> str:
    """A paper's state as its lines have it; `number` is its next round. Returns the state.

    `once_more`: it is counted again although it has no lines: an empty bin, by one who may have looked.
    """
    states = {
        row.state for row in session.all(
            "SELECT DISTINCT state FROM count_line WHERE count_id = :id AND state IN ('recount', 'review', 'second')",
            id=count_id,
        )
    }  # fmt: skip
    state = "recount" if "recount" in states or once_more else "review" if states else "closed"
    session.run(
        """UPDATE bin_count SET state = :state, round = :round, items = '', skipped_at = 0, closed_at = :closed
           WHERE id = :id""",
        state=state, round=number, closed=by.now if state == "closed" else None, id=count_id,
    )  # fmt: skip
    for listener in _listeners if state == "closed" else ():
        listener(session, by, count_id)
    return state


def _close_requests(session: Session, by: By, counted: Counted, covered: Collection[int], *, whole: bool) -> list[int]:
    """What was asked for before this round began is done; what was asked for since is not."""
    rows = session.all(
        f"""SELECT id, item_id, raised_at FROM count_request WHERE warehouse_id = :warehouse AND location_id = :location
              AND closed_at IS NULL AND raised_at <= :started{session.for_update}""",
        warehouse=by.warehouse_id, location=counted.paper.location_id, started=counted.started_at,
    )  # fmt: skip
    done = [row.id for row in rows if whole or row.item_id in covered]
    session.many(
        "UPDATE count_request SET closed_at = :now, count_id = :count WHERE id = :id",
        [{"id": each, "now": by.now, "count": counted.paper.id} for each in done],
    )
    return done


def _free_shorts(session: Session, by: By, counted: Counted, item_ids: Sequence[int]) -> list[int]:
    """Goods that were held as missing and are all there after all can be reserved again. Returns the blocks ended."""
    return free_shorts(session, by, counted.paper.location_id, item_ids, before=counted.started_at)


def free_shorts(session: Session, by: By, location_id: int, item_ids: Sequence[int], *, before: int) -> list[int]:
    """Ends what holds items back at a place as missing since before an instant. Returns the blocks."""
    ended = []
    for item_id in sorted(each for each in item_ids if each):
        rows = session.all(
            """SELECT id FROM block WHERE warehouse_id = :warehouse AND item_id = :item AND location_id = :location
                 AND kind = 'short' AND closed_at IS NULL AND opened_at <= :before ORDER BY id""",
            warehouse=by.warehouse_id, item=item_id, location=location_id, before=before,
        )  # fmt: skip
        ended += [row.id for row in rows if unblock(session, by, row.id)]
    return ended


def _tell_finds(session: Session, by: By, location_id: int, lines: Sequence[Line]) -> None:
    """Goods that the book does not have here will lack elsewhere: their next place on the walk is counted at once."""
    for line in lines:
        if line.difference <= 0 or line.expected or not line.key.item_id:
            continue
        place = session.value(
            """SELECT b.location_id FROM balance b JOIN location l ON l.id = b.location_id
               WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND l.kind = 'bin' AND b.location_id <> :location
               ORDER BY CASE WHEN b.path > (SELECT h.path FROM location h WHERE h.id = :location) THEN 0 ELSE 1 END,
                        b.path
               LIMIT 1""",
            warehouse=by.warehouse_id, item=line.key.item_id, location=location_id,
        )  # fmt: skip
        if place:
            raise_count(session, by, location_id=int(place), item_id=line.key.item_id, reason="found")


# ---------------------------------------------------------------- taken back


def take_back(
    session: Session, by: By, count_id: int, number: int, state: str, items: str, old: list[list[Any]],
    requests: list[int], blocks: list[int], proof: list[int], after: str,
) -> bool:  # fmt: skip
    """The contrary of confirm(), while nobody has gone on with the paper; whether that still was so.

    What was answered stays on record: who took it back may have looked at the book. `after`: the state that the
    confirmation left the paper in; a supervisor who has had it counted again since has gone on with it.

    Raises:
        Again: a new paper of the bin was opened at this moment.
    """
    paper = papers.lock_paper(session, by, count_id)
    later = session.value(
        """SELECT 1 AS one FROM count_round WHERE count_id = :id AND round > :round
           UNION SELECT 1 FROM count_tally WHERE count_id = :id AND round > :round
           UNION SELECT 1 FROM count_line WHERE count_id = :id AND round = :round AND approved_by <> 0
           UNION SELECT 1 FROM bin_count c JOIN bin_count o ON o.warehouse_id = c.warehouse_id
               AND o.location_id = c.location_id AND o.id > c.id WHERE c.id = :id""",
        id=count_id, round=number,
    )  # fmt: skip
    if paper is None or later or paper.round != number + 1 or paper.state != after:
        return False
    session.run(
        "UPDATE count_line SET state = 'taken_back' WHERE count_id = :id AND round = :round", id=count_id, round=number
    )
    session.run("DELETE FROM count_round WHERE count_id = :id AND round = :round", id=count_id, round=number)
    session.many(
        "UPDATE count_line SET state = :state WHERE id = :id", [{"id": each, "state": was} for each, was in old]
    )
    try:
        session.run(
            "UPDATE bin_count SET state = :state, round = :round, items = :items, closed_at = NULL WHERE id = :id",
            state=state, round=number, items=items, id=count_id,
        )  # fmt: skip
    except CLASHES:  # a new paper of this bin came in the meantime: the next look sees it
        raise Again from None
    session.many(
        "UPDATE count_request SET closed_at = NULL, count_id = 0 WHERE id = :id", [{"id": each} for each in requests]
    )
    _hold_again(session, by, blocks)
    if proof:
        plan.take_back_proof(session, by, *proof)
    return True


def _hold_again(session: Session, by: By, blocks: Sequence[int]) -> None:
    for block_id in blocks:
        row = session.one("SELECT item_id, layer_id, location_id FROM block WHERE id = :id", id=block_id)
        assert row is not None, "blocks are never deleted"
        block(session, by, Block(row.item_id, "short", layer_id=row.layer_id, location_id=row.location_id))
