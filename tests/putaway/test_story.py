"""Putaway, as a storekeeper would tell it."""

from __future__ import annotations

from tests.floor import House, Worker


def test_what_stands_at_the_dock_is_brought_to_its_bin(house: House, ada: Worker) -> None:
    """R-PUT-2: item, quantity, then the bin; the goods are posted when they lie there."""
    house.put("KETTLE", "DOCK-1", 6)
    screen = ada.next("putaway")
    assert screen["expects"] == ["item"]
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["item", "quantity", "location"]
    place = ada.screen["target"]["location"]["code"]
    assert house.stock("KETTLE") == {("KETTLE", place, "", ""): 6}
    assert ada.notice["code"] == "put_away"
    assert ada.next("putaway") is None


def test_lots_and_serials_are_checked_on_the_way(house: House, ada: Worker) -> None:
    """A lot is scanned as well; single pieces are scanned one by one and go to their bin together."""
    house.put("TEA", "DOCK-1", 5, lot="L1", expiry="2028-01-01")
    ada.next("putaway")
    ada.scans("TEA")
    assert ada.scan("L2") == "wrong_lot"
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["lot", "quantity", "location"]
    for serial in ("S1", "S2"):
        house.put("CAMERA", "DOCK-1", 1, serial=serial)
    assert ada.work("putaway") == 2, "two arrivals are two pieces of work"
    assert all(place.startswith("A-") for _, place, _, _ in house.stock())
