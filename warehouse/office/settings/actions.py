"""What the page of settings changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.catalog.settings import SETTINGS, BadValue, change_setting
from warehouse.db import Session
from warehouse.errors import Forbidden, Notice
from warehouse.money import is_typed
from warehouse.office.settings.rules import CHANGED, as_sent, as_shown, as_text, expected
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
    typed, by_hand = str(sent.get("value", "")).strip(), is_typed(sent, program=by.program)
    text = as_sent(name, typed) if by_hand else typed
    try:
        value = change_setting(session, name, text, warehouse_id=by.warehouse_id, changed_by=by.name, at=by.now)
    except BadValue as bad:
        if not by_hand or SETTINGS[name].kind.typed is None:
            raise
        raise BadValue(name=name, expected=expected(name), got=typed) from bad
    shown = as_shown(name, value) if by_hand else as_text(value)
    return CHANGED(name=name, value=shown or "–", href="/settings")
