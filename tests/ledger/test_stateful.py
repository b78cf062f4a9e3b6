"""Whatever is done to the ledger in whatever order, it equals the book on paper and proves itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.floor import House
from tests.ledger.model import Arrival, CannotBe, Hold, Paper, Pile, Posted
from warehouse.catalog.locations import make_location, make_warehouse, refresh_pick_locations
from warehouse.catalog.places import places
from warehouse.clock import MINUTE, NEVER_DAY, now_us, parse_day
from warehouse.db import Session
from warehouse.ledger import (
    Block,
    Goods,
    Move,
    NotEnoughStock,
    Reserved,
    TooLateToUndo,
    block,
    make_layer,
    post,
    release,
    release_shipment,
    reserve,
    reserve_at,
    seal_some,
    unblock,
    undo,
)  # fmt: skip
from warehouse.ledger.verify import verify
from warehouse.who import By, system

SHORT = {"max_examples": 30, "stateful_step_count": 30}
SHORT_RESERVING = {"max_examples": 20, "stateful_step_count": 25}
LONG = {"max_examples": int(os.environ.get("WAREHOUSE_PROOF_EXAMPLES", "400")), "stateful_step_count": 60}

TIMEZONE = "UTC"
ITEMS = ("KETTLE", "TEA")
BINS, TOTES = ("A-01", "A-02", "A-03"), ("T-1", "T-2")
LINES = st.integers(1, 4)
QUANTITIES = st.integers(1, 6)
TODAY = parse_day("2026-06-01")

numbers = count()


class Machine(RuleBasedStateMachine):
    """The ledger of a warehouse of its own, and the same book on paper. Each example gets a new warehouse."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        self.base = self.house.base
        self.place_ids: dict[str, int] = {}
        self.id = self.base.change(self._build)
        walk = self.base.read(lambda session: session.all("SELECT id, path, pick FROM location"))
        named = {number: name for name, number in self.place_ids.items()}
        self.paper = Paper(
            {named[row.id]: row.path for row in walk if row.id in named},
            frozenset(named[row.id] for row in walk if row.id in named and row.pick),
            frozenset({"supplier", "customer"}),
        )
        self.names = named
        self.layers: dict[Arrival, Goods] = {}
        self.postings: list[tuple[int, Posted]] = []
        self.clock = now_us()

    def _build(self, session: Session) -> int:
        warehouse_id = make_warehouse(session, f"W{next(numbers)}", timezone=TIMEZONE)
        self.place_ids["DOCK"] = make_location(session, warehouse_id, "DOCK", kind="dock")
        for number, code in enumerate(BINS):
            self.place_ids[code] = make_location(
                session, warehouse_id, code, kind="bin", aisle=2, position=number, level=1
            )
        for code in TOTES:
            self.place_ids[code] = make_location(session, warehouse_id, code, kind="tote", barcode=code)
        refresh_pick_locations(session, warehouse_id)
        here = places(session, warehouse_id)
        for name in ("supplier", "customer", "in_picking", "to_pack"):
            self.place_ids[name] = getattr(here, name)
        return warehouse_id

    # ------------------------------------------------------------ what both do

    def by(self) -> By:
        return system(self.id, TIMEZONE, now=self.clock)

    def change(self, fn: Callable[[Session], Any]) -> Any:
        return self.base.change(fn)

    def layer(self, item: str, day: int, lot: str, last: int = 0) -> Arrival:
        """A new layer, in the database and on paper."""
        received = (parse_day("2026-01-01") + day - parse_day("1970-01-01")) * 24 * 60 * MINUTE

        def make(session: Session) -> Goods:
            item_id = self.house.items[item]
            lot_id = self.house.lot(session, item_id, lot) if lot else 0
            made = make_layer(
                session, self.by(), item_id=item_id, received_at=received, lot_id=lot_id, expiry_day=last, lock_days=0
            )
            return Goods(item_id, made, lot_id)

        goods = self.change(make)
        rank = last or parse_day("2026-01-01") + day
        arrival = Arrival(len(self.layers), item, lot, rank, last or NEVER_DAY)
        self.layers[arrival] = goods
        return arrival

    def both(self, on_paper: Callable[[Paper], Any], in_ledger: Callable[[Session], Any], *refusals: type) -> Any:
        """Does the same on paper and in the ledger: both can, or both cannot. What the ledger returned, or None."""
        tried = self.paper.copy()
        try:
            on_paper(tried)
        except CannotBe:
            with pytest.raises(refusals):
                self.change(in_ledger)
            return None
        result = self.change(in_ledger)
        on_paper(self.paper)
        return result

    def posting(self, arrival: Arrival, quantity: int, origin: str, to: str, **more: Any) -> None:
        goods, line = self.layers[arrival], more["reserved"].line_id if more.get("reserved") else 0
        move = Move(quantity, self.place_ids[origin], self.place_ids[to], goods, **more)
        posted = self.both(
            lambda paper: paper.move(arrival, quantity, origin, to, line),
            lambda session: post(session, self.by(), "move", [move]), NotEnoughStock,
        )  # fmt: skip
        if posted:
            self.postings.append((posted, Posted(arrival, quantity, origin, to, line)))

    def reservation(self, pile: Pile, line: int) -> Reserved:
        """A promise as the ledger has it."""
        return self.base.read(
            lambda session: Reserved(
                *session.one(
                    """SELECT r.id, r.shipment_id, r.line_id, r.quantity, r.reserved_at FROM reservation r
                       JOIN balance b ON b.id = r.balance_id
                       WHERE r.line_id = :line AND b.layer_id = :layer AND b.location_id = :place""",
                    line=line, layer=self.layers[pile.arrival].layer_id,
                    place=self.place_ids[pile.place],
                )
            )
        )  # fmt: skip

    def promised(self) -> list[tuple[Pile, int]]:
        return [(pile, line) for pile in self.paper.piles.values() for line in pile.promised]

    # ------------------------------------------------------------ what must hold

    @invariant()
    def the_ledger_proves_itself(self) -> None:
        assert self.base.read(lambda session: verify(session, self.id)).faults == []

    @invariant()
    def the_ledger_is_the_book_on_paper(self) -> None:
        numbers_of = {goods.layer_id: arrival.number for arrival, goods in self.layers.items()}
        rows, promises, totals, totes = self.base.read(self._read)
        assert {
            (numbers_of[row.layer_id], self.names[row.location_id]): (row.quantity, row.reserved, row.held)
            for row in rows
        } == self.paper.rows()
        assert {
            (row.line_id, numbers_of[row.layer_id], self.names[row.location_id]): row.quantity for row in promises
        } == self.paper.promises()
        items = {number: sku for sku, number in self.house.items.items()}
        assert {
            items[row.item_id]: (row.on_hand, row.reserved, row.blocked) for row in totals if row.on_hand
        } == self.paper.totals()
        assert {row.code: self.names.get(row.parent_id, "") for row in totes} == {
            tote: self.paper.totes.get(tote, "") for tote in TOTES
        }

    def _read(self, session: Session) -> tuple[list[Any], ...]:
        return tuple(
            session.all(sql, id=self.id)
            for sql in (
                "SELECT layer_id, location_id, quantity, reserved, held FROM balance WHERE warehouse_id = :id",
                """SELECT r.line_id, r.quantity, b.layer_id, b.location_id FROM reservation r
                   JOIN balance b ON b.id = r.balance_id WHERE r.warehouse_id = :id""",
                "SELECT item_id, on_hand, reserved, blocked FROM total WHERE warehouse_id = :id",
                "SELECT code, parent_id FROM location WHERE warehouse_id = :id AND kind = 'tote'",
            )
        )


class Ledger(Machine):
    """Receive, move, reserve, release, pick, ship, undo, block, unblock, carry totes, seal, set the clock."""

    @initialize()
    def something_is_there(self) -> None:
        for day, place in ((3, "A-01"), (1, "A-02")):
            self.posting(self.layer("KETTLE", day, ""), 6, "supplier", place)

    @rule(
        item=st.sampled_from(ITEMS), day=st.integers(0, 3), quantity=QUANTITIES, place=st.sampled_from(("DOCK", *BINS))
    )
    def receive(self, item: str, day: int, quantity: int, place: str) -> None:
        self.posting(self.layer(item, day, f"L{day}" if item == "TEA" else ""), quantity, "supplier", place)

    @precondition(lambda self: self.layers)
    @rule(data=st.data(), quantity=QUANTITIES, place=st.sampled_from(BINS))
    def receive_more(self, data: Any, quantity: int, place: str) -> None:
        self.posting(data.draw(st.sampled_from(list(self.layers))), quantity, "supplier", place)

    @precondition(lambda self: self.layers)
    @rule(data=st.data(), quantity=QUANTITIES, to=st.sampled_from(("DOCK", "customer", *BINS, *TOTES)))
    def move(self, data: Any, quantity: int, to: str) -> None:
        """Also what is not there: then both refuse."""
        arrival = data.draw(st.sampled_from(list(self.layers)))
        origin = data.draw(st.sampled_from([place for place in ("DOCK", *BINS, *TOTES) if place != to]))
        self.posting(arrival, quantity, origin, to)

    @rule(item=st.sampled_from(ITEMS), quantity=st.integers(1, 12), line=LINES)
    def reserve(self, item: str, quantity: int, line: int) -> None:
        promised = self.paper.reserve(item, quantity, line)
        got = self.change(
            lambda session: reserve(
                session, self.by(), shipment_id=line, line_id=line, item_id=self.house.items[item], quantity=quantity
            )
        )
        assert got == promised

    @precondition(lambda self: self.promised())
    @rule(data=st.data())
    def let_go(self, data: Any) -> None:
        pile, line = data.draw(st.sampled_from(self.promised()))
        quantity = data.draw(st.integers(1, pile.promised[line]))
        reserved = self.reservation(pile, line)
        self.change(lambda session: release(session, self.by(), reservation_id=reserved.id, quantity=quantity))
        self.paper.release(pile, line, quantity)

    @precondition(lambda self: self.promised())
    @rule(data=st.data(), to=st.sampled_from(("customer", *TOTES)))
    def pick(self, data: Any, to: str) -> None:
        """The promise travels along, into a tote or out of the door."""
        pile, line = data.draw(st.sampled_from(self.promised()))
        if pile.place != to:
            quantity = data.draw(st.integers(1, pile.promised[line]))
            self.posting(pile.arrival, quantity, pile.place, to, reserved=self.reservation(pile, line))

    @rule(tote=st.sampled_from(TOTES), origin=st.sampled_from(("", "in_picking", "to_pack")), data=st.data())
    def carry(self, tote: str, origin: str, data: Any) -> None:
        to = data.draw(st.sampled_from([place for place in ("in_picking", "to_pack", "DOCK") if place != origin]))
        move = Move(1, self.place_ids[origin] if origin else 0, self.place_ids[to], container_id=self.place_ids[tote])
        posted = self.both(
            lambda paper: paper.carry(tote, origin, to),
            lambda session: post(session, self.by(), "move", [move]), TooLateToUndo,
        )  # fmt: skip
        if posted:
            self.postings.append((posted, Posted(None, 1, origin, to, tote=tote)))

    @precondition(lambda self: self.postings)
    @rule(data=st.data())
    def take_back(self, data: Any) -> None:
        """Any posting, the latest rather than an old one; also one that was taken back before."""
        index = data.draw(st.integers(max(-6, -len(self.postings)), -1))
        posting_id, posted = self.postings[index]
        undone = self.both(
            lambda paper: paper.undo(Posted(**vars(posted))),
            lambda session: undo(session, self.by(), posting_id), TooLateToUndo,
        )  # fmt: skip
        posted.undone = posted.undone or bool(undone)

    @precondition(lambda self: len(self.paper.holds) < 3)
    @rule(data=st.data(), kind=st.sampled_from(("item", "lot", "layer", "place")), item=st.sampled_from(ITEMS))
    def hold(self, data: Any, kind: str, item: str) -> None:
        arrivals = [arrival for arrival in self.layers if arrival.item == item]
        what = Hold(item)
        if kind == "place":
            what = Hold(item, place=data.draw(st.sampled_from(BINS)))
        elif kind != "item" and arrivals:
            arrival = data.draw(st.sampled_from(arrivals))
            what = Hold(item, lot=arrival.lot) if kind == "lot" else Hold(item, layer=arrival.number)
        block_id = self.change(lambda session: block(session, self.by(), self._block(what)))
        self.paper.holds[block_id] = what

    def _block(self, what: Hold) -> Block:
        item_id = self.house.items[what.item]
        lot = next((goods.lot_id for a, goods in self.layers.items() if a.item == what.item and a.lot == what.lot), 0)
        layer = next((goods.layer_id for a, goods in self.layers.items() if a.number == what.layer), 0)
        place = self.place_ids[what.place] if what.place else 0
        return Block(item_id, "hold", lot if what.lot else 0, layer, place)

    @precondition(lambda self: self.paper.holds)
    @rule(data=st.data())
    def end_hold(self, data: Any) -> None:
        block_id = data.draw(st.sampled_from(sorted(self.paper.holds)))
        assert self.change(lambda session: unblock(session, self.by(), block_id))
        del self.paper.holds[block_id]

    @rule(most=st.integers(1, 5))
    def seal(self, most: int) -> None:
        self.change(lambda session: seal_some(session, self.id, most=most))

    @rule(minutes=st.integers(-30, 60))
    def set_the_clock(self, minutes: int) -> None:
        self.clock += minutes * MINUTE


class Reserving(Machine):
    """Only reservations, but those with dates: FIFO and FEFO are exact, nothing is promised twice."""

    @rule(item=st.sampled_from(ITEMS), day=st.integers(0, 4), quantity=QUANTITIES, place=st.sampled_from(("DOCK", *BINS)),
          lives=st.one_of(st.just(0), st.integers(-1, 5)))  # fmt: skip
    def receive(self, item: str, day: int, quantity: int, place: str, lives: int) -> None:
        last = TODAY + lives if item == "TEA" else 0
        self.posting(self.layer(item, day, f"E{lives}" if item == "TEA" else "", last), quantity, "supplier", place)

    @rule(item=st.sampled_from(ITEMS), quantity=st.integers(1, 15), line=LINES, life=st.integers(0, 4))
    def reserve(self, item: str, quantity: int, line: int, life: int) -> None:
        promised = self.paper.reserve(item, quantity, line, TODAY + life)
        at = (TODAY - parse_day("1970-01-01")) * 24 * 60 * MINUTE
        by = system(self.id, TIMEZONE, now=at)
        got = self.change(
            lambda session: reserve(
                session, by, shipment_id=line, line_id=line, item_id=self.house.items[item], quantity=quantity,
                life_days=life,
            )
        )  # fmt: skip
        assert got == promised

    @precondition(lambda self: self.paper.piles)
    @rule(data=st.data(), quantity=QUANTITIES, line=LINES)
    def reserve_here(self, data: Any, quantity: int, line: int) -> None:
        """A person's own choice of a pile: all of it is free there, or nothing is reserved."""
        pile = data.draw(st.sampled_from(list(self.paper.piles.values())))

        def here(session: Session) -> bool:
            balance_id = session.value(
                "SELECT id FROM balance WHERE layer_id = :layer AND location_id = :place",
                layer=self.layers[pile.arrival].layer_id, place=self.place_ids[pile.place],
            )  # fmt: skip
            return reserve_at(
                session, self.by(), shipment_id=line, line_id=line, balance_id=balance_id, quantity=quantity
            )

        possible = pile.free >= quantity and not self.paper.is_held(pile)
        assert self.change(here) == possible
        if possible:
            pile.promised[line] = pile.promised.get(line, 0) + quantity

    @precondition(lambda self: self.promised())
    @rule(data=st.data())
    def let_go(self, data: Any) -> None:
        pile, line = data.draw(st.sampled_from(self.promised()))
        quantity = data.draw(st.integers(1, pile.promised[line]))
        reserved = self.reservation(pile, line)
        self.change(lambda session: release(session, self.by(), reservation_id=reserved.id, quantity=quantity))
        self.paper.release(pile, line, quantity)

    @rule(line=LINES)
    def let_all_go(self, line: int) -> None:
        self.change(lambda session: release_shipment(session, self.by(), line))
        self.paper.release_line(line)

    @precondition(lambda self: self.promised())
    @rule(data=st.data(), to=st.sampled_from((*BINS, *TOTES)))
    def travel(self, data: Any, to: str) -> None:
        pile, line = data.draw(st.sampled_from(self.promised()))
        if pile.place != to:
            quantity = data.draw(st.integers(1, pile.promised[line]))
            self.posting(pile.arrival, quantity, pile.place, to, reserved=self.reservation(pile, line))

    @rule(place=st.sampled_from(BINS), item=st.sampled_from(ITEMS))
    def hold_or_free(self, place: str, item: str) -> None:
        what = Hold(item, place=place)
        known = [block_id for block_id, hold in self.paper.holds.items() if hold == what]
        if known:
            self.change(lambda session: unblock(session, self.by(), known[0]))
            del self.paper.holds[known[0]]
            return
        held = Block(self.house.items[item], "short", location_id=self.place_ids[place])
        self.paper.holds[self.change(lambda session: block(session, self.by(), held))] = what


def prove(machine: type[Machine], house: House, *, max_examples: int, stateful_step_count: int) -> None:
    made = type(machine.__name__, (machine,), {"house": house})
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=max_examples, stateful_step_count=stateful_step_count, deadline=None, database=None,
            phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_the_ledger_is_the_book_on_paper(house: House) -> None:
    prove(Ledger, house, **SHORT)


def test_reservations_are_those_on_paper(house: House) -> None:
    prove(Reserving, house, **SHORT_RESERVING)


@pytest.mark.proof
def test_the_ledger_is_the_book_on_paper_for_long(house: House) -> None:
    prove(Ledger, house, **LONG)


@pytest.mark.proof
def test_reservations_are_those_on_paper_for_long(house: House) -> None:
    prove(Reserving, house, **LONG)
