"""Pick faces that are too small, or none at all: the goods are picked straight from reserve."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.floor import House, Worker
from warehouse.catalog.locations import refresh_pick_locations
from warehouse.clock import iso
from warehouse.db import Session
from warehouse.simulate.audit import newer_picks

FACES = {"A-01": 5000}


@pytest.fixture
def house(house: House) -> House:
    """A-01 is the only pick face and bears 5 kg; a kettle weighs 1 kg, and so do tea and cameras."""
    house.base.change(lambda session: mark(session, house, FACES))
    return house


def mark(session: Session, house: House, faces: dict[str, int]) -> None:
    session.run("UPDATE item SET weight_g = 1000")
    session.run("UPDATE location SET pick_face = 0, max_weight_g = NULL")
    for code, grams in faces.items():
        session.run("UPDATE location SET pick_face = 1, max_weight_g = :g WHERE code = :code", g=grams, code=code)
    refresh_pick_locations(session, house.id)


def waiting(ada: Worker) -> int:
    return {each["room"]: each["waiting"] for each in ada.get("/floor")["rooms"]}["replenishing"]


def unfair(house: House) -> list[str]:
    """What the independent audit has to say of the picks."""
    rows = house.base.read(
        lambda session: session.all(
            """SELECT i.sku, m.cause, m.quantity, f.code AS origin, t.code AS place, m.occurred_at, m.reserved_at,
                      y.received_at
               FROM move m JOIN item i ON i.id = m.item_id JOIN location f ON f.id = m.from_id
               JOIN location t ON t.id = m.to_id JOIN layer y ON y.id = m.layer_id ORDER BY m.posting_id, m.line"""
        )
    )
    moves = [
        {"sku": row.sku, "cause": row.cause, "quantity": str(row.quantity), "from": row.origin, "to": row.place,
         "at": iso(row.occurred_at), "reserved_at": iso(row.reserved_at) if row.reserved_at else "",
         "received_at": iso(row.received_at)}
        for row in rows
    ]  # fmt: skip
    return newer_picks(moves, pick_places=set(FACES), timezone="Asia/Shanghai")


def work_in_rounds(ada: Worker) -> None:
    """Replenishes and picks until both rooms have nothing."""
    while ada.work("replenishing") + ada.work("picking"):
        pass


def test_what_no_face_takes_is_picked_from_reserve(house: House, ada: Worker) -> None:
    """R-PICK-6: the face is full of one item; orders for more of it, and for another item, are served all the same."""
    house.put("KETTLE", "A-01", 5, received="2026-02-01")
    house.put("KETTLE", "A-04", 50, received="2026-03-01")
    house.put("TEA", "A-04", 50, lot="L1", expiry="2030-01-01")
    house.order(("KETTLE", 9))
    house.order(("TEA", 2))
    assert waiting(ada) == 0
    assert ada.next("picking") is None
    assert waiting(ada) == 0, "nothing that next would give"
    assert ada.next("replenishing") is None
    assert ada.work("picking") == 2
    assert house.value("SELECT count(*) FROM sales_order WHERE state <> 'released'") == 0
    assert {key[1]: n for key, n in house.stock("KETTLE").items() if key[1] in house.places} == {"A-04": 46}
    assert unfair(house) == []


def test_one_order_for_what_no_face_takes_of_several_items(house: House, ada: Worker) -> None:
    """R-PICK-6: also before any picker has met the lack; the walk goes through face and reserve."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-04", 50, received="2026-03-01")
    house.put("TEA", "A-05", 50, lot="L1", expiry="2030-01-01")
    house.order(("KETTLE", 9), ("TEA", 2))
    assert ada.next("replenishing") is None
    assert ada.next("picking") is not None
    seen = [code for kind, code in ada.finish() if kind == "location"]
    assert seen == [house.barcode(place) for place in ("A-01", "A-04", "A-05")]
    assert unfair(house) == []


def test_a_face_that_takes_a_part_is_filled_first(house: House, ada: Worker) -> None:
    """R-PICK-6: of nine the face takes five; the order takes these and the rest from reserve."""
    house.put("KETTLE", "A-04", 50)
    house.order(("KETTLE", 9))
    assert ada.next("picking") is None
    assert waiting(ada) == 1
    assert ada.work("replenishing") == 1
    assert waiting(ada) == 0
    assert ada.next("replenishing") is None
    assert ada.work("picking") == 1
    assert house.stock("KETTLE")[("KETTLE", "A-04", "", "")] == 41
    assert unfair(house) == []


def test_older_reserve_goes_before_the_face_only_for_what_no_face_takes(house: House, ada: Worker) -> None:
    """R-PICK-1: oldest first among all bins; an order that the face serves alone stays with the face."""
    house.put("KETTLE", "A-01", 5, received="2026-03-01")
    house.put("KETTLE", "A-04", 50, received="2026-02-01")
    house.order(("KETTLE", 9), tier="priority")
    house.order(("KETTLE", 3))
    work_in_rounds(ada)
    left = {key[1]: n for key, n in house.stock("KETTLE").items() if key[1] in house.places}
    assert left == {"A-01": 2, "A-04": 41}
    assert unfair(house) == []


def test_undo_short_damage_and_serials_at_a_reserve_bin(house: House, ada: Worker) -> None:
    """R-PICK-2, R-PICK-3, R-LED-1: everything that picking can do works there too; swaps stay in the bin."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-04", 4, received="2026-03-01")
    house.put("KETTLE", "A-05", 40, received="2026-03-02")
    for serial in ("S1", "S2", "S3"):
        house.put("CAMERA", "A-06", 1, serial=serial)
    house.order(("KETTLE", 9), ("CAMERA", 2))
    assert ada.next("replenishing") is None
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-01"), "KETTLE", "XQ4", house.barcode("A-04"), "KETTLE", "XQ1")
    assert ada.scan("XXSHORT") == "short_booked", "found in another reserve bin at once"
    assert ada.screen["target"]["location"]["code"] == "A-05"
    assert ada.scan("XXUNDO") == "undone"
    assert ada.scan("XXSHORT") == "short_booked"
    ada.scans(house.barcode("A-05"), "XXDAMAGE", "XQ1", "XRBROKEN", "KETTLE", "XQ1", house.barcode("A-06"), "CAMERA")
    assert ada.scan("S3") == "picked"
    ada.finish()
    for _ in range(3):
        assert ada.scan("XXUNDO") == "undone"
    ada.finish()
    assert house.value("SELECT state FROM sales_order") == "released"


def test_goods_on_their_way_to_a_face_are_not_given_to_an_order(
    house: House, ada: Worker, floor: Callable[..., Worker]
) -> None:
    """R-PICK-6: what a replenisher has in hand stays theirs; the order is served when it lies in the face."""
    house.put("TEA", "A-01", 5, lot="L1", expiry="2030-01-01")
    house.put("KETTLE", "A-04", 5)
    house.order(("KETTLE", 5))
    assert ada.next("replenishing") is None, "no face for kettles"
    bob = floor("picker")
    house.base.change(lambda session: mark(session, house, FACES | {"A-02": 5000}))
    house.order(("KETTLE", 3))
    assert ada.next("replenishing") is not None
    ada.scans(house.barcode("A-04"), "KETTLE", "XQ4")
    assert bob.next("picking") is None
    ada.finish()
    assert bob.work("picking") >= 1
    work_in_rounds(ada)


@pytest.mark.parametrize("faces", [FACES, {}], ids=["one face", "no faces"])
def test_what_was_short_is_held_and_what_comes_later_is_free(house: House, ada: Worker, faces: dict[str, int]) -> None:
    """R-PICK-3: only what the book still has there waits for its count; nobody is sent there with more."""
    house.base.change(lambda session: mark(session, house, faces))
    house.put("KETTLE", "A-01", 3, received="2026-01-01")
    house.order(("KETTLE", 3))
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-01"), "KETTLE", "XQ1")
    assert ada.scan("XXSHORT") == "back_ordered"
    ada.finish()
    house.put("KETTLE", "DOCK-1", 2, received="2026-02-01")
    assert ada.next("putaway") is not None
    ada.scans("KETTLE", "XQ1")
    assert ada.screen["target"]["location"]["code"] != "A-01", "a place to be counted is not proposed"
    assert ada.scan(house.barcode("A-01")) == "put_away", "goods of another receipt may lie there"
    free = house.value(
        "SELECT COALESCE(SUM(b.quantity), 0) FROM balance b JOIN location l ON l.id = b.location_id "
        "WHERE l.code = 'A-01' AND b.held = 0"
    )
    assert free == 2
    assert ada.work("picking") == 1


def test_goods_of_the_receipt_that_is_short_are_not_put_there(house: House, ada: Worker) -> None:
    """R-PICK-3: they would be held with what is missed; the refusal says where else to go."""
    house.base.change(lambda session: mark(session, house, {"A-01": 5000, "A-02": 5000}))
    house.put("KETTLE", "A-04", 9)
    house.order(("KETTLE", 3))
    ada.next("replenishing")
    ada.scans(house.barcode("A-04"), "KETTLE", "XQ2")
    assert ada.scan(house.barcode("A-01")) == "replenished"
    house.order(("KETTLE", 2), tier="priority")
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-01"), "XXSHORT")
    ada.next("replenishing")
    assert ada.screen["target"]["location"]["code"] == "A-04"
    ada.scans(house.barcode("A-04"), "KETTLE", "XQ4")
    assert ada.screen["target"]["location"]["code"] == "A-02"
    assert ada.scan(house.barcode("A-01")) == "awaits_count"
    assert "A-02" in ada.notice["text"]
    ada.finish()
    work_in_rounds(ada)
    assert house.value("SELECT count(*) FROM sales_order WHERE state <> 'released'") == 0


def test_who_has_goods_in_hand_for_a_face_that_falls_short_is_sent_to_another(
    house: House, ada: Worker, floor: Callable[..., Worker]
) -> None:
    """R-PICK-3: goods of the same receipt were missed there meanwhile; nobody is left standing with goods in hand."""
    house.base.change(lambda session: mark(session, house, {"A-01": 5000, "A-02": 5000}))
    house.put("KETTLE", "A-04", 9)
    house.order(("KETTLE", 2))
    ada.next("replenishing")
    ada.scans(house.barcode("A-04"), "KETTLE", "XQ2")
    assert ada.scan(house.barcode("A-01")) == "replenished"
    house.order(("KETTLE", 3))
    ada.next("replenishing")
    ada.scans(house.barcode("A-04"), "KETTLE", "XQ2")
    assert ada.screen["target"]["location"]["code"] == "A-01"
    bob = floor("supervisor")
    bob.next("picking")
    bob.obey()
    bob.scans(house.barcode("A-01"), "XXSHORT")
    assert ada.scan(house.barcode("A-01")) == "other_face"
    assert "A-02" in ada.notice["text"]
    assert ada.screen["target"]["location"]["code"] == "A-02"
    assert ada.scan(house.barcode("A-02")) == "replenished"
    assert ada.next("replenishing") is None or ada.screen["target"]["location"]["code"] != "A-01"
