"""What holds for the page of settings: who sees it, who changes it, and how values are written. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from warehouse.catalog.settings import LIMITS, SETTINGS
from warehouse.errors import N_, Forbidden, notice
from warehouse.people.rules import named

SEES = ("supervisor", "operations", "finance", "admin")
CHANGES = ("admin", "finance")
"""Finance changes the limits of approvals, administrators all settings."""

CHANGED = notice("ok", "setting_changed", N_("%(name)s is now: %(value)s"))


def check_may_change(roles: Collection[str], name: str) -> None:
    """Whether somebody of these roles changes a setting.

    Raises:
        Forbidden: it is no limit of approvals, and they are no administrator.
    """
    if "admin" not in roles and name in SETTINGS and name not in LIMITS:
        raise Forbidden(what=name, roles=named(["admin"]))


def as_text(value: Any) -> str:
    """A setting's value as it is typed, so that what is shown can be sent again.

    >>> as_text([1, 2]), as_text(True), as_text({"Tibet": "WEST"})
    ('1 2', 'yes', 'Tibet=WEST')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{name}={each}" for name, each in value.items())
    return str(value)
