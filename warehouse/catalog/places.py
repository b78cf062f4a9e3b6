"""The locations that come with every warehouse: outside its walls, or between its rooms."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.db import Session

OUTSIDE = ("supplier", "customer", "scrap", "consumption", "lost_and_found")
INSIDE = ("in_picking", "to_pack", "in_transit")


@dataclass(frozen=True, slots=True)
class Places:
    """The ids of a warehouse's own built-in locations. Balances are kept for what is not `outside`."""

    supplier: int
    customer: int
    scrap: int
    consumption: int
    lost_and_found: int
    in_picking: int
    to_pack: int
    in_transit: int
    timezone: str
    code: str
    outside: frozenset[int]


_known: dict[int, Places] = {}


def places(session: Session, warehouse_id: int) -> Places:
    """A warehouse's built-in locations; they never change, so each process reads them once."""
    known = _known.get(warehouse_id)
    if known is None:
        known = _read(session, warehouse_id)
        session.after_commit(lambda: _known.update({warehouse_id: known}))
    return known


def _read(session: Session, warehouse_id: int) -> Places:
    rows = session.all(
        "SELECT code, id FROM location WHERE warehouse_id = :warehouse AND kind IN ('outside', 'virtual')",
        warehouse=warehouse_id,
    )
    ids = {row.code: row.id for row in rows}
    house = session.one("SELECT code, timezone FROM warehouse WHERE id = :id", id=warehouse_id)
    assert house is not None, "the warehouse exists"
    named = {name: ids[name] for name in OUTSIDE + INSIDE}
    return Places(**named, timezone=house.timezone, code=house.code, outside=frozenset(ids[name] for name in OUTSIDE))
