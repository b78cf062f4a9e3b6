"""Stock by age, and what never moved (R-SAF-6)."""

from __future__ import annotations

import csv
import io

import pytest

from tests.pages import Browser
from warehouse.catalog.locations import make_location
from warehouse.catalog.suppliers import put_supplier
from warehouse.clock import day_of, iso_day, now_us
from warehouse.planning.ages import BANDS, band_of, edges
from warehouse.planning.jobs import work_on


@pytest.fixture
def buyer(house):
    return Browser(house, "purchasing", name="Pia")


def ago(days):
    return iso_day(day_of(now_us(), "Asia/Shanghai") - days)


@pytest.fixture
def aged(house):
    """Kettles (5.00 each, of ACME) and tea (2.00), received on the first and last day of each band; cameras without a cost."""

    def make(session):
        zone = make_location(session, house.id, "Z-1", kind="zone")
        bay = make_location(session, house.id, "Z-1-B", kind="bay", parent_id=zone)
        for code, within in (("A-01", zone), ("A-02", bay)):
            session.run("UPDATE location SET parent_id = :zone WHERE id = :id", zone=within, id=house.places[code])
        acme = put_supplier(session, "ACME", "=Acme")
        session.run(
            "UPDATE item SET unit_cost = 500, supplier_id = :acme, class = 'BIG' WHERE sku = 'KETTLE'", acme=acme
        )
        session.run("UPDATE item SET unit_cost = 200 WHERE sku = 'TEA'")

    house.base.change(make)
    for number, days in enumerate((0, 30, 31, 90, 91, 180, 181, 365, 366, 900), start=1):
        house.put("KETTLE", "A-01" if number % 2 else "A-02", number, received=ago(days))
    house.put("TEA", "A-03", 100, received=ago(31), lot="L1", expiry="2099-01-01")
    house.put("CAMERA", "A-04", 1, received=ago(5), serial="S1")


def bands_of(row):
    return [(each["quantity"], each["value"]) for each in row["bands"]]


def test_each_piece_is_in_the_band_of_its_age(house, aged, buyer):
    """R-SAF-6: 0–30, 31–90, 91–180, 181–365 days, and more; value at the item's cost."""
    found = buyer.json("/slow-movers/age")
    rows = {row["code"]: row for row in found["rows"]}
    assert bands_of(rows["KETTLE"]) == [(3, 1500), (7, 3500), (11, 5500), (15, 7500), (19, 9500)]
    assert bands_of(rows["TEA"]) == [(0, 0), (100, 20000), (0, 0), (0, 0), (0, 0)]
    assert [(each["from"], each["until"]) for each in rows["TEA"]["bands"]] == [
        (0, 30), (31, 90), (91, 180), (181, 365), (366, None),
    ]  # fmt: skip
    assert (rows["KETTLE"]["oldest_days"], rows["KETTLE"]["oldest_day"]) == (900, ago(900))
    assert (rows["CAMERA"]["without_cost"], rows["CAMERA"]["value"]) == (1, 0)
    assert [row["code"] for row in found["rows"]] == ["KETTLE", "TEA", "CAMERA"], "the greatest value first"
    assert [row["code"] for row in buyer.json("/slow-movers/age?sort=age")["rows"]] == ["KETTLE", "TEA", "CAMERA"]
    assert [row["code"] for row in buyer.json("/slow-movers/age?q=tea")["rows"]] == ["TEA"]


@pytest.mark.parametrize(("key", "codes"), [
    ("item", {"KETTLE": 27500, "TEA": 20000, "CAMERA": 0}), ("supplier", {"ACME": 27500, "": 20000}),
    ("zone", {"Z-1": 27500, "": 20000}), ("class", {"BIG": 27500, "": 20000}),
])  # fmt: skip
def test_whatever_it_is_summed_by_it_makes_up_the_stock(house, aged, buyer, key, codes):
    """R-SAF-6: by item, supplier, zone through whatever stands between, and class."""
    found = buyer.json(f"/slow-movers/age?by={key}")
    assert {row["code"]: row["value"] for row in found["rows"]} == codes
    whole = found["warehouse"]
    on_hand = house.value("SELECT SUM(on_hand) FROM total")
    assert (sum(row["quantity"] for row in found["rows"]), whole["quantity"], sum(q for q, _ in bands_of(whole))) == (
        on_hand, on_hand, on_hand,
    )  # fmt: skip
    assert sum(value for row in found["rows"] for _, value in bands_of(row)) == whole["value"] == 47500
    page = buyer.get(f"/slow-movers/age?by={key}")
    assert ("over 365 days" in page, "475.00" in page, "1 without a cost" in page) == (True, True, True)


def test_who_brought_a_layer_is_its_supplier(house, aged, buyer, ada):
    """R-SAF-6: goods of one item from two suppliers are told apart."""
    house.base.change(lambda session: session.run("UPDATE item SET supplier_id = NULL WHERE sku = 'KETTLE'"))
    house.purchase(("KETTLE", 10), number="PO-1")
    ada.next("receiving")
    ada.scans("PO-1", "KETTLE", "XQ9")
    rows = {row["code"]: row for row in buyer.json("/slow-movers/age?by=supplier")["rows"]}
    assert (rows["ACME"]["quantity"], rows[""]["quantity"]) == (10, 156)


def test_stock_by_age_is_a_file_with_money_in_yuan(house, aged, buyer):
    """R-SAF-6: and what a spreadsheet would run is made harmless."""
    answer = buyer.client.get("/slow-movers/age.csv?by=supplier")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == {
        "by": "supplier", "code": "ACME", "name": "'=Acme", "quantity": "55", "value": "275.00", "currency": "CNY",
        "oldest_day": ago(900), "without_cost": "0", "quantity_0_30": "3", "value_0_30": "15.00", "quantity_31_90": "7",
        "value_31_90": "35.00", "quantity_91_180": "11", "value_91_180": "55.00", "quantity_181_365": "15",
        "value_181_365": "75.00", "quantity_over_365": "19", "value_over_365": "95.00",
    }  # fmt: skip
    assert len(rows) == 2
    picker = house.worker("picker")
    picker.get("/slow-movers/age")
    assert picker.status == 403


def test_an_empty_warehouse_has_no_age(house, buyer):
    found = buyer.json("/slow-movers/age")
    assert (found["rows"], found["warehouse"]["quantity"], found["warehouse"]["oldest_day"]) == ([], 0, None)
    assert "Stock by age" in buyer.get("/slow-movers/age?by=zone")


def test_bands_leave_nothing_out():
    for age in range(400):
        first, last = edges(band_of(age))
        assert first <= age
        assert last is None or age <= last
    assert edges(len(BANDS)) == (BANDS[-1] + 1, None)


def test_what_never_moved_is_slow_as_long_as_it_lies_there(house, buyer):
    """R-SAF-6: planned or not, counted from the day on which the oldest of it was received."""
    house.put("KETTLE", "A-01", 4, received=ago(100))
    house.put("KETTLE", "A-02", 4, received=ago(3))
    house.put("TEA", "A-03", 4, received=ago(89), lot="L1", expiry="2099-01-01")

    def slow(days):
        return [(row["sku"], row["idle_days"]) for row in buyer.json(f"/slow-movers?days={days}&sort=age")["items"]]

    for _ in range(2):
        assert (slow(90), slow(60), slow(180)) == ([("KETTLE", 100)], [("KETTLE", 100), ("TEA", 89)], [])
        work_on(house.base, house.id)  # it is planned then: its first day is today's
    assert "KETTLE" in buyer.get("/slow-movers?days=90")
