"""The ledger of the small warehouse, and many hands at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.floor import House
from tests.hands import at_once, interleave
from tests.ledger.book import Book
from warehouse.db import Database


@pytest.fixture
def book(house: House) -> Book:
    """The ledger, spoken to directly."""
    return Book(house)


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """Calls fn(0), fn(1) … in so many threads that start at the same moment; what each returned."""
    return at_once


@pytest.fixture
def between(base: Database) -> Callable[..., Any]:
    """Runs another change in the middle of one: between(first, second); both results, or what they raised."""
    return partial(interleave, base)
