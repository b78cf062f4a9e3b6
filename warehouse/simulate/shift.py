"""One shift from its beginning to its report: what arrives, who acts next, and what is left to finish."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from warehouse.bench.world import World, serving
from warehouse.children import scratch
from warehouse.clock import HOUR, MINUTE, iso, now_us
from warehouse.db import Session
from warehouse.simulate.arrivals import Arrivals, Ware, run, run_in
from warehouse.simulate.audit import Held
from warehouse.simulate.floor import Catalogue, Floor
from warehouse.simulate.moves import BOOKED
from warehouse.simulate.own import next_run
from warehouse.simulate.place import place
from warehouse.simulate.proof import Proof, prove
from warehouse.simulate.report import Report, latency
from warehouse.simulate.robots import Robot, Shift
from warehouse.simulate.staff import staff
from warehouse.simulate.story import Story

ACTS_AN_HOUR = 240
"""How many scans a member of the shift makes in an hour."""
ACTS_AN_ORDER = 22
"""About how many scans an order needs from its tote to the truck: so many orders arrive as the shift can do."""
FILES_AN_HOUR = 4
FILES_A_PURCHASE = 2
BEGAN_BEFORE, FILE_EVERY = 4 * HOUR, 15 * MINUTE
"""The orders of a shift are confirmed in these hours before it, so that none lies in the future; then from anew."""
LATE_ACTS = 5_000
"""How many acts each robot may need after the shift to finish what is begun."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be played.

    Attributes:
        database: sqlite or postgresql, made for this shift alone; `here` plays in the configured one instead.
        warehouse: the code of the one to play in; needed only where there are several.
        counters: how many count bins, beside the workers.
        desks: how many of the packers and receivers scan by serial scanner and agent at a desk of their own.
        at_once: all robots act at the same time, and only the outcome is looked at; else they take turns.
        finish: whether what is begun is finished after the shift.
    """

    seed: int
    hours: float = 1.0
    workers: int = 8
    counters: int = 2
    desks: int = 2
    database: str = "sqlite"
    here: bool = False
    warehouse: str = ""
    at_once: bool = False
    finish: bool = True

    @property
    def acts(self) -> int:
        """How many acts the shift has."""
        return max(1, round(self.hours * (self.workers + self.counters) * ACTS_AN_HOUR))


def play(plan: Plan, say: Callable[[str], None] = lambda _: None) -> Report:
    """Plays a shift and proves it.

    Raises:
        NotHere: `here`, and the configured database holds real data, or several warehouses and none is named.
    """
    with place(plan.database, here=plan.here, warehouse=plan.warehouse) as made, scratch("pickface-shift-") as folder:
        say("The company is there; the server starts …")
        with serving(made):
            return _Conductor(plan, made, folder, say).play()


class _Conductor:
    """Whoever says who acts next."""

    def __init__(self, plan: Plan, made: World, folder: Path, say: Callable[[str], None]) -> None:
        self._plan, self._made, self._folder, self._say = plan, made, folder, say
        self._dice = random.Random(f"{plan.seed}-turns")
        items = run(made.environ, "export", "items")["items"]
        floor = Floor(_catalogue(made, items))
        floor.lay(run_in(made, "stock")["stock"])
        number, held = made.database.read(next_run), made.database.read(partial(_held, house=made.warehouse_id))
        self._shift = Shift(
            floor,
            Story(_known(floor.catalogue)),
            number=number,
            began=str(iso(now_us())),
            at_once=plan.at_once,
            held=held,
        )
        self._arrivals = Arrivals(
            made, folder, _wares(items), seed=f"{plan.seed}-arrivals", number=number, began=now_us() - BEGAN_BEFORE
        )
        self._elsewhere_s = 0.0

    def play(self) -> Report:
        """The shift, what is left to finish, and the proof."""
        plan = self._plan
        started = time.perf_counter()
        with staff(
            self._made,
            self._shift,
            self._folder,
            workers=plan.workers,
            counters=plan.counters,
            desks=plan.desks,
            seed=plan.seed,
        ) as robots:
            self._work(robots)
            if plan.finish:
                self._say("The shift is over: what is begun is finished …")
                self._finish(robots)
        took = time.perf_counter() - started - self._elsewhere_s
        self._say("The proof: verify, the FIFO audit, and the book against the floor …")
        return self._report(prove(self._made, self._shift, self._folder), took)

    def _work(self, robots: list[Robot]) -> None:
        files = max(1, round(self._plan.hours * FILES_AN_HOUR))
        for number in range(files):
            self._arrive(number, files)
            self._shift.late = number >= files // 2
            acts = self._plan.acts * (number + 1) // files - self._plan.acts * number // files
            if self._plan.at_once:
                _together(robots, acts)
            else:
                for _ in range(acts):
                    robots[self._dice.randrange(len(robots))].act()

    def _arrive(self, number: int, files: int) -> None:
        """Files come in; what the robots do not do meanwhile is not counted as their time."""
        started = time.perf_counter()
        plan = self._plan
        count = max(1, round(plan.acts / files / ACTS_AN_ORDER * plan.workers / (plan.workers + plan.counters)))
        self._arrivals.orders(count, at=number * FILE_EVERY % (BEGAN_BEFORE - HOUR), last=number == files - 1)
        if number % FILES_A_PURCHASE == 0:
            self._arrivals.purchases()
        self._elsewhere_s += time.perf_counter() - started

    def _finish(self, robots: list[Robot]) -> None:
        """Nothing goes wrong any more, and everybody works until nothing is left."""
        self._shift.faulty = False
        for robot in robots:
            robot.go_on()
        for _ in range(LATE_ACTS):
            for robot in robots:
                robot.act()
            if all(robot.idle for robot in robots):
                return
        self._shift.fault(f"after {LATE_ACTS:,} acts of each robot there was still something to do")

    def _report(self, proof: Proof, seconds: float) -> Report:
        shift, plan = self._shift, self._plan
        scans = sum(len(taken) for room, taken in shift.latencies.items() if room.partition(" ")[0] in BOOKED)
        return Report(
            seed=plan.seed, database=self._made.database.dialect, hours=plan.hours, workers=plan.workers,
            desks=plan.desks, story="" if plan.at_once else shift.story.digest, acts=plan.acts, scans=scans,
            seconds=seconds, latency_ms={room: latency(shift.latencies[room]) for room in sorted(shift.latencies)},
            expected=dict(sorted(shift.expected.items())), unexpected=dict(sorted(shift.unexpected.items())),
            made=dict(sorted((shift.made + self._arrivals.made).items())),
            orders=self._orders(), verify=proof.verify, audit=proof.audit,
            book=proof.book, faults=[*shift.wrong, *self._arrivals.wrong, *proof.faults], told=shift.story.lines,
        )  # fmt: skip

    def _orders(self) -> dict[str, int]:
        def read(session: Session) -> dict[str, int]:
            rows = session.all("SELECT state, count(*) AS n FROM sales_order GROUP BY state ORDER BY state")
            return {row.state: int(row.n) for row in rows}

        return {"arrived": self._arrivals.arrived, "set aside": self._arrivals.set_aside} | self._made.database.read(
            read
        )


def _catalogue(made: World, items: list[dict[str, Any]]) -> Catalogue:
    places = run_in(made, "export", "locations")["locations"]
    packs = run(made.environ, "export", "barcodes")["barcodes"]
    bins = [row for row in places if row["kind"] == "bin"]
    faces = [row["code"] for row in bins if row["pick_face"]] or [row["code"] for row in bins]
    units = {row["sku"]: row["barcode"] or row["sku"] for row in items}
    known = {text: (sku, 1) for sku, barcode in units.items() for text in (sku, barcode)}
    return Catalogue(
        known | {row["barcode"]: (row["sku"], int(row["quantity"])) for row in packs}, units,
        {text: row["code"] for row in places for text in (row["code"], row["barcode"]) if text},
        tuple(row["barcode"] or row["code"] for row in bins),
        next((row["code"] for row in places if row["kind"] == "quarantine"), ""), frozenset(faces),
    )  # fmt: skip


def _wares(items: list[dict[str, Any]]) -> list[Ware]:
    return [
        Ware(row["sku"], row["supplier"] or "", int(row["pack_size"] or 1), row["tracking"] == "serial")
        for row in items if row["kind"] == "merchandise"
    ]  # fmt: skip


def _known(catalogue: Catalogue) -> dict[str, str]:
    """Names that last for what the robots scan: the same in every world of the same seed."""
    items = {text: sku if count == 1 else f"{count} × {sku}" for text, (sku, count) in catalogue.items.items()}
    return catalogue.places | items


def _held(session: Session, *, house: int) -> list[Held]:
    """What an earlier shift left for a count, and nobody can take."""
    rows = session.all(
        """SELECT i.sku, l.code FROM block b JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id
           WHERE b.closed_at IS NULL AND b.warehouse_id = :house""", house=house)  # fmt: skip
    return [Held(row.sku, row.code, "") for row in rows]


def _together(robots: list[Robot], acts: int) -> None:
    """All robots at the same time, until so many acts are done."""
    left, lock = [acts], threading.Lock()

    def work(robot: Robot) -> None:
        while True:
            with lock:
                if left[0] <= 0:
                    return
                left[0] -= 1
            robot.act()

    with ThreadPoolExecutor(len(robots)) as pool:
        begun = [pool.submit(work, robot) for robot in robots]
        try:
            for each in begun:
                each.result()
        finally:
            left[0] = 0  # whoever was told to end does not wait for the rest of the acts
