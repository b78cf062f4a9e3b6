"""A real month of orders comes in: every line is accounted for, and a second import adds nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = os.environ.get("WAREHOUSE_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="set WAREHOUSE_DATA to the folder of the real data")


@pytest.fixture
def month(tmp_path):
    path = tmp_path / "2010-12.csv.gz"
    shutil.copy(Path(DATA or "") / "online-retail" / path.name, path)
    return path


def derive(month: Path, out: Path, *words: str) -> Path:
    script = ROOT / "examples" / "derive.py"
    subprocess.run([sys.executable, script, month, out, *words], check=True, capture_output=True)
    return out


@needs_data
def test_every_line_of_a_month_is_accounted_for_and_a_second_import_adds_nothing(shell, desk, month, tmp_path):
    """R-ORD-1, R-ORD-2."""
    out = derive(month, tmp_path / "derived")
    for kind in ("items", "locations"):
        assert shell.json("import", kind, out / f"{kind}.csv")["rejected"] == 0
    words = ("import", "orders", month, "--mapping", ROOT / "examples" / "online-retail.toml", "--keep-good")
    first = shell.json(*words)
    assert first["lines"] == 42_481 == first["accepted"] + first["skipped"] + first["rejected"]
    assert first["accepted"] == 41_518
    assert first["reasons"] | {"sku_unknown": 0} == {
        "cancelled_invoice": 728, "no_goods": 165, "quantity_invalid": 70, "sku_unknown": 0,
    }  # fmt: skip
    held = desk.all("SELECT count(*) FROM order_line UNION ALL SELECT count(*) FROM order_exception")
    assert held == [(41_518,), (70,)]
    second = shell.json(*words)
    assert second["lines"] == 42_481 == second["accepted"] + second["skipped"] + second["rejected"]
    assert (second["accepted"], second["reasons"]["known"]) == (0, 41_518)
    assert desk.all("SELECT count(*) FROM order_line UNION ALL SELECT count(*) FROM order_exception") == held


@needs_data
def test_what_is_derived_for_some_orders_lets_them_all_be_shipped(shell, desk, month, tmp_path):
    for derived, kinds in (
        ("stock", ("items", "locations", "stock")),
        ("purchase-orders", ("suppliers", "purchase-orders")),
    ):
        out = derive(month, tmp_path / derived, "--as", derived, "--orders", "40")
        for kind in kinds:
            assert shell.json("import", kind, out / f"{kind}.csv")["rejected"] == 0
    mapping = ROOT / "examples" / "online-retail.toml"
    orders = shell.json("import", "orders", tmp_path / "stock" / "orders.csv", "--mapping", mapping)
    assert orders["accepted"] == orders["lines"]
    wanted = "SELECT item_id, sum(quantity) AS n FROM order_line GROUP BY item_id"
    assert desk.all(
        f"""SELECT count(*), sum(CASE WHEN t.on_hand = w.n AND t.on_order = w.n THEN 0 ELSE 1 END)
            FROM ({wanted}) AS w JOIN total t ON t.item_id = w.item_id"""
    ) == [(desk.value("SELECT count(*) FROM item"), 0)]  # fmt: skip
