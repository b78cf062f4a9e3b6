"""What a replenisher may do, and what is said to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import N_, N_n, Refusal, notice
from warehouse.work import carrying
from warehouse.work.carrying import Carrying
from warehouse.work.pieces import Work
from warehouse.work.screen import Screen, Title

ROOM = "replenishing"

AT_RESERVE = notice("ok", "at_reserve", N_("This is %(location)s. Take %(quantity)s × %(item)s."))
REPLENISHED = notice(
    "ok",
    "replenished",
    N_n(
        "%(quantity)s × %(item)s lies at %(location)s now, to be picked.",
        "%(quantity)s × %(item)s lie at %(location)s now, to be picked.",
        "quantity",
    ),
)
OTHER_FACE = notice(
    "warn",
    "other_face",
    N_("Goods are missed at %(held)s, which awaits a count. Bring these to %(location)s, %(way)s."),
)
OTHER_RESERVE = notice("ok", "other_reserve", N_("%(location)s is as old: taken instead."))


@dataclass(frozen=True, kw_only=True)
class Replenishing(Carrying):
    """Where a replenisher stands: the reserve, the pick face for it, and what is in hand.

    Attributes:
        face_wanted: how many the pick face wants, whatever bin they come from.
    """

    face_wanted: int = 0


class NotAPickFace(Refusal):
    """Reserve goods are brought to pick faces only."""

    code = "not_a_pick_face"
    text = N_("%(read)s is no pick face. Expected: %(location)s, %(way)s, or another pick face that takes the goods.")


def wanted_from(*, available: int, room: int, lacking: int, in_faces: int, fill: int) -> int:
    """How many go to the face: the whole row, or up to what faces are filled to and orders want; what fits."""
    most = min(available, room)
    return min(most, max(lacking, fill - in_faces, 1)) if fill else most


def show(work: Work, position: Replenishing) -> Screen:
    """The replenisher's screen."""
    item = position.item.code if position.item else ""
    return carrying.show(ROOM, Title(N_("Replenish %(item)s"), {"item": item}), work, position)
