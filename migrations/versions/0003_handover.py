"""Work is handed over: a note on it for the next person, and who has taken over what from whom."""

from __future__ import annotations

import re

from alembic import op

revision = "0003"
down_revision = "0002"

CHANGES = """
ALTER TABLE work ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE work ADD COLUMN note_by INTEGER NOT NULL DEFAULT 0;
CREATE TABLE takeover (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, work_id INTEGER NOT NULL, act_id INTEGER NOT NULL,
    room TEXT NOT NULL, subject_id INTEGER NOT NULL, from_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL);
CREATE INDEX takeover_of_subject ON takeover (warehouse_id, room, subject_id)
"""


def upgrade() -> None:
    """Adds to the table of work, and the log of what was taken over."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(re.sub(r"\bINTEGER\b", "BIGINT", statement) if postgresql else _sqlite(statement))


def _sqlite(statement: str) -> str:
    return f"{statement} STRICT" if statement.startswith("CREATE TABLE") else statement
