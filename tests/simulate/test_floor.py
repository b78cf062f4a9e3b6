"""The floor as robots keep it in mind, beside the book."""

from __future__ import annotations

from warehouse.simulate.floor import Catalogue, Floor, Lying, Mind, Moved
from warehouse.simulate.moves import after_scan, before_scan
from warehouse.simulate.story import Story

NOTHING = Catalogue({}, {}, {}, (), "QUARANTINE", frozenset())


def row(place: str, quantity: int, *, container: str = "", sku: str = "TEA") -> dict:
    return {"sku": sku, "location": place, "container": container, "lot": None, "serial": None, "quantity": quantity}


def floor(*rows: dict) -> Floor:
    made = Floor(NOTHING)
    made.lay(rows)
    return made


def test_what_was_carried_is_compared_with_the_book() -> None:
    """R-LED-3, seen from the other side: the book equals what was carried, not only itself."""
    here = floor(row("A-1", 5))
    moved = [Moved("TEA", "", "", 2, "A-1", "TOTE-1")]
    here.carry(moved)
    assert here.differences([row("A-1", 3), row("PACK", 2, container="TOTE-1")]) == []
    assert len(here.differences([row("A-1", 5)])) == 2
    here.put_back(moved)
    assert here.differences([row("A-1", 5)]) == []


def test_what_is_missing_on_purpose_still_lies_in_the_book() -> None:
    here = floor(row("A-1", 5))
    here.lose(Lying("A-1", "TEA"), 2)
    assert here.lies[Lying("A-1", "TEA")] == 3
    assert here.differences([row("A-1", 5)]) == []
    assert here.differences([row("A-1", 3)]) == ["TEA at A-1: the book has 3, 5 were brought there"]


def test_more_than_lay_there_cannot_be_carried() -> None:
    here = floor(row("A-1", 1))
    here.carry([Moved("TEA", "", "", 2, "A-1", "TOTE-1")])
    assert "-1 lie there" in here.differences([row("PACK", 2, container="TOTE-1")])[0]


def test_only_what_goes_by_truck_is_shipped() -> None:
    """Goods that are received and taken back go to the truck as well, but to none of a customer."""
    here = floor(row("PACK", 3, container="P-1"))
    received = [Moved("TEA", "", "", 4, "", "DOCK")]
    here.carry(received)
    here.put_back(received)
    here.carry(here.ship("P-1"))
    assert here.shipped == {"TEA": 3}
    assert here.differences([]) == []


def test_what_is_cleared_goes_to_the_reserve_or_leaves_the_house() -> None:
    """R-SAF-6: pieces with serials are carried one by one, whatever the last scan of them is told."""
    here = Floor(Catalogue({}, {}, {"XL9": "R-9"}, (), "QUARANTINE", frozenset()))
    bin_, done = {"location": {"code": "A-1", "barcode": "XL1"}, "item": {"code": "CAM"}}, {"wanted": 1, "done": 1}
    asks = {"room": "clearing", "expects": ["serial"], "actions": [],
            "target": bin_ | {"serial": {"code": "S1"}, "quantity": {"wanted": 1, "done": 0}}}  # fmt: skip
    for said, expects, code, place in (
        ("bring_to_scrap", "confirm", "XXOK", ""),
        ("in_hand", "location", "XL9", "R-9"),
    ):
        mind = Mind()
        before_scan(asks, mind)
        assert after_scan(asks, "S1", said, mind, here) == []
        put = asks | {"expects": [expects], "target": bin_ | {"quantity": done}}
        told = "cleared_to_reserve" if place else "cleared_to_scrap"
        assert after_scan(put, code, told, mind, here) == [Moved("CAM", "", "S1", 1, "A-1", place)]


def test_what_is_made_up_has_no_name_in_a_story() -> None:
    """Totes are numbered by whichever process is asked; the story is the same."""
    told = Story({"690": "TEA", "XL1": "A-1"})
    for text in ("690", "XL1", "XQ4", "XXUNDO", "XC000007", "L260101-MAIN-4", ""):
        told.tell("picker-1", "scans", "picking", text, "200")
    names = [line.split()[3:-2] for line in told.lines]
    assert names == [["TEA"], ["A-1"], ["XQ4"], ["XXUNDO"], ["(made", "up)"], ["(made", "up)"], []]
    other = Story({})
    assert other.digest != told.digest
