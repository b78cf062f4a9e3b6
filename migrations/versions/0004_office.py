"""The office: what was decided about orders and exceptions, and by whom; indexes for its lists."""

from __future__ import annotations

import re

from alembic import op

revision = "0004"
down_revision = "0003"

CHANGES = """
CREATE TABLE order_event (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL DEFAULT 0, exception_id INTEGER NOT NULL DEFAULT 0,
    warehouse_id INTEGER NOT NULL, person_id INTEGER NOT NULL, device TEXT NOT NULL, kind TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL);
CREATE INDEX order_event_of_order ON order_event (order_id, id) WHERE order_id <> 0;
CREATE INDEX order_event_of_exception ON order_event (exception_id, id) WHERE exception_id <> 0;
CREATE INDEX sales_order_by_state ON sales_order (state, id);
CREATE INDEX sales_order_number_begins ON sales_order (lower(number) COLLATE BYTES);
CREATE INDEX recipient_name_begins ON recipient (lower(name) COLLATE BYTES);
CREATE INDEX sales_order_held ON sales_order (id) WHERE held = 1;
CREATE INDEX order_exception_due ON order_exception (due_at, id) WHERE closed_at IS NULL;
CREATE INDEX purchase_order_by_state ON purchase_order (warehouse_id, state, id);
CREATE INDEX purchase_order_newest ON purchase_order (warehouse_id, id);
CREATE INDEX purchase_order_number_begins ON purchase_order (lower(number) COLLATE BYTES);
CREATE INDEX purchase_order_of_supplier ON purchase_order (supplier_id, id);
CREATE INDEX receipt_of_order ON receipt (purchase_order_id, id) WHERE purchase_order_id IS NOT NULL;
CREATE INDEX receipt_without_papers ON receipt (warehouse_id, id) WHERE purchase_order_id IS NULL;
CREATE INDEX work_of_receipt ON work (warehouse_id, subject_id) WHERE room = 'receiving'
"""


def upgrade() -> None:
    """Adds the log of the order desk, and indexes."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(_postgresql(statement) if postgresql else _sqlite(statement))


def _postgresql(statement: str) -> str:
    return re.sub(r"\bINTEGER\b", "BIGINT", statement).replace("COLLATE BYTES", 'COLLATE "C"')


def _sqlite(statement: str) -> str:
    statement = statement.replace(" COLLATE BYTES", "")
    return f"{statement} STRICT" if statement.startswith("CREATE TABLE") else statement
