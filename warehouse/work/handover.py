"""Work that goes from one person to another: taken over when it was left lying, with a note from the one before.

Whoever takes over gets all that the other had kept: the subject, the place, and where the work stands. What the other
did stays theirs: nobody but they could take it back, and they no longer can.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.clock import MINUTE
from warehouse.db import Session
from warehouse.errors import N_, NotFound, Phrase, Refusal, notice
from warehouse.ids import new_id
from warehouse.who import By
from warehouse.work import acts, override, pieces
from warehouse.work.perform import OVER, RESUMED, NotYours, WorkEnded, check_role, show
from warehouse.work.pieces import LEASE, Work
from warehouse.work.rooms import Room
from warehouse.work.screen import Answer, Title

NOTE_MAX = 500
LISTED_MAX = 50
ANY_TIME = "supervisor"

TAKEN_OVER = notice("ok", "work_taken_over", N_("You have taken this over from %(name)s. Go on where they stopped."))
NOTE_LEFT = notice("ok", "note_left", N_("The note is kept for whoever goes on with this."))


class StillAtWork(Refusal):
    """The person whose work it is did something a short while ago (R-STN-2)."""

    code = "still_at_work"
    text = N_(
        "%(name)s is still at work on this. It can be taken over in %(minutes)s min if nothing more happens; "
        "a supervisor may do it at once."
    )


class NotBegun(Refusal):
    """Nothing was done yet: it is given to whoever asks next, once its time is over."""

    code = "not_begun"
    text = N_("%(name)s has not begun this. Take your next piece of work: it is given out again by itself.")


class HandsFull(Refusal):
    """A person has at most one open piece of work a room."""

    code = "hands_full"
    text = N_("You have begun other work here: %(title)s. Finish that first.")


class NoteTooLong(Refusal):
    """A note is one that a person can read at a glance."""

    code = "note_too_long"
    text = N_("The note has %(length)s characters; a note has at most %(most)s. Make it shorter.")


@dataclass(frozen=True, slots=True)
class OpenWork:
    """A piece of work that another person has begun, as a room's entry lists it.

    Attributes:
        progress: how much is done, and of how much.
        idle_minutes: how long ago that person's last act on it was.
        may_take: whether the reader may take it over now.
    """

    work_id: int
    href: str
    name: str
    title: Title
    progress: tuple[int, int]
    idle_minutes: int
    note: str
    may_take: bool


def open_work_of_others(session: Session, by: By, room: Room) -> list[OpenWork]:
    """What others have begun in a room and not finished, longest untouched first."""
    rows = session.all(
        f"""SELECT {pieces.COLUMNS}, w.lease_until, p.name FROM work w JOIN person p ON p.id = w.person_id
            WHERE w.warehouse_id = :warehouse AND w.room = :room AND w.state = 'open' AND w.begun = 1
              AND w.person_id <> :me ORDER BY w.lease_until, w.id LIMIT {LISTED_MAX}""",
        warehouse=by.warehouse_id, room=room.name, me=by.person_id,
    )  # fmt: skip
    return [_listed(by, room, Work(*row[:-2]), row.lease_until, row.name) for row in rows]


def _listed(by: By, room: Room, work: Work, lease_until: int, name: str) -> OpenWork:
    screen = show(room, work)
    idle = max(by.now - (lease_until - LEASE), 0) // MINUTE
    return OpenWork(
        work.id, screen.href, name, screen.title, screen.progress, idle, work.note, _may_take(by, lease_until)
    )


def _may_take(by: By, lease_until: int) -> bool:
    return by.has(ANY_TIME) or lease_until <= by.now


def take_over(session: Session, by: By, room: Room, work_id: int, *, note: str = "") -> Answer:
    """Makes another person's begun work one's own, once; `note` says why, and is recorded with it.

    Raises:
        StillAtWork: that person did something within the last quarter of an hour, and no supervisor asks.
        NotBegun: nothing was done yet, so that it lapses by itself.
        HandsFull: this person has begun other work in this room.
        NoteTooLong: the note is longer than NOTE_MAX.
    """
    check_role(by, room)
    act, work = _claimed(session, by, room, work_id, "takeover", note)
    if act.earlier is not None:
        return Answer(
            act.status, show(room, work) if work.person_id == by.person_id else None, act.notice, replayed=True
        )
    if not work.is_open:
        raise WorkEnded
    if work.person_id == by.person_id:
        acts.remember(session, act, status=200, notice=RESUMED(), work_id=work.id)
        return Answer(200, show(room, work), RESUMED())
    name = _check_free(session, by, work)
    if room.is_over is not None and room.is_over(session, by, work):
        pieces.save(session, by, work, locked=True, state="left", place_id=0)
        acts.remember(session, act, status=200, notice=OVER(), work_id=work.id)
        return Answer(200, None, OVER())
    _free_hands(session, by, room)
    _record(session, by, act, work, note)
    position = override.disarm(room.position.load(work.position))
    if room.anew is not None:
        position = room.anew(position)
    mine = pieces.give(session, by, work, position.dump())
    said = TAKEN_OVER(name=name)
    acts.remember(session, act, status=200, notice=said, work_id=work.id)
    return Answer(200, show(room, mine), said)


def leave_note(session: Session, by: By, room: Room, work_id: int, *, text: str) -> Answer:
    """Leaves a note on open work for whoever goes on with it; an empty one takes the note away.

    Raises:
        NotYours: it is another person's work, and no supervisor asks.
        NoteTooLong: the note is longer than NOTE_MAX.
    """
    check_role(by, room)
    act, work = _claimed(session, by, room, work_id, "note", text)
    if act.earlier is None:
        if not work.is_open:
            raise WorkEnded
        if work.person_id != by.person_id and not by.has(ANY_TIME):
            raise NotYours(name=pieces.owner_name(session, work))
        work = pieces.put_note(session, by, work, text.strip())
        acts.remember(session, act, status=200, notice=NOTE_LEFT(), work_id=work.id)
    shown = show(room, work) if work.person_id == by.person_id else None
    return Answer(200, shown, NOTE_LEFT(), replayed=act.earlier is not None)


def _claimed(session: Session, by: By, room: Room, work_id: int, verb: str, text: str) -> tuple[acts.Act, Work]:
    """The act's key and the piece of work, kept for this change."""
    if len(text) > NOTE_MAX:
        raise NoteTooLong(length=len(text), most=NOTE_MAX)
    path = f"/{room.name}/{work_id}/{verb}"
    act = acts.claim(session, by, path=path, code=text, work_id=work_id)
    work = pieces.load(session, by, room.name, work_id, lock=True)
    if work is None:
        raise NotFound(what=path)
    return act, work


def _check_free(session: Session, by: By, work: Work) -> str:
    """Whether a piece of work may be taken from its person now. Returns that person's name."""
    name = pieces.owner_name(session, work)
    if not work.begun:
        raise NotBegun(name=name)
    lease_until = pieces.lease_until(session, work)
    if not _may_take(by, lease_until):
        raise StillAtWork(name=name, minutes=-(-(lease_until - by.now) // MINUTE))
    return name


def _free_hands(session: Session, by: By, room: Room) -> None:
    """What this person was only offered in this room is given up; what they have begun is not."""
    mine = pieces.resume(session, by, room.name, lock=True)
    if mine is None:
        return
    if mine.begun:
        title = show(room, mine).title
        raise HandsFull(title=Phrase(title.text, title.params))
    if room.leave:
        room.leave(session, by, mine)
    pieces.save(session, by, mine, locked=True, state="left", place_id=0)


def _record(session: Session, by: By, act: acts.Act, work: Work, note: str) -> None:
    session.run(
        """INSERT INTO takeover (id, warehouse_id, work_id, act_id, room, subject_id, from_id, person_id, note, at)
           VALUES (:id, :warehouse, :work, :act, :room, :subject, :from, :person, :note, :now)""",
        id=new_id(session), warehouse=by.warehouse_id, work=work.id, act=act.id, room=work.room, subject=work.subject_id,
        person=by.person_id, note=note.strip(), now=by.now, **{"from": work.person_id},
    )  # fmt: skip
