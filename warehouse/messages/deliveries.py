"""What people do with deliveries that came to nothing: try them again, or drop them with a reason."""

from __future__ import annotations

from typing import Any

from warehouse.db import Session
from warehouse.errors import NotFound
from warehouse.messages.rules import DropWithoutReason, NotDead
from warehouse.who import By

DEAD_COUNTED_MAX = 100


def send_again(session: Session, by: By, delivery_id: int) -> None:
    """Tries a dead delivery again, for as long as a new one.

    Raises:
        NotDead: somebody else was first.
        NotFound: this warehouse has none of this id.
    """
    _change(session, by, delivery_id, """state = 'waiting', since = :now, due_at = 0, attempts = 0, error = '', said = '',
        ended_at = NULL, ended_by = 0""", "('dead')")  # fmt: skip


def drop(session: Session, by: By, delivery_id: int, reason: str) -> None:
    """Drops a dead delivery: nobody tries it any more.

    Raises:
        DropWithoutReason: nobody said why.
        NotDead: somebody else was first.
        NotFound: this warehouse has none of this id.
    """
    if not reason.strip():
        raise DropWithoutReason
    _change(session, by, delivery_id, "state = 'dropped', ended_at = :now, ended_by = :person, reason = :reason", "('dead')",
            reason=reason.strip(), person=by.person_id)  # fmt: skip


def dead(session: Session, warehouse_id: int) -> str:
    """How many deliveries of a warehouse wait for a decision, as a menu says it; empty for none."""
    found = int(session.value(
        """SELECT count(*) FROM (SELECT 1 AS one FROM delivery WHERE warehouse_id = :warehouse AND state = 'dead'
           LIMIT :most) AS counted""",
        warehouse=warehouse_id, most=DEAD_COUNTED_MAX,
    ))  # fmt: skip
    return f"{DEAD_COUNTED_MAX}+" if found == DEAD_COUNTED_MAX else str(found or "")


def _change(session: Session, by: By, delivery_id: int, sets: str, states: str, **values: Any) -> None:
    at = {"id": delivery_id, "warehouse": by.warehouse_id}
    changed = session.run(
        f"UPDATE delivery SET {sets} WHERE id = :id AND warehouse_id = :warehouse AND state IN {states}",
        **at, **values, now=by.now,
    )  # fmt: skip
    if not changed:
        if not session.value("SELECT 1 AS one FROM delivery WHERE id = :id AND warehouse_id = :warehouse", **at):
            raise NotFound(what=f"/messages/{delivery_id}")
        raise NotDead
