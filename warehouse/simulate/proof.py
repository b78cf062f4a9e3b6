"""The proof at the end of a shift: verify, the FIFO audit, and the book against the floor."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.bench.world import World
from warehouse.simulate.arrivals import run, run_in
from warehouse.simulate.audit import Promised, newer_picks
from warehouse.simulate.robots import Shift

END = "9999"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and each fault by name.

    Attributes:
        verify: the command's own answer. audit, book: what was compared, counted.
    """

    verify: dict[str, Any]
    audit: dict[str, int]
    book: dict[str, int]
    faults: list[str]


def prove(made: World, shift: Shift, folder: Path) -> Proof:
    """Looks at the ledger as the commands show it."""
    verified = run(made.environ, "verify", statuses=(0, 1))
    moves = _moves(made, folder / "moves.csv")
    zone = made.database.read(
        lambda session: session.value("SELECT timezone FROM warehouse WHERE id = :id", id=made.warehouse_id)
    )
    rows = run_in(made, "stock")["stock"]
    waiting = [Promised(row["sku"], row["reserved"], "", END) for row in rows if row["reserved"]]
    held = [*shift.held, *shift.cleared]
    newer = newer_picks(
        moves, pick_places=set(shift.floor.catalogue.pick_places), timezone=zone, held=held, since=shift.began,
        promised=[*shift.promised, *waiting],
    )  # fmt: skip
    apart = [*shift.floor.differences(rows), *_left_by_truck(moves, shift)]
    picks = sum(row["cause"] == "pick" and row["reserved_at"] >= shift.began for row in moves)
    return Proof(
        verified, {"picks": picks, "newer than free goods": len(newer)},
        {"stock rows": len(rows), "pieces missing on purpose": shift.floor.lost.total(), "differences": len(apart)},
        [*(f"verify: {fault}" for fault in verified["faults"]), *(f"FIFO: {fault}" for fault in newer),
         *(f"book: {fault}" for fault in apart)],
    )  # fmt: skip


def _moves(made: World, path: Path) -> list[dict[str, str]]:
    run_in(made, "export", "moves", str(path))
    with path.open(newline="", encoding="utf-8-sig") as text:
        return list(csv.DictReader(text))


def _left_by_truck(moves: Sequence[dict[str, str]], shift: Shift) -> list[str]:
    """Every unit that the robots handed over is shipped in the book, once, and no other (R-ORD-2)."""
    handed, booked = shift.floor.shipped, Counter[str]()
    for row in moves:
        if row["cause"] == "ship" and row["sku"] and row["by"] in shift.names:
            booked[row["sku"]] += int(row["quantity"])
    return [
        f"{sku}: {handed[sku]} were handed over, {booked[sku]} are shipped in the book"
        for sku in sorted(handed.keys() | booked.keys()) if handed[sku] != booked[sku]
    ]  # fmt: skip
