"""Where goods may lie: what a bin takes by class, weight, volume and mixing, and which bin suits best (R-PUT-1, R-PUT-2).

The rules are pure; the reads are bounded: a few bins that hold the item, a few empty ones, each by an index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from warehouse.db import Row, Session
from warehouse.errors import N_, Notice, Phrase, Refusal, notice
from warehouse.who import By
from warehouse.work.way import way

NO_CLASS = N_("goods without a zone of their own")
NOWHERE_TO_PUT = notice("warn", "nowhere_to_put", N_("%(item)s stays at %(location)s: %(reason)s."))
NO_SPACE = N_("all bins that may take it are full, hold other items, or are kept for somebody")
NO_BIN = N_("there is no bin for it")
NO_BIN_OF_CLASS = N_("no bin takes its class")
UNLIMITED = 10**9
CANDIDATES = 20


class WrongClass(Refusal):
    """The bin's zone does not take this class of goods (R-PUT-1)."""

    code = "wrong_class"
    text = N_(
        "%(read)s takes %(classes)s; %(item)s is of class %(item_class)s. Expected: %(location)s, %(way)s, or another bin."
    )


class TooHeavy(Refusal):
    """The bin would carry more than it may."""

    code = "too_heavy"
    text = N_(
        "%(read)s can bear only %(room)s more of %(item)s by weight. Expected: %(location)s, %(way)s, or another bin."
    )


class TooFull(Refusal):
    """The goods do not fit into the bin."""

    code = "too_full"
    text = N_("%(read)s has space for only %(room)s more of %(item)s. Expected: %(location)s, %(way)s, or another bin.")


class NotAStoragePlace(Refusal):
    """Goods are not stored there."""

    code = "not_a_storage_place"
    text = N_("%(read)s is no storage place. Expected: %(location)s, %(way)s, or another bin.")


class MixingForbidden(Refusal):
    """The bin holds another item, and bins hold one item only here."""

    code = "mixing_forbidden"
    text = N_(
        "%(read)s holds another item, and bins are not mixed here. Expected: %(location)s, %(way)s, or an empty bin."
    )


class KeptForAnother(Refusal):
    """Another person is on the way to this bin's last space."""

    code = "kept_for_another"
    text = N_("%(read)s is kept for another person's goods right now. Expected: %(location)s, %(way)s, or another bin.")


class AwaitsCount(Refusal):
    """Goods of the same receipt are missed there: what is put to them would be held with them."""

    code = "awaits_count"
    text = N_(
        "%(item)s of the same receipt was short at %(read)s and is held there. Expected: %(location)s, %(way)s, or another bin."
    )


@dataclass(frozen=True, slots=True)
class Space:
    """A place as some goods would find it.

    Attributes:
        classes: what it takes, told by itself or the nearest place around it; empty where nothing is said.
        class_has_places: some place of this warehouse names the goods' class as one that it takes.
        room_weight, room_volume: how many more units it takes by each; UNLIMITED where nothing limits it.
        others: how many other items lie there. `same_item`, `same_lot`: whether these goods lie there.
        kept: another person's work proposes it right now.
        short: the item was missed there and awaits its count. `same_short`: of just this receipt.
    """

    id: int
    code: str
    barcode: str
    kind: str
    path: str
    pick_face: bool
    limited: bool
    classes: tuple[str, ...]
    item_class: str
    room_weight: int
    room_volume: int
    others: int
    same_item: bool
    same_lot: bool
    kept: bool
    short: bool = False
    same_short: bool = False
    class_has_places: bool = False

    @property
    def room(self) -> int:
        """How many more units it takes."""
        return min(self.room_weight, self.room_volume)

    @property
    def named_class(self) -> bool:
        """Whether it is meant for just this class of goods."""
        return self.item_class in self.classes

    @property
    def empty(self) -> bool:
        """Nothing lies there."""
        return not self.others and not self.same_item


def belongs(space: Space) -> bool:
    """Whether goods of this class belong there (R-PUT-1).

    A place that names classes takes those and no others. A place that names none takes every class that no place of
    this warehouse names: what has a zone of its own belongs there only.
    """
    if space.classes:
        return space.item_class in space.classes
    return not space.class_has_places


def takes(space: Space, *, mix: bool) -> int:
    """How many units may be proposed to be put there now; 0 if none for any reason."""
    if space.kind != "bin" or space.kept or space.short or not belongs(space) or (space.others and not mix):
        return 0
    return max(space.room, 0)


def check(space: Space, *, item: str, quantity: int, mix: bool, proposed: str, proposed_path: str = "") -> None:
    """Whether so many units may be put there; if not, the proposed place and the way to it from here are told.

    Raises:
        NotAStoragePlace, WrongClass, MixingForbidden, KeptForAnother, AwaitsCount, TooHeavy, TooFull: what stands
            against it.
    """
    there = way(space.path, proposed_path)
    if space.kind != "bin":
        raise NotAStoragePlace(read=space.code, location=proposed, way=there)
    if not belongs(space):
        raise WrongClass(read=space.code, classes=", ".join(space.classes) or Phrase(NO_CLASS), item=item,
                         item_class=space.item_class or "-", location=proposed, way=there)  # fmt: skip
    if space.others and not mix:
        raise MixingForbidden(read=space.code, location=proposed, way=there)
    if space.kept:
        raise KeptForAnother(read=space.code, location=proposed, way=there)
    if space.same_short:
        raise AwaitsCount(read=space.code, item=item, location=proposed, way=there)
    if quantity > space.room_weight:
        raise TooHeavy(read=space.code, room=max(space.room_weight, 0), item=item, location=proposed, way=there)
    if quantity > space.room_volume:
        raise TooFull(read=space.code, room=max(space.room_volume, 0), item=item, location=proposed, way=there)


def best(spaces: Iterable[Space], *, quantity: int, mix: bool, fast: bool = False) -> Space | None:
    """The space that suits best: it takes all; same lot; same item; its class's own zone; near where goods are fast.

    Slow goods leave the near bins among those offered to fast ones. None if none takes a single unit.
    """
    open_spaces = sorted((space for space in spaces if takes(space, mix=mix)), key=lambda space: space.path)
    if not open_spaces:
        return None
    step = 1 if fast else -1
    place = {space.id: index if space.same_item else index * step for index, space in enumerate(open_spaces)}

    def suits(space: Space) -> tuple[int, bool, bool, bool, bool, int]:
        short = max(quantity - takes(space, mix=mix), 0)
        return (short, not space.same_lot, not space.same_item, not space.named_class, bool(space.others),
                place[space.id])  # fmt: skip

    return min(open_spaces, key=suits)


_AROUND = "".join(
    f" LEFT JOIN location p{level} ON p{level}.id = {'l' if level == 1 else f'p{level - 1}'}.parent_id"
    for level in range(1, 6)
)
_CLASSES = "COALESCE(NULLIF(l.classes, ''), " + ", ".join(f"NULLIF(p{n}.classes, '')" for n in range(1, 6)) + ", '')"
_SHORT = """k.warehouse_id = l.warehouse_id AND k.item_id = i.id AND k.closed_at IS NULL AND k.kind = 'short'
          AND k.location_id = l.id"""

_SPACE = f"""
SELECT l.id, l.warehouse_id, l.code, l.barcode, l.kind, l.path, l.pick_face, l.max_weight_g, l.max_volume_mm3,
       {_CLASSES} AS classes, i.class AS item_class, i.weight_g AS unit_weight,
       i.length_mm * i.width_mm * i.height_mm AS unit_volume,
       CASE WHEN l.max_weight_g IS NULL THEN 0 ELSE (
           SELECT COALESCE(SUM(b.quantity * k.weight_g), 0) FROM balance b JOIN item k ON k.id = b.item_id
           WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id) END AS weight,
       CASE WHEN l.max_volume_mm3 IS NULL THEN 0 ELSE (
           SELECT COALESCE(SUM(b.quantity * k.length_mm * k.width_mm * k.height_mm), 0)
           FROM balance b JOIN item k ON k.id = b.item_id
           WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id) END AS volume,
       (SELECT COUNT(*) FROM balance b WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id
          AND b.item_id <> i.id) AS others,
       (SELECT COUNT(*) FROM balance b WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id
          AND b.item_id = i.id) AS same_item,
       (SELECT COUNT(*) FROM balance b WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id
          AND b.item_id = i.id AND b.lot_id = :lot AND b.lot_id <> 0) AS same_lot,
       (SELECT COUNT(*) FROM work w WHERE w.warehouse_id = l.warehouse_id AND w.place_id = l.id AND w.place_id <> 0
          AND w.state = 'open' AND w.id <> :work) AS kept,
       (SELECT COUNT(*) FROM block k WHERE {_SHORT}) AS short,
       (SELECT COUNT(*) FROM block k WHERE {_SHORT} AND k.layer_id IN (0, :layer)) AS same_short
FROM item i CROSS JOIN location l{_AROUND}
WHERE i.id = :item AND """

_SAME_ITEM = f"""{_SPACE} l.id IN (
    SELECT b.location_id FROM balance b JOIN location f ON f.id = b.location_id
    WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND f.kind = 'bin' AND (:face < 0 OR f.pick_face = :face)
    GROUP BY b.location_id, f.path ORDER BY MAX(CASE WHEN b.lot_id = :lot THEN 1 ELSE 0 END) DESC, f.path
    LIMIT {CANDIDATES})"""

_FREE = """NOT EXISTS (SELECT 1 FROM work w WHERE w.warehouse_id = l.warehouse_id AND w.place_id = l.id
    AND w.place_id <> 0 AND w.state = 'open') AND (:face < 0 OR l.pick_face = :face)"""
_EMPTY = f"""{_FREE} AND NOT EXISTS (
    SELECT 1 FROM balance b WHERE b.warehouse_id = l.warehouse_id AND b.location_id = l.id)"""

# CROSS JOIN keeps SQLite's planner from starting with all bins.
_INSIDE_CLASS = """
WITH RECURSIVE inside (id) AS (
    SELECT r.id FROM location r WHERE r.warehouse_id = :warehouse AND r.classes <> ''
      AND ',' || r.classes || ',' LIKE :class ESCAPE '!'
    UNION ALL
    SELECT c.id FROM inside n CROSS JOIN location c
    WHERE c.warehouse_id = :warehouse AND c.parent_id = n.id AND c.classes = '')
SELECT l.id FROM inside n CROSS JOIN location l WHERE l.id = n.id AND l.kind = 'bin' AND {free} ORDER BY l.path
"""
_ANY_CLASS = f"""
SELECT l.id FROM location l{_AROUND} WHERE l.warehouse_id = :warehouse AND l.kind = 'bin' AND {{free}}
  AND {_CLASSES} = '' ORDER BY l.path"""


def space_at(
    session: Session, *, place_id: int, item_id: int, lot_id: int = 0, layer_id: int = 0, work_id: int = 0
) -> Space:
    """A place as these goods would find it now."""
    row = session.one(f"{_SPACE} l.id = :place", place=place_id, item=item_id, lot=lot_id, layer=layer_id, work=work_id)
    assert row is not None, "the item and the place exist"
    found = _space(row)
    if found.classes or not found.item_class:
        return found
    return replace(found, class_has_places=class_has_places(session, row.warehouse_id, found.item_class))


def class_has_places(session: Session, warehouse_id: int, item_class: str) -> bool:
    """Whether any place of a warehouse names a class of goods as one that it takes."""
    return bool(item_class) and bool(
        session.value(
            """SELECT 1 AS one FROM location WHERE warehouse_id = :warehouse AND classes <> ''
                 AND ',' || classes || ',' LIKE :class ESCAPE '!' LIMIT 1""",
            warehouse=warehouse_id, **_class_mark(":class", item_class),
        )
    )  # fmt: skip


def is_there_a_bin(session: Session, by: By, *, item_class: str) -> bool:
    """Whether there is any bin where goods of a class belong, full or not."""
    mine = class_has_places(session, by.warehouse_id, item_class)
    choice = (_INSIDE_CLASS if mine else _ANY_CLASS).format(free="1 = 1")
    found = session.one(f"{choice} LIMIT 1", warehouse=by.warehouse_id, **_class_mark(choice, item_class))
    return found is not None


def nowhere(session: Session, by: By, *, item: str, item_class: str, location: str) -> Notice:
    """Why these goods cannot be put anywhere: what cannot be offered is said, else it would stand there unseen."""
    reason = NO_SPACE
    if not is_there_a_bin(session, by, item_class=item_class):
        reason = NO_BIN_OF_CLASS if item_class else NO_BIN
    return NOWHERE_TO_PUT(item=item, location=location, reason=Phrase(reason))


def propose(
    session: Session, by: By, *, item_id: int, item_class: str, lot_id: int, quantity: int, mix: bool, fast: bool,
    face: int = -1,
) -> Space | None:  # fmt: skip
    """The bin that suits these goods best; None if none takes any. `face`: 1 only pick faces, 0 only others, -1 any.

    First where the item lies already, then empty bins, then, where bins may be mixed, any that has space: of its
    class's own zone where there is one, else of those that name no class.
    """
    asked = {"item": item_id, "lot": lot_id, "layer": 0, "work": 0, "warehouse": by.warehouse_id, "face": face}
    own = class_has_places(session, by.warehouse_id, item_class)
    spaces = [replace(_space(row), class_has_places=own) for row in session.all(_SAME_ITEM, **asked)]
    found = best(spaces, quantity=quantity, mix=mix)
    if found is not None and takes(found, mix=mix) >= quantity:
        return found
    for choice in _choices(own=own, mix=mix):
        sql = f"{_SPACE} l.id IN ({choice} LIMIT {CANDIDATES})"
        spaces += [_space(row) for row in session.all(sql, **asked, **_class_mark(choice, item_class))]
        found = best(spaces, quantity=quantity, mix=mix, fast=fast)
        if found is not None:
            return found
    return None


def _choices(*, own: bool, mix: bool) -> list[str]:
    """Empty bins, then any; of the class's own zone if it has one, else of those that name no class."""
    bins = _INSIDE_CLASS if own else _ANY_CLASS
    return [bins.format(free=free) for free in ((_EMPTY, _FREE) if mix else (_EMPTY,))]


def _class_mark(choice: str, item_class: str) -> dict[str, str]:
    if ":class" not in choice:
        return {}
    escaped = item_class.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return {"class": f"%,{escaped},%"}


def _space(row: Row) -> Space:
    return Space(
        row.id, row.code, row.barcode, row.kind, row.path, bool(row.pick_face),
        limited=row.max_weight_g is not None or row.max_volume_mm3 is not None,
        classes=tuple(row.classes.split(",")) if row.classes else (), item_class=row.item_class,
        room_weight=_room(row.max_weight_g, int(row.weight), row.unit_weight),
        room_volume=_room(row.max_volume_mm3, int(row.volume), row.unit_volume),
        others=row.others, same_item=bool(row.same_item), same_lot=bool(row.same_lot), kept=bool(row.kept),
        short=bool(row.short), same_short=bool(row.same_short),
    )  # fmt: skip


def _room(most: int | None, used: int, unit: int | None) -> int:
    """How many more units fit; what has no limit or no known size fits always."""
    if most is None or not unit:
        return UNLIMITED
    return max((most - used) // unit, 0)


def is_fast(session: Session, by: By, item_id: int, *, since_id: int, picks: int) -> bool:
    """Whether an item was picked so often since a posting that it should lie near."""
    seen = session.value(
        """SELECT count(*) FROM (SELECT 1 AS one FROM move WHERE warehouse_id = :warehouse AND item_id = :item
               AND posting_id > :since AND cause = 'pick' LIMIT :picks) AS recent""",
        warehouse=by.warehouse_id, item=item_id, since=since_id, picks=picks,
    )  # fmt: skip
    return int(seen) >= picks


def faces_marked(session: Session, by: By) -> bool:
    """Whether this warehouse tells pick faces from reserve."""
    return bool(
        session.value(
            "SELECT 1 AS one FROM location WHERE warehouse_id = :warehouse AND pick_face = 1 LIMIT 1",
            warehouse=by.warehouse_id,
        )
    )


def in_a_face(session: Session, by: By, item_id: int) -> bool:
    """Whether an item lies in any pick face; only where faces are marked."""
    return bool(
        session.value(
            "SELECT 1 AS one FROM balance WHERE warehouse_id = :warehouse AND item_id = :item AND pick = 1 LIMIT 1",
            warehouse=by.warehouse_id,
            item=item_id,
        )  # fmt: skip
    )
