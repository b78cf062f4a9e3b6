"""Looking many things up in few statements, written alike for both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from warehouse.db import Session

SIZES = (1, 8, 40, 200)
"""So many values a statement asks for at once; few forms, so that databases and drivers keep them prepared."""


def parts(values: Sequence[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Values for `IN (…)`, some at a time: the marks for the statement, and their parameters (v0, v1 and so on).

    >>> list(parts([3, 5]))
    [(':v0, :v1, :v2, :v3, :v4, :v5, :v6, :v7', {'v0': 3, 'v1': 5, 'v2': 5, 'v3': 5, 'v4': 5, 'v5': 5, 'v6': 5, 'v7': 5})]
    """
    for start in range(0, len(values), SIZES[-1]):
        part = values[start : start + SIZES[-1]]
        size = next(size for size in SIZES if size >= len(part))
        params = {f"v{index}": part[min(index, len(part) - 1)] for index in range(size)}
        yield ", ".join(f":{name}" for name in params), params


def like(text: str, *, anywhere: bool = True) -> str:
    """A text as `lower(…) LIKE … ESCAPE '!'` finds it, anywhere or at the beginning; nothing in it is a sign of its own.

    >>> like("50%")
    '%50!%%'
    """
    for sign in "!%_":
        text = text.replace(sign, "!" + sign)
    return ("%" if anywhere else "") + text.lower() + "%"


LAST = "\U0010ffff"
"""Sorts after every character that a text can go on with."""


def begins(session: Session, column: str) -> str:
    """A condition that finds, by the index of lower(column), what begins with a text: `:begin` up to `:end`."""
    folded = f'lower({column}) COLLATE "C"' if session.dialect == "postgresql" else f"lower({column})"
    return f"({folded} >= :begin AND {folded} < :end)"


def beginning(text: str) -> dict[str, str]:
    """The parameters of begins()."""
    return {"begin": text.lower(), "end": text.lower() + LAST}
