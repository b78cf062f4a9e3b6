"""Mapping files: what they can say, and what they are told when they say it wrong."""

from __future__ import annotations

import pytest

from tests.imports.conftest import ORDER, why
from warehouse.imports.columns import ORDERS
from warehouse.imports.mapping import BadMapping, read_mapping
from warehouse.imports.reading import FileRefused

MAPPING = """
kind = "orders"
timezone = "Europe/London"
ignore = ["Description"]
upper = ["sku"]
money_factor = 100
first_row = ["confirmed_at"]
[columns]
number = "Invoice"
sku = "Code"
quantity = "Qty"
confirmed_at = "Date"
unit_price = "Price"
name = "Customer"
region = "Country"
[constants]
channel = "shop"
phone = 4420794600
address = "see the shop"
[defaults]
name = "Guest"
[dates]
confirmed_at = "%d/%m/%Y %H:%M"
[[replace]]
column = "name"
pattern = '^(\\d+)\\.0$'
with = 'Customer \\1'
[[skip]]
column = "Invoice"
pattern = "^C"
reason = "cancelled"
"""
HEADER = "Invoice,Code,Description,Qty,Date,Price,Customer,Country\n"


def test_another_systems_columns_become_ours(desk):
    desk.furnish()
    text = (
        HEADER
        + "1,kettle,x,2,31/12/2025 09:30,2.555,17850.0,France\nC1,kettle,x,-2,,,,\n1,MUG,,1,31/12/2025 09:31,,,France\n"
    )
    imported = desk.taken("orders", text, mapping=MAPPING)
    assert imported.outcome.as_json() == {
        "lines": 3, "accepted": 2, "skipped": 1, "rejected": 0, "reasons": {"cancelled": 1},
    }  # fmt: skip
    order = desk.all("SELECT channel, number, region, confirmed_at, paid FROM sales_order")
    assert order == [("shop", "1", "France", 1_767_173_400_000_000, 1)], "London time, of its first row"
    assert desk.all("SELECT name, phone, address FROM recipient") == [("Customer 17850", "4420794600", "see the shop")]
    assert desk.all("SELECT quantity, unit_price FROM order_line ORDER BY line") == [(2, 256), (1, None)]


def test_a_skipped_row_does_not_hurt_its_order(desk):
    desk.furnish()
    mapping = MAPPING.replace('column = "Invoice"', 'column = "Code"').replace('"^C"', '"^POST$"')
    text = HEADER + "1,KETTLE,x,2,31/12/2025 09:30,2.5,1.0,France\n1,POST,x,-1,never,x,,\n"
    imported = desk.taken("orders", text, mapping=mapping)
    assert (imported.outcome.accepted, imported.outcome.skipped) == (1, 1)


def test_a_date_or_an_amount_of_another_form_is_a_bad_row(desk):
    desk.furnish()
    text = HEADER + "1,KETTLE,x,2,2025-13-01,2.5,1.0,France\n2,KETTLE,x,2,31/12/2025 09:30,two,1.0,France\n"
    imported = desk.bring("orders", text, mapping=MAPPING)
    assert why(imported) == [["confirmed_at_invalid"], ["unit_price_invalid"]]


def test_a_column_that_the_mapping_needs_must_be_there(desk):
    with pytest.raises(FileRefused, match="Qty") as caught:
        desk.bring(
            "orders", HEADER.replace(",Qty", "") + "1,KETTLE,x,31/12/2025 09:30,2.5,1.0,France\n", mapping=MAPPING
        )
    assert caught.value.reason == "missing_columns"
    with pytest.raises(FileRefused, match="Colour") as caught:
        desk.bring("orders", HEADER.replace("Description", "Colour"), mapping=MAPPING)
    assert caught.value.reason == "unknown_columns"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = 3 =", "mapping.toml"),
        ('kind = "items"', "for items"),
        ('colour = "red"', "colour"),
        ('[columns]\nsku_code = "x"', "sku_code"),
        ("[columns]\nsku = 5", "texts"),
        ('[[skip]]\ncolumn = "a"\npattern = "("\nreason = "x"', "pattern"),
        ('[[skip]]\ncolumn = "a"\npattern = "x"\nreason = "Not a word"', "reason"),
        ('[[replace]]\ncolumn = "sku"', "replace"),
        ('timezone = "Mars/Olympus"', "Mars"),
        ("money_factor = 1.5", "money_factor"),
        ("upper = 5", "upper"),
    ],
)
def test_a_wrong_mapping_is_told_where_it_is_wrong(tmp_path, text, said):
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(BadMapping, match=said):
        read_mapping(path, "orders", ORDERS)


def test_without_a_mapping_a_file_is_taken_as_it_is(desk):
    desk.furnish()
    desk.taken("orders", f"{ORDER}\nshop,1,2026-01-05 09:00,Ann,13800000000,Hebei,1 Road,KETTLE,1\n")
    assert desk.value("SELECT confirmed_at FROM sales_order") == 1_767_574_800_000_000, "local time"
