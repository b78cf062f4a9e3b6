"""Figures that only grow, shared by all processes of a server: counters and histograms in memory that they share.

The server makes the memory before its first process starts, and each process writes an area of its own. So counting
costs no lock between processes, no database and no disk (a full one stops no scan), whichever process is asked sums them
all, and a process that ends takes nothing with it. Whoever wants prometheus-client can put it behind the same three
calls: add(), observe() and sums().
"""

from __future__ import annotations

import mmap
import struct
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

AREAS = 32
"""More than a server has processes at once: an area comes round again only when its process is long gone."""

AREA_BYTES = 1 << 16
"""Room for some six hundred figures; what does not fit is not counted and harms nothing."""

_HEAD = struct.Struct("<HH")  # lengths of the name and of its labels
_VALUE = struct.Struct("<d")

Labels = tuple[tuple[str, str], ...]


class Figure(NamedTuple):
    """One number: the name of its family, and what it was counted for."""

    name: str
    labels: Labels = ()


def labelled(name: str, **labels: str) -> Figure:
    """A figure with its labels."""
    return Figure(name, tuple(labels.items()))


class Histogram(NamedTuple):
    """How often a value was at most so large; `bounds` rise."""

    name: str
    bounds: Sequence[float]


class Figures:
    """This process's own figures, and the sum over all processes."""

    def __init__(self, areas: int = 1) -> None:
        self._areas = areas
        self._memory = mmap.mmap(-1, areas * AREA_BYTES)
        self._lock = threading.Lock()
        self.take(0)

    def take(self, number: int) -> None:
        """Makes an area this process's own; one that an ended process left goes on from what stands in it."""
        self._start = number % self._areas * AREA_BYTES
        self._places = {figure: place for figure, place, _ in self._in_area(self._start)}
        last = max(self._places.values(), default=0)
        self._free = last + _VALUE.size if last else self._start

    def add(self, figure: Figure, value: float = 1.0) -> None:
        """Lets a figure grow."""
        with self._lock:
            self._add(figure, value)

    def observe(self, histogram: Histogram, value: float, **labels: str) -> None:
        """Counts a value in its bucket and in the sum."""
        at = bisect_left(histogram.bounds, value)
        bound = repr(histogram.bounds[at]) if at < len(histogram.bounds) else "+Inf"
        with self._lock:
            self._add(labelled(f"{histogram.name}_bucket", **labels, le=bound), 1.0)
            self._add(labelled(f"{histogram.name}_sum", **labels), value)

    def sums(self) -> dict[Figure, float]:
        """Every figure, summed over all processes."""
        total: dict[Figure, float] = defaultdict(float)
        for number in range(self._areas):
            for figure, _, value in self._in_area(number * AREA_BYTES):
                total[figure] += value
        return dict(total)

    def _add(self, figure: Figure, value: float) -> None:
        place = self._places.get(figure) or self._new_place(figure)
        if place:
            _VALUE.pack_into(self._memory, place, _VALUE.unpack_from(self._memory, place)[0] + value)

    def _new_place(self, figure: Figure) -> int:
        """Where the value of a new figure lies; 0 if the area is full. Its lengths come last: readers stop before."""
        name = figure.name.encode()
        labels = "\0".join(part for pair in figure.labels for part in pair).encode()
        start = self._free + _HEAD.size
        place = _place_after(start + len(name) + len(labels))
        if place + _VALUE.size + _HEAD.size > self._start + AREA_BYTES:
            return 0
        self._memory[start : start + len(name) + len(labels)] = name + labels
        _HEAD.pack_into(self._memory, self._free, len(name), len(labels))
        self._free = place + _VALUE.size
        self._places[figure] = place
        return place

    def _in_area(self, at: int) -> Iterator[tuple[Figure, int, float]]:
        """The figures of one process, each with where its value lies."""
        end = at + AREA_BYTES
        while at + _HEAD.size <= end:
            name_length, labels_length = _HEAD.unpack_from(self._memory, at)
            if not name_length:
                return
            start, middle = at + _HEAD.size, at + _HEAD.size + name_length
            name, labels = self._memory[start:middle], self._memory[middle : middle + labels_length]
            parts = labels.decode().split("\0") if labels else []
            place = _place_after(middle + labels_length)
            figure = Figure(name.decode(), tuple(zip(parts[::2], parts[1::2], strict=True)))
            yield figure, place, _VALUE.unpack_from(self._memory, place)[0]
            at = place + _VALUE.size


def _place_after(at: int) -> int:
    """The next place where a value lies in one word, so that nobody reads half of it."""
    return -(-at // _VALUE.size) * _VALUE.size


# ---------------------------------------------------------------- Prometheus's text


def counter_text(name: str, means: str, sums: Mapping[Figure, float], *, kind: str = "counter") -> Iterator[str]:
    """A family of counters or gauges."""
    yield from _head(name, means, kind)
    for figure in sorted(each for each in sums if each.name == name):
        yield _line(name, figure.labels, sums[figure])


def histogram_text(histogram: Histogram, means: str, sums: Mapping[Figure, float]) -> Iterator[str]:
    """A family of histograms: each bucket counts all below it too."""
    name = histogram.name
    yield from _head(name, means, "histogram")
    bounds = [*map(repr, histogram.bounds), "+Inf"]
    for figure in sorted(each for each in sums if each.name == f"{name}_sum"):
        counts = [sums.get(labelled(f"{name}_bucket", **dict(figure.labels), le=bound), 0.0) for bound in bounds]
        for bound, count in zip(bounds, accumulate(counts), strict=True):
            yield _line(f"{name}_bucket", (*figure.labels, ("le", bound)), count)
        yield _line(f"{name}_sum", figure.labels, sums[figure])
        yield _line(f"{name}_count", figure.labels, sum(counts))


def _head(name: str, means: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {means}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: Labels, value: float) -> str:
    shown = ",".join(f'{each}="{_escaped(text)}"' for each, text in labels)
    number = str(int(value)) if value == int(value) else repr(value)
    return f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
