"""Safety stock: the levels that an item's total is held against, policies and what was planned by them, alerts, demand.

The levels stand on the row of the total, so that the statement which changes what is available tells by itself whether
one of them was crossed.
"""

from __future__ import annotations

import re

from alembic import op

revision = "0007"
down_revision = "0006"

CHANGES = """
ALTER TABLE total ADD COLUMN expired INTEGER NOT NULL DEFAULT 0 CHECK (expired >= 0);
ALTER TABLE total ADD COLUMN safety_stock INTEGER NOT NULL DEFAULT 0 CHECK (safety_stock >= 0);
ALTER TABLE total ADD COLUMN reorder_point INTEGER NOT NULL DEFAULT -1 CHECK (reorder_point >= -1);
ALTER TABLE total ADD COLUMN maximum INTEGER NOT NULL DEFAULT -1 CHECK (maximum >= -1);
ALTER TABLE total ADD COLUMN alarm INTEGER NOT NULL DEFAULT 0 CHECK (alarm BETWEEN 0 AND 7);
CREATE INDEX balance_expiring ON balance (warehouse_id, item_id, last_day) WHERE last_day < 3652059;
CREATE INDEX layer_of_purchase ON layer (purchase_order_line_id) WHERE purchase_order_line_id <> 0;
CREATE INDEX purchase_order_line_of_item ON purchase_order_line (item_id, id);

CREATE TABLE stock_policy (
    warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('cover', 'fixed', 'statistical')),
    quantity INTEGER CHECK (quantity >= 0), cover_days INTEGER CHECK (cover_days > 0),
    service_permille INTEGER CHECK (service_permille BETWEEN 500 AND 999),
    lead_time_days INTEGER CHECK (lead_time_days >= 0), max_cover_days INTEGER CHECK (max_cover_days > 0),
    changed_at INTEGER NOT NULL, changed_by INTEGER NOT NULL, PRIMARY KEY (warehouse_id, item_id),
    CONSTRAINT fixed_has_quantity CHECK (kind <> 'fixed' OR quantity IS NOT NULL));
CREATE TABLE stock_policy_log (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL,
    changed_at INTEGER NOT NULL, changed_by INTEGER NOT NULL);
CREATE INDEX stock_policy_log_of ON stock_policy_log (warehouse_id, item_id, id);
CREATE TABLE stock_plan (
    warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, kind TEXT NOT NULL, inputs TEXT NOT NULL,
    safety_stock INTEGER NOT NULL CHECK (safety_stock >= 0), lead_demand INTEGER NOT NULL CHECK (lead_demand >= 0),
    used_7 INTEGER NOT NULL, used_30 INTEGER NOT NULL, used_90 INTEGER NOT NULL, used_365 INTEGER NOT NULL,
    first_day INTEGER NOT NULL DEFAULT 0, last_used_day INTEGER NOT NULL DEFAULT 0, last_moved_day INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0, planned_at INTEGER NOT NULL, PRIMARY KEY (warehouse_id, item_id));
CREATE INDEX stock_plan_idle ON stock_plan (warehouse_id, last_moved_day);

CREATE TABLE safety_factor (
    warehouse_id INTEGER NOT NULL, service_permille INTEGER NOT NULL, factor_permille INTEGER NOT NULL,
    served_permille INTEGER NOT NULL, items INTEGER NOT NULL, days INTEGER NOT NULL, reckoned_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, service_permille));
CREATE TABLE item_day (
    warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, day INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0, came_back INTEGER NOT NULL DEFAULT 0, arrived INTEGER NOT NULL DEFAULT 0,
    moves INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (warehouse_id, item_id, day));
CREATE TABLE item_day_read (
    warehouse_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE planning_day (
    warehouse_id INTEGER NOT NULL, job TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (warehouse_id, job));

CREATE TABLE stock_alert (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('safety_stock', 'reorder', 'overstock')),
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'ordered', 'closed')),
    available INTEGER NOT NULL, on_order INTEGER NOT NULL, threshold INTEGER NOT NULL,
    owner TEXT NOT NULL, opened_at INTEGER NOT NULL, opened_by INTEGER NOT NULL, due_at INTEGER NOT NULL,
    acknowledged_at INTEGER, acknowledged_by INTEGER NOT NULL DEFAULT 0, snoozed_until INTEGER,
    snooze_reason TEXT NOT NULL DEFAULT '', escalated_at INTEGER, reopened INTEGER NOT NULL DEFAULT 0, closed_at INTEGER,
    CONSTRAINT closed_has_its_time CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT snoozed_has_its_reason CHECK (snoozed_until IS NULL OR snooze_reason <> ''));
CREATE UNIQUE INDEX stock_alert_once ON stock_alert (warehouse_id, item_id, kind) WHERE state <> 'closed';
CREATE INDEX stock_alert_of_item ON stock_alert (warehouse_id, item_id, kind, id);
CREATE INDEX stock_alert_by_state ON stock_alert (warehouse_id, state, due_at, id) WHERE state <> 'closed';
CREATE INDEX stock_alert_newest ON stock_alert (warehouse_id, id);
CREATE INDEX stock_alert_snoozed ON stock_alert (warehouse_id, snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE TABLE stock_alert_event (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, alert_id INTEGER NOT NULL REFERENCES stock_alert (id),
    kind TEXT NOT NULL CHECK (kind IN ('opened', 'reopened', 'acknowledged', 'ordered', 'snoozed', 'woken', 'escalated',
        'owner', 'closed')),
    detail TEXT NOT NULL DEFAULT '', person_id INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE INDEX stock_alert_event_of ON stock_alert_event (alert_id, id);

CREATE TABLE promotion (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, name TEXT NOT NULL,
    from_day INTEGER NOT NULL, until_day INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    made_at INTEGER NOT NULL, made_by INTEGER NOT NULL, cancelled_at INTEGER,
    sold INTEGER NOT NULL DEFAULT 0 CHECK (sold BETWEEN 0 AND quantity), counted INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT promotion_has_days CHECK (until_day >= from_day));
CREATE INDEX promotion_of_item ON promotion (warehouse_id, item_id) WHERE cancelled_at IS NULL;

CREATE TABLE protected_minimum (
    warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, channel TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0), changed_at INTEGER NOT NULL, changed_by INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, item_id, channel));

CREATE TABLE clearance (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, lot_id INTEGER NOT NULL,
    layer_id INTEGER NOT NULL, serial TEXT NOT NULL, location_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('reserve', 'return', 'scrap')), quantity INTEGER NOT NULL CHECK (quantity > 0),
    taken INTEGER NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND quantity), block_id INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''), asked_at INTEGER NOT NULL, asked_by INTEGER NOT NULL,
    closed_at INTEGER, closed_by INTEGER NOT NULL DEFAULT 0);
CREATE INDEX clearance_open ON clearance (warehouse_id, item_id, id) WHERE closed_at IS NULL;
CREATE INDEX clearance_of_block ON clearance (block_id) WHERE closed_at IS NULL;

ALTER TABLE outbox ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0);
ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead'));
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting'
"""
CLUSTERED = {"stock_policy", "safety_factor", "stock_plan", "item_day", "planning_day", "protected_minimum"}


def upgrade() -> None:
    """Adds the levels to the totals, and the tables of planning."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(re.sub(r"\bINTEGER\b", "BIGINT", statement) if postgresql else _sqlite(statement))


def _sqlite(statement: str) -> str:
    if not statement.startswith("CREATE TABLE"):
        return statement
    return f"{statement} STRICT, WITHOUT ROWID" if statement.split()[2] in CLUSTERED else f"{statement} STRICT"
