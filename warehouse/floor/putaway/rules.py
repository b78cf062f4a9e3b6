"""What a putaway worker may do, and what is said to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import N_, N_n, notice
from warehouse.work import carrying
from warehouse.work.carrying import Carrying
from warehouse.work.pieces import Work
from warehouse.work.screen import Screen, Title

ROOM = "putaway"

PUT_AWAY = notice(
    "ok",
    "put_away",
    N_n(
        "%(quantity)s × %(item)s lies at %(location)s now.",
        "%(quantity)s × %(item)s lie at %(location)s now.",
        "quantity",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Putaway(Carrying):
    """Where a putaway worker stands: one stock row, the bin for it, and what is in hand."""


def wanted_there(*, available: int, room: int, is_face: bool, fill: int) -> int:
    """How many of the goods go to a bin: what it has space for; into a pick face no more than it is filled up to."""
    most = min(available, room)
    return min(most, fill) if is_face and fill else most


def show(work: Work, position: Putaway) -> Screen:
    """The putaway worker's screen."""
    return carrying.show(ROOM, Title(N_("Put away")), work, position)
