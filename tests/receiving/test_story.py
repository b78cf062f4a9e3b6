"""Receiving, as a storekeeper would tell it."""

from __future__ import annotations

from tests.floor import House, Worker


def on_order(house: House, sku: str) -> int:
    return int(house.value("SELECT on_order FROM total WHERE item_id = :item", item=house.items[sku]))


def state_of(house: House, number: str = "PO-1") -> str:
    return str(house.value("SELECT state FROM purchase_order WHERE number = :number", number=number))


def test_a_truck_is_checked_against_its_order_and_booked_in(house: House, ada: Worker) -> None:
    """R-RCV-1, R-RCV-3: each line against the paper, a numbered note with a name, what is on order goes down."""
    house.purchase(("KETTLE", 6), ("TEA", 4), ("CAMERA", 2))
    screen = ada.next("receiving")
    assert screen["expects"] == ["document"]
    assert screen["target"]["document"]["code"] == "PO-1"
    assert ada.obey() == "receipt_opened"
    trace = ada.finish()
    assert [kind for kind, _ in trace] == [
        "item",
        "quantity",
        "item",
        "lot",
        "expiry",
        "quantity",
        "item",
        "serial",
        "serial",
    ]
    assert ada.notice["code"] == "receipt_complete"
    held = house.stock()
    assert held[("KETTLE", "DOCK-1", "", "")] == 6
    assert sum(n for (sku, *_), n in held.items() if sku == "TEA") == 4
    assert sum(n for (sku, *_), n in held.items() if sku == "CAMERA") == 2
    assert on_order(house, "KETTLE") == 0
    assert state_of(house) == "closed"
    assert house.value("SELECT number FROM receipt WHERE state = 'closed'") == "GR-0000001"
    assert ada.next("receiving") is None


def test_a_line_of_one_ends_with_the_scan_that_names_the_goods(house: House, ada: Worker) -> None:
    """The item's scan books one; nothing is left to ask."""
    house.purchase(("KETTLE", 1))
    ada.next("receiving")
    ada.obey()
    ada.scans("KETTLE")
    assert ada.screen["done"]
