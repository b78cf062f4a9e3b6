"""From alert to order: proposed, raised, approved by others than its author, sent, amended, received (R-SAF-3, R-SAF-4)."""

from __future__ import annotations

import json
import re

import pytest

from tests.floor import statements_counted
from tests.pages import Browser
from tests.purchases import send
from warehouse.clock import HOUR, day_of, iso_day, now_us
from warehouse.messages.letters import NoLetter
from warehouse.office.purchasing.paper import letter_of
from warehouse.orders.buying import sending
from warehouse.orders.buying.rules import together
from warehouse.orders.purchase import PurchaseLine, make_purchase_order
from warehouse.worker import _chase

DAY = 24 * HOUR


def lines_at(browser, at):
    return {line["sku"]: line for line in browser.json(at)["lines"]}


def raise_all(browser, market, code="ACME", **changes):
    """Raises what is proposed as it is; where the order is."""
    at = market.at(code)
    found = browser.json(at)
    sent = {"round": found["round"]} | {f"quantity_{each['item_id']}": each["quantity"] for each in found["lines"]}
    browser.get(at)
    browser.post(at, **sent | changes)
    return browser.at.split("?")[0]


def order_json(browser, at):
    return browser.json(at)["purchase_order"]


# ---------------------------------------------------------------- proposals


def test_what_runs_out_becomes_one_order_that_is_approved_sent_and_received(house, market, pia, olga, ada):
    """R-SAF-2, R-SAF-3, R-SAF-4: nothing is on order before the supplier knows of it."""
    assert "Acme" in pia.get("/proposals")
    assert [(each["code"], each["items"]) for each in pia.json("/proposals")["suppliers"]] == [("ACME", 2)]
    page = pia.get(market.at())
    assert "needed: 11 − 4 = 7" in page
    assert "in one pack of 12: 12" in page
    found = lines_at(pia, market.at())
    assert {sku: (each["quantity"], each["unit_price"]) for sku, each in found.items()} == {
        "KETTLE": (12, 500),
        "TEA": (7, 200),
    }
    at = raise_all(pia, market)
    assert "PO-000001 with 2 lines waits for approval by operations" in pia.notice
    assert order_json(pia, at)["value"] == 12 * 500 + 7 * 200
    assert order_json(pia, at)["state"] == "waiting"
    assert "needed: 11 − 4 = 7" in pia.get(at), "whoever approves sees the arithmetic"
    assert market.on_order() == 0
    assert market.states() == {"safety_stock": "acknowledged", "reorder": "acknowledged"}
    assert ada.next("receiving") is None
    found = lines_at(pia, market.at())["KETTLE"]
    assert (found["not_sent"], found["quantity"]) == (12, 0), "what was asked for is not asked for again"
    olga.get(at)
    olga.post(f"{at}/approve", revision="1")
    assert "is approved and can be sent" in olga.notice
    assert ada.next("receiving") is None
    assert (market.on_order(), market.messages("purchase_order")) == (0, 0)
    pia.get(at)
    pia.post(f"{at}/send", key="s1")
    assert "on its way to acme@example.com" in pia.notice
    pia.post(f"{at}/send", key="s1")
    assert market.messages("purchase_order") == 1
    assert (market.on_order(), market.on_order("TEA")) == (12, 7)
    assert market.states() == {"safety_stock": "ordered"}, "with what is on order it is above its reorder point"
    ada.next("receiving")
    ada.scans("PO-000001", "KETTLE", "XQ5", "XXDONE")
    page = pia.get(at)
    assert "part received" in page
    assert "sent" in page
    assert house.verify().faults == []


def test_an_alert_says_what_to_order_and_whom_it_hits(house, market, pia):
    """R-SAF-3: the page of an alert says what its message says, and leads to the proposed order."""
    house.order(("KETTLE", 3))
    house.base.change(
        lambda session: session.run(
            "UPDATE sales_order SET ship_by = 1, warehouse_id = :id, state = 'waiting'", id=house.id
        )
    )
    alert = pia.json("/alerts")["alerts"][0]
    page = pia.get(alert["href"])
    assert "One order that must leave today needs it; 1 can be picked." in page
    assert "Order 12: with that there is enough" in page
    assert f'href="{market.at()}"' in page
    told = pia.json(alert["href"])["alert"]
    assert (told["proposed"], told["supplier"], told["unit_price"], told["orders_today"]) == (12, "ACME", 500, 1)


def test_an_order_that_was_not_sent_is_refused_at_the_dock(house, market, pia, olga, ada):
    """R-RCV-1: receiving sees what was sent; goods without papers are not linked to it either."""
    at = market.order(pia)
    house.purchase(("TEA", 3), number="PO-9")
    ada.next("receiving")
    assert (ada.scan("B-1"), "it waits for approval" in ada.notice["text"]) == ("nothing_open", True)
    olga.get(at)
    olga.post(f"{at}/approve", revision="1")
    assert (ada.scan("B-1"), "it was not sent" in ada.notice["text"]) == ("nothing_open", True)
    ada.scans("KETTLE", "XXDONE")
    pia.get("/purchase-orders/without-papers")
    work = pia.json("/purchase-orders/without-papers")["receipts"][0]["work"]
    pia.post(f"/purchase-orders/receipts/{work}/link", number="B-1")
    assert (pia.status, "it was not sent" in pia.notice) == (422, True)
    pia.post(f"{at}/withdraw")
    assert "draft" in pia.get("/purchase-orders?state=draft")


def test_a_proposal_is_edited_and_every_line_is_checked(house, market, pia):
    """R-SAF-4: editable; what cannot be read changes nothing and stays in the form."""
    found = lines_at(pia, market.at())
    kettle, tea = found["KETTLE"]["item_id"], found["TEA"]["item_id"]
    pia.get(market.at())
    for sent, said in (
        ({f"quantity_{kettle}": "1.5"}, "KETTLE: 1.5 is no whole number"), ({f"quantity_{kettle}": "-1"}, "is no whole number"),
        ({f"quantity_{kettle}": "5", f"cost_{kettle}": "x"}, "KETTLE: x is no amount in CNY"),
        ({f"quantity_{kettle}": "0", f"quantity_{tea}": ""}, "Enter how many"), ({"quantity_77": "1"}, "is no item"),
        ({f"quantity_{kettle}": "5", "due": "soon"}, "takes a day such as"),
        ({f"quantity_{kettle}": "5", "round": "x"}, "takes a whole number"),
    ):  # fmt: skip
        pia.post(market.at(), **{"round": "0"} | sent)
        assert (pia.status, said in pia.notice) == (422, True), (sent, pia.notice)
    assert house.value("SELECT count(*) FROM purchase_order") == 0
    at = raise_all(
        pia,
        market,
        **{f"quantity_{kettle}": "30", f"cost_{kettle}": "4.9", f"quantity_{tea}": "0", "due": "2099-05-01"},
    )
    (line,) = order_json(pia, at)["lines"]
    assert (line["quantity"], line["unit_cost"]) == (30, 490)
    assert order_json(pia, at)["due"].startswith("2099-04-30T16:00")


def test_who_is_second_at_a_proposal_is_told(house, market, pia, omar):
    """Two look at the same proposal: one order."""
    seen = {"round": "0", f"quantity_{house.items['KETTLE']}": "12"}
    for each in (pia, omar):
        each.get(market.at())
    pia.post(market.at(), **seen)
    assert "waits for approval" in pia.notice
    omar.post(market.at(), **seen)
    assert (omar.status, "Somebody has ordered from Acme" in omar.notice) == (422, True)
    assert house.value("SELECT count(*) FROM purchase_order") == 1


def test_what_sleeps_or_has_no_supplier_is_told_apart(house, market, pia):
    """R-SAF-4: a snoozed alert is not proposed; an item without a supplier is named."""
    for alert_id in house.base.read(lambda session: [row.id for row in session.all(
            "SELECT id FROM stock_alert WHERE item_id = :item", item=house.items["KETTLE"])]):  # fmt: skip
        pia.get("/alerts")
        day = iso_day(day_of(now_us() + 3 * DAY, "Asia/Shanghai"))
        pia.post(f"/alerts/{alert_id}/snooze", until=day, reason="the model ends")
    assert set(lines_at(pia, market.at())) == {"TEA"}
    house.base.change(lambda session: session.run("UPDATE item SET supplier_id = NULL"))
    assert "without a supplier" in pia.get("/proposals")
    assert pia.json("/proposals")["suppliers"][0]["href"] is None


def test_terms_and_prices_of_three_suppliers(house, market, pia, olga):
    """R-SAF-4: the last prices of up to three suppliers; packs, minimum, price breaks and the supplier's own minimum count."""
    terms = f"{market.at('BETA')}/terms"
    pia.get(terms)
    pia.post(terms, language="en", minimum_value="", minimum_quantity="40")
    assert "is kept" in pia.notice
    pia.post(f"{market.at('BETA')}/items", sku="5012345678900", code="B-KTL", pack_size="10", minimum="25", lead_time_days="9",
             prices="1=4.80 30=4.3")  # fmt: skip
    assert "What Beta asks for KETTLE is kept" in pia.notice
    assert "1=4.80 30=4.30" in pia.html
    assert pia.json(terms)["items"][0]["prices"] == [{"from": 1, "unit_price": 480}, {"from": 30, "unit_price": 430}]
    send(pia, market.order(pia, unit_cost_1="5.05"))
    house.base.change(lambda session: session.run("UPDATE stock_alert SET state = 'open' WHERE state = 'ordered'"))
    market.fix("KETTLE", 20)
    found = lines_at(pia, f"{market.at('BETA')}?also=others")["KETTLE"]
    assert (found["quantity"], found["unit_price"], found["lead_time_days"]) == (30, 430, 9)
    assert [(each["code"], each["last_price"], each["list_price"]) for each in found["suppliers"]] == [
        ("ACME", 505, None), ("BETA", None, 430),
    ]  # fmt: skip
    page = pia.get(f"{market.at('BETA')}?also=others")
    assert "at least 25: 30" in page
    assert "5.05" in page
    assert "10 pieces short" in page, "no demand is known: nothing is added for the supplier's minimum alone"
    assert "KETTLE" not in lines_at(pia, market.at("BETA"))
    for changes, said in (({"sku": "NOPE"}, "NOPE is no item"), ({"prices": "x=1"}, "cannot be read as prices"),
                          ({"pack_size": "0"}, "takes a whole number")):  # fmt: skip
        pia.post(f"{market.at('BETA')}/items", **{"sku": "KETTLE"} | changes)
        assert (pia.status, said in pia.notice) == (422, True), changes
    pia.post(f"{market.at('BETA')}/items/{house.items['KETTLE']}/drop")
    assert "does not offer KETTLE any more" in pia.notice
    olga.get("/proposals/77/terms")
    assert olga.status == 404


def test_a_supplier_is_kept_where_what_they_ask_for_is(house, market, pia, olga):
    """R-SAF-3, R-SAF-4: name, address, e-mail, lead time; what cannot be is refused and stays in the form."""
    assert f"{market.at()}/terms" in pia.get("/proposals/suppliers?q=acm")
    assert "Beta" not in pia.html
    assert [each["code"] for each in pia.json("/proposals/suppliers")["suppliers"]] == ["ACME", "BETA"]
    at = f"{market.at()}/terms"
    pia.get(at)
    for sent, said in (({"name": " "}, "Name must be filled in"), ({"email": "nowhere"}, "nowhere is no e-mail address"),
                       ({"lead_time_days": "soon"}, "Lead time, days takes a whole number from 0 to 3650; soon came"),
                       ({"minimum_value": "5,00"}, "Least value of an order: 5,00 is no amount in CNY. Expected: yuan"),
                       ({"address": "x" * 201}, "Address takes one line of at most 200"),
                       ({"language": "fr"}, "Language takes")):  # fmt: skip
        pia.post(at, **sent)
        assert (pia.status, said in pia.notice) == (422, True), (sent, pia.notice)
    sent = {"name": "Acme & Sons", "email": "buy@acme.example", "address": "Port Road 9", "lead_time_days": "12",
            "minimum_value": "99.9", "minimum_quantity": ""}  # fmt: skip
    pia.post(at, **sent)
    assert "What Acme &amp; Sons asks for is kept" in pia.notice
    assert 'value="99.90"' in pia.html
    kept = pia.json(at)["supplier"]
    assert {name: kept[name] for name in ("name", "email", "address", "lead_time_days", "minimum_value")} == {
        "name": "Acme & Sons", "email": "buy@acme.example", "address": "Port Road 9", "lead_time_days": 12,
        "minimum_value": 9990,
    }  # fmt: skip
    json_post(pia, at, minimum_value=5000)
    kept = pia.json(at)["supplier"]
    assert (kept["minimum_value"], kept["name"]) == (5000, "Acme & Sons"), "what does not come stays as it is"
    fei = Browser(house, "finance")
    assert json_post(fei, at, name="Mine").status_code == 403
    order = market.order(pia)
    assert f'href="{at}"' in pia.get(order)


def test_what_programs_send_is_minor_units_in_whatever_body(house, market, pia):
    """The contract: money in minor units; people type yuan."""
    robot = house.worker("purchasing")
    robot.post("/purchase-orders", supplier="ACME", number="R-1", code_1="KETTLE", quantity_1="2", unit_cost_1="480")
    assert robot.status == 200
    answer = json_post(
        pia, "/purchase-orders", supplier="ACME", number="R-2", code_1="KETTLE", quantity_1="2", unit_cost_1=480
    )
    assert answer.status_code == 200
    market.order(pia, number="R-3", unit_cost_1="4.80")
    costs = house.base.read(
        lambda session: [row.unit_cost for row in session.all("SELECT unit_cost FROM purchase_order_line")]
    )
    assert costs == [480, 480, 480]
    robot.post("/purchase-orders", supplier="ACME", number="R-4", code_1="KETTLE", quantity_1="2", unit_cost_1="4.80")
    assert "Expected: a whole number of CNY minor units" in robot.notice["text"]
    pia.post("/purchase-orders", supplier="ACME", number="R-4", code_1="KETTLE", quantity_1="2", unit_cost_1="4,80")
    assert "Line 1: 4,80 is no amount in CNY. Expected: yuan, such as 480 or 4.80" in pia.notice


def test_a_long_proposal_asks_no_more_than_a_short_one(house, market, pia):
    """The page asks for all of its lines together."""
    at = market.at()

    def asked():
        with statements_counted() as counted:
            pia.json(at)
            return counted()

    few = asked()

    def more(session):
        for number in range(90):
            house.add_item(session, f"X-{number:03d}", supplier_id=market.suppliers["ACME"])

    house.base.change(more)
    for number in range(90):
        market.fix(f"X-{number:03d}", 5)
    assert len(lines_at(pia, at)) == 92
    assert asked() <= few + 4


# ---------------------------------------------------------------- approval


def test_nobody_approves_their_own_nor_does_a_program(house, market, omar, olga, pia):
    """R-SAF-4, R-SEC-1: also over JSON, and with a token."""
    at = market.order(omar)
    omar.get(at)
    assert f'action="{at}/approve"' not in omar.html
    omar.post(f"{at}/approve", revision="1")
    assert (omar.status, "You have made or changed B-1 yourself" in omar.html) == (403, True)
    for verb in ("approve", "refuse"):
        answer = json_post(omar, f"{at}/{verb}", revision=1, reason="no")
        assert (answer.status_code, answer.get_json()["notice"]["code"]) == (403, "purchase_own")
        robot = house.worker("operations", "finance")
        robot.post(f"{at}/{verb}", revision="1", reason="no")
        assert (robot.status, robot.notice["code"]) == (403, "purchase_program")
        for each in (pia, Browser(house, "supervisor"), Browser(house, "admin")):
            answer = json_post(each, f"{at}/{verb}", revision=1, reason="no")
            assert (answer.status_code, answer.get_json()["notice"]["code"]) == (403, "forbidden")
    assert house.value("SELECT state FROM purchase_order") == "waiting"
    assert house.value("SELECT count(*) FROM purchase_approval") == 0
    olga.get(at)
    olga.post(f"{at}/approve", revision="1")
    assert house.value("SELECT state FROM purchase_order") == "approved"


def test_who_submits_or_changes_it_has_written_it_too(house, market, pia, omar, olga):
    """R-SAF-4: taken back, changed and submitted by another: then neither of them approves."""
    at = market.order(pia)
    omar.get(at)
    omar.post(f"{at}/withdraw")
    omar.post(f"{at}/amend", quantity_1="11")
    assert "The draft of B-1 is changed" in omar.notice
    pia.get(at)
    pia.post(f"{at}/submit")
    assert "B-1 waits for approval by operations" in pia.notice
    omar.post(f"{at}/approve", revision="2")
    assert omar.status == 403
    olga.get(at)
    olga.post(f"{at}/approve", revision="1")
    assert (olga.status, "revision 2 waits now" in olga.notice) == (422, True), "what was looked at is what is approved"
    olga.post(f"{at}/approve", revision="2")
    assert house.value("SELECT state FROM purchase_order") == "approved"
    assert house.value("SELECT quantity FROM purchase_order_line") == 11


def json_post(browser, path, **fields):
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/floor"))[1]
    head = {"Accept": "application/json", "X-CSRFToken": token}
    return browser.client.post(path, json={"key": f"k{now_us()}"} | fields, headers=head)


@pytest.mark.parametrize("cost", ["100.01", ""])
def test_above_the_limit_and_where_the_value_is_unknown_two_people_approve(house, market, pia, olga, fei, cost):
    """R-SAF-4: 10 x 100.01 are above 1,000 CNY; a cost that nobody knows counts as above it."""
    at = market.order(pia, unit_cost_1=cost)
    assert "operations and a second person" in pia.notice
    olga.get(at)
    olga.post(f"{at}/approve", revision="1")
    assert "It needs another person" in olga.notice
    olga.post(f"{at}/approve", revision="1", key="again")
    assert (olga.status, "approved B-1 already" in olga.notice) == (422, True)
    pia.post(f"{at}/send")
    assert (pia.status, "waits for approval" in pia.notice) == (422, True)
    assert "B-1" in fei.get("/purchase-orders/approvals")
    assert fei.json("/purchase-orders/approvals")["approvals"][0]["approvals"] == 1
    fei.get(at)
    fei.post(f"{at}/approve", revision="1")
    assert "is approved and can be sent" in fei.notice
    assert order_json(pia, at)["revisions"][0]["approved_by"] == ["Olga", "Fei"]


def test_finance_alone_approves_nothing(house, market, pia, fei):
    """R-SAF-4: every purchase needs operations."""
    at = market.order(pia)
    fei.get(at)
    fei.post(f"{at}/approve", revision="1")
    assert (fei.status, "needs the approval of operations alone" in fei.notice) == (422, True)
    dear = market.order(pia, number="B-2", unit_cost_1="999.99")
    fei.post(f"{dear}/approve", revision="1")
    fei.post(f"{dear}/approve", revision="1")
    assert house.value("SELECT state FROM purchase_order WHERE number = 'B-2'") == "waiting"
    other = Browser(house, "finance")
    other.get(dear)
    other.post(f"{dear}/approve", revision="1")
    assert house.value("SELECT state FROM purchase_order WHERE number = 'B-2'") == "waiting"


def test_the_limit_is_changed_by_finance_and_administrators_alone_and_logged(house, market, pia, olga, fei):
    """R-SAF-4: limits only by admin or finance, with a log."""
    for each in (pia, olga, Browser(house, "supervisor")):
        answer = json_post(each, "/settings/purchase_second_approval_above", value="1")
        assert answer.status_code == 403
    assert json_post(fei, "/settings/cut_off", value="16:00").status_code == 403
    fei.get("/settings")
    assert 'action="/settings/purchase_second_approval_above"' in fei.html
    assert 'action="/settings/cut_off"' not in fei.html
    assert 'value="1000.00"' in fei.html
    for wrong in ("49.999", "-1", "much", "", "99999999999"):
        fei.post("/settings/purchase_second_approval_above", value=wrong)
        assert (fei.status, "expected yuan such as 480 or 4.80, at most 10,000,000,000.00" in fei.notice) == (
            422,
            True,
        ), wrong
    fei.post("/settings/purchase_second_approval_above", value="49.99")
    assert "purchase_second_approval_above is now: 49.99" in fei.notice
    told = {each["name"]: each["value"] for each in fei.json("/settings")["settings"]}
    assert told["purchase_second_approval_above"] == "4999", "programs read and send minor units"
    assert (
        json_post(fei, "/settings/purchase_second_approval_above", value="4998")
        .get_json()["notice"]["text"]
        .endswith("is now: 4998")
    )
    fei.post("/settings/count_tolerance_value", value="A=50, B=4.8")
    assert "A=50.00,B=4.80" in fei.notice
    assert house.value("SELECT value FROM setting WHERE name = 'count_tolerance_value'") == '{"A": 5000, "B": 480}'
    assert house.value("SELECT changed_by FROM setting_log WHERE name = 'purchase_second_approval_above'") == "Fei"
    market.order(pia)
    assert "operations and a second person" in pia.notice


def test_a_refused_order_goes_back_with_its_reason(house, market, pia, olga):
    """R-SAF-4."""
    at = market.order(pia)
    olga.get(at)
    olga.post(f"{at}/refuse", revision="1", reason=" ")
    assert (olga.status, "Say why" in olga.notice) == (422, True)
    olga.post(f"{at}/refuse", revision="1", reason="too <many>")
    assert "goes back with your reason" in olga.notice
    page = pia.get(at)
    assert "too &lt;many&gt;" in page
    assert order_json(pia, at)["state"] == "draft"
    olga.post(f"{at}/approve", revision="1")
    assert (olga.status, "does not wait for approval" in olga.notice) == (422, True)
    pia.post(f"{at}/discard")
    assert "is thrown away" in pia.notice
    pia.post(f"{at}/submit")
    assert pia.status == 422
    assert lines_at(pia, market.at())["KETTLE"]["not_sent"] == 0


def test_who_approves_sees_what_else_was_ordered_from_the_supplier(house, market, pia, omar, olga):
    """R-SAF-4: one purchase in three parts of 900 CNY, each below the limit, is seen for what it is; nobody is stopped."""
    assert "lately" not in pia.get(market.order(pia, number="S-1", unit_cost_1="90"))
    second = market.order(omar, number="S-2", unit_cost_1="90")
    page = olga.get(second)
    assert "With another order to this supplier of the last 7 days: 1,800.00 CNY in all." in page
    assert "See whether one purchase was split" in page
    assert ("S-1" in page, "Pia" in page) == (True, True)
    third = market.order(pia, number="S-3", unit_cost_1="90")
    market.order(pia, number="T-1", supplier="BETA", unit_cost_1="90")
    found = {each["number"]: each["beside"] for each in olga.json("/purchase-orders/approvals")["approvals"]}
    assert {number: ([each["number"] for each in beside["orders"]], beside["value"], beside["above_limit"])
            for number, beside in found.items()} == {
        "S-1": (["S-3", "S-2"], 270_000, True), "S-2": (["S-3", "S-1"], 270_000, True),
        "S-3": (["S-2", "S-1"], 270_000, True), "T-1": ([], 90_000, False),
    }  # fmt: skip
    page = olga.get("/purchase-orders/approvals")
    assert page.count("With 2 other orders to this supplier of the last 7 days: 2,700.00 CNY in all.") == 3
    assert page.count("above the limit together") == 3
    olga.post(f"{third}/approve", revision="1")
    assert "is approved and can be sent" in olga.notice
    pia.get(second)
    pia.post(f"{second}/discard")
    house.base.change(lambda session: session.run(
        "UPDATE purchase_order SET made_at = made_at - :week WHERE number = 'S-3'", week=8 * DAY))  # fmt: skip
    assert [each["beside"]["orders"] for each in olga.json("/purchase-orders/approvals")["approvals"]] == [[], []]


@pytest.mark.parametrize(("value", "others", "above"), [
    (90_000, [20_000], True), (90_000, [10_000], False), (90_000, [], False), (90_000, [None], True),
    (100_001, [5], False), (None, [5], False),
])  # fmt: skip
def test_a_split_is_pointed_out_where_one_alone_needs_one_person(value, others, above):
    """R-SAF-4: 1,000 CNY; a cost that nobody knows counts as above it; what needs two already is not pointed out."""
    assert together(value, others, 100_000).above is above


def test_what_was_approved_and_taken_back_needs_approval_again(house, market, pia, olga):
    """R-SAF-4."""
    at = market.order(pia)
    olga.get(at)
    olga.post(f"{at}/approve", revision="1")
    pia.get(at)
    pia.post(f"{at}/withdraw")
    assert "is a draft again" in pia.notice
    pia.post(f"{at}/amend", quantity_1="9000")
    pia.post(f"{at}/send")
    assert (pia.status, market.on_order()) == (422, 0)
    pia.post(f"{at}/submit")
    assert "operations and a second person" in pia.notice


OPEN = {"safety_stock": "open", "reorder": "open"}
TAKEN = {"safety_stock": "acknowledged", "reorder": "acknowledged"}


@pytest.mark.parametrize(
    "end", ["refuse", "withdraw", "discard", "withdraw after its approval", "discard after its approval"]
)
def test_an_order_that_is_not_to_be_gives_its_alerts_back(house, market, pia, olga, end):
    """R-SAF-2, R-SAF-3: no shortage is forgotten with the order that was asked for; all hear of it once more."""
    at = raise_all(pia, market)
    number = order_json(pia, at)["number"]
    assert (market.states(), market.states("TEA")) == (TAKEN, TAKEN)
    olga.get(at)
    if "approval" in end:
        olga.post(f"{at}/approve", revision="1")
    told = market.messages("alert.reopened")
    who = olga if end == "refuse" else pia
    who.get(at)
    who.post(f"{at}/{end.split()[0]}", revision="1", reason="too many")
    assert who.status == 200
    assert (market.states(), market.states("TEA")) == (OPEN, OPEN)
    assert market.messages("alert.reopened") == told + 4
    alert = house.value(
        "SELECT id FROM stock_alert WHERE item_id = :item AND kind = 'reorder'", item=house.items["KETTLE"]
    )
    page = pia.get(f"/alerts/{alert}")
    assert f"Taken by Pia, who asked for {number}" in page
    assert f"Opened once more: {number} is not to be, said {who.name}" in page
    if end.split()[0] != "discard":
        pia.get(at)
        pia.post(f"{at}/submit")
        assert market.states() == TAKEN, "asked for once more"


def test_alerts_stay_taken_while_another_order_asks_for_the_item(house, market, pia, omar, olga):
    """R-SAF-2: given back with the last of them, whoever had written the first."""
    first = market.order(pia)
    second = market.order(omar, number="B-2")
    olga.get(first)
    olga.post(f"{first}/refuse", revision="1", reason="no")
    assert (market.states(), market.states("TEA")) == (TAKEN, OPEN)
    olga.get(second)
    olga.post(f"{second}/approve", revision="1")
    omar.get(second)
    omar.post(f"{second}/discard")
    assert market.states() == OPEN


def test_an_alert_that_somebody_else_took_by_hand_stays_theirs(house, market, pia, olga):
    """R-SAF-2: Olga takes care of it, whatever becomes of Pia's order."""
    for alert in house.base.read(lambda session: [row.id for row in session.all(
            "SELECT id FROM stock_alert WHERE item_id = :item", item=house.items["KETTLE"])]):  # fmt: skip
        olga.get(f"/alerts/{alert}")
        olga.post(f"/alerts/{alert}/acknowledge")
    at = market.order(pia)
    olga.get(at)
    olga.post(f"{at}/refuse", revision="1", reason="I do it")
    assert market.states() == TAKEN


def test_a_refused_amendment_leaves_the_alerts_of_its_order_ordered(house, market, pia, olga):
    """R-SAF-2: what was sent is still on its way."""
    at = market.order(pia, quantity_1="7")
    send(pia, at)
    assert market.states() == {"safety_stock": "ordered"}
    pia.post(f"{at}/amend", reason="more", quantity_1="70")
    olga.get(at)
    olga.post(f"{at}/refuse", revision="2", reason="no")
    assert market.states() == {"safety_stock": "ordered"}


# ---------------------------------------------------------------- amendments


def test_an_amendment_holds_at_once_within_what_was_approved_and_waits_beyond_it(house, market, pia, olga):
    """R-SAF-4: what changed and why; new approval above what was approved; the order stays as it is until then."""
    at = market.order(pia)
    send(pia, at)
    assert market.on_order() == 10
    pia.post(f"{at}/amend", quantity_1="8")
    assert (pia.status, "Say why" in pia.notice) == (422, True)
    pia.post(f"{at}/amend", quantity_1="10", reason="r")
    assert "Nothing in B-1 would change" in pia.notice
    pia.post(f"{at}/amend", quantity_1="8", reason="season ends", due="2099-01-01")
    assert "revision 2 holds" in pia.notice
    assert (market.on_order(), market.messages("purchase_order.amended")) == (8, 1)
    page = pia.get(at)
    assert "KETTLE: 8 instead of 10" in page
    assert "season ends" in page
    pia.post(f"{at}/amend", quantity_1="10", reason="season goes on")
    assert "revision 3 holds" in pia.notice, "as much as was approved"
    pia.post(f"{at}/amend", quantity_1="10", code_1="TEA", new_quantity_1="3", new_cost_1="2", reason="tea too")
    assert "that nobody has approved: it waits for approval" in pia.notice
    assert (market.on_order(), market.on_order("TEA")) == (10, 0)
    pia.post(f"{at}/amend", quantity_1="5", reason="no")
    assert (pia.status, "Revision 4 of B-1 waits" in pia.notice) == (422, True)
    pia.post(f"{at}/approve", revision="4")
    assert pia.status == 403
    assert "amendment" in olga.get("/purchase-orders/approvals")
    olga.get(at)
    assert "TEA: 3 at 2.00 each are new" in olga.html
    olga.post(f"{at}/approve", revision="4")
    assert "revision 4 holds" in olga.notice
    assert (market.on_order(), market.on_order("TEA")) == (10, 3)
    assert market.states("TEA") == {"safety_stock": "ordered", "reorder": "ordered"}
    pia.get(at)
    pia.post(f"{at}/amend", quantity_2="0", reason="no tea")
    assert (market.on_order(), market.on_order("TEA")) == (10, 0)
    assert market.states("TEA") == {"safety_stock": "open", "reorder": "open"}, "nothing is on its way: it lacks again"
    assert house.verify().faults == []


def lines_of(browser, at):
    return [
        (each["line"], each["sku"], each["quantity"], each["unit_cost"]) for each in order_json(browser, at)["lines"]
    ]


@pytest.mark.parametrize("changes", [
    {"quantity_1": "1", "cost_1": "5.01"}, {"quantity_1": "11", "cost_1": "0.01"}, {"cost_1": ""},
    {"quantity_1": "0", "code_1": "TEA", "new_quantity_1": "1", "new_cost_1": "0.01"},
    {"quantity_1": "5", "code_1": "KETTLE", "new_quantity_1": "5", "new_cost_1": "5.00"},
])  # fmt: skip
def test_whatever_nobody_has_approved_waits_however_little_it_is_worth(house, market, pia, changes):
    """R-SAF-4: a higher cost of fewer, more at a lower cost, a cost nobody knows, other goods, a second line of the same."""
    at = market.order(pia)
    send(pia, at)
    pia.post(f"{at}/amend", reason="r", **changes)
    assert "it waits for approval" in pia.notice
    assert (lines_of(pia, at), market.on_order(), market.on_order("TEA")) == ([(1, "KETTLE", 10, 500)], 10, 0)
    pia.post(f"{at}/amend", reason="within, while that waits", quantity_1="9")
    assert (pia.status, "Revision 2 of B-1 waits for approval" in pia.notice) == (422, True)
    assert lines_of(pia, at) == [(1, "KETTLE", 10, 500)]


def test_small_steps_never_lead_beyond_what_people_approved(house, market, pia, olga):
    """R-SAF-4: each amendment is held against what people approved last, not against the one before it."""
    at = market.order(pia)
    send(pia, at)
    for changes in (
        {"quantity_1": "4", "cost_1": "4.00"},
        {"quantity_1": "10"},
        {"cost_1": "5.00"},
        {"quantity_1": "1"},
    ):
        pia.post(f"{at}/amend", reason="within", **changes)
        assert "holds" in pia.notice, changes
    found = order_json(pia, at)
    assert [row["state"] for row in found["revisions"]] == ["within"] * 4 + ["approved"]
    assert "within what was approved" in pia.get(at)
    for step in ("5.01", "5.05", "9.99"):
        pia.post(f"{at}/amend", reason="a little more", cost_1=step)
        assert "it waits for approval" in pia.notice, step
        pia.post(f"{at}/withdraw")
    pia.post(f"{at}/amend", reason="more", quantity_1="20")
    olga.get(at)
    olga.post(f"{at}/approve", revision=str(order_json(pia, at)["revisions"][0]["revision"]))
    assert "holds" in olga.notice
    pia.get(at)
    pia.post(f"{at}/amend", reason="fewer", quantity_1="12")
    pia.post(f"{at}/amend", reason="as approved", quantity_1="20")
    assert "holds" in pia.notice, "people have approved 20 since"
    pia.post(f"{at}/amend", reason="one more", quantity_1="21")
    assert "it waits for approval" in pia.notice
    assert (market.on_order(), house.verify().faults) == (20, [])


def test_where_nobody_knows_a_cost_more_of_it_waits_for_two(house, market, pia, olga):
    """R-SAF-4: what nobody can value is dear."""
    at = market.order(pia, unit_cost_1="")
    send(pia, at)
    pia.post(f"{at}/amend", reason="fewer", quantity_1="9")
    assert "revision 2 holds" in pia.notice
    pia.post(f"{at}/amend", reason="now known", cost_1="0.01")
    assert "it waits for approval" in pia.notice
    pia.post(f"{at}/withdraw")
    pia.post(f"{at}/amend", reason="more", quantity_1="11")
    olga.get(at)
    olga.post(f"{at}/approve", revision="4")
    assert "It needs another person" in olga.notice
    assert market.on_order() == 9


def test_an_amendment_is_refused_or_taken_back_and_the_order_stays(house, market, pia, olga):
    """R-SAF-4."""
    at = market.order(pia)
    send(pia, at)
    pia.post(f"{at}/amend", quantity_1="900", reason="more")
    olga.get(at)
    olga.post(f"{at}/refuse", revision="2", reason="why?")
    assert order_json(pia, at)["state"] == "open"
    pia.post(f"{at}/amend", cost_1="9.99", reason="dearer")
    assert "waits for approval" in pia.notice
    pia.post(f"{at}/withdraw")
    assert "B-1 stays as it was" in pia.notice
    pia.post(f"{at}/withdraw")
    assert pia.status == 422
    assert (market.on_order(), order_json(pia, at)["revision"]) == (10, 1)


def test_nothing_falls_below_what_has_come(house, market, pia, olga, ada):
    """R-RCV-1: also when goods come while the amendment waits; what has come in full ends the order."""
    at = market.order(pia)
    send(pia, at)
    ada.next("receiving")
    ada.scans("B-1", "KETTLE", "XQ3")
    pia.post(f"{at}/amend", quantity_1="9", reason="less")
    assert (pia.status, "ada is receiving B-1 now" in pia.notice) == (422, True)
    ada.scans("XXDONE")
    for quantity in ("3", "0"):
        pia.post(f"{at}/amend", quantity_1=quantity, reason="less")
        assert pia.status == 422
        assert ("4 of KETTLE have come already" in pia.notice) or ("would order nothing" in pia.notice)
    pia.post(f"{at}/amend", quantity_1="4", cost_1="99.99", reason="dearer but fewer")
    assert "waits for approval" in pia.notice
    ada.next("receiving")
    ada.scans("B-1", "KETTLE", "XXDONE")
    olga.get(at)
    olga.post(f"{at}/approve", revision="2")
    assert (olga.status, "5 of KETTLE have come already" in olga.notice) == (422, True)
    assert market.on_order() == 5
    pia.get(at)
    pia.post(f"{at}/withdraw")
    pia.post(f"{at}/amend", quantity_1="5", reason="enough")
    assert order_json(pia, at)["state"] == "closed"
    assert (market.on_order(), house.verify().faults) == (0, [])
    ada.scans("XXUNDO", "XXUNDO")
    assert (market.on_order(), order_json(pia, at)["state"]) == (1, "open")


def test_an_imported_order_is_open_as_ever_and_amended_within_what_came(house, market, pia):
    """The contract's import of purchase orders stays; R-SAF-4: what came is what counts, not what is left of it."""
    lines = [PurchaseLine(house.items["KETTLE"], 5, 100), PurchaseLine(house.items["TEA"], 3, 100)]
    house.base.change(
        lambda session: make_purchase_order(
            session,
            warehouse_id=house.id,
            number="PO-1",
            supplier_id=market.suppliers["ACME"],
            lines=lines,
            at=now_us(),
        )
    )
    at = f"/purchase-orders/{house.value('SELECT id FROM purchase_order')}"
    pia.get(at)
    pia.post(f"{at}/amend", quantity_1="4", quantity_2="0", reason="less")
    assert "revision 1 holds" in pia.notice
    pia.post(f"{at}/amend", quantity_1="5", reason="as it came")
    assert "revision 2 holds" in pia.notice
    pia.post(f"{at}/amend", quantity_1="6", reason="more, but without tea less in all")
    assert "it waits for approval" in pia.notice
    assert (market.on_order(), market.on_order("TEA"), house.verify().faults) == (5, 0, [])
    pia.post(f"{at}/close")
    assert (market.on_order(), pia.json("/purchase-orders/approvals")["approvals"]) == (0, [])


# ---------------------------------------------------------------- to the supplier


def test_the_paper_is_a_pdf_a_table_and_a_letter_in_the_suppliers_language(house, market, pia):
    """R-SAF-4: made when it is sent, so that it says what holds then."""
    at = market.order(pia, due="2099-01-02")
    send(pia, at)
    answer = pia.client.get(f"{at}/paper.pdf")
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    order_id = int(at.rsplit("/", 1)[1])

    def letter(topic="purchase_order"):
        return house.base.read(lambda session: letter_of(session, house.id, topic, order_id, now_us()))

    made = letter()
    assert (made.to, made.subject) == ("acme@example.com", "采购订单 B-1")
    assert [(name, kind) for name, kind, _ in made.files] == [("B-1.pdf", "application/pdf"), ("B-1.csv", "text/csv")]
    pia.get(f"{market.at()}/terms")
    pia.post(f"{market.at()}/terms", language="en")
    pia.post(f"{at}/amend", quantity_1="7", reason="less")
    assert letter("purchase_order.amended").subject == "Purchase order B-1, revision 2"
    assert b"7" in letter().files[1][2]
    assert "2099-01-02" in letter("purchase_order.chased").text
    house.base.change(lambda session: session.run("UPDATE supplier SET email = ''"))
    with pytest.raises(NoLetter):
        letter()
    pia.get(at)
    assert "Send once more" not in pia.html
    pia.post(f"{at}/send", how="mail")
    assert (pia.status, "No e-mail address of Acme is known" in pia.notice) == (422, True)


def test_a_late_order_is_chased_once_a_period_and_a_new_date_is_waited_for(house, market, pia):
    """Due days end at midnight; the worker reminds once a period; a promised day moves it on; nothing is chased unsent."""
    today = day_of(now_us(), "Asia/Shanghai")
    at = market.order(pia, due=iso_day(today - 10))
    market.order(pia, number="B-2", due=iso_day(today - 10))
    send(pia, at)
    due = house.value("SELECT due_at FROM purchase_order WHERE number = 'B-1'")

    def chased(now):
        return house.base.change(lambda session: sending.chase(session, house.id, now))

    assert not house.base.read(lambda session: sending.is_overdue_anywhere(session, house.id, due + DAY - 1))
    assert [chased(due + DAY - 1), chased(due + DAY), chased(due + DAY + HOUR), chased(due + 4 * DAY - 1)] == [
        0,
        1,
        0,
        0,
    ]
    assert chased(due + 4 * DAY) == 1
    content = json.loads(
        house.value("SELECT content FROM outbox WHERE topic = 'purchase_order.chased' ORDER BY id DESC")
    )
    assert (content["number"], content["time"]) == ("B-1", 2)
    pia.get(at)
    assert "supplier reminded" in pia.html
    for day in (today - 1, today + 3 * 366 + 1):
        pia.post(f"{at}/confirm", promised=iso_day(day), reference="A-99")
        assert (pia.status, f"Nothing can be promised for {iso_day(day)}. Expected: a day from {iso_day(today)}" in pia.notice
                ) == (422, True)  # fmt: skip
    assert order_json(pia, at)["promised"] is None
    pia.post(f"{at}/confirm", promised=iso_day(today + 12), reference="A-99")
    assert f"Acme promises B-1 for {iso_day(today + 12)}" in pia.notice
    assert "confirmed" in pia.get("/purchase-orders?state=open")
    assert pia.json("/purchase-orders?late=yes")["purchase_orders"] == [], "its day is the promised one now"
    assert order_json(pia, at)["supplier_reference"] == "A-99"
    assert chased(due + 20 * DAY) == 0
    assert chased(due + 23 * DAY) == 1
    pia.get(at)
    pia.post(f"{at}/confirm", promised="soon")
    assert (pia.status, "takes a day such as" in pia.notice) == (422, True)
    house.base.change(lambda session: session.run("UPDATE purchase_order SET promised_at = due_at, chased_at = NULL"))
    before = market.messages("purchase_order.chased")
    _chase(house.base, house.id)
    _chase(house.base, house.id)
    assert market.messages("purchase_order.chased") == before + 1
    house.base.change(lambda session: session.run("UPDATE supplier SET email = ''"))
    assert chased(due + 99 * DAY) == 0


def test_the_desk_reads_chinese(house, market, pia):
    at = market.order(pia)
    pia.client.set_cookie("language", "zh_Hans_CN")
    for path in (at, "/proposals", market.at(), f"{market.at()}/terms", "/purchase-orders/approvals"):
        pia.get(path)
        assert re.search("[一-鿿]", pia.html), path


@pytest.mark.parametrize("due", ["0001-01-01", "9999-12-31", "1989-12-31", "2501-01-01", "soon"])
def test_a_due_day_that_no_calendar_shows_is_refused(house, market, pia, due):
    """It had been kept, and the list of orders could not be shown to anybody any more."""
    pia.get("/purchase-orders/new")
    pia.post("/purchase-orders", supplier="ACME", number="B-1", code_1="KETTLE", quantity_1="2", due=due)
    assert (pia.status, f"Due takes a day such as 2027-12-31; {due} came" in pia.notice) == (422, True)
    at = market.order(pia, number="B-2")
    pia.get(at)
    pia.post(f"{at}/withdraw")
    pia.post(f"{at}/amend", due=due)
    assert (pia.status, f"Due takes a day such as 2027-12-31; {due} came" in pia.notice) == (422, True)
    assert [each["number"] for each in pia.json("/purchase-orders")["purchase_orders"]] == ["B-2"]


def test_an_amendment_that_adds_what_the_warehouse_never_had_puts_it_on_order(house, market, pia, ada):
    """R-SAF-2: on order counts what is on its way, of a new item too."""
    at = market.order(pia)
    send(pia, at)
    pia.post(f"{at}/amend", code_1="CAMERA", new_quantity_1="3", new_cost_1="1", reason="one box more")
    boss = Browser(house, "operations")
    boss.get(at)
    boss.post(f"{at}/approve", revision="2")
    assert "revision 2 holds" in boss.notice
    assert market.on_order("CAMERA") == 3
    assert house.verify().faults == []
