"""Stock rows and moves as the office's pages show them: in words, times by the warehouse's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.clock import as_datetime, iso_day
from warehouse.db import Row
from warehouse.errors import N_
from warehouse.ledger.lying import Lie
from warehouse.web.told import in_words

STATES = {
    "available": N_("available"), "recalled": N_("recalled"), "rejected": N_("rejected"), "expired": N_("expired"),
    "pending_inspection": N_("pending inspection"), "hold": N_("on hold"), "short": N_("to be counted"),
}  # fmt: skip
LEVELS = {"available": "ok", "short": "warn", "pending_inspection": "warn", "hold": "warn"}
"""How grave a state looks; what is not named here is as grave as can be."""


def minute(at: int | None, timezone: str) -> str:
    """An instant as a person reads it: local, to the minute."""
    return as_datetime(at, timezone).strftime("%Y-%m-%d %H:%M") if at else ""


def second(at: int, timezone: str) -> str:
    """An instant of the history: local, to the second."""
    return as_datetime(at, timezone).strftime("%Y-%m-%d %H:%M:%S")


def lies_shown(lies: Sequence[Lie], timezone: str) -> list[dict[str, Any]]:
    """Stock rows with their states in words."""
    return [
        lie.row._asdict()
        | {"expiry": iso_day(lie.row.lot_day or lie.row.expiry_day) or "", "since": minute(lie.row.received_at, timezone),
           "state": STATES[lie.state], "level": LEVELS.get(lie.state, "no"), "free": lie.free}
        for lie in lies
    ]  # fmt: skip


def moves_shown(rows: Sequence[Row], timezone: str) -> list[dict[str, Any]]:
    """Moves in plain words."""
    return [row._asdict() | {"text": in_words(row), "when": second(row.recorded_at, timezone)} for row in rows]
