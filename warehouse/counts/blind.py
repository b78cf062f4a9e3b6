"""Blindness (R-CNT-2): who has a bin to count is told nothing of the book, and who may have looked is not believed alone.

Nobody's looks are written down. Who holds a bin is told no figures; who let it go, took a wrong answer back or counted it
in an earlier round may have looked since, and their answer closes nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.clock import MINUTE
from warehouse.counts.rules import Key
from warehouse.db import Row, Session
from warehouse.errors import N_, Refusal
from warehouse.who import By

LET_GO = f"""
SELECT 1 FROM work w WHERE w.warehouse_id = c.warehouse_id AND w.room = 'counting' AND w.person_id = :me
  AND w.state = 'left' AND w.closed_at >= c.opened_at - {MINUTE} AND w.subject_id = c.id
UNION ALL SELECT 1 FROM takeover t WHERE t.warehouse_id = c.warehouse_id AND t.room = 'counting' AND t.subject_id = c.id
  AND t.from_id = :me"""
"""Whether `:me` had the paper `c` and let it go: left, put off, lapsed or taken over; clocks may be a minute apart."""


class CountFirst(Refusal):
    """Who has a bin to count asks for what the book has."""

    code = "count_first"
    text = N_(
        "You have %(location)s to count, and until then you are not told what the book has. Count it; or go to Counting "
        "and scan XXSKIP there: then it comes later, and somebody else counts it too."
    )
    status = 409
    room = "counting"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Of what of a paper this person may know the book: of all, or of the goods that they counted wrong and took back."""

    whole: bool
    keys: frozenset[Key]

    def covers(self, item_id: int) -> bool:
        """Whether their answer on an item (0: on containers) needs another's."""
        return self.whole or any(key.item_id == item_id for key in self.keys)


def bin_held(session: Session, by: By) -> str:
    """The code of the bin that this person has to count now; empty for none."""
    return str(
        session.value(
            """SELECT l.code FROM work w JOIN bin_count c ON c.id = w.subject_id JOIN location l ON l.id = c.location_id
               WHERE w.warehouse_id = :warehouse AND w.room = 'counting' AND w.person_id = :person AND w.state = 'open'""",
            warehouse=by.warehouse_id, person=by.person_id,
        )
        or ""
    )  # fmt: skip


def check_blind(session: Session, by: By) -> None:
    """Whether this person may be told what lies where.

    Raises:
        CountFirst: they have a bin to count.
    """
    if held := bin_held(session, by):
        raise CountFirst(location=held)


def doubt(session: Session, by: By, paper: Row) -> Doubt:
    """Of what of a paper, in its present round, this person may know the book."""
    before = session.ask(
        f"""SELECT 1 AS one FROM bin_count c WHERE c.id = :id AND (EXISTS ({LET_GO}) OR EXISTS (
                SELECT 1 FROM count_round r WHERE r.count_id = c.id AND r.person_id = :me))""",
        id=paper.id, me=by.person_id,
    )  # fmt: skip
    wrong = session.ask(
        """SELECT DISTINCT item_id, lot, serial, container_id FROM count_line
           WHERE count_id = :id AND round = :round AND person_id = :me AND state = 'taken_back' AND counted <> expected""",
        id=paper.id, round=paper.round, me=by.person_id,
    )  # fmt: skip
    return Doubt(before.one() is not None, frozenset(Key(*row) for row in wrong.all()))
