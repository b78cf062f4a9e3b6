"""The arithmetic of planning, on small examples (R-SAF-1)."""

from __future__ import annotations

import pytest

from warehouse.clock import parse_instant
from warehouse.planning.rules import (
    BadDays,
    Demand,
    Hours,
    LeadTime,
    Policy,
    Promotion,
    apart,
    check_promotion,
    due_at,
    measured,
    net_of_returns,
    plan,
    spread_of,
    tamed,
)
from warehouse.planning.simulation import origins, trial

ZONE = "Asia/Shanghai"


def test_gaps_are_days_without_demand():
    assert net_of_returns({10: 5, 13: 2}, {}, 10, 14) == [5, 0, 0, 2, 0]


def test_a_return_takes_away_from_its_own_day_and_then_from_those_before():
    """A big order that came back leaves no trace, and nothing becomes negative."""
    assert net_of_returns({10: 5, 12: 1000}, {14: 1000}, 10, 15) == [5, 0, 0, 0, 0, 0]
    assert net_of_returns({10: 5, 12: 3}, {13: 4}, 10, 13) == [4, 0, 0, 0]
    assert net_of_returns({10: 5}, {12: 100}, 10, 12) == [0, 0, 0]


@pytest.mark.parametrize(("days", "promotions", "usual", "sold"), [
    ([2, 2, 9, 1], [(3, 4, 100)], [2, 2, 2, 1], [7]),  # 9: two of them are usual; 1: nobody bought for the promotion
    ([2, 2, 9, 9], [(3, 4, 5)], [2, 2, 4, 9], [5]),  # beyond its forecast it is usual again
    ([2, 2, 9, 9], [(3, 4, 5), (4, 9, 3)], [2, 2, 4, 6], [5, 3]), ([2, 2, 9], [(4, 9, 5)], [2, 2, 9], [0]),
    ([9, 9], [(1, 2, 100)], [0, 0], [18]),  # nothing is known of its usual demand
    ([1, 0, 1, 0, 5, 5, 5, 5], [(5, 8, 100)], [1, 0, 1, 0, 1, 0, 1, 0], [18]), ([], [(1, 2, 5)], [], [0]),
])  # fmt: skip
def test_what_promotions_sell_is_no_usual_demand(days, promotions, usual, sold):
    """R-SAF-7: each piece counts once, as a promotion's or as usual; together they are what was used."""
    those = [Promotion(number, *each) for number, each in enumerate(promotions)]
    made, each = apart(days, 1, those)
    assert (made, list(each.values())) == (usual, sold)
    assert sum(made) + sum(each.values()) == sum(days)


@pytest.mark.parametrize(("first", "last", "fits"), [
    (100, 100, True), (50, 100, True), (100, 99, False), (98, 99, False), (100, 465, True), (100, 466, False), (466, 831, True),
    (466, 832, False), (832, 831, False),
])  # fmt: skip
def test_a_promotion_has_an_end_that_can_be_planned_for(first, last, fits):
    """R-SAF-7: today is 100; 366 days at most, within 731."""
    if fits:
        check_promotion(first, last, 100)
        return
    with pytest.raises(BadDays):
        check_promotion(first, last, 100)


def test_what_waits_for_a_promotion_is_not_too_much():
    """R-SAF-7."""
    made = plan(Policy("fixed", 5, max_cover_days=30), Demand((2,) * 40), LeadTime(1), promoted=100)
    assert (made.reorder_point, made.maximum) == (107, 165)


def test_a_single_giant_counts_three_times_the_next_greatest():
    assert tamed([0, 4, 5, 1000, 3], 3) == Demand((0, 4, 5, 15, 3), 1000)
    assert tamed([900, 4, 5, 1000, 3], 3).days == (900, 4, 5, 1000, 3), "two of them say something"
    assert tamed([4, 1000], 3).days == (4, 1000), "of two days nobody can tell"
    assert tamed([0, 4, 5, 1000, 3], 0).giant == 0, "switched off"


@pytest.mark.parametrize(
    ("policy", "safety", "reorder"),
    [
        (Policy("cover"), 14, 24), (Policy("cover", cover_days=3), 6, 16), (Policy("fixed", 30), 30, 40),
        (Policy("statistical"), 2, 12),
    ],
)  # fmt: skip
def test_safety_stock_and_reorder_point_of_steady_demand(policy, safety, reorder):
    """2 a day for 40 days, 5 days of lead time: 10 are used meanwhile. Statistical: 1 of undershoot, which varies by 0.58."""
    made = plan(policy, Demand((2,) * 40), LeadTime(5), 1.645)
    assert (made.safety_stock, made.reorder_point) == (safety, reorder)


def test_no_demand_asks_for_nothing():
    made = plan(Policy("cover"), Demand((0,) * 40), LeadTime(5))
    assert (made.safety_stock, made.reorder_point, made.maximum) == (0, -1, -1)
    assert plan(Policy("statistical"), Demand(()), LeadTime(5)).reorder_point == -1


def test_a_short_history_covers_days_instead():
    made = plan(Policy("statistical"), Demand((3,) * 10), LeadTime(2), 1.0)
    assert (made.kind, made.safety_stock, made.inputs["asked"]) == ("cover", 21, "statistical")


def test_what_varies_needs_more():
    calm, wild = Demand((2,) * 40), Demand((0, 4) * 20)
    assert spread_of(calm, LeadTime(5)).deviation < spread_of(wild, LeadTime(5)).deviation
    assert spread_of(calm, LeadTime(5)).deviation < spread_of(calm, LeadTime(5, 2.0)).deviation


def test_a_maximum_is_so_many_days_and_the_safety_stock():
    assert plan(Policy("fixed", 5, max_cover_days=30), Demand((2,) * 40), LeadTime(1)).maximum == 65


def test_lead_times_are_measured_once_there_are_enough():
    said = LeadTime(7, source="supplier")
    assert measured([4.0, 5.0], said) is said
    assert measured([4.0, 5.0, 6.0], said) == LeadTime(5.0, 1.0, "measured", 3)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-23 09:00", "2026-11-23 13:00"),  # a Monday morning
        ("2026-11-23 16:00", "2026-11-24 10:00"),  # two hours that day, two the next
        ("2026-11-23 22:00", "2026-11-24 12:00"),  # after hours
        ("2026-11-28 17:00", "2026-11-30 11:00"),  # Saturday evening; Sunday is free
    ],
)
def test_an_alert_is_due_after_four_working_hours(at, due):
    """R-SAF-3."""
    hours = Hours(ZONE, "08:00", "18:00", frozenset({1, 2, 3, 4, 5, 6}))
    assert due_at(hours, parse_instant(at, ZONE), 4) == parse_instant(due, ZONE)


def test_without_working_time_the_hours_of_the_day_count():
    at = parse_instant("2026-11-23 09:00", ZONE)
    assert due_at(Hours(ZONE, "18:00", "08:00", frozenset({1})), at, 4) == parse_instant("2026-11-23 13:00", ZONE)


def test_a_trial_tells_alarms_and_days_that_ran_out_and_knows_only_the_past():
    """A past that is steady never runs out; one that suddenly doubles does, until the plan has seen it."""
    lead = LeadTime(5)
    steady = [2] * 200
    made = trial(steady, origins(steady, Policy("cover"), lead, giant_factor=3), lead, lambda _: 0.0)
    assert (made.served, made.wanted, made.short_days) == (344, 344, 0)
    assert made.alarms == 8
    sudden = [2] * 100 + [20] * 100
    made = trial(sudden, origins(sudden, Policy("cover"), lead, giant_factor=3), lead, lambda _: 0.0)
    assert 0 < made.short_days < 60
