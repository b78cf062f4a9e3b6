"""One shift from its world to its report: who works, who acts next, what arrives, and the proof at the end."""

from __future__ import annotations

import csv
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from warehouse.bench.world import World, free_port, serving, world
from warehouse.catalog.settings import change_setting
from warehouse.clock import HOUR, as_datetime, now_us
from warehouse.db import Session, open_database
from warehouse.demo import is_empty, make_demo, people_here
from warehouse.ledger import Signer
from warehouse.migrate import migrate
from warehouse.people.actions import end_sessions, make_program
from warehouse.settings import Settings
from warehouse.simulate.arrivals import BEGAN_BEFORE, STEP, Arrivals, Ware, run
from warehouse.simulate.audit import newer_picks
from warehouse.simulate.client import Line
from warehouse.simulate.floor import Catalogue, Floor
from warehouse.simulate.moves import BOOKED
from warehouse.simulate.report import Report, latency
from warehouse.simulate.robots import Chief, Robot, Shift
from warehouse.simulate.story import Story

ACTS_AN_HOUR = 240
"""How many scans a member of the shift makes in an hour."""
ACTS_AN_ORDER = 22
"""About how many scans an order needs from its tote to the truck: so many orders arrive as the shift can do."""
FILES_AN_HOUR = 4
FILES_A_PURCHASE = 2
LATE_ACTS = 400
"""How many acts each robot may need after the shift to finish what is begun."""
MORNING = 9
DUTIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("picker", ("picking", "replenishing")), ("packer", ("packing", "shipping")),
    ("receiver", ("receiving", "putaway")), ("picker", ("replenishing", "picking")),
    ("receiver", ("putaway", "receiving")), ("packer", ("shipping", "packing")), ("picker", ("picking", "replenishing")),
    ("packer", ("packing", "shipping")),
)  # fmt: skip
"""Who works where, first choice first; a larger shift goes through the list again, a smaller one shares the duties."""
KINDS = 3


class NotHere(Exception):  # noqa: N818
    """The configured database holds real data."""

    def __str__(self) -> str:
        return (
            "this database holds data of its own, and a shift would change it for good. "
            "Expected: an empty database or the demo. Without --here a database is made for the shift alone."
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be played.

    Attributes:
        database: sqlite or postgresql, made for this shift alone; `here` plays in the configured one instead.
        at_once: all robots act at the same time, and only the outcome is looked at; else they take turns.
    """

    seed: int
    hours: float = 1.0
    workers: int = 8
    database: str = "sqlite"
    here: bool = False
    at_once: bool = False

    @property
    def acts(self) -> int:
        """How many acts the shift has."""
        return max(1, round(self.hours * self.workers * ACTS_AN_HOUR))


def play(plan: Plan, say: Callable[[str], None] = lambda _: None) -> Report:
    """Plays a shift.

    Raises:
        NotHere: `here`, and the configured database holds real data.
    """
    with _place(plan) as made, tempfile.TemporaryDirectory(prefix="pickface-shift-") as folder:
        say("The company is there; the server starts …")
        with serving(made):
            return _Conductor(plan, made, Path(folder), say).play()


@contextmanager
def _place(plan: Plan) -> Iterator[World]:
    with _configured() if plan.here else world(plan.database) as made:
        if made.database.read(is_empty):
            make_demo(made.database, timezone=made.settings.timezone if plan.here else _morning())
        elif not made.database.read(people_here):
            raise NotHere
        made.warehouse_id = made.database.read(_only_warehouse)
        if not plan.here:
            made.database.change(partial(_every_day, warehouse_id=made.warehouse_id))
        yield made


@contextmanager
def _configured() -> Iterator[World]:
    """The configured installation, with a server of its own beside any other."""
    mine = {"WAREHOUSE_BIND": f"127.0.0.1:{free_port()}"}
    settings = Settings.from_environ(dict(os.environ) | mine, dotenv=Path(".env"))
    signer = Signer(settings.ledger_key_id, settings.ledger_key)
    database = open_database(settings.database_url, home=settings.home, signer=signer)
    try:
        migrate(database.engine)
        yield World(settings, database, dict(os.environ) | mine)
    finally:
        database.close()


def _morning() -> str:
    """A zone where it is morning now: cut-off and midnight are far, so that the story hangs on the seed alone."""
    offset = MORNING - as_datetime(now_us()).hour
    offset += 24 if offset < -11 else 0  # noqa: PLR2004 - the day before is the same morning
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def _every_day(session: Session, *, warehouse_id: int) -> None:
    """Deadlines are the same on whatever day of the week this runs."""
    change_setting(
        session, "working_days", "1 2 3 4 5 6 7", warehouse_id=warehouse_id, changed_by="simulate", at=now_us()
    )


def _only_warehouse(session: Session) -> int:
    return int(session.value("SELECT id FROM warehouse ORDER BY made_at, id LIMIT 1"))


class _Conductor:
    """Whoever says who acts next."""

    def __init__(self, plan: Plan, made: World, folder: Path, say: Callable[[str], None]) -> None:
        self._plan, self._made, self._folder, self._say = plan, made, folder, say
        self._dice = random.Random(f"{plan.seed}-turns")
        floor = Floor(self._catalogue())
        floor.lay(run(made.environ, "stock")["stock"])
        self._shift = Shift(floor, Story(_known(floor.catalogue)), at_once=plan.at_once)
        self._accounts: list[int] = []
        self._lines: list[Line] = []
        self._arrivals = Arrivals(
            made.environ, folder, self._wares(), seed=f"{plan.seed}-arrivals", began=now_us() - BEGAN_BEFORE
        )

    def play(self) -> Report:
        """The shift, what is left to finish, and the proof."""
        robots = self._robots()
        try:
            started = time.perf_counter()
            self._work(robots)
            self._say("The shift is over: what is begun is finished …")
            self._finish(robots)
            took = time.perf_counter() - started
            scans = sum(len(self._shift.latencies[room]) for room in BOOKED)
        finally:
            self._go_home()
        self._say("The proof: verify, the FIFO audit, and the book against the floor …")
        return self._report(scans, took - self._idle_s)

    # ------------------------------------------------------------ the shift

    def _work(self, robots: list[Robot]) -> None:
        self._idle_s = 0.0
        files = max(1, round(self._plan.hours * FILES_AN_HOUR))
        for number in range(files):
            self._arrive(number, files)
            acts = self._plan.acts * (number + 1) // files - self._plan.acts * number // files
            if self._plan.at_once:
                _together(robots, acts)
            else:
                for _ in range(acts):
                    robots[self._dice.randrange(len(robots))].act()

    def _arrive(self, number: int, files: int) -> None:
        """A file of orders; what the robots do not do meanwhile is not counted as their time."""
        started = time.perf_counter()
        count = max(1, round(self._plan.acts / files / ACTS_AN_ORDER))
        self._arrivals.orders(count, at=number * STEP % (BEGAN_BEFORE - HOUR))
        if number % FILES_A_PURCHASE == 0:
            self._arrivals.purchases()
        self._idle_s += time.perf_counter() - started

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
        self._shift.fault(f"after {LATE_ACTS} acts of each robot there was still something to do")

    def _robots(self) -> list[Robot]:
        robots = [self._robot(number) for number in range(self._plan.workers)]
        return [*robots, Chief(self._line("chief", ("supervisor",)), self._shift, f"{self._plan.seed}-chief")]

    def _robot(self, number: int) -> Robot:
        count = self._plan.workers
        duties = [DUTIES[number % len(DUTIES)]] if count >= KINDS else [
            duty for index, duty in enumerate(DUTIES[:KINDS]) if index % count == number
        ]  # fmt: skip
        name = f"{duties[0][0]}-{number + 1}"
        line = self._line(name, tuple(role for role, _ in duties))
        rooms = tuple(room for _, rooms in duties for room in rooms)
        return Robot(name, rooms, line, self._shift, f"{self._plan.seed}-{name}")

    def _line(self, name: str, roles: tuple[str, ...]) -> Line:
        """A connection with an account of its own for the time of the shift."""
        mark = f"{name} {now_us()}" if self._plan.here else name
        token, person = self._made.database.change(
            partial(_account, name=mark, roles=roles, house=self._made.warehouse_id)
        )
        self._accounts.append(person)
        bind = self._made.settings.bind
        line = Line((bind[0], bind[1]), token)
        self._lines.append(line)
        return line

    def _go_home(self) -> None:
        """The robots' accounts end with the shift."""
        for line in self._lines:
            line.close()
        self._made.database.change(lambda session: [end_sessions(session, each) for each in self._accounts])

    # ------------------------------------------------------------ what the robots know

    def _catalogue(self) -> Catalogue:
        places = run(self._made.environ, "export", "locations")["locations"]
        items = run(self._made.environ, "export", "items")["items"]
        packs = run(self._made.environ, "export", "barcodes")["barcodes"]
        bins = [row for row in places if row["kind"] == "bin"]
        faces = [row["code"] for row in bins if row["pick_face"]] or [row["code"] for row in bins]
        units = {row["sku"]: row["barcode"] or row["sku"] for row in items}
        known = {text: (sku, 1) for sku, barcode in units.items() for text in (sku, barcode)}
        return Catalogue(
            known | {row["barcode"]: (row["sku"], int(row["quantity"])) for row in packs}, units,
            {text: row["code"] for row in places for text in (row["code"], row["barcode"]) if text},
            tuple(row["barcode"] or row["code"] for row in bins),
            next((row["code"] for row in places if row["kind"] == "quarantine"), "lost_and_found"), frozenset(faces),
        )  # fmt: skip

    def _wares(self) -> list[Ware]:
        items = run(self._made.environ, "export", "items")["items"]
        return [
            Ware(row["sku"], row["supplier"] or "", int(row["pack_size"] or 1), row["tracking"] == "serial")
            for row in items if row["kind"] == "merchandise"
        ]  # fmt: skip

    # ------------------------------------------------------------ the proof

    def _report(self, scans: int, seconds: float) -> Report:
        shift, plan = self._shift, self._plan
        proof = run(self._made.environ, "verify", statuses=(0, 1))
        moves = self._moves()
        newer = self._newer_picks(moves)
        rows = run(self._made.environ, "stock")["stock"]
        apart = [*shift.floor.differences(rows), *self._left_by_truck(moves)]
        faults = [
            *shift.wrong, *self._arrivals.wrong, *(f"verify: {fault}" for fault in proof["faults"]),
            *(f"FIFO: {fault}" for fault in newer), *(f"book: {fault}" for fault in apart),
        ]  # fmt: skip
        return Report(
            seed=plan.seed, database=self._made.database.dialect, hours=plan.hours, workers=plan.workers,
            story="" if plan.at_once else shift.story.digest, acts=plan.acts, scans=scans, seconds=seconds,
            latency_ms={room: latency(shift.latencies[room]) for room in sorted(shift.latencies)},
            expected=dict(sorted(shift.expected.items())), unexpected=dict(sorted(shift.unexpected.items())),
            made=dict(sorted(shift.made.items())), orders=self._orders(), verify=proof,
            audit={"picks": sum(row["cause"] == "pick" for row in moves), "newer": len(newer)},
            book={"places with goods": len(rows), "pieces missing on purpose": shift.floor.lost.total(),
                  "differences": len(apart)},
            faults=faults, told=shift.story.lines,
        )  # fmt: skip

    def _moves(self) -> list[dict[str, str]]:
        path = self._folder / "moves.csv"
        run(self._made.environ, "export", "moves", str(path))
        with path.open(newline="", encoding="utf-8-sig") as text:
            return list(csv.DictReader(text))

    def _newer_picks(self, moves: list[dict[str, str]]) -> list[str]:
        zone = self._made.database.read(lambda session: session.value("SELECT timezone FROM warehouse LIMIT 1"))
        places = set(self._shift.floor.catalogue.pick_places)
        return newer_picks(
            moves, pick_places=places, timezone=zone, held=self._shift.held, promised=self._shift.promised
        )

    def _left_by_truck(self, moves: list[dict[str, str]]) -> list[str]:
        """Every unit that the robots handed over is shipped in the book, once, and no other (R-ORD-2)."""
        handed = self._shift.floor.shipped
        mine = {key for key in (row["key"] for row in moves) if key.startswith(f"{self._plan.seed}-")}
        booked: dict[str, int] = {}
        for row in moves:
            if row["cause"] == "ship" and row["sku"] and row["key"] in mine:
                booked[row["sku"]] = booked.get(row["sku"], 0) + int(row["quantity"])
        return [
            f"{sku}: {handed[sku]} were handed over, {booked.get(sku, 0)} are shipped in the book"
            for sku in sorted(handed.keys() | booked.keys()) if handed[sku] != booked.get(sku, 0)
        ]  # fmt: skip

    def _orders(self) -> dict[str, int]:
        def read(session: Session) -> dict[str, int]:
            rows = session.all("SELECT state, count(*) AS n FROM sales_order GROUP BY state ORDER BY state")
            return {row.state: int(row.n) for row in rows}

        return {"arrived": self._arrivals.arrived, "set aside": self._arrivals.set_aside} | self._made.database.read(
            read
        )


def _account(session: Session, *, name: str, roles: tuple[str, ...], house: int) -> tuple[str, int]:
    token = make_program(session, name, roles, warehouse_id=house)["token"]
    return token, int(session.value("SELECT id FROM person WHERE name = :name ORDER BY id DESC LIMIT 1", name=name))


def _known(catalogue: Catalogue) -> dict[str, str]:
    """Names that last for what the robots scan: the same in every world of the same seed."""
    items = {text: sku if count == 1 else f"{count} × {sku}" for text, (sku, count) in catalogue.items.items()}
    return catalogue.places | items


def _together(robots: list[Robot], acts: int) -> None:
    """All robots at the same time, until so many acts are done."""
    left, lock = [acts], threading.Lock()

    def work(robot: Robot) -> None:
        while True:
            with lock:
                if not left[0]:
                    return
                left[0] -= 1
            robot.act()

    with ThreadPoolExecutor(len(robots)) as pool:
        for each in [pool.submit(work, robot) for robot in robots]:
            each.result()
