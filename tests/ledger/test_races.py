"""Many hands at the same goods: real threads, real transactions, on both databases."""

from __future__ import annotations

import fcntl
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.floor import House, Worker
from tests.hands import WITHIN_S
from tests.ledger.book import Book
from warehouse.db import TRIES, Again, Session
from warehouse.errors import Busy
from warehouse.ledger import Block, Move, NotEnoughStock, TooLateToUndo, block, post, release, reserve, unblock, undo
from warehouse.orders.release import release as release_order
from warehouse.orders.release import source_some

Together = Callable[..., list[Any]]
Between = Callable[..., tuple[Any, Any]]


# ---------------------------------------------------------------- everybody wants the same


def test_of_64_takers_of_the_last_unit_one_wins(book: Book, together: Together) -> None:
    """R-LED-2, under any concurrency."""
    kettle = book.arrive("KETTLE", "A-01", 1)
    results = together(lambda _: book.move(kettle, 1, "A-01", "A-02"), 64)
    assert sum(isinstance(each, int) for each in results) == 1
    assert sum(isinstance(each, NotEnoughStock) for each in results) == 63
    assert book.house.stock() == {("KETTLE", "A-02", "", ""): 1}


def test_of_64_takers_who_ship_the_last_unit_one_wins(book: Book, together: Together) -> None:
    """The total of the item is taken from as carefully as its place."""
    kettle = book.arrive("KETTLE", "A-01", 1)
    results = together(lambda _: book.move(kettle, 1, "A-01", "customer", "ship"), 64)
    assert Counter(type(each).__name__ for each in results) == {"int": 1, "NotEnoughStock": 63}
    assert book.total("KETTLE") == (0, 0, 0)


def test_takers_of_part_never_take_more_than_there_is(book: Book, together: Together) -> None:
    kettles = book.arrive("KETTLE", "A-01", 10)
    results = together(lambda number: book.move(kettles, 1 + number % 3, "A-01", "A-02"), 16)
    taken = sum(1 + number % 3 for number, each in enumerate(results) if isinstance(each, int))
    assert taken == book.at("A-02", "KETTLE")[0] <= 10
    assert book.at("A-01", "KETTLE")[0] == 10 - taken


def test_16_reservers_on_10_units_never_oversell(book: Book, together: Together) -> None:
    book.arrive("KETTLE", "A-01", 4, received="2026-01-01")
    book.arrive("KETTLE", "A-02", 6, received="2026-02-01")
    got = together(lambda number: book.reserve("KETTLE", 1, line=number + 1), 16)
    assert sum(got) == 10
    assert book.total("KETTLE") == (10, 10, 0)


def test_nobody_gets_newer_goods_while_older_ones_are_free(book: Book, together: Together) -> None:
    """R-PICK-1: judged when stock is reserved: all of the older is gone before any newer goes."""
    for day in range(1, 9):
        book.arrive("KETTLE", f"A-0{1 + day % 6}", 2, received=f"2026-01-{day:02d}")
    got = together(lambda number: book.reserve("KETTLE", 1, line=number + 1), 13)
    assert sum(got) == 13
    left = book.rows("SELECT rank_day, quantity - reserved AS free FROM balance ORDER BY rank_day")
    assert [row.free for row in left] == [0, 0, 0, 0, 0, 0, 1, 2]


def test_reservers_and_those_who_let_go_keep_the_books(book: Book, together: Together) -> None:
    book.arrive("KETTLE", "A-01", 6)

    def hand(number: int) -> int:
        for _ in range(3):
            if book.reserve("KETTLE", 2, line=number + 1):
                for row in book.reservations(number + 1):
                    book.release(row, row.quantity)
        return number

    assert together(hand, 6) == list(range(6))
    assert book.total("KETTLE") == (6, 0, 0)


# ---------------------------------------------------------------- one key, many senders


def test_the_same_key_8_times_at_once_has_one_effect_and_one_answer(
    house: House, ada: Worker, together: Together
) -> None:
    """R-SCAN-1, law 6: repeats wait for the first and get its answer."""
    house.put("KETTLE", "A-01", 10)
    house.order(("KETTLE", 10))
    ada.next("picking")
    ada.obey()
    ada.obey()
    step = ada.screen["scan"]["fields"]
    href = ada.screen["scan"]["href"]

    def send(_number: int) -> tuple[int, bool, str, dict[str, Any]]:
        one = Worker(house.app.test_client(), ada.token)
        answer = one.post(href, **(step | {"code": "KETTLE", "key": "the-same"}))
        return one.status, one.replayed, answer["notice"]["code"], answer["screen"]

    answers = together(send, 8)
    assert [status for status, *_ in answers] == [200] * 8
    assert sorted(replayed for _, replayed, *_ in answers) == [False] + [True] * 7
    assert {code for *_, code, _ in answers} == {"picked"}
    assert {str(screen) for *_, screen in answers} == {str(answers[0][3])}
    assert house.value("SELECT SUM(quantity) FROM move WHERE cause = 'pick' AND item_id <> 0") == 1


def test_the_same_next_8_times_at_once_takes_one_piece_of_work(house: House, ada: Worker, together: Together) -> None:
    house.put("KETTLE", "A-01", 10)
    for _ in range(3):
        house.order(("KETTLE", 1))

    def ask(number: int) -> tuple[int, str]:
        one = Worker(house.app.test_client(), ada.token)
        answer = one.post("/picking/next", key="one" if number % 2 else f"own-{number}")
        return one.status, answer["screen"]["href"]

    answers = together(ask, 8)
    assert len(set(answers)) == 1, answers
    assert house.value("SELECT count(*) FROM work") == 1


def test_workers_at_once_never_get_the_same_order(house: House, together: Together) -> None:
    house.put("KETTLE", "A-01", 10)
    for _ in range(6):
        house.order(("KETTLE", 1))
    workers = [house.worker("picker") for _ in range(6)]
    screens = together(lambda number: workers[number].next("picking"), 6)
    assert len({screen["href"] for screen in screens}) == 6
    assert len({screen["target"]["container"]["code"] for screen in screens}) == 6
    for worker in workers:
        worker.finish()
    assert house.value("SELECT SUM(quantity) FROM move WHERE cause = 'pick' AND item_id <> 0") == 6


# ---------------------------------------------------------------- what the database asks to be done again


def test_two_postings_in_opposite_orders_both_go_through(book: Book, between: Between) -> None:
    """On PostgreSQL each waits for the other: one is told of a deadlock and runs again, or each in its turn."""
    kettles, tea = book.arrive("KETTLE", "A-01", 5), book.arrive("TEA", "A-01", 5, lot="L", expiry="2028-01-01")
    bins, runs = book.place_ids, []

    def move(session: Session, goods: Any) -> int:
        return post(session, book.by(), "move", [Move(1, bins["A-01"], bins["A-02"], goods)])

    def there(session: Session, pause: Callable[[], None]) -> None:
        runs.append("there")
        move(session, kettles)
        pause()
        move(session, tea)

    def back(session: Session) -> None:
        runs.append("back")
        move(session, tea)
        move(session, kettles)

    assert between(there, back) == (None, None)
    again = len(runs) - 2
    assert again == 0 if book.base.dialect == "sqlite" else again >= 1
    assert book.at("A-02", "KETTLE") == book.at("A-02", "TEA") == (2, 0, 0)


LOCKED = sqlite.OperationalError("database is locked")
LOCKED.sqlite_errorcode = sqlite.SQLITE_BUSY
ASKS_AGAIN = [
    psycopg.errors.SerializationFailure("could not serialize access"), psycopg.errors.DeadlockDetected("deadlock"),
    LOCKED, Again(),
]  # fmt: skip


@pytest.mark.parametrize("error", ASKS_AGAIN, ids=lambda error: type(error).__name__)
def test_a_change_is_run_again_from_its_start(book: Book, error: Exception) -> None:
    """What the failed run did is undone: the effect is there once."""
    kettles = book.goods("KETTLE")
    runs = []

    def change(session: Session) -> int:
        runs.append(session)
        made = post(
            session, book.by(), "receive", [Move(3, book.place_ids["supplier"], book.place_ids["A-01"], kettles)]
        )
        if len(runs) < TRIES:
            raise error
        return made

    assert book.base.change(change)
    assert len(runs) == TRIES
    assert book.house.stock() == {("KETTLE", "A-01", "", ""): 3}


@pytest.mark.parametrize("error", ASKS_AGAIN, ids=lambda error: type(error).__name__)
def test_after_the_last_try_the_database_is_busy_and_nothing_is_done(book: Book, error: Exception) -> None:
    runs = []

    def change(session: Session) -> None:
        runs.append(session)
        session.run("UPDATE warehouse SET code = 'X'")
        raise error

    with pytest.raises(Busy):
        book.base.change(change)
    assert len(runs) == TRIES
    assert book.house.value("SELECT code FROM warehouse") == "MAIN"


@pytest.mark.parametrize("error", [ZeroDivisionError(), sqlite.OperationalError("no such table: x"), NotEnoughStock()])
def test_what_no_repeat_can_mend_is_raised_at_once(book: Book, error: Exception) -> None:
    runs = []

    def change(_session: Session) -> None:
        runs.append(1)
        raise error

    with pytest.raises(type(error)):
        book.base.change(change)
    assert runs == [1]


def test_a_busy_database_is_told_to_the_client(house: House, ada: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise Again

    monkeypatch.setattr("warehouse.web.rooms.perform_next", never)
    answer = ada.client.post("/picking/next", data={"key": "k"}, headers=ada._headers())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.get_json()["notice"]["code"] == "busy"


# ---------------------------------------------------------------- the writers' turn on SQLite


@pytest.fixture
def sqlite_book(book: Book) -> Book:
    """The ledger on SQLite; PostgreSQL has locks of its own."""
    if book.base.dialect != "sqlite":
        pytest.skip("PostgreSQL has its own locks")
    return book


def test_a_change_is_the_only_writer_from_its_beginning(sqlite_book: Book) -> None:
    """BEGIN IMMEDIATE: what is read in a change cannot be overtaken by another writer, whoever that is."""
    other = sqlite.connect(sqlite_book.base.engine.url.database, isolation_level=None, timeout=0)

    def change(_session: Session) -> None:
        with pytest.raises(sqlite.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")

    sqlite_book.base.change(change)
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()


def test_writers_take_turns_in_the_order_in_which_they_came(sqlite_book: Book) -> None:
    base, came, served = sqlite_book.base, 12, []
    threads = []

    def hold(_session: Session) -> None:
        for number in range(came):
            threads.append(threading.Thread(target=base.change, args=(lambda _, number=number: served.append(number),)))
            threads[-1].start()
            deadline = time.monotonic() + WITHIN_S
            while len(base._turn._waiting) <= number:
                assert time.monotonic() < deadline, "each writer waits for its turn"
                threads[-1].join(0.001)

    base.change(hold)
    for thread in threads:
        thread.join(30)
    assert served == list(range(came))


def test_another_server_process_has_its_turn_too(sqlite_book: Book, tmp_path: Path) -> None:
    """One writer at a time over all processes, by the lock on write.lock."""
    base = sqlite_book.base
    with (tmp_path / "write.lock").open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = threading.Thread(target=base.change, args=(lambda session: session.run("SELECT 1"),))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive(), "it waits for the other process"
        fcntl.flock(other, fcntl.LOCK_UN)
        waiting.join(30)
        assert not waiting.is_alive()

    def change(_session: Session) -> None:
        with (tmp_path / "write.lock").open("r+") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    base.change(change)


def test_a_writer_of_another_process_is_waited_for(sqlite_book: Book) -> None:
    """A foreign writer that does not know our turn holds the database for a moment."""
    book = sqlite_book
    other = sqlite.connect(book.base.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = threading.Thread(target=lambda: book.arrive("KETTLE", "A-01", 1))
    done.start()
    done.join(0.3)
    assert done.is_alive(), "it waits"
    other.execute("ROLLBACK")
    done.join(30)
    assert book.house.stock() == {("KETTLE", "A-01", "", ""): 1}
    other.close()


def test_a_statement_without_end_is_cut_off_and_the_database_is_busy(book: Book) -> None:
    if book.base.dialect != "postgresql":
        pytest.skip("SQLite's writers wait for their turn, not for rows")

    def slow(session: Session) -> None:
        session.run("SET LOCAL statement_timeout = 50")
        session.run("SELECT pg_sleep(5)")

    with pytest.raises(Busy):
        book.base.change(slow)
    assert book.house.value("SELECT code FROM warehouse") == "MAIN"


# ---------------------------------------------------------------- one in the middle of the other


def test_a_posting_is_taken_back_once_by_two_at_once(book: Book, between: Between) -> None:
    kettles = book.arrive("KETTLE", "A-01", 9)
    posting = book.move(kettles, 3, "A-01", "A-02")
    book.move(kettles, 3, "A-01", "A-02")

    def first(session: Session, pause: Callable[[], None]) -> int:
        made = undo(session, book.by(), posting)
        pause()
        return made

    done, refused = between(first, lambda session: undo(session, book.by(), posting))
    assert isinstance(done, int)
    assert isinstance(refused, TooLateToUndo)
    assert book.at("A-02", "KETTLE")[0] == 3


def test_older_goods_that_are_being_moved_still_go_first(book: Book, between: Between) -> None:
    """R-PICK-1: the reserver waits for the mover and finds the older goods at their new place."""
    older = book.arrive("KETTLE", "A-01", 2, received="2026-01-01")
    book.arrive("KETTLE", "A-02", 2, received="2026-02-01")

    def move(session: Session, pause: Callable[[], None]) -> None:
        post(session, book.by(), "move", [Move(2, book.place_ids["A-01"], book.place_ids["A-03"], older)])
        pause()

    item = book.house.items["KETTLE"]
    _, got = between(
        move, lambda session: reserve(session, book.by(), shipment_id=1, line_id=1, item_id=item, quantity=2)
    )
    assert got == 2
    assert [(row.place, row.quantity) for row in book.reservations()] == [("A-03", 2)]


def test_pickers_and_reservers_of_one_item_never_wait_for_each_other(book: Book) -> None:
    """A pick changes no total: it only keeps blocks of the item off, and so do all others at the same time."""
    if book.base.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    tea, other = (book.arrive("TEA", place, 5, lot=place, expiry="2028-01-01") for place in ("A-01", "A-02"))
    bins = book.place_ids

    def mover(session: Session) -> None:
        post(session, book.by(), "move", [Move(1, bins["A-02"], bins["A-03"], other)])
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(book.reserve, "TEA", 1).result(10) == 1
            assert pool.submit(book.move, tea, 1, "A-01", "A-04").result(10)

    book.base.change(mover)
    assert book.reservation().place == "A-01"


@pytest.mark.parametrize("what", ["lot", "target", "everything"])
def test_goods_on_their_way_are_held_as_well(book: Book, between: Between, what: str) -> None:
    """R-RCV-6: a block finds the goods that are being moved at this moment."""
    tea = book.arrive("TEA", "A-01", 5, lot="L1", expiry="2028-01-01")
    parts = {
        "lot": {"lot_id": tea.lot_id}, "target": {"location_id": book.place_ids["A-02"]}, "everything": {},
    }  # fmt: skip
    held = Block(tea.item_id, "recalled", **parts[what])

    def move(session: Session, pause: Callable[[], None]) -> None:
        post(session, book.by(), "move", [Move(2, book.place_ids["A-01"], book.place_ids["A-02"], tea)])
        pause()

    _, block_id = between(move, lambda session: block(session, book.by(), held))
    assert book.at("A-02", "TEA") == (2, 0, 1)
    assert book.faults() == []

    def on(session: Session, pause: Callable[[], None]) -> None:
        post(session, book.by(), "move", [Move(1, book.place_ids["A-02"], book.place_ids["A-04"], tea)])
        pause()

    between(on, lambda session: unblock(session, book.by(), block_id))
    assert book.at("A-04", "TEA") == (1, 0, 0)


def test_goods_that_arrive_while_their_lot_is_recalled_are_held(book: Book, between: Between) -> None:
    tea = book.arrive("TEA", "A-01", 5, lot="L1", expiry="2028-01-01")
    held = Block(tea.item_id, "recalled", tea.lot_id)

    def recall(session: Session, pause: Callable[[], None]) -> None:
        block(session, book.by(), held)
        pause()

    move = [Move(2, book.place_ids["A-01"], book.place_ids["A-02"], tea)]
    arrive = [Move(2, book.place_ids["supplier"], book.place_ids["A-03"], tea)]
    between(recall, lambda session: [post(session, book.by(), "move", each) for each in (move, arrive)])
    assert book.at("A-02", "TEA") == book.at("A-03", "TEA") == (2, 0, 1)
    assert book.total("TEA") == (7, 0, 7)


def test_letting_go_while_the_bin_is_being_held_counts_as_blocked(book: Book, between: Between) -> None:
    book.arrive("KETTLE", "A-01", 5)
    book.reserve("KETTLE", 3)
    reservation = book.reservation()
    short = Block(book.house.items["KETTLE"], "short", location_id=book.place_ids["A-01"])

    def let_go(session: Session, pause: Callable[[], None]) -> None:
        read = session.one

        def one(sql: str, **params: Any) -> Any:
            row = read(sql, **params)
            pause()
            return row

        session.one = one  # type: ignore[method-assign]
        release(session, book.by(), reservation_id=reservation.id, quantity=2)

    between(let_go, lambda session: block(session, book.by(), short))
    assert book.total("KETTLE") == (5, 1, 4)
    assert book.faults() == []


def test_two_who_let_go_the_same_reservation_let_go_once(book: Book, between: Between) -> None:
    book.arrive("KETTLE", "A-01", 5)
    book.reserve("KETTLE", 3)
    row = book.reservation()

    def let_go(session: Session, pause: Callable[[], None]) -> None:
        release(session, book.by(), reservation_id=row.id, quantity=3)
        pause()

    first, second = between(let_go, lambda session: release(session, book.by(), reservation_id=row.id, quantity=3))
    assert first is None
    assert isinstance(second, Busy), "what was read no longer holds, however often it is tried"
    assert book.total("KETTLE") == (5, 0, 0)


@pytest.mark.parametrize("how", ["arrive", "are put away", "are let go", "are freed"])
def test_an_order_never_waits_for_goods_that_came_in_this_moment(
    house: House, book: Book, ada: Worker, between: Between, how: str
) -> None:
    """`next` says no_work only if nothing could be released now: no goods slip past an order that begins to wait."""
    item, line = house.items["KETTLE"], [("KETTLE", 5)]
    goods = book.goods("KETTLE")
    origin = {"arrive": "supplier", "are put away": "DOCK-1"}.get(how, "")
    if how == "are put away":
        book.move(goods, 5, "supplier", "DOCK-1", "receive")
    elif not origin:
        book.move(goods, 5, "supplier", "A-01", "receive")
    held = book.block("KETTLE", place="A-01") if how == "are freed" else 0
    promised = [book.reservation()] if how == "are let go" and book.reserve("KETTLE", 5) else []
    house.order(*line)
    order_id = house.value("SELECT id FROM sales_order")
    book.base.change(source_some)

    def begin_to_wait(session: Session, pause: Callable[[], None]) -> None:
        run = session.run

        def paused(sql: str, **params: Any) -> int:
            if "DELETE FROM shortage" in sql:
                pause()
            return run(sql, **params)

        session.run = paused  # type: ignore[method-assign]
        assert release_order(session, house.by(), order_id) is None

    def come(session: Session) -> None:
        if origin:
            post(session, house.by(), "putaway", [Move(5, book.place_ids[origin], book.place_ids["A-02"], goods)])
        elif held:
            unblock(session, house.by(), held)
        else:
            release(session, house.by(), reservation_id=promised[0].id, quantity=5)

    outcomes = between(begin_to_wait, come)
    assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
    assert house.value("SELECT SUM(quantity - reserved) FROM balance WHERE item_id = :item", item=item) == 5
    assert ada.next("picking") is not None, "the goods are there, and the order gets them"
