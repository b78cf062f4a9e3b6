"""Counts that are asked for at once: by a short pick, damage, a find, an empty bin, a supervisor (R-CNT-1, R-PICK-3)."""

from __future__ import annotations

from warehouse.catalog.locations import CONTAINERS
from warehouse.counts import plan
from warehouse.counts.rules import RAISED
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.who import By


def raise_count(
    session: Session, by: By, *, location_id: int, item_id: int = 0, reason: str, person_id: int = 0
) -> int:
    """Asks for a count of a place, of one item there or of all (0). Returns the request's id, 0 where none was made.

    A short is asked for each time, for each has its undo. All else is asked for only of bins, and not twice.
    `person_id`: who shall count it; 0 for anybody, who do not wait for one that is named.
    """
    assert reason in RAISED, f"nobody raises a count by {reason}"
    request_id = new_id(session)
    made = session.run(
        _SHORT if reason == "short" else _OTHER, id=request_id, warehouse=by.warehouse_id, location=location_id,
        item=item_id, reason=reason, now=by.now, by=by.person_id, person=person_id,
    )  # fmt: skip
    return request_id if made else 0


_SHORT = """
INSERT INTO count_request (id, warehouse_id, location_id, item_id, reason, raised_at, raised_by, person_id)
VALUES (:id, :warehouse, :location, :item, :reason, :now, :by, :person)"""
_OTHER = """
INSERT INTO count_request (id, warehouse_id, location_id, item_id, reason, raised_at, raised_by, person_id)
SELECT :id, :warehouse, l.id, :item, :reason, :now, :by, :person FROM location l
WHERE l.id = :location AND l.kind = 'bin' AND NOT EXISTS (
    SELECT 1 FROM count_request r WHERE r.warehouse_id = :warehouse AND r.location_id = l.id AND r.item_id IN (0, :item)
      AND r.person_id IN (0, :person) AND r.closed_at IS NULL)"""


def take_back(session: Session, by: By, request_id: int) -> None:
    """The count that was asked for is not needed."""
    session.run("UPDATE count_request SET closed_at = :now WHERE id = :id", now=by.now, id=request_id)


def raise_for_item(session: Session, by: By, *, item_id: int, reason: str, person_id: int = 0) -> int:
    """Asks for a count of an item in every bin where it lies by the book; how many bins. 0 where it lies in none.

    Also what a channel asks for whose offer falls below its limit ("low").
    """
    bins = session.all(
        """SELECT DISTINCT b.location_id, b.path FROM balance b JOIN location l ON l.id = b.location_id
           WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND l.kind = 'bin' ORDER BY b.path""",
        warehouse=by.warehouse_id, item=item_id,
    )  # fmt: skip
    for row in bins:
        raise_count(session, by, location_id=row.location_id, item_id=item_id, reason=reason, person_id=person_id)
    return len(bins)


def report_empty(session: Session, by: By, location_id: int) -> bool:
    """Somebody stands before an empty bin. Where the book has nothing either, that is a proof; else it is counted.

    Whether it was a proof.
    """
    filled = session.value(
        f"""SELECT 1 AS one FROM balance WHERE warehouse_id = :warehouse AND location_id = :location
            UNION SELECT 1 FROM location WHERE warehouse_id = :warehouse AND parent_id = :location
              AND kind IN ({", ".join(f"'{kind}'" for kind in CONTAINERS)})""",
        warehouse=by.warehouse_id, location=location_id,
    )  # fmt: skip
    if filled:
        raise_count(session, by, location_id=location_id, reason="zero")
    else:
        plan.prove(session, by, location_id)
    return not filled
