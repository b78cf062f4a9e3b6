"""What comes from outside during a shift: orders and purchase orders, as files through the ordinary import."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.bench.world import World
from warehouse.children import with_me
from warehouse.clock import iso
from warehouse.demo.tables import NOTES, RECIPIENTS
from warehouse.simulate.own import CHANNEL, PURCHASE

BAD_FILE, SAME_AGAIN = 6, 8
"""Every how many-th file, by the dice, holds a bad order, or is sent a second time."""
ORDER_COLUMNS = ("channel", "number", "tier", "confirmed_at", "name", "phone", "region", "city", "address", "sku", "quantity",
                 "note")  # fmt: skip
PURCHASE_COLUMNS = ("number", "supplier", "sku", "quantity")


class CommandFailed(Exception):  # noqa: N818
    """A command of the product did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Ware:
    """An item as it is ordered."""

    sku: str
    supplier: str
    pack: int
    single: bool


def run(environ: dict[str, str], *command: str, statuses: Sequence[int] = (0,)) -> Any:
    """A command's JSON answer.

    Raises:
        CommandFailed: it ended in another way than expected.
    """
    done = subprocess.run(
        [sys.executable, "-m", "warehouse", *command, "--json"],
        env=environ,
        capture_output=True,
        check=False,
        timeout=600,
        preexec_fn=with_me(),
    )
    if done.returncode not in statuses:
        raise CommandFailed(
            f"warehouse {' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-500:]}"
        )
    return json.loads(done.stdout)


def run_in(made: World, *command: str, statuses: Sequence[int] = (0,)) -> Any:
    """A command's JSON answer about the warehouse of the shift.

    Raises:
        CommandFailed: it ended in another way than expected.
    """
    return run(made.environ, *command, "--warehouse", made.warehouse, statuses=statuses)


class Arrivals:
    """Files that come in one after the other.

    `number`: of the shift in this database; no order or purchase order of an earlier one has the same.
    `began`: the instant from which the orders' times count; it lies so far back that all of them are in the past.
    """

    def __init__(
        self, made: World, folder: Path, wares: Sequence[Ware], *, seed: str, number: int, began: int
    ) -> None:  # fmt: skip
        self._made, self._folder, self._wares, self._number, self._began = made, folder, wares, number, began
        self._dice = random.Random(seed)
        self._orders = self._purchases = self._files = 0
        self.arrived = self.set_aside = 0
        self.wrong: list[str] = []
        self.made: Counter[str] = Counter()

    def orders(self, count: int, *, at: int, last: bool) -> None:
        """So many orders arrive, `at` microseconds after the beginning; now and then one is bad, or a file comes twice.

        `last`: of the files of this shift; what has not gone wrong so far does now.
        """
        rows = [row for _ in range(count) for row in self._order(at)]
        bad = self._bad_order(at) if self._goes_wrong("bad order", BAD_FILE, last=last) else []
        again = self._goes_wrong("file sent twice", SAME_AGAIN, last=last)
        path = self._write(ORDER_COLUMNS, rows + bad)
        self._import("orders", path, accepted=len(rows), skipped=0, rejected=len(bad))
        if again:
            self._import("orders", path, accepted=0, skipped=len(rows), rejected=len(bad))
        self.arrived += count
        self.set_aside += bool(bad)

    def _goes_wrong(self, kind: str, every: int, *, last: bool) -> bool:
        does = self._dice.randrange(every) == 0 or (last and not self.made[kind])
        self.made[kind] += does
        return does

    def purchases(self) -> None:
        """A purchase order for some goods of one supplier."""
        supplier = self._dice.choice(sorted({each.supplier for each in self._wares if each.supplier}))
        own = [each for each in self._wares if each.supplier == supplier]
        self._purchases += 1
        rows = [
            (
                f"{PURCHASE}{self._number}-{self._purchases}",
                supplier,
                each.sku,
                str(each.pack * self._dice.randint(1, 3)),
            )
            for each in self._dice.sample(own, min(3, len(own)))
        ]
        path = self._write(PURCHASE_COLUMNS, rows)
        self._import("purchase-orders", path, accepted=len(rows), skipped=0, rejected=0)

    def _order(self, at: int) -> list[tuple[str, ...]]:
        self._orders += 1
        wares = self._dice.sample(self._wares, self._dice.choice((1, 1, 2, 3, 3, 4)))
        tier = self._dice.choices(("standard", "express", "priority"), (12, 3, 1))[0]
        note = NOTES[0] if self._dice.randrange(12) == 0 else ""
        return [
            (*self._head(tier, at), each.sku, "1" if each.single else str(self._dice.randint(1, 3)), note)
            for each in wares
        ]

    def _head(self, tier: str, at: int) -> tuple[str, ...]:
        name, phone, city, address = RECIPIENTS[self._orders % len(RECIPIENTS)]
        confirmed = str(iso(self._began + at + self._orders))
        return (CHANNEL, f"S{self._number}-{self._orders}", tier, confirmed, name, phone, city, city, address)

    def _bad_order(self, at: int) -> list[tuple[str, ...]]:
        self._orders += 1
        return [(*self._head("standard", at), "NO-SUCH-ITEM", "1", "")]

    def _write(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
        self._files += 1
        path = self._folder / f"arrival-{self._files}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        return path

    def _import(self, kind: str, path: Path, *, accepted: int, skipped: int, rejected: int) -> None:
        counted = run_in(self._made, "import", kind, str(path), "--keep-good")
        expected = {"accepted": accepted, "skipped": skipped, "rejected": rejected}
        if {name: counted[name] for name in expected} != expected:
            self.wrong.append(f"import {kind}: expected {expected}, got {counted}")
