"""A purchase order is really mailed: to its supplier, once, with its papers; what cannot go is seen by purchasing (R-SAF-4)."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest

from tests.buying.conftest import Market
from tests.floor import TIMEZONE
from tests.messages.servers import MailBox, mail_server, until
from tests.messages.test_sender import worker_environ
from tests.pages import Browser
from warehouse.clock import HOUR, MINUTE, day_of, iso_day, now_us
from warehouse.messages.facts import facts_of
from warehouse.orders.buying import sending
from warehouse.paths import CHECKOUT

DAY = 24 * HOUR


@pytest.fixture
def market(house):
    return Market(house)


@pytest.fixture
def pia(house):
    return Browser(house, "purchasing", name="Pia")


def approved(house, market, pia, **fields):
    """An order of 10 kettles that two of operations have approved; where it is."""
    at = market.order(pia, **fields)
    for _ in range(2):
        boss = Browser(house, "operations")
        boss.get(at)
        boss.post(f"{at}/approve", revision="1")
    pia.get(at)
    return at


def _day(now, ahead):
    return iso_day(day_of(now, TIMEZONE) + ahead)


def letters(office):
    return office.deliveries("d.kind = 'letter'")


def parts_of(letter):
    return {part.get_filename(): part for part in letter.iter_attachments()}


def test_an_order_approved_and_sent_reaches_its_supplier_once_with_its_papers(house, office, market, pia):
    at = approved(house, market, pia, due="2099-01-02")
    pia.post(f"{at}/send", key="s1")
    pia.post(f"{at}/send", key="s1")
    box = MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.round()
        sender.round()
    (letter,) = box.letters
    (row,) = letters(office)
    assert (row.state, letter["Message-ID"]) == ("sent", f"<pickface.{row.id}@example.com>")
    assert (letter["To"], letter["Subject"]) == ("acme@example.com", "采购订单 B-1")
    assert letter["Content-Language"] == "zh-Hans"
    assert "B-1" in letter.get_body(("plain",)).get_content()
    files = parts_of(letter)
    assert set(files) == {"B-1.pdf", "B-1.csv"}
    assert files["B-1.pdf"].get_content_type() == "application/pdf"
    assert files["B-1.pdf"].get_content()[:5] == b"%PDF-"
    (line,) = csv.DictReader(io.StringIO(files["B-1.csv"].get_payload(decode=True).decode("utf-8-sig")))
    assert (line["number"], line["sku"], line["name"], line["quantity"]) == ("B-1", "KETTLE", "水壶", "10")
    page = Browser(house, "purchasing").get("/messages")
    assert "Acme" in page
    assert "purchase order · B-1" in page
    assert "acme@example.com" not in page


def test_an_order_whose_first_answer_was_lost_comes_again_under_the_same_name(house, office, market, pia, pass_time):
    at = approved(house, market, pia)
    pia.post(f"{at}/send")
    answers = iter(["!", "250 taken"])
    box = MailBox(takes=lambda _: next(answers))
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.round()
        assert [(row.state, row.error) for row in letters(office)] == [("waiting", "broken")]
        pass_time(MINUTE)
        sender.round()
        pass_time(HOUR)
        sender.round()
    first, second = box.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert set(parts_of(first)) == set(parts_of(second)) == {"B-1.pdf", "B-1.csv"}
    assert [row.state for row in letters(office)] == ["sent"]


def test_what_is_amended_and_what_is_late_is_told_in_the_supplier_s_language(house, office, market, pia):
    at = approved(house, market, pia, due="2026-01-10")
    pia.get(f"{market.at()}/terms")
    pia.post(f"{market.at()}/terms", language="en")
    pia.get(at)
    pia.post(f"{at}/send")
    pia.post(f"{at}/amend", quantity_1="7", reason="less")
    house.base.change(lambda session: sending.chase(session, house.id, now_us()))
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    assert sorted(letter["Subject"] for letter in box.letters) == [
        "Purchase order B-1", "Purchase order B-1, revision 2", "Where is purchase order B-1?",
    ]  # fmt: skip
    assert {letter["Content-Language"] for letter in box.letters} == {"en"}
    assert all(b",7," in parts_of(letter)["B-1.csv"].get_payload(decode=True) for letter in box.letters), "as it is now"


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "No e-mail address of Acme is known. Import the suppliers with it"),
        ("eve@x, bob@y", "is no e-mail address"),
    ],
)
def test_a_supplier_without_an_address_is_a_dead_letter_at_once_that_purchasing_settles(
    house, office, market, pia, email, said
):
    """Nobody waits three days for what cannot go; with the address it goes."""
    at = approved(house, market, pia)
    pia.post(f"{at}/send")
    office.change("UPDATE supplier SET email = :email WHERE code = 'ACME'", email=email)
    box = MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.round()
        (row,) = letters(office)
        assert (row.state, row.attempts) == ("dead", 1)
        assert said in pia.get("/messages?state=dead")
        assert said in pia.get(f"/messages/{row.id}")
        office.change("UPDATE supplier SET email = 'acme@example.com' WHERE code = 'ACME'")
        pia.post(f"/messages/{row.id}/again")
        assert "The message to Acme is tried again at once" in pia.notice
        sender.round()
    assert box.keys() == [f"<pickface.{row.id}@example.com>"]


def test_without_a_mail_server_an_order_is_seen_not_to_have_gone(house, office, market, pia):
    at = approved(house, market, pia)
    pia.post(f"{at}/send")
    office.sender().round()
    assert [(row.state, row.error) for row in letters(office)] == [("dead", "no_mail")]
    assert "No mail server is set" in pia.get("/messages?state=dead")


def test_an_order_that_was_closed_meanwhile_does_not_go(house, office, market, pia):
    at = approved(house, market, pia)
    pia.post(f"{at}/send")
    pia.post(f"{at}/close")
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    assert box.letters == []
    assert "B-1 is not open any more" in pia.get("/messages?state=dead")


def test_files_that_no_server_takes_are_told_and_not_tried(house, office, market, pia, monkeypatch):
    monkeypatch.setattr("warehouse.messages.letters.FILES_MAX", 100)
    at = approved(house, market, pia)
    pia.post(f"{at}/send")
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    assert box.letters == []
    assert [(row.state, row.error) for row in letters(office)] == [("dead", "too_large")]


def test_the_worker_process_knows_who_writes_to_suppliers(url, house, office, market, pia, tmp_path):
    """The whole way: a worker of its own, which has no web application."""
    at = approved(house, market, pia)
    pia.post(f"{at}/send")
    box = MailBox()
    with mail_server(box) as port:
        worker = subprocess.Popen([sys.executable, "-m", "warehouse", "worker"], env=worker_environ(url, port, tmp_path),
                                  cwd=CHECKOUT)  # fmt: skip
        try:
            until(lambda: [row.state for row in letters(office)] == ["sent"])
        finally:
            worker.kill()
            worker.wait()
    (letter,) = box.letters
    assert set(parts_of(letter)) == {"B-1.pdf", "B-1.csv"}


# ---------------------------------------------------------------- one proposed quantity


def told_of(house, sku):
    """The facts of the first message about an item's reorder point."""

    def read(session):
        for row in session.all("SELECT * FROM outbox WHERE topic = 'alert.opened' ORDER BY id"):
            facts = facts_of(session, row, now_us())
            if (facts["sku"], facts["kind"]) == (sku, "reorder"):
                return facts
        return None

    return house.base.read(read)


@pytest.mark.parametrize("least", ["", "100"])
def test_a_message_proposes_what_the_page_of_proposals_does(house, office, market, pia, least):
    """R-SAF-3, R-SAF-4: pack, minimum, price break and the supplier's own minimum; from the supplier whose page it is."""
    terms = f"{market.at()}/terms"
    pia.get(terms)
    pia.post(terms, language="en", minimum_value="", minimum_quantity=least)
    pia.post(
        f"{market.at()}/items", sku="KETTLE", pack_size="10", minimum="15", lead_time_days="9", prices="1=480 30=300"
    )
    for sku in ("KETTLE", "TEA"):
        house.base.change(lambda session, sku=sku: session.run(
            """UPDATE stock_plan SET inputs = '{"mean": 2.0}' WHERE item_id = :item""", item=house.items[sku]))  # fmt: skip
    page = {line["sku"]: line for line in pia.json(market.at())["lines"]}
    for sku in ("KETTLE", "TEA"):
        facts = told_of(house, sku)
        assert (facts["proposed"], facts["unit_price"]) == (page[sku]["quantity"], page[sku]["unit_price"])
        assert (facts["pack_size"], facts["minimum"]) == (page[sku]["pack_size"], page[sku]["minimum"])
        assert (facts["supplier"], facts["supplier_name"]) == ("ACME", "Acme")
    assert (page["KETTLE"]["quantity"] + page["TEA"]["quantity"] >= 100) is bool(least)


def test_what_nobody_supplies_has_a_proposal_in_its_message_too(house, market):
    house.base.change(lambda session: session.run("UPDATE item SET supplier_id = NULL, pack_size = NULL"))
    facts = told_of(house, "KETTLE")
    assert (facts["proposed"], facts["supplier_id"], facts["unit_price"]) == (7, "0", 500)


def test_an_amendment_that_takes_the_rest_away_is_told_though_nothing_is_open_any_more(house, office, market, pia):
    """R-SAF-4: 4 of 10 have come, and no more are wanted: the supplier must hear of it, or sends them."""
    at = approved(house, market, pia)
    pia.post(f"{at}/send")
    robot, box = house.worker("supervisor"), MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.round()
        robot.next("receiving")
        robot.scans("B-1", "KETTLE", "XQ3", "XXDONE")
        pia.get(at)
        pia.post(f"{at}/amend", quantity_1="4", reason="no more")
        assert house.value("SELECT state FROM purchase_order WHERE number = 'B-1'") == "closed"
        sender.round()
    assert [row.state for row in letters(office)] == ["sent", "sent"]
    assert b",4," in parts_of(box.letters[-1])["B-1.csv"].get_payload(decode=True)


def test_what_is_promised_for_an_earlier_day_is_reminded_of_by_that_day(house, office, market, pia):
    """R-SAF-4: the promised day, else the one asked for; on the day itself nothing is late."""
    now = now_us()
    at = approved(house, market, pia, due=_day(now, 9))
    pia.post(f"{at}/send")

    def chased(days):
        return house.base.change(lambda session: sending.chase(session, house.id, now + days * DAY))

    pia.post(f"{at}/confirm", promised=_day(now, 3))
    assert "promises B-1" in pia.notice
    assert (chased(2), chased(3)) == (0, 0)
    assert chased(4) == 1
