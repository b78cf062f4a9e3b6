"""The server's clock jumps while alerts are open: nothing is missed, doubled, or told in a storm (R-SAF-2)."""

from __future__ import annotations

import random

import pytest

from tests.floor import TIMEZONE, House
from tests.proof.test_clock import Clock, restart
from warehouse.catalog.locations import make_warehouse
from warehouse.clock import HOUR, MINUTE, day_of, iso_day, now_us, start_of
from warehouse.planning.jobs import work_on
from warehouse.planning.policies import change_policy

SEED = 11
JUMPS = (-50 * HOUR, -26 * HOUR, -3 * HOUR, -20 * MINUTE, 20 * MINUTE, 3 * HOUR, 26 * HOUR, 50 * HOUR)


@pytest.fixture
def hands_of_clock(monkeypatch):
    return Clock(monkeypatch)


def events(house, sku):
    rows = house.base.read(lambda session: session.all(
        """SELECT a.kind AS of, e.kind FROM stock_alert_event e JOIN stock_alert a ON a.id = e.alert_id
           WHERE a.item_id = :item ORDER BY e.id""", item=house.items[sku]))  # fmt: skip
    return [(row.of, row.kind) for row in rows]


def fix(house, sku, quantity):
    values = {"kind": "fixed", "quantity": quantity, "lead_time_days": 0}
    house.base.change(lambda session: change_policy(session, house.by(), house.items[sku], values))


def open_kinds(house, sku):
    sql = "SELECT kind FROM stock_alert WHERE item_id = :item AND state <> 'closed' ORDER BY kind"
    return [row.kind for row in house.base.read(lambda session: session.all(sql, item=house.items[sku]))]


def test_a_clock_that_jumps_raises_no_storm(house, hands_of_clock, monkeypatch):
    """R-SAF-2: after 40 jumps with restarts an alert was opened once and gone to operations once."""
    dice = random.Random(SEED)
    house.put("KETTLE", "A-01", 4)
    fix(house, "KETTLE", 10)
    for _ in range(40):
        hands_of_clock.jump(dice.choice(JUMPS))
        restart(monkeypatch)
        work_on(house.base, house.id)
        assert open_kinds(house, "KETTLE") == ["reorder", "safety_stock"]
    told = events(house, "KETTLE")
    assert {kind for _, kind in told} <= {"opened", "escalated"}
    assert len(told) == len(set(told)), "each once"
    assert house.verify().faults == []


def test_a_clock_set_right_again_takes_back_what_it_raised(house, hands_of_clock, monkeypatch):
    """Goods that a wrong clock let expire are there again with the right one: one alert, closed and opened, not many."""
    day = day_of(now_us(), TIMEZONE)
    hands_of_clock.jump(start_of(day + 1, TIMEZONE) - 4 * HOUR - now_us())
    house.put("TEA", "A-01", 20, lot="L1", expiry=iso_day(day))
    fix(house, "TEA", 10)
    work_on(house.base, house.id)
    assert open_kinds(house, "TEA") == []
    for _ in range(6):
        hands_of_clock.jump(6 * HOUR)
        restart(monkeypatch)
        for _ in range(3):
            work_on(house.base, house.id)
        assert open_kinds(house, "TEA") == ["reorder", "safety_stock"]
        hands_of_clock.jump(-6 * HOUR)
        restart(monkeypatch)
        for _ in range(3):
            work_on(house.base, house.id)
        assert open_kinds(house, "TEA") == []
    told = [kind for of, kind in events(house, "TEA") if of == "reorder"]
    assert told == ["opened", "closed", *["reopened", "closed"] * 5]
    assert house.value("SELECT count(*) FROM stock_alert WHERE item_id = :item", item=house.items["TEA"]) == 2


def test_what_the_catalogue_says_must_be_kept_and_was_never_here_is_short(house: House) -> None:
    """R-SAF-2: an item that was taken up with a safety stock and never came is told once; a second house is asked first."""
    house.base.change(lambda session: house.add_item(session, "PAN", safety_stock=10))
    work_on(house.base, house.id)
    told = "SELECT count(*) FROM stock_alert WHERE state = 'open' AND kind = 'safety_stock'"
    assert house.value(told) == 1
    assert house.value("SELECT threshold FROM stock_alert WHERE kind = 'safety_stock'") == 10
    work_on(house.base, house.id)
    assert house.value("SELECT count(*) FROM stock_alert WHERE kind = 'safety_stock'") == 1
    house.base.change(lambda session: house.add_item(session, "POT", safety_stock=10))
    house.base.change(lambda session: make_warehouse(session, "WEST", timezone="Asia/Shanghai"))
    work_on(house.base, house.id, now_us() + 24 * HOUR)
    assert house.value(told) == 1, "who of several houses is to keep it, nobody has said"
