"""Alerts against a slow, obvious oracle, over random histories (R-SAF-2): none missed, none doubled."""

from __future__ import annotations

import pytest

from tests.planning.histories import History

STEPS = 14


def test_alerts_are_what_a_slow_oracle_says(house):
    """R-SAF-2: at once and once, through postings, reservations, blocks, orders, policies, expiry and clock changes."""
    for number in range(60):
        History(house, number).run(STEPS)
    assert house.verify().faults == []


@pytest.mark.proof
def test_ten_thousand_histories(house):
    """R-SAF-2, the long form: 10,000 histories on the two databases together."""
    for number in range(1000, 6000):
        History(house, number).run(STEPS)
    assert house.verify().faults == []
