"""What replenishing changes: an item given out with its reserve and its face, brought there, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.catalog.settings import setting
from warehouse.clock import iso_day
from warehouse.db import Row, Session
from warehouse.floor.replenishing import queries
from warehouse.floor.replenishing.rules import (
    AT_RESERVE,
    OTHER_FACE,
    OTHER_RESERVE,
    REPLENISHED,
    ROOM,
    NotAPickFace,
    Replenishing,
    wanted_from,
)  # fmt: skip
from warehouse.ledger import TooLateToUndo, post
from warehouse.orders.release import SOURCE_SLICE, being_sourced, pick_directly, source_some
from warehouse.scanning.resolve import Heard, Place
from warehouse.who import By
from warehouse.work import carrying, override, space
from warehouse.work.carrying import SERIALS_MOST
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_work
from warehouse.work.position import replace
from warehouse.work.refusals import OVERRIDDEN, FifoOlder, WrongLocation
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Ref
from warehouse.work.space import Space
from warehouse.work.way import way
from warehouse.work.whereabouts import whereabouts


def take(session: Session, by: By) -> Work | More | None:
    """Gives an item that pick faces lack to this person: first what orders wait for, then what is low."""
    if not space.faces_marked(session, by):
        return None
    if source_some(session) == SOURCE_SLICE:
        return MORE
    carried, later = queries.subjects(session, by)
    for rows in (queries.demanded(session, by), _low(session, by)):
        free = [row for row in rows if row.item_id not in carried]
        for row in sorted(free, key=lambda row: row.item_id in later):
            given = _give(session, by, row)
            if given is not None:
                return given
            if row.lacking:
                pick_directly(session, by, row.item_id)
    return MORE if being_sourced(session) else None


def _low(session: Session, by: By) -> list[Row]:
    return queries.low(session, by, minimum=setting(session, "pick_face_minimum", by.warehouse_id))


def waiting(session: Session, by: By) -> int:
    """How many items pick faces lack and take, and nobody brings yet."""
    if not space.faces_marked(session, by):
        return 0
    carried, _ = queries.subjects(session, by)
    items = {row.item_id: row for row in _low(session, by) + queries.demanded(session, by)}
    mix = setting(session, "mix_items", by.warehouse_id)
    return sum(_has_face(session, by, items[item], mix=mix) for item in items.keys() - carried)


def _has_face(session: Session, by: By, lacked: Row, *, mix: bool) -> bool:
    row = queries.oldest(session, by, lacked.item_id)
    return row is not None and _propose(session, by, row, int(lacked.lacking), mix=mix) is not None


def _give(session: Session, by: By, lacked: Row) -> Work | More | None:
    """One item as a piece of work; None if no face takes any of it, MORE if another person was faster."""
    item_id, lacking = lacked.item_id, int(lacked.lacking)
    mix = setting(session, "mix_items", by.warehouse_id)
    if not _has_face(session, by, lacked, mix=mix):
        return None
    queries.lock_item(session, by, item_id)
    row = queries.oldest(session, by, item_id)
    if row is None or queries.carried_by_other(session, by, item_id, work_id=0):
        return MORE
    face = _propose(session, by, row, lacking, mix=mix)
    if face is None:
        return MORE
    wanted = wanted_from(
        available=most_of(row), room=space.takes(face, mix=mix), lacking=lacking,
        in_faces=queries.in_faces(session, by, item_id), fill=setting(session, "pick_face_fill", by.warehouse_id),
    )  # fmt: skip
    blank = Replenishing(
        step="source", item=Ref(row.item_id, row.sku, row.item_barcode, row.name, name_zh=row.name_zh),
        tracking=row.tracking, unit=row.unit, place=Ref(face.id, face.code, face.barcode), place_path=face.path,
        unmixed=not mix, face_wanted=wanted,
    )  # fmt: skip
    position = _with_row(session, by, blank, row)
    kept = _kept(face, mix=mix)
    return open_work(session, by, ROOM, position.dump(), subject_id=item_id, place_id=kept) or MORE


def _kept(face: Space, *, mix: bool) -> int:
    """The face that a piece of work keeps for itself: one whose room others could take; else none."""
    return face.id if face.limited or face.empty or not mix else 0


def most_of(row: Row) -> int:
    """How many of a reserve row one walk may bring: all, but single pieces only so many as can be checked."""
    return SERIALS_MOST if row.tracking == "serial" else int(row.free)


def _propose(session: Session, by: By, row: Row, lacking: int, *, mix: bool) -> Space | None:
    """The item's own face; else an empty one, else, where bins may be mixed, any that takes it."""
    last = queries.last_face(session, by, row.item_id)
    if last:
        own = space.space_at(session, place_id=last, item_id=row.item_id, lot_id=row.lot_id)
        if not own.others and not own.short and space.takes(own, mix=mix):
            return own
    return space.propose(
        session, by, item_id=row.item_id, item_class=row.item_class, lot_id=row.lot_id,
        quantity=max(lacking, 1), mix=mix, fast=True, face=1,
    )  # fmt: skip


def _with_row(session: Session, by: By, position: Replenishing, row: Row) -> Replenishing:
    """The position before another reserve row of the item."""
    serials = queries.serials_at(session, by, row, most=SERIALS_MOST) if row.tracking == "serial" else ()
    available = len(serials) if serials else int(row.free)
    return replace(
        position, source=Ref(row.location_id, row.code, row.barcode), source_path=row.path, layer_id=row.layer_id,
        rank_day=row.rank_day, lot=Ref(row.lot_id, row.lot, row.lot) if row.lot else None, open_serials=serials,
        serials=(), in_hand=0, available=available, wanted=min(available, position.face_wanted),
    )  # fmt: skip


def hear(session: Session, by: By, work: Work, position: Replenishing, heard: Heard) -> Result:
    """Obeys a replenisher's scan."""
    other = _other_lot(session, by, work, position, heard)
    switched = other.position if other else position
    assert isinstance(switched, Replenishing), "replenishing's own position"
    result = carrying.hear(session, by, work, switched, heard)
    if result is not None:
        return result
    if position.step == "source":
        return _source(session, by, work, position, heard)
    return _put_down(session, by, work, position, heard)


def _source(session: Session, by: By, work: Work, position: Replenishing, heard: Heard) -> Result:
    """The reserve bin: the proposed one, or another whose goods are as old."""
    assert position.source is not None and position.item is not None, "goods have a place"  # noqa: PT018
    place = heard.location
    if place is None:
        raise NotExpected(read=heard.text)
    if place.id == position.source.id:
        said = AT_RESERVE(location=place.code, quantity=position.wanted, item=position.item.code)
        return Result(replace(position, step="item"), said)
    row = queries.oldest(session, by, position.item.id, place_id=place.id)
    if row is None:
        there = whereabouts(session, position.source.id)
        raise WrongLocation(read=place.code, location=position.source.code, way=way(place.path, there))
    return _instead(session, by, work, position, row, place)


def _instead(session: Session, by: By, work: Work, position: Replenishing, row: Row, place: Place | Ref) -> Result:
    """Takes another reserve row than the oldest, if it is as old or a supervisor lets it pass once (R-PICK-1)."""
    assert position.source is not None, "goods have a place"
    said = OTHER_RESERVE(location=place.code)
    if row.rank_day > position.rank_day:
        read = row.lot if place.id == position.source.id else place.code
        older = FifoOlder(
            read=read, newer=iso_day(row.rank_day), older=iso_day(position.rank_day), location=position.source.code,
            way=way(row.path, whereabouts(session, position.source.id)),
        )  # fmt: skip
        if position.override != "armed":
            raise older
        said = OVERRIDDEN(location=place.code, name=position.override_name)
        position = override.use(session, by, position, work_id=work.id, refusal=older.code)
    step = "item" if position.step == "source" else position.step
    return Result(replace(_with_row(session, by, position, row), step=step), said)


def _other_lot(session: Session, by: By, work: Work, position: Replenishing, heard: Heard) -> Result | None:
    """Another lot in the same reserve bin than the oldest was scanned; None for any other scan."""
    if position.lot is None or position.asking or position.in_hand or position.step not in {"item", "lot"}:
        return None
    gs1 = heard.reading.gs1
    text = gs1.lot if gs1 else "" if heard.names or heard.reading.is_value or position.step == "item" else heard.text
    if not text or text == position.lot.code:
        return None
    assert position.source is not None and position.item is not None, "goods have a place"  # noqa: PT018
    row = queries.oldest(session, by, position.item.id, place_id=position.source.id, lot=text)
    return _instead(session, by, work, position, row, position.source) if row else None


def _put_down(session: Session, by: By, work: Work, position: Replenishing, heard: Heard) -> Result:
    """The pick face was scanned: the goods lie there now, can be picked, and this piece of work ends."""
    assert position.place is not None and position.item is not None, "goods and where they go"  # noqa: PT018
    if heard.location is None:
        raise NotExpected(read=heard.text)
    if (less := carrying.what_is_there(session, by, position, position.in_hand, position.serials)) is not None:
        return less
    there = carrying.place_for(session, work, position, heard.location.id)
    if not there.pick_face:
        raise NotAPickFace(read=there.code, location=position.place.code, way=way(there.path, position.place_path))
    is_held = there.same_short and there.id == position.place.id
    if is_held and (other := _other_face(session, by, position, there)) is not None:
        return other
    carrying.check_place(there, position)
    posting = post(session, by, "replenish", carrying.moves_of(position, there.id))
    effects = carrying.instead(position, there)
    said = REPLENISHED(quantity=position.in_hand, item=position.item.code, location=there.code)
    return Result(position, said, done=True, postings=(posting,), effects=effects)


def _other_face(session: Session, by: By, position: Replenishing, held: Space) -> Result | None:
    """Since this face was proposed, goods were missed there: another takes what is in hand; None if there is none."""
    assert position.item is not None, "goods are in hand"
    found = space.propose(
        session, by, item_id=position.item.id, item_class=held.item_class, lot_id=position.lot_id,
        quantity=position.in_hand, mix=not position.unmixed, fast=True, face=1,
    )  # fmt: skip
    if found is None:
        return None
    said = OTHER_FACE(held=held.code, location=found.code, way=way(held.path, found.path))
    moved = replace(position, place=Ref(found.id, found.code, found.barcode), place_path=found.path)
    return Result(moved, said, place_id=_kept(found, mix=not position.unmixed))


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> None:
    """Takes back what an act changed beside the ledger.

    Raises:
        TooLateToUndo: another person replenishes this item by now.
    """
    if not work.is_open:
        queries.lock_item(session, by, work.subject_id)
        if queries.carried_by_other(session, by, work.subject_id, work_id=work.id):
            raise TooLateToUndo
    for name, *rest in effects:
        if name in carrying.UNDO:
            carrying.UNDO[name](session, by, *rest)
