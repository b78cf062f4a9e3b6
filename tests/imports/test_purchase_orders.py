"""Purchase orders come in."""

from __future__ import annotations

from tests.imports.conftest import why

TEXT = (
    "number,supplier,sku,quantity,unit_cost,due\nPO-1,ACME,MUG,10,250,2026-02-01\nPO-2,ACME,KETTLE,4,,\n"
    "PO-1,,KETTLE,6,900,2026-01-20\nPO-1,ACME,MUG,5,250,\n"
)


def test_a_purchase_order_is_open_with_a_code_to_scan_and_counts_as_on_order(desk):
    desk.furnish()
    desk.taken("purchase-orders", TEXT)
    rows = desk.all("SELECT number, state, barcode, due_at FROM purchase_order ORDER BY number")
    assert [row[:2] for row in rows] == [("PO-1", "open"), ("PO-2", "open")]
    assert rows[0][3] == 1_768_838_400_000_000, "the earliest day of its lines, local"
    for number, _, barcode, _ in rows:
        assert barcode.startswith("XD")
        assert (
            desk.value("SELECT count(*) FROM code WHERE text IN (:a, :b) AND kind = 'document'", a=number, b=barcode)
            == 2
        )
    assert desk.all("SELECT i.sku, t.on_order FROM total t JOIN item i ON i.id = t.item_id ORDER BY i.sku") == [
        ("KETTLE", 10), ("MUG", 15),
    ]  # fmt: skip
    lines = desk.all(
        """SELECT n.line, i.sku, n.quantity FROM purchase_order_line n JOIN item i ON i.id = n.item_id
           JOIN purchase_order p ON p.id = n.purchase_order_id WHERE p.number = 'PO-1' ORDER BY n.line""")  # fmt: skip
    assert lines == [(1, "MUG", 10), (2, "KETTLE", 6), (3, "MUG", 5)]


def test_the_same_again_is_known_and_other_content_is_refused(desk):
    desk.furnish()
    desk.taken("purchase-orders", TEXT)
    again = desk.taken("purchase-orders", TEXT)
    assert (again.outcome.skipped, again.outcome.reasons["known"]) == (4, 4)
    other = desk.bring("purchase-orders", TEXT.replace("KETTLE,4", "KETTLE,5"))
    assert why(other) == [["other_content"]]
    assert desk.value("SELECT sum(on_order) FROM total") == 25


def test_a_bad_row_refuses_its_paper_whole_and_no_other(desk):
    desk.furnish()
    imported = desk.bring("purchase-orders", TEXT.replace("MUG,5", "NONE,0"), keep_good=True)
    assert why(imported) == [
        ["refused_with_its_paper"],
        ["refused_with_its_paper"],
        ["quantity_invalid", "sku_unknown"],
    ]
    assert desk.all("SELECT number FROM purchase_order") == [("PO-2",)]


def test_what_is_not_known_is_told(desk):
    desk.furnish()
    desk.taken("locations", "code,parent,kind\nWEST,,site\n")
    bad = desk.bring(
        "purchase-orders",
        "number,supplier,sku,quantity,warehouse\nPO-1,NOBODY,MUG,1,MAIN\nPO-2,ACME,MUG,1,EAST\nPO-3,ACME,MUG,1,\nXL000001,ACME,MUG,1,MAIN\n",
        warehouse_id=0,
    )
    assert why(bad) == [["supplier_unknown"], ["warehouse_unknown"], ["warehouse_unclear"], ["number_reserved"]]
    desk.taken("purchase-orders", "number,supplier,sku,quantity,warehouse\nXD000077,ACME,MUG,1,WEST\n", warehouse_id=0)
    assert desk.value("SELECT barcode FROM purchase_order") == "XD000077", "a made form of the right kind is its code"
