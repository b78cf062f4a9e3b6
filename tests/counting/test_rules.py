"""What holds for counts, by itself: tolerances, the second opinion, classes, days, where a difference may have gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.counts.rules import Key, Line, Tolerance, classify, judge, next_day, touches, weight, worst
from warehouse.office.counts.rules import bars, curve, packs

NONE = Tolerance({}, {})


def line(item: int, counted: int, expected: int, *, cost: int = 100, at: str = "C", lot: str = "") -> Line:
    return Line(Key(item, lot), counted, expected, cost, at)


def test_a_difference_is_counted_again_and_a_second_opinion_goes_to_the_supervisor() -> None:
    """R-CNT-2: tolerance 0 by default; whether the two agree or not, a supervisor decides then."""
    assert judge([line(1, 5, 5), line(2, 4, 5)], {}, NONE) == {1: "match", 2: "recount"}
    assert judge([line(2, 4, 5)], {2: {Key(2): -1}}, NONE) == {2: "review"}
    assert judge([line(2, 3, 5)], {2: {Key(2): -1}}, NONE) == {2: "review"}
    assert judge([line(2, 5, 5)], {2: {Key(2): -1}}, NONE) == {2: "match"}


@pytest.mark.parametrize(
    ("units", "value", "said"),
    [({"C": 2}, {}, "review"), ({"C": 1}, {}, "recount"), ({"A": 2}, {}, "recount"), ({"C": 2}, {"C": 199}, "recount"),
     ({"C": 2}, {"C": 200}, "review"), ({"C": 2}, {"A": 0}, "review")],
)  # fmt: skip
def test_the_tolerance_is_of_units_and_of_value_by_class(
    units: dict[str, int], value: dict[str, int], said: str
) -> None:
    """R-CNT-2: an item's lots count together: one too few and another too many are two units."""
    lines = [line(1, 4, 5, lot="L1"), line(1, 6, 5, lot="L2")]
    assert judge(lines, {}, Tolerance(units, value)) == {1: said}


def test_classes_by_movement_value() -> None:
    """R-CNT-1: the item that crosses a border belongs above it; what did not move is C; so is a bin of nothing."""
    shares = {"A": 80, "B": 95}
    assert classify([(1, 70), (2, 20), (3, 6), (4, 4), (5, 0)], shares) == {1: "A", 2: "A", 3: "B", 4: "C", 5: "C"}
    assert classify([], shares) == {}
    assert classify([(1, 0)], shares) == {1: "C"}
    assert (worst(["C", "A", "B"]), worst([])) == ("A", "C")


@given(st.integers(1, 400), st.dictionaries(st.integers(0, 400), st.integers(0, 9)))
def test_a_bin_is_never_due_later_than_its_interval(interval: int, load: dict[int, int]) -> None:
    """R-CNT-1: days fill up evenly, but the rule holds."""
    day = next_day(0, interval, load)
    assert 1 <= day <= interval
    assert load.get(day, 0) <= load.get(interval, 0)


def test_bins_counted_on_one_day_are_spread_over_days() -> None:
    """Issue: spread evenly over days."""
    load: dict[int, int] = {}
    for _ in range(300):
        day = next_day(0, 7, load)
        load[day] = load.get(day, 0) + 1
    assert load == {5: 100, 6: 100, 7: 100}


def test_the_longer_ago_and_the_more_moved_the_more_urgent() -> None:
    """Issue: longest since the last proof, weighted by moves."""
    assert weight(days=7, moves=0) < weight(days=7, moves=1) < weight(days=8, moves=1) < weight(days=7, moves=100)
    assert weight(days=-1, moves=5) == 0


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_a_move_touches_a_count_unless_it_is_wholly_before_or_after(a: int, b: int, c: int, d: int) -> None:
    """R-CNT-4: the two stretches meet, or one ends before the other begins."""
    occurred, recorded = sorted((a, b))
    started, ended = sorted((c, d))
    together = bool(set(range(occurred, recorded + 1)) & set(range(started, ended + 1)))
    assert touches(occurred_at=occurred, recorded_at=recorded, started_at=started, ended_at=ended) == together


def test_packs_that_were_counted_as_pieces_are_recognised() -> None:
    """Issue: a suggestion where it went: pack size."""
    assert str(packs(-12, [6])) == "2 × a pack of 6: was a pack counted as one, or one as a pack?"
    assert str(packs(11, [12])) == "1 × a pack of 12: was a pack counted as one, or one as a pack?"
    assert packs(5, [12, 1]) is None
    assert packs(1, [2]) is None


def test_charts_stay_in_their_frame() -> None:
    """R-CNT-5: drawn by the server; from nothing to everything."""
    assert curve([]) is None
    for rows in ([("a", 1.0, "")], [("a", 0.0, ""), ("b", 1.0, "")], [(str(at), 0.5, "") for at in range(60)]):
        drawn = curve(rows)
        assert drawn is not None
        assert all(48 <= x <= 320 and 0 <= y <= 160 for x, y, _ in drawn.points)
        assert len(drawn.below) <= 3
    assert [(bar.width, bar.level) for bar in bars([("a", 0.0, ""), ("b", 0.96, ""), ("c", 1.0, "")])] == [
        (0, "no"), (96, "warn"), (100, "ok"),
    ]  # fmt: skip
