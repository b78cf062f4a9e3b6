"""What packing changes: an order taken, its totes emptied into parcels, parcels closed, and all of it undone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from warehouse.catalog.codes import container_code
from warehouse.catalog.locations import find_quarantine, make_location
from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.clock import HOUR
from warehouse.db import Again, Row, Session
from warehouse.floor.packing import queries
from warehouse.floor.packing.queries import Task
from warehouse.floor.packing.rules import (
    ALL_PACKED,
    AT_STATION,
    DAMAGED,
    GOODS_STEPS,
    NEXT_TOTE,
    NOTE_SEEN,
    NOTHING_LEFT,
    PACKED,
    PARCEL_CLOSED,
    PARCEL_FULL,
    ROOM,
    STOPPED,
    TOTE_HERE,
    MissingGoods,
    NothingMissing,
    Packing,
    ParcelEmpty,
    Surplus,
    WrongContainer,
    WrongStation,
    as_tuple,
    check_packable,
    more_of_it,
    naming_step,
    parts,
    without,
)  # fmt: skip
from warehouse.ids import new_id
from warehouse.ledger import Goods, Move, Reserved, TooLateToUndo, post, release, reserve_at
from warehouse.orders.release import wake
from warehouse.orders.shipments import OrderStopped, back_order, can_go_on, step, take_back_order
from warehouse.scanning.resolve import Heard, Item
from warehouse.who import By
from warehouse.work import pieces
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_work
from warehouse.work.position import replace
from warehouse.work.refusals import (
    ASK_DAMAGE_REASON,
    ASK_DAMAGED,
    NAMED,
    ONLY_ONE,
    SKIPPED,
    UnknownDamageReason,
    WrongItem,
    WrongLot,
    check_quantity,
)  # fmt: skip
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Ref

IN_STATES = ("to_pack", "packing")
EXCEPTION_OWNER = "supervisor"
EXCEPTION_DUE_US = HOUR


def take(session: Session, by: By) -> Work | More | None:
    """Gives the most urgent order that waits at packing to this packer."""
    given = queries.ask_given(session, by)
    but = _own_picks(session, by)
    shipment = queries.next_shipment(session, by, but_picker_id=but, given=1 + given())
    if shipment is None:
        locked = session.dialect == "postgresql" and queries.any_shipment(session, by, but_picker_id=but)
        return MORE if locked else None
    position = _start(session, by, shipment)
    work = open_work(session, by, ROOM, position.dump(), subject_id=shipment.id)
    if work is None:
        raise Again
    queries.count_given(session, by)
    return work


def _own_picks(session: Session, by: By) -> int:
    """Whose picks are not offered: one's own, where another person could check them (R-PACK-1); 0 leaves none out."""
    if by.program or setting(session, "self_check", by.warehouse_id) or not queries.another_packed(session, by):
        return 0
    return by.person_id


def _start(session: Session, by: By, shipment: Row) -> Packing:
    """Where packing of an order starts, or goes on if another began it."""
    begun = queries.open_parcel(session, by, shipment.id)
    packed, total = queries.units(session, by, shipment.id)
    station, ask = _station(session, by, begun)
    parcel = Ref(begun.id, begun.code, begun.code) if begun else _make_parcel(session, by)
    position = Packing(
        shipment_id=shipment.id, order_id=shipment.order_id, number=shipment.order_number, document=shipment.number,
        note=shipment.note, station=station, parcel=parcel, parcel_open=begun is not None, units_done=packed,
        units_total=total, step="location" if ask else "note" if shipment.note else "container",
        begun=shipment.state == "packing",
    )  # fmt: skip
    return _with_tote(position, queries.next_goods(session, by, shipment.id))


def _station(session: Session, by: By, begun: Row | None) -> tuple[Ref, bool]:
    """Where this packer packs, and whether that must be asked: only if there are several and nothing tells."""
    mine = queries.packing_place(session, by.station_id) if by.station_id else None
    row = mine or (queries.place(session, begun.parent_id) if begun else None)
    if row is not None:
        return Ref(*row), False
    found = queries.stations(session, by)
    if not found:
        here = places(session, by.warehouse_id).to_pack
        return Ref(here, "to_pack", "to_pack"), False
    return Ref(*found[0]), len(found) > 1


def _make_parcel(session: Session, by: By) -> Ref:
    """The next parcel's code; the parcel itself comes with its first goods."""
    code = container_code(session, by.warehouse_id)
    return Ref(make_location(session, by.warehouse_id, code, kind="parcel", barcode=code), code, code)


def _with_tote(position: Packing, task: Task) -> Packing:
    """The position with the tote that is to be emptied next."""
    if not task.item_id:
        step_now = position.step if position.step in {"location", "note"} else "confirm"
        return replace(_with_goods(position, task), container=None, step=step_now)
    tote = Ref(task.tote_id, task.tote, task.tote_barcode)
    return replace(_with_goods(position, task), container=tote, container_at=task.tote_at)


def _with_goods(position: Packing, task: Task) -> Packing:
    """The position with other goods before the packer."""
    if not task.item_id:
        return replace(position, item=None, lot=None, serial="", stock=(), wanted=0, done=0, tracking="none")
    return replace(
        position, item=Ref(task.item_id, task.sku, task.barcode, task.name, name_zh=task.name_zh),
        tracking=task.tracking, unit=task.unit,
        lot=Ref(task.lot_id, task.lot, task.lot) if task.lot else None, serial=task.serial,
        stock=tuple(map(as_tuple, task.stock)), wanted=sum(row.quantity for row in task.stock), done=0,
    )  # fmt: skip


def hear(session: Session, by: By, work: Work, position: Packing, heard: Heard) -> Result:
    """Obeys a packer's scan."""
    if position.asking:
        return _ASKED[position.asking](session, by, position, heard)
    verb = _COMMANDS.get(heard.command) or _STEPS[position.step]
    return verb(session, by, position, heard)


def _location(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    assert position.station is not None, "a station is proposed"
    place = heard.location
    if place is None:
        raise NotExpected(read=heard.text)
    if place.kind != "station":
        raise WrongStation(read=place.code, location=position.station.code)
    after = replace(position, station=Ref(place.id, place.code, place.barcode), step=_after_station(position))
    return Result(after, AT_STATION(location=place.code))


def _after_station(position: Packing) -> str:
    return "note" if position.note else "container" if position.container else "confirm"


def _confirm(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """XXOK: the note is seen, or the goods' condition is good and the parcel is closed."""
    if position.step == "note":
        return Result(replace(position, step="container" if position.container else "confirm"), NOTE_SEEN())
    if position.step != "confirm":
        raise MissingGoods(goods=tuple(queries.missing(session, by, position.shipment_id)))
    return _close(session, by, position)


def _only_confirm(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """What else is scanned where XXOK is asked for."""
    if position.step == "confirm" and heard.item is not None:
        raise _not_here(session, by, position, heard.item)
    raise NotExpected(read=heard.text)


def _container(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """A tote of the order comes to the station; the first one makes the order this packer's."""
    expected = position.container.code if position.container else ""
    if heard.container is None:
        raise NotExpected(read=heard.text)
    tote = queries.tote_of(session, by, heard.container.id, position.shipment_id)
    if tote is None:
        raise WrongContainer(read=heard.container.code, number=position.number, container=expected)
    effects: list[Any] = []
    if not position.begun:
        _step(session, position, before="to_pack", after="packing", packer_id=by.person_id)
        effects.append(["begun", position.shipment_id])
    _mark_slot(session, by, tote.id, "packing")
    effects.append(["slot", tote.id, tote.state])
    position = replace(position, begun=True, container=Ref(tote.id, tote.code, tote.barcode))
    position = _at_tote(session, by, position)
    return Result(position, TOTE_HERE(container=tote.code), effects=tuple(effects),
                  postings=_bring(session, by, position, tote))  # fmt: skip


def _at_tote(session: Session, by: By, position: Packing) -> Packing:
    """The goods to be scanned first out of the tote that is here; those of the proposed one are known already."""
    assert position.container is not None, "a tote was scanned"
    task = queries.next_goods(session, by, position.shipment_id, tote_id=position.container.id)
    if task.tote_id != position.container.id:
        return replace(_with_tote(position, task), step="container")
    return replace(_with_goods(position, task), step="item")


def _bring(session: Session, by: By, position: Packing, tote: Row) -> tuple[int, ...]:
    assert position.station is not None, "the station is known"
    if tote.parent_id == position.station.id:
        return ()
    move = Move(1, tote.parent_id, position.station.id, container_id=tote.id)
    return (post(session, by, "move", [move], document=position.number),)


def _mark_slot(session: Session, by: By, tote_id: int, state: str) -> None:
    session.run(
        "UPDATE tote_slot SET state = :state WHERE warehouse_id = :warehouse AND container_id = :tote",
        state=state, warehouse=by.warehouse_id, tote=tote_id,
    )  # fmt: skip


def _step(session: Session, position: Packing, *, before: str, after: str, **more: int | None) -> None:
    try:
        step(session, position.shipment_id, before=before, after=after, **more)
    except Again:
        raise OrderStopped(number=position.number) from None


def _goods(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """The item, and what of it remains as a quantity; any item of the tote may come."""
    assert position.item is not None, "goods are expected"
    if heard.reading.quantity is not None and position.step == "quantity":
        return _book(session, by, position, heard.reading.quantity)
    if position.step == "quantity" and position.detail and heard.text == position.detail:
        return _book(session, by, position, 1)
    if heard.item is None:
        raise NotExpected(read=heard.text)
    if heard.item.id != position.item.id:
        position = _other_item(session, by, position, heard.item)
    if detail := _detail(position, heard):
        return _named(session, by, position, detail, heard.item.quantity)
    if naming_step(position) and position.step != "quantity":
        said = NAMED(item=heard.item.code, expected=position.detail)
        pack = heard.item.quantity if position.tracking == "lot" else 1
        if pack > 1:
            check_packable(position, pack)
        return Result(replace(position, step=naming_step(position), pack=pack), said)
    return _book(session, by, position, heard.item.quantity)


def _other_item(session: Session, by: By, position: Packing, item: Item) -> Packing:
    """The position with another item of this tote before the packer.

    Raises:
        WrongItem: it is none of this tote's.
        Surplus: all of it is packed already.
    """
    assert position.container is not None, "a tote is here"
    task = queries.goods_of(session, by, position.shipment_id, tote_id=position.container.id, item_id=item.id)
    if not task.item_id:
        raise _not_here(session, by, position, item)
    return replace(_with_goods(position, task), step="item")


def _not_here(session: Session, by: By, position: Packing, item: Item) -> WrongItem | Surplus:
    expected, tote = position.item, position.container
    if expected is None or tote is None or queries.was_packed(session, by, position.shipment_id, item.id):
        return Surplus(read=item.code, more=more_of_it(0))
    return WrongItem(read=item.code, item=expected.code, name=expected.names, location=tote.code)


def _detail(position: Packing, heard: Heard) -> str:
    """The lot or serial that one GS1 code tells together with the item."""
    gs1 = heard.reading.gs1
    if gs1 is None:
        return ""
    return {"lot": gs1.lot, "serial": gs1.serial}.get(position.tracking, "")


def _naming(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """The lot or serial was asked for; a GS1 code tells it among others."""
    assert position.item is not None, "goods are expected"
    if heard.text == position.detail:
        return _book(session, by, position, position.pack)
    if heard.item is not None:
        return _goods(session, by, position, heard) if _tells_more(position, heard) else _still_naming(position, heard)
    if heard.reading.is_value or heard.location or heard.container:
        raise NotExpected(read=heard.text)
    return _named(session, by, position, heard.text, position.pack)


def _tells_more(position: Packing, heard: Heard) -> bool:
    """Another item, or this one with its lot or serial."""
    other = heard.item is not None and position.item is not None and heard.item.id != position.item.id
    return other or bool(_detail(position, heard))


def _still_naming(position: Packing, heard: Heard) -> Result:
    raise NotExpected(read=heard.text)


def _named(session: Session, by: By, position: Packing, text: str, quantity: int) -> Result:
    """Books goods of the lot or serial that was named: it must be one that was picked into this tote."""
    if text != position.detail:
        position = _other_detail(session, by, position, text)
    return _book(session, by, position, quantity)


def _other_detail(session: Session, by: By, position: Packing, text: str) -> Packing:
    assert position.item is not None and position.container is not None, "goods are expected"  # noqa: PT018
    lot_id = queries.lot_of(session, position.item.id, text) if position.tracking == "lot" else 0
    serial = text if position.tracking == "serial" else ""
    found = lot_id or serial
    task = queries.goods_of(
        session, by, position.shipment_id, tote_id=position.container.id, item_id=position.item.id, lot_id=lot_id,
        serial=serial,
    ) if found else None  # fmt: skip
    if task is None or not task.item_id:
        raise WrongLot(read=text, location=position.container.code, lot=position.detail)
    return _with_goods(position, task)


def _book(session: Session, by: By, position: Packing, quantity: int) -> Result:
    """Goods go from the tote into the parcel, and their reservation with them; the first ones open the parcel."""
    check_packable(position, quantity)
    assert position.item is not None and position.parcel is not None, "goods are before the packer"  # noqa: PT018
    moves, effects = _moves(position, quantity), []
    if not position.parcel_open:
        moves.append(_open_parcel(session, by, position))
        effects.append(["opened", position.parcel.id])
    posting = post(session, by, "pack", moves, document=position.number)
    said = PACKED(quantity=quantity, item=position.item.code, container=position.parcel.code)
    position = replace(
        without(position, quantity), done=position.done + quantity, parcel_open=True,
        units_done=position.units_done + quantity,
    )  # fmt: skip
    if position.open_quantity:
        if queries.is_held(session, position.shipment_id):
            raise OrderStopped(number=position.number)
        return Result(replace(position, step="quantity"), said, postings=(posting,), effects=tuple(effects))
    return _go_on(session, by, position, said, (posting,), effects)


def _moves(position: Packing, quantity: int) -> list[Move]:
    """The moves that take so many of the goods before the packer into the parcel, stock row by stock row."""
    assert position.item is not None and position.parcel is not None and position.container is not None, "at goods"  # noqa: PT018
    return [
        Move(
            part, position.container.id, position.parcel.id,
            Goods(position.item.id, row.layer_id, row.lot_id, position.serial), balance_id=row.balance_id,
            reserved=Reserved(row.reservation_id, position.shipment_id, row.line_id, row.quantity, row.reserved_at),
        )
        for row, part in parts(position.rows, quantity)
    ]  # fmt: skip


def _open_parcel(session: Session, by: By, position: Packing) -> Move:
    """Makes the parcel's own row; the returned move lays it down at the station."""
    assert position.parcel is not None and position.station is not None, "both are known"  # noqa: PT018
    session.run(
        """INSERT INTO parcel (id, warehouse_id, shipment_id, code, state, opened_at)
           VALUES (:id, :warehouse, :shipment, :code, 'open', :now)""",
        id=position.parcel.id, warehouse=by.warehouse_id, shipment=position.shipment_id, code=position.parcel.code,
        now=by.now,
    )  # fmt: skip
    return Move(1, 0, position.station.id, container_id=position.parcel.id)


def _go_on(
    session: Session, by: By, position: Packing, said: Any, postings: tuple[int, ...], effects: list[Any]
) -> Result:
    """What comes next: other goods of this tote, the next tote, or the confirmation."""
    tote = position.container
    assert tote is not None, "a tote is here"
    task = queries.next_goods(session, by, position.shipment_id, tote_id=tote.id)
    if task.held:
        raise OrderStopped(number=position.number)
    if task.tote_id == tote.id:
        position = replace(_with_goods(position, task), step="item")
    elif task.item_id:
        effects.append(["freed", tote.id, position.shipment_id])
        _free_tote(session, by, tote.id)
        position = replace(_with_tote(position, task), step="container")
        said = NEXT_TOTE(container=tote.code, next=task.tote)
    else:
        position = replace(_with_goods(position, task), step="confirm")
        said = ALL_PACKED(container=position.parcel.code if position.parcel else "") if said.level == "ok" else said
    return Result(position, said, postings=postings, effects=tuple(effects))


def _free_tote(session: Session, by: By, tote_id: int) -> None:
    session.run(
        "DELETE FROM tote_slot WHERE warehouse_id = :warehouse AND container_id = :tote",
        warehouse=by.warehouse_id, tote=tote_id,
    )  # fmt: skip


def _close(session: Session, by: By, position: Packing) -> Result:
    """The condition was seen: the parcel is closed, the totes are free, the order waits for hand-over."""
    assert position.parcel is not None, "there is a parcel"
    effects: list[Any] = []
    if position.parcel_open:
        _close_parcel(session, by, position)
        effects.append(["closed", position.parcel.id])
    else:
        position = replace(position, parcel=position.closed)
    effects.append(["slots", position.shipment_id, _free_totes(session, by, position)])
    _step(session, position, before="packing", after="packed", packed_at=by.now)
    effects.append(["packed", position.shipment_id])
    said = PARCEL_CLOSED(container=position.parcel.code if position.parcel else "")
    return Result(replace(position, step="done"), said, done=True, effects=tuple(effects))


def _close_parcel(session: Session, by: By, position: Packing) -> None:
    assert position.parcel is not None, "there is a parcel"
    changed = session.run(
        "UPDATE parcel SET state = 'closed', closed_at = :now WHERE id = :id AND state = 'open'",
        now=by.now, id=position.parcel.id,
    )  # fmt: skip
    if not changed:
        raise OrderStopped(number=position.number)


def _free_totes(session: Session, by: By, position: Packing) -> list[int]:
    """Frees all totes of the order; which they were."""
    rows = session.all(
        "DELETE FROM tote_slot WHERE warehouse_id = :warehouse AND shipment_id = :shipment RETURNING container_id",
        warehouse=by.warehouse_id, shipment=position.shipment_id,
    )  # fmt: skip
    return [row.container_id for row in rows]


def _full(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """The parcel is full: it is closed, and the rest goes into another."""
    if position.step == "confirm" and position.parcel_open:
        return _close(session, by, position)
    if not position.parcel_open or position.parcel is None:
        raise ParcelEmpty(container=position.parcel.code if position.parcel else "")
    full, another = position.parcel, _make_parcel(session, by)
    _close_parcel(session, by, position)
    said = PARCEL_FULL(container=full.code, next=another.code)
    return Result(
        replace(position, closed=full, parcel=another, parcel_open=False), said, effects=(["closed", full.id],)
    )


def _short(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """Goods are missing: the parcel stops, and a supervisor decides (R-PACK-1)."""
    if position.step in {"location", "note"}:
        raise NotExpected(read=heard.text)
    goods = queries.missing(session, by, position.shipment_id)
    if not goods:
        raise NothingMissing
    before = "packing" if position.begun else "to_pack"
    _step(session, position, before=before, after="stopped")
    exception_id = _raise_exception(session, by, position, goods)
    effects = (["exception", exception_id], ["stopped", position.shipment_id, before])
    return Result(position, STOPPED(goods=tuple(goods)), done=True, effects=effects)


def _raise_exception(session: Session, by: By, position: Packing, goods: list[str]) -> int:
    exception_id = new_id(session)
    session.run(
        """INSERT INTO order_exception (id, order_id, channel, number, kind, reasons, owner, due_at, opened_at)
           SELECT :id, o.id, o.channel, o.number, 'stock', :reasons, :owner, :due, :now FROM sales_order o
           WHERE o.id = :order""",
        id=exception_id, order=position.order_id, owner=EXCEPTION_OWNER, due=by.now + EXCEPTION_DUE_US, now=by.now,
        reasons=json.dumps([f"missing at packing: {each}" for each in goods], ensure_ascii=False),
    )  # fmt: skip
    return exception_id


def _damage(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    if position.step not in GOODS_STEPS:
        raise NotExpected(read=heard.text)
    return Result(replace(position, asking="damage_quantity"), ASK_DAMAGED())


def _damage_quantity(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    quantity = heard.reading.quantity
    if quantity is None:
        raise NotExpected(read=heard.text)
    check_quantity(position.open_quantity, quantity)
    reasons = tuple(setting(session, "damage_reasons", by.warehouse_id))
    asking = replace(position, asking="damage_reason", asked=quantity, reasons=reasons)
    return Result(asking, ASK_DAMAGE_REASON(quantity=quantity))


def _damage_reason(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """Damaged goods go to quarantine; the order waits for others, and the parcel goes on without them."""
    reasons = setting(session, "damage_reasons", by.warehouse_id)
    if heard.reading.reason not in reasons:
        raise UnknownDamageReason(read=heard.text, expected=tuple(reasons))
    assert position.item is not None, "goods are before the packer"
    quantity = position.asked
    effects = _let_go(session, by, position, quantity)
    posting = post(session, by, "block", _away(session, by, position, quantity), document=str(heard.reading.reason))
    wake(session, by, frozenset({position.item.id}))
    position = replace(
        without(position, quantity), asking="", asked=0, reasons=(), wanted=position.wanted - quantity,
        units_total=position.units_total - quantity,
    )  # fmt: skip
    said = DAMAGED(quantity=quantity, item=position.item.code if position.item else "")
    if position.open_quantity:
        return Result(position, said, postings=(posting,), effects=tuple(effects))
    if position.units_total == 0:
        return _end_empty(session, by, position, (posting,), effects)
    return _go_on(session, by, position, said, (posting,), effects)


def _let_go(session: Session, by: By, position: Packing, quantity: int) -> list[Any]:
    """Lets the damaged goods' reservation go and puts them on back-order. Returns how to undo that."""
    assert position.container is not None, "a tote is here"
    effects: list[Any] = []
    for row, part in parts(position.rows, quantity):
        release(session, by, reservation_id=row.reservation_id, quantity=part)
        back_order(session, by, line_id=row.line_id, quantity=part)
        effects.append(["let_go", position.shipment_id, row.line_id, position.container.id, row.layer_id,
                        position.serial, part, row.reserved_at])  # fmt: skip
    return effects


def _away(session: Session, by: By, position: Packing, quantity: int) -> list[Move]:
    assert position.item is not None and position.container is not None, "at goods"  # noqa: PT018
    quarantine = find_quarantine(session, by.warehouse_id)
    return [
        Move(part, position.container.id, quarantine,
             Goods(position.item.id, row.layer_id, row.lot_id, position.serial), balance_id=row.balance_id)
        for row, part in parts(position.rows, quantity)
    ]  # fmt: skip


def _end_empty(session: Session, by: By, position: Packing, postings: tuple[int, ...], effects: list[Any]) -> Result:
    """All of it was damaged: this shipment ends, and the order waits for other goods."""
    effects.append(["slots", position.shipment_id, _free_totes(session, by, position)])
    _step(session, position, before="packing", after="cancelled")
    effects.append(["ended", position.shipment_id])
    return Result(replace(position, step="done"), NOTHING_LEFT(), done=True, postings=postings, effects=tuple(effects))


def _skip(session: Session, by: By, position: Packing, heard: Heard) -> Result:
    """Later: another item of this tote first."""
    if position.step not in GOODS_STEPS or position.container is None or position.item is None:
        raise NotExpected(read=heard.text)
    task = queries.next_goods(session, by, position.shipment_id, tote_id=position.container.id, after=position.item.id)
    if task.item_id == position.item.id:
        return Result(position, ONLY_ONE(), undoable=False)
    return Result(replace(_with_goods(position, task), step="item"), SKIPPED())


def is_over(session: Session, by: By, work: Work) -> bool:
    """Whether the order was taken out of packing from outside: nobody can go on with this work."""
    return not can_go_on(session, work.subject_id, IN_STATES)


def leave(session: Session, by: By, work: Work) -> None:
    """Left before it was begun: the code made for the parcel was never used, so nothing of it stays."""
    position = Packing.load(work.position)
    if position.parcel is not None and not position.parcel_open:
        session.run("DELETE FROM code WHERE kind = 'location' AND ref_id = :id", id=position.parcel.id)
        session.run("DELETE FROM location WHERE id = :id AND kind = 'parcel'", id=position.parcel.id)


def refresh(session: Session, by: By, position: Packing) -> Packing:
    """A position that was put back: its stock rows and reservations may have been written anew since."""
    if position.item is None or position.container is None:
        return position
    task = queries.goods_of(
        session, by, position.shipment_id, tote_id=position.container.id, item_id=position.item.id,
        lot_id=position.lot.id if position.lot else 0, serial=position.serial,
    )  # fmt: skip
    return replace(position, stock=tuple(map(as_tuple, task.stock)))


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> None:
    """Takes back what an act changed beside the ledger, latest first.

    Raises:
        TooLateToUndo: the parcel is being handed over, or others have the tote or the goods by now.
    """
    try:
        for name, *rest in reversed(effects):
            _UNDO[name](session, by, *rest)
    except Again as error:
        raise TooLateToUndo from error


def _undo_begun(session: Session, by: By, shipment_id: int) -> None:
    step(session, shipment_id, before="packing", after="to_pack", packer_id=0)


def _undo_slot(session: Session, by: By, tote_id: int, state: str) -> None:
    _mark_slot(session, by, tote_id, state)


def _undo_opened(session: Session, by: By, parcel_id: int) -> None:
    if not session.run("DELETE FROM parcel WHERE id = :id AND state = 'open'", id=parcel_id):
        raise Again


def _undo_closed(session: Session, by: By, parcel_id: int) -> None:
    """A closed parcel is opened again, unless somebody is handing it over."""
    changed = session.run(
        "UPDATE parcel SET state = 'open', closed_at = NULL WHERE id = :id AND state = 'closed' AND work_id = 0",
        id=parcel_id,
    )
    if not changed:
        raise Again


def _undo_packed(session: Session, by: By, shipment_id: int) -> None:
    step(session, shipment_id, before="packed", after="packing", packed_at=None)


def _undo_ended(session: Session, by: By, shipment_id: int) -> None:
    step(session, shipment_id, before="cancelled", after="packing")


def _undo_stopped(session: Session, by: By, shipment_id: int, before: str) -> None:
    step(session, shipment_id, before="stopped", after=before)


def _undo_exception(session: Session, by: By, exception_id: int) -> None:
    session.run(
        "UPDATE order_exception SET closed_at = :now, outcome = 'undone' WHERE id = :id AND closed_at IS NULL",
        now=by.now, id=exception_id,
    )  # fmt: skip


def _undo_freed(session: Session, by: By, tote_id: int, shipment_id: int) -> None:
    _undo_slots(session, by, shipment_id, [tote_id])


def _undo_slots(session: Session, by: By, shipment_id: int, tote_ids: list[int]) -> None:
    """The totes are the order's again, unless another took one or has it on the screen."""
    for tote_id in tote_ids:
        again = not pieces.is_kept(session, by, tote_id) and session.run(
            """INSERT INTO tote_slot (warehouse_id, container_id, shipment_id, made_at, state)
               VALUES (:warehouse, :tote, :shipment, :now, 'packing') ON CONFLICT (warehouse_id, container_id) DO NOTHING""",
            warehouse=by.warehouse_id, tote=tote_id, shipment=shipment_id, now=by.now,
        )  # fmt: skip
        if not again:
            raise Again


def _undo_let_go(
    session: Session, by: By, shipment_id: int, line_id: int, tote_id: int, layer_id: int, serial: str, quantity: int,
    reserved_at: int,
) -> None:  # fmt: skip
    """The goods that went to quarantine are back in the tote: they are the order's again."""
    take_back_order(session, line_id=line_id, quantity=quantity)
    balance_id = queries.balance_at(session, by, location_id=tote_id, layer_id=layer_id, serial=serial)
    if not reserve_at(session, by, shipment_id=shipment_id, line_id=line_id, balance_id=balance_id, quantity=quantity,
                      reserved_at=reserved_at):  # fmt: skip
        raise Again
    session.run(
        "UPDATE reservation SET stage = 1 WHERE line_id = :line AND balance_id = :balance",
        line=line_id, balance=balance_id,
    )  # fmt: skip


_UNDO: dict[str, Callable[..., None]] = {
    "begun": _undo_begun, "slot": _undo_slot, "opened": _undo_opened, "closed": _undo_closed, "packed": _undo_packed,
    "ended": _undo_ended, "stopped": _undo_stopped, "exception": _undo_exception, "freed": _undo_freed,
    "slots": _undo_slots, "let_go": _undo_let_go,
}  # fmt: skip

_STEPS: dict[str, Callable[..., Result]] = {
    "location": _location, "note": _only_confirm, "container": _container, "item": _goods, "lot": _naming,
    "serial": _naming, "quantity": _goods, "confirm": _only_confirm,
}  # fmt: skip
_COMMANDS: dict[str, Callable[..., Result]] = {
    "XXOK": _confirm, "XXDONE": _confirm, "XXFULL": _full, "XXSHORT": _short, "XXDAMAGE": _damage, "XXSKIP": _skip,
}  # fmt: skip
_ASKED: dict[str, Callable[..., Result]] = {"damage_quantity": _damage_quantity, "damage_reason": _damage_reason}
