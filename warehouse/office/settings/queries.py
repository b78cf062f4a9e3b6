"""What the page of settings reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.settings import COMPANY_ONLY, SETTINGS
from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import Phrase
from warehouse.office.settings.rules import as_shown, as_text, expected
from warehouse.who import By

LOG_MAX = 20

_KEPT = "SELECT name, value FROM setting WHERE warehouse_id IN (0, :warehouse) ORDER BY warehouse_id"
_LOG = """
SELECT name, old, new, changed_at, changed_by, warehouse_id FROM setting_log WHERE warehouse_id IN (0, :warehouse)
ORDER BY id DESC LIMIT :most OFFSET :skip"""


@dataclass(frozen=True, slots=True)
class SettingView:
    """One setting as programs read it (`value`, `default`) and as the page shows it, with money in yuan.

    `means` and `expected` are sentences to translate.
    """

    name: str
    value: str
    default: str
    shown: str
    shown_default: str
    means: str
    expected: Phrase
    company: bool
    may_change: bool = False

    @property
    def changed(self) -> bool:
        """Whether it differs from what it is from the start."""
        return self.value != self.default

    def as_json(self) -> dict[str, Any]:
        """The setting as programs read it."""
        return {"name": self.name, "value": self.value, "default": self.default, "means": self.means}


def settings(session: Session, by: By) -> list[SettingView]:
    """All settings as they hold in this warehouse: its own value, else the company's, else the default."""
    kept = {row.name: json.loads(row.value) for row in session.all(_KEPT, warehouse=by.warehouse_id)}
    return [
        SettingView(name, as_text(kept.get(name, each.default)), as_text(each.default),
                    as_shown(name, kept.get(name, each.default)), as_shown(name, each.default), each.means, expected(name),
                    name in COMPANY_ONLY, by.has(*each.changers))
        for name, each in SETTINGS.items()
    ]  # fmt: skip


def log(session: Session, by: By, *, most: int = LOG_MAX, skip: int = 0) -> list[dict[str, Any]]:
    """What was changed last, by whom."""
    return [_changed(row) for row in session.all(_LOG, warehouse=by.warehouse_id, most=most, skip=skip)]


def _changed(row: Row) -> dict[str, Any]:
    values = [json.loads(value) if value else "" for value in (row.old, row.new)]
    old, new = map(as_text, values)
    shown_old, shown_new = (as_shown(row.name, value) if value != "" else "" for value in values)
    return {
        "name": row.name,
        "old": old,
        "new": new,
        "shown_old": shown_old,
        "shown_new": shown_new,
        "at": iso(row.changed_at),
        "by": row.changed_by,
    }
