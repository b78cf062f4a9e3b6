"""What the parts of an import hand to each other: the job, and the units of work that it is cut into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from warehouse.catalog.lookup import parts
from warehouse.db import Row as Record
from warehouse.db import Session
from warehouse.imports.columns import Column
from warehouse.imports.rows import Row
from warehouse.who import By, system


@dataclass(frozen=True, slots=True)
class Job:
    """One import: into which warehouse (0 where it concerns none, or the file says it), and as of when.

    `texts` tells what a row says in our own columns, for what is kept of it; `said` are a
    mapping's defaults as texts; `read_in` is the zone of times without one, where it is not the warehouse's.
    """

    warehouse_id: int
    timezone: str
    now: int
    batch_id: int = 0
    header: tuple[str, ...] = ()
    first_row: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    texts: Callable[[Row], dict[str, str]] | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    read_in: str = ""

    @property
    def by(self) -> By:
        """The import as the ledger keeps it."""
        return system(self.warehouse_id, self.timezone, now=self.now, device="import")


@dataclass(slots=True)
class Unit:
    """What is applied together or not at all: its content as JSON can hold it, and the rows that it came from."""

    content: dict[str, Any]
    rows: list[Row] = field(default_factory=list)


def _nothing(_: Session, __: Job) -> None:
    """Most kinds are visible as they are applied."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its columns, what is checked, and how what was checked is applied.

    Attributes:
        check: looks rows up, refuses or skips them, and returns units in the order in which they are applied.
        apply: writes some units; in one short change, never one unit twice.
        finish: the last change, which makes the whole file visible.
        per_warehouse: the file belongs to one warehouse.
        may_name_warehouse: --warehouse says what rows without one mean.
        lines: of papers, the columns that each row says for itself; the others may be empty in all rows but one.
    """

    name: str
    columns: tuple[Column, ...]
    check: Callable[[Session, Job, list[Row]], list[Unit]]
    apply: Callable[[Session, Job, list[dict[str, Any]]], None]
    finish: Callable[[Session, Job], None] = _nothing
    per_warehouse: bool = False
    may_name_warehouse: bool = False
    lines: frozenset[str] = frozenset()

    @property
    def optional(self) -> frozenset[str]:
        """The columns of a paper's head."""
        return frozenset(column.name for column in self.columns) - self.lines if self.lines else frozenset()


def find(session: Session, sql: str, values: Iterable[Any], **params: Any) -> Iterator[Record]:
    """The rows of a query for many values, some at a time; `{marks}` in the query stands for them."""
    for marks, found in parts(sorted(set(values))):
        yield from session.all(sql.replace("{marks}", marks), **found, **params)


def item_ids(session: Session, skus: Iterable[str]) -> dict[str, int]:
    """The ids of the items with these SKUs."""
    return {row.sku: row.id for row in find(session, "SELECT sku, id FROM item WHERE sku IN ({marks})", skus)}
