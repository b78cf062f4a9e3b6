"""Receiving act by act: every path of R-RCV-1, refusals that change nothing, and undo of all of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.floor import House, Worker, statements_counted
from warehouse.catalog.codes import register
from warehouse.catalog.locations import make_location
from warehouse.catalog.settings import change_setting

GS = "\x1d"


def begin(worker: Worker) -> dict[str, Any]:
    worker.next("receiving")
    assert worker.obey() == "receipt_opened"
    assert worker.screen is not None
    return worker.screen


def rows(house: House, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in house.base.read(lambda session: session.all(sql))]


def on_order(house: House, sku: str) -> int:
    found = house.value("SELECT on_order FROM total WHERE item_id = :item", item=house.items[sku])
    return int(found or 0)


def received(house: House) -> list[int]:
    return [row[0] for row in rows(house, "SELECT received FROM purchase_order_line ORDER BY line")]


def configure(house: House, name: str, text: str) -> None:
    house.base.change(
        lambda session: change_setting(session, name, text, warehouse_id=house.id, changed_by="test", at=1)
    )


def add_pack(house: House, sku: str, text: str, quantity: int) -> None:
    house.base.change(lambda session: register(session, text, kind="item", ref_id=house.items[sku], quantity=quantity))


def test_more_than_ordered_is_refused_and_told_where_to_book_it(house: House, ada: Worker) -> None:
    """R-RCV-1: over is refused beyond the tolerance; nothing changes."""
    house.purchase(("KETTLE", 10), ("TEA", 1))
    begin(ada)
    ada.scans("KETTLE")
    assert ada.scan("XQ10") == "over_receipt"
    assert ada.status == 422
    assert "without papers" in ada.notice["text"]
    assert ada.scan("XQ9999999") == "over_receipt"
    assert ada.scan("XQ0") == "quantity_zero"
    assert received(house) == [1, 0]
    ada.scans("XQ9")
    assert ada.scan("KETTLE") == "over_receipt", "the line is full"
    assert on_order(house, "KETTLE") == 0


def test_a_tolerance_lets_a_little_more_pass(house: House, ada: Worker) -> None:
    """R-RCV-1: the tolerance is a setting; what is over counts as received, never as on order."""
    configure(house, "over_receipt_percent", "10")
    house.purchase(("KETTLE", 10), ("TEA", 1))
    begin(ada)
    ada.scans("KETTLE")
    assert ada.scan("XQ11") == "over_receipt"
    ada.scans("XQ10")
    assert received(house) == [11, 0]
    assert on_order(house, "KETTLE") == 0
    assert ada.scan("XXUNDO") == "undone"
    assert on_order(house, "KETTLE") == 9


def test_items_come_in_any_order_and_strangers_are_refused(house: House, ada: Worker) -> None:
    """R-RCV-1: another open line is taken up; what the order does not name has its own path."""
    house.purchase(("KETTLE", 2), ("CAMERA", 1))
    begin(ada)
    assert ada.screen["target"]["item"]["code"] == "KETTLE"
    assert ada.scan("TEA") == "not_on_order"
    assert "without papers" in ada.notice["text"]
    ada.scans("CAMERA")
    assert ada.screen["expects"] == ["serial"]
    ada.scans("KETTLE")
    assert ada.screen["expects"] == ["quantity"]
    ada.scans("CAMERA", "SN-77")
    assert ada.screen["target"]["item"]["code"] == "KETTLE"
    assert ada.screen["expects"] == ["item"]
    ada.finish()
    assert house.stock() == {("KETTLE", "DOCK-1", "", ""): 2, ("CAMERA", "DOCK-1", "", "SN-77"): 1}


def test_pack_codes_and_repeated_scans_add_up(house: House, ada: Worker) -> None:
    """A pack's code books its pack, a repeated scan one more; all scans of a line share one layer."""
    add_pack(house, "KETTLE", "BOX-OF-12", 12)
    house.purchase(("KETTLE", 30))
    begin(ada)
    ada.scans("BOX-OF-12")
    assert ada.screen["target"]["quantity"] == {"wanted": 30, "done": 12, "unit": "each"}
    ada.scans("KETTLE", "BOX-OF-12")
    assert ada.scan("BOX-OF-12") == "over_receipt"
    ada.finish()
    assert rows(house, "SELECT count(*) FROM layer") == [(1,)]
    assert house.stock() == {("KETTLE", "DOCK-1", "", ""): 30}


def test_one_gs1_code_tells_all_at_once(house: House, ada: Worker) -> None:
    """Item, lot, expiry and quantity in one scan; a second lot of the same line likewise."""
    house.base.change(lambda session: register(session, "09501101530003", kind="item", ref_id=house.items["TEA"]))
    house.purchase(("TEA", 20), ("KETTLE", 1))
    begin(ada)
    assert ada.scan(f"]d2010950110153000310LOT-A{GS}172801313012") == "received"
    assert ada.screen["target"]["lot"] == {"code": "LOT-A", "barcode": "LOT-A"}
    assert ada.scan(f"]d2010950110153000310LOT-B{GS}17280630308{GS}") == "received"
    assert house.stock("TEA") == {("TEA", "DOCK-1", "LOT-A", ""): 12, ("TEA", "DOCK-1", "LOT-B", ""): 8}
    assert rows(house, "SELECT count(*) FROM layer WHERE expiry_day > 0") == [(2,)]
    assert ada.screen["target"]["item"]["code"] == "KETTLE"


def test_a_gs1_code_of_a_single_piece_tells_its_serial(house: House, ada: Worker) -> None:
    house.base.change(lambda session: register(session, "09501101530003", kind="item", ref_id=house.items["CAMERA"]))
    house.purchase(("CAMERA", 2))
    begin(ada)
    assert ada.scan("]d2010950110153000321CAM-1") == "received"
    assert ada.scan("]d2010950110153000321CAM-1") == "serial_in_stock"
    assert ada.scan("CAM-1") == "serial_in_stock"
    assert ada.scan("]d2010950110153000321CAM-2") == "receipt_complete"
    assert {serial for *_, serial in house.stock("CAMERA")} == {"CAM-1", "CAM-2"}


def test_another_expiry_for_a_known_lot_is_refused(house: House, ada: Worker) -> None:
    """The expiry belongs to the lot: it is not asked again, and no other is believed."""
    house.base.change(lambda session: register(session, "09501101530003", kind="item", ref_id=house.items["TEA"]))
    house.put("TEA", "A-01", 1, lot="LOT-A", expiry="2028-01-31")
    house.purchase(("TEA", 5))
    begin(ada)
    assert ada.scan(f"]d2010950110153000310LOT-A{GS}17280630") == "other_expiry"
    assert received(house) == [0]
    ada.scans("TEA")
    assert ada.scan("LOT-A") == "received", "its expiry is known and not asked"
    assert ada.screen["expects"][0] == "quantity"
    ada.finish()


def test_a_wrong_expiry_can_be_undone_and_told_again(house: House, ada: Worker) -> None:
    """An undone booking leaves nothing behind that the right one would stumble over."""
    house.purchase(("TEA", 5))
    begin(ada)
    ada.scans("TEA", "LOT-A", "XE20280131")
    assert ada.scan("XXUNDO") == "undone"
    assert ada.screen["expects"] == ["expiry"]
    assert ada.scan("XE20281301") == "bad_expiry"
    assert ada.scan("tomorrow") == "unknown_code"
    ada.scans("2028-06-30")
    assert house.value("SELECT expiry_day FROM lot WHERE code = 'LOT-A'") == house.value(
        "SELECT MAX(expiry_day) FROM layer"
    )
    ada.finish()
    assert house.stock() == {("TEA", "DOCK-1", "LOT-A", ""): 5}


def test_a_second_lot_is_told_at_the_quantity(house: House, ada: Worker) -> None:
    """A line may come in several lots: another lot's label is scanned where more is asked for."""
    house.purchase(("TEA", 9))
    begin(ada)
    ada.scans("TEA", "LOT-A", "XE20280131", "XQ4", "LOT-B")
    assert ada.screen["expects"] == ["expiry"]
    ada.scans("XE20280228", "LOT-B", "LOT-A", "XQ1")
    ada.finish()
    assert house.stock() == {("TEA", "DOCK-1", "LOT-A", ""): 7, ("TEA", "DOCK-1", "LOT-B", ""): 2}
    assert rows(house, "SELECT count(*) FROM layer") == [(2,)]


def test_goods_that_expire_without_lots_keep_it_on_their_layer(house: House, ada: Worker) -> None:
    """Of an item without lots the expiry belongs to the layer; another expiry is another layer."""
    house.base.change(lambda session: house.add_item(session, "MILK", shelf_life_days=30))
    house.purchase(("MILK", 6))
    screen = begin(ada)
    assert screen["target"]["expiry"]["proposed"] is True
    ada.scans("MILK", "XE20280131", "XQ2", "XE20280228", "XQ1")
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["quantity"]
    assert rows(house, "SELECT count(*) FROM layer WHERE expiry_day > 0") == [(2,)]


def test_what_nobody_told_is_proposed(house: House, ada: Worker) -> None:
    """Our own lot and serial numbers, held ready; any other text is the supplier's."""
    house.purchase(("TEA", 2), ("CAMERA", 3))
    begin(ada)
    ada.scans("TEA")
    lot = ada.screen["target"]["lot"]
    assert lot["proposed"] is True
    for wrong in ("XL000001", "KETTLE", "DOCK-1", "XXFULL", "XQ3", "x" * 61, "a" + GS + "b"):
        assert ada.scan(wrong) in {"not_expected", "unknown_code", "not_on_order", "name_too_long"}, wrong
        assert ada.status == 422
    ada.finish()
    assert len({serial for sku, _, _, serial in house.stock("CAMERA")}) == 3
    assert ("TEA", "DOCK-1", lot["code"], "") in house.stock("TEA")


def test_damaged_goods_go_to_quarantine_and_purchasing_is_told(house: House, ada: Worker) -> None:
    """R-RCV-1: damaged counts as received; the discrepancy is in the same posting's transaction."""
    house.purchase(("KETTLE", 3), ("TEA", 2), ("CAMERA", 1))
    begin(ada)
    assert ada.scan("XXDAMAGE") == "damage_how_many"
    assert ada.scan("XQ4") == "over_receipt"
    ada.scans("XQ2")
    assert ada.scan("XRNONSENSE") == "unknown_damage_reason"
    assert ada.obey() == "received_damaged"
    ada.scans("KETTLE", "XXDAMAGE", "XQ1", "XRWET")
    assert ada.screen["target"]["quantity"] == {"wanted": 2, "done": 1, "unit": "each"}
    ada.scans("TEA", "LOT-A", "XE20280131", "XXDAMAGE")
    assert ada.scan("XQ2") == "too_many"
    ada.scans("XQ1", "XRBROKEN")
    assert ada.screen["done"]
    held = house.stock()
    assert held[("KETTLE", "QUARANTINE", "", "")] == 2
    assert held[("TEA", "DOCK-1", "LOT-A", "")] == 1
    assert sum(n for (sku, place, *_), n in held.items() if place == "QUARANTINE") == 4
    kinds = rows(house, "SELECT kind, quantity, reason FROM discrepancy ORDER BY id")
    assert kinds == [("damaged", 2, "BROKEN"), ("damaged", 1, "WET"), ("damaged", 1, "BROKEN")]
    assert on_order(house, "KETTLE") == on_order(house, "TEA") == on_order(house, "CAMERA") == 0


def test_ended_early_the_rest_stays_open_for_another_receipt(house: House, ada: Worker) -> None:
    """XXDONE: the receipt closes, purchasing hears what is short, a later receipt takes the rest."""
    house.purchase(("KETTLE", 3), ("TEA", 2))
    begin(ada)
    ada.scans("KETTLE", "XXDONE")
    assert ada.screen["done"]
    assert received(house) == [1, 0]
    assert rows(house, "SELECT kind, quantity FROM discrepancy ORDER BY quantity, id") == [("short", 2), ("short", 2)]
    assert ada.scan("XXUNDO") == "undone"
    assert rows(house, "SELECT count(*) FROM discrepancy") == [(0,)]
    ada.scans("XXDONE")
    assert ada.next("receiving")["target"]["document"]["code"] == "PO-1"
    ada.finish()
    assert rows(house, "SELECT number, state FROM receipt ORDER BY number") == [
        ("GR-0000001", "closed"), ("GR-0000002", "closed"),
    ]  # fmt: skip
    assert rows(house, "SELECT count(*) FROM discrepancy WHERE closed_at IS NULL") == [(0,)]
    assert rows(house, "SELECT state FROM purchase_order") == [("closed",)]


def test_the_order_that_is_due_first_and_any_other_by_its_number(house: House, ada: Worker, floor: Any) -> None:
    """One receiver an order; the document of another one, or its number typed, is as good."""
    for number, due in (("PO-1", None), ("PO-2", 200), ("PO-3", 100)):
        house.purchase(("KETTLE", 1), number=number)
        if due:
            house.base.change(
                lambda session, number=number, due=due: session.run(
                    "UPDATE purchase_order SET due_at = :due WHERE number = :number", due=due, number=number
                )
            )
    bob = floor("receiver")
    assert ada.next("receiving")["target"]["document"]["code"] == "PO-3"
    assert bob.next("receiving")["target"]["document"]["code"] == "PO-2"
    assert bob.scan("PO-3") == "order_taken"
    assert bob.scan("PO-9") == "unknown_code"
    assert bob.scan(house.barcode("A-01")) == "not_expected"
    assert bob.scan("PO-1") == "receipt_opened", "a number that is no code"
    assert ada.scan(house.value("SELECT barcode FROM purchase_order WHERE number = 'PO-2'")) == "receipt_opened"
    bob.finish()
    ada.finish()
    assert ada.next("receiving")["target"]["document"]["code"] == "PO-3"
    assert ada.scan("PO-1") == "nothing_open"
    assert bob.next("receiving") is None


def test_goods_without_papers_are_blocked_until_purchasing_links_an_order(
    house: House, ada: Worker, floor: Any
) -> None:
    """R-RCV-1: an item at the document step starts a receipt of its own; its layer is free once linked."""
    house.purchase(("KETTLE", 10))
    screen = ada.next("receiving")
    assert ada.scan("KETTLE") == "received_blocked"
    assert ada.screen["target"]["quantity"] == {"wanted": None, "done": 1, "unit": "each"}
    ada.scans("XQ11", "TEA", "LOT-A", "XE20280131", "CAMERA", "S1")
    assert house.value("SELECT blocked FROM total WHERE item_id = :item", item=house.items["KETTLE"]) == 12
    ada.scans("XXDONE")
    ended = ada.screen
    assert rows(house, "SELECT kind, quantity FROM discrepancy ORDER BY id") == [
        ("no_papers", 12), ("no_papers", 1), ("no_papers", 1),
    ]  # fmt: skip
    assert ada.next("putaway") is None, "what is blocked stays where it is"
    href = screen["href"]
    bob, buyer = floor("receiver"), floor("purchasing")
    bob.post(f"{href}/link", purchase_order="PO-1")
    assert bob.status == 403
    buyer.post(f"{href}/link", purchase_order="PO-77")
    assert (buyer.status, buyer.notice["code"]) == (422, "unknown_code")
    buyer.post(f"{href}/link", number="PO-1")
    assert (buyer.status, buyer.notice["code"]) == (422, "items_not_on_order")
    assert "CAMERA, TEA" in buyer.notice["text"]
    assert received(house) == [0]
    house.purchase(("KETTLE", 10), ("TEA", 1), ("CAMERA", 1), number="PO-2")
    buyer.post(f"{href}/link", key="k-1", number="PO-2")
    assert (buyer.status, buyer.notice["code"], buyer.notice["level"]) == (200, "receipt_linked_over", "warn")
    buyer.post(f"{href}/link", key="k-1", number="PO-2")
    assert (buyer.status, buyer.notice["code"], buyer.replayed) == (200, "receipt_linked_over", True)
    buyer.post(f"{href}/link", number="PO-1")
    assert (buyer.status, buyer.notice["code"]) == (422, "receipt_has_papers")
    assert rows(house, "SELECT received FROM purchase_order_line ORDER BY purchase_order_id, line") == [
        (0,), (10,), (1,), (1,),
    ]  # fmt: skip
    assert on_order(house, "KETTLE") == 10
    assert rows(house, "SELECT state FROM purchase_order ORDER BY id") == [("open",), ("closed",)]
    open_now = rows(house, "SELECT kind, quantity FROM discrepancy WHERE closed_at IS NULL ORDER BY quantity DESC, id")
    assert open_now == [("over", 2)]
    ada.screen = ended
    assert ada.scan("XXUNDO") == "too_late_to_undo", "it is purchasing's now"
    assert ada.work("putaway") == 3


def test_the_surplus_of_a_complete_order_is_linked_to_it_as_over(house: House, ada: Worker, floor: Any) -> None:
    """R-RCV-1: nothing of the order is open; the goods are its own all the same, and listed as over."""
    house.purchase(("KETTLE", 1))
    begin(ada)
    ada.scans("KETTLE")
    assert ada.next("receiving", code="KETTLE") is not None
    href = ada.screen["href"]
    ada.scans("XXDONE")
    buyer = floor("purchasing")
    buyer.post(f"{href}/link", number="PO-1")
    assert (buyer.status, buyer.notice["code"]) == (200, "receipt_linked_over")
    assert received(house) == [1]
    assert rows(house, "SELECT kind, quantity FROM discrepancy WHERE closed_at IS NULL") == [("over", 1)]
    assert ada.work("putaway") == 2


def test_link_reaches_the_one_who_receives_the_same_order(house: House, ada: Worker, floor: Any) -> None:
    """What purchasing fills is not asked for again: the receiver's step is stale, the screen tells what is left."""
    house.purchase(("KETTLE", 5))
    screen = ada.next("receiving")
    ada.scans("XXSKIP", "KETTLE", "XQ1", "XXDONE")
    bob = floor("receiver")
    bob.next("receiving")
    bob.obey()
    ada.post(f"{screen['href']}/link", document="PO-1")
    assert ada.status == 200
    assert bob.scan("XQ5") == "step_stale"
    assert bob.screen["target"]["quantity"] == {"wanted": 5, "done": 2, "unit": "each"}
    bob.finish()
    assert received(house) == [5]


def test_an_unusual_quantity_is_asked_once_more(house: House, ada: Worker) -> None:
    """Where nothing is wanted, far beyond the usual is confirmed; more than any scan may book is refused."""
    house.purchase(("TEA", 1))
    ada.next("receiving")
    ada.scans("XXSKIP", "KETTLE")
    assert ada.scan("XQ1000001") == "quantity_too_large"
    assert ada.scan("XQ1000") == "unusual_quantity"
    assert (ada.status, ada.notice["level"], ada.screen["expects"]) == (200, "warn", ["confirm"])
    assert ada.scan("XQ1000") == "not_expected"
    assert ada.scan("XXBACK") == "question_dropped"
    ada.scans("XQ1000")
    assert ada.obey() == "received_blocked"
    assert house.stock() == {("KETTLE", "DOCK-1", "", ""): 1001}
    assert ada.scan("XXUNDO") == "undone"
    assert house.stock() == {("KETTLE", "DOCK-1", "", ""): 1}


@pytest.mark.parametrize("paperless", [False, True])
def test_undo_takes_back_act_by_act_to_the_very_start(house: House, ada: Worker, paperless: bool) -> None:
    """R-LED-1: every act of a receipt is taken back, the end of the order and its document as well."""
    house.purchase(("KETTLE", 3), ("TEA", 2), ("CAMERA", 1))
    ada.next("receiving")
    ada.scans("XXSKIP") if paperless else ada.obey()
    ada.scans("KETTLE", "XXDAMAGE", "XQ1", "XRBROKEN", "KETTLE", "XXSKIP", "TEA", "LOT-A", "XE20280131", "XQ1")
    ada.scans("CAMERA", "S-1")
    if paperless:
        ada.scans("XXDONE")
    assert ada.screen["done"]
    while ada.scan("XXUNDO") == "undone":
        assert house.verify().faults == []
    assert ada.notice["code"] == "nothing_to_undo"
    assert ada.screen["expects"] == ["document"]
    assert house.stock() == {}
    assert received(house) == [0, 0, 0]
    assert (on_order(house, "KETTLE"), on_order(house, "TEA"), on_order(house, "CAMERA")) == (3, 2, 1)
    assert rows(house, "SELECT count(*) FROM discrepancy") == [(0,)]
    assert rows(house, "SELECT state FROM purchase_order") == [("open",)]
    ada.obey()
    ada.finish()
    assert received(house) == [3, 2, 1]


def test_undo_comes_too_late_once_the_goods_moved_on(house: House, ada: Worker) -> None:
    house.purchase(("KETTLE", 3))
    begin(ada)
    ada.finish()
    done = ada.screen
    ada.work("putaway")
    ada.screen = done
    assert ada.scan("XXUNDO") == "too_late_to_undo"


def test_undo_comes_too_late_once_another_receives_the_rest(house: House, ada: Worker, floor: Any) -> None:
    house.purchase(("KETTLE", 3))
    begin(ada)
    ada.scans("KETTLE", "XXDONE")
    bob = floor("receiver")
    bob.next("receiving")
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    bob.obey()
    bob.finish()


def test_the_dock_is_asked_where_there_are_several(house: House, ada: Worker) -> None:
    house.base.change(lambda session: make_location(session, house.id, "DOCK-2", kind="dock"))
    house.purchase(("KETTLE", 1), ("TEA", 1))
    ada.next("receiving")
    assert ada.obey() == "dock_wanted"
    assert ada.screen["expects"] == ["location"]
    assert ada.scan("A-01") == "not_a_dock"
    assert ada.scan("KETTLE") == "not_expected"
    assert ada.scan("DOCK-2") == "dock_told"
    ada.finish()
    assert {place for _, place, _, _ in house.stock()} == {"DOCK-2"}


@pytest.mark.parametrize("staging", [False, True])
def test_without_a_dock_goods_arrive_somewhere_all_the_same(house: House, ada: Worker, staging: bool) -> None:
    """What is not set up never stops the floor."""

    def change(session: Any) -> None:
        session.run("UPDATE location SET kind = 'station' WHERE code = 'DOCK-1'")
        if staging:
            make_location(session, house.id, "STAGE", kind="staging")

    house.base.change(change)
    house.purchase(("KETTLE", 1))
    ada.next("receiving")
    trace = ada.finish()
    assert [kind for kind, _ in trace] == (["document", "item"] if staging else ["document", "location", "item"])
    assert house.stock() == {("KETTLE", "STAGE" if staging else "A-01", "", ""): 1}


def test_later_and_help_and_leaving(house: House, ada: Worker, floor: Any) -> None:
    house.purchase(("KETTLE", 2), ("TEA", 1))
    ada.next("receiving")
    assert ada.scan("XXDONE") == "not_expected"
    assert ada.scan("XXDAMAGE") == "not_expected"
    assert ada.scan("XXBACK") == "work_left"
    bob = floor("receiver")
    begin(bob)
    assert bob.scan("XXHELP") == "help"
    assert bob.scan("XXSKIP") == "other_line"
    assert bob.screen["target"]["item"]["code"] == "TEA"
    bob.scans("XXSKIP", "KETTLE", "XXSKIP")
    assert bob.screen["target"]["item"]["code"] == "TEA"
    bob.finish()


def test_a_scan_costs_the_same_however_long_the_order_is(house: House, ada: Worker) -> None:
    """Statements never grow with an order's lines."""
    counts = []
    for number, lines in (("PO-1", 3), ("PO-2", 60)):
        house.base.change(
            lambda session, number=number, lines=lines: [
                house.add_item(session, f"{number}-{each}") for each in range(lines)
            ]
        )
        house.purchase(*((f"{number}-{each}", 2) for each in range(lines)), number=number)
        begin(ada)
        ada.scans(f"{number}-1")
        counts.append(statements(lambda: ada.scans("XQ1")))
        ada.scans("XXDONE")
        house.base.change(lambda session: session.run("UPDATE purchase_order SET state = 'closed'"))
        house.base.change(lambda session: session.run("UPDATE total SET on_order = 0"))
    assert counts[0] == counts[1] <= 16


def statements(call: Any) -> int:
    """How many statements a call makes, all sessions together."""
    with statements_counted() as asked:
        call()
    return asked()


# ---------------------------------------------------------------- without papers, where no order is open


def test_without_any_order_a_receipt_without_papers_begins_by_its_code(house: House, ada: Worker) -> None:
    """What no order is open for comes in all the same: `next` with XXSKIP or an item's code, once for each key."""
    assert ada.next("receiving") is None
    assert ada.next("receiving", key="k-1", code="XXSKIP") is not None
    assert (ada.notice["code"], ada.screen["expects"]) == ("receipt_without_papers", ["item", "confirm"])
    href = ada.screen["href"]
    assert ada.next("receiving", key="k-1", code="XXSKIP")["href"] == href
    assert ada.replayed
    ada.post("/receiving/next", key="k-1", code="KETTLE")
    assert (ada.status, ada.notice["code"]) == (422, "key_reused")
    assert ada.next("receiving", code="KETTLE")["href"] == href, "what is open comes first"
    assert ada.notice["code"] == "work_resumed"
    assert ada.scan("XXUNDO") == "nothing_to_undo"
    assert ada.scan("XXBACK") == "work_kept"
    ada.scans("KETTLE", "XXDONE")
    assert house.stock() == {("KETTLE", "DOCK-1", "", ""): 1}
    assert ada.next("receiving") is None


def test_the_item_that_begins_a_receipt_counts_at_once_and_is_undone_alone(house: House, ada: Worker) -> None:
    add_pack(house, "KETTLE", "BOX-OF-12", 12)
    ada.next("receiving", code="BOX-OF-12")
    assert ada.notice["code"] == "received_blocked"
    assert house.stock() == {("KETTLE", "DOCK-1", "", ""): 12}
    assert ada.scan("XXUNDO") == "undone"
    assert house.stock() == {}
    assert ada.screen["expects"] == ["item", "confirm"]
    assert ada.scan("XXUNDO") == "nothing_to_undo"
    ada.scans("TEA", "LOT-A", "XE20280131", "XXDONE")
    assert house.stock() == {("TEA", "DOCK-1", "LOT-A", ""): 1}
    assert rows(house, "SELECT number, state FROM receipt") == [("GR-0000001", "closed")]


@pytest.mark.parametrize(("code", "said"), [("NONSENSE", "unknown_code"), ("DOCK-1", "not_expected"),
                                            ("XXDONE", "not_expected"), ("XQ5", "not_expected")])  # fmt: skip
def test_nothing_else_begins_a_receipt(house: House, ada: Worker, code: str, said: str) -> None:
    ada.post("/receiving/next", key="k-1", code=house.barcode(code) if code == "DOCK-1" else code)
    assert (ada.status, ada.notice["code"]) == (422, said)
    assert rows(house, "SELECT count(*) FROM receipt") == [(0,)]
    ada.post("/putaway/next", code="XXSKIP")
    assert (ada.status, ada.notice["code"]) == (422, "not_expected")
    assert ada.next("receiving", key="k-1") is None, "a refused act keeps no key"


def test_the_item_is_kept_while_the_dock_is_asked(house: House, ada: Worker) -> None:
    """R-SCAN-1: it was scanned once and counts, as soon as it is told where."""
    house.base.change(lambda session: make_location(session, house.id, "DOCK-2", kind="dock"))
    add_pack(house, "TEA", "TEA-6", 6)
    house.purchase(("CAMERA", 1))
    ada.next("receiving")
    assert ada.scan("KETTLE") == "dock_wanted"
    assert ada.screen["target"]["item"]["code"] == "KETTLE"
    assert ada.scan("DOCK-2") == "received_blocked"
    assert house.stock() == {("KETTLE", "DOCK-2", "", ""): 1}
    assert ada.scan("XXUNDO") == "undone"
    assert ada.screen["expects"] == ["location"]
    ada.scans("DOCK-1", "XXDONE")
    ada.next("receiving", code="TEA-6")
    ada.next("receiving")
    assert (ada.notice["code"], ada.screen["target"]["item"]["code"]) == ("work_resumed", "TEA")
    ada.obey()
    assert ada.screen["expects"] == ["lot"]
    ada.obey()
    ada.obey()
    ada.scans("XXDONE")
    assert sum(n for (sku, *_), n in house.stock().items() if sku == "TEA") == 6


# ---------------------------------------------------------------- packs, slips, dates


def test_a_pack_of_goods_with_a_lot_books_its_pack(house: House, ada: Worker) -> None:
    """The scan that completes naming the goods books the pack that was scanned; what is too many is said at once."""
    add_pack(house, "TEA", "TEA-6", 6)
    house.purchase(("TEA", 15))
    begin(ada)
    assert ada.scans("TEA-6", "LOT-A", "XE20280131") == "received"
    assert ada.screen["target"]["quantity"]["done"] == 6
    ada.scans("LOT-B", "XE20280131", "TEA-6")
    assert ada.screen["target"]["quantity"]["done"] == 13, "one of the other lot, then a pack of it"
    assert ada.scan("TEA-6") == "over_receipt"
    ada.finish()


def test_a_pack_beyond_the_order_is_refused_before_its_lot_is_asked(house: House, ada: Worker) -> None:
    add_pack(house, "TEA", "TEA-6", 6)
    house.purchase(("TEA", 5))
    begin(ada)
    assert ada.scan("TEA-6") == "over_receipt"
    assert ada.screen["expects"] == ["item"]
    ada.finish()


@pytest.mark.parametrize(("text", "said"), [("XQ20000000", "bad_quantity"), ("XW123456789", "bad_quantity"),
                                            ("XE2028013", "bad_expiry")])  # fmt: skip
def test_a_slip_of_a_value_is_no_lot(house: House, ada: Worker, text: str, said: str) -> None:
    """What begins like a value and goes on in digits alone is a slip, unless a user's code is just that."""
    house.purchase(("TEA", 5))
    begin(ada)
    ada.scans("TEA", "LOT-A", "XE20280131")
    assert ada.scan(text) == said
    assert ada.status == 422
    add_pack(house, "TEA", text, 2)
    assert ada.scan(text) == "received"
    ada.finish()
    assert house.stock() == {("TEA", "DOCK-1", "LOT-A", ""): 5}


def test_goods_past_their_date_are_asked_once_more_and_never_put_away(house: House, ada: Worker) -> None:
    """R-PUT-6: they are blocked by their date; booked in only by who says so twice."""
    house.purchase(("TEA", 5), ("KETTLE", 1))
    begin(ada)
    assert ada.scans("TEA", "LOT-A") == "receipt_goods"
    assert ada.scan("XE20200131") == "past_its_date"
    assert (ada.status, ada.notice["level"], ada.screen["expects"]) == (200, "warn", ["confirm"])
    assert ada.screen["target"]["expiry"]["code"] == "2020-01-31"
    assert house.stock() == {}
    assert ada.scan("XE20280131") == "not_expected"
    assert ada.scan("XXBACK") == "question_dropped"
    assert ada.screen["expects"] == ["item"]
    ada.scans("TEA", "LOT-A", "XE20200131")
    assert ada.obey() == "received"
    ada.scans("XQ2", "XXUNDO", "XXUNDO")
    assert ada.screen["expects"] == ["confirm"]
    ada.finish()
    assert house.stock() == {("TEA", "DOCK-1", "LOT-A", ""): 5, ("KETTLE", "DOCK-1", "", ""): 1}
    assert ada.work("putaway") == 1
    assert ada.next("putaway") is None
    assert house.stock()[("TEA", "DOCK-1", "LOT-A", "")] == 5


def test_the_lock_days_count_and_a_serial_is_kept(house: House, ada: Worker) -> None:
    """Goods so near to their date that they are locked are asked too; of single pieces each one."""
    house.base.change(lambda session: session.run(
        "UPDATE item SET shelf_life_days = 30, lock_days = 40 WHERE sku = 'CAMERA'"))  # fmt: skip
    house.purchase(("CAMERA", 2))
    begin(ada)
    ada.scans("CAMERA", ada.screen["target"]["expiry"]["barcode"])
    assert ada.scan("S-1") == "past_its_date"
    ada.finish()
    assert {serial for *_, serial in house.stock("CAMERA")} >= {"S-1"}
    assert sum(house.stock("CAMERA").values()) == 2


# ---------------------------------------------------------------- undo and putaway


def test_undo_comes_too_late_once_the_goods_are_in_hand(house: House, ada: Worker, floor: Any) -> None:
    """The book has them at the dock until they are put down; whose hands they are in keeps them."""
    house.purchase(("KETTLE", 6), ("TEA", 1))
    begin(ada)
    ada.scans("KETTLE", "XQ5")
    bob = floor("receiver")
    bob.next("putaway")
    bob.scans("KETTLE", "XQ2")
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    bob.scans("A-01")
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    bob.work("putaway")
    assert house.stock() == {("KETTLE", "A-01", "", ""): 6}


def test_what_was_taken_back_before_it_was_in_hand_ends_putaway(house: House, ada: Worker, floor: Any) -> None:
    """Nobody had taken any up: the undo stands, and the one who was sent for them goes on with what is there."""
    house.purchase(("KETTLE", 6), ("TEA", 1))
    begin(ada)
    ada.scans("KETTLE", "XQ5")
    bob = floor("receiver")
    bob.next("putaway")
    assert ada.scan("XXUNDO") == "undone"
    bob.scans("KETTLE", "XQ5")
    assert bob.obey() == "carry_less_there"
    assert bob.screen["target"]["quantity"] == {"wanted": 1, "done": 1, "unit": "each"}
    assert bob.obey() == "put_away"
    assert house.stock() == {("KETTLE", "A-06", "", ""): 1}
    ada.finish()
