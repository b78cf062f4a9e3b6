"""What holds for counts: when a bin is due, what is beyond tolerance, and how a difference is judged. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from warehouse.clock import HOUR
from warehouse.errors import N_, Phrase

CLASSES = "ABC"
DAY = 24 * HOUR
AT_ONCE = 100
NEVER_PROVED_DAYS = 400
"""A bin that was never counted weighs as if its last proof were so long ago: it comes before all that were."""

REASONS = {
    "plan": N_("by the plan"), "short": N_("something was missing"), "zero": N_("found empty"),
    "found": N_("unexpected goods"), "damage": N_("damaged goods"), "low": N_("few are left to sell"),
    "late": N_("moves were told late"), "manual": N_("asked for"), "stocktake": N_("full stocktake"),
}  # fmt: skip
"""Why a bin is counted, the most urgent of those that are raised at once first."""
RAISED = tuple(reason for reason in REASONS if reason not in {"plan", "stocktake"})

CAUSES = {
    "LOSS": N_("Loss"), "MISPLACED": N_("Wrong location"), "WRONG_SENT": N_("Wrong goods sent"),
    "NOT_SENT": N_("Not sent"), "OVER_SENT": N_("Too many sent"), "DAMAGED": N_("Damage"),
    "PAPERS": N_("Mistake in the papers"),
}  # fmt: skip
STATES = {
    "match": N_("equal"), "recount": N_("to be counted again"), "review": N_("to be approved"),
    "second": N_("needs a second approver"), "posted": N_("posted"), "superseded": N_("counted again"),
    "taken_back": N_("taken back"),
}  # fmt: skip
PAPER_STATES = {
    "counting": N_("being counted"), "recount": N_("to be counted again"), "review": N_("to be approved"),
    "closed": N_("closed"),
}  # fmt: skip


def in_words(code: str) -> Phrase | str:
    """A cause as a sentence names it; one that the warehouse has set up itself, as it is."""
    return Phrase(CAUSES[code]) if code in CAUSES else code


def weight(*, days: int, moves: int) -> int:
    """How urgent a bin is: days since its last proof × (1 + ln(1 + moves since then)), in thousandths.

    A bin that nobody touched ages by its days alone; a hundred moves make it age 5.6 times as fast.

    >>> weight(days=7, moves=0), weight(days=7, moves=100)
    (7000, 39306)
    """
    return round(1000 * max(days, 0) * (1 + math.log1p(max(moves, 0))))


def interval_days(item_class: str, *, abc: bool, days: Mapping[str, int], otherwise: int) -> int:
    """Within how many days a bin must be counted again: its class's, where classes are switched on."""
    return max(1, days.get(item_class, otherwise)) if abc else otherwise


def first_day(today: int, interval: int, before: int) -> int:
    """The day on which a bin that nobody has counted yet is due, after so many `before` it in the plan.

    The first AT_ONCE of a house are due at once; the others fill up the days of one interval evenly.

    >>> first_day(100, 7, 99), first_day(100, 7, 100), first_day(100, 7, 101)
    (100, 102, 103)
    """
    return today if before < AT_ONCE else today + before % max(1, interval)


def next_day(today: int, interval: int, load: Mapping[int, int]) -> int:
    """The day on which a bin that was counted today is due again: of the last third of its interval the emptiest.

    Never later than the interval, so that the rule holds; days fill up evenly by themselves.

    >>> next_day(100, 7, {107: 5, 106: 2, 105: 3})
    106
    """
    first = today + max(1, interval - interval // 3)
    return min(range(today + interval, first - 1, -1), key=lambda day: load.get(day, 0))


def classify(values: Sequence[tuple[int, int]], shares: Mapping[str, int]) -> dict[int, str]:
    """ABC by movement value: items in falling value; A up to its share of the whole, B up to its, C the rest.

    `values`: item and value moved, in minor units. The item that crosses a border still belongs above it. What did not
    move is C.

    >>> classify([(1, 70), (2, 20), (3, 10), (4, 0)], {"A": 80, "B": 95})
    {1: 'A', 2: 'A', 3: 'B', 4: 'C'}
    """
    whole = sum(value for _, value in values)
    found, before = {}, 0
    for item_id, value in sorted(values, key=lambda pair: (-pair[1], pair[0])):
        share = 100 * before
        at = "A" if share < shares.get("A", 0) * whole else "B" if share < shares.get("B", 0) * whole else "C"
        found[item_id] = at if value else "C"
        before += value
    return found


@dataclass(frozen=True, slots=True)
class Key:
    """What is counted for itself: an item with its lot or serial, or one container as a whole."""

    item_id: int
    lot: str = ""
    serial: str = ""
    container_id: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison. `unit_cost` in minor units; None where nobody knows it."""

    key: Key
    counted: int
    expected: int
    unit_cost: int | None = None
    item_class: str = "C"

    @property
    def difference(self) -> int:
        """What the floor has more than the book."""
        return self.counted - self.expected

    @property
    def value(self) -> int | None:
        """What the difference is worth, without its sign; None where no cost is known."""
        return value_of(self.difference, self.unit_cost)


def value_of(difference: int, unit_cost: int | None) -> int | None:
    """What a difference is worth, in minor units and without its sign; None for one of unknown cost.

    >>> value_of(-3, 200), value_of(-3, None), value_of(0, None)
    (600, None, 0)
    """
    return abs(difference) * unit_cost if unit_cost is not None else None if difference else 0


def worth(values: Iterable[int | None]) -> int | None:
    """What differences are worth together; None as soon as nobody knows what one of them costs."""
    values = list(values)
    return None if None in values else sum(value for value in values if value is not None)


def needs_second(together: int | None, limit: int) -> bool:
    """Whether differences are above the limit of one person's approval; what nobody knows the cost of counts as above it."""
    return together is None or together > limit


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a count may differ before it is counted again: units and, where named, value, by class."""

    units: Mapping[str, int]
    value: Mapping[str, int]

    def holds(self, lines: Iterable[Line]) -> bool:
        """Whether an item's lines, taken together, are within both; of unknown cost they are not within a value."""
        lines = list(lines)
        at = lines[0].item_class
        units, value = sum(abs(line.difference) for line in lines), worth(line.value for line in lines)
        return units <= self.units.get(at, 0) and (
            at not in self.value or (value is not None and value <= self.value[at])
        )


def judge(
    lines: Sequence[Line], before: Mapping[int, Mapping[Key, int]], tolerance: Tolerance,
    doubted: Collection[int] = (),
) -> dict[int, str]:  # fmt: skip
    """What becomes of each item of a bin: "match", "review" or "recount" (R-CNT-2). Containers are item 0.

    `before`: by item, the differences that another person found in the round before; items not counted then are absent.
    Once two people have counted an item a supervisor decides, whether they agree or not.
    `doubted`: items of which the counter may know the book. That they find it right is believed once another has found so.
    """
    found = {}
    for item_id in {line.key.item_id for line in lines}:
        mine = [line for line in lines if line.key.item_id == item_id]
        if not any(line.difference for line in mine):
            agreed = item_id in before and not any(before[item_id].values())
            found[item_id] = "recount" if item_id in doubted and not agreed else "match"
        elif item_id in before or tolerance.holds(mine):
            found[item_id] = "review"
        else:
            found[item_id] = "recount"
    return found


def touches(*, occurred_at: int, recorded_at: int, started_at: int, ended_at: int | None) -> bool:
    """Whether a move may have happened while a bin was counted; `ended_at`: None while it is not over.

    A move happened at some instant between when its device says that it occurred and when it was recorded; the counter saw
    the goods at some instant between the first scan and the confirmation. If the two stretches meet, nobody can tell
    which came first.
    """
    return (ended_at is None or occurred_at <= ended_at) and recorded_at >= started_at


def worst(classes: Collection[str]) -> str:
    """The class of a bin: its highest item's (R-CNT-1)."""
    return min(classes, default="C")
