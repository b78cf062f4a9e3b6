"""The application factory."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, request
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as NoSuchMethod

from warehouse.db import Database, engine_options, for_engine
from warehouse.errors import N_, Busy, NotFound, Refusal
from warehouse.ledger import Signer
from warehouse.paths import STATIC, TEMPLATES, TRANSLATIONS
from warehouse.settings import Settings
from warehouse.web.answers import FORM_MAX, refuse
from warehouse.web.health import health
from warehouse.web.language import language
from warehouse.web.sessions import CookieSessions
from warehouse.wiring import wire

db = SQLAlchemy()


class BusyNow(Refusal):
    """The database could not take the change now; Retry-After tells when to send it again."""

    code = "busy"
    text = N_("The database is busy. Nothing was lost: send the same again in a moment.")
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


class TooLarge(Refusal):
    """The request's body is larger than any that is needed."""

    code = "too_large"
    text = N_("The request is too large: at most %(most)s bytes can be taken.")
    status = 413


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
        BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS),
    )
    app.session_interface = CookieSessions()
    db.init_app(app)
    Babel(app, locale_selector=language)
    with app.app_context():
        app.extensions["warehouse"] = for_engine(
            db.engine, home=settings.home, signer=Signer(settings.ledger_key_id, settings.ledger_key)
        )
    app.register_blueprint(health)
    wire(app)
    _answer_errors(app)
    return app


def database_of(app: Flask) -> Database:
    """The application's database."""
    return app.extensions["warehouse"]  # type: ignore[no-any-return]


def _answer_errors(app: Flask) -> None:
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(HTTPException, _http)


def _refused(refusal: Refusal) -> Response:
    response = refuse(refusal)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _busy(_error: Busy) -> Response:
    response = refuse(BusyNow())
    response.headers["Retry-After"] = "1"
    return response


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
