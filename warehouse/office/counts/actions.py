"""What the counting desk changes: counts asked for, differences approved or counted again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.counts import decide, papers, plan
from warehouse.counts.decide import Approver, ProgramsNeverApprove
from warehouse.counts.requests import raise_count, raise_for_item
from warehouse.db import Session
from warehouse.errors import Notice, Refusal
from warehouse.ids import ID_MAX, new_id
from warehouse.office.counts import queries
from warehouse.office.counts.rules import (
    AGAIN,
    POSTED,
    POSTED_UNCOVERED,
    RAISED,
    SECOND,
    STOCKTAKE,
    BadgeProvesNobody,
    CountedSince,
    NoCounter,
    NoLine,
    NothingToCount,
)
from warehouse.people.rules import badge_hash
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import resolve
from warehouse.who import By

TEXT_MAX = 100
NEW_SLICES = 10


def approve(session: Session, by: By, count_id: int, sent: Mapping[str, Any]) -> Notice:
    """Approves a paper's open differences, or the one that `line` names, with a `cause`.

    `round`: the paper's round as the approver saw it, where it is sent: what was counted again since is not approved unseen.

    Raises:
        Refusal: it may not be approved so; nothing changed.
    """
    _check_seen(session, by, count_id, sent)
    line = "" if sent.get("line") is None else str(sent["line"]).strip()
    lines = {_line_id(line)} if line else set()
    cause = str(sent.get("cause", "")).strip()[:TEXT_MAX]
    done = decide.approve(
        session, by, count_id, approver=_approver(session, by, count_id, sent), cause=cause, line_ids=lines
    )
    href = f"/counts/{count_id}"
    if done.awaiting:
        return SECOND(href=href)
    if done.elsewhere or done.waiting:
        uncovered = done.elsewhere + done.waiting
        return POSTED_UNCOVERED(uncovered=uncovered, elsewhere=done.elsewhere, waiting=done.waiting, href=href)
    return POSTED(n=done.posted, href=href)


def _check_seen(session: Session, by: By, count_id: int, sent: Mapping[str, Any]) -> None:
    """Whether the paper is still in the round that was seen.

    Raises:
        CountedSince: it was counted again since.
    """
    seen = str(sent.get("round") or "").strip()
    paper = papers.lock_paper(session, by, count_id) if seen else None
    if paper is not None and seen != str(paper.round):
        raise CountedSince(number=paper.number)


def _line_id(text: str) -> int:
    """The line that a text names.

    Raises:
        NoLine: it can be none; what is approved is never guessed.
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(ID_MAX)) else 0
    if not 0 < number <= ID_MAX:
        raise NoLine(read=text[:TEXT_MAX])
    return number


def _approver(session: Session, by: By, count_id: int, sent: Mapping[str, Any]) -> Approver:
    """Who approves: the person who asks, or the one whose badge a program sends along. A program never does itself.

    A badge whose text people chose proves nobody here; it approves only on a page that its owner has signed in to.

    Raises:
        ProgramsNeverApprove: a program sent no badge.
        BadgeProvesNobody: it sent one that proves nobody.
    """
    if not by.program:
        return Approver(by.person_id, by.name, by.roles)
    badge = str(sent.get("badge", "")).strip()
    if not badge:
        raise ProgramsNeverApprove
    person = session.one(
        """SELECT id, name, roles FROM person WHERE badge_hash = :hash AND active = 1 AND kind = 'person'
             AND badge_chosen = 0""", hash=badge_hash(badge))  # fmt: skip
    if person is None:
        raise BadgeProvesNobody(count=count_id)
    return Approver(person.id, person.name, frozenset(person.roles.split()))


def again(session: Session, by: By, count_id: int) -> Notice:
    """Has a paper's open differences counted once more."""
    return AGAIN(number=decide.again(session, by, count_id).number, href=f"/counts/{count_id}")


def ask(session: Session, by: By, sent: Mapping[str, Any]) -> Notice:
    """Asks for a count of what `code` names: a bin, all bins of an item, a zone, or the site as a full stocktake.

    `person`: who shall count it; empty for anybody.

    Raises:
        NoCounter: `person` is nobody who may count.
        NothingToCount: it names none of these.
    """
    code = str(sent.get("code", "")).strip()
    person_id = _counter(session, str(sent.get("person", "")).strip())
    zone = queries.zone_named(session, by, code)
    if zone is not None:
        return _stocktake(session, by, 0 if zone.kind == "site" else zone.id)
    try:
        heard = resolve(session, parse(code), warehouse_id=by.warehouse_id) if code else None
    except Refusal as refusal:
        raise NothingToCount(read=code[:TEXT_MAX]) from refusal
    if heard is not None and heard.location is not None and heard.location.kind == "bin":
        raise_count(session, by, location_id=heard.location.id, reason="manual", person_id=person_id)
        return RAISED(n=1, href="/counts/due")
    bins = 0
    if heard is not None and heard.item is not None:
        bins = raise_for_item(session, by, item_id=heard.item.id, reason="manual", person_id=person_id)
    if not bins:
        raise NothingToCount(read=code[:TEXT_MAX] or "–")
    return RAISED(n=bins, href="/counts/due")


def _counter(session: Session, name: str) -> int:
    """Who shall count, by name; 0 for anybody."""
    person_id = queries.counter_named(session, name) if name else 0
    if name and not person_id:
        raise NoCounter(read=name[:TEXT_MAX])
    return person_id


def _stocktake(session: Session, by: By, zone_id: int) -> Notice:
    """Every bin of the house, or of a zone, that was not counted since now is due; the rest of them by the worker."""
    stocktake_id = new_id(session)
    session.run(
        """INSERT INTO stocktake (id, warehouse_id, zone_id, asked_at, asked_by)
           VALUES (:id, :warehouse, :zone, :now, :by)""",
        id=stocktake_id, warehouse=by.warehouse_id, zone=zone_id, now=by.now, by=by.person_id,
    )  # fmt: skip
    for _ in range(NEW_SLICES):
        if not plan.take_up(session, by):
            break
    plan.mark_some(session, by, stocktake_id)
    bins = session.value(
        "SELECT count(*) FROM bin_plan WHERE warehouse_id = :warehouse AND (:zone = 0 OR zone_id = :zone)",
        warehouse=by.warehouse_id, zone=zone_id,
    )  # fmt: skip
    return STOCKTAKE(n=int(bins), href="/counts/due")
