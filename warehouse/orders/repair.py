"""An order that was set aside, as a paper that can be corrected; who checks it again is told by wiring (R-ORD-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from warehouse.db import Session
from warehouse.orders.words import FIELDS
from warehouse.who import By

LINE_FIELDS = ("sku", "quantity", "unit_price")
HEAD_FIELDS = tuple(name for name in FIELDS if name not in LINE_FIELDS)
RECIPIENT_FIELDS = frozenset({"name", "phone", "city", "address", "note"})
"""What of an order is customer's data (R-SEC-2)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """An order in texts, as a person reads and writes them."""

    head: Mapping[str, str]
    lines: Sequence[Mapping[str, str]]
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a field cannot be taken: its name, which line (0: the head), the reason's code, and what was expected."""

    field: str
    line: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a paper: its faults; without any, what it is: new, paid (known but for that) or known."""

    faults: Sequence[Fault] = ()
    outcome: str = ""
    number: tuple[str, str] = field(default=("", ""))


Check = Callable[[Session, By, Paper, bool], Checked]
_checks: list[Check] = []


def on_check(check: Check) -> None:
    """Says who checks a paper by the rules that every order is taken by; the last argument: take it if it is good."""
    _checks[:] = [check]


def check(session: Session, by: By, paper: Paper, *, take: bool = False) -> Checked:
    """Checks a whole paper by the rules of the import; with `take` one without fault is stored and goes on."""
    return _checks[0](session, by, paper, take)


def paper_of(content: Mapping[str, Any], timezone: str) -> Paper:
    """The paper that was set aside, from what was kept of it.

    Rows that were read through a mapping say what they mean in our own columns (`texts`); older ones only their cells.
    """
    columns = [str(name).strip().casefold() for name in content.get("columns", ())]
    rows = [_texts(row, columns) for row in content.get("rows", ())]
    head = {name: _first(rows, name) or str(content.get("defaults", {}).get(name, "")) for name in HEAD_FIELDS}
    lines = [{name: row.get(name, "") for name in LINE_FIELDS} for row in rows]
    return Paper(head, lines, str(content.get("timezone") or timezone))


def _texts(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, str]:
    said = row.get("texts") or dict(zip(columns, row.get("cells", ()), strict=False))
    return {str(name): str(text).strip() for name, text in said.items()}


def _first(rows: Sequence[Mapping[str, str]], name: str) -> str:
    return next((row[name] for row in rows if row.get(name)), "")
