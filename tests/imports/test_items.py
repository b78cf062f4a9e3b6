"""Items, their further codes, and suppliers come in."""

from __future__ import annotations

import pytest

from tests.imports.conftest import why
from warehouse.imports.reading import FileRefused


def test_an_item_has_its_sku_and_its_barcode_as_codes(desk):
    desk.taken("suppliers", "code,name\nACME,Acme\n")
    desk.taken(
        "items",
        "name,sku,barcode,tracking,shelf_life_days,class,unit_cost,supplier\n"
        "Green tea,TEA,6901234567892,lot,365,food,1250,ACME\nMug,MUG,,,,,,\n",
    )
    rows = desk.all("SELECT sku, name, barcode, tracking, shelf_life_days, unit_cost, kind FROM item ORDER BY sku")
    assert rows == [
        ("MUG", "Mug", "MUG", "none", None, None, "merchandise"),
        ("TEA", "Green tea", "6901234567892", "lot", 365, 1250, "merchandise"),
    ]
    codes = desk.all("SELECT c.text, i.sku, c.quantity FROM code c JOIN item i ON i.id = c.ref_id ORDER BY c.text")
    assert codes == [("6901234567892", "TEA", 1), ("MUG", "MUG", 1), ("TEA", "TEA", 1)]


def test_a_case_of_twelve_is_a_code_of_its_own(desk):
    desk.furnish()
    desk.taken("barcodes", "sku,barcode,quantity\nMUG,CASE-MUG,12\nMUG,5012345678900,1\n")
    assert desk.value("SELECT quantity FROM code WHERE text = 'CASE-MUG'") == 12
    again = desk.taken("barcodes", "sku,barcode,quantity\nMUG,CASE-MUG,12\n")
    assert again.outcome.reasons == {"known": 1}
    bad = desk.bring("barcodes", "sku,barcode,quantity\nMUG,CASE-MUG,6\nKETTLE,MUG,1\nNONE,X-1,1\nMUG,Y-1,0\n")
    assert why(bad) == [["code_taken"], ["code_taken"], ["sku_unknown"], ["quantity_invalid"]]


def test_the_same_rows_again_are_known_and_do_nothing(desk):
    desk.furnish()
    before = desk.all("SELECT * FROM item ORDER BY id")
    again = desk.taken("items", "sku,name,tracking,shelf_life_days\nTEA,Green tea,lot,365\nTEA,Green tea,lot,365\n")
    assert again.outcome.as_json() == {
        "lines": 2, "accepted": 0, "skipped": 2, "rejected": 0, "reasons": {"known": 2},
    }  # fmt: skip
    assert desk.all("SELECT * FROM item ORDER BY id") == before


def test_a_changed_row_changes_the_item_and_leaves_absent_columns_alone(desk):
    desk.furnish()
    desk.taken("items", "sku,name,barcode\nTEA,Tea of the new harvest,TEA-2026\n")
    assert desk.all("SELECT name, barcode, tracking, shelf_life_days FROM item WHERE sku = 'TEA'") == [
        ("Tea of the new harvest", "TEA-2026", "lot", 365)
    ]
    desk.taken("items", "sku,name,barcode,shelf_life_days\nTEA,Tea,TEA-2027,\n")
    assert desk.value("SELECT shelf_life_days FROM item WHERE sku = 'TEA'") is None
    assert desk.value("SELECT count(*) FROM code WHERE text IN ('TEA-2026', 'TEA-2027')") == 2, "old labels still scan"


def test_how_an_item_is_tracked_cannot_change_while_it_lies_anywhere(desk):
    desk.furnish()
    desk.taken("items", "sku,name,tracking\nMUG,Mug,lot\nMUG,Mug,lot\n")
    desk.taken("stock", "sku,location,quantity,lot\nMUG,A-01,5,L1\n")
    assert why(desk.bring("items", "sku,name,tracking\nMUG,Mug,none\n")) == [["tracking_in_use"]]


def test_a_bad_row_has_all_its_reasons(desk):
    imported = desk.bring("items", "sku,name,kind,tracking,weight_g,supplier\nA-1,,toy,batch,-3,NOBODY\nA-2,Good,,,,\n")
    assert why(imported) == [
        ["name_missing", "kind_invalid", "tracking_invalid", "weight_g_invalid", "supplier_unknown"]
    ]
    assert imported.outcome.as_json() | {"reasons": {}} == {
        "lines": 2, "accepted": 0, "skipped": 0, "rejected": 2, "reasons": {},
    }  # fmt: skip
    assert imported.outcome.reasons["file_kept_out"] == 1
    assert desk.value("SELECT count(*) FROM item") == 0, "all or nothing"


def test_a_code_that_would_name_two_things_is_refused(desk):
    desk.furnish()
    bad = desk.bring("items", "sku,name,barcode\nA-1,One,MUG\nB-1,Two,SAME\nB-2,Three,SAME\nB-1,Another,\n")
    assert why(bad) == [["code_taken"], ["code_taken"], ["sku_twice"]]


@pytest.mark.parametrize("sku", ["XXUNDO", "XQ12", "XE20271231", "XL000123", "XB000001", "]C1123", "x" * 101])
def test_a_sku_that_no_scan_could_name_is_refused(desk, sku):
    assert len(why(desk.bring("items", f"sku,name\n{sku},Thing\n"))[0]) == 1


@pytest.mark.parametrize("sku", ["XXL-SHIRT", "XBOX", "=1+1", "<b>bold</b>", "'; DROP TABLE item; --", "水壶", "00123"])
def test_any_other_text_may_be_a_sku(desk, sku):
    desk.taken("items", f'sku,name\n"{sku}",Thing\n')
    assert desk.all("SELECT sku FROM item") == [(sku,)]


def test_numbers_in_the_digits_of_other_scripts_are_no_numbers(desk):
    assert (
        why(desk.bring("items", "sku,name,weight_g\nA,B,１２\nC,D,٣\nE,F,1e3\nG,H,1.5\n")) == [["weight_g_invalid"]] * 4
    )


def test_wrong_columns_are_refused_with_their_names(desk):
    with pytest.raises(FileRefused, match="colour") as caught:
        desk.bring("items", "sku,name,colour\nA,B,red\n")
    assert caught.value.reason == "unknown_columns"
    with pytest.raises(FileRefused, match="name") as caught:
        desk.bring("items", "sku\nA\n")
    assert caught.value.reason == "missing_columns"


def test_suppliers_are_made_and_changed(desk):
    desk.taken("suppliers", "code,name,email,lead_time_days\nACME,Acme,a@b.c,7\n")
    desk.taken("suppliers", "code,name\nACME,Acme Trading\n")
    assert desk.all("SELECT name, email, lead_time_days FROM supplier") == [("Acme Trading", "a@b.c", 7)]
    assert desk.taken("suppliers", "code,name\nACME,Acme Trading\n").outcome.reasons == {"known": 1}
