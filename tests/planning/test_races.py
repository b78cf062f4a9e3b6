"""Many hands at one item: each crossing is told once, whoever came first (R-SAF-2)."""

from __future__ import annotations

import pytest

from tests.floor import TIMEZONE
from tests.hands import at_once, interleave
from tests.ledger.book import Book
from warehouse.catalog.places import places
from warehouse.clock import HOUR, day_of, iso_day, now_us, start_of
from warehouse.ledger import Goods, Move, post, reserve
from warehouse.planning import alerts
from warehouse.planning.policies import change_policy

FIXED = {"kind": "fixed", "quantity": 10, "lead_time_days": 0}


@pytest.fixture
def book(house):
    return Book(house)


def set_policy(house, **values):
    house.base.change(lambda session: change_policy(session, house.by(), house.items["KETTLE"], FIXED | values))


def alerts_of(book, kind="safety_stock"):
    return [row.state for row in book.rows("SELECT state FROM stock_alert WHERE kind = :kind ORDER BY id", kind=kind)]


def events_of(book, kind="safety_stock"):
    rows = book.rows(
        """SELECT e.kind FROM stock_alert_event e JOIN stock_alert a ON a.id = e.alert_id WHERE a.kind = :kind
           ORDER BY e.id""", kind=kind)  # fmt: skip
    return [row.kind for row in rows]


def test_of_16_who_take_one_each_the_one_who_crosses_tells_it(house, book):
    """R-SAF-2: 20 there, 10 are the safety stock; of 16 takers one crosses, and one alert is raised."""
    layers = [book.arrive("KETTLE", place, 10) for place in ("A-01", "A-02")]
    set_policy(house)
    assert alerts_of(book) == []
    here = book.base.read(lambda session: places(session, house.id))

    def take(number):
        goods, place = layers[number % 2], ("A-01", "A-02")[number % 2]
        move = Move(1, house.places[place], here.customer, Goods(goods.item_id, goods.layer_id))
        return book.base.change(lambda session: post(session, book.by(), "ship", [move]))

    assert all(isinstance(made, int) for made in at_once(take, 16))
    assert alerts_of(book) == ["open"]
    assert events_of(book) == ["opened"]


def test_takers_and_receivers_at_once_end_with_what_is_true(house, book):
    """R-SAF-2: comings and goings around the level at once: whatever the order, the end is right and nothing is doubled."""
    book.arrive("KETTLE", "A-01", 12)
    set_policy(house)

    def one(number):
        if number % 2:
            return book.arrive("KETTLE", "A-02", 3)
        line = 100 + number
        return book.base.change(
            lambda session: reserve(session, book.by(), shipment_id=line, line_id=line, item_id=house.items["KETTLE"],
                                    quantity=4)
        )  # fmt: skip

    answers = at_once(one, 12)
    assert not [each for each in answers if isinstance(each, Exception)], answers
    on_hand, reserved, _ = book.total("KETTLE")
    below = on_hand - reserved < 10
    assert alerts_of(book).count("open") == int(below)
    told = events_of(book)
    assert told.count("opened") + told.count("reopened") - told.count("closed") == int(below)


def test_a_policy_changed_in_the_middle_of_a_posting_is_not_missed(house, book):
    """R-SAF-2: a posting that leaves 8 has looked at a level of 0 when the policy makes it 10."""
    goods = book.arrive("KETTLE", "A-01", 12)
    here = book.base.read(lambda session: places(session, house.id))
    move = Move(4, house.places["A-01"], here.customer, Goods(goods.item_id, goods.layer_id))

    def posting(session, pause):
        post(session, book.by(), "ship", [move])
        session.send()
        pause()

    one, other = interleave(
        book.base, posting, lambda session: change_policy(session, house.by(), house.items["KETTLE"], FIXED)
    )
    assert not isinstance(one, Exception), one
    assert not isinstance(other, Exception), other
    assert alerts_of(book) == ["open"]


def test_a_posting_in_the_middle_of_a_changed_policy_is_not_missed(house, book):
    goods = book.arrive("KETTLE", "A-01", 12)
    here = book.base.read(lambda session: places(session, house.id))
    move = Move(4, house.places["A-01"], here.customer, Goods(goods.item_id, goods.layer_id))

    def policy(session, pause):
        change_policy(session, house.by(), house.items["KETTLE"], FIXED)
        session.send()
        pause()

    one, other = interleave(book.base, policy, lambda session: post(session, book.by(), "ship", [move]))
    assert not isinstance(one, Exception), one
    assert not isinstance(other, Exception), other
    assert alerts_of(book) == ["open"]


def test_a_change_that_is_run_again_tells_once(house, book):
    """R-SAF-2: what the database has taken back was never told."""
    book.arrive("KETTLE", "A-01", 12)
    set_policy(house)
    tries = []

    def take(session):
        tries.append(1)
        got = reserve(session, book.by(), shipment_id=1, line_id=1, item_id=house.items["KETTLE"], quantity=5)
        session.finish()
        if len(tries) == 1:
            from warehouse.db import Again

            raise Again
        return got

    assert book.base.change(take) == 5
    assert len(tries) == 2
    assert events_of(book) == ["opened"]
    assert house.value("SELECT count(*) FROM outbox WHERE topic = 'alert.opened'") == 2, "one for each level"


def test_a_posting_in_the_middle_of_the_workers_look_is_told_once(house, book, monkeypatch):
    """R-SAF-2: both see a crossing, the worker by what expires and the posting by what it takes."""
    day = day_of(now_us(), TIMEZONE)
    later = start_of(day + 3, TIMEZONE)
    house.put("TEA", "A-01", 5, lot="L1", expiry=iso_day(day + 1))
    house.put("TEA", "A-02", 7, lot="L2", expiry=iso_day(day + 90))
    item = house.items["TEA"]
    house.base.change(lambda session: change_policy(session, house.by(), item, FIXED))
    row = book.rows("SELECT layer_id, lot_id FROM balance WHERE item_id = :item AND quantity = 7", item=item)[0]
    here = book.base.read(lambda session: places(session, house.id))
    move = Move(4, house.places["A-02"], here.customer, Goods(item, row.layer_id, row.lot_id))
    keep = alerts._keep

    def look(session, pause):
        def paused(other, rows):
            if other is session:
                pause()
            keep(other, rows)

        monkeypatch.setattr(alerts, "_keep", paused)
        alerts.look_again(session, house.id, [item], later)

    by = house.by(now=later, occurred_at=later)
    one, other = interleave(book.base, look, lambda session: post(session, by, "ship", [move]))
    assert not isinstance(one, Exception), one
    assert not isinstance(other, Exception), other
    assert alerts_of(book) == ["open"]
    assert events_of(book) == ["opened"]
    assert house.verify().faults == []


def test_two_workers_at_once_escalate_once(house, book):
    """R-SAF-3: what the first has given to operations the second leaves."""
    book.arrive("KETTLE", "A-01", 4)
    set_policy(house)
    later = now_us() + 10 * 24 * HOUR

    def first(session, pause):
        count = alerts.escalate(session, house.id, later)
        session.send()
        pause()
        return count

    made = interleave(book.base, first, lambda session: alerts.escalate(session, house.id, later))
    assert made == (2, 0)
    assert events_of(book) == ["opened", "escalated"]


def test_the_workers_look_in_the_middle_of_scrapping_sees_what_is_left(house, book):
    """R-SAF-2: what has expired is scrapped while the worker looks: it does not count goods that are gone."""
    day = day_of(now_us(), TIMEZONE)
    later = start_of(day + 3, TIMEZONE)
    house.put("TEA", "A-01", 5, lot="L1", expiry=iso_day(day + 1))
    house.put("TEA", "A-02", 12, lot="L2", expiry=iso_day(day + 90))
    item = house.items["TEA"]
    house.base.change(lambda session: change_policy(session, house.by(), item, FIXED))
    house.base.change(lambda session: alerts.look_again(session, house.id, [item], later))
    assert alerts_of(book) == []
    row = book.rows("SELECT layer_id, lot_id FROM balance WHERE item_id = :item AND quantity = 5", item=item)[0]
    here = book.base.read(lambda session: places(session, house.id))
    move = Move(5, house.places["A-01"], here.scrap, Goods(item, row.layer_id, row.lot_id))
    by = house.by(now=later, occurred_at=later)

    def scrap(session, pause):
        post(session, by, "scrap", [move])
        session.send()
        pause()

    one, other = interleave(book.base, scrap, lambda session: alerts.look_again(session, house.id, [item], later))
    assert not isinstance(one, Exception), one
    assert not isinstance(other, Exception), other
    assert alerts_of(book) == []
    assert book.one("SELECT expired FROM total WHERE item_id = :item", item=item).expired == 0
