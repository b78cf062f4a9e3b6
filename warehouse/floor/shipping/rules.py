"""What a shipper may do, and what is said to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import N_, N_n, Refusal, notice
from warehouse.work.pieces import Work
from warehouse.work.position import Position, replace
from warehouse.work.screen import Ref, Screen, Title, offered

ROOM = "shipping"
GATHERED_MAX = 50


@dataclass(frozen=True, kw_only=True)
class HandOver(Position):
    """Where a hand-over stands: its lane, and the parcels that are still to be scanned, the next one first.

    Attributes:
        parcels: id and code of each parcel to come.
        last: the parcel that was handed over last.
        handed, total: how many are out, and how many there are with those.
    """

    lane: str
    carrier: str
    parcels: tuple[tuple[int, str], ...] = ()
    last: Ref | None = None
    handed: int = 0
    total: int = 0

    @property
    def container(self) -> Ref | None:
        """The parcel to scan next; when none is left, the one that was scanned last."""
        if not self.parcels:
            return self.last
        parcel_id, code = self.parcels[0]
        return Ref(parcel_id, code, code)


HANDED_OVER = notice("ok", "handed_over", N_("Parcel %(container)s is handed over. Next: %(next)s."))
ALL_HANDED_OVER = notice("ok", "all_handed_over", N_("Parcel %(container)s is handed over. That was the last one."))
ENDED_EARLY = notice(
    "ok",
    "hand_over_ended",
    N_n(
        "Ended. One parcel is handed over; %(left)s wait for another.",
        "Ended. %(handed)s parcels are handed over; %(left)s wait for another.",
        "handed",
    ),
)


class NotAParcel(Refusal):
    """A container that is no parcel."""

    code = "not_a_parcel"
    text = N_("%(read)s is no parcel. Expected: parcel %(container)s.")


class AlreadyHandedOver(Refusal):
    """The parcel was scanned out before (R-PACK-6)."""

    code = "already_handed_over"
    text = N_("Parcel %(read)s was handed over before. It cannot leave twice: look for its double.")


class ParcelVoid(Refusal):
    """The parcel's order is cancelled (R-ORD-7)."""

    code = "parcel_void"
    text = N_("Parcel %(read)s is void: its order is cancelled. Take it off the lane; its goods are put away again.")


class ParcelOpen(Refusal):
    """The parcel, or another one of its order, is not finished."""

    code = "parcel_open"
    text = N_("Parcel %(read)s is not ready: its order is still being packed or is stopped. Bring it back to packing.")


class ParcelOfAnother(Refusal):
    """The parcel is in the hand-over of somebody else."""

    code = "parcel_of_another"
    text = N_("Parcel %(read)s is in the hand-over of %(name)s. Leave it to them. Expected: %(container)s.")


class ParcelBlocked(Refusal):
    """Goods in the parcel are blocked (R-RCV-6)."""

    code = "parcel_blocked"
    text = N_(
        "Parcel %(read)s holds blocked goods (inspection, hold or recall) and must not leave. Ask the supervisor."
    )


def without(position: HandOver, parcel_id: int) -> HandOver:
    """The position without one parcel to come."""
    return replace(position, parcels=tuple(each for each in position.parcels if each[0] != parcel_id))


def show(work: Work, position: HandOver) -> Screen:
    """The shipper's screen."""
    return Screen(
        ROOM, work.id, work.step, Title(N_("Hand-over, lane %(lane)s"), {"lane": position.lane}),
        expects=("container",), target={"container": position.container},
        progress=(position.handed, position.total), actions=offered("XXDONE", undo=False),
    )  # fmt: skip
