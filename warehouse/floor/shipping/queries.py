"""What shipping reads: the parcels that wait, and what one parcel is."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.db import Row, Session
from warehouse.floor.shipping.rules import GATHERED_MAX
from warehouse.who import By

_WAITING = """
FROM parcel p JOIN shipment s ON s.id = p.shipment_id
WHERE p.warehouse_id = :warehouse AND p.state = 'closed' AND p.work_id = 0 AND s.state = 'packed' AND s.held = 0"""

_STILL_HERE = f"""SELECT id FROM parcel WHERE state = 'closed' AND work_id <> 0
AND id IN ({", ".join(f":p{index}" for index in range(GATHERED_MAX))})"""


def first_lane(session: Session, by: By) -> Row | None:
    """Lane and carrier of the parcel that waits longest."""
    return session.one(
        f"SELECT p.lane, p.carrier {_WAITING} ORDER BY p.closed_at, p.id LIMIT 1", warehouse=by.warehouse_id
    )


def gather(session: Session, by: By, lane: str) -> list[Row]:
    """The parcels of a lane that wait longest; on PostgreSQL those that another is just gathering are passed over."""
    skip = " FOR UPDATE OF p SKIP LOCKED" if session.dialect == "postgresql" else ""
    return session.all(
        f"SELECT p.id, p.code {_WAITING} AND p.lane = :lane ORDER BY p.closed_at, p.id LIMIT {GATHERED_MAX}{skip}",
        warehouse=by.warehouse_id, lane=lane,
    )  # fmt: skip


def lock_parcel(session: Session, by: By, parcel_id: int) -> Row | None:
    """A parcel, its shipment and order, kept for this change: parcels of one order are handed over one by one."""
    return session.one(
        f"""SELECT p.id, p.code, p.state, p.work_id, p.shipment_id, s.state AS shipment_state, s.held,
                   s.number AS document, o.number FROM parcel p JOIN shipment s ON s.id = p.shipment_id
            JOIN sales_order o ON o.id = s.order_id WHERE p.id = :id AND p.warehouse_id = :warehouse{session.for_update}""",
        id=parcel_id, warehouse=by.warehouse_id,
    )  # fmt: skip


def who_has(session: Session, work_id: int) -> str:
    """The name of the one whose work it is."""
    found = session.value("SELECT p.name FROM work w JOIN person p ON p.id = w.person_id WHERE w.id = :id", id=work_id)
    return str(found or "")


def still_here(session: Session, parcel_ids: Sequence[int]) -> set[int]:
    """Those of some parcels that are still in somebody's hand-over."""
    if not parcel_ids:
        return set()
    marks = {f"p{index}": parcel_ids[min(index, len(parcel_ids) - 1)] for index in range(GATHERED_MAX)}
    return {row.id for row in session.all(_STILL_HERE, **marks)}


def waiting(session: Session, by: By) -> int:
    """How many parcels wait for hand-over."""
    return int(session.value(f"SELECT count(*) {_WAITING}", warehouse=by.warehouse_id))
