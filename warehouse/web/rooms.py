"""The URLs that every room has: look into it, take the next piece of work, look at one, scan for it."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect, request

from warehouse.db import Session
from warehouse.errors import NotFound, Refusal
from warehouse.web.answers import answer, as_html, as_json, database, fields, refuse, screen_json, wanted
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.web.metrics import scanning
from warehouse.web.pages import room_name
from warehouse.who import By
from warehouse.work import at_station, handover, pieces
from warehouse.work.handover import OpenWork, open_work_of_others
from warehouse.work.perform import check_role, perform_next, perform_scan, show
from warehouse.work.rooms import all_rooms, room_named
from warehouse.work.screen import Answer, Screen

WORK = "<int:work_id>"

MORE_PAUSE_S = 0.005


def room_blueprint(name: str) -> Blueprint:
    """A room's own blueprint with the URLs that all rooms share; the room adds what is only its own.

    GET /ROOM, POST /ROOM/next, GET /ROOM/ID and POST /ROOM/ID/scan, each as page, fragment or JSON.
    """
    blueprint = Blueprint(name, __name__, url_prefix=f"/{name}")
    blueprint.add_url_rule("", "room", lambda: look_in(name), methods=["GET"])
    blueprint.add_url_rule("/next", "next", lambda: take_next(name), methods=["POST"])
    blueprint.add_url_rule(f"/{WORK}", "look", lambda work_id: look(name, work_id), methods=["GET"])
    blueprint.add_url_rule(f"/{WORK}/scan", "scan", lambda work_id: scan(name, work_id), methods=["POST"])
    blueprint.add_url_rule(f"/{WORK}/takeover", "takeover", lambda work_id: take_over(name, work_id), methods=["POST"])
    blueprint.add_url_rule(f"/{WORK}/note", "note_page", lambda work_id: note_page(name, work_id), methods=["GET"])
    blueprint.add_url_rule(f"/{WORK}/note", "note", lambda work_id: leave_note(name, work_id), methods=["POST"])
    return blueprint


def look_in(name: str) -> Response:
    """Shows what waits in a room, and the piece of work that this person has open there."""

    def read(session: Session) -> tuple[int, Screen | None, list[OpenWork], list[str]]:
        by, room = identify(session), room_named(name)
        check_role(by, room)
        mine = pieces.resume(session, by, name)
        others = open_work_of_others(session, by, room) if mine is None and wanted() != "json" else []
        told = [say(each.text, each.params) for each in room.news(session, by)] if room.news and mine is None else []
        return room.waiting(session, by), show(room, mine) if mine else None, others, told

    waiting, screen, others, told = database().read(read)
    if wanted() == "json":
        content = {"room": name, "href": f"/{name}", "waiting": waiting, "screen": screen_json(screen)}
        return as_json(content | ({"news": told} if told else {}))
    if screen is not None:
        return redirect(screen.href)  # type: ignore[return-value]
    return as_html(
        "shared/room.html", room=name, title=room_name(name), waiting=waiting, others=others, notice=None, because=None,
        news=told,
    )  # fmt: skip


def take_next(name: str) -> Response:
    """Takes or resumes the next piece of work of a room; `code`: what to begin with, where nobody offers it."""
    sent, room = fields(), room_named(name)

    def change(session: Session) -> Answer | None:
        by = identify(session, key=sent.get("key", ""))
        taken = perform_next(session, by, room, code=sent.get("code", ""))
        return None if taken is None else _seen(session, by, name, taken)

    while (taken := database().change(change)) is None:
        time.sleep(MORE_PAUSE_S)
    return answer(taken, room=name)


def scan(name: str, work_id: int) -> Response:
    """Obeys one scan; a refusal answers with the screen as it is now."""
    scanning(name)
    sent, room = fields(), room_named(name)

    def change(session: Session) -> Answer:
        by = identify(
            session, key=sent.get("key", ""), via=sent.get("via", ""), occurred_at=sent.get("occurred_at", "")
        )
        done = perform_scan(session, by, room, work_id, code=sent.get("code", ""), step=sent.get("step", ""))
        return _seen(session, by, name, done)

    try:
        return answer(database().change(change))
    except Refusal as refusal:
        if refusal.remember is not None:
            database().change(refusal.remember)
        if refusal.status in {409, 422}:
            return refuse(refusal, _seen_now(name, current_screen(name, work_id)))
        raise


def take_over(name: str, work_id: int) -> Response:
    """Makes another person's begun work this person's; `note`: why."""
    sent, room = fields(), room_named(name)

    def change(session: Session) -> Answer:
        by = identify(session, key=sent.get("key", ""))
        return _seen(session, by, name, handover.take_over(session, by, room, work_id, note=sent.get("note", "")))

    return answer(database().change(change))


def leave_note(name: str, work_id: int) -> Response:
    """Leaves a note on a piece of work for whoever goes on with it; `text`: the note."""
    sent, room = fields(), room_named(name)
    return answer(
        database().change(
            lambda session: handover.leave_note(
                session, identify(session, key=sent.get("key", "")), room, work_id, text=sent.get("text", "")
            )
        )
    )


def note_page(name: str, work_id: int) -> Response:
    """Asks for the note."""
    screen = current_screen(name, work_id)
    if screen is None:
        raise NotFound(what=f"/{name}/{work_id}")
    return as_html("shared/note.html", room=name, href=screen.href, text=screen.handover)


def look(name: str, work_id: int) -> Response:
    """Shows a piece of work as it stands."""
    screen = current_screen(name, work_id)
    if screen is None:
        raise NotFound(what=f"/{name}/{work_id}")
    return answer(Answer(200, screen))


def current_screen(name: str, work_id: int) -> Screen | None:
    """The screen of a piece of work as it is now, for the one whose it is."""

    def read(session: Session) -> Screen | None:
        by, room = identify(session), room_named(name)
        check_role(by, room)
        work = pieces.load(session, by, name, work_id)
        return show(room, work) if work is not None and work.person_id == by.person_id else None

    return database().read(read)


def _seen(session: Session, by: By, name: str, done: Answer) -> Answer:
    """At a desk, what its page shows after an act is written down in the act's own transaction."""
    at_station.show(session, by, done, room=name, page=request.headers.get("X-Page", ""))
    return done


def _seen_now(name: str, screen: Screen | None) -> Screen | None:
    """At a desk, what its page shows after a refusal: it may be newer than what it showed before."""
    if screen is not None and g.by.station_id:
        database().change(lambda session: _seen(session, identify(session), name, Answer(200, screen)))
    return screen


menu = Blueprint("menu", __name__)

ROOM_CODES = "XX"


@menu.get("/")
def home() -> Response:
    """The way in."""
    return redirect("/floor")  # type: ignore[return-value]


@menu.get("/floor")
def floor() -> Response:
    """The rooms that this account may work in, and how much waits in each; a scanned room code leads into one."""

    def read(session: Session) -> list[dict[str, Any]]:
        by = identify(session)
        rooms = [room for room in all_rooms() if by.has(*room.roles)]
        return [{"room": room.name, "href": f"/{room.name}", "waiting": room.waiting(session, by)} for room in rooms]

    code = request.args.get("code", "")
    if code:
        return redirect(_led_to(code))  # type: ignore[return-value]
    rooms = database().read(read)
    if wanted() == "json":
        return as_json({"rooms": rooms})
    named = [room | {"name": room_name(room["room"])} for room in rooms]
    return as_html("shared/menu.html", rooms=named)


def _led_to(code: str) -> str:
    """Where a code scanned at the menu leads: into a room, else to what it names."""
    rooms = {f"{ROOM_CODES}{room.name.upper()}": f"/{room.name}" for room in all_rooms()}
    return rooms.get(code) or ("/floor" if code == "XXMENU" else f"/lookup?code={quote(code, safe='')}")
