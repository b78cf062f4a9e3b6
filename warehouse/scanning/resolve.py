"""resolve(): the things that a reading names here, by one indexed look-up over the company's and the warehouse's codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from warehouse.db import Row, Session
from warehouse.errors import N_, Phrase, Refusal
from warehouse.scanning.reading import Reading

_CANDIDATES = 6

_RESOLVE = """
SELECT c.text, c.kind, c.ref_id, c.quantity, c.scope_id, i.sku, i.name, i.name_zh, i.barcode AS item_barcode, i.unit,
       i.tracking, i.shelf_life_days, i.lock_days, i.class AS item_class, i.pack_size,
       l.code AS location_code, l.kind AS location_kind, l.barcode AS location_barcode, l.parent_id, l.path, l.pick,
       p.number, p.barcode AS document_barcode
FROM code c
LEFT JOIN item i ON c.kind = 'item' AND i.id = c.ref_id
LEFT JOIN location l ON c.kind = 'location' AND l.id = c.ref_id
LEFT JOIN purchase_order p ON c.kind = 'document' AND p.id = c.ref_id
WHERE c.text IN (:c0, :c1, :c2, :c3, :c4, :c5) AND c.scope_id IN (0, :warehouse)"""

CONTAINER_KINDS = frozenset({"tote", "pallet", "parcel"})


class UnknownCode(Refusal):
    """Nothing here has this code."""

    code = "unknown_code"
    text = N_("%(read)s is not known here. Expected: %(expected)s.")


class ForeignWarehouse(Refusal):
    """The code belongs to another warehouse."""

    code = "foreign_warehouse"
    text = N_("%(read)s belongs to warehouse %(warehouse)s, not to this one. Expected: %(expected)s.")


class AmbiguousCode(Refusal):
    """The code names more than one thing that could be meant now."""

    code = "ambiguous_code"
    text = N_("%(read)s names more than one thing: %(things)s. Scan the thing's own label. Expected: %(expected)s.")


@dataclass(frozen=True, slots=True)
class Item:
    """An item as one of its codes names it; `quantity` is what that code stands for (a case of 12)."""

    id: int
    code: str
    name: str
    barcode: str
    unit: str
    tracking: str
    shelf_life_days: int | None
    lock_days: int
    item_class: str
    quantity: int = 1
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A location or container as its code names it; `kind` tells which."""

    id: int
    code: str
    barcode: str
    kind: str
    parent_id: int | None
    path: str
    pick: int

    @property
    def is_container(self) -> bool:
        """A tote, pallet or parcel."""
        return self.kind in CONTAINER_KINDS


@dataclass(frozen=True, slots=True)
class Document:
    """A paper, such as a purchase order."""

    id: int
    code: str
    barcode: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One scan: its reading, and what it names here. At most one of each kind."""

    reading: Reading
    item: Item | None = None
    location: Place | None = None
    container: Place | None = None
    document: Document | None = None

    @property
    def command(self) -> str:
        """XXSHORT and its like, or empty."""
        return self.reading.command

    @property
    def text(self) -> str:
        """The text as read."""
        return self.reading.text

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds of thing that it names."""
        kinds = ("item", "location", "container", "document")
        return tuple(kind for kind in kinds if getattr(self, kind) is not None)


def resolve(session: Session, reading: Reading, *, warehouse_id: int) -> Heard:
    """What the reading names; empty-handed if nothing, which the room may still understand (a supplier's lot).

    Raises:
        AmbiguousCode: it names two things of one kind.
    """
    return ask_resolve(session, reading, warehouse_id=warehouse_id)()


def ask_resolve(session: Session, reading: Reading, *, warehouse_id: int) -> Callable[[], Heard]:
    """Asks what the reading names, as resolve() does; what it returns waits for the answer."""
    if reading.is_value:
        return lambda: Heard(reading)
    texts = (reading.candidates + (reading.candidates[0],) * _CANDIDATES)[:_CANDIDATES]
    marks = {f"c{index}": text for index, text in enumerate(texts)}
    asked = session.ask(_RESOLVE, warehouse=warehouse_id, **marks)
    return lambda: _of_rows(reading, asked.all())


def _of_rows(reading: Reading, rows: list[Row]) -> Heard:
    """What is written exactly so goes before what only could be meant."""
    exact = [row for row in rows if row.text == reading.text]
    return _heard(reading, exact or rows)


def _heard(reading: Reading, rows: Iterable[Row]) -> Heard:
    found: dict[str, Item | Place | Document] = {}
    for row in rows:
        kind, thing = _thing(row, reading)
        if kind in found and found[kind] != thing:
            names = ", ".join(sorted({found[kind].code, thing.code}))
            raise AmbiguousCode(read=reading.text, things=names, expected=Phrase(N_("one thing")))
        found[kind] = thing
    return Heard(reading, **found)  # type: ignore[arg-type]


def _thing(row: Row, reading: Reading) -> tuple[str, Item | Place | Document]:
    if row.kind == "item":
        quantity = row.quantity
        if reading.gs1 and reading.gs1.quantity:
            quantity *= reading.gs1.quantity
        return "item", Item(
            row.ref_id, row.sku, row.name, row.item_barcode, row.unit, row.tracking, row.shelf_life_days, row.lock_days,
            row.item_class, quantity, row.name_zh,
        )  # fmt: skip
    if row.kind == "document":
        return "document", Document(row.ref_id, row.number, row.document_barcode)
    place = Place(
        row.ref_id, row.location_code, row.location_barcode, row.location_kind, row.parent_id, row.path, row.pick
    )
    return ("container" if place.is_container else "location"), place


def explain_unknown(session: Session, heard: Heard, *, warehouse_id: int, expected: Phrase) -> Refusal:
    """Why a code names nothing here: it is another warehouse's, or unknown."""
    other = session.value(
        """SELECT w.code FROM code c JOIN warehouse w ON w.id = c.scope_id
           WHERE c.text = :text AND c.scope_id NOT IN (0, :warehouse)""", text=heard.text, warehouse=warehouse_id)  # fmt: skip
    if other:
        return ForeignWarehouse(read=heard.text, warehouse=other, expected=expected)
    return UnknownCode(read=heard.text, expected=expected)
