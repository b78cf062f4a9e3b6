"""The counting desk: differences approved by somebody who did not count, with a cause; counted again; asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.counting.bins import all_but, count, next_bin
from tests.floor import House, Worker
from tests.pages import Browser
from tests.proof.test_clock import Clock
from warehouse.catalog.settings import change_setting
from warehouse.clock import as_instant, now_us
from warehouse.errors import TEXTS, worded
from warehouse.imports.exports import EXPORTS, ExportWish, export_rows


def differing(house: House, floor: Callable[..., Worker], place: str, *codes: str) -> tuple[str, Worker, Worker]:
    """A bin that two people counted alike and otherwise than the book; its paper's address."""
    all_but(house, place)
    ann, ben = floor("counter"), floor("counter")
    count(ann, house, place, *codes)
    count(ben, house, place, *codes)
    assert house.value("SELECT state FROM bin_count ORDER BY id DESC LIMIT 1") == "review"
    return f"/counts/{house.value('SELECT id FROM bin_count ORDER BY id DESC LIMIT 1')}", ann, ben


def test_a_loss_is_posted_on_approval_with_its_cause(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-3: posted against lost-and-found, cause count, only when a supervisor approves."""
    house.put("KETTLE", "A-01", 20)
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ16")
    mei = Browser(house, "supervisor")
    page = mei.get(href)
    assert "−3" in page or "-3" in page
    mei.post(f"{href}/approve", cause="NONSENSE")
    assert mei.status == 422
    assert "NONSENSE" in mei.notice
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 200, mei.html
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 17}
    assert house.value("SELECT cause FROM move ORDER BY posting_id DESC LIMIT 1") == "count"
    assert house.value("SELECT state FROM bin_count") == "closed"
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 422
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 17}


def test_found_goods_get_the_date_of_the_oldest_on_hand(house: House, floor: Callable[..., Worker]) -> None:
    """R-PICK-1: unknown means the oldest on hand, so that FIFO stays right."""
    house.put("KETTLE", "A-02", 5, received="2026-03-01")
    house.put("KETTLE", "A-03", 5, received="2026-02-01")
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ3")
    Browser(house, "supervisor").post(f"{href}/approve", cause="MISPLACED")
    assert house.stock("KETTLE")[("KETTLE", "A-01", "", "")] == 4
    days = house.value(
        "SELECT COUNT(DISTINCT y.received_day) FROM balance b JOIN layer y ON y.id = b.layer_id WHERE b.item_id = :item",
        item=house.items["KETTLE"],
    )
    assert days == 2
    assert house.value("SELECT count(*) FROM count_request WHERE reason = 'found' AND closed_at IS NULL") == 1


def test_what_was_lost_in_one_bin_and_is_found_in_another_keeps_its_layer(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-PICK-1: found goods keep their date where it can be known."""
    layer = house.put("KETTLE", "A-01", 4, received="2026-03-01")
    house.put("KETTLE", "A-03", 5, received="2026-02-01")
    lost, *_ = differing(house, floor, "A-01", "KETTLE")
    Browser(house, "supervisor").post(f"{lost}/approve", cause="MISPLACED")
    found, *_ = differing(house, floor, "A-02", "KETTLE", "XQ2")
    Browser(house, "supervisor").post(f"{found}/approve", cause="MISPLACED")
    place = house.places["A-02"]
    assert house.value("SELECT layer_id FROM balance WHERE location_id = :place", place=place) == layer
    assert house.value("SELECT count(*) FROM balance WHERE location_id = :place", place=place) == 1


def test_who_counted_never_approves_by_page_or_by_program(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2, R-SEC-1: not the first counter, not the second, not a program; also over JSON."""
    house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    both = Browser(house, "supervisor", "counter", name="both")
    ann = floor("counter")
    count(ann, house, "A-01", "KETTLE")
    key = "/counting"
    both.post(f"{key}/next")
    work = house.value("SELECT id FROM work WHERE room = 'counting' AND state = 'open'")
    for code in (house.barcode("A-01"), "KETTLE", "XXOK"):
        step = f"{house.value('SELECT revision FROM work WHERE id = :id', id=work):x}"
        both.post(f"/counting/{work}/scan", code=code, step=step)
        assert both.status == 200, both.html
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    both.post(f"{href}/approve", cause="LOSS")
    assert both.status == 422
    robot = floor("supervisor")
    robot.post(f"{href}/approve", cause="LOSS")
    assert (robot.status, robot.notice["code"]) == (403, "programs_never_approve")
    ann.post(f"{href}/approve", cause="LOSS")
    assert ann.status == 403
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}
    badge = house.person("wang", "supervisor")["badge"]
    robot.post(f"{href}/approve", cause="LOSS", badge=badge)
    assert robot.status == 200
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 1}


def test_above_the_limit_two_approve(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-3: above 1,000 in value a second approver, another person than the first."""
    house.base.change(lambda session: session.run("UPDATE item SET unit_cost = 60000"))
    house.put("KETTLE", "A-01", 20)
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ17")
    mei, wang = Browser(house, "supervisor"), Browser(house, "finance")
    wang.post(f"{href}/approve", cause="LOSS")
    assert wang.status == 403
    mei.post(f"{href}/approve", cause="LOSS")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 422
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}
    wang.post(f"{href}/approve", cause="LOSS")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 18}


def test_what_nobody_knows_the_cost_of_is_above_the_limit(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-3: unknown is not 0. One such difference makes the whole bin wait for two; the lists say so and come first."""
    house.put("KETTLE", "A-01", 20)
    house.base.change(lambda session: session.run("UPDATE item SET unit_cost = NULL WHERE sku = 'KETTLE'"))
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ17")
    mei, wang = Browser(house, "supervisor"), Browser(house, "finance")
    (listed,) = mei.json("/counts?state=review")["counts"]
    assert (listed["value"], mei.json(href)["count"]["lines"][-1]["value"]) == (None, None)
    assert "cost unknown" in mei.get("/counts?state=review")
    assert "0.00" not in mei.html
    assert "A cost is unknown: two people approve." in mei.get(href)
    mei.post(f"{href}/approve", cause="LOSS")
    assert "A second person approves it too" in mei.notice
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}
    wang.post(f"{href}/approve", cause="LOSS")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 18}


def test_two_counts_that_disagree_can_be_counted_again(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: the supervisor has it counted once more, by another than who counted last; the last count speaks."""
    house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    ann, ben, cho = floor("counter"), floor("counter"), floor("counter")
    count(ann, house, "A-01", "KETTLE", "XQ16")
    count(ben, house, "A-01", "KETTLE", "XQ15")
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    mei = Browser(house, "supervisor")
    mei.post(f"{href}/again")
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 422, "it is being counted again"
    assert next_bin(ben) == ""
    count(cho, house, "A-01", "KETTLE", "XQ17")
    mei.post(f"{href}/approve", cause="LOSS")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 18}


def test_a_recount_that_finds_all_there_closes_the_paper(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: the first one miscounted; nothing is posted, and it tells in their accuracy."""
    house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    count(floor("counter", name="ann"), house, "A-01", "KETTLE")
    count(floor("counter", name="ben"), house, "A-01", "KETTLE", "XQ19")
    assert house.value("SELECT state FROM bin_count") == "closed"
    found = Browser(house, "supervisor").json("/counts/accuracy")
    assert found["proven"]
    assert {row["name"]: row["right"] for row in found["counters"]} == {"ann": 0, "ben": 1}


def test_a_loss_uncovers_a_reservation_that_is_made_again_elsewhere(house: House, floor: Callable[..., Worker]) -> None:
    """Issue: what a loss uncovers is reserved elsewhere at once, and who picks it is led there."""
    house.put("KETTLE", "A-01", 4, received="2026-01-01")
    house.put("KETTLE", "A-05", 9, received="2026-02-01")
    house.order(("KETTLE", 4))
    pia = floor("picker")
    screen = pia.next("picking")
    pia.scans(screen["target"]["container"]["barcode"])
    assert pia.screen["target"]["location"]["code"] == "A-01"
    href, *_ = differing(house, floor, "A-01", "KETTLE")
    mei = Browser(house, "supervisor")
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 200
    assert "3" in mei.notice
    assert pia.scan(house.barcode("A-01")) == "step_stale"
    pia.finish()
    assert house.stock("KETTLE")[("KETTLE", screen["target"]["container"]["code"], "", "")] == 4
    assert house.stock("KETTLE")[("KETTLE", "A-05", "", "")] == 6


def test_what_a_loss_uncovers_and_is_nowhere_waits(house: House, floor: Callable[..., Worker]) -> None:
    """R-PICK-3: else the line is back-ordered; an order that was not begun is none any more."""
    house.put("KETTLE", "A-01", 4)
    house.order(("KETTLE", 4))
    pia = floor("picker")
    pia.next("picking")
    pia.scan("XXBACK")
    href, *_ = differing(house, floor, "A-01")
    Browser(house, "supervisor").post(f"{href}/approve", cause="LOSS")
    assert house.stock("KETTLE") == {}
    assert house.value("SELECT state FROM sales_order") == "waiting"
    assert pia.next("picking") is None
    house.put("KETTLE", "A-02", 4)
    assert pia.next("picking") is not None


@pytest.mark.parametrize("begun", [False, True])
def test_a_picker_is_told_when_nothing_is_left_to_pick(house: House, floor: Callable[..., Worker], begun: bool) -> None:
    """The screen of who picks it goes with the goods."""
    house.put("KETTLE", "A-01", 4)
    house.order(("KETTLE", 4))
    pia = floor("picker")
    screen = pia.next("picking")
    if begun:
        pia.scans(screen["target"]["container"]["barcode"])
    href, *_ = differing(house, floor, "A-01")
    Browser(house, "supervisor").post(f"{href}/approve", cause="LOSS")
    pia.scan(house.barcode("A-01"))
    assert pia.status == 409
    assert pia.next("picking") is None
    assert house.value("SELECT state FROM sales_order") == "waiting"


@pytest.mark.parametrize("full", [False, True])
def test_what_was_picked_before_a_loss_goes_to_packing_and_stays_there(
    house: House, floor: Callable[..., Worker], full: bool
) -> None:
    """R-PICK-3: with nothing left to pick the order is picked; its picker cannot take goods out of the tote any more."""
    house.put("KETTLE", "A-01", 4)
    house.base.change(lambda session: house.add_item(session, "PAN"))
    house.put("PAN", "A-02", 2)
    house.order(("PAN", 2), ("KETTLE", 4))
    pia = floor("picker")
    tote = pia.next("picking")["target"]["container"]
    pia.scans(tote["barcode"])
    while pia.screen["target"]["item"]["code"] != "PAN":
        pia.scans("XXSKIP")
    pia.scans(house.barcode("A-02"), "PAN", "XQ1")
    assert pia.screen["target"]["item"]["code"] == "KETTLE"
    if full:
        pia.scans("XXFULL")
    href, *_ = differing(house, floor, "A-01")
    Browser(house, "supervisor").post(f"{href}/approve", cause="LOSS")
    assert house.value("SELECT state FROM shipment") == "to_pack"
    assert pia.scan("XXUNDO") == "step_stale"
    assert pia.scan("XXUNDO") == "nothing_to_undo"
    assert house.stock("PAN") == {("PAN", tote["code"], "", ""): 2}
    assert house.value("SELECT state FROM shipment") == "to_pack"
    paul = floor("packer")
    paul.next("packing")
    paul.finish()
    assert house.value("SELECT state FROM shipment") == "packed"


def test_a_tote_that_is_asked_for_is_asked_for_still_when_goods_are_reserved_elsewhere(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-PICK-3: else goods would lie in a tote that is not the order's, and packing would refuse it for ever."""
    house.base.change(lambda session: house.add_item(session, "PAN"))
    house.put("PAN", "A-02", 2)
    house.put("KETTLE", "A-01", 4, received="2026-01-01")
    house.put("KETTLE", "A-05", 9, received="2026-02-01")
    house.order(("PAN", 2), ("KETTLE", 4))
    pia = floor("picker")
    pia.scans(pia.next("picking")["target"]["container"]["barcode"])
    while pia.screen["target"]["item"]["code"] != "PAN":
        pia.scans("XXSKIP")
    pia.scans(house.barcode("A-02"), "PAN", "XQ1", "XXFULL")
    href, *_ = differing(house, floor, "A-01")
    Browser(house, "supervisor").post(f"{href}/approve", cause="LOSS")
    assert pia.scan("XXUNDO") == "step_stale"
    assert pia.screen["expects"] == ["container"]
    assert pia.scan("XXUNDO") == "nothing_to_undo"
    pia.finish()
    paul = floor("packer")
    paul.next("packing")
    paul.finish()
    assert house.value("SELECT state FROM shipment") == "packed"
    assert house.verify().faults == []


def test_counts_are_asked_for_by_bin_item_zone_and_house(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: by bin, item, or a full stocktake with the floor working."""
    house.put("KETTLE", "A-02", 5)
    house.put("KETTLE", "A-04", 5)
    all_but(house)
    mei, ann = Browser(house, "supervisor"), floor("counter")
    assert next_bin(ann) == ""
    mei.post("/counts", code="NONSENSE")
    assert mei.status == 422
    mei.post("/counts", code=house.barcode("A-03"))
    count(ann, house, "A-03")
    mei.post("/counts", code="KETTLE")
    for place in ("A-02", "A-04"):
        count(ann, house, place, "KETTLE", "XQ4")
    assert next_bin(ann) == ""
    mei.post("/counts", code="MAIN")
    assert mei.status == 200
    assert len(mei.json("/counts/due")["due"]) == 6
    assert next_bin(ann) != ""


def test_the_pages_of_the_desk_are_sound_and_hide_what_is_being_counted(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-2: while a paper may still be counted its figures are nobody's."""
    house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    count(floor("counter"), house, "A-01", "KETTLE", "XQ16")
    mei = Browser(house, "supervisor", "admin")
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    for path in ("/counts", "/counts/due", "/counts/accuracy", href, "/settings"):
        mei.get(path)
        assert mei.status == 200, path
    assert mei.json(href)["count"]["lines"] == []
    assert mei.json("/counts")["counts"][0]["value"] is None


def test_what_somebody_sees_in_passing_is_taken_up(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: an empty bin that the book fills is counted at once; where the book has nothing either, it is a proof."""
    house.put("KETTLE", "A-01", 2)
    all_but(house, "A-02")
    pia, ann = floor("picker"), floor("counter")
    for place in ("A-01", "A-02"):
        pia.post("/counting/report", code=house.barcode(place), reason="zero")
        assert (pia.status, pia.notice["code"]) == (200, "bin_reported")
    pia.post("/counting/report", code="A-03", reason="found")
    pia.post("/counting/report", code="A-03", reason="nonsense")
    assert (pia.status, pia.notice["code"]) == (422, "no_report")
    pia.post("/counting/report", code="KETTLE", reason="zero")
    assert (pia.status, pia.notice["code"]) == (422, "no_bin")
    assert house.value("SELECT count(*) FROM bin_plan WHERE proved_at > 0") == 1
    assert [next_bin(worker) for worker in (ann, floor("counter"), floor("counter"))] == ["A-01", "A-03", ""]
    page = Browser(house, "picker")
    assert "/counting/report" in page.get("/lookup?code=A-04")
    page.post("/counting/report", code="A-04", reason="zero")
    assert page.status == 200


def test_a_loss_takes_the_oldest_that_nobody_is_promised_first(house: House, floor: Callable[..., Worker]) -> None:
    """R-PICK-1, R-LED-2: so that no newer goods leave before older ones, and promises stand as long as they can."""
    house.put("KETTLE", "A-01", 3, received="2026-01-01")
    house.put("KETTLE", "A-01", 5, received="2026-02-01")
    house.order(("KETTLE", 2))
    floor("picker").next("picking")
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ3")
    mei = Browser(house, "supervisor")
    mei.post(f"{href}/approve", cause="LOSS")
    left = house.base.read(
        lambda session: session.all("SELECT quantity, reserved FROM balance WHERE quantity > 0 ORDER BY rank_day")
    )
    assert [tuple(row) for row in left] == [(2, 2), (2, 0)]


def test_a_serial_that_the_book_has_elsewhere_is_moved_and_lots_are_told_apart(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-3: one piece is in one place; a lot too few and another too many are two differences."""
    house.put("CAMERA", "A-02", 1, serial="S1")
    house.put("TEA", "A-01", 4, lot="L1", expiry="2028-01-01")
    house.put("TEA", "A-03", 4, lot="L2", expiry="2029-01-01")
    href, *_ = differing(house, floor, "A-01", "CAMERA", "S1", "TEA", "L1", "XQ2", "TEA", "L2")
    mei = Browser(house, "supervisor")
    mei.get(href)
    assert mei.status == 200
    mei.post(f"{href}/approve", cause="MISPLACED")
    assert mei.status == 200, mei.notice
    assert house.stock() == {
        ("CAMERA", "A-01", "", "S1"): 1, ("TEA", "A-01", "L1", ""): 3, ("TEA", "A-01", "L2", ""): 1,
        ("TEA", "A-03", "L2", ""): 4,
    }  # fmt: skip
    lines = export_rows(house.base, ExportWish(EXPORTS["counts"], house.id))
    assert {(row["sku"], row["lot"], row["difference"], row["state"]) for row in lines if row["round"] == 2} == {
        ("CAMERA", None, 1, "posted"), ("TEA", "L1", -1, "posted"), ("TEA", "L2", 1, "posted"),
    }  # fmt: skip


def test_where_the_goods_went_is_suggested(house: House, floor: Callable[..., Worker]) -> None:
    """Issue: neighbour bin, look-alike, pack size, put-back that was not posted."""
    house.base.change(lambda session: session.run("UPDATE item SET pack_size = 6 WHERE sku = 'KETTLE'"))
    house.base.change(lambda session: house.add_item(session, "PAN", unit_cost=100))
    house.put("KETTLE", "A-01", 20)
    house.put("PAN", "A-01", 20)
    house.put("KETTLE", "DOCK-1", 6)
    differing(house, floor, "A-02", "KETTLE", "XQ5")
    lost, *_ = differing(house, floor, "A-01", "KETTLE", "XQ13", "PAN", "XQ25")
    said = Browser(house, "supervisor").json(lost)["count"]["suggestions"]
    text = " ".join(each for some in said.values() for each in some)
    for part in ("A-02", "PAN", "pack of 6", "DOCK-1"):
        assert part in text, (part, text)


def test_differences_of_one_bin_are_approved_one_by_one_and_each_is_posted_once(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-3: one of two with its own cause; the rest later; what was posted is not posted again."""
    house.base.change(lambda session: house.add_item(session, "PAN", unit_cost=100))
    house.put("KETTLE", "A-01", 20)
    house.put("PAN", "A-01", 20)
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ16", "PAN", "XQ14")
    mei = Browser(house, "supervisor")
    lines = {row["sku"]: row["id"] for row in mei.json(href)["count"]["lines"] if row["state"] == "review"}
    mei.post(f"{href}/approve", cause="LOSS", line=lines["KETTLE"])
    assert house.stock() == {("KETTLE", "A-01", "", ""): 17, ("PAN", "A-01", "", ""): 20}
    mei.post(f"{href}/approve", cause="LOSS", line=lines["KETTLE"])
    assert mei.status == 422
    mei.post(f"{href}/approve", cause="MISPLACED")
    assert house.stock() == {("KETTLE", "A-01", "", ""): 17, ("PAN", "A-01", "", ""): 15}
    assert house.value("SELECT count(*) FROM move WHERE cause = 'count'") == 2


def test_while_a_part_of_a_bin_is_counted_again_nothing_of_it_is_decided(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-2, R-CNT-3: one difference within the tolerance, another to be counted again: first the second count."""
    house.base.change(lambda session: house.add_item(session, "PAN", unit_cost=100))
    house.base.change(lambda session: change_setting(session, "count_tolerance", "C=1", warehouse_id=house.id,
                                                     changed_by="test", at=now_us()))  # fmt: skip
    house.put("KETTLE", "A-01", 20)
    house.put("PAN", "A-01", 20)
    all_but(house, "A-01")
    count(floor("counter"), house, "A-01", "KETTLE", "XQ18", "PAN", "XQ14")
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    mei = Browser(house, "supervisor")
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 422
    assert house.stock() == {("KETTLE", "A-01", "", ""): 20, ("PAN", "A-01", "", ""): 20}
    count(floor("counter"), house, "A-01", "PAN", "XQ14")
    mei.post(f"{href}/approve", cause="LOSS")
    assert house.stock() == {("KETTLE", "A-01", "", ""): 19, ("PAN", "A-01", "", ""): 15}


def test_what_was_counted_again_since_the_page_was_opened_is_not_approved_unseen(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-3: a supervisor approves what they saw; all of them is never more than was on the page."""
    house.put("KETTLE", "A-01", 20)
    href, ann, _ = differing(house, floor, "A-01", "KETTLE", "XQ16")
    mei = Browser(house, "supervisor")
    seen = re.search(r'name="round" value="(\d+)"', mei.get(href))
    assert seen is not None, "the form tells which round it shows"
    Browser(house, "supervisor").post(f"{href}/again")
    count(ann, house, "A-01", "KETTLE", "XQ2")
    mei.post(f"{href}/approve", cause="LOSS", round=seen[1])
    assert mei.status == 422
    assert "was counted again since you opened it" in mei.notice
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}
    sent = {"cause": "LOSS", "round": int(seen[1])}
    assert post_json(mei, f"{href}/approve", **sent) == (422, "counted_since")
    assert post_json(mei, f"{href}/approve", cause="LOSS", round="all") == (422, "counted_since")
    mei.post(f"{href}/approve", cause="LOSS", round=mei.json(href)["count"]["round"])
    assert mei.status == 200, mei.notice
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 3}


def test_a_whole_bin_that_waits_for_a_decision_is_counted_whole_once_and_then_left_to_the_supervisor(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-1, R-CNT-3: the wish is done by one round; the bin does not go from counter to counter for ever."""
    house.put("KETTLE", "A-01", 20)
    house.put("TEA", "A-01", 5, lot="L1")
    _, ann, ben = differing(house, floor, "A-01", "KETTLE", "XQ16", "TEA", "L1", "XQ4")
    Browser(house, "supervisor").post("/counts", code=house.barcode("A-01"))
    cho = floor("counter")
    assert next_bin(cho) == "A-01"
    assert cho.scan(house.barcode("A-01")) == "count_bin", "all of it, not only the difference"
    cho.scans("KETTLE", "XQ16", "TEA", "L1", "XQ4", "XXOK")
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 0
    assert house.value("SELECT state FROM bin_count") == "review"
    assert [next_bin(each) for each in (ann, ben, cho)] == ["", "", ""]


def test_who_wants_a_bin_counted_does_not_wait_for_one_who_was_named(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-1: the wish that names somebody who is not there keeps nobody else from counting the bin at once."""
    house.put("KETTLE", "A-01", 20)
    all_but(house)
    floor("counter", name="ann")
    mei, ben = Browser(house, "supervisor"), floor("counter")
    mei.post("/counts", code=house.barcode("A-01"), person="ann")
    assert next_bin(ben) == ""
    for _ in range(2):
        mei.post("/counts", code=house.barcode("A-01"))
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 2
    count(ben, house, "A-01", "KETTLE", "XQ19")
    assert house.value("SELECT count(*) FROM count_request WHERE closed_at IS NULL") == 0


def test_who_found_goods_that_were_not_there_is_told_from_who_found_right(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-5: a wrong find tells in its counter's accuracy, like a wrong number."""
    house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    count(floor("counter", name="ann"), house, "A-01", "KETTLE", "XQ19", "CAMERA", "S-1", "XXOK")
    count(floor("counter", name="ben"), house, "A-01")
    assert house.value("SELECT state FROM bin_count") == "closed"
    found = Browser(house, "supervisor").json("/counts/accuracy")
    assert {row["name"]: row["right"] for row in found["counters"]} == {"ann": 0, "ben": 1}


def test_a_bin_whose_difference_was_posted_was_not_right_whatever_else_was_counted_again(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-5: the last round was about other goods of the bin; what was posted before it stands."""
    house.base.change(lambda session: house.add_item(session, "PAN", unit_cost=100))
    house.put("KETTLE", "A-01", 20)
    house.put("PAN", "A-01", 10)
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ16", "PAN", "XQ8")
    mei = Browser(house, "supervisor")
    lines = {row["sku"]: row["id"] for row in mei.json(href)["count"]["lines"] if row["state"] == "review"}
    mei.post(f"{href}/approve", cause="LOSS", line=lines["KETTLE"])
    mei.post(f"{href}/again")
    count(floor("counter"), house, "A-01", "PAN", "XQ9")
    assert house.value("SELECT state FROM bin_count") == "closed"
    found = mei.json("/counts/accuracy")
    for rows in (found["zones"], found["classes"], found["weeks"]):
        (row,) = rows
        assert (row["bins"], row["right"], row["units"], row["wrong_units"]) == (1, 0, 30, 3)


def post_json(who: Browser, path: str, **sent: Any) -> tuple[int, str]:
    """A JSON body with values of any kind; the status and the notice's code."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', who.get("/floor"))
    assert found is not None
    head = {"Accept": "application/json", "X-CSRFToken": found[1]}
    answer = who.client.post(path, json=sent | {"key": uuid.uuid4().hex}, headers=head)
    return answer.status_code, str(answer.get_json()["notice"]["code"])


@pytest.mark.parametrize("line", ["abc", "0", "-1", "1e3", "1 2", "９", str(2**63), "9" * 400, "None"])
def test_a_line_that_is_none_approves_nothing(house: House, floor: Callable[..., Worker], line: str) -> None:
    """R-CNT-3: what is approved is never guessed: a line that cannot be read is not the same as all of them."""
    house.put("KETTLE", "A-01", 20)
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ16")
    mei = Browser(house, "supervisor")
    mei.post(f"{href}/approve", cause="LOSS", line=line)
    assert mei.status == 422
    assert "names no difference of this count" in mei.notice
    assert post_json(mei, f"{href}/approve", cause="LOSS", line=line) == (422, "no_count_line")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}


@pytest.mark.parametrize("line", [["abc"], [1], {"id": 1}, 1.5, True, False, -3, 0])
def test_a_line_of_another_kind_in_json_approves_nothing(house: House, floor: Callable[..., Worker], line: Any) -> None:
    """R-CNT-3: a list, an object, a fraction or a truth value is refused, not overlooked."""
    house.put("KETTLE", "A-01", 20)
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ16")
    assert post_json(Browser(house, "supervisor"), f"{href}/approve", cause="LOSS", line=line) == (422, "no_count_line")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}


def test_a_line_of_another_count_approves_nothing(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-3: an id that is one, but not of this paper."""
    house.put("KETTLE", "A-01", 20)
    house.put("KETTLE", "A-02", 20)
    other, *_ = differing(house, floor, "A-02", "KETTLE", "XQ16")
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ16")
    mei = Browser(house, "supervisor")
    line = next(row["id"] for row in mei.json(other)["count"]["lines"] if row["state"] == "review")
    assert post_json(mei, f"{href}/approve", cause="LOSS", line=line) == (422, "no_open_difference")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20, ("KETTLE", "A-02", "", ""): 20}
    assert post_json(mei, f"{other}/approve", cause="LOSS", line=int(line)) == (200, "difference_posted")
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20, ("KETTLE", "A-02", "", ""): 17}


def test_in_2028_ids_are_longer_and_everything_is_approved_as_before(
    house: House, floor: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids have 19 digits from 2027-07-22 on: one difference by its id, over the page and over JSON, and a whole paper."""
    Clock(monkeypatch).jump(as_instant(datetime(2028, 2, 29, 8, tzinfo=UTC)) - now_us())
    house.base.change(lambda session: house.add_item(session, "PAN", unit_cost=100))
    for place in ("A-01", "A-02"):
        house.put("KETTLE", place, 20)
        house.put("PAN", place, 20)
    mei = Browser(house, "supervisor")
    for place, by_json in (("A-01", False), ("A-02", True)):
        href, *_ = differing(house, floor, place, "KETTLE", "XQ16", "PAN", "XQ14")
        lines = {row["sku"]: row["id"] for row in mei.json(href)["count"]["lines"] if row["state"] == "review"}
        assert len(lines["KETTLE"]) == len(href.removeprefix("/counts/")) == 19
        if by_json:
            assert post_json(mei, f"{href}/approve", cause="LOSS", line=lines["KETTLE"]) == (200, "difference_posted")
        else:
            mei.post(f"{href}/approve", cause="LOSS", line=lines["KETTLE"])
            assert mei.status == 200, mei.notice
        assert house.stock("PAN")["PAN", place, "", ""] == 20
        mei.post(f"{href}/approve", cause="LOSS")
        assert house.stock("PAN")["PAN", place, "", ""] == 15
    assert set(house.stock("KETTLE").values()) == {17}


def test_who_shall_count_is_somebody_who_may(house: House, floor: Callable[..., Worker]) -> None:
    """Issue: a name that nobody has, or somebody who may not count, is refused; the page offers those who may."""
    house.person("ann", "counter")
    house.person("pia", "picker")
    mei = Browser(house, "supervisor")
    page = mei.get("/counts/due")
    assert "<option>ann</option>" in page
    assert "<option>pia</option>" not in page
    for name in ("nobody-of-this-name", "pia", "x" * 500):
        mei.post("/counts", code="A-01", person=name)
        assert mei.status == 422
        assert "is nobody who counts here" in mei.notice
    assert house.value("SELECT count(*) FROM count_request") == 0
    mei.post("/counts", code="A-01", person="ann")
    assert house.value("SELECT p.name FROM count_request r JOIN person p ON p.id = r.person_id") == "ann"


def test_a_program_is_told_what_to_do_about_a_badge_that_proves_nobody(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-SEC-1: token and badge: an unknown one, or one whose text people chose."""
    house.put("KETTLE", "A-01", 20)
    href, *_ = differing(house, floor, "A-01", "KETTLE", "XQ16")
    house.person("wang", "supervisor", badge="WANG-1")
    robot = floor("supervisor")
    for badge in ("WANG-1", "XB00000000", "x" * 5000):
        robot.post(f"{href}/approve", cause="LOSS", badge=badge)
        assert (robot.status, robot.notice["code"]) == (403, "badge_proves_nobody")
        assert f"signs in and approves at {href}" in robot.notice["text"]
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}


def test_wordings_count_one_bin_as_one() -> None:
    """One bin is a bin, two are bins."""
    assert worded(TEXTS["stocktake_begun"], {"n": 1}).startswith("The stocktake has begun: one bin is to be counted")
    assert "from one bin," in worded(TEXTS["clearance_asked"], {"sku": "TEA", "bins": 1})
    assert "from 2 bins," in worded(TEXTS["clearance_asked"], {"sku": "TEA", "bins": 2})
