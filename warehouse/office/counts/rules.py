"""What holds at the counting desk, and what is said there. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.errors import N_, N_n, Phrase, Refusal, notice

SEES = ("supervisor", "operations", "finance", "admin")
DECIDES = ("supervisor", "operations", "finance")
ASKS = ("supervisor", "operations")

NAMES = {"code": N_("Bin, item, zone or site"), "person": N_("Who shall count")}
"""What the fields of a wish for a count are called."""

POSTED = notice("ok", "difference_posted", N_n("One difference is posted.", "%(n)s differences are posted.", "n"))
POSTED_UNCOVERED = notice(
    "warn", "difference_posted_uncovered",
    N_("Posted. Orders had %(uncovered)s of it reserved: %(elsewhere)s were found elsewhere, orders wait for %(waiting)s."),
)  # fmt: skip
SECOND = notice("warn", "second_approver_needed", N_("Above the limit: noted. A second person approves it too."))
AGAIN = notice("ok", "counted_again", N_("%(number)s is counted again, by another than who counted last."))
RAISED = notice("ok", "counts_raised", N_n("One bin is to be counted.", "%(n)s bins are to be counted.", "n"))
STOCKTAKE = notice(
    "ok",
    "stocktake_begun",
    N_n(
        "The stocktake has begun: one bin is to be counted while work goes on.",
        "The stocktake has begun: %(n)s bins are to be counted while work goes on.",
        "n",
    ),
)


class NothingToCount(Refusal):
    """What was asked for names no bin."""

    code = "nothing_to_count"
    text = N_("%(read)s names no bin, zone or item that lies in a bin here. Scan or type one of them.")


class NoCounter(Refusal):
    """Who shall count is nobody who may."""

    code = "no_counter"
    text = N_(
        "%(read)s is nobody who counts here. Choose one of the names offered, or nobody: then whoever is free counts."
    )


class BadgeProvesNobody(Refusal):
    """A program sends a badge along by which nobody approves."""

    code = "badge_proves_nobody"
    text = N_(
        "The badge sent along proves nobody here: it is unknown, or people chose its text. Send the text of a badge that was "
        "printed here; or its owner signs in and approves at /counts/%(count)s."
    )
    status = 403


class NoLine(Refusal):
    """What is to be approved names no difference."""

    code = "no_count_line"
    text = N_("%(read)s names no difference of this count. Choose one of those shown, or all of them.")


class CountedSince(Refusal):
    """What is to be approved is not what the approver saw."""

    code = "counted_since"
    text = N_(
        "%(number)s was counted again since you opened it, so nothing is approved. Look at what was found now, and decide "
        "then."
    )


NEIGHBOUR = N_("%(quantity)s of it are too many at %(location)s (%(number)s)")
LACKING = N_("%(quantity)s of it lack at %(location)s (%(number)s)")
TWIN = N_("%(item)s in the same bin differs the other way: look-alikes mixed up?")
PACK = N_("%(packs)s × a pack of %(pack)s: was a pack counted as one, or one as a pack?")
PUT_BACK = N_("%(quantity)s of it stand at %(location)s and are not put away")
TAKEN_BACK = N_("a pick of %(quantity)s was taken back here a short while ago")


def packs(difference: int, sizes: Sequence[int]) -> Phrase | None:
    """Whether a difference is that of packs counted as pieces: k × size, or k × (size − 1)."""
    units = abs(difference)
    for size in sorted({each for each in sizes if each > 1}, reverse=True):
        for step in (size, size - 1):
            if step > 1 and units % step == 0:
                return Phrase(PACK, {"packs": units // step, "pack": size})
    return None


def share(right: float, all_: float) -> float:
    """A share from 0 to 1; 1 of nothing."""
    return right / all_ if all_ else 1.0


# ---------------------------------------------------------------- charts, drawn as SVG

WIDTH, HEIGHT, FOOT, LEFT, RIGHT = 360, 180, 28, 48, 40
"""As small as the page of a handheld, so that its words can be read there."""
LABELS = 3
GOOD, FAIR = 0.99, 0.95
LOW = 0.9
"""What a chart over time shows at least, from here up to 100 %: small changes near the top are what matters."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its length in hundredths, the text behind it."""

    label: str
    width: int
    text: str
    level: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line over time: its path, its points with their texts, and the lines across with their labels."""

    path: str
    points: tuple[tuple[int, int, str], ...]
    across: tuple[tuple[int, str], ...]
    below: tuple[tuple[int, str], ...]


def bars(rows: Sequence[tuple[str, float, str]]) -> tuple[Bar, ...]:
    """Bars for shares from 0 to 1, one below the other; `rows`: label, share, text.

    >>> bars([("Ann", 0.5, "50 %")])[0].width
    50
    """
    return tuple(
        Bar(label, round(100 * part), text, "ok" if part >= GOOD else "warn" if part >= FAIR else "no")
        for label, part, text in rows
    )


def curve(rows: Sequence[tuple[str, float, str]]) -> Curve | None:
    """A line through shares from 0 to 1, from left to right; None for fewer than one."""
    if not rows:
        return None
    low = min(LOW, math.floor(10 * min(part for _, part, _ in rows)) / 10)
    step = (WIDTH - LEFT - RIGHT) / max(len(rows) - 1, 1)

    def height(part: float) -> int:
        return round(10 + (HEIGHT - FOOT - 20) * (1 - part) / (1 - low)) if low < 1 else 10

    points = tuple((round(LEFT + at * step), height(part), text) for at, (_, part, text) in enumerate(rows))
    path = "M" + " L".join(f"{x} {y}" for x, y, _ in points)
    across = tuple((height(each), f"{round(100 * each)} %") for each in (1.0, (1 + low) / 2, low))
    every = -(-len(rows) // LABELS)
    below = tuple((points[at][0], label) for at, (label, _, _) in enumerate(rows) if at % every == 0)
    return Curve(path, points, across, below)
