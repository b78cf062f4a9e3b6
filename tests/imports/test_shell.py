"""The command line where paths, names, values and the database are not what they should be: one line, exit status 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command as a shell runs it."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("WAREHOUSE_")}
    return subprocess.run(
        [sys.executable, "-m", "warehouse", *words],
        cwd=home, capture_output=True, text=True, timeout=60, check=False,
        env=kept | {"WAREHOUSE_HOME": str(home), "PYTHONPATH": str(ROOT)} | environ,
    )  # fmt: skip


def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database")
    assert run(tmp_path, "init").returncode == 0
    sqlite = f"sqlite:///{tmp_path / 'file'}"
    unreachable = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    for words, environ in (
        (("export", "items", "/nonexistent/x.csv"), {}),
        (("verify",), {"WAREHOUSE_HOME": str(tmp_path / "file" / "below")}),
        (("verify",), {"WAREHOUSE_DATABASE_URL": sqlite}),
        (("stock",), {"WAREHOUSE_DATABASE_URL": unreachable}),
        (("verify",), {"WAREHOUSE_DATABASE_URL": unreachable}),
        (("import", "items", str(tmp_path)), {}),
    ):
        done = run(tmp_path, *words, **environ)
        assert done.returncode == 2, (words, done.stderr)
        assert "Traceback" not in done.stderr, words
        told = done.stderr.strip()
        assert told.startswith("Usage: ") or len(told.splitlines()) == 1, told


def test_init_answers_with_json(shell) -> None:
    assert shell.json("init")["ok"] is True


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
@pytest.mark.parametrize("kind", ["user", "token"])
def test_a_name_says_something(shell, desk, kind, name) -> None:
    desk.furnish()
    said = shell.run(kind, "add", name, "--role", "picker")
    assert said.exit_code == 2
    assert "expected 1 to 100 printable characters" in said.stderr
    assert desk.value("SELECT count(*) FROM person") == 0


def test_a_negative_value_is_the_settings_own_matter(shell) -> None:
    said = shell.run("set", "unusual_quantity", "-5")
    assert "expected a whole number from 1 to 9999999, got -5" in str(said.exception)


def test_codes_that_mean_something_everywhere_name_nothing(desk) -> None:
    desk.furnish()
    desk.base.change(
        lambda session: session.run(
            """INSERT INTO setting (warehouse_id, name, value) VALUES (0, 'damage_reasons', '["SOAKED"]')"""
        )
    )
    for text in ("XQ5", "XW100", "XE20271231", "XXDONE", "XRSOAKED", "XRBROKEN"):
        for kind, table in (
            ("items", f"sku,name,barcode\nNEW,New,{text}\n"), ("items", f"sku,name\n{text},New\n"),
            ("barcodes", f"sku,barcode,quantity\nMUG,{text},6\n"), ("locations", f"code,parent,kind\n{text},MAIN,bin\n"),
        ):  # fmt: skip
            [[reason]] = [[reason for reason, _ in row.reasons] for row in desk.bring(kind, table).bad]
            assert reason.endswith("_reserved"), (text, kind, reason)
    for kind, detail in (("TEA", "lot"), ("CAMERA", "serial")):
        bad = desk.bring("stock", f"sku,location,quantity,{detail}\n{kind},A-01,1,XQ5\n").bad
        assert f"{detail}_reserved" in [reason for reason, _ in bad[0].reasons]
    desk.taken("barcodes", "sku,barcode,quantity\nMUG,XROAD,6\nMUG,XXL-MUG,1\n")
