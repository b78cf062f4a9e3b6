"""What receiving changes: a receipt begun, goods booked in against it or without papers, damaged, ended, and undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from warehouse.catalog.locations import find_quarantine
from warehouse.catalog.lots import Lot, check_expiry, find_or_make_lot
from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.clock import day_of, iso_day
from warehouse.db import Again, Row, Session
from warehouse.errors import N_, Forbidden, NotFound, Phrase
from warehouse.floor.receiving import queries
from warehouse.floor.receiving.rules import (
    ASK_DOCK,
    AT_DOCK,
    DAMAGED_IN,
    GOODS_NAMED,
    LINKED,
    LINKED_OVER,
    NO_PAPERS,
    NOT_OPEN,
    OTHER_LINE,
    PAST_DATE,
    RECEIPT_COMPLETE,
    RECEIPT_ENDED,
    RECEIPT_OPENED,
    RECEIVED,
    RECEIVED_BLOCKED,
    ROOM,
    TO_TELL,
    UNUSUAL,
    HasPapers,
    NotADock,
    NothingOpen,
    NotListed,
    NotOnOrder,
    OrderTaken,
    QuantityTooLarge,
    Receiving,
    SerialInStock,
    Told,
    check_name,
    ends_by_ok,
    is_past_date,
    lacking,
    propose,
    read_expiry,
    told,
    unnamed,
)  # fmt: skip
from warehouse.ledger import Block, Goods, Move, TooLateToUndo, block, make_layer, post
from warehouse.orders import receipts
from warehouse.orders.receipts import OverReceipt
from warehouse.people.rules import named
from warehouse.scanning.reading import GS
from warehouse.scanning.resolve import Heard, Item, UnknownCode
from warehouse.who import By
from warehouse.work import acts, carrying, pieces
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_work
from warehouse.work.position import replace
from warehouse.work.refusals import (
    ASK_DAMAGE_REASON,
    ASK_DAMAGED,
    ONLY_ONE,
    QuantityZero,
    TooMany,
    UnknownDamageReason,
)  # fmt: skip
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Answer, Ref

TRIES = 10
LINKERS = frozenset({"purchasing", "operations", "supervisor"})
PLACES_OF_ARRIVAL = frozenset({"dock", "staging"})


def take(session: Session, by: By) -> Work | More | None:
    """Gives the purchase order that is due first to this receiver."""
    for _ in range(TRIES):
        order_id = queries.next_order(session, by)
        if order_id is None:
            return None
        order = queries.lock_order(session, by, order_id)
        if order is None or order.state != "open" or queries.taken_by_other(session, by, order_id):
            continue
        work = open_work(session, by, ROOM, at_order(session, by, order).dump(), subject_id=order_id)
        if work is not None:
            return work
    return MORE


def at_order(session: Session, by: By, order: Row) -> Receiving:
    """The position of someone who is about to scan an order's document."""
    lines = queries.count_lines(session, by, order.id)
    position = Receiving(
        step="document", document=Ref(order.id, order.number, order.barcode), lines_done=int(lines.done or 0),
        lines_total=lines.total, shorts=lines.shorts, over_percent=setting(session, "over_receipt_percent", by.warehouse_id),
    )  # fmt: skip
    row = receipts.next_open_line(session, order.id)
    return with_line(_with_dock(session, by, position), row) if row else position


def _with_dock(session: Session, by: By, position: Receiving) -> Receiving:
    here = queries.dock(session, by.station_id) if by.station_id else None
    if here is not None:
        return replace(position, dock=Ref(here.id, here.code, here.barcode), docks=False)
    found = queries.docks(session, by)
    asked = len(found) > 1 or found[0].kind not in PLACES_OF_ARRIVAL
    return replace(position, dock=Ref(found[0].id, found[0].code, found[0].barcode), docks=asked)


def with_line(position: Receiving, row: Row) -> Receiving:
    """The position before another line of the order, nothing of its goods told yet."""
    return replace(
        unnamed(position, position.step), line_id=row.id, line=row.line,
        item=Ref(row.item_id, row.sku, row.item_barcode, row.name, name_zh=row.name_zh), tracking=row.tracking,
        unit=row.unit, shelf_life_days=row.shelf_life_days or 0, lock_days=row.lock_days, unit_cost=row.unit_cost,
        wanted=row.quantity, done=row.received,
    )  # fmt: skip


def _arrive(session: Session, by: By, position: Receiving, step: str = "item") -> Receiving:
    """The position at the start of naming goods, with our own proposals for what nobody may tell."""
    house = places(session, by.warehouse_id).code
    return propose(unnamed(position, step), now=by.now, timezone=by.timezone, house=house)


def hear(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """Obeys a receiver's scan."""
    if position.asking:
        return _ASKED[position.asking](session, by, work, position, heard)
    command = "XXDONE" if heard.command == "XXOK" and ends_by_ok(position) else heard.command
    verb = _COMMANDS.get(command) or _STEPS[position.step]
    return verb(session, by, work, position, heard)


def _document(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """The paper: the order that was proposed, another one, or none at all."""
    if heard.document is None and heard.item is not None:
        opened = _open_without_papers(session, by)
        first = _first_item(session, by, work, opened, heard)
        return replace(first, effects=(["receipt", opened.receipt_id], *first.effects), subject_id=opened.receipt_id)
    order_id = heard.document.id if heard.document else _order_called(session, by, position, heard)
    shown = position.document.id if position.document else 0
    if not order_id == work.subject_id == shown:
        position = _other_order(session, by, work, order_id)
    receipt_id, number = receipts.open_receipt(
        session, by, purchase_order_id=order_id, dock_id=0 if position.docks else position.place.id
    )
    position = replace(position, receipt_id=receipt_id, receipt=number, booked=0)
    effects = (["receipt", receipt_id],)
    if position.docks:
        said = ASK_DOCK(receipt=number)
        return Result(replace(position, step="location"), said, effects=effects, subject_id=order_id)
    said = RECEIPT_OPENED(receipt=number, number=position.order.code)
    return Result(_arrive(session, by, position), said, effects=effects, subject_id=order_id)


def _order_called(session: Session, by: By, position: Receiving, heard: Heard) -> int:
    """The order whose number was typed, although the number is no code."""
    found = None if heard.names or heard.reading.is_value else queries.order_called(session, by, heard.text)
    if found is None:
        raise NotExpected(read=heard.text)
    return found


def _other_order(session: Session, by: By, work: Work, order_id: int) -> Receiving:
    order = queries.lock_order(session, by, order_id)
    assert order is not None, "the order was just found"
    if order.state != "open" or not order.has_open:
        raise NothingOpen(number=order.number, state=Phrase(NOT_OPEN[order.state]))
    if queries.taken_by_other(session, by, order_id, work_id=work.id):
        raise OrderTaken(number=order.number, name=queries.receiver_name(session, by, order_id))
    return at_order(session, by, order)


def begin(session: Session, by: By, heard: Heard) -> tuple[Work, Result]:
    """Begins a receipt without papers where no order need be open: by XXSKIP, or by an item, which counts at once.

    Raises:
        NotExpected: another code.
    """
    if heard.item is None and heard.command != "XXSKIP":
        raise NotExpected(read=heard.text)
    opened = _open_without_papers(session, by)
    work = open_work(session, by, ROOM, opened.dump(), subject_id=opened.receipt_id)
    if work is None:
        raise Again
    work = replace(work, begun=1)
    if heard.item is not None:
        return work, _first_item(session, by, work, opened, heard)
    return work, Result(opened, NO_PAPERS(receipt=opened.receipt), undoable=False)


def _open_without_papers(session: Session, by: By) -> Receiving:
    """A receipt of which purchasing must find the order first."""
    position = _with_dock(session, by, Receiving(
        step="item", paperless=True, unusual=setting(session, "unusual_quantity", by.warehouse_id),
        most=setting(session, "quantity_max", by.warehouse_id),
    ))  # fmt: skip
    dock_id = 0 if position.docks else position.place.id
    receipt_id, number = receipts.open_receipt(session, by, purchase_order_id=None, dock_id=dock_id)
    return replace(position, receipt_id=receipt_id, receipt=number, step="location" if position.docks else "item")


def _first_item(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """The item that began a receipt without papers; where the dock is asked first, it counts as soon as that is told."""
    if position.step != "location":
        return _item(session, by, work, position, heard)
    assert heard.item is not None, "an item began it"
    if heard.item.quantity > position.most:
        raise QuantityTooLarge(read=heard.item.quantity, most=position.most)
    kept = replace(_other_item(session, by, position, heard.item), step="location", pack=heard.item.quantity)
    return Result(kept, ASK_DOCK(receipt=position.receipt))


def _location(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    place = heard.location
    if place is None:
        raise NotExpected(read=heard.text)
    if not _may_arrive(session, by, place.kind):
        raise NotADock(read=place.code, location=position.place.code)
    receipts.set_dock(session, position.receipt_id, place.id)
    position = replace(position, dock=Ref(place.id, place.code, place.barcode))
    effects = (["dock", position.receipt_id],)
    if position.paperless and position.item is not None:
        first = _named(session, by, _arrive(session, by, position), Told(quantity=position.pack))
        return replace(first, effects=(*effects, *first.effects))
    after = replace(position, step="item") if position.item is None else _arrive(session, by, position)
    return Result(after, AT_DOCK(location=place.code), effects=effects)


def _may_arrive(session: Session, by: By, kind: str) -> bool:
    if kind in {"virtual", "outside", "quarantine"}:
        return False
    return kind in PLACES_OF_ARRIVAL or queries.docks(session, by)[0].kind not in PLACES_OF_ARRIVAL


def _item(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    if heard.item is None:
        raise NotExpected(read=heard.text)
    if position.item is None or heard.item.id != position.goods.id:
        position = _other_item(session, by, position, heard.item)
    return _named(session, by, position, told(heard))


def _other_item(session: Session, by: By, position: Receiving, item: Item) -> Receiving:
    """Items come in any order: the line of another one is taken up."""
    if position.paperless:
        return _arrive(session, by, replace(
            position, item=Ref(item.id, item.code, item.barcode, item.name, name_zh=item.name_zh),
            tracking=item.tracking, unit=item.unit, shelf_life_days=item.shelf_life_days or 0, lock_days=item.lock_days, done=0,
        ))  # fmt: skip
    row = queries.open_line_of(session, position.order.id, item.id)
    if row is not None:
        return _arrive(session, by, with_line(position, row))
    if queries.on_order_at_all(session, position.order.id, item.id):
        raise OverReceipt(read=item.quantity, item=item.code, open=0)
    raise NotOnOrder(read=item.code, number=position.order.code, item=position.goods.code)


def _named(session: Session, by: By, position: Receiving, said: Told, *, sure: bool = False) -> Result:
    """What was told is kept; the goods are booked as soon as nothing more has to be told of them."""
    if position.tracking == "lot" and said.lot and said.lot != position.lot:
        position = _with_lot(session, position, said)
    if said.expiry_day and (position.shelf_life_days or position.tracking == "lot"):
        position = _with_expiry(position, said.expiry_day)
    serial = check_name(said.serial) if position.tracking == "serial" else ""
    missing = lacking(position, serial)
    if missing:
        if position.tracking != "serial":
            _check_open(position, said.quantity)
        named = replace(position, step=missing, pack=said.quantity)
        return Result(named, GOODS_NAMED(item=position.goods.code, expected=Phrase(TO_TELL[missing])))
    return _ask_or_book(session, by, position, said.quantity, serial=serial, sure=sure)


def _check_open(position: Receiving, quantity: int) -> None:
    """Whether so many may come at once: of a line what is open and its tolerance, else what any scan may book."""
    if position.paperless:
        if quantity > position.most:
            raise QuantityTooLarge(read=quantity, most=position.most)
    elif position.done + quantity > position.wanted + position.wanted * position.over_percent // 100:
        raise OverReceipt(read=quantity, item=position.goods.code, open=position.open_quantity)


def _with_lot(session: Session, position: Receiving, said: Told) -> Receiving:
    """The goods are of this lot; what the books know of its expiry is not asked again.

    Where no expiry is asked or told, the booking that follows at once looks the lot up itself.
    """
    code = check_name(said.lot)
    position = replace(position, lot=code, lot_id=0, lot_settled=False, expiry_day=0, layer_id=0)
    asked = position.shelf_life_days or said.expiry_day
    found = queries.lot_called(session, position.goods.id, code) if asked else None
    if found is None:
        return position
    settled = bool(found.expiry_day or found.stocked)
    return replace(position, lot_id=found.id, lot_settled=settled, expiry_day=found.expiry_day)


def _with_expiry(position: Receiving, day: int) -> Receiving:
    if position.lot_settled:
        check_expiry(Lot(position.lot_id, position.lot, position.expiry_day), day)
    return position if day == position.expiry_day else replace(position, expiry_day=day, layer_id=0)


def _naming(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """A lot, an expiry or a serial was asked for; a GS1 code may tell it among others, another item is taken up."""
    if heard.item is not None and heard.item.id != position.goods.id:
        return _item(session, by, work, position, heard)
    said = told(heard) if heard.item or heard.reading.gs1 else _told_by_text(position, heard)
    value = {"lot": said.lot, "expiry": said.expiry_day, "serial": said.serial}[position.step]
    if not value or (heard.reading.gs1 and heard.reading.gs1.gtin and heard.item is None):
        raise NotExpected(read=heard.text)
    return _named(session, by, position, said if heard.item else replace(said, quantity=position.pack))


def _told_by_text(position: Receiving, heard: Heard) -> Told:
    if position.step == "expiry":
        day = 0 if heard.names else read_expiry(heard)
        return Told(expiry_day=day)
    text = "" if _names_another_thing(heard) else heard.text
    return Told(lot=text) if position.step == "lot" else Told(serial=text)


def _names_another_thing(heard: Heard) -> bool:
    """Whether a text cannot be a supplier's lot or serial: it is a thing's code here, a command or a value."""
    reading = heard.reading
    return bool(heard.names or reading.is_value or reading.made or reading.reason is not None or GS in heard.text)


def _quantity(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """More of the goods just named; or others: another item, another lot or expiry of the same."""
    if heard.reading.quantity is not None:
        return _ask_or_book(session, by, position, heard.reading.quantity)
    if heard.item is not None:
        return _item(session, by, work, position, heard)
    if position.tracking == "lot" and heard.text == position.lot:
        return _ask_or_book(session, by, position, 1)
    if position.tracking == "lot" and not _names_another_thing(heard):
        return _named(session, by, _arrive(session, by, position, "lot"), Told(lot=heard.text))
    if position.tracking == "none" and position.expiry_day and heard.reading.expiry_day:
        return _named(session, by, position, Told(expiry_day=heard.reading.expiry_day))
    raise NotExpected(read=heard.text)


def _ask_or_book(
    session: Session, by: By, position: Receiving, quantity: int, *, serial: str = "", sure: bool = False
) -> Result:
    """Books. Goods past their date are asked once more, and, where nothing is wanted, what looks like a slip."""
    if quantity <= 0:
        raise QuantityZero
    if position.paperless and quantity > position.most:
        raise QuantityTooLarge(read=quantity, most=position.most)
    if not (sure or position.layer_id) and is_past_date(position, day_of(by.now, by.timezone)):
        return _ask_past_date(session, by, position, quantity, serial=serial)
    if position.paperless and quantity >= position.unusual and not serial:
        asking = replace(position, step="quantity", asking="unusual", asked=quantity)
        return Result(asking, UNUSUAL(quantity=quantity, item=position.goods.code))
    return _book(session, by, position, 1 if serial else quantity, serial=serial)


def _unusual(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    if heard.command != "XXOK":
        raise NotExpected(read=heard.text)
    return _book(session, by, replace(position, asking="", asked=0), position.asked)


def _ask_past_date(session: Session, by: By, position: Receiving, quantity: int, *, serial: str) -> Result:
    """Asks once more, with all that was told kept aside: XXBACK goes on as if nothing of it had been told."""
    if serial:
        _check_serial(session, by, position, serial)
    else:
        _check_open(position, quantity)
    told_now = (position.lot, position.expiry_day, serial)
    asking = replace(_arrive(session, by, position), asking="past_date", asked=quantity, told=told_now)
    return Result(asking, PAST_DATE(item=position.goods.code, expiry=iso_day(position.expiry_day)))


def _past_date(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    if heard.command != "XXOK":
        raise NotExpected(read=heard.text)
    lot, expiry_day, serial = position.told
    said = Told(lot, expiry_day, serial, position.asked)
    return _named(session, by, replace(position, asking="", asked=0, told=("", 0, "")), said, sure=True)


def _book(
    session: Session, by: By, position: Receiving, quantity: int, *, serial: str = "", damage: str = ""
) -> Result:
    """Goods come in: on the order's line, in their layer, to the dock (damaged ones to quarantine), in one posting."""
    fresh = not position.paperless and not position.done
    position, effects = _on_paper(session, by, position, quantity)
    if serial:
        _check_serial(session, by, position, serial)
    position, lot_effects = _settle_lot(session, position)
    position = _with_layer(session, by, position, fresh=fresh)
    to_id = find_quarantine(session, by.warehouse_id) if damage else position.place.id
    goods = Goods(position.goods.id, position.layer_id, position.lot_id, serial)
    move = Move(quantity, places(session, by.warehouse_id).supplier, to_id, goods)
    posting = post(session, by, "receive", [move], document=position.receipt)
    effects += [*lot_effects, ["stood", to_id, goods.item_id, goods.lot_id, goods.layer_id]]
    if damage:
        found = receipts.raise_discrepancy(
            session, by, "damaged", receipt_id=position.receipt_id, line_id=position.line_id,
            item_id=position.goods.id, quantity=quantity, reason=damage,
        )  # fmt: skip
        effects.append(["discrepancy", found])
    position = replace(position, booked=position.booked + 1, serials=position.serials + bool(serial))
    said = _booked(position, quantity, damaged=bool(damage))
    return _go_on(session, by, position, said, (posting,), effects)


def _on_paper(session: Session, by: By, position: Receiving, quantity: int) -> tuple[Receiving, list[Any]]:
    """The line (or purchasing's list, without papers) takes so many. The item's total is locked from here on."""
    if position.paperless:
        receipts.count_on_order(session, by, position.goods.id, 0)
        receipts.count_without_papers(
            session, by, receipt_id=position.receipt_id, item_id=position.goods.id, quantity=quantity
        )
        effect = ["unpapered", position.receipt_id, position.goods.id, quantity]
        return replace(position, done=position.done + quantity), [effect]
    filled = receipts.fill_line(
        session, by, line_id=position.line_id, item_id=position.goods.id, quantity=quantity,
        over_percent=position.over_percent,
    )  # fmt: skip
    if filled is None:
        raise OverReceipt(read=quantity, item=position.goods.code, open=position.open_quantity)
    effect = ["filled", position.line_id, position.goods.id, quantity]
    return replace(position, wanted=filled.quantity, done=filled.received), [effect]


def _check_serial(session: Session, by: By, position: Receiving, serial: str) -> None:
    if queries.serial_in_stock(session, by, position.goods.id, serial):
        raise SerialInStock(read=serial, item=position.goods.code)


def _settle_lot(session: Session, position: Receiving) -> tuple[Receiving, list[Any]]:
    """The lot is in the books with its expiry; from now on it is known.

    Raises:
        OtherExpiry: somebody else has told another expiry of it meanwhile.
    """
    if position.tracking != "lot" or position.lot_settled:
        return position, []
    if position.lot_id and position.expiry_day:
        session.run(
            "UPDATE lot SET expiry_day = :day WHERE id = :id AND expiry_day = 0",
            day=position.expiry_day, id=position.lot_id,
        )  # fmt: skip
    lot = find_or_make_lot(session, position.goods.id, position.lot, position.expiry_day)
    settled = replace(position, lot_id=lot.id, lot_settled=True, expiry_day=lot.expiry_day)
    return settled, [["lot", lot.id]]


def _with_layer(session: Session, by: By, position: Receiving, *, fresh: bool) -> Receiving:
    """The one layer of this receipt, line and lot (or expiry): all its scans share it. A fresh line has none yet."""
    if position.layer_id:
        return position
    found = 0 if fresh else queries.layer_of(
        session, by, receipt_id=position.receipt_id, line_id=position.line_id, item_id=position.goods.id,
        lot_id=position.lot_id, expiry_day=position.expiry_day,
    )  # fmt: skip
    if found:
        return replace(position, layer_id=found)
    layer_id = make_layer(
        session, by, item_id=position.goods.id, received_at=by.now, lot_id=position.lot_id,
        expiry_day=position.expiry_day, shelf_life_days=position.shelf_life_days or None,
        lock_days=position.lock_days, receipt_id=position.receipt_id, purchase_order_line_id=position.line_id,
        unit_cost=position.unit_cost,
    )  # fmt: skip
    if position.paperless:
        block(session, by, Block(position.goods.id, "no_papers", layer_id=layer_id), reason=position.receipt)
    return replace(position, layer_id=layer_id)


def _booked(position: Receiving, quantity: int, *, damaged: bool) -> Any:
    item = position.item.code if position.item else ""
    if damaged:
        return DAMAGED_IN(quantity=quantity, item=item)
    if position.paperless:
        return RECEIVED_BLOCKED(quantity=quantity, item=item)
    return RECEIVED(quantity=quantity, item=item, open=position.open_quantity)


def _go_on(
    session: Session, by: By, position: Receiving, said: Any, postings: tuple[int, ...], effects: list[Any]
) -> Result:
    """More of these goods, the next line, or the end of the receipt."""
    if position.paperless or position.open_quantity:
        if position.tracking == "serial":
            after = replace(_arrive(session, by, position, "serial"), expiry_day=position.expiry_day,
                            layer_id=position.layer_id)  # fmt: skip
        else:
            after = replace(position, step="quantity")
        return Result(after, said, postings=postings, effects=tuple(effects))
    position = replace(position, lines_done=position.lines_done + 1)
    if position.lines_done >= position.lines_total and receipts.close_if_full(session, position.order.id):
        return _complete(session, by, position, postings, effects)
    row = receipts.next_open_line(session, position.order.id, after=position.line)
    if row is not None:
        after = _arrive(session, by, with_line(position, row))
        return Result(after, said, postings=postings, effects=tuple(effects))
    receipts.close_if_full(session, position.order.id)
    return _complete(session, by, position, postings, effects)


def _complete(session: Session, by: By, position: Receiving, postings: tuple[int, ...], effects: list[Any]) -> Result:
    """Nothing of the order is open: receipt and order end, and nothing of it is short any more."""
    receipts.close_receipt(session, by, position.receipt_id)
    effects = [*effects, ["closed", position.receipt_id]]
    if position.shorts:
        receipts.close_shorts(session, by, order_id=position.order.id)
        effects.append(["shorts_closed", position.order.id, by.now])
    said = RECEIPT_COMPLETE(receipt=position.receipt, number=position.order.code)
    return Result(position, said, done=True, postings=postings, effects=tuple(effects))


def _damage(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    if position.item is None or position.step in {"document", "location"}:
        raise NotExpected(read=heard.text)
    return Result(replace(position, asking="damage_quantity"), ASK_DAMAGED())


def _damage_quantity(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    quantity = heard.reading.quantity
    if quantity is None:
        raise NotExpected(read=heard.text)
    if quantity <= 0:
        raise QuantityZero
    if position.tracking == "serial" and quantity > 1:
        raise TooMany(read=quantity, wanted=1)
    _check_open(position, quantity)
    reasons = tuple(setting(session, "damage_reasons", by.warehouse_id))
    asking = replace(position, asking="damage_reason", asked=quantity, reasons=reasons)
    return Result(asking, ASK_DAMAGE_REASON(quantity=quantity))


def _damage_reason(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """Damaged goods go straight to quarantine; what nobody told of them is named by us."""
    reasons = setting(session, "damage_reasons", by.warehouse_id)
    if heard.reading.reason not in reasons:
        raise UnknownDamageReason(read=heard.text, expected=tuple(reasons))
    quantity, back = position.asked, position.step
    position = replace(position, asking="", asked=0, reasons=())
    named = position
    if named.tracking == "lot" and not named.lot:
        named = _with_lot(session, named, Told(lot=named.proposed_lot))
    if lacking(named) == "expiry":
        named = _with_expiry(named, named.proposed_expiry_day)
    serial = named.proposed_serial if named.tracking == "serial" else ""
    result = _book(session, by, named, quantity, serial=serial, damage=str(heard.reading.reason))
    after = result.position
    assert isinstance(after, Receiving), "receiving's own position"
    if back != "quantity" and not result.done and after.line_id == named.line_id and not serial:
        after = _arrive(session, by, after)
    return replace(result, position=after)


def _skip(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """Later: another line first. At the document: there is none, the receipt has no papers."""
    if position.step == "document":
        opened = _open_without_papers(session, by)
        effects = (["receipt", opened.receipt_id],)
        return Result(opened, NO_PAPERS(receipt=opened.receipt), effects=effects, subject_id=opened.receipt_id)
    if position.step == "location" or position.item is None:
        raise NotExpected(read=heard.text)
    if position.paperless:
        cleared = replace(unnamed(position), item=None, tracking="none", shelf_life_days=0, done=0)
        return Result(cleared, OTHER_LINE(item=""))
    row = receipts.next_open_line(session, position.order.id, after=position.line)
    if row is None or (row.id == position.line_id and position.step == "item"):
        return Result(position, ONLY_ONE(), undoable=False)
    return Result(_arrive(session, by, with_line(position, row)), OTHER_LINE(item=row.sku))


def _done(session: Session, by: By, work: Work, position: Receiving, heard: Heard) -> Result:
    """The receipt ends early: what is open stays open, and purchasing hears what was short."""
    if position.step == "document":
        raise NotExpected(read=heard.text)
    receipts.close_receipt(session, by, position.receipt_id)
    effects: list[Any] = [["closed", position.receipt_id]]
    if position.booked and not position.paperless:
        receipts.raise_shorts(session, by, receipt_id=position.receipt_id, order_id=position.order.id)
        effects += [["shorts", position.receipt_id], ["shorts_closed", position.order.id, by.now]]
    return Result(position, RECEIPT_ENDED(receipt=position.receipt), done=True, effects=tuple(effects))


def link(session: Session, by: By, work_id: int, *, number: str) -> Answer:
    """Purchasing names the order of a receipt that came without papers: its goods are free, the order is filled.

    Raises:
        Forbidden: this account may not link.
        HasPapers: the receipt belongs to an order already.
        NotListed: it holds what the order does not list.
    """
    if not by.has(*LINKERS):
        raise Forbidden(what=Phrase(N_("Linking a receipt to its order")), roles=named(LINKERS))
    act = acts.claim(session, by, path=f"/{ROOM}/{work_id}/link", code=number, work_id=work_id)
    if act.earlier is not None:
        return Answer(act.status, None, act.notice, replayed=True)
    work = pieces.load(session, by, ROOM, work_id, lock=True)
    position = Receiving.load(work.position) if work else None
    if work is None or position is None or not position.receipt_id:
        raise NotFound(what=f"/{ROOM}/{work_id}")
    receipt = queries.receipt_order(session, position.receipt_id)
    if not position.paperless or receipt is None or receipt.purchase_order_id:
        raise HasPapers(receipt=position.receipt)
    order = _order_to_link(session, by, number)
    if strange := receipts.unlisted(session, by, receipt_id=position.receipt_id, order_id=order.id):
        raise NotListed(number=order.number, items=tuple(strange), receipt=position.receipt)
    over = receipts.link_receipt(session, by, receipt_id=position.receipt_id, order_id=order.id)
    if work.is_open:
        pieces.save(session, by, work, state="done", place_id=0)
    _tell_receiver(session, by, order.id)
    said = LINKED(receipt=position.receipt, number=order.number)
    if over:
        said = LINKED_OVER(receipt=position.receipt, number=order.number, over=over)
    acts.remember(session, act, status=200, notice=said, work_id=work.id, code=number)
    return Answer(200, None, said)


def _order_to_link(session: Session, by: By, number: str) -> Row:
    order_id = queries.order_called(session, by, number) if number else None
    order = queries.lock_order(session, by, order_id) if order_id else None
    if order is None:
        raise UnknownCode(read=number, expected=Phrase(N_("the number of a purchase order")))
    if order.state not in {"open", "closed"}:
        raise NothingOpen(number=order.number, state=Phrase(NOT_OPEN[order.state]))
    return order


def _tell_receiver(session: Session, by: By, order_id: int) -> None:
    """Who is receiving the same order sees what is left of it; their next scan finds the step stale."""
    work_id = queries.receiver_of(session, by, order_id)
    work = pieces.load(session, by, ROOM, work_id, lock=True) if work_id else None
    if work is None or not work.is_open:
        return
    position = Receiving.load(work.position)
    row = receipts.next_open_line(session, order_id, after=position.line - 1)
    lines = queries.count_lines(session, by, order_id)
    position = replace(position, asking="", asked=0, lines_done=int(lines.done or 0))
    if row is None:
        if position.receipt_id:
            receipts.close_receipt(session, by, position.receipt_id)
        pieces.save(session, by, work, state="done", position=position.dump())
    elif row.id == position.line_id:
        pieces.save(session, by, work, position=replace(position, done=row.received).dump())
    else:
        step = position.step if position.step in {"document", "location"} else "item"
        pieces.save(session, by, work, position=_arrive(session, by, with_line(position, row), step).dump())


def refresh(session: Session, by: By, position: Receiving) -> Receiving:
    """A position that was put back: its line may have been filled from elsewhere since, its lot be known now."""
    if position.item is None:
        return position
    if position.lot and position.tracking == "lot":
        told_day = position.expiry_day
        position = _with_lot(session, position, Told(lot=position.lot))
        if not position.lot_settled:
            position = replace(position, expiry_day=told_day)
    row = queries.line_now(session, position.line_id) if position.line_id else None
    return replace(position, wanted=row.quantity, done=row.received) if row else position


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> None:
    """Takes back what an act changed beside the ledger, latest first.

    Raises:
        TooLateToUndo: another receipt of the order has begun, or purchasing has linked this one.
    """
    if not work.is_open and work.subject_id:
        queries.lock_order(session, by, work.subject_id)
        if queries.taken_by_other(session, by, work.subject_id, work_id=work.id):
            raise TooLateToUndo
    try:
        for name, *rest in sorted(effects, key=lambda effect: _UNDO_ORDER.index(effect[0])):
            _UNDO[name](session, by, *rest)
    except Again as error:
        raise TooLateToUndo from error


def _undo_stood(session: Session, by: By, place_id: int, item_id: int, lot_id: int, layer_id: int) -> None:
    """Where the goods arrived they may be on somebody's cart by now, although the book has them at the dock."""
    row = carrying.subject_of(location_id=place_id, item_id=item_id, lot_id=lot_id, layer_id=layer_id)
    if carrying.is_in_hand(session, by, row):
        raise TooLateToUndo


def _undo_shorts(session: Session, by: By, receipt_id: int) -> None:
    receipts.drop_shorts(session, by, receipt_id=receipt_id)


def _undo_shorts_closed(session: Session, by: By, order_id: int, at: int) -> None:
    receipts.reopen_shorts(session, by, order_id=order_id, closed_at=at)


def _undo_closed(session: Session, by: By, receipt_id: int) -> None:
    _check_unlinked(session, receipt_id)
    receipts.reopen_receipt(session, receipt_id)


def _undo_filled(session: Session, by: By, line_id: int, item_id: int, quantity: int) -> None:
    receipts.take_back_from_line(session, by, line_id=line_id, item_id=item_id, quantity=quantity)


def _undo_unpapered(session: Session, by: By, receipt_id: int, item_id: int, quantity: int) -> None:
    _check_unlinked(session, receipt_id)
    receipts.count_without_papers(session, by, receipt_id=receipt_id, item_id=item_id, quantity=-quantity)
    session.run(
        "DELETE FROM discrepancy WHERE warehouse_id = :warehouse AND receipt_id = :receipt AND quantity = 0",
        warehouse=by.warehouse_id, receipt=receipt_id,
    )  # fmt: skip


def _check_unlinked(session: Session, receipt_id: int) -> None:
    """A receipt without papers that purchasing has linked is no longer the receiver's to change."""
    linked = session.value(
        """SELECT 1 AS one FROM receipt r WHERE r.id = :id AND r.purchase_order_id IS NOT NULL AND EXISTS (
               SELECT 1 FROM discrepancy d WHERE d.warehouse_id = r.warehouse_id AND d.receipt_id = r.id
                 AND d.kind = 'no_papers' AND d.closed_at IS NOT NULL)""", id=receipt_id)  # fmt: skip
    if linked:
        raise TooLateToUndo


def _undo_discrepancy(session: Session, by: By, discrepancy_id: int) -> None:
    receipts.drop_discrepancy(session, discrepancy_id)


def _undo_lot(session: Session, by: By, lot_id: int) -> None:
    """A lot of which nothing is left has no expiry to stand by: the next scan may tell the right one."""
    session.run(
        """UPDATE lot SET expiry_day = 0 WHERE id = :lot AND NOT EXISTS (
               SELECT 1 FROM warehouse w JOIN balance b ON b.warehouse_id = w.id AND b.item_id = lot.item_id
               WHERE b.lot_id = lot.id)""", lot=lot_id)  # fmt: skip


def _undo_dock(session: Session, by: By, receipt_id: int) -> None:
    receipts.set_dock(session, receipt_id, 0)


def _undo_receipt(session: Session, by: By, receipt_id: int) -> None:
    """Its number is used: an empty note stays, so that no number is missing."""
    receipts.close_receipt(session, by, receipt_id)


_UNDO: dict[str, Callable[..., None]] = {
    "stood": _undo_stood, "shorts": _undo_shorts, "shorts_closed": _undo_shorts_closed, "closed": _undo_closed,
    "filled": _undo_filled, "unpapered": _undo_unpapered, "discrepancy": _undo_discrepancy, "lot": _undo_lot,
    "dock": _undo_dock, "receipt": _undo_receipt,
}  # fmt: skip
_UNDO_ORDER = list(_UNDO)

_STEPS: dict[str, Callable[..., Result]] = {
    "document": _document, "location": _location, "item": _item, "lot": _naming, "expiry": _naming,
    "serial": _naming, "quantity": _quantity,
}  # fmt: skip
_COMMANDS: dict[str, Callable[..., Result]] = {"XXDAMAGE": _damage, "XXSKIP": _skip, "XXDONE": _done}
_ASKED: dict[str, Callable[..., Result]] = {
    "damage_quantity": _damage_quantity, "damage_reason": _damage_reason, "unusual": _unusual, "past_date": _past_date,
}  # fmt: skip
