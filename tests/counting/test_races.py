"""Counts, work and decisions that meet: at each moment of a count, and inside each other's changes (R-CNT-2, R-CNT-4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.counting.bins import all_but, count, next_bin
from tests.floor import House, Worker
from tests.hands import at_once, interleave
from warehouse.catalog.places import places
from warehouse.catalog.settings import change_setting
from warehouse.clock import now_us
from warehouse.counts import compare, papers
from warehouse.counts.compare import Outcome
from warehouse.counts.decide import Approver, NothingOpen, again, approve
from warehouse.db import Session
from warehouse.floor.counting.actions import take
from warehouse.floor.counting.rules import Counting
from warehouse.ledger import Goods, Move, post
from warehouse.who import By

BIN, LIES = "A-01", 40


@dataclass
class Truth:
    """The bin A-01 with its kettles: what really lies there, beside a book that does not know of losses."""

    house: House
    layer: int
    lies: int = LIES

    def carry(self, by: By, session: Session, quantity: int) -> None:
        """Posts that kettles were brought here (or away: below 0); A-02 has enough."""
        here, there = self.house.places[BIN], self.house.places["A-02"]
        from_id, to_id = (there, here) if quantity > 0 else (here, there)
        goods = Goods(self.house.items["KETTLE"], self.layer)
        post(session, by, "move", [Move(abs(quantity), from_id, to_id, goods)])

    def carried(self, quantity: int) -> None:
        """Kettles are carried and posted in one go."""
        self.house.base.change(lambda session: self.carry(self.house.by(), session, quantity))
        self.lies += quantity

    def lose(self) -> None:
        """One vanishes without the book."""
        self.lies -= 1

    @property
    def book(self) -> int:
        """What the book has there."""
        return self.house.stock("KETTLE").get(("KETTLE", BIN, "", ""), 0)

    def found(self) -> int:
        """By how much the latest round of the bin differs from the book."""
        return int(
            self.house.value(
                """SELECT counted - expected FROM count_line WHERE item_id = :item
                   ORDER BY count_id DESC, round DESC LIMIT 1""",
                item=self.house.items["KETTLE"],
            )
        )


@pytest.fixture
def truth(house: House) -> Truth:
    """Forty kettles here, the same goods in A-02, and tea that nobody touches; only this bin is due."""
    layer = house.put("KETTLE", BIN, LIES)
    made = Truth(house, layer)
    house.base.change(lambda session: _same_layer(session, made))
    house.put("TEA", BIN, 2, lot="L1", expiry="2099-01-01")
    all_but(house, BIN)
    return made


def _same_layer(session: Session, truth: Truth) -> None:
    supplier = places(session, truth.house.id).supplier
    goods = Goods(truth.house.items["KETTLE"], truth.layer)
    post(session, truth.house.by(), "opening", [Move(100, supplier, truth.house.places["A-02"], goods)])


# ---------------------------------------------------------------- work at each moment of a count


def picked(truth: Truth, picker: Worker) -> None:
    """A picker takes one away, by the oldest way: out of this bin."""
    truth.house.order(("KETTLE", 1))
    picker.work("picking")
    truth.lies -= 1


def picked_and_put_back(truth: Truth, picker: Worker) -> None:
    """Taken, and put back at once."""
    truth.house.order(("KETTLE", 2))
    screen = picker.next("picking")
    assert screen is not None
    picker.scans(screen["target"]["container"]["barcode"], truth.house.barcode(BIN), "KETTLE", "XXUNDO")
    picker.finish()
    truth.lies -= 2


ACTS: dict[str, Callable[[Truth, Worker], None]] = {
    "pick": picked, "put_back": picked_and_put_back,
    "put": lambda truth, _: truth.carried(3), "carry": lambda truth, _: truth.carried(-2),
}  # fmt: skip


def rounds(truth: Truth, *workers: Worker) -> Iterator[str]:
    """The bin counted by each of these workers, one scan after the other, as it really lies at each scan."""
    for worker in workers:
        assert next_bin(worker) == BIN
        yield "given"
        worker.scans(truth.house.barcode(BIN))
        yield "at the bin"
        if _is_about_tea(truth):
            worker.scans("TEA", "L1", "XQ1")
            yield "tea counted"
        while True:
            lies = truth.lies
            worker.scans("KETTLE")
            yield "begun with the kettles"
            truth_moved = truth.lies != lies
            worker.scans(f"XQ{(truth.lies if truth_moved else lies) - 1}")
            yield "all counted"
            if worker.scans("XXOK") == "bin_counted":
                break
            assert "TEA" not in worker.notice["text"]  # type: ignore[index]
            yield "asked once more"
        yield "confirmed"


def _is_about_tea(truth: Truth) -> bool:
    return bool(truth.house.value("SELECT round FROM bin_count ORDER BY id DESC LIMIT 1") == 1)


MOMENTS = 11


@pytest.mark.parametrize("act", ACTS)
def test_work_at_each_moment_of_a_count_and_a_recount(
    house: House, floor: Callable[..., Worker], truth: Truth, act: str
) -> None:
    """R-CNT-4: picks, puts and moves before, between and after all scans of two counters, and before the approval."""
    picker, desk = floor("picker"), floor("supervisor")
    badge = house.person("mei", "supervisor")["badge"]
    order = (floor("counter"), floor("counter"))
    met = []
    for moment in range(MOMENTS):
        truth.lose()
        house.base.change(lambda session: session.run("UPDATE bin_plan SET due = 1 WHERE location_id = :id",
                                                      id=house.places[BIN]))  # fmt: skip
        for at, name in enumerate(rounds(truth, *order)):
            if at == moment:
                ACTS[act](truth, picker)
                met.append(name)
            if name == "confirmed":
                assert truth.found() == -1, (moment, met)
        if len(met) <= moment:
            ACTS[act](truth, picker)
            met.append("before the approval")
        assert truth.book == truth.lies + 1
        desk.post(f"/counts/{house.value('SELECT MAX(id) FROM bin_count')}/approve", cause="LOSS", badge=badge)
        assert desk.status == 200, (moment, desk.notice)
        assert truth.book == truth.lies, (moment, met)
    assert {"given", "at the bin", "begun with the kettles", "all counted", "confirmed"} <= set(met)


# ---------------------------------------------------------------- work inside the change that confirms


@pytest.fixture
def confirmation(house: House, floor: Callable[..., Worker], truth: Truth) -> Callable[..., Outcome]:
    """Confirms the bin as its counter saw it; the change may pause before it looks at the book, or before it commits."""
    house.base.change(lambda session: change_setting(session, "count_tolerance", "C=99", warehouse_id=house.id,
                                                     changed_by="test", at=now_us()))  # fmt: skip
    ann = floor("counter")
    assert next_bin(ann) == BIN
    ann.scans(house.barcode(BIN), "TEA", "L1", "XQ1", "KETTLE", f"XQ{truth.lies - 1}")

    def confirm(session: Session, by: By | None = None, *, started_at: int = 0) -> Outcome:
        by = by or house.by()
        row = session.one("SELECT position FROM work WHERE room = 'counting' AND state = 'open'")
        assert row is not None
        position = Counting.load(row.position)
        paper = papers.lock_paper(session, by, position.count_id)
        assert paper is not None
        return compare.confirm(session, by, compare.Counted(paper, (), started_at or position.started_at, {}))

    return confirm


def test_a_move_that_overtakes_a_confirmation_on_its_way_to_the_book(
    house: House, truth: Truth, confirmation: Callable[..., Outcome]
) -> None:
    """R-CNT-4: heard after the confirmation and posted before it looked: the counter had seen the bin before."""

    def confirms(session: Session, pause: Callable[[], None]) -> Outcome:
        by = house.by()
        pause()
        return confirmation(session, by)

    outcome, _ = interleave(house.base, confirms, lambda session: truth.carry(house.by(), session, -5))
    assert outcome.is_moved or truth.found() == 0


def test_a_move_waits_for_a_confirmation_that_has_looked(
    house: House, truth: Truth, confirmation: Callable[..., Outcome]
) -> None:
    """R-CNT-4: whatever is posted after the look is after the count; the difference stays what it was."""

    def confirms(session: Session, pause: Callable[[], None]) -> Outcome:
        outcome = confirmation(session)
        pause()
        return outcome

    outcome, _ = interleave(house.base, confirms, lambda session: truth.carry(house.by(), session, -5))
    assert not outcome.is_moved
    assert truth.found() == 0
    assert truth.book == LIES - 5


def test_a_move_that_was_heard_before_a_count_and_is_posted_after_it_throws_doubt_on_it(
    house: House, floor: Callable[..., Worker], truth: Truth, confirmation: Callable[..., Outcome]
) -> None:
    """R-CNT-4: a scan that hung between: the counter saw the bin without the goods, the book still had them."""
    house.base.change(lambda session: session.run("UPDATE count_tally SET quantity = quantity - 5 WHERE quantity > 5"))

    def hangs(session: Session, pause: Callable[[], None]) -> None:
        by = house.by()
        pause()
        truth.carry(by, session, -5)

    interleave(house.base, hangs, lambda session: confirmation(session, started_at=now_us()))
    truth.lies -= 5
    desk, badge = floor("supervisor"), house.person("mei", "supervisor")["badge"]
    if truth.found():
        href = f"/counts/{house.value('SELECT MAX(id) FROM bin_count')}"
        desk.post(f"{href}/approve", cause="LOSS", badge=badge)
        assert (desk.status, desk.notice["code"]) == (422, "count_doubtful")
    assert truth.book == truth.lies


def test_a_count_is_taken_back_while_its_bin_is_given_out_anew(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: a bin has one open paper; who is too late with XXUNDO is told so."""
    house.put("KETTLE", BIN, 3)
    all_but(house, BIN)
    count(floor("counter"), house, BIN, "KETTLE", "XQ2")
    kept = json.loads(house.value("SELECT effects FROM act WHERE effects LIKE '%confirmed%'"))
    taken_back = next(rest for name, *rest in kept if name == "confirmed")

    def opens(session: Session, pause: Callable[[], None]) -> int:
        made = papers.open_paper(session, house.by(), location_id=house.places[BIN], item_id=0, reason="hand")
        pause()
        return made

    made, undone = interleave(house.base, opens, lambda session: compare.take_back(session, house.by(), *taken_back))
    assert (made > 0, undone) == (True, False)
    assert house.value("SELECT count(*) FROM bin_count WHERE state <> 'closed'") == 1


def test_a_confirmation_that_is_sent_twice_at_once_counts_once(
    house: House, floor: Callable[..., Worker], truth: Truth
) -> None:
    """Issue: a count submitted twice, here from two pages in one instant."""
    ann = floor("counter")
    assert next_bin(ann) == BIN
    ann.scans(house.barcode(BIN), "TEA", "L1", "XQ1", "KETTLE", f"XQ{truth.lies - 1}")
    pages = [Worker(house.app.test_client(), ann.token) for _ in range(4)]

    def confirm(number: int) -> int:
        pages[number].screen = ann.screen
        pages[number].scan("XXOK")
        return pages[number].status

    assert sorted(at_once(confirm, 4)) == [200, 409, 409, 409]
    assert house.value("SELECT count(*) FROM count_round") == 1


# ---------------------------------------------------------------- one bin, one person


@pytest.mark.parametrize("begun", [False, True])
def test_who_asks_while_another_is_just_given_the_bin_gets_none(
    house: House, floor: Callable[..., Worker], truth: Truth, begun: bool
) -> None:
    """Issue: the same bin never with two at once: in the middle of the change that gives it out, also what one has left."""
    if begun:
        ann = floor("counter")
        assert next_bin(ann) == BIN
        ann.scan("XXBACK")
    people = [house.value("SELECT id FROM person WHERE name = :name", name=_counter(house, name)) for name in "ab"]

    def asks(number: int, session: Session) -> int:
        work = take(session, house.by(person_id=people[number], roles=frozenset({"counter"})))
        return getattr(work, "id", 0)

    def first(session: Session, pause: Callable[[], None]) -> int:
        given = asks(0, session)
        pause()
        return given

    one, other = interleave(house.base, first, lambda session: asks(1, session))
    assert one
    assert not other
    assert house.value("SELECT count(*) FROM work WHERE room = 'counting' AND state = 'open'") == 1
    assert house.value("SELECT count(*) FROM bin_count") == 1


def _counter(house: House, name: str) -> str:
    house.person(name, "counter")
    return name


def test_a_recount_is_given_to_one_of_many_and_never_to_who_counted(
    house: House, floor: Callable[..., Worker], truth: Truth
) -> None:
    """R-CNT-2: all ask in the same instant, the first counter among them."""
    truth.lose()
    workers = [floor("counter") for _ in range(6)]
    count(workers[0], house, BIN, "TEA", "L1", "XQ1", "KETTLE", f"XQ{truth.lies - 1}")
    given = at_once(lambda number: next_bin(workers[number]), 6)
    assert given[0] == ""
    assert sorted(given) == [""] * 5 + [BIN]


# ---------------------------------------------------------------- decisions that meet


@pytest.fixture
def paper(house: House, floor: Callable[..., Worker], truth: Truth) -> int:
    """A paper that two people have counted alike: three are missing."""
    truth.lies -= 3
    for worker in (floor("counter"), floor("counter")):
        tea = ("TEA", "L1", "XQ1") if _fresh(house) else ()
        count(worker, house, BIN, *tea, "KETTLE", f"XQ{truth.lies - 1}")
    assert house.value("SELECT state FROM bin_count") == "review"
    return int(house.value("SELECT id FROM bin_count"))


def _fresh(house: House) -> bool:
    return not house.value("SELECT count(*) FROM bin_count")


def approver(house: House, name: str, *roles: str) -> Approver:
    """Somebody who may approve."""
    house.person(name, *roles)
    person_id = house.value("SELECT id FROM person WHERE name = :name", name=name)
    return Approver(int(person_id), name, frozenset(roles))


def paused(change: Callable[[Session], Any]) -> Callable[[Session, Callable[[], None]], Any]:
    """A change in whose middle, all being written, another one begins."""

    def first(session: Session, pause: Callable[[], None]) -> Any:
        done = change(session)
        pause()
        return done

    return first


def posted(house: House) -> int:
    """How many counts were posted."""
    return int(house.value("SELECT count(*) FROM move WHERE cause = 'count'"))


def test_of_two_who_approve_at_once_one_posts(house: House, truth: Truth, paper: int) -> None:
    """R-CNT-3: a difference is posted once; the other hears that it is decided."""
    people = [approver(house, name, "supervisor") for name in ("mei", "wang")]

    def approves(number: int, session: Session) -> Any:
        return approve(session, house.by(), paper, approver=people[number], cause="LOSS")

    one, other = interleave(
        house.base, paused(lambda session: approves(0, session)), lambda session: approves(1, session)
    )
    assert one.posted == 1
    assert isinstance(other, NothingOpen)
    assert posted(house) == 1
    assert truth.book == truth.lies


def test_of_many_who_approve_in_the_same_instant_one_posts(
    house: House, floor: Callable[..., Worker], truth: Truth, paper: int
) -> None:
    """R-CNT-3: over the pages' own addresses."""
    desks = [(floor("supervisor"), house.person(f"boss-{number}", "supervisor")["badge"]) for number in range(6)]

    def approves(number: int) -> int:
        desk, badge = desks[number]
        desk.post(f"/counts/{paper}/approve", cause="LOSS", badge=badge)
        return desk.status

    assert sorted(at_once(approves, 6)) == [200] + [422] * 5
    assert posted(house) == 1
    assert truth.book == truth.lies


def test_above_the_limit_one_person_in_two_windows_is_one_approver(
    house: House, floor: Callable[..., Worker], truth: Truth, paper: int
) -> None:
    """R-CNT-3: the second approver is another person, also in the same instant."""
    house.base.change(
        lambda session: session.run(
            "UPDATE count_line SET unit_cost = 900000, value = 900000 WHERE counted <> expected"
        )
    )
    mei, wang = (house.person(name, "supervisor")["badge"] for name in ("mei", "wang"))
    desks = [floor("supervisor") for _ in range(4)]

    def approves(number: int) -> int:
        desks[number].post(f"/counts/{paper}/approve", cause="LOSS", badge=mei)
        return desks[number].status

    assert sorted(at_once(approves, 4)) == [200, 422, 422, 422]
    assert posted(house) == 0
    desks[0].post(f"/counts/{paper}/approve", cause="LOSS", badge=wang)
    assert truth.book == truth.lies
    assert posted(house) == 1


@pytest.mark.parametrize("first", ["approve", "again"])
def test_an_approval_and_a_wish_to_count_again_exclude_each_other(
    house: House, truth: Truth, paper: int, first: str
) -> None:
    """R-CNT-2, R-CNT-3: what is being counted again is not posted, and what is posted is not counted again."""
    mei = approver(house, "mei", "supervisor")
    changes: dict[str, Callable[[Session], Any]] = {
        "approve": lambda session: approve(session, house.by(), paper, approver=mei, cause="LOSS"),
        "again": lambda session: again(session, house.by(), paper),
    }
    (second,) = changes.keys() - {first}
    done, refused = interleave(house.base, paused(changes[first]), changes[second])
    assert not isinstance(done, Exception)
    assert isinstance(refused, NothingOpen)
    assert posted(house) == (first == "approve")
    assert truth.book == truth.lies + (0 if first == "approve" else 3)


@pytest.mark.parametrize("first", ["approve", "take"])
def test_an_approval_and_a_counter_who_is_given_the_bin_again_exclude_each_other(
    house: House, floor: Callable[..., Worker], truth: Truth, paper: int, first: str
) -> None:
    """R-CNT-2: somebody asked for the bin once more; who counts it and who approves never both get it."""
    mei, cho = approver(house, "mei", "supervisor"), approver(house, "cho", "counter")
    floor("supervisor").post("/counts", code=house.barcode(BIN))
    changes: dict[str, Callable[[Session], Any]] = {
        "approve": lambda session: approve(session, house.by(), paper, approver=mei, cause="LOSS"),
        "take": lambda session: take(session, house.by(person_id=cho.id, roles=cho.roles)),
    }
    (second,) = changes.keys() - {first}
    interleave(house.base, paused(changes[first]), changes[second])
    state = house.value("SELECT state FROM bin_count WHERE id = :id", id=paper)
    assert (posted(house), state) == ((1, "closed") if first == "approve" else (0, "recount"))
    assert house.value("SELECT count(*) FROM bin_count WHERE state <> 'closed'") == 1, "one paper is open, for the wish"
    assert truth.book == truth.lies + (0 if first == "approve" else 3)


@pytest.mark.parametrize("first", ["approve", "undo"])
def test_an_approval_and_a_confirmation_taken_back_exclude_each_other(
    house: House, truth: Truth, paper: int, first: str
) -> None:
    """R-CNT-3: who takes back what they counted finds it posted, or the approver finds nothing to approve."""
    mei = approver(house, "mei", "supervisor")
    effects = house.value("SELECT effects FROM act WHERE effects LIKE '%confirmed%' ORDER BY id DESC LIMIT 1")
    changes: dict[str, Callable[[Session], Any]] = {
        "approve": lambda session: approve(session, house.by(), paper, approver=mei, cause="LOSS"),
        "undo": lambda session: compare.take_back(session, house.by(), *_confirmed(effects)),
    }
    (second,) = changes.keys() - {first}
    done, refused = interleave(house.base, paused(changes[first]), changes[second])
    assert done is True or done.posted == 1
    assert refused is False or isinstance(refused, NothingOpen)
    assert truth.book == truth.lies + (0 if first == "approve" else 3)


def _confirmed(effects: str) -> list[Any]:
    import json

    (found,) = [rest for name, *rest in json.loads(effects) if name == "confirmed"]
    return list(found)


@pytest.mark.parametrize("first", ["approve", "move"])
def test_an_approval_and_work_at_the_bin_do_not_disturb_each_other(
    house: House, truth: Truth, paper: int, first: str
) -> None:
    """R-CNT-4: a difference is added to the book as it is then."""
    mei = approver(house, "mei", "supervisor")
    changes: dict[str, Callable[[Session], Any]] = {
        "approve": lambda session: approve(session, house.by(), paper, approver=mei, cause="LOSS"),
        "move": lambda session: truth.carry(house.by(), session, -7),
    }
    (second,) = changes.keys() - {first}
    for done in interleave(house.base, paused(changes[first]), changes[second]):
        assert not isinstance(done, Exception), done
    truth.lies -= 7
    assert truth.book == truth.lies
