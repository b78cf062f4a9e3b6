"""Pieces of work that are given out and taken back at the same moment."""

from __future__ import annotations

from collections.abc import Callable

from tests.floor import House
from tests.hands import interleave
from warehouse.db import Session
from warehouse.work import pieces
from warehouse.work.pieces import Work

ROOM, SUBJECT = "putaway", 7


def test_work_is_not_given_back_while_it_is_given_to_another(house: House) -> None:
    """R-SCAN-1: whoever takes back their last act a moment too late is told so; one piece of work is one person's."""
    ann, ben = house.by(person_id=1), house.by(person_id=2)

    def work_of_ann(session: Session) -> Work:
        work = pieces.open_work(session, ann, ROOM, "{}", subject_id=SUBJECT)
        assert work is not None, "nobody has it"
        return pieces.save(session, ann, work, state="done")

    done = house.base.change(work_of_ann)

    def gives(session: Session, pause: Callable[[], None]) -> Work | None:
        given = pieces.open_work(session, ben, ROOM, "{}", subject_id=SUBJECT)
        pause()
        return given

    given, again = interleave(house.base, gives, lambda session: pieces.reopen(session, ann, done, "{}", SUBJECT, 0))
    assert (given.person_id, again) == (2, None)
    assert house.value("SELECT person_id FROM work WHERE state = 'open'") == 2
