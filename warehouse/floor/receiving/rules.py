"""What a receiver may do, and what is said to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.clock import as_datetime, iso_day, parse_day
from warehouse.errors import N_, Refusal, notice
from warehouse.scanning.resolve import Heard
from warehouse.work.pieces import Work
from warehouse.work.position import Position, replace
from warehouse.work.screen import QUESTION, Quantity, Ref, Screen, Title, offered, reason_refs

ROOM = "receiving"
NAME_MAX = 60


@dataclass(frozen=True, kw_only=True)
class Receiving(Position):
    """Where a receiver stands: the order, its receipt, and the goods in hand.

    Attributes:
        step: document, location, item, lot, expiry, serial or quantity: what is asked for now.
        paperless: a receipt without papers: nothing is wanted, all that comes is held.
        document: the purchase order; `docks` tells whether the dock has to be asked for.
        lot, expiry_day, serials: what was told of the goods in hand; `serials` counts those that we made up.
        lot_id: the lot in the books, once it is known to be there.
        pack: how many the scan of the item stands for; booked by the scan that completes naming the goods.
        told: lot, expiry and serial of goods that are past their date, while that is asked once more.
        wanted, done: of this line, in the item's smallest unit.
        booked: how many bookings this receipt has by now.
        shorts: how many lines purchasing had on its list as short when the work was taken.
        over_percent, unusual, most: the settings as they were when the work was taken.
    """

    step: str
    paperless: bool = False
    document: Ref | None = None
    docks: bool = False
    dock: Ref | None = None
    receipt_id: int = 0
    receipt: str = ""
    line_id: int = 0
    line: int = 0
    item: Ref | None = None
    tracking: str = "none"
    unit: str = "each"
    shelf_life_days: int = 0
    lock_days: int = 0
    unit_cost: int | None = None
    lot: str = ""
    lot_id: int = 0
    lot_settled: bool = False
    expiry_day: int = 0
    proposed_lot: str = ""
    proposed_expiry_day: int = 0
    proposed_serial: str = ""
    pack: int = 1
    told: tuple[str, int, str] = ("", 0, "")
    serials: int = 0
    layer_id: int = 0
    wanted: int = 0
    done: int = 0
    booked: int = 0
    lines_done: int = 0
    lines_total: int = 0
    shorts: int = 0
    over_percent: int = 0
    unusual: int = 0
    most: int = 0

    @property
    def open_quantity(self) -> int:
        """What this line still wants."""
        return max(self.wanted - self.done, 0)

    @property
    def goods(self) -> Ref:
        """The item before the receiver."""
        assert self.item is not None, "goods have an item"
        return self.item

    @property
    def order(self) -> Ref:
        """The purchase order that is received."""
        assert self.document is not None, "only a receipt without papers has no order"
        return self.document

    @property
    def place(self) -> Ref:
        """Where the goods arrive."""
        assert self.dock is not None, "goods arrive somewhere"
        return self.dock


@dataclass(frozen=True, slots=True)
class Told:
    """What one scan tells of the goods beside the item; empty or 0 where it is silent."""

    lot: str = ""
    expiry_day: int = 0
    serial: str = ""
    quantity: int = 1


RECEIPT_OPENED = notice("ok", "receipt_opened", N_("Receipt %(receipt)s for order %(number)s. Scan the first item."))
NO_PAPERS = notice("warn", "receipt_without_papers", N_("Receipt %(receipt)s without papers: its goods stay blocked."))
ASK_DOCK = notice("ok", "dock_wanted", N_("Receipt %(receipt)s. At which dock do the goods stand?"))
AT_DOCK = notice("ok", "dock_told", N_("At %(location)s. Scan the first item."))
GOODS_NAMED = notice("ok", "receipt_goods", N_("%(item)s. Now: %(expected)s."))
RECEIVED = notice("ok", "received", N_("%(quantity)s × %(item)s booked in, %(open)s open."))
RECEIVED_BLOCKED = notice("warn", "received_blocked", N_("%(quantity)s × %(item)s booked in, blocked: no papers."))
RECEIPT_COMPLETE = notice("ok", "receipt_complete", N_("Receipt %(receipt)s is complete: all of %(number)s is here."))
RECEIPT_ENDED = notice("ok", "receipt_ended", N_("Receipt %(receipt)s ended. What is open comes with another one."))
OTHER_LINE = notice("ok", "other_line", N_("Now %(item)s."))
DAMAGED_IN = notice("warn", "received_damaged", N_("%(quantity)s × %(item)s to quarantine; purchasing is told."))
UNUSUAL = notice("warn", "unusual_quantity", N_("%(quantity)s × %(item)s? That is unusually many. XXOK takes it."))
PAST_DATE = notice(
    "warn", "past_its_date", N_("%(item)s until %(expiry)s? That is blocked by its date. XXOK takes it.")
)
LINKED = notice("ok", "receipt_linked", N_("Receipt %(receipt)s belongs to %(number)s now: its goods are free."))
LINKED_OVER = notice(
    "warn",
    "receipt_linked_over",
    N_(
        "Receipt %(receipt)s belongs to %(number)s now: its goods are free. %(over)s more than were open: listed as over."
    ),
)


TO_TELL = {"lot": N_("its lot"), "expiry": N_("its expiry date"), "serial": N_("its serial")}
NOT_OPEN = {
    "open": N_("all of it has arrived"), "closed": N_("it is closed"), "cancelled": N_("it is cancelled"),
    "staged": N_("its file is still being imported"), "draft": N_("it is a draft that was not sent"),
    "waiting": N_("it waits for approval"), "approved": N_("it was not sent to the supplier yet"),
}  # fmt: skip


class NotOnOrder(Refusal):
    """Goods that the order does not name."""

    code = "not_on_order"
    text = N_(
        "%(read)s is not on order %(number)s. Expected: %(item)s. "
        "Book what nobody ordered by a receipt without papers: end this one (XXDONE), then begin the next with XXSKIP."
    )


class OrderTaken(Refusal):
    """Another person receives this order."""

    code = "order_taken"
    text = N_("Order %(number)s is being received by %(name)s. Leave it to them, and take another one.")


class NothingOpen(Refusal):
    """Nothing of this order is open."""

    code = "nothing_open"
    text = N_("Nothing of order %(number)s is open: %(state)s. Surplus goes to a receipt without papers (XXSKIP).")


class NotADock(Refusal):
    """Goods cannot arrive there."""

    code = "not_a_dock"
    text = N_("%(read)s is no place where goods arrive. Expected: a dock, such as %(location)s.")


class SerialInStock(Refusal):
    """A serial that is here already."""

    code = "serial_in_stock"
    text = N_("Serial %(read)s of %(item)s is in stock already. Scan the label of the next piece.")


class NameTooLong(Refusal):
    """A lot or serial that no label carries."""

    code = "name_too_long"
    text = N_("A lot or serial has at most %(most)s characters; this has %(length)s. Scan its own label.")


class QuantityTooLarge(Refusal):
    """More than any scan may book."""

    code = "quantity_too_large"
    text = N_("%(read)s at once is more than %(most)s, the most that one scan may book. Enter it in parts.")


class NotListed(Refusal):
    """Goods of which the order knows nothing (R-RCV-1)."""

    code = "items_not_on_order"
    text = N_("Order %(number)s does not list %(items)s. Name an order that lists all that %(receipt)s holds.")


class HasPapers(Refusal):
    """The receipt has its order already."""

    code = "receipt_has_papers"
    text = N_("Receipt %(receipt)s belongs to an order already: there is nothing to link.")


def told(heard: Heard) -> Told:
    """What a scan tells of the goods, all at once if it is a GS1 code."""
    quantity = heard.item.quantity if heard.item else 1
    gs1 = heard.reading.gs1
    if gs1 is None:
        return Told(quantity=quantity)
    return Told(gs1.lot, gs1.expiry_day or 0, gs1.serial, quantity)


def read_expiry(heard: Heard) -> int:
    """The day that a scan tells: XE and eight digits, a GS1 code, or a date as it is written; 0 if none."""
    if heard.reading.expiry_day:
        return heard.reading.expiry_day
    if heard.reading.gs1:
        return heard.reading.gs1.expiry_day or 0
    try:
        return parse_day(heard.text)
    except ValueError:
        return 0


def lacking(position: Receiving, serial: str = "") -> str:
    """What is still to be told of the goods before they can be booked: lot, expiry or serial; empty if nothing."""
    if position.tracking == "lot" and not position.lot:
        return "lot"
    if position.shelf_life_days and not position.expiry_day and not position.lot_settled:
        return "expiry"
    return "serial" if position.tracking == "serial" and not serial else ""


def is_past_date(position: Receiving, today: int) -> bool:
    """Whether the goods in hand may never be picked: expired, or so near to it that they are locked (R-PUT-6)."""
    return bool(position.expiry_day) and position.expiry_day - position.lock_days < today


def unnamed(position: Receiving, step: str = "item") -> Receiving:
    """The position with nothing told of the goods in hand."""
    return replace(
        position, step=step, lot="", lot_id=0, lot_settled=False, expiry_day=0, layer_id=0, proposed_lot="",
        proposed_expiry_day=0, proposed_serial="", pack=1,
    )  # fmt: skip


def propose(position: Receiving, *, now: int, timezone: str, house: str) -> Receiving:
    """The position with our own lot, expiry and serial for the goods in hand, should nobody tell others."""
    day = as_datetime(now, timezone)
    mark = f"{day:%y%m%d}-{house}-{int(position.receipt.rpartition('-')[2] or 0)}"
    return replace(
        position, proposed_lot=f"L{mark}", proposed_serial=f"S{mark}-{position.serials + 1}",
        proposed_expiry_day=day.toordinal() + position.shelf_life_days if position.shelf_life_days else 0,
    )  # fmt: skip


def check_name(text: str) -> str:
    """A supplier's lot or serial, if a label could carry it.

    Raises:
        NameTooLong: no label could.
    """
    if len(text) > NAME_MAX:
        raise NameTooLong(length=len(text), most=NAME_MAX)
    return text


def show(work: Work, position: Receiving) -> Screen:
    """The receiver's screen."""
    return Screen(
        ROOM, work.id, work.step, _title(position), expects=_expects(position), target=_target(position),
        quantity=_quantity(position), progress=(position.lines_done, position.lines_total),
        actions=_actions(work, position), choices=reason_refs(position.reasons),
    )  # fmt: skip


def _actions(work: Work, position: Receiving) -> tuple[str, ...]:
    if position.asking in {"unusual", "past_date"}:
        return ("XXOK", *QUESTION)
    if position.asking:
        return QUESTION
    undo = bool(work.begun)
    if position.step == "document":
        return offered("XXSKIP", undo=undo)
    if position.step == "location" or position.item is None:
        return offered("XXDONE", undo=undo)
    return offered("XXDAMAGE", "XXDONE", undo=undo, then=("XXSKIP",))


def _title(position: Receiving) -> Title:
    if position.paperless:
        return Title(N_("Receipt %(number)s without papers"), {"number": position.receipt})
    return Title(N_("Purchase order %(number)s"), {"number": position.document.code if position.document else ""})


_ASKED = {
    "damage_quantity": ("quantity",),
    "damage_reason": ("reason",),
    "unusual": ("confirm",),
    "past_date": ("confirm",),
}


def _expects(position: Receiving) -> tuple[str, ...]:
    if position.asking:
        return _ASKED[position.asking]
    enough = ("confirm",) if ends_by_ok(position) else ()
    if position.step != "quantity":
        return (position.step, *enough)
    named_by = "lot" if position.tracking == "lot" else "expiry" if position.expiry_day else ""
    return ("quantity", *enough, named_by) if named_by else ("quantity", *enough)


def ends_by_ok(position: Receiving) -> bool:
    """Without papers nobody knows how many there are: whoever scans on gets no end, so XXOK says that it is all."""
    return position.paperless and position.step in {"item", "quantity"}


def _target(position: Receiving) -> dict[str, Ref | None]:
    if position.asking == "past_date":
        position = replace(position, lot=position.told[0], expiry_day=position.told[1])
    target = {"document": position.document, "location": position.dock, "item": position.item}
    if position.tracking == "lot" and (lot := position.lot or position.proposed_lot):
        target["lot"] = Ref(position.lot_id, lot, lot, proposed=not position.lot)
    if day := position.expiry_day or (position.shelf_life_days and position.proposed_expiry_day):
        text = str(iso_day(day))
        target["expiry"] = Ref(0, text, f"XE{text.replace('-', '')}", proposed=not position.expiry_day)
    if position.tracking == "serial" and position.proposed_serial:
        target["serial"] = Ref(0, position.proposed_serial, position.proposed_serial, proposed=True)
    if position.asking == "damage_reason":
        target["reason"] = next(iter(reason_refs(position.reasons)), None)
    return target


def _quantity(position: Receiving) -> Quantity | None:
    if position.asking == "damage_quantity":
        return Quantity(1, 0, position.unit)
    if position.asking:
        return Quantity(position.asked, 0, position.unit)
    if position.item is None:
        return None
    return Quantity(None if position.paperless else position.wanted, position.done, position.unit)
