"""Only the hand-over scan ships, and no parcel leaves twice."""

from __future__ import annotations

import threading

import pytest


@pytest.fixture
def shelf(house):
    house.put("KETTLE", "A-01", 50)
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    return house


def packed(house, worker, *lines, **more):
    """An order of these lines, packed; its parcel's code."""
    house.order(*lines, **more)
    worker.next("picking")
    worker.finish()
    worker.next("packing")
    worker.finish()
    return worker.screen["target"]["container"]["code"]


def test_parcels_leave_in_any_order_and_the_last_one_ends_the_hand_over(shelf, ada):
    parcels = [packed(shelf, ada, ("KETTLE", 1)) for _ in range(3)]
    screen = ada.next("shipping")
    assert screen["expects"] == ["container"]
    assert screen["target"]["container"]["code"] == parcels[0]
    assert screen["progress"] == {"done": 0, "total": 3}
    assert ada.scans(parcels[2], parcels[0]) == "handed_over"
    assert shelf.value("SELECT count(*) FROM sales_order WHERE state = 'shipped'") == 2
    assert ada.scan(parcels[1]) == "all_handed_over"
    assert ada.screen["done"]
    assert ada.next("shipping") is None
    assert shelf.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 47}
    assert shelf.value("SELECT count(*) FROM move WHERE cause = 'ship'") == 3
    assert shelf.value("SELECT document FROM move WHERE cause = 'ship'").startswith("GI-")


def test_a_parcel_is_handed_over_once(shelf, ada):
    first, second = packed(shelf, ada, ("KETTLE", 1)), packed(shelf, ada, ("KETTLE", 1))
    ada.next("shipping")
    ada.scans(first)
    assert ada.scan(first) == "already_handed_over"
    assert ada.status == 422
    ada.scans(second)


def test_a_hand_over_is_never_undone(shelf, ada):
    packed(shelf, ada, ("KETTLE", 1))
    other = packed(shelf, ada, ("KETTLE", 1))
    ada.next("shipping")
    ada.obey()
    assert ada.scan("XXUNDO") == "nothing_to_undo"
    ada.scans(other)
    assert ada.scan("XXUNDO") == "nothing_to_undo"
    assert shelf.value("SELECT count(*) FROM parcel WHERE state = 'shipped'") == 2


def test_what_is_no_closed_parcel_is_refused(shelf, ada, floor):
    packed(shelf, ada, ("KETTLE", 1))
    packer, shipper = floor("packer", "picker"), floor("packer")
    shelf.order(("KETTLE", 2))
    packer.next("picking")
    packer.finish()
    packer.next("packing")
    tote = packer.screen["target"]["container"]["barcode"]
    packer.obey()
    packer.scans("KETTLE")
    still_open = packer.screen["target"]["container"]["barcode"]
    shipper.next("shipping")
    assert shipper.scan(tote) == "not_a_parcel"
    assert shipper.scan(still_open) == "parcel_open"
    assert shipper.scan("A-01") == "not_expected"
    assert shipper.scan("GIBBERISH") == "unknown_code"
    shipper.finish()
    packer.finish()


def test_a_parcel_that_nobody_has_is_taken_along_and_that_of_another_is_not(shelf, ada, floor):
    first = packed(shelf, ada, ("KETTLE", 1))
    one, two = floor("packer"), floor("packer")
    one.next("shipping")
    second = packed(shelf, ada, ("KETTLE", 1))
    third = packed(shelf, ada, ("KETTLE", 1))
    assert one.scan(second) == "handed_over"
    assert one.screen["progress"] == {"done": 1, "total": 2}
    two.next("shipping")
    assert two.scan(first) == "parcel_of_another"
    assert two.scan(third) == "all_handed_over"
    one.finish()


def test_ended_early_or_left_the_rest_waits_for_another(shelf, ada, floor):
    parcels = [packed(shelf, ada, ("KETTLE", 1)) for _ in range(3)]
    one, two = floor("packer"), floor("packer")
    one.next("shipping")
    one.scans(parcels[0])
    assert two.next("shipping") is None
    assert one.scan("XXDONE") == "hand_over_ended"
    assert one.screen["done"]
    two.next("shipping")
    assert two.scan("XXBACK") == "work_left"
    assert one.next("shipping")["progress"]["total"] == 2
    one.finish()


def test_of_an_order_in_two_parcels_the_last_one_ships_it(shelf, ada):
    shelf.order(("KETTLE", 2))
    ada.next("picking")
    ada.finish()
    ada.next("packing")
    ada.obey()
    ada.scans("KETTLE", "XXFULL")
    ada.finish()
    ada.next("shipping")
    ada.obey()
    assert shelf.value("SELECT state FROM shipment") == "packed"
    assert shelf.value("SELECT shipped FROM order_line") == 1
    ada.obey()
    assert shelf.value("SELECT state FROM shipment") == "shipped"
    assert shelf.value("SELECT state FROM sales_order") == "shipped"


def test_a_recalled_lot_does_not_leave(shelf, ada):
    from warehouse.ledger import Block, block

    packed(shelf, ada, ("TEA", 1))
    lot = shelf.value("SELECT id FROM lot")
    shelf.base.change(lambda session: block(session, shelf.by(), Block(shelf.items["TEA"], "recalled", lot_id=lot)))
    ada.next("shipping")
    assert ada.obey() == "parcel_blocked"


def test_two_shippers_scan_the_same_parcel_and_one_ships_it(shelf, ada, floor):
    """R-PACK-6: a parcel cannot be scanned out twice, however many try at once."""
    parcels = [packed(shelf, ada, ("KETTLE", 1)) for _ in range(6)]
    workers = [floor("packer") for _ in range(4)]
    for worker, parcel in zip(workers, parcels, strict=False):
        shelf.base.change(lambda session: session.run("UPDATE parcel SET work_id = 0"))
        shelf.base.change(
            lambda session, parcel=parcel: session.run(
                "UPDATE parcel SET work_id = -1 WHERE code <> :code", code=parcel
            )
        )
        assert worker.next("shipping") is not None
    shelf.base.change(lambda session: session.run("UPDATE parcel SET work_id = 0 WHERE code = :code", code=parcels[5]))
    said = []

    def scan(worker):
        said.append(worker.scan(parcels[5]))

    threads = [threading.Thread(target=scan, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["already_handed_over"] * 3 + ["handed_over"]
    assert shelf.value("SELECT count(*) FROM move WHERE cause = 'ship'") == 1


def test_a_lost_answer_is_asked_for_again_and_ships_once(shelf, ada):
    packed(shelf, ada, ("KETTLE", 1))
    screen = ada.next("shipping")
    code = screen["target"]["container"]["barcode"]
    ada.scan(code, key="the-same")
    ada.screen = screen
    assert ada.scan(code, key="the-same") == "all_handed_over"
    assert ada.replayed
    assert ada.screen["done"]
