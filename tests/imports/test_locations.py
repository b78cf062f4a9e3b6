"""The location tree comes in."""

from __future__ import annotations

from tests.imports.conftest import SITE, why


def place(desk, code):
    return desk.all(
        """SELECT l.kind, p.code, l.pick, l.aisle, l.position, l.level FROM location l
           LEFT JOIN location p ON p.id = l.parent_id WHERE l.code = :code""", code=code)[0]  # fmt: skip


def test_a_site_without_a_parent_is_a_warehouse_and_parents_may_come_later(desk):
    desk.taken(
        "locations",
        "code,parent,kind,aisle,position,level,barcode\nA-01-1,AISLE-A,bin,1,1,1,\nAISLE-A,STORE,aisle,,,,\n"
        "STORE,NORTH,zone,,,,\nDOCK-1,,dock,,,,XL000777\nNORTH,,site,,,,\n",
    )
    assert desk.all("SELECT code, timezone FROM warehouse") == [("NORTH", "Asia/Shanghai")]
    assert place(desk, "A-01-1") == ("bin", "AISLE-A", 1, 1, 1, 1)
    assert place(desk, "DOCK-1")[:2] == ("dock", "NORTH"), "without a parent it lies in the only warehouse"
    assert desk.value("SELECT barcode FROM location WHERE code = 'DOCK-1'") == "XL000777"
    made = desk.value("SELECT barcode FROM location WHERE code = 'A-01-1'")
    assert made.startswith("XL")
    assert desk.value("SELECT count(*) FROM code WHERE text IN (:made, 'A-01-1') AND scope_id <> 0", made=made) == 2


def test_made_codes_skip_those_that_a_file_brings(desk):
    desk.taken("locations", "code,parent,kind,barcode\nMAIN,,site,XL000003\nA,,bin,XL000002\nB,,bin,\nC,,bin,\n")
    barcodes = [code for (code,) in desk.all("SELECT barcode FROM location WHERE kind IN ('bin', 'site') ORDER BY id")]
    assert len(set(barcodes)) == 4


def test_two_warehouses_may_use_the_same_codes(desk):
    desk.taken(
        "locations",
        "code,parent,kind\nEAST,,site\nWEST,,site\nDOCK-1,EAST,dock\nDOCK-1,WEST,dock\nZ-1,WEST,zone\nB-1,Z-1,bin\n",
    )
    rows = desk.all(
        """SELECT w.code, l.code FROM location l JOIN warehouse w ON w.id = l.warehouse_id
           WHERE l.kind IN ('dock', 'bin') ORDER BY w.code, l.code""")  # fmt: skip
    assert rows == [("EAST", "DOCK-1"), ("WEST", "B-1"), ("WEST", "DOCK-1")]
    bad = desk.bring("locations", "code,parent,kind\nLOST,,bin\nUNDER,DOCK-1,bin\nGONE,NOWHERE,bin\n")
    assert why(bad) == [["warehouse_unclear"], ["parent_ambiguous"], ["parent_unknown"]]


def test_what_lies_inside_itself_is_refused(desk):
    bad = desk.bring("locations", SITE + "Z-1,Z-2,zone\nZ-2,Z-1,zone\nB-9,Z-1,bin\nSELF,SELF,zone\n")
    assert why(bad) == [["parent_cycle"]] * 4
    desk.taken("locations", SITE + "Z-1,MAIN,zone\nZ-2,Z-1,zone\n")
    assert why(desk.bring("locations", "code,parent,kind\nZ-1,Z-2,zone\n")) == [["parent_cycle"]]
    desk.taken("locations", "code,parent,kind\nZ-2,MAIN,zone\nZ-1,Z-2,zone\n")
    assert place(desk, "Z-1")[1] == "Z-2"


def test_what_lies_in_a_refused_place_is_refused_too(desk):
    imported = desk.bring("locations", SITE + "Z-1,MAIN,attic\nB-1,Z-1,bin\nB-2,A-01,bin\n", keep_good=True)
    assert why(imported) == [["kind_invalid"], ["parent_refused"], ["parent_is_bin"]]
    assert imported.outcome.accepted == 4


def test_codes_that_are_taken_or_of_another_kind_are_refused(desk):
    desk.taken("locations", SITE)
    bad = desk.bring(
        "locations",
        "code,kind,barcode\nsupplier,bin,\nA-03,bin,A-01\nXC000001,bin,\nB-1,bin,XD000001\nB-2,bin,X\nB-3,bin,X\n",
    )
    assert why(bad) == [["code_built_in"], ["code_taken"], ["code_reserved"], ["barcode_reserved"], ["code_taken"]]


def test_the_same_rows_again_are_known_and_a_changed_one_changes_the_place(desk):
    desk.furnish()
    assert desk.taken("locations", SITE).outcome.reasons == {"known": 4}
    desk.taken("stock", "sku,location,quantity\nMUG,A-01,5\n")
    desk.taken("locations", "code,kind,aisle,position,level,max_weight_g,classes\nA-01,bin,2,7,1,50000,food;fragile\n")
    path = desk.value("SELECT path FROM location WHERE code = 'A-01'")
    assert path.startswith("00002-")
    assert desk.value("SELECT path FROM balance") == path, "the walk of its stock follows"
    assert desk.value("SELECT classes FROM location WHERE code = 'A-01'") == "food,fragile"
    assert why(desk.bring("locations", "code,kind\nA-01,dock\n")) == [["location_in_use"]]


def test_picks_come_from_every_bin_until_one_is_a_pick_face(desk):
    desk.furnish()
    desk.taken("stock", "sku,location,quantity\nMUG,A-02,5\n")
    assert [place(desk, code)[2] for code in ("A-01", "A-02")] == [1, 1]
    desk.taken("locations", "code,kind,pick_face\nA-01,bin,yes\nA-05,bin,no\n")
    assert [place(desk, code)[2] for code in ("A-01", "A-02", "A-05")] == [1, 0, 0]
    assert desk.value("SELECT pick FROM balance") == 0
    desk.taken("locations", "code,kind,pick_face\nA-01,bin,no\n")
    assert [place(desk, code)[2] for code in ("A-01", "A-02", "A-05")] == [1, 1, 1]
