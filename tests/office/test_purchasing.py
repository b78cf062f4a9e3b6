"""Purchasing makes orders, sees what has come of them, closes the rest, and finds the papers of what came without."""

from __future__ import annotations

import pytest

from tests.pages import Browser
from tests.purchases import send
from warehouse.catalog.codes import register
from warehouse.catalog.suppliers import put_supplier


@pytest.fixture
def buyer(house):
    house.base.change(lambda session: put_supplier(session, "ACME", "Acme & Sons"))
    return Browser(house, "purchasing", name="Pia")


def on_order(house, sku="KETTLE"):
    return house.value("SELECT on_order FROM total WHERE item_id = :item", item=house.items[sku])


def form(**changes):
    return {"supplier": "ACME", "number": "B-77", "due": "2026-12-31", "code_1": "KETTLE", "quantity_1": "10"} | changes


def test_an_order_is_made_by_hand_approved_received_and_its_rest_closed(house, buyer, ada):
    buyer.get("/purchase-orders/new")
    assert "Acme &amp; Sons" in buyer.html
    buyer.post("/purchase-orders", key="m1", **form(code_3="TEA", quantity_3="5", unit_cost_3="120"))
    assert "Purchase order B-77 is made" in buyer.notice
    at = buyer.at.split("?")[0]
    buyer.post("/purchase-orders", key="m1", **form(code_3="TEA", quantity_3="5", unit_cost_3="120"))
    assert house.value("SELECT count(*) FROM purchase_order") == 1, "once for its key"
    assert on_order(house) is None, "nothing is on its way before it is approved and sent"
    send(buyer, at)
    assert (on_order(house), on_order(house, "TEA")) == (10, 5)
    ada.next("receiving")
    ada.scans("B-77", "KETTLE", "XQ3")
    page = buyer.get(at)
    assert "ada" in page
    assert "being received" in page
    buyer.post(f"{at}/close")
    assert (buyer.status, "ada is receiving B-77 now" in buyer.notice) == (422, True)
    ada.scans("XXDONE")
    assert "short" in buyer.get(at)
    buyer.post(f"{at}/close", key="c1")
    assert "B-77" in buyer.notice
    assert "11 pieces" in buyer.notice
    assert (on_order(house), on_order(house, "TEA")) == (0, 0)
    buyer.post(f"{at}/close", key="c1")
    assert buyer.status == 200
    buyer.post(f"{at}/close")
    assert (buyer.status, "Nothing of B-77 is open" in buyer.notice) == (422, True)
    assert "closed by hand" in buyer.get("/purchase-orders?state=cancelled")
    assert ada.next("receiving") is None
    assert house.value("SELECT count(*) FROM discrepancy WHERE kind = 'short' AND closed_at IS NULL") == 0


def test_taking_back_what_was_received_leaves_a_closed_order_closed(house, buyer, ada):
    buyer.get("/purchase-orders")
    buyer.post("/purchase-orders", **form())
    at = buyer.at.split("?")[0]
    send(buyer, at)
    ada.next("receiving")
    ada.scans("B-77", "KETTLE", "XQ3", "XXDONE")
    buyer.post(f"{at}/close")
    assert buyer.status == 200
    ada.scans("XXUNDO", "XXUNDO")
    assert on_order(house) == 0
    assert house.value("SELECT state FROM purchase_order") == "cancelled"
    ada.scans("XQ2")
    assert on_order(house) == 0
    assert house.verify().faults == []


def test_the_list_is_searched_by_number_and_supplier_and_filtered(house, buyer):
    house.purchase(("KETTLE", 3), number="PO-1")
    house.purchase(("TEA", 4), ("KETTLE", 1), number="PO-2")
    buyer.get("/purchase-orders/new")
    buyer.post("/purchase-orders", **form(due="2020-01-01"))
    send(buyer, buyer.at.split("?")[0])
    page = buyer.get("/purchase-orders")
    assert [f">{number}</a>" in page for number in ("PO-1", "PO-2", "B-77")] == [True] * 3
    for query, found in (("q=po-", ["PO-2", "PO-1"]), ("q=acme", ["B-77", "PO-2", "PO-1"]), ("q=%25", []),
                         ("late=yes", ["B-77"]), ("state=closed", []), ("sort=due", ["B-77", "PO-1", "PO-2"])):  # fmt: skip
        rows = buyer.json(f"/purchase-orders?{query}")["purchase_orders"]
        assert [row["number"] for row in rows] == found, query
    assert buyer.json("/purchase-orders?q=PO-2")["purchase_orders"][0] | {"id": "", "href": "", "due": None} == {
        "id": "", "number": "PO-2", "supplier": "ACME", "state": "open", "due": None, "lines": 2, "ordered": 5,
        "received": 0, "open": 5, "href": "",
    }  # fmt: skip
    assert buyer.json("/purchase-orders")["figures"] == {
        "open": 3, "late": 1, "waiting": 0, "approved": 0, "without_papers": 0,
    }  # fmt: skip


def test_a_barcode_of_a_case_counts_as_its_pieces_and_an_empty_number_is_made(house, buyer):
    house.base.change(
        lambda session: register(session, "CASE-12", kind="item", ref_id=house.items["KETTLE"], quantity=12)
    )
    buyer.get("/purchase-orders/new")
    buyer.post(
        "/purchase-orders", **form(number="", code_1="CASE-12", quantity_1="2", code_2="5012345678900", quantity_2="1")
    )
    assert "PO-000001" in buyer.notice
    assert house.value("SELECT SUM(quantity) FROM purchase_order_line") == 25


@pytest.mark.parametrize(("changes", "said"), [
    ({"supplier": "NOBODY"}, "No supplier has the code NOBODY"), ({"code_1": "KETTEL"}, "Line 1: KETTEL is no item here"),
    ({"quantity_1": "0"}, "Line 1: 0 is no whole number"), ({"quantity_1": "1.5"}, "1.5 is no whole number"),
    ({"quantity_1": "99999999999999999"}, "is no whole number"), ({"unit_cost_1": "-1"}, "Line 1: -1 is no amount in CNY"),
    ({"code_1": ""}, "Line 1: – is no item here"), ({"due": "soon"}, "Due takes a day such as 2027-12-31; soon came"),
    ({"number": "XXOK"}, "XXOK cannot be scanned"), ({"number": "XL000001"}, "cannot be scanned"),
    ({"number": "PO-1"}, "PO-1 is a purchase order already"), ({"number": "<b>\x01"}, "cannot be scanned"),
    ({"code_1": "<script>"}, "&lt;script&gt; is no item here"), ({"code_1": "A\x00B"}, "is no item here"),
])  # fmt: skip
def test_what_cannot_be_ordered_is_told_and_what_was_typed_is_kept(house, buyer, changes, said):
    house.purchase(("KETTLE", 3), number="PO-1")
    buyer.get("/purchase-orders/new")
    buyer.post("/purchase-orders", **form(code_2="TEA", quantity_2="7") | changes)
    assert buyer.status == 422
    assert said in buyer.notice
    assert 'value="TEA"' in buyer.html
    assert 'value="7"' in buyer.html
    assert house.value("SELECT count(*) FROM purchase_order") == 1


def test_nothing_is_no_order(house, buyer):
    buyer.get("/purchase-orders/new")
    buyer.post("/purchase-orders", supplier="ACME")
    assert (buyer.status, "at least one item" in buyer.notice) == (422, True)


def test_what_came_without_papers_is_linked_to_its_order(house, buyer, ada):
    """R-RCV-1."""
    ada.post("/receiving/next", code="KETTLE")
    ada.screen = ada.get("/receiving")["screen"]
    ada.scans("XQ2", "XXDONE")
    house.purchase(("TEA", 3), number="PO-1")
    house.purchase(("KETTLE", 3), number="PO-2")
    page = buyer.get("/purchase-orders/without-papers")
    assert "3 × <b" in page
    work_id = buyer.json("/purchase-orders/without-papers")["receipts"][0]["work"]
    at = f"/purchase-orders/receipts/{work_id}/link"
    for number in ("PO-9", "PO-1"):
        buyer.post(at, number=number)
        assert buyer.status == 422
        assert f'value="{number}"' in buyer.html
    buyer.post(at, number="PO-2", key="l1")
    assert "PO-2" in buyer.notice
    assert "Every receipt has its papers" in buyer.html
    buyer.post(at, number="PO-2", key="l1")
    assert buyer.status == 200
    assert house.value("SELECT state FROM purchase_order WHERE number = 'PO-2'") == "closed"


def test_a_supervisor_sees_but_does_not_order(house, buyer):
    number = house.purchase(("KETTLE", 3))
    boss = Browser(house, "supervisor")
    assert number in boss.get("/purchase-orders")
    assert "/purchase-orders/new" not in boss.html
    order_id = house.value("SELECT id FROM purchase_order")
    assert "/close" not in boss.get(f"/purchase-orders/{order_id}")
    for path in ("/purchase-orders", f"/purchase-orders/{order_id}/close"):
        boss.post(path, **form())
        assert boss.status == 403
    assert house.value("SELECT count(*) FROM purchase_order") == 1
    boss.get("/purchase-orders/99")
    assert boss.status == 404
