"""What clearing changes: a clearance given out with a place for its goods, taken there, left, missed, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.counts.requests import raise_count
from warehouse.db import Row, Session
from warehouse.errors import Notice, Phrase
from warehouse.floor.clearing import queries
from warehouse.floor.clearing.rules import (
    AT_BIN,
    BRING_BACK,
    BRING_SCRAP,
    CAUSES,
    IN_RESERVE,
    SCRAPPED,
    SENT_BACK,
    STAYS,
    Clearing,
    NotTheReserve,
)  # fmt: skip
from warehouse.ledger import post
from warehouse.ledger.told import PLACES
from warehouse.planning import clearing
from warehouse.scanning.resolve import Heard
from warehouse.who import By
from warehouse.work import carrying, space
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_work
from warehouse.work.position import replace
from warehouse.work.refusals import WrongLocation
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Ref
from warehouse.work.space import Space
from warehouse.work.way import way
from warehouse.work.whereabouts import whereabouts

MOST = 1000
BOOKED = "cleared"  # the effect that tells how many of the clearance were taken, and whether that ended it
DOCKS = frozenset({"staging", "dock"})


def take(session: Session, by: By) -> Work | More | Notice | None:
    """Gives the first clearance along the walk to this person; else tells why it is none."""
    later = queries.put_off(session, by)
    nowhere: dict[int, Notice] = {}
    for row in sorted(queries.waiting(session, by, most=MOST), key=lambda row: row.id in later):
        given = None if row.kind == "reserve" and row.item_id in nowhere else _give(session, by, row.id)
        if isinstance(given, Notice):
            nowhere[row.item_id] = given
        elif given is not None:
            return given
    return next(iter(nowhere.values()), None)


def waiting(session: Session, by: By) -> int:
    """How many clearances nobody works at yet."""
    return queries.how_many(session, by)


def _give(session: Session, by: By, clearance_id: int) -> Work | More | Notice | None:
    """One clearance as a piece of work; a notice where no bin takes any of it, MORE if another person was faster."""
    row = queries.lock_free(session, by, clearance_id)
    if row is None:
        return MORE
    available = min(row.rest, row.there)
    if available <= 0:  # a count or an undo took what was there
        clearing.cancel(session, by, clearance_id)
        return None
    mix, place, kept = setting(session, "mix_items", by.warehouse_id), _leaving(session, by, row), 0
    wanted = available
    if row.kind == "reserve":
        proposed = _propose(session, by, row, available, mix=mix)
        if proposed is None:
            return space.nowhere(session, by, item=row.sku, item_class=row.item_class, location=row.code)
        wanted = min(available, space.takes(proposed, mix=mix))
        place, kept = proposed, proposed.id if proposed.limited or not mix else 0
    position = Clearing(
        step="source", kind=row.kind, source=Ref(row.location_id, row.code, row.barcode), source_path=row.path,
        item=Ref(row.item_id, row.sku, row.item_barcode, row.name, name_zh=row.name_zh), tracking=row.tracking,
        unit=row.unit, lot=Ref(row.lot_id, row.lot, row.lot) if row.lot else None, layer_id=row.layer_id,
        open_serials=(row.serial,) if row.serial else (), available=available, wanted=wanted, unmixed=not mix,
        place=Ref(place.id, place.code, place.barcode), place_path=place.path,
    )  # fmt: skip
    return open_work(session, by, clearing.ROOM, position.dump(), subject_id=clearance_id, place_id=kept) or MORE


def _leaving(session: Session, by: By, row: Row) -> Row | Space:
    """Where goods that leave the house are put: for the supplier at staging or a dock, else to the scrap."""
    here = places(session, by.warehouse_id)
    if row.kind == "return":
        return queries.place_for_supplier(session, by) or queries.place(session, here.supplier)
    return queries.place(session, here.scrap)


def _propose(session: Session, by: By, row: Row, quantity: int, *, mix: bool) -> Space | None:
    """The bin of the reserve that suits best; None if none takes any."""
    found = space.propose(
        session, by, item_id=row.item_id, item_class=row.item_class, lot_id=row.lot_id, quantity=quantity, mix=mix,
        fast=False, face=0,
    )  # fmt: skip
    return found if found is not None and found.id != row.location_id else None


def hear(session: Session, by: By, work: Work, position: Clearing, heard: Heard) -> Result:
    """Obeys a clearing worker's scan."""
    if heard.command == "XXDONE" and not position.asking:
        return _done(session, by, work, position, heard)
    if position.is_confirmed and _confirms(position, heard):
        return _put_down(session, by, work, position, _outside(session, by, position))
    result = carrying.hear(session, by, work, position, heard)
    if result is not None:
        return _followed(session, by, work, position, result)
    if position.step == "source":
        return _source(session, position, heard)
    if position.kind != "reserve" or heard.location is None:
        raise NotExpected(read=heard.text)
    return _into_reserve(session, by, work, position, heard.location.id)


def _source(session: Session, position: Clearing, heard: Heard) -> Result:
    """The bin that the goods lie in, and no other: others of the item are not asked for."""
    assert position.source is not None and position.item is not None, "goods have a place"  # noqa: PT018
    read = heard.location
    if read is None:
        raise NotExpected(read=heard.text)
    if read.id != position.source.id:
        there = whereabouts(session, position.source.id)
        raise WrongLocation(read=read.code, location=position.source.code, way=way(read.path, there))
    said = AT_BIN(location=read.code, quantity=position.wanted, item=position.item.code)
    return Result(replace(position, step="item"), said)


def _confirms(position: Clearing, heard: Heard) -> bool:
    """Whether a scan says that the goods were put where the screen names: XXOK, or the label of that place."""
    assert position.place is not None, "goods go somewhere"
    if heard.command == "XXOK" or heard.text == position.place.barcode:
        return True
    return position.kind == "return" and heard.location is not None and heard.location.kind in DOCKS


def _outside(session: Session, by: By, position: Clearing) -> int:
    here = places(session, by.warehouse_id)
    return here.supplier if position.kind == "return" else here.scrap


def _into_reserve(session: Session, by: By, work: Work, position: Clearing, place_id: int) -> Result:
    """The bin was scanned: any that may take the goods and is no pick face is as good as the proposed one."""
    assert position.place is not None and position.item is not None and position.source is not None  # noqa: PT018
    there = carrying.place_for(session, work, position, place_id)
    if there.pick_face or there.id == position.source.id:
        raise NotTheReserve(read=there.code, location=position.place.code, way=way(there.path, position.place_path))
    carrying.check_place(there, position)
    instead = carrying.instead(position, there)
    return _put_down(session, by, work, position, there.id, code=there.code, effects=instead)


def _put_down(
    session: Session,
    by: By,
    work: Work,
    position: Clearing,
    to_id: int,
    *,
    code: str = "",
    effects: tuple[Any, ...] = (),
) -> Result:
    """What is in hand is posted, and this piece of work ends; what is left of the clearance is another one."""
    assert position.item is not None, "goods are in hand"
    if (less := carrying.what_is_there(session, by, position, position.in_hand, position.serials)) is not None:
        return _followed(session, by, work, position, less)
    posting = post(session, by, CAUSES[position.kind], carrying.moves_of(position, to_id))
    booked = _book(session, by, work, position.in_hand, last=position.in_hand >= position.available)
    said = {"reserve": IN_RESERVE, "return": SENT_BACK, "scrap": SCRAPPED}[position.kind]
    told = said(quantity=position.in_hand, item=position.item.code, **({"location": code} if code else {}))
    return Result(position, told, done=True, postings=(posting,), effects=(*effects, booked))


def _book(session: Session, by: By, work: Work, quantity: int, *, last: bool) -> list[Any]:
    """So many of the clearance are out of the bin; the effect by which that is undone."""
    closed = clearing.take_out(session, by, work.subject_id, quantity, last=last)
    return [BOOKED, work.subject_id, quantity, closed]


def _followed(session: Session, by: By, work: Work, before: Clearing, result: Result) -> Result:
    """What carrying has done, as the clearance sees it: damaged goods are out of the bin too; with nothing left it ends."""
    if result.postings or result.done:
        booked = _book(session, by, work, before.asked if result.postings else 0, last=result.done)
        return replace(result, effects=(*result.effects, booked))
    after = result.position
    assert isinstance(after, Clearing), "clearing's own position"
    if result.notice.code == carrying.IN_HAND().code and after.is_confirmed:
        return replace(result, notice=_bring(after))
    return result


def _bring(position: Clearing) -> Notice:
    assert position.item is not None and position.place is not None, "goods and where they go"  # noqa: PT018
    if position.kind == "scrap":
        return BRING_SCRAP(quantity=position.in_hand, item=position.item.code)
    code = position.place.code
    return BRING_BACK(quantity=position.in_hand, item=position.item.code,
                      location=Phrase(PLACES[code]) if code in PLACES else code)  # fmt: skip


def _done(session: Session, by: By, work: Work, position: Clearing, heard: Heard) -> Result:
    """No more of it is taken: what is left stays in its bin, and is free again once what is in hand is put down."""
    if position.step in {"source", "place"}:
        raise NotExpected(read=heard.text)
    assert position.item is not None and position.source is not None, "goods have a place"  # noqa: PT018
    counted = raise_count(
        session, by, item_id=position.item.id, location_id=position.source.id, reason="short"
    )  # fmt: skip
    after = replace(position, available=position.in_hand, wanted=position.in_hand, step="place")
    said = STAYS(item=position.item.code, location=position.source.code)
    result = Result(after, said, done=not position.in_hand, effects=(["count", counted],))
    return _followed(session, by, work, position, result)


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> None:
    """Takes back what an act changed beside the ledger: the clearance is to be done again, and its goods are held.

    Raises:
        TooLateToUndo: the clearance was ended otherwise since.
    """
    for name, *rest in reversed(effects):
        if name == BOOKED:
            clearance_id, quantity, closed = rest
            clearing.put_back(session, by, clearance_id, quantity, closed=closed)
        elif name in carrying.UNDO:
            carrying.UNDO[name](session, by, *rest)
