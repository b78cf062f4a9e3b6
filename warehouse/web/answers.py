"""Answers: one view, given as a page, a fragment of it, or JSON. Sentences are put into the reader's language here.

A browser asks for text/html and gets the whole page; htmx and the scan script say HX-Request and get the fragment; who
asks for application/json, or comes with a token and asks for nothing, gets JSON of the very same view.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask_htmx import HTMX

from warehouse.db import Database
from warehouse.errors import Notice, Refusal
from warehouse.web import pages
from warehouse.web.language import say
from warehouse.work.screen import Answer, Screen

FORM_MAX = 64 * 1024

htmx = HTMX()

_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, HX-Request"}
_encode = json.JSONEncoder(ensure_ascii=False).encode

Form = Literal["page", "fragment", "json"]


def wanted() -> Form:
    """In which form the present request wants its answer."""
    accept = request.headers.get("Accept", "")
    if "application/json" in accept:
        return "json"
    if htmx:
        return "fragment"
    return "page" if "text/html" in accept else "json"


def database() -> Database:
    """The application's database."""
    return current_app.extensions["warehouse"]  # type: ignore[no-any-return]


def fields() -> Mapping[str, Any]:
    """The body's fields, form-encoded or a JSON object.

    What is neither a text nor a whole number counts as its JSON text, so that it is refused where it means nothing, and never
    overlooked; null is as if it were not sent.
    """
    if request.mimetype == "application/json":
        return {
            name: str(value) if isinstance(value, str | int) else _encode(value)
            for name, value in json_body().items() if value is not None
        }  # fmt: skip
    return request.form


def json_body() -> Mapping[str, Any]:
    """The body as a JSON object; anything else is an empty one."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # nested deeper than anything that means something
        body = None
    return body if isinstance(body, dict) else {}


def answer(view: Answer, *, room: str = "") -> Response:
    """A floor answer: status, screen and notice. `room` names the one whose entry is shown where there is no screen."""
    g.told = view.notice.code if view.notice else ""
    if wanted() != "json":
        response = _shown(view.screen, view.notice, view.status, room=room, because=view.because)
    else:
        content = {"screen": screen_json(view.screen), "notice": notice_json(view.notice)}
        if view.because:
            content["because"] = notice_json(view.because)
        response = as_json(content, view.status)
    if view.replayed:
        response.headers["Replayed"] = "1"
    return response


def refuse(refusal: Refusal, screen: Screen | None = None) -> Response:
    """A refusal: nothing changed, and the screen is as it is now."""
    g.told = refusal.code
    form = wanted()
    if form == "json":
        return as_json({"screen": screen_json(screen), "notice": notice_json(refusal.notice)}, refusal.status)
    if refusal.status == HTTPStatus.UNAUTHORIZED and form == "page" and request.method == "GET":
        return redirect(url_for("signin.page", next=request.full_path.rstrip("?"), why=refusal.code))  # type: ignore[return-value]
    return _shown(screen, refusal.notice, refusal.status, room=refusal.room)


def as_json(content: Any, status: int = 200) -> Response:
    """JSON that no cache keeps."""
    return Response(_encode(content), status, _HEADERS, mimetype="application/json")


def as_html(template: str, status: int = 200, **values: Any) -> Response:
    """A page, or its fragment where only that is wanted, that no cache keeps."""
    text = render_template(template, whole=wanted() == "page", **values)
    return Response(text, status, _HEADERS, mimetype="text/html")


def screen_json(screen: Screen | None) -> dict[str, Any] | None:
    """A screen as programs read it."""
    if screen is None:
        return None
    return screen.as_json(say(screen.title.text, screen.title.params), say(*screen.hint) if screen.hint else "")


def notice_json(notice: Notice | None) -> dict[str, Any] | None:
    """A notice as programs read it, its text in the reader's language."""
    if notice is None:
        return None
    return {"level": notice.level, "code": notice.code, "text": say(notice.text, notice.params)}


def _shown(
    screen: Screen | None, notice: Notice | None, status: int, *, room: str = "", because: Notice | None = None
) -> Response:
    """The screen as a person sees it; without one the notice alone, with the way on."""
    if screen is not None:
        return _screen_html(pages.screen_page(screen, notice), status)
    if status == HTTPStatus.UNAUTHORIZED:
        return as_html("shared/signed_out.html", status, notice=notice_json(notice), next=_back())
    return as_html("shared/message.html", status, notice=notice_json(notice), because=notice_json(because), room=room)


def _screen_html(page: pages.Page, status: int) -> Response:
    if wanted() == "page":
        return as_html("shared/screen_page.html", status, page=page)
    text = current_app.jinja_env.get_template("shared/screen.html").render(page=page)
    return Response(text, status, _HEADERS, mimetype="text/html")


def _back() -> str:
    """Where to go on after signing in: the page of the work, not the URL of a scan."""
    path = request.path
    return path.removesuffix("/scan").removesuffix("/next") if request.method == "POST" else path
