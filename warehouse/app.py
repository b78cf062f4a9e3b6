"""The application factory."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request, session
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as NoSuchMethod
from werkzeug.routing import IntegerConverter, Map

from warehouse.clock import SECOND
from warehouse.db import Database, engine_options, for_engine
from warehouse.errors import N_, Busy, DiskFull, NotFound, Refusal, Unreachable
from warehouse.ledger import Signer
from warehouse.paths import STATIC, TEMPLATES
from warehouse.people.rules import SHIFT
from warehouse.settings import Settings
from warehouse.stations.feed import Feeds
from warehouse.web.access import allow, asker_may, office_waits, offices
from warehouse.web.answers import FORM_MAX, htmx, refuse
from warehouse.web.assets import asset, new_key, screen_texts
from warehouse.web.figures import Figures
from warehouse.web.formats import FILTERS
from warehouse.web.headers import guard
from warehouse.web.health import health
from warehouse.web.identity import LOGIN, is_program, keep_seen
from warehouse.web.language import html_language, say, speak, word
from warehouse.web.logs import keep_log
from warehouse.web.metrics import ROLES, begin, count, count_feed, metrics
from warehouse.web.pages import room_name
from warehouse.web.sessions import CookieSessions
from warehouse.wiring import wire

db = SQLAlchemy()
csrf = CSRFProtect()

ID_MAX = 2**63 - 1
STATIC_MAX_AGE_S = 365 * 24 * 3600  # their addresses change with their content


class BusyNow(Refusal):
    """The database could not take the change now; Retry-After tells when to send it again."""

    code = "busy"
    text = N_("The database is busy. Nothing was lost: send the same again in a moment.")
    status = 503


class NoRoomNow(Refusal):
    """The database's disk is full, or does not take what is written."""

    code = "disk_full"
    text = N_(
        "The server's disk is full, or does not take what is written. Nothing was lost: tell the one who looks after the "
        "server, and send the same again when there is room."
    )
    status = 503


class AwayNow(Refusal):
    """The database is not there: it restarts, or takes no more connections."""

    code = "database_away"
    text = N_("The database does not answer. Nothing was lost: send the same again in a moment.")
    status = 503


class BadRequest(Refusal):
    """The request cannot be read as one."""

    code = "bad_request"
    text = N_("This request cannot be read. Send a form or a JSON object, as the documentation describes.")
    status = 400


class MethodNotAllowed(Refusal):
    """The URL is there, but not for this method."""

    code = "method_not_allowed"
    text = N_("%(path)s does not take %(method)s. It takes %(allowed)s.")
    status = 405


class Forged(Refusal):
    """A change came without the token of our own page."""

    code = "forged"
    text = N_("This page is too old, or the request did not come from it. Load the page again and repeat.")
    status = 400


class TooLarge(Refusal):
    """The request's body is larger than any that is needed."""

    code = "too_large"
    text = N_("The request is too large: at most %(most)s bytes can be taken.")
    status = 413


class Id(IntegerConverter):
    """A number in an address: one that no id can have is no such address."""

    def __init__(self, url_map: Map, *args: Any, **given: Any) -> None:
        super().__init__(url_map, *args, **({"max": ID_MAX} | given))


class Failed(Refusal):
    """A fault of ours; the server's log tells more."""

    code = "internal_error"
    text = N_("Something failed here. Send the same again; if it fails again, tell the one who looks after the server.")
    status = 500


def create_app(settings: Settings) -> Flask:
    """The web application over one database."""
    app = Flask("warehouse", template_folder=str(TEMPLATES), static_folder=str(STATIC), static_url_path="/static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=FORM_MAX,
        MAX_FORM_MEMORY_SIZE=FORM_MAX,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=SHIFT // SECOND,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_MAX_AGE_S,
        SENDS_MAIL=settings.smtp_url is not None,
    )
    app.url_map.converters["int"] = Id
    app.session_interface = CookieSessions()
    db.init_app(app)
    htmx.init_app(app)
    csrf.init_app(app)
    with app.app_context():
        app.extensions["warehouse"] = for_engine(
            db.engine, home=settings.home, signer=Signer(settings.ledger_key_id, settings.ledger_key)
        )
    speak(app.jinja_env)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True  # a scan's answer is small
    app.jinja_env.globals.update(
        asset=asset,
        screen_texts=screen_texts,
        offices=offices,
        office_waits=office_waits,
        may=asker_may,
        html_language=html_language,
        new_key=new_key,
        room_name=room_name,
        say=say,
        word=word,
    )
    app.wsgi_app = _whole_bodies(app.wsgi_app)  # type: ignore[method-assign]
    app.extensions["figures"] = Figures()
    app.extensions["feeds"] = Feeds(database_of(app), lambda what: count_feed(app, what))
    app.register_blueprint(health)
    app.register_blueprint(metrics)
    allow(metrics.name, ROLES)
    wire(app)
    app.before_request(begin)
    app.before_request(_refuse_forged)
    keep_log(app, settings.log)
    app.after_request(count)
    app.after_request(_keep_seen)
    app.after_request(guard)
    _answer_errors(app)
    return app


def _whole_bodies(wsgi_app: Callable[..., Any]) -> Callable[..., Any]:
    """Takes no request whose line was cut within its body: XQ1 is not XQ12, nor half a key a key.

    gunicorn says that the body ends by itself, and then nobody counts whether as much came as was announced.
    """

    def counted(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return wsgi_app(environ, start_response)

    return counted


def _keep_seen(response: Response) -> Response:
    """What could be answered is answered; that the person was at work is written down with a later request."""
    try:
        return keep_seen(response)
    except Busy:
        return response


def _refuse_forged() -> None:
    """A change in a person's session carries the token of our own page; a program's bearer token cannot be forged."""
    if request.method == "POST" and not is_program() and (LOGIN in session or _strange_sign_in()):
        csrf.protect()


def _strange_sign_in() -> bool:
    """Signing in that a browser says comes from another site's page: it would sign somebody in as somebody else."""
    own = request.host_url.rstrip("/")
    from_us = request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}
    return request.endpoint == "signin.enter" and not (from_us and request.headers.get("Origin", own) == own)


def database_of(app: Flask) -> Database:
    """The application's database."""
    return app.extensions["warehouse"]  # type: ignore[no-any-return]


def _answer_errors(app: Flask) -> None:
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(CSRFError, lambda _error: refuse(Forged()))
    app.register_error_handler(HTTPException, _http)


def _refused(refusal: Refusal) -> Response:
    response = refuse(refusal)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _busy(error: Busy) -> Response:
    refusal, after_s = _LATER[type(error)]
    response = refuse(refusal())
    response.headers["Retry-After"] = str(after_s)
    return response


_LATER: dict[type[Busy], tuple[type[Refusal], int]] = {
    Busy: (BusyNow, 1),
    Unreachable: (AwayNow, 2),
    DiskFull: (NoRoomNow, 5),
}
"""What is told, and after how many seconds the same may be sent again."""


def _http(error: HTTPException) -> Response:
    """Errors of HTTP in our own words; what the status needs as a header stays (405: Allow)."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]
    response = refuse(_as_refusal(error))
    response.status_code = error.code
    if isinstance(error, NoSuchMethod):
        response.headers["Allow"] = ", ".join(_allowed(error))
    return response


def _as_refusal(error: HTTPException) -> Refusal:
    if isinstance(error, NoSuchMethod):
        return MethodNotAllowed(path=request.path, method=request.method, allowed=", ".join(_allowed(error)))
    if error.code == HTTPStatus.NOT_FOUND:
        return NotFound(what=request.path)
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge(most=FORM_MAX)
    return BadRequest() if (error.code or 0) < HTTPStatus.INTERNAL_SERVER_ERROR else Failed()


def _allowed(error: NoSuchMethod) -> list[str]:
    return sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"})
