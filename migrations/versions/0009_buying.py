"""Buying: what suppliers ask for, orders that wait for approval, their revisions and approvals, and what became of them."""

from __future__ import annotations

import re

from alembic import op

revision = "0009"
down_revision = "0008"

STATES = "'staged', 'open', 'closed', 'cancelled'"
MORE_STATES = "'staged', 'draft', 'waiting', 'approved', 'open', 'closed', 'cancelled'"

CHANGES = """
ALTER TABLE supplier ADD COLUMN language TEXT NOT NULL DEFAULT '' CHECK (language IN ('', 'en', 'zh_Hans_CN'));
ALTER TABLE supplier ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE supplier ADD COLUMN minimum_value INTEGER CHECK (minimum_value > 0);
ALTER TABLE supplier ADD COLUMN minimum_quantity INTEGER CHECK (minimum_quantity > 0);
CREATE TABLE supplier_item (
    item_id INTEGER NOT NULL REFERENCES item (id), supplier_id INTEGER NOT NULL REFERENCES supplier (id),
    code TEXT NOT NULL DEFAULT '', pack_size INTEGER CHECK (pack_size > 0), minimum INTEGER CHECK (minimum > 0),
    lead_time_days INTEGER CHECK (lead_time_days >= 0), changed_at INTEGER NOT NULL, changed_by INTEGER NOT NULL,
    PRIMARY KEY (item_id, supplier_id));
CREATE INDEX supplier_item_of_supplier ON supplier_item (supplier_id, item_id);
CREATE TABLE price_break (
    item_id INTEGER NOT NULL, supplier_id INTEGER NOT NULL, from_quantity INTEGER NOT NULL CHECK (from_quantity > 0),
    unit_price INTEGER NOT NULL CHECK (unit_price >= 0), PRIMARY KEY (item_id, supplier_id, from_quantity),
    FOREIGN KEY (item_id, supplier_id) REFERENCES supplier_item (item_id, supplier_id));
CREATE TABLE proposal_round (
    warehouse_id INTEGER NOT NULL, supplier_id INTEGER NOT NULL, round INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, supplier_id));

ALTER TABLE purchase_order ADD COLUMN revision INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0);
ALTER TABLE purchase_order ADD COLUMN approved_value INTEGER CHECK (approved_value >= 0);
ALTER TABLE purchase_order ADD COLUMN sent_at INTEGER;
ALTER TABLE purchase_order ADD COLUMN confirmed_at INTEGER;
ALTER TABLE purchase_order ADD COLUMN promised_at INTEGER;
ALTER TABLE purchase_order ADD COLUMN supplier_reference TEXT NOT NULL DEFAULT '';
ALTER TABLE purchase_order ADD COLUMN chased_at INTEGER;
ALTER TABLE purchase_order ADD COLUMN chases INTEGER NOT NULL DEFAULT 0 CHECK (chases >= 0);
ALTER TABLE purchase_order_line ADD COLUMN reckoning TEXT NOT NULL DEFAULT '';
CREATE TABLE purchase_revision (
    purchase_order_id INTEGER NOT NULL REFERENCES purchase_order (id), revision INTEGER NOT NULL CHECK (revision > 0),
    warehouse_id INTEGER NOT NULL, state TEXT NOT NULL
        CHECK (state IN ('waiting', 'approved', 'within', 'refused', 'withdrawn')),
    before TEXT NOT NULL, content TEXT NOT NULL, value INTEGER CHECK (value >= 0), reason TEXT NOT NULL,
    authors TEXT NOT NULL, made_at INTEGER NOT NULL, made_by INTEGER NOT NULL, decided_at INTEGER,
    PRIMARY KEY (purchase_order_id, revision),
    CONSTRAINT decided_has_its_time CHECK ((state = 'waiting') = (decided_at IS NULL)));
CREATE INDEX purchase_order_lately ON purchase_order (warehouse_id, supplier_id, made_at);
CREATE UNIQUE INDEX purchase_revision_one_waits ON purchase_revision (purchase_order_id) WHERE state = 'waiting';
CREATE INDEX purchase_revision_waiting ON purchase_revision (warehouse_id, made_at, purchase_order_id)
    WHERE state = 'waiting';
CREATE TABLE purchase_approval (
    purchase_order_id INTEGER NOT NULL, revision INTEGER NOT NULL, person_id INTEGER NOT NULL,
    operations INTEGER NOT NULL CHECK (operations IN (0, 1)), at INTEGER NOT NULL,
    PRIMARY KEY (purchase_order_id, revision, person_id),
    FOREIGN KEY (purchase_order_id, revision) REFERENCES purchase_revision (purchase_order_id, revision));
CREATE TABLE purchase_event (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL,
    purchase_order_id INTEGER NOT NULL REFERENCES purchase_order (id),
    kind TEXT NOT NULL CHECK (kind IN ('made', 'changed', 'submitted', 'approved', 'refused', 'withdrawn', 'sent', 'amended',
        'confirmed', 'promised', 'chased', 'discarded', 'closed')),
    detail TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL, person_id INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE INDEX purchase_event_of ON purchase_event (purchase_order_id, id)
"""
CLUSTERED = {"supplier_item", "price_break", "proposal_round", "purchase_revision", "purchase_approval"}


def upgrade() -> None:
    """Adds the states of an order that is not on its way yet, and the tables of buying."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("ALTER TABLE purchase_order DROP CONSTRAINT purchase_order_state_check")
        op.execute(
            f"ALTER TABLE purchase_order ADD CONSTRAINT purchase_order_state_check CHECK (state IN ({MORE_STATES}))"
        )
    else:
        _widen_sqlite()
    for statement in filter(None, map(str.strip, CHANGES.split(";"))):
        op.execute(re.sub(r"\bINTEGER\b", "BIGINT", statement) if postgresql else _sqlite(statement))


def _widen_sqlite() -> None:
    """A CHECK is changed in the schema's own text, as SQLite's manual describes under ALTER TABLE: no row is rewritten."""
    driver = op.get_bind().connection.driver_connection
    (version,) = driver.execute("PRAGMA schema_version").fetchone()
    driver.execute("PRAGMA writable_schema = ON")
    changed = driver.execute(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'purchase_order'",
        (f"state IN ({STATES})", f"state IN ({MORE_STATES})"),
    )
    assert changed.rowcount == 1, "there is one table of purchase orders"
    driver.execute(f"PRAGMA schema_version = {version + 1}")
    driver.execute("PRAGMA writable_schema = OFF")


def _sqlite(statement: str) -> str:
    if not statement.startswith("CREATE TABLE"):
        return statement
    return f"{statement} STRICT, WITHOUT ROWID" if statement.split()[2] in CLUSTERED else f"{statement} STRICT"
