"""One order that a person has corrected, checked and stored by the very rules that files are."""

from __future__ import annotations

from warehouse.db import CLASHES, Again, Session
from warehouse.ids import new_id
from warehouse.imports.columns import ORDERS as COLUMNS
from warehouse.imports.job import Job, Unit
from warehouse.imports.mapping import NO_MAPPING
from warehouse.imports.orders import ORDERS, apply_orders, check_orders, finish_orders
from warehouse.imports.plan import make_plan
from warehouse.imports.reading import Table, refuse_unprintable
from warehouse.imports.rows import Row
from warehouse.orders.repair import LINE_FIELDS, Checked, Fault, Paper
from warehouse.orders.words import field_of
from warehouse.who import By

_NAMES = [column.name for column in COLUMNS]


def check_paper(session: Session, by: By, paper: Paper, take: bool) -> Checked:
    """Checks a paper as the only one of a file; with `take` it is stored and shown at once if it has no fault."""
    rows = _rows(paper)
    job = Job(0, paper.timezone, by.now, batch_id=new_id(session) if take else 0, header=tuple(_NAMES))
    units = check_orders(session, job, rows)
    number = (str(rows[0].values["channel"] or ""), str(rows[0].values["number"] or ""))
    if faults := _faults(rows):
        return Checked(faults, number=number)
    outcome = "known" if not units else "paid" if "known" in units[0].content else "new"
    if take:
        _take(session, job, units)
    return Checked(outcome=outcome, number=number)


def _rows(paper: Paper) -> list[Row]:
    plan = make_plan(Table(list(_NAMES)), ORDERS, NO_MAPPING, timezone=paper.timezone)
    rows = []
    for line, said in enumerate(paper.lines or [{}], start=1):
        texts = {**paper.head, **{name: said.get(name, "") for name in LINE_FIELDS}}
        row = Row(line, [texts.get(name, "") for name in _NAMES])
        refuse_unprintable(row)
        plan.read(row)
        rows.append(row)
    return rows


def _faults(rows: list[Row]) -> list[Fault]:
    """Each fault once: what is wrong in the head is said by every row."""
    found: dict[tuple[str, int, str], Fault] = {}
    for row in rows:
        for reason, detail in row.reasons:
            name = field_of(reason)
            line = row.line if name in LINE_FIELDS or not name else 0
            if reason != "refused_with_its_paper":
                found.setdefault((name, line, reason), Fault(name, line, reason, detail))
    return list(found.values())


def _take(session: Session, job: Job, units: list[Unit]) -> None:
    try:
        apply_orders(session, job, [unit.content for unit in units])
    except CLASHES as clash:
        raise Again from clash  # an import took the same number at this moment: looked at again, it is known
    finish_orders(session, job)
