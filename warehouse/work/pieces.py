"""A piece of work: which room, whose, about what, where it stands. Nobody else is given the same one.

What a screen proposes is held for its person until they leave it or LEASE passes without an act; work that was
begun stays theirs until it is taken over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from warehouse.clock import MINUTE
from warehouse.db import CLASHES, Again, Session
from warehouse.ids import new_id
from warehouse.who import By

LEASE = 15 * MINUTE
CLOCK_SLACK = MINUTE  # several servers' clocks differ; a lease that ends later was given before the clock was set back

_NAMES = (
    "id", "warehouse_id", "room", "person_id", "subject_id", "place_id", "state", "begun", "revision", "position", "note",
    "note_by",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
COLUMNS = ", ".join(f"w.{name}" for name in _NAMES)
"""What makes a Work, where the table of work is joined as `w`."""


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work as its row stands. `note`: what `note_by` has left on it for the next person."""

    id: int
    warehouse_id: int
    room: str
    person_id: int
    subject_id: int
    place_id: int
    state: str
    begun: int
    revision: int
    position: str
    note: str = ""
    note_by: int = 0

    @property
    def step(self) -> str:
        """The step that a scan must name: it changes with every act."""
        return f"{self.revision:x}"

    @property
    def is_open(self) -> bool:
        """Neither finished nor left."""
        return self.state == "open"


def load(session: Session, by: By, room: str, work_id: int, *, lock: bool = False) -> Work | None:
    """A piece of work of this warehouse and room; `lock` keeps it for this change."""
    return ask(session, by, room, work_id, lock=lock)()


def ask(session: Session, by: By, room: str, work_id: int, *, lock: bool = False) -> Callable[[], Work | None]:
    """Asks for a piece of work, as load() does; what it returns waits for the answer."""
    asked = session.ask(
        f"SELECT {_COLUMNS} FROM work WHERE id = :id AND warehouse_id = :warehouse AND room = :room"
        + (session.for_update if lock else ""),
        id=work_id, warehouse=by.warehouse_id, room=room,
    )  # fmt: skip
    return lambda: Work(*row) if (row := asked.one()) else None


def resume(session: Session, by: By, room: str, *, lock: bool = False) -> Work | None:
    """The open piece of work that this person has in a room; `lock` keeps it for this change."""
    return ask_mine(session, by, room, lock=lock)()


def ask_mine(session: Session, by: By, room: str, *, lock: bool = False) -> Callable[[], Work | None]:
    """Asks for what resume() gives; what it returns waits for the answer."""
    asked = session.ask(
        f"""SELECT {_COLUMNS} FROM work
            WHERE warehouse_id = :warehouse AND room = :room AND person_id = :person AND state = 'open'"""
        + (session.for_update if lock else ""),
        warehouse=by.warehouse_id, room=room, person=by.person_id,
    )  # fmt: skip
    return lambda: Work(*row) if (row := asked.one()) else None


def open_work(
    session: Session, by: By, room: str, position: str, *, subject_id: int = 0, place_id: int = 0
) -> Work | None:
    """Gives a piece of work to this person; None if another was faster to the same subject or place."""
    row = session.one(
        f"""INSERT INTO work (id, warehouse_id, room, person_id, subject_id, place_id, state, position, lease_until,
                opened_at)
            VALUES (:id, :warehouse, :room, :person, :subject, :place, 'open', :position, :lease, :now)
            ON CONFLICT DO NOTHING RETURNING {_COLUMNS}""",
        id=new_id(session), warehouse=by.warehouse_id, room=room, person=by.person_id, subject=subject_id,
        place=place_id, position=position, lease=by.now + LEASE, now=by.now,
    )  # fmt: skip
    return Work(*row) if row else None


_SAVE = """
UPDATE work SET begun = :begun, revision = :revision, position = :position, lease_until = :lease{more}
WHERE id = :id AND revision = :revision - 1"""
_SAVE_STEP = _SAVE.format(more="")
_SAVE_ALL = _SAVE.format(more=", subject_id = :subject, place_id = :place, state = :state, closed_at = :closed")


def save(session: Session, by: By, work: Work, *, locked: bool = False, **changes: Any) -> Work:
    """Writes a piece of work with its changes; its step changes with them.

    What is indexed is written only where it changes: most scans change the position alone. `locked`: this change has
    loaded the row with its lock, so that nobody need be asked whether it still was as it was.
    """
    after = replace(work, revision=work.revision + 1, **changes)
    values: dict[str, Any] = {"id": after.id, "begun": after.begun, "revision": after.revision, "position": after.position,
              "lease": by.now + LEASE}  # fmt: skip
    if (after.subject_id, after.place_id, after.state) == (work.subject_id, work.place_id, work.state):
        statement = _SAVE_STEP
    else:
        statement = _SAVE_ALL
        values |= {"subject": after.subject_id, "place": after.place_id, "state": after.state,
                   "closed": None if after.is_open else by.now}  # fmt: skip
    if locked:
        session.ask(statement, **values)
    else:
        changed = session.run(statement, **values)
        assert changed == 1, "the work's row was locked by this change"
    return after


def reopen(session: Session, by: By, work: Work, position: str, subject_id: int, place_id: int) -> Work | None:
    """A piece of work as it was before an act that is undone; None if another has its subject by now.

    A place that another keeps by now is not kept again: its next scan says so.

    Raises:
        Again: the subject or the place is given to another at this moment.
    """
    taken = session.all(
        """SELECT room, subject_id, place_id FROM work WHERE warehouse_id = :warehouse AND state = 'open' AND id <> :id
             AND ((subject_id <> 0 AND subject_id = :subject AND room = :room) OR (place_id <> 0 AND place_id = :place))""",
        warehouse=by.warehouse_id, id=work.id, subject=subject_id, room=work.room, place=place_id,
    )  # fmt: skip
    if any(row.room == work.room and row.subject_id == subject_id != 0 for row in taken):
        return None
    place_id = 0 if any(row.place_id == place_id for row in taken) else place_id
    try:
        return save(session, by, work, state="open", position=position, subject_id=subject_id, place_id=place_id)
    except CLASHES:  # it is given to another at this moment: the next look sees that
        raise Again from None


def is_kept(session: Session, by: By, place_id: int) -> bool:
    """Whether somebody's open work keeps a place. Whoever is being given it at this moment is waited for."""
    session.one(f"SELECT 1 AS one FROM location WHERE id = :id{session.for_update}", id=place_id)
    return bool(session.value(
        "SELECT EXISTS (SELECT 1 FROM work WHERE warehouse_id = :warehouse AND place_id = :place AND state = 'open')",
        warehouse=by.warehouse_id, place=place_id,
    ))  # fmt: skip


def give(session: Session, by: By, work: Work, position: str) -> Work:
    """Makes a piece of work this person's, at a position; its step changes. Its row was loaded with its lock."""
    after = replace(work, person_id=by.person_id, position=position, revision=work.revision + 1)
    session.run(
        """UPDATE work SET person_id = :person, position = :position, revision = :revision, lease_until = :lease
           WHERE id = :id""",
        id=work.id, person=by.person_id, position=position, revision=after.revision, lease=by.now + LEASE,
    )  # fmt: skip
    return after


def put_note(session: Session, by: By, work: Work, note: str) -> Work:
    """Leaves a note on a piece of work. Its step stays: whoever scans on it just then is not disturbed."""
    session.run(
        "UPDATE work SET note = :note, note_by = :person WHERE id = :id", id=work.id, note=note, person=by.person_id
    )
    return replace(work, note=note, note_by=by.person_id)


def owner_name(session: Session, work: Work) -> str:
    """The name of the one whose work it is."""
    return str(session.value("SELECT name FROM person WHERE id = :id", id=work.person_id) or "")


def lease_until(session: Session, work: Work) -> int:
    """Until when nobody else may have it: LEASE after its person's last act."""
    return int(session.value("SELECT lease_until FROM work WHERE id = :id", id=work.id))


def renew(session: Session, by: By, work: Work) -> None:
    """Holds what was only proposed for this person as long again: asking for it is an act too.

    Raises:
        Again: it has lapsed to another in this moment.
    """
    changed = session.run(
        "UPDATE work SET lease_until = :lease WHERE id = :id AND state = 'open'", lease=by.now + LEASE, id=work.id
    )
    if not changed:
        raise Again


def ask_lapsed(session: Session, by: By, room: str) -> Callable[[], list[Work]]:
    """Asks for work that was only proposed, and not touched for so long that others may have it; kept for this change."""
    asked = session.ask(
        f"""SELECT {_COLUMNS} FROM work WHERE warehouse_id = :warehouse AND room = :room AND state = 'open'
              AND begun = 0 AND (lease_until < :now OR lease_until > :ahead) ORDER BY id{session.for_update}""",
        warehouse=by.warehouse_id, room=room, now=by.now, ahead=by.now + LEASE + CLOCK_SLACK,
    )  # fmt: skip
    return lambda: [Work(*row) for row in asked.all()]


def close_subject(session: Session, by: By, room: str, subject_id: int) -> Work | None:
    """Ends the open work about a subject from outside (a cancelled order): its next scan finds the step stale."""
    work = open_about(session, by, room, subject_id)
    return save(session, by, work, state="left", place_id=0) if work is not None else None


def open_about(session: Session, by: By, room: str, subject_id: int) -> Work | None:
    """The open work about a subject, whoever has it, kept for this change."""
    row = session.one(
        f"""SELECT {_COLUMNS} FROM work WHERE warehouse_id = :warehouse AND room = :room AND subject_id = :subject
              AND state = 'open'{session.for_update}""",
        warehouse=by.warehouse_id, room=room, subject=subject_id,
    )  # fmt: skip
    return Work(*row) if row else None
