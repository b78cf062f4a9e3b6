"""The table room → its verbs, filled by wiring, so that a station reaches a room without importing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from warehouse.db import Session
from warehouse.errors import N_, Notice, Phrase
from warehouse.scanning.resolve import Heard
from warehouse.who import By
from warehouse.work.pieces import Work
from warehouse.work.position import Position
from warehouse.work.screen import Screen

ROOM_NAMES = {
    "receiving": N_("Receiving"), "putaway": N_("Putaway"), "replenishing": N_("Replenishing"),
    "picking": N_("Picking"), "packing": N_("Packing"), "shipping": N_("Shipping"),
    "counting": N_("Counting"), "clearing": N_("Clearing"),
}  # fmt: skip
"""What people call each room."""


class More:
    """There may be work, but one short change could not look at it all: what was done is kept, ask again."""


MORE = More()


@dataclass(frozen=True, slots=True)
class Result:
    """What a scan that was taken has done.

    Attributes:
        position: where the work stands now.
        notice: what the person is told.
        done: the piece of work is finished.
        left: the person leaves it to others, unfinished.
        postings: the postings made, to be undone in reverse.
        effects: what else was changed, in a form that the room's own `undo` understands.
        undoable: XXUNDO may take it back.
        subject_id, place_id: what the work is about and which place it keeps for this person; None leaves them.
    """

    position: Position
    notice: Notice
    done: bool = False
    left: bool = False
    postings: tuple[int, ...] = ()
    effects: tuple[Any, ...] = ()
    undoable: bool = True
    subject_id: int | None = None
    place_id: int | None = None


class Undo(Protocol):
    """Takes back what a room changed beside the ledger."""

    def __call__(self, session: Session, by: By, work: Work, effects: Sequence[Any]) -> Notice | None:
        """Undoes the effects of one act. What is said of it, where the room has more to say than that it is taken back."""


@dataclass(frozen=True, slots=True)
class Room:
    """One floor workflow as the scan path knows it.

    Attributes:
        position: the type in which its work's position is kept.
        take: opens the next piece of work for this person; None if there is none, or a notice that says why; MORE to
            be asked again.
        hear: obeys one scan or raises a Refusal.
        show: the screen of a piece of work; pure.
        undo: takes back the effects of one act, after its postings were undone.
        waiting: how many pieces of work wait, for the menu.
        refresh: a position put back by undo, with the rows it names looked up again.
        leave: frees what the work kept for its person, when it is left before it was begun.
        is_over: whether what the work is about was taken away from outside; XXBACK and `next` then leave it, begun or not.
        news: what this person is told on entering the room; never asked on the way of a scan.
        anew: a position as another person takes it over: where the one before stood is not where they stand.
        begin: begins work by a scan that `next` brought along, where it was not offered any.
    """

    name: str
    roles: frozenset[str]
    position: type[Position]
    take: Callable[[Session, By], Work | More | Notice | None]
    hear: Callable[[Session, By, Work, Any, Heard], Result]
    show: Callable[[Work, Any], Screen]
    undo: Undo
    waiting: Callable[[Session, By], int]
    refresh: Callable[[Session, By, Any], Position] | None = None
    leave: Callable[[Session, By, Work], None] | None = None
    is_over: Callable[[Session, By, Work], bool] | None = None
    begin: Callable[[Session, By, Heard], tuple[Work, Result]] | None = None
    anew: Callable[[Any], Position] | None = None
    news: Callable[[Session, By], Sequence[Phrase]] | None = None


_rooms: dict[str, Room] = {}


def add_room(room: Room) -> None:
    """Makes a room known; wiring calls it once for each."""
    _rooms[room.name] = room


def room_named(name: str) -> Room:
    """The room of that name."""
    return _rooms[name]


def all_rooms() -> list[Room]:
    """All rooms, in the order in which goods go through them."""
    return list(_rooms.values())
