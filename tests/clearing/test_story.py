"""Clearing, as a storekeeper would tell it (R-SAF-6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.clearing.asked import asks, causes, counts_asked, faces, holds, lies, open_ones, second_piece, total
from tests.floor import House, Worker


def waiting(worker: Worker) -> int:
    return {each["room"]: each["waiting"] for each in worker.get("/floor")["rooms"]}["clearing"]


def test_what_blocks_a_pick_face_is_moved_to_the_reserve(house: House, ada: Worker) -> None:
    """R-SAF-6: out of the face, into the bin that the screen proposes; then orders may have it again."""
    faces(house, "A-01")
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-04", 2)
    asks(house, "reserve")
    assert (total(house), waiting(ada)) == ((7, 5), 1)
    screen = ada.next("clearing")
    assert screen["title"] == "KETTLE to the reserve"
    assert screen["hint"] == "to be moved to the reserve"
    assert waiting(ada) == 0
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["location", "item", "quantity", "location"]
    assert ada.notice["code"] == "cleared_to_reserve"
    assert lies(house) == {"A-04": 7}, "where it lies already"
    assert causes(house) == [("move", 5, "A-01", "A-04")]
    assert (total(house), open_ones(house), holds(house)) == ((7, 0), 0, 0)
    assert ada.next("clearing") is None
    assert house.verify().faults == []


def test_what_goes_back_is_put_at_the_dock_and_confirmed(house: House, ada: Worker) -> None:
    """R-SAF-6: the screen says where to put it; the confirmation books it to the supplier."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "return")
    ada.next("clearing")
    assert [ada.obey() for _ in range(3)] == ["at_bin", "more_in_hand", "bring_to_supplier"]
    assert "DOCK-1" in ada.notice["text"]
    assert (ada.screen["expects"], ada.screen["target"]["location"]["code"]) == (["confirm"], "DOCK-1")
    assert ada.screen["hint"] == "put them here for the supplier, then scan OK"
    assert total(house) == (5, 5), "nothing is booked before it is there"
    assert ada.scan(house.barcode("A-02")) == "not_expected"
    assert ada.scan("XXOK") == "cleared_to_supplier"
    assert ada.screen["done"]
    assert causes(house) == [("return", 5, "A-01", "supplier")]
    assert (total(house), open_ones(house), holds(house)) == ((0, 0), 0, 0)


def test_the_docks_own_label_confirms_as_well(house: House, ada: Worker) -> None:
    """R-SCAN-3: what the screen names may be scanned."""
    house.put("KETTLE", "A-01", 2)
    asks(house, "return")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "KETTLE", "XQ1")
    assert ada.scan(house.barcode("DOCK-1")) == "cleared_to_supplier"
    assert ada.screen["done"]


def test_what_is_scrapped_is_confirmed(house: House, ada: Worker) -> None:
    """R-SAF-6: lots are scanned too, and none but those asked for."""
    house.put("TEA", "A-01", 3, lot="OLD", expiry="2099-01-01")
    asks(house, "scrap", "TEA")
    house.put("TEA", "A-01", 8, lot="NEW", expiry="2099-06-01")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "TEA")
    assert ada.scan("NEW") == "wrong_lot"
    assert "OLD" in ada.notice["text"]
    ada.finish()
    assert ada.notice["code"] == "cleared_to_scrap"
    assert house.stock("TEA") == {("TEA", "A-01", "NEW", ""): 8}
    assert causes(house) == [("scrap", 3, "A-01", "scrap")]
    assert house.verify().faults == []


def test_single_pieces_are_cleared_one_by_one(house: House, ada: Worker) -> None:
    """R-SAF-6: another serial of the same bin is refused; the hold ends with the last of a bin."""
    layer = house.put("CAMERA", "A-01", 1, serial="S1")
    house.put("CAMERA", "A-01", 1, serial="S2")
    assert layer
    asks(house, "scrap", "CAMERA")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "CAMERA")
    assert ada.screen["target"]["serial"]["code"] == "S1"
    assert ada.scan("S2") == "wrong_lot"
    ada.finish()
    assert total(house, "CAMERA") == (1, 1)
    assert ada.work("clearing") == 1
    assert (total(house, "CAMERA"), holds(house)) == ((0, 0), 0)


def test_clearances_come_along_the_walk(house: House, ada: Worker, floor: Callable[..., Worker]) -> None:
    """The next bin is the next one on the way; two people are never sent to the same clearance."""
    for place in ("A-05", "A-01", "A-03"):
        house.put("KETTLE", place, 2)
    asks(house, "scrap")
    bob = floor("driver")
    seen = [worker.next("clearing")["target"]["location"]["code"] for worker in (ada, bob)]
    assert seen == ["A-01", "A-03"]
    assert floor("picker").next("clearing")["target"]["location"]["code"] == "A-05"
    assert floor("driver").next("clearing") is None
    ada.finish()
    bob.finish()
    assert lies(house) == {"A-05": 2}


def test_wrong_bins_and_items_change_nothing(house: House, ada: Worker) -> None:
    """R-SCAN-2: the refusal says what was read, what is expected and where."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-03", 5)
    (first, _) = asks(house, "scrap")
    ada.next("clearing")
    assert ada.scan(house.barcode("A-03")) == "wrong_location"
    assert "A-01" in ada.notice["text"]
    assert "bins to the left" in ada.notice["text"]
    assert ada.scan("KETTLE") == "not_expected"
    ada.scans(house.barcode("A-01"))
    assert ada.scan("TEA") == "wrong_item"
    assert ada.scan("nonsense") == "unknown_code"
    assert ada.scan("XXOK") == "not_expected", "nothing is in hand"
    ada.scans("KETTLE")
    assert ada.scan("XQ5") == "too_many"
    assert ada.scan("XQ0") == "quantity_zero"
    assert total(house) == (10, 10)
    assert house.value("SELECT taken FROM clearance WHERE id = :id", id=first) == 0


@pytest.mark.parametrize("mixed", [True, False])
def test_a_bin_that_may_not_take_them_is_refused(house: House, ada: Worker, *, mixed: bool) -> None:
    """R-PUT-1: the reserve takes what putaway would put there; never a pick face."""
    house.base.change(
        lambda session: session.run(
            "INSERT INTO setting (warehouse_id, name, value) VALUES (:id, 'mix_items', :mix)",
            id=house.id,
            mix="true" if mixed else "false",
        )  # fmt: skip
    )
    faces(house, "A-01", "A-02")
    house.base.change(lambda session: session.run("UPDATE location SET classes = 'cold' WHERE code = 'A-06'"))
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-03", 1, lot="L1", expiry="2099-01-01")
    asks(house, "reserve")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "KETTLE", "XQ4")
    assert ada.screen["target"]["location"]["code"] in {"A-04", "A-05"}
    assert ada.scan(house.barcode("A-01")) == "not_the_reserve"
    assert ada.scan(house.barcode("A-02")) == "not_the_reserve"
    assert ada.scan(house.barcode("DOCK-1")) == "not_a_storage_place"
    assert ada.scan(house.barcode("A-06")) == "wrong_class"
    assert ada.scan("XXOK") == "not_expected"
    assert ada.scan(house.barcode("A-03")) == ("cleared_to_reserve" if mixed else "mixing_forbidden")
    ada.finish()
    assert house.verify().faults == []


def test_a_bin_of_the_reserve_that_takes_a_part(house: House, ada: Worker) -> None:
    """R-PUT-2: what does not fit is another piece of work, to another bin."""
    faces(house, "A-01")

    def limit(session):
        session.run("UPDATE item SET weight_g = 1000")
        session.run("UPDATE location SET max_weight_g = 3000 WHERE code <> 'A-01'")

    house.base.change(limit)
    house.put("KETTLE", "A-01", 5)
    asks(house, "reserve")
    assert ada.next("clearing")["target"]["quantity"]["wanted"] == 3
    ada.finish()
    assert (open_ones(house), total(house)) == (1, (5, 2))
    assert ada.work("clearing") == 1
    assert sorted(lies(house).values()) == [2, 3]
    assert (open_ones(house), total(house)) == (0, (5, 0))


def test_where_no_bin_takes_them_it_is_said(house: House, ada: Worker) -> None:
    """A clearance that cannot be given is not passed over in silence; other work goes on."""
    faces(house, *house.places)
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 1, lot="L1", expiry="2099-01-01")
    asks(house, "reserve")
    assert ada.next("clearing") is None
    page = ada.client.post("/clearing/next", data={"key": "a"}, headers=ada._headers() | {"Accept": "application/json"})
    assert "KETTLE" in page.get_data(as_text=True)
    asks(house, "scrap", "TEA")
    assert ada.next("clearing")["target"]["item"]["code"] == "TEA"


def test_what_is_missing_is_held_until_it_is_counted(house: House, ada: Worker) -> None:
    """R-PICK-3: what was found is booked; the rest is no clearance any more, but nobody is promised it before a count."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "return")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "KETTLE", "XQ1")
    assert ada.scan("XXSHORT") == "carry_short"
    assert ada.screen["expects"] == ["confirm"]
    assert ada.scan("XXOK") == "cleared_to_supplier"
    assert (lies(house), open_ones(house)) == ({"A-01": 3}, 0)
    assert (holds(house), holds(house, "short"), counts_asked(house)) == (0, 1, 1)
    assert ada.next("clearing") is None


def test_what_is_left_is_free_again_and_counted(house: House, ada: Worker) -> None:
    """R-SAF-6: XXDONE takes what is in hand and leaves the rest, which orders may have again."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "scrap")
    ada.next("clearing")
    assert ada.scan("XXDONE") == "not_expected", "not before the bin was seen"
    ada.scans(house.barcode("A-01"), "KETTLE")
    assert ada.scan("XXDONE") == "rest_stays"
    assert total(house) == (5, 5)
    ada.scans("XXOK")
    assert (total(house), open_ones(house), holds(house), counts_asked(house)) == ((4, 0), 0, 0, 1)


@pytest.mark.parametrize(("code", "held"), [("XXDONE", 0), ("XXSHORT", 1)])
def test_nothing_is_found_at_all(house: House, ada: Worker, code: str, held: int) -> None:
    """With nothing in hand the clearance ends at once, and comes back by XXUNDO."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "scrap")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), code)
    assert ada.screen["done"]
    assert (open_ones(house), holds(house), holds(house, "short"), counts_asked(house)) == (0, 0, held, 1)
    assert ada.scan("XXUNDO") == "undone"
    assert (open_ones(house), holds(house), holds(house, "short"), counts_asked(house)) == (1, 1, 0, 0)
    assert total(house) == (5, 5)
    ada.finish()
    assert (lies(house), total(house)) == ({}, (0, 0))


def test_damaged_goods_go_to_quarantine_and_the_others_on(house: House, ada: Worker) -> None:
    """R-PICK-3: what is damaged is out of the bin, too."""
    faces(house, "A-01")
    house.put("KETTLE", "A-01", 5)
    asks(house, "reserve")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "KETTLE", "XXDAMAGE", "XQ2", "XRBROKEN")
    assert house.value("SELECT taken FROM clearance") == 2
    ada.finish()
    assert sorted(lies(house).values()) == [2, 3]
    assert (open_ones(house), holds(house)) == (0, 0)
    while ada.scan("XXUNDO") == "undone":
        pass
    assert (lies(house), total(house), open_ones(house)) == ({"A-01": 5}, (5, 5), 1)


def test_undo_takes_back_the_step_and_the_posting(house: House, ada: Worker) -> None:
    """R-LED-1: the clearance and its hold come back, on the done screen too, and can be done again."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "scrap")
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "KETTLE")
    assert ada.scan("XXUNDO") == "undone"
    assert ada.screen["expects"] == ["item"]
    ada.finish()
    assert (total(house), holds(house)) == ((0, 0), 0)
    assert ada.screen["done"]
    assert ada.screen["actions"] == ["XXUNDO"]
    assert ada.scan("XXUNDO") == "undone"
    assert (total(house), holds(house), open_ones(house)) == ((5, 5), 1, 1)
    assert ada.screen["expects"] == ["confirm"]
    assert house.verify().faults == []
    house.order(("KETTLE", 1))
    assert ada.next("picking") is None, "held as before"
    ada.next("clearing")
    ada.finish()
    assert [cause for cause, *_ in causes(house)] == ["scrap", "undo", "scrap"]
    assert (total(house), holds(house), open_ones(house)) == ((0, 0), 0, 0)


def test_undo_of_one_piece_after_the_last_of_its_bin(house: House, floor: Callable[..., Worker]) -> None:
    """Single pieces of one receipt share a hold: whichever is taken back, it is held again."""
    layer = house.put("CAMERA", "A-01", 1, serial="S1")
    second_piece(house, "A-01", layer, "S2")
    asks(house, "scrap", "CAMERA")
    assert holds(house) == 1
    ada, bob = floor("driver"), floor("driver")
    for worker in (ada, bob):
        worker.next("clearing")
        worker.finish()
    assert holds(house) == 0
    for worker, blocked in ((ada, 1), (bob, 2)):
        assert worker.scan("XXUNDO") == "undone"
        assert (total(house, "CAMERA"), holds(house)) == ((blocked, blocked), 1)
    for worker in (ada, bob):
        worker.next("clearing")
        worker.finish()
    assert (total(house, "CAMERA"), holds(house)) == ((0, 0), 0)


def test_skip_back_help_and_another_who_goes_on(house: House, ada: Worker, floor: Callable[..., Worker]) -> None:
    """R-STN-2: as in every room."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 5)
    asks(house, "scrap")
    ada.next("clearing")
    assert ada.scan("XXHELP") == "help"
    assert "A-01" in ada.notice["text"]
    assert ada.scan("XXSKIP") == "piece_later"
    assert ada.next("clearing")["target"]["location"]["code"] == "A-02"
    assert ada.scan("XXBACK") == "work_left"
    bob = floor("driver")
    bob.next("clearing")
    bob.scans(house.barcode("A-01"), "KETTLE")
    assert bob.scan("XXBACK") == "work_kept"
    href = bob.screen["href"]
    ada.post(f"{href}/takeover")
    assert ada.notice["code"] == "work_taken_over"
    assert bob.scan("XXOK") == "work_of_another"
    ada.screen = ada.get(href)["screen"]
    ada.finish()
    assert lies(house) == {"A-02": 5}


def test_who_may_work_here(house: House, floor: Callable[..., Worker]) -> None:
    """R-PUT-5: drivers, pickers and supervisors."""
    house.put("KETTLE", "A-01", 5)
    asks(house, "scrap")
    for role in ("receiver", "packer", "counter", "operations"):
        other = floor(role)
        other.post("/clearing/next")
        assert (other.status, other.notice["code"]) == (403, "forbidden")
    for role in ("driver", "picker", "supervisor"):
        assert "clearing" in [each["room"] for each in floor(role).get("/floor")["rooms"]]
