"""Picking, as a storekeeper would tell it."""

from __future__ import annotations

from tests.floor import House, Worker


def test_the_oldest_goods_leave_first_and_the_tote_goes_to_packing(house: House, ada: Worker) -> None:
    """R-PICK-1, R-PICK-2: bin and item are scanned, quantity is told, the oldest receipt leaves first."""
    house.put("KETTLE", "A-02", 10, received="2026-02-01")
    house.put("KETTLE", "A-05", 4, received="2026-01-01")
    house.order(("KETTLE", 6))
    screen = ada.next("picking")
    assert screen is not None
    assert screen["expects"] == ["container"]
    assert ada.obey() == "tote_ready"
    assert ada.screen["target"]["location"]["code"] == "A-02", "the walk decides the order of the bins"
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["location", "item", "quantity", "location", "item", "quantity"]
    tote = ada.screen["target"]["container"]["code"]
    assert house.stock("KETTLE") == {("KETTLE", "A-02", "", ""): 8, ("KETTLE", tote, "", ""): 6}
    assert ada.next("picking") is None
    assert ada.notice["code"] == "no_work"


def test_newer_goods_are_refused_with_the_place_of_the_older(house: House, ada: Worker) -> None:
    """R-PICK-1: a bin whose layer is newer is refused; one that is as old is taken instead."""
    house.put("KETTLE", "A-02", 10, received="2026-02-01")
    house.put("KETTLE", "A-05", 6, received="2026-01-01")
    house.put("KETTLE", "A-06", 6, received="2026-01-01")
    house.order(("KETTLE", 6))
    ada.next("picking")
    ada.obey()
    assert ada.scan(house.barcode("A-02")) == "fifo_older_available"
    assert ada.status == 422
    assert "A-05" in ada.notice["text"]
    assert ada.scan(house.barcode("A-06")) == "other_stock_taken"
    ada.finish()
    assert house.stock("KETTLE")[("KETTLE", "A-05", "", "")] == 6


def test_a_supervisors_badge_lets_newer_goods_pass_once(house: House, ada: Worker) -> None:
    """R-PICK-1: badge, reason, then the next scan that FIFO would refuse; it is recorded."""
    house.put("KETTLE", "A-02", 10, received="2026-02-01")
    house.put("KETTLE", "A-05", 6, received="2026-01-01")
    house.order(("KETTLE", 6))
    badge = house.person("Grace", "supervisor")["badge"]
    ada.next("picking")
    ada.obey()
    assert ada.scan(badge) == "override_reason"
    assert ada.obey() == "override_armed"
    assert ada.scan(house.barcode("A-02")) == "fifo_overridden"
    ada.finish()
    assert house.stock("KETTLE")[("KETTLE", "A-02", "", "")] == 4
    assert house.value("SELECT reason FROM override") == "UNREACHABLE"


def test_short_goods_are_counted_and_found_elsewhere_at_once(house: House, ada: Worker) -> None:
    """R-PICK-3: the rest in that bin is held, a count is raised, other stock is found, else it is back-ordered."""
    house.put("KETTLE", "A-02", 6, received="2026-01-01")
    house.put("KETTLE", "A-05", 1, received="2026-02-01")
    house.order(("KETTLE", 6))
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-02"), "5012345678900", "XQ3")
    assert ada.scan("XXSHORT") == "back_ordered"
    assert ada.screen["target"]["location"]["code"] == "A-05"
    ada.finish()
    tote = ada.screen["target"]["container"]["code"]
    assert house.stock("KETTLE") == {("KETTLE", "A-02", "", ""): 2, ("KETTLE", tote, "", ""): 5}
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 1
    assert house.value("SELECT state FROM sales_order") == "waiting"
    house.put("KETTLE", "A-06", 1)
    assert ada.next("picking") is not None, "what was back-ordered is picked as soon as it is there"


def test_undo_takes_back_act_by_act_to_the_very_start(house: House, ada: Worker) -> None:
    """R-LED-1: a mistake is undone by a contrary entry; the picker is back where they were."""
    house.put("KETTLE", "A-02", 6, received="2026-01-01")
    house.put("KETTLE", "A-05", 6, received="2026-02-01")
    house.order(("KETTLE", 8))
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-02"), "KETTLE", "XXDAMAGE", "XQ1", "XRBROKEN")
    ada.finish()
    assert ada.screen["done"]
    acts = house.value("SELECT count(*) FROM act WHERE undoable = 1")
    for _ in range(acts):
        assert ada.scan("XXUNDO") == "undone", ada.notice
    assert ada.scan("XXUNDO") == "nothing_to_undo"
    assert house.stock("KETTLE") == {("KETTLE", "A-02", "", ""): 6, ("KETTLE", "A-05", "", ""): 6}
    assert ada.screen["expects"] == ["container"]
    ada.finish()


def test_lots_and_serials_are_told_by_their_own_scan(house: House, ada: Worker) -> None:
    """R-PICK-2, FEFO: the lot that expires first; a serial books one."""
    house.put("TEA", "A-01", 5, lot="L-LATE", expiry="2028-01-01", received="2026-01-01")
    house.put("TEA", "A-02", 5, lot="L-SOON", expiry="2027-12-01", received="2026-02-01")
    for serial in ("S1", "S2", "S3"):
        house.put("CAMERA", "A-03", 1, serial=serial)
    house.order(("TEA", 3), ("CAMERA", 2))
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-02"), "TEA")
    assert ada.screen["expects"] == ["lot"]
    assert ada.scan("L-LATE") == "wrong_lot"
    ada.scans("L-SOON", "XQ2", house.barcode("A-03"), "CAMERA")
    assert ada.scan("S3") == "picked", "any serial of the same age will do"
    trace = ada.finish()
    assert [kind for kind, _ in trace] == ["item", "serial"]


def test_skip_full_and_help_are_scans_like_all_others(house: House, ada: Worker) -> None:
    """Everything can be done by scanning alone."""
    house.put("KETTLE", "A-02", 6)
    house.put("TEA", "A-04", 6, lot="L1", expiry="2028-01-01")
    house.order(("KETTLE", 2), ("TEA", 2), note="No plastic, please")
    assert ada.next("picking")["expects"] == ["confirm"]
    ada.obey()
    ada.obey()
    first = ada.screen["target"]["container"]["code"]
    assert ada.scan("XXHELP") == "help"
    assert ada.scan("XXSKIP") == "skipped"
    assert ada.screen["target"]["location"]["code"] == "A-04"
    ada.scans(house.barcode("A-04"), "TEA", "L1")
    assert ada.scan("XXFULL") == "tote_full"
    assert ada.scan(first) == "container_in_use"
    ada.finish()
    assert house.value("SELECT state FROM shipment") == "to_pack"
    assert house.value("SELECT count(*) FROM tote_slot") == 2


def test_another_goes_on_where_a_picker_was_stopped(house: House, ada: Worker) -> None:
    """R-STN-2: begun work is taken over with its tote, and nothing is picked twice."""
    house.put("KETTLE", "A-02", 6)
    house.put("TEA", "A-04", 6, lot="L1", expiry="2028-01-01")
    house.order(("KETTLE", 2), ("TEA", 2))
    ada.next("picking")
    ada.scans(ada.screen["target"]["container"]["barcode"], house.barcode("A-02"), "KETTLE", "XQ1")
    house.base.change(lambda session: session.run("UPDATE work SET state = 'left', revision = revision + 1"))
    assert ada.scan(house.barcode("A-04")) == "step_stale"
    assert ada.status == 409
    assert ada.screen["done"], "the work is no longer theirs"
    bob = house.worker("picker", name="bob")
    bob.next("picking")
    assert bob.screen["expects"] == ["location"]
    bob.finish()
    assert house.stock("KETTLE")[("KETTLE", bob.screen["target"]["container"]["code"], "", "")] == 2


def test_a_tote_that_another_took_is_not_taken_back(house: House, ada: Worker, floor) -> None:
    """An order that ended without any goods leaves its tote; once another picks into it, the end stays."""
    house.put("KETTLE", "A-02", 1)
    house.put("TEA", "A-03", 1, lot="L1", expiry="2099-01-01")
    house.order(("KETTLE", 1))
    ada.next("picking")
    tote = ada.screen["target"]["container"]["barcode"]
    ada.scans(tote, house.barcode("A-02"), "XXSHORT")
    assert ada.screen["done"]
    house.order(("TEA", 1))
    other = floor("picker")
    other.next("picking")
    assert other.scan(tote) == "tote_ready"
    assert ada.scan("XXUNDO") == "too_late_to_undo"
    other.finish()
