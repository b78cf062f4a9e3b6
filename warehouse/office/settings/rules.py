"""What holds for the page of settings: who sees it, who changes it, and how values are written. Pure."""

from __future__ import annotations

from typing import Any

from warehouse.catalog.settings import SETTINGS, BadValue
from warehouse.errors import N_, Phrase, Refusal, notice
from warehouse.money import minor_units, plain

SEES = ("supervisor", "operations", "finance", "admin")
CHANGES = ("supervisor", "finance", "admin")
"""Who may change some setting; which of them is written with each setting (`changers`)."""

CHANGED = notice("ok", "setting_changed", N_("%(name)s is now: %(value)s"))


def expected(name: str) -> Phrase:
    """What is typed for a setting in the office."""
    kind = SETTINGS[name].kind
    return kind.typed or kind.expected


def as_shown(name: str, value: Any) -> str:
    """A setting's value as people read and type it: money in yuan.

    >>> as_shown("count_approval_limit", 100000), as_shown("count_tolerance_value", {"A": 480})
    ('1000.00', 'A=4.80')
    """
    if name not in SETTINGS or SETTINGS[name].kind.typed is None:
        return as_text(value)
    return as_text({each: plain(part) for each, part in value.items()} if isinstance(value, dict) else plain(value))


def as_sent(name: str, text: str) -> str:
    """What a person typed for a setting, as a program sends it: money in minor units.

    Raises:
        BadValue: it is no amount.
    """
    if name not in SETTINGS or SETTINGS[name].kind.typed is None:
        return text
    try:
        if not isinstance(SETTINGS[name].default, dict):
            return str(minor_units(text, name, typed=True))
        pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
        return ",".join(f"{each.strip()}={minor_units(part.strip(), name, typed=True)}" for each, _, part in pairs)
    except Refusal as refusal:
        raise BadValue(name=name, expected=expected(name), got=text) from refusal


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
