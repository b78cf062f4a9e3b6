"""Blind on the server too: nothing that a counter is sent tells what the book expects (R-CNT-2); and bad input."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.counting.bins import all_but, count, next_bin, tells
from tests.floor import House, Worker, statements_counted
from tests.pages import Browser


def heard(worker: Worker, house: House, place: str, *codes: str) -> list[tuple[str, int]]:
    """All that a counter is answered while they count a bin, with what is only the bin's own taken out; and how many
    statements each answer took."""
    assert next_bin(worker) == place
    said = []
    for code in (house.barcode(place), *codes, "XXOK"):
        with statements_counted() as counted:
            worker.scan(code)
            assert worker.status == 200
            plain = json.dumps([worker.screen, worker.notice], sort_keys=True)
            said.append((re.sub(r"A-0\d|CNT-\d+|XL\d+|/counting/\d+", "…", plain), counted()))
    return said


def test_what_is_answered_does_not_depend_on_the_book(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: the same scans get the same answers, to the letter and at the same cost, whatever the book has."""
    house.put("KETTLE", "A-01", 3)
    house.put("KETTLE", "A-02", 977)
    ann = floor("counter")
    all_but(house, "A-01")
    right = heard(ann, house, "A-01", "KETTLE", "XQ2")
    all_but(house, "A-02")
    wrong = heard(ann, house, "A-02", "KETTLE", "XQ2")
    assert [text for text, _ in right] == [text for text, _ in wrong]
    assert [cost for _, cost in right][:-1] == [cost for _, cost in wrong][:-1]
    assert not tells("".join(text for text, _ in wrong), 977)


def test_looking_a_thing_up_tells_a_counter_no_figures(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: the other way to the same number is shut while a bin is to be counted."""
    house.put("KETTLE", "A-01", 977)
    ann = floor("counter")
    all_but(house, "A-01")
    next_bin(ann)
    page = Browser(house, "counter")
    for code in ("A-01", "KETTLE"):
        found = ann.get(f"/lookup?code={code}")
        assert ann.status == 200
        assert not tells(json.dumps(found), 977)
        assert tells(json.dumps(page.json(f"/lookup?code={code}")), 977)
    ann.get("/counts")
    assert ann.status == 403
    ann.get("/stock")
    assert ann.status == 403


def test_packs_lots_serials_and_containers_are_counted(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: a pack adds its quantity, each serial counts once, a lot is named, a container counts as a whole."""
    house.base.change(lambda session: _pack(session, house))
    house.put("KETTLE", "A-01", 25)
    house.put("TEA", "A-01", 4, lot="L1", expiry="2028-01-01")
    for serial in ("S1", "S2"):
        house.put("CAMERA", "A-01", 1, serial=serial)
    ann = floor("counter")
    all_but(house, "A-01")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "CASE-12", "CASE-12", "KETTLE", "TEA", "L1", "XQ2", "L1", "CAMERA", "S1", "S2")
    assert ann.scan("S1") == "piece_counted"
    assert ann.scan("XQ5") == "one_serial"
    ann.scans("XXOK")
    assert house.value("SELECT count(*) FROM count_line WHERE counted <> expected") == 0
    assert house.value("SELECT state FROM bin_count") == "closed"


def _pack(session: Any, house: House) -> None:
    from warehouse.catalog.codes import register

    register(session, "CASE-12", kind="item", ref_id=house.items["KETTLE"], quantity=12)


def test_a_pallet_that_is_elsewhere_by_the_book_is_brought_where_it_was_found(
    house: House, floor: Callable[..., Worker]
) -> None:
    """Issue: containers as a whole; the one that is missing takes with it what is in it."""
    ids = house.base.change(lambda session: _pallets(session, house))
    house.places |= ids
    house.put("KETTLE", "P-1", 7)
    house.put("KETTLE", "P-2", 9)
    all_but(house, "A-01")
    for name in ("ann", "ben"):
        count(floor("counter", name=name), house, "A-01", "P-2")
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    mei = Browser(house, "supervisor")
    mei.get(href)
    assert sorted(line["value"] for line in mei.json(href)["count"]["lines"]) == [700, 700, 900, 900], (
        "what is in it goes with it"
    )
    mei.post(f"{href}/approve", cause="MISPLACED")
    assert mei.status == 200, mei.notice
    assert house.value("SELECT parent_id FROM location WHERE code = 'P-2'") == house.places["A-01"]
    assert house.value("SELECT parent_id FROM location WHERE code = 'P-1'") is None
    assert house.stock("KETTLE") == {("KETTLE", "P-2", "", ""): 9}


def test_a_pallet_that_somebody_had_in_hand_since_it_was_missed_is_not_written_off(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-3: what was put on it after the count is there; nobody approved the loss of that."""
    house.places |= house.base.change(lambda session: _pallets(session, house))
    all_but(house, "A-01")
    for name in ("ann", "ben"):
        count(floor("counter", name=name), house, "A-01")
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    house.put("KETTLE", "P-1", 7)
    mei = Browser(house, "supervisor")
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 422
    assert "Have it counted again" in mei.notice
    assert house.stock("KETTLE") == {("KETTLE", "P-1", "", ""): 7}


def _pallets(session: Any, house: House) -> dict[str, int]:
    from warehouse.catalog.locations import make_location
    from warehouse.ledger import Move, post

    made = {}
    for code, place in (("P-1", "A-01"), ("P-2", "A-03")):
        made[code] = make_location(session, house.id, code, kind="pallet", barcode=code)
        post(session, house.by(), "move", [Move(1, 0, house.places[place], container_id=made[code])])
    return made


def test_goods_with_unknown_lots_and_serials_are_asked_once_more(house: House, floor: Callable[..., Worker]) -> None:
    """R-SCAN-2: what nobody knows is not taken silently; confirmed, it becomes a lot when it is posted."""
    ann, ben = floor("counter", name="ann"), floor("counter", name="ben")
    all_but(house, "A-01")
    for who in (ann, ben):
        next_bin(who)
        assert who.scans(house.barcode("A-01"), "TEA", "LX") == "count_odd"
        assert who.screen["expects"] == ["confirm"]
        assert who.scan("TEA") == "not_expected"
        assert who.scans("XXBACK") == "question_dropped"
        assert who.scans("LX", "XXOK") == "counted"
        who.scans("XXOK")
    href = f"/counts/{house.value('SELECT id FROM bin_count')}"
    Browser(house, "supervisor").post(f"{href}/approve", cause="PAPERS")
    assert house.stock("TEA") == {("TEA", "A-01", "LX", ""): 1}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("NOBODY-KNOWS", "unknown_code"), ("A-02", "not_expected"), ("XQ0", "count_zero"), ("XQ5012345678900", "bad_quantity"),
        ("XQ9999999", "count_too_many"), ("XXSHORT", "not_expected"), ("XXFULL", "not_expected"), ("XW12", "not_expected"),
        ("", "code_unreadable"),
    ],
)  # fmt: skip
def test_what_does_not_fit_changes_nothing(house: House, floor: Callable[..., Worker], code: str, said: str) -> None:
    """R-SCAN-2: unknown codes, other bins, quantities that are barcodes."""
    ann = floor("counter")
    all_but(house, "A-01")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "KETTLE")
    assert ann.scan(code) == said
    assert ann.status == 422
    assert house.value("SELECT SUM(quantity) FROM count_tally") == 1


def test_an_unusual_quantity_is_asked_again_and_confirmed_it_does_not_confirm_the_bin(
    house: House, floor: Callable[..., Worker]
) -> None:
    """Issue: quantities with a barcode typed in."""
    ann = floor("counter")
    all_but(house, "A-01")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "KETTLE")
    assert ann.scans("XQ22423") == "count_unusual"
    assert ann.scans("XXBACK", "XQ1200") == "count_unusual"
    assert ann.scans("XXOK") == "counted"
    assert not ann.screen["done"]
    assert house.value("SELECT quantity FROM count_tally") == 1201
    assert ann.scans("XXUNDO", "XXUNDO", "XQ2") == "counted"
    assert house.value("SELECT quantity FROM count_tally") == 3


def test_a_count_that_is_sent_twice_or_after_the_bin_was_counted_by_others_counts_once(
    house: House, floor: Callable[..., Worker]
) -> None:
    """Issue: a count submitted twice, or after its bin was re-opened."""
    house.put("KETTLE", "A-01", 5)
    all_but(house, "A-01")
    ann, ben = floor("counter", name="ann"), floor("counter", name="ben")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "KETTLE")
    href, sent = ann.screen["scan"]["href"], ann.screen["scan"]["fields"] | {"code": "XXOK", "key": uuid.uuid4().hex}
    assert ann.post(href, **sent)["notice"]["code"] == "bin_counted"
    assert (ann.post(href, **sent)["notice"]["code"], ann.replayed) == ("bin_counted", True)
    ann.post(href, **(sent | {"key": uuid.uuid4().hex}))
    assert ann.status in {409, 422}
    assert house.value("SELECT count(*) FROM count_round") == 1
    count(ben, house, "A-01", "KETTLE", "XQ4")
    ann.post(href, **(sent | {"key": uuid.uuid4().hex}))
    assert ann.status in {409, 422}
    assert ann.scan("XXUNDO") in {"too_late_to_undo", "step_stale"}
    assert house.value("SELECT state FROM bin_count") == "closed"


def test_who_takes_a_bin_over_begins_it_anew(house: House, floor: Callable[..., Worker]) -> None:
    """R-STN-2, R-CNT-2: what another counted is not believed; nor may who counted first take the second count over."""
    house.put("KETTLE", "A-01", 5)
    all_but(house, "A-01")
    ann, mei = floor("counter", name="ann"), floor("supervisor", name="mei")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "KETTLE", "XQ2")
    mei.screen = mei.post(f"{ann.screen['href']}/takeover")["screen"]
    assert mei.status == 200
    assert mei.screen["expects"] == ["location"]
    mei.scans(house.barcode("A-01"), "KETTLE", "XXOK")
    assert house.value("SELECT counted FROM count_line") == 1
    ben = floor("counter", name="ben")
    assert next_bin(ben) == "A-01"
    ben.scans(house.barcode("A-01"))
    assert mei.post(f"{ben.screen['href']}/takeover")["screen"] is None
    assert mei.notice["code"] == "work_over"
    assert mei.next("counting") is None
    assert next_bin(ben) == "A-01"
