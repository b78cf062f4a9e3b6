"""Stock now and at any past instant, and what happened to a thing last. Own locations only."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.db import Row, Session

_NOW = """
SELECT i.sku, l.id AS holder_id, b.lot_id, t.code AS lot, b.serial, y.expiry_day AS layer_expiry,
       t.expiry_day AS lot_expiry, y.received_at, b.quantity, b.reserved, b.held, b.last_day,
       (SELECT MIN(k.kind) FROM block k WHERE k.warehouse_id = b.warehouse_id AND k.item_id = b.item_id
          AND k.closed_at IS NULL AND k.lot_id IN (0, b.lot_id) AND k.layer_id IN (0, b.layer_id)
          AND k.location_id IN (0, b.location_id)) AS block, b.item_id, b.layer_id
FROM balance b JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id
JOIN layer y ON y.id = b.layer_id LEFT JOIN lot t ON t.id = b.lot_id
WHERE b.warehouse_id = :warehouse AND (:sku = '' OR i.sku = :sku)
ORDER BY i.sku, l.path, y.received_at, b.id"""

_THEN = """
SELECT i.sku, e.place AS holder_id, e.lot_id, t.code AS lot, e.serial, y.expiry_day AS layer_expiry,
       t.expiry_day AS lot_expiry, y.received_at, SUM(e.quantity) AS quantity, NULL AS reserved, 0 AS held,
       y.last_day, NULL AS block, i.id AS item_id, y.id AS layer_id
FROM (
    SELECT m.to_id AS place, m.item_id, m.lot_id, m.serial, m.layer_id, m.quantity FROM move m
    JOIN seal s ON s.warehouse_id = m.warehouse_id AND s.posting_id = m.posting_id
    WHERE m.warehouse_id = :warehouse AND m.item_id <> 0 AND s.at <= :at
    UNION ALL
    SELECT m.from_id, m.item_id, m.lot_id, m.serial, m.layer_id, -m.quantity FROM move m
    JOIN seal s ON s.warehouse_id = m.warehouse_id AND s.posting_id = m.posting_id
    WHERE m.warehouse_id = :warehouse AND m.item_id <> 0 AND s.at <= :at
) AS e JOIN item i ON i.id = e.item_id JOIN layer y ON y.id = e.layer_id LEFT JOIN lot t ON t.id = e.lot_id
WHERE (:sku = '' OR i.sku = :sku)
GROUP BY i.id, i.sku, e.place, e.lot_id, t.code, e.serial, y.id, y.expiry_day, t.expiry_day, y.received_at, y.last_day
HAVING SUM(e.quantity) <> 0 ORDER BY i.sku, y.received_at"""

_HOLDERS_THEN = """
SELECT e.container_id, e.place FROM (
    SELECT m.container_id, m.to_id AS place, 1 AS n FROM move m
    JOIN seal s ON s.warehouse_id = m.warehouse_id AND s.posting_id = m.posting_id
    WHERE m.warehouse_id = :warehouse AND m.container_id <> 0 AND s.at <= :at
    UNION ALL
    SELECT m.container_id, m.from_id, -1 FROM move m
    JOIN seal s ON s.warehouse_id = m.warehouse_id AND s.posting_id = m.posting_id
    WHERE m.warehouse_id = :warehouse AND m.container_id <> 0 AND s.at <= :at
) AS e WHERE e.place <> 0 GROUP BY e.container_id, e.place HAVING SUM(e.n) > 0"""

_MOVES = """
SELECT m.posting_id, m.line, s.seq, s.at, m.occurred_at, m.reserved_at, m.key, m.cause, m.document, i.sku,
       t.code AS lot, m.serial, c.code AS container, m.quantity, f.code AS from_code, o.code AS to_code,
       f.kind AS from_kind, o.kind AS to_kind, y.received_at, p.name AS by, m.device
FROM seal s JOIN move m ON m.posting_id = s.posting_id
LEFT JOIN item i ON i.id = m.item_id LEFT JOIN lot t ON t.id = m.lot_id LEFT JOIN layer y ON y.id = m.layer_id
LEFT JOIN location c ON c.id = m.container_id LEFT JOIN location f ON f.id = m.from_id
LEFT JOIN location o ON o.id = m.to_id LEFT JOIN person p ON p.id = m.person_id
WHERE s.warehouse_id = :warehouse ORDER BY s.seq, m.line"""


def stock_now(session: Session, warehouse_id: int, *, sku: str = "") -> list[Row]:
    """Every stock row as it lies now; `holder_id` is the location or container that holds it."""
    return session.all(_NOW, warehouse=warehouse_id, sku=sku)


def stock_at(session: Session, warehouse_id: int, at: int, *, sku: str = "") -> list[Row]:
    """Every stock row as it lay at a past instant, from what was sealed until then."""
    return session.all(_THEN, warehouse=warehouse_id, sku=sku, at=at)


def holders_at(session: Session, warehouse_id: int, at: int) -> dict[int, int]:
    """Where each container lay at a past instant: the place it went into once more than out of."""
    return {row.container_id: row.place for row in session.all(_HOLDERS_THEN, warehouse=warehouse_id, at=at)}


def moves(session: Session, warehouse_id: int) -> Iterator[Row]:
    """All sealed moves in ledger order."""
    return session.stream(_MOVES, warehouse=warehouse_id)
