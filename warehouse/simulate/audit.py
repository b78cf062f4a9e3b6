"""An independent look at `export moves`: was any pick newer than goods that were free when it was reserved?

It knows nothing of the product but the columns of the export, and of what the export does not hold only what it is
told: goods that nobody could take (`Held`), and goods that were promised to somebody who never took them (`Promised`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

Rowlike = dict[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """From an instant on, nothing of an item at a place could be taken: what was missing there waits for a count.

    `since`: as the export writes instants.
    """

    sku: str
    place: str
    since: str


@dataclass(frozen=True, slots=True)
class Promised:
    """So many of an item were kept for an order that never took them, wherever they lay."""

    sku: str
    quantity: int
    since: str
    until: str


def newer_picks(
    moves: Iterable[Rowlike], *, pick_places: set[str], timezone: str, held: Sequence[Held] = (),
    promised: Sequence[Promised] = (), since: str = "",
) -> list[str]:  # fmt: skip
    """Each pick whose layer arrived on a later local day than goods of the item that were free at its reserved_at.

    It replays what lay in the pick locations, and what was promised, at the instant of each reservation (R-PICK-1).
    `since`: only picks that were reserved from then on are judged; of what was held or promised before, nothing is known.
    """
    by_sku: dict[str, list[Rowlike]] = defaultdict(list)
    for move in moves:
        if move["sku"]:
            by_sku[move["sku"]].append(move)
    zone = ZoneInfo(timezone)
    return [
        fault
        for sku, rows in by_sku.items()
        for fault in _Item(
            rows, pick_places, zone, [each for each in held if each.sku == sku],
            [each for each in promised if each.sku == sku],
        ).newer_picks(since)
    ]  # fmt: skip


class _Item:
    """The moves of one item."""

    def __init__(
        self, rows: list[Rowlike], places: set[str], zone: ZoneInfo, held: list[Held], promised: list[Promised]
    ) -> None:
        self._rows, self._places, self._zone, self._held, self._promised = rows, places, zone, held, promised
        self._picks = [row for row in rows if row["cause"] == "pick"]

    def newer_picks(self, since: str) -> list[str]:
        """What was reserved from then on, and picked although older goods were free."""
        judged = [pick for pick in self._picks if pick["reserved_at"] >= since]
        return [fault for pick in judged if (fault := self._fault(pick))]

    def _fault(self, pick: Rowlike) -> str:
        day, instant = self._day(pick["received_at"]), pick["reserved_at"]
        older = {
            (place, received): free
            for (place, received), free in self._free_at(instant).items()
            if free > 0 and self._day(received) < day
        }
        kept = sum(each.quantity for each in self._promised if each.since <= instant <= each.until)
        if sum(older.values()) <= kept:
            return ""
        (place, received), free = next(iter(older.items()))
        return f"{pick['sku']} from {pick['from']} ({day}), though {place} had {free} of {self._day(received)}"

    def _free_at(self, instant: str) -> dict[tuple[str, str], int]:
        free: dict[tuple[str, str], int] = defaultdict(int)
        for row in self._rows:
            if row["at"] <= instant:
                if row["to"] in self._places:
                    free[row["to"], row["received_at"]] += int(row["quantity"])
                if row["from"] in self._places:
                    free[row["from"], row["received_at"]] -= int(row["quantity"])
        for pick in self._picks:
            if pick["reserved_at"] <= instant < pick["at"]:
                free[pick["from"], pick["received_at"]] -= int(pick["quantity"])
        closed = {each.place for each in self._held if each.since <= instant}
        return {where: count for where, count in free.items() if where[0] not in closed}

    def _day(self, instant: str) -> date:
        return datetime.fromisoformat(instant).astimezone(self._zone).date()
