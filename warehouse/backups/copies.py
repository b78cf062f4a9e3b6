"""The database itself, out of a running installation and into an empty one: SQLite and PostgreSQL, each by its own means."""

from __future__ import annotations

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import inspect

from warehouse.backups.archive import BackupRefused, sync
from warehouse.db import Database, Session

_COUNTS = {
    "postings": "SELECT count(*) FROM move WHERE line = 0",
    "moves": "SELECT count(*) FROM move",
    "seals": "SELECT count(*) FROM seal",
    "items": "SELECT count(*) FROM item",
    "orders": "SELECT count(*) FROM sales_order",
    "people": "SELECT count(*) FROM person",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a copy of a database is: its migration, and how much is in it."""

    migration: str
    counts: dict[str, int]


class Copier(ABC):
    """Takes a copy of a database, and puts one into an empty database."""

    @abstractmethod
    def dump(self, target: Path) -> Facts:
        """Writes one state of the database into a new file, beside those who work on it."""

    @abstractmethod
    def check_empty(self) -> None:
        """Refuses a database that holds anything."""

    @abstractmethod
    def load(self, source: Path, expected: Facts) -> None:
        """Makes a copy the database, whole or not at all; the file is used up."""

    @abstractmethod
    def draft(self, home: Path) -> Path:
        """Where the copy lies until it is loaded."""


def copier(database: Database) -> Copier:
    """The means of this database's kind."""
    return SqliteCopier(database) if database.dialect == "sqlite" else PostgresqlCopier(database)


def _facts(value: Callable[[str], Any]) -> Facts:
    migration = value("SELECT version_num FROM alembic_version")
    return Facts(str(migration), {name: int(value(sql)) for name, sql in _COUNTS.items()})


class SqliteCopier(Copier):
    """One file to another.

    The copy is read in one step: a reader holds up nobody, and a copy in several would begin anew with every scan
    between them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = Path(database.engine.url.database or "")

    def dump(self, target: Path) -> Facts:
        """Copies the database by SQLite's own call, and reads the copy through."""
        source = self._database.engine.raw_connection()
        try:
            with closing(sqlite.connect(str(target), isolation_level=None)) as copy:
                connection: Any = source.driver_connection
                connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
                return _sound(copy)
        finally:
            source.close()

    def check_empty(self) -> None:
        """Refuses where there is a database file, or what another left of itself."""
        for end in ("", "-wal", "-journal", "-shm"):
            file = self._path.with_name(self._path.name + end)
            if file.exists():
                raise BackupRefused(f"{file} exists: restore only into an empty home. Nothing was changed.")

    def draft(self, home: Path) -> Path:
        """Beside its later name, so that it can be given that name at once."""
        del home
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._path.with_name(f".{self._path.name}.restoring")

    def load(self, source: Path, expected: Facts) -> None:
        """Reads the copy through, then gives it its name."""
        with closing(sqlite.connect(str(source), isolation_level=None)) as copy:
            _compare(_sound(copy), expected)
        source.rename(self._path)
        sync(self._path.parent)


def _sound(copy: Any) -> Facts:
    said = [row[0] for row in copy.execute("PRAGMA quick_check(1)")]
    if said != ["ok"]:
        raise BackupRefused(f"SQLite finds the database damaged: {said[0]}")
    return _facts(lambda sql: copy.execute(sql).fetchone()[0])


class PostgresqlCopier(Copier):
    """pg_dump and pg_restore, which come with PostgreSQL's client tools."""

    def __init__(self, database: Database) -> None:
        self._database = database
        url = database.engine.url
        _, parts = database.engine.dialect.create_connect_args(url)
        self._password = str(parts.pop("password", "") or "")
        self._where = make_conninfo("", **{name: part for name, part in parts.items() if isinstance(part, str | int)})

    def dump(self, target: Path) -> Facts:
        """Dumps the very state that is counted: pg_dump reads in the snapshot of our own transaction."""

        def read(session: Session) -> Facts:
            session.run("SET LOCAL idle_in_transaction_session_timeout = 0")
            session.run("SET LOCAL statement_timeout = 0")
            snapshot = session.value("SELECT pg_export_snapshot()")
            self._run(
                ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                 f"--file={target}", f"--dbname={self._where}"]
            )  # fmt: skip
            return _facts(session.value)

        return self._database.read(read)

    def check_empty(self) -> None:
        """Refuses a database with any table."""
        tables = inspect(self._database.engine).get_table_names()
        if tables:
            raise BackupRefused(
                f"The database holds tables already ({tables[0]}, …): restore only into an empty one, made by "
                "`createdb`. Nothing was changed."
            )

    def draft(self, home: Path) -> Path:
        """In the home, until PostgreSQL has it."""
        return home / ".database.restoring"

    def load(self, source: Path, expected: Facts) -> None:
        """Restores in one transaction and counts what came."""
        try:
            self._run(
                ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                 f"--dbname={self._where}", str(source)]
            )  # fmt: skip
        finally:
            source.unlink()
        _compare(self._database.read(lambda session: _facts(session.value)), expected)

    def _run(self, command: Sequence[str]) -> None:
        """Runs one of PostgreSQL's tools. The password goes by the environment: everybody may read a command line."""
        tool = shutil.which(command[0])
        if tool is None:
            raise BackupRefused(
                f"{command[0]} is missing: install PostgreSQL's client tools (Debian: postgresql-client) of the "
                "server's version or a later one."
            )
        environ = os.environ | ({"PGPASSWORD": self._password} if self._password else {})
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own tool, found on the path of who calls
            [tool, *command[1:]], env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BackupRefused(f"{command[0]} failed: {' '.join(done.stderr.split())[:500]}")


def _compare(found: Facts, expected: Facts) -> None:
    if found != expected:
        raise BackupRefused(f"The database is not what the backup says of itself: {found} instead of {expected}.")
