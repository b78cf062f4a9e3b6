"""What tests of counting share: a bin counted in one go, and a plan in which only some bins are due."""

from __future__ import annotations

import re

from tests.floor import House, Worker
from warehouse.counts.plan import wake_some


def all_but(house: House, *places: str) -> None:
    """Only these bins are due; all others count as proven."""

    def settle(session) -> None:  # type: ignore[no-untyped-def]
        while wake_some(session, house.by()):
            pass
        session.run("UPDATE bin_plan SET due = 0, due_day = due_day + 7")
        for place in places:
            session.run("UPDATE bin_plan SET due = 1 WHERE location_id = :id", id=house.places[place])

    house.base.change(settle)


def next_bin(worker: Worker) -> str:
    """The bin that is given out next; empty for none."""
    screen = worker.next("counting")
    return str(screen["target"]["location"]["code"]) if screen else ""


def count(worker: Worker, house: House, place: str, *codes: str) -> str:
    """Counts a bin as it is given out: the codes in their order, then OK. The last notice's code."""
    assert next_bin(worker) == place
    return worker.scans(house.barcode(place), *codes, "XXOK")


def tells(text: str, number: int) -> bool:
    """Whether a number stands in a text by itself, not as digits of an id or a key."""
    return re.search(rf"(?<![0-9a-f]){number}(?![0-9a-f])", text) is not None
