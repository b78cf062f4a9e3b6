"""What is this, where does it lie, what happened to it last?"""

from __future__ import annotations

import pytest

from warehouse.clock import now_us, parse_instant
from warehouse.orders.intake import set_aside


@pytest.fixture
def shelf(house):
    house.put("KETTLE", "A-01", 20)
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    house.put("CAMERA", "A-03", 1, serial="SN-1")
    return house


def look(worker, code):
    answer = worker.client.get("/lookup", query_string={"code": code}, headers=worker._headers())
    worker.status = answer.status_code
    return answer.get_json()


def test_an_item_tells_its_stock_and_its_last_moves(shelf, ada):
    shelf.order(("KETTLE", 3))
    ada.next("picking")
    ada.finish()
    answer = look(ada, "5012345678900")
    assert answer["kind"] == "item"
    thing = answer["things"][0]
    assert (thing["code"], thing["on_hand"], thing["reserved"], thing["available"]) == ("KETTLE", 20, 3, 17)
    assert {(each["location"], each["quantity"]) for each in thing["lies"]} == {("A-01", 17), ("to_pack", 3)}
    assert thing["last"][0]["cause"] == "pick"
    assert "KETTLE picked from A-01 into XC" in thing["last"][0]["text"]
    assert thing["last"][0]["by"] == "ada"


def test_a_bin_a_tote_and_a_parcel_tell_what_is_in_them(shelf, ada):
    shelf.order(("KETTLE", 3))
    ada.next("picking")
    ada.finish()
    tote = ada.screen["target"]["container"]["barcode"]
    assert look(ada, "A-01")["things"][0]["lies"][0]["quantity"] == 17
    answer = look(ada, tote)
    assert answer["kind"] == "tote"
    assert answer["things"][0]["lies_at"] == "to_pack"
    assert answer["things"][0]["lies"][0]["reserved"] == 3
    assert "brought from the picking round to the queue for packing" in " ".join(
        each["text"] for each in answer["things"][0]["last"]
    )
    ada.next("packing")
    ada.finish()
    parcel = ada.screen["target"]["container"]["barcode"]
    answer = look(ada, parcel)
    assert (answer["kind"], answer["things"][0]["state"], answer["things"][0]["order_number"]) == (
        "parcel",
        "closed",
        "101",
    )
    ada.work("shipping")
    answer = look(ada, parcel)
    assert answer["things"][0]["lies"] == []
    assert (answer["things"][0]["state"], answer["things"][0]["lies_at"]) == ("shipped", None)
    assert answer["things"][0]["handed_over_at"] == answer["things"][0]["last"][0]["at"]
    assert "handed over" in answer["things"][0]["last"][0]["text"]


def test_lots_serials_and_papers_are_found_by_their_text(shelf, ada):
    shelf.purchase(("KETTLE", 5), number="PO-7")
    number = shelf.order(("TEA", 1), ("CAMERA", 1))
    ada.next("picking")
    ada.finish()
    ada.next("packing")
    ada.finish()
    assert look(ada, "L1")["things"][0]["expiry"] == "2099-01-01"
    assert look(ada, "SN-1")["kind"] == "serial"
    paper = look(ada, "PO-7")["things"][0]
    assert (paper["kind"], paper["lines"]) == ("purchase_order", [{"sku": "KETTLE", "quantity": 5, "received": 0}])
    order = look(ada, number)["things"][0]
    assert (order["kind"], order["state"]) == ("order", "released")
    assert {each["sku"] for each in order["lies"]} == {"TEA", "CAMERA"}
    assert {each["cause"] for each in order["last"]} == {"pick", "pack"}
    shipment = look(ada, shelf.value("SELECT number FROM shipment"))["things"][0]
    assert (shipment["kind"], shipment["state"]) == ("shipment", "packed")


def test_a_text_that_names_several_things_tells_them_all(shelf, ada):
    shelf.put("TEA", "A-04", 1, lot="KETTLE", expiry="2099-01-01")
    answer = look(ada, "KETTLE")
    assert answer["kind"] == "several"
    assert {each["kind"] for each in answer["things"]} == {"item", "lot"}


@pytest.mark.parametrize("code", ["NOTHING", "XXOK", "XQ5", "<b>x</b>", "'; DROP TABLE item; --"])
def test_what_names_nothing_is_unknown(shelf, ada, code):
    answer = look(ada, code)
    assert ada.status == 404
    assert answer["notice"]["code"] == "unknown_code"


def test_unreadable_texts_and_strangers_are_refused(shelf, ada, floor):
    assert look(ada, "")["notice"]["code"] == "code_unreadable"
    assert look(ada, "x" * 10_000)["notice"]["code"] == "code_too_long"
    assert ada.status == 422
    assert look(floor("finance"), "KETTLE")["notice"]["code"] == "forbidden"


def test_a_serial_that_left_still_tells_where_it_went(shelf, ada):
    """R-RCV-6."""
    number = shelf.order(("CAMERA", 1))
    for room in ("picking", "packing", "shipping"):
        ada.work(room)
    answer = look(ada, "SN-1")
    thing = answer["things"][0]
    assert (answer["kind"], thing["sku"], thing["lies"]) == ("serial", "CAMERA", [])
    assert [each["cause"] for each in thing["last"]] == ["ship", "pack", "pick", "opening"]
    assert [(each["order_number"], each["shipment"]) for each in thing["handed_over"]] == [
        (number, shelf.value("SELECT number FROM shipment"))
    ]
    assert thing["handed_over"][0]["parcel"] == shelf.value("SELECT code FROM parcel")


def test_an_order_that_waits_says_for_what(shelf, ada):
    number = shelf.order(("KETTLE", 30), ("TEA", 1))
    assert ada.next("picking") is None
    wanted = [{"reason": "goods", "sku": "KETTLE", "wanted": 30, "free": 20}]
    for order in (look(ada, number)["things"][0], ada.get(f"/orders/{number}")["order"]):
        assert (order["state"], order["waits_for"]) == ("waiting", wanted)
    ada.post(f"/orders/{number}/hold")
    shelf.base.change(lambda session: session.run("UPDATE sales_order SET paid = 0"))
    assert [each["reason"] for each in look(ada, number)["things"][0]["waits_for"]] == ["unpaid", "held", "goods"]
    ada.post(f"/orders/{number}/cancel")
    assert look(ada, number)["things"][0]["waits_for"] == []


def test_a_stopped_parcel_and_an_order_set_aside_say_why(shelf, ada):
    number = shelf.order(("KETTLE", 2))
    ada.next("picking")
    ada.finish()
    ada.next("packing")
    ada.scans("XXSHORT")
    waits = look(ada, number)["things"][0]["waits_for"]
    assert [(each["kind"], each["reasons"]) for each in waits] == [("stock", ["missing at packing: 2 × KETTLE"])]
    shelf.base.change(
        lambda session: set_aside(
            session, channel="shop", number="A-9", reasons=["name_missing"], content={}, at=now_us()
        )
    )
    for order in (look(ada, "A-9")["things"][0], ada.get("/orders/A-9")["order"], ada.get("/orders/shop:A-9")["order"]):
        assert (order["state"], order["waits_for"][0]["reasons"]) == ("exception", ["name_missing"])


def test_who_and_when_is_told_for_everything(shelf, ada):
    """By the warehouse's own clock, from the first receipt to the hand-over."""
    shelf.purchase(("KETTLE", 5), number="PO-7")
    ada.work("receiving")
    number = shelf.order(("KETTLE", 2), ("TEA", 1), ("CAMERA", 1))
    ada.next("picking")
    ada.finish()
    tote = ada.screen["target"]["container"]["barcode"]
    totes = look(ada, tote)["things"][0]["last"]
    ada.next("packing")
    ada.finish()
    parcel = ada.screen["target"]["container"]["barcode"]
    ada.work("shipping")
    assert totes
    for code in (
        "KETTLE",
        "A-01",
        tote,
        parcel,
        "L1",
        "SN-1",
        number,
        "PO-7",
        shelf.value("SELECT number FROM shipment"),
    ):
        last = look(ada, code)["things"][0]["last"]
        assert last, code
        by_hand = [each for each in last if each["cause"] != "opening"]
        assert {each["by"] for each in by_hand} == {"ada"}, code
        for each in last:
            assert parse_instant(each["at_local"], "UTC") == parse_instant(each["at"], "UTC")
            assert each["at_local"].endswith("+08:00")
            assert not {"in_picking", "to_pack"} & set(each["text"].split()), each


def test_an_order_tells_who_picked_packed_and_handed_it_over(shelf, ada, floor):
    """R-PICK-4: also once it is gone."""
    number = shelf.order(("KETTLE", 2))
    for room, role, name in (("picking", "picker", "pia"), ("packing", "packer", "pat"), ("shipping", "packer", "sam")):
        floor(role, name=name).work(room)
    last = look(ada, number)["things"][0]["last"]
    assert {(each["cause"], each["by"]) for each in last} >= {("pick", "pia"), ("pack", "pat"), ("ship", "sam")}
    other = shelf.order(("KETTLE", 1))
    assert look(ada, other)["things"][0]["last"] == []


def test_what_a_person_did_last_is_told_to_those_who_lead(shelf, ada, floor):
    """By name, or by the badge that somebody has found."""
    shelf.order(("KETTLE", 2))
    pia = floor("picker", name="pia")
    pia.work("picking")
    badge = shelf.person("Quin", "picker")["badge"]
    thing = look(ada, "pia")["things"][0]
    assert (thing["kind"], thing["code"], thing["roles"]) == ("person", "pia", ["picker"])
    assert "KETTLE picked from A-01" in " ".join(each["text"] for each in thing["last"])
    answer = look(ada, badge)
    assert [(each["kind"], each["code"], each["last"]) for each in answer["things"]] == [("person", "Quin", [])]
    assert badge not in str(answer["things"])
    assert look(pia, "pia")["things"][0]["kind"] == "person", "oneself"
    assert look(pia, "ada")["notice"]["code"] == "unknown_code"
    assert look(pia, badge)["notice"]["code"] == "unknown_code"
