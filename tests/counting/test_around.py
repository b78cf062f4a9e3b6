"""Blind around the handheld too: who has a bin to count is told nothing anywhere, and who may have looked is not believed
alone (R-CNT-2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.counting.bins import all_but, count, next_bin, tells
from tests.floor import House, Worker
from tests.messages.conftest import Office
from tests.pages import Browser
from tests.web.test_access import FORMS, calls
from warehouse.people.rules import PERSON_ROLES

BOOK = 977
"""What the book has in the bin to be counted, and nothing else has."""


def counted_right(worker: Worker, house: House) -> str:
    """The bin's five kettles are counted, as whoever has looked would."""
    return worker.scans(house.barcode("A-01"), "KETTLE", "XQ4", "XXOK")


def state(house: House) -> str:
    return str(house.value("SELECT state FROM bin_count ORDER BY id DESC LIMIT 1"))


@pytest.fixture
def five(house: House) -> House:
    """Five kettles in the one bin that is due."""
    house.put("KETTLE", "A-01", 5)
    all_but(house, "A-01")
    return house


def test_who_looks_after_the_confirmation_and_takes_it_back_is_not_believed_alone(
    five: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-2: XXUNDO after a look brings a right answer, which another has to bear out."""
    ann, ben = floor("counter"), floor("counter")
    count(ann, five, "A-01", "KETTLE")
    assert ann.get("/lookup?code=A-01")["things"][0]["lies"][0]["quantity"] == 5
    assert ann.scan("XXUNDO") == "count_reopened"
    assert ann.scans("XQ4", "XXOK") == "bin_counted"
    assert state(five) == "recount"
    assert ann.next("counting") is None
    count(ben, five, "A-01", "KETTLE", "XQ4")
    assert state(five) == "closed"


def test_goods_that_the_first_answer_had_wrongly_are_counted_by_another(
    five: House, floor: Callable[..., Worker]
) -> None:
    """R-CNT-2: an answer that names goods which are not there, taken back and left out, is no proof either."""
    five.base.change(lambda session: five.add_item(session, "PAN", unit_cost=100))
    ann, ben = floor("counter"), floor("counter")
    count(ann, five, "A-01", "PAN", "KETTLE", "XQ4")
    assert ann.scans("XXUNDO", "XXUNDO", "XXUNDO", "XXUNDO") == "count_undone"
    assert ann.scans("KETTLE", "XQ4", "XXOK") == "bin_counted"
    assert state(five) == "recount"
    assert next_bin(ben) == "A-01"
    assert ben.scans(five.barcode("A-01")) == "count_bin_for"
    assert ben.scans("XXOK") == "bin_counted"
    assert state(five) == "closed"


def test_a_right_answer_taken_back_and_given_again_is_believed(five: House, floor: Callable[..., Worker]) -> None:
    """Who had it right learns nothing by looking."""
    ann = floor("counter")
    count(ann, five, "A-01", "KETTLE", "XQ4")
    assert ann.scans("XXUNDO", "XXOK") == "bin_counted"
    assert state(five) == "closed"


@pytest.mark.parametrize("way", [("XXBACK",), ("XXSKIP",), ("A-01", "KETTLE", "XXSKIP")])
def test_who_leaves_a_bin_looks_and_takes_it_again_is_not_believed_alone(
    five: House, floor: Callable[..., Worker], way: tuple[str, ...]
) -> None:
    """R-CNT-2: left or put off, from the door or from the middle of the bin."""
    ann, ben = floor("counter"), floor("counter")
    next_bin(ann)
    ann.scans(*(five.barcode(code) if code == "A-01" else code for code in way))
    assert ann.screen["done"]
    assert five.value("SELECT count(*) FROM count_tally") == 0
    assert next_bin(ann) == "A-01", "nobody else counts"
    counted_right(ann, five)
    assert state(five) == "recount"
    count(ben, five, "A-01", "KETTLE", "XQ4")
    assert state(five) == "closed"


def test_a_bin_that_was_left_goes_to_somebody_else_first(five: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: others count what somebody has let go; that one counts what others have not seen."""
    house, ann, ben = five, floor("counter"), floor("counter")
    all_but(house, "A-01", "A-02")
    assert next_bin(ann) == "A-01"
    ann.scan("XXBACK")
    assert next_bin(ann) == "A-02"
    assert next_bin(ben) == "A-01"
    counted_right(ben, house)
    assert state(house) == "counting", "of A-02"
    assert house.value("SELECT count(*) FROM bin_count WHERE state = 'closed'") == 1


def test_whose_bin_was_taken_over_is_not_believed_alone_when_it_comes_back(
    five: House, floor: Callable[..., Worker]
) -> None:
    """R-STN-2, R-CNT-2: while another had it, the first could look."""
    ann, mei = floor("counter", name="ann"), floor("supervisor", name="mei")
    next_bin(ann)
    ann.scans(five.barcode("A-01"), "KETTLE")
    mei.screen = mei.post(f"{ann.screen['href']}/takeover")["screen"]
    assert mei.scan("XXSKIP") == "count_put_off"
    assert next_bin(ann) == "A-01"
    counted_right(ann, five)
    assert state(five) == "recount"


def test_an_empty_bin_is_no_proof_by_one_who_may_have_looked(house: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: nothing counted where the book has nothing is borne out by another, once."""
    all_but(house, "A-01")
    ann, ben = floor("counter"), floor("counter")
    next_bin(ann)
    ann.scan("XXBACK")
    count(ann, house, "A-01")
    assert state(house) == "recount"
    count(ben, house, "A-01")
    assert state(house) == "closed"


def test_who_counted_an_earlier_round_may_have_looked_since(five: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: what a supervisor has counted again is not closed by the first counter's second thought alone."""
    ann, ben, cho = floor("counter"), floor("counter"), floor("counter")
    count(ann, five, "A-01", "KETTLE", "XQ2")
    count(ben, five, "A-01", "KETTLE", "XQ2")
    assert state(five) == "review"
    href = f"/counts/{five.value('SELECT id FROM bin_count')}"
    Browser(five, "supervisor").post(f"{href}/again")
    count(ann, five, "A-01", "KETTLE", "XQ4")
    assert state(five) == "recount"
    count(cho, five, "A-01", "KETTLE", "XQ4")
    assert state(five) == "closed"


def test_two_who_have_both_looked_bear_each_other_out(five: House, floor: Callable[..., Worker]) -> None:
    """It ends: two people who found the book right are enough, whatever they may have seen."""
    ann, ben = floor("counter"), floor("counter")
    for each in (ann, ben):
        next_bin(each)
        each.scan("XXSKIP")
    for each in (ann, ben):
        assert next_bin(each) == "A-01"
        counted_right(each, five)
    assert state(five) == "closed"


def test_who_answered_and_took_it_back_never_approves(five: House, floor: Callable[..., Worker]) -> None:
    """R-CNT-2: the one who counted never approves, also by an answer that was taken back."""
    mei, ben, cho = Browser(five, "supervisor"), floor("counter"), floor("counter")
    mei.post("/counting/next")
    screen = mei.json("/counting")["screen"]
    for code in (five.barcode("A-01"), "KETTLE", "XXOK", "XXUNDO", "XXSKIP"):
        mei.post(f"{screen['href']}/scan", code=code, step=screen["step"])
        assert mei.status == 200, mei.notice
        screen = mei.json(screen["href"])["screen"]
    for each in (ben, cho):
        count(each, five, "A-01", "KETTLE", "XQ2")
    assert state(five) == "review"
    href = f"/counts/{five.value('SELECT id FROM bin_count')}"
    mei.post(f"{href}/approve", cause="LOSS")
    assert mei.status == 422
    assert "counted this bin yourself" in mei.html
    assert five.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 5}


# ---------------------------------------------------------------- other pages


def everything(house: House) -> dict[str, str]:
    """A bin of 977 kettles by the book, and papers of all kinds about them."""
    house.put("KETTLE", "A-01", BOOK)
    house.purchase(("KETTLE", 3))
    house.order(("KETTLE", 2))
    house.order(("KETTLE", 5000))
    return {
        "location_id": str(house.places["A-01"]), "item_id": str(house.items["KETTLE"]), "code": "A-01",
        "order_id": str(house.value("SELECT min(id) FROM sales_order")), "number": "PO-1", "kind": "items", "verb": "hold",
        "purchase_order_id": str(house.value("SELECT id FROM purchase_order")), "filename": "pickface.css",
        "person_id": str(house.value("SELECT min(id) FROM person")), "text": "101", "work_id": "1",
    }  # fmt: skip


def told_by(browser: Browser, house: House, values: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Every page, form and JSON that tells the book's number: endpoint, method, form."""
    head = {"X-CSRFToken": browser.client.get("/floor", headers=FORMS["page"]).get_data(as_text=True).split(
        'name="csrf-token" content="')[1].split('"')[0]}  # fmt: skip
    for endpoint, method, path in calls(house, values):
        if endpoint.partition(".")[0] in {"counting", "signin"}:
            continue
        where = {"/lookup": "/lookup?code=KETTLE"}.get(path, path)
        for form, accept in FORMS.items():
            sent = {"key": uuid.uuid4().hex} if method == "POST" else None
            answer = browser.client.open(where, method=method, data=sent, headers=accept | head)
            if any(tells(answer.get_data().decode(errors="replace"), each) for each in (BOOK, BOOK - 2)):
                yield endpoint, method, form


def test_no_page_form_or_json_tells_who_counts_what_the_book_has(house: House) -> None:
    """R-CNT-2: a person of all roles, with a second browser, over every URL that there is, also where forms are refused."""
    values = everything(house)
    all_but(house, "A-01")
    count(house.worker("counter"), house, "A-01", "KETTLE", "XQ976")
    all_but(house, "A-01")
    values["count_id"] = str(house.value("SELECT id FROM bin_count"))
    mei = Browser(house, *PERSON_ROLES)
    seen = {endpoint for endpoint, _, _ in told_by(mei, house, values)}
    telling = {
        "ages.look", "counts.one", "items.one", "locations.one", "lookup.look", "planning.one", "stock.file", "stock.look",
        "stock.moves",
    }  # fmt: skip
    assert telling <= seen, "else nothing is proven"
    assert mei.post("/counting/next")
    assert mei.json("/counting")["screen"]["target"]["location"]["code"] == "A-01"
    assert list(told_by(mei, house, values)) == []


def test_a_message_about_an_alert_does_not_tell_who_counts_what_was_there(house: House) -> None:
    """R-CNT-2, R-SAF-3: the arithmetic of an alert is the book's."""
    office = Office(house)
    office.hook("https://localhost:9/nobody-listens")
    office.fall_short(safety=3000, there=BOOK + 5, taken=5)
    office.sender().round()
    all_but(house, "A-01")
    mei, href = Browser(house, "supervisor"), f"/messages/{house.value('SELECT min(id) FROM delivery')}"
    assert tells(str(mei.json(href)), BOOK)
    mei.post("/counting/next")
    assert mei.json(href)["notice"]["code"] == "count_first"


def test_an_order_that_waits_does_not_tell_who_counts_how_many_are_free(house: House) -> None:
    """R-CNT-2: the order stays open to them, without the number that may lie in just this bin."""
    everything(house)
    house.worker("picker").work("picking")
    all_but(house, "A-01")
    waits = house.value("SELECT id FROM sales_order WHERE state = 'waiting'")
    mei, href = Browser(house, "supervisor"), f"/orders/{waits}"
    assert tells(mei.get(href), BOOK - 2)
    assert mei.json(href)["order"]["waits_for"][0]["free"] == BOOK - 2
    mei.post("/counting/next")
    assert "5000 × KETTLE are wanted." in mei.get(href)
    assert not tells(mei.html, BOOK - 2)
    assert mei.json(href)["order"]["waits_for"] == [{"reason": "goods", "sku": "KETTLE", "wanted": 5000, "free": None}]


def test_a_supervisor_who_only_looked_into_counting_is_told_how_to_get_out(house: House) -> None:
    """R-CNT-2: opening the room takes nothing; who was given a bin is told which, and lets it go with one scan."""
    house.put("KETTLE", "A-01", BOOK)
    all_but(house, "A-01")
    mei = Browser(house, "supervisor")
    mei.get("/counting")
    assert tells(mei.get("/stock"), BOOK)
    mei.post("/counting/next")
    work = mei.json("/counting")["screen"]
    page = mei.get("/stock")
    assert mei.status == 409
    assert "A-01" in mei.notice
    assert "XXSKIP" in mei.notice
    assert 'action="/counting/next"' in page, "one button leads back to it"
    assert mei.json("/stock")["notice"]["code"] == "count_first"
    for room in ("/floor", "/picking", "/counting", "/orders", "/exceptions", "/lookup?code=A-01"):
        mei.get(room)
        assert mei.status == 200, room
    mei.post(f"{work['href']}/scan", code="XXSKIP", step=work["step"])
    assert tells(mei.get("/stock"), BOOK)
