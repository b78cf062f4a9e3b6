"""People sign in: a session is a token with a device and the time it was last seen; every try is kept."""

from __future__ import annotations

import re

from alembic import op

revision = "0002"
down_revision = "0001"

CHANGES = """
ALTER TABLE person ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX token_of_person ON token (person_id, made_at);
CREATE TABLE sign_in (
    id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL DEFAULT 0, device TEXT NOT NULL, address TEXT NOT NULL,
    agent TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('trying', 'in', 'wrong_pin', 'unknown_badge', 'locked_out', 'out', 'idle')));
CREATE INDEX sign_in_of_device ON sign_in (device, at);
CREATE INDEX sign_in_of_address ON sign_in (address, at);
CREATE INDEX sign_in_of_person ON sign_in (person_id, at)
"""


def upgrade() -> None:
    """Adds to the tables of accounts, and the log of signing in."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(re.sub(r"\bINTEGER\b", "BIGINT", statement) if postgresql else _sqlite(statement))


def _sqlite(statement: str) -> str:
    return f"{statement} STRICT" if statement.startswith("CREATE TABLE") else statement
