"""Replenishing, as a storekeeper would tell it."""

from __future__ import annotations

import pytest

from tests.floor import House, Worker
from warehouse.catalog.locations import refresh_pick_locations


@pytest.fixture
def house(house: House) -> House:
    """Bins A-01 and A-02 are pick faces, all others reserve."""

    def mark(session):
        session.run("UPDATE location SET pick_face = 1 WHERE code IN ('A-01', 'A-02')")
        refresh_pick_locations(session, house.id)

    house.base.change(mark)
    return house


def test_what_orders_lack_in_pick_faces_is_brought_from_the_oldest_reserve(house: House, ada: Worker) -> None:
    """R-PICK-6: demand of orders beyond the faces; oldest reserve first; then the order can be picked."""
    house.put("KETTLE", "A-01", 1, received="2026-01-01")
    house.put("KETTLE", "A-04", 8, received="2026-03-01")
    house.put("KETTLE", "A-06", 5, received="2026-02-01")
    house.order(("KETTLE", 4))
    assert ada.next("picking") is None
    screen = ada.next("replenishing")
    assert screen["target"]["location"]["code"] == "A-06"
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["location", "item", "quantity", "location"]
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 6, ("KETTLE", "A-04", "", ""): 8}
    assert ada.next("picking") is not None


def test_an_order_that_nobody_tried_to_pick_yet_is_reason_enough(house: House, ada: Worker) -> None:
    """R-PICK-6: replenishing does not wait until a picker has met the empty face."""
    house.put("KETTLE", "A-04", 8)
    house.order(("KETTLE", 4))
    assert ada.work("replenishing") == 1
    assert ada.next("picking") is not None


def test_an_empty_face_is_filled_with_what_was_last_taken_from_it(house: House, ada: Worker) -> None:
    """R-PICK-6: minimum 0: a face that was picked empty is filled again, the same one."""
    house.put("KETTLE", "A-02", 2)
    house.put("KETTLE", "A-05", 7)
    assert ada.next("replenishing") is None
    house.order(("KETTLE", 2))
    ada.work("picking")
    screen = ada.next("replenishing")
    assert screen["target"]["location"]["code"] == "A-05"
    ada.finish()
    assert ada.screen["target"]["location"]["code"] == "A-02"
    assert ("KETTLE", "A-02", "", "") in house.stock("KETTLE")


def test_newer_reserve_is_refused_until_a_supervisor_lets_it_pass(house: House, ada: Worker) -> None:
    """R-PICK-1: replenishment takes the oldest reserve first; a badge lets a newer one pass once."""
    house.put("KETTLE", "A-04", 8, received="2026-03-01")
    house.put("KETTLE", "A-05", 8, received="2026-02-01")
    house.put("KETTLE", "A-06", 5, received="2026-02-01")
    house.order(("KETTLE", 4))
    badge = house.person("Grace", "supervisor")["badge"]
    ada.next("replenishing")
    assert ada.scan(house.barcode("A-04")) == "fifo_older_available"
    assert "A-05" in ada.notice["text"]
    assert ada.scan(house.barcode("A-03")) == "wrong_location"
    assert ada.scan(house.barcode("A-06")) == "other_reserve"
    assert ada.scan("XXUNDO") == "undone"
    assert ada.scan(badge) == "override_reason"
    assert ada.obey() == "override_armed"
    assert ada.scan(house.barcode("A-04")) == "fifo_overridden"
    ada.finish()
    assert ("KETTLE", "A-04", "", "") not in house.stock("KETTLE")
    assert house.value("SELECT refusal FROM override") == "fifo_older_available"


def test_a_newer_lot_of_the_same_bin_is_refused(house: House, ada: Worker) -> None:
    """R-PICK-1: the lot that expires first goes to the face first."""
    house.put("TEA", "A-04", 8, lot="LATE", expiry="2028-01-01")
    house.put("TEA", "A-04", 8, lot="SOON", expiry="2027-01-01")
    house.order(("TEA", 4))
    ada.next("replenishing")
    ada.scans(house.barcode("A-04"), "TEA")
    assert ada.scan("LATE") == "fifo_older_available"
    assert ada.scan("NONE") == "wrong_lot"
    ada.finish()
    assert ("TEA", "A-04", "SOON", "") not in house.stock("TEA")


def test_one_person_an_item(house: House, ada: Worker, floor) -> None:
    """Nobody else is sent for the same item; another item is given instead."""
    bob = floor("picker")
    house.put("KETTLE", "A-04", 8)
    house.put("CAMERA", "A-05", 1, serial="S1")
    house.order(("KETTLE", 4), ("CAMERA", 1))
    first = ada.next("replenishing")["target"]["item"]["code"]
    menu = {each["room"]: each["waiting"] for each in ada.get("/floor")["rooms"]}
    assert (menu["receiving"], menu["putaway"], menu["replenishing"]) == (0, 0, 1)
    second = bob.next("replenishing")["target"]["item"]["code"]
    assert {first, second} == {"KETTLE", "CAMERA"}
    ada.finish()
    bob.finish()
    assert ada.next("replenishing") is None
    assert ada.next("picking") is not None


def test_undo_brings_everything_back(house: House, ada: Worker) -> None:
    """R-LED-1: the last scan of a place is undone by the contrary posting, on the done screen too."""
    house.put("KETTLE", "A-04", 8)
    house.order(("KETTLE", 4))
    ada.next("replenishing")
    ada.scans(house.barcode("A-04"), "KETTLE", "XXDAMAGE", "XQ2", "XRBROKEN")
    ada.finish()
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 6, ("KETTLE", "QUARANTINE", "", ""): 2}
    while ada.scan("XXUNDO") == "undone":
        pass
    assert ada.notice["code"] == "nothing_to_undo"
    assert house.stock("KETTLE") == {("KETTLE", "A-04", "", ""): 8}
    ada.finish()
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 8}


def test_what_is_no_pick_face_is_refused(house: House, ada: Worker) -> None:
    """Reserve goods go to pick faces, nowhere else."""
    house.put("KETTLE", "A-04", 8)
    house.order(("KETTLE", 4))
    ada.next("replenishing")
    ada.scans(house.barcode("A-04"), "KETTLE", "XQ3")
    assert ada.scan(house.barcode("A-06")) == "not_a_pick_face"
    assert ada.scan("XQ99") == "too_many"
    assert ada.scan("nonsense") == "unknown_code"
    assert ada.scan(house.barcode("A-02")) == "replenished", "a part goes; the rest stays for the next piece"
    assert house.stock("KETTLE") == {("KETTLE", "A-02", "", ""): 4, ("KETTLE", "A-04", "", ""): 4}
