"""What a database holds that neither the demo nor an earlier shift has made: where there is anything, nobody plays.

The demo is made in one piece, its first program account last; what is younger is somebody's own, but for what shifts
leave behind, which bears their names. Looked at is what was *entered*: what people did with the demo's goods and orders
by scanning is no data of its own, and neither is a changed name or number of the demo's own things.
"""

from __future__ import annotations

from warehouse.db import Session
from warehouse.demo import FIRST_ACCOUNT, people_here

CHANNEL, PURCHASE, ACCOUNT = "shift", "PO-SHIFT-", "simulated shift "
"""How orders, purchase orders and accounts of shifts begin, each followed by the number of the shift."""
CHANGED_BY = "simulate"
SHOWN = 3

_ENTERED = {
    "item": "SELECT sku AS name FROM item WHERE id > :demo",
    "supplier": "SELECT code AS name FROM supplier WHERE id > :demo",
    "person or program": """SELECT name FROM person
        WHERE id > :demo AND NOT name LIKE :account""",
    "location": """SELECT code AS name FROM location
        WHERE id > :demo AND warehouse_id = :house AND kind NOT IN ('tote', 'pallet', 'parcel')""",
    "warehouse in use": """SELECT code AS name FROM warehouse w WHERE id <> :house
        AND (EXISTS (SELECT 1 FROM move m WHERE m.warehouse_id = w.id)
          OR EXISTS (SELECT 1 FROM purchase_order p WHERE p.warehouse_id = w.id))""",
    "opening stock": """SELECT DISTINCT i.sku AS name FROM move m JOIN item i ON i.id = m.item_id
        WHERE m.cause = 'opening' AND m.posting_id > :demo""",
    "order": """SELECT channel || ' ' || number AS name FROM sales_order WHERE id > :demo AND channel <> :channel""",
    "order set aside": """SELECT channel || ' ' || number AS name FROM order_exception
        WHERE id > :demo AND kind = 'data' AND channel <> :channel""",
    "purchase order": """SELECT number AS name FROM purchase_order
        WHERE id > :demo AND number NOT LIKE :paper""",
    "changed setting": "SELECT DISTINCT name FROM setting_log WHERE changed_by NOT IN ('demo', :changed_by)",
}
"""By what it is called, what of its kind the demo and the shifts did not enter."""


def own_data(session: Session, *, warehouse_id: int) -> list[str]:
    """What was entered beside the demo and earlier shifts, a line a kind; nothing where a shift may be played."""
    demo = session.value("SELECT id FROM person WHERE name = :name AND kind = 'program'", name=FIRST_ACCOUNT)
    if demo is None or not people_here(session):
        return ["people of its own"]
    known = {
        "demo": demo, "house": warehouse_id, "channel": CHANNEL, "paper": f"{PURCHASE}%", "account": f"{ACCOUNT}%",
        "changed_by": CHANGED_BY,
    }  # fmt: skip
    return [line for kind, sql in _ENTERED.items() if (line := _line(session, kind, sql, known))]


def next_run(session: Session) -> int:
    """The number of the next shift in this database: what it enters and the keys of its acts were never there before."""
    names = session.all(
        "SELECT name FROM person WHERE kind = 'program' AND name LIKE :account",
        account=f"{ACCOUNT}%",
    )  # fmt: skip
    numbers = [row.name.removeprefix(ACCOUNT).split()[0] for row in names]
    return 1 + max((int(each) for each in numbers if each.isdecimal()), default=0)


def _line(session: Session, kind: str, sql: str, known: dict[str, int | str]) -> str:
    used = {name: value for name, value in known.items() if f":{name}" in sql}
    names = [row.name for row in session.all(f"{sql} ORDER BY 1 LIMIT {SHOWN + 1}", **used)]
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"{kind} {shown}" if names else ""
