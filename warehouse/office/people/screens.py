"""The URLs of people and program accounts. What is secret is in the answer to the act that made it, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response

from warehouse.catalog.places import places
from warehouse.db import Row, Session
from warehouse.errors import N_
from warehouse.messages.rules import HEARS
from warehouse.office.people import actions, queries
from warehouse.office.people.rules import ADMINS, GOOD_OUTCOMES, OUTCOMES
from warehouse.people.rules import ROLE_NAMES
from warehouse.web.answers import as_html, as_json, database, fields, wanted
from warehouse.web.cards import badge_card
from warehouse.web.forms import Shown, act, act_secretly, told, values
from warehouse.web.identity import identify
from warehouse.web.lists import SIZE, Filter, Page, asked_for
from warehouse.web.shown import minute, second
from warehouse.who import PERSON_ROLES, ROLES, By

people = Blueprint("people", __name__, url_prefix="/people")
tokens = Blueprint("tokens", __name__, url_prefix="/tokens")
ADMINISTRATORS = ADMINS


FILTERS = (
    Filter("role", N_("Role"), tuple((role, ROLE_NAMES[role]) for role in PERSON_ROLES)),
    Filter("active", N_("Works here"), (("yes", N_("yes")), ("no", N_("no")))),
)
OUTCOME = Filter("outcome", N_("Outcome"), tuple(OUTCOMES.items()))
PERSON_NAMES = {role: ROLE_NAMES[role] for role in PERSON_ROLES}


@people.get("")
def look() -> Response:
    """Lists people."""
    asked = asked_for(FILTERS)

    def read(session: Session) -> tuple[By, list[Row]]:
        by = identify(session)
        skip = (asked.number - 1) * SIZE
        return by, queries.people(session, asked.q, asked["role"], asked["active"], most=SIZE + 1, skip=skip)

    by, rows = database().read(read)
    page = Page(rows[:SIZE], asked, len(rows) > SIZE)
    if wanted() == "json":
        return as_json({"people": [queries.person_json(row) for row in page.rows], "next": page.after or None})
    shown = page.shown(
        lambda row: row._asdict() | {"seen": minute(row.seen_at, by.timezone), "roles": row.roles.split()}
    )
    return as_html("office/people.html", page=shown, filters=FILTERS, roles=ROLE_NAMES, notice=None)


@people.get("/new")
def new() -> Response:
    """The form of a new person."""
    database().read(identify)
    return _new(None, {}, 200)


@people.post("")
def make() -> Response:
    """Makes a person; badge and PIN are in the answer."""
    return act_secretly(lambda session, by, sent: actions.make(session, by, sent, values(sent, "role")), _new)


@people.get("/<int:person_id>")
def one(person_id: int) -> Response:
    """Shows a person, where they are signed in, and their last tries."""
    return _one(person_id, None, {}, 200)


@people.post("/<int:person_id>")
def change(person_id: int) -> Response:
    """Changes name, roles, and whether somebody works here."""
    return act(
        lambda session, by, sent: actions.change(session, by, person_id, sent, values(sent, "role")), _again(person_id)
    )


@people.post("/<int:person_id>/badge")
def badge(person_id: int) -> Response:
    """Gives a new badge; it is in the answer."""
    return act_secretly(lambda session, by, _: actions.give_badge(session, by, person_id), _again(person_id))


@people.post("/<int:person_id>/pin")
def pin(person_id: int) -> Response:
    """Gives a new PIN; it is in the answer."""
    return act_secretly(lambda session, by, _: actions.give_pin(session, by, person_id), _again(person_id))


@people.post("/<int:person_id>/sign-out")
def sign_out(person_id: int) -> Response:
    """Ends all sessions of a person."""
    return act(lambda session, by, _: actions.sign_out_everywhere(session, by, person_id), _again(person_id))


@people.post("/<int:person_id>/card.pdf")
def card(person_id: int) -> Response:
    """The card for a badge that was just made: it changes nothing, and its text is known to the page alone."""
    text = str(fields().get("badge", ""))

    def read(session: Session) -> tuple[str, str]:
        by = identify(session)
        return actions.check_badge(session, person_id, text), places(session, by.warehouse_id).code

    name, house = database().read(read)
    headers = {"Content-Disposition": 'inline; filename="badge.pdf"', "Cache-Control": "no-store"}
    return Response(badge_card(name, text, house), 200, headers, mimetype="application/pdf")


@people.get("/sign-ins")
def sign_ins() -> Response:
    """Lists the log of signing in, the latest first."""
    asked = asked_for((OUTCOME,))

    def read(session: Session) -> tuple[By, list[Row]]:
        by = identify(session)
        rows = queries.tries(session, outcome=asked["outcome"], most=SIZE + 1, skip=(asked.number - 1) * SIZE)
        return by, rows

    by, rows = database().read(read)
    page = Page(rows[:SIZE], asked, len(rows) > SIZE)
    if wanted() == "json":
        return as_json({"sign_ins": [queries.timed(row) for row in page.rows], "next": page.after or None})
    shown = page.shown(lambda row: _try(row, by))
    return as_html("office/sign_ins.html", page=shown, filters=(OUTCOME,), notice=None)


@tokens.get("", endpoint="look")
def look_tokens() -> Response:
    """Lists program accounts."""
    return _tokens(None, {}, 200)


@tokens.post("", endpoint="make")
def make_token() -> Response:
    """Makes a program account; its token is in the answer."""
    return act_secretly(lambda session, by, sent: actions.make_token(session, by, sent, values(sent, "role")), _tokens)


@tokens.post("/<int:person_id>/revoke", endpoint="revoke")
def revoke(person_id: int) -> Response:
    """Ends all tokens of a program account."""
    return act(lambda session, by, _: actions.revoke(session, by, person_id), _tokens)


def _again(person_id: int) -> Callable[[Shown, Mapping[str, Any], int], Response]:
    return lambda notice, typed, status: _one(person_id, notice, typed, status)


def _one(person_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[By, Row, list[Row], list[Row], Shown]:
        by = identify(session)
        return (
            by, queries.person_row(session, person_id), queries.sessions(session, person_id, by.now),
            queries.tries(session, person_id=person_id), notice or told(session, by),
        )  # fmt: skip

    by, person, sessions, tries, notice = database().read(read)
    if wanted() == "json":
        return as_json({
            "person": queries.person_json(person), "sessions": [queries.timed(row) for row in sessions],
            "sign_ins": [queries.timed(row) for row in tries],
        }, status)  # fmt: skip
    chosen = values(typed, "role") if "name" in typed else person.roles.split()
    return as_html(
        "office/person.html", status, person=person, notice=notice, typed=typed, roles=PERSON_NAMES, chosen=chosen, hears=HEARS,
        own=by.person_id == person.id, made=minute(person.made_at, by.timezone),
        sessions=[row._asdict() | {"since": minute(row.made_at, by.timezone), "seen": minute(row.seen_at, by.timezone)}
                  for row in sessions],
        tries=[_try(row, by) for row in tries],
    )  # fmt: skip


def _new(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    return as_html("office/person_new.html", status, notice=notice, typed=typed, roles=PERSON_NAMES, hears=HEARS,
                   chosen=values(typed, "role"))  # fmt: skip


def _tokens(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    asked = asked_for()

    def read(session: Session) -> tuple[By, list[Row], Shown]:
        by = identify(session)
        rows = queries.programs(session, asked.q, most=SIZE + 1, skip=(asked.number - 1) * SIZE)
        return by, rows, notice or told(session, by)

    by, rows, notice = database().read(read)
    page = Page(rows[:SIZE], asked, len(rows) > SIZE)
    if wanted() == "json":
        return as_json({"tokens": [queries.program_json(row) for row in page.rows], "next": page.after or None})
    shown = page.shown(
        lambda row: row._asdict() | {"made": minute(row.token_at or row.made_at, by.timezone), "roles": row.roles.split(),
                                     "revoked": minute(row.revoked_at, by.timezone)}
    )  # fmt: skip
    names = {role: ROLE_NAMES[role] for role in ROLES}
    return as_html("office/tokens.html", status, page=shown, notice=notice, typed=typed, roles=names,
                   chosen=values(typed, "role"))  # fmt: skip


def _try(row: Row, by: By) -> dict[str, Any]:
    shown: dict[str, Any] = row._asdict()
    return shown | {
        "when": second(row.at, by.timezone), "said": OUTCOMES[row.outcome],
        "level": "ok" if row.outcome in GOOD_OUTCOMES else "no",
    }  # fmt: skip
