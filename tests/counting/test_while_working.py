"""While counting, work goes on: the result is right whatever moved meanwhile (R-CNT-4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.counting.bins import all_but, count, next_bin
from tests.floor import House, Worker
from tests.hands import at_once, interleave
from tests.pages import Browser
from warehouse.catalog.places import places
from warehouse.clock import MINUTE, day_of, now_us
from warehouse.counts import compare, papers
from warehouse.counts.keep import keep_plan, raise_late
from warehouse.db import Session
from warehouse.floor.counting.rules import Counting
from warehouse.ledger import Goods, Move, post


def move(house: House, layer: int, quantity: int, origin: str, to: str, *, said_at: int = 0) -> None:
    """Goods carried from bin to bin; `said_at`: when their device says that it happened."""

    def carry(session: Session) -> None:
        by = house.by(occurred_at=said_at) if said_at else house.by()
        goods = Goods(house.items["KETTLE"], layer)
        post(session, by, "move", [Move(quantity, house.places[origin], house.places[to], goods)])

    house.base.change(carry)


def test_later_moves_stay(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-4: a difference is posted, not a total: what was picked after the count stays picked."""
    layer = house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    count(floor("counter"), house, "A-01", "KETTLE", "XQ16")
    move(house, layer, 5, "A-01", "A-02")
    count(floor("counter"), house, "A-01", "KETTLE", "XQ11")
    move(house, layer, 2, "A-01", "A-03")
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    Browser(house, "supervisor").post(f"{href}/approve", cause="LOSS")
    assert house.stock("KETTLE") == {
        ("KETTLE", "A-01", "", ""): 10, ("KETTLE", "A-02", "", ""): 5, ("KETTLE", "A-03", "", ""): 2,
    }  # fmt: skip


def test_what_moves_while_it_is_counted_is_counted_once_more(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-4: nobody can tell whether the counter saw it before or after; only that item is asked for again."""
    layer = house.put("KETTLE", "A-01", 20)
    house.put("TEA", "A-01", 3, lot="L1", expiry="2028-01-01")
    all_but(house, "A-01")
    ann = floor("counter")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "TEA", "L1", "XQ2", "KETTLE", "XQ19")
    move(house, layer, 5, "A-01", "A-02")
    assert ann.scan("XXOK") == "count_moved"
    assert "KETTLE" in ann.notice["text"]
    assert "TEA" not in ann.notice["text"]
    assert not ann.screen["done"]
    assert ann.scans("KETTLE", "XQ14", "XXOK") == "bin_counted"
    assert house.value("SELECT state FROM bin_count") == "closed"


def test_what_comes_and_goes_while_a_bin_is_counted_is_asked_for_too(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-4: also goods that the counter did not see, and a move and its contrary."""
    layer = house.put("KETTLE", "A-02", 20)
    all_but(house, "A-01")
    ann = floor("counter")
    next_bin(ann)
    ann.scans(house.barcode("A-01"))
    move(house, layer, 5, "A-02", "A-01")
    assert ann.scan("XXOK") == "count_moved"
    move(house, layer, 5, "A-01", "A-02")
    assert ann.scan("XXOK") == "count_moved"
    assert ann.scan("XXOK") == "bin_counted"
    assert house.value("SELECT state FROM bin_count") == "closed"


def test_a_move_that_is_told_late_throws_doubt_on_a_difference(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-4, R-EMG-1: a handheld without network tells afterwards what happened before the bin was confirmed."""
    layer = house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    began = now_us() - MINUTE
    for who in ("ann", "ben"):
        count(floor("counter", name=who), house, "A-01", "KETTLE", "XQ14")
    move(house, layer, 5, "A-01", "A-02", said_at=began)
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    mei = Browser(house, "supervisor")
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 422
    assert house.stock("KETTLE")[("KETTLE", "A-01", "", "")] == 15
    mei.post(f"{href}/again")
    count(floor("counter"), house, "A-01", "KETTLE", "XQ14")
    assert house.value("SELECT state FROM bin_count") == "closed"


def test_a_bin_whose_moves_were_told_after_its_count_is_counted_again(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-4: a difference that was posted may have been that very move."""
    layer = house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    count(floor("counter"), house, "A-01", "KETTLE", "XQ19")
    move(house, layer, 5, "A-01", "A-02", said_at=now_us() - MINUTE)
    assert house.base.change(lambda session: raise_late(session, house.by())) == 1
    assert house.base.change(lambda session: raise_late(session, house.by())) == 0
    assert next_bin(floor("counter")) == "A-01"


def test_a_pick_under_way_and_a_confirmation_wait_for_each_other(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-4: a pick that is just being written is seen by the confirmation, or comes wholly after it."""
    layer = house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    ann = floor("counter")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "KETTLE", "XQ19")

    def picks(session: Session, pause: Callable[[], None]) -> None:
        here = places(session, house.id)
        goods = Goods(house.items["KETTLE"], layer)
        post(session, house.by(), "pick", [Move(5, house.places["A-01"], here.customer, goods)])
        pause()

    said = []
    interleave(house.base, picks, lambda session: said.append(_confirm(house, session, ann)))
    assert said == [True], "the confirmation saw that goods were moved"


def _confirm(house: House, session: Session, worker: Worker) -> bool:
    position = Counting.load(session.value("SELECT position FROM work WHERE room = 'counting' AND state = 'open'"))
    paper = papers.lock_paper(session, house.by(), position.count_id)
    counted = compare.Counted(paper, (), position.started_at, {})
    return compare.confirm(session, house.by(), counted).is_moved


def test_a_bin_is_never_counted_by_two_at_once(house: House, floor: Callable[..., Worker]) -> None:
    """Issue: any number of people in one zone, each with a bin of their own."""
    workers = [floor("counter") for _ in range(6)]
    given = [next_bin(worker) for worker in workers]
    assert sorted(given) == [f"A-{number:02d}" for number in range(1, 7)]
    assert next_bin(floor("counter")) == ""


def test_of_many_who_ask_at_once_for_one_bin_one_gets_it(house: House, floor: Callable[..., Worker]) -> None:
    """Issue: the same bin never with two at once, whoever asks in the same instant."""
    for place in ("A-01", "A-02", "A-03"):
        all_but(house, place)
        workers = [floor("counter") for _ in range(8)]
        given = at_once(lambda number: next_bin(workers[number]), 8)  # noqa: B023 - called here
        assert sorted(given) == [""] * 7 + [place]
        (lucky,) = [worker for worker, place_given in zip(workers, given, strict=True) if place_given]
        lucky.scans(house.barcode(place), "XXOK")
    assert house.value("SELECT count(*) FROM bin_count") == 3


def test_a_short_is_counted_at_once_and_what_is_there_is_free_again(house: House, floor: Callable[..., Worker]) -> None:
    """R-PICK-3: what the book still has cannot be reserved until it is counted; the count was raised at once."""
    house.put("KETTLE", "A-01", 4)
    all_but(house)
    house.order(("KETTLE", 4))
    pia, ann = floor("picker"), floor("counter")
    screen = pia.next("picking")
    pia.scans(screen["target"]["container"]["barcode"], house.barcode("A-01"), "KETTLE", "XXSHORT")
    assert house.value("SELECT blocked FROM total WHERE item_id = :item", item=house.items["KETTLE"]) == 3
    assert next_bin(ann) == "A-01"
    assert house.value("SELECT reason FROM bin_count") == "short"
    ann.scans(house.barcode("A-01"), "KETTLE", "XQ2", "XXOK")
    assert house.value("SELECT blocked FROM total WHERE item_id = :item", item=house.items["KETTLE"]) == 0
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 0


def test_a_confirmation_is_taken_back_while_nobody_has_gone_on(house: House, floor: Callable[..., Worker]) -> None:
    """XXUNDO, also on the done screen: the short is held again, the bin is due again."""
    house.put("KETTLE", "A-01", 4)
    all_but(house)
    house.order(("KETTLE", 4))
    pia, ann, ben = floor("picker"), floor("counter"), floor("counter")
    screen = pia.next("picking")
    pia.scans(screen["target"]["container"]["barcode"], house.barcode("A-01"), "KETTLE", "XXSHORT")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "KETTLE", "XQ2", "XXOK")
    assert ann.scan("XXUNDO") == "count_reopened"
    assert house.value("SELECT blocked FROM total WHERE item_id = :item", item=house.items["KETTLE"]) == 3
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 1
    assert ann.scans("XXUNDO", "XXOK") == "bin_counted"
    assert house.value("SELECT counted FROM count_line WHERE round = 1 AND state <> 'taken_back'") == 1
    assert next_bin(ben) == "A-01"
    ben.scans(house.barcode("A-01"), "KETTLE")
    assert ann.scan("XXUNDO") == "too_late_to_undo"


def test_damage_raises_a_count_and_a_swap_makes_the_bin_first(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: raised at once by damage; the shorted and swapped come first among what is due."""
    house.put("KETTLE", "A-03", 4)
    house.put("KETTLE", "A-04", 4)
    all_but(house, "A-01", "A-02")
    house.order(("KETTLE", 2))
    pia = floor("picker")
    screen = pia.next("picking")
    pia.scans(screen["target"]["container"]["barcode"], house.barcode("A-04"))
    assert next_bin(floor("counter")) == "A-03"
    pia.scans("XXDAMAGE", "XQ1", "XRBROKEN")
    assert house.value("SELECT reason FROM count_request") == "damage"
    assert next_bin(floor("counter")) == "A-04"


def test_the_worker_plans_weighs_and_classes(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: ABC intervals where a supervisor switches them on; a bin takes its highest item's class."""
    house.base.change(lambda session: session.run("UPDATE item SET unit_cost = 100"))
    house.put("KETTLE", "A-01", 50)
    house.put("CAMERA", "A-02", 1, serial="S1")
    house.order(("KETTLE", 9))
    pia = floor("picker")
    pia.work("picking")
    row = house.base.read(lambda session: session.one("SELECT id, timezone FROM warehouse"))
    mei = Browser(house, "supervisor")
    mei.post("/settings/count_abc", value="yes")
    assert mei.status == 200
    mei.post("/settings/count_approval_limit", value="1")
    assert mei.status == 403
    keep_plan(house.base, row)
    classes = house.base.read(
        lambda session: session.all(
            "SELECT l.code, p.class, p.value_at_risk FROM bin_plan p JOIN location l ON l.id = p.location_id ORDER BY l.code"
        )
    )
    assert [(each[0], each[1], each[2]) for each in classes][:3] == [
        ("A-01", "A", 4100),
        ("A-02", "C", 100),
        ("A-03", "C", 0),
    ]
    ann = floor("counter")
    count(ann, house, "A-01", "KETTLE", "XQ40")
    count(ann, house, "A-02", "CAMERA", "S1")
    spans = house.base.read(
        lambda session: session.all(
            "SELECT p.due_day - :today AS days FROM bin_plan p JOIN location l ON l.id = p.location_id"
            " WHERE l.code IN ('A-01', 'A-02') ORDER BY l.code", today=_today(house)
        )
    )  # fmt: skip
    assert 5 <= spans[0].days <= 7
    assert 60 <= spans[1].days <= 90


def _today(house: House) -> int:
    return day_of(now_us(), "Asia/Shanghai")


@pytest.mark.parametrize("how", ["again", "asked"])
def test_a_counter_does_not_take_back_what_a_supervisor_has_counted_again(
    house: House, floor: Callable[..., Worker], how: str
) -> None:
    """R-CNT-2: XXUNDO of the confirmation comes too late once somebody has gone on with it, by either button."""
    house.put("KETTLE", "A-01", 5)
    all_but(house, "A-01")
    ann, ben, mei = floor("counter"), floor("counter"), Browser(house, "supervisor")
    for each in (ann, ben):
        count(each, house, "A-01", "KETTLE")
    if how == "again":
        mei.post(f"/counts/{house.value('SELECT id FROM bin_count')}/again")
    else:
        mei.post("/counts", code="A-01")
        assert next_bin(floor("counter")) == "A-01"
    assert house.value("SELECT state FROM bin_count") == "recount"
    assert ben.scan("XXUNDO") == "too_late_to_undo"
    assert (house.value("SELECT state FROM bin_count"), house.value("SELECT round FROM bin_count")) == ("recount", 3)
    assert house.value("SELECT count(*) FROM count_line WHERE state = 'taken_back'") == 0
