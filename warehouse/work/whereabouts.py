"""Where a place is, as a person would say it: its place on the walk, its aisle and its zone. One read of the tree."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.db import Session
from warehouse.work.way import Spot

_LEVELS = range(1, 6)
_ABOVE = "".join(
    f" LEFT JOIN location p{level} ON p{level}.id = {'l' if level == 1 else f'p{level - 1}'}.parent_id"
    for level in _LEVELS
)
_NAMED = ", ".join(
    "COALESCE(" + ", ".join(f"CASE WHEN p{n}.kind = '{kind}' THEN p{n}.code END" for n in _LEVELS) + f", '') AS {kind}"
    for kind in ("aisle", "zone")
)
_WHERE = f"SELECT l.code, l.path, {_NAMED} FROM location l{_ABOVE} WHERE l.id = :id"


@dataclass(frozen=True, slots=True)
class Whereabouts(Spot):
    """A place to which a way can be told, and its code."""

    code: str = ""


def whereabouts(session: Session, location_id: int) -> Whereabouts:
    """Where a place is. Read only for a refusal: no scan that is taken asks for it."""
    row = session.one(_WHERE, id=location_id)
    assert row is not None, "the place exists"
    return Whereabouts(row.path, row.aisle, row.zone, row.code)
