"""Which cell of a file feeds which of our columns; made once a file from its header and its mapping."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from warehouse.imports.columns import Column
from warehouse.imports.job import Kind
from warehouse.imports.mapping import Change, Mapping, Skip
from warehouse.imports.reading import OWN_COLUMNS, FileRefused, Table
from warehouse.imports.rows import Row
from warehouse.scanning.texts import Bad, Context

Understood = tuple[Any, str, str]
"""What a cell says, or None with the reason why it cannot be taken and what it is about."""

REMEMBERED_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Feed:
    """One of our columns and where its text comes from: a cell, or a constant.

    The rows of a paper repeat most of their cells; what a text says is worked out once.
    """

    column: Column
    index: int = -1
    constant: str = ""
    default: str = ""
    change: Change | None = None
    remembered: dict[str, Understood] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Plan:
    """How to read a file's rows."""

    feeds: list[Feed]
    skips: list[tuple[int, Skip]]
    context: Context
    optional: frozenset[str]

    def read(self, row: Row) -> None:
        """Fills in what a row says, or why it cannot be taken, or that it is none of ours."""
        if row.skipped:
            return
        for index, skip in self.skips:
            if skip.pattern.search(row.cells[index].strip()):
                row.skipped, row.reasons = skip.reason, []
                return
        for feed in self.feeds:
            text = self._text(feed, row)
            said = feed.remembered.get(text)
            if said is None:
                said = self._understand(feed, text)
            row.values[feed.column.name] = said[0]
            if said[1]:
                row.refuse(said[1], said[2])

    def texts(self, row: Row) -> dict[str, str]:
        """What a row's cells say in our own columns, as texts that a person may correct."""
        return {feed.column.name: self._meant(feed, self._text(feed, row)) for feed in self.feeds}

    def texts_of_defaults(self) -> dict[str, str]:
        """What the mapping says where no row of a paper says anything, as texts."""
        feeds = [feed for feed in self.feeds if feed.default and feed.column.name in self.optional]
        return {feed.column.name: self._changed(feed, feed.default) for feed in feeds}

    def defaults(self) -> dict[str, Any]:
        """What the mapping says where no row of a paper says anything."""
        feeds = [feed for feed in self.feeds if feed.default and feed.column.name in self.optional]
        return {feed.column.name: self._read(feed.column, self._changed(feed, feed.default))[0] for feed in feeds}

    def _understand(self, feed: Feed, text: str) -> Understood:
        meant = self._meant(feed, text)
        said = self._read(feed.column, meant) if meant else self._empty(feed.column)
        if len(feed.remembered) < REMEMBERED_MAX:
            feed.remembered[text] = said
        return said

    @staticmethod
    def _text(feed: Feed, row: Row) -> str:
        return row.cells[feed.index] if feed.index >= 0 else feed.constant

    def _meant(self, feed: Feed, text: str) -> str:
        return self._changed(feed, text.strip() or ("" if feed.column.name in self.optional else feed.default))

    def _changed(self, feed: Feed, text: str) -> str:
        return feed.change(text).strip() if text and feed.change else text

    def _read(self, column: Column, text: str) -> Understood:
        try:
            return column.read(text, self.context), "", ""
        except Bad as bad:
            return None, f"{column.name}_{bad.reason}", str(bad)

    def _empty(self, column: Column) -> Understood:
        if column.name in self.optional:
            return None, "", ""
        return column.empty, f"{column.name}_missing" if column.required else "", ""


def known_names(columns: tuple[Column, ...], mapping: Mapping) -> frozenset[str]:
    """Every column name that a file of this kind may have."""
    plain = {mapping.theirs(column.name) for column in columns if column.name not in mapping.constants}
    return frozenset(plain | mapping.needed() | set(OWN_COLUMNS))


def make_plan(table: Table, kind: Kind, mapping: Mapping, *, timezone: str) -> Plan:
    """Lays our columns over the file's header.

    Raises:
        FileRefused: a column is not known, or one that must be there is missing.
    """
    columns = kind.columns
    there = {name: index for index, name in enumerate(table.columns) if name}
    _refuse_unknown(table, columns, mapping)
    feeds, missing = [], []
    for column in columns:
        feed = _feed(column, there, mapping)
        if feed:
            feeds.append(feed)
        elif column.required:
            missing.append(mapping.columns.get(column.name, column.name))
    missing += sorted({skip.column for skip in mapping.skip} - set(there))
    if missing:
        raise FileRefused("missing_columns", f"the file lacks the columns {', '.join(missing)}; {_has(table)}")
    skips = [(there[skip.column], skip) for skip in mapping.skip]
    return Plan(feeds, skips, Context(mapping.timezone or timezone), kind.optional)


def _feed(column: Column, there: dict[str, int], mapping: Mapping) -> Feed | None:
    change = mapping.change(column.name)
    default = mapping.defaults.get(column.name, "")
    if column.name in mapping.constants:
        return Feed(column, constant=mapping.constants[column.name], change=change)
    index = there.get(mapping.theirs(column.name))
    if index is None:
        return Feed(column, constant=default, change=change) if default else None
    return Feed(column, index=index, default=default, change=change)


def _refuse_unknown(table: Table, columns: tuple[Column, ...], mapping: Mapping) -> None:
    known = known_names(columns, mapping)
    unknown = [name for name, folded in zip(table.header, table.columns, strict=True) if folded not in known]
    if unknown:
        names = ", ".join(name or "(without a name)" for name in unknown[:20])
        ours = ", ".join(column.name + ("" if column.required else "?") for column in columns)
        raise FileRefused("unknown_columns", f"the file has columns that are not known: {names}; known are {ours}")


def _has(table: Table) -> str:
    return f"it has {', '.join(table.header[:30])}"
