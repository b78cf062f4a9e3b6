"""What a file may look like: packing, encodings, separators, headers, limits. No database."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.cells import guard, unguard
from warehouse.imports import reading
from warehouse.imports.reading import FileRefused, read_table

KNOWN = {"sku", "name", "名称"}


def read(tmp_path: Path, content: bytes, name: str = "file.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return read_table(path, KNOWN)


def refused(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(FileRefused) as caught:
        read(tmp_path, content)
    assert str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    "content",
    [
        "sku,name\nA,水壶\n".encode(),
        "sku,name\nA,水壶\n".encode("utf-8-sig"),
        "sku,name\r\nA,水壶\r\n".encode("gb18030"),
        "sku;name\nA;水壶".encode(),
        "sku\tname\nA\t水壶\n".encode(),
        gzip.compress("sku,name\nA,水壶\n".encode()),
        '\n\n"sku" , "name"\nA,"水壶"\n\n\n'.encode(),
    ],
    ids=["utf-8", "utf-8 with mark", "gb18030", "semicolons", "tabs", "gzip", "quoted, blank lines"],
)
def test_one_table_in_many_dresses(tmp_path, content):
    table = read(tmp_path, content)
    assert [row.cells for row in table.rows] == [["A", "水壶"]]
    assert table.columns[0] == "sku"


def test_a_chinese_header_is_read_in_gb18030(tmp_path):
    assert read(tmp_path, "sku,名称\nA,水壶\n".encode("gb18030")).columns == ["sku", "名称"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf\n\n", "empty_file"),
        (b"sku,name,SKU \nA,B,C\n", "duplicate_columns"),
        ("sku,name\nA,B\n".encode("utf-16"), "not_csv"),
        (b"PK\x03\x04 a workbook", "not_csv"),
        (b"sku,name\nA,\xff\xff\xff\n", "unknown_encoding"),
        (gzip.compress(b"sku,name\nA,B\n" * 1000, mtime=0)[:-20], "bad_gzip"),
        (b"sku,na\x00me\nA,B\n", "bad_header"),
        (b"sku,name\nA," + b"x" * 40_000 + b"\n", "row_too_long"),
        (b'sku,name\nA,"never closed\n' + b"B,C\n" * 10_000, "row_too_long"),
        (b",".join(b"c%d" % n for n in range(300)), "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_whole_with_a_clear_reason(tmp_path, content, reason):
    assert refused(tmp_path, content) == reason


def test_limits_on_rows_and_size_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "ROWS_MAX", 3)
    assert refused(tmp_path, b"sku,name\n" + b"A,B\n" * 4) == "too_many_rows"
    monkeypatch.setattr(reading, "FILE_BYTES_MAX", 10)
    assert refused(tmp_path, b"sku,name\n" + b"A,B\n" * 4) == "file_too_large"
    assert refused(tmp_path, gzip.compress(b"sku,name\n" + b"A,B\n" * 4)) == "file_too_large"


def test_control_characters_and_ragged_rows_are_bad_rows_not_bad_files(tmp_path):
    table = read(tmp_path, b"sku,name\nA,b\x00c\nB,c,d\nC\nD,\x1d\nE,ok\n")
    reasons = [[reason for reason, _ in row.reasons] for row in table.rows]
    assert reasons == [
        ["control_characters"], ["wrong_number_of_cells"], ["wrong_number_of_cells"], ["control_characters"], [],
    ]  # fmt: skip


def test_rows_are_numbered_by_their_line_in_the_file(tmp_path):
    table = read(tmp_path, b'sku,name\n\nA,"two\nlines"\nB,c\n,\n')
    assert [(row.line, row.skipped) for row in table.rows] == [(3, ""), (5, ""), (6, "blank")]


@given(st.text())
def test_a_guarded_cell_comes_back_as_it_was(text):
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@a", "\tx", "\rx", "'=x", "''@"])
def test_what_a_spreadsheet_would_run_goes_out_behind_an_apostrophe(text):
    assert guard(text) == "'" + text


@pytest.mark.parametrize("text", ["-5", "+86138", "85123A", "", "a=b", "'tis"])
def test_plain_text_and_numbers_go_out_as_they_are(text):
    assert guard(text) == text
