"""Batches: what an import is to write, staged first, then applied in slices that leave the floor its turn.

Until a batch is marked `applying` a killed import has done nothing and is dropped. From then on it is rolled forward:
each slice takes its rows out of import_row in the same change that applies them, so nothing is applied twice.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from warehouse.catalog.codes import next_number
from warehouse.db import CLASHES, Database, Session
from warehouse.db import Row as Record
from warehouse.errors import Refusal
from warehouse.ids import new_id
from warehouse.imports.job import Job, Kind, Unit
from warehouse.imports.kinds import KINDS
from warehouse.imports.owner import BEAT_S, Owner, read_owner, this_process

SLICE_S = {True: 0.006, False: 0.010}
"""The work in a slice: where it locks all, and where it locks only what it writes."""
PAUSE_MAX_S = 0.1
SLICE_CHARS_START, SLICE_CHARS_MIN, SLICE_CHARS_MAX = 8_000, 2_000, 500_000
FETCH = 500
WAIT_S = 0.2

Say = Callable[[str], None]
_REFUSED = (Refusal, *CLASHES)


class TakenOver(Exception):  # noqa: N818
    """Another process has taken this import for dead and finishes it."""


@dataclass(frozen=True, slots=True)
class Late:
    """A unit that could not be applied any more, because something else came between check and change."""

    line: int
    reason: str


@dataclass(slots=True)
class Pace:
    """How much goes into one slice: what took SLICE_S before. Each slice is followed by a pause of its length.

    The work is measured by the processor's time: on a busy machine a slice takes longer, but smaller ones would only
    add their own costs.
    """

    locks_all: bool
    """Whether a slice keeps all other writers waiting until it is committed."""
    chars: int = field(default_factory=lambda: SLICE_CHARS_START)
    _started: float = 0.0
    _ended: float = 0.0
    _worked: float = 0.0

    def start(self) -> None:
        """The slice has its turn: waiting for it does not count."""
        self._started = self._ended = time.perf_counter()
        self._worked = time.thread_time()

    def end(self) -> None:
        """The slice has written what it writes."""
        self._ended = time.perf_counter()

    def rest(self) -> None:
        """The slice is committed: the floor has as long for itself."""
        worked = max(time.thread_time() - self._worked, 1e-4)
        factor = min(max(SLICE_S[self.locks_all] / worked, 0.5), 1.5)
        self.chars = int(min(max(self.chars * factor, SLICE_CHARS_MIN), SLICE_CHARS_MAX))
        time.sleep(min((time.perf_counter() if self.locks_all else self._ended) - self._started, PAUSE_MAX_S))

    def cut(self, rows: Sequence[Record]) -> Iterator[list[Record]]:
        """Cuts rows into slices, each as large as the pace is then."""
        start = 0
        while start < len(rows):
            end, chars = start, 0
            while end < len(rows) and (end == start or chars + len(rows[end].content) <= self.chars):
                chars += len(rows[end].content)
                end += 1
            yield list(rows[start:end])
            start = end


# ---------------------------------------------------------------- beginning, staging, dropping


def begin(database: Database, kind: Kind, *, file: str, warehouse_id: int, timezone: str, now: int, say: Say) -> int:
    """Opens a batch; first finishes what killed imports left, and waits for one that still runs."""
    owner = this_process(timezone=timezone, now=now)
    told = False
    while True:
        resume_imports(database, say=say)
        batch_id = database.change(lambda session: _try_begin(session, kind, file, warehouse_id, owner))
        if batch_id:
            return batch_id
        if not told:
            say("Another import is running; waiting for it to end.")
            told = True
        time.sleep(WAIT_S)


def _try_begin(session: Session, kind: Kind, file: str, warehouse_id: int, owner: Owner) -> int:
    next_number(session, 0, "import")  # keeps two that begin at once apart
    if session.one("SELECT 1 AS one FROM import_batch WHERE state <> 'applied'"):
        return 0
    batch_id = new_id(session)
    session.run(
        """INSERT INTO import_batch (id, kind, file, warehouse_id, state, made_at, pid, result)
           VALUES (:id, :kind, :file, :warehouse, 'staging', :at, :pid, :owner)""",
        id=batch_id, kind=kind.name, file=file, warehouse=warehouse_id, at=owner.now, pid=owner.pid,
        owner=owner.as_text(),
    )  # fmt: skip
    return batch_id


def stage(database: Database, batch_id: int, units: Sequence[Unit]) -> dict[int, Unit]:
    """Writes down what is to be done and marks it as to be done whatever happens. Returns the units by their number."""
    numbered = dict(enumerate(units, start=1))
    texts = [_Text(number, json.dumps(unit.content, ensure_ascii=False)) for number, unit in numbered.items()]
    pace = Pace(database.dialect == "sqlite")
    for part in pace.cut(texts):
        database.change(partial(_stage_some, batch_id=batch_id, part=part, pace=pace))
        pace.rest()
    database.change(
        lambda session: session.run("UPDATE import_batch SET state = 'applying' WHERE id = :id", id=batch_id)
    )
    return numbered


@dataclass(frozen=True, slots=True)
class _Text:
    line: int
    content: str


def _stage_some(session: Session, *, batch_id: int, part: Sequence[_Text], pace: Pace) -> None:
    pace.start()
    session.many(
        "INSERT INTO import_row (batch_id, line, content) VALUES (:batch, :line, :content)",
        [{"batch": batch_id, "line": text.line, "content": text.content} for text in part],
    )
    pace.end()


def drop(database: Database, batch_id: int) -> None:
    """Forgets a batch that has changed nothing yet."""
    while rows := database.read(lambda session: _next(session, batch_id)):
        database.change(partial(_take, batch_id=batch_id, part=rows))
    database.change(lambda session: session.run("DELETE FROM import_batch WHERE id = :id", id=batch_id))


# ---------------------------------------------------------------- applying


@dataclass(slots=True)
class _Applying:
    database: Database
    kind: Kind
    job: Job
    pace: Pace
    late: list[Late] = field(default_factory=list)
    done: int = 0


def apply(database: Database, kind: Kind, job: Job, *, units: int, say: Say) -> list[Late]:
    """Applies a batch slice by slice, and shows it in one last change. Returns what could not be applied any more.

    Raises:
        TakenOver: another process finishes it.
    """
    run = _Applying(database, kind, job, Pace(database.dialect == "sqlite"))
    told = time.monotonic()
    while rows := database.read(lambda session: _next(session, job.batch_id)):
        for part in run.pace.cut(rows):
            _apply_slice(run, part)
            if time.monotonic() - told > 2:  # noqa: PLR2004 - every two seconds
                told = time.monotonic()
                say(f"Applied {run.done:,} of {units:,}.")
    database.change(lambda session: _finish(session, kind, job))
    return run.late


def _next(session: Session, batch_id: int) -> list[Record]:
    return session.all(
        f"SELECT line, content FROM import_row WHERE batch_id = :batch ORDER BY line LIMIT {FETCH}", batch=batch_id
    )


def _apply_slice(run: _Applying, part: list[Record]) -> None:
    try:
        run.database.change(lambda session: _apply_some(session, run, part))
    except _REFUSED as clash:
        _apply_singly(run, part, clash)
    run.pace.rest()
    run.done += len(part)


def _apply_some(session: Session, run: _Applying, part: list[Record]) -> None:
    run.pace.start()
    _take(session, batch_id=run.job.batch_id, part=part)
    run.kind.apply(session, run.job, [json.loads(row.content) for row in part])
    run.pace.end()


def _apply_singly(run: _Applying, part: list[Record], clash: Exception) -> None:
    """Something came between check and change: every unit but the one that it concerns is still taken."""
    if len(part) > 1:
        for row in part:
            _apply_slice(run, [row])
        run.done -= len(part)
        return
    run.late.append(Late(part[0].line, clash.code if isinstance(clash, Refusal) else "taken_meanwhile"))
    run.database.change(lambda session: _take(session, batch_id=run.job.batch_id, part=part))


def _take(session: Session, *, batch_id: int, part: Sequence[Record]) -> None:
    """Takes rows out of the batch, once.

    Raises:
        TakenOver: they are gone already.
    """
    taken = session.run(
        "DELETE FROM import_row WHERE batch_id = :batch AND line BETWEEN :first AND :last",
        batch=batch_id, first=part[0].line, last=part[-1].line,
    )  # fmt: skip
    if taken != len(part):
        raise TakenOver


def _finish(session: Session, kind: Kind, job: Job) -> None:
    changed = session.run(
        "UPDATE import_batch SET state = 'applied' WHERE id = :id AND state = 'applying'", id=job.batch_id
    )
    if not changed:
        raise TakenOver
    kind.finish(session, job)


def note(database: Database, batch_id: int, result: dict[str, Any]) -> None:
    """Keeps what became of the file beside its batch."""
    database.change(
        lambda session: session.run(
            "UPDATE import_batch SET result = :result WHERE id = :id AND state = 'applied'",
            result=json.dumps(result),
            id=batch_id,
        )  # fmt: skip
    )


# ---------------------------------------------------------------- after a crash


def resume_imports(database: Database, *, say: Say = lambda _: None) -> int:
    """Ends what killed imports left: drops what was staging, rolls forward what was being applied. Returns how many.

    Imports whose process still lives are left alone, so any number of processes may call this at their start.
    """
    ended = 0
    for row in database.read(_unfinished):
        owner = read_owner(row.result)
        if owner and (owner.lives or owner.mine):
            continue
        if database.change(partial(_claim, row=row, owner=owner)):
            _end(database, row, owner, say)
            ended += 1
    return ended


def _unfinished(session: Session) -> list[Record]:
    return session.all(
        "SELECT id, kind, file, warehouse_id, state, result FROM import_batch WHERE state <> 'applied' ORDER BY id"
    )


def _claim(session: Session, *, row: Record, owner: Owner | None) -> bool:
    mine = this_process(timezone=owner.timezone if owner else "UTC", now=owner.now if owner else 0)
    return bool(
        session.run(
            "UPDATE import_batch SET pid = :pid, result = :mine WHERE id = :id AND result = :theirs AND state = :state",
            pid=mine.pid,
            mine=mine.as_text(),
            id=row.id,
            theirs=row.result,
            state=row.state,
        )  # fmt: skip
    )


def _end(database: Database, row: Record, owner: Owner | None, say: Say) -> None:
    if row.state == "staging" or owner is None or row.kind not in KINDS:
        say(f"Dropping an import of {row.kind} that was killed before it changed anything ({row.file}).")
        drop(database, row.id)
        return
    say(f"Finishing an import of {row.kind} that was killed ({row.file}).")
    kind = KINDS[row.kind]
    job = Job(row.warehouse_id, owner.timezone, owner.now, batch_id=row.id)
    with heartbeat(database, row.id):
        apply(database, kind, job, units=0, say=lambda _: None)


@contextmanager
def heartbeat(database: Database, batch_id: int) -> Iterator[None]:
    """Gives signs of life while an import runs, for other machines; on SQLite there are none."""
    ended = threading.Event()
    beater = threading.Thread(target=_beat, args=(database, batch_id, ended), daemon=True)
    if database.dialect != "sqlite":
        beater.start()
    try:
        yield
    finally:
        ended.set()
        if beater.is_alive():
            beater.join()


def _beat(database: Database, batch_id: int, ended: threading.Event) -> None:
    while not ended.wait(BEAT_S):
        database.change(lambda session: _beat_once(session, batch_id))


def _beat_once(session: Session, batch_id: int) -> None:
    kept = session.value("SELECT result FROM import_batch WHERE id = :id AND state <> 'applied'", id=batch_id)
    owner = read_owner(kept or "")
    if owner and owner.mine:
        session.run(
            "UPDATE import_batch SET result = :new WHERE id = :id AND result = :old",
            new=owner.beating().as_text(), id=batch_id, old=kept,
        )  # fmt: skip
