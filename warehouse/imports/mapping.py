"""A mapping file lays another system's columns over ours: names, constants, defaults, patterns (examples/ has one).

kind = "orders"                     # what it is for (optional)
timezone = "Europe/London"          # of times without a zone (optional)
ignore = ["Description"]            # their columns that we do not need
upper = ["sku"]                     # our columns whose text is put into capitals
money_factor = 100                  # amounts are in pounds, we keep pence; halves are rounded up
first_row = ["confirmed_at"]        # rows of one paper may differ here: its first row holds
[columns]                           # ours = "theirs"; one of theirs may serve several of ours
[constants]                         # ours = "always this"
[defaults]                          # ours = "this where their cell is empty"
[dates]                             # ours = "%d/%m/%Y %H:%M"
[[replace]]                         # column (ours), pattern, with: every match is replaced
[[skip]]                            # column (theirs), pattern, reason: rows that are not meant for us
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warehouse.imports.columns import MONEY_COLUMNS, Column

_REASON = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_TABLES = ("columns", "constants", "defaults", "dates")
_KEYS = frozenset({*_TABLES, "kind", "timezone", "ignore", "upper", "money_factor", "first_row", "replace", "skip"})

Change = Callable[[str], str]


class BadMapping(Exception):  # noqa: N818
    """The mapping file cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows whose cell matches are none of ours."""

    column: str
    pattern: re.Pattern[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """How their columns become ours. An empty one takes a file as it is."""

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    upper: frozenset[str] = frozenset()
    first_row: frozenset[str] = frozenset()
    replace: tuple[tuple[str, re.Pattern[str], str], ...] = ()
    skip: tuple[Skip, ...] = ()
    money_factor: Decimal | None = None
    timezone: str = ""

    def theirs(self, column: str) -> str:
        """The name of their column that ours is read from."""
        return self.columns.get(column, column).strip().casefold()

    def needed(self) -> frozenset[str]:
        """Their columns that the mapping speaks of."""
        named = {*self.columns.values(), *self.ignore, *(each.column for each in self.skip)}
        return frozenset(name.strip().casefold() for name in named)

    def change(self, column: str) -> Change | None:
        """What is done to the text of one of our columns before it is understood; None for nothing."""
        steps = [_replacing(pattern, text) for name, pattern, text in self.replace if name == column]
        if column in self.upper:
            steps.append(str.upper)
        if column in self.dates:
            steps.append(_dating(self.dates[column]))
        if self.money_factor is not None and column in MONEY_COLUMNS:
            steps.append(_paying(self.money_factor))
        return _all(steps) if steps else None


NO_MAPPING = Mapping()


def read_mapping(path: Path, kind: str, columns: tuple[Column, ...]) -> Mapping:
    """Reads a mapping file for a kind of import.

    Raises:
        BadMapping: it is no TOML, names what does not exist, or is for another kind.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMapping(f"{path.name}: {error}") from error
    try:
        return _mapping(raw, kind, frozenset(column.name for column in columns))
    except BadMapping as error:
        raise BadMapping(f"{path.name}: {error}") from error


def _mapping(raw: Dictionary[str, Any], kind: str, ours: frozenset[str]) -> Mapping:
    if unknown := sorted(set(raw) - _KEYS):
        raise BadMapping(f"{unknown[0]} is not known; known are {', '.join(sorted(_KEYS))}")
    if raw.get("kind", kind) != kind:
        raise BadMapping(f"this mapping is for {raw['kind']}, not for {kind}")
    columns, constants, defaults, dates = (_texts(raw, name) for name in _TABLES)
    upper, first_row, ignore = (_names(raw, name) for name in ("upper", "first_row", "ignore"))
    replace = tuple(_replace(each) for each in _list(raw, "replace"))
    mentioned = {*columns, *constants, *defaults, *dates, *upper, *first_row, *(each[0] for each in replace)}
    if unknown := sorted(mentioned - ours):
        raise BadMapping(f"{unknown[0]} is no column of {kind}; these are {', '.join(sorted(ours))}")
    return Mapping(
        columns=columns, constants=constants, defaults=defaults, dates=dates, ignore=ignore, upper=upper,
        first_row=first_row, replace=replace, skip=tuple(_skip(each) for each in _list(raw, "skip")),
        money_factor=_factor(raw.get("money_factor")), timezone=_timezone(raw.get("timezone", "")),
    )  # fmt: skip


def _texts(raw: Dictionary[str, Any], name: str) -> dict[str, str]:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        raise BadMapping(f"[{name}] must be a table of texts")
    if name == "constants":
        return {key: str(value) for key, value in table.items() if not isinstance(value, dict | list)}
    if not all(isinstance(value, str) for value in table.values()):
        raise BadMapping(f"[{name}] must be a table of texts")
    return table


def _list(raw: Dictionary[str, Any], name: str) -> list[dict[str, Any]]:
    tables = raw.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise BadMapping(f"[[{name}]] must be tables")
    return tables


def _names(raw: Dictionary[str, Any], name: str) -> frozenset[str]:
    names = raw.get(name, [])
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise BadMapping(f"{name} must be a list of column names")
    return frozenset(names)


def _skip(table: dict[str, Any]) -> Skip:
    if set(table) != {"column", "pattern", "reason"} or not _REASON.fullmatch(str(table["reason"])):
        raise BadMapping("[[skip]] takes column, pattern and reason, a word such as cancelled_invoice")
    return Skip(str(table["column"]).strip().casefold(), _pattern(table["pattern"]), table["reason"])


def _replace(table: dict[str, Any]) -> tuple[str, re.Pattern[str], str]:
    if set(table) != {"column", "pattern", "with"}:
        raise BadMapping("[[replace]] takes column, pattern and with")
    return str(table["column"]), _pattern(table["pattern"]), str(table["with"])


def _pattern(text: Any) -> re.Pattern[str]:
    try:
        return re.compile(str(text))
    except re.error as error:
        raise BadMapping(f"the pattern {text!r} cannot be used: {error}") from error


def _factor(value: Any) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadMapping("money_factor must be a whole number, such as 100")
    return Decimal(value)


def _timezone(name: Any) -> str:
    try:
        return ZoneInfo(name).key if name else ""
    except (OSError, ValueError, TypeError, ZoneInfoNotFoundError) as error:
        raise BadMapping(f"timezone: {name!r} is no IANA time zone such as Europe/London") from error


# ---------------------------------------------------------------- what is done to a cell


def _all(steps: list[Change]) -> Change:
    def change(text: str) -> str:
        for step in steps:
            text = step(text)
        return text

    return lru_cache(maxsize=4096)(change)


def _replacing(pattern: re.Pattern[str], text: str) -> Change:
    return lambda cell: pattern.sub(text, cell)


def _dating(form: str) -> Change:
    """A date of another form as ISO 8601; what has not that form stays as it is, and is refused as it is."""

    def change(text: str) -> str:
        try:
            return datetime.strptime(text, form).isoformat()  # noqa: DTZ007 - the column's zone is added later
        except ValueError:
            return text

    return change


def _paying(factor: Decimal) -> Change:
    def change(text: str) -> str:
        try:
            return str((Decimal(text) * factor).quantize(Decimal(1), ROUND_HALF_UP)) if text else text
        except InvalidOperation:
            return text

    return change
