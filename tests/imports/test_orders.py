"""Customers' orders come in: complete or set aside (R-ORD-1), and each once (R-ORD-2)."""

from __future__ import annotations

import csv
import json

import pytest

from tests.imports.conftest import ORDER, why

GOOD = (
    f"{ORDER}\nshop,1,2026-01-05T09:00:00+08:00,Ann,13800000000,Hebei,1 Road,KETTLE,1\n"
    "shop,2,2026-01-05T10:00:00+08:00,Bob,13900000000,Hubei,2 Road,MUG,6\n"
    "shop,1,2026-01-05T09:00:00+08:00,Ann,13800000000,Hebei,1 Road,KETTLE,2\n"
)


def orders(desk):
    return desk.all("SELECT number, state, tier, tier_rank, paid FROM sales_order ORDER BY number")


def waiting(desk):
    return [(number, json.loads(reasons)) for number, reasons in desk.all(
        "SELECT number, reasons FROM order_exception WHERE closed_at IS NULL ORDER BY number")]  # fmt: skip


def test_orders_wait_unsourced_for_a_warehouse_even_before_there_is_one(desk):
    desk.taken("items", "sku,name\nKETTLE,Kettle\nMUG,Mug\n")
    desk.taken("orders", GOOD)
    assert orders(desk) == [("1", "unsourced", "standard", 2, 1), ("2", "unsourced", "standard", 2, 1)]
    lines = desk.all(
        """SELECT o.number, n.line, n.quantity FROM order_line n JOIN sales_order o ON o.id = n.order_id
           ORDER BY o.number, n.line""")  # fmt: skip
    assert lines == [("1", 1, 1), ("1", 2, 2), ("2", 1, 6)], (
        "the same item twice is two lines; rows need not lie together"
    )


def test_the_same_orders_again_are_known_whatever_the_order_of_their_rows(desk):
    desk.furnish()
    desk.taken("orders", GOOD)
    header, *rows = GOOD.splitlines()
    again = desk.taken("orders", "\n".join([header, *reversed(rows)]))
    assert again.outcome.as_json() == {
        "lines": 3, "accepted": 0, "skipped": 3, "rejected": 0, "reasons": {"known": 3},
    }  # fmt: skip
    assert desk.value("SELECT count(*) FROM order_line") == 3


def test_one_bad_order_keeps_the_whole_file_out_exception_queue_included(desk):
    """R-ORD-1 without --keep-good."""
    desk.furnish()
    imported = desk.bring("orders", GOOD.replace("MUG,6", "MUG,0"))
    assert not imported.taken
    assert imported.outcome.as_json() == {
        "lines": 3, "accepted": 0, "skipped": 0, "rejected": 3, "reasons": {"file_kept_out": 2, "quantity_invalid": 1},
    }  # fmt: skip
    for table in ("sales_order", "order_exception", "import_row", "import_batch WHERE kind = 'orders'"):
        assert desk.value(f"SELECT count(*) FROM {table}") == 0


def test_a_bad_order_is_set_aside_whole_with_all_its_reasons(desk):
    """R-ORD-1."""
    desk.furnish()
    text = (
        f"{ORDER},tier\nshop,1,2026-01-05 09:00,,,,,KETTLE,1,\nshop,1,2026-01-05 09:00,,,,,NONE,1.5,\n"
        "shop,2,yesterday,Bob,none,Hubei,2 Road,MUG,6,turbo\nshop,3,2026-01-05 09:00,Cy,13900000000,Hunan,3 Road,,,\n"
        "shop,4,2026-01-05 09:00,Di,13900000000,Henan,4 Road,MUG,1,express\n"
        ",5,2026-01-05 09:00,Ed,13900000000,Henan,5 Road,MUG,1,\n"
    )
    imported = desk.bring("orders", text, keep_good=True)
    assert imported.taken
    missing = ["name_missing", "phone_missing", "region_missing", "address_missing"]
    assert [sorted(reasons) for reasons in why(imported)] == [
        sorted(missing), sorted([*missing, "quantity_invalid", "sku_unknown"]),
        ["confirmed_at_invalid", "phone_invalid", "tier_invalid"], ["no_lines", "quantity_missing", "sku_missing"],
        ["channel_missing"],
    ]  # fmt: skip
    assert imported.outcome.as_json() | {"reasons": {}} == {
        "lines": 6, "accepted": 1, "skipped": 0, "rejected": 5, "reasons": {},
    }  # fmt: skip
    queue = dict(waiting(desk))
    assert sorted(queue["1"]) == sorted([*missing, "quantity_invalid", "sku_unknown"]), "all of them, on one order"
    assert len(queue) == 4
    assert orders(desk) == [("4", "unsourced", "express", 1, 1)]


def test_the_rejected_file_holds_each_bad_row_as_it_was_with_all_its_reasons(desk):
    desk.furnish()
    imported = desk.bring("orders", GOOD.replace("MUG,6", "=MUG,-6"), keep_good=True)
    assert imported.rejected is not None
    assert imported.rejected.name.endswith(".csv.rejected.csv")
    with imported.rejected.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["number"], row["sku"], row["quantity"], row["line"]) for row in rows] == [("2", "'=MUG", "-6", "3")]
    assert "quantity_invalid" in rows[0]["reasons"]
    assert "sku_unknown (=MUG)" in rows[0]["reasons"]


def test_a_corrected_file_replaces_what_was_set_aside(desk):
    desk.furnish()
    imported = desk.bring("orders", GOOD.replace("MUG,6", "MUG,0"), keep_good=True)
    assert [number for number, _ in waiting(desk)] == ["2"]
    desk.bring("orders", GOOD.replace("MUG,6", "MUG,zero"), keep_good=True)
    assert len(waiting(desk)) == 1, "a second bad try renews it"
    assert imported.rejected is not None
    desk.taken("orders", imported.rejected.read_text("utf-8").replace("MUG,0", "MUG,6"))
    assert waiting(desk) == []
    assert desk.all("SELECT outcome FROM order_exception") == [("replaced",)]
    assert [number for number, *_ in orders(desk)] == ["1", "2"]


def test_the_same_number_with_other_content_is_an_exception_never_silent(desk):
    """R-ORD-2."""
    desk.furnish()
    desk.taken("orders", GOOD)
    for changed in (GOOD.replace("2 Road", "3 Road"), GOOD.replace("MUG,6", "MUG,7"), GOOD.replace("MUG,6", "MUG,")):
        imported = desk.bring("orders", changed, keep_good=True)
        assert "other_content" in why(imported)[0]
        assert imported.outcome.reasons["known"] == 2
    assert desk.all("SELECT number, order_id <> 0 FROM order_exception WHERE closed_at IS NULL") == [("2", True)]
    assert desk.value("SELECT address FROM recipient WHERE name = 'Bob'") == "2 Road"
    assert desk.value("SELECT count(*) FROM sales_order") == 2


def test_another_channel_may_use_the_same_number(desk):
    desk.furnish()
    desk.taken("orders", GOOD)
    assert desk.taken("orders", GOOD.replace("shop,", "market,")).outcome.accepted == 3


def test_rows_that_say_different_things_about_one_order_are_refused(desk):
    desk.furnish()
    imported = desk.bring("orders", GOOD + "shop,1,2026-01-05T09:00:00+08:00,Zoe,13800000000,Hebei,1 Road,MUG,1\n")
    assert why(imported)[-1] == ["name_differs"]


def test_what_heads_an_order_may_be_written_once(desk):
    desk.furnish()
    desk.taken(
        "orders",
        f"{ORDER},tier\nshop,1,2026-01-05 09:00,Ann,13800000000,Hebei,1 Road,KETTLE,1,priority\nshop,1,,,,,,MUG,2,\n",
    )
    assert orders(desk) == [("1", "unsourced", "priority", 0, 1)]
    assert desk.value("SELECT count(*) FROM order_line") == 2


def test_paid_means_paid_or_cash_on_delivery(desk):
    """R-ORD-8: without the column an order is paid, and so it is with an empty cell."""
    desk.furnish()
    row = "2026-01-05 09:00,Ann,13800000000,Hebei,1 Road,MUG,1"
    text = "".join(
        f"shop,{number},{row},{paid}\n" for number, paid in enumerate(("yes", "cod", "no", "", "货到付款", "1"))
    )
    desk.taken("orders", f"{ORDER},paid\n{text}")
    assert [paid for *_, paid in orders(desk)] == [1, 1, 0, 1, 1, 1]
    assert why(desk.bring("orders", f"{ORDER},paid\nshop,9,{row},maybe\n")) == [["paid_invalid"]]


def test_wishes_and_notes_are_kept(desk):
    """R-ORD-9."""
    desk.furnish()
    text = (
        f"{ORDER},note,deliver_from,deliver_until,unit_price\nshop,1,2026-01-05 09:00,Ann,13800000000,Hebei,1 Road,MUG,1,"
        '"ring\ntwice",2026-01-07 09:00,2026-01-07 12:00,1250\n'
    )
    desk.taken("orders", text)
    assert desk.all("SELECT note, deliver_until - deliver_from FROM sales_order") == [("ring twice", 10_800_000_000)]
    bad = desk.bring("orders", text.replace("shop,1", "shop,2").replace("01-07 12", "01-06 12"))
    assert why(bad) == [["deliver_until_invalid"]]


def test_an_order_of_many_lines_comes_whole(desk):
    desk.furnish()
    rows = "".join(f"shop,1,2026-01-05 09:00,Ann,13800000000,Hebei,1 Road,MUG,{n}\n" for n in range(1, 676))
    imported = desk.taken("orders", f"{ORDER}\n{rows}")
    assert imported.outcome.accepted == 675
    assert desk.all("SELECT count(*), sum(quantity), max(line) FROM order_line") == [(675, 228_150, 675)]


def test_codes_holding_html_formulas_or_sql_are_only_text(desk):
    desk.furnish()
    evil = """<script>alert(1)</script>','');DROP TABLE item;--"""
    desk.taken("orders", f'{ORDER}\nshop,"{evil}",2026-01-05 09:00,"{evil}",13800000000,Hebei,"{evil}",MUG,1\n')
    assert desk.value("SELECT number FROM sales_order") == evil


ROW = "2026-01-05 09:00,Ann,13800000000,Hebei,1 Road,MUG,1"


def test_an_unpaid_order_becomes_paid_by_the_same_order_again(desk):
    """R-ORD-8: whether it is paid is no part of an order's content (R-ORD-2)."""
    desk.furnish()
    desk.taken("orders", f"{ORDER},paid\nshop,1,{ROW},no\n")
    for silent in (f"{ORDER},paid\nshop,1,{ROW},\n", f"{ORDER}\nshop,1,{ROW}\n", f"{ORDER},paid\nshop,1,{ROW},no\n"):
        assert desk.taken("orders", silent).outcome.as_json()["reasons"] == {"known": 1}
    assert orders(desk) == [("1", "unsourced", "standard", 2, 0)], "a file that says nothing leaves it as it is"
    paid = desk.taken("orders", f"{ORDER},paid\nshop,1,{ROW},yes\n")
    assert (paid.outcome.accepted, paid.outcome.skipped) == (1, 0)
    assert orders(desk) == [("1", "unsourced", "standard", 2, 1)]
    assert waiting(desk) == []
    other = desk.bring("orders", f"{ORDER},paid\nshop,1,{ROW.replace(',1', ',2')},yes\n")
    assert why(other) == [["other_content"]]


def pays(desk, word):
    return desk.taken("orders", f"{ORDER},paid\nshop,1,{ROW.replace('MUG', 'KETTLE')},{word}\n")


@pytest.mark.parametrize("upto", ["nothing", "picking", "packing", "packed", "handing_over"])
def test_a_refund_before_hand_over_stops_the_order(house, ada, desk, upto):
    """R-ORD-8: wherever it stands; paid again it goes on."""
    house.put("KETTLE", "A-01", 5)
    pays(desk, "yes")
    way = {"picking": ("picking",), "packing": ("picking", "packing"), "packed": ("picking", "packing"),
           "handing_over": ("picking", "packing", "shipping")}.get(upto, ())  # fmt: skip
    for room in way:
        ada.next(room)
        if room != way[-1] or upto == "packed":
            ada.finish()
    if upto in {"picking", "packing"}:
        ada.obey()
    assert pays(desk, "no").outcome.accepted == 1
    for room in ("picking", "packing", "shipping"):
        assert ada.next(room) is None, room
    order = ada.get("/orders/1")["order"]
    assert (order["held"], order["paid"]) == (True, False)
    assert [each["reason"] for each in order["waits_for"]] == ["unpaid", "held", "exception"]
    assert order["waits_for"][2]["reasons"] == ["refunded"]
    assert ada.post("/orders/1/release")["notice"]["code"] == "order_unpaid"
    assert pays(desk, "no").outcome.skipped == 1
    assert pays(desk, "paid").outcome.accepted == 1
    assert ada.get("/orders/1")["order"]["waits_for"] == []
    for room in ("picking", "packing", "shipping"):
        ada.work(room)
    assert orders(desk) == [("1", "shipped", "standard", 2, 1)]
    assert pays(desk, "no").outcome.accepted == 1
    assert ada.get("/orders/1")["order"]["held"] is False, "what was handed over is not stopped"


def test_paying_again_leaves_a_supervisors_hold_alone(house, ada, desk):
    """R-ORD-7."""
    house.put("KETTLE", "A-01", 5)
    pays(desk, "yes")
    ada.next("picking")
    ada.post("/orders/1/hold")
    pays(desk, "no")
    pays(desk, "yes")
    assert [each["reason"] for each in ada.get("/orders/1")["order"]["waits_for"]] == ["held"]
