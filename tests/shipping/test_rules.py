"""Where a hand-over stands."""

from __future__ import annotations

from warehouse.floor.shipping.rules import HandOver, without
from warehouse.work.screen import Ref


def test_the_first_parcel_to_come_is_shown_and_at_the_end_the_last_that_went():
    position = HandOver(lane="NONE", carrier="NONE", parcels=((1, "XC000001"), (2, "XC000002")), total=2)
    assert position.container == Ref(1, "XC000001", "XC000001")
    assert without(position, 1).container == Ref(2, "XC000002", "XC000002")
    last = Ref(2, "XC000002", "XC000002")
    assert HandOver(lane="NONE", carrier="NONE", last=last).container == last


def test_a_position_is_read_as_it_was_written():
    position = HandOver(lane="NONE", carrier="NONE", parcels=((1, "XC000001"),), total=1)
    assert HandOver.load(position.dump()) == position
