"""What a clearing worker may do, and what is said to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import N_, N_n, Phrase, Refusal, notice
from warehouse.planning.clearing import ROOM
from warehouse.work import carrying
from warehouse.work.carrying import Carrying
from warehouse.work.pieces import Work
from warehouse.work.position import replace
from warehouse.work.screen import Screen, Title, offered

CAUSES = {"reserve": "move", "return": "return", "scrap": "scrap"}
"""What each kind of clearing is posted as."""

TITLES = {
    "reserve": N_("%(item)s to the reserve"), "return": N_("%(item)s back to the supplier"), "scrap": N_("%(item)s to scrap"),
}  # fmt: skip
PURPOSES = {
    "reserve": N_("to be moved to the reserve"), "return": N_("to be returned to the supplier"),
    "scrap": N_("to be scrapped"),
}  # fmt: skip
PUT = {
    "return": N_("put them here for the supplier, then scan OK"), "scrap": N_("put them to the scrap, then scan OK"),
}  # fmt: skip

AT_BIN = notice("ok", "at_bin", N_("This is %(location)s. Take %(quantity)s × %(item)s."))
BRING_BACK = notice(
    "ok",
    "bring_to_supplier",
    N_("%(quantity)s × %(item)s in hand. Put them at %(location)s for the supplier, then scan OK."),
)
BRING_SCRAP = notice(
    "ok", "bring_to_scrap", N_("%(quantity)s × %(item)s in hand. Put them to the scrap, then scan OK.")
)
STAYS = notice(
    "ok", "rest_stays", N_("What is left of %(item)s stays at %(location)s, is free again, and will be counted.")
)
IN_RESERVE = notice(
    "ok",
    "cleared_to_reserve",
    N_n(
        "%(quantity)s × %(item)s lies at %(location)s now.",
        "%(quantity)s × %(item)s lie at %(location)s now.",
        "quantity",
    ),
)
SENT_BACK = notice("ok", "cleared_to_supplier", N_("Back to the supplier: %(quantity)s × %(item)s."))
SCRAPPED = notice("ok", "cleared_to_scrap", N_("Scrapped: %(quantity)s × %(item)s."))


@dataclass(frozen=True, kw_only=True)
class Clearing(Carrying):
    """Where a clearing worker stands: one clearance, where its goods go, and what is in hand.

    Attributes:
        kind: reserve, return or scrap.
        place: the bin of the reserve, or where goods are put for the supplier or to be scrapped.
    """

    kind: str = "reserve"

    @property
    def is_confirmed(self) -> bool:
        """With the goods in hand a confirmation books them: they leave the house."""
        return self.kind != "reserve" and self.in_hand > 0 and not self.asking


class NotTheReserve(Refusal):
    """What is taken out of pick faces goes to bins that are none."""

    code = "not_the_reserve"
    text = N_(
        "%(read)s is no bin of the reserve. Expected: %(location)s, %(way)s, or another bin that is no pick face."
    )


def show(work: Work, position: Clearing) -> Screen:
    """The clearing worker's screen."""
    item = position.item.code if position.item else ""
    usual = carrying.show(ROOM, Title(TITLES[position.kind], {"item": item}), work, position)
    if position.asking:
        return usual
    return replace(
        usual, expects=_expects(position, usual), actions=_actions(work, position), hint=_hint(position, usual)
    )


def _expects(position: Clearing, usual: Screen) -> tuple[str, ...]:
    if not position.is_confirmed:
        return usual.expects
    return tuple("confirm" if kind == "location" else kind for kind in usual.expects)


def _actions(work: Work, position: Clearing) -> tuple[str, ...]:
    undo, ok = bool(work.begun), ("XXOK",) if position.is_confirmed else ()
    if position.step == "source":
        return offered("XXSKIP", undo=undo)
    if position.step == "place":
        return offered(*ok, "XXSKIP", undo=undo, then=("XXDAMAGE",))
    return offered(*ok, "XXSHORT", "XXSKIP", undo=undo, then=("XXDONE", "XXDAMAGE"))


def _hint(position: Clearing, usual: Screen) -> Phrase | None:
    """What is done with the goods; once they are in hand, where they go."""
    if position.is_confirmed:
        return Phrase(PUT[position.kind])
    return usual.hint if position.in_hand else Phrase(PURPOSES[position.kind])
