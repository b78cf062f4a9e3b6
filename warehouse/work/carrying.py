"""Goods carried from one place to another: named by scans, taken in hand, put down by the last scan of a location.

Putaway, replenishing and clearing differ in what is carried where and why; what lies between is the same and is here.
Nothing is posted before the goods lie at their new place.
"""

# ruff: noqa: ARG001 - verbs stand in tables, so all of a kind take the same

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.locations import find_quarantine
from warehouse.catalog.settings import setting
from warehouse.counts.requests import raise_count, take_back
from warehouse.db import Session
from warehouse.errors import N_, N_n, Phrase, notice
from warehouse.ledger import Goods, Move, block_what_lies, post, unblock
from warehouse.scanning.resolve import Heard
from warehouse.who import By
from warehouse.work import space
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work
from warehouse.work.position import Position, replace
from warehouse.work.refusals import (
    ASK_DAMAGE_REASON,
    ASK_DAMAGED,
    NAMED,
    PackTooLarge,
    UnknownDamageReason,
    WrongItem,
    WrongLot,
    check_quantity,
)  # fmt: skip
from warehouse.work.rooms import Result
from warehouse.work.screen import QUESTION, Quantity, Ref, Screen, Title, offered, reason_refs
from warehouse.work.way import is_walked, way

SERIALS_MOST = 50
"""How many single pieces are carried at once at most: so many serials a person can still check."""


@dataclass(frozen=True, kw_only=True)
class Carrying(Position):
    """Where a carrier stands: the goods, where they lie, where they go, and what is in hand.

    Attributes:
        step: source, item, lot, serial, quantity or place: what is asked for now.
        source: where the goods lie; `contained` if that is a tote or parcel.
        source_path, place_path: where both come on the walk.
        open_serials: the serials that lie there; `serials`: those in hand.
        available: how many lie there; `wanted`: how many of them go to `place`; `in_hand`: how many are taken up.
        pack: how many the scan of the item stands for, taken up once its lot is told.
        unmixed: bins hold one item only here.
    """

    step: str
    source: Ref | None = None
    contained: bool = False
    item: Ref | None = None
    tracking: str = "none"
    unit: str = "each"
    lot: Ref | None = None
    layer_id: int = 0
    rank_day: int = 0
    open_serials: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    available: int = 0
    wanted: int = 0
    in_hand: int = 0
    pack: int = 1
    place: Ref | None = None
    source_path: str = ""
    place_path: str = ""
    unmixed: bool = False

    @property
    def lot_id(self) -> int:
        """The lot of the goods, or 0."""
        return self.lot.id if self.lot else 0

    @property
    def next_serial(self) -> str:
        """A serial that lies there and is not in hand."""
        return next((each for each in self.open_serials if each not in self.serials), "")


IN_HAND = notice("ok", "in_hand", N_("%(quantity)s × %(item)s in hand. Bring them to %(location)s."))
MORE_IN_HAND = notice("ok", "more_in_hand", N_("%(quantity)s × %(item)s in hand, %(open)s more to take."))
SET_ASIDE = notice("warn", "carry_damaged", N_("%(quantity)s × %(item)s to quarantine."))
MISSING = notice("warn", "carry_short", N_("What is missing of %(item)s at %(location)s is held and will be counted."))
LESS_THERE = notice(
    "warn",
    "carry_less_there",
    N_n(
        "By the book only %(quantity)s × %(item)s is left at %(location)s: others were taken back. Go on with that.",
        "By the book only %(quantity)s × %(item)s are left at %(location)s: others were taken back. Go on with those.",
        "quantity",
    ),
)
LATER = notice("ok", "piece_later", N_("Later. Take the next piece of work."))


def subject_of(*, location_id: int, item_id: int, lot_id: int, layer_id: int) -> int:
    """One number for one stock row, the same one however often the row is emptied and made again: putaway's subject."""
    text = f"{location_id}.{item_id}.{lot_id}.{layer_id}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1 or 1


def is_in_hand(session: Session, by: By, subject_id: int) -> bool:
    """Whether somebody who puts this stock row away has some of it in hand by now."""
    row = session.one(
        """SELECT position FROM work WHERE warehouse_id = :warehouse AND room = 'putaway' AND subject_id = :subject
             AND state = 'open' AND begun = 1""", warehouse=by.warehouse_id, subject=subject_id)  # fmt: skip
    return row is not None and Carrying.load(row.position).in_hand > 0


def hear(session: Session, by: By, work: Work, position: Carrying, heard: Heard) -> Result | None:
    """Obeys a scan about the goods; None where the room itself decides (a location, or what nobody expects)."""
    if position.asking:
        return _ASKED[position.asking](session, by, work, position, heard)
    if heard.command in _COMMANDS:
        return _COMMANDS[heard.command](session, by, work, position, heard)
    verb = _STEPS.get(position.step)
    return verb(position, heard) if verb else None


def _item(position: Carrying, heard: Heard) -> Result | None:
    if heard.container is not None and position.contained:
        return _whole(position, heard)
    if heard.item is None:
        raise NotExpected(read=heard.text)
    _check_item(position, heard)
    if _detail(position, heard):
        return _naming(position, heard)
    if position.tracking in {"lot", "serial"}:
        pack = _pack(position, heard) if position.tracking == "lot" else 1
        after = replace(position, step=position.tracking, pack=pack)
        detail = after.lot.code if after.lot else after.next_serial
        return Result(after, NAMED(item=heard.item.code, expected=detail))
    return take_up(position, _pack(position, heard))


def _check_item(position: Carrying, heard: Heard) -> None:
    assert heard.item is not None and position.item is not None and position.source is not None, "goods"  # noqa: PT018
    if heard.item.id != position.item.id:
        raise WrongItem(
            read=heard.item.code, item=position.item.code, name=position.item.names, location=position.source.code
        )


def _whole(position: Carrying, heard: Heard) -> Result:
    """The container's own code stands for all of the goods that go from it."""
    assert heard.container is not None and position.source is not None and position.item is not None  # noqa: PT018
    if heard.container.id != position.source.id:
        raise NotExpected(read=heard.container.code)
    serials = position.open_serials[: position.wanted]
    after = replace(position, step="place", in_hand=position.wanted, serials=serials)
    return Result(after, _said(after))


def _naming(position: Carrying, heard: Heard) -> Result:
    """The lot or serial of the goods; a GS1 code tells it among others."""
    if heard.item is not None:
        _check_item(position, heard)
    elif heard.reading.is_value or heard.location or heard.container:
        raise NotExpected(read=heard.text)
    text = _detail(position, heard) or ("" if heard.item else heard.text)
    if not text:
        raise NotExpected(read=heard.text)
    if position.tracking == "serial":
        return _take_serial(position, text)
    assert position.lot is not None and position.source is not None, "the goods have a lot and a place"  # noqa: PT018
    if text != position.lot.code:
        raise WrongLot(read=text, location=position.source.code, lot=position.lot.code)
    return take_up(position, _pack(position, heard) if heard.item else position.pack)


def _take_serial(position: Carrying, text: str) -> Result:
    assert position.source is not None, "the goods have a place"
    if text not in position.open_serials or text in position.serials:
        raise WrongLot(read=text, location=position.source.code, lot=position.next_serial)
    return take_up(replace(position, serials=(*position.serials, text)), 1)


def _detail(position: Carrying, heard: Heard) -> str:
    """The lot or serial that one GS1 code tells together with the item."""
    gs1 = heard.reading.gs1
    return {"lot": gs1.lot, "serial": gs1.serial}.get(position.tracking, "") if gs1 else ""


def _pack(position: Carrying, heard: Heard) -> int:
    assert heard.item is not None, "a pack is an item's"
    quantity, left = heard.item.quantity, position.available - position.in_hand
    if quantity > 1 and quantity > left:
        raise PackTooLarge(read=heard.text, pack=quantity, wanted=left)
    return quantity


def _more(position: Carrying, heard: Heard) -> Result | None:
    """More of the same; None for a location, where the room puts down what is in hand."""
    if heard.location is not None and position.in_hand:
        return None
    if heard.reading.quantity is not None and position.tracking != "serial":
        return take_up(position, heard.reading.quantity)
    if heard.item is not None and position.tracking != "serial":
        _check_item(position, heard)
        return _naming(position, heard) if _detail(position, heard) else take_up(position, _pack(position, heard))
    if position.tracking == "lot" and position.lot is not None and heard.text == position.lot.code:
        return take_up(position, 1)
    if position.tracking == "serial" and not heard.location:
        return _naming(position, heard)
    raise NotExpected(read=heard.text)


def take_up(position: Carrying, quantity: int) -> Result:
    """So many more are in hand. Nobody else has heard of it: the goods are still at their place in the book.

    Raises:
        QuantityZero, TooMany: not so many lie there.
    """
    check_quantity(position.available - position.in_hand, quantity)
    in_hand = position.in_hand + quantity
    step = "place" if in_hand >= position.wanted else "serial" if position.tracking == "serial" else "quantity"
    after = replace(position, in_hand=in_hand, step=step)
    return Result(after, _said(after))


def _said(position: Carrying) -> Any:
    assert position.item is not None and position.place is not None, "goods and where they go"  # noqa: PT018
    if position.step == "place":
        return IN_HAND(quantity=position.in_hand, item=position.item.code, location=position.place.code)
    left = position.wanted - position.in_hand
    return MORE_IN_HAND(quantity=position.in_hand, item=position.item.code, open=left)


def moves_of(position: Carrying, to_id: int) -> list[Move]:
    """The moves that bring what is in hand to a place."""
    assert position.item is not None and position.source is not None, "goods have a place"  # noqa: PT018
    serials: Sequence[str] = position.serials or ("",)
    each = 1 if position.serials else position.in_hand
    return [
        Move(each, position.source.id, to_id, Goods(position.item.id, position.layer_id, position.lot_id, serial))
        for serial in serials
    ]


def place_for(session: Session, work: Work, position: Carrying, place_id: int) -> space.Space:
    """A place as the goods in hand would find it now."""
    assert position.item is not None, "goods are in hand"
    return space.space_at(
        session, place_id=place_id, item_id=position.item.id, lot_id=position.lot_id, layer_id=position.layer_id,
        work_id=work.id,
    )  # fmt: skip


def check_place(there: space.Space, position: Carrying) -> None:
    """Whether what is in hand may be put there.

    Raises:
        the refusals of space.check: it may not; the proposed place is named.
    """
    assert position.item is not None and position.place is not None, "goods have a place"  # noqa: PT018
    space.check(
        there, item=position.item.code, quantity=position.in_hand, mix=not position.unmixed,
        proposed=position.place.code, proposed_path=position.place_path,
    )  # fmt: skip


def instead(position: Carrying, there: space.Space) -> tuple[Any, ...]:
    """The effect of another place than the proposed one; none where it is that one."""
    assert position.place is not None, "a place was proposed"
    return () if there.id == position.place.id else (["instead", position.place.id, there.id],)


def what_is_there(
    session: Session, by: By, position: Carrying, quantity: int, serials: Sequence[str] = ()
) -> Result | None:
    """Where so many are no longer at their place by the book: what is left of them is gone on with. None if all are.

    Until they are put down the goods in hand are the book's: a receipt that is taken back takes them from there.
    """
    rows = session.all(
        """SELECT serial, quantity - reserved AS free FROM balance WHERE warehouse_id = :warehouse
             AND location_id = :place AND item_id = :item AND lot_id = :lot AND layer_id = :layer
             AND quantity > reserved""",
        warehouse=by.warehouse_id, place=position.source.id if position.source else 0,
        item=position.item.id if position.item else 0, lot=position.lot_id, layer=position.layer_id,
    )  # fmt: skip
    there = {row.serial: int(row.free) for row in rows}
    if sum(there.values()) >= quantity and all(serial in there for serial in serials):
        return None
    assert position.item is not None and position.source is not None, "goods have a place"  # noqa: PT018
    after = _left_of(replace(position, asking="", asked=0, reasons=()), there)
    said = LESS_THERE(quantity=after.available, item=position.item.code, location=position.source.code)
    return Result(after, said, done=after.available == 0)


def _left_of(position: Carrying, there: Mapping[str, int]) -> Carrying:
    serials = tuple(each for each in position.serials if each in there)
    open_serials = tuple(each for each in position.open_serials if each in there)
    free = len(open_serials) if position.tracking == "serial" else sum(there.values())
    in_hand = len(serials) if position.tracking == "serial" else min(position.in_hand, free)
    return _stepped(replace(
        position, available=free, wanted=min(position.wanted, free), in_hand=in_hand, serials=serials,
        open_serials=open_serials,
    ))  # fmt: skip


def _stepped(position: Carrying) -> Carrying:
    """The position at the step that its goods in hand ask for, once any were taken up."""
    if position.step not in {"quantity", "serial", "place"}:
        return position
    rest = "serial" if position.tracking == "serial" else "quantity"
    enough = position.in_hand >= position.wanted
    return replace(position, step="place" if enough else rest if position.in_hand else "item")


def _damage(session: Session, by: By, work: Work, position: Carrying, heard: Heard) -> Result:
    if position.step == "source":
        raise NotExpected(read=heard.text)
    return Result(replace(position, asking="damage_quantity"), ASK_DAMAGED())


def _damage_quantity(session: Session, by: By, work: Work, position: Carrying, heard: Heard) -> Result:
    quantity = heard.reading.quantity
    if quantity is None:
        raise NotExpected(read=heard.text)
    check_quantity(1 if position.tracking == "serial" else position.available, quantity)
    reasons = tuple(setting(session, "damage_reasons", by.warehouse_id))
    asking = replace(position, asking="damage_reason", asked=quantity, reasons=reasons)
    return Result(asking, ASK_DAMAGE_REASON(quantity=quantity))


def _damage_reason(session: Session, by: By, work: Work, position: Carrying, heard: Heard) -> Result:
    """Damaged goods go to quarantine; the others are carried on."""
    reasons = setting(session, "damage_reasons", by.warehouse_id)
    if heard.reading.reason not in reasons:
        raise UnknownDamageReason(read=heard.text, expected=tuple(reasons))
    assert position.item is not None and position.source is not None, "goods have a place"  # noqa: PT018
    quantity, serial = position.asked, (position.serials or (position.next_serial,))[-1]
    if (less := what_is_there(session, by, position, quantity, (serial,) if serial else ())) is not None:
        return less
    goods = Goods(position.item.id, position.layer_id, position.lot_id, serial)
    away = Move(quantity, position.source.id, find_quarantine(session, by.warehouse_id), goods)
    posting = post(session, by, "block", [away], document=str(heard.reading.reason))
    counted = raise_count(session, by, item_id=position.item.id, location_id=position.source.id, reason="damage")
    after = _without(replace(position, asking="", asked=0, reasons=()), quantity, serial)
    said = SET_ASIDE(quantity=quantity, item=position.item.code)
    return Result(after, said, done=after.available == 0, postings=(posting,), effects=(["count", counted],))


def _without(position: Carrying, quantity: int, serial: str) -> Carrying:
    """The position after some of the goods went elsewhere."""
    available = position.available - quantity
    wanted = min(position.wanted, available)
    serials = tuple(each for each in position.serials if each != serial)
    in_hand = len(serials) if position.tracking == "serial" else min(position.in_hand, available)
    return _stepped(replace(
        position, available=available, wanted=wanted, in_hand=in_hand, serials=serials,
        open_serials=tuple(each for each in position.open_serials if each != serial),
    ))  # fmt: skip


def _short(session: Session, by: By, work: Work, position: Carrying, heard: Heard) -> Result:
    """What is not there is held and counted (R-PICK-3); what is in hand already goes on."""
    if position.step in {"source", "place"}:
        raise NotExpected(read=heard.text)
    assert position.item is not None and position.source is not None, "goods have a place"  # noqa: PT018
    item_id, place_id = position.item.id, position.source.id
    held = block_what_lies(session, by, item_id=item_id, location_id=place_id, kind="short")
    counted = raise_count(session, by, item_id=item_id, location_id=place_id, reason="short")
    after = replace(position, available=position.in_hand, wanted=position.in_hand, step="place")
    said = MISSING(item=position.item.code, location=position.source.code)
    return Result(after, said, done=not position.in_hand, effects=(["held", *held], ["count", counted]))


def _skip(session: Session, by: By, work: Work, position: Carrying, heard: Heard) -> Result:
    """Later: nothing was posted, so the piece is anyone's again, and another comes first for this person."""
    return Result(position, LATER(), left=True, undoable=False)


def undo_held(session: Session, by: By, *block_ids: int) -> None:
    """What was held as missing is free again."""
    for block_id in block_ids:
        unblock(session, by, block_id)


def undo_count(session: Session, by: By, request_id: int) -> None:
    """The count that was asked for is not needed."""
    take_back(session, by, request_id)


UNDO: dict[str, Callable[..., None]] = {"held": undo_held, "count": undo_count}

_STEPS: dict[str, Callable[[Carrying, Heard], Result | None]] = {
    "item": _item, "lot": _naming, "serial": _more, "quantity": _more, "place": _more,
}  # fmt: skip
_COMMANDS: dict[str, Callable[..., Result]] = {"XXDAMAGE": _damage, "XXSHORT": _short, "XXSKIP": _skip}
_ASKED: dict[str, Callable[..., Result]] = {"damage_quantity": _damage_quantity, "damage_reason": _damage_reason}


def show(room: str, title: Title, work: Work, position: Carrying) -> Screen:
    """The carrier's screen."""
    return Screen(
        room, work.id, work.step, title, expects=_expects(position), target=_target(position),
        quantity=_quantity(position), progress=(position.in_hand, position.wanted),
        actions=_actions(work, position), choices=reason_refs(position.reasons), hint=_hint(position),
    )  # fmt: skip


def _hint(position: Carrying) -> Phrase | None:
    """With the goods in hand: which way it is from where they were taken to where they go."""
    if position.step != "place" or position.asking or not is_walked(position.source_path):
        return None
    return way(position.source_path, position.place_path)


def _actions(work: Work, position: Carrying) -> tuple[str, ...]:
    if position.asking:
        return QUESTION
    undo = bool(work.begun)
    if position.step == "source":
        return offered("XXSKIP", undo=undo)
    if position.step == "place":
        return offered("XXSKIP", undo=undo, then=("XXDAMAGE",))
    return offered("XXSHORT", "XXSKIP", undo=undo, then=("XXDAMAGE",))


_KINDS = {"source": "location", "place": "location"}


def _expects(position: Carrying) -> tuple[str, ...]:
    if position.asking:
        return ("quantity",) if position.asking == "damage_quantity" else ("reason",)
    if position.step == "item" and position.contained:
        return ("container", "item")
    kind = _KINDS.get(position.step, position.step)
    return (kind, "location") if position.in_hand and kind != "location" else (kind,)


def _target(position: Carrying) -> dict[str, Ref | None]:
    before = position.step == "source" or not position.in_hand
    target = {
        "location": position.source if before and not position.contained else position.place,
        "item": position.item, "lot": position.lot, "container": position.source if position.contained else None,
    }  # fmt: skip
    if position.next_serial:
        target["serial"] = Ref(0, position.next_serial, position.next_serial)
    if position.asking == "damage_reason":
        target["reason"] = next(iter(reason_refs(position.reasons)), None)
    return target


def _quantity(position: Carrying) -> Quantity:
    if position.asking == "damage_quantity":
        return Quantity(1, 0, position.unit)
    if position.asking == "damage_reason":
        return Quantity(position.asked, 0, position.unit)
    return Quantity(position.wanted, position.in_hand, position.unit)
