"""What a desk reads: the station's row with whoever works there, and the lists of desks."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.db import Reply, Row, Session
from warehouse.people.rules import IDLE
from warehouse.stations.rules import AGENT_SILENT
from warehouse.who import By

LISTED_MAX = 200
KINDS = ("dock", "station")

_WITH_PERSON = """
SELECT s.id, s.warehouse_id, s.room, s.session, s.taken_at, s.page, s.page_until, s.acted_at,
       s.open_room, s.work_id, s.step, s.done, s.revision,
       s.news, s.said, s.passed, s.scanners, s.agent_seen_at, l.code, w.timezone, t.seen_at, t.made_at AS session_at,
       p.id AS person_id, p.name, p.roles, p.kind, p.language
FROM station s JOIN location l ON l.id = s.id JOIN warehouse w ON w.id = s.warehouse_id
LEFT JOIN token t ON t.hash = s.session AND t.revoked_at IS NULL AND t.station_id = s.id
LEFT JOIN person p ON p.id = t.person_id AND p.active = 1"""

_LISTED = f"""
SELECT l.id, l.code, l.barcode, l.kind, s.room, s.page_until, s.scanners, s.agent_seen_at, s.session, p.name, p.id AS person_id,
       t.seen_at, p.kind AS account, a.n AS agents
FROM location l LEFT JOIN station s ON s.id = l.id
LEFT JOIN token t ON t.hash = s.session AND t.revoked_at IS NULL AND t.station_id = s.id
LEFT JOIN person p ON p.id = t.person_id AND p.active = 1
LEFT JOIN (SELECT k.station_id, count(*) AS n FROM token k JOIN person q ON q.id = k.person_id
           WHERE k.station_id <> 0 AND k.revoked_at IS NULL AND q.kind = 'program' AND q.roles = 'station' AND q.active = 1
           GROUP BY k.station_id) a ON a.station_id = l.id
WHERE l.warehouse_id = :warehouse AND l.kind IN ('dock', 'station') ORDER BY l.path, l.id LIMIT {LISTED_MAX}"""


_STATE = "SELECT id, news, page, passed, scanners, agent_seen_at FROM station WHERE "


@dataclass(frozen=True, slots=True)
class State:
    """What the live feed tells of a desk; nothing of what is on its page.

    Attributes:
        news: a number that grows with everything the page has to fetch.
        page: the page that holds the desk.
        passed: a code that the page itself is to obey.
        scanner: none, silent, unplugged or ready.
    """

    station_id: int
    news: int
    page: str
    passed: str
    scanner: str


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk as a list shows it.

    Attributes:
        works: the name of whoever works there now, empty for nobody.
        agent: none, silent, unplugged or ready.
    """

    station_id: int
    code: str
    barcode: str
    room: str
    works: str
    mine: bool
    agent: str
    agents: int


def station(session: Session, station_id: int) -> Row | None:
    """A desk's row with whoever works there; None where nobody ever did."""
    return session.one(f"{_WITH_PERSON} WHERE s.id = :id", id=station_id)


def state(session: Session, station_id: int, now: int) -> State | None:
    """A desk as the feed tells it."""
    row = session.one(_STATE + "id = :id", id=station_id)
    return _state(row, now) if row else None


def changed_since(session: Session, since: int, now: int) -> list[State]:
    """The desks at which something happened since an instant, in any process."""
    return [_state(row, now) for row in session.all(_STATE + "changed_at >= :since", since=since)]


def _state(row: Row, now: int) -> State:
    scanner = agent_state(row.scanners, row.agent_seen_at, now)
    return State(row.id, row.news, row.page, row.passed, scanner)


def ask_earlier(session: Session, warehouse_id: int, key: str) -> Reply:
    """Asks for the act that has a key already."""
    return session.ask(
        "SELECT device, code_hash, status, notice FROM act WHERE warehouse_id = :warehouse AND key = :key",
        warehouse=warehouse_id, key=key,
    )  # fmt: skip


def present(row: Row, now: int) -> bool:
    """Whether somebody looks at a desk's page now and is signed in."""
    return row.page_until > now and row.person_id is not None and (row.kind == "program" or now - row.seen_at <= IDLE)


def desks(session: Session, by: By, room_of_kind: dict[str, str]) -> list[Desk]:
    """All docks and packing places of this warehouse, as desks."""
    rows = session.all(_LISTED, warehouse=by.warehouse_id)
    return [
        Desk(
            row.id, row.code, row.barcode, row.room or room_of_kind[row.kind],
            row.name if row.name and _present(row, by.now) else "", row.session == by.credential and bool(row.session),
            agent_state(row.scanners or "", row.agent_seen_at or 0, by.now), row.agents or 0,
        )
        for row in rows
    ]  # fmt: skip


def _present(row: Row, now: int) -> bool:
    return (row.page_until or 0) > now and (row.account == "program" or now - row.seen_at <= IDLE)


def agent_state(scanners: str, seen_at: int, now: int) -> str:
    """How it stands with the scanners of a desk: none (no agent, or it was sent away), silent, busy, unplugged or ready."""
    if not seen_at:
        return "none"
    if now - seen_at > AGENT_SILENT:
        return "silent"
    if '"busy":true' in scanners:
        return "busy"
    return "unplugged" if '"open":false' in scanners else "ready"
