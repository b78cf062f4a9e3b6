"""Brings a database to the present form, by the migrations that travel with the product."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from warehouse.paths import MIGRATIONS


def migrate(engine: Engine) -> None:
    """Applies what is missing, all or nothing; safe to repeat and from several processes at once."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "BEGIN")
        try:
            if engine.dialect.name == "postgresql":
                driver.execute("SELECT pg_advisory_xact_lock(7425)")
            command.upgrade(_config(connection), "head")
        except BaseException:
            driver.rollback()
            raise
        driver.commit()


def is_current(engine: Engine) -> bool:
    """Whether the database has the present form."""
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at == ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: object = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
