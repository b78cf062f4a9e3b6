"""Brings a database to the present form, by the migrations that travel with the product."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, inspect, text

from warehouse.paths import MIGRATIONS


def migrate(engine: Engine) -> None:
    """Applies what is missing, all or nothing; safe to repeat and from several processes at once."""
    from alembic import command

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
    """Whether the database has the present form. Looks at file names alone: loading Alembic takes longer than starting."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return bool(at == head())


def is_migrated(engine: Engine) -> bool:
    """Whether the database has any form of ours, be it an earlier one."""
    return inspect(engine).has_table("alembic_version")


def head() -> str:
    """The latest migration: they are numbered, and their files begin with the number."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _config(connection: object) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
