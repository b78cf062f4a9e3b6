"""Stock at a desk: now, at a past instant, as a file; and every move with who, when and why."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from tests.floor import House
from tests.office.browsing import Desk
from warehouse.ledger import Block, block


@pytest.fixture
def clerk(house: House) -> Desk:
    return Desk(house, "customer_service")


def found(desk: Desk, query: str) -> list[tuple[str, str, int]]:
    return [(row["sku"], row["location"], row["quantity"]) for row in desk.json(f"/stock?{query}")["stock"]]


def test_stock_is_found_by_sku_lot_and_place(house: House, clerk: Desk) -> None:
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 7, lot="LOT-7", expiry="2099-01-01")
    house.put("TEA", "A-03", 8, lot="LOT-8", expiry="2020-01-01")
    everything = [("KETTLE", "A-01", 5), ("TEA", "A-02", 7), ("TEA", "A-03", 8)]
    assert found(clerk, "") == everything
    for text, rows in (("KETT", everything[:1]), ("lot-7", everything[1:2]), ("A-03", everything[2:]),
                       ("5012345678900", everything[:1]), (house.barcode("A-02"), everything[1:2])):  # fmt: skip
        assert found(clerk, f"q={text}") == rows, text
    assert found(clerk, "state=expired") == everything[2:]
    assert found(clerk, "state=available") == everything[:2]
    page = clerk.get("/stock?q=TEA")
    assert "expired" in page
    assert "2099-01-01" in page


def test_stock_is_narrowed_by_what_holds_it_back(house: House, clerk: Desk) -> None:
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 7, lot="L")
    house.order(("KETTLE", 2))
    house.worker().next("picking")
    house.base.change(lambda session: block(session, house.by(), Block(house.items["TEA"], "pending_inspection")))
    assert found(clerk, "state=reserved") == [("KETTLE", "A-01", 5)]
    assert found(clerk, "state=held") == found(clerk, "state=pending_inspection") == [("TEA", "A-02", 7)]
    assert "pending inspection" in clerk.get("/stock?state=held")


def test_stock_as_it_lay_before(house: House, clerk: Desk) -> None:
    house.put("KETTLE", "A-01", 5)
    then = datetime.now(UTC).isoformat()
    house.put("KETTLE", "A-02", 9)
    assert found(clerk, f"at={then.replace('+', '%2B')}") == [("KETTLE", "A-01", 5)]
    page = clerk.get(f"/stock?at={then.replace('+', '%2B')}")
    assert "as it lay at" in page
    assert "A-02" not in page
    for text in ("yesterday", "2999-01-01", "0001-01-01"):
        clerk.get(f"/stock?at={text}")
        assert clerk.status == 422
        assert "is no time in the past" in clerk.notice()
        assert f'value="{text}"' in clerk.page


def test_the_file_has_no_cell_that_a_spreadsheet_runs(house: House, clerk: Desk) -> None:
    house.put("TEA", "A-02", 7, lot='=cmd|"/c calc"!A1')
    text = clerk.get("/stock.csv").removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["lot"] == '\'=cmd|"/c calc"!A1'
    assert (rows[0]["sku"], rows[0]["quantity"]) == ("TEA", "7")
    assert clerk.get("/stock.csv?q=KETTLE").count("\n") == 1


def test_moves_tell_who_when_why_and_are_narrowed(house: House, clerk: Desk) -> None:
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 7, lot="L")
    house.order(("KETTLE", 2))
    worker = house.worker("picker", name="Pia")
    worker.next("picking")
    worker.finish()
    page = clerk.get("/moves")
    for text in ("1 × KETTLE picked from A-01 into", "Pia", "7 × TEA were at A-02 from the start"):
        assert text in page, text
    count = {query: len(clerk.json(f"/moves?{query}")["moves"]) for query in (
        "item=KETTLE", "item=5012345678900", "location=A-02", "person=Pia&cause=pick", "cause=opening", "day=2020-02-02",
        f"day={datetime.now(UTC).astimezone().date()}")}  # fmt: skip
    assert count["item=KETTLE"] == count["item=5012345678900"] >= 2
    assert (count["location=A-02"], count["person=Pia&cause=pick"], count["cause=opening"]) == (1, 3, 2)
    assert count["day=2020-02-02"] == 0
    first = clerk.json("/moves?person=Pia&cause=pick")["moves"][0]
    assert (first["by"], first["device"], first["quantity"], len(first["key"]) > 0) == ("Pia", "token:Pia", 1, True)
    for query, why in (("item=NOTHING", "Nothing here is called NOTHING"), ("person=Nobody", "Nobody"),
                       ("day=soon", "is no day")):  # fmt: skip
        clerk.get(f"/moves?{query}")
        assert clerk.status == 422
        assert why in clerk.notice()


def test_a_day_is_the_warehouses_own(house: House, clerk: Desk) -> None:
    house.put("KETTLE", "A-01", 5)
    from warehouse.clock import as_datetime, now_us

    today = as_datetime(now_us(), "Asia/Shanghai").date()
    assert len(clerk.json(f"/moves?day={today}")["moves"]) == 1


def test_a_picker_does_not_see_the_books(house: House) -> None:
    picker = Desk(house, "picker")
    for path in ("/stock", "/stock.csv", "/moves"):
        picker.get(path)
        assert picker.status == 403
