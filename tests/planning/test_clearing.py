"""What does not move becomes work: to the reserve, sent back, scrapped, or delisted (R-SAF-6); the work: tests/clearing."""

from __future__ import annotations

from datetime import date

import pytest

from tests.pages import Browser
from warehouse.clock import day_of, now_us


@pytest.fixture
def buyer(house):
    return Browser(house, "operations", name="Ola")


def asks(house, buyer, kind, sku="KETTLE", **more):
    at = f"/safety-stock/{house.items[sku]}"
    buyer.get(at)
    buyer.post(f"{at}/clear", clearing=kind, reason="a year without a sale", **more)


_LIES = """
SELECT l.code, SUM(b.quantity) AS n FROM balance b JOIN location l ON l.id = b.location_id
WHERE b.item_id = :item AND b.quantity > 0 AND l.kind = 'bin' GROUP BY l.code ORDER BY l.code"""


def lies(house, sku="KETTLE"):
    rows = house.base.read(lambda session: session.all(_LIES, item=house.items[sku]))
    return [(row.code, int(row.n)) for row in rows]


def total(house, column, sku="KETTLE"):
    return house.value(f"SELECT {column} FROM total WHERE item_id = :item", item=house.items[sku])


def clearances(buyer):
    return buyer.json("/clearances")["clearances"]


def test_goods_sent_back_are_held_at_once_and_booked_when_they_are_out(house, buyer, ada):
    """R-SAF-6: nobody is promised what is to go; the book follows the hands, bin by bin; the office sees who is at it."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 4)
    asks(house, buyer, "return")
    assert "KETTLE is to be taken from 2 bins" in buyer.notice
    assert (total(house, "on_hand"), total(house, "blocked")) == (9, 9)
    first, second = clearances(buyer)
    assert (first["location"], first["left"], first["kind"], first["worked_by"]) == ("A-01", 5, "return", None)
    ada.next("clearing")
    ada.scans(house.barcode("A-01"), "KETTLE", "XQ1")
    assert clearances(buyer)[0]["worked_by"] == "ada"
    assert "ada" in buyer.get("/clearances")
    assert (total(house, "on_hand"), total(house, "blocked")) == (9, 9)
    ada.scans("XXOK")
    assert (total(house, "on_hand"), total(house, "blocked")) == (7, 7)
    assert [(one["left"], one["taken"], one["worked_by"]) for one in clearances(buyer)] == [(3, 2, None), (4, 0, None)]
    ada.next("clearing")
    ada.finish()
    buyer.get("/clearances")
    buyer.post(f"/clearances/{second['id']}/leave")
    assert "is free again" in buyer.notice
    assert (total(house, "on_hand"), total(house, "blocked")) == (4, 0)
    assert house.value("SELECT count(*) FROM block WHERE closed_at IS NULL") == 0
    assert "sent back from A-01 to the supplier" in buyer.get(f"/items/{house.items['KETTLE']}")
    assert house.verify().faults == []


def test_only_what_has_expired_is_scrapped(house, buyer, ada):
    """R-SAF-6."""
    later = date.fromordinal(day_of(now_us(), "Asia/Shanghai") + 60).isoformat()
    house.put("TEA", "A-01", 3, lot="L0", expiry="2026-01-02")
    house.put("TEA", "A-02", 8, lot="L1", expiry=later)
    asks(house, buyer, "scrap", "TEA", expired_only="yes")
    (one,) = clearances(buyer)
    assert (one["location"], one["lot"], one["left"]) == ("A-01", "L0", 3)
    assert ada.work("clearing") == 1
    assert lies(house, "TEA") == [("A-02", 8)]
    assert house.verify().faults == []


def test_what_blocks_a_pick_face_goes_to_the_reserve(house, buyer):
    """R-SAF-6: only what lies in faces."""
    house.base.change(lambda session: session.run("UPDATE location SET pick_face = 1 WHERE code = 'A-01'"))
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 4)
    asks(house, buyer, "reserve")
    (one,) = clearances(buyer)
    assert (one["location"], one["left"]) == ("A-01", 5)


def test_a_delisted_item_is_never_ordered_again(house, buyer):
    """R-SAF-6: neither safety stock nor reorder point, and the alerts close."""
    house.put("KETTLE", "A-01", 2)
    at = f"/safety-stock/{house.items['KETTLE']}"
    buyer.get(at)
    buyer.post(at, kind="fixed", quantity="10", lead_time_days="0")
    assert house.value("SELECT count(*) FROM stock_alert WHERE state = 'open'") == 2
    asks(house, buyer, "delist")
    assert "KETTLE is delisted" in buyer.notice
    assert (total(house, "safety_stock"), total(house, "reorder_point")) == (0, -1)
    assert house.value("SELECT count(*) FROM stock_alert WHERE state <> 'closed'") == 0


def test_reserved_and_held_goods_are_not_cleared(house, buyer):
    """What orders were promised stays theirs."""
    asks(house, buyer, "scrap")
    assert (buyer.status, "Nothing of it lies free" in buyer.notice) == (422, True)
    house.put("KETTLE", "A-01", 5)
    asks(house, buyer, "scrap")
    asks(house, buyer, "scrap")
    assert buyer.status == 422, "they are held for the first already"
    assert len(clearances(buyer)) == 1


def test_who_may_ask_and_who_may_end(house, buyer):
    """R-SEC-1."""
    house.put("KETTLE", "A-01", 5)
    asks(house, buyer, "scrap")
    (one,) = clearances(buyer)
    for role in ("picker", "purchasing"):
        other = house.worker(role)
        other.post(f"/clearances/{one['id']}/leave")
        assert other.status == 403
    other = house.worker("picker")
    other.post(f"/safety-stock/{house.items['KETTLE']}/clear", clearing="scrap", reason="old")
    assert other.status == 403
    assert total(house, "blocked") == 5
