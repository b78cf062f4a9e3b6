"""`warehouse labels` and `warehouse demo` on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def warehouse(home: Path, *args: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WAREHOUSE_")}
    environ = kept | {"WAREHOUSE_HOME": str(home)}
    done = subprocess.run([sys.executable, "-m", "warehouse", *args], env=environ, capture_output=True)
    assert done.returncode == code, done.stderr.decode()
    return done


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    made = json.loads(warehouse(folder, "demo", "--json").stdout)
    assert set(made) == {"token", "people"}
    assert {"name", "roles", "badge", "pin"} == set(made["people"][0])
    return folder


def test_a_second_demo_says_why_it_is_refused(home: Path) -> None:
    assert b"holds data already" in warehouse(home, "demo", code=1).stderr


@pytest.mark.parametrize("kind", ["items", "locations", "badges", "commands", "demo"])
def test_each_kind_becomes_a_file(home: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "labels.pdf"
    said = json.loads(warehouse(home, "labels", kind, "--out", str(out), "--json").stdout)
    assert said["labels"] > 10
    assert out.read_bytes().startswith(b"%PDF-")


def test_without_a_file_it_goes_to_standard_output(home: Path) -> None:
    assert warehouse(home, "labels", "items", "--only", "MUG-RED", "--format", "zpl").stdout.startswith(b"^XA")
    assert warehouse(home, "labels", "items", "--only", "MUG-RED", "--format", "png").stdout.startswith(b"\x89PNG")


def test_new_totes_never_have_the_same_code_twice(home: Path, tmp_path: Path) -> None:
    first, second = (warehouse(home, "labels", "totes", "--new", "2", "--format", "zpl").stdout for _ in range(2))
    assert first.count(b"^XA") == second.count(b"^XA") == 2
    assert first != second


@pytest.mark.parametrize(
    ("args", "said"),
    [(("items", "--under", "A"), b"does not belong"), (("commands", "--only", "XXOK"), b"does not belong"),
     (("items", "--json"), b"--out"), (("locations", "--format", "png"), b"at most 100"), (("totes",), b"totes is not here"),
     (("badges", "--only", "Nobody"), b"Nobody is not here"), (("items", "--new", "2"), b"does not belong"),
     (("nothing",), b"nothing")],
)  # fmt: skip
def test_wrong_usage_is_told(home: Path, args: tuple[str, ...], said: bytes) -> None:
    assert said in warehouse(home, "labels", *args, code=2).stderr


def test_a_real_persons_badge_is_issued_anew(home: Path, tmp_path: Path) -> None:
    warehouse(home, "user", "add", "Grace", "--role", "picker")
    out = tmp_path / "badge.pdf"
    warehouse(home, "labels", "badges", "--only", "Grace", "--out", str(out))
    assert out.read_bytes().startswith(b"%PDF-")
