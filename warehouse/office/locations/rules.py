"""What holds for places on their pages: who may do what, how fields are called, and how a run of bins is named. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from warehouse.errors import N_, Refusal, notice

SEES = ("supervisor", "operations", "purchasing", "customer_service", "admin")
CHANGES = ("supervisor", "operations", "admin")

MADE_KINDS = ("bin", "zone", "aisle", "bay", "level", "dock", "staging", "station", "quarantine")
SHOWN_KINDS = (*MADE_KINDS, "site", "tote", "pallet", "parcel")
LEAVES = frozenset({"bin", "virtual", "outside", "tote", "pallet", "parcel"})
"""Nothing is built inside these."""

RUN_MAX = 500
"""So many bins are made at once, at most."""
AISLE_MAX, LEVEL_MAX = 99_999, 999
WEIGHT_MAX, VOLUME_MAX = 10**12, 10**15

NAMES = {
    "code": N_("Code"), "kind": N_("Kind"), "parent": N_("Lies in"), "barcode": N_("Barcode"),
    "classes": N_("Classes"), "aisle": N_("Aisle number"), "position": N_("Position"), "level": N_("Level"),
    "max_weight_g": N_("Holds at most, g"), "max_volume_mm3": N_("Holds at most, mm³"), "pick_face": N_("Pick face"),
    "prefix": N_("Codes begin with"), "first_position": N_("First position"), "last_position": N_("Last position"),
    "first_level": N_("First level"), "last_level": N_("Last level"), "face_level": N_("Pick faces up to level"),
}  # fmt: skip
KIND_NAMES = {
    "site": N_("site"), "zone": N_("zone"), "aisle": N_("aisle"), "bay": N_("bay"), "level": N_("level"),
    "bin": N_("bin"), "dock": N_("dock"), "staging": N_("staging area"), "station": N_("packing station"),
    "quarantine": N_("quarantine"), "virtual": N_("built in"), "outside": N_("outside"), "tote": N_("tote"),
    "pallet": N_("pallet"), "parcel": N_("parcel"),
}  # fmt: skip

MADE = notice("ok", "location_made", N_("%(code)s is made. It scans as %(barcode)s: print its label."))
RUN_MADE = notice(
    "ok", "locations_made", N_("%(count)s bins are made, from %(first)s to %(last)s: print their labels.")
)
CHANGED = notice("ok", "location_changed", N_("%(code)s is changed."))


class NoSuchPlace(Refusal):
    """The place that new ones should lie in does not exist, or can hold none."""

    code = "parent_unknown"
    text = N_("%(read)s is no place here that others can lie in. Choose a zone, an aisle, a bay or a level.")


class PlaceTaken(Refusal):
    """A place of that code exists."""

    code = "location_taken"
    text = N_("%(read)s exists here already. Nothing was made.")


class BadRun(Refusal):
    """A run of bins that is empty, goes backwards, or is too long."""

    code = "bad_run"
    text = N_("A run goes from a lower to a higher number and makes 1 to %(most)s bins; this one would make %(count)s.")


@dataclass(frozen=True, slots=True)
class Run:
    """Bins to be made at once: every level at every position of one aisle."""

    prefix: str
    aisle: int
    positions: range
    levels: range

    def places(self) -> Iterator[tuple[str, int, int]]:
        """Code, position and level of each; A-01 and 3, 2 give A-01-03-2."""
        digits = max(2, len(str(self.positions[-1])))
        for position in self.positions:
            for level in self.levels:
                yield f"{self.prefix}-{position:0{digits}d}-{level}", position, level


def check_run(run: Run) -> Run:
    """The run, if it makes a number of bins that somebody can mean.

    Raises:
        BadRun: it makes none, or more than anybody types by intent.
    """
    count = len(run.positions) * len(run.levels)
    if not 1 <= count <= RUN_MAX:
        raise BadRun(most=RUN_MAX, count=count)
    return run
