"""What counting reads. Of the book of a bin nothing at all: that is compared only when the bin is confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.catalog.lookup import parts
from warehouse.db import Session
from warehouse.who import By
from warehouse.work.screen import Ref


def place(session: Session, location_id: int) -> tuple[Ref, str]:
    """The place to be counted, and where it comes on the walk."""
    row = session.one("SELECT id, code, barcode, path FROM location WHERE id = :id", id=location_id)
    assert row is not None, "a paper names a place that exists"
    return Ref(row.id, row.code, row.barcode), row.path


def item_codes(session: Session, item_ids: Sequence[int]) -> tuple[str, ...]:
    """What items are called, in their order of codes."""
    rows = [
        row for marks, params in parts(item_ids)
        for row in session.all(f"SELECT sku FROM item WHERE id IN ({marks}) ORDER BY sku", **params)
    ]  # fmt: skip
    return tuple(row.sku for row in rows)


def container_codes(session: Session, ids: Sequence[int]) -> tuple[str, ...]:
    """What containers are called."""
    rows = [
        row for marks, params in parts(ids)
        for row in session.all(f"SELECT code FROM location WHERE id IN ({marks}) ORDER BY code", **params)
    ]  # fmt: skip
    return tuple(row.code for row in rows)


def lot_is_known(session: Session, item_id: int, code: str) -> bool:
    """Whether an item ever had a lot of this code, anywhere."""
    return bool(
        session.value("SELECT 1 AS one FROM lot WHERE item_id = :item AND code = :code", item=item_id, code=code)
    )


def serial_is_known(session: Session, by: By, item_id: int, serial: str) -> bool:
    """Whether an item's piece of this serial was ever here."""
    return bool(
        session.value(
            "SELECT 1 AS one FROM move WHERE warehouse_id = :warehouse AND serial = :serial AND item_id = :item LIMIT 1",
            warehouse=by.warehouse_id, serial=serial, item=item_id,
        )
    )  # fmt: skip


def is_of_an_order(session: Session, by: By, container_id: int) -> bool:
    """Whether a tote or parcel belongs to an order in work."""
    return bool(
        session.value(
            """SELECT 1 AS one FROM tote_slot WHERE warehouse_id = :warehouse AND container_id = :id
               UNION SELECT 1 FROM location WHERE id = :id AND kind = 'parcel'""",
            warehouse=by.warehouse_id, id=container_id,
        )
    )  # fmt: skip
