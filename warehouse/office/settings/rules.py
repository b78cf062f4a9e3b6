"""What holds for the page of settings: who sees it, who changes it, and how values are written. Pure."""

from __future__ import annotations

from typing import Any

from warehouse.errors import N_, notice

SEES = ("supervisor", "operations", "finance", "admin")
CHANGES = ("supervisor", "finance", "admin")
"""Who may change some setting; which of them is written with each setting (`changers`)."""

CHANGED = notice("ok", "setting_changed", N_("%(name)s is now: %(value)s"))


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
