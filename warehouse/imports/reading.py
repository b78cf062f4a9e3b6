"""From a file to a table: packing, encoding, separator, header and limits. Knows nothing of what the columns mean."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from warehouse.cells import unguard
from warehouse.imports.rows import Row

FILE_BYTES_MAX = 512 * 1024 * 1024
ROWS_MAX = 1_000_000
RECORD_CHARS_MAX = 32_768
RECORD_LINES_MAX = 200
COLUMNS_MAX = 200
CHUNK = 1 << 20
OWN_COLUMNS = ("line", "reasons")
"""What we add to the rows we reject: a corrected file may still have them."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SIGNATURES = {
    b"PK\x03\x04": "this is a workbook or an archive; save the sheet as CSV UTF-8",
    b"\xff\xfe": "this is UTF-16; save it as CSV UTF-8",
    b"\xfe\xff": "this is UTF-16; save it as CSV UTF-8",
    b"%PDF": "this is a PDF; a CSV file is needed",
}


class FileRefused(Exception):  # noqa: N818 - named by what happened
    """The whole file cannot be read as a table. `reason` is its code, the text says what to do."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(slots=True)
class Table:
    """A file's header as written, and its rows."""

    header: list[str]
    rows: list[Row] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The header as columns are compared: without blanks around, in lower case."""
        return [_folded(name) for name in self.header]


def read_table(path: Path, known: Collection[str]) -> Table:
    """Reads a CSV file, gzipped or not, in UTF-8 or GB18030; `known` column names tell its separator.

    Raises:
        FileRefused: it is no such file, goes beyond a limit, or its header names a column twice.
    """
    encoding = _encoding(path)
    with _open(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        records = _Records(text)
        first = records.header_line()
        table = Table(_header(first, known))
        _read_rows(table, records, _separator(first, known))
    return table


def _read_rows(table: Table, records: _Records, separator: str) -> None:
    width = len(table.header)
    for cells in records.rows(separator):
        if not cells:
            continue
        if len(table.rows) == ROWS_MAX:
            raise FileRefused("too_many_rows", f"more than {ROWS_MAX:,} rows; split the file")
        table.rows.append(_row(records.row_line, cells, width))


def _row(line: int, cells: list[str], width: int) -> Row:
    text = "".join(cells)
    row = Row(line, [unguard(cell) for cell in cells] if "'" in text else cells)
    if len(cells) != width:
        row.refuse("wrong_number_of_cells", f"{len(cells)} cells, the header has {width}")
        row.cells = (row.cells + [""] * width)[:width]
    if not text or text.isspace():
        row.skipped, row.reasons = "blank", []
    elif _CONTROL.search(text):
        refuse_unprintable(row)
    return row


def refuse_unprintable(row: Row) -> None:
    """Refuses a row with characters that no page and no label can show; they are kept as marks."""
    if _CONTROL.search("".join(row.cells)):
        row.refuse("control_characters", "a cell holds characters that cannot be printed")
        row.cells = [_CONTROL.sub("\N{REPLACEMENT CHARACTER}", cell) for cell in row.cells]


class _Records:
    """The text's lines as the CSV reader asks for them, each record bounded and numbered by its first line."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self._line = 0
        self._chars = 0
        self._started = 1
        self.row_line = 1

    def header_line(self) -> str:
        """The first line that says something."""
        for line in self._lines():
            if line.strip("\ufeff \t\r\n"):
                return line.lstrip("\ufeff")
            self._chars = 0
        raise FileRefused("empty_file", "the file is empty; its first row must name the columns")

    def rows(self, separator: str) -> Iterator[list[str]]:
        """The records below the header."""
        self._started, self._chars = self._line + 1, 0
        for cells in csv.reader(self._lines(), delimiter=separator):
            self.row_line = self._started
            self._started, self._chars = self._line + 1, 0
            yield cells

    def _lines(self) -> Iterator[str]:
        while line := self._text.readline(RECORD_CHARS_MAX + 1):
            self._line += 1
            self._chars += len(line)
            if self._chars > RECORD_CHARS_MAX or self._line - self._started > RECORD_LINES_MAX:
                raise FileRefused(
                    "row_too_long",
                    f"the row at line {self._started} is longer than {RECORD_CHARS_MAX:,} characters or "
                    f"{RECORD_LINES_MAX} lines; is a quotation mark left open there?",
                )
            yield line


def _header(line: str, known: Collection[str]) -> list[str]:
    names = [name.strip() for name in next(csv.reader([line], delimiter=_separator(line, known)))]
    if len(names) > COLUMNS_MAX:
        raise FileRefused("too_many_columns", f"{len(names)} columns; at most {COLUMNS_MAX} can be read")
    if _CONTROL.search(line):
        raise FileRefused("bad_header", "the header row holds characters that cannot be printed")
    folded = [_folded(name) for name in names]
    twice = sorted({names[index] for index, name in enumerate(folded) if name and name in folded[:index]})
    if twice:
        raise FileRefused("duplicate_columns", f"the header names a column twice: {', '.join(twice)}")
    return names


def _separator(line: str, known: Collection[str]) -> str:
    """The separator under which the header names most columns that are known; a comma unless another is better."""

    def score(separator: str) -> int:
        return sum(_folded(name.strip(' "')) in known for name in line.strip("\r\n").split(separator))

    return max(",;\t", key=score)


def _folded(name: str) -> str:
    return name.strip().casefold()


# ---------------------------------------------------------------- packing and encoding


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.GzipFile(path, "rb")) if packed else path.open("rb")


def _encoding(path: Path) -> str:
    """UTF-8, with or without its mark, if the whole file is; else GB18030."""
    for encoding, name in (("utf-8", "utf-8-sig"), ("gb18030", "gb18030")):
        if _decodes(path, encoding):
            return name
    raise FileRefused("unknown_encoding", "the text is neither UTF-8 nor GB18030; save the file as CSV UTF-8")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    size = 0
    try:
        with _open(path) as file:
            while chunk := file.read(CHUNK):
                if not size:
                    _refuse_signature(chunk)
                size += len(chunk)
                if size > FILE_BYTES_MAX:
                    raise FileRefused("file_too_large", f"more than {FILE_BYTES_MAX >> 20} MB of text; split the file")
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileRefused("bad_gzip", "the packed file is damaged or cut off; fetch it again") from error
    return True


def _refuse_signature(chunk: bytes) -> None:
    for signature, advice in _SIGNATURES.items():
        if chunk.startswith(signature):
            raise FileRefused("not_csv", advice)
