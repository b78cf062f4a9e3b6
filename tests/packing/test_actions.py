"""What a packer may scan, what is refused, and what XXUNDO takes back."""

from __future__ import annotations

import threading

import pytest

from warehouse.clock import MINUTE, now_us
from warehouse.db import Session


@pytest.fixture
def shelf(house):
    """Something of everything, in bins."""
    house.put("KETTLE", "A-01", 20, received="2026-01-01")
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    house.put("TEA", "A-03", 5, lot="L2", expiry="2099-02-01")
    house.put("CAMERA", "A-04", 1, serial="SN-1")
    house.put("CAMERA", "A-05", 1, serial="SN-2")
    return house


def picked(house, worker, *lines, **more):
    """An order of these lines, picked and waiting at packing; its number."""
    number = house.order(*lines, **more)
    assert worker.next("picking") is not None
    worker.finish()
    return number


def begun(house, worker, *lines, **more):
    """The same, with its tote brought to the station."""
    picked(house, worker, *lines, **more)
    worker.next("packing")
    if worker.screen["expects"] == ["confirm"]:
        worker.scans("XXOK")
    worker.obey()
    assert worker.status == 200, worker.notice


def tote_place(house):
    return house.value("SELECT u.code FROM tote_slot t JOIN location l ON l.id = t.container_id "
                       "JOIN location u ON u.id = l.parent_id")  # fmt: skip


def test_the_tote_comes_to_the_station_and_the_order_is_the_packers(shelf, ada):
    picked(shelf, ada, ("KETTLE", 2))
    screen = ada.next("packing")
    assert screen["expects"] == ["container"]
    assert tote_place(shelf) == "to_pack"
    ada.obey()
    assert tote_place(shelf) == "PACK-1"
    assert shelf.value("SELECT state FROM shipment") == "packing"
    assert shelf.value("SELECT p.name FROM shipment s JOIN person p ON p.id = s.packer_id") == "ada"


def test_undo_of_the_tote_gives_the_order_back(shelf, ada):
    begun(shelf, ada, ("KETTLE", 2))
    assert ada.scan("XXUNDO") == "undone"
    assert tote_place(shelf) == "to_pack"
    assert shelf.value("SELECT state FROM shipment") == "to_pack"
    assert ada.screen["expects"] == ["container"]
    ada.finish()
    assert shelf.value("SELECT state FROM shipment") == "packed"


def test_an_item_scan_books_one_and_the_rest_is_asked_as_quantity(shelf, ada):
    begun(shelf, ada, ("KETTLE", 3))
    assert ada.scan("KETTLE") == "packed"
    assert ada.screen["expects"] == ["quantity"]
    assert ada.screen["target"]["quantity"] == {"wanted": 3, "done": 1, "unit": "each"}
    ada.scans("KETTLE", "KETTLE")
    assert ada.screen["expects"] == ["confirm"]
    assert ada.screen["progress"] == {"done": 3, "total": 3}


def test_a_pack_code_books_its_pack(shelf, ada):
    from warehouse.catalog.codes import register

    kettle = shelf.items["KETTLE"]
    shelf.base.change(lambda session: register(session, "CASE-12", kind="item", ref_id=kettle, quantity=12))
    begun(shelf, ada, ("KETTLE", 13))
    ada.scans("CASE-12")
    assert ada.screen["target"]["quantity"]["done"] == 12
    assert ada.scan("CASE-12") == "surplus"
    assert ada.status == 422
    ada.scans("KETTLE")
    assert ada.screen["expects"] == ["confirm"]


def test_items_of_the_tote_come_in_any_order(shelf, ada):
    begun(shelf, ada, ("KETTLE", 2), ("TEA", 2), ("CAMERA", 1))
    ada.scans("CAMERA", "SN-1", "TEA", "L1", "KETTLE", "TEA", "L1", "KETTLE")
    assert ada.screen["expects"] == ["confirm"]
    ada.scans("XXOK")
    assert ada.screen["done"]


def test_wrong_goods_and_surplus_change_nothing(shelf, ada):
    begun(shelf, ada, ("KETTLE", 2), ("CAMERA", 1))
    before = shelf.stock()
    assert ada.scan("TEA") == "wrong_item"
    ada.scans("KETTLE")
    assert ada.scan("XQ2") == "surplus"
    assert ada.scan("XQ0") == "quantity_zero"
    ada.scans("XQ1")
    assert ada.scan("KETTLE") == "surplus"
    assert ada.scan("NOBODY-KNOWS") == "unknown_code"
    assert shelf.stock() != before
    ada.finish()


def test_a_lot_or_serial_that_was_not_picked_is_refused(shelf, ada):
    begun(shelf, ada, ("TEA", 1), ("CAMERA", 1))
    ada.scans("TEA")
    assert ada.screen["expects"] == ["lot"]
    assert ada.screen["target"]["lot"]["code"] == "L1"
    assert ada.scan("L2") == "wrong_lot"
    ada.scans("L1", "CAMERA")
    assert ada.screen["expects"] == ["serial"]
    assert ada.scan("SN-2") == "wrong_lot"
    ada.scans("SN-1")
    assert ada.screen["expects"] == ["confirm"]


def test_two_lots_of_an_item_go_into_the_parcel_each_by_its_name(shelf, ada):
    begun(shelf, ada, ("TEA", 8))
    ada.scans("TEA", "L2", "XQ2")
    assert ada.screen["expects"] == ["item"]
    ada.scans("TEA", "L1", "XQ4")
    assert ada.screen["expects"] == ["confirm"]
    ada.scans("XXOK")
    assert {key[2]: n for key, n in shelf.stock("TEA").items() if key[1].startswith("XC")} == {"L1": 5, "L2": 3}


def test_an_item_in_several_layers_leaves_the_tote_with_one_scan(house, ada):
    for day in ("01", "02", "03"):
        house.put("KETTLE", f"A-{day}", 2, received=f"2026-01-{day}")
    begun(house, ada, ("KETTLE", 6))
    ada.scans("KETTLE", "XQ5")
    assert ada.screen["expects"] == ["confirm"]
    assert house.value("SELECT count(*) FROM reservation WHERE stage = 2") == 3
    assert ada.scan("XXUNDO") == "undone"
    assert ada.screen["target"]["quantity"] == {"wanted": 6, "done": 1, "unit": "each"}
    ada.finish()
    assert house.value("SELECT state FROM shipment") == "packed"


def test_the_same_item_on_two_lines_is_packed_for_both(shelf, ada):
    begun(shelf, ada, ("KETTLE", 2), ("KETTLE", 3))
    ada.finish()
    ada.work("shipping")
    rows = shelf.base.read(lambda session: session.all("SELECT quantity, shipped FROM order_line ORDER BY line"))
    assert [tuple(row) for row in rows] == [(2, 2), (3, 3)]


def test_confirming_while_goods_are_missing_is_refused_and_names_them(shelf, ada):
    begun(shelf, ada, ("KETTLE", 3), ("TEA", 2))
    ada.scans("KETTLE")
    assert ada.scan("XXOK") == "missing_goods"
    assert "2 × KETTLE" in ada.notice["text"]
    assert "2 × TEA" in ada.notice["text"]


def test_what_is_truly_missing_stops_the_parcel_until_a_supervisor_releases_it(shelf, ada):
    number = picked(shelf, ada, ("KETTLE", 3))
    ada.next("packing")
    ada.obey()
    ada.scans("KETTLE")
    assert ada.scan("XXSHORT") == "parcel_stopped"
    assert ada.screen["done"]
    assert shelf.value("SELECT state FROM shipment") == "stopped"
    assert shelf.value("SELECT kind FROM order_exception") == "stock"
    assert "2 × KETTLE" in shelf.value("SELECT reasons FROM order_exception")
    assert ada.next("packing") is None
    ada.post(f"/orders/{number}/release")
    assert ada.status == 200
    assert shelf.value("SELECT outcome FROM order_exception") == "released"
    ada.next("packing")
    assert ada.screen["progress"] == {"done": 1, "total": 3}
    ada.finish()
    assert shelf.value("SELECT count(*) FROM parcel") == 1
    assert ada.work("shipping") == 1


def test_undo_of_a_stop_goes_on_where_it_was(shelf, ada):
    begun(shelf, ada, ("KETTLE", 3))
    ada.scans("KETTLE", "XXSHORT")
    assert ada.scan("XXUNDO") == "undone"
    assert shelf.value("SELECT outcome FROM order_exception") == "undone"
    ada.finish()
    assert shelf.value("SELECT state FROM shipment") == "packed"


def test_a_lost_tote_stops_the_order_before_it_is_begun(shelf, ada):
    picked(shelf, ada, ("KETTLE", 3))
    ada.next("packing")
    assert ada.scan("XXSHORT") == "parcel_stopped"
    assert ada.scan("XXUNDO") == "undone"
    assert shelf.value("SELECT state FROM shipment") == "to_pack"
    ada.finish()


def test_a_full_parcel_is_closed_and_another_opened(shelf, ada):
    begun(shelf, ada, ("KETTLE", 3))
    assert ada.scan("XXFULL") == "parcel_empty"
    ada.scans("KETTLE")
    first = ada.screen["target"]["container"]["code"]
    assert ada.scan("XXFULL") == "parcel_full"
    assert ada.screen["target"]["container"]["code"] != first
    ada.scans("XXUNDO")
    assert ada.screen["target"]["container"]["code"] == first
    ada.scans("XXFULL")
    ada.finish()
    assert shelf.value("SELECT count(*) FROM parcel WHERE state = 'closed'") == 2
    assert ada.work("shipping") == 1
    assert shelf.value("SELECT state FROM sales_order") == "shipped"


def test_several_totes_are_asked_for_one_after_the_other_and_are_free_again(shelf, ada):
    shelf.order(("KETTLE", 2), ("TEA", 1))
    ada.next("picking")
    ada.obey()
    ada.scans("A-01", "KETTLE", "XQ1", "XXFULL")
    ada.finish()
    ada.next("packing")
    first = ada.screen["target"]["container"]["barcode"]
    trace = ada.finish()
    totes = [code for kind, code in trace if kind == "container"]
    assert len(totes) == 2
    assert totes[0] == first
    assert shelf.value("SELECT count(*) FROM tote_slot") == 0
    shelf.order(("KETTLE", 1))
    assert ada.next("picking")["target"]["container"]["barcode"] in totes


def test_every_booking_can_be_undone_back_to_the_start(shelf, ada):
    begun(shelf, ada, ("KETTLE", 2), ("TEA", 2), ("CAMERA", 1))
    start = shelf.stock()
    ada.finish()
    for _ in range(50):
        if ada.screen["expects"] == ["container"]:
            break
        assert ada.scan("XXUNDO") == "undone", ada.notice
    assert ada.screen["expects"] == ["container"]
    assert shelf.stock() == start
    assert shelf.value("SELECT count(*) FROM parcel") == 0
    assert shelf.value("SELECT count(*) FROM tote_slot") == 1
    ada.finish()
    assert ada.work("shipping") == 1


def test_a_closed_parcel_is_opened_again_unless_it_is_being_handed_over(shelf, ada, floor):
    begun(shelf, ada, ("KETTLE", 1))
    ada.finish()
    assert ada.scan("XXUNDO") == "undone"
    assert shelf.value("SELECT state FROM parcel") == "open"
    ada.scans("XXOK")
    shipper = floor("packer")
    shipper.next("shipping")
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    shipper.scans("XXBACK")
    assert ada.scan("XXUNDO") == "undone"
    ada.scans("XXOK")


def test_a_tote_that_a_picker_was_just_sent_for_is_not_taken_back(shelf, ada, floor):
    """What a screen proposes is held for that person: undoing the parcel would refuse them the tote on their screen."""
    begun(shelf, ada, ("KETTLE", 1))
    ada.finish()
    shelf.order(("KETTLE", 1))
    picker = floor("picker")
    picker.next("picking")
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    assert picker.obey() == "tote_ready"
    assert ada.scan("XXUNDO") == "too_late_to_undo"


def test_damaged_goods_go_to_quarantine_and_the_rest_goes_on(shelf, ada):
    begun(shelf, ada, ("KETTLE", 3))
    ada.scans("KETTLE", "XXDAMAGE", "XQ1")
    assert ada.scan("XRNONSENSE") == "unknown_damage_reason"
    assert ada.scan("XRBROKEN") == "damage_packing"
    assert shelf.stock("KETTLE")["KETTLE", "QUARANTINE", "", ""] == 1
    ada.finish()
    assert ada.work("shipping") == 1
    assert shelf.value("SELECT state FROM sales_order") != "shipped"
    assert ada.work("picking") == 1
    assert ada.work("packing") == 1
    assert ada.work("shipping") == 1
    assert shelf.value("SELECT state FROM sales_order") == "shipped"
    assert shelf.value("SELECT shipped FROM order_line") == 3


def test_damage_can_be_undone(shelf, ada):
    begun(shelf, ada, ("KETTLE", 3))
    ada.scans("XXDAMAGE", "XQ2", "XRBROKEN")
    assert ada.scan("XXUNDO") == "undone"
    assert ada.screen["expects"] == ["reason"]
    ada.scans("XXUNDO", "XXUNDO")
    assert ("KETTLE", "QUARANTINE", "", "") not in shelf.stock()
    assert shelf.value("SELECT given FROM order_line") == 3
    ada.finish()
    assert ada.work("shipping") == 1
    assert shelf.value("SELECT state FROM sales_order") == "shipped"


def test_an_order_that_is_all_damaged_ends_here_and_waits(shelf, ada):
    begun(shelf, ada, ("CAMERA", 1))
    assert ada.scans("XXDAMAGE", "XQ1", "XRBROKEN") == "nothing_to_pack"
    assert ada.screen["done"]
    assert shelf.value("SELECT state FROM shipment") == "cancelled"
    assert shelf.value("SELECT count(*) FROM tote_slot") == 0
    assert ada.scan("XXUNDO") == "undone"
    ada.scans("XXUNDO", "XXUNDO")
    ada.finish()
    assert shelf.value("SELECT state FROM shipment") == "packed"


def test_expired_goods_cannot_be_packed(shelf, ada):
    begun(shelf, ada, ("TEA", 1))
    shelf.base.change(_expire)
    ada.scans("XXSKIP")
    ada.screen = ada.next("packing")
    ada.scans("TEA", "XXUNDO")
    ada.scans("TEA")
    assert ada.scan("L1") == "goods_expired"
    shelf.base.change(lambda session: _expire(session, back=True))


def _expire(session: Session, *, back: bool = False) -> None:
    """Time passes: only a test can make yesterday of a day."""
    day = 800_000 if back else 1
    for table in ("layer", "balance"):
        session.run(f"UPDATE {table} SET last_day = :day WHERE lot_id <> 0", day=day)


def test_recalled_goods_cannot_be_packed(shelf, ada):
    from warehouse.ledger import Block, block

    picked(shelf, ada, ("TEA", 1))
    lot = shelf.value("SELECT id FROM lot WHERE code = 'L1'")
    shelf.base.change(lambda session: block(session, shelf.by(), Block(shelf.items["TEA"], "recalled", lot_id=lot)))
    ada.next("packing")
    ada.obey()
    ada.scans("TEA")
    assert ada.scan("L1") == "goods_blocked"


def test_a_foreign_tote_is_refused(shelf, ada, floor):
    picked(shelf, ada, ("KETTLE", 1), tier="priority")
    picked(shelf, ada, ("TEA", 1))
    ada.next("packing")
    other = floor("packer")
    other.next("packing")
    assert other.screen["href"] != ada.screen["href"]
    mine, theirs = ada.screen["target"]["container"], other.screen["target"]["container"]
    assert ada.scan(theirs["barcode"]) == "wrong_container"
    assert mine["code"] in ada.notice["text"]
    assert ada.scan("A-01") == "not_expected"


def test_the_most_urgent_order_is_packed_first(shelf, ada):
    picked(shelf, ada, ("KETTLE", 1), tier="standard")
    urgent = picked(shelf, ada, ("KETTLE", 1), tier="priority")
    assert urgent in ada.next("packing")["title"]


def test_the_customers_note_is_shown_and_acknowledged(shelf, ada):
    picked(shelf, ada, ("KETTLE", 1), note="As a gift, please")
    screen = ada.next("packing")
    assert screen["expects"] == ["confirm"]
    assert screen["note"] == "As a gift, please"
    assert ada.scan("KETTLE") == "not_expected"
    ada.finish()
    assert shelf.value("SELECT state FROM shipment") == "packed"


def test_of_several_stations_the_packer_says_theirs(shelf, ada):
    from warehouse.catalog.locations import make_location

    shelf.base.change(lambda session: make_location(session, shelf.id, "PACK-2", kind="station"))
    picked(shelf, ada, ("KETTLE", 1))
    screen = ada.next("packing")
    assert screen["expects"] == ["location"]
    assert screen["target"]["location"]["code"] == "PACK-1"
    assert ada.scan("A-01") == "wrong_station"
    assert ada.scan("PACK-2") == "at_station"
    ada.obey()
    assert tote_place(shelf) == "PACK-2"
    ada.finish()


def test_without_a_station_goods_are_packed_where_the_totes_are(shelf, ada):
    shelf.base.change(lambda session: session.run("UPDATE location SET kind = 'staging' WHERE code = 'PACK-1'"))
    begun(shelf, ada, ("KETTLE", 1))
    assert tote_place(shelf) == "to_pack"
    ada.finish()
    assert ada.work("shipping") == 1


def test_left_before_it_is_begun_nothing_of_it_stays(shelf, ada, floor):
    picked(shelf, ada, ("KETTLE", 1))
    ada.next("packing")
    assert ada.scan("XXBACK") == "work_left"
    assert shelf.value("SELECT count(*) FROM location WHERE kind = 'parcel'") == 0
    assert floor("packer").next("packing") is not None


def test_two_packers_never_get_the_same_order(shelf, ada):
    for _ in range(4):
        picked(shelf, ada, ("KETTLE", 1))
    workers = [shelf.worker("packer") for _ in range(6)]
    got = []

    def ask(worker):
        got.append(worker.next("packing"))

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    titles = [screen["title"] for screen in got if screen]
    assert len(titles) == 4
    assert len(set(titles)) == 4


def test_a_scan_here_costs_a_fixed_number_of_statements(shelf, ada, monkeypatch):
    spent = []
    count_statements(monkeypatch, spent)
    begun(shelf, ada, ("KETTLE", 3), ("TEA", 2), ("CAMERA", 1))
    spent.clear()
    ada.finish()
    assert max(spent) <= 16
    spent.clear()
    ada.work("shipping")
    assert max(spent) <= 16


def count_statements(monkeypatch, spent):
    """Writes down how many statements each change took."""
    from warehouse.db import Database

    run = Database._change_once

    def counted(self, fn):
        def noted(session):
            try:
                return fn(session)
            finally:
                spent.append(session.statements)

        return run(self, noted)

    monkeypatch.setattr(Database, "_change_once", counted)


def test_one_gs1_code_names_item_and_lot(shelf, ada):
    from warehouse.catalog.codes import register

    tea = shelf.items["TEA"]
    shelf.base.change(lambda session: register(session, "4006381333931", kind="item", ref_id=tea))
    begun(shelf, ada, ("TEA", 6))
    assert ada.scan("]C1010400638133393110L2") == "packed"
    assert ada.screen["expects"] == ["item"]
    assert ada.screen["target"]["lot"]["code"] == "L1"
    assert ada.scan("]C1010400638133393110L3") == "wrong_lot"
    ada.scans("]C1010400638133393110L1", "XQ4")
    assert ada.screen["expects"] == ["confirm"]


def test_a_program_of_a_station_is_not_asked_where_it_packs(shelf, ada):
    from warehouse.catalog.locations import make_location

    second = shelf.base.change(lambda session: make_location(session, shelf.id, "PACK-2", kind="station"))
    picked(shelf, ada, ("KETTLE", 1))
    packer = shelf.worker("packer")
    shelf.base.change(lambda session: session.run("UPDATE token SET station_id = :id", id=second))
    assert packer.next("packing")["expects"] == ["container"]
    packer.finish()
    assert (
        shelf.value("SELECT u.code FROM parcel p JOIN location l ON l.id = p.id JOIN location u ON u.id = l.parent_id")
        == "PACK-2"
    )


def test_a_packing_list_prints_chinese_and_is_for_those_who_need_it(shelf, ada, floor):
    begun(shelf, ada, ("KETTLE", 1), ("TEA", 1))
    shelf.base.change(lambda session: session.run("UPDATE item SET name_zh = '水壶 & <b>' WHERE sku = 'KETTLE'"))
    shelf.base.change(lambda session: session.run("UPDATE recipient SET name = '李雷'"))
    ada.finish()
    parcel = ada.screen["target"]["container"]["code"]
    path = f"/parcels/{parcel}/packing-list.pdf"
    for _ in range(2):
        response = ada.client.get(path, headers=ada._headers())
        assert (response.status_code, response.mimetype) == (200, "application/pdf")
        assert response.data.startswith(b"%PDF")
        assert b"STSong-Light" in response.data
        ada.work("shipping")
    ada.get("/parcels/XC999999/packing-list.pdf")
    assert ada.status == 404
    picker = floor("picker")
    picker.get(path)
    assert picker.status == 403


def test_r_pack_1_nobody_is_offered_their_own_picks_while_another_person_packs(shelf, ada):
    """R-PACK-1: the second check is another person's, where there was one in the last 15 minutes."""
    from warehouse.floor.packing.actions import take
    from warehouse.work.pieces import Work

    picked(shelf, ada, ("KETTLE", 1))
    shelf.person("bob", "packer")
    shelf.person("eve", "packer")
    bob, eve = (shelf.value("SELECT id FROM person WHERE name = :name", name=name) for name in ("bob", "eve"))
    shelf.base.change(lambda session: session.run("UPDATE shipment SET picker_id = :bob", bob=bob))
    by = shelf.by(person_id=bob, name="bob", roles=frozenset({"packer"}))

    def offered(now=0):
        def look(session):
            got = take(session, shelf.by(person_id=bob, name="bob", now=now or now_us()))
            raise Offered(got)

        with pytest.raises(Offered) as found:
            shelf.base.change(look)
        return found.value.args[0]

    assert isinstance(offered(), Work)
    shelf.base.change(lambda session: pack_as(session, shelf, eve))
    assert offered() is None
    assert isinstance(offered(now_us() + 16 * MINUTE), Work)
    from warehouse.catalog.settings import change_setting

    shelf.base.change(lambda session: change_setting(session, "self_check", "yes", warehouse_id=shelf.id,
                                                     changed_by="ada", at=now_us()))  # fmt: skip
    assert isinstance(offered(), Work)
    assert by.name == "bob"


class Offered(Exception):  # noqa: N818
    """What take() gave, without keeping it."""


def pack_as(session, house, person_id):
    """Another person has just packed something here."""
    from warehouse.work.pieces import open_work, save

    by = house.by(person_id=person_id)
    work = open_work(session, by, "packing", "{}")
    save(session, by, work, state="done")
