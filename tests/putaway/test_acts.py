"""Putaway act by act: proposals, limits, what is refused, two people at once, and undo."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.floor import House, Worker
from warehouse.catalog.codes import register
from warehouse.catalog.locations import make_location, refresh_pick_locations
from warehouse.catalog.settings import change_setting
from warehouse.ledger import Goods, Move, post


def change(house: House, sql: str, **params: Any) -> None:
    house.base.change(lambda session: session.run(sql, **params))


def configure(house: House, name: str, text: str) -> None:
    house.base.change(
        lambda session: change_setting(session, name, text, warehouse_id=house.id, changed_by="test", at=1)
    )


def place_for(worker: Worker) -> str:
    """Takes the next piece up and tells where it should go."""
    worker.next("putaway")
    while worker.screen["expects"][0] != "location":
        worker.obey()
        assert worker.status == 200, worker.notice
    return str(worker.screen["target"]["location"]["code"])


def only_bins(house: House, *codes: str) -> None:
    """All other bins are full of something else, and nothing is mixed."""
    configure(house, "mix_items", "no")
    house.base.change(lambda session: house.add_item(session, "FILLER"))
    for number in range(1, 7):
        if f"A-{number:02d}" not in codes:
            house.put("FILLER", f"A-{number:02d}", 1)


def test_same_lot_before_same_item_before_an_empty_bin(house: House, ada: Worker) -> None:
    """R-PUT-2, first two of its order."""
    house.put("TEA", "A-02", 1, lot="L1", expiry="2028-01-01")
    house.put("TEA", "A-04", 1, lot="L2", expiry="2028-02-01")
    house.put("TEA", "DOCK-1", 1, lot="L2", expiry="2028-02-01")
    assert place_for(ada) == "A-04"
    ada.obey()
    house.put("TEA", "DOCK-1", 1, lot="L3", expiry="2028-03-01")
    assert place_for(ada) == "A-02"


def test_classes_go_to_their_own_zone_and_nothing_else_does(house: House, ada: Worker) -> None:
    """R-PUT-1: zones take items by class, down the tree; what does not belong is refused with the reason.

    What has a zone of its own goes nowhere else; a class that no place names goes where none is named.
    """

    def zone(session: Any) -> None:
        cold = make_location(session, house.id, "COLD", kind="zone", classes="frozen,chilled")
        aisle = make_location(session, house.id, "COLD-A", kind="aisle", parent_id=cold)
        make_location(session, house.id, "Z-01", kind="bin", parent_id=aisle)
        make_location(session, house.id, "Z-02", kind="bin", parent_id=aisle, classes="hazard")
        house.add_item(session, "PEAS", **{"class": "frozen"})
        house.add_item(session, "DOLL", **{"class": "toys"})
        refresh_pick_locations(session, house.id)

    house.base.change(zone)
    house.put("PEAS", "DOCK-1", 1)
    assert place_for(ada) == "Z-01"
    assert ada.scan("Z-02") == "wrong_class"
    assert ada.scan("A-01") == "wrong_class", "what has a zone of its own belongs there only"
    assert "goods without a zone of their own" in ada.notice["text"]
    assert ada.obey() == "put_away"
    for sku in ("KETTLE", "DOLL"):
        house.put(sku, "DOCK-1", 1)
        assert place_for(ada).startswith("A-")
        assert ada.scan("Z-01") == "wrong_class"
        assert "frozen, chilled" in ada.notice["text"]
        ada.finish()
    ada.finish()


def test_what_does_not_fit_by_weight_or_volume_is_split_and_refused(house: House, ada: Worker) -> None:
    """R-PUT-2: fits by weight and volume; the part that fits goes, the rest is the next piece."""
    only_bins(house, "A-02", "A-03")
    change(
        house, "UPDATE item SET weight_g = 1000, length_mm = 100, width_mm = 100, height_mm = 100 WHERE sku = 'KETTLE'"
    )
    change(house, "UPDATE location SET max_weight_g = 4999 WHERE code = 'A-02'")
    change(house, "UPDATE location SET max_volume_mm3 = 3000000 WHERE code = 'A-03'")
    house.put("KETTLE", "DOCK-1", 6)
    screen = ada.next("putaway")
    assert screen["target"]["quantity"]["wanted"] == 4
    ada.scans("KETTLE", "XQ4")
    assert ada.scan("A-02") == "too_heavy"
    assert "only 4" in ada.notice["text"]
    assert ada.scan("A-03") == "too_full"
    assert ada.scan("A-04") == "mixing_forbidden"
    assert ada.scan("DOCK-1") == "not_a_storage_place"
    ada.scans("XXUNDO")
    ada.finish()
    assert house.stock("KETTLE")[("KETTLE", "A-02", "", "")] == 4
    assert ada.work("putaway") == 1
    assert house.stock("KETTLE") == {("KETTLE", "A-02", "", ""): 4, ("KETTLE", "A-03", "", ""): 2}
    house.put("KETTLE", "DOCK-1", 6)
    assert ada.next("putaway")["target"]["quantity"]["wanted"] == 1
    ada.finish()
    assert ada.next("putaway") is None, "no bin takes any more"


def test_the_last_space_is_kept_for_the_one_who_was_sent_there(house: House, ada: Worker, floor: Any) -> None:
    """What a screen proposes is held: two people are not sent to the same last space, nor may one take it."""
    only_bins(house, "A-02", "A-05")
    change(house, "UPDATE item SET weight_g = 1000")
    change(house, "UPDATE location SET max_weight_g = 2000")
    bob = floor("receiver")
    house.put("KETTLE", "DOCK-1", 2)
    house.put("TEA", "DOCK-1", 2, lot="L1", expiry="2028-01-01")
    first, second = place_for(ada), place_for(bob)
    assert {first, second} == {"A-02", "A-05"}
    assert bob.scan(first) == "kept_for_another"
    bob.finish()
    ada.finish()


def test_two_people_at_once_never_get_the_same_piece(house: House, floor: Any) -> None:
    """Both ask in the same moment; each row is given once."""
    for _ in range(4):
        house.put("KETTLE", "DOCK-1", 3)
    workers = [floor("receiver") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        screens = list(pool.map(lambda worker: worker.next("putaway"), workers))
    assert sum(screen is not None for screen in screens) == 4
    assert house.value("SELECT count(DISTINCT subject_id) FROM work WHERE state = 'open'") == 4
    for worker, screen in zip(workers, screens, strict=True):
        if screen:
            worker.finish()
    assert all(place != "DOCK-1" for _, place, _, _ in house.stock())


def test_goods_in_a_tote_are_named_by_the_tote(house: House, ada: Worker) -> None:
    """What a cancelled order left in a tote is putaway work; the tote's code stands for its goods."""

    def tote(session: Any) -> None:
        to_pack = session.value("SELECT id FROM location WHERE code = 'to_pack'")
        made = house.places["TOTE-1"] = make_location(session, house.id, "TOTE-1", kind="tote")
        post(session, house.by(), "move", [Move(1, 0, to_pack, container_id=made)])

    house.base.change(tote)
    house.put("KETTLE", "TOTE-1", 3)
    house.put("CAMERA", "TOTE-1", 1, serial="S1")
    assert ada.next("putaway")["expects"] == ["container", "item"]
    assert ada.scan(house.barcode("A-01")) == "not_expected"
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["container", "location"]
    ada.next("putaway")
    ada.scans("CAMERA", "S1")
    ada.finish()
    assert all(place.startswith("A-") for _, place, _, _ in house.stock())


def test_part_of_it_may_go_elsewhere(house: House, ada: Worker) -> None:
    """With some in hand a bin may be scanned at once; the rest is the next piece."""
    house.put("KETTLE", "DOCK-1", 5)
    ada.next("putaway")
    ada.scans("KETTLE", "XQ1")
    assert ada.screen["expects"] == ["quantity", "location"]
    assert ada.scan("XQ4") == "too_many"
    assert ada.scan("XQ0") == "quantity_zero"
    assert ada.scan("TEA") == "wrong_item"
    assert ada.scan("A-06") == "put_away"
    assert ada.screen["done"]
    ada.next("putaway")
    assert ada.screen["target"]["quantity"]["wanted"] == 3
    ada.finish()
    assert house.stock() == {("KETTLE", "A-06", "", ""): 5}, "where the item lies already"


def test_damaged_and_missing_goods_on_the_way(house: House, ada: Worker) -> None:
    """Damaged goods go to quarantine; what is not there is held and counted."""
    house.put("KETTLE", "DOCK-1", 5)
    ada.next("putaway")
    ada.scans("KETTLE", "XXDAMAGE", "XQ1", "XRWET")
    assert ada.screen["target"]["quantity"] == {"wanted": 4, "done": 1, "unit": "each"}
    ada.scans("XQ1")
    assert ada.scan("XXSHORT") == "carry_short"
    assert ada.screen["expects"] == ["location"]
    place = ada.screen["target"]["location"]["code"]
    ada.finish()
    assert house.stock() == {
        ("KETTLE", place, "", ""): 2, ("KETTLE", "DOCK-1", "", ""): 2, ("KETTLE", "QUARANTINE", "", ""): 1,
    }  # fmt: skip
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 1
    assert ada.next("putaway") is None


def test_undo_takes_back_act_by_act(house: House, ada: Worker, floor: Any) -> None:
    """R-LED-1; on the done screen too, unless another carries the rest by now."""
    house.put("CAMERA", "DOCK-1", 1, serial="S1")
    house.put("KETTLE", "DOCK-1", 5)
    before = house.stock()
    ada.next("putaway")
    ada.finish()
    while ada.scan("XXUNDO") == "undone":
        pass
    assert ada.screen["expects"] == ["item"]
    ada.finish()
    ada.next("putaway")
    ada.scans("KETTLE", "XXDAMAGE", "XQ2", "XRWET", "XXSHORT")
    ada.finish()
    while ada.scan("XXUNDO") == "undone":
        pass
    assert {key: n for key, n in before.items() if key[0] == "KETTLE"} == house.stock("KETTLE")
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 0
    ada.scans("KETTLE", "XQ1", "A-01")
    bob = floor("receiver")
    bob.next("putaway")
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    bob.finish()


def test_later_means_another_piece_first(house: House, ada: Worker) -> None:
    house.put("KETTLE", "DOCK-1", 5)
    house.put("TEA", "DOCK-1", 5, lot="L1", expiry="2028-01-01")
    assert ada.next("putaway")["target"]["item"]["code"] == "KETTLE"
    assert ada.scan("XXSKIP") == "piece_later"
    assert ada.screen["done"]
    assert ada.next("putaway")["target"]["item"]["code"] == "TEA"
    ada.finish()
    assert ada.next("putaway")["target"]["item"]["code"] == "KETTLE"
    assert ada.scan("XXDONE") == "not_expected"
    ada.finish()


@pytest.mark.parametrize("fill", [0, 3])
def test_where_pick_faces_are_marked_one_gets_the_item_first_then_the_reserve(
    house: House, ada: Worker, fill: int
) -> None:
    """An item that lies in no pick face goes to a free one; the rest to reserve."""

    def mark(session: Any) -> None:
        session.run("UPDATE location SET pick_face = 1 WHERE code IN ('A-01', 'A-02')")
        refresh_pick_locations(session, house.id)

    house.base.change(mark)
    configure(house, "pick_face_fill", str(fill))
    house.put("KETTLE", "DOCK-1", 5)
    assert place_for(ada) in {"A-01", "A-02"}
    ada.finish()
    assert ada.work("putaway") == (1 if fill else 0)
    house.put("KETTLE", "DOCK-1", 5)
    assert place_for(ada) not in {"A-01", "A-02"}
    ada.finish()
    assert ada.next("putaway") is None


def test_fast_items_get_the_near_bins(house: House, ada: Worker) -> None:
    """R-PUT-2: near the dock for fast items; slow ones leave those bins free."""
    configure(house, "fast_item_picks", "1")
    house.put("KETTLE", "A-03", 1)
    house.order(("KETTLE", 1))
    ada.work("picking")
    house.put("KETTLE", "DOCK-1", 1)
    assert place_for(ada) == "A-01"
    ada.finish()
    house.put("TEA", "DOCK-1", 1, lot="L1", expiry="2028-01-01")
    assert place_for(ada) == "A-06"
    ada.finish()


def test_goods_that_land_in_a_pick_bin_wake_the_orders_that_wait(house: House, ada: Worker) -> None:
    house.order(("KETTLE", 2))
    assert ada.next("picking") is None
    house.put("KETTLE", "DOCK-1", 2)
    assert ada.next("picking") is None
    ada.work("putaway")
    assert ada.next("picking") is not None


def test_only_receivers_and_supervisors_work_here(house: House, floor: Any) -> None:
    """R-PUT-5: people of the right role."""
    picker = floor("picker")
    picker.post("/putaway/next")
    assert picker.status == 403
    picker.post("/receiving/next")
    assert picker.status == 403
    receiver = floor("receiver")
    receiver.post("/replenishing/next")
    assert receiver.status == 403


def test_less_than_in_hand_by_the_book_is_no_dead_end(house: House, ada: Worker) -> None:
    """What was taken away from under the worker: they go on with what is left, and are done if nothing is."""
    layer = house.put("KETTLE", "DOCK-1", 6)
    serials = [house.put("CAMERA", "DOCK-1", 1, serial=each) for each in ("S1",)]

    def away(sku: str, layer_id: int, quantity: int, serial: str = "") -> None:
        goods = Goods(house.items[sku], layer_id, 0, serial)
        to_id = house.places["A-03"]
        move = Move(quantity, house.places["DOCK-1"], to_id, goods)
        house.base.change(lambda session: post(session, house.by(), "move", [move]))

    ada.next("putaway")
    ada.scans("KETTLE", "XQ3")
    away("KETTLE", layer, 4)
    ada.scans("XXDAMAGE", "XQ3")
    assert ada.obey() == "carry_less_there"
    assert ada.screen["target"]["quantity"] == {"wanted": 2, "done": 2, "unit": "each"}
    away("KETTLE", layer, 2)
    assert ada.obey() == "carry_less_there"
    assert ada.screen["done"]
    ada.next("putaway")
    ada.scans("CAMERA", "S1")
    away("CAMERA", serials[0], 1, "S1")
    assert ada.obey() == "carry_less_there"
    assert ada.screen["done"]
    assert ada.next("putaway") is None


def test_a_pack_of_goods_with_a_lot_is_taken_up_whole(house: House, ada: Worker) -> None:
    house.base.change(lambda session: register(session, "TEA-6", kind="item", ref_id=house.items["TEA"], quantity=6))
    house.put("TEA", "DOCK-1", 9, lot="L1", expiry="2028-01-01")
    ada.next("putaway")
    ada.scans("TEA-6", "L1")
    assert ada.screen["target"]["quantity"]["done"] == 6
    assert ada.scan("TEA-6") == "pack_too_large"
    ada.finish()


def test_what_has_no_bin_is_said_and_not_counted(house: House, ada: Worker) -> None:
    """Goods that cannot be put away are not silent: the first of them is named with the reason."""

    def waiting() -> int:
        rooms = ada.get("/floor")["rooms"]
        return next(int(room["waiting"]) for room in rooms if room["room"] == "putaway")

    only_bins(house)
    house.put("KETTLE", "DOCK-1", 1)
    house.put("KETTLE", "DOCK-1", 1)
    assert waiting() == 0
    answer = ada.post("/putaway/next", key="k-1")
    assert (answer["screen"], answer["notice"]["code"]) == (None, "no_work")
    assert (answer["because"]["code"], answer["because"]["level"]) == ("nowhere_to_put", "warn")
    assert "KETTLE stays at DOCK-1: all bins" in answer["because"]["text"]
    assert ada.next("putaway", key="k-1") is None
    assert ada.replayed
    for number in range(12):
        house.base.change(lambda session, number=number: house.add_item(session, f"BIG-{number}"))
        house.put(f"BIG-{number}", "DOCK-1", 1)
    assert waiting() == 0
    house.put("FILLER", "DOCK-1", 1)
    assert waiting() == 1
    assert ada.next("putaway")["target"]["item"]["code"] == "FILLER", "however many stand before it"
    assert waiting() == 0
    ada.finish()
    change(house, "UPDATE location SET classes = 'food' WHERE kind = 'bin'")
    assert ada.next("putaway") is None
    assert "there is no bin for it" in ada.post("/putaway/next")["because"]["text"]


def test_goods_without_a_bin_of_their_class_are_named(house: House, ada: Worker) -> None:
    def zone(session: Any) -> None:
        make_location(session, house.id, "COLD", kind="zone", classes="frozen")
        house.add_item(session, "PEAS", **{"class": "frozen"})

    house.base.change(zone)
    house.put("PEAS", "DOCK-1", 1)
    assert ada.next("putaway") is None
    assert "PEAS stays at DOCK-1: no bin takes its class" in ada.post("/putaway/next")["because"]["text"]


def test_another_allowed_bin_is_kept_with_the_act(house: House, ada: Worker) -> None:
    """R-PUT-2: the worker may scan another allowed bin; the choice is kept."""
    house.put("KETTLE", "DOCK-1", 1)
    proposed = house.places[place_for(ada)]
    assert ada.scan("A-02") == "put_away"
    kept = house.value("SELECT effects FROM act WHERE code = 'A-02'")
    assert f'["instead", {proposed}, {house.places["A-02"]}]' in kept
