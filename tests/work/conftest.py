"""A picker in the middle of an order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.floor import House, Worker
from tests.hands import interleave
from warehouse.db import Database


@pytest.fixture
def picker(house: House, ada: Worker) -> Worker:
    """Ada, who stands at bin A-02 and is to take 6 kettles from it; 4 more are at A-05, older ones than at A-06."""
    house.put("KETTLE", "A-02", 6, received="2026-01-01")
    house.put("KETTLE", "A-05", 4, received="2026-01-02")
    house.put("KETTLE", "A-06", 9, received="2026-03-01")
    house.order(("KETTLE", 10))
    ada.next("picking")
    ada.obey()
    ada.scans(house.barcode("A-02"))
    return ada


@pytest.fixture
def effects(house: House) -> Callable[[], tuple[int, ...]]:
    """How much has been done so far: moves, acts, overrides."""
    return lambda: tuple(house.value(f"SELECT count(*) FROM {table}") for table in ("move", "act", "override"))


@pytest.fixture
def between(base: Database) -> Callable[..., Any]:
    """Runs another change in the middle of one: between(first, second); both results, or what they raised."""
    return partial(interleave, base)
