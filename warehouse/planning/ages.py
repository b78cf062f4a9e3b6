"""How old stock is (R-SAF-6): what lies there by the days since it was received, in bands, by item, supplier, zone or class.

Every piece that lies in the warehouse is in one band, so the bands of all rows make up the stock and its value. Age counts
from the day on which the layer was received, whatever was moved since.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.catalog.lookup import like
from warehouse.clock import day_of
from warehouse.db import Row, Session
from warehouse.who import By

BANDS = (30, 90, 180, 365)
"""The last day of each band; what is older is in one more."""


def _is_in(band: int) -> str:
    """Whether a layer is of a band: received since its last day, and before the last day of the band before it."""
    parts = []
    if band < len(BANDS):
        parts.append(f"y.received_day >= :since_{band}")
    if band:
        parts.append(f"y.received_day < :since_{band - 1}")
    return " AND ".join(parts)


_WORTH = "b.quantity * COALESCE(i.unit_cost, 0)"
_SUMS = ", ".join(
    f"SUM(CASE WHEN {_is_in(band)} THEN {what} ELSE 0 END) AS {name}_{band}"
    for band in range(len(BANDS) + 1)
    for name, what in (("quantity", "b.quantity"), ("value", _WORTH))
)
# Each place belongs to the zone that it stands in, through whatever stands between them.
_ZONED = """
WITH RECURSIVE zoned (id, zone_id) AS (
    SELECT l.id, l.id FROM location l WHERE l.warehouse_id = :warehouse AND l.kind = 'zone'
    UNION ALL
    SELECT l.id, z.zone_id FROM location l JOIN zoned z ON l.warehouse_id = :warehouse AND l.parent_id = z.id
    WHERE l.kind <> 'zone')"""
# From whom a layer came: as its order says, else who usually brings the item.
_SUPPLIED = """
LEFT JOIN purchase_order_line n ON n.id = y.purchase_order_line_id AND y.purchase_order_line_id <> 0
LEFT JOIN purchase_order p ON p.id = n.purchase_order_id
LEFT JOIN supplier s ON s.id = COALESCE(p.supplier_id, i.supplier_id)"""


@dataclass(frozen=True, slots=True)
class _Key:
    """What rows are summed by: what stands before the statement, joins, the key's columns, and what a search looks at."""

    columns: str
    group: str
    named: tuple[str, ...]
    joins: str = ""
    before: str = ""


KEYS = {
    "item": _Key("i.id AS id, i.sku AS code, i.name AS name, i.name_zh AS name_zh", "i.id, i.sku, i.name, i.name_zh",
                 ("i.sku", "i.name", "i.name_zh")),
    "supplier": _Key("COALESCE(s.id, 0) AS id, COALESCE(s.code, '') AS code, COALESCE(s.name, '') AS name, '' AS name_zh",
                     "s.id, s.code, s.name", ("s.code", "s.name"), _SUPPLIED),
    "zone": _Key("COALESCE(z.id, 0) AS id, COALESCE(z.code, '') AS code, '' AS name, '' AS name_zh", "z.id, z.code",
                 ("z.code",), "LEFT JOIN zoned o ON o.id = b.location_id LEFT JOIN location z ON z.id = o.zone_id", _ZONED),
    "class": _Key("0 AS id, i.class AS code, '' AS name, '' AS name_zh", "i.class", ("i.class",)),
}  # fmt: skip

_AGES = f"""{{before}}
SELECT {{columns}}, SUM(b.quantity) AS quantity, SUM({_WORTH}) AS value, MIN(y.received_day) AS oldest_day,
       SUM(CASE WHEN i.unit_cost IS NULL THEN b.quantity ELSE 0 END) AS unvalued, {_SUMS}
FROM balance b JOIN layer y ON y.id = b.layer_id JOIN item i ON i.id = b.item_id {{joins}}
WHERE b.warehouse_id = :warehouse AND b.quantity > 0 {{of}} {{group}}"""


@dataclass(frozen=True, slots=True)
class Search:
    """What is summed by (a name of KEYS), and what is looked for in its codes and names."""

    by: str = "item"
    text: str = ""
    sort: str = ""


def ages(session: Session, by: By, search: Search, *, most: int, skip: int = 0) -> list[Row]:
    """Stock by age: the greatest value first, or (sort "age") by what is oldest."""
    key = KEYS[search.by]
    of = (
        "AND (" + " OR ".join(f"lower({each}) LIKE :like ESCAPE '!'" for each in key.named) + ")" if search.text else ""
    )
    order = "oldest_day, value DESC, code" if search.sort == "age" else "value DESC, quantity DESC, code"
    sql = _AGES.format(before=key.before, columns=key.columns, joins=key.joins, of=of, group=f"GROUP BY {key.group}")
    return session.all(
        f"{sql} ORDER BY {order} LIMIT :most OFFSET :skip", **_asked(by), most=most, skip=skip,
        **({"like": like(search.text)} if search.text else {}),
    )  # fmt: skip


def together(session: Session, by: By) -> Row:
    """The same of the whole warehouse."""
    row = session.one(_AGES.format(before="", columns="0 AS id", joins="", of="", group=""), **_asked(by))
    assert row is not None, "a sum is one row"
    return row


def band_of(age: int) -> int:
    """The band that an age in days is in.

    >>> band_of(0), band_of(30), band_of(31), band_of(365), band_of(366)
    (0, 0, 1, 3, 4)
    """
    return sum(age > last for last in BANDS)


def edges(band: int) -> tuple[int, int | None]:
    """The first and the last day of a band; the last one has no end.

    >>> edges(0), edges(1), edges(4)
    ((0, 30), (31, 90), (366, None))
    """
    return (BANDS[band - 1] + 1 if band else 0), (BANDS[band] if band < len(BANDS) else None)


def _asked(by: By) -> dict[str, int]:
    today = day_of(by.now, by.timezone)
    return {"warehouse": by.warehouse_id} | {f"since_{band}": today - last for band, last in enumerate(BANDS)}
