"""Messages: who hears of what is told, each message to each of them on its own, and the addresses that are called.

A delivery is one message to one person or one webhook, or the letter to a supplier that a message asks for. A digest gathers
several messages until it goes out.
"""

from __future__ import annotations

import re

from alembic import op

revision = "0008"
down_revision = "0007"

CHANGES = """
ALTER TABLE person ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN hears TEXT NOT NULL DEFAULT '' CHECK (hears IN ('', 'at_once', 'digest', 'never'));
ALTER TABLE outbox ADD COLUMN facts TEXT NOT NULL DEFAULT '';
CREATE TABLE webhook (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL,
    secret TEXT NOT NULL, old_secret TEXT NOT NULL DEFAULT '', old_until INTEGER NOT NULL DEFAULT 0,
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)), made_at INTEGER NOT NULL, made_by INTEGER NOT NULL,
    UNIQUE (warehouse_id, url));
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('message', 'digest', 'test', 'letter')),
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    message_id INTEGER NOT NULL DEFAULT 0, person_id INTEGER NOT NULL DEFAULT 0, webhook_id INTEGER NOT NULL DEFAULT 0,
    supplier_id INTEGER NOT NULL DEFAULT 0, gathers INTEGER NOT NULL DEFAULT 0 CHECK (gathers IN (0, 1)),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead', 'dropped')),
    made_at INTEGER NOT NULL, since INTEGER NOT NULL, due_at INTEGER NOT NULL, claim TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0), tried_at INTEGER, error TEXT NOT NULL DEFAULT '',
    said TEXT NOT NULL DEFAULT '', ended_at INTEGER, ended_by INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
    CONSTRAINT one_recipient CHECK (CASE WHEN kind = 'letter' THEN supplier_id <> 0 AND person_id = 0 AND webhook_id = 0
        ELSE (person_id = 0) <> (webhook_id = 0) END),
    CONSTRAINT ended_has_its_time CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT dropped_has_its_reason CHECK (state <> 'dropped' OR reason <> ''));
CREATE UNIQUE INDEX delivery_once ON delivery (message_id, person_id, webhook_id) WHERE kind IN ('message', 'letter');
CREATE UNIQUE INDEX delivery_gathers ON delivery (warehouse_id, person_id, supplier_id) WHERE gathers = 1;
CREATE INDEX delivery_due ON delivery (due_at, id) WHERE state = 'waiting';
CREATE INDEX delivery_by_state ON delivery (warehouse_id, state, id);
CREATE INDEX delivery_to_webhook ON delivery (webhook_id, id) WHERE webhook_id <> 0;
CREATE TABLE delivery_line (
    delivery_id INTEGER NOT NULL REFERENCES delivery (id), message_id INTEGER NOT NULL REFERENCES outbox (id),
    PRIMARY KEY (delivery_id, message_id));
CREATE INDEX outbox_waiting ON outbox (id) WHERE state = 'waiting';
CREATE INDEX count_request_by ON count_request (warehouse_id, raised_by, raised_at)
"""
CLUSTERED = {"delivery_line"}


def upgrade() -> None:
    """Adds people's addresses, webhooks and deliveries."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(re.sub(r"\bINTEGER\b", "BIGINT", statement) if postgresql else _sqlite(statement))


def _sqlite(statement: str) -> str:
    if not statement.startswith("CREATE TABLE"):
        return statement
    return f"{statement} STRICT, WITHOUT ROWID" if statement.split()[2] in CLUSTERED else f"{statement} STRICT"
