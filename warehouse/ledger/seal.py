"""The sealer: appends committed postings, in order, to a chain that nobody can change unseen.

It runs behind the floor, because a chain inside the posting would make every posting wait for the one before it.
The seal order is the ledger's order; `at` never falls in it.
"""

from __future__ import annotations

from warehouse.clock import MINUTE, now_us
from warehouse.db import Database, Row, Session
from warehouse.ids import first_id_at
from warehouse.ledger.hashing import START

SLICE = 200
LOOK_BACK = 2 * MINUTE  # no change lives longer than its statement and idle time-outs

_UNSEALED = """
SELECT m.posting_id, m.recorded_at, m.hash FROM move m
LEFT JOIN seal s ON s.warehouse_id = m.warehouse_id AND s.posting_id = m.posting_id
WHERE m.warehouse_id = :warehouse AND m.line = 0 AND m.posting_id >= :from_id AND s.posting_id IS NULL
ORDER BY m.posting_id LIMIT :most"""


def seal_all(database: Database, warehouse_id: int, *, thorough: bool = True) -> int:
    """Seals everything that is committed, a slice a transaction. Returns how many postings.

    `thorough` looks through the whole ledger; otherwise as far back as a change can have been open.
    """
    sealed = 0
    from_id = 0 if thorough else first_id_at(now_us() - LOOK_BACK)
    while part := database.change(lambda session: seal_some(session, warehouse_id, from_id=from_id)):
        sealed += part
        if part < SLICE:
            break
    return sealed


def seal_some(session: Session, warehouse_id: int, *, from_id: int = 0, most: int = SLICE) -> int:
    """Seals the next few postings. Two sealers at once are kept apart by the chain's unique numbers."""
    tip = _tip(session, warehouse_id)
    rows = session.all(_UNSEALED, warehouse=warehouse_id, from_id=from_id, most=most)
    if not rows:
        return 0
    seq, at, chain = (tip.seq, tip.at, tip.chain) if tip else (0, 0, START)
    links = []
    for row in rows:
        seq, at = seq + 1, max(at, row.recorded_at)
        chain = session.signer.link(chain, seq=seq, posting_id=row.posting_id, at=at, posting_hash=row.hash)
        links.append({"warehouse": warehouse_id, "seq": seq, "posting": row.posting_id, "at": at, "chain": chain})
    session.many(
        """INSERT INTO seal (warehouse_id, seq, posting_id, at, chain)
           VALUES (:warehouse, :seq, :posting, :at, :chain)""", links)  # fmt: skip
    return len(rows)


def unsealed(session: Session, warehouse_id: int) -> Row:
    """How many postings wait to be sealed (n), and since when the oldest does (oldest); looks at the tail alone."""
    tip = session.value(
        "SELECT posting_id FROM seal WHERE warehouse_id = :warehouse ORDER BY seq DESC LIMIT 1", warehouse=warehouse_id
    )
    from_id = min(int(tip or 0), first_id_at(now_us() - LOOK_BACK))
    return session.one(
        """SELECT count(*) AS n, min(m.recorded_at) AS oldest FROM move m
           LEFT JOIN seal s ON s.warehouse_id = m.warehouse_id AND s.posting_id = m.posting_id
           WHERE m.warehouse_id = :warehouse AND m.line = 0 AND m.posting_id >= :from_id AND s.posting_id IS NULL""",
        warehouse=warehouse_id, from_id=from_id,
    )  # fmt: skip


def _tip(session: Session, warehouse_id: int) -> Row | None:
    """The chain's last link, kept for this sealer alone until it commits."""
    session.run("SELECT id FROM warehouse WHERE id = :id" + session.for_update, id=warehouse_id)
    return session.one(
        "SELECT seq, at, chain FROM seal WHERE warehouse_id = :warehouse ORDER BY seq DESC LIMIT 1",
        warehouse=warehouse_id,
    )
