"""The verbs of a desk: opened, scanned at, left; its agent enrolled and sent away."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from warehouse.clock import MINUTE, SECOND
from warehouse.db import Again, Row, Session
from warehouse.errors import N_, Forbidden, NotFound, Notice, NotSignedIn, Phrase, Refusal
from warehouse.ids import new_id
from warehouse.people.actions import make_program
from warehouse.people.rules import SEEN_EVERY, SHIFT, named
from warehouse.people.signing import Device, end_session, see
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import explain_unknown, resolve
from warehouse.stations import queries, rules
from warehouse.stations.rules import Sent
from warehouse.who import By
from warehouse.work import acts, pieces
from warehouse.work.at_station import PAGE_HELD, PAGE_MAX, PROGRAM_HELD, ROOM_OF_KIND
from warehouse.work.perform import Stale, perform_next, perform_scan, show
from warehouse.work.rooms import ROOM_NAMES, all_rooms, room_named
from warehouse.work.screen import Answer

ANYTHING = N_("anything of this warehouse")
MOMENT = SECOND
"""A scan and an act of the page within this time are at one instant; a scan that waited longer was not meant for it."""
AWAY = 3 * SECOND
"""How long a page that has gone still holds its desk: the next one opens within that time."""

_WORK = re.compile(r"/([a-z]+)/([0-9]{1,19})", re.ASCII)
_ROOM = re.compile(r"/([a-z]+)", re.ASCII)
_BADGE = re.compile(r"XB[0-9]{6,}", re.ASCII)

_TELL = """
UPDATE station SET open_room = :room, work_id = :work, step = :step, done = :done, said = :said, passed = :passed,
    revision = revision + 1, news = news + :more, changed_at = :now, agent_seen_at = :now,
    page_until = CASE WHEN page = 'program' AND page_until < :held THEN :held ELSE page_until END
WHERE id = :id AND revision = :revision"""
_HERE = """
UPDATE station SET taken_at = CASE WHEN session = :session THEN taken_at ELSE :now END, session = :session, page = :page,
    page_until = :until, open_room = :room, work_id = :work, step = :step,
    done = :done, said = '', passed = '', revision = revision + 1, changed_at = :now,
    news = news + CASE WHEN page = :page THEN 0 ELSE 1 END
WHERE id = :id AND revision = :revision"""


# ---------------------------------------------------------------- a scan of the desk's own scanner


def hear(session: Session, agent: By, sent: Sent) -> Answer | None:
    """Obeys one scan of a desk's scanner on the work that stands on the desk's page, once for its key.

    None: the next piece of work was taken, or more must be looked at; call again, and the scan is one on that.

    Raises:
        Refusal: nothing changed; `refused` tells the page.
    """
    acts.check_key(sent.key)
    asked = queries.ask_earlier(session, agent.warehouse_id, sent.key)
    row = _row(session, agent)
    if sent.error:
        raise rules.not_read(sent.error, sent.hint)
    act = asked.one()
    if act is not None:
        return _again(session, agent, row, act, sent)
    by = _whoever(session, agent, row, sent)
    _check_in_time(row, by, sent)
    working = bool(row.work_id) and (not row.done or sent.code == "XXUNDO")
    try:
        if _is_for_page(row, sent.code, working=working):
            return _pass_on(session, by, row, sent.code)
        if working:
            return _scan(session, by, row, sent)
        return _begin(session, by, row, sent)
    except NotSignedIn as error:  # whoever worked there, not the agent
        raise _nobody(row, sent) from error
    except (Forbidden, NotFound) as refusal:  # of the person and their work; said of the agent it would end it
        refusal.status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise


def refused(session: Session, agent: By, refusal: Refusal) -> None:
    """Puts a refusal onto the desk's page; where the page was behind, it is brought up to date."""
    row = queries.station(session, agent.station_id)
    if row is None:
        return
    step = row.step
    if isinstance(refusal, Stale) and row.work_id:
        step = session.value("SELECT revision FROM work WHERE id = :id", id=row.work_id)
        step = f"{step or 0:x}"
    _tell(session, row, agent.now, said=refusal.notice, step=step)


def _row(session: Session, agent: By) -> Row:
    """The station's row; a desk at which nobody ever worked has one from now on."""
    if not agent.station_id:
        raise rules.NoDesk
    row = queries.station(session, agent.station_id)
    if row is None:
        _make(session, agent.warehouse_id, agent.station_id)
        row = queries.station(session, agent.station_id)
    if row is None:
        raise rules.NoDesk
    return row


def _make(session: Session, warehouse_id: int, station_id: int) -> None:
    session.run(
        """INSERT INTO station (id, warehouse_id, room)
           SELECT id, warehouse_id, CASE kind WHEN 'dock' THEN :dock ELSE :station END FROM location
           WHERE id = :id AND warehouse_id = :warehouse AND kind IN ('dock', 'station') ON CONFLICT (id) DO NOTHING""",
        id=station_id, warehouse=warehouse_id, dock=ROOM_OF_KIND["dock"], station=ROOM_OF_KIND["station"],
    )  # fmt: skip


def _again(session: Session, agent: By, row: Row, act: Row, sent: Sent) -> Answer:
    """What the first of two same scans was answered with, whoever works at the desk by now."""
    # An OK that took the next piece of work was an act without a code.
    codes = {session.signer.secret(code) for code in (sent.code, *([""] if sent.code == "XXOK" else []))}
    if act.device != _device(row) or act.code_hash not in codes:
        raise acts.KeyReused
    work = pieces.load(session, agent, row.open_room, row.work_id) if row.work_id else None
    mine = work is not None and work.person_id == row.person_id
    screen = show(room_named(row.open_room), work) if work is not None and mine else None
    return Answer(act.status, screen, acts.load_notice(act.notice), replayed=True)


def _device(row: Row) -> str:
    return f"station:{row.code}"


def _whoever(session: Session, agent: By, row: Row, sent: Sent) -> By:
    """Whoever works at the desk, as the one who scans.

    Raises:
        NoPageOpen: nobody does.
        ScannedForAnother: somebody does, who was not there when the scan was made.
    """
    if not queries.present(row, agent.now):
        raise _nobody(row, sent)
    if row.kind != "program":
        if agent.now - row.session_at > SHIFT:
            raise _nobody(row, sent)
        if abs(agent.now - row.seen_at) > SEEN_EVERY:
            see(session, row.session, now=agent.now)
    return replace(
        agent, timezone=row.timezone, person_id=row.person_id, name=row.name, roles=frozenset(row.roles.split()),
        device=_device(row), key=sent.key, via="serial", program=row.kind == "program", credential=row.session,
        occurred_at=agent.now - sent.age,
    )  # fmt: skip


def _check_in_time(row: Row, by: By, sent: Sent) -> None:
    """Whether the scan was made for what stands on the page now; it may have waited in the spool.

    Raises:
        Refusal: it was made at another desk, for another person, before the page was used, or before a refusal was heard.
    """
    read = rules.shown(sent.code)
    if sent.station and sent.station != row.code:
        raise rules.ScannedElsewhere(read=read, station=rules.shown(sent.station))
    if by.occurred_at < row.taken_at:
        raise rules.ScannedForAnother(read=read)
    if by.occurred_at < row.acted_at and sent.age > MOMENT:
        raise rules.ScannedBeforePage(read=read, seconds=sent.age // SECOND)
    if sent.behind:
        raise rules.ScannedBehind(read=read)
    if row.passed:
        raise rules.PageIsLeaving(read=read, passed=row.passed)


def _nobody(row: Row, sent: Sent) -> rules.NoPageOpen:
    return rules.NoPageOpen(station=row.code, read=rules.shown(sent.code))


def _is_for_page(row: Row, code: str, *, working: bool) -> bool:
    """Codes that lead to another page; and all codes where the page has no work of its own."""
    if not row.open_room or code in _commands() - {"XXBACK", "XXOK", "XXHELP"}:
        return True
    return not working and (code == "XXBACK" or _BADGE.fullmatch(code) is not None)


def _pass_on(session: Session, by: By, row: Row, code: str) -> Answer:
    """Gives a code to the page; until the page has obeyed, nothing is booked. Signing out does not wait for the page."""
    if code == "XXLOCK":
        end_session(session, row.session, Device(by.device, "", ""), now=by.now)
    elif not row.open_room and code not in _commands():
        _check_known(session, by, code)
    _tell(session, row, by.now, passed=code)
    return Answer(200, None, rules.PASSED())


def _commands() -> set[str]:
    return {"XXMENU", "XXLOCK", "XXBACK", "XXOK", "XXHELP", *(f"XX{room.name.upper()}" for room in all_rooms())}


def _check_known(session: Session, by: By, code: str) -> None:
    """A code that the page is to look up names something: else the scanner is told at once."""
    heard = resolve(session, parse(code), warehouse_id=by.warehouse_id)
    if not heard.names:
        raise explain_unknown(session, heard, warehouse_id=by.warehouse_id, expected=Phrase(ANYTHING))


def _scan(session: Session, by: By, row: Row, sent: Sent) -> Answer:
    answer = perform_scan(session, by, room_named(row.open_room), row.work_id, code=sent.code, step=row.step)
    _told(session, by, row, answer)
    return answer


def _begin(session: Session, by: By, row: Row, sent: Sent) -> Answer | None:
    """The next piece of work, as a page takes it; what was scanned to get there is then a scan on it, unless only OK."""
    room = room_named(row.open_room)
    only_next = sent.code == "XXOK"
    if not only_next and sent.code != "XXSKIP" and parse(sent.code).is_value:
        raise rules.NothingBegun(read=rules.shown(sent.code))
    answer = perform_next(session, by if only_next else replace(by, key=f"{by.key}-next"), room)
    if answer is None:
        return None
    if answer.screen is None and not only_next:
        answer = perform_next(session, by, room, code=sent.code)
        if answer is None:
            return None
        only_next = True
    _told(session, by, row, answer, news=only_next)
    return answer if only_next else None


def _told(session: Session, by: By, row: Row, answer: Answer, *, news: bool = True) -> None:
    """Writes down what the page shows after an act; no `news`: more is done before it need fetch itself."""
    screen, more = answer.screen, int(news)
    if screen is None:
        _tell(session, row, by.now, said=answer.because or answer.notice, more=more, work=0, step="", done=0)
    else:
        _tell(
            session, row, by.now, said=answer.notice, more=more, work=screen.work_id, step=screen.step,
            done=int(screen.done),
        )  # fmt: skip


def _tell(session: Session, row: Row, now: int, *, said: Notice | None = None, passed: str = "", **seen: Any) -> None:
    """Writes what the page shows next, unless the page itself went on meanwhile.

    Raises:
        Again: it did, so that the scan must be looked at anew.
    """
    values = {"room": row.open_room, "work": row.work_id, "step": row.step, "done": row.done, "more": 1} | seen
    told = session.run(
        _TELL,
        id=row.id,
        revision=row.revision,
        now=now,
        held=now + PROGRAM_HELD,
        said=acts.dump_notice(said),
        passed=passed,
        **values,
    )
    if not told:
        raise Again


# ---------------------------------------------------------------- the page


def work_at(session: Session, by: By, code: str, *, take: bool = False) -> tuple[str, Notice]:
    """Lets a person work at a desk from now on. Returns the room that it works, and what is said.

    Raises:
        NoStation: there is none of that code.
        StationTaken: somebody else works there, and no supervisor takes it.
    """
    place = session.one(
        """SELECT id, code FROM location WHERE warehouse_id = :warehouse AND code = :code AND kind IN ('dock', 'station')""",
        warehouse=by.warehouse_id, code=code,
    )  # fmt: skip
    if place is None:
        raise rules.NoStation(read=rules.shown(code))
    _make(session, by.warehouse_id, place.id)
    row = queries.station(session, place.id)
    assert row is not None, "it was made just now"
    _check_free(row, by, take=take)
    worked = room_named(row.room)
    if not by.has(*worked.roles):
        raise rules.NotYourRoom(station=place.code, room=Phrase(ROOM_NAMES[row.room]), roles=named(worked.roles))
    if row.kind == "person":
        session.run("UPDATE token SET station_id = 0 WHERE hash = :hash", hash=row.session)
    session.run("UPDATE token SET station_id = :id WHERE hash = :hash", id=place.id, hash=by.credential)
    session.run(
        """UPDATE station SET session = :session, taken_at = :now, page = '', page_until = 0, open_room = '', work_id = 0,
               step = '', done = 0, said = '', passed = '', revision = revision + 1, news = news + 1, changed_at = :now
           WHERE id = :id""",
        id=place.id, session=by.credential, now=by.now,
    )  # fmt: skip
    return row.room, rules.OPENED(station=place.code)


def leave(session: Session, by: By) -> Notice:
    """Lets a person work at no desk any more."""
    session.run(
        """UPDATE station SET session = '', page = '', page_until = 0, open_room = '', work_id = 0, step = '', done = 0,
               revision = revision + 1, news = news + 1, changed_at = :now WHERE session = :session""",
        session=by.credential, now=by.now,
    )  # fmt: skip
    session.run("UPDATE token SET station_id = 0 WHERE hash = :hash", hash=by.credential)
    return rules.LEFT_DESK()


def here(session: Session, by: By, *, page: str, href: str, step: str, done: bool, news: str) -> Row:
    """A page of a desk says what it shows; it is the one that holds the desk from now on. Returns the station's row.

    A page that has not fetched the last news yet (`news`: those that it knows) is only kept: what it shows is old.

    Raises:
        StationTaken: somebody else works there.
    """
    row = _row(session, by)
    if row.session != by.credential:
        _check_free(row, by, take=False)
    page = page[:PAGE_MAX]
    if (row.session, row.page) == (by.credential, page) and str(row.news) != news:
        still_here(session, [(row.id, page)], by.now)
        return row
    room, work_id = _shown(href)
    changed = session.run(
        _HERE, id=row.id, revision=row.revision, session=by.credential, page=page, until=by.now + PAGE_HELD, room=room,
        work=work_id, step=step[:PAGE_MAX], done=int(done), now=by.now,
    )  # fmt: skip
    if not changed:
        raise Again
    return _row(session, by)


def away(session: Session, *, station_id: int, page: str, now: int) -> None:
    """A page was closed: it holds its desk a moment longer, for the next page to open."""
    session.run(
        "UPDATE station SET page_until = :until WHERE id = :id AND page = :page AND page_until > :until",
        id=station_id, page=page, until=now + AWAY,
    )  # fmt: skip


def still_here(session: Session, pages: list[tuple[int, str]], now: int) -> None:
    """Pages whose live feed is open hold their desks."""
    for station_id, page in sorted(pages):
        session.run(
            "UPDATE station SET page_until = :until WHERE id = :id AND page = :page",
            id=station_id, page=page, until=now + PAGE_HELD,
        )  # fmt: skip


def _shown(href: str) -> tuple[str, int]:
    rooms = {room.name for room in all_rooms()}
    if (work := _WORK.fullmatch(href)) and work.group(1) in rooms and int(work.group(2)) < 1 << 63:
        return work.group(1), int(work.group(2))
    room = _ROOM.fullmatch(href)
    return (room.group(1), 0) if room and room.group(1) in rooms else ("", 0)


def _check_free(row: Row, by: By, *, take: bool) -> None:
    other = queries.present(row, by.now) and row.person_id != by.person_id
    if other and not (take and by.has("supervisor")):
        raise rules.StationTaken(name=row.name, station=row.code)


# ---------------------------------------------------------------- the agent


def make_code(session: Session, by: By, station_id: int) -> tuple[Notice, str]:
    """A code with which one agent enrols at a desk; an earlier one is worth nothing from now on."""
    row = _managed(session, by, station_id)
    code = rules.made_code()
    session.run(
        "UPDATE station SET code_hash = :hash, code_until = :until WHERE id = :id",
        id=row.id, hash=rules.code_hash(code), until=by.now + rules.CODE_FOR,
    )  # fmt: skip
    return rules.CODE_MADE(station=row.code, minutes=rules.CODE_FOR // MINUTE, href="/stations"), code


def enrol(session: Session, code: str, *, now: int) -> dict[str, str]:
    """Gives an agent its token for a code; the desk's agents from before are sent away.

    Raises:
        WrongCode: the code is unknown, used or too old.
    """
    row = session.one(
        """SELECT s.id, s.warehouse_id, l.code FROM station s JOIN location l ON l.id = s.id
           WHERE s.code_hash = :hash AND s.code_until > :now""" + session.for_update,
        hash=rules.code_hash(code), now=now,
    )  # fmt: skip
    if row is None:
        raise rules.WrongCode
    _end_agents(session, row.id, now)
    session.run(
        "UPDATE station SET code_hash = '', code_until = 0, agent_seen_at = :now WHERE id = :id", id=row.id, now=now
    )
    name = f"station {row.code} {new_id(session):x}"
    made = make_program(session, name, tuple(rules.AGENT), warehouse_id=row.warehouse_id, station_id=row.id)
    return {"token": made["token"], "station": row.code}


def revoke(session: Session, by: By, station_id: int) -> Notice:
    """Sends a desk's agents away: their tokens are worth nothing any more."""
    row = _managed(session, by, station_id)
    ended = _end_agents(session, row.id, by.now)
    session.run(
        """UPDATE station SET code_hash = '', code_until = 0, agent_seen_at = 0, scanners = '', news = news + 1,
               changed_at = :now WHERE id = :id""", id=row.id, now=by.now,
    )  # fmt: skip
    return (rules.AGENT_REVOKED if ended else rules.NO_AGENT)(station=row.code, href="/stations")


def set_room(session: Session, by: By, station_id: int, room: str) -> Notice:
    """Says which room a desk works.

    Raises:
        NoStation: there is no such desk or room.
    """
    row = _managed(session, by, station_id)
    if room not in {each.name for each in all_rooms()}:
        raise rules.NoStation(read=rules.shown(room))
    session.run("UPDATE station SET room = :room WHERE id = :id", id=row.id, room=room)
    return rules.ROOM_SET(station=row.code, room=Phrase(ROOM_NAMES[room]), href="/stations")


def hello(session: Session, agent: By, scanners: list[dict[str, Any]]) -> str:
    """The agent says that it is there, and which of its scanners are plugged in; the page hears of a change.

    Returns the desk's code.
    """
    row = _row(session, agent)
    kept = json.dumps(scanners, ensure_ascii=False, separators=(",", ":"))
    session.run(
        """UPDATE station SET agent_seen_at = :now, scanners = :kept, changed_at = :now,
               news = news + CASE WHEN scanners = :kept THEN 0 ELSE 1 END WHERE id = :id""",
        id=row.id, now=agent.now, kept=kept,
    )  # fmt: skip
    return str(row.code)


def _managed(session: Session, by: By, station_id: int) -> Row:
    _make(session, by.warehouse_id, station_id)
    row = queries.station(session, station_id)
    if row is None or row.warehouse_id != by.warehouse_id:
        raise rules.NoStation(read=str(station_id))
    return row


def _end_agents(session: Session, station_id: int, now: int) -> int:
    return session.run(
        """UPDATE token SET revoked_at = :now WHERE station_id = :id AND revoked_at IS NULL AND person_id IN (
               SELECT id FROM person WHERE kind = 'program' AND roles = 'station')""", id=station_id, now=now,
    )  # fmt: skip
