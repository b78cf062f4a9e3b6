"""Lists of the office: a search box, filters, a sorting and pages of fifty, all of them in the address of the page.

A list never counts all of its rows: it reads one more than it shows and so knows whether there are others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request

from warehouse.clock import as_datetime

SIZE = 50
READ = SIZE + 1
"""So many rows are read for a page."""
NUMBER_MAX = 200
"""So far a list can be paged through; who looks for more searches."""
SEARCH_MAX = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list can be narrowed by: the name in the address, what it is called, and each choice with its word."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was asked for. What the list does not know is as good as not asked."""

    path: str
    q: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    number: int = 1

    def __getitem__(self, name: str) -> str:
        """What is chosen of a filter; empty for all."""
        return self.filters.get(name, "")

    @property
    def narrowed(self) -> bool:
        """Whether anything but the page is asked for."""
        return bool(self.q or any(self.filters.values()))

    @property
    def skip(self) -> int:
        """How many rows come before the page."""
        return (self.number - 1) * SIZE

    def href(self, **changes: Any) -> str:
        """The address of the same list with something changed; the first page unless one is named."""
        asked = {"q": self.q, **self.filters, "sort": self.sort, "page": ""} | changes
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: Sequence[Any]
    asked: Asked
    has_more: bool = False

    @property
    def q(self) -> str:
        """What was searched for."""
        return self.asked.q

    @property
    def filters(self) -> Mapping[str, str]:
        """What is chosen of each filter."""
        return self.asked.filters

    @property
    def number(self) -> int:
        """Which page this is."""
        return self.asked.number

    @property
    def before(self) -> str:
        """The address of the page before; empty on the first."""
        return self.asked.href(page=self.number - 1) if self.number > 1 else ""

    @property
    def after(self) -> str:
        """The address of the next page; empty on the last."""
        return self.asked.href(page=self.number + 1) if self.has_more and self.number < NUMBER_MAX else ""

    @property
    def is_cut(self) -> bool:
        """There is more than can be paged through."""
        return self.has_more and self.number >= NUMBER_MAX

    def shown(self, show: Callable[[Any], Any]) -> Page:
        """The same page with its rows as they are shown."""
        return Page([show(row) for row in self.rows], self.asked, self.has_more)


def minute(at: int | None, timezone: str) -> str:
    """An instant as a person reads it: by the warehouse's own clock, to the minute; empty for none."""
    return as_datetime(at, timezone).strftime("%Y-%m-%d %H:%M") if at else ""


def asked_for(filters: Sequence[Filter] = (), sorts: Sequence[str] = ()) -> Asked:
    """What the present request asks of a list; the first of `sorts` is its own order."""
    args = request.args
    chosen = {each.name: _known(args.get(each.name, ""), [key for key, _ in each.choices]) for each in filters}
    search = " ".join(args.get("q", "").split())[:SEARCH_MAX]
    q = "".join(each for each in search if each.isprintable())
    return Asked(request.path, q, chosen, _known(args.get("sort", ""), sorts), _number(args.get("page", "")))


def page_of(rows: Sequence[Any], asked: Asked) -> Page:
    """A page of rows that were read from `asked.skip` on, one more than SIZE if there are so many."""
    return Page(rows[:SIZE], asked, len(rows) > SIZE)


def _known(text: str, known: Sequence[str]) -> str:
    return text if text in known else ""


def _number(text: str) -> int:
    digits = text if text.isascii() and text.isdigit() and len(text) <= len(str(NUMBER_MAX)) else ""
    return min(max(int(digits or 1), 1), NUMBER_MAX)
