"""A day at the packing station, and out of the door."""

from __future__ import annotations


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
