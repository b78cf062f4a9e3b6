"""How much is proposed, and who may approve it: R-SAF-3, R-SAF-4."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import money
from warehouse.office.buying.rules import (
    BadBreaks,
    Minimum,
    Need,
    NothingChosen,
    Terms,
    TooManyChosen,
    chosen_lines,
    lacks,
    propose,
    reach,
    read_breaks,
)
from warehouse.orders.buying import rules
from warehouse.orders.buying.rules import Approval, Asked, Content, Line
from warehouse.who import By

LIMIT = 100_000


def person(number, *roles, program=False):
    return By(1, "UTC", number, f"p{number}", frozenset(roles), "desk", 0, 0, program=program)


# ---------------------------------------------------------------- how much


def test_the_arithmetic_of_a_proposal_in_words():
    """R-SAF-3: available 3 + on order 4 + not sent 5 - waited for 6 = 6; 10 + 2 x 7 = 24; 18 lack: two packs of 12."""
    made = propose(Need(3, 4, 5, 6, reorder_point=10, mean=2.0), Terms(pack_size=12, price=50), 7)
    assert (made.quantity, made.unit_price, made.value) == (24, 50, 1200)
    assert [str(step) for step in made.steps] == [
        "available 3 + on order 4 + asked for and not sent 5 − wanted by waiting orders 6 = 6; reorder point 10",
        "up to reorder point 10 + 2 a day × 7 days = 24", "needed: 24 − 6 = 18", "in 2 packs of 12: 24",
    ]  # fmt: skip


@pytest.mark.parametrize(("need", "terms", "quantity"), [
    (Need(11, reorder_point=10), Terms(), 0), (Need(10, reorder_point=10), Terms(), 1),
    (Need(0, drafted=11, reorder_point=10), Terms(), 0), (Need(9, reorder_point=10), Terms(), 2),
    (Need(9, reorder_point=10), Terms(minimum=30), 30), (Need(9, reorder_point=10), Terms(pack_size=12, minimum=30), 36),
    (Need(0, reorder_point=10, mean=4.0, maximum=20), Terms(), 20),
    (Need(0, reorder_point=10, mean=4.0, maximum=5), Terms(), 11),
    (Need(0, waiting=5, reorder_point=-1), Terms(), 5), (Need(0, waiting=0, reorder_point=-1), Terms(), 0),
    (Need(-3, reorder_point=0), Terms(), 4),
])  # fmt: skip
def test_pack_minimum_and_maximum(need, terms, quantity):
    """R-SAF-3, R-SAF-7: what is on its way counts, packs are whole, the maximum holds unless goods would run out."""
    assert propose(need, terms, 7).quantity == quantity


@pytest.mark.parametrize(("breaks", "maximum", "quantity", "price"), [
    (((1, 120), (100, 110)), -1, 100, 110),  # 95 x 120 = 11400 > 100 x 110
    (((1, 120), (100, 115)), -1, 95, 120),  # 100 x 115 = 11500 costs more
    (((1, 120), (100, 110)), 99, 95, 120), (((1, 120), (100, 110), (110, 90)), -1, 110, 90),
])  # fmt: skip
def test_a_price_break_is_taken_where_it_costs_no_more(breaks, maximum, quantity, price):
    made = propose(Need(0, reorder_point=94, maximum=maximum), Terms(breaks=breaks), 0)
    assert (made.quantity, made.unit_price) == (quantity, price)


needs = st.builds(
    Need, st.integers(-50, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 100), st.integers(0, 100),
    st.integers(-1, 300), st.integers(-1, 600), st.floats(0, 50),
)  # fmt: skip
terms = st.builds(
    Terms, st.integers(1, 50), st.integers(1, 300), st.integers(0, 30),
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 1000)), max_size=4, unique_by=lambda pair: pair[0]).map(
        lambda pairs: tuple(sorted(pairs))),
    st.none() | st.integers(0, 1000),
)  # fmt: skip


@given(needs, terms, st.integers(0, 30))
def test_whatever_is_proposed_fills_packs_and_lifts_above_the_reorder_point(need, terms, days):
    """R-SAF-2, R-SAF-3: nothing above the reorder point; else whole packs, the minimum, and the alert's end: when all of it
    has been ordered, nothing more is proposed."""
    made = propose(need, terms, days)
    if need.position > need.reorder_point:
        assert made.quantity == 0
        return
    assert made.quantity % terms.pack_size == 0
    assert made.quantity >= terms.minimum
    assert need.position + made.quantity > need.reorder_point
    assert propose(replace(need, drafted=need.drafted + made.quantity), terms, days).quantity == 0


@given(st.lists(st.tuples(needs, terms), min_size=1, max_size=6), st.integers(1, 100_000), st.integers(1, 2_000))
def test_a_suppliers_minimum_is_reached_by_whole_packs_or_by_no_means(lines, value, quantity):
    """R-SAF-3: an order only grows, by packs, within each maximum; what is still short could not grow."""
    before = [propose(need, terms, 7) for need, terms in lines]
    minimum = Minimum(value, quantity)
    after = reach(before, minimum)
    for old, new in zip(before, after, strict=True):
        assert new.quantity >= old.quantity
        assert (new.quantity - old.quantity) % new.terms.pack_size == 0
        if new.quantity > old.quantity and new.need.maximum >= 0:
            assert new.need.position + new.quantity <= new.need.maximum


def test_the_pack_that_is_added_goes_to_what_runs_out_first():
    slow, fast = Need(9, reorder_point=10, mean=1.0), Need(9, reorder_point=10, mean=5.0)
    before = [propose(each, Terms(price=100), 0) for each in (slow, fast)]
    assert [each.quantity for each in before] == [2, 2]
    after = reach(before, Minimum(value=1000))
    assert [each.quantity for each in after] == [2, 8]
    assert "6 more so that the order reaches the supplier's minimum: 8" in str(after[1].steps[-1])
    assert lacks(after, Minimum(value=1000)) == (0, 0)
    assert lacks(reach([propose(Need(9, reorder_point=10), Terms(), 0)], Minimum(quantity=5)), Minimum(quantity=5)) == (
        0,
        3,
    )


@pytest.mark.parametrize("text", ["x", "1=", "=5", "1=5 1=6", "0=5", "1=-5", "1=5=6", "99999999=1", "1=99999999999999",
                                  " ".join(f"{n}=1" for n in range(1, 13))])  # fmt: skip
def test_prices_that_cannot_be_read(text):
    for typed in (True, False):
        with pytest.raises(BadBreaks):
            read_breaks(text, typed=typed)


def test_prices_are_yuan_where_people_type_them_and_minor_units_where_programs_send_them():
    assert read_breaks("100=4.4, 1=4.80", typed=True) == ((1, 480), (100, 440))
    assert read_breaks("1=480 100=440", typed=False) == ((1, 480), (100, 440))
    with pytest.raises(BadBreaks):
        read_breaks("1=4.80", typed=False)


@pytest.mark.parametrize(("text", "amount"), [("480", 48_000), ("480.00", 48_000), ("4.8", 480), ("0.05", 5), ("0", 0)])
def test_money_is_typed_in_yuan(text, amount):
    assert money.minor_units(text, "Cost", typed=True) == amount
    assert money.minor_units(money.plain(amount), "Cost", typed=True) == amount, (
        "what the form shows comes back as it was"
    )


@pytest.mark.parametrize(("text", "typed"), [
    ("4.805", True), ("-1", True), ("1,000", True), ("1e3", True), ("¥5", True), ("", True), (".", True), ("٣", True),
    ("10000000000.01", True), ("4.80", False), ("-1", False), ("1000000000001", False), ("1" * 5000, False),
])  # fmt: skip
def test_what_is_no_amount_is_refused_with_what_is_expected(text, typed):
    with pytest.raises(money.NoAmount if typed else money.NoMinorUnits) as caught:
        money.minor_units(text, "Cost", typed=typed)
    assert "Expected: " + ("yuan, such as 480 or 4.80" if typed else "a whole number of CNY minor units") in str(
        caught.value
    )


@pytest.mark.parametrize(("day", "fits"), [(99, False), (100, True), (100 + 3 * 366, True), (101 + 3 * 366, False)])
def test_goods_are_promised_from_today_on(day, fits):
    if fits:
        rules.check_promise(day, 100)
        return
    with pytest.raises(rules.NoPromise):
        rules.check_promise(day, 100)


def test_lines_without_a_quantity_are_left_out():
    assert chosen_lines({"quantity_7": "3", "cost_7": "5", "quantity_8": "0", "quantity_9": "", "quantity_x": "1"}) == {
        7: ("3", "5")
    }
    with pytest.raises(NothingChosen):
        chosen_lines({"quantity_7": "000"})
    with pytest.raises(TooManyChosen):
        chosen_lines({f"quantity_{n}": "1" for n in range(101)})


# ---------------------------------------------------------------- who may approve


def test_approval_is_complete_by_operations_and_above_the_limit_by_two():
    """R-SAF-4: every purchase needs operations; above 1,000 CNY a second person; an unknown value counts as above it."""
    ops, other, finance = Approval(1, operations=True), Approval(2, operations=True), Approval(3, operations=False)
    for given_, value, complete in (
        ([], 0, False), ([ops], LIMIT, True), ([finance], LIMIT, False), ([ops], LIMIT + 1, False), ([ops], None, False),
        ([ops, ops], LIMIT + 1, False), ([ops, other], LIMIT + 1, True), ([finance, ops], None, True),
        ([finance, Approval(4, operations=False)], LIMIT + 1, False),
    ):  # fmt: skip
        assert rules.is_complete(given_, value, LIMIT) is complete, (given_, value)


@pytest.mark.parametrize(("by", "value", "given_", "refusal"), [
    (person(7, "operations"), 1, (), rules.NotYours), (person(8, "operations"), 1, (), None),
    (person(8, "operations", program=True), 1, (), rules.ProgramNeverApproves),
    (person(0, "operations"), 1, (), rules.ProgramNeverApproves), (person(8, "finance"), LIMIT, (), rules.OperationsFirst),
    (person(8, "finance"), LIMIT + 1, (), None), (person(8, "finance"), None, (), None),
    (person(8, "operations"), None, (Approval(8, operations=True),), rules.ApprovedByYou),
])  # fmt: skip
def test_nobody_approves_their_own_and_programs_never(by, value, given_, refusal):
    """R-SAF-4, R-SEC-1."""
    asked = Asked("PO-1", value, {7})
    if refusal is None:
        rules.check_may_approve(by, asked, given_, LIMIT)
        return
    with pytest.raises(refusal):
        rules.check_may_approve(by, asked, given_, LIMIT)


@pytest.mark.parametrize(("lines", "within"), [
    ([(1, 5, 10, 100), (2, 6, 1, 50), (3, 7, 4, None)], True),
    ([(1, 5, 9, 100)], True), ([(1, 5, 10, 99)], True), ([(3, 7, 3, None)], True), ([(2, 6, 1, 0)], True),
    ([(1, 5, 11, 100)], False),  # more
    ([(1, 5, 11, 1)], False),  # more of it, in all much less
    ([(1, 5, 1, 101)], False),  # fewer at a higher cost, in all much less
    ([(1, 6, 10, 100)], False),  # other goods
    ([(1, 5, 10, 100), (4, 6, 1, 1)], False),  # a line more
    ([(1, 5, 10, None)], False),  # a cost that nobody knows any more
    ([(3, 7, 4, 1)], False),  # one that nobody knew
    ([(3, 7, 5, None)], False), ([(1, 5, 1, 1), (2, 6, 2, 50)], False),
])  # fmt: skip
def test_an_amendment_holds_at_once_only_within_every_line_that_was_approved(lines, within):
    """R-SAF-4: what one line saves pays for nothing in another."""
    approved = Content((Line(1, 5, 10, 100), Line(2, 6, 1, 50), Line(3, 7, 4, None)), 0)
    after = Content(tuple(itertools.starmap(Line, lines)), 99)
    assert rules.is_within(approved, after) is within
    assert rules.is_within(approved, approved)


def test_what_an_amendment_changes_is_said():
    before = Content((Line(1, 5, 10, 100), Line(2, 6, 1, 50)), 0)
    after = Content((Line(1, 5, 8, None), Line(3, 7, 4, 120)), None)
    said = [str(each) for each in rules.changes(before, after, {5: "A", 6: "B", 7: "C"}, "UTC")]
    assert said == ["A: 8 instead of 10", "A: – each instead of 1.00", "C: 4 at 1.20 each are new",
                    "B: one piece is not ordered any more", "due – instead of 1970-01-01"]  # fmt: skip
    assert Content.load(after.dump()) == after
