"""The application factory."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from werkzeug.exceptions import HTTPException

from warehouse.db import Database, engine_options, for_engine
from warehouse.errors import N_, Busy, Notice, Refusal, notice
from warehouse.ledger import Signer
from warehouse.paths import STATIC, TEMPLATES, TRANSLATIONS
from warehouse.settings import Settings
from warehouse.web.answers import FORM_MAX, as_json, notice_json, refuse
from warehouse.web.health import health
from warehouse.web.language import language
from warehouse.web.sessions import CookieSessions
from warehouse.wiring import wire

db = SQLAlchemy()

BUSY = notice("error", "busy", N_("The database is busy. Nothing was lost: send the same again in a moment."))
HTTP = notice("error", "bad_request", N_("This request cannot be answered: %(reason)s."))


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
    response = _said(BUSY(), 503)
    response.headers["Retry-After"] = "1"
    return response


def _http(error: HTTPException) -> Response:
    return _said(HTTP(reason=(error.description or error.name).rstrip(".")), error.code or 500)


def _said(said: Notice, status: int) -> Response:
    return as_json({"screen": None, "notice": notice_json(said)}, status)
