"""verify(): proves the ledger's laws from scratch, from the moves alone, and names each row that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from warehouse.catalog.places import places
from warehouse.db import Session
from warehouse.ledger.hashing import HASHED, START
from warehouse.ledger.levels import ALARM, ALERTED

FAULTS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that breaks a law: which law, which row, what it should be and what it is."""

    law: str
    row: str
    expected: str
    found: str


@dataclass(slots=True)
class Proof:
    """What verify() found. `unsealed` postings are committed and await the sealer; they are no fault."""

    postings: int = 0
    moves: int = 0
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every law holds."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """The proof as `warehouse verify --json` prints it."""
        return {"ok": self.ok, "postings": self.postings, "moves": self.moves, "unsealed": self.unsealed,
                "faults": [asdict(fault) for fault in self.faults]}  # fmt: skip


def verify(session: Session, warehouse_id: int) -> Proof:
    """Proves one warehouse's book in the state that this transaction sees."""
    proof = Proof()
    hashes = _prove_postings(session, warehouse_id, proof)
    _prove_chain(session, warehouse_id, hashes, proof)
    for law in (_balances, _marks, _reservations, _totals, _alarms, _containers):
        for fault in law(session, warehouse_id):
            if len(proof.faults) >= FAULTS_MAX:
                return proof
            proof.faults.append(fault)
    return proof


def _prove_postings(session: Session, warehouse_id: int, proof: Proof) -> dict[int, str]:
    """Every posting's lines are whole and its hash is of its own content. Returns the hashes as recomputed."""
    rows = session.stream(
        f"SELECT {', '.join(HASHED)}, hash FROM move WHERE warehouse_id = :warehouse ORDER BY posting_id, line",
        warehouse=warehouse_id,
    )
    hashes = {}
    for posting_id, group in groupby(rows, key=lambda row: row.posting_id):
        lines = list(group)
        proof.postings += 1
        proof.moves += len(lines)
        if [row.line for row in lines] != list(range(len(lines))):
            proof.faults.append(Fault("posting is whole", f"posting {posting_id}", "lines from 0", "a line is missing"))
        hashes[posting_id] = session.signer.posting(row[:-1] for row in lines)
        if lines[0].key_id != session.signer.key_id:
            proof.faults.append(
                Fault("known key", f"posting {posting_id}", session.signer.key_id, str(lines[0].key_id))
            )
        elif any(row.hash != hashes[posting_id] for row in lines):
            proof.faults.append(
                Fault("posting as written", f"posting {posting_id}", hashes[posting_id], str(lines[0].hash))
            )
    return hashes


def _prove_chain(session: Session, warehouse_id: int, hashes: dict[int, str], proof: Proof) -> None:
    """The chain has no gap, never goes back in time, and each link covers the posting it names."""
    chain, seq, at = START, 0, 0
    sealed = set()
    for row in session.stream(
        "SELECT seq, posting_id, at, chain FROM seal WHERE warehouse_id = :warehouse ORDER BY seq",
        warehouse=warehouse_id,
    ):
        where = f"seal {row.seq}"
        if row.seq != seq + 1:
            proof.faults.append(Fault("chain without gap", where, str(seq + 1), str(row.seq)))
        if row.at < at:
            proof.faults.append(Fault("time never falls", where, f"at least {at}", str(row.at)))
        if row.posting_id not in hashes:
            proof.faults.append(Fault("sealed posting exists", where, f"posting {row.posting_id}", "nothing"))
        posting_hash = hashes.get(row.posting_id, "")
        expected = session.signer.link(
            chain, seq=row.seq, posting_id=row.posting_id, at=row.at, posting_hash=posting_hash
        )
        if row.chain != expected:
            proof.faults.append(Fault("chain as sealed", f"{where}, posting {row.posting_id}", expected, row.chain))
        chain, seq, at = row.chain, row.seq, row.at
        sealed.add(row.posting_id)
    proof.unsealed = len(hashes.keys() - sealed)


_BALANCES = """
SELECT place, item_id, lot_id, serial, layer_id, SUM(book) AS book, SUM(kept) AS kept, COUNT(id) AS kept_rows FROM (
    SELECT to_id AS place, item_id, lot_id, serial, layer_id, quantity AS book, 0 AS kept, CAST(NULL AS INTEGER) AS id
    FROM move WHERE warehouse_id = :warehouse AND item_id <> 0
    UNION ALL
    SELECT from_id, item_id, lot_id, serial, layer_id, -quantity, 0, NULL
    FROM move WHERE warehouse_id = :warehouse AND item_id <> 0
    UNION ALL
    SELECT location_id, item_id, lot_id, serial, layer_id, 0, quantity, id FROM balance WHERE warehouse_id = :warehouse
) AS entry GROUP BY place, item_id, lot_id, serial, layer_id
HAVING SUM(book) <> SUM(kept) OR SUM(book) < 0 OR (COUNT(id) > 0 AND SUM(kept) = 0)"""


def _balances(session: Session, warehouse_id: int) -> Iterator[Fault]:
    """Book equals balance at every own place, never below zero, and no empty row is kept."""
    outside = places(session, warehouse_id).outside
    for row in session.all(_BALANCES, warehouse=warehouse_id):
        where = (
            f"location {row.place}, item {row.item_id}, lot {row.lot_id}, serial {row.serial!r}, layer {row.layer_id}"
        )
        if row.place in outside:
            if row.kept_rows:
                yield Fault("no balance outside", where, "no row", str(row.kept))
        elif row.book < 0:
            yield Fault("never negative", where, "0 or more", str(row.book))
        elif row.book != row.kept:
            yield Fault("balance is the sum of the moves", where, str(row.book), str(row.kept))
        else:
            yield Fault("empty rows are removed", where, "no row", "an empty row")


_MARKS = """
SELECT b.id, b.location_id, b.item_id, b.layer_id, b.held, b.pick, b.rank_day, b.last_day, b.path, b.lot_id,
       l.pick AS l_pick, l.path AS l_path, y.rank_day AS y_rank, y.last_day AS y_last, y.item_id AS y_item,
       y.lot_id AS y_lot,
       (SELECT COUNT(*) FROM block k WHERE k.warehouse_id = b.warehouse_id AND k.item_id = b.item_id
          AND k.closed_at IS NULL AND k.lot_id IN (0, b.lot_id) AND k.layer_id IN (0, b.layer_id)
          AND k.location_id IN (0, b.location_id)) AS blocks
FROM balance b LEFT JOIN location l ON l.id = b.location_id LEFT JOIN layer y ON y.id = b.layer_id
WHERE b.warehouse_id = :warehouse"""


def _marks(session: Session, warehouse_id: int) -> Iterator[Fault]:
    """What a stock row repeats for the FIFO look-up is what its layer, its place and the open blocks say."""
    for row in session.stream(_MARKS, warehouse=warehouse_id):
        expected = (row.blocks, row.l_pick, row.l_path, row.y_rank, row.y_last, row.y_item, row.y_lot)
        found = (row.held, row.pick, row.path, row.rank_day, row.last_day, row.item_id, row.lot_id)
        if expected != found:
            where = f"balance {row.id} (location {row.location_id}, item {row.item_id}, layer {row.layer_id})"
            yield Fault("held, place and date as derived", where, str(expected), str(found))


_RESERVATIONS = """
SELECT b.id, b.location_id, b.item_id, b.reserved, COALESCE(SUM(r.quantity), 0) AS promised
FROM balance b LEFT JOIN reservation r ON r.balance_id = b.id WHERE b.warehouse_id = :warehouse
GROUP BY b.id, b.location_id, b.item_id, b.reserved HAVING b.reserved <> COALESCE(SUM(r.quantity), 0)"""
_LOST_RESERVATIONS = """
SELECT r.id, r.line_id, r.quantity FROM reservation r LEFT JOIN balance b ON b.id = r.balance_id
WHERE r.warehouse_id = :warehouse AND b.id IS NULL"""


def _reservations(session: Session, warehouse_id: int) -> Iterator[Fault]:
    """What is reserved on a stock row is the sum of the reservations that name it."""
    for row in session.all(_RESERVATIONS, warehouse=warehouse_id):
        where = f"balance {row.id} (location {row.location_id}, item {row.item_id})"
        yield Fault("reserved is the sum of reservations", where, str(row.promised), str(row.reserved))
    for row in session.all(_LOST_RESERVATIONS, warehouse=warehouse_id):
        yield Fault("reservation of existing stock", f"reservation {row.id}, line {row.line_id}", "a stock row", "none")


_TOTALS = """
SELECT item_id, SUM(on_hand) AS on_hand, SUM(reserved) AS reserved, SUM(blocked) AS blocked, SUM(on_order) AS on_order,
       SUM(k_on_hand) AS k_on_hand, SUM(k_reserved) AS k_reserved, SUM(k_blocked) AS k_blocked,
       SUM(k_on_order) AS k_on_order
FROM (
    SELECT item_id, quantity AS on_hand, reserved, CASE WHEN held > 0 THEN quantity - reserved ELSE 0 END AS blocked,
           0 AS on_order, 0 AS k_on_hand, 0 AS k_reserved, 0 AS k_blocked, 0 AS k_on_order
    FROM balance WHERE warehouse_id = :warehouse
    UNION ALL
    SELECT n.item_id, 0, 0, 0, n.quantity - n.received, 0, 0, 0, 0 FROM purchase_order_line n
    JOIN purchase_order p ON p.id = n.purchase_order_id
    WHERE p.warehouse_id = :warehouse AND p.state = 'open' AND n.received < n.quantity
    UNION ALL
    SELECT item_id, 0, 0, 0, 0, on_hand, reserved, blocked, on_order FROM total WHERE warehouse_id = :warehouse
) AS entry GROUP BY item_id
HAVING SUM(on_hand) <> SUM(k_on_hand) OR SUM(reserved) <> SUM(k_reserved) OR SUM(blocked) <> SUM(k_blocked)
    OR SUM(on_order) <> SUM(k_on_order)
ORDER BY item_id"""


def _totals(session: Session, warehouse_id: int) -> Iterator[Fault]:
    """An item's total is the sum over its stock rows and open purchase order lines."""
    for row in session.all(_TOTALS, warehouse=warehouse_id):
        expected = _named(row.on_hand, row.reserved, row.blocked, row.on_order)
        found = _named(row.k_on_hand, row.k_reserved, row.k_blocked, row.k_on_order)
        yield Fault("total is the sum of balances", f"item {row.item_id}", expected, found)


def _named(on_hand: int, reserved: int, blocked: int, on_order: int) -> str:
    return f"on hand {on_hand}, reserved {reserved}, blocked {blocked}, on order {on_order}"


_ALARMS = f"SELECT item_id, alarm, {ALARM} AS expected FROM total WHERE warehouse_id = :warehouse AND alarm <> {ALARM}"


_ALERTS = f"""
SELECT t.item_id, t.alarm, COALESCE(SUM({ALERTED}), 0) AS alerted FROM total t
LEFT JOIN stock_alert a ON a.warehouse_id = t.warehouse_id AND a.item_id = t.item_id AND a.state <> 'closed'
WHERE t.warehouse_id = :warehouse GROUP BY t.item_id, t.alarm HAVING t.alarm <> COALESCE(SUM({ALERTED}), 0)"""


def _alarms(session: Session, warehouse_id: int) -> Iterator[Fault]:
    """The alarm of an item is what its levels say, and its alerts are what it says: none was missed, none doubled."""
    for row in session.stream(_ALARMS, warehouse=warehouse_id):
        yield Fault("alarm as the levels say", f"item {row.item_id}", str(row.expected), str(row.alarm))
    for row in session.stream(_ALERTS, warehouse=warehouse_id):
        yield Fault("alerts as the alarm says", f"item {row.item_id}", str(row.alarm), str(row.alerted))


_CONTAINERS = """
SELECT l.code, COALESCE(l.parent_id, 0) AS kept, COALESCE(b.place, 0) AS book FROM location l
LEFT JOIN (
    SELECT container_id, place FROM (
        SELECT container_id, to_id AS place, 1 AS n FROM move WHERE warehouse_id = :warehouse AND container_id <> 0
        UNION ALL
        SELECT container_id, from_id, -1 FROM move WHERE warehouse_id = :warehouse AND container_id <> 0
    ) AS entry GROUP BY container_id, place HAVING SUM(n) > 0
) AS b ON b.container_id = l.id
WHERE l.warehouse_id = :warehouse AND l.kind IN ('tote', 'pallet', 'parcel')
  AND COALESCE(l.parent_id, 0) <> COALESCE(b.place, 0)"""


def _containers(session: Session, warehouse_id: int) -> Iterator[Fault]:
    """A container lies where its moves have put it: into that place once more than out of it, whatever their order."""
    for row in session.stream(_CONTAINERS, warehouse=warehouse_id):
        yield Fault("container where its moves put it", f"container {row.code}", str(row.book), str(row.kept))
