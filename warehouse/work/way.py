"""Which way it is from one place to another, in words, from where both come on the walk. Pure.

Whoever stands before a rack with the aisle behind them has the higher positions to their right: "right" is the
direction in which positions grow, on both sides of the aisle and in every aisle. "On" is towards higher aisle numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from warehouse.errors import N_, Phrase

_WALK = re.compile(r"([0-9]{5})-([0-9]{5})-([0-9]{3})-", re.ASCII)
LAST_POSITION = 99_999
COUNTED_MOST = 20  # further on nobody counts aisles, and numbers may leap from one block to the next

HERE = N_("at this very spot")
RIGHT_ONE, RIGHT = N_("one bin to the right"), N_("%(n)s bins to the right")
LEFT_ONE, LEFT = N_("one bin to the left"), N_("%(n)s bins to the left")
RIGHT_ONE_AT, RIGHT_AT = N_("one bin to the right, level %(level)s"), N_("%(n)s bins to the right, level %(level)s")
LEFT_ONE_AT, LEFT_AT = N_("one bin to the left, level %(level)s"), N_("%(n)s bins to the left, level %(level)s")
UP_ONE, UP = N_("one level up"), N_("%(n)s levels up")
DOWN_ONE, DOWN = N_("one level down"), N_("%(n)s levels down")
ON_ONE, ON = N_("one aisle on"), N_("%(n)s aisles on")
BACK_ONE, BACK = N_("one aisle back"), N_("%(n)s aisles back")
NAMED_ON_ONE, NAMED_ON = N_("aisle %(aisle)s, one aisle on"), N_("aisle %(aisle)s, %(n)s aisles on")
NAMED_BACK_ONE, NAMED_BACK = N_("aisle %(aisle)s, one aisle back"), N_("aisle %(aisle)s, %(n)s aisles back")
IN_ZONE = N_("in zone %(zone)s")
IN_AISLE = N_("in aisle %(aisle)s")
ELSEWHERE = N_("in another part of the warehouse")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as it is walked to: `path` is its place on the walk; the names of its aisle and zone where they have any."""

    path: str
    aisle: str = ""
    zone: str = ""

    @property
    def walk(self) -> tuple[int, int, int] | None:
        """Aisle, position and level; None for a place without coordinates."""
        found = _WALK.match(self.path)
        if found is None:
            return None
        aisle, walked, level = map(int, found.groups())
        return aisle, walked if aisle % 2 else LAST_POSITION - walked, level


def is_walked(path: str) -> bool:
    """Whether a place is on the walk, so that a way from it can be told."""
    return _WALK.match(path) is not None


def way(here: str, there: Spot | str) -> Phrase:
    """Which way it is from a place, by its path, to another one."""
    to = there if isinstance(there, Spot) else Spot(there)
    at, goal = Spot(here).walk, to.walk
    if here == to.path:
        return Phrase(HERE)
    if at is None or goal is None:
        return Phrase(IN_ZONE, {"zone": to.zone}) if to.zone else Phrase(ELSEWHERE)
    if at[0] != goal[0]:
        return _to_aisle(goal[0] - at[0], to.aisle)
    return _along(goal[1] - at[1], at[2], goal[2])


def _to_aisle(steps: int, name: str) -> Phrase:
    if abs(steps) > COUNTED_MOST:
        return Phrase(IN_AISLE, {"aisle": name}) if name else Phrase(ELSEWHERE)
    if name:
        return _counted(steps, (NAMED_ON_ONE, NAMED_ON), (NAMED_BACK_ONE, NAMED_BACK), {"aisle": name})
    return _counted(steps, (ON_ONE, ON), (BACK_ONE, BACK), {})


def _along(steps: int, level_here: int, level_there: int) -> Phrase:
    """Along the same aisle, and up or down where the level is another; a place without a level has level 0."""
    rise = level_there - level_here if level_here and level_there else 0
    if not steps:
        return _counted(rise, (UP_ONE, UP), (DOWN_ONE, DOWN), {}) if rise else Phrase(HERE)
    if rise:
        return _counted(steps, (RIGHT_ONE_AT, RIGHT_AT), (LEFT_ONE_AT, LEFT_AT), {"level": level_there})
    return _counted(steps, (RIGHT_ONE, RIGHT), (LEFT_ONE, LEFT), {})


def _counted(steps: int, forth: tuple[str, str], back: tuple[str, str], params: dict[str, str | int]) -> Phrase:
    """The phrase for one step or for several, forth or back."""
    one, many = forth if steps > 0 else back
    return Phrase(one, params) if abs(steps) == 1 else Phrase(many, params | {"n": abs(steps)})
