"""The outbox: what is to be told to the outside, written in the change that it tells of (both commit, or neither).

Whoever sends takes what is due, and marks it sent, due later, or dead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from warehouse.db import Session
from warehouse.ids import new_id


def put(
    session: Session, *, warehouse_id: int, topic: str, subject: str, content: Mapping[str, Any], at: int
) -> int:  # fmt: skip
    """Puts a message in: what it is about (`topic`), which one (`subject`), and what it says. Returns its id.

    Nothing personal goes in: a message outlives the customer's data.
    """
    message_id = new_id(session)
    session.ask(
        """INSERT INTO outbox (id, warehouse_id, topic, subject, content, made_at, due_at, attempts, state)
           VALUES (:id, :warehouse, :topic, :subject, :content, :at, :at, 0, 'waiting')""",
        id=message_id, warehouse=warehouse_id, topic=topic, subject=subject,
        content=json.dumps(content, ensure_ascii=False, sort_keys=True), at=at,
    )  # fmt: skip
    return message_id
