"""The desk at which files come in: writes a text to a file, imports it, and tells what became of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conftest import LEDGER_KEY
from warehouse.cli import warehouse
from warehouse.db import Database
from warehouse.imports.kinds import KINDS
from warehouse.imports.mapping import NO_MAPPING, read_mapping
from warehouse.imports.run import Imported, Wish, import_file

TIMEZONE = "Asia/Shanghai"

SITE = "code,parent,kind\nMAIN,,site\nDOCK-1,MAIN,dock\nA-01,MAIN,bin\nA-02,MAIN,bin\n"
ITEMS = "sku,name,tracking,shelf_life_days\nKETTLE,Kettle,,\nMUG,Mug,,\nTEA,Green tea,lot,365\nCAMERA,Camera,serial,\n"
SUPPLIERS = "code,name\nACME,Acme Trading\n"
ORDER = "channel,number,confirmed_at,name,phone,region,address,sku,quantity"


class Desk:
    """Imports texts as files, on one database."""

    def __init__(self, base: Database, folder: Path) -> None:
        self.base, self.folder, self.files = base, folder, 0

    def file(self, text: str | bytes, name: str = "") -> Path:
        """A file with this text."""
        self.files += 1
        path = self.folder / (name or f"file-{self.files}.csv")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def bring(self, kind: str, text: str | bytes, *, mapping: str = "", **how: Any) -> Imported:
        """Imports a text; into MAIN where there is one."""
        chosen = KINDS[kind]
        mapped = read_mapping(self.file(mapping, "mapping.toml"), kind, chosen.columns) if mapping else NO_MAPPING
        warehouse_id = self.value("SELECT id FROM warehouse WHERE code = 'MAIN'") or 0
        wish = Wish(
            chosen, self.file(text), **{"mapping": mapped, "warehouse_id": warehouse_id, "timezone": TIMEZONE} | how
        )
        return import_file(self.base, wish)

    def taken(self, kind: str, text: str, **how: Any) -> Imported:
        """Imports a text of which every row must be taken."""
        imported = self.bring(kind, text, **how)
        assert imported.outcome.rejected == 0, [row.explained for row in imported.bad]
        return imported

    def furnish(self) -> None:
        """A warehouse with a dock and two bins, a few items and a supplier."""
        self.taken("locations", SITE)
        self.taken("items", ITEMS)
        self.taken("suppliers", SUPPLIERS)

    def all(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return [tuple(row) for row in self.base.read(lambda session: session.all(sql, **params))]

    def value(self, sql: str, **params: Any) -> Any:
        """The first column of the first row."""
        return self.base.read(lambda session: session.value(sql, **params))


def why(imported: Imported) -> list[list[str]]:
    """The reasons of each bad row, in the order of the file."""
    return [[reason for reason, _ in row.reasons] for row in imported.bad]


@pytest.fixture
def desk(base: Database, tmp_path: Path) -> Desk:
    """The desk, on an empty database."""
    return Desk(base, tmp_path)


class Shell:
    """The command line in this very process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runner = folder, CliRunner()

    def run(self, *words: Any) -> Result:
        """Runs a command."""
        return self.runner.invoke(warehouse, [str(word) for word in words])

    def json(self, *words: Any, status: int = 0) -> Any:
        """Runs a command with --json; what it prints must be one document and nothing else."""
        result = self.run(*words, "--json")
        assert result.exit_code == status, (result.exit_code, result.stderr, result.exception)
        return json.loads(result.stdout)


@pytest.fixture
def shell(url: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line on the same database."""
    environ = {
        "WAREHOUSE_DATABASE_URL": url, "WAREHOUSE_HOME": str(tmp_path), "WAREHOUSE_LEDGER_KEY": LEDGER_KEY,
        "WAREHOUSE_SECRET_KEY": "s" * 40, "WAREHOUSE_TIMEZONE": TIMEZONE,
    }  # fmt: skip
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr("os.nice", lambda _: 0)
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path)
