"""What is counted has a cost, so that one supervisor may approve; tests of the limit set their own."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def priced(request):
    """Each item costs 1.00, in tests of a house."""
    if "house" in request.fixturenames:
        house = request.getfixturevalue("house")
        house.base.change(lambda session: session.run("UPDATE item SET unit_cost = 100"))
