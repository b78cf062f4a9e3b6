"""The yardstick "bare": a Flask view under the same server settings that does one posting in hand-written SQL.

It reads a form, claims the key, changes two balances, writes one move, and answers a constant of 2 kB. Beside it stands a
view that answers a page of any size and does nothing else.
Run as `python -m warehouse.bench.bare`.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, request
from pysqlite3 import dbapi2 as sqlite

from warehouse.serve import serve_app
from warehouse.settings import Settings

ROWS = 64
ANSWER = "x" * 2048
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS bare_key (key TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS bare_balance (id INTEGER PRIMARY KEY, quantity BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS bare_move (key TEXT PRIMARY KEY, from_id BIGINT, to_id BIGINT, quantity BIGINT)",
)


class _Sqlite:
    """One connection a thread, one writer at a time."""

    def __init__(self, path: str) -> None:
        self._path, self._local, self._turn = path, threading.local(), threading.Lock()

    def post(self, key: str, row: int) -> None:
        connection = self._connection()
        with self._turn:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare_key VALUES (?)", (key,))
            connection.execute("UPDATE bare_balance SET quantity = quantity - 1 WHERE id = ?", (row,))
            connection.execute("UPDATE bare_balance SET quantity = quantity + 1 WHERE id = ?", (row + ROWS,))
            connection.execute("INSERT INTO bare_move VALUES (?, ?, ?, 1)", (key, row, row + ROWS))
            connection.execute("COMMIT")

    def _connection(self) -> Any:
        if not hasattr(self._local, "connection"):
            made = sqlite.connect(self._path, isolation_level=None, timeout=20)
            made.execute("PRAGMA journal_mode=WAL")
            made.execute("PRAGMA synchronous=FULL")
            self._local.connection = made
        return self._local.connection


class _Postgresql:
    """One connection a thread."""

    def __init__(self, url: str) -> None:
        self._url, self._local = url, threading.local()

    def post(self, key: str, row: int) -> None:
        connection = self._connection()
        connection.execute("INSERT INTO bare_key VALUES (%s)", (key,))
        connection.execute("UPDATE bare_balance SET quantity = quantity - 1 WHERE id = %s", (row,))
        connection.execute("UPDATE bare_balance SET quantity = quantity + 1 WHERE id = %s", (row + ROWS,))
        connection.execute("INSERT INTO bare_move VALUES (%s, %s, %s, 1)", (key, row, row + ROWS))
        connection.commit()

    def _connection(self) -> Any:
        if not hasattr(self._local, "connection"):
            self._local.connection = psycopg.connect(self._url)
        return self._local.connection


def poster(url: str) -> _Sqlite | _Postgresql:
    """Hand-written postings into the database at a URL."""
    if url.startswith("sqlite"):
        return _Sqlite(url.removeprefix("sqlite:///"))
    return _Postgresql(url.replace("+psycopg", ""))


def prepare(url: str) -> None:
    """Makes the yardstick's own tables."""
    statements = [*SCHEMA, *(f"INSERT INTO bare_balance VALUES ({row}, 1000000)" for row in range(2 * ROWS))]
    connection: Any = (
        sqlite.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        if url.startswith("sqlite")
        else psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    )
    for statement in statements:
        connection.execute(statement)
    connection.close()


def create(settings: Settings) -> Flask:
    """The yardstick as an application."""
    app, into = Flask("bare"), poster(settings.database_url)

    @app.get("/readyz")
    def ready() -> str:
        return "ready"

    @app.get("/page/<int:size>")
    def page(size: int) -> str:
        return "x" * size

    @app.post("/bare")
    def bare() -> str:
        into.post(request.form["key"], int(request.form["row"]) % ROWS)
        return ANSWER

    return app


if __name__ == "__main__":
    serve_app(Settings.from_environ(dotenv=Path(".env")), create, worker=False)
