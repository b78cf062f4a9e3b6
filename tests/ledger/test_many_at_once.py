"""The same postings, many at once: opening balances and hand-overs keep every law of post()."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, count
from typing import Any

import pytest

from tests.ledger.book import Book
from warehouse.clock import now_us, parse_day
from warehouse.db import Session
from warehouse.errors import Busy
from warehouse.ledger import Block, block
from warehouse.ledger.opening import Opening, open_balances
from warehouse.ledger.ship import Shipped, ship_container

Between = Callable[..., tuple[Any, Any]]


def opening(
    book: Book, sku: str, place: str, quantity: int, *, lot: str = "", serial: str = "", expiry: int = 0
) -> Opening:
    """One opening balance."""
    item_id = book.house.items[sku]
    lot_id = book.base.change(lambda session: book.house.lot(session, item_id, lot, expiry)) if lot else 0
    return Opening(
        item_id=item_id, location_id=book.place_ids[place], quantity=quantity, lot_id=lot_id, serial=serial,
        received_at=now_us(), expiry_day=expiry, lock_days=0, shelf_life_days=None, document="stock.csv",
    )  # fmt: skip


def open_all(book: Book, *openings: Opening) -> None:
    book.base.change(lambda session: open_balances(session, book.by(), openings))


def test_opening_balances_are_postings_like_all_others(book: Book) -> None:
    open_all(
        book, opening(book, "KETTLE", "A-01", 5), opening(book, "KETTLE", "A-01", 2), opening(book, "KETTLE", "DOCK-1", 1),
        opening(book, "TEA", "A-02", 4, lot="L1", expiry=parse_day("2028-01-01")),
        opening(book, "CAMERA", "A-03", 1, serial="S1"),
    )  # fmt: skip
    assert book.house.stock() == {
        ("KETTLE", "A-01", "", ""): 7, ("KETTLE", "DOCK-1", "", ""): 1, ("TEA", "A-02", "L1", ""): 4,
        ("CAMERA", "A-03", "", "S1"): 1,
    }  # fmt: skip
    proof = book.house.verify()
    assert (proof.ok, proof.postings, proof.unsealed) == (True, 5, 5), "one posting a balance"
    assert book.seal() == 5
    assert book.reserve("KETTLE", 99) == 7, "what stands at the dock is not picked"


def test_opening_balances_of_held_goods_are_held(book: Book) -> None:
    book.arrive("TEA", "A-01", 3, lot="BAD", expiry="2028-01-01")
    lot = book.one("SELECT id FROM lot").id
    book.block("TEA", "recalled", lot_id=lot)
    day = parse_day("2028-01-01")
    open_all(
        book,
        opening(book, "TEA", "A-02", 4, lot="BAD", expiry=day),
        opening(book, "TEA", "A-02", 5, lot="GOOD", expiry=day),
    )
    assert book.total("TEA") == (12, 0, 7)
    assert book.reserve("TEA", 99) == 5


def test_only_what_was_opened_is_counted_as_held(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of another process may lie between ours: its goods were counted before."""
    tea = book.arrive("TEA", "A-01", 3, lot="BAD", expiry="2028-01-01")
    book.block("TEA", "recalled", lot_id=tea.lot_id)
    one, other = (
        opening(book, "TEA", place, 4, lot="BAD", expiry=parse_day("2028-01-01")) for place in ("A-02", "A-03")
    )
    around = chain((tea.layer_id - 2, tea.layer_id - 1), count(book.new_id() + 10**6))
    monkeypatch.setattr("warehouse.ledger.opening.new_id", lambda _: next(around))
    open_all(book, one, other)
    assert book.total("TEA") == (11, 0, 11)


# ---------------------------------------------------------------- hand-over


@pytest.fixture
def parcel(book: Book) -> int:
    """A parcel with 2 kettles and 3 tea of line 1, and 1 tea of line 2, from two layers."""
    book.arrive("KETTLE", "A-01", 5)
    book.arrive("TEA", "A-02", 2, lot="L1", expiry="2028-01-01")
    book.arrive("TEA", "A-03", 5, lot="L2", expiry="2028-02-01")
    book.tote("P-1")
    for sku, quantity, line in (("KETTLE", 2, 1), ("TEA", 3, 2), ("TEA", 1, 3)):
        book.reserve(sku, quantity, line=line)
        for row in book.reservations(line):
            book.pick(row, row.quantity, "P-1")
    return book.place_ids["P-1"]


def ship(book: Book, parcel: int) -> Callable[[Session], Shipped]:
    return lambda session: ship_container(session, book.by(), parcel, document="GI-1")


def test_a_parcel_leaves_whole_as_one_posting_for_the_lines_it_was_packed_for(book: Book, parcel: int) -> None:
    shipped = book.base.change(ship(book, parcel))
    assert dict(shipped.quantities) == {1: 2, 2: 3, 3: 1}
    assert book.house.stock("TEA") == {("TEA", "A-03", "L2", ""): 3}
    assert (book.total("KETTLE"), book.total("TEA")) == ((3, 0, 0), (3, 0, 0))
    lines = book.rows(
        "SELECT cause, for_id, quantity, document FROM move WHERE posting_id = :id", id=shipped.posting_id
    )
    assert sum(row.quantity for row in lines) == 6
    assert {(row.cause, row.document) for row in lines} == {("ship", "GI-1")}


def test_a_parcel_with_recalled_goods_stays(book: Book, parcel: int) -> None:
    """R-RCV-6: a recall holds what is packed and not handed over."""
    lot = book.one("SELECT id FROM lot WHERE code = 'L1'").id
    book.block("TEA", "recalled", lot_id=lot)
    before = book.house.stock()
    assert book.base.change(ship(book, parcel)).blocked
    assert book.house.stock() == before


def test_a_recall_in_the_moment_of_the_hand_over_holds_the_parcel(book: Book, parcel: int, between: Between) -> None:
    tea, lot = book.house.items["TEA"], book.one("SELECT id FROM lot WHERE code = 'L1'").id

    def hand_over(session: Session, pause: Callable[[], None]) -> Shipped:
        read = session.all

        def paused(sql: str, **params: Any) -> list[Any]:
            rows = read(sql, **params)
            pause()
            return rows

        session.all = paused  # type: ignore[method-assign]
        return ship(book, parcel)(session)

    shipped, _ = between(hand_over, lambda session: block(session, book.by(), Block(tea, "recalled", lot)))
    assert shipped.blocked == (book.base.dialect == "postgresql"), "on SQLite the recall waits for the hand-over"
    assert book.faults() == []


def test_what_is_reserved_for_nobody_never_leaves(book: Book, parcel: int) -> None:
    book.release(book.reservations(1)[0], 1)
    for container in (parcel, book.tote("EMPTY")):
        with pytest.raises(Busy):
            book.base.change(ship(book, container))
    assert book.total("KETTLE") == (5, 1, 0)
