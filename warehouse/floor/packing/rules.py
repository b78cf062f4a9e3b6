"""What a packer may do, and what is said to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import N_, N_n, Phrase, Refusal, notice
from warehouse.work.pieces import Work
from warehouse.work.position import Position, replace
from warehouse.work.refusals import QuantityZero
from warehouse.work.screen import QUESTION, Quantity, Ref, Screen, Title, offered, reason_refs

ROOM = "packing"
OTHER_PACKER_MIN = 15  # R-PACK-1: so recently must another person have packed here for "not one's own" to hold

GOODS_STEPS = frozenset({"item", "lot", "serial", "quantity"})


@dataclass(frozen=True)
class Stock:
    """One reservation on one stock row of the tote, as it was last read. `state`: "", expired or blocked."""

    reservation_id: int
    line_id: int
    balance_id: int
    layer_id: int
    lot_id: int
    quantity: int
    reserved_at: int
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class Packing(Position):
    """Where a packer stands: the order, the tote, the parcel, and the goods to be scanned next.

    Attributes:
        step: location, note, container, item, lot, serial, quantity or confirm: what is asked for now.
        number, document: the order's number, and the goods issue note's.
        begun: the first tote was scanned: the order is this packer's.
        container: the tote that is being emptied, or is to be scanned.
        parcel, parcel_open: the parcel's code is made; the parcel itself is there once goods lie in it.
        closed: the parcel of this order that XXFULL closed last.
        stock: where the goods before the packer lie, as rows of Stock; the next scan needs no look-up then.
        pack: how many the scan of the item stands for; booked once its lot is told.
        wanted, done: of these goods; units_done, units_total: of the whole order.
    """

    shipment_id: int
    order_id: int
    number: str
    document: str
    step: str
    note: str = ""
    begun: bool = False
    station: Ref | None = None
    container: Ref | None = None
    container_at: int = 0
    parcel: Ref | None = None
    parcel_open: bool = False
    closed: Ref | None = None
    item: Ref | None = None
    tracking: str = "none"
    unit: str = "each"
    lot: Ref | None = None
    serial: str = ""
    stock: tuple[tuple[int, int, int, int, int, int, int, str], ...] = ()
    pack: int = 1
    wanted: int = 0
    done: int = 0
    units_done: int = 0
    units_total: int = 0

    @property
    def open_quantity(self) -> int:
        """What of the goods before the packer is still in the tote."""
        return self.wanted - self.done

    @property
    def detail(self) -> str:
        """The lot or serial that is expected, where the item has one."""
        return self.serial or (self.lot.code if self.lot else "")

    @property
    def rows(self) -> list[Stock]:
        """The stock rows before the packer."""
        return [Stock(*row) for row in self.stock]


AT_STATION = notice("ok", "at_station", N_("You pack at %(location)s."))
NOTE_SEEN = notice("ok", "note_seen", N_("The customer's wish is noted."))
TOTE_HERE = notice("ok", "tote_here", N_("%(container)s is here. Scan what you take out of it."))
PACKED = notice("ok", "packed", N_("%(quantity)s × %(item)s into parcel %(container)s."))
NEXT_TOTE = notice("ok", "next_tote", N_("%(container)s is empty. Now %(next)s."))
ALL_PACKED = notice("ok", "all_packed", N_("All of it is in parcel %(container)s. Is it in good condition? Confirm."))
PARCEL_CLOSED = notice("ok", "parcel_closed", N_("Parcel %(container)s is closed. Put its papers in and hand it on."))
PARCEL_FULL = notice("ok", "parcel_full", N_("Parcel %(container)s is closed. The rest goes into %(next)s."))
STOPPED = notice(
    "warn", "parcel_stopped", N_("Stopped: %(goods)s missing. The supervisor decides; put all of it aside.")
)
DAMAGED = notice(
    "warn",
    "damage_packing",
    N_("%(quantity)s × %(item)s to quarantine. The order gets others in a parcel of their own."),
)
NOTHING_LEFT = notice("warn", "nothing_to_pack", N_("Nothing of this order is left to pack: it waits for other goods."))


class WrongContainer(Refusal):
    """Not a tote of this order."""

    code = "wrong_container"
    text = N_("%(read)s is not of order %(number)s. Expected: %(container)s. Put this one back and scan that.")


class WrongStation(Refusal):
    """Not a place where goods are packed."""

    code = "wrong_station"
    text = N_("%(read)s is no packing station. Expected: %(location)s, or another station.")


class Surplus(Refusal):
    """More than was picked for this order."""

    code = "surplus"
    text = N_("%(read)s is more than was picked: %(more)s. Put the surplus aside.")


NO_MORE = N_("nothing more of it belongs to this order")
SOME_MORE = N_n(
    "only one more of it belongs to this order",
    "only %(quantity)s more of it belong to this order",
    "quantity",
)


def more_of_it(quantity: int) -> Phrase:
    """How many more of some goods the order takes, in words."""
    return Phrase(SOME_MORE, {"quantity": quantity}) if quantity else Phrase(NO_MORE)


class MissingGoods(Refusal):
    """Confirmed while goods were not yet scanned."""

    code = "missing_goods"
    text = N_("Not yet scanned: %(goods)s. Scan them, or XXSHORT if they are missing.")


class NothingMissing(Refusal):
    """XXSHORT where all has been scanned."""

    code = "nothing_missing"
    text = N_("All of this order has been scanned: nothing is missing. Confirm with XXOK.")


class ParcelEmpty(Refusal):
    """A parcel without goods cannot be closed."""

    code = "parcel_empty"
    text = N_("Parcel %(container)s is empty: scan goods into it first.")


class GoodsExpired(Refusal):
    """Expired goods cannot be packed (R-PUT-6)."""

    code = "goods_expired"
    text = N_("%(read)s is past its last day and must not be packed. Scan XXDAMAGE and the reason XREXPIRED.")


class GoodsBlocked(Refusal):
    """Blocked goods cannot be packed (R-RCV-4, R-RCV-6)."""

    code = "goods_blocked"
    text = N_(
        "%(read)s is blocked (inspection, hold or recall) and must not leave. Put it aside and ask the supervisor."
    )


def check_packable(position: Packing, quantity: int) -> None:
    """Whether so many of the goods before the packer may go into the parcel.

    Raises:
        QuantityZero: none.
        Surplus: more than were picked.
        GoodsExpired, GoodsBlocked: they must not leave.
    """
    if quantity <= 0:
        raise QuantityZero
    name = position.item.code if position.item else ""
    if quantity > position.open_quantity:
        raise Surplus(read=f"{quantity} × {name}", more=more_of_it(position.open_quantity))
    states = {row.state for row, _ in parts(position.rows, quantity)}
    if "blocked" in states:
        raise GoodsBlocked(read=position.detail or name)
    if "expired" in states:
        raise GoodsExpired(read=position.detail or name)


def parts(rows: list[Stock], quantity: int) -> list[tuple[Stock, int]]:
    """How much to take from each stock row, in order."""
    taken = []
    for row in rows:
        part = min(quantity, row.quantity)
        if part:
            taken.append((row, part))
        quantity -= part
    return taken


def without(position: Packing, quantity: int) -> Packing:
    """The position once so many of the goods before the packer have left the tote."""
    left = []
    for row in position.rows:
        part = min(quantity, row.quantity)
        quantity -= part
        if row.quantity > part:
            left.append(as_tuple(replace(row, quantity=row.quantity - part)))
    return replace(position, stock=tuple(left))


def as_tuple(row: Stock) -> tuple[int, int, int, int, int, int, int, str]:
    """A stock row as the position keeps it."""
    return (
        row.reservation_id, row.line_id, row.balance_id, row.layer_id, row.lot_id, row.quantity, row.reserved_at,
        row.state,
    )  # fmt: skip


def naming_step(position: Packing) -> str:
    """What names the goods beside the item: their lot or serial where tracked, else nothing more."""
    return {"lot": "lot", "serial": "serial"}.get(position.tracking, "")


def show(work: Work, position: Packing) -> Screen:
    """The packer's screen."""
    return Screen(
        ROOM, work.id, work.step, Title(N_("Order %(number)s"), {"number": position.number}),
        expects=_expects(position), target=_target(position), quantity=_quantity(position),
        progress=(position.units_done, position.units_total), note=position.note,
        actions=_actions(work, position), choices=reason_refs(position.reasons),
    )  # fmt: skip


def _actions(work: Work, position: Packing) -> tuple[str, ...]:
    if position.asking:
        return QUESTION
    undo, full = bool(work.begun), ("XXFULL",) if position.parcel_open else ()
    if position.step == "location":
        return offered(undo=undo)
    if position.step in {"note", "confirm"}:
        return offered("XXOK", undo=undo)
    if position.step == "container":
        return offered("XXSHORT", undo=undo, then=full)
    return offered("XXSHORT", "XXSKIP", undo=undo, then=("XXDAMAGE", *full))


def _expects(position: Packing) -> tuple[str, ...]:
    if position.asking == "damage_quantity":
        return ("quantity",)
    if position.asking == "damage_reason":
        return ("reason",)
    return ("confirm",) if position.step == "note" else (position.step,)


def _target(position: Packing) -> dict[str, Ref | None]:
    into_parcel = position.step in GOODS_STEPS or position.step in {"confirm", "done"}
    target = {
        "location": position.station, "item": position.item, "lot": position.lot,
        "container": position.parcel if into_parcel else position.container,
    }  # fmt: skip
    if position.serial:
        target["serial"] = Ref(0, position.serial, position.serial)
    if position.asking == "damage_reason":
        target["reason"] = next(iter(reason_refs(position.reasons)), None)
    return target


def _quantity(position: Packing) -> Quantity | None:
    if position.asking == "damage_quantity":
        return Quantity(1, 0, position.unit)
    if position.asking == "damage_reason":
        return Quantity(position.asked, 0, position.unit)
    return Quantity(position.wanted, position.done, position.unit) if position.item else None
