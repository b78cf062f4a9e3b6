"""The demo's people: their badges and PINs are the same in every demo, so that they can be printed; they guard nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator

from warehouse.db import Session
from warehouse.demo.tables import PEOPLE
from warehouse.people.rules import badge_hash

SEED = 20_261_125
DEMO_TOTES = tuple(f"XC{900_001 + number}" for number in range(6))

Person = tuple[str, tuple[str, ...], str, str]
"""Name, roles, badge and PIN."""


def badge_of(number: int) -> str:
    """The fixed badge of the demo's person of that number: short, so that it can be typed; an override asks its PIN."""
    return f"XB{100_001 + number}"


def pin_of(number: int) -> str:
    """The fixed PIN of the demo's person of that number."""
    return f"{random.Random(SEED - 1 - number).randrange(100_000, 1_000_000)}"  # noqa: S311 - known to all on purpose


def everybody() -> Iterator[Person]:
    """All people of the demo."""
    for number, (name, roles) in enumerate(PEOPLE):
        yield name, roles, badge_of(number), pin_of(number)


def people_here(session: Session) -> tuple[Person, ...]:
    """The demo's people whose fixed badges still open this installation; none in a real one."""
    known = {
        row.badge_hash for row in session.all("SELECT badge_hash FROM person WHERE active = 1 AND kind = 'person'")
    }
    return tuple(person for person in everybody() if badge_hash(person[2]) in known)
