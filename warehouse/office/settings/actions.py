"""What the page of settings changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.catalog.settings import change_setting
from warehouse.db import Session
from warehouse.errors import Notice
from warehouse.office.settings.rules import CHANGED, as_text, check_may_change
from warehouse.who import By


def change(session: Session, by: By, name: str, sent: Mapping[str, Any]) -> Notice:
    """Changes one setting of this warehouse, or of the company where all its warehouses share it, and logs it.

    Raises:
        Forbidden: it is not this account's to change.
        UnknownSetting, BadValue: there is no such setting, or it cannot be this.
    """
    check_may_change(by.roles, name)
    text = str(sent.get("value", "")).strip()
    value = change_setting(
        session, name, text, warehouse_id=by.warehouse_id, changed_by=by.name, at=by.now
    )  # fmt: skip
    return CHANGED(name=name, value=as_text(value) or "–", href="/settings")
