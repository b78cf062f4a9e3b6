"""What a letter says: the arithmetic, the proposal, today's orders, in the reader's language, and nothing executed."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.messages.servers import MailBox, mail_server
from tests.office.browsing import HOSTILE
from warehouse.messages.writing import Reader, Told, letter_for, plain


class Delivery:
    kind, id, message_id, made_at = "message", 1, 2, 0


def told(topic="alert.opened", **facts):
    base = {
        "alert": "1", "kind": "safety_stock", "warehouse": "MAIN", "sku": "KETTLE", "name": "Kettle", "name_zh": "水壶",
        "available": 7, "available_now": 7, "on_order": 0, "on_hand": 12, "reserved": 5, "blocked": 0, "expired": 0,
        "safety_stock": 10, "threshold": 10, "reorder_point": 16, "maximum": None,
        "daily_demand": 2.0, "used_30_days": 61, "lead_time_days": 3.0,
        "lead_demand": 6, "pack_size": 12, "supplier_name": "Acme", "proposed": 24, "orders_today": 12,
        "orders_today_can": 5, "href": "/alerts/1", "at": "2026-11-26T01:02:03.000000Z",
    }  # fmt: skip
    return Told(topic, 0, base | facts)


def text(*messages, language="en", kind="message", supplier="", web="https://wh.example.com"):
    delivery = Delivery()
    delivery.kind = kind
    return plain(letter_for(delivery, messages, Reader(language, "Asia/Shanghai", web), supplier))


def test_it_tells_the_arithmetic_the_proposal_and_what_it_means_today():
    """R-SAF-3: with the arithmetic and a proposed order quantity; whom it hits today, in words."""
    said = text(told())
    for line in (
        "KETTLE Kettle", "12 orders that must leave today need it; 5 can be picked.",
        "Order 24: with that there is enough for the lead time and the time after it.", "Available: 7", "On hand: 12",
        "Reserved: 5", "On order: 0", "Safety stock: 10", "Reorder point: 16", "Demand a day: 2", "Lead time in days: 3",
        "Pack size: 12", "Supplier: Acme", "As of: 2026-11-26 09:02", "https://wh.example.com/alerts/1",
    ):  # fmt: skip
        assert line in said.splitlines(), line
    assert "None" not in said


def test_what_has_moved_meanwhile_is_told_beside_what_the_alert_said():
    said = text(told(available_now=5)).splitlines()
    assert said.index("Available now: 5") == said.index("Available: 7") + 1
    assert not [line for line in text(told()).splitlines() if "now" in line]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"orders_today": 1, "orders_today_can": 0}, "One order that must leave today needs it; 0 can be picked."),
        ({"orders_today": 0}, "No order that must leave today needs it."),
        ({"proposed": 0}, "Enough is on order."),
    ],
)
def test_what_it_means_is_said_in_words(facts, said):
    assert said in text(told(**facts)).splitlines()


def test_too_much_proposes_no_order():
    said = text(told(kind="overstock", maximum=5))
    assert "Order" not in said.replace("Orders", "")
    assert "There is too much" not in said, "that is the subject's"


def test_a_digest_says_of_each_alert_the_last_that_became_of_it():
    came = told(alert="1")
    gone = told("alert.closed", alert="1")
    other = told(alert="2", sku="TEA", kind="reorder")
    said = text(came, other, gone, kind="digest", supplier="Acme")
    assert "KETTLE: the stock alert is closed" in said
    assert "KETTLE is below" not in said
    assert "TEA is at its reorder point" in said


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        self.texts.append(data)


def test_words_of_users_are_words_in_every_part_of_a_letter(office):
    """A name that is a script is shown as it is; one with line ends makes no header."""
    office.hears("Pia", "purchasing")
    office.many(1)
    office.change("UPDATE item SET name = :name, sku = :sku WHERE sku = 'ITEM-000'", name=HOSTILE,
                  sku="X\r\nBcc: eve@example.com")  # fmt: skip
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    (letter,) = box.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "X Bcc: eve@example.com is below its safety stock: 0 of 5"
    html = _Tags()
    html.feed(letter.get_body(("html",)).get_content())
    assert not html.tags & {"script", "img"}
    assert HOSTILE in "".join(html.texts)
    assert HOSTILE in letter.get_body(("plain",)).get_content()


def test_each_reads_it_in_their_own_language(office):
    office.hears("Ann", "purchasing", language="en")
    office.hears("Mei", "purchasing", language="zh_Hans_CN")
    office.hears("Bob", "purchasing")
    office.set("message_language", "zh_Hans_CN")
    office.many(1)
    office.change("UPDATE item SET name_zh = '水壶' WHERE sku = 'ITEM-000'")
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    letters = {letter["To"].partition("@")[0]: letter for letter in box.letters}
    assert "safety stock" in letters["ann"]["Subject"]
    for name in ("mei", "bob"):
        assert "安全库存" in letters[name]["Subject"]
        assert "水壶" in letters[name].get_body(("plain",)).get_content()
        assert 'lang="zh-Hans"' in letters[name].get_body(("html",)).get_content()


def test_orders_that_must_leave_today_are_counted_with_those_that_can_have_theirs(office, ada):
    """R-SAF-3: two orders wait for what is not there, one has its goods reserved."""
    office.hears("Pia", "purchasing")
    house = office.house
    house.put("KETTLE", "A-01", 3)
    for quantity in (3, 4, 2):
        house.order(("KETTLE", quantity), tier="priority")
    assert ada.next("picking") is not None
    office.change("UPDATE sales_order SET ship_by = 1, warehouse_id = :house, state = 'waiting' WHERE state = 'unsourced'",
                  house=house.id)  # fmt: skip
    office.change("UPDATE sales_order SET ship_by = 1")
    office.fall_short(there=8, taken=3, safety=10)
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    said = box.letters[0].get_body(("plain",)).get_content()
    assert "3 orders that must leave today need it; 2 can be picked." in said.splitlines(), said
