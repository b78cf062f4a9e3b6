"""What an alert costs a posting: nothing unless a level was crossed, and then one statement decides (R-SAF-2)."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tests.ledger.book import Book
from warehouse.db import PostgresqlSession, SqliteSession
from warehouse.planning.policies import change_policy


@pytest.fixture
def book(house):
    made = Book(house)
    made.goods_there = made.arrive("KETTLE", "A-01", 30)
    made.base.change(
        lambda session: change_policy(
            session, house.by(), house.items["KETTLE"], {"kind": "fixed", "quantity": 10, "lead_time_days": 0}
        )
    )
    return made


def asked(call):
    """The statements that a call asks."""
    seen = []

    def kept(real):
        def ask(self, sql, *rows, **params):
            seen.append(" ".join(sql.split()))
            return real(self, sql, *rows, **params)

        return ask

    with (
        patch.object(SqliteSession, "ask", kept(SqliteSession.ask)),
        patch.object(PostgresqlSession, "ask", kept(PostgresqlSession.ask)),
        patch.object(SqliteSession, "ask_many", kept(SqliteSession.ask_many)),
        patch.object(PostgresqlSession, "ask_many", kept(PostgresqlSession.ask_many)),
    ):
        call()
    return seen


def deciding(statements):
    return [each for each in statements if "now_alarm" in each or "stock_alert" in each or "SET alarm" in each]


def test_a_move_within_the_warehouse_costs_nothing(book):
    """What is available did not change."""
    statements = asked(lambda: book.move(book.goods_there, 3, "A-01", "A-02"))
    assert deciding(statements) == []
    assert not any("UPDATE total" in each for each in statements)


def test_a_posting_that_crosses_no_level_costs_no_statement(book):
    """The statement that changes the total answers by itself."""
    assert deciding(asked(lambda: book.move(book.goods_there, 3, "A-01", "customer", "ship"))) == []


def test_a_posting_that_crosses_a_level_decides_by_one_statement(book):
    """One look; the alerts themselves are written only because there are some."""
    statements = deciding(asked(lambda: book.move(book.goods_there, 25, "A-01", "customer", "ship")))
    assert sum("now_alarm" in each for each in statements) == 1
    assert deciding(asked(lambda: book.move(book.goods_there, 2, "A-01", "customer", "ship"))) == [], (
        "it is told already"
    )


def test_goods_that_come_and_go_within_a_change_tell_nothing(house, book):
    """R-SAF-2: only the end of a change counts."""
    from warehouse.catalog.places import places
    from warehouse.ledger import Move, post

    here = book.base.read(lambda session: places(session, house.id))
    item = book.goods_there

    def there_and_back(session):
        post(session, book.by(), "ship", [Move(25, house.places["A-01"], here.customer, item)])
        post(session, book.by(), "return", [Move(25, here.customer, house.places["A-01"], item)])

    book.base.change(there_and_back)
    assert house.value("SELECT count(*) FROM stock_alert") == 0
