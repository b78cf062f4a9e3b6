"""Measurements, each beside its yardstick in the same run: only the ratios mean something on another machine.

What each figure is and what bounds it: docs/performance.md.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

NAMES = ("scan", "street", "open-loop", "desk", "posting", "fifo", "import", "planning")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside what it is compared with; `target` says what was asked."""

    bench: str
    database: str
    name: str
    value: float
    unit: str
    yardstick: float | None = None
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """The value in units of its yardstick."""
        return self.value / self.yardstick if self.yardstick else None

    def as_json(self) -> dict[str, Any]:
        """The figure as `warehouse bench --json` prints it."""
        return asdict(self) | {"ratio": self.ratio}


def run(names: tuple[str, ...], *, databases: tuple[str, ...], seconds: float) -> Iterator[Figure]:
    """Measures one after the other; nothing else should run on the machine."""
    for name in names:
        module = importlib.import_module(f"warehouse.bench.{name.replace('-', '_').replace('import', 'imports')}")
        measure: Callable[..., Iterator[Figure]] = module.measure
        for database in databases:
            yield from measure(database, seconds=seconds)
