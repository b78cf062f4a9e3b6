"""Keeping goods still for the length of one change, so that a count and the book speak of the same instant."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.catalog.lookup import parts
from warehouse.db import Session
from warehouse.who import By


def keep_still(session: Session, by: By, item_ids: Sequence[int]) -> None:
    """Waits for the moves of these items that are under way; later ones wait for this change.

    As a block does: every posting keeps its items' totals under a shared lock, this takes them alone, in their order.
    SQLite has one writer at a time, which is stronger still.
    """
    if session.dialect != "postgresql":
        return
    for marks, params in parts(sorted(set(item_ids))):
        session.all(
            f"""SELECT item_id FROM total WHERE warehouse_id = :warehouse AND item_id IN ({marks})
                ORDER BY item_id FOR UPDATE""",
            warehouse=by.warehouse_id, **params,
        )  # fmt: skip
