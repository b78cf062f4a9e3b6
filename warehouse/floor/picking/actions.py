"""What picking changes: an order taken, a tote begun, goods picked, short, damaged, skipped, and all of it undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from warehouse.catalog.codes import container_code
from warehouse.catalog.locations import find_quarantine, make_location
from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.clock import iso_day
from warehouse.counts.plan import trouble
from warehouse.counts.requests import raise_count, take_back
from warehouse.db import Again, Row, Session
from warehouse.floor.picking import queries
from warehouse.floor.picking.rules import (
    AT_LOCATION,
    BACK_ORDERED,
    DAMAGED,
    NOTE_SEEN,
    ORDER_PICKED,
    OTHER_STOCK,
    PICKED,
    ROOM,
    SHORT,
    TOTE_FULL,
    TOTE_READY,
    NotFinished,
    Picking,
    at_task,
    naming_step,
)  # fmt: skip
from warehouse.ledger import (
    Goods,
    Move,
    Reserved,
    TooLateToUndo,
    block_what_lies,
    choose,
    post,
    release,
    reserve,
    reserve_at,
    unblock,
)
from warehouse.orders.elsewhere import fetch
from warehouse.orders.release import (
    SOURCE_SLICE,
    ask_given,
    ask_source,
    most_urgent,
    number_shipment,
    something_open,
)
from warehouse.orders.release import release as release_order
from warehouse.orders.shipments import OrderStopped, back_order, can_go_on, step, take_back_order
from warehouse.scanning.resolve import Heard, Item, Place
from warehouse.who import By
from warehouse.work import acts, override, pieces
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_about, open_work, save
from warehouse.work.position import replace
from warehouse.work.refusals import (
    ASK_DAMAGE_REASON,
    ASK_DAMAGED,
    NAMED,
    ONLY_ONE,
    OVERRIDDEN,
    SKIPPED,
    ContainerInUse,
    FifoOlder,
    PackTooLarge,
    UnknownDamageReason,
    WrongItem,
    WrongLocation,
    WrongLot,
    check_quantity,
)  # fmt: skip
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Ref
from warehouse.work.way import way
from warehouse.work.whereabouts import whereabouts

TRIES = 10
IN_STATES = ("released", "picking")


def take(session: Session, by: By) -> Work | More | None:
    """Gives the most urgent order to this picker, reserving it first if need be."""
    source, count_given = ask_source(session), ask_given(session, by)
    if source() == SOURCE_SLICE:
        return MORE
    given = 1 + count_given()
    for _ in range(TRIES):
        found = most_urgent(session, by, given=given)
        if found is None:
            return MORE if something_open(session, by) or fetch(session, by) else None
        kind, paper_id = found
        shipment_id = paper_id if kind == "shipment" else release_order(session, by, paper_id)
        if shipment_id is not None:
            return _open(session, by, shipment_id) or MORE
    return MORE


def _open(session: Session, by: By, shipment_id: int) -> Work | None:
    asked = queries.ask_to_open(session, by, shipment_id)
    shipment = asked.shipment.one()
    assert shipment is not None, "the shipment was just found"
    position = Picking(
        shipment_id=shipment_id, number=shipment.number, step="note" if shipment.note else "container",
        note=shipment.note, tasks_total=asked.tasks.value(),
    )  # fmt: skip
    position = with_task(position, asked.task.one())
    position = _with_tote(session, by, position, asked.totes.all(), asked.free_tote.one())
    assert position.container is not None, "a tote was proposed, or is there"
    work = open_work(session, by, ROOM, position.dump(), subject_id=shipment_id, place_id=position.container.id)
    if work:
        number_shipment(session, by, shipment_id)
    return work


def _with_tote(session: Session, by: By, position: Picking, begun: list[Row], free: Row | None) -> Picking:
    if begun:
        tote = Ref(begun[0].id, begun[0].code, begun[0].barcode)
        position = replace(position, container=tote, totes=len(begun))
        return _where_it_was_left(session, by, position, begun[0], free)
    return replace(position, container=_propose_tote(session, by, free))


def _where_it_was_left(session: Session, by: By, position: Picking, tote: Row, free: Row | None) -> Picking:
    """Another goes on with a begun order: with its open tote, or with a new one where the last went to packing."""
    if tote.parent_id == places(session, by.warehouse_id).in_picking:
        return at_task(position)
    return replace(position, step="container", container=_propose_tote(session, by, free))


def _propose_tote(session: Session, by: By, free: Row | None) -> Ref:
    if free:
        return Ref(free.id, free.code, free.barcode)
    return make_tote(session, by, container_code(session, by.warehouse_id))


def make_tote(session: Session, by: By, code: str) -> Ref:
    """A new tote, lying nowhere yet."""
    return Ref(make_location(session, by.warehouse_id, code, kind="tote", barcode=code), code, code)


def with_task(position: Picking, task: Row | None) -> Picking:
    """The position with another task before the picker."""
    if task is None:
        return replace(position, item=None, location=None, lot=None, serial="", wanted=0, done=0, reservation_id=0)
    return replace(
        position, reservation_id=task.id, line_id=task.line_id, reserved_at=task.reserved_at,
        balance_id=task.balance_id, layer_id=task.layer_id, rank_day=task.rank_day,
        item=Ref(task.item_id, task.sku, task.item_barcode, task.name, name_zh=task.name_zh), tracking=task.tracking,
        unit=task.unit, location=Ref(task.location_id, task.code, task.barcode), path=task.path,
        lot=Ref(task.lot_id, task.lot, task.lot) if task.lot else None, serial=task.serial, wanted=task.quantity,
        done=0,
    )  # fmt: skip


def hear(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    """Obeys a picker's scan."""
    if position.asking:
        return _ASKED[position.asking](session, by, work, position, heard)
    verb = _COMMANDS.get(heard.command) or _STEPS[position.step]
    return verb(session, by, work, position, heard)


def _note(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    if heard.command != "XXOK":
        raise NotExpected(read=heard.text)
    return Result(replace(position, step="container"), NOTE_SEEN())


def _container(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    tote, from_id = _tote(session, by, work, position, heard)
    claimed = session.run(
        """INSERT INTO tote_slot (warehouse_id, container_id, shipment_id, made_at, state)
           VALUES (:warehouse, :tote, :shipment, :now, 'picking') ON CONFLICT (warehouse_id, container_id) DO NOTHING""",
        warehouse=by.warehouse_id, tote=tote.id, shipment=position.shipment_id, now=by.now,
    )  # fmt: skip
    if not claimed:
        raise ContainerInUse(read=tote.code, container=position.container.code if position.container else "")
    posting = _move_tote(session, by, tote.id, from_id, places(session, by.warehouse_id).in_picking, position)
    effects: list[Any] = [["slot", tote.id]]
    if position.totes == 0:
        _begin(session, by, position)
        effects.append(["begun", position.shipment_id])
    position = at_task(replace(position, container=tote, totes=position.totes + 1))
    said = TOTE_READY(container=tote.code, location=position.location.code if position.location else "")
    return Result(position, said, postings=posting, effects=tuple(effects), place_id=tote.id)


def _tote(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> tuple[Ref, int]:
    """The tote that was scanned, and where it lies; a new one is made of an unknown XC code."""
    proposed = position.container.code if position.container else ""
    if heard.container is None:
        if heard.reading.made != "XC" or heard.names:
            raise NotExpected(read=heard.text)
        return make_tote(session, by, heard.text), 0
    found = heard.container
    if found.kind != "tote" or not queries.tote_is_free(session, by, found.id, work_id=work.id):
        raise ContainerInUse(read=found.code, container=proposed)
    return Ref(found.id, found.code, found.barcode), found.parent_id or 0


def _move_tote(session: Session, by: By, tote_id: int, from_id: int, to_id: int, position: Picking) -> tuple[int, ...]:
    if from_id == to_id:
        return ()
    return (post(session, by, "move", [Move(1, from_id, to_id, container_id=tote_id)], document=position.number),)


def _begin(session: Session, by: By, position: Picking) -> None:
    try:
        step(session, position.shipment_id, before="released", after="picking", picker_id=by.person_id)
    except Again:
        raise OrderStopped(number=position.number) from None


def _location(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    assert position.location is not None, "a task has a place"
    place = heard.location
    if place is None:
        raise NotExpected(read=heard.text)
    if place.id == position.location.id:
        said = AT_LOCATION(location=place.code, quantity=position.open_quantity, item=position.item.code)  # type: ignore[union-attr]
        return Result(replace(position, step="item", here_id=place.id, here_path=place.path), said)
    return _other_place(session, by, work, position, place)


def _other_place(session: Session, by: By, work: Work, position: Picking, place: Place) -> Result:
    """Another bin than proposed: fine if its goods are as old; newer ones only with a supervisor's override."""
    assert position.location is not None and position.item is not None, "a task has a place and an item"  # noqa: PT018
    row = queries.free_at(session, by, location_id=place.id, item_id=position.item.id)
    if row is None:
        there = whereabouts(session, position.location.id)
        raise WrongLocation(read=place.code, location=position.location.code, way=way(place.path, there))
    return _instead(session, by, work, replace(position, here_id=place.id, here_path=place.path), row, place)


def _instead(session: Session, by: By, work: Work, position: Picking, row: Row, place: Place | Ref) -> Result:
    """Takes another stock row than the reserved one, if FIFO or an override lets it."""
    older = _older(session, by, position, row)
    snapshot = _snapshot(session, by, position)
    if older is not None:
        if position.override != "armed":
            raise older
        name = position.override_name
        position = override.use(session, by, position, work_id=work.id, refusal=older.code)
        said = OVERRIDDEN(location=place.code, name=name)
    else:
        said = OTHER_STOCK(location=place.code)
    quantity = min(row.free, position.open_quantity)
    release(session, by, reservation_id=position.reservation_id, quantity=quantity)
    if not reserve_at(session, by, shipment_id=position.shipment_id, line_id=position.line_id, balance_id=row.id,
                      quantity=quantity):  # fmt: skip
        raise Again
    task = _task_at(session, by, position, row.id)
    if position.location is not None:
        trouble(session, by, position.location.id)
    position = replace(with_task(position, task), step=_after_swap(position), tasks_total=position.tasks_total)
    return Result(position, said, effects=(snapshot,))


def _after_swap(position: Picking) -> str:
    return "item" if position.step == "location" else position.step


def _older(session: Session, by: By, position: Picking, row: Row) -> FifoOlder | None:
    """Why a stock row may not be taken: something older is reserved for this task, or free elsewhere."""
    assert position.item is not None and position.location is not None, "a task has a place and an item"  # noqa: PT018
    oldest = choose(session, by, position.item.id, most=1)
    place_id, rank = position.location.id, position.rank_day
    if oldest and oldest[0].rank_day < min(rank, row.rank_day):
        place_id, rank = oldest[0].location_id, oldest[0].rank_day
    if row.rank_day <= rank:
        return None
    read, there = queries.stock_row(session, row.id), whereabouts(session, place_id)
    return FifoOlder(
        read=(read.lot or read.serial or read.code) if read.location_id == place_id else read.code,
        newer=iso_day(row.rank_day), older=iso_day(rank), location=there.code, way=way(read.path, there),
    )  # fmt: skip


def _task_at(session: Session, by: By, position: Picking, balance_id: int) -> Row:
    """The line's reservation on that stock row, as a task."""
    session.run(
        "UPDATE reservation SET skipped_at = -:now WHERE line_id = :line AND balance_id = :balance AND stage = 0",
        now=by.now, line=position.line_id, balance=balance_id,
    )  # fmt: skip
    task = queries.next_task(session, by, position.shipment_id)
    assert task is not None and task.balance_id == balance_id, "it was just put first"  # noqa: PT018
    return task


def _item(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    item = _right_item(position, heard)
    if gs1_detail := _detail(position, heard):
        return _detail_named(session, by, work, position, heard, gs1_detail)
    if step_after := naming_step(position):
        expected = position.lot.code if position.lot else position.serial
        pack = _pack(position, item, heard) if position.tracking == "lot" else 1
        return Result(replace(position, step=step_after, pack=pack), NAMED(item=item.code, expected=expected))
    return _book(session, by, position, _pack(position, item, heard))


def _right_item(position: Picking, heard: Heard) -> Item:
    assert position.item is not None and position.location is not None, "a task has a place and an item"  # noqa: PT018
    if heard.item is None:
        raise NotExpected(read=heard.text)
    if heard.item.id != position.item.id:
        raise WrongItem(
            read=heard.item.code, item=position.item.code, name=position.item.names, location=position.location.code
        )
    return heard.item


def _pack(position: Picking, item: Item, heard: Heard) -> int:
    if item.quantity > position.open_quantity and item.quantity > 1:
        raise PackTooLarge(read=heard.text, pack=item.quantity, wanted=position.open_quantity)
    return item.quantity


def _detail(position: Picking, heard: Heard) -> str:
    """The lot or serial that one GS1 code tells together with the item."""
    gs1 = heard.reading.gs1
    if gs1 is None:
        return ""
    return {"lot": gs1.lot, "serial": gs1.serial}.get(position.tracking, "")


def _naming(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    """The lot or serial was asked for; a GS1 code tells it among others."""
    if heard.item is not None and not _detail(position, heard):
        _right_item(position, heard)
        raise NotExpected(read=heard.text)
    if heard.reading.is_value or heard.location or heard.container:
        raise NotExpected(read=heard.text)
    return _detail_named(session, by, work, position, heard, _detail(position, heard) or heard.text)


def _detail_named(session: Session, by: By, work: Work, position: Picking, heard: Heard, text: str) -> Result:
    expected = position.serial if position.tracking == "serial" else position.lot.code if position.lot else ""
    quantity = _pack(position, heard.item, heard) if heard.item else position.pack
    if text == expected:
        return _book(session, by, position, quantity)
    assert position.item is not None and position.location is not None, "a task has a place and an item"  # noqa: PT018
    lot_id = queries.lot_of(session, position.item.id, text) if position.tracking == "lot" else 0
    serial = text if position.tracking == "serial" else ""
    row = None
    if lot_id or serial:
        row = queries.free_at(session, by, location_id=position.location.id, item_id=position.item.id, lot_id=lot_id,
                              serial=serial, own=True)  # fmt: skip
    if row is None:
        raise WrongLot(read=text, location=position.location.code, lot=expected)
    swapped = _instead(session, by, work, position, row, position.location)
    assert isinstance(swapped.position, Picking), "picking's own position"
    booked = _book(session, by, swapped.position, quantity)
    return replace(booked, effects=swapped.effects + booked.effects)


def _quantity(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    quantity = heard.reading.quantity
    if quantity is None:
        if heard.item is not None:
            quantity = _pack(position, _right_item(position, heard), heard)
        elif position.lot is not None and heard.text == position.lot.code:
            quantity = 1
        else:
            raise NotExpected(read=heard.text)
    return _book(session, by, position, quantity)


def _book(session: Session, by: By, position: Picking, quantity: int) -> Result:
    """Goods go from the bin into the tote, and their reservation with them; the last ones send the tote to packing."""
    check_quantity(position.open_quantity, quantity)
    assert position.item is not None and position.location is not None and position.container is not None, "at a task"  # noqa: PT018
    goods = Goods(position.item.id, position.layer_id, position.lot.id if position.lot else 0, position.serial)
    reserved = Reserved(
        position.reservation_id, position.shipment_id, position.line_id, position.open_quantity, position.reserved_at
    )
    moves = [Move(quantity, position.location.id, position.container.id, goods, balance_id=position.balance_id,
                  reserved=reserved)]  # fmt: skip
    said = PICKED(quantity=quantity, item=position.item.code, location=position.location.code)
    if quantity < position.open_quantity:
        posting = post(session, by, "pick", moves, document=position.number)
        return Result(replace(position, done=position.done + quantity, step="quantity"), said, postings=(posting,))
    task = queries.next_task(session, by, position.shipment_id, but=position.reservation_id)
    tote_id, position = position.container.id, replace(position, tasks_done=position.tasks_done + 1)
    if task is not None:
        posting = post(session, by, "pick", moves, document=position.number)
        return Result(at_task(with_task(position, task)), said, postings=(posting,))
    moves.append(_to_packing(session, by, tote_id))
    posting = post(session, by, "pick", moves, document=position.number)
    return _complete(session, by, replace(position, done=position.wanted), (posting,), ())


def _to_packing(session: Session, by: By, tote_id: int) -> Move:
    here = places(session, by.warehouse_id)
    return Move(1, here.in_picking, here.to_pack, container_id=tote_id)


def _complete(
    session: Session, by: By, position: Picking, postings: tuple[int, ...], effects: tuple[Any, ...]
) -> Result:
    try:
        step(session, position.shipment_id, before="picking", after="to_pack", picked_at=by.now)
    except Again:
        raise OrderStopped(number=position.number) from None
    said = ORDER_PICKED(number=position.number, container=position.container.code if position.container else "")
    effects = (*effects, ["complete", position.shipment_id])
    return Result(position, said, done=True, postings=postings, effects=effects, place_id=0)


def _short(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    """What was not there: the rest of it in that bin is held and counted, and looked for elsewhere at once (R-PICK-3)."""
    _at_the_bin(position, heard)
    assert position.item is not None and position.location is not None, "at a task"  # noqa: PT018
    effects = [_snapshot(session, by, position)]
    missing = position.open_quantity
    release(session, by, reservation_id=position.reservation_id, quantity=missing)
    held = block_what_lies(session, by, item_id=position.item.id, location_id=position.location.id, kind="short")
    effects.append(["held", *held])
    effects.append(["count", _request_count(session, by, position, "short")])
    found, more = _reserve_elsewhere(session, by, position, missing)
    return _go_on(session, by, position, tuple(effects) + more, missing - found,
                  SHORT(location=position.location.code, elsewhere=found))  # fmt: skip


def _at_the_bin(position: Picking, heard: Heard) -> None:
    if position.step not in {"item", "lot", "serial", "quantity"}:
        raise NotExpected(read=heard.text)


def _request_count(session: Session, by: By, position: Picking, reason: str) -> int:
    assert position.item is not None and position.location is not None, "at a task"  # noqa: PT018
    return raise_count(session, by, location_id=position.location.id, item_id=position.item.id, reason=reason)


def _reserve_elsewhere(session: Session, by: By, position: Picking, missing: int) -> tuple[int, tuple[Any, ...]]:
    """Reserves other stock for what is missing; what is nowhere is back-ordered. How much was found, and effects."""
    assert position.item is not None and position.location is not None, "at a task"  # noqa: PT018
    any_bin = queries.is_reserve(session, position.location.id)
    life_days = setting(session, "min_remaining_life_days", by.warehouse_id)
    found = reserve(session, by, shipment_id=position.shipment_id, line_id=position.line_id, item_id=position.item.id,
                    quantity=missing, life_days=life_days, any_bin=any_bin)  # fmt: skip
    if found == missing:
        return found, ()
    back_order(session, by, line_id=position.line_id, quantity=missing - found)
    return found, (["back_ordered", position.line_id, missing - found],)


def _go_on(
    session: Session, by: By, position: Picking, effects: tuple[Any, ...], lacking: int, said: Any,
    postings: tuple[int, ...] = (),
) -> Result:  # fmt: skip
    """The next task after something went wrong with this one; the end of the order if there is none."""
    if lacking:
        said = BACK_ORDERED(quantity=lacking, item=position.item.code if position.item else "")
    task = queries.next_task(session, by, position.shipment_id)
    if task is not None:
        same = task.id == position.reservation_id
        left = queries.open_tasks(session, by, position.shipment_id)
        done = position.tasks_done + (0 if same else 1)
        after = with_task(position, task)
        after = after if position.step == "container" else at_task(after)  # a tote that is asked for is asked for still
        position = replace(after, tasks_done=done, tasks_total=done + left)
        return Result(position, said, postings=postings, effects=effects)
    return _end_short(session, by, position, effects, said, postings)


def _end_short(
    session: Session, by: By, position: Picking, effects: tuple[Any, ...], said: Any, postings: tuple[int, ...]
) -> Result:
    picked = session.value(
        "SELECT 1 AS one FROM reservation WHERE warehouse_id = :warehouse AND shipment_id = :shipment LIMIT 1",
        warehouse=by.warehouse_id, shipment=position.shipment_id,
    )  # fmt: skip
    assert position.container is not None, "at a task"
    if picked:
        if (
            position.step != "container"
        ):  # else all its totes are at packing, and the one that was asked for was never taken
            moves = [_to_packing(session, by, position.container.id)]
            postings = (*postings, post(session, by, "move", moves, document=position.number))
        return replace(_complete(session, by, position, postings, effects), notice=said)
    try:
        step(session, position.shipment_id, before="picking", after="cancelled")
    except Again:
        raise OrderStopped(number=position.number) from None
    session.run(
        "DELETE FROM tote_slot WHERE warehouse_id = :warehouse AND shipment_id = :shipment",
        warehouse=by.warehouse_id, shipment=position.shipment_id,
    )  # fmt: skip
    effects = (*effects, ["emptied", position.shipment_id, position.container.id])
    return Result(position, said, done=True, postings=postings, effects=effects, place_id=0)


def _damage(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    _at_the_bin(position, heard)
    return Result(replace(position, asking="damage_quantity"), ASK_DAMAGED())


def _damage_quantity(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    quantity = heard.reading.quantity
    if quantity is None:
        raise NotExpected(read=heard.text)
    check_quantity(position.open_quantity, quantity)
    reasons = tuple(setting(session, "damage_reasons", by.warehouse_id))
    asking = replace(position, asking="damage_reason", asked=quantity, reasons=reasons)
    return Result(asking, ASK_DAMAGE_REASON(quantity=quantity))


def _damage_reason(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    """Damaged goods go to quarantine, and others are looked for at once."""
    reasons = setting(session, "damage_reasons", by.warehouse_id)
    if heard.reading.reason not in reasons:
        raise UnknownDamageReason(read=heard.text, expected=tuple(reasons))
    assert position.item is not None and position.location is not None, "at a task"  # noqa: PT018
    quantity, snapshot = position.asked, _snapshot(session, by, position)
    release(session, by, reservation_id=position.reservation_id, quantity=quantity)
    goods = Goods(position.item.id, position.layer_id, position.lot.id if position.lot else 0, position.serial)
    away = Move(quantity, position.location.id, find_quarantine(session, by.warehouse_id), goods,
                balance_id=position.balance_id)  # fmt: skip
    posting = post(session, by, "block", [away], document=str(heard.reading.reason))
    counted = ["count", _request_count(session, by, position, "damage")]
    code, position = position.item.code, replace(position, asking="", asked=0, reasons=())
    found, more = _reserve_elsewhere(session, by, position, quantity)
    said = DAMAGED(quantity=quantity, item=code, elsewhere=found)
    return _go_on(session, by, position, (snapshot, counted, *more), quantity - found, said, (posting,))


def rearrange(session: Session, by: By, shipment_id: int) -> None:
    """Reservations of a shipment were made anew from outside: whoever picks it gets the task that is next now.

    What they did before cannot be taken back any more: it led to tasks that are none now, or from an order that is picked.
    """
    work = open_about(session, by, ROOM, shipment_id)
    if work is None:
        return
    position = replace(override.disarm(Picking.load(work.position)), asking="", asked=0, reasons=())
    if position.totes:
        result = _go_on(session, by, position, (), 0, SKIPPED())
        state, after = "done" if result.done else "open", result.position
    else:
        task = queries.next_task(session, by, shipment_id)
        state, after = "open" if task is not None else "left", with_task(position, task)
    acts.settle(session, work.id)
    place_id = work.place_id if state == "open" else 0
    save(session, by, work, locked=True, state=state, position=after.dump(), place_id=place_id)


def _skip(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    """Later: this task goes behind all others."""
    if position.step not in {"location", "item", "lot", "serial", "quantity"}:
        raise NotExpected(read=heard.text)
    other = queries.next_task(session, by, position.shipment_id, but=position.reservation_id)
    if other is None:
        return Result(position, ONLY_ONE(), undoable=False)
    old = session.value("SELECT skipped_at FROM reservation WHERE id = :id", id=position.reservation_id)
    session.run("UPDATE reservation SET skipped_at = :now WHERE id = :id", now=by.now, id=position.reservation_id)
    return Result(at_task(with_task(position, other)), SKIPPED(), effects=(["skipped", position.reservation_id, old],))


def _full(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    """The tote is full: it goes to packing, and the next one is asked for."""
    if position.totes == 0 or position.step == "container" or position.container is None:
        raise NotExpected(read=heard.text)
    full = position.container
    posting = post(session, by, "move", [_to_packing(session, by, full.id)], document=position.number)
    tote = _propose_tote(session, by, queries.free_tote(session, by))
    position = replace(position, step="container", container=tote)
    return Result(position, TOTE_FULL(container=full.code), postings=(posting,), place_id=tote.id)


def _done(session: Session, by: By, work: Work, position: Picking, heard: Heard) -> Result:
    raise NotFinished(open=position.tasks_total - position.tasks_done)


def is_over(session: Session, by: By, work: Work) -> bool:
    """Whether the order was taken out of picking from outside: nobody can go on with this work."""
    return not can_go_on(session, work.subject_id, IN_STATES)


def refresh(session: Session, by: By, position: Picking) -> Picking:
    """A position that was put back: its stock row and reservation may have been written anew since."""
    if position.location is None or not position.reservation_id:
        return position
    balance_id = queries.balance_at(
        session, by, location_id=position.location.id, layer_id=position.layer_id, serial=position.serial
    )
    reservation_id = queries.reservation_at(session, position.line_id, balance_id)
    return replace(position, balance_id=balance_id, reservation_id=reservation_id)


def _snapshot(session: Session, by: By, position: Picking) -> list[Any]:
    """What is reserved for this line in bins, to be put back by undo."""
    rows = queries.line_reservations(session, by, position.shipment_id, position.line_id)
    kept = [[row.location_id, row.layer_id, row.serial, row.quantity, row.reserved_at] for row in rows]
    return ["reserved", position.shipment_id, position.line_id, kept]


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> None:
    """Takes back what an act changed beside the ledger, latest first.

    Raises:
        TooLateToUndo: packing has begun, or the goods are promised to others by now.
    """
    try:
        for name, *rest in sorted(effects, key=lambda effect: _UNDO_ORDER.index(effect[0])):
            _UNDO[name](session, by, *rest)
    except Again as error:
        raise TooLateToUndo from error


def _undo_slot(session: Session, by: By, tote_id: int) -> None:
    session.run(
        "DELETE FROM tote_slot WHERE warehouse_id = :warehouse AND container_id = :tote",
        warehouse=by.warehouse_id, tote=tote_id,
    )  # fmt: skip


def _undo_begun(session: Session, by: By, shipment_id: int) -> None:
    step(session, shipment_id, before="picking", after="released", picker_id=0)


def _undo_complete(session: Session, by: By, shipment_id: int) -> None:
    """The order is picked again, unless a packer has been given it; changing its row has made `next` there wait."""
    step(session, shipment_id, before="to_pack", after="picking", picked_at=None)
    if queries.is_at_packing(session, by, shipment_id):
        raise TooLateToUndo


def _undo_emptied(session: Session, by: By, shipment_id: int, tote_id: int) -> None:
    step(session, shipment_id, before="cancelled", after="picking")
    again = not pieces.is_kept(session, by, tote_id) and session.run(
        """INSERT INTO tote_slot (warehouse_id, container_id, shipment_id, made_at, state)
           VALUES (:warehouse, :tote, :shipment, :now, 'picking') ON CONFLICT (warehouse_id, container_id) DO NOTHING""",
        warehouse=by.warehouse_id, tote=tote_id, shipment=shipment_id, now=by.now,
    )  # fmt: skip
    if not again:
        raise Again


def _undo_held(session: Session, by: By, *block_ids: int) -> None:
    for block_id in block_ids:
        unblock(session, by, block_id)


def _undo_count(session: Session, by: By, request_id: int) -> None:
    take_back(session, by, request_id)


def _undo_skipped(session: Session, by: By, reservation_id: int, old: int) -> None:
    session.run("UPDATE reservation SET skipped_at = :old WHERE id = :id", old=old, id=reservation_id)


def _undo_back_ordered(session: Session, by: By, line_id: int, quantity: int) -> None:
    take_back_order(session, line_id=line_id, quantity=quantity)


def _undo_reserved(session: Session, by: By, shipment_id: int, line_id: int, kept: list[list[Any]]) -> None:
    """The line's reservations in bins are again what they were before the act."""
    for row in queries.line_reservations(session, by, shipment_id, line_id):
        release(session, by, reservation_id=row.id, quantity=row.quantity)
    for location_id, layer_id, serial, quantity, reserved_at in kept:
        balance_id = queries.balance_at(session, by, location_id=location_id, layer_id=layer_id, serial=serial)
        if not reserve_at(session, by, shipment_id=shipment_id, line_id=line_id, balance_id=balance_id,
                          quantity=quantity, reserved_at=reserved_at):  # fmt: skip
            raise TooLateToUndo


_UNDO: dict[str, Callable[..., None]] = {
    "complete": _undo_complete, "emptied": _undo_emptied, "begun": _undo_begun, "slot": _undo_slot,
    "held": _undo_held, "count": _undo_count, "skipped": _undo_skipped, "back_ordered": _undo_back_ordered,
    "reserved": _undo_reserved,
}  # fmt: skip
_UNDO_ORDER = list(_UNDO)

_STEPS: dict[str, Callable[..., Result]] = {
    "note": _note, "container": _container, "location": _location, "item": _item, "lot": _naming, "serial": _naming,
    "quantity": _quantity,
}  # fmt: skip
_COMMANDS: dict[str, Callable[..., Result]] = {
    "XXSHORT": _short, "XXDAMAGE": _damage, "XXSKIP": _skip, "XXFULL": _full, "XXDONE": _done,
}  # fmt: skip
_ASKED: dict[str, Callable[..., Result]] = {"damage_quantity": _damage_quantity, "damage_reason": _damage_reason}
