"""Protected minimum: other channels' orders wait rather than take what is kept (R-SAF-5)."""

from __future__ import annotations

from tests.hands import at_once
from warehouse.ledger.protected import protect
from warehouse.orders import release as releasing


def keep(house, channel, quantity, sku="KETTLE"):
    house.base.change(lambda session: protect(session, house.by(), house.items[sku], channel, quantity))


def channel_of(house, number, channel):
    house.base.change(
        lambda session: session.run(
            "UPDATE sales_order SET channel = :channel WHERE number = :number", channel=channel, number=number
        )
    )


def state(house, number):
    return house.value("SELECT state FROM sales_order WHERE number = :number", number=number)


def test_what_is_kept_for_a_channel_goes_to_its_orders_alone(house, ada):
    house.put("KETTLE", "A-01", 10)
    keep(house, "TMALL", 6)
    other, own = house.order(("KETTLE", 5)), house.order(("KETTLE", 8))
    channel_of(house, other, "SHOP")
    channel_of(house, own, "TMALL")
    ada.next("picking")
    assert (state(house, other), state(house, own)) == ("waiting", "released")


def test_up_to_the_minimum_others_may_take(house, ada):
    house.put("KETTLE", "A-01", 10)
    keep(house, "TMALL", 6)
    other = house.order(("KETTLE", 4))
    channel_of(house, other, "SHOP")
    ada.next("picking")
    assert state(house, other) == "released"


def test_released_goods_wake_who_waits(house, ada):
    house.put("KETTLE", "A-01", 10)
    keep(house, "TMALL", 6)
    other = house.order(("KETTLE", 5))
    channel_of(house, other, "SHOP")
    assert ada.next("picking") is None
    assert ada.next("picking") is None, "it waits, and is not tried again and again"
    assert state(house, other) == "waiting"
    keep(house, "TMALL", 0)
    assert ada.next("picking") is not None


def test_blocked_goods_are_not_what_is_kept(house, ada):
    """R-SAF-5: 6 are kept and 5 of 10 are held back: nothing is left for others."""
    house.put("KETTLE", "A-01", 5)
    house.put("KETTLE", "A-02", 5)
    from warehouse.ledger import Block, block

    house.base.change(
        lambda session: block(
            session, house.by(), Block(house.items["KETTLE"], "hold", location_id=house.places["A-02"])
        )
    )
    keep(house, "TMALL", 5)
    other = house.order(("KETTLE", 1))
    channel_of(house, other, "SHOP")
    assert ada.next("picking") is None


def test_orders_released_at_once_do_not_take_it_together(house):
    """R-SAF-5: of 4 orders that look at the same moment, as many are promised goods as leaves the minimum untouched."""
    house.put("KETTLE", "A-01", 10)
    keep(house, "TMALL", 4)
    ids = []
    for _ in range(4):
        number = house.order(("KETTLE", 3))
        channel_of(house, number, "SHOP")
        ids.append(house.value("SELECT id FROM sales_order WHERE number = :number", number=number))
    house.base.change(releasing.source_some)
    made = at_once(lambda at: house.base.change(lambda session: releasing.release(session, house.by(), ids[at])), 4)
    assert not [each for each in made if isinstance(each, Exception)], made
    assert sum(each is not None for each in made) == 2
    assert house.value("SELECT on_hand - reserved FROM total") == 4


def test_a_short_pick_is_not_made_good_with_what_is_kept(house, ada):
    """R-SAF-5, R-PICK-3: other stock is looked for at once, but not what is kept for another channel."""
    house.put("KETTLE", "A-01", 4, received="2026-01-01")
    house.put("KETTLE", "A-02", 6, received="2026-01-02")
    keep(house, "TMALL", 6)
    other = house.order(("KETTLE", 4))
    channel_of(house, other, "SHOP")
    ada.next("picking")
    assert state(house, other) == "released"
    ada.obey()
    ada.obey()
    ada.scan("XXSHORT")
    reserved = house.value("SELECT reserved FROM balance WHERE location_id = :place", place=house.places["A-02"])
    assert reserved == 0
