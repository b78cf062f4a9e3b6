"""Two hands on the same goods: each piece is cleared once, whoever asks, scans, cancels or takes back meanwhile (R-SAF-6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from tests.clearing.asked import asks, causes, counts_asked, faces, holds, lies, open_ones, second_piece, total
from tests.floor import House, Worker
from tests.hands import at_once, interleave
from tests.pages import Browser
from warehouse.catalog.places import places
from warehouse.clock import now_us
from warehouse.floor.clearing import actions
from warehouse.ledger import Goods, Move, post
from warehouse.office.planning.actions import leave
from warehouse.planning import clearing
from warehouse.work.pieces import Work


def in_hand(house: House, worker: Worker, place: str = "A-01", sku: str = "KETTLE", more: str = "") -> None:
    """Takes the next clearance and goes on until its goods are in hand."""
    worker.next("clearing")
    worker.scans(house.barcode(place), sku, *((more,) if more else ()))


def took_away(house: House, place: str, quantity: int, sku: str = "KETTLE", serial: str = "") -> None:
    """A count finds fewer: the book follows."""

    def change(session: Any) -> None:
        row = session.one(
            "SELECT layer_id, lot_id FROM balance WHERE location_id = :place AND item_id = :item AND serial = :serial",
            place=house.places[place], item=house.items[sku], serial=serial,
        )  # fmt: skip
        goods = Goods(house.items[sku], row.layer_id, row.lot_id, serial)
        post(session, house.by(), "count", [Move(quantity, house.places[place], _lost(session, house), goods)])

    house.base.change(change)


def _lost(session: Any, house: House) -> int:
    return places(session, house.id).lost_and_found


def test_of_eight_who_ask_at_once_one_is_sent(house: House, floor: Callable[..., Worker]) -> None:
    """Two people are never at work on one clearance."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "scrap")
    workers = [floor("driver") for _ in range(8)]
    screens = at_once(lambda number: workers[number].next("clearing"), 8)
    assert [screen is not None for screen in screens].count(True) == 1
    assert house.value("SELECT count(*) FROM work WHERE state = 'open'") == 1


def test_of_eight_clearances_eight_people_take_each_once(house: House, floor: Callable[..., Worker]) -> None:
    for number in range(1, 7):
        house.put("KETTLE", f"A-{number:02d}", number)
    asks(house, "scrap")
    workers = [floor("driver") for _ in range(8)]
    at_once(lambda number: workers[number].work("clearing"), 8)
    assert sorted(quantity for _, quantity, _, _ in causes(house)) == [1, 2, 3, 4, 5, 6]
    assert (total(house), open_ones(house), holds(house)) == ((0, 0), 0, 0)
    assert house.verify().faults == []


@pytest.mark.parametrize("same_key", [True, False])
def test_the_last_scan_sent_eight_times_books_once(house: House, ada: Worker, *, same_key: bool) -> None:
    """R-SCAN-1: a repeated key is answered as before; another key finds the step stale."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "return")
    in_hand(house, ada, more="XQ4")
    href, step = ada.screen["scan"]["href"], ada.screen["scan"]["fields"]
    copies = [Worker(house.app.test_client(), ada.token) for _ in range(8)]

    def send(number: int) -> tuple[int, bool]:
        copies[number].post(href, **(step | {"code": "XXOK", "key": "same" if same_key else f"k{number}"}))
        return copies[number].status, copies[number].replayed

    seen = Counter(at_once(send, 8))
    assert seen == ({(200, False): 1, (200, True): 7} if same_key else {(200, False): 1, (409, False): 7})
    assert causes(house) == [("return", 5, "A-01", "supplier")]


def test_what_is_to_be_cleared_is_promised_to_nobody(house: House, ada: Worker, floor: Callable[..., Worker]) -> None:
    """R-ORD-5: neither before the goods are taken nor while they are in hand; what is left is promised again at once."""
    house.order(("KETTLE", 3))
    house.put("KETTLE", "A-01", 5)
    asks(house, "scrap")
    bob = floor("picker")
    assert bob.next("picking") is None
    in_hand(house, ada)
    assert bob.next("picking") is None
    ada.scans("XXDONE", "XXOK")
    assert bob.next("picking") is not None
    bob.finish()
    assert lies(house)["A-01"] == 1
    assert ada.scan("XXUNDO") == "undone", "the goods come back, and the hold on what is not promised"
    assert total(house) == (5, 2)
    ada.scans("XXUNDO", "XQ3")
    assert ada.scan("XXOK") == "carry_less_there", "two are free of the five; the order keeps its three"
    ada.finish()
    assert (total(house), "A-01" in lies(house), holds(house)) == ((3, 0), False, 0)
    assert house.verify().faults == []


def test_who_carries_a_part_away_leaves_the_rest_to_the_next(
    house: House, ada: Worker, floor: Callable[..., Worker]
) -> None:
    """What one cart takes is booked; the rest is another piece of work. It cannot be taken back over another's hands."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "scrap")
    in_hand(house, ada, more="XQ1")
    assert ada.scan("XXOK") == "cleared_to_scrap"
    assert (total(house), open_ones(house)) == ((3, 3), 1)
    bob = floor("driver")
    assert bob.next("clearing")["target"]["quantity"]["wanted"] == 3
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    assert total(house) == (3, 3)
    bob.finish()
    assert ada.scan("XXUNDO") == "too_late_to_undo", "the clearance was ended since"
    assert bob.scan("XXUNDO") == "undone"
    assert (total(house), holds(house)) == ((3, 3), 1)
    bob.finish()
    assert (total(house), open_ones(house), holds(house)) == ((0, 0), 0, 0)


def test_one_takes_back_while_another_asks(house: House, ada: Worker, floor: Callable[..., Worker]) -> None:
    """Either the undo comes first and the work is its owner's again, or the other has it and the undo is too late."""
    bob = floor("driver")
    for _ in range(6):
        house.put("KETTLE", "A-01", 5)
        asks(house, "scrap")
        in_hand(house, ada)
        ada.scans("XXOK")
        said, screen = at_once(lambda number: bob.next("clearing") if number else ada.scan("XXUNDO"), 2)
        assert (said, screen is None) in {("undone", True), ("too_late_to_undo", False)}
        (ada if said == "undone" else bob).finish()
        assert (total(house), open_ones(house), holds(house)) == ((0, 0), 0, 0)
    assert house.verify().faults == []


def test_goods_that_were_counted_away_are_not_looked_for(house: House, ada: Worker) -> None:
    """R-LED-2: the book has less by now; what is there is gone on with, and nothing is ended for ever."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 4)
    asks(house, "scrap")
    in_hand(house, ada, more="XQ4")
    took_away(house, "A-01", 2)
    assert ada.scan("XXOK") == "carry_less_there"
    assert ada.scan("XXOK") == "cleared_to_scrap"
    assert causes(house)[-1] == ("scrap", 3, "A-01", "scrap")
    took_away(house, "A-02", 4)
    assert ada.next("clearing") is None
    assert (open_ones(house), holds(house)) == (0, 0)


def test_all_of_it_was_counted_away_while_it_was_in_hand(house: House, ada: Worker) -> None:
    """Another piece of the same receipt lies there: it is no part of this clearance."""
    layer = house.put("CAMERA", "A-01", 1, serial="S1")
    second_piece(house, "A-01", layer, "S2")
    asks(house, "scrap", "CAMERA")
    in_hand(house, ada, sku="CAMERA", more="S1")
    took_away(house, "A-01", 1, "CAMERA", "S1")
    assert ada.scan("XXOK") == "carry_less_there"
    assert ada.screen["done"]
    assert open_ones(house) == 1
    assert ada.work("clearing") == 1
    assert (total(house, "CAMERA"), holds(house)) == ((0, 0), 0)


# ---------------------------------------------------------------- the office


@pytest.fixture
def desk(house: House) -> Browser:
    return Browser(house, "operations", name="Ola")


def ends(desk: Browser, clearance_id: int) -> int:
    desk.get("/clearances")
    desk.post(f"/clearances/{clearance_id}/leave")
    return desk.status


def test_the_office_ends_what_nobody_has_begun(house: House, desk: Browser, floor: Callable[..., Worker]) -> None:
    """Whoever was on the way there is told at the next scan; what somebody has begun is theirs."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 5)
    first, second = asks(house, "scrap")
    bob, cho = floor("driver"), floor("driver")
    bob.next("clearing")
    cho.next("clearing")
    cho.scans(house.barcode("A-02"))
    assert ends(desk, first) == 200
    assert bob.scan(house.barcode("A-01")) == "step_stale"
    assert bob.next("clearing") is None
    assert ends(desk, second) == 422
    assert "is at work on this" in desk.notice
    cho.scans("XXUNDO", "XXSKIP")
    assert ends(desk, second) == 200
    assert (total(house), holds(house), open_ones(house)) == ((10, 0), 0, 0)


def test_the_office_ends_the_rest_of_what_was_taken(house: House, ada: Worker, desk: Browser) -> None:
    """What was taken stays taken; it cannot be taken back into a clearance that is no more."""
    house.put("KETTLE", "A-01", 5)
    (one,) = asks(house, "scrap")
    in_hand(house, ada)
    ada.scans("XXOK")
    assert ends(desk, one) == 200
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    assert total(house) == (4, 0)
    assert ends(desk, one) == 422
    assert "done or cancelled already" in desk.notice


def test_ended_in_the_moment_in_which_it_is_given_out(house: House) -> None:
    """Nobody is left at work on a clearance that is no more."""
    house.put("KETTLE", "A-01", 5)
    (one,) = asks(house, "scrap")
    kept = clearing.cancel

    def first(session: Any, pause: Callable[[], None]) -> Any:
        def cancel(*args: Any) -> None:
            pause()
            kept(*args)

        with patch.object(clearing, "cancel", cancel):
            return leave(session, house.by(), one).code

    said, _ = interleave(house.base, first, lambda session: _taken(session, house))
    assert said == "clearance_cancelled"
    assert open_ones(house) == 0
    assert house.value("SELECT count(*) FROM work WHERE state = 'open'") == 0


def test_given_out_in_the_moment_in_which_it_is_ended(house: House) -> None:
    """Whoever asks meanwhile waits, and is not sent for what is no more."""
    house.put("KETTLE", "A-01", 5)
    (one,) = asks(house, "scrap")

    def first(session: Any, pause: Callable[[], None]) -> Any:
        said = leave(session, house.by(), one).code
        pause()
        return said

    said, given = interleave(house.base, first, lambda session: _taken(session, house))
    assert (said, given) == ("clearance_cancelled", False)
    assert house.value("SELECT count(*) FROM work WHERE state = 'open'") == 0


def _taken(session: Any, house: House) -> bool:
    return isinstance(actions.take(session, house.by(person_id=77, now=now_us())), Work)


def test_two_who_bring_goods_to_one_bin_where_nothing_is_mixed(
    house: House, ada: Worker, floor: Callable[..., Worker]
) -> None:
    """R-PUT-2: the bin that is proposed is kept for the one who was sent there."""
    house.base.change(
        lambda session: session.run(
            "INSERT INTO setting (warehouse_id, name, value) VALUES (:id, 'mix_items', 'false')", id=house.id
        )
    )
    faces(house, "A-01", "A-02")
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    asks(house, "reserve")
    asks(house, "reserve", "TEA")
    bob = floor("driver")
    in_hand(house, ada, more="XQ4")
    bob.next("clearing")
    bob.scans(house.barcode("A-02"), "TEA", "L1", "XQ4")
    hers, his = (each.screen["target"]["location"]["code"] for each in (ada, bob))
    assert hers != his
    assert ada.scan(house.barcode(his)) == "kept_for_another"
    ada.finish()
    bob.finish()
    assert counts_asked(house) == 0
    assert house.verify().faults == []
