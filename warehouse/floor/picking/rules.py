"""What a picker may do, and what is said to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import N_, N_n, Phrase, Refusal, notice
from warehouse.work.pieces import Work
from warehouse.work.position import Position, replace
from warehouse.work.screen import QUESTION, Quantity, Ref, Screen, Title, offered, reason_refs
from warehouse.work.way import is_walked, way

ROOM = "picking"

SHORTAGE_SEEN = N_("Your shortage of %(item)s: seen by %(name)s at %(time)s")
SHORTAGE_UNSEEN = N_("Your shortage of %(item)s: nobody has seen it yet")


@dataclass(frozen=True, kw_only=True)
class Picking(Position):
    """Where a picker stands: the order, the tote, and the one task before them.

    Attributes:
        step: note, container, location, item, lot, serial or quantity: what is asked for now.
        here_id, here_path: the bin that was confirmed last; the next task there does not ask for it again.
        path: where the task's bin comes on the walk.
        pack: how many the scan of the item stands for; booked once its lot is told.
        wanted, done: of this task, in the item's smallest unit.
    """

    shipment_id: int
    number: str
    step: str
    note: str = ""
    container: Ref | None = None
    totes: int = 0
    here_id: int = 0
    here_path: str = ""
    tasks_done: int = 0
    tasks_total: int = 0
    reservation_id: int = 0
    line_id: int = 0
    reserved_at: int = 0
    balance_id: int = 0
    layer_id: int = 0
    rank_day: int = 0
    item: Ref | None = None
    tracking: str = "none"
    unit: str = "each"
    location: Ref | None = None
    path: str = ""
    lot: Ref | None = None
    serial: str = ""
    pack: int = 1
    wanted: int = 0
    done: int = 0

    @property
    def open_quantity(self) -> int:
        """What this task still wants."""
        return self.wanted - self.done


NOTE_SEEN = notice("ok", "note_seen", N_("The customer's wish is noted."))
TOTE_READY = notice("ok", "tote_ready", N_("Into %(container)s. Go to %(location)s."))
AT_LOCATION = notice("ok", "at_location", N_("This is %(location)s. Take %(quantity)s × %(item)s."))
PICKED = notice("ok", "picked", N_("%(quantity)s × %(item)s taken from %(location)s."))
ORDER_PICKED = notice("ok", "order_picked", N_("Order %(number)s is complete. Bring %(container)s to packing."))
OTHER_STOCK = notice("ok", "other_stock_taken", N_("%(location)s is as old: taken instead."))
SHORT = notice("warn", "short_booked", N_("Short at %(location)s: it will be counted. %(elsewhere)s more elsewhere."))
BACK_ORDERED = notice(
    "warn", "back_ordered", N_("%(quantity)s × %(item)s cannot be picked elsewhere now: the order waits.")
)
TOTE_FULL = notice("ok", "tote_full", N_("%(container)s is full: bring it to packing. Take the next tote."))
DAMAGED = notice("warn", "damage_booked", N_("%(quantity)s × %(item)s to quarantine. %(elsewhere)s more elsewhere."))


class NotFinished(Refusal):
    """The order is not complete."""

    code = "not_finished"
    text = N_n(
        "One line is open. Pick it, or scan XXSHORT where goods are missing, XXBACK to leave.",
        "%(open)s lines are open. Pick them, or scan XXSHORT where goods are missing, XXBACK to leave.",
        "open",
    )


def naming_step(position: Picking) -> str:
    """What names the goods beside the item: their lot or serial where tracked, else nothing more."""
    return {"lot": "lot", "serial": "serial"}.get(position.tracking, "")


def at_task(position: Picking) -> Picking:
    """The position at the start of its task: the bin is asked for, unless the picker stands there already."""
    here = position.location is not None and position.location.id == position.here_id
    return replace(position, step="item" if here else "location")


def anew(position: Picking) -> Picking:
    """Another picker takes over: they do not stand where the one before stood, so the bin is asked for again."""
    position = replace(position, here_id=0, here_path="", asking="", asked=0, reasons=())
    at_the_bin = position.step in {"item", "lot", "serial", "quantity"}
    return replace(position, step="location") if at_the_bin else position


def show(work: Work, position: Picking) -> Screen:
    """The picker's screen."""
    return Screen(
        ROOM, work.id, work.step, Title(N_("Order %(number)s"), {"number": position.number}),
        expects=_expects(position), target=_target(position), quantity=_quantity(position),
        progress=(position.tasks_done, position.tasks_total), note=position.note,
        actions=_actions(work, position), choices=reason_refs(position.reasons), hint=_hint(position),
    )  # fmt: skip


def _hint(position: Picking) -> Phrase | None:
    """Which way it is to the next bin from the one that was confirmed last."""
    if position.step != "location" or not is_walked(position.here_path):
        return None
    return way(position.here_path, position.path)


def _actions(work: Work, position: Picking) -> tuple[str, ...]:
    if position.asking:
        return QUESTION
    undo, full = bool(work.begun), ("XXFULL",) if position.totes else ()
    if position.step == "note":
        return offered("XXOK", undo=undo)
    if position.step == "container":
        return offered(undo=undo)
    if position.step == "location":
        return offered("XXSKIP", undo=undo, then=full)
    return offered("XXSHORT", "XXSKIP", undo=undo, then=("XXDAMAGE", *full))


def _expects(position: Picking) -> tuple[str, ...]:
    if position.asking == "damage_quantity":
        return ("quantity",)
    if position.asking == "damage_reason":
        return ("reason",)
    return ("confirm",) if position.step == "note" else (position.step,)


def _target(position: Picking) -> dict[str, Ref | None]:
    target = {
        "location": position.location, "item": position.item, "lot": position.lot, "container": position.container,
    }  # fmt: skip
    if position.serial:
        target["serial"] = Ref(0, position.serial, position.serial)
    if position.asking == "damage_reason":
        target["reason"] = next(iter(reason_refs(position.reasons)), None)
    return target


def _quantity(position: Picking) -> Quantity | None:
    if position.asking == "damage_quantity":
        return Quantity(1, 0, position.unit)
    if position.asking == "damage_reason":
        return Quantity(position.asked, 0, position.unit)
    return Quantity(position.wanted, position.done, position.unit) if position.item else None
