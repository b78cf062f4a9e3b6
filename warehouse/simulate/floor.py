"""The floor as it really is: what lies where, kept by those who carried it, never read from the product."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Lying(NamedTuple):
    """Some goods at a place: a location's code, or that of the tote or parcel that holds them."""

    place: str
    sku: str
    lot: str = ""
    serial: str = ""


class Moved(NamedTuple):
    """Goods that a robot carried. Without `source` they came by truck, without `place` they left by truck."""

    sku: str
    lot: str
    serial: str
    quantity: int
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the robots know by heart: which text scans as which item (and how many) or place.

    Attributes:
        items: text → (sku, quantity). unit_barcode: sku → the text that scans as one of it.
        places: barcode → code. bins: barcodes of bins. quarantine: the code of the place for damaged goods.
    """

    items: dict[str, tuple[str, int]]
    unit_barcode: dict[str, str]
    places: dict[str, str]
    bins: tuple[str, ...]
    quarantine: str
    pick_places: frozenset[str]


@dataclass(slots=True)
class Mind:
    """What whoever works on a piece of work keeps in mind about it.

    Attributes:
        source: where the goods in hand come from. tote: what a packer empties. serials: those in hand.
        pack: how many the latest scan of an item stood for.
        latest: what the latest act that can be taken back moved; None if there is none.
        ahead: what a counter still has to scan. done: its acts since it came to the bin, empty where
            it was none that it meant.
    """

    source: str = ""
    tote: str = ""
    serials: list[str] = field(default_factory=list)
    pack: int = 1
    latest: list[Moved] | None = None
    ahead: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


class Floor:
    """What lies where in truth, and what has gone missing without anybody booking it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.lies: Counter[Lying] = Counter()
        self.lost: Counter[Lying] = Counter()
        self.shipped: Counter[str] = Counter()
        self.minds: dict[str, Mind] = {}
        self._lock = threading.Lock()

    def lay(self, rows: Iterable[dict[str, Any]]) -> None:
        """The goods that lie there when the shift begins, as `warehouse stock` lists them."""
        self.lies.update(_listed(rows))

    def mind(self, href: str) -> Mind:
        """What is kept in mind about a piece of work."""
        return self.minds.setdefault(href, Mind())

    def carry(self, moves: Sequence[Moved]) -> None:
        """Goods were carried."""
        with self._lock:
            for move in moves:
                if move.source:
                    self.lies[Lying(move.source, move.sku, move.lot, move.serial)] -= move.quantity
                if move.place:
                    self.lies[Lying(move.place, move.sku, move.lot, move.serial)] += move.quantity

    def put_back(self, moves: Sequence[Moved]) -> None:
        """They were carried back."""
        self.carry([move._replace(source=move.place, place=move.source) for move in reversed(moves)])

    def ship(self, container: str) -> list[Moved]:
        """All that lies in a container goes onto the truck, from where nothing comes back."""
        with self._lock:
            gone = [
                Moved(each.sku, each.lot, each.serial, count, container, "")
                for each, count in self.lies.items() if each.place == container and count > 0
            ]  # fmt: skip
            for move in gone:
                self.shipped[move.sku] += move.quantity
        return gone

    def lose(self, where: Lying, quantity: int) -> None:
        """Goods are gone, and nobody knows."""
        with self._lock:
            self.lies[where] -= quantity
            self.lost[where] += quantity

    def lying_at(self, place: str) -> list[tuple[Lying, int]]:
        """All that lies at a place, in a lasting order."""
        with self._lock:
            return sorted((where, count) for where, count in self.lies.items() if where.place == place and count > 0)

    def places_of(self, sku: str) -> set[str]:
        """Where some of an item lies."""
        with self._lock:
            return {where.place for where, count in self.lies.items() if where.sku == sku and count > 0}

    def picked_from(self) -> list[str]:
        """The items that lie where goods are picked, in a lasting order."""
        with self._lock:
            faces = self.catalogue.pick_places
            return sorted({where.sku for where, count in self.lies.items() if count > 0 and where.place in faces})

    def found_out(self, where: Lying, difference: int) -> None:
        """The book was told by how much it was wrong about some goods: so many fewer are missing, or turned up."""
        with self._lock:
            self.lost[where] += difference

    def differences(self, rows: Iterable[dict[str, Any]]) -> list[str]:
        """Where the book, as `warehouse stock` lists it, is not what lies there, but for what went missing."""
        book, truth = Counter(_listed(rows)), self.lies + self.lost
        below = [
            f"{_named(where)}: {count} lie there, which cannot be" for where, count in self.lies.items() if count < 0
        ]
        return below + [
            f"{_named(where)}: the book has {book[where]}, {truth[where]} were brought there"
            for where in sorted(book.keys() | truth.keys()) if book[where] != truth[where]
        ]  # fmt: skip


def _listed(rows: Iterable[dict[str, Any]]) -> Counter[Lying]:
    lying: Counter[Lying] = Counter()
    for row in rows:
        place = row["container"] or row["location"]
        lying[Lying(place, row["sku"], row["lot"] or "", row["serial"] or "")] += row["quantity"]
    return lying


def _named(where: Lying) -> str:
    return " ".join(part for part in (where.sku, where.lot, where.serial, "at", where.place) if part)
