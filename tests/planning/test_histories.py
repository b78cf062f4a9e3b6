"""Alerts against a slow, obvious oracle, over random histories (R-SAF-2): none missed, none doubled."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.planning.histories import History

STEPS = 14


def test_alerts_are_what_a_slow_oracle_says(house):
    """R-SAF-2: at once and once, through postings, reservations, blocks, orders, policies, expiry and clock changes."""
    for number in range(60):
        History(house, number).run(STEPS)
    assert house.verify().faults == []


@pytest.mark.proof
@pytest.mark.parametrize("part", range(5))
def test_ten_thousand_histories(house, tell, part):
    """R-SAF-2, the long form: 10,000 histories on the two databases together, each known by its number."""
    told = Counter()
    first = 1000 * (part + 1)
    for number in range(first, first + 1000):
        history = History(house, number)
        history.run(STEPS)
        told += Counter(kind for (_, kind), n in history.paper.seen.items() for _ in range(n))
    assert house.verify().faults == []
    tell(f"histories {first} to {first + 999}: " + ", ".join(f"{n} {kind}" for kind, n in sorted(told.items())))
