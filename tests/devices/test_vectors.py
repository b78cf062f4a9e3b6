"""The given device vectors: every scan comes out as expected, however the bytes were split into reads."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from devices.cli import station
from devices.vectors import check, decode_in, vectors_in

DATA = os.environ.get("WAREHOUSE_DATA")
FILE = Path(DATA or "") / "devices" / "vectors.jsonl"
needs_data = pytest.mark.skipif(not DATA, reason="set WAREHOUSE_DATA to the folder with devices/vectors.jsonl")

VECTORS = list(vectors_in(FILE.read_text(encoding="utf-8").splitlines())) if DATA and FILE.exists() else []


@needs_data
def test_there_are_vectors() -> None:
    assert VECTORS


@needs_data
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_comes_out_as_expected_at_every_split(vector) -> None:
    assert check(vector) is None
    data = bytes.fromhex(vector["bytes_hex"])
    whole = decode_in([data], vector["profile"])
    for place in range(len(data) + 1):
        assert check(vector, [data[:place], data[place:]]) is None
        assert decode_in([data[:place], data[place:]], vector["profile"]) == whole
    dice = random.Random(vector["name"])
    for _ in range(10):
        places = sorted(dice.sample(range(len(data) + 1), min(len(data), 4)))
        cuts = zip([0, *places], [*places, len(data)], strict=True)
        assert check(vector, [data[start:end] for start, end in cuts]) is None
    assert check(vector, [bytes([byte]) for byte in data]) is None


@needs_data
def test_the_command_checks_the_file() -> None:
    done = CliRunner().invoke(station, ["decode", "--vectors", str(FILE), "--json"])
    assert (done.exit_code, json.loads(done.output)["failed"]) == (0, 0)


def test_the_command_names_what_came_out_otherwise(tmp_path) -> None:
    file = tmp_path / "vectors.jsonl"
    vector = {"name": "wrong", "kind": "scan", "profile": "cr_lf", "bytes_hex": b"A\r".hex(),
              "expected": {"scans": [{"type": "plain", "text": "B"}]}}  # fmt: skip
    file.write_text(json.dumps(vector) + "\n" + json.dumps(vector | {"kind": "scale"}) + "\n")
    done = CliRunner().invoke(station, ["decode", "--vectors", str(file)])
    assert done.exit_code == 1
    assert "wrong" in done.output
    assert "1 scan vectors, 1 otherwise" in done.output


BAD = {"name": "n", "kind": "scan", "profile": "?", "bytes_hex": "00", "expected": {"scans": []}}


@pytest.mark.parametrize("text", ["{}", "[]", "no", json.dumps(BAD), json.dumps(BAD | {"bytes_hex": "0"})])
def test_a_file_of_other_things_is_wrong_usage(tmp_path, text) -> None:
    file = tmp_path / "vectors.jsonl"
    file.write_text(text + "\n")
    assert CliRunner().invoke(station, ["decode", "--vectors", str(file)]).exit_code == 2


def test_bytes_come_in_and_a_line_for_each_scan_comes_out(tmp_path) -> None:
    done = CliRunner().invoke(station, ["decode"], input=b"]E09501101530003\r\n]C0TOTE-1\r\nrest")
    assert done.exit_code == 0
    assert [json.loads(line) for line in done.output.splitlines()] == [
        {"type": "gtin", "text": "9501101530003", "aim": "]E0", "gtin14": "09501101530003"},
        {"type": "plain", "text": "TOTE-1", "aim": "]C0"},
    ]
    file = tmp_path / "bytes"
    file.write_bytes("]Q1库位".encode("gb18030"))
    done = CliRunner().invoke(station, ["decode", "--profile", "none_idle_50ms;encoding=gb18030", str(file)])
    assert json.loads(done.output) == {"type": "plain", "text": "库位", "aim": "]Q1", "flushed_by": "idle"}
    assert CliRunner().invoke(station, ["decode", "--profile", "no_such"]).exit_code == 2
