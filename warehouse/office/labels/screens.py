"""The labels' URLs: a page to choose from, and each kind as a file for any printer, a label printer, or a screen."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Blueprint, Response, request

from warehouse.db import Session
from warehouse.errors import N_, NotFound
from warehouse.office.labels import queries, sheets
from warehouse.office.labels.rules import FORMS, PRINTED_MAX, TOTES_MAX, BadgeNotKept, Label, TooManyLabels
from warehouse.web.answers import as_html, as_json, database, fields, wanted
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.work import acts

blueprint = Blueprint("labels", __name__, url_prefix="/labels")

ROLES = ("supervisor", "operations", "admin")
BADGE_ROLES = ("admin",)

MIMETYPES = {"pdf": "application/pdf", "png": "image/png", "zpl": "text/plain"}
NAMES = {"items": N_("Items"), "locations": N_("Locations"), "totes": N_("Totes"), "commands": N_("Command codes")}


@blueprint.get("")
def page() -> Response:
    """What can be printed."""

    def read(session: Session) -> tuple[bool, bool]:
        by = identify(session)
        return bool(queries.demo_badges(session)), by.has(*BADGE_ROLES)

    is_demo, may_badge = database().read(read)
    if wanted() == "json":
        return as_json({"kinds": list(NAMES), "formats": list(MIMETYPES), "demo": is_demo})
    names = {kind: say(name, {}) for kind, name in NAMES.items()}
    return as_html("labels/choose.html", kinds=names, is_demo=is_demo, may_badge=may_badge, most=TOTES_MAX)


@blueprint.get("/<kind>.pdf")
def pdf(kind: str) -> Response:
    """Labels on A4 sheets."""
    return _print(kind, "pdf")


@blueprint.get("/<kind>.zpl")
def zpl(kind: str) -> Response:
    """Labels for a label printer."""
    return _print(kind, "zpl")


@blueprint.get("/<kind>.png")
def png(kind: str) -> Response:
    """Labels as a picture."""
    return _print(kind, "png")


@blueprint.get("/badges.pdf")
def badges() -> Response:
    """The fixed badges of a demo; badges of real people are printed only when they are issued."""
    return _print("badges", "pdf")


@blueprint.get("/demo.pdf")
def demo() -> Response:
    """The sheet for the first tour."""
    sections = database().read(lambda session: sheets.demo(session, identify(session).warehouse_id))
    return _file("demo", "pdf", sections)


@blueprint.post("/totes.pdf")
def new_totes() -> Response:
    """Labels for so many totes that are still to be used; sent again, the same ones."""
    sent = fields()
    text = sent.get("count", "")
    count = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(PRINTED_MAX)) else 0

    def change(session: Session) -> list[str]:
        by = identify(session, key=sent.get("key", ""))
        if not 0 < count <= TOTES_MAX:
            raise TooManyLabels(asked=text[: len(str(PRINTED_MAX))] or 0, most=TOTES_MAX)
        act = acts.claim(session, by, path="/labels/totes", code=str(count))
        if act.earlier is not None:
            return list(json.loads(session.value("SELECT effects FROM act WHERE id = :id", id=act.id)))
        codes = queries.new_totes(session, by.warehouse_id, count)
        acts.remember(session, act, status=200, notice=None, code=str(count), effects=codes)
        return codes

    return _file("totes", "pdf", [(FORMS["totes"], queries.tote_labels(database().change(change)))])


@blueprint.post("/badges.pdf")
def new_badges() -> Response:
    """A new badge for a person; the old one ends. It is shown in this answer alone: sent again, it is refused."""
    sent = fields()
    name = sent.get("name", "").strip()

    def change(session: Session) -> Sequence[Label]:
        by = identify(session, key=sent.get("key", ""))
        act = acts.claim(session, by, path="/labels/badges", code=name)
        if act.earlier is not None:
            raise BadgeNotKept
        issued = queries.issue_badges(session, [name])
        acts.remember(session, act, status=200, notice=None)
        return issued

    return _file("badges", "pdf", [(FORMS["badges"], database().change(change))])


def _print(kind: str, form: str) -> Response:
    only, under = request.args.getlist("only"), request.args.get("under", "")

    def read(session: Session) -> Sequence[Label]:
        by = identify(session)
        if kind not in NAMES and kind != "badges":
            raise NotFound(what=request.path)
        if len(only) > PRINTED_MAX:
            raise TooManyLabels(asked=len(only), most=PRINTED_MAX)
        return sheets.labels_of(session, kind, warehouse_id=by.warehouse_id, only=list(filter(None, only)), under=under)

    labels = database().read(read)
    return _file(kind, form, [(FORMS[kind], labels)])


def _file(kind: str, form: str, sections: Sequence[sheets.Section]) -> Response:
    content = sheets.printed(form, say(NAMES.get(kind, N_("Labels")), {}), sections)
    head = {"Content-Disposition": f'inline; filename="{kind}.{form}"', "Cache-Control": "no-store"}
    return Response(content, mimetype=MIMETYPES[form], headers=head)
