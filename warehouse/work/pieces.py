"""A piece of work: which room, whose, about what, where it stands. Nobody else is given the same one.

What a screen proposes is held for its person until they leave it or LEASE passes without an act; work that was
begun stays theirs until it is taken over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from warehouse.clock import MINUTE
from warehouse.db import Row, Session
from warehouse.ids import new_id
from warehouse.who import By

LEASE = 15 * MINUTE

_COLUMNS = "id, warehouse_id, room, person_id, subject_id, place_id, state, begun, revision, position"


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work as its row stands."""

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
    row = session.one(
        f"SELECT {_COLUMNS} FROM work WHERE id = :id AND warehouse_id = :warehouse AND room = :room"
        + (session.for_update if lock else ""),
        id=work_id, warehouse=by.warehouse_id, room=room,
    )  # fmt: skip
    return Work(*row) if row else None


def resume(session: Session, by: By, room: str) -> Work | None:
    """The open piece of work that this person has in a room."""
    row = session.one(
        f"""SELECT {_COLUMNS} FROM work
            WHERE warehouse_id = :warehouse AND room = :room AND person_id = :person AND state = 'open'""",
        warehouse=by.warehouse_id, room=room, person=by.person_id,
    )  # fmt: skip
    return Work(*row) if row else None


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


def save(session: Session, by: By, work: Work) -> Work:
    """Writes a piece of work as it stands now; its step changes."""
    work = replace(work, revision=work.revision + 1)
    changed = session.run(
        """UPDATE work SET subject_id = :subject, place_id = :place, state = :state, begun = :begun,
               revision = :revision, position = :position, lease_until = :lease, closed_at = :closed
           WHERE id = :id AND revision = :revision - 1""",
        id=work.id, subject=work.subject_id, place=work.place_id, state=work.state, begun=work.begun,
        revision=work.revision, position=work.position, lease=by.now + LEASE,
        closed=None if work.is_open else by.now,
    )  # fmt: skip
    assert changed == 1, "the work's row was locked by this change"
    return work


def lapsed(session: Session, by: By, room: str) -> list[Work]:
    """Work that was only proposed, and not touched for so long that others may have it."""
    rows: list[Row] = session.all(
        f"""SELECT {_COLUMNS} FROM work WHERE warehouse_id = :warehouse AND room = :room AND state = 'open'
              AND begun = 0 AND lease_until < :now""",
        warehouse=by.warehouse_id, room=room, now=by.now,
    )  # fmt: skip
    return [Work(*row) for row in rows]


def close_subject(session: Session, by: By, room: str, subject_id: int) -> Work | None:
    """Ends the open work about a subject from outside (a cancelled order): its next scan finds the step stale."""
    row = session.one(
        f"""SELECT {_COLUMNS} FROM work WHERE warehouse_id = :warehouse AND room = :room AND subject_id = :subject
              AND state = 'open'{session.for_update}""",
        warehouse=by.warehouse_id, room=room, subject=subject_id,
    )  # fmt: skip
    return save(session, by, replace(Work(*row), state="left")) if row else None
