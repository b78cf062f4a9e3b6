"""What a shift has shown: figures for people and programs, and every fault by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Report:
    """The end of a shift.

    Attributes:
        story: the digest of all acts and answers; the same for the same seed; nothing where robots worked at once.
        latency_ms: by room, of its scans: how many, p50, p95, p99.
        expected, unexpected: refusals by code.
        told: the story itself, a line an act.
        made: what went wrong on purpose, by kind, and how often.
        faults: what must not be; none means that the product kept its word.
    """

    seed: int
    database: str
    hours: float
    workers: int
    desks: int
    story: str
    acts: int
    scans: int
    seconds: float
    latency_ms: dict[str, dict[str, float]]
    expected: dict[str, int]
    unexpected: dict[str, int]
    made: dict[str, int]
    orders: dict[str, int]
    verify: dict[str, Any]
    audit: dict[str, int]
    book: dict[str, int]
    faults: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list, repr=False)

    @property
    def ok(self) -> bool:
        """Whether nothing happened that must not."""
        return not self.faults

    @property
    def scans_per_s(self) -> float:
        """Scans a second while the shift went on."""
        return self.scans / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """The report as `warehouse simulate --json` prints it."""
        return {"ok": self.ok, "scans_per_s": round(self.scans_per_s, 1)} | {
            name: value for name, value in asdict(self).items() if name != "told"
        }

    def lines(self) -> Iterator[str]:
        """The report as people read it."""
        yield f"seed {self.seed}, {self.database}, {self.hours:g} h, {self.workers} workers, {self.desks} desks" + (
            f", story {self.story}" if self.story else ", at once"
        )
        yield f"{self.acts:,} acts, {self.scans:,} scans, {self.scans_per_s:,.0f} scans/s"
        for room, taken in self.latency_ms.items():
            yield (f"  {room:<13} {taken['scans']:>6,.0f}  p50 {taken['p50']:>6.1f} ms  p95 {taken['p95']:>6.1f} ms  "
                   f"p99 {taken['p99']:>6.1f} ms")  # fmt: skip
        yield "made on purpose: " + _counted(self.made)
        yield "refused, as expected: " + _counted(self.expected)
        yield "refused, and not expected: " + _counted(self.unexpected)
        yield "orders: " + _counted(self.orders)
        yield (f"verify: {self.verify['postings']:,} postings, {self.verify['moves']:,} moves, "
               f"{len(self.verify['faults'])} faults")  # fmt: skip
        yield "FIFO audit: " + _counted(self.audit)
        yield "book and floor: " + _counted(self.book)
        yield from _told(self.faults)


def latency(taken: Sequence[float]) -> dict[str, float]:
    """How many answers were measured, in seconds, and their percentiles in milliseconds."""
    ordered = sorted(taken)
    return {"scans": len(ordered)} | {
        f"p{part}": round(1000 * ordered[min(len(ordered) - 1, len(ordered) * part // 100)], 2) for part in (50, 95, 99)
    }


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


def _told(faults: Sequence[str]) -> Iterator[str]:
    if not faults:
        yield "No fault: the book proves itself, and it equals the floor."
        return
    yield f"{len(faults)} FAULTS"
    yield from (f"  {fault}" for fault in faults[:SHOWN])
    if len(faults) > SHOWN:
        yield f"  … and {len(faults) - SHOWN} more"
