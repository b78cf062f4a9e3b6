"""What putaway changes: a stock row given out with a bin for it, brought there, set aside, missed, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.catalog.settings import setting
from warehouse.clock import HOUR
from warehouse.db import Row, Session
from warehouse.errors import Notice
from warehouse.floor.putaway import queries
from warehouse.floor.putaway.rules import PUT_AWAY, ROOM, Putaway, wanted_there
from warehouse.ids import first_id_at
from warehouse.ledger import TooLateToUndo, post
from warehouse.scanning.resolve import CONTAINER_KINDS, Heard
from warehouse.who import By
from warehouse.work import carrying, space
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_work
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Ref
from warehouse.work.space import Space

LOOK_AT = 10
MOST = 1000
WEEK = 7 * 24 * HOUR


def take(session: Session, by: By) -> Work | More | Notice | None:
    """Gives the goods that stand about longest, for which there is a bin, to this person; else tells why it is none."""
    carried, later = queries.subjects(session, by)
    nowhere: dict[int, Row] = {}
    for most in (LOOK_AT + len(carried) + len(later), MOST):
        rows = queries.pieces(session, by, most=most)
        for row in sorted(_free(rows, carried), key=lambda row: _subject(row) in later):
            given = None if row.item_id in nowhere else _give(session, by, row)
            if given is not None:
                return given
            nowhere.setdefault(row.item_id, row)
        if len(rows) < most:
            break
    return _nowhere(session, by, next(iter(nowhere.values()))) if nowhere else None


def _free(rows: Sequence[Row], carried: frozenset[int]) -> list[Row]:
    return [row for row in rows if _subject(row) not in carried]


def _subject(row: Row) -> int:
    return carrying.subject_of(
        location_id=row.location_id, item_id=row.item_id, lot_id=row.lot_id, layer_id=row.layer_id
    )


def _nowhere(session: Session, by: By, row: Row) -> Notice:
    facts = queries.piece(session, row)
    return space.nowhere(session, by, item=facts.sku, item_class=facts.item_class, location=facts.code)


def waiting(session: Session, by: By) -> int:
    """How many stock rows stand about, may be put somewhere, and are nobody's yet, as far as a menu needs to know.

    Beyond the first few items, once one has a bin, the others are taken to have one as well.
    """
    carried, _ = queries.subjects(session, by)
    rows = _free(queries.pieces(session, by, most=MOST), carried)
    mix, faces = setting(session, "mix_items", by.warehouse_id), space.faces_marked(session, by)
    placed: dict[int, bool] = {}
    for row in rows:
        if row.item_id not in placed and (len(placed) < LOOK_AT or not any(placed.values())):
            facts = queries.piece(session, row)
            placed[row.item_id] = _propose(session, by, row, facts, 1, mix=mix, faces=faces) is not None
    return sum(placed.get(row.item_id, True) for row in rows)


def _give(session: Session, by: By, row: Row) -> Work | More | None:
    """One stock row as a piece of work; None if no bin takes any of it, MORE if another person was faster."""
    lying = queries.lock_rows(session, by, row)
    if not lying or queries.carried_by_other(session, by, _subject(row), work_id=0):
        return MORE
    facts, available = queries.piece(session, row), sum(each.free for each in lying)
    mix = setting(session, "mix_items", by.warehouse_id)
    faces = space.faces_marked(session, by)
    place = _propose(session, by, row, facts, available, mix=mix, faces=faces)
    if place is None:
        return None
    fill = setting(session, "pick_face_fill", by.warehouse_id) if place.pick_face else 0
    position = Putaway(
        step="item", source=Ref(row.location_id, facts.code, facts.barcode), contained=facts.kind in CONTAINER_KINDS,
        item=Ref(row.item_id, facts.sku, facts.item_barcode, facts.name, name_zh=facts.name_zh),
        tracking=facts.tracking, unit=facts.unit,
        lot=Ref(row.lot_id, facts.lot, facts.lot) if facts.lot else None, layer_id=row.layer_id,
        open_serials=tuple(each.serial for each in lying if each.serial), available=available, unmixed=not mix,
        wanted=wanted_there(available=available, room=space.takes(place, mix=mix), is_face=place.pick_face, fill=fill),
        place=Ref(place.id, place.code, place.barcode), source_path=facts.path, place_path=place.path,
    )  # fmt: skip
    kept = place.id if _is_kept(place, mix=mix, faces=faces) else 0
    return open_work(session, by, ROOM, position.dump(), subject_id=_subject(row), place_id=kept) or MORE


def _propose(session: Session, by: By, row: Row, facts: Row, quantity: int, *, mix: bool, faces: bool) -> Space | None:
    """The bin that suits best. Where pick faces are marked: a free one for what lies in none, else the reserve."""
    fast = space.is_fast(
        session, by, row.item_id, since_id=first_id_at(by.now - WEEK),
        picks=setting(session, "fast_item_picks", by.warehouse_id),
    )  # fmt: skip
    wanted = (-1,) if not faces else (0, 1) if space.in_a_face(session, by, row.item_id) else (1, 0)
    for face in wanted:
        found = space.propose(
            session, by, item_id=row.item_id, item_class=facts.item_class, lot_id=row.lot_id, quantity=quantity,
            mix=mix and face != 1, fast=fast, face=face,
        )  # fmt: skip
        if found is not None:
            return found
    return space.propose(
        session, by, item_id=row.item_id, item_class=facts.item_class, lot_id=row.lot_id, quantity=quantity, mix=True,
        fast=fast, face=1,
    ) if faces and mix else None  # fmt: skip


def _is_kept(place: Space, *, mix: bool, faces: bool) -> bool:
    """Whether nobody else may be sent to the same bin meanwhile: where a second one's goods might be refused."""
    return place.limited or not mix or (faces and place.pick_face and place.empty)


def hear(session: Session, by: By, work: Work, position: Putaway, heard: Heard) -> Result:
    """Obeys a putaway worker's scan."""
    result = carrying.hear(session, by, work, position, heard)
    return result or _put_down(session, by, work, position, heard)


def _put_down(session: Session, by: By, work: Work, position: Putaway, heard: Heard) -> Result:
    """The bin was scanned: the goods lie there now, and this piece of work ends.

    Another bin than the proposed one that may take them is as good (R-PUT-2): the choice is kept with the act.
    """
    assert position.place is not None and position.item is not None, "goods and where they go"  # noqa: PT018
    if heard.location is None:
        raise NotExpected(read=heard.text)
    if (less := carrying.what_is_there(session, by, position, position.in_hand, position.serials)) is not None:
        return less
    there = carrying.place_for(session, work, position, heard.location.id)
    carrying.check_place(there, position)
    posting = post(session, by, "putaway", carrying.moves_of(position, there.id))
    effects = carrying.instead(position, there)
    said = PUT_AWAY(quantity=position.in_hand, item=position.item.code, location=there.code)
    return Result(position, said, done=True, postings=(posting,), effects=effects)


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> None:
    """Takes back what an act changed beside the ledger.

    Raises:
        TooLateToUndo: another person carries these goods by now.
    """
    if not work.is_open and queries.carried_by_other(session, by, work.subject_id, work_id=work.id):
        raise TooLateToUndo
    for name, *rest in effects:
        if name in carrying.UNDO:
            carrying.UNDO[name](session, by, *rest)
