"""Whatever moves, vanishes, is misplaced, counted, recounted and approved in whatever order: the book equals the floor.

The test keeps the floor's own truth: how many of each item really lie in each bin. It also knows of every bin by how much
floor and book differ: only what happens without the book changes that, and only an approved difference puts it right.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count as counting
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.floor import House, Worker
from warehouse.catalog.locations import make_location, make_warehouse, refresh_pick_locations
from warehouse.catalog.places import places
from warehouse.catalog.settings import change_setting
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger import Goods, Move, NotEnoughStock, make_layer, post
from warehouse.ledger.verify import verify
from warehouse.people.actions import make_person, make_program
from warehouse.who import By, system

SHORT = {"max_examples": 12, "stateful_step_count": 40}
LONG = {"max_examples": int(os.environ.get("WAREHOUSE_PROOF_EXAMPLES", "400")), "stateful_step_count": 60}

SEED = 6
TIMEZONE = "UTC"
ITEMS = ("KETTLE", "PAN")
BINS = ("A-01", "A-02", "A-03")
COUNTERS = ("ann", "ben", "cho")
WHICH = st.integers(0, 11)  # of the stock rows that are there

numbers = counting()


@dataclass
class Hand:
    """A counter at a bin: what is still to be looked at, and by how much floor and book differed as each was looked at.

    `asked`: the items that the round is about. Others are counted only where some lie there.
    """

    worker: Worker
    place: str = ""
    open: list[str] = field(default_factory=list)
    asked: tuple[str, ...] = ()
    seen: dict[str, int] = field(default_factory=dict)


class Floor(RuleBasedStateMachine):
    """A warehouse of its own for each example, its real floor, and people who work, lose, misplace and count."""

    house: House
    met: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.met["histories"] += 1
        self.base = self.house.base
        self.places: dict[str, int] = {}
        self.id = self.base.change(self._build)
        self.names = {number: name for name, number in self.places.items()}
        self.items = {sku: self.house.items[sku] for sku in ITEMS}
        self.skus = {number: sku for sku, number in self.items.items()}
        self.untold: list[tuple[Move, str, str, str, int]] = []
        self.lies: dict[tuple[str, str], int] = {(place, sku): 0 for place in BINS for sku in ITEMS}
        self.gap: dict[tuple[str, str], int] = dict(self.lies)
        self.found: dict[str, dict[str, int]] = {}
        self.hands = {name: Hand(self._worker("counter")) for name in COUNTERS}
        self.pickers, self.desk = [self._worker("picker") for _ in range(3)], self._worker("supervisor")
        made = self.base.change(lambda session: make_person(session, f"mei-{self.id}", ("supervisor",)))
        self.badge = made["badge"]
        self.orders = 0

    def _build(self, session: Session) -> int:
        code = f"W{next(numbers)}"
        warehouse_id = make_warehouse(session, code, timezone=TIMEZONE)
        for number, name in enumerate(BINS):
            self.places[name] = make_location(
                session, warehouse_id, name, kind="bin", barcode=f"{code}-{name}", aisle=1, position=number, level=1
            )
        refresh_pick_locations(session, warehouse_id)
        session.run("UPDATE sales_order SET state = 'cancelled' WHERE state IN ('unsourced', 'waiting')")
        change_setting(session, "main_warehouse", code, warehouse_id=0, changed_by="test", at=now_us())
        self.code = code
        return warehouse_id

    def _worker(self, role: str) -> Worker:
        made = self.base.change(
            lambda session: make_program(session, f"{role}-{new_id(session)}", (role,), warehouse_id=self.id)
        )
        return Worker(self.house.app.test_client(), made["token"])

    def by(self) -> By:
        return system(self.id, TIMEZONE, now=now_us())

    # ------------------------------------------------------------ work with the book

    @initialize()
    def something_is_there(self) -> None:
        for place, sku, quantity in (("A-01", "KETTLE", 6), ("A-02", "KETTLE", 3), ("A-01", "PAN", 2)):
            self.receive(place, sku, quantity)
        for sku, quantity in (("KETTLE", 4), ("PAN", 2)):
            self.order(sku, quantity)

    @rule(place=st.sampled_from(BINS), sku=st.sampled_from(ITEMS), quantity=st.integers(1, 5))
    def receive(self, place: str, sku: str, quantity: int) -> None:
        def arrive(session: Session) -> None:
            layer = make_layer(session, self.by(), item_id=self.items[sku], received_at=now_us())
            supplier = places(session, self.id).supplier
            goods = Goods(self.items[sku], layer)
            post(session, self.by(), "receive", [Move(quantity, supplier, self.places[place], goods)])

        self.base.change(arrive)
        self.lies[place, sku] += quantity

    @rule(which=WHICH, quantity=st.integers(1, 4), to=st.sampled_from(BINS))
    def move(self, which: int, quantity: int, to: str) -> None:
        """Goods are carried and posted; only what is really there is carried."""
        if (carried := self._carried(which, quantity, to)) is not None:
            self.base.change(lambda session: post(session, self.by(), "move", [carried[0]]))
            self.met["moves"] += 1

    @rule(which=WHICH, quantity=st.integers(1, 4), to=st.sampled_from(BINS))
    def carry_without_network(self, which: int, quantity: int, to: str) -> None:
        """Goods are carried; the handheld will tell it later."""
        if (carried := self._carried(which, quantity, to)) is not None:
            self._differ(*carried, 1)
            self.untold.append((*carried, now_us()))

    @rule()
    def tell(self) -> None:
        """The network is back: the handheld tells when it was; what the book no longer has there it refuses.

        No precondition: what is drawn must not depend on what came of it, which may depend on the clock.
        """
        if not self.untold:
            return
        move, origin, to, sku, occurred_at = self.untold.pop(0)
        by = replace(self.by(), occurred_at=occurred_at)
        try:
            self.base.change(lambda session: post(session, by, "move", [move]))
        except NotEnoughStock:
            return
        self._differ(move, origin, to, sku, -1)
        self.met["moves told late"] += 1

    def _carried(self, which: int, quantity: int, to: str) -> tuple[Move, str, str, str] | None:
        """Some goods that nobody is promised are taken elsewhere; what would be posted."""
        rows = self.base.read(
            lambda session: session.all(
                """SELECT location_id, item_id, layer_id, quantity - reserved AS free FROM balance
                   WHERE warehouse_id = :id AND quantity > reserved ORDER BY id""",
                id=self.id,
            )
        )
        rows = [row for row in rows if row.location_id in self.names]
        if not rows:
            return None
        row = rows[which % len(rows)]
        origin, sku = self.names[row.location_id], self.skus[row.item_id]
        quantity = min(quantity, int(row.free), self.lies[origin, sku])
        if origin == to or not quantity:
            return None
        self.lies[origin, sku] -= quantity
        self.lies[to, sku] += quantity
        goods = Goods(row.item_id, row.layer_id)
        return Move(quantity, self.places[origin], self.places[to], goods), origin, to, sku

    def _differ(self, move: Move, origin: str, to: str, sku: str, sign: int) -> None:
        """The book does not know of a move yet; or knows it now."""
        self.gap[origin, sku] -= sign * move.quantity
        self.gap[to, sku] += sign * move.quantity

    @precondition(lambda self: self.orders < 9)
    @rule(sku=st.sampled_from(ITEMS), quantity=st.integers(1, 5))
    def order(self, sku: str, quantity: int) -> None:
        self.orders += 1
        self.house.order((sku, quantity))

    @rule(who=st.integers(0, 2), scans=st.integers(0, 4))
    def pick(self, who: int, scans: int) -> None:
        """A picker takes an order and does some scans of it; what is not there is declared short."""
        picker = self.pickers[who]
        if picker.screen is None or picker.screen["done"]:
            picker.next("picking")
        for _ in range(scans):
            if picker.screen is None or picker.screen["done"]:
                return
            self._pick_one(picker, picker.screen)

    def _pick_one(self, picker: Worker, screen: dict[str, Any]) -> None:
        kind, target = screen["expects"][0], screen["target"]
        if kind not in {"item", "quantity"}:
            picker.obey()
            return
        place, sku = target["location"]["code"], target["item"]["code"]
        wanted = 1 if kind == "item" else target["quantity"]["wanted"] - target["quantity"]["done"]
        quantity = min(wanted, self.lies[place, sku])
        picker.scan(f"XQ{quantity}" if quantity and kind == "quantity" else sku if quantity else "XXSHORT")
        if picker.status == 200 and quantity:
            self.lies[place, sku] -= quantity
            self.met["picks"] += 1

    # ------------------------------------------------------------ what happens without the book

    @rule(place=st.sampled_from(BINS), sku=st.sampled_from(ITEMS), quantity=st.integers(1, 3))
    def lose(self, place: str, sku: str, quantity: int) -> None:
        quantity = min(quantity, self.lies[place, sku])
        self.lies[place, sku] -= quantity
        self.gap[place, sku] -= quantity
        self.met["units lost"] += quantity

    @rule(place=st.sampled_from(BINS), to=st.sampled_from(BINS), sku=st.sampled_from(ITEMS), quantity=st.integers(1, 3))
    def misplace(self, place: str, to: str, sku: str, quantity: int) -> None:
        quantity = min(quantity, self.lies[place, sku])
        for where, units in ((place, -quantity), (to, quantity)):
            self.lies[where, sku] += units
            self.gap[where, sku] += units
        self.met["units misplaced"] += quantity

    @rule(place=st.sampled_from(BINS), sku=st.sampled_from(ITEMS), quantity=st.integers(1, 2))
    def turn_up(self, place: str, sku: str, quantity: int) -> None:
        self.lies[place, sku] += quantity
        self.gap[place, sku] += quantity
        self.met["units that turned up"] += quantity

    # ------------------------------------------------------------ counting

    @rule(place=st.sampled_from(BINS))
    def ask(self, place: str) -> None:
        self.desk.post("/counts", code=f"{self.code}-{place}")
        assert self.desk.status == 200

    @rule(name=st.sampled_from(COUNTERS))
    def go_to_a_bin(self, name: str) -> None:
        hand = self.hands[name]
        if hand.place:
            return
        screen = hand.worker.next("counting")
        if screen is None:
            return
        hand.place = screen["target"]["location"]["code"]
        said = hand.worker.scans(f"{self.code}-{hand.place}")
        named = tuple(sku for sku in ITEMS if sku in hand.worker.notice["text"])  # type: ignore[index]
        hand.asked = named if said == "count_bin_for" else ITEMS
        hand.open, hand.seen = list(ITEMS), {}

    @rule(name=st.sampled_from(COUNTERS), steps=st.integers(1, 3))
    def count(self, name: str, steps: int) -> None:
        """A counter looks at the next goods, or confirms the bin when all were looked at."""
        hand = self.hands[name]
        for _ in range(steps):
            if not hand.place:
                return
            if hand.open:
                self._look(hand, hand.open.pop())
            else:
                self._confirm(hand)

    def _look(self, hand: Hand, sku: str) -> None:
        there = self.lies[hand.place, sku]
        hand.seen.pop(sku, None)
        if there or sku in hand.asked:
            hand.seen[sku] = self.gap[hand.place, sku]
        if there:
            hand.worker.scans(sku, *([f"XQ{there - 1}"] if there > 1 else []))

    def _confirm(self, hand: Hand) -> None:
        said = hand.worker.scans("XXOK")
        self.met[{"count_moved": "confirmations of moved goods"}.get(said, "rounds")] += 1
        if said == "count_moved":
            hand.open = [sku for sku in ITEMS if sku in hand.worker.notice["text"]]  # type: ignore[index]
            return
        assert said == "bin_counted"
        assert self.base.read(lambda session: self._differences(session, hand.place)) == {
            sku: gap for sku, gap in hand.seen.items() if gap
        }
        self.found[hand.place] = self.found.get(hand.place, {}) | hand.seen
        hand.place = ""

    def _differences(self, session: Session, place: str) -> dict[str, int]:
        """By how much the last round at a bin differs from the book."""
        rows = session.all(
            """SELECT n.item_id, n.counted - n.expected AS gap FROM count_line n JOIN count_round r
               ON r.count_id = n.count_id AND r.round = n.round WHERE n.location_id = :place AND n.counted <> n.expected
                 AND n.state <> 'taken_back'
                 AND r.ended_at = (SELECT MAX(o.ended_at) FROM count_round o WHERE o.location_id = :place)""",
            place=self.places[place],
        )  # fmt: skip
        return {self.skus[row.item_id]: row.gap for row in rows}

    @rule(name=st.sampled_from(COUNTERS))
    def confirm_and_take_back(self, name: str) -> None:
        """The rest is looked at, and the confirmation is taken back at once and made again."""
        hand = self.hands[name]
        if not hand.place:
            return
        while hand.open:
            self._look(hand, hand.open.pop())
        before = dict(self.found.get(hand.place, {}))
        place = hand.place
        self._confirm(hand)
        if hand.place:
            return
        assert hand.worker.scan("XXUNDO") == "count_reopened"
        self.met["rounds taken back"] += 1
        self.found[place], hand.place = before, place
        self._confirm(hand)

    @rule(name=st.sampled_from(COUNTERS))
    def let_go(self, name: str) -> None:
        """A counter goes away in the middle: what they counted is void, and from now on they are not believed alone."""
        hand = self.hands[name]
        if hand.place:
            hand.worker.scans("XXSKIP")
            hand.place = ""
            self.met["bins let go"] += 1

    @rule(again=st.booleans())
    def decide(self, again: bool) -> None:
        """The supervisor decides about every paper that waits."""
        for paper in self.desk.get("/counts?state=review")["counts"]:
            if not again:
                self.desk.post(f"/counts/{paper['id']}/approve", cause="LOSS", badge=self.badge)
                self.met["approvals" if self.desk.status == 200 else "approvals refused"] += 1
                if self.desk.status == 200:
                    self._right(paper["location"])
                    continue
            self.desk.post(f"/counts/{paper['id']}/again")
            assert self.desk.status == 200

    def _right(self, place: str) -> None:
        """An approved difference brings the book so much nearer to the floor."""
        for sku, difference in self.found.pop(place, {}).items():
            self.gap[place, sku] -= difference

    # ------------------------------------------------------------ what must hold

    @invariant()
    def the_book_is_the_floor_but_for_what_nobody_has_told_it(self) -> None:
        book = self.base.read(self._book)
        assert book == {key: self.lies[key] - self.gap[key] for key in self.lies}

    def _book(self, session: Session) -> dict[tuple[str, str], int]:
        rows = session.all(
            "SELECT location_id, item_id, SUM(quantity) AS n FROM balance WHERE warehouse_id = :id GROUP BY 1, 2",
            id=self.id,
        )
        found = dict.fromkeys(self.lies, 0)
        for row in rows:
            if row.location_id in self.names:
                found[self.names[row.location_id], self.skus[row.item_id]] = int(row.n)
        return found

    def teardown(self) -> None:
        """At the end everything that is begun is finished, and one stocktake makes the book equal to the floor."""
        self._count_all()
        while self.untold:
            self.tell()
        self._finish()
        self.desk.post("/counts", code=self.code)
        self._finish()
        assert self.base.read(self._book) == self.lies
        assert self.base.read(lambda session: verify(session, self.id)).faults == []

    def _count_all(self) -> None:
        for name in COUNTERS:
            self.go_to_a_bin(name)
            while self.hands[name].place:
                self.count(name, 1)

    def _finish(self) -> None:
        for _ in range(200):
            before = self.base.read(lambda session: session.value("SELECT count(*) FROM count_round"))
            self._count_all()
            self.decide(again=False)
            waits = self.desk.get("/counts?state=review")["counts"] + self.desk.get("/counts?state=recount")["counts"]
            if not waits and before == self.base.read(
                lambda session: session.value("SELECT count(*) FROM count_round")
            ):
                return
        raise AssertionError(f"counting never ends: {waits}, {self.desk.notice}")


def prove(house: House, *, max_examples: int, stateful_step_count: int) -> Counter[str]:
    """Runs the machine so many times; what it met."""
    made = type("Floor", (Floor,), {"house": house, "met": Counter()})
    house.base.change(lambda session: house.add_item(session, "PAN", unit_cost=1))
    run_state_machine_as_test(
        seed(SEED)(made),
        settings=settings(
            max_examples=max_examples, stateful_step_count=stateful_step_count, deadline=None, database=None,
            phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    return made.met


def test_the_book_is_the_floor(house: House) -> None:
    """R-CNT-1…4: it always ends with book = floor."""
    met = prove(house, **SHORT)
    wanted = ("moves", "moves told late", "picks", "units lost", "units misplaced", "rounds",
              "confirmations of moved goods", "rounds taken back", "bins let go", "approvals", "approvals refused")  # fmt: skip
    assert all(met[each] for each in wanted), met


@pytest.mark.proof
def test_the_book_is_the_floor_for_long(house: House, tell: Callable[[str], None]) -> None:
    """The same, long."""
    met = prove(house, **LONG)
    tell(f"counts: seed {SEED}, " + ", ".join(f"{met[each]} {each}" for each in met))
