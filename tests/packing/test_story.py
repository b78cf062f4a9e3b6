"""A day at the packing station, and out of the door."""

from __future__ import annotations

import threading

import pytest


def test_an_order_is_picked_packed_and_handed_over(house, ada):
    house.put("KETTLE", "A-01", 10)
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    house.put("CAMERA", "A-03", 1, serial="SN-1")
    house.order(("KETTLE", 3), ("TEA", 2), ("CAMERA", 1))
    assert ada.work("picking") == 1
    ada.next("packing")
    trace = ada.finish()
    assert [kind for kind, _ in trace] == [
        "container", "item", "quantity", "item", "lot", "quantity", "item", "serial", "confirm",
    ]  # fmt: skip
    assert ada.notice["code"] == "parcel_closed"
    parcel = ada.screen["target"]["container"]["code"]
    assert parcel in ada.notice["text"]
    assert ada.work("shipping") == 1
    assert house.value("SELECT state FROM sales_order") == "shipped"
    assert house.value("SELECT state FROM shipment") == "shipped"
    assert house.stock("CAMERA") == {}
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 7}
    response = ada.client.get(f"/parcels/{parcel}/packing-list.pdf", headers=ada._headers())
    assert response.status_code == 200
    assert response.data.startswith(b"%PDF")


def test_a_picker_cannot_take_back_what_a_packer_was_given(house, ada, floor):
    """The packer was only offered it; taken back, it would be nobody's."""
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2))
    packer = floor("packer")
    ada.next("picking")
    ada.finish()
    packer.next("packing")
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    assert ada.screen["done"]
    assert house.value("SELECT state FROM shipment") == "to_pack"
    packer.scan("XXBACK")
    assert ada.scan("XXUNDO") == "undone"
    assert packer.next("packing") is None
    ada.finish()
    packer.next("packing")
    packer.finish()
    assert house.value("SELECT state FROM shipment") == "packed"


@pytest.mark.parametrize("way", ["XXBACK", "next"])
@pytest.mark.parametrize("gone", ["held = 1", "state = 'stopped'"])
def test_a_packer_can_always_leave_an_order_that_cannot_go_on(house, ada, floor, gone, way):
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2))
    packer = floor("packer")
    ada.next("picking")
    ada.finish()
    packer.next("packing")
    packer.obey()
    packer.scans("KETTLE", "KETTLE")
    house.base.change(lambda session: session.run(f"UPDATE shipment SET {gone}"))
    packer.scan("XXOK")
    assert (packer.status, packer.notice["code"]) == (422, "order_stopped")
    if way == "XXBACK":
        assert packer.scans("XXBACK") == "work_over"
    assert packer.next("packing") is None
    house.base.change(lambda session: session.run("UPDATE shipment SET held = 0, state = 'packing'"))
    assert packer.work("packing") == 1
    assert house.value("SELECT state FROM shipment") == "packed"


def test_a_picker_and_a_packer_at_the_same_moment(house, ada, floor):
    """Either the picker has it back or the packer has it; never both."""
    house.put("KETTLE", "A-01", 50)
    packer = floor("packer")
    for _ in range(8):
        house.order(("KETTLE", 2))
        ada.next("picking")
        ada.finish()
        both = [
            threading.Thread(target=ada.scan, args=("XXUNDO",)),
            threading.Thread(target=packer.next, args=("packing",)),
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        state = house.value("SELECT state FROM shipment WHERE state <> 'packed'")
        assert (state, packer.screen is None) in {("picking", True), ("to_pack", False)}
        if state == "picking":
            ada.finish()
        packer.work("packing")


def test_every_fifth_order_to_pack_is_the_oldest_that_missed_its_cut_off(house, ada, floor):
    """R-ORD-5: so that what is late does not starve behind what can still be made."""
    house.put("KETTLE", "A-01", 50)
    fresh = {house.order(("KETTLE", 1)) for _ in range(6)}
    late = house.order(("KETTLE", 1), confirmed="2026-01-05")
    later = house.order(("KETTLE", 1), confirmed="2026-01-06", tier="express")
    assert ada.work("picking") == 8
    given = []
    while ada.next("packing") is not None:
        given.append(ada.screen["title"].removeprefix("Order "))
        ada.finish()
    assert set(given[:4]) | {given[5]} | {given[6]} == fresh
    assert (given[4], given[7]) == (late, later)
