"""The laws of the ledger, one after the other (docs/ledger.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.ledger.book import Book
from warehouse import ids
from warehouse.clock import HOUR, MINUTE, SECOND, day_of, now_us, parse_day
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.ledger import (
    Goods,
    Move,
    NotEnoughStock,
    TooLateToUndo,
    choose,
    post,
    release_shipment,
    reserve_at,
    seal_all,
    seal_some,
)
from warehouse.ledger.history import holders_at, moves, stock_at

REFUSED = (sqlite.IntegrityError, psycopg.errors.IntegrityError, psycopg.errors.RaiseException, sqlite.OperationalError)

TODAY = "2026-06-01"


def refused(book: Book, sql: str, **params: Any) -> bool:
    """Whether the database itself refuses a statement."""
    try:
        book.base.change(lambda session: session.run(sql, **params))
    except REFUSED:
        return True
    return False


# ---------------------------------------------------------------- 1: what a posting is


def test_goods_go_from_place_to_place_and_the_sum_over_all_places_is_zero(book: Book) -> None:
    """R-LED-1: law 1; outside places hold no balance, and an empty stock row is removed."""
    kettles = book.arrive("KETTLE", "DOCK-1", 10)
    book.move(kettles, 6, "DOCK-1", "A-01", "putaway")
    book.move(kettles, 4, "DOCK-1", "A-02", "putaway")
    book.move(kettles, 1, "A-02", "customer", "ship")
    assert book.house.stock() == {("KETTLE", "A-01", "", ""): 6, ("KETTLE", "A-02", "", ""): 3}
    assert book.total("KETTLE") == (9, 0, 0)
    net = book.rows(
        """SELECT place, SUM(n) AS n FROM (SELECT to_id AS place, quantity AS n FROM move
           UNION ALL SELECT from_id, -quantity FROM move) AS e GROUP BY place HAVING SUM(n) <> 0 ORDER BY n"""
    )
    assert [int(row.n) for row in net] == [-10, 1, 3, 6]
    assert sum(int(row.n) for row in net) == 0


def test_a_posting_is_whole_or_not_at_all(book: Book) -> None:
    kettles = book.arrive("KETTLE", "A-01", 5)
    bins = book.place_ids
    two = [Move(4, bins["A-01"], bins["A-02"], kettles), Move(4, bins["A-01"], bins["A-03"], kettles)]
    with pytest.raises(NotEnoughStock):
        book.base.change(lambda session: post(session, book.by(), "move", two))
    assert book.house.stock() == {("KETTLE", "A-01", "", ""): 5}


@pytest.mark.parametrize("quantity", [0, -1])
def test_only_positive_whole_numbers_move(book: Book, quantity: int) -> None:
    with pytest.raises(AssertionError):
        Move(quantity, 1, 2, Goods(1, 1))
    with pytest.raises(AssertionError):
        Move(1, 1, 2)


def test_each_arrival_is_a_layer_and_keeps_its_date(book: Book) -> None:
    book.arrive("KETTLE", "A-01", 3, received="2026-01-01")
    book.arrive("KETTLE", "A-01", 4, received="2026-02-01")
    assert book.at("A-01", "KETTLE") == (7, 0, 0)
    days = book.rows("SELECT rank_day, quantity FROM balance ORDER BY rank_day")
    assert [tuple(row) for row in days] == [(parse_day("2026-01-01"), 3), (parse_day("2026-02-01"), 4)]


def test_a_serial_is_one_piece_in_one_place(book: Book) -> None:
    camera = book.arrive("CAMERA", "A-01", 1, serial="S1")
    book.move(camera, 1, "A-01", "A-02")
    with pytest.raises(REFUSED):
        book.arrive("CAMERA", "A-03", 1, serial="S1")
    with pytest.raises(REFUSED):
        book.arrive("CAMERA", "A-03", 2, serial="S2")
    assert book.house.stock("CAMERA") == {("CAMERA", "A-02", "", "S1"): 1}


# ---------------------------------------------------------------- 2: containers


def test_a_container_moves_with_all_that_is_in_it_by_one_move(book: Book) -> None:
    kettles = book.arrive("KETTLE", "A-01", 5)
    tea = book.arrive("TEA", "A-02", 5, lot="L1", expiry="2028-01-01")
    book.tote("T-1")
    book.carry("T-1", "in_picking")
    book.move(kettles, 2, "A-01", "T-1", "pick")
    book.move(tea, 3, "A-02", "T-1", "pick")
    before = book.one("SELECT count(*) AS n FROM move").n
    book.carry("T-1", "to_pack", "in_picking")
    assert book.one("SELECT count(*) AS n FROM move").n == before + 1
    assert book.house.value("SELECT parent_id FROM location WHERE code = 'T-1'") == book.place_ids["to_pack"]
    assert book.house.stock()[("TEA", "T-1", "L1", "")] == 3


def test_a_container_leaves_only_the_place_where_it_lies(book: Book) -> None:
    book.tote("T-1")
    book.carry("T-1", "in_picking")
    with pytest.raises(TooLateToUndo):
        book.carry("T-1", "to_pack", "PACK-1")
    assert book.house.value("SELECT parent_id FROM location WHERE code = 'T-1'") == book.place_ids["in_picking"]


def test_a_containers_move_is_taken_back_while_it_still_lies_there(book: Book) -> None:
    book.tote("T-1")
    first = book.carry("T-1", "in_picking")
    second = book.carry("T-1", "to_pack", "in_picking")
    with pytest.raises(TooLateToUndo):
        book.undo(first)
    book.undo(second)
    book.undo(first)
    assert book.house.value("SELECT parent_id FROM location WHERE code = 'T-1'") is None


def test_two_processes_in_one_millisecond_leave_a_container_where_it_lies(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids of two processes may be out of turn by a millisecond: where a container lies does not hang on them."""
    book.tote("T-1")
    frozen = now_us() + SECOND
    monkeypatch.setattr(ids, "now_us", lambda: frozen)
    monkeypatch.setattr(ids, "_last_tick", 0)
    monkeypatch.setattr(ids, "_node", 9)
    first = book.carry("T-1", "in_picking")
    monkeypatch.setattr(ids, "_node", 8)
    second = book.carry("T-1", "to_pack", "in_picking")
    assert second < first, "the later posting has the smaller id"
    assert book.faults() == []
    book.seal()
    held = book.base.read(lambda session: holders_at(session, book.id, now_us() + HOUR))
    assert held == {book.place_ids["T-1"]: book.place_ids["to_pack"]}


# ---------------------------------------------------------------- 3: nothing is changed, mistakes are contrary postings


def test_a_mistake_is_taken_back_by_a_posting_that_names_it_once(book: Book) -> None:
    """R-LED-1."""
    kettles = book.arrive("KETTLE", "A-01", 5)
    wrong = book.move(kettles, 3, "A-01", "A-02")
    contrary = book.undo(wrong)
    row = book.one("SELECT cause, undoes, from_id, to_id, quantity FROM move WHERE posting_id = :id", id=contrary)
    assert tuple(row) == ("undo", wrong, book.place_ids["A-02"], book.place_ids["A-01"], 3)
    assert book.house.stock() == {("KETTLE", "A-01", "", ""): 5}
    book.move(kettles, 3, "A-01", "A-02")
    with pytest.raises(TooLateToUndo):
        book.undo(wrong)


def test_an_arrival_taken_back_was_never_there(book: Book) -> None:
    kettles = book.goods("KETTLE")
    posting = book.move(kettles, 5, "supplier", "DOCK-1", "receive")
    book.undo(posting)
    assert book.house.stock() == {}
    assert book.total("KETTLE") == (0, 0, 0)


@pytest.mark.parametrize("how", ["moved on", "reserved"])
def test_goods_that_went_on_cannot_be_taken_back(book: Book, how: str) -> None:
    kettles = book.goods("KETTLE")
    posting = book.move(kettles, 5, "supplier", "A-01", "receive")
    if how == "moved on":
        book.move(kettles, 1, "A-01", "A-02")
    else:
        book.reserve("KETTLE", 1)
    with pytest.raises(TooLateToUndo):
        book.undo(posting)
    assert book.total("KETTLE")[0] == 5


def test_the_database_refuses_to_change_or_delete_what_is_written(book: Book) -> None:
    """Law 3, by triggers: not even raw SQL rewrites the ledger."""
    book.arrive("KETTLE", "A-01", 5)
    book.seal()
    statements = ["UPDATE move SET quantity = 6", "DELETE FROM move", "UPDATE seal SET at = 0", "DELETE FROM seal"]
    if book.base.dialect == "postgresql":
        statements += ["TRUNCATE move", "TRUNCATE seal"]
    for statement in statements:
        assert refused(book, statement), statement
    assert book.house.verify().postings == 1


# ---------------------------------------------------------------- 4: balances, totals, blocks


def test_no_place_ever_holds_less_than_nothing(book: Book) -> None:
    """R-LED-2."""
    kettles = book.arrive("KETTLE", "A-01", 5)
    for quantity, origin in ((6, "A-01"), (1, "A-02"), (1, "customer")):
        if origin == "customer":
            book.move(kettles, quantity, origin, "A-03", "return")
            continue
        with pytest.raises(NotEnoughStock):
            book.move(kettles, quantity, origin, "A-03")
    assert book.house.stock() == {("KETTLE", "A-01", "", ""): 5, ("KETTLE", "A-03", "", ""): 1}


def test_reserved_goods_are_not_free_to_move(book: Book) -> None:
    """R-LED-2: nor less than is reserved."""
    kettles = book.arrive("KETTLE", "A-01", 5)
    assert book.reserve("KETTLE", 3) == 3
    with pytest.raises(NotEnoughStock):
        book.move(kettles, 3, "A-01", "A-02")
    book.move(kettles, 2, "A-01", "A-02")
    assert book.at("A-01", "KETTLE") == (3, 3, 0)


def test_goods_that_leave_take_their_total_along(book: Book) -> None:
    kettles = book.arrive("KETTLE", "A-01", 5)
    book.move(kettles, 2, "A-01", "scrap", "scrap")
    book.move(kettles, 1, "lost_and_found", "A-02", "count")
    assert book.total("KETTLE") == (4, 0, 0)
    with pytest.raises(NotEnoughStock):
        book.move(kettles, 5, "A-01", "customer", "ship")


@pytest.mark.parametrize("what", ["item", "lot", "layer", "place"])
def test_what_is_held_is_not_chosen_wherever_it_lies(book: Book, what: str) -> None:
    """R-RCV-4, R-RCV-6: one row holds a lot, a layer, a bin or all of an item, what lies there and what comes."""
    held = book.arrive("TEA", "A-01", 5, lot="BAD", expiry="2028-01-01")
    parts: dict[str, dict[str, Any]] = {
        "item": {}, "lot": {"lot_id": held.lot_id}, "layer": {"layer_id": held.layer_id}, "place": {"place": "A-01"},
    }  # fmt: skip
    block_id = book.block("TEA", **parts[what])
    assert book.total("TEA") == (5, 0, 5)
    assert book.reserve("TEA", 5) == 0
    book.move(held, 2, "A-01", "A-02")
    free = 2 if what == "place" else 0
    assert book.total("TEA") == (5, 0, 5 - free)
    assert book.reserve("TEA", 5, line=2) == free
    other = book.arrive("TEA", "A-01", 4, lot="GOOD", expiry="2028-02-01")
    free_other = 0 if what in {"item", "place"} else 4
    assert book.reserve("TEA", 5, line=3) == free_other
    assert book.unblock(block_id)
    assert not book.unblock(block_id), "a block ends once"
    assert book.total("TEA") == (9, free + free_other, 0)
    assert book.reserve("TEA", 9, line=4) == 9 - free - free_other
    assert other.lot_id != held.lot_id


def test_two_blocks_hold_until_both_have_ended(book: Book) -> None:
    tea = book.arrive("TEA", "A-01", 5, lot="L1", expiry="2028-01-01")
    lot, place = book.block("TEA", lot_id=tea.lot_id), book.block("TEA", place="A-01")
    assert book.at("A-01", "TEA") == (5, 0, 2)
    assert book.total("TEA") == (5, 0, 5)
    book.unblock(lot)
    assert book.reserve("TEA", 1) == 0
    book.unblock(place)
    assert book.reserve("TEA", 1) == 1


def test_what_is_promised_stays_promised_when_its_bin_is_held(book: Book) -> None:
    """Blocked counts what is held and not promised; let go, it is held as well."""
    book.arrive("KETTLE", "A-01", 5)
    book.reserve("KETTLE", 3)
    book.block("KETTLE", "short", place="A-01")
    assert book.total("KETTLE") == (5, 3, 2)
    book.release(book.reservation(), 2)
    assert book.total("KETTLE") == (5, 1, 4)
    book.tote("T-1")
    book.pick(book.reservation(), 1, "T-1")
    assert book.total("KETTLE") == (5, 1, 4)
    assert book.at("T-1", "KETTLE") == (1, 1, 0)


CHECKS = {
    "a negative balance": "UPDATE balance SET quantity = -1, reserved = 0",
    "more reserved than there": "UPDATE balance SET reserved = quantity + 1",
    "reserved below nothing": "UPDATE balance SET reserved = -1",
    "held below nothing": "UPDATE balance SET held = -1",
    "a total below nothing": "UPDATE total SET on_hand = -1, reserved = 0",
    "more reserved than on hand": "UPDATE total SET reserved = on_hand + 1",
    "blocked below nothing": "UPDATE total SET blocked = -1",
    "an empty reservation": "UPDATE reservation SET quantity = 0",
    "a second row of the same stock": """INSERT INTO balance (id, warehouse_id, location_id, item_id, layer_id, quantity,
        pick, rank_day, last_day, path) SELECT id + 1, warehouse_id, location_id, item_id, layer_id, 1, pick, rank_day,
        last_day, path FROM balance""",
}
MOVE = """INSERT INTO move (posting_id, line, warehouse_id, cause, item_id, lot_id, serial, layer_id, container_id,
    quantity, from_id, to_id, for_id, reserved_at, document, key, person_id, device, occurred_at, recorded_at, undoes,
    key_id, form, hash)
    SELECT 7, 0, warehouse_id, {cause}, {item}, 0, '', layer_id, {container}, {quantity}, from_id, {to}, 0, 0, '', '', 0,
    '', 0, 0, {undoes}, '', 1, '' FROM move WHERE undoes <> 0"""
MOVES = {
    "nothing": {"quantity": "0"}, "less than nothing": {"quantity": "-5"}, "to where it lies": {"to": "from_id"},
    "of neither goods nor container": {"item": "0"}, "of both": {"container": "5"},
    "of two containers": {"item": "0", "container": "5", "quantity": "2"}, "for no known cause": {"cause": "'gift'"},
    "undone twice": {"undoes": "undoes"},
}  # fmt: skip


@pytest.mark.parametrize("what", CHECKS)
def test_the_database_itself_refuses(book: Book, what: str) -> None:
    """Each law is also a CHECK or a unique key."""
    book.arrive("KETTLE", "A-01", 5)
    book.reserve("KETTLE", 2)
    assert refused(book, CHECKS[what])


@pytest.mark.parametrize("what", MOVES)
def test_the_database_itself_refuses_a_move(book: Book, what: str) -> None:
    kettles = book.arrive("KETTLE", "A-01", 5)
    book.undo(book.move(kettles, 1, "A-01", "A-02"))
    parts = {"cause": "'move'", "item": "item_id", "container": "0", "quantity": "1", "to": "to_id", "undoes": "0"}
    assert refused(book, MOVE.format(**(parts | MOVES[what])))


# ---------------------------------------------------------------- 5: reserve, then post or release


def test_the_oldest_receipt_is_reserved_first_and_ties_go_by_the_walk(book: Book) -> None:
    """R-PICK-1: compared by local receipt date, not by hour; ties by the path."""
    book.arrive("KETTLE", "A-05", 2, received="2026-01-01T08:00")
    book.arrive("KETTLE", "A-03", 2, received="2026-01-01T18:00")
    book.arrive("KETTLE", "A-01", 2, received="2026-01-02")
    assert book.reserve("KETTLE", 3) == 3
    got = {row.place: row.quantity for row in book.reservations()}
    assert got == {"A-03": 2, "A-05": 1}


def test_the_receipt_date_is_the_local_one(book: Book) -> None:
    """R-PICK-1: 17:00 in London on New Year's Eve is New Year in Shanghai."""
    book.arrive("KETTLE", "A-01", 2, received="2025-12-31T17:00+00:00")
    assert book.one("SELECT rank_day FROM balance").rank_day == parse_day("2026-01-01")


def test_goods_that_expire_leave_by_their_expiry(book: Book) -> None:
    """R-PICK-1, FEFO: the soonest to expire that still has the life the customer must get."""
    book.now = day_start(TODAY)
    book.arrive("TEA", "A-01", 2, lot="LATE", expiry="2027-09-01", received="2026-01-01")
    book.arrive("TEA", "A-02", 2, lot="SOON", expiry="2026-07-01", received="2026-03-01")
    assert book.reserve("TEA", 1, life_days=60) == 1
    assert book.reservation().place == "A-01"
    assert book.reserve("TEA", 1, line=2) == 1
    assert book.reservation(2).place == "A-02"


def test_expired_goods_are_never_reserved(book: Book) -> None:
    """R-PUT-6: blocked from 00:00 local of the day after, earlier by the lock days."""
    book.arrive("TEA", "A-01", 2, lot="L1", expiry="2026-06-10", lock_days=3)
    last = day_start("2026-06-08") - 1
    book.now = last + 1
    assert book.reserve("TEA", 1) == 0
    book.now = last
    assert book.reserve("TEA", 1) == 1


def test_only_pick_locations_of_this_warehouse_are_chosen(book: Book) -> None:
    book.arrive("KETTLE", "DOCK-1", 5, received="2026-01-01")
    book.arrive("KETTLE", "A-01", 5, received="2026-02-01")
    assert book.reserve("KETTLE", 10) == 5
    assert book.total("KETTLE") == (10, 5, 0)


def test_a_reservation_travels_with_its_goods_and_back(book: Book) -> None:
    book.arrive("KETTLE", "A-01", 5)
    book.reserve("KETTLE", 4)
    was = book.reservation()
    book.tote("T-1")
    book.carry("T-1", "in_picking")
    posting = book.pick(was, 3, "T-1")
    at = {row.place: (row.quantity, row.stage, row.reserved_at) for row in book.reservations()}
    assert at == {"A-01": (1, 0, was.reserved_at), "T-1": (3, 1, was.reserved_at)}
    assert book.total("KETTLE") == (5, 4, 0)
    assert book.one("SELECT reserved_at FROM move WHERE posting_id = :id", id=posting).reserved_at == was.reserved_at
    book.undo(posting)
    assert [(row.place, row.quantity) for row in book.reservations()] == [("A-01", 4)]
    assert book.at("A-01", "KETTLE") == (5, 4, 0)


def test_shipped_goods_are_neither_reserved_nor_there(book: Book) -> None:
    book.arrive("KETTLE", "A-01", 5)
    book.reserve("KETTLE", 2)
    book.tote("T-1")
    book.pick(book.reservation(), 2, "T-1")
    posting = book.pick(book.reservation(), 2, "customer", cause="ship")
    assert book.reservations() == []
    assert book.total("KETTLE") == (3, 0, 0)
    with pytest.raises(TooLateToUndo):
        book.undo(posting)


def test_a_pick_whose_reservation_went_elsewhere_is_not_taken_back(book: Book) -> None:
    book.arrive("KETTLE", "A-01", 5)
    book.reserve("KETTLE", 2)
    book.tote("T-1")
    posting = book.pick(book.reservation(), 2, "T-1")
    book.release(book.reservation(), 1)
    with pytest.raises(TooLateToUndo):
        book.undo(posting)


def test_letting_go_frees_the_goods_and_all_of_a_shipment_at_once(book: Book) -> None:
    book.arrive("KETTLE", "A-01", 5)
    book.arrive("KETTLE", "A-02", 5, received="2026-02-01")
    book.reserve("KETTLE", 7)
    book.release(book.reservations()[0], 2)
    assert book.total("KETTLE") == (10, 5, 0)
    book.base.change(lambda session: release_shipment(session, book.by(), 1))
    assert book.total("KETTLE") == (10, 0, 0)
    assert book.reserve("KETTLE", 99) == 10


def test_a_person_may_choose_another_stock_row_if_it_is_free_there(book: Book) -> None:
    book.arrive("KETTLE", "A-01", 2)
    row = book.one("SELECT id FROM balance")
    book.arrive("KETTLE", "A-02", 5)

    def at(quantity: int, line: int) -> bool:
        return book.base.change(
            lambda session: reserve_at(
                session, book.by(), shipment_id=line, line_id=line, balance_id=row.id, quantity=quantity
            )
        )

    assert at(1, line=1)
    assert not at(2, line=2)
    assert not book.base.change(
        lambda session: reserve_at(session, book.by(), shipment_id=3, line_id=3, balance_id=-1, quantity=1)
    )
    book.block("KETTLE", place="A-01")
    assert not at(1, line=4), "what is held is not reserved, even by choice"
    assert book.total("KETTLE") == (7, 1, 1)


def test_the_choice_is_told_in_the_order_in_which_goods_must_leave(book: Book) -> None:
    for place, received in (("A-01", "2026-03-01"), ("A-02", "2026-01-01"), ("A-03", "2026-02-01")):
        book.arrive("KETTLE", place, 1, received=received)
    rows = book.base.read(lambda session: choose(session, book.by(), book.house.items["KETTLE"]))
    assert [row.location_id for row in rows] == [book.place_ids[each] for each in ("A-02", "A-03", "A-01")]


# ---------------------------------------------------------------- 7: sealing, the past


def day_start(day: str) -> int:
    """Midnight in the warehouse."""
    from tests.floor import TIMEZONE
    from warehouse.clock import start_of

    return start_of(parse_day(day), TIMEZONE)


def test_the_past_can_be_asked_for(book: Book) -> None:
    """R-LED-4: stock as of any past instant, and where each container lay then."""
    start = day_start(TODAY)
    steps = iter(range(1, 100))

    def tick() -> int:
        book.now = start + next(steps) * MINUTE
        return book.now

    tick()
    kettles = book.goods("KETTLE")
    received = tick()
    book.move(kettles, 5, "supplier", "A-01", "receive")
    book.tote("T-1")
    tick()
    book.carry("T-1", "in_picking")
    picked = tick()
    book.move(kettles, 2, "A-01", "T-1", "pick")
    carried = tick()
    book.carry("T-1", "to_pack", "in_picking")
    shipped = tick()
    book.move(kettles, 2, "T-1", "customer", "ship")
    book.seal()

    def then(at: int) -> dict[str, int]:
        names = {number: name for name, number in book.place_ids.items()}
        rows = book.base.read(lambda session: stock_at(session, book.id, at))
        outside = {"supplier", "customer"}
        return {names[row.holder_id]: int(row.quantity) for row in rows if names[row.holder_id] not in outside}

    def lay(at: int) -> int | None:
        return book.base.read(lambda session: holders_at(session, book.id, at)).get(book.place_ids["T-1"])

    assert then(received - 1) == {}
    assert then(received) == {"A-01": 5}
    assert then(picked) == {"A-01": 3, "T-1": 2}
    assert lay(picked) == book.place_ids["in_picking"]
    assert lay(carried) == book.place_ids["to_pack"]
    assert lay(received) is None
    assert then(shipped - 1) == {"A-01": 3, "T-1": 2}
    assert then(shipped) == {"A-01": 3}
    assert then(shipped + HOUR) == {"A-01": 3}


def test_the_seal_order_is_the_ledgers_order_and_its_time_never_falls(book: Book) -> None:
    """Law 7: also when the clock is set back."""
    noon = now_us()
    kettles = book.goods("KETTLE")
    for back in (0, 3 * HOUR, 2 * HOUR, -SECOND):
        book.now = noon - back
        book.move(kettles, 1, "supplier", "A-01", "receive")
        book.seal()
    at = [row.at for row in book.rows("SELECT at FROM seal ORDER BY seq")]
    assert at == [noon, noon, noon, noon + SECOND]
    told = book.base.read(lambda session: [row.seq for row in moves(session, book.id)])
    assert told == [1, 2, 3, 4]


def test_sealing_goes_on_where_it_stopped_and_finds_late_comers(book: Book) -> None:
    """A posting that was committed after a younger one was sealed is sealed later; none is forgotten."""
    book.now = now_us()
    for number in range(5):
        book.arrive("KETTLE", "A-01", number + 1)
    assert book.base.change(lambda session: seal_some(session, book.id, most=2)) == 2
    proof = book.house.verify()
    assert (proof.postings, proof.unsealed, proof.ok) == (5, 3, True)
    first = book.one("SELECT MIN(m.posting_id) AS id FROM move m").id
    assert book.base.change(lambda session: seal_some(session, book.id, from_id=first + 1, most=9)) == 3
    assert book.seal() == 0
    assert book.house.verify().unsealed == 0


def test_a_late_commit_is_sealed_even_if_younger_ones_are(book: Book) -> None:
    if book.base.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time: nothing commits late")
    early, late = book.goods("KETTLE"), book.goods("KETTLE")
    place = book.place_ids

    def slow(session: Session) -> int:
        made = post(session, book.by(), "receive", [Move(1, place["supplier"], place["A-01"], early)])
        tea = book.goods("TEA", lot="L1", expiry="2028-01-01")
        book.move(tea, 1, "supplier", "A-02", "receive")
        assert book.seal() == 1
        return made

    posting = book.base.change(slow)
    assert seal_all(book.base, book.id, thorough=False) == 1
    rows = book.rows("SELECT posting_id FROM seal ORDER BY seq")
    assert rows[1].posting_id == posting < rows[0].posting_id
    assert late.layer_id


def test_two_sealers_at_once_make_one_chain(book: Book, together: Callable[..., list[Any]]) -> None:
    kettles = book.goods("KETTLE")
    for _ in range(30):
        book.move(kettles, 1, "supplier", "A-01", "receive")

    def sealer(_number: int) -> int:
        sealed = 0
        while part := book.base.change(lambda session: seal_some(session, book.id, most=3)):
            sealed += part
        return sealed

    assert sum(together(sealer, 4)) == 30
    assert [row.seq for row in book.rows("SELECT seq FROM seal ORDER BY seq")] == list(range(1, 31))


def test_ids_never_fall_within_a_process_even_if_the_clock_does(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    first = book.base.change(new_id)
    behind = now_us() - 1000 * SECOND
    monkeypatch.setattr(ids, "now_us", lambda: behind)
    again = [book.base.change(new_id) for _ in range(3)]
    assert sorted(again) == again
    assert again[0] > first
    assert day_of(ids.instant_of(again[0]), "UTC") == day_of(ids.instant_of(first), "UTC")
