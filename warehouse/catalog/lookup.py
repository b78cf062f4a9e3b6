"""Looking many things up in few statements, written alike for both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


ROWS = (100, 25, 5, 1)
"""So many rows a statement writes at once; few forms here too."""


def rows_of(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows for `VALUES …`, some at a time: the marks for the statement, and their parameters. Each row comes once.

    >>> list(rows_of(("a", "b"), [{"a": 1, "b": 2}]))
    [('(:a_0, :b_0)', {'a_0': 1, 'b_0': 2})]
    """
    start = 0
    while start < len(rows):
        size = next(size for size in ROWS if size <= len(rows) - start)
        part = rows[start : start + size]
        start += size
        marks = ", ".join(f"({', '.join(f':{name}_{at}' for name in columns)})" for at in range(size))
        yield marks, {f"{name}_{at}": row[name] for at, row in enumerate(part) for name in columns}


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


def begins_with(session: Session, column: str) -> str:
    """A condition that finds, by the index of lower(column), what begins with a text: `:begin` up to `:end`."""
    folded = f'lower({column}) COLLATE "C"' if session.dialect == "postgresql" else f"lower({column})"
    return f"({folded} >= :begin AND {folded} < :end)"


def beginning(text: str) -> dict[str, str]:
    """The parameters of begins_with()."""
    return {"begin": text.lower(), "end": text.lower() + LAST}
