"""The street: catalogue, ledger, papers, work.

One text serves both databases: written for SQLite's STRICT tables; on PostgreSQL INTEGER becomes BIGINT.
Company tables have a plain key; floor tables carry warehouse_id and their indexes begin with it.
"""

import re

from alembic import op

revision = "0001"
down_revision = None

COMPANY = """
CREATE TABLE node (id INTEGER PRIMARY KEY GENERATED, claimed_at INTEGER NOT NULL);

CREATE TABLE setting (
    warehouse_id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (warehouse_id, name));
CREATE TABLE setting_log (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, name TEXT NOT NULL, old TEXT, new TEXT,
    changed_at INTEGER NOT NULL, changed_by TEXT NOT NULL);

CREATE TABLE warehouse (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, timezone TEXT NOT NULL, made_at INTEGER NOT NULL);

CREATE TABLE supplier (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT NOT NULL DEFAULT '',
    lead_time_days INTEGER);

CREATE TABLE item (
    id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, name_zh TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT 'merchandise' CHECK (kind IN ('merchandise', 'packing', 'tool')),
    unit TEXT NOT NULL DEFAULT 'each', barcode TEXT NOT NULL,
    tracking TEXT NOT NULL DEFAULT 'none' CHECK (tracking IN ('none', 'lot', 'serial')),
    shelf_life_days INTEGER CHECK (shelf_life_days > 0), lock_days INTEGER NOT NULL DEFAULT 0 CHECK (lock_days >= 0),
    class TEXT NOT NULL DEFAULT '',
    length_mm INTEGER CHECK (length_mm > 0), width_mm INTEGER CHECK (width_mm > 0),
    height_mm INTEGER CHECK (height_mm > 0), weight_g INTEGER CHECK (weight_g >= 0),
    unit_cost INTEGER CHECK (unit_cost >= 0), supplier_id INTEGER REFERENCES supplier (id),
    safety_stock INTEGER CHECK (safety_stock >= 0), lead_time_days INTEGER CHECK (lead_time_days >= 0),
    pack_size INTEGER CHECK (pack_size > 0));

CREATE TABLE lot (
    id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item (id), code TEXT NOT NULL,
    expiry_day INTEGER NOT NULL DEFAULT 0, made_at INTEGER NOT NULL, UNIQUE (item_id, code));

CREATE TABLE code (
    scope_id INTEGER NOT NULL, text TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('item', 'location', 'document')),
    ref_id INTEGER NOT NULL, quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
    PRIMARY KEY (text, scope_id));
CREATE INDEX code_of ON code (kind, ref_id);

CREATE TABLE person (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL CHECK (kind IN ('person', 'program')),
    roles TEXT NOT NULL, badge_hash TEXT UNIQUE, badge_chosen INTEGER NOT NULL DEFAULT 0, pin_hash TEXT,
    active INTEGER NOT NULL DEFAULT 1, made_at INTEGER NOT NULL);
CREATE TABLE token (
    hash TEXT PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id), warehouse_id INTEGER NOT NULL,
    station_id INTEGER NOT NULL DEFAULT 0, made_at INTEGER NOT NULL, revoked_at INTEGER);

CREATE TABLE number_series (
    warehouse_id INTEGER NOT NULL, name TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (warehouse_id, name));
"""

LEDGER = """
CREATE TABLE location (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, parent_id INTEGER, code TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('site', 'zone', 'aisle', 'bay', 'level', 'bin', 'dock', 'staging', 'station',
        'quarantine', 'virtual', 'outside', 'tote', 'pallet', 'parcel')),
    barcode TEXT NOT NULL, classes TEXT NOT NULL DEFAULT '', aisle INTEGER, position INTEGER, level INTEGER,
    path TEXT COLLATE BYTES NOT NULL, max_weight_g INTEGER, max_volume_mm3 INTEGER,
    pick_face INTEGER NOT NULL DEFAULT 0 CHECK (pick_face IN (0, 1)),
    pick INTEGER NOT NULL DEFAULT 0 CHECK (pick IN (0, 1)),
    UNIQUE (warehouse_id, code));
CREATE INDEX location_inside ON location (warehouse_id, parent_id);
CREATE INDEX location_by_kind ON location (warehouse_id, kind, path);
CREATE INDEX location_face ON location (warehouse_id, path) WHERE pick_face = 1;
CREATE INDEX location_classed ON location (warehouse_id, kind) WHERE classes <> '';

CREATE TABLE layer (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, lot_id INTEGER NOT NULL DEFAULT 0,
    received_at INTEGER NOT NULL, received_day INTEGER NOT NULL, expiry_day INTEGER NOT NULL DEFAULT 0,
    rank_day INTEGER NOT NULL, last_day INTEGER NOT NULL,
    receipt_id INTEGER NOT NULL DEFAULT 0, purchase_order_line_id INTEGER NOT NULL DEFAULT 0, unit_cost INTEGER);
CREATE INDEX layer_of_receipt ON layer (warehouse_id, receipt_id) WHERE receipt_id <> 0;

CREATE TABLE balance (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, location_id INTEGER NOT NULL, item_id INTEGER NOT NULL,
    lot_id INTEGER NOT NULL DEFAULT 0, serial TEXT NOT NULL DEFAULT '', layer_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 0), reserved INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0), pick INTEGER NOT NULL, rank_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL, path TEXT COLLATE BYTES NOT NULL,
    UNIQUE (warehouse_id, location_id, item_id, lot_id, serial, layer_id),
    CONSTRAINT reserved_within_quantity CHECK (reserved >= 0 AND reserved <= quantity),
    CONSTRAINT one_of_a_serial CHECK (serial = '' OR quantity <= 1));
CREATE INDEX balance_fifo ON balance (warehouse_id, item_id, rank_day, path, id, last_day, location_id, quantity, reserved)
    WHERE quantity > reserved AND held = 0 AND pick = 1;
CREATE INDEX balance_of_item ON balance (warehouse_id, item_id, location_id);
CREATE UNIQUE INDEX balance_serial_once ON balance (warehouse_id, item_id, serial) WHERE serial <> '' AND quantity > 0;

CREATE TABLE total (
    warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL,
    on_hand INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0), reserved INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked >= 0), on_order INTEGER NOT NULL DEFAULT 0 CHECK (on_order >= 0),
    PRIMARY KEY (warehouse_id, item_id),
    CONSTRAINT total_reserved_within CHECK (reserved >= 0 AND reserved <= on_hand));

CREATE TABLE reservation (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, shipment_id INTEGER NOT NULL, line_id INTEGER NOT NULL,
    balance_id INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0), reserved_at INTEGER NOT NULL,
    stage INTEGER NOT NULL CHECK (stage IN (0, 1, 2)), skipped_at INTEGER NOT NULL DEFAULT 0,
    path TEXT COLLATE BYTES NOT NULL, UNIQUE (balance_id, line_id));
CREATE INDEX reservation_next ON reservation (warehouse_id, shipment_id, stage, skipped_at, path, id);

CREATE TABLE block (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL, lot_id INTEGER NOT NULL DEFAULT 0,
    layer_id INTEGER NOT NULL DEFAULT 0, location_id INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL CHECK (kind IN ('pending_inspection', 'hold', 'recalled', 'rejected', 'no_papers', 'short')),
    reason TEXT NOT NULL DEFAULT '', opened_at INTEGER NOT NULL, opened_by INTEGER NOT NULL,
    closed_at INTEGER, closed_by INTEGER);
CREATE INDEX block_open ON block (warehouse_id, item_id) WHERE closed_at IS NULL;

CREATE TABLE move (
    posting_id INTEGER NOT NULL, line INTEGER NOT NULL CHECK (line >= 0), warehouse_id INTEGER NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('opening', 'receive', 'putaway', 'move', 'replenish', 'pick', 'unpick', 'pack',
        'ship', 'count', 'return', 'scrap', 'consume', 'block', 'unblock', 'undo')),
    item_id INTEGER NOT NULL, lot_id INTEGER NOT NULL, serial TEXT NOT NULL, layer_id INTEGER NOT NULL,
    container_id INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    from_id INTEGER NOT NULL, to_id INTEGER NOT NULL, for_id INTEGER NOT NULL, reserved_at INTEGER NOT NULL,
    document TEXT NOT NULL, key TEXT NOT NULL, person_id INTEGER NOT NULL, device TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, undoes INTEGER NOT NULL,
    key_id TEXT NOT NULL, form INTEGER NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (posting_id, line),
    CONSTRAINT move_goes_somewhere CHECK (from_id <> to_id),
    CONSTRAINT goods_or_container CHECK ((item_id = 0) <> (container_id = 0)),
    CONSTRAINT container_moves_whole CHECK (container_id = 0 OR quantity = 1));
CREATE INDEX move_of_item ON move (warehouse_id, item_id, posting_id);
CREATE INDEX move_of_container ON move (warehouse_id, container_id, posting_id) WHERE container_id <> 0;
CREATE INDEX move_from ON move (warehouse_id, from_id, posting_id);
CREATE INDEX move_to ON move (warehouse_id, to_id, posting_id);
CREATE INDEX move_of_serial ON move (warehouse_id, serial, posting_id) WHERE serial <> '';
CREATE INDEX move_opening ON move (warehouse_id, document) WHERE cause = 'opening';
CREATE UNIQUE INDEX move_undone_once ON move (undoes) WHERE undoes <> 0 AND line = 0;

CREATE TABLE seal (
    warehouse_id INTEGER NOT NULL, seq INTEGER NOT NULL CHECK (seq > 0), posting_id INTEGER NOT NULL,
    at INTEGER NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (warehouse_id, seq), UNIQUE (warehouse_id, posting_id));
CREATE INDEX seal_at ON seal (warehouse_id, at);
"""

PAPERS = """
CREATE TABLE purchase_order (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, number TEXT NOT NULL UNIQUE,
    supplier_id INTEGER NOT NULL REFERENCES supplier (id), barcode TEXT NOT NULL, due_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('staged', 'open', 'closed', 'cancelled')), made_at INTEGER NOT NULL);
CREATE INDEX purchase_order_open ON purchase_order (warehouse_id, due_at, id) WHERE state = 'open';
CREATE TABLE purchase_order_line (
    id INTEGER PRIMARY KEY, purchase_order_id INTEGER NOT NULL REFERENCES purchase_order (id), line INTEGER NOT NULL,
    item_id INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    received INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0), unit_cost INTEGER, UNIQUE (purchase_order_id, line));
CREATE INDEX purchase_order_line_open ON purchase_order_line (purchase_order_id, line) WHERE received < quantity;
CREATE TABLE receipt (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, number TEXT NOT NULL, purchase_order_id INTEGER,
    dock_id INTEGER NOT NULL, person_id INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at INTEGER NOT NULL, closed_at INTEGER, UNIQUE (warehouse_id, number));
CREATE TABLE discrepancy (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, receipt_id INTEGER NOT NULL,
    purchase_order_line_id INTEGER NOT NULL DEFAULT 0, item_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('over', 'short', 'damaged', 'wrong', 'no_papers')),
    quantity INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '', raised_at INTEGER NOT NULL, closed_at INTEGER);
CREATE INDEX discrepancy_of_receipt ON discrepancy (warehouse_id, receipt_id, item_id);
CREATE INDEX discrepancy_of_line ON discrepancy (warehouse_id, purchase_order_line_id);

CREATE TABLE sales_order (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('staged', 'unsourced', 'open', 'waiting', 'released', 'shipped', 'cancelled',
        'exception')),
    held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)), paid INTEGER NOT NULL DEFAULT 1 CHECK (paid IN (0, 1)),
    tier TEXT NOT NULL CHECK (tier IN ('standard', 'express', 'priority')), tier_rank INTEGER NOT NULL,
    region TEXT NOT NULL, confirmed_at INTEGER NOT NULL, warehouse_id INTEGER NOT NULL DEFAULT 0,
    ship_by INTEGER NOT NULL DEFAULT 0, cutoff_at INTEGER NOT NULL DEFAULT 0,
    deliver_from INTEGER, deliver_until INTEGER, note TEXT NOT NULL DEFAULT '',
    content_hash TEXT NOT NULL, batch_id INTEGER NOT NULL DEFAULT 0, made_at INTEGER NOT NULL,
    UNIQUE (channel, number));
CREATE INDEX sales_order_by_number ON sales_order (number);
CREATE INDEX sales_order_unsourced ON sales_order (id) WHERE state = 'unsourced';
CREATE INDEX sales_order_staged ON sales_order (batch_id) WHERE state = 'staged';
CREATE INDEX sales_order_urgency ON sales_order (warehouse_id, state, tier_rank, ship_by, confirmed_at, id)
    WHERE held = 0 AND paid = 1;
CREATE INDEX sales_order_oldest ON sales_order (warehouse_id, state, confirmed_at, id) WHERE held = 0 AND paid = 1;
CREATE TABLE order_line (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES sales_order (id), line INTEGER NOT NULL,
    item_id INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    given INTEGER NOT NULL DEFAULT 0, shipped INTEGER NOT NULL DEFAULT 0, unit_price INTEGER, UNIQUE (order_id, line),
    CONSTRAINT each_unit_given_once CHECK (given >= 0 AND given <= quantity),
    CONSTRAINT each_unit_shipped_once CHECK (shipped >= 0 AND shipped <= given));
CREATE TABLE recipient (
    order_id INTEGER PRIMARY KEY REFERENCES sales_order (id), name TEXT NOT NULL, phone TEXT NOT NULL,
    city TEXT NOT NULL, address TEXT NOT NULL);
CREATE TABLE order_exception (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL DEFAULT 0, channel TEXT NOT NULL, number TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('data', 'system', 'carrier', 'customer', 'stock')),
    reasons TEXT NOT NULL, content TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL DEFAULT '', due_at INTEGER,
    outcome TEXT NOT NULL DEFAULT '', opened_at INTEGER NOT NULL, closed_at INTEGER);
CREATE INDEX order_exception_open ON order_exception (channel, number) WHERE closed_at IS NULL;
CREATE TABLE shortage (
    order_id INTEGER NOT NULL, warehouse_id INTEGER NOT NULL, item_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0), direct INTEGER NOT NULL DEFAULT 0 CHECK (direct IN (0, 1)),
    PRIMARY KEY (order_id, item_id));
CREATE INDEX shortage_of_item ON shortage (warehouse_id, item_id);

CREATE TABLE shipment (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, order_id INTEGER NOT NULL, number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('released', 'picking', 'to_pack', 'packing', 'stopped', 'packed', 'shipped',
        'cancelled')),
    held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)), tier_rank INTEGER NOT NULL, ship_by INTEGER NOT NULL,
    cutoff_at INTEGER NOT NULL, confirmed_at INTEGER NOT NULL, released_at INTEGER NOT NULL,
    picker_id INTEGER NOT NULL DEFAULT 0, packer_id INTEGER NOT NULL DEFAULT 0, picked_at INTEGER, packed_at INTEGER,
    shipped_at INTEGER, UNIQUE (warehouse_id, number));
CREATE INDEX shipment_of_order ON shipment (order_id);
CREATE INDEX shipment_urgency ON shipment (warehouse_id, state, tier_rank, ship_by, confirmed_at, id) WHERE held = 0;
CREATE TABLE shipment_line (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, shipment_id INTEGER NOT NULL, order_line_id INTEGER NOT NULL,
    item_id INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity >= 0));
CREATE INDEX shipment_line_of ON shipment_line (warehouse_id, shipment_id);
CREATE TABLE tote_slot (
    warehouse_id INTEGER NOT NULL, container_id INTEGER NOT NULL, shipment_id INTEGER NOT NULL, made_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('picking', 'to_pack', 'packing')), PRIMARY KEY (warehouse_id, container_id));
CREATE INDEX tote_slot_of ON tote_slot (warehouse_id, shipment_id);
CREATE TABLE parcel (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, shipment_id INTEGER NOT NULL, code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'shipped', 'void')),
    lane TEXT NOT NULL DEFAULT 'NONE', carrier TEXT NOT NULL DEFAULT 'NONE', work_id INTEGER NOT NULL DEFAULT 0,
    opened_at INTEGER NOT NULL, closed_at INTEGER, shipped_at INTEGER, UNIQUE (warehouse_id, code));
CREATE INDEX parcel_of_shipment ON parcel (warehouse_id, shipment_id);
CREATE INDEX parcel_to_hand_over ON parcel (warehouse_id, lane, closed_at, id) WHERE state = 'closed';
CREATE INDEX parcel_of_work ON parcel (work_id, id) WHERE work_id <> 0;

CREATE TABLE count_request (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, location_id INTEGER NOT NULL, item_id INTEGER NOT NULL,
    reason TEXT NOT NULL, raised_at INTEGER NOT NULL, raised_by INTEGER NOT NULL, closed_at INTEGER);
CREATE INDEX count_request_open ON count_request (warehouse_id, location_id) WHERE closed_at IS NULL;
"""

WORK = """
CREATE TABLE work (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, room TEXT NOT NULL, person_id INTEGER NOT NULL,
    subject_id INTEGER NOT NULL DEFAULT 0, place_id INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'left')), begun INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1, position TEXT NOT NULL, lease_until INTEGER NOT NULL,
    opened_at INTEGER NOT NULL, closed_at INTEGER);
CREATE UNIQUE INDEX work_one_a_person ON work (warehouse_id, room, person_id) WHERE state = 'open';
CREATE UNIQUE INDEX work_one_a_subject ON work (warehouse_id, room, subject_id) WHERE state = 'open' AND subject_id <> 0;
CREATE INDEX work_left ON work (warehouse_id, room, person_id, closed_at) WHERE state = 'left';
CREATE UNIQUE INDEX work_one_a_place ON work (warehouse_id, place_id) WHERE state = 'open' AND place_id <> 0;

CREATE TABLE act (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, key TEXT NOT NULL, person_id INTEGER NOT NULL,
    device TEXT NOT NULL, path TEXT NOT NULL, code_hash TEXT NOT NULL, code TEXT NOT NULL DEFAULT '', via TEXT NOT NULL,
    work_id INTEGER NOT NULL DEFAULT 0, occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 0, notice TEXT NOT NULL DEFAULT '', before TEXT NOT NULL DEFAULT '',
    postings TEXT NOT NULL DEFAULT '', effects TEXT NOT NULL DEFAULT '', undoable INTEGER NOT NULL DEFAULT 0,
    undone_by INTEGER NOT NULL DEFAULT 0, relayed_id INTEGER NOT NULL DEFAULT 0,
    UNIQUE (warehouse_id, key));
CREATE INDEX act_undo ON act (work_id, id) WHERE undoable = 1;

CREATE TABLE override (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, work_id INTEGER NOT NULL, act_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL, approved_by INTEGER NOT NULL, refusal TEXT NOT NULL, reason TEXT NOT NULL,
    at INTEGER NOT NULL);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY, warehouse_id INTEGER NOT NULL, topic TEXT NOT NULL, content TEXT NOT NULL,
    made_at INTEGER NOT NULL, sent_at INTEGER);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;

CREATE TABLE import_batch (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, file TEXT NOT NULL, warehouse_id INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('staging', 'applying', 'applied')), made_at INTEGER NOT NULL,
    pid INTEGER NOT NULL DEFAULT 0, result TEXT NOT NULL DEFAULT '');
CREATE TABLE import_row (
    batch_id INTEGER NOT NULL, line INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (batch_id, line));
"""

IMMUTABLE = ("move", "seal")
CLUSTERED = {"move", "seal", "total", "code"}  # on SQLite the key itself is the table: one tree less to write


def upgrade() -> None:
    """Makes all tables, and the triggers that refuse any change of what is written in the ledger."""
    for text in (COMPANY, LEDGER, PAPERS, WORK):
        for statement in _for_dialect(text):
            op.execute(statement)
    for table in IMMUTABLE:
        for statement in _append_only(table):
            op.execute(statement)


def _for_dialect(text: str) -> list[str]:
    statements = [statement.strip() for statement in text.split(";") if statement.strip()]
    return [_postgresql(each) if _on_postgresql() else _sqlite(each) for each in statements]


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _sqlite(statement: str) -> str:
    statement = statement.replace("PRIMARY KEY GENERATED", "PRIMARY KEY AUTOINCREMENT").replace("COLLATE BYTES ", "")
    if not statement.startswith("CREATE TABLE"):
        return statement
    clustered = statement.split()[2] in CLUSTERED
    return f"{statement} STRICT, WITHOUT ROWID" if clustered else f"{statement} STRICT"


def _postgresql(statement: str) -> str:
    statement = statement.replace("INTEGER PRIMARY KEY GENERATED", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
    statement = statement.replace("COLLATE BYTES", 'COLLATE "C"')
    return re.sub(r"\bINTEGER\b", "BIGINT", statement)


def _append_only(table: str) -> list[str]:
    if not _on_postgresql():
        return [_refuse_sqlite(table, "UPDATE"), _refuse_sqlite(table, "DELETE")]
    function = (
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'the ledger is append-only: {table}'; END $$"
    )
    change = f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
    truncate = f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
    return [function, *(f"{each} EXECUTE FUNCTION {table}_append_only()" for each in (change, truncate))]


def _refuse_sqlite(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {table}'); END"
    )
