"""Whether the server is alive, and whether it is ready: its database migrated and writable."""

from __future__ import annotations

from flask import Blueprint, Response

from warehouse.clock import now_us
from warehouse.migrate import is_current
from warehouse.web.answers import as_json, database

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return as_json({"alive": True})


@health.get("/readyz")
def ready() -> Response:
    """The database is migrated and takes a change."""
    base = database()
    if not is_current(base.engine):
        return as_json({"ready": False, "reason": "the database is not migrated: run `warehouse init`"}, 503)
    base.change(lambda session: session.run("UPDATE node SET claimed_at = :now WHERE id = 0", now=now_us()))
    return as_json({"ready": True})
