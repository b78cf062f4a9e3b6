"""The pure rules of receiving."""

from __future__ import annotations

from dataclasses import replace

import pytest

from warehouse.clock import parse_day
from warehouse.floor.receiving.rules import (
    NAME_MAX,
    NameTooLong,
    Receiving,
    check_name,
    lacking,
    propose,
    read_expiry,
    told,
    unnamed,
)
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import Heard
from warehouse.work.screen import Ref

START = Receiving(step="item", receipt="GR-0000012", item=Ref(1, "TEA", "TEA"), wanted=5)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, ""), ({"tracking": "lot"}, "lot"), ({"tracking": "lot", "lot": "L1"}, ""),
        ({"tracking": "lot", "lot": "L1", "shelf_life_days": 9}, "expiry"),
        ({"tracking": "lot", "lot": "L1", "shelf_life_days": 9, "lot_settled": True}, ""),
        ({"tracking": "lot", "lot": "L1", "shelf_life_days": 9, "expiry_day": 700_000}, ""),
        ({"shelf_life_days": 9}, "expiry"), ({"tracking": "serial"}, "serial"),
        ({"tracking": "serial", "shelf_life_days": 9}, "expiry"),
    ],
)  # fmt: skip
def test_what_is_still_to_be_told(change: dict[str, object], missing: str) -> None:
    assert lacking(replace(START, **change)) == missing


def test_proposals_are_ours_and_unique_by_receipt() -> None:
    """A proposed lot names the day, the warehouse and the receipt; a serial its number in it as well."""
    shown = propose(replace(START, shelf_life_days=30, serials=4), now=0, timezone="UTC", house="MAIN")
    assert (shown.proposed_lot, shown.proposed_serial) == ("L700101-MAIN-12", "S700101-MAIN-12-5")
    assert shown.proposed_expiry_day == parse_day("1970-01-31")
    assert unnamed(shown).proposed_lot == ""


@pytest.mark.parametrize(
    ("text", "day"), [("XE20280131", "2028-01-31"), ("2028-01-31", "2028-01-31"), ("]C11728013110L", "2028-01-31")]
)
def test_an_expiry_is_read_in_each_of_its_forms(text: str, day: str) -> None:
    assert read_expiry(Heard(parse(text))) == parse_day(day)
    assert read_expiry(Heard(parse("KETTLE"))) == 0


def test_a_gs1_code_tells_all_it_holds() -> None:
    said = told(Heard(parse("]C1010950110153000310LOT-A\x1d17280131")))
    assert (said.lot, said.expiry_day, said.serial, said.quantity) == ("LOT-A", parse_day("2028-01-31"), "", 1)


def test_no_label_carries_a_name_without_end() -> None:
    assert check_name("x" * NAME_MAX)
    with pytest.raises(NameTooLong):
        check_name("x" * (NAME_MAX + 1))


def test_a_position_survives_its_journey_through_the_database() -> None:
    """What is at its default is left out; every other value comes back as it was."""
    shown = propose(replace(START, tracking="lot", paperless=True), now=0, timezone="UTC", house="MAIN")
    assert Receiving.load(shown.dump()) == shown
