"""Random histories of one item, and a slow, obvious oracle of what should be alarmed.

The oracle keeps its own piles of goods, orders and policies on paper. What is available is a sum over the piles; what an
alert should be follows from that sum and from what it was after the step before. It knows nothing of totals.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.floor import TIMEZONE, House
from warehouse.catalog.places import places
from warehouse.catalog.suppliers import put_supplier
from warehouse.clock import HOUR, day_of, now_us
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger import Block, Goods, Move, Reserved, block, make_layer, post, release, reserve_at, unblock, undo
from warehouse.orders.purchase import PurchaseLine, make_purchase_order
from warehouse.orders.receipts import count_on_order, fill_line
from warehouse.planning import alerts
from warehouse.planning.alerts import look_again
from warehouse.planning.policies import change_policy
from warehouse.who import By

BINS = ("A-01", "A-02", "A-03")
REOPEN_HOURS = 24


@dataclass(slots=True)
class Pile:
    layer: int
    place: str
    quantity: int
    expiry: int
    reserved: dict[int, int] = field(default_factory=dict)

    @property
    def free(self) -> int:
        return self.quantity - sum(self.reserved.values())


@dataclass(slots=True)
class Paper:
    """What the oracle knows."""

    piles: list[Pile] = field(default_factory=list)
    holds: dict[int, tuple[int, str]] = field(default_factory=dict)
    orders: dict[int, int] = field(default_factory=dict)
    safety: int = 0
    reorder: int = -1
    maximum: int = -1
    bits: frozenset[str] = frozenset()
    state: dict[str, str] = field(default_factory=dict)
    closed_at: dict[str, int] = field(default_factory=dict)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def held(self, pile: Pile) -> bool:
        return any(layer in {0, pile.layer} and place in {"", pile.place} for layer, place in self.holds.values())

    def available(self, today: int) -> int:
        return sum(pile.free for pile in self.piles if not self.held(pile) and pile.expiry >= today)

    def should(self, today: int) -> frozenset[str]:
        available, coming = self.available(today), sum(self.orders.values())
        kinds = set()
        if available < self.safety:
            kinds.add("safety_stock")
        if available + coming <= self.reorder:
            kinds.add("reorder")
        if 0 <= self.maximum < available:
            kinds.add("overstock")
        return frozenset(kinds)

    def turn(self, now: int, today: int, *, ordered: bool) -> None:
        """What must have become of the alerts at the end of a step."""
        if ordered:
            for kind in self.bits & {"safety_stock", "reorder"}:
                if self.state[kind] in {"open", "acknowledged"}:
                    self.state[kind] = "ordered"
                    self.seen[kind, "ordered"] += 1
        bits = self.should(today)
        for kind in bits - self.bits:
            again = kind in self.closed_at and self.closed_at[kind] >= now - REOPEN_HOURS * HOUR
            self.state[kind] = "open"
            self.seen[kind, "reopened" if again else "opened"] += 1
        for kind in self.bits - bits:
            self.state[kind], self.closed_at[kind] = "closed", now
            self.seen[kind, "closed"] += 1
        for kind in self.bits & bits:
            if self.state[kind] == "ordered" and not sum(self.orders.values()):
                self.state[kind] = "open"
                self.seen[kind, "reopened"] += 1
        self.bits = bits


class Stop(Exception):  # noqa: N818
    """A change that does not come to its end."""


class History:
    """One item's life: each step is a change of one to three acts."""

    def __init__(self, house: House, number: int) -> None:
        self.house, self.base, self.number = house, house.base, number
        self.dice = random.Random(number)
        self.now = now_us()
        self.paper = Paper()
        self.lines = 0
        self.postings: list[tuple[int, Any]] = []
        self.item = self.base.change(self._begin)
        self.places = dict(house.places)
        here = self.base.read(lambda session: places(session, house.id))
        self.supplier, self.consumption, self.customer = here.supplier, here.consumption, here.customer
        self.trace: list[str] = []

    def _begin(self, session: Session) -> int:
        item = self.house.add_item(session, f"H{self.number}")
        put_supplier(session, "ACME", "Acme")
        self.daily = self.dice.choice((0, 0, 1, 3, 10))
        if self.daily:
            session.run(
                "INSERT INTO item_day (warehouse_id, item_id, day, used, moves) VALUES (:house, :item, :day, :used, 1)",
                house=self.house.id, item=item, day=self.today - 1, used=self.daily,
            )  # fmt: skip
        return item

    @property
    def today(self) -> int:
        return day_of(self.now, TIMEZONE)

    @property
    def by(self) -> By:
        return self.house.by(now=self.now, occurred_at=self.now)

    # -------------------------------------------------------- acts: each on the ledger and on paper

    def receive(self, session: Session) -> None:
        quantity, place = self.dice.randint(1, 20), self.dice.choice(BINS)
        # Zero stands for never; what expired yesterday comes too.
        expiry = self.dice.choice((0, 0, self.today - 1, self.today, self.today + 1, self.today + 3))
        layer = make_layer(session, self.by, item_id=self.item, received_at=self.now, expiry_day=expiry)
        post(session, self.by, "receive",
             [Move(quantity, self.supplier, self.places[place], Goods(self.item, layer))])  # fmt: skip
        self.paper.piles.append(Pile(layer, place, quantity, expiry or 10**7))

    def use(self, session: Session) -> None:
        if pile := self._pile():
            quantity = self.dice.randint(1, pile.free)
            to = self.dice.choice((self.customer, self.consumption))
            made = post(session, self.by, "consume",
                        [Move(quantity, self.places[pile.place], to, Goods(self.item, pile.layer))])  # fmt: skip
            pile.quantity -= quantity
            self.postings.append((made, (pile, quantity)))

    def undo(self, session: Session) -> None:
        if self.postings:
            posting, (pile, quantity) = self.postings.pop()
            undo(session, self.by, posting)
            pile.quantity += quantity

    def move(self, session: Session) -> None:
        if pile := self._pile():
            quantity = self.dice.randint(1, pile.free)
            to = self.dice.choice([each for each in BINS if each != pile.place])
            post(session, self.by, "move",
                 [Move(quantity, self.places[pile.place], self.places[to], Goods(self.item, pile.layer))])  # fmt: skip
            pile.quantity -= quantity
            for other in self.paper.piles:
                if other.layer == pile.layer and other.place == to:
                    other.quantity += quantity
                    return
            self.paper.piles.append(Pile(pile.layer, to, quantity, pile.expiry))

    def reserve(self, session: Session) -> None:
        pile = self._pile(lambda each: not self.paper.held(each))
        if pile:
            quantity = self.dice.randint(1, pile.free)
            self.lines += 1
            line = self.number * 1000 + self.lines
            row = self._balance(session, pile)
            assert reserve_at(session, self.by, shipment_id=line, line_id=line, balance_id=row, quantity=quantity)
            pile.reserved[line] = quantity

    def release(self, session: Session) -> None:
        if found := self._reserved():
            pile, line = found
            part = self.dice.randint(1, pile.reserved[line])
            release(session, self.by, reservation_id=self._reservation(session, line).id, quantity=part)
            pile.reserved[line] -= part
            if not pile.reserved[line]:
                del pile.reserved[line]

    def ship(self, session: Session) -> None:
        if found := self._reserved():
            pile, line = found
            row = self._reservation(session, line)
            post(session, self.by, "ship",
                 [Move(row.quantity, self.places[pile.place], self.customer, Goods(self.item, pile.layer),
                       reserved=Reserved(*row))])  # fmt: skip
            pile.quantity -= pile.reserved.pop(line)

    def block(self, session: Session) -> None:
        if pile := self._pile():
            layer, place = self.dice.choice(((pile.layer, ""), (0, pile.place), (0, ""), (pile.layer, pile.place)))
            what = Block(self.item, "hold", layer_id=layer, location_id=self.places[place] if place else 0)
            self.paper.holds[block(session, self.by, what)] = (layer, place)

    def unblock(self, session: Session) -> None:
        if self.paper.holds:
            held = self.dice.choice(sorted(self.paper.holds))
            assert unblock(session, self.by, held)
            del self.paper.holds[held]

    def order(self, session: Session) -> str:
        quantity = self.dice.randint(1, 40)
        self.lines += 1
        supplier = session.value("SELECT id FROM supplier WHERE code = 'ACME'")
        order = make_purchase_order(
            session, warehouse_id=self.house.id, number=f"P-{self.number}-{self.lines}-{new_id(session)}",
            supplier_id=supplier, lines=[PurchaseLine(self.item, quantity)], at=self.now,
        )  # fmt: skip
        self.paper.orders[order] = quantity
        return "ordered"

    def arrive(self, session: Session) -> None:
        if self.paper.orders:
            order = self.dice.choice(sorted(self.paper.orders))
            quantity, place = self.dice.randint(1, self.paper.orders[order]), self.dice.choice(BINS)
            line = session.value("SELECT id FROM purchase_order_line WHERE purchase_order_id = :id", id=order)
            assert fill_line(session, self.by, line_id=line, item_id=self.item, quantity=quantity, over_percent=0)
            layer = make_layer(session, self.by, item_id=self.item, received_at=self.now)
            post(session, self.by, "receive",
                 [Move(quantity, self.supplier, self.places[place], Goods(self.item, layer))])  # fmt: skip
            self.paper.piles.append(Pile(layer, place, quantity, 10**7))
            self.paper.orders[order] -= quantity
            if not self.paper.orders[order]:
                del self.paper.orders[order]

    def cancel(self, session: Session) -> None:
        if self.paper.orders:
            order = self.dice.choice(sorted(self.paper.orders))
            session.run("UPDATE purchase_order SET state = 'cancelled' WHERE id = :id", id=order)
            count_on_order(session, self.by, self.item, -self.paper.orders.pop(order))

    def policy(self, session: Session) -> None:
        safety, lead = self.dice.choice((0, 1, 5, 12, 30)), self.dice.choice((0, 1, 4))
        most = self.dice.choice((None, None, 1, 5))
        change_policy(session, self.by, self.item, {
            "kind": "fixed", "quantity": safety, "lead_time_days": lead, "max_cover_days": most,
        })  # fmt: skip
        # One day with demand, and those that have passed since: it is told of full days only.
        full_days = self.today - self.first
        daily = self.daily / full_days if full_days > 0 else 0
        self.paper.safety = safety
        self.paper.reorder = math.ceil(round(daily * lead, 6)) + safety or -1
        self.paper.maximum = math.ceil(round(daily * most, 6)) + safety if most else -1

    # -------------------------------------------------------- the course of things

    ACTS = ("receive", "receive", "use", "use", "use", "undo", "move", "reserve", "reserve", "release", "ship", "block",
            "unblock", "order", "arrive", "arrive", "cancel", "policy", "policy")  # fmt: skip

    def run(self, steps: int) -> None:
        self.first = self.today - 1
        self.step(["policy"])
        for _ in range(steps):
            acts = [self.dice.choice(self.ACTS) for _ in range(self.dice.choice((1, 1, 1, 2, 3)))]
            self.step(acts, fails=self.dice.random() < 0.05)
            if self.dice.random() < 0.15:
                self.clock()
            if self.dice.random() < 0.1:
                self.person()

    def step(self, acts: list[str], *, fails: bool = False) -> None:
        """One change; on paper too, unless it fails."""
        if fails:
            kept = self._keep()
            try:
                self.base.change(lambda session: self._fail(session, acts))
            except Stop:
                self._back(kept)
            self.trace.append(f"failed {acts}")
        else:
            self.trace.append(f"{acts}")
            self.base.change(lambda session: self._act(session, acts))
        self.check()

    def _act(self, session: Session, acts: list[str]) -> None:
        said = [getattr(self, act)(session) for act in acts]
        self.paper.turn(self.now, self.today, ordered="ordered" in said)

    def _fail(self, session: Session, acts: list[str]) -> None:
        for act in acts:
            getattr(self, act)(session)
        session.finish()
        raise Stop

    def _keep(self) -> Any:
        import copy

        return copy.deepcopy((self.paper, self.postings, self.lines))

    def _back(self, kept: Any) -> None:
        self.paper, self.postings, self.lines = kept

    def clock(self) -> None:
        """Time passes, or the clock is set back; the worker looks at what has expired."""
        self.now += self.dice.choice((HOUR, 20 * HOUR, 30 * HOUR, 72 * HOUR, -2 * HOUR))
        self.trace.append("clock")
        self.base.change(lambda session: look_again(session, self.house.id, [self.item], self.now))
        self.paper.turn(self.now, self.today, ordered=False)
        self.check()

    def person(self) -> None:
        """Somebody acknowledges an alert."""
        if kinds := sorted(kind for kind in self.paper.bits if self.paper.state[kind] == "open"):
            kind = self.dice.choice(kinds)
            alert = self._one("SELECT id FROM stock_alert WHERE item_id = :item AND kind = :kind AND state = 'open'",
                              kind=kind)  # fmt: skip
            self.base.change(lambda session: alerts.acknowledge(session, self.by, alert.id))
            self.paper.state[kind] = "acknowledged"
            self.paper.seen[kind, "acknowledged"] += 1
            self.check()

    def check(self) -> None:
        """What the product has is what the oracle says: none missed, none doubled, none told twice."""
        rows = self.base.read(
            lambda session: session.all(
                "SELECT kind, state FROM stock_alert WHERE item_id = :item AND state <> 'closed'", item=self.item
            )
        )
        told = f"history {self.number}: {self.trace}"
        expected = {kind: self.paper.state[kind] for kind in self.paper.bits}
        assert sorted((row.kind, row.state) for row in rows) == sorted(expected.items()), told
        events = self.base.read(
            lambda session: session.all(
                """SELECT a.kind AS of, e.kind, count(*) AS n FROM stock_alert_event e JOIN stock_alert a ON a.id = e.alert_id
                   WHERE a.item_id = :item GROUP BY a.kind, e.kind""", item=self.item)
        )  # fmt: skip
        assert {(row.of, row.kind): row.n for row in events} == dict(self.paper.seen), told
        total = self._one("SELECT on_hand - reserved - blocked - expired AS available FROM total WHERE item_id = :item")
        assert total.available == self.paper.available(self.today), told

    # -------------------------------------------------------- looking things up

    def _pile(self, which: Any = lambda _: True) -> Pile | None:
        piles = [pile for pile in self.paper.piles if pile.free > 0 and which(pile)]
        return self.dice.choice(piles) if piles else None

    def _reserved(self) -> tuple[Pile, int] | None:
        found = [(pile, line) for pile in self.paper.piles for line in sorted(pile.reserved)]
        return self.dice.choice(found) if found else None

    def _balance(self, session: Session, pile: Pile) -> int:
        return int(session.value(
            "SELECT id FROM balance WHERE item_id = :item AND location_id = :place AND layer_id = :layer",
            item=self.item, place=self.places[pile.place], layer=pile.layer,
        ))  # fmt: skip

    @staticmethod
    def _reservation(session: Session, line: int) -> Any:
        return session.one(
            "SELECT id, shipment_id, line_id, quantity, reserved_at FROM reservation WHERE line_id = :line", line=line
        )

    def _one(self, sql: str, **params: Any) -> Any:
        return self.base.read(lambda session: session.one(sql, item=self.item, **params))
