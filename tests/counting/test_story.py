"""Counting as a counter lives it: blind, right while others work, counted again by another, approved by a third."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.counting.bins import all_but, count, next_bin, tells
from tests.floor import House, Worker
from tests.office.browsing import Desk as Office
from tests.pages import Browser
from tests.stations.desks import Agent, DeskPage
from warehouse.catalog.locations import make_location
from warehouse.catalog.settings import change_setting
from warehouse.clock import day_of, now_us
from warehouse.counts.plan import wake_some
from warehouse.counts.requests import raise_count
from warehouse.db import Session


def test_a_bin_is_counted_by_scans_packs_and_typed_quantities(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1, R-CNT-2: location → item → quantity … → confirm; a bin that is as the book says is proven and closed."""
    house.put("KETTLE", "A-01", 20)
    ann = floor("counter")
    all_but(house, "A-01")
    screen = ann.next("counting")
    assert screen["expects"] == ["location"]
    assert screen["target"]["location"]["code"] == "A-01"
    assert ann.scan(house.barcode("A-02")) == "wrong_location"
    ann.scans(house.barcode("A-01"))
    assert ann.screen["expects"] == ["item", "confirm"]
    assert ann.screen["target"]["quantity"] == {"wanted": None, "done": 0, "unit": "each"}
    assert ann.scans("KETTLE", "KETTLE", "XQ18") == "counted"
    assert ann.screen["target"]["quantity"] == {"wanted": None, "done": 20, "unit": "each"}
    assert ann.scans("XXOK") == "bin_counted"
    assert ann.screen["done"]
    assert house.value("SELECT state FROM bin_count") == "closed"
    assert house.value("SELECT due FROM bin_plan p JOIN location l ON l.id = p.location_id WHERE l.code = 'A-01'") == 0
    assert ann.next("counting") is None


def test_an_empty_bin_is_confirmed_at_once(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: a zero check is a proof."""
    ann = floor("counter")
    assert ann.next("counting") is not None
    ann.scans(house.barcode(ann.screen["target"]["location"]["code"]))
    assert ann.scans("XXDONE") == "bin_counted"
    assert house.value("SELECT state FROM bin_count") == "closed"
    assert house.value("SELECT count(*) FROM bin_plan WHERE proved_at > 0") == 1


def test_a_difference_is_counted_again_by_another_and_the_first_is_told_nothing(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-2: the second count is another person's; two who agree leave it to a supervisor."""
    house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01")
    ann, ben = floor("counter"), floor("counter")
    assert count(ann, house, "A-01", "KETTLE", "XQ16") == "bin_counted"
    assert house.value("SELECT state FROM bin_count") == "recount"
    assert ann.next("counting") is None
    assert next_bin(ben) == "A-01"
    assert count(ben, house, "A-01", "KETTLE", "XQ16") == "bin_counted"
    assert house.value("SELECT state FROM bin_count") == "review"
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 20}
    assert floor("supervisor").next("counting") is None


def test_where_there_is_no_other_counter_the_supervisor_recounts(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: a recount is another counter's; a supervisor's where nobody else counts here."""
    house.put("KETTLE", "A-01", 5)
    all_but(house, "A-01")
    ann, mei = floor("counter", name="ann"), floor("supervisor", name="mei")
    count(ann, house, "A-01", "KETTLE")
    assert ann.next("counting") is None
    assert mei.get("/counting")["waiting"] == 1
    assert ann.get("/counting")["waiting"] == 0
    assert next_bin(mei) == "A-01"
    mei.scan("XXBACK")
    ben = floor("counter", name="ben")
    assert next_bin(ben) == "A-01"
    ben.scan("XXBACK")
    assert next_bin(mei) == "", "ben counts here and has not seen that bin"
    assert next_bin(ben) == "A-01"


def test_a_bin_that_is_put_off_comes_last(house: House, floor: Callable[..., Worker]) -> None:
    """XXSKIP: later; the only one left is given again."""
    ann = floor("counter")
    all_but(house, "A-01", "A-02")
    assert next_bin(ann) == "A-01"
    assert ann.scan("XXSKIP") == "count_put_off"
    assert next_bin(ann) == "A-02"
    ann.scans(house.barcode("A-02"), "XXOK")
    assert next_bin(ann) == "A-01"


def test_within_the_tolerance_nobody_counts_again_but_a_supervisor_approves(
    house: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-2, R-CNT-3."""
    house.put("KETTLE", "A-01", 5)
    all_but(house, "A-01")
    house.base.change(
        lambda session: change_setting(
            session, "count_tolerance", "C=1", warehouse_id=house.id, changed_by="test", at=now_us()
        )
    )
    count(floor("counter"), house, "A-01", "KETTLE", "XQ3")
    assert house.value("SELECT state FROM bin_count") == "review"
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 5}


def test_a_bin_is_counted_with_a_desks_scanner(house: House) -> None:
    """R-SCAN-1, R-CNT-2: a desk may work this room too, for goods that are brought to it; it is told as little."""
    house.put("KETTLE", "A-01", 977)
    all_but(house, "A-01")
    Office(house, "supervisor").post(f"/stations/{house.places['DOCK-1']}/room", room="counting")
    ann, agent = DeskPage(house, "counter"), Agent.at(house, "DOCK-1")
    ann.open("DOCK-1")
    assert agent.scan("XXOK") == "work_taken"
    assert agent.scans(house.barcode("A-01"), "KETTLE", "KETTLE") == "counted"
    assert agent.answer["screen"]["expects"] == ["quantity", "item", "confirm"]
    assert not tells(ann.fragment() + json.dumps(agent.answer), 977)
    assert agent.scan("XXOK") == "bin_counted"
    assert house.value("SELECT counted FROM count_line") == 2


def test_a_large_house_is_not_due_all_at_once(house: House) -> None:
    """R-CNT-1, weekly: the first round of a house that nobody has counted is spread evenly over its days."""
    today = day_of(house.by().now, house.by().timezone)

    def build(session: Session) -> None:
        for number in range(340):
            make_location(session, house.id, f"L-{number}", kind="bin")
        while wake_some(session, house.by()):
            pass

    house.base.change(build)
    rows = house.base.read(
        lambda session: session.all(
            "SELECT due_day, count(*) AS bins, MAX(due) AS due FROM bin_plan GROUP BY due_day ORDER BY due_day"
        )
    )
    assert [row.due_day for row in rows] == list(range(today, today + 7))
    assert [row.due for row in rows] == [1, 0, 0, 0, 0, 0, 0]
    others = [row.bins for row in rows[1:]]
    assert max(others) - min(others) <= 1, "every later day has its share"


def test_an_undo_says_what_it_took_back(house: House, floor: Callable[..., Worker]) -> None:
    """XXUNDO: so many of the goods, or the confirmation of the bin; also what to do next."""
    house.put("KETTLE", "A-01", 5)
    all_but(house, "A-01")
    ann = floor("counter")
    count(ann, house, "A-01", "KETTLE", "XQ4")
    assert ann.scan("XXUNDO") == "count_reopened"
    assert ann.notice["text"] == "Taken back: A-01 is no longer confirmed. Go on counting, then OK."
    assert ann.scan("XXUNDO") == "count_undone"
    assert ann.notice["text"] == "Taken back: 4 × KETTLE. Go on counting."
    assert ann.screen["target"]["quantity"]["done"] == 1


def test_after_a_serial_no_quantity_is_asked_for(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: every piece has a serial of its own; the screen does not offer what is refused."""
    all_but(house, "A-01")
    house.put("CAMERA", "A-02", 1, serial="S1")
    ann = floor("counter")
    next_bin(ann)
    ann.scans(house.barcode("A-01"), "CAMERA", "S1")
    assert ann.screen["expects"] == ["item", "confirm"]
    assert ann.scan("XQ3") == "one_serial"
    ann.scan("KETTLE")
    assert ann.screen["expects"] == ["quantity", "item", "confirm"]


def test_a_question_shows_the_same_when_its_page_is_loaded_anew(house: House, floor: Callable[..., Worker]) -> None:
    """R-SCAN-2: the quantity that was typed, and the lot that nobody knows, are in the screen and not only in the notice."""
    all_but(house, "A-01")
    mei = Browser(house, "supervisor")
    mei.post("/counting/next")

    def scan(code: str) -> None:
        screen = mei.json("/counting")["screen"]
        mei.post(f"{screen['href']}/scan", code=code, step=screen["step"])
        assert mei.status == 200, mei.notice

    for code in (house.barcode("A-01"), "KETTLE", "XQ4711"):
        scan(code)
    asked = mei.json("/counting")["screen"]
    assert asked["target"]["quantity"] == {"wanted": 4711, "done": 0, "unit": "each"}
    page = mei.get(asked["href"])
    assert tells(page, 4711)
    assert "Is that right? Scan OK" in page
    for code in ("XXBACK", "TEA", "LX-99"):
        scan(code)
    asked = mei.json("/counting")["screen"]
    assert asked["target"]["lot"]["code"] == "LX-99"
    assert "LX-99" in mei.get(asked["href"])
    for code in ("XXBACK", "CAMERA", "SX-77"):
        scan(code)
    assert mei.json("/counting")["screen"]["target"]["serial"]["code"] == "SX-77"
    assert "SX-77" in mei.get(asked["href"])


def test_a_bin_that_one_puts_off_is_the_next_for_another(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-1: what a short pick asked for is counted at once, whoever has no time for it; they get it last."""
    house.put("KETTLE", "A-04", 3)
    all_but(house, "A-01", "A-02", "A-03", "A-04")
    house.base.change(
        lambda session: raise_count(session, house.by(), location_id=house.places["A-04"], reason="short")
    )
    ann, ben = floor("counter"), floor("counter")
    assert next_bin(ann) == "A-04"
    ann.scan("XXSKIP")
    assert next_bin(ann) != "A-04"
    assert next_bin(ben) == "A-04"
    ben.scan("XXSKIP")
    given = []
    while (place := next_bin(ann)) and place not in given:
        given.append(place)
        ann.scans(house.barcode(place), *(["KETTLE", "XQ2"] if place == "A-04" else []), "XXOK")
    assert given[-1] == "A-04"
    assert len(given) == 4
