"""What counting changes: a paper taken, goods counted, the bin confirmed, and all of it undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from warehouse.catalog.settings import setting
from warehouse.counts import compare, papers, plan
from warehouse.counts.requests import raise_count, report_empty
from warehouse.counts.rules import Key
from warehouse.db import Row, Session
from warehouse.errors import Notice
from warehouse.floor.counting import queries
from warehouse.floor.counting.rules import (
    ASK_ODD,
    ASK_UNUSUAL,
    AT_BIN,
    AT_BIN_FOR,
    BIN_COUNTED,
    BIN_REOPENED,
    CONTAINER_COUNTED,
    COUNTED,
    MOVED,
    PUT_OFF,
    REPORTED,
    REPORTS,
    ROOM,
    TALLY_UNDONE,
    ContainerOfOrder,
    CountedBefore,
    CountEnded,
    Counting,
    CountTooMany,
    NoBin,
    NoReport,
    PieceCounted,
    check_more,
    with_item,
)  # fmt: skip
from warehouse.ledger import TooLateToUndo
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import Heard, Item, Place, resolve
from warehouse.who import By
from warehouse.work.perform import NotExpected
from warehouse.work.pieces import Work, open_work
from warehouse.work.position import replace
from warehouse.work.refusals import NAMED, WrongLocation
from warehouse.work.rooms import MORE, More, Result
from warehouse.work.screen import Ref
from warehouse.work.wanted import some
from warehouse.work.way import way
from warehouse.work.whereabouts import whereabouts

TRIES = 10


def take(session: Session, by: By) -> Work | More | None:
    """Gives the count that is most urgent for this person: recounts, what was asked for, what is due, what was put off."""
    for _ in range(TRIES):
        paper = papers.next_paper(session, by)
        if paper is None:
            wanted = papers.next_wanted(session, by) or plan.next_bin(session, by)
            if wanted is not None:
                papers.open_paper(
                    session, by, location_id=wanted.location_id, item_id=wanted.item_id, reason=wanted.reason
                )
                continue
            if plan.wake_some(session, by):
                return MORE
            paper = papers.next_paper(session, by, put_off=True)
        if paper is None:
            return None
        position = _position(session, by, paper)
        work = open_work(session, by, ROOM, position.dump(), subject_id=paper.id)
        if work is not None:
            papers.wipe(session, paper.id, paper.round, all_=True)
            return work
    return MORE


def _position(session: Session, by: By, paper: Row) -> Counting:
    location, path = queries.place(session, paper.location_id)
    scope = papers.scope_of(session, paper)
    return Counting(
        count_id=paper.id, number=paper.number, round=paper.round, location=location, path=path, scope=scope,
        scope_names=queries.item_codes(session, scope), unusual=setting(session, "unusual_quantity", by.warehouse_id),
        most=setting(session, "quantity_max", by.warehouse_id),
    )  # fmt: skip


def waiting(session: Session, by: By) -> int:
    """How many counts wait for this person."""
    return papers.waiting(session, by)


def hear(session: Session, by: By, work: Work, position: Counting, heard: Heard) -> Result:
    """Obeys a counter's scan."""
    if position.asking:
        return _ASKED[position.asking](session, by, position, heard)
    verb = _COMMANDS.get(heard.command) or _STEPS[position.step]
    return verb(session, by, position, heard)


def _location(session: Session, by: By, position: Counting, heard: Heard) -> Result:
    assert position.location is not None, "a paper has a place"
    place = heard.location or heard.container
    if place is None:
        raise NotExpected(read=heard.text)
    if place.id != position.location.id:
        there = whereabouts(session, position.location.id)
        raise WrongLocation(read=place.code, location=position.location.code, way=way(place.path, there))
    _paper(session, by, position)
    if by.person_id == papers.counted_before(session, position.count_id, position.round):
        raise CountedBefore(location=position.location.code)
    papers.wipe(session, position.count_id, position.round, all_=True)
    position = replace(position, step="item", started_at=min(by.occurred_at, by.now), since=())
    if position.scope_names:
        return Result(position, AT_BIN_FOR(location=place.code, items=position.scope_names))
    return Result(position, AT_BIN(location=place.code))


def _paper(session: Session, by: By, position: Counting) -> Row:
    """The paper, kept for this change, if it is still being counted in this round."""
    paper = papers.lock_paper(session, by, position.count_id)
    if paper is None or paper.state not in {"counting", "recount"} or paper.round != position.round:
        raise CountEnded(location=position.location.code if position.location else "")
    return paper


def _skip(session: Session, by: By, position: Counting, heard: Heard) -> Result:
    """Later: the bin comes after all others for this person, another gets it, and what was counted of it is void.

    Always: who has a bin to count is told nothing of the book until they have let it go (R-CNT-2).
    """
    papers.put_off(session, by, position.count_id)
    papers.wipe(session, position.count_id, position.round, all_=True)
    return Result(position, PUT_OFF(), left=True, undoable=False)


# ---------------------------------------------------------------- goods


def _item(session: Session, by: By, position: Counting, heard: Heard) -> Result:
    """Anything that lies here: an item, a container, how many more there are, or the next piece of the goods shown."""
    if heard.reading.quantity is not None:
        return _more(session, by, position, heard)
    if heard.item is not None:
        return _goods(session, by, with_item(position, heard.item), heard.item, heard)
    if heard.container is not None:
        return _container(session, by, position, heard.container)
    if heard.reading.is_value or heard.names or position.item is None or position.tracking == "none":
        raise NotExpected(read=heard.text)
    if position.tracking == "lot" and (position.lot is None or heard.text != position.lot.code):
        raise NotExpected(read=heard.text)
    return _named(session, by, replace(position, pack=1), heard.text)


def _goods(session: Session, by: By, position: Counting, item: Item, heard: Heard) -> Result:
    if item.tracking == "none":
        return _count_goods(session, by, position, item.quantity)
    detail = _detail(item.tracking, heard)
    if detail:
        return _named(session, by, position, detail)
    return Result(replace(position, step=item.tracking), NAMED(item=item.code, expected=some(item.tracking)))


def _detail(tracking: str, heard: Heard) -> str:
    """The lot or serial that one GS1 code tells together with the item."""
    gs1 = heard.reading.gs1
    return "" if gs1 is None else {"lot": gs1.lot, "serial": gs1.serial}.get(tracking, "")


def _naming(session: Session, by: By, position: Counting, heard: Heard) -> Result:
    """The lot or serial was asked for."""
    assert position.item is not None, "goods are shown"
    if heard.item is not None:
        if heard.item.id == position.item.id and not _detail(position.tracking, heard):
            raise NotExpected(read=heard.text)
        return _goods(session, by, with_item(position, heard.item), heard.item, heard)
    if heard.reading.is_value or heard.names:
        raise NotExpected(read=heard.text)
    return _named(session, by, position, heard.text)


def _named(session: Session, by: By, position: Counting, text: str) -> Result:
    """Goods of a lot, or one piece of a serial; what nobody has heard of is asked once more."""
    assert position.item is not None, "goods are shown"
    same = position.lot is not None and position.lot.code == text
    if not same and not _is_known(session, by, position, text):
        said = ASK_ODD(read=text, item=position.item.code)
        return Result(replace(position, asking="unusual", asked=0, odd=text), said)
    return _count_named(session, by, position, text)


def _is_known(session: Session, by: By, position: Counting, text: str) -> bool:
    assert position.item is not None, "goods are shown"
    if position.tracking == "lot":
        return queries.lot_is_known(session, position.item.id, text)
    return queries.serial_is_known(session, by, position.item.id, text)


def _count_named(session: Session, by: By, position: Counting, text: str) -> Result:
    if position.tracking == "serial":
        return _count_goods(session, by, replace(position, lot=None, serial=text), 1)
    return _count_goods(session, by, replace(position, lot=Ref(0, text, text), serial=""), position.pack)


def _more(session: Session, by: By, position: Counting, heard: Heard) -> Result:
    """So many more of the goods shown, as so many scans of them would count."""
    quantity = heard.reading.quantity
    if position.item is None or quantity is None:
        raise NotExpected(read=heard.text)
    check_more(position, quantity)
    if quantity >= position.unusual:
        said = ASK_UNUSUAL(quantity=quantity, item=position.item.code)
        return Result(replace(position, asking="unusual", asked=quantity), said)
    return _count_goods(session, by, position, quantity)


def _unusual(session: Session, by: By, position: Counting, heard: Heard) -> Result:
    """An unusual quantity, or a lot or serial that nobody knows, is confirmed."""
    if heard.command not in {"XXOK", "XXDONE"}:
        raise NotExpected(read=heard.text)
    quantity, odd = position.asked, position.odd
    position = replace(position, asking="", asked=0, odd="")
    if odd:
        return _count_named(session, by, position, odd)
    return _count_goods(session, by, position, quantity)


def _count_goods(session: Session, by: By, position: Counting, quantity: int) -> Result:
    assert position.item is not None, "goods are shown"
    key = Key(position.item.id, position.lot.code if position.lot else "", position.serial)
    done = papers.tally(session, position.count_id, position.round, key, quantity, position.most)
    if not done:
        if position.serial:
            raise PieceCounted(read=position.serial)
        raise CountTooMany(read=quantity, most=position.most)
    position = replace(position, step="item", done=done)
    said = COUNTED(item=position.item.code, done=done)  # type: ignore[union-attr]
    return Result(position, said, effects=(["tally", position.count_id, position.round, *_plain(key), quantity],))


def _container(session: Session, by: By, position: Counting, container: Place) -> Result:
    """A pallet or tote that lies here, with all that is in it."""
    if position.location is not None and container.id == position.location.id:
        raise NotExpected(read=container.code)
    if queries.is_of_an_order(session, by, container.id):
        raise ContainerOfOrder(read=container.code)
    key = Key(0, container_id=container.id)
    if not papers.tally(session, position.count_id, position.round, key, 1, position.most):
        raise PieceCounted(read=container.code)
    position = replace(position, item=None, lot=None, serial="", done=0)
    said = CONTAINER_COUNTED(container=container.code)
    return Result(position, said, effects=(["tally", position.count_id, position.round, *_plain(key), 1],))


def _plain(key: Key) -> list[Any]:
    return [key.item_id, key.lot, key.serial, key.container_id]


# ---------------------------------------------------------------- the bin is complete


def _complete(session: Session, by: By, position: Counting, heard: Heard) -> Result:
    """The bin is confirmed: compared with the book, and written down. The counter hears the same whatever came of it."""
    assert position.location is not None, "a paper has a place"
    if position.step != "item":
        raise NotExpected(read=heard.text)
    paper = _paper(session, by, position)
    counted = compare.Counted(paper, position.scope, position.started_at, dict(position.since))
    outcome = compare.confirm(session, by, counted)
    if outcome.is_moved:
        return _once_more(session, by, position, outcome)
    return Result(position, BIN_COUNTED(location=position.location.code), done=True, effects=outcome.effects)


def _once_more(session: Session, by: By, position: Counting, outcome: compare.Outcome) -> Result:
    """What was moved is counted anew from now on; what was counted of it is void."""
    items, containers = sorted(outcome.moved_items), sorted(outcome.moved_containers)
    papers.wipe(session, position.count_id, position.round, items, containers)
    since = dict(position.since) | dict.fromkeys(items, by.now) | {-each: by.now for each in containers}
    goods = queries.item_codes(session, items) + queries.container_codes(session, containers)
    position = replace(position, since=tuple(since.items()), item=None, lot=None, serial="", done=0)
    return Result(position, MOVED(goods=goods), undoable=False)


# ---------------------------------------------------------------- told by whoever passes by


def report(session: Session, by: By, sent: Mapping[str, Any]) -> Notice:
    """Somebody found a bin empty, or goods in it that do not belong there: `code` names it, `reason` is zero or found.

    They are told the same whatever the book has.

    Raises:
        NoBin: the code names no bin.
        NoReport: it is neither.
    """
    code, reason = str(sent.get("code", "")).strip(), str(sent.get("reason", ""))
    heard = resolve(session, parse(code), warehouse_id=by.warehouse_id)
    if heard.location is None or heard.location.kind != "bin":
        raise NoBin(read=heard.text)
    if reason not in REPORTS:
        raise NoReport(read=reason or "–")
    if reason == "zero":
        report_empty(session, by, heard.location.id)
    else:
        raise_count(session, by, location_id=heard.location.id, reason="found")
    return REPORTED(location=heard.location.code)


# ---------------------------------------------------------------- taken back


def undo(session: Session, by: By, work: Work, effects: Sequence[Any]) -> Notice | None:
    """Takes back what an act counted, or the confirmation while nobody has gone on with it; what is said of it.

    Raises:
        TooLateToUndo: the goods were counted anew since, or the count was decided or counted again.
    """
    for name, *rest in effects:
        if not _UNDO[name](session, by, *rest):
            raise TooLateToUndo
    return next((_TOLD[name](session, work, *rest) for name, *rest in effects), None)


def _tally_undone(session: Session, _work: Work, _count_id: int, _number: int, item_id: int, _lot: str, _serial: str,
                  container_id: int, quantity: int) -> Notice:  # fmt: skip
    codes = queries.item_codes(session, [item_id]) if item_id else queries.container_codes(session, [container_id])
    return TALLY_UNDONE(quantity=quantity, item="".join(codes))


def _confirmed_undone(_session: Session, work: Work, *_: Any) -> Notice:
    position = Counting.load(work.position)
    return BIN_REOPENED(location=position.location.code if position.location else "")


def _undo_tally(session: Session, by: By, count_id: int, number: int, item_id: int, lot: str, serial: str,
                container_id: int, quantity: int) -> bool:  # fmt: skip
    return papers.untally(session, count_id, number, Key(item_id, lot, serial, container_id), quantity)


def is_over(session: Session, by: By, work: Work) -> bool:
    """Whether nobody can go on with this: the paper is decided, in a later round, or this person counted the round before."""
    position = Counting.load(work.position)
    row = session.one("SELECT state, round FROM bin_count WHERE id = :id", id=work.subject_id)
    gone = row is None or row.state not in {"counting", "recount"} or row.round != position.round
    return gone or by.person_id == papers.counted_before(session, work.subject_id, position.round)


_TOLD: dict[str, Callable[..., Notice]] = {"tally": _tally_undone, "confirmed": _confirmed_undone}
_UNDO: dict[str, Callable[..., bool]] = {"tally": _undo_tally, "confirmed": compare.take_back}
_STEPS: dict[str, Callable[..., Result]] = {"location": _location, "item": _item, "lot": _naming, "serial": _naming}
_COMMANDS: dict[str, Callable[..., Result]] = {"XXOK": _complete, "XXDONE": _complete, "XXSKIP": _skip}
_ASKED: dict[str, Callable[..., Result]] = {"unusual": _unusual}
