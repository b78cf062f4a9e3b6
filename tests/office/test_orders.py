"""The desk finds orders, sees what they wait for and what happened, and decides; customers' data is masked."""

from __future__ import annotations

from html import escape

import pytest

from tests.pages import PAGE, Browser, faults_of

HOSTILE = "<script>alert('x')</script>\"&%_!"


@pytest.fixture
def shelf(house):
    house.put("KETTLE", "A-01", 20)
    return house


@pytest.fixture
def service(house):
    return Browser(house, "customer_service", name="Cora")


@pytest.fixture
def boss(house):
    return Browser(house, "supervisor", name="Sam")


def test_the_list_finds_by_number_channel_and_name_and_its_figures_lead_to_their_rows(shelf, service):
    for _ in range(3):
        shelf.order(("KETTLE", 1))
    page = service.get("/orders")
    assert [f">{number}</a>" in page for number in ("101", "102", "103")] == [True] * 3
    assert 'href="/orders?state=unsourced"><b>3</b>' in page
    for q, found in (("102", ["102"]), ("shop:103", ["103"]), ("shop", ["101", "102", "103"]), ("LI L", ["101", "102", "103"]),
                     ("10", ["101", "102", "103"]), ("999", []), ("%", []), ("_", [])):  # fmt: skip
        service.client.get("/orders")
        rows = service.json(f"/orders?q={q.replace('%', '%25')}")["orders"]
        assert sorted(row["number"] for row in rows) == found, q
    assert [row["number"] for row in service.json("/orders?state=unsourced&sort=due")["orders"]] == [
        "101",
        "102",
        "103",
    ]
    assert service.json("/orders?state=shipped")["orders"] == []
    assert "Nothing matches" in service.get("/orders?state=shipped")
    assert service.get("/orders?state=nonsense&page=-7&sort=x")


def test_a_list_is_paged_by_fifty_and_says_whether_there_is_more(shelf, service):
    for _ in range(51):
        shelf.order(("KETTLE", 1))
    first = service.json("/orders")
    assert (len(first["orders"]), first["next"]) == (50, "/orders?page=2")
    second = service.json("/orders?page=2")
    assert ([row["number"] for row in second["orders"]], second["next"]) == (["101"], None)
    assert 'rel="next"' in service.get("/orders")
    assert 'rel="prev"' in service.get("/orders?page=2")


def test_held_orders_and_those_with_an_exception_are_found(shelf, service, ada):
    shelf.order(("KETTLE", 1))
    shelf.order(("KETTLE", 1))
    ada.post("/orders/102/hold")
    assert [row["number"] for row in service.json("/orders?held=yes")["orders"]] == ["102"]
    assert service.json("/orders")["figures"]["held"] == 1
    shelf.base.change(lambda session: session.run(
        """INSERT INTO order_exception (id, order_id, channel, number, kind, reasons, opened_at)
           SELECT 7, id, channel, number, 'customer', '["refunded"]', 1 FROM sales_order WHERE number = '101'"""))  # fmt: skip
    assert [row["number"] for row in service.json("/orders?exception=yes")["orders"]] == ["101"]
    assert "The money went back" in service.get("/orders/101")


def test_a_supervisor_sees_no_customers_data_and_cannot_ask_for_it(shelf, boss):
    shelf.order(("KETTLE", 1))
    assert "Li Lei" not in boss.get("/orders")
    page = boss.get("/orders/101")
    assert "Li Lei" not in page
    assert "1 Nanjing Road" not in page
    assert "13800000000" not in page
    assert "Shanghai" in page
    assert "Show in full" not in page
    boss.post("/orders/101/recipient")
    assert boss.status == 403
    assert boss.json("/orders?q=Li+Lei")["orders"] == [], "nor find it out by searching"


def test_each_look_at_an_address_is_written_down(shelf, service):
    """R-SEC-2."""
    shelf.order(("KETTLE", 1))
    page = service.get("/orders/101")
    assert "1 Nanjing Road" not in page
    assert "Show in full" in page
    page = service.post("/orders/101/recipient", key="look-1")
    assert "1 Nanjing Road" in page
    assert "13800000000" in page
    service.post("/orders/101/recipient", key="look-1")
    assert shelf.value("SELECT count(*) FROM order_event WHERE kind = 'look'") == 1, "the same look once"
    assert "recipient looked at by Cora" in service.get("/orders/101")


def test_what_is_decided_shows_on_the_page_and_stays_in_its_history(shelf, boss):
    shelf.order(("KETTLE", 1))
    boss.get("/orders/101")
    boss.post("/orders/101/hold", key="h1")
    assert "is held" in boss.notice
    assert boss.at.startswith("/orders/"), "loading it again sends nothing"
    assert "It is held until somebody releases it." in boss.html
    boss.post("/orders/101/hold", key="h1")
    boss.post("/orders/101/tier", tier="express")
    assert "express" in boss.notice
    boss.post("/orders/101/release")
    boss.post("/orders/101/tier", tier="turbo")
    assert boss.status == 422
    assert "turbo is no tier" in boss.notice
    boss.post("/orders/101/cancel")
    boss.post("/orders/101/cancel")
    assert (boss.status, "was cancelled" in boss.notice) == (422, True)
    assert shelf.value("SELECT count(*) FROM order_event WHERE kind = 'hold'") == 1, "once for its key"
    for text in ("held by Sam", "made express by Sam", "released by Sam", "cancelled by Sam", "taken in from shop"):
        assert text in boss.html
    assert "/hold" not in boss.html, "what is over is decided no more"


def test_an_order_that_went_all_the_way_tells_who_did_what(shelf, boss, ada):
    shelf.order(("KETTLE", 2))
    for room in ("picking", "packing", "shipping"):
        assert ada.work(room) == 1
    page = boss.get("/orders/101")
    assert "picked by ada" in page
    assert "packed by ada" in page
    assert page.count("handed over") > 2
    assert "packing-list.pdf" in page


def test_hostile_text_is_shown_literally(shelf, service):
    number = shelf.order(("KETTLE", 1), note=HOSTILE)
    shelf.base.change(lambda session: session.run("UPDATE recipient SET name = :text, city = :text", text=HOSTILE))
    assert HOSTILE not in service.get("/orders")
    assert escape(HOSTILE, quote=False)[:20] in service.html
    page = service.get(f"/orders/{number}")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    service.client.get("/orders")
    assert service.get(f"/orders?q={HOSTILE.replace('&', '%26').replace('%_', '%25_')}")


@pytest.mark.parametrize("role", ["picker", "receiver", "packer", "counter", "finance"])
def test_others_have_no_business_here(shelf, role):
    shelf.order(("KETTLE", 1))
    browser = Browser(shelf, role)
    paths = ["/orders", "/orders/101", "/exceptions"]
    if role != "finance":  # they are the second to approve a dear purchase
        paths.append("/purchase-orders")
    for path in paths:
        browser.get(path)
        assert browser.status == 403
    browser.post("/orders/101/hold")
    assert browser.status == 403
    assert shelf.value("SELECT held FROM sales_order") == 0


def test_what_is_no_order_is_not_found(service):
    service.get("/orders/nothing")
    assert service.status == 404
    assert service.client.post("/orders", headers=PAGE).status_code in {400, 405}


def test_the_check_of_pages_sees_what_is_wrong():
    assert faults_of("<p><b>x</p></b>")
    assert faults_of('<i id="a"></i><i id="a"></i>')
    assert faults_of('<form method="post" action="/x"><input name="key"></form>')
    assert faults_of("<div>")
    assert faults_of('<p onclick="x()">a</p>')
    assert faults_of("<ul><li>a<br></li></ul>") == []
