"""Days of demand are read from the sealed ledger, each posting once (R-SAF-1)."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tests.ledger.book import Book
from warehouse.catalog.places import places
from warehouse.clock import day_of, parse_instant
from warehouse.ledger import Goods, Move, post
from warehouse.planning import history
from warehouse.planning.history import read_on
from warehouse.planning.jobs import work_on

ZONE = "Asia/Shanghai"


@pytest.fixture
def book(house):
    made = Book(house)
    here = made.base.read(lambda session: places(session, house.id))
    made.place_ids |= {"consumption": here.consumption}
    return made


def days_of(book, sku="KETTLE"):
    rows = book.rows(
        "SELECT day, used, came_back, arrived, moves FROM item_day WHERE item_id = :item ORDER BY day",
        item=book.house.items[sku],
    )
    return [tuple(row) for row in rows]


def test_sold_and_used_up_count_by_the_local_day_and_what_comes_back_takes_away(book):
    """23:30 in Shanghai is that day there, though it is the afternoon before in UTC."""
    book.now = parse_instant("2026-03-01 10:00", ZONE)
    goods = book.arrive("KETTLE", "A-01", 100)
    book.move(goods, 5, "A-01", "customer", "ship")
    book.now = parse_instant("2026-03-01 23:30", ZONE)
    consumed = book.move(goods, 3, "A-01", "consumption", "consume")
    book.now = parse_instant("2026-03-02 00:10", ZONE)
    book.undo(consumed)
    book.move(goods, 2, "A-01", "A-02", "move")
    book.move(goods, 4, "customer", "A-02", "return")
    book.move(goods, 1, "A-01", "scrap", "scrap")
    book.seal()
    assert read_on(book.base, book.id) == 7
    first = day_of(parse_instant("2026-03-01 12:00", ZONE), ZONE)
    assert days_of(book) == [(first, 8, 0, 100, 3), (first + 1, 0, 7, 0, 4)]
    assert read_on(book.base, book.id) == 0


def test_each_posting_counts_once_whoever_reads_and_wherever_it_is_cut(book):
    goods = book.arrive("KETTLE", "A-01", 100)
    for _ in range(9):
        book.move(goods, 1, "A-01", "customer", "ship")
    book.seal()
    with patch.object(history, "SLICE", 4):
        assert read_on(book.base, book.id, pause=0) == 10
    ((_, used, _, arrived, moves),) = days_of(book)
    assert (used, arrived, moves) == (9, 100, 10)


def test_two_readers_at_once_do_not_count_twice(book):
    """One reads a slice; before it writes, another has read on."""
    goods = book.arrive("KETTLE", "A-01", 100)
    book.move(goods, 7, "A-01", "customer", "ship")
    book.seal()
    kept, inside = history.summed, []

    def late(*args):
        if not inside:
            inside.append(1)
            history._read_slice(book.base, book.id)
        return kept(*args)

    with patch.object(history, "summed", late):
        history._read_slice(book.base, book.id)
    ((_, used, _, _, _),) = days_of(book)
    assert used == 7


def test_what_a_person_plans_while_the_worker_plans_stands(house, book):
    """R-SAF-2: the worker has read the old policy; it does not write it over the new one."""
    from warehouse.planning import jobs
    from warehouse.planning.policies import change_policy

    book.arrive("KETTLE", "A-01", 4)
    yesterday = day_of(book.by().now, ZONE) - 1
    house.base.change(
        lambda session: session.run(
            "INSERT INTO item_day (warehouse_id, item_id, day, used, moves) VALUES (:house, :item, :day, 14, 1)",
            house=house.id, item=house.items["KETTLE"], day=yesterday,
        )
    )  # fmt: skip
    kept = jobs._write

    def late(*args):
        house.base.change(
            lambda session: change_policy(
                session, house.by(), house.items["KETTLE"], {"kind": "fixed", "quantity": 10, "lead_time_days": 0}
            )
        )
        kept(*args)

    with patch.object(jobs, "_write", late):
        jobs.replan_all(book.base, book.id, book.by().now, pause=0)
    assert house.value("SELECT safety_stock FROM total") == 10
    assert house.value("SELECT kind FROM stock_plan") == "fixed"
    assert house.value("SELECT count(*) FROM stock_alert WHERE state = 'open' AND kind = 'safety_stock'") == 1


def test_the_statistical_factor_is_read_from_the_past_of_the_warehouse(house, book):
    """R-SAF-1: enough demand, and the worker keeps the factor it found, which plans are reckoned with."""
    from warehouse.catalog.settings import change_setting

    today = day_of(book.by().now, ZONE)
    goods = book.arrive("KETTLE", "A-01", 100)
    assert goods

    def write(session):
        change_setting(session, "stock_policy", "statistical", warehouse_id=house.id, changed_by="test", at=0)
        for ago in range(1, 180):
            session.run(
                "INSERT INTO item_day (warehouse_id, item_id, day, used, moves) VALUES (:house, :item, :day, :n, 1)",
                house=house.id, item=house.items["KETTLE"], day=today - ago, n=(0, 7, 2, 0, 30, 4)[ago % 6],
            )  # fmt: skip

    house.base.change(write)
    work_on(house.base, house.id)
    row = book.one("SELECT factor_permille, served_permille, items FROM safety_factor WHERE service_permille = 950")
    assert row.served_permille >= 950
    assert row.items == 1
    plan = book.one("SELECT kind, inputs FROM stock_plan")
    assert plan.kind == "statistical"
    assert '"factor_source": "past"' in plan.inputs


def test_expired_goods_are_looked_at_once_a_day(house, book):
    """R-PUT-6, R-SAF-2: what expired last night is not available from the worker's round on."""
    from warehouse.planning.policies import change_policy

    book.arrive("KETTLE", "A-01", 20, expiry="2099-01-05")
    house.base.change(
        lambda session: change_policy(
            session, house.by(), house.items["KETTLE"], {"kind": "fixed", "quantity": 10, "lead_time_days": 0}
        )
    )
    work_on(house.base, house.id, parse_instant("2099-01-05 23:00", ZONE))
    assert house.value("SELECT alarm FROM total") == 0
    work_on(house.base, house.id, parse_instant("2099-01-06 00:10", ZONE))
    assert house.value("SELECT alarm FROM total") == 3
    here = book.base.read(lambda session: places(session, house.id))
    row = book.one("SELECT id, layer_id, item_id FROM balance")
    move = Move(20, house.places["A-01"], here.scrap, Goods(row.item_id, row.layer_id), balance_id=row.id)
    book.now = parse_instant("2099-01-06 09:00", ZONE)
    book.base.change(lambda session: post(session, book.by(), "scrap", [move]))
    assert tuple(book.one("SELECT on_hand, expired, alarm FROM total")) == (0, 0, 3)
