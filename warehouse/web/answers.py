"""Answers: one view, given as JSON to programs. The sentences are put into the reader's language here, not before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request

from warehouse.db import Database
from warehouse.errors import Notice, Refusal
from warehouse.web.language import say
from warehouse.work.screen import Answer, Screen

FORM_MAX = 64 * 1024

_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, HX-Request"}
_encode = json.JSONEncoder(ensure_ascii=False).encode


def database() -> Database:
    """The application's database."""
    return current_app.extensions["warehouse"]  # type: ignore[no-any-return]


def fields() -> Mapping[str, Any]:
    """The body's fields, form-encoded or a JSON object; texts and numbers only."""
    if request.mimetype == "application/json":
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return {}
        return {name: str(value) for name, value in body.items() if isinstance(value, str | int)}
    return request.form


def answer(view: Answer) -> Response:
    """A floor answer: status, screen and notice."""
    content = {"screen": screen_json(view.screen), "notice": notice_json(view.notice)}
    if view.because:
        content["because"] = notice_json(view.because)
    response = as_json(content, view.status)
    if view.replayed:
        response.headers["Replayed"] = "1"
    return response


def refuse(refusal: Refusal, screen: Screen | None = None) -> Response:
    """A refusal: nothing changed, and the screen is as it is now."""
    return as_json({"screen": screen_json(screen), "notice": notice_json(refusal.notice)}, refusal.status)


def as_json(content: Any, status: int = 200) -> Response:
    """JSON that no cache keeps."""
    return Response(_encode(content), status, _HEADERS, mimetype="application/json")


def screen_json(screen: Screen | None) -> dict[str, Any] | None:
    """A screen as programs read it."""
    return screen.as_json(say(screen.title.text, screen.title.params)) if screen else None


def notice_json(notice: Notice | None) -> dict[str, Any] | None:
    """A notice as programs read it, its text in the reader's language."""
    if notice is None:
        return None
    return {"level": notice.level, "code": notice.code, "text": say(notice.text, notice.params)}
