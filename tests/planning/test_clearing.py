"""What does not move becomes work: to the reserve, sent back, scrapped, or delisted (R-SAF-6)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.hands import at_once
from tests.pages import Browser
from warehouse.clock import day_of, now_us
from warehouse.errors import Refusal
from warehouse.planning import clearing


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


def test_goods_sent_back_are_held_at_once_and_booked_when_they_are_out(house, buyer):
    """R-SAF-6: nobody is promised what is to go; the book follows the hands, bin by bin."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 4)
    asks(house, buyer, "return")
    assert "KETTLE is to be taken from 2 bins" in buyer.notice
    assert (total(house, "on_hand"), total(house, "blocked")) == (9, 9)
    first, second = clearances(buyer)
    assert (first["location"], first["left"], first["kind"]) == ("A-01", 5, "return")
    buyer.get("/clearances")
    buyer.post(f"/clearances/{first['id']}/taken", quantity="2")
    assert "2 × KETTLE taken from A-01" in buyer.notice
    assert (total(house, "on_hand"), total(house, "blocked")) == (7, 7)
    buyer.post(f"/clearances/{first['id']}/taken", quantity="4")
    assert (buyer.status, "Only 3 are to be taken" in buyer.notice) == (422, True)
    buyer.post(f"/clearances/{first['id']}/taken", quantity="3")
    buyer.post(f"/clearances/{first['id']}/taken", quantity="1")
    assert (buyer.status, "done or cancelled already" in buyer.notice) == (422, True)
    buyer.post(f"/clearances/{second['id']}/leave")
    assert "is free again" in buyer.notice
    assert (total(house, "on_hand"), total(house, "blocked")) == (4, 0)
    assert house.value("SELECT count(*) FROM block WHERE closed_at IS NULL") == 0
    assert "sent back from A-01 to the supplier" in buyer.get(f"/items/{house.items['KETTLE']}")
    assert house.verify().faults == []


def test_only_what_has_expired_is_scrapped(house, buyer):
    """R-SAF-6."""
    later = date.fromordinal(day_of(now_us(), "Asia/Shanghai") + 60).isoformat()
    house.put("TEA", "A-01", 3, lot="L0", expiry="2026-01-02")
    house.put("TEA", "A-02", 8, lot="L1", expiry=later)
    asks(house, buyer, "scrap", "TEA", expired_only="yes")
    (one,) = clearances(buyer)
    assert (one["location"], one["lot"], one["left"]) == ("A-01", "L0", 3)
    buyer.get("/clearances")
    buyer.post(f"/clearances/{one['id']}/taken", quantity="3")
    assert lies(house, "TEA") == [("A-02", 8)]
    assert house.verify().faults == []


def test_what_blocks_a_pick_face_goes_to_a_bin_of_the_reserve(house, buyer):
    """R-SAF-6: only what lies in faces, and only to a bin that takes it."""
    house.base.change(lambda session: session.run("UPDATE location SET pick_face = 1 WHERE code = 'A-01'"))
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 4)
    asks(house, buyer, "reserve")
    (one,) = clearances(buyer)
    at = f"/clearances/{one['id']}/taken"
    buyer.get("/clearances")
    for place in ("A-01", "nowhere", "customer"):
        buyer.post(at, quantity="5", to=place)
        assert (buyer.status, "no bin of the reserve" in buyer.notice) == (422, True)
    buyer.post(at, quantity="5", to="A-02")
    assert lies(house) == [("A-02", 9)]
    assert total(house, "blocked") == 0
    assert house.verify().faults == []


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


def test_of_many_who_book_the_same_goods_each_piece_leaves_once(house):
    """Eight say at once that they took all five: one did."""
    house.put("KETTLE", "A-01", 5)
    item = house.items["KETTLE"]
    house.base.change(lambda session: clearing.ask(session, house.by(), item, "scrap", reason="old"))
    one = house.value("SELECT id FROM clearance")

    def take(_):
        try:
            return house.base.change(lambda session: clearing.taken(session, house.by(), one, 5).taken)
        except Refusal as refusal:
            return refusal.code

    made = at_once(take, 8)
    assert sorted(map(str, made)) == ["5"] + ["clearance_closed"] * 7
    assert total(house, "on_hand") == 0
    assert house.verify().faults == []


def test_who_may_ask_and_who_may_take(house, buyer):
    """R-SEC-1."""
    house.put("KETTLE", "A-01", 5)
    asks(house, buyer, "scrap")
    (one,) = clearances(buyer)
    for role in ("picker", "purchasing"):
        other = house.worker(role)
        other.post(f"/clearances/{one['id']}/taken", quantity="5")
        assert other.status == 403
    assert lies(house) == [("A-01", 5)]
