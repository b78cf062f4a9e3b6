"""The URLs of settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from warehouse.clock import local_time
from warehouse.db import Session
from warehouse.office.settings import actions, queries
from warehouse.office.settings.rules import SEES
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.forms import Shown, act, told
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.who import By

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
ROLES = SEES
CHANGED_BY = ("settings.change",)


@blueprint.get("")
def look() -> Response:
    """Shows all settings with their meaning, and what was changed last."""
    return _all(None, {}, 200, "")


@blueprint.post("/<name>")
def change(name: str) -> Response:
    """Changes one setting."""
    return act(
        lambda session, by, sent: actions.change(session, by, name, sent),
        lambda notice, typed, status: _all(notice, typed, status, name),
    )


def _all(notice: Shown, typed: Mapping[str, Any], status: int, name: str) -> Response:
    def read(session: Session) -> tuple[By, list[queries.SettingView], list[dict[str, Any]], Shown]:
        by = identify(session)
        return by, queries.settings(session, by), queries.log(session, by), notice or told(session, by)

    by, settings, log, notice = database().read(read)
    if wanted() == "json":
        told_log = [{name: each[name] for name in ("name", "old", "new", "at", "by")} for each in log]
        return as_json({"settings": [each.as_json() for each in settings], "log": told_log}, status)
    shown = [each | {"when": local_time(each["at"], by.timezone)} for each in log]
    return as_html("office/settings.html", status, settings=settings, log=shown, notice=notice, typed=typed, wrong=name,
                   say=say)  # fmt: skip
