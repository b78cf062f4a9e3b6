"""Counting: when each bin is due, what was counted, and what was decided about the differences."""

from __future__ import annotations

import re

from alembic import op

revision = "0006"
down_revision = "0005"

CHANGES = """
ALTER TABLE count_request ADD COLUMN person_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE count_request ADD COLUMN count_id INTEGER NOT NULL DEFAULT 0;

CREATE TABLE bin_plan (
    warehouse_id INTEGER NOT NULL, location_id INTEGER NOT NULL, zone_id INTEGER NOT NULL DEFAULT 0,
    path TEXT COLLATE BYTES NOT NULL, class TEXT NOT NULL DEFAULT 'C' CHECK (class IN ('A', 'B', 'C')),
    proved_at INTEGER NOT NULL DEFAULT 0, due_day INTEGER NOT NULL, due INTEGER NOT NULL DEFAULT 0 CHECK (due IN (0, 1)),
    trouble INTEGER NOT NULL DEFAULT 0, weight INTEGER NOT NULL DEFAULT 0, moves INTEGER NOT NULL DEFAULT 0,
    value_at_risk INTEGER NOT NULL DEFAULT 0, planned_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (warehouse_id, location_id));
CREATE INDEX location_bins ON location (warehouse_id, id) WHERE kind = 'bin';
CREATE INDEX bin_plan_next ON bin_plan (warehouse_id, trouble DESC, weight DESC, path) WHERE due = 1;
CREATE INDEX bin_plan_sleeping ON bin_plan (warehouse_id, due_day) WHERE due = 0;
CREATE INDEX bin_plan_day ON bin_plan (warehouse_id, due_day);
CREATE INDEX bin_plan_stale ON bin_plan (warehouse_id, planned_at);
CREATE TABLE item_class (
    warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, class TEXT NOT NULL CHECK (class IN ('A', 'B', 'C')),
    value INTEGER NOT NULL, made_day INTEGER NOT NULL, PRIMARY KEY (warehouse_id, item_id));
CREATE TABLE stocktake (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, zone_id INTEGER NOT NULL DEFAULT 0,
    asked_at INTEGER NOT NULL, asked_by INTEGER NOT NULL, marked_to INTEGER NOT NULL DEFAULT 0, closed_at INTEGER);
CREATE INDEX stocktake_open ON stocktake (warehouse_id, id) WHERE closed_at IS NULL;

CREATE TABLE bin_count (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, number TEXT NOT NULL, location_id INTEGER NOT NULL,
    reason TEXT NOT NULL, items TEXT NOT NULL DEFAULT '', round INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL CHECK (state IN ('counting', 'recount', 'review', 'closed')),
    skipped_at INTEGER NOT NULL DEFAULT 0, opened_at INTEGER NOT NULL, opened_by INTEGER NOT NULL, closed_at INTEGER,
    UNIQUE (warehouse_id, number));
CREATE UNIQUE INDEX bin_count_one_a_bin ON bin_count (warehouse_id, location_id) WHERE state <> 'closed';
CREATE INDEX bin_count_open ON bin_count (warehouse_id, state, id) WHERE state <> 'closed';
CREATE INDEX bin_count_of_bin ON bin_count (warehouse_id, location_id, id);
CREATE TABLE count_tally (
    count_id INTEGER NOT NULL, round INTEGER NOT NULL, item_id INTEGER NOT NULL, lot TEXT NOT NULL, serial TEXT NOT NULL,
    container_id INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (count_id, round, item_id, lot, serial, container_id),
    CONSTRAINT each_serial_once CHECK ((serial = '' AND container_id = 0) OR quantity = 1));
CREATE TABLE count_round (
    count_id INTEGER NOT NULL, round INTEGER NOT NULL, warehouse_id INTEGER NOT NULL, location_id INTEGER NOT NULL,
    zone_id INTEGER NOT NULL DEFAULT 0, class TEXT NOT NULL, person_id INTEGER NOT NULL, device TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
    lines INTEGER NOT NULL, wrong INTEGER NOT NULL, units INTEGER NOT NULL, wrong_units INTEGER NOT NULL,
    PRIMARY KEY (count_id, round));
CREATE INDEX count_round_ended ON count_round (warehouse_id, ended_at);
CREATE TABLE count_line (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, count_id INTEGER NOT NULL, round INTEGER NOT NULL,
    location_id INTEGER NOT NULL, item_id INTEGER NOT NULL, lot TEXT NOT NULL DEFAULT '', serial TEXT NOT NULL DEFAULT '',
    container_id INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL CHECK (counted >= 0),
    expected INTEGER NOT NULL CHECK (expected >= 0), unit_cost INTEGER, value INTEGER NOT NULL DEFAULT 0,
    class TEXT NOT NULL DEFAULT 'C', person_id INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('match', 'recount', 'review', 'second', 'posted', 'superseded', 'taken_back')),
    cause TEXT NOT NULL DEFAULT '', approved_by INTEGER NOT NULL DEFAULT 0, approved_at INTEGER,
    second_by INTEGER NOT NULL DEFAULT 0, posting_id INTEGER NOT NULL DEFAULT 0);
CREATE INDEX count_line_of ON count_line (count_id, round, id);
CREATE INDEX count_line_wrong ON count_line (warehouse_id, item_id, id) WHERE counted <> expected;
CREATE INDEX count_line_ended ON count_line (warehouse_id, ended_at)
"""

CLUSTERED = {"bin_plan", "item_class", "count_tally", "count_round"}


def upgrade() -> None:
    """Makes the tables of counting, and lets a wish for a count name who shall count."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(_postgresql(statement) if postgresql else _sqlite(statement))


def _postgresql(statement: str) -> str:
    return re.sub(r"\bINTEGER\b", "BIGINT", statement).replace("COLLATE BYTES", 'COLLATE "C"')


def _sqlite(statement: str) -> str:
    statement = statement.replace(" COLLATE BYTES", "")
    if not statement.startswith("CREATE TABLE"):
        return statement
    return f"{statement} STRICT, WITHOUT ROWID" if statement.split()[2] in CLUSTERED else f"{statement} STRICT"
