"""Places at a desk: the tree, what lies where, new bins by the run."""

from __future__ import annotations

import pytest

from tests.floor import House
from tests.office.browsing import HOSTILE, Desk
from warehouse.ledger import Block, block


@pytest.fixture
def olga(house: House) -> Desk:
    return Desk(house, "operations")


def codes(desk: Desk, query: str) -> list[str]:
    return [place["code"] for place in desk.json(f"/locations?{query}")["locations"]]


def test_places_are_listed_along_the_walk_and_narrowed(house: House, olga: Desk) -> None:
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 5, lot="L1")
    assert codes(olga, "kind=bin") == [f"A-{number:02d}" for number in range(1, 7)]
    assert codes(olga, "only=empty") == ["A-03", "A-04", "A-05", "A-06"]
    assert codes(olga, "q=a-02") == ["A-02"]
    assert codes(olga, f"q={house.barcode('A-03')}") == ["A-03"]
    house.base.change(lambda session: block(session, house.by(), Block(house.items["TEA"], "hold")))
    assert codes(olga, "only=blocked") == ["A-02"]
    assert "held" in olga.get("/locations?q=A-02")


def test_a_place_tells_what_lies_there(house: House, olga: Desk) -> None:
    house.put("TEA", "A-02", 5, lot="L-9")
    page = olga.get(f"/locations/{house.places['A-02']}")
    for text in ("TEA", "L-9", "5 × TEA were at A-02 from the start", house.barcode("A-02")):
        assert text in page
    assert olga.json(f"/locations/{house.places['A-02']}")["location"]["lies"][0]["quantity"] == 5


def test_a_run_of_bins_is_made_at_once_and_scans(house: House, olga: Desk) -> None:
    olga.post("/locations", code="ZONE-B", kind="zone")
    olga.get("/locations/new?in=ZONE-B")
    assert 'value="ZONE-B"' in olga.page
    olga.post("/locations/run", prefix="B-01", parent="ZONE-B", aisle="2", first_position="1", last_position="2",
              first_level="1", last_level="3", face_level="1", max_weight_g="50000")  # fmt: skip
    assert "6 bins are made, from B-01-01-1 to B-01-02-3" in olga.notice()
    assert "B-01-02-3" in olga.page, "the zone's page shows them"
    sql = "SELECT code, aisle, position, level, pick_face, pick FROM location WHERE code LIKE 'B-01-%' ORDER BY code"
    made = house.base.read(lambda session: session.all(sql))
    assert [tuple(row) for row in made][:2] == [("B-01-01-1", 2, 1, 1, 1, 1), ("B-01-01-2", 2, 1, 2, 0, 0)]
    assert house.worker().get(f"/lookup?code={house.barcode('B-01-02-3')}")["things"][0]["code"] == "B-01-02-3"
    assert len(codes(olga, "in=ZONE-B")) == 6


@pytest.mark.parametrize(("changed", "why"), [
    ({"last_position": "0"}, "would make 0"), ({"last_position": "900"}, "would make 900"),
    ({"parent": "A-01"}, "no place here"),
    ({"parent": "NOWHERE"}, "no place here"), ({"aisle": "x"}, "whole number"), ({"prefix": ""}, "must be filled in"),
    ({"prefix": "A"}, "A-01 exists here already"),
])  # fmt: skip
def test_a_run_that_cannot_be_makes_nothing_and_keeps_what_was_typed(
    house: House, olga: Desk, changed: dict[str, str], why: str
) -> None:
    if changed == {"prefix": "A"}:
        house.base.change(lambda session: session.run("UPDATE location SET code = 'A-01-1' WHERE code = 'A-01'"))
        why = "A-01-1 exists here already"
    before = house.value("SELECT count(*) FROM location")
    run = {"prefix": "C", "aisle": "3", "first_position": "1", "last_position": "4", "first_level": "1",
           "last_level": "1", "classes": "kept-text"}  # fmt: skip
    olga.post("/locations/run", **(run | changed))
    assert olga.status == 422
    assert why in olga.notice()
    assert 'value="kept-text"' in olga.page
    assert house.value("SELECT count(*) FROM location") == before


def test_the_first_pick_face_takes_the_picks_and_the_last_one_gives_them_back(house: House, olga: Desk) -> None:
    house.put("KETTLE", "A-01", 5)
    path = f"/locations/{house.places['A-02']}"
    olga.post(path, pick_face="yes", barcode="BIN-TWO")
    assert "A-02 is changed" in olga.notice()
    assert house.value("SELECT pick FROM balance") == 0
    assert house.worker().get("/lookup?code=BIN-TWO")["things"][0]["code"] == "A-02"
    olga.post(path)
    assert house.value("SELECT pick FROM balance") == 1


def test_a_taken_code_and_a_hostile_one_are_refused(house: House, olga: Desk) -> None:
    olga.post("/locations", code="A-01", kind="bin")
    assert "exists here already" in olga.notice()
    olga.post(f"/locations/{house.places['A-02']}", barcode=house.barcode("A-01"))
    assert "already names something else" in olga.notice()
    olga.post("/locations", code=HOSTILE, kind="bin")
    assert "<script>alert" not in olga.page
    assert olga.status in {200, 422}


def test_purchasing_sees_places_and_changes_none(house: House) -> None:
    buyer = Desk(house, "purchasing")
    page = buyer.get(f"/locations/{house.places['A-01']}")
    assert 'method="post"' not in page
    buyer.post("/locations", code="X-1", kind="bin")
    assert buyer.status == 403
