"""Whether the server is alive, and whether it is ready: its database migrated and writable."""

from __future__ import annotations

from flask import Blueprint, Response

from warehouse.clock import now_us
from warehouse.db import TROUBLE, Session, meaning
from warehouse.errors import Busy, DiskFull, Unreachable
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
    try:
        if not is_current(base.engine):
            return as_json({"ready": False, "reason": "the database is not migrated: run `warehouse init`"}, 503)
        base.change(_write)
    except (Busy, *TROUBLE) as error:
        why = type(error) if isinstance(error, Busy) else meaning(error)
        return as_json(
            {"ready": False, "reason": _REASONS.get(why, _REASONS[Busy]), "error": type(error).__name__}, 503
        )
    return as_json({"ready": True})


_REASONS: dict[type[Busy] | None, str] = {
    DiskFull: "the database's disk is full, or does not take what is written: make room on it",
    Unreachable: "the database cannot be reached: is it running, and has it connections left?",
    Busy: "the database does not answer in time: what holds it up?",
}


def _write(session: Session) -> None:
    """Changes a row that nobody reads; a statement that changes none would succeed on a full disk as well."""
    now = now_us()
    if not session.run("UPDATE node SET claimed_at = :now WHERE id = (SELECT min(id) FROM node)", now=now):
        session.run("INSERT INTO node (claimed_at) VALUES (:now)", now=now)
