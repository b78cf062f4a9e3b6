"""Which way it is from one bin to another: right is where positions grow, on is where aisle numbers grow."""

from __future__ import annotations

import json

import pytest

from tests.floor import House, Worker
from warehouse.catalog.locations import make_location, path_key
from warehouse.db import Session
from warehouse.errors import Phrase
from warehouse.work.acts import dump_notice, load_notice
from warehouse.work.refusals import NAMED
from warehouse.work.way import Spot, way


def bin_path(aisle: int, position: int, level: int | None = 1) -> str:
    return path_key(f"{aisle}-{position}-{level}", aisle, position, level)


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ((1, 3), (1, 4), "one bin to the right"),
        ((1, 3), (1, 5), "2 bins to the right"),
        ((1, 3), (1, 2), "one bin to the left"),
        ((1, 9), (1, 2), "7 bins to the left"),
        ((2, 3), (2, 4), "one bin to the right"),
        ((2, 9), (2, 2), "7 bins to the left"),
        ((1, 3, 1), (1, 3, 2), "one level up"),
        ((1, 3, 1), (1, 3, 4), "3 levels up"),
        ((1, 3, 2), (1, 3, 1), "one level down"),
        ((1, 3, 4), (1, 3, 1), "3 levels down"),
        ((1, 3, 1), (1, 4, 2), "one bin to the right, level 2"),
        ((1, 3, 1), (1, 6, 2), "3 bins to the right, level 2"),
        ((2, 3, 3), (2, 2, 1), "one bin to the left, level 1"),
        ((2, 5, 3), (2, 2, 1), "3 bins to the left, level 1"),
        ((1, 3, None), (1, 4, 2), "one bin to the right"),
        ((1, 3), (2, 3), "one aisle on"),
        ((1, 3), (4, 9), "3 aisles on"),
        ((2, 3), (1, 3), "one aisle back"),
        ((5, 3), (1, 3), "4 aisles back"),
    ],
)
def test_the_way_to_another_bin(here: tuple[int, ...], there: tuple[int, ...], said: str) -> None:
    assert str(way(bin_path(*here), bin_path(*there))) == said


def test_an_aisle_is_called_by_its_name_where_it_has_one() -> None:
    assert str(way(bin_path(1, 1), Spot(bin_path(2, 1), aisle="B"))) == "aisle B, one aisle on"
    assert str(way(bin_path(1, 1), Spot(bin_path(4, 1), aisle="D"))) == "aisle D, 3 aisles on"
    assert str(way(bin_path(4, 1), Spot(bin_path(3, 1), aisle="C"))) == "aisle C, one aisle back"
    assert str(way(bin_path(4, 1), Spot(bin_path(1, 1), aisle="A"))) == "aisle A, 3 aisles back"
    assert str(way(bin_path(1, 1), Spot(bin_path(1, 2), aisle="A"))) == "one bin to the right"


def test_a_place_without_coordinates_is_told_by_its_zone() -> None:
    floor = path_key("FLOOR-7", None, None, None)
    assert str(way(bin_path(1, 1), Spot(floor, zone="COLD"))) == "in zone COLD"
    assert str(way(floor, Spot(bin_path(1, 1), zone="DRY"))) == "in zone DRY"
    assert str(way(floor, bin_path(1, 1))) == "in another part of the warehouse"
    assert str(way(floor, floor)) == "at this very spot"
    assert str(way(bin_path(1, 3), path_key("other", 1, 3, 1))) == "at this very spot"


def test_a_phrase_in_a_kept_notice_comes_back_as_one() -> None:
    kept = NAMED(item="KETTLE", expected=way(bin_path(1, 1), bin_path(1, 4)))
    back = load_notice(dump_notice(kept))
    assert back == kept
    assert isinstance(back.params["expected"], Phrase)
    assert back.text % back.params == "KETTLE. Now: 3 bins to the right."
    assert json.loads(dump_notice(NAMED(item="KETTLE", expected=Phrase("on"))))[2]["expected"] == ["on", {}]


# ---------------------------------------------------------------- on the floor


def test_a_wrong_bin_tells_the_way_to_the_right_one(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-05", 6)
    house.order(("KETTLE", 2))
    ada.next("picking")
    ada.obey()
    assert ada.scan(house.barcode("A-02")) == "wrong_location"
    assert ada.notice["text"] == "This is A-02. Expected: A-05, 3 bins to the right. Go there and scan it."


def test_another_aisle_is_called_by_its_name(house: House, ada: Worker) -> None:
    def build(session: Session) -> None:
        zone = make_location(session, house.id, "Z", kind="zone")
        aisle = make_location(session, house.id, "B", kind="aisle", parent_id=zone)
        house.places["B-01"] = make_location(
            session, house.id, "B-01", kind="bin", parent_id=aisle, aisle=2, position=1, level=1
        )
        session.run("UPDATE location SET pick = 1 WHERE code = 'B-01'")
        house.places["POND"] = make_location(session, house.id, "POND", kind="bin", parent_id=zone)
        session.run("UPDATE location SET pick = 1 WHERE code = 'POND'")

    house.base.change(build)
    house.put("KETTLE", "B-01", 6)
    house.put("TEA", "POND", 6, lot="L1", expiry="2099-01-01")
    house.order(("KETTLE", 2), ("TEA", 1))
    ada.next("picking")
    ada.obey()
    ada.scan(house.barcode("A-02"))
    assert "Expected: B-01, aisle B, one aisle on." in ada.notice["text"]
    ada.scans("XXSKIP")
    ada.scan(house.barcode("A-02"))
    assert "Expected: POND, in zone Z." in ada.notice["text"]


def test_newer_goods_tell_the_way_to_the_older_ones(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-02", 6, received="2026-01-01")
    house.put("KETTLE", "A-03", 6, received="2026-02-01")
    house.order(("KETTLE", 2))
    ada.next("picking")
    ada.obey()
    assert ada.scan(house.barcode("A-03")) == "fifo_older_available"
    assert "A-03 is newer (2026-02-01). Older goods (2026-01-01) are at A-02, one bin to the left" in ada.notice["text"]


def test_a_newer_lot_in_the_same_bin_is_called_by_its_name(house: House, ada: Worker) -> None:
    house.put("TEA", "A-02", 6, lot="OLD", received="2026-01-01")
    house.put("TEA", "A-02", 6, lot="NEW", received="2026-02-01")
    house.order(("TEA", 2))
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-02"), "TEA")
    assert ada.scan("NEW") == "fifo_older_available"
    assert "NEW is newer (2026-02-01). Older goods (2026-01-01) are at A-02, at this very spot" in ada.notice["text"]


def test_a_bin_that_does_not_take_the_goods_tells_the_way_to_one_that_does(house: House, ada: Worker) -> None:
    house.base.change(lambda session: session.run("UPDATE location SET classes = 'frozen' WHERE code = 'A-06'"))
    house.put("KETTLE", "DOCK-1", 6)
    ada.next("putaway")
    ada.scans("KETTLE", "XQ5")
    assert ada.screen["target"]["location"]["code"] == "A-05", "slow goods leave the near bins free"
    assert ada.scan(house.barcode("A-06")) == "wrong_class"
    assert "Expected: A-05, one bin to the left, or another bin." in ada.notice["text"]


def test_the_screen_hints_the_way_to_the_next_bin(house: House, ada: Worker) -> None:
    """From the bin that was confirmed last; before the first one nobody knows where the picker stands."""
    from warehouse.work.perform import show
    from warehouse.work.pieces import resume
    from warehouse.work.rooms import room_named

    house.put("KETTLE", "A-02", 6)
    house.put("TEA", "A-05", 6, lot="L1", expiry="2099-01-01")
    house.order(("KETTLE", 1), ("TEA", 1))
    person = house.value("SELECT id FROM person WHERE name = 'ada'")

    def hint() -> str:
        room = room_named("picking")
        work = house.base.read(lambda session: resume(session, house.by(person_id=person), "picking"))
        return str(show(room, work).hint or "")

    ada.next("picking")
    ada.obey()
    assert (ada.screen["expects"], hint()) == (["location"], "")
    ada.scans(house.barcode("A-02"))
    assert hint() == ""
    ada.scans("KETTLE")
    assert (ada.screen["expects"], hint()) == (["location"], "3 bins to the right")


def test_far_aisles_are_named_and_not_counted() -> None:
    """Aisle numbers may leap from one block to the next."""
    near, far = "00001-00005-001-A1-05-1", "00101-00007-001-B1-07-1"
    assert str(way(near, Spot(far, aisle="B1"))) == "in aisle B1"
    assert str(way(near, far)) == "in another part of the warehouse"
