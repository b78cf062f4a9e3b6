"""Desks: who works at a dock or packing place, what stands on their page, and what its scanners do."""

from __future__ import annotations

import re

from alembic import op

revision = "0005"
down_revision = "0004"

CHANGES = """
CREATE TABLE station (
    id INTEGER PRIMARY KEY REFERENCES location (id), warehouse_id INTEGER NOT NULL, room TEXT NOT NULL,
    session TEXT NOT NULL DEFAULT '', taken_at INTEGER NOT NULL DEFAULT 0, page TEXT NOT NULL DEFAULT '',
    page_until INTEGER NOT NULL DEFAULT 0, acted_at INTEGER NOT NULL DEFAULT 0,
    open_room TEXT NOT NULL DEFAULT '', work_id INTEGER NOT NULL DEFAULT 0, step TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    revision INTEGER NOT NULL DEFAULT 0, news INTEGER NOT NULL DEFAULT 0, changed_at INTEGER NOT NULL DEFAULT 0,
    said TEXT NOT NULL DEFAULT '', passed TEXT NOT NULL DEFAULT '',
    scanners TEXT NOT NULL DEFAULT '', agent_seen_at INTEGER NOT NULL DEFAULT 0,
    code_hash TEXT NOT NULL DEFAULT '', code_until INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX station_code ON station (code_hash) WHERE code_hash <> '';
CREATE INDEX token_of_device ON token (device, made_at) WHERE device <> '';
CREATE INDEX token_of_station ON token (station_id) WHERE station_id <> 0
"""


def upgrade() -> None:
    """Adds the table of desks."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(re.sub(r"\bINTEGER\b", "BIGINT", statement) if postgresql else _sqlite(statement))


def _sqlite(statement: str) -> str:
    return f"{statement} STRICT" if statement.startswith("CREATE TABLE") else statement
