"""What came with faults is corrected on its page, checked again as a whole, and goes on (R-ORD-1)."""

from __future__ import annotations

import json

import pytest

from tests.imports.conftest import Desk
from tests.pages import Browser

HEADER = "channel,number,confirmed_at,name,phone,region,address,sku,quantity"
BAD = f"{HEADER}\nshop,7,2026-01-05 09:00,Ann Lee,none,Hebei,1 Road,KETTEL,2\nshop,7,,,,,,TEA,0\n"


@pytest.fixture
def bring(house, tmp_path):
    """Imports orders as the command line does, keeping what is good."""
    desk = Desk(house.base, tmp_path)

    def bring(text):
        return desk.bring("orders", text, keep_good=True)

    return bring


@pytest.fixture
def service(house):
    return Browser(house, "customer_service", name="Cora")


def only(house):
    return house.value("SELECT id FROM order_exception WHERE closed_at IS NULL")


def form(**changes):
    return {
        "channel": "shop", "number": "7", "confirmed_at": "2026-01-05 09:00", "name": "Ann Lee", "phone": "13800000000",
        "region": "Hebei", "address": "1 Road", "sku_1": "KETTLE", "quantity_1": "2", "sku_2": "TEA", "quantity_2": "1",
    } | changes  # fmt: skip


def test_the_queue_says_in_words_what_is_wrong_whose_it_is_and_until_when(house, bring, service):
    bring(BAD)
    page = service.get("/exceptions")
    for text in ("SKU is not known here", "Telephone cannot be understood", "Quantity cannot be understood",
                 "customer service", "faulty data", 'href="/exceptions"><b>1</b>'):  # fmt: skip
        assert text in page
    listed = service.json("/exceptions")["exceptions"]
    assert [(row["number"], row["kind"], row["owner"]) for row in listed] == [("7", "data", "customer_service")]
    assert service.json("/exceptions?owner=purchasing")["exceptions"] == []
    assert service.json("/exceptions?kind=data&q=7")["exceptions"] != []
    assert service.json("/exceptions?late=yes")["exceptions"] == []


def test_an_order_is_corrected_field_by_field_and_goes_on(house, bring, service):
    bring(BAD)
    house.put("KETTLE", "A-01", 5)
    at = f"/exceptions/{only(house)}"
    page = service.get(at)
    assert "Ann Lee" not in page, "the customer's data is masked until it is asked for"
    assert "KETTEL" in page
    page = service.post(f"{at}/show")
    assert 'value="Ann Lee"' in page
    assert page.count('aria-invalid="true"') == 3, "the telephone, an item, a quantity"
    page = service.post(f"{at}/repair", **form(phone="none", name="Ann <b>Lee</b>", quantity_2="x"))
    assert service.status == 422
    assert "Faults left: 2" in service.notice
    assert 'value="Ann &lt;b&gt;Lee&lt;/b&gt;"' in page, "what was typed is kept"
    assert house.value("SELECT count(*) FROM sales_order") == 0
    service.post(f"{at}/repair", key="r1", **form())
    assert "goes on" in service.notice
    assert service.at.startswith("/orders/")
    assert "corrected by Cora" in service.html
    assert house.value("SELECT outcome FROM order_exception") == "repaired"
    service.post(f"{at}/repair", key="r1", **form())
    assert house.value("SELECT count(*) FROM sales_order") == 1, "once for its key"
    service.post(f"{at}/repair", **form())
    assert "closed already" in service.notice
    lines = house.base.read(lambda session: session.all(
        "SELECT i.sku, n.quantity FROM order_line n JOIN item i ON i.id = n.item_id ORDER BY n.line"))  # fmt: skip
    assert [tuple(row) for row in lines] == [("KETTLE", 2), ("TEA", 1)]
    assert house.value("SELECT count(*) FROM order_event WHERE kind = 'look'") == 1


def test_a_corrected_order_is_picked_like_any_other(house, bring, service, ada):
    bring(BAD)
    house.put("KETTLE", "A-01", 5)
    service.get("/exceptions")
    service.post(f"/exceptions/{only(house)}/repair", **form(sku_2="", quantity_2=""))
    assert ada.work("picking") == 1


def test_a_number_that_is_known_with_other_content_is_told_and_the_same_is_recognised(house, bring, service):
    """R-ORD-2."""
    good = f"{HEADER}\nshop,7,2026-01-05 09:00,Ann Lee,13800000000,Hebei,1 Road,KETTLE,2\n"
    bring(good)
    bring(good.replace("KETTLE,2", "KETTLE,3"))
    at = f"/exceptions/{only(house)}"
    page = service.get(at)
    assert "This number is known with other content" in page
    assert "The order of this number" in page
    known = form(sku_2="", quantity_2="")
    service.post(f"{at}/repair", **known | {"quantity_1": "4"})
    assert (service.status, "Faults left: 1" in service.notice) == (422, True)
    service.post(f"{at}/repair", **known)
    assert "is the same as the one that is known" in service.notice
    assert house.value("SELECT count(*) FROM sales_order") == 1
    assert house.value("SELECT outcome FROM order_exception") == "known"


def test_a_missing_number_is_filled_in(house, bring, service):
    bring(f"{HEADER}\nshop,,2026-01-05 09:00,Ann Lee,13800000000,Hebei,1 Road,KETTLE,2\n")
    at = f"/exceptions/{only(house)}"
    assert "Number is missing" in service.get(at)
    service.post(f"{at}/repair", **form(sku_2="", quantity_2="", number="77"))
    assert house.value("SELECT number FROM sales_order") == "77"
    assert only(house) is None


def test_what_came_through_a_mapping_is_shown_in_our_own_fields(house, tmp_path, service):
    """What their cells mean is kept beside them: the mapping itself is not at hand later."""
    mapping = (
        'kind = "orders"\n[columns]\nnumber = "Invoice"\nsku = "StockCode"\nname = "Customer"\n'
        '[constants]\nchannel = "web"\nphone = "000"\naddress = "unknown"\n[defaults]\nregion = "Hebei"\n'
        '[dates]\nconfirmed_at = "%d/%m/%Y"\n'
    )
    text = "Invoice,StockCode,Customer,region,confirmed_at,quantity\n9,KETTEL,Bo,,05/01/2026,2\n"
    Desk(house.base, tmp_path).bring("orders", text, mapping=mapping, keep_good=True)
    service.get("/exceptions")
    page = service.post(f"/exceptions/{only(house)}/show")
    for text in (
        'value="web"',
        'value="9"',
        'value="Bo"',
        'value="Hebei"',
        'value="2026-01-05T00:00:00"',
        'value="KETTEL"',
    ):
        assert text in page
    assert page.count('aria-invalid="true"') == 1


def test_an_exception_is_given_away_and_closed_with_its_outcome(house, bring, service):
    bring(BAD)
    at = f"/exceptions/{only(house)}"
    service.get(at)
    service.post(f"{at}/owner", owner="operations")
    assert "belongs to operations now" in service.notice
    service.post(f"{at}/owner", owner="nobody <i>")
    assert (service.status, "nobody &lt;i&gt;" in service.notice) == (422, True)
    service.post(f"{at}/close", outcome="", note="asked the shop")
    assert (service.status, 'value="asked the shop"' in service.html) == (422, True)
    service.post(f"{at}/close", outcome="twice", note="asked the shop")
    assert "is closed" in service.notice
    assert service.json("/exceptions")["exceptions"] == []
    assert [row["outcome"] for row in service.json("/exceptions?closed=yes")["exceptions"]] == ["twice"]
    assert "Closed by Cora: asked the shop" in service.get(at)


def test_a_supervisor_gives_and_closes_but_does_not_see_the_customer(house, bring):
    bring(BAD)
    boss = Browser(house, "supervisor")
    at = f"/exceptions/{only(house)}"
    page = boss.get(at)
    assert "Ann Lee" not in page
    assert "Show in full" not in page
    for verb in ("show", "repair"):
        boss.post(f"{at}/{verb}", **form())
        assert boss.status == 403
    boss.get(at)
    boss.post(f"{at}/owner", owner="supervisor")
    assert boss.status == 200


def test_what_was_stopped_later_is_decided_at_the_order(house, service, ada):
    house.put("KETTLE", "A-01", 20)
    house.order(("KETTLE", 3))
    ada.next("picking")
    ada.finish()
    ada.next("packing")
    ada.obey()
    ada.scans("KETTLE", "XXSHORT")
    at = f"/exceptions/{only(house)}"
    assert "Missing at packing" in service.get(at)
    service.post(f"{at}/close", outcome="twice")
    assert (service.status, "on its own page" in service.notice) == (422, True)
    service.post(f"{at}/repair", **form())
    assert service.status == 422
    service.get("/orders/101")
    service.post("/orders/101/release")
    assert only(house) is None


def test_an_order_that_was_set_aside_leads_to_its_exception(house, bring, service):
    bring(BAD)
    service.get("/orders/7")
    assert service.at == f"/exceptions/{only(house)}"
    assert json.loads(json.dumps(service.json("/orders/7")))["order"]["state"] == "exception"
    service.get("/exceptions/12345")
    assert service.status == 404


def test_hostile_text_in_every_field_is_shown_literally_and_refused_in_words(house, bring, service):
    hostile = "<script>alert(1)</script>"
    bring(f"{HEADER}\n{','.join([hostile] * 9)}\n")
    at = f"/exceptions/{only(house)}"
    for page in (service.get("/exceptions"), service.get(at), service.post(f"{at}/show"),
                 service.post(f"{at}/repair", **dict.fromkeys(form(), hostile + "'\"\x01"))):  # fmt: skip
        assert "<script>alert" not in page
    assert service.status == 422
