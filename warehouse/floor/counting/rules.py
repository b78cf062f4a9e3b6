"""What a counter may do, and what is said to them: never what the book says. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import N_, Refusal, notice
from warehouse.scanning.resolve import Item
from warehouse.work.pieces import Work
from warehouse.work.position import Position, replace
from warehouse.work.screen import QUESTION, Quantity, Ref, Screen, Title, offered

ROOM = "counting"


@dataclass(frozen=True, kw_only=True)
class Counting(Position):
    """Where a counter stands: the bin, the goods counted last, and how many of them so far. Nothing of the book is in it.

    Attributes:
        step: location, item, lot or serial: what is asked for now.
        round: which count of this bin's paper it is.
        scope: the items that this round is about; none for all. scope_names: what they are called.
        started_at: when the bin was scanned. since: items (or containers, negative) begun anew later, and when.
        pack: how many the scan of the item stands for, counted once its lot is told.
        odd: a lot or serial that nobody knows, to be confirmed.
        done: how many were counted of the goods shown.
    """

    count_id: int
    number: str
    round: int
    step: str = "location"
    location: Ref | None = None
    path: str = ""
    scope: tuple[int, ...] = ()
    scope_names: tuple[str, ...] = ()
    started_at: int = 0
    since: tuple[tuple[int, int], ...] = ()
    item: Ref | None = None
    tracking: str = "none"
    unit: str = "each"
    lot: Ref | None = None
    serial: str = ""
    pack: int = 1
    odd: str = ""
    done: int = 0
    unusual: int = 1000
    most: int = 1_000_000


AT_BIN = notice(
    "ok", "count_bin", N_("This is %(location)s. Scan everything that lies here; then OK. Empty: OK at once.")
)
AT_BIN_FOR = notice(
    "ok", "count_bin_for", N_("This is %(location)s. Count %(items)s here; then OK. None there: OK at once.")
)
COUNTED = notice("ok", "counted", N_("%(item)s: %(done)s counted so far."))
CONTAINER_COUNTED = notice("ok", "container_counted", N_("%(container)s counted as a whole."))
BIN_COUNTED = notice("ok", "bin_counted", N_("%(location)s is counted. Thank you."))
TALLY_UNDONE = notice("ok", "count_undone", N_("Taken back: %(quantity)s × %(item)s. Go on counting."))
BIN_REOPENED = notice(
    "ok", "count_reopened", N_("Taken back: %(location)s is no longer confirmed. Go on counting, then OK.")
)
MOVED = notice(
    "warn", "count_moved", N_("Goods were moved here while you counted. Count these once more, then OK: %(goods)s.")
)
ASK_UNUSUAL = notice(
    "warn", "count_unusual", N_("%(quantity)s × %(item)s: is that right? Scan OK, or leave with XXBACK.")
)
ASK_ODD = notice(
    "warn", "count_odd", N_("%(read)s is not known of %(item)s. If it says so on the goods, scan OK; else XXBACK.")
)
PUT_OFF = notice("ok", "count_put_off", N_("Later. Take the next bin."))


REPORTED = notice("ok", "bin_reported", N_("Thank you: %(location)s is noted, and counted if need be."))
REPORTS = ("zero", "found")


class NoBin(Refusal):
    """What was reported on is no bin."""

    code = "no_bin"
    text = N_("%(read)s is no bin here. Look the bin up, and report it from there.")


class NoReport(Refusal):
    """Neither that a bin is empty nor that there are goods that do not belong."""

    code = "no_report"
    text = N_(
        "%(read)s cannot be reported of a bin. Expected: zero (it is empty) or found (goods do not belong there)."
    )


class CountedBefore(Refusal):
    """The second count is another person's."""

    code = "counted_before"
    text = N_("You have counted %(location)s before; now another person does. Leave it with XXBACK.")


class PieceCounted(Refusal):
    """The same serial or container twice."""

    code = "piece_counted"
    text = N_("%(read)s is counted already. Each piece counts once; go on with the next one.")


class CountTooMany(Refusal):
    """More than any bin holds."""

    code = "count_too_many"
    text = N_(
        "%(read)s more would make more than %(most)s. Was a barcode typed as a quantity? Take back what was wrong."
    )


class CountZero(Refusal):
    """Nothing was to be counted."""

    code = "count_zero"
    text = N_("A quantity of zero counts nothing. If nothing more lies here, scan OK.")


class OneSerial(Refusal):
    """A quantity where every piece has its own serial."""

    code = "one_serial"
    text = N_("Every piece of %(item)s has a serial of its own: scan each of them.")


class CountEnded(Refusal):
    """The paper is no longer being counted: it was decided or counted by others."""

    code = "count_ended"
    text = N_("This count of %(location)s is over. Leave it with XXBACK and take the next one.")


class ContainerOfOrder(Refusal):
    """A tote or parcel of an order that somebody works at."""

    code = "container_of_order"
    text = N_("%(read)s belongs to an order that is in work. Bring it to packing; it is not counted here.")


def check_more(position: Counting, quantity: int) -> None:
    """Whether so many may be counted at once.

    Raises:
        CountZero: none.
        CountTooMany: more than a single scan books.
        OneSerial: the goods shown have serials.
    """
    assert position.item is not None, "goods are shown"
    if quantity <= 0:
        raise CountZero
    if position.tracking == "serial":
        raise OneSerial(item=position.item.code)
    if quantity > position.most:
        raise CountTooMany(read=quantity, most=position.most)


def with_item(position: Counting, item: Item) -> Counting:
    """The position with goods before the counter; the last ones are put away."""
    named = Ref(item.id, item.code, item.barcode, item.name, name_zh=item.name_zh)
    return replace(position, item=named, tracking=item.tracking, unit=item.unit, lot=None, serial="", done=0,
                   pack=item.quantity, step="item")  # fmt: skip


def anew(position: Counting) -> Counting:
    """Another takes over: what one did not see oneself one does not count, so it begins at the bin."""
    return replace(position, step="location", started_at=0, since=(), item=None, lot=None, serial="", odd="", done=0,
                   asking="", asked=0)  # fmt: skip


def show(work: Work, position: Counting) -> Screen:
    """The counter's screen."""
    return Screen(
        ROOM, work.id, work.step, Title(N_("Count %(number)s"), {"number": position.number}), expects=_expects(position),
        target=_target(position), quantity=_quantity(position), actions=_actions(work, position),
    )  # fmt: skip


def _quantity(position: Counting) -> Quantity:
    """How many are counted; while an unusual number is asked about, that one."""
    if position.asked:
        return Quantity(position.asked, 0, position.unit)
    return Quantity(None, position.done, position.unit)


def _expects(position: Counting) -> tuple[str, ...]:
    if position.asking:
        return ("confirm",)
    if position.step != "item":
        return (position.step,)
    one_by_one = position.item is None or position.tracking == "serial"
    return ("item", "confirm") if one_by_one else ("quantity", "item", "confirm")


def _target(position: Counting) -> dict[str, Ref | None]:
    """What is counted; while something odd is asked about, that, so that a page loaded anew asks the same."""
    target = {"location": position.location, "item": position.item, "lot": position.lot}
    if position.odd:
        return target | {position.tracking: Ref(0, position.odd, position.odd)}
    if position.serial:
        target["serial"] = Ref(0, position.serial, position.serial)
    return target


def _actions(work: Work, position: Counting) -> tuple[str, ...]:
    undo = bool(work.begun)
    if position.asking:
        return ("XXOK", *QUESTION)
    if position.step == "location":
        return offered("XXSKIP", undo=undo)
    return offered(*(("XXOK",) if position.step == "item" else ()), undo=undo, then=("XXSKIP",))
