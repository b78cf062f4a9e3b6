"""The one way that a scan goes, from every handheld, desk and program, in every room.

Key claimed, or answered as before → parse → resolve → the room's verb → work and act written → the screen as it is now.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Never

from warehouse.db import Again, Session
from warehouse.errors import N_, Forbidden, NotFound, Notice, Phrase, Refusal, notice
from warehouse.ledger import TooLateToUndo, undo
from warehouse.people.rules import named
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import Heard, ask_resolve, explain_unknown, resolve
from warehouse.who import By
from warehouse.work import acts, override, pieces
from warehouse.work.pieces import Work
from warehouse.work.position import Position, replace
from warehouse.work.rooms import More, Result, Room
from warehouse.work.screen import Answer, Screen
from warehouse.work.wanted import wanted

NO_WORK = notice("ok", "no_work", N_("Nothing to do here now."))
TAKEN = notice("ok", "work_taken", N_("Your next piece of work."))
RESUMED = notice("ok", "work_resumed", N_("You were here: go on."))
UNDONE = notice("ok", "undone", N_("Taken back."))
LEFT = notice("ok", "work_left", N_("Left. Nothing of it was begun, so others may take it."))
OVER = notice("ok", "work_over", N_("Left. Nobody can go on with it here now; take your next one."))
KEPT = notice("ok", "work_kept", N_("This work is begun and stays yours: it comes back at your next one here."))
HELP = notice("ok", "help", N_("Now scan: %(expected)s. XXUNDO takes your latest act back, XXBACK leaves."))
CANCELLED = notice("ok", "question_dropped", N_("Dropped. Go on as before."))

QUESTIONS = {
    "damage_quantity": N_("How many are damaged?"), "damage_reason": N_("Why? Choose the reason"),
    "unusual": N_("Is that right? Scan OK"), "past_date": N_("Is that right? Scan OK"),
}  # fmt: skip

KEPT_BEFORE = "kept_before"  # the effect that tells what the work was about and which place it kept


class Stale(Refusal):
    """The scan was made for a screen that is no longer the current one."""

    code = "step_stale"
    text = N_("This screen was no longer the current one. Look at it again and scan once more.")
    status = 409


class WorkEnded(Refusal):
    """The piece of work is finished or was left."""

    code = "work_ended"
    text = N_("This piece of work is finished. Take the next one.")


class NotYours(Refusal):
    """Another person has this piece of work."""

    code = "work_of_another"
    text = N_("%(name)s has this piece of work now. Take your next one.")


class NothingToUndo(Refusal):
    """No act of this person on this work is left to take back."""

    code = "nothing_to_undo"
    text = N_("There is nothing of yours to take back on this piece of work. Go on with what the screen asks for.")


class OtherWorkOpen(Refusal):
    """Undo would open this work again while another is open."""

    code = "other_work_open"
    text = N_("You have begun other work here since. Leave that first, then undo.")


class NotExpected(Refusal):
    """A code out of turn.

    A room only tells what was read; what is expected is said from its screen, in one way in every room.
    """

    code = "not_expected"
    text = N_("%(read)s does not fit here. Expected: %(expected)s.")


def perform_scan(session: Session, by: By, room: Room, work_id: int, *, code: str, step: str) -> Answer:
    """Obeys one scan on a piece of work, once.

    Raises:
        Refusal: nothing changed, and the refusal says why.
    """
    check_role(by, room)
    claimed = acts.ask_claim(session, by, path=f"/{room.name}/{work_id}/scan", code=code, work_id=work_id)
    found = pieces.ask(session, by, room.name, work_id, lock=True)
    named = _ask_named(session, by, code)
    act, work = claimed(), found()
    if act.earlier is not None:
        return _replayed(by, room, act, work)
    work = _own(session, by, room, work_id, work)
    if step != work.step:
        raise Stale
    heard = named()
    if heard.command == "XXUNDO":
        return _undo(session, by, room, work, act)
    if not work.is_open:
        raise WorkEnded
    result = _obey(session, by, room, work, heard)
    return _write(session, by, room, work, act, heard, result)


def _ask_named(session: Session, by: By, code: str) -> Callable[[], Heard]:
    """Asks what a text names; one that cannot be read is refused only when the answer is looked at."""
    try:
        return ask_resolve(session, parse(code), warehouse_id=by.warehouse_id)
    except Refusal as refusal:
        return partial(_refuse, refusal)


def _refuse(refusal: Refusal) -> Never:
    raise refusal


def perform_next(session: Session, by: By, room: Room, *, code: str = "") -> Answer | None:
    """Takes or resumes a person's next piece of work, once for each key.

    With a `code` the person begins work of their own by that scan, where the room knows such work (goods without
    papers); what they have open comes first.

    None: as much was looked at as one short change may; what was done is kept, and the caller asks again.
    """
    check_role(by, room)
    claimed = acts.ask_claim(session, by, path=f"/{room.name}/next", code=code)
    mine, lapsed = pieces.ask_mine(session, by, room.name), pieces.ask_lapsed(session, by, room.name)
    act = claimed()
    if act.earlier is not None:
        work = pieces.load(session, by, room.name, act.work_id) if act.work_id else None
        return _replayed(by, room, act, work)
    if code and (begun := _begin(session, by, room, act, code)) is not None:
        return begun
    taken, said = _next_work(session, by, room, mine(), lapsed())
    if isinstance(taken, More):
        acts.forget(session, act)
        return None
    acts.remember(session, act, status=200, notice=said, work_id=taken.id if isinstance(taken, Work) else 0)
    if isinstance(taken, Work):
        return Answer(200, show(room, taken), said)
    return Answer(200, None, said, because=taken)


def _replayed(by: By, room: Room, act: acts.Act, work: Work | None) -> Answer:
    """What the first of two same acts was answered with; the screen as it is now, if the work is still this person's."""
    mine = work is not None and work.person_id == by.person_id
    return Answer(act.status, show(room, work) if work and mine else None, act.notice, replayed=True)


def _begin(session: Session, by: By, room: Room, act: acts.Act, code: str) -> Answer | None:
    """Begins work by a scan; None where this person has work open.

    Raises:
        NotExpected: nobody begins work here, or not by such a code.
    """
    heard = resolve(session, parse(code), warehouse_id=by.warehouse_id)
    if room.begin is None:
        raise NotExpected(read=heard.text, expected=Phrase(N_("no code: work is given out here")))
    if _mine(session, by, room, pieces.resume(session, by, room.name)) is not None:
        return None
    try:
        work, result = room.begin(session, by, heard)
    except NotExpected as refusal:
        raise _explained(session, by, heard, Phrase(N_("an item, or XXSKIP"))) from refusal
    return _write(session, by, room, work, act, heard, result)


def show(room: Room, work: Work) -> Screen:
    """A piece of work as its screen: the room's own, or the question laid over it."""
    return _shown(room, work, room.position.load(work.position))


def _shown(room: Room, work: Work, position: Position) -> Screen:
    screen = room.show(work, position)
    if work.note and work.note_by != work.person_id:
        screen = replace(screen, handover=work.note)
    if not work.is_open:
        last = ("XXUNDO",) if work.state == "done" and "XXUNDO" in screen.actions else ()
        return replace(screen, done=True, expects=(), actions=last, choices=())
    if position.asking:
        screen = replace(screen, question=QUESTIONS.get(position.asking, ""))
    return override.show(screen, position)


def check_role(by: By, room: Room) -> None:
    """Only people of the right role work in a room (R-PUT-5).

    Raises:
        Forbidden: this account has none of the room's roles.
    """
    if not by.has(*room.roles):
        raise Forbidden(what=room.name, roles=named(room.roles))


def _own(session: Session, by: By, room: Room, work_id: int, work: Work | None) -> Work:
    if work is None:
        raise NotFound(what=f"/{room.name}/{work_id}")
    if work.person_id != by.person_id:
        raise NotYours(name=pieces.owner_name(session, work))
    return work


def _obey(session: Session, by: By, room: Room, work: Work, heard: Heard) -> Result:
    """What every room has in common first: help, leaving, override; then the room's own verb."""
    position = room.position.load(work.position)
    if heard.command == "XXHELP":
        return Result(position, HELP(expected=wanted(show(room, work))), undoable=False)
    if heard.command == "XXBACK":
        return _leave(session, by, room, work, position)
    if override.asks(position):
        return override.continues(session, by, position, heard)
    if (badge := override.begins(session, by, position, heard)) is not None:
        return badge
    slip = None if heard.names else heard.reading.slip()
    if slip is not None and not _named_by(show(room, work), heard.text):
        raise slip
    try:
        return room.hear(session, by, work, position, heard)
    except NotExpected as refusal:
        raise _explained(session, by, heard, wanted(show(room, work))) from refusal


def _named_by(screen: Screen, text: str) -> bool:
    """Whether the screen asks for this very text: what was taken once as a lot's name stays one."""
    return any(ref is not None and ref.barcode == text for ref in screen.target.values())


def _explained(session: Session, by: By, heard: Heard, expected: Phrase) -> Refusal:
    """A code out of turn; or, where it names nothing, why it does not."""
    if heard.names or heard.reading.is_value:
        return NotExpected(read=heard.text, expected=expected)
    return explain_unknown(session, heard, warehouse_id=by.warehouse_id, expected=expected)


def _leave(session: Session, by: By, room: Room, work: Work, position: Position) -> Result:
    if position.override or position.asking:
        return Result(replace(override.disarm(position), asking="", asked=0), CANCELLED())
    over = room.is_over is not None and room.is_over(session, by, work)
    if work.begun and not over:
        return Result(position, KEPT(), undoable=False)
    if room.leave and not work.begun:
        room.leave(session, by, work)
    return Result(position, OVER() if over else LEFT(), left=True, undoable=False)


def _write(session: Session, by: By, room: Room, work: Work, act: acts.Act, heard: Heard, result: Result) -> Answer:
    state = "done" if result.done else "left" if result.left else "open"
    begun = 1 if work.begun or result.undoable else 0
    after = pieces.save(
        session, by, work, locked=True, state=state, position=result.position.dump(), begun=begun,
        subject_id=work.subject_id if result.subject_id is None else result.subject_id,
        place_id=0 if state != "open" else work.place_id if result.place_id is None else result.place_id,
    )  # fmt: skip
    secret = result.position.override != "" or heard.reading.made == "XB"
    effects = result.effects
    if (after.subject_id, after.place_id) != (work.subject_id, work.place_id):
        effects = ([KEPT_BEFORE, work.subject_id, work.place_id], *effects)
    acts.remember(
        session, act, status=200, notice=result.notice, work_id=work.id, code="" if secret else heard.text,
        before=work.position if result.undoable else "", postings=result.postings, effects=effects,
        undoable=result.undoable,
    )  # fmt: skip
    return Answer(200, _shown(room, after, result.position), result.notice)


def _undo(session: Session, by: By, room: Room, work: Work, act: acts.Act) -> Answer:
    """Takes back this person's latest act that is not yet undone, a step or a posting."""
    if work.state == "left":
        raise WorkEnded
    last = session.one(
        """SELECT id, before, postings, effects FROM act WHERE work_id = :work AND undoable = 1 AND undone_by = 0
             AND person_id = :person ORDER BY id DESC LIMIT 1""", work=work.id, person=by.person_id)  # fmt: skip
    if last is None:
        raise NothingToUndo
    if not work.is_open and pieces.resume(session, by, room.name):
        raise OtherWorkOpen
    postings = json.loads(last.postings) if last.postings else []
    contrary = [undo(session, by, posting) for posting in reversed(postings)]
    effects = json.loads(last.effects) if last.effects else []
    kept = effects.pop(0)[1:] if effects and effects[0][0] == KEPT_BEFORE else (work.subject_id, work.place_id)
    said = room.undo(session, by, work, effects) or UNDONE()
    session.run("UPDATE act SET undone_by = :by WHERE id = :id", by=act.id, id=last.id)
    after = pieces.reopen(session, by, work, _put_back(session, by, room, last.before), *kept)
    if after is None:
        raise TooLateToUndo
    acts.remember(session, act, status=200, notice=said, work_id=work.id, code="XXUNDO", postings=contrary)
    return Answer(200, show(room, after), said)


def _put_back(session: Session, by: By, room: Room, before: str) -> str:
    """The position before the act. An approval is never put back: it lets one scan pass, taken back or not."""
    position = override.disarm(room.position.load(before))
    return (room.refresh(session, by, position) if room.refresh else position).dump()


def _mine(session: Session, by: By, room: Room, mine: Work | None) -> Work | None:
    """The open piece of work of this person; what nobody can go on with is left on the way."""
    if mine is None or room.is_over is None or not room.is_over(session, by, mine):
        return mine
    locked = pieces.load(session, by, room.name, mine.id, lock=True)
    if locked is None or not locked.is_open or not room.is_over(session, by, locked):
        raise Again
    if room.leave and not locked.begun:
        room.leave(session, by, locked)
    pieces.save(session, by, locked, state="left", place_id=0)
    return None


def _next_work(
    session: Session, by: By, room: Room, mine: Work | None, lapsed: list[Work]
) -> tuple[Work | More | Notice | None, Notice]:
    """The person's next piece of work, or why there is none although something waits; and what is said."""
    if (mine := _mine(session, by, room, mine)) is not None:
        if not mine.begun:
            pieces.renew(session, by, mine)
        return mine, RESUMED()
    for left in lapsed:
        if room.leave:
            room.leave(session, by, left)
        pieces.save(session, by, left, state="left", place_id=0)
    taken = room.take(session, by)
    return taken, TAKEN() if isinstance(taken, Work) else NO_WORK()
