"""The ledger as a storekeeper would keep it on paper: a few dictionaries, no database. Hypothesis compares them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count

NEVER = 10**9


@dataclass(frozen=True)
class Arrival:
    """A layer: which item, of which lot, from when, to be picked until when."""

    number: int
    item: str
    lot: str
    rank_day: int
    last_day: int = NEVER


@dataclass(frozen=True)
class Hold:
    """A block: of an item, or only of a lot, a layer or a place of it."""

    item: str
    lot: str = ""
    layer: int = -1
    place: str = ""

    def holds(self, arrival: Arrival, place: str) -> bool:
        return (
            self.item == arrival.item
            and self.lot in {"", arrival.lot}
            and self.layer in {-1, arrival.number}
            and self.place in {"", place}
        )


@dataclass
class Pile:
    """What lies of one layer at one place, and what of it is promised to which line. `born` tells piles apart."""

    arrival: Arrival
    place: str
    born: int
    quantity: int = 0
    promised: dict[int, int] = field(default_factory=dict)

    @property
    def reserved(self) -> int:
        return sum(self.promised.values())

    @property
    def free(self) -> int:
        return self.quantity - self.reserved


class CannotBe(Exception):  # noqa: N818
    """The move that was asked for cannot be."""


@dataclass
class Posted:
    """A posting as remembered for undo: its moves as (layer, quantity, origin, target, line), or a tote's way."""

    arrival: Arrival | None
    quantity: int
    origin: str
    to: str
    line: int = 0
    tote: str = ""
    undone: bool = False


@dataclass
class Paper:
    """The whole book on paper."""

    walk: dict[str, str]
    pick_places: frozenset[str]
    outside: frozenset[str]
    piles: dict[tuple[int, str], Pile] = field(default_factory=dict)
    totes: dict[str, str] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    births: Iterator[int] = field(default_factory=count)

    def is_held(self, pile: Pile) -> bool:
        return any(hold.holds(pile.arrival, pile.place) for hold in self.holds.values())

    def move(self, arrival: Arrival, quantity: int, origin: str, to: str, line: int = 0) -> None:
        """Moves goods, those promised to a line with their promise; all or nothing."""
        if origin not in self.outside:
            self._take(arrival, quantity, origin, line)
        if to not in self.outside:
            pile = self.piles.setdefault((arrival.number, to), Pile(arrival, to, next(self.births)))
            pile.quantity += quantity
            if line:
                pile.promised[line] = pile.promised.get(line, 0) + quantity

    def _take(self, arrival: Arrival, quantity: int, origin: str, line: int) -> None:
        pile = self.piles.get((arrival.number, origin))
        if pile is None or quantity > (pile.promised.get(line, 0) if line else pile.free):
            raise CannotBe
        pile.quantity -= quantity
        if line:
            self._unpromise(pile, line, quantity)
        if not pile.quantity:
            del self.piles[arrival.number, origin]

    @staticmethod
    def _unpromise(pile: Pile, line: int, quantity: int) -> None:
        pile.promised[line] -= quantity
        if not pile.promised[line]:
            del pile.promised[line]

    def carry(self, tote: str, origin: str, to: str) -> None:
        if self.totes.get(tote, "") != origin:
            raise CannotBe
        self.totes[tote] = to

    def undo(self, posted: Posted) -> None:
        if posted.undone:
            raise CannotBe
        if posted.tote:
            self.carry(posted.tote, posted.to, posted.origin)
        elif posted.line and posted.to in self.outside:
            raise CannotBe
        else:
            assert posted.arrival is not None
            self.move(posted.arrival, posted.quantity, posted.to, posted.origin, posted.line)
        posted.undone = True

    def choice(self, item: str, day: int = 0) -> list[Pile]:
        """FIFO as the rule says it: by date, then by the walk; what is held, reserved or past its day is not there."""
        free = [
            pile for pile in self.piles.values()
            if pile.arrival.item == item and pile.free and pile.place in self.pick_places
            and pile.arrival.last_day >= day and not self.is_held(pile)
        ]  # fmt: skip
        return sorted(free, key=lambda pile: (pile.arrival.rank_day, self.walk[pile.place], pile.born))

    def reserve(self, item: str, quantity: int, line: int, day: int = 0) -> int:
        wanted = min(quantity, sum(pile.free for pile in self.piles.values() if pile.arrival.item == item))
        left = wanted
        for pile in self.choice(item, day):
            part = min(pile.free, left)
            if part:
                pile.promised[line] = pile.promised.get(line, 0) + part
                left -= part
        return wanted - left

    def release(self, pile: Pile, line: int, quantity: int) -> None:
        self._unpromise(pile, line, quantity)

    def release_line(self, line: int) -> None:
        for pile in self.piles.values():
            pile.promised.pop(line, None)

    def copy(self) -> Paper:
        return deepcopy(self)

    # ------------------------------------------------------------ to compare

    def rows(self) -> dict[tuple[int, str], tuple[int, int, int]]:
        """(layer, place) → quantity, reserved, how many blocks hold it."""
        return {
            key: (pile.quantity, pile.reserved, sum(h.holds(pile.arrival, pile.place) for h in self.holds.values()))
            for key, pile in self.piles.items()
        }

    def promises(self) -> dict[tuple[int, int, str], int]:
        """(line, layer, place) → promised."""
        return {(line, *key): n for key, pile in self.piles.items() for line, n in pile.promised.items()}

    def totals(self) -> dict[str, tuple[int, int, int]]:
        """Item → on hand, reserved, blocked."""
        sums: dict[str, tuple[int, int, int]] = {}
        for pile in self.piles.values():
            on_hand, reserved, blocked = sums.get(pile.arrival.item, (0, 0, 0))
            blocked += pile.free if self.is_held(pile) else 0
            sums[pile.arrival.item] = (on_hand + pile.quantity, reserved + pile.reserved, blocked)
        return sums
