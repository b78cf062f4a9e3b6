"""A supervisor holds, releases, cancels and re-tiers orders wherever they stand."""

from __future__ import annotations

import threading

import pytest


@pytest.fixture
def shelf(house):
    house.put("KETTLE", "A-01", 20)
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    return house


def decide(worker, number, verb, **fields):
    answer = worker.post(f"/orders/{number}/{verb}", **fields)
    return answer["notice"]["code"], answer.get("order")


def free(house, sku="KETTLE"):
    return house.value("SELECT on_hand - reserved FROM total WHERE item_id = :item", item=house.items[sku])


WAY = ("proposed", "picking", "to_pack", "at_packing", "packing", "packed", "handing_over")


def advance(house, worker, upto):
    """One order of three kettles, brought so far; its number."""
    number = house.order(("KETTLE", 3))
    steps = {
        "proposed": lambda: worker.next("picking"),
        "picking": lambda: (worker.obey(), worker.scans("A-01", "KETTLE")),
        "to_pack": worker.finish,
        "at_packing": lambda: worker.next("packing"),
        "packing": lambda: (worker.obey(), worker.scans("KETTLE")),
        "packed": worker.finish,
        "handing_over": lambda: worker.next("shipping"),
    }
    last = {"unsourced": 0, "stopped": 5}.get(upto) or (WAY.index(upto) + 1 if upto in WAY else 0)
    for name in WAY[:last]:
        steps[name]()
    if upto == "stopped":
        worker.scans("XXSHORT")
    return number


STATES = ("unsourced", "proposed", "picking", "to_pack", "at_packing", "packing", "stopped", "packed", "handing_over")


@pytest.mark.parametrize("upto", STATES)
def test_an_order_is_cancelled_wherever_it_stands_and_its_goods_are_free(shelf, ada, floor, upto):
    """R-ORD-7: at any point before hand-over; its goods become putaway work, its parcels void."""
    robot = floor("supervisor")
    number = advance(shelf, robot, upto)
    said, order = decide(ada, number, "cancel")
    assert said == "order_cancelled", ada.notice
    assert order["state"] == "cancelled"
    assert all(each["state"] == "cancelled" for each in order["shipments"])
    assert all(each["state"] == "void" for each in order["parcels"])
    assert free(shelf) == 20
    assert shelf.value("SELECT count(*) FROM reservation") == 0
    assert shelf.value("SELECT count(*) FROM tote_slot") == 0
    assert shelf.value("SELECT count(*) FROM work WHERE state = 'open'") == 0
    assert robot.next("picking") is None
    assert robot.next("packing") is None
    assert robot.next("shipping") is None
    assert decide(ada, number, "cancel")[0] == "cancelled_before"


@pytest.mark.parametrize("upto", ["picking", "to_pack", "packing", "packed"])
def test_what_was_picked_of_a_cancelled_order_is_put_away_again(shelf, ada, floor, upto):
    number = advance(shelf, floor("supervisor"), upto)
    decide(ada, number, "cancel")
    assert ada.work("putaway") >= 1
    assert all(place.startswith("A-") for _, place, _, _ in shelf.stock("KETTLE"))
    assert sum(shelf.stock("KETTLE").values()) == 20


def test_a_hand_over_scan_of_a_cancelled_orders_parcel_is_refused(shelf, ada, floor):
    shipper = floor("packer")
    first, second = advance(shelf, ada, "packed"), advance(shelf, ada, "packed")
    shipper.next("shipping")
    gone = shelf.value("SELECT p.code FROM parcel p JOIN shipment s ON s.id = p.shipment_id "
                       "JOIN sales_order o ON o.id = s.order_id WHERE o.number = :number", number=first)  # fmt: skip
    assert shipper.screen["target"]["container"]["code"] == gone
    decide(ada, first, "cancel")
    assert shipper.scan(gone) == "step_stale"
    assert shipper.screen["target"]["container"]["code"] != gone
    assert shipper.scan(gone) == "parcel_void"
    shipper.finish()
    assert decide(ada, second, "cancel")[0] == "already_shipped"


def test_what_was_handed_over_in_part_cannot_be_cancelled(shelf, ada):
    number = shelf.order(("KETTLE", 2))
    ada.next("picking")
    ada.finish()
    ada.next("packing")
    ada.obey()
    ada.scans("KETTLE", "XXFULL")
    ada.finish()
    ada.next("shipping")
    ada.obey()
    assert decide(ada, number, "cancel")[0] == "already_shipped"
    assert decide(ada, number, "hold")[0] == "order_held"
    assert ada.next("shipping") is None
    decide(ada, number, "release")
    assert ada.work("shipping") == 1
    assert decide(ada, number, "hold")[0] == "already_shipped"


@pytest.mark.parametrize("upto", STATES)
def test_a_held_order_stands_still_until_it_is_released(shelf, ada, floor, upto):
    robot = floor("supervisor")
    number = advance(shelf, robot, upto)
    said, order = decide(ada, number, "hold")
    assert said == "order_held"
    assert order["held"]
    other = floor("supervisor")
    for room in ("picking", "packing", "shipping"):
        assert other.next(room) is None, room
    said, order = decide(ada, number, "release")
    assert said == "order_released"
    assert not order["held"]
    for room in ("picking", "packing", "shipping"):
        if shelf.value("SELECT count(*) FROM work WHERE state = 'open' AND room = :room", room=room):
            robot.next(room)
            robot.finish()
        robot.work(room)
    assert shelf.value("SELECT state FROM sales_order") == "shipped"


@pytest.mark.parametrize(("upto", "room"), [("picking", "picking"), ("packing", "packing"), ("at_packing", "packing")])
def test_who_works_on_an_order_that_is_held_is_told_at_the_next_scan(shelf, ada, floor, upto, room):
    """R-ORD-7: nothing of it goes on, the person is free for other work, and once released anybody goes on."""
    worker = floor("supervisor")
    number = advance(shelf, worker, upto)
    if room == "picking":
        worker.next("picking")
    decide(ada, number, "hold")
    assert worker.obey() == "step_stale"
    assert worker.status == 409
    assert worker.screen["done"]
    assert worker.next(room) is None
    decide(ada, number, "release")
    other = floor("supervisor")
    for each in ("picking", "packing", "shipping"):
        other.work(each)
    assert shelf.value("SELECT state FROM sales_order") == "shipped"


def test_a_held_orders_parcel_does_not_leave(shelf, ada, floor):
    shipper = floor("packer")
    number, other = advance(shelf, ada, "packed"), advance(shelf, ada, "packed")
    shipper.next("shipping")
    held = shipper.screen["target"]["container"]["code"]
    decide(ada, number, "hold")
    shipper.screen = shipper.next("shipping")
    assert shipper.scan(held) == "order_stopped"
    shipper.finish()
    assert shelf.value("SELECT state FROM sales_order WHERE number = :number", number=other) == "shipped"
    decide(ada, number, "release")
    assert shipper.work("shipping") == 1


def test_an_unpaid_order_is_never_released_to_the_floor(shelf, ada):
    """R-ORD-8."""
    number = advance(shelf, ada, "unsourced")
    shelf.base.change(lambda session: session.run("UPDATE sales_order SET paid = 0"))
    assert ada.next("picking") is None
    decide(ada, number, "release")
    assert ada.next("picking") is None


def test_an_order_with_another_tier_goes_first(shelf, ada):
    shelf.order(("KETTLE", 1))
    late = shelf.order(("KETTLE", 1))
    ada.next("picking")
    ada.scans("XXBACK")
    said, order = decide(ada, late, "tier", tier="priority")
    assert said == "tier_changed"
    assert order["tier"] == "priority"
    assert late in ada.next("picking")["title"]
    ada.finish()
    before = shelf.value("SELECT ship_by FROM shipment ORDER BY id DESC LIMIT 1")
    _, order = decide(ada, late, "tier", tier="standard")
    assert order["tier"] == "standard"
    assert shelf.value("SELECT ship_by FROM shipment ORDER BY id DESC LIMIT 1") > before
    assert decide(ada, late, "tier", tier="platinum")[0] == "unknown_tier"


def test_a_repeated_key_decides_once(shelf, ada):
    number = advance(shelf, ada, "to_pack")
    ada.post(f"/orders/{number}/hold", key="k1")
    assert not ada.replayed
    ada.post(f"/orders/{number}/release", key="k2")
    answer = ada.post(f"/orders/{number}/hold", key="k1")
    assert ada.replayed
    assert answer["notice"]["code"] == "order_held"
    assert not answer["order"]["held"]
    assert ada.post(f"/orders/{number}/release", key="k1")["notice"]["code"] == "key_reused"
    assert ada.post(f"/orders/{number}/tier", key="k3", tier="express")["notice"]["code"] == "tier_changed"
    assert ada.post(f"/orders/{number}/tier", key="k3", tier="standard")["notice"]["code"] == "key_reused"
    assert ada.post(f"/orders/{number}/hold", key="")["notice"]["code"] == "key_missing"


def test_an_order_is_named_by_id_number_or_channel(shelf, ada, floor):
    number = advance(shelf, ada, "to_pack")
    order = ada.get(f"/orders/{number}")["order"]
    assert order["lines"] == [{"line": 0, "sku": "KETTLE", "name": "Kettle", "quantity": 3, "given": 3, "shipped": 0}]
    assert order["shipments"][0]["state"] == "to_pack"
    assert ada.get(f"/orders/{order['id']}")["order"]["number"] == number
    assert ada.get(f"/orders/shop:{number}")["order"]["number"] == number
    ada.get("/orders/nothing-of-the-kind")
    assert ada.status == 404
    ada.post("/orders/nothing-of-the-kind/hold")
    assert ada.status == 404
    shelf.order(("TEA", 1))
    shelf.base.change(lambda session: session.run(
        "UPDATE sales_order SET channel = 'web', number = :number WHERE state = 'unsourced'", number=number))  # fmt: skip
    ada.get(f"/orders/{number}")
    assert ada.status == 422
    assert ada.notice["code"] == "ambiguous_order"
    assert ada.get(f"/orders/web:{number}")["order"]["channel"] == "web"
    packer = floor("packer")
    packer.post(f"/orders/shop:{number}/cancel")
    assert packer.status == 403


def test_cancelling_and_handing_over_at_once_leaves_one_of_both(shelf, ada, floor):
    for _ in range(3):
        number = advance(shelf, ada, "packed")
        shipper, desk = floor("packer"), floor("customer_service")
        shipper.next("shipping")
        threads = [
            threading.Thread(target=shipper.obey),
            threading.Thread(target=decide, args=(desk, number, "cancel")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        order = ada.get(f"/orders/{number}")["order"]
        assert (order["state"], order["parcels"][0]["state"]) in {("shipped", "shipped"), ("cancelled", "void")}
        assert {desk.notice["code"]} <= {"already_shipped", "order_cancelled"}


def test_cancelling_and_packing_at_once_leaves_a_clean_book(shelf, ada, floor):
    for _ in range(3):
        robot = floor("supervisor")
        number = advance(shelf, robot, "packing")
        desk = floor("customer_service")
        threads = [
            threading.Thread(target=robot.scan, args=("XQ2",)),
            threading.Thread(target=decide, args=(desk, number, "cancel")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert desk.notice["code"] == "order_cancelled"
        assert shelf.value("SELECT count(*) FROM reservation") == 0
