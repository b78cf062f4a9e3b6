"""One import from its file to its last change."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from warehouse.cells import guard
from warehouse.clock import now_us
from warehouse.db import Database, Session
from warehouse.imports import batches
from warehouse.imports.job import Job, Kind, Unit
from warehouse.imports.mapping import NO_MAPPING, Mapping
from warehouse.imports.plan import known_names, make_plan
from warehouse.imports.reading import OWN_COLUMNS, Table, read_table
from warehouse.imports.rows import Outcome, Row, count

T = TypeVar("T")

MANY = 500  # rows or orders that change how large a table is


@dataclass(frozen=True, slots=True)
class Wish:
    """How a file is to be imported."""

    kind: Kind
    path: Path
    mapping: Mapping = NO_MAPPING
    keep_good: bool = False
    dry_run: bool = False
    warehouse_id: int = 0
    timezone: str = "UTC"
    say: batches.Say = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file; `bad` are its rejected rows, `rejected` the file that they were written to."""

    outcome: Outcome
    bad: list[Row]
    taken: bool
    rejected: Path | None = None


def import_file(database: Database, wish: Wish) -> Imported:
    """Imports a file: all of it, or with `keep_good` what is good of it, or nothing.

    Raises:
        FileRefused: it cannot be read as a table of this kind.
    """
    table = read_table(wish.path, known_names(wish.kind.columns, wish.mapping))
    plan = make_plan(table, wish.kind, wish.mapping, timezone=wish.timezone)
    wish.say(f"Read {len(table.rows):,} lines.")
    for row in table.rows:
        plan.read(row)
    job = Job(wish.warehouse_id, wish.timezone, now_us(), header=tuple(table.header), first_row=wish.mapping.first_row,
              defaults=plan.defaults(), texts=plan.texts, said=plan.texts_of_defaults(),
              read_in=plan.context.timezone)  # fmt: skip
    if wish.dry_run:
        _check(database, wish, job, table)
        return _imported(wish, table, taken=False)
    batch_id = batches.begin(
        database, wish.kind, file=wish.path.name, warehouse_id=wish.warehouse_id, timezone=wish.timezone, now=job.now,
        say=wish.say,
    )  # fmt: skip
    with batches.heartbeat(database, batch_id):
        return _run(database, wish, replace(job, batch_id=batch_id), table)


def _run(database: Database, wish: Wish, job: Job, table: Table) -> Imported:
    try:
        units = _check(database, wish, job, table)
        imported = _imported(wish, table, taken=True)
        if (imported.bad and not wish.keep_good) or not units:
            batches.drop(database, job.batch_id)
            return replace(
                imported, taken=not imported.bad or wish.keep_good, rejected=_rejected(wish, table, imported)
            )
        imported = replace(imported, rejected=_rejected(wish, table, imported))
        numbered = batches.stage(database, job.batch_id, units)
    except BaseException:
        batches.drop(database, job.batch_id)
        raise
    late = batches.apply(database, wish.kind, job, units=len(units), say=wish.say)
    if len(units) >= MANY:
        database.gather_statistics()
    for each in late:
        _count_late(imported, numbered[each.line], each.reason)
    batches.note(database, job.batch_id, imported.outcome.as_json())
    return imported


def _count_late(imported: Imported, unit: Unit, reason: str) -> None:
    for row in unit.rows:
        if row.good:
            row.refuse(reason, "something else came between check and change")
            imported.bad.append(row)
            imported.outcome.accepted -= 1
            imported.outcome.rejected += 1
            imported.outcome.reasons[reason] += 1


def _check(database: Database, wish: Wish, job: Job, table: Table) -> list[Unit]:
    return patient_read(database, lambda session: wish.kind.check(session, job, table.rows))


def patient_read(database: Database, fn: Callable[[Session], T]) -> T:
    """A read transaction that may take as long as it needs."""

    def read(session: Session) -> T:
        if session.dialect == "postgresql":
            session.run("SET LOCAL statement_timeout = 0")
            session.run("SET LOCAL idle_in_transaction_session_timeout = 0")
        return fn(session)

    return database.read(read)


def _imported(wish: Wish, table: Table, *, taken: bool) -> Imported:
    bad = [row for row in table.rows if row.reasons]
    return Imported(count(table.rows, keep_good=wish.keep_good), bad, taken and (wish.keep_good or not bad))


# ---------------------------------------------------------------- the rejected rows


def _rejected(wish: Wish, table: Table, imported: Imported) -> Path | None:
    """Writes the bad rows, each with all its reasons, beside the file; where that cannot be, to the working folder."""
    if not wish.keep_good or not imported.bad:
        return None
    name = wish.path.name + ".rejected.csv"
    try:
        return _write_rejected(wish.path.with_name(name), table, imported.bad)
    except OSError:
        return _write_rejected(Path.cwd() / name, table, imported.bad)


def _write_rejected(path: Path, table: Table, bad: list[Row]) -> Path:
    kept = [index for index, name in enumerate(table.columns) if name not in OWN_COLUMNS]
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*(table.header[index] for index in kept), *OWN_COLUMNS])
        for row in bad:
            cells = [row.cells[index] for index in kept] + [str(row.line), "; ".join(row.explained)]
            writer.writerow([guard(cell) for cell in cells])
    return draft.replace(path)
