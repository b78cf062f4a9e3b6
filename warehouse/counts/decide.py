"""What a supervisor decides about differences: approve with a cause, or have them counted again (R-CNT-2, R-CNT-3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from warehouse.catalog.settings import setting
from warehouse.clock import SECOND
from warehouse.counts import compare, papers
from warehouse.counts.posting import keep_lines, post_line
from warehouse.counts.rules import needs_second, value_of, worth
from warehouse.db import Row, Session
from warehouse.errors import N_, NotFound, Refusal
from warehouse.who import By

FIRST = frozenset({"supervisor", "operations"})
SECOND_BY = FIRST | {"finance"}

LINES = """
SELECT n.id, n.count_id, n.round, n.location_id, n.item_id, n.lot, n.serial, n.container_id, n.counted, n.expected,
       n.unit_cost, n.value, n.class AS item_class, n.person_id, n.started_at, n.ended_at, n.state, n.cause,
       n.approved_by, n.second_by, n.posting_id, i.sku, i.name, i.name_zh, l.code AS location, h.code AS container
FROM count_line n JOIN location l ON l.id = n.location_id LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN location h ON h.id = n.container_id AND n.container_id <> 0"""


class CountedYourself(Refusal):
    """The one who counted never approves."""

    code = "counted_yourself"
    text = N_("You have counted this bin yourself. Another supervisor approves its differences.")


class ProgramsNeverApprove(Refusal):
    """A program account asked for an approval of its own."""

    code = "programs_never_approve"
    text = N_("A program account never approves. A person signs in and approves, or sends their badge along.")
    status = 403


class NotAnApprover(Refusal):
    """The person may not approve this."""

    code = "not_an_approver"
    text = N_(
        "%(name)s may not approve this. A supervisor approves; above the limit operations or finance may be second."
    )
    status = 403


class ApprovedAlready(Refusal):
    """The second approver is another person than the first."""

    code = "approved_already"
    text = N_("You have approved this already. Above the limit somebody else approves it too.")


class NothingOpen(Refusal):
    """No difference of this paper waits for a decision."""

    code = "no_open_difference"
    text = N_("Nothing of count %(number)s waits for a decision now: it is decided, or is being counted again.")


class UnknownCause(Refusal):
    """Not one of the causes set up."""

    code = "unknown_count_cause"
    text = N_("%(read)s is not one of the causes of a difference. Expected one of: %(expected)s.")


@dataclass(frozen=True, slots=True)
class Approver:
    """Who approves: the person, in the name of whom it is posted."""

    id: int
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval came to."""

    posted: int = 0
    awaiting: int = 0
    elsewhere: int = 0
    waiting: int = 0


def approve(
    session: Session, by: By, count_id: int, *, approver: Approver, cause: str, line_ids: Collection[int] = ()
) -> Approved:
    """Approves the open differences of a paper, all or those named, and posts what is approved enough.

    Above the limit, which is looked at for all differences of the bin together, a second person approves too; what nobody knows
    the cost of counts as above it.

    Raises:
        CountedYourself, ApprovedAlready, NotAnApprover, UnknownCause, NothingOpen: it may not be approved so.
        CountDoubtful, CountOutdated: the difference is no longer sure.
    """
    paper = _paper(session, by, count_id)
    causes = setting(session, "count_causes", by.warehouse_id)
    if cause not in causes:
        raise UnknownCause(read=cause or "–", expected=tuple(causes))
    if approver.id in papers.counters_of(session, count_id):
        raise CountedYourself
    lines = _open_lines(session, paper, line_ids)
    two = needs_second(_worth(session, count_id), setting(session, "count_approval_limit", by.warehouse_id))
    for line in lines:
        _check(approver, line)
    if two and any(line.state == "review" for line in lines):
        return Approved(
            awaiting=_first(session, by, [line for line in lines if line.state == "review"], approver, cause)
        )
    return _post(session, by, paper, lines, approver, cause)


def again(session: Session, by: By, count_id: int) -> Row:
    """Has the open differences of a paper counted once more, by another than who counted last.

    Raises:
        NothingOpen: nothing of it waits for a decision.
    """
    paper = _paper(session, by, count_id)
    _open_lines(session, paper, ())
    papers.count_again(session, count_id)
    return paper


def _paper(session: Session, by: By, count_id: int) -> Row:
    paper = papers.lock_paper(session, by, count_id)
    if paper is None:
        raise NotFound(what=f"/counts/{count_id}")
    return paper


def _open_lines(session: Session, paper: Row, line_ids: Collection[int]) -> list[Row]:
    """The differences that wait for a decision, in the order in which totals are locked."""
    lines = session.all(
        f"{LINES} WHERE n.count_id = :id AND n.state IN ('review', 'second') ORDER BY n.item_id, n.id", id=paper.id
    )
    lines = [line for line in lines if not line_ids or line.id in line_ids]
    if paper.state != "review" or not lines:
        raise NothingOpen(number=paper.number)
    return lines


def _check(approver: Approver, line: Row) -> None:
    if line.state == "second" and line.approved_by == approver.id:
        raise ApprovedAlready
    if approver.roles.isdisjoint(SECOND_BY if line.state == "second" else FIRST):
        raise NotAnApprover(name=approver.name)


def _worth(session: Session, count_id: int) -> int | None:
    """What all differences of a bin's paper are worth together: nobody stays below the limit by halves."""
    rows = session.all(
        """SELECT counted - expected AS difference, unit_cost FROM count_line
           WHERE count_id = :id AND state IN ('review', 'second', 'posted')""", id=count_id)  # fmt: skip
    return worth(value_of(row.difference, row.unit_cost) for row in rows)


def _first(session: Session, by: By, lines: Sequence[Row], approver: Approver, cause: str) -> int:
    session.many(
        """UPDATE count_line SET state = 'second', cause = :cause, approved_by = :who, approved_at = :now
           WHERE id = :id""",
        [{"id": line.id, "cause": cause, "who": approver.id, "now": by.now} for line in lines],
    )
    return len(lines)


def _post(session: Session, by: By, paper: Row, lines: Sequence[Row], approver: Approver, cause: str) -> Approved:
    settle_us = setting(session, "count_settle_seconds", by.warehouse_id) * SECOND
    elsewhere = waiting = 0
    keep_lines(session, by, lines)
    for line in lines:
        posted = post_line(session, by, line, number=paper.number, settle_us=settle_us)
        elsewhere, waiting = elsewhere + posted.uncovered.elsewhere, waiting + posted.uncovered.waiting
        second = line.state == "second"
        session.run(
            """UPDATE count_line SET state = 'posted', cause = :cause, approved_by = :first, second_by = :second,
                   approved_at = :now, posting_id = :posting WHERE id = :id""",
            id=line.id, cause=line.cause if second else cause, first=line.approved_by if second else approver.id,
            second=approver.id if second else 0, now=by.now, posting=posted.posting_id,
        )  # fmt: skip
    compare.settle_paper(session, by, paper.id, paper.round)
    return Approved(posted=len(lines), elsewhere=elsewhere, waiting=waiting)
