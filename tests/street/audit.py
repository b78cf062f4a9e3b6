"""An independent look at `export moves`: was any pick newer than goods that were free when it was reserved?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

Rowlike = dict[str, str]


def newer_picks(moves: Iterable[Rowlike], *, pick_places: set[str], timezone: str) -> list[str]:
    """Each pick whose layer arrived on a later local day than goods of the item that were free at its reserved_at.

    Knows nothing of the product but the columns of the export: it replays what lay in the pick locations, and what
    was promised, at the instant of each reservation.
    """
    by_sku: dict[str, list[Rowlike]] = defaultdict(list)
    for move in moves:
        if move["sku"]:
            by_sku[move["sku"]].append(move)
    zone = ZoneInfo(timezone)
    return [fault for rows in by_sku.values() for fault in _newer_picks(rows, pick_places, zone)]


def _newer_picks(rows: list[Rowlike], places: set[str], zone: ZoneInfo) -> list[str]:
    picks = [row for row in rows if row["cause"] == "pick"]
    faults = []
    for pick in picks:
        day = _day(pick, zone)
        for (place, received), free in _free_at(rows, picks, pick["reserved_at"], places).items():
            older = datetime.fromisoformat(received).astimezone(zone).date()
            if free > 0 and older < day:
                faults.append(f"{pick['sku']} from {pick['from']} ({day}), though {place} had {free} of {older}")
    return faults


def _free_at(rows: list[Rowlike], picks: list[Rowlike], instant: str, places: set[str]) -> dict[tuple[str, str], int]:
    free: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row["at"] <= instant:
            if row["to"] in places:
                free[row["to"], row["received_at"]] += int(row["quantity"])
            if row["from"] in places:
                free[row["from"], row["received_at"]] -= int(row["quantity"])
    for pick in picks:
        if pick["reserved_at"] <= instant < pick["at"]:
            free[pick["from"], pick["received_at"]] -= int(pick["quantity"])
    return free


def _day(row: Rowlike, zone: ZoneInfo) -> object:
    return datetime.fromisoformat(row["received_at"]).astimezone(zone).date()
