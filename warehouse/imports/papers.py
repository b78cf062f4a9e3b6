"""What purchase orders and customers' orders have in common: many rows are one paper, taken or refused whole.

The rows of a paper need not lie together. What heads the paper may be written in every row or in some; where rows
say different things it is a reason, unless the mapping says that the first row holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from warehouse.imports.columns import Column
from warehouse.imports.job import Job
from warehouse.imports.rows import Row


def grouped(rows: list[Row], name: Callable[[Row], Hashable]) -> list[list[Row]]:
    """The rows of each paper, in the order of the file."""
    papers: dict[Hashable, list[Row]] = {}
    for row in rows:
        if not row.skipped:
            papers.setdefault(name(row), []).append(row)
    return list(papers.values())


def head_of(rows: list[Row], columns: tuple[Column, ...], lines: frozenset[str], job: Job) -> dict[str, Any]:
    """What the rows of a paper say together: the first that says something, else the default, else what nothing means."""
    head: dict[str, Any] = {}
    for column in columns:
        name = column.name
        if name in lines or name not in rows[0].values:
            continue
        said = dict.fromkeys(row.values[name] for row in rows if row.values[name] is not None)
        head[name] = next(iter(said), job.defaults.get(name, column.empty))
        if len(said) > 1 and name not in job.first_row:
            _refuse_others(rows, name, head[name])
        if column.required and head[name] is None:
            _refuse_missing(rows, name)
    return head


def _refuse_others(rows: list[Row], name: str, holds: Any) -> None:
    for row in rows:
        if row.values[name] not in {None, holds}:
            row.refuse(f"{name}_differs", f"line {rows[0].line} of the same paper says something else")


def _refuse_missing(rows: list[Row], name: str) -> None:
    if not any(reason.startswith(f"{name}_") for row in rows for reason, _ in row.reasons):
        for row in rows:
            row.refuse(f"{name}_missing")


def refuse_whole(rows: list[Row]) -> None:
    """One bad row refuses the whole paper: the others name the line that did it."""
    bad = [row.line for row in rows if row.reasons]
    for row in rows:
        if bad and not row.reasons:
            row.refuse("refused_with_its_paper", "because of line " + ", ".join(map(str, bad[:20])))
