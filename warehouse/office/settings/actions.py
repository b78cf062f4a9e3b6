"""What the page of settings changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.catalog.settings import SETTINGS, change_setting
from warehouse.db import Session
from warehouse.errors import Forbidden, Notice
from warehouse.office.settings.rules import CHANGED, as_text
from warehouse.people.rules import named
from warehouse.who import By


def change(session: Session, by: By, name: str, sent: Mapping[str, Any]) -> Notice:
    """Changes one setting of this warehouse, or of the company where all its warehouses share it, and logs it.

    Raises:
        UnknownSetting, BadValue: there is no such setting, or it cannot be this.
        Forbidden: this account may not change this one.
    """
    if name in SETTINGS and not by.has(*SETTINGS[name].changers):
        raise Forbidden(what=name, roles=named(SETTINGS[name].changers))
    text = str(sent.get("value", "")).strip()
    value = change_setting(
        session, name, text, warehouse_id=by.warehouse_id, changed_by=by.name, at=by.now
    )  # fmt: skip
    return CHANGED(name=name, value=as_text(value) or "–", href="/settings")
