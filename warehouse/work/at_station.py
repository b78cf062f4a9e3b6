"""What stands on the page of a desk: a station's row names the open work and its step.

So a scan of the desk's own scanner is a scan on that very screen. A station is a dock or a packing place at which somebody
works; every act of theirs writes here what they see after it, in the act's own transaction.
"""

from __future__ import annotations

from warehouse.clock import MINUTE, SECOND
from warehouse.db import Session
from warehouse.who import By
from warehouse.work.screen import Answer

PAGE_MAX = 64
PAGE_HELD = 40 * SECOND
"""How long a page counts as open after it was last heard of; its live feed says so more often."""
PROGRAM_HELD = 15 * MINUTE
"""How long a program at a desk counts as looking at its work after its last act."""

ROOM_OF_KIND = {"dock": "receiving", "station": "packing"}
"""Which room a desk works unless it is told otherwise, by the kind of its location."""

_SEEN = """open_room = :room, work_id = :work, step = :step, done = :done, said = '', passed = '',
    revision = station.revision + 1, changed_at = :now, acted_at = :now"""
_BY_PERSON = f"""
UPDATE station SET {_SEEN}, page = CASE WHEN CAST(:page AS TEXT) = '' THEN page ELSE :page END,
    page_until = CASE WHEN CAST(:page AS TEXT) = '' THEN page_until ELSE :until END
WHERE id = :station AND session = :session"""
_BY_PROGRAM = f"""
INSERT INTO station (id, warehouse_id, room, session, taken_at, page, page_until, acted_at, open_room, work_id, step, done,
    changed_at)
VALUES (:station, :warehouse, :room, :session, :now, 'program', :until, :now, :room, :work, :step, :done, :now)
ON CONFLICT (id) DO UPDATE SET {_SEEN}, page = 'program', page_until = :until,
    taken_at = CASE WHEN station.session = :session THEN station.taken_at ELSE :now END, session = :session
WHERE station.session = :session OR station.page_until < :now
   OR NOT EXISTS (SELECT 1 FROM token t WHERE t.hash = station.session AND t.revoked_at IS NULL)"""


def show(session: Session, by: By, answer: Answer, *, room: str, page: str = "") -> None:
    """Writes down what whoever works at a desk sees after an act of theirs; elsewhere it does nothing.

    `page`: the page that asked; from now on it is the one that holds the desk. A program account holds its desk by its
    acts, unless somebody else does; a token that was ended holds none.
    """
    if not by.station_id:
        return
    screen = answer.screen
    values = {
        "station": by.station_id, "session": by.credential, "room": room, "work": screen.work_id if screen else 0,
        "step": screen.step if screen else "", "done": int(screen.done) if screen else 0, "now": by.now,
    }  # fmt: skip
    if by.program:
        session.ask(_BY_PROGRAM, warehouse=by.warehouse_id, until=by.now + PROGRAM_HELD, **values)
    else:
        session.ask(_BY_PERSON, page=page[:PAGE_MAX], until=by.now + PAGE_HELD, **values)
