"""Opening balances come in: one posting and one layer a row."""

from __future__ import annotations

from tests.imports.conftest import why
from warehouse.catalog.places import places
from warehouse.clock import iso_day
from warehouse.ledger import Block, block
from warehouse.ledger.verify import verify
from warehouse.who import system

STOCK = "sku,location,quantity,received_at\nMUG,A-01,5,2026-01-05 08:00\nMUG,A-02,7,2026-01-12 08:00\nKETTLE,A-01,3,\n"


def test_each_row_is_a_posting_from_the_supplier_and_a_layer(desk):
    desk.furnish()
    desk.taken("stock", STOCK)
    rows = desk.all(
        """SELECT m.cause, i.sku, f.code, t.code, m.quantity, m.line FROM move m JOIN item i ON i.id = m.item_id
           JOIN location f ON f.id = m.from_id JOIN location t ON t.id = m.to_id ORDER BY i.sku, t.code""")  # fmt: skip
    assert rows == [
        ("opening", "KETTLE", "supplier", "A-01", 3, 0), ("opening", "MUG", "supplier", "A-01", 5, 0),
        ("opening", "MUG", "supplier", "A-02", 7, 0),
    ]  # fmt: skip
    assert desk.value("SELECT count(*) FROM layer") == 3
    assert desk.value("SELECT on_hand FROM total t JOIN item i ON i.id = t.item_id WHERE sku = 'MUG'") == 12


def test_the_same_rows_again_are_known_even_after_the_goods_have_moved(desk):
    desk.furnish()
    desk.taken("stock", STOCK)
    again = desk.taken("stock", STOCK + "TEA,A-02,1,\n".replace("TEA", "MUG"))
    assert again.outcome.as_json() == {
        "lines": 4, "accepted": 1, "skipped": 3, "rejected": 0, "reasons": {"known": 3},
    }  # fmt: skip
    assert desk.value("SELECT count(*) FROM move") == 4


def test_a_file_that_says_the_same_twice_means_two_layers(desk):
    desk.furnish()
    text = "sku,location,quantity\nMUG,A-01,5\nMUG,A-01,5\n"
    assert desk.taken("stock", text).outcome.accepted == 2
    assert desk.taken("stock", text).outcome.skipped == 2
    assert desk.value("SELECT sum(quantity) FROM balance") == 10


def test_a_place_is_found_by_its_barcode_too(desk):
    desk.furnish()
    barcode = desk.value("SELECT barcode FROM location WHERE code = 'A-01'")
    desk.taken("stock", f"sku,location,quantity\nMUG,{barcode},5\n")


def test_lots_serials_and_expiry_are_as_the_item_is_tracked(desk):
    desk.furnish()
    desk.taken(
        "stock",
        "sku,location,quantity,lot,serial,expiry\nTEA,A-01,5,L1,,2027-06-30\nTEA,A-02,5,L1,,\nTEA,A-02,5,L2,,2027-07-31\n"
        "CAMERA,A-01,1,,SN-1,\nKETTLE,A-01,2,,,2028-01-31\n",
    )
    lots = desk.all("SELECT code, expiry_day FROM lot ORDER BY code")
    assert [(code, iso_day(day)) for code, day in lots] == [("L1", "2027-06-30"), ("L2", "2027-07-31")]
    assert desk.value("SELECT count(DISTINCT last_day) FROM balance") == 4
    bad = desk.bring(
        "stock",
        "sku,location,quantity,lot,serial,expiry\nTEA,A-01,5,,,\nTEA,A-01,5,L1,,2029-01-01\nMUG,A-01,1,L1,,\nMUG,A-01,1,,S,\n"
        "CAMERA,A-01,1,,,\nCAMERA,A-01,2,,SN-2,\nCAMERA,A-02,1,,SN-1,\nCAMERA,A-02,1,,SN-2,\n",
    )
    assert why(bad) == [
        ["lot_missing"], ["other_expiry"], ["lot_not_tracked"], ["serial_not_tracked"], ["serial_missing"],
        ["serial_of_many"], ["serial_taken"], ["serial_taken"],
    ]  # fmt: skip


def test_bad_rows_are_told_what_is_wrong(desk):
    desk.furnish()
    bad = desk.bring(
        "stock",
        "sku,location,quantity,received_at\nNONE,NOWHERE,0,never\nMUG,MAIN,1,\nMUG,in_picking,1,\nMUG,A-01,-1,\nMUG,A-01,1,2199-01-01\n"
        "MUG,A-01,99999999999999999999999,\n",
    )
    assert why(bad) == [
        ["quantity_invalid", "received_at_invalid", "sku_unknown", "location_unknown"], ["location_holds_no_goods"],
        ["location_unknown"], ["quantity_invalid"], ["received_at_in_future"], ["quantity_invalid"],
    ]  # fmt: skip


def test_what_arrives_while_something_is_held_is_held_too(desk):
    desk.furnish()
    warehouse_id, item_id = desk.value("SELECT id FROM warehouse"), desk.value("SELECT id FROM item WHERE sku = 'MUG'")
    by = system(warehouse_id, "Asia/Shanghai", now=1)
    desk.base.change(lambda session: block(session, by, Block(item_id, "hold")))
    desk.taken("stock", STOCK)
    assert desk.all("SELECT on_hand, blocked FROM total WHERE item_id = :item", item=item_id) == [(12, 12)]
    assert not desk.base.read(lambda session: verify(session, warehouse_id)).faults


def test_stock_goes_into_the_warehouse_that_is_named(desk):
    desk.furnish()
    desk.taken("locations", "code,parent,kind\nWEST,,site\nA-01,WEST,bin\n")
    west = desk.value("SELECT id FROM warehouse WHERE code = 'WEST'")
    text = "sku,location,quantity\nMUG,A-01,5\n"
    desk.taken("stock", text)
    assert desk.taken("stock", text, warehouse_id=west).outcome.accepted == 1, "another warehouse, another balance"
    assert desk.all("SELECT on_hand FROM total WHERE warehouse_id = :west", west=west) == [(5,)]
    assert desk.base.change(lambda session: places(session, west)).code == "WEST"
