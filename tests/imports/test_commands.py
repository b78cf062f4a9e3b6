"""The commands import, export, verify and stock, as a shell sees them."""

from __future__ import annotations

import csv
import gzip

import pytest

from tests.imports.conftest import ITEMS, ORDER, SITE
from warehouse.ledger import Block, Goods, Move, block, post
from warehouse.who import system

STOCK = "sku,location,quantity,received_at\nMUG,A-01,5,2026-01-05 08:00\nMUG,A-02,7,2026-01-12 08:00\n"


def test_importing_answers_with_counts_that_add_up(shell, desk):
    assert shell.json("import", "locations", desk.file(SITE)) == {
        "lines": 4, "accepted": 4, "skipped": 0, "rejected": 0, "reasons": {},
    }  # fmt: skip
    assert shell.json("import", "items", desk.file(ITEMS))["accepted"] == 4
    assert shell.json("import", "stock", desk.file(STOCK))["accepted"] == 2
    packed = desk.file(gzip.compress(STOCK.encode()), "stock.csv.gz")
    assert shell.json("import", "stock", packed)["skipped"] == 2
    said = shell.run("import", "stock", packed)
    assert said.stdout.splitlines() == ["2 lines: 0 accepted, 2 skipped, 0 rejected", "  known: 2"]


def test_exit_status_tells_a_fault_from_wrong_usage(shell, desk):
    desk.furnish()
    bad = desk.file("sku,name\nA-1,One\nA-2,\n")
    answer = shell.json("import", "items", bad, status=1)
    assert (answer["accepted"], answer["rejected"]) == (0, 2)
    assert desk.value("SELECT count(*) FROM item WHERE sku = 'A-1'") == 0
    assert shell.json("import", "items", desk.file("sku,name,colour\nA-1,One,red\n"), status=1) == {
        "lines": 0, "accepted": 0, "skipped": 0, "rejected": 0, "reasons": {"unknown_columns": 1},
    }  # fmt: skip
    for words in (
        ("import", "toys", bad), ("import", "items", "nowhere.csv"), ("import", "items"),
        ("import", "items", bad, "--mapping", desk.file("x = 1")), ("import", "stock", bad, "--warehouse", "NOWHERE"),
        ("export", "toys"), ("stock", "--at", "yesterday"), ("stock", "--sku", "NONE"), ("stock", "--location", "NONE"),
        ("verify", "--warehouse", "NOWHERE"),
    ):  # fmt: skip
        assert shell.run(*words).exit_code == 2, words


def test_keeping_the_good_is_no_fault_and_writes_the_rejected_file(shell, desk):
    desk.furnish()
    file = desk.file("sku,name\nA-1,One\nA-2,\n", "new items.csv")
    answer = shell.json("import", "items", file, "--keep-good")
    assert answer == {"lines": 2, "accepted": 1, "skipped": 0, "rejected": 1, "reasons": {"name_missing": 1}}
    rejected = file.with_name("new items.csv.rejected.csv")
    assert rejected.read_text("utf-8") == "sku,name,line,reasons\nA-2,,3,name_missing\n"


def test_a_dry_run_leaves_no_trace(shell, desk):
    desk.furnish()
    file = desk.file("sku,name\nA-1,One\nA-2,\n")
    answer = shell.json("import", "items", file, "--keep-good", "--dry-run")
    assert (answer["accepted"], answer["rejected"]) == (1, 1)
    assert not file.with_name(file.name + ".rejected.csv").exists()
    assert desk.value("SELECT count(*) FROM item WHERE sku = 'A-1'") == 0


def test_of_several_warehouses_one_must_be_named(shell, desk):
    desk.furnish()
    desk.taken("locations", "code,parent,kind\nWEST,,site\nA-01,WEST,bin\n")
    file = desk.file(STOCK)
    assert shell.run("import", "stock", file).exit_code == 2
    assert shell.json("import", "stock", file, "--warehouse", "MAIN")["accepted"] == 2
    assert shell.run("stock").exit_code == 2
    assert shell.json("stock", "--warehouse", "WEST") == {"stock": []}
    assert shell.json("verify")["moves"] == 2, "without a name all are proven"
    assert shell.json("verify", "--warehouse", "WEST")["moves"] == 0
    assert shell.run("import", "locations", desk.file("code,kind\nB-1,bin\n")).exit_code == 1
    assert shell.json("import", "locations", desk.file("code,kind\nB-1,bin\n"), "--warehouse", "WEST")["accepted"] == 1


def test_verify_proves_the_books(shell, desk, app):
    assert shell.json("verify") == {"ok": True, "postings": 0, "moves": 0, "unsealed": 0, "faults": []}
    desk.furnish()
    desk.taken("stock", STOCK)
    assert shell.json("verify") == {"ok": True, "postings": 2, "moves": 2, "unsealed": 2, "faults": []}
    app.ledger_was_broken = True
    desk.base.change(lambda session: session.run("UPDATE balance SET quantity = quantity + 1 WHERE quantity = 5"))
    answer = shell.json("verify", status=1)
    assert not answer["ok"]
    assert {"warehouse", "law", "row", "expected", "found"} == set(answer["faults"][0])
    said = shell.run("verify")
    assert said.exit_code == 1
    assert "balance is the sum of the moves" in said.stdout


# ---------------------------------------------------------------- stock


def row(sku, location, quantity, **more):
    return {
        "sku": sku, "location": location, "container": None, "lot": None, "serial": None, "expiry": None,
        "received_at": "2026-01-05T00:00:00.000000Z", "state": "available", "quantity": quantity, "reserved": 0,
    } | more  # fmt: skip


def test_stock_tells_what_lies_where(shell, desk):
    desk.furnish()
    desk.taken("stock", STOCK)
    later = "2026-01-12T00:00:00.000000Z"
    assert shell.json("stock")["stock"] == [row("MUG", "A-01", 5), row("MUG", "A-02", 7, received_at=later)]
    assert shell.json("stock", "--location", "A-02")["stock"] == [row("MUG", "A-02", 7, received_at=later)]
    assert len(shell.json("stock", "--location", "MAIN")["stock"]) == 2, "a part of the warehouse with all in it"
    assert shell.json("stock", "--sku", "KETTLE")["stock"] == []
    assert "A-02" in shell.run("stock").stdout


def test_stock_tells_why_goods_are_held_back(shell, desk):
    desk.furnish()
    desk.taken("items", "sku,name,lock_days,shelf_life_days,tracking\nTEA,Green tea,30,365,lot\n")
    desk.taken(
        "stock",
        "sku,location,quantity,lot,expiry,received_at\nTEA,A-01,1,OLD,2026-01-01,2025-01-01\nTEA,A-01,1,NEW,2199-01-01,2025-01-01\n"
        "TEA,A-02,1,BAD,2199-01-01,2025-01-01\nMUG,A-01,1,,,2025-01-01\nMUG,A-02,1,,,2025-01-01\n",
    )
    ids = {sku: desk.value("SELECT id FROM item WHERE sku = :sku", sku=sku) for sku in ("TEA", "MUG")}
    bad, bin_2 = (
        desk.value("SELECT id FROM lot WHERE code = 'BAD'"),
        desk.value("SELECT id FROM location WHERE code = 'A-02'"),
    )
    by = system(desk.value("SELECT id FROM warehouse"), "Asia/Shanghai", now=1)
    desk.base.change(lambda session: block(session, by, Block(ids["TEA"], "recalled", lot_id=bad)))
    desk.base.change(lambda session: block(session, by, Block(ids["TEA"], "short", location_id=bin_2)))
    desk.base.change(lambda session: block(session, by, Block(ids["MUG"], "no_papers", location_id=bin_2)))
    states = {(each["sku"], each["location"], each["lot"]): each["state"] for each in shell.json("stock")["stock"]}
    assert states == {
        ("MUG", "A-01", None): "available", ("MUG", "A-02", None): "hold", ("TEA", "A-01", "NEW"): "available",
        ("TEA", "A-01", "OLD"): "expired", ("TEA", "A-02", "BAD"): "recalled",
    }  # fmt: skip


def test_stock_of_a_past_instant_follows_goods_and_containers(shell, desk):
    desk.furnish()
    desk.taken("stock", STOCK.splitlines()[0] + "\nMUG,A-01,5,2026-01-05 08:00\n")
    house = desk.value("SELECT id FROM warehouse")
    first = desk.value("SELECT max(recorded_at) FROM move")
    by = system(house, "Asia/Shanghai", now=first + 1_000_000)

    def into_a_tote(session):
        from warehouse.catalog.locations import make_location

        place = {
            code: session.value("SELECT id FROM location WHERE code = :code", code=code) for code in ("A-01", "A-02")
        }
        tote = make_location(session, house, "TOTE-7", kind="tote")
        layer, item = session.one("SELECT id, item_id FROM layer")
        post(session, by, "move", [Move(1, 0, place["A-02"], container_id=tote)])
        post(session, by, "move", [Move(2, place["A-01"], tote, Goods(item, layer))])

    desk.base.change(into_a_tote)
    assert shell.json("stock")["stock"] == [row("MUG", "A-01", 3), row("MUG", "A-02", 2, container="TOTE-7")]
    assert shell.json("stock", "--location", "TOTE-7")["stock"] == [row("MUG", "A-02", 2, container="TOTE-7")]
    at = f"{first // 1_000_000 + 1}"
    then = __import__("datetime").datetime.fromtimestamp(int(at), tz=__import__("datetime").UTC)
    before = shell.json("stock", "--at", then.isoformat())["stock"]
    assert before == [row("MUG", "A-01", 5, reserved=None)]
    assert shell.json("stock", "--at", "2001-01-01")["stock"] == []
    assert shell.json("verify")["unsealed"] == 0, "the tail is sealed before the past is asked"


# ---------------------------------------------------------------- exports


def exported(shell, kind, *words):
    shell.run("export", kind, f"{kind}.csv", *words)
    with (shell.folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_exported_and_imported_again_is_known(shell, desk):
    desk.furnish()
    desk.taken("items", 'sku,name,class\n=SUM(A1),"@home, ""best""",-x\n')
    desk.taken("barcodes", "sku,barcode,quantity\nMUG,CASE-MUG,12\n")
    desk.taken("stock", STOCK + "=SUM(A1),A-01,2,\n")
    desk.taken("purchase-orders", "number,supplier,sku,quantity,due\nPO-1,ACME,MUG,10,2026-02-01\n")
    desk.taken("orders", f"{ORDER},note,paid\nshop,1,2026-01-05 09:00,Ann,+8613800000000,Hebei,=1+1,MUG,1,+note,no\n")
    for kind in ("items", "barcodes", "suppliers", "locations", "stock", "purchase-orders", "orders"):
        rows = exported(shell, kind)
        assert rows, kind
        assert not any(cell.startswith(("=", "@", "-x", "+n")) for each in rows for cell in each.values())
        answer = shell.json("import", kind, f"{kind}.csv")
        assert answer["reasons"] == {"known": len(rows)}, kind


def test_an_export_fills_another_database_alike(shell, desk, url, monkeypatch, tmp_path):
    if not url.startswith("sqlite"):
        pytest.skip("one way is enough")
    desk.furnish()
    desk.taken("stock", STOCK)
    kinds = ("suppliers", "items", "locations", "stock")
    before = {kind: exported(shell, kind) for kind in kinds}
    monkeypatch.setenv("WAREHOUSE_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    for kind in kinds:
        assert shell.json("import", kind, f"{kind}.csv")["accepted"] == len(before[kind])
    assert {kind: exported(shell, kind) for kind in kinds} == before


def test_moves_go_out_in_ledger_order_with_the_places_that_hold_the_goods(shell, desk):
    desk.furnish()
    desk.taken("stock", STOCK)
    rows = exported(shell, "moves")
    assert list(rows[0]) == [
        "posting", "at", "occurred_at", "reserved_at", "key", "cause", "document", "sku", "lot", "serial", "container",
        "quantity", "from", "to", "received_at", "by", "device",
    ]  # fmt: skip
    assert [(each["cause"], each["sku"], each["from"], each["to"], each["quantity"]) for each in rows] == [
        ("opening", "MUG", "supplier", "A-01", "5"), ("opening", "MUG", "supplier", "A-02", "7"),
    ]  # fmt: skip
    assert rows[0]["received_at"] == "2026-01-05T00:00:00.000000Z"
    assert rows[0]["reserved_at"] == ""
    assert sorted(each["at"] for each in rows) == [each["at"] for each in rows]
    assert shell.json("verify")["unsealed"] == 0


def test_an_export_goes_to_standard_output_or_a_packed_file_or_json(shell, desk):
    desk.furnish()
    for name in ((), ("-",)):
        assert shell.run("export", "suppliers", *name).stdout == "code,name,email,lead_time_days\nACME,Acme Trading,,\n"
    shell.run("export", "suppliers", "suppliers.csv.gz")
    assert gzip.decompress((shell.folder / "suppliers.csv.gz").read_bytes()).startswith(b"code,name")
    assert shell.json("export", "suppliers") == {
        "suppliers": [{"code": "ACME", "name": "Acme Trading", "email": "", "lead_time_days": None}]
    }
    assert shell.json("export", "suppliers", "s.csv") == {"kind": "suppliers", "file": "s.csv", "rows": 1}
