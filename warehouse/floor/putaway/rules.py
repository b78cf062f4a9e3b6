"""What a putaway worker may do, and what is said to them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from warehouse.errors import N_, notice
from warehouse.work import carrying
from warehouse.work.carrying import Carrying
from warehouse.work.pieces import Work
from warehouse.work.screen import Screen, Title

ROOM = "putaway"

PUT_AWAY = notice("ok", "put_away", N_("%(quantity)s × %(item)s lie at %(location)s now."))


@dataclass(frozen=True, kw_only=True)
class Putaway(Carrying):
    """Where a putaway worker stands: one stock row, the bin for it, and what is in hand."""


def subject_of(*, location_id: int, item_id: int, lot_id: int, layer_id: int) -> int:
    """One number for one stock row, the same one however often the row is emptied and made again."""
    text = f"{location_id}.{item_id}.{lot_id}.{layer_id}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1 or 1


def wanted_there(*, available: int, room: int, is_face: bool, fill: int) -> int:
    """How many of the goods go to a bin: what it has space for; into a pick face no more than it is filled up to."""
    most = min(available, room)
    return min(most, fill) if is_face and fill else most


def show(work: Work, position: Putaway) -> Screen:
    """The putaway worker's screen."""
    return carrying.show(ROOM, Title(N_("Put away")), work, position)
