"""The URLs of desks: for the agent, for the page of a desk, and for those who set desks up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, request

from warehouse.clock import HOUR, now_us, parse_instant
from warehouse.db import Row, Session
from warehouse.errors import Notice, Refusal
from warehouse.people.signing import check_tries, count_wrong_code
from warehouse.stations import actions, queries
from warehouse.stations.feed import Feeds
from warehouse.stations.queries import Desk
from warehouse.stations.rules import FeedsFull, NoDesk, Sent, WrongCode, scanners_of
from warehouse.web.answers import answer, as_html, as_json, database, fields, json_body, notice_json, refuse, wanted
from warehouse.web.forms import Shown, act, content, told
from warehouse.web.identity import forget_read, identify
from warehouse.web.metrics import scanning
from warehouse.web.origin import asker_address
from warehouse.web.pages import room_name
from warehouse.who import By
from warehouse.work import acts, pieces
from warehouse.work.at_station import ROOM_OF_KIND
from warehouse.work.perform import show
from warehouse.work.rooms import all_rooms, room_named
from warehouse.work.screen import Answer, Screen

blueprint = Blueprint("stations", __name__, url_prefix="/stations")

AGENT_PAGES = ("stations.scan", "stations.hello")
DESK_PAGES = ("stations.mine", "stations.choose", "stations.leave", "stations.here", "stations.away", "stations.feed",
              "stations.screen")  # fmt: skip
AGE_MAX = 7 * 24 * HOUR
MORE_PAUSE_S = 0.005
BUSY_AGAIN_S = "5"


# ---------------------------------------------------------------- the agent


@blueprint.post("/scan")
def scan() -> Response:
    """Obeys one scan of a desk's scanner; its page is told."""
    scanning("station")
    sent = _sent(fields())

    def hear(session: Session) -> Answer | None:
        return actions.hear(session, _agent(session), sent)

    try:
        while (heard := database().change(hear)) is None:
            time.sleep(MORE_PAUSE_S)
    except Refusal as refusal:
        if refusal.status not in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise
        if refusal.remember is not None:
            database().change(refusal.remember)
        _tell_page(refusal)
        return refuse(refusal)
    finally:
        feeds().look()
    return answer(heard)


def _tell_page(refusal: Refusal) -> None:
    if not isinstance(refusal, NoDesk):
        database().change(lambda session: actions.refused(session, _agent(session), refusal))


@blueprint.post("/hello")
def hello() -> Response:
    """The agent says that it is there and how it stands with its scanners."""
    scanners = scanners_of(json_body().get("scanners"))
    code = database().change(lambda session: actions.hello(session, _agent(session), scanners))
    feeds().look()
    return as_json({"ok": True, "station": code})


@blueprint.post("/enrol")
def enrol() -> Response:
    """Gives an agent its token for a code that was made on the page of desks."""
    code, address = str(fields().get("code", "")), asker_address()
    database().read(lambda session: check_tries(session, address, now_us()))
    try:
        made = database().change(lambda session: actions.enrol(session, code, now=now_us()))
    except WrongCode:
        database().change(lambda session: count_wrong_code(session, address, now_us()))
        raise
    return as_json(made)


def _agent(session: Session) -> By:
    """The agent, its token looked at anew: the act's key proves the person's, not the agent's."""
    return identify(session)


def _sent(body: Mapping[str, Any]) -> Sent:
    text = {name: str(body.get(name, "")) for name in ("key", "code", "station", "error", "hint", "behind")}
    return Sent(**(text | {"behind": bool(text["behind"])}), age=_age(body))  # type: ignore[arg-type]


def _age(body: Mapping[str, Any]) -> int:
    """How long a scan waited, by the agent's own clock: it may be another than ours."""
    try:
        made, sent = (parse_instant(str(body.get(name, "")), "UTC") for name in ("occurred_at", "sent_at"))
    except (ValueError, OverflowError):
        return 0
    return min(max(0, sent - made), AGE_MAX)


# ---------------------------------------------------------------- the page of a desk


@blueprint.get("/feed")
def feed() -> Response:
    """The live feed of the desk at which this person works; `page`: the page that listens."""

    def read(session: Session) -> By:
        return _at_desk(session)

    by = database().read(read)
    g.pop("seen", None)  # listening is no work
    page = request.args.get("page", "")
    try:
        opened = feeds().open(by.station_id, page, request.headers.get("Last-Event-ID", ""))
    except FeedsFull as full:
        response = refuse(full)
        response.headers["Retry-After"] = BUSY_AGAIN_S
        return response
    kept = feeds()
    response = Response(kept.events(opened), mimetype="text/event-stream")
    response.call_on_close(lambda: kept.close(opened))  # also where it was never read from
    response.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    return response


@blueprint.get("/screen")
def screen() -> Response:
    """What stands on this desk's page now, with what was said about the scanner's last scan."""

    def read(session: Session) -> tuple[Row | None, Screen | None]:
        by = _at_desk(session)
        row = queries.station(session, by.station_id)
        return row, _screen(session, by, row)

    row, now = database().read(read)
    said = acts.load_notice(row.said) if row is not None else None
    if now is None and row is not None and row.open_room:
        return answer(Answer(200, None, said), room=row.open_room)
    return answer(Answer(200, now, said))


def _screen(session: Session, by: By, row: Row | None) -> Screen | None:
    if row is None or not row.work_id:
        return None
    work = pieces.load(session, by, row.open_room, row.work_id)
    return show(room_named(row.open_room), work) if work is not None and work.person_id == by.person_id else None


@blueprint.post("/here")
def here() -> Response:
    """A page says what it shows: scans of the desk's scanners are scans on it from now on."""
    sent = fields()

    def change(session: Session) -> Row:
        by = _at_desk(session)
        return actions.here(
            session, by, page=str(sent.get("page", "")), href=str(sent.get("href", "")), step=str(sent.get("step", "")),
            done=sent.get("done") == "1", news=str(sent.get("news", "")),
        )  # fmt: skip

    row = database().change(change)
    g.pop("seen", None)
    feeds().look()
    state = queries.agent_state(row.scanners, row.agent_seen_at, now_us())
    return as_json({"station": row.code, "news": row.news, "page": row.page, "passed": row.passed, "scanner": state})


@blueprint.post("/away")
def away() -> Response:
    """A page was closed."""
    page = str(fields().get("page", ""))

    def change(session: Session) -> None:
        by = _at_desk(session)
        actions.away(session, station_id=by.station_id, page=page, now=by.now)

    database().change(change)
    g.pop("seen", None)
    return as_json({"ok": True})


@blueprint.get("/mine")
def mine() -> Response:
    """Lists the desks of this warehouse; one may be chosen to work at."""
    return _mine(None, {}, 200)


@blueprint.post("/mine", endpoint="choose")
def choose() -> Response:
    """Works at a desk from now on; `take`: a supervisor takes it from whoever is there."""
    sent = fields()

    def change(session: Session) -> tuple[str, Notice, By]:
        by = identify(session, key=sent.get("key", ""))
        claimed = acts.claim(session, by, path=request.path, code=content(sent))
        room, said = actions.work_at(session, by, str(sent.get("station", "")), take=bool(sent.get("take")))
        acts.remember(session, claimed, status=200, notice=said)
        return room, said, by

    try:
        room, said, by = database().change(change)
    except Refusal as refusal:
        if wanted() == "json" or refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return _mine(notice_json(refusal.notice), sent, refusal.status)
    forget_read(by)
    feeds().look()
    if wanted() == "json":
        return as_json({"notice": notice_json(said), "href": f"/{room}"})
    return redirect(f"/{room}", HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


@blueprint.post("/leave")
def leave() -> Response:
    """Works at no desk any more."""

    def change(session: Session) -> tuple[Notice, By]:
        by = identify(session)
        return actions.leave(session, by), by

    said, by = database().change(change)
    forget_read(by)
    feeds().look()
    if wanted() == "json":
        return as_json({"notice": notice_json(said), "href": "/floor"})
    return redirect("/floor", HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


def _at_desk(session: Session) -> By:
    by = identify(session)
    if not by.station_id:
        raise NoDesk
    return by


def _mine(notice: Shown, _typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[By, list[Desk]]:
        by = identify(session)
        return by, queries.desks(session, by, ROOM_OF_KIND)

    by, desks = database().read(read)
    if wanted() == "json":
        return as_json({"stations": [_desk_json(desk) for desk in desks]}, status)
    desks = [desk for desk in desks if desk.station_id == by.station_id or by.has(*room_named(desk.room).roles)]
    mine_here = next((desk for desk in desks if desk.station_id == by.station_id), None)
    return as_html("shared/desks.html", status, desks=desks, mine=mine_here, notice=notice, room_name=room_name,
                   may_take=by.has("supervisor"))  # fmt: skip


def _desk_json(desk: Desk) -> dict[str, Any]:
    return {
        "id": str(desk.station_id),
        "station": desk.code,
        "room": desk.room,
        "works": desk.works,
        "agent": desk.agent,
    }


# ---------------------------------------------------------------- setting up


@blueprint.get("")
def look() -> Response:
    """Lists desks with who works there and how it stands with their scanners."""
    return _all(None, {}, 200)


@blueprint.post("/<int:station_id>/room")
def set_room(station_id: int) -> Response:
    """Says which room a desk works."""
    return act(lambda session, by, sent: actions.set_room(session, by, station_id, str(sent.get("room", ""))), _all)


@blueprint.post("/<int:station_id>/revoke")
def revoke(station_id: int) -> Response:
    """Sends a desk's agents away."""
    return act(lambda session, by, _: actions.revoke(session, by, station_id), _all)


@blueprint.post("/<int:station_id>/code")
def make_code(station_id: int) -> Response:
    """Makes the code with which an agent enrols; it is in the answer, and nowhere else."""

    def change(session: Session) -> tuple[Notice, str]:
        return actions.make_code(session, identify(session, key=fields().get("key", "")), station_id)

    said, code = database().change(change)
    if wanted() == "json":
        return as_json({"notice": notice_json(said), "code": code})
    return _all(notice_json(said), {}, 200, code=code)


def _all(notice: Shown, _typed: Mapping[str, Any], status: int, *, code: str = "") -> Response:
    def read(session: Session) -> tuple[list[Desk], Shown]:
        by = identify(session)
        return queries.desks(session, by, ROOM_OF_KIND), notice or told(session, by)

    desks, said = database().read(read)
    if wanted() == "json":
        return as_json({"stations": [_desk_json(desk) for desk in desks]}, status)
    rooms = [(room.name, room_name(room.name)) for room in all_rooms()]
    return as_html("office/stations.html", status, desks=desks, rooms=rooms, code=code, notice=said,
                   command=f"warehouse-station enrol --server {request.host_url.rstrip('/')} {code}")  # fmt: skip


def feeds() -> Feeds:
    """This process's live feeds."""
    return current_app.extensions["feeds"]  # type: ignore[no-any-return]
