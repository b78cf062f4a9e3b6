"""The demo company: believable, the same every time, and a floor that can be worked at once."""

from __future__ import annotations

import hashlib
import json

import pytest
from flask import Flask

from tests.conftest import prove
from tests.floor import TIMEZONE, House, Worker
from warehouse.catalog.codes import MADE_FORM
from warehouse.db import Database
from warehouse.demo import DatabaseInUse, Demo, is_empty, make_demo, people_here
from warehouse.demo.tables import FAMILIES, PACKING, PEOPLE, VARIANTS
from warehouse.people.rules import check_pin


def make(base: Database, **more: str) -> Demo:
    return make_demo(base, timezone=TIMEZONE, **more)


@pytest.fixture
def made(base: Database) -> Demo:
    return make(base)


@pytest.fixture
def robot(app: Flask, made: Demo) -> Worker:
    return Worker(app.test_client(), made.token)


def ends_right(digits: str) -> bool:
    """The check digit of a GTIN (GS1 General Specifications, 7.9)."""
    return sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(reversed(digits))) % 10 == 0


def ask(base: Database, sql: str) -> list[tuple]:
    return [tuple(row) for row in base.read(lambda session: session.all(sql))]


def test_the_book_proves_itself_and_a_second_demo_is_refused(base: Database, made: Demo) -> None:
    prove(base)
    with pytest.raises(DatabaseInUse):
        make(base)


def test_the_large_one_is_made_by_the_same_code(base: Database) -> None:
    make(base, scale="large")
    assert ask(base, "SELECT count(*) FROM item")[0][0] > 4_500
    assert ask(base, "SELECT count(*) FROM sales_order") == [(2_000,)]
    prove(base)


@pytest.mark.parametrize("table", ["supplier", "order_exception"])
def test_a_database_that_holds_real_data_is_left_alone(base: Database, table: str) -> None:
    rows = {
        "supplier": "INSERT INTO supplier (id, code, name) VALUES (1, 'REAL', 'Real')",
        "order_exception": """INSERT INTO order_exception (id, channel, number, kind, reasons, opened_at)
                              VALUES (1, 'shop', '1', 'data', '[]', 1)""",
    }
    base.change(lambda session: session.run(rows[table]))
    with pytest.raises(DatabaseInUse):
        make(base)
    assert ask(base, "SELECT count(*) FROM warehouse") == [(0,)]


def test_it_is_a_company_of_some_size(base: Database, made: Demo) -> None:
    for_sale = sum(len(VARIANTS[family.variants]) for family in FAMILIES)
    assert ask(base, "SELECT count(*) FROM item") == [(for_sale + len(PACKING),)]
    assert ask(base, "SELECT count(*) FROM item WHERE name_zh = ''") == [(0,)]
    assert ask(base, "SELECT count(*) FROM location WHERE kind = 'zone'") == [(3,)]
    kinds = dict(ask(base, "SELECT kind, count(*) FROM location GROUP BY kind"))
    assert (kinds["dock"], kinds["station"], kinds["staging"], kinds["quarantine"]) == (2, 3, 1, 1)
    assert ask(base, "SELECT count(*) FROM purchase_order WHERE state = 'open'") == [(6,)]
    tracked = dict(ask(base, "SELECT tracking, count(*) FROM item GROUP BY tracking"))
    assert (tracked["lot"], tracked["serial"]) == (90, 20)
    classes = "SELECT DISTINCT classes FROM location WHERE kind = 'zone' ORDER BY classes"
    assert ask(base, classes) == [("food,care",), ("home,textile",), ("paper,toys,tech",)]
    assert ask(base, "SELECT count(*) FROM supplier WHERE lead_time_days IS NULL") == [(0,)]


def test_goods_lie_where_their_class_belongs(base: Database, made: Demo) -> None:
    astray = """SELECT i.sku, l.code FROM balance b JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id
                JOIN location a ON a.id = l.parent_id JOIN location z ON z.id = a.parent_id
                WHERE l.kind = 'bin' AND ',' || z.classes || ',' NOT LIKE '%,' || i.class || ',%'"""
    assert ask(base, astray) == []
    full = """SELECT l.code FROM balance b JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id
              WHERE l.kind = 'bin' GROUP BY l.code, l.max_weight_g, l.max_volume_mm3
              HAVING SUM(b.quantity * i.weight_g) > l.max_weight_g
                  OR SUM(b.quantity * i.length_mm * i.width_mm * i.height_mm) > l.max_volume_mm3"""
    assert ask(base, full) == []


def test_food_goes_by_its_expiry(base: Database, made: Demo) -> None:
    wrong = """SELECT y.id FROM layer y JOIN lot t ON t.id = y.lot_id
               WHERE y.expiry_day <> t.expiry_day OR y.rank_day <> t.expiry_day OR y.last_day <> t.expiry_day"""
    assert ask(base, "SELECT count(*) FROM layer WHERE lot_id <> 0")[0][0] > 90
    assert ask(base, wrong) == []


def test_barcodes_are_as_printed_on_real_goods(base: Database, made: Demo) -> None:
    codes = [code for (code,) in ask(base, "SELECT barcode FROM item WHERE kind = 'merchandise'")]
    assert all(len(code) == 13 and ends_right(code) for code in codes)
    packs = ask(base, "SELECT text, quantity FROM code WHERE kind = 'item' AND quantity > 1")
    assert {quantity for _, quantity in packs} == {2, 4, 6, 10, 12}
    assert all(len(code) == 14 and ends_right(code) for code, _ in packs)


def test_orders_are_of_every_kind(base: Database, made: Demo) -> None:
    assert ask(base, "SELECT count(*) FROM sales_order") == [(60,)]
    assert {tier for (tier,) in ask(base, "SELECT DISTINCT tier FROM sales_order")} == {
        "standard",
        "express",
        "priority",
    }
    assert len(ask(base, "SELECT DISTINCT channel FROM sales_order")) == 3
    assert ask(base, "SELECT count(*) FROM sales_order WHERE held = 1") == [(2,)]
    assert ask(base, "SELECT count(*) FROM sales_order WHERE paid = 0") == [(3,)]
    assert ask(base, "SELECT count(*) FROM sales_order WHERE note <> ''") == [(6,)]
    reasons = [json.loads(each) for (each,) in ask(base, "SELECT reasons FROM order_exception")]
    assert [len(each) for each in reasons] == [2, 3]


def test_badges_and_pins_are_fixed_and_of_the_made_form(base: Database, made: Demo) -> None:
    roles = {role for _, roles in PEOPLE for role in roles}
    assert roles == {
        "picker",
        "receiver",
        "packer",
        "supervisor",
        "operations",
        "purchasing",
        "customer_service",
        "admin",
    }
    for _, _, badge, pin in made.people:
        assert MADE_FORM.fullmatch(badge)
        assert check_pin(pin) == pin
    assert base.read(people_here) == made.people
    base.change(lambda session: session.run("UPDATE person SET active = 0 WHERE name = :name", name=PEOPLE[0][0]))
    assert base.read(people_here) == made.people[1:]


def test_a_real_installation_has_no_default_people(base: Database) -> None:
    assert base.read(is_empty)
    assert base.read(people_here) == ()


def test_the_same_company_comes_out_every_time(base: Database, made: Demo) -> None:
    """Seeded: what the sheet of barcodes shows today is right tomorrow."""
    said = ask(base, "SELECT number, tier, region FROM sales_order ORDER BY confirmed_at, id LIMIT 60")
    assert hashlib.sha256(repr(sorted(said)).encode()).hexdigest()[:12] == "91dfd9ad4737"
    at_first = "SELECT barcode, sku FROM item WHERE sku = 'MUG-BLU'"
    assert ask(base, at_first) == [("6901234000016", "MUG-BLU")]


def test_a_robot_works_every_room_and_the_book_still_proves_itself(robot: Worker, base: Database) -> None:
    worked = {
        room: robot.work(room) for room in ("receiving", "putaway", "replenishing", "picking", "packing", "shipping")
    }
    assert all(worked.values()), worked
    assert worked["receiving"] == 6
    assert ask(base, "SELECT count(*) FROM sales_order WHERE state = 'shipped'")[0][0] >= 50
    prove(base)


def test_the_picker_signs_in_with_what_was_printed(app: Flask, made: Demo) -> None:
    browser = app.test_client()
    _, _, badge, pin = made.people[0]
    answer = browser.post("/login", data={"badge": badge, "pin": pin}, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    rooms = browser.get("/floor", headers={"Accept": "application/json"}).get_json()["rooms"]
    waiting = {room["room"]: room["waiting"] for room in rooms}
    assert waiting["picking"] >= 50
    assert waiting["replenishing"] >= 20


def test_postgresql_knows_how_large_its_tables_are_at_once(house: House, url: str) -> None:
    """Until it does, it joins them the slow way; its own housekeeping comes a minute later."""
    house.put("KETTLE", "A-01", 3)
    house.base.gather_statistics()
    if url.startswith("postgresql"):
        assert house.value("SELECT reltuples FROM pg_class WHERE relname = 'location'") > 0
