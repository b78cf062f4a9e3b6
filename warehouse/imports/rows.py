"""One row of a file on its way in: as it was read, what it says, and why it cannot be taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Row:
    """One row. It ends accepted, skipped (`skipped` says why) or rejected (`reasons` say why)."""

    line: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    reasons: list[tuple[str, str]] = field(default_factory=list)
    skipped: str = ""

    @property
    def good(self) -> bool:
        """Neither skipped nor refused so far."""
        return not self.skipped and not self.reasons

    def refuse(self, reason: str, detail: str = "") -> None:
        """Adds a reason; a row keeps all of them, each once."""
        if all(reason != known for known, _ in self.reasons):
            self.reasons.append((reason, detail))

    @property
    def explained(self) -> list[str]:
        """All reasons, each with what it is about."""
        return [f"{reason} ({detail})" if detail else reason for reason, detail in self.reasons]


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows: lines = accepted + skipped + rejected."""

    lines: int = 0
    accepted: int = 0
    skipped: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """The outcome as `warehouse import --json` prints it."""
        return {"lines": self.lines, "accepted": self.accepted, "skipped": self.skipped, "rejected": self.rejected,
                "reasons": dict(self.reasons.most_common())}  # fmt: skip


KEPT_OUT = "file_kept_out"


def count(rows: Iterable[Row], *, keep_good: bool) -> Outcome:
    """Counts how rows end. Without `keep_good` one bad row keeps the whole file out, and then nothing is accepted."""
    rows = list(rows)
    outcome = Outcome(lines=len(rows))
    kept_out = not keep_good and any(row.reasons for row in rows)
    for row in rows:
        if row.skipped:
            outcome.skipped += 1
            outcome.reasons[row.skipped] += 1
        elif row.reasons or kept_out:
            outcome.rejected += 1
            outcome.reasons.update([reason for reason, _ in row.reasons] or [KEPT_OUT])
        else:
            outcome.accepted += 1
    return outcome
