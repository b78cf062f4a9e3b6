"""How robots count: everything that lies there, their mistakes taken back, and only what two agree on approved."""

from __future__ import annotations

from typing import Any

import pytest

from warehouse.simulate import counting
from warehouse.simulate.floor import Catalogue, Floor, Lying, Mind

CATALOGUE = Catalogue({}, {"TEA": "690", "PAN": "691", "CAM": "692"}, {"XL1": "A-1"}, (), "QUARANTINE", frozenset())


@pytest.fixture
def floor() -> Floor:
    """Three kinds of goods in one bin, and some elsewhere."""
    made = Floor(CATALOGUE)
    rows = (
        ("A-1", "TEA", "L1", "", 4),
        ("A-1", "CAM", "", "S1", 1),
        ("A-1", "PAN", "", "", 7),
        ("A-2", "PAN", "", "", 1),
    )
    made.lay(
        {"sku": sku, "location": place, "container": "", "lot": lot, "serial": serial, "quantity": count}
        for place, sku, lot, serial, count in rows
    )
    return made


def screen(*expects: str) -> dict[str, Any]:
    return {"room": "counting", "expects": list(expects), "target": {"location": {"code": "A-1", "barcode": "XL1"}}}


def scanned(floor: Floor, mind: Mind) -> list[str]:
    """All that a robot scans from the door of the bin to its OK."""
    codes = [counting.answer(screen("location"), mind)]
    counting.taken(screen("location"), codes[0], "count_bin", "", mind, floor)
    while codes[-1] != "XXOK":
        codes.append(counting.answer(screen("item"), mind))
        counting.taken(screen("item"), codes[-1], "counted", "", mind, floor)
    return codes


def test_all_that_lies_there_is_scanned(floor: Floor) -> None:
    """Also what the book does not have; nothing of what it has and is gone."""
    floor.lose(Lying("A-1", "PAN"), 5)
    assert scanned(floor, Mind()) == ["XL1", "692", "S1", "691", "XQ1", "690", "L1", "XQ3", "XXOK"]


def test_what_was_moved_is_counted_once_more(floor: Floor) -> None:
    mind = Mind()
    scanned(floor, mind)
    text = "Goods were moved here while you counted. Count these once more, then OK: PAN, TEA."
    counting.taken(screen("item"), "XXOK", "count_moved", text, mind, floor)
    assert mind.ahead == ["691", "XQ6", "690", "L1", "XQ3"]


def test_what_is_taken_back_is_scanned_again_but_not_what_was_one_too_many(floor: Floor) -> None:
    mind = Mind()
    counting.taken(screen("location"), "XL1", "count_bin", "", mind, floor)
    for code in ("692", "S1"):
        counting.taken(screen("item"), code, "counted", "", mind, floor)
    counting.taken(screen("item"), "XXUNDO", "count_undone", "", mind, floor)
    assert mind.ahead[:2] == ["S1", "691"]
    mind.ahead = ["691", "691", "XXUNDO", "XQ6"]
    for code in ("691", "691"):
        counting.taken(screen("item"), code, "counted", "", mind, floor)
    counting.taken(screen("item"), "XXUNDO", "count_undone", "", mind, floor)
    assert mind.ahead == ["XQ6"]


def test_a_slip_that_is_asked_about_is_dropped_and_its_undo_takes_nothing_else_back(floor: Floor) -> None:
    """A stranger's label beside pieces with serials might be one: the screen asks, and the robot says no."""
    mind = Mind()
    counting.taken(screen("location"), "XL1", "count_bin", "", mind, floor)
    for code in ("692", "S1"):
        counting.taken(screen("item"), code, "counted", "", mind, floor)
    counting.taken(screen("item"), "NOT-OURS-5", "count_odd", "", mind, floor)
    asked = screen("confirm")
    asked["target"] |= {"serial": {"code": "NOT-OURS-5"}, "quantity": {"wanted": None}}
    assert counting.answer(asked, mind) == "XXBACK"
    before = list(mind.ahead)
    counting.taken(asked, "XXUNDO", "undone", "", mind, floor)
    assert mind.ahead == before
    mind.done.append("S9")
    asked["target"]["serial"] = {"code": "S9"}
    assert counting.answer(asked, mind) == "XXOK"


def line(number: int, difference: int, state: str, sku: str = "TEA") -> dict[str, Any]:
    return {"id": f"{number}{sku}", "round": number, "sku": sku, "lot": None, "serial": None, "container": None,
            "difference": difference, "state": state}  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "approved"),
    [
        ([line(2, -3, "review"), line(1, -3, "superseded")], "2TEA"),
        ([line(2, -3, "review"), line(1, -2, "superseded")], None),
        ([line(3, -3, "review"), line(2, -2, "superseded"), line(1, -3, "superseded")], None),
        ([line(2, -3, "second"), line(1, -3, "superseded")], "2TEA"),
        ([line(1, -1, "review")], "1TEA"),
        ([line(2, -3, "review"), line(2, 1, "review", "PAN"), line(1, -3, "superseded")], None),
        ([line(2, -3, "review"), line(1, -3, "taken_back"), line(1, -2, "superseded")], None),
        ([line(2, -3, "posted")], None),
    ],
)
def test_only_what_two_in_a_row_agree_on_is_approved(lines: list[dict[str, Any]], approved: str | None) -> None:
    decided = counting.decide(lines)
    assert (decided.line["id"] if decided else None) == approved


def test_a_difference_that_is_posted_is_no_longer_missing(floor: Floor) -> None:
    """The book was told: from then on it must be what lies there."""
    floor.lose(Lying("A-1", "PAN"), 2)
    found = {"sku": "PAN", "lot": None, "serial": None, "difference": -2}
    floor.found_out(counting.lies_of(found, "A-1"), -2)
    row = {"sku": "PAN", "container": "", "lot": None, "serial": None}
    rest = [row | {"location": "A-1", "quantity": 5}, row | {"location": "A-2", "quantity": 1}]
    assert not any("PAN" in each for each in floor.differences(rest))
    assert any("PAN" in each for each in floor.differences([rest[0] | {"quantity": 7}, rest[1]]))
