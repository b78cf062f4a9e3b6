"""What does not move, what expires, turnover and cover (R-SAF-6): read from what planning keeps by item, not from the moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.clock import day_of
from warehouse.db import Row, Session
from warehouse.who import By

IDLE_DAYS = (30, 60, 90, 180)

# It does not move since it was used last, and never longer than the oldest of it lies there: what ran out and was bought
# again begins anew. Whether anybody has planned it or not.
_LIST = """
SELECT idle.*, CASE WHEN idle.last_used_day > idle.oldest THEN idle.last_used_day ELSE idle.oldest END AS since FROM (
    SELECT i.id, i.sku, i.name, i.name_zh, i.class AS item_class, i.supplier_id, t.on_hand, t.reserved, t.blocked,
           t.on_hand - t.reserved - t.blocked - t.expired AS available, t.expired, i.unit_cost,
           t.on_hand * COALESCE(i.unit_cost, 0) AS value, k.last_used_day, k.last_moved_day, k.used_30, k.used_90, k.used_365,
           (SELECT MIN(y.received_day) FROM balance b JOIN layer y ON y.id = b.layer_id
            WHERE b.warehouse_id = t.warehouse_id AND b.item_id = t.item_id AND b.quantity > 0) AS oldest
    FROM total t JOIN item i ON i.id = t.item_id
    LEFT JOIN stock_plan k ON k.warehouse_id = t.warehouse_id AND k.item_id = t.item_id
    WHERE t.warehouse_id = :warehouse AND t.on_hand > 0 AND COALESCE(k.last_used_day, 0) <= :before {of}) AS idle
WHERE idle.oldest <= :before ORDER BY {order} LIMIT :most OFFSET :skip"""
_NAMED = """AND (lower(i.sku) LIKE :like ESCAPE '!' OR lower(i.name) LIKE :like ESCAPE '!'
    OR lower(i.name_zh) LIKE :like ESCAPE '!')"""
_EXPIRING = """
SELECT i.id, i.sku, i.name, i.name_zh, l.code AS place, b.location_id, c.code AS lot, b.quantity, b.reserved, b.last_day,
       b.quantity * COALESCE(i.unit_cost, 0) AS value
FROM balance b JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id LEFT JOIN lot c ON c.id = b.lot_id
WHERE b.warehouse_id = :warehouse AND b.last_day < 3652059 AND b.last_day < :until ORDER BY b.last_day, i.sku, b.id
LIMIT :most OFFSET :skip"""
_TURNOVER = """
SELECT {of} AS item_class, count(*) AS items, SUM(t.on_hand) AS on_hand, SUM(k.used_365) AS used,
       SUM(t.on_hand * COALESCE(i.unit_cost, 0)) AS value, SUM(k.used_365 * COALESCE(i.unit_cost, 0)) AS used_value,
       SUM(k.used_30) AS used_30
FROM total t JOIN item i ON i.id = t.item_id
LEFT JOIN stock_plan k ON k.warehouse_id = t.warehouse_id AND k.item_id = t.item_id
WHERE t.warehouse_id = :warehouse {grouped}"""
_BY_CLASS = _TURNOVER.format(of="i.class", grouped="GROUP BY i.class ORDER BY i.class LIMIT 200")
_ALL = _TURNOVER.format(of="''", grouped="")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: items that were not used for so many days."""

    text: str = ""
    days: int = IDLE_DAYS[0]
    sort: str = ""


def idle_items(session: Session, by: By, search: Search, *, most: int, skip: int) -> list[Row]:
    """Items in stock that nobody has used for a time, the greatest value first or the longest idle."""
    today = day_of(by.now, by.timezone)
    params: dict[str, Any] = {"before": today - search.days}
    if search.text:
        params["like"] = like(search.text)
    order = "since, id" if search.sort == "age" else "value DESC, id"
    sql = _LIST.format(of=_NAMED if search.text else "", order=order)
    return session.all(sql, warehouse=by.warehouse_id, most=most, skip=skip, **params)


def expiring(session: Session, by: By, *, days: int, most: int, skip: int) -> list[Row]:
    """Goods that have expired or will within so many days, the first first."""
    until = day_of(by.now, by.timezone) + days
    return session.all(_EXPIRING, warehouse=by.warehouse_id, until=until, most=most, skip=skip)


def turnover(session: Session, by: By) -> tuple[list[Row], Row]:
    """What was used in a year and what lies there: by class of item, and of the whole warehouse."""
    every = session.one(_ALL, warehouse=by.warehouse_id)
    assert every is not None, "a sum is one row"
    return session.all(_BY_CLASS, warehouse=by.warehouse_id), every


def cover_days(on_hand: int, used: int, days: int) -> int | None:
    """For how many days stock lasts at the pace of the last days; nothing where nothing was used.

    >>> cover_days(60, 30, 30)
    60
    """
    return on_hand * days // used if used > 0 else None


def turnover_of(on_hand: int, used_year: int) -> float | None:
    """How often what lies there was used in a year; nothing where nothing lies.

    >>> turnover_of(20, 50)
    2.5
    """
    return round(used_year / on_hand, 2) if on_hand > 0 else None


def proposal(idle: int, *, has_supplier: bool, expired: int) -> str:
    """What to do with stock that does not move: the older, the more decided.

    >>> proposal(200, has_supplier=True, expired=0)
    'return'
    """
    if expired:
        return "scrap"
    if idle >= IDLE_DAYS[3]:
        return "return" if has_supplier else "delist"
    if idle >= IDLE_DAYS[2]:
        return "reserve"
    return "promote"
