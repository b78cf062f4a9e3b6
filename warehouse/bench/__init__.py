"""Measurements, each beside its yardstick in the same run: only the ratios mean something on another machine.

What each figure is and what bounds it: docs/performance.md.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

NAMES = ("scan", "street", "open-loop", "desk", "page", "feed", "posting", "fifo", "import", "counting", "planning")
LONG = ("planning-whole",)
"""Measured only when asked for by name: it takes a quarter of an hour."""
_ASKED = re.compile(r"(ratio )?(<=|>=) ([0-9.]+)")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside what it is compared with.

    Attributes:
        yardstick: the same of something that does less, in the same run.
        asked: `<= N` or `>= N` for the value, `ratio <= N` or `ratio >= N` for its ratio; empty if nothing was asked.
    """

    bench: str
    database: str
    name: str
    value: float
    unit: str
    yardstick: float | None = None
    asked: str = ""

    @property
    def ratio(self) -> float | None:
        """The value in units of its yardstick."""
        return self.value / self.yardstick if self.yardstick else None

    @property
    def reached(self) -> bool | None:
        """Whether what was asked is so; None if nothing was."""
        found = _ASKED.fullmatch(self.asked)
        if found is None:
            return None
        value, bound = (self.ratio or 0.0) if found[1] else self.value, float(found[3])
        return value <= bound if found[2] == "<=" else value >= bound

    def as_json(self) -> dict[str, Any]:
        """The figure as `warehouse bench` writes it."""
        return {
            "value": self.value, "unit": self.unit, "yardstick": self.yardstick, "ratio": self.ratio, "asked": self.asked,
            "reached": self.reached,
        }  # fmt: skip


def as_json(figures: Iterable[Figure]) -> dict[str, Any]:
    """Figures by measurement, database and name."""
    content: dict[str, dict[str, dict[str, Any]]] = {}
    for figure in figures:
        content.setdefault(figure.bench, {}).setdefault(figure.database, {})[figure.name] = figure.as_json()
    return content


def run(names: tuple[str, ...], *, databases: tuple[str, ...], seconds: float) -> Iterator[Figure]:
    """Measures one after the other; nothing else should run on the machine."""
    for name in names:
        module = importlib.import_module(f"warehouse.bench.{name.replace('-', '_').replace('import', 'imports')}")
        measure: Callable[..., Iterator[Figure]] = module.measure
        for database in databases:
            yield from measure(database, seconds=seconds)
