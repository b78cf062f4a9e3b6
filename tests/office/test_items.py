"""Items at a desk: found by whatever is known of them, changed, given barcodes, made."""

from __future__ import annotations

import uuid

import pytest

from tests.floor import House
from tests.office.browsing import HOSTILE, Desk
from warehouse.catalog.codes import register


@pytest.fixture
def olga(house: House) -> Desk:
    return Desk(house, "operations")


def skus(desk: Desk, query: str) -> list[str]:
    return [item["sku"] for item in desk.json(f"/items?{query}")["items"]]


def test_an_item_is_found_by_sku_by_name_in_either_language_and_by_any_barcode(house: House, olga: Desk) -> None:
    house.base.change(lambda session: session.run("UPDATE item SET name_zh = '绿茶' WHERE sku = 'TEA'"))
    house.base.change(
        lambda session: register(session, "2400000000017", kind="item", ref_id=house.items["TEA"], quantity=12)
    )
    for text in ("TEA", "te", "green t", "绿茶", "2400000000017"):
        assert skus(olga, f"q={text}") == ["TEA"], text
    assert skus(olga, "q=100%25") == [], "a sign of the database's own means itself"
    assert skus(olga, "tracking=serial") == ["CAMERA"]
    assert skus(olga, "only=bare") == ["CAMERA", "TEA"]
    assert "Green tea" in olga.get("/items?q=TEA")


def test_what_lies_below_its_safety_stock_is_listed(house: House, olga: Desk) -> None:
    house.base.change(lambda session: session.run("UPDATE item SET safety_stock = 10"))
    house.put("KETTLE", "A-01", 12)
    house.put("TEA", "A-02", 30, lot="OLD", expiry="2020-01-01")
    assert skus(olga, "only=below_safety") == ["CAMERA", "TEA"], "what has expired cannot be sold"
    olga.get("/items?only=below_safety")
    assert olga.status == 200


def test_an_items_page_tells_where_it_lies_and_what_happened(house: House, olga: Desk) -> None:
    house.put("TEA", "A-02", 30, lot="L-77", expiry="2099-05-01")
    page = olga.get(f"/items/{house.items['TEA']}")
    for text in ("A-02", "L-77", "2099-05-01", "available", "30 × TEA were at A-02 from the start"):
        assert text in page, text
    view = olga.json(f"/items/{house.items['TEA']}")["item"]
    assert (view["on_hand"], view["available"], view["lies"][0]["location"]) == (30, 30, "A-02")
    assert olga.get("/items/12345")
    assert olga.status == 404


def test_an_item_is_changed_and_a_refusal_keeps_what_was_typed(house: House, olga: Desk) -> None:
    path = f"/items/{house.items['KETTLE']}"
    olga.post(path, name="Kettle 2 l", name_zh="水壶", barcode="5012345678900", safety_stock="8", length_mm="200")
    assert olga.status == 200
    assert "Item KETTLE is changed" in olga.notice()
    assert house.value("SELECT safety_stock FROM item WHERE sku = 'KETTLE'") == 8
    olga.post(path, name="Better kettle", safety_stock="lots")
    assert olga.status == 422
    assert "Safety stock takes a whole number" in olga.notice()
    assert 'value="Better kettle"' in olga.page
    assert 'value="lots"' in olga.page
    assert house.value("SELECT name FROM item WHERE sku = 'KETTLE'") == "Kettle 2 l"


def test_barcodes_are_added_with_their_quantity_and_removed(house: House, olga: Desk) -> None:
    path = f"/items/{house.items['KETTLE']}"
    olga.post(f"{path}/codes", code="CASE-6", quantity="6")
    assert "CASE-6 now stands for 6 × KETTLE" in olga.notice()
    for code, why in (("TEA", "already names something else"), ("XXDONE", "cannot be a code"), ("XQ5", "cannot be a code"),
                      ("XL000777", "cannot be a code"), ("", "must be filled in")):  # fmt: skip
        olga.post(f"{path}/codes", code=code, quantity="1")
        assert olga.status == 422
        assert why in olga.notice(), code
    olga.post(f"{path}/codes/remove", remove="5012345678900")
    assert "called by" in olga.notice()
    olga.post(f"{path}/codes/remove", remove="CASE-6")
    assert "no longer names" in olga.notice()
    assert house.value("SELECT count(*) FROM code WHERE text = 'CASE-6'") == 0
    olga.post(f"{path}/codes/remove", remove="TEA")
    assert olga.status == 422
    assert house.value("SELECT count(*) FROM code WHERE text = 'TEA'") == 1, "another item's code stays"


def test_a_new_item_without_a_barcode_gets_one_of_our_own(house: House, olga: Desk) -> None:
    olga.get("/items/new")
    olga.post("/items", sku="CUP", name="Cup", tracking="none", kind="merchandise")
    assert olga.status == 200
    barcode = house.value("SELECT barcode FROM item WHERE sku = 'CUP'")
    assert len(barcode) == 13
    assert barcode.startswith("20")
    assert barcode in olga.notice()
    assert house.worker().get(f"/lookup?code={barcode}")["things"][0]["code"] == "CUP"
    olga.post("/items", sku="CUP", name="Another cup")
    assert "already names something else" in olga.notice()
    olga.post("/items", sku="", name="Nothing")
    assert "SKU must be filled in" in olga.notice()


def test_a_form_sent_twice_is_done_once(house: House, olga: Desk) -> None:
    key = uuid.uuid4().hex
    for _ in range(2):
        olga.post("/items", sku="PLATE", name="Plate", key=key)
        assert "Item PLATE is made" in olga.notice()
    assert house.value("SELECT count(*) FROM item WHERE sku = 'PLATE'") == 1
    olga.post("/items", sku="PLATE2", name="Plate", key=key)
    assert "used for another act" in olga.notice()
    olga.post("/items", sku="PLATE3", name="Plate", key="")
    assert olga.status == 422


def test_hostile_texts_are_shown_literally(house: House, olga: Desk) -> None:
    olga.post("/items", sku="EVIL", name=HOSTILE, name_zh=HOSTILE)
    assert olga.status == 200
    item = house.value("SELECT id FROM item WHERE sku = 'EVIL'")
    for path in ("/items", f"/items/{item}", "/items?q=%3Cscript%3E"):
        page = olga.get(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page
    olga.post("/items", sku=HOSTILE, name="x")
    assert "<img src=x" not in olga.page


def test_who_only_sees_items_changes_none(house: House) -> None:
    clerk = Desk(house, "customer_service")
    page = clerk.get(f"/items/{house.items['TEA']}")
    assert clerk.status == 200
    assert 'method="post" action="/items' not in page
    clerk.post(f"/items/{house.items['TEA']}", name="Mine")
    assert clerk.status == 403
    picker = Desk(house, "picker")
    picker.get("/items")
    assert picker.status == 403


def test_a_list_is_read_page_by_page(house: House, olga: Desk) -> None:
    def many(session: object) -> None:
        for number in range(60):
            house.add_item(session, f"Z{number:03d}")  # type: ignore[arg-type]

    house.base.change(many)
    first = olga.json("/items")
    assert len(first["items"]) == 50
    second = olga.json(first["next"])
    assert [len(second["items"]), second["next"]] == [13, None]
    assert "Next page" in olga.get("/items")
