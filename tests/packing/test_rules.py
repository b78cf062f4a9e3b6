"""What may go into a parcel, judged from the rows that were read."""

from __future__ import annotations

import pytest

from warehouse.floor.packing.queries import masked
from warehouse.floor.packing.rules import (
    GoodsBlocked,
    GoodsExpired,
    Packing,
    Stock,
    Surplus,
    as_tuple,
    check_packable,
    parts,
    without,
)
from warehouse.work.refusals import QuantityZero
from warehouse.work.screen import Ref


def rows(*quantities, states=()):
    return [
        Stock(index, 1, index, index, 0, quantity, 0, state)
        for index, (quantity, state) in enumerate(
            zip(quantities, states or [""] * len(quantities), strict=True), start=1
        )
    ]


def position(*quantities, states=(), done=0):
    stock = tuple(map(as_tuple, rows(*quantities, states=states)))
    return Packing(
        shipment_id=1, order_id=1, number="1", document="GI-1", step="item", item=Ref(1, "KETTLE", "KETTLE"),
        stock=stock, wanted=sum(quantities) + done, done=done,
    )  # fmt: skip


def test_goods_are_taken_row_by_row_in_order():
    assert [(row.layer_id, part) for row, part in parts(rows(2, 3, 4), 4)] == [(1, 2), (2, 2)]
    assert [(row[3], row[5]) for row in without(position(2, 3, 4), 4).stock] == [(2, 1), (3, 4)]
    assert without(position(2), 2).stock == ()


def test_no_more_than_was_picked_and_no_less_than_one():
    check_packable(position(2, 3), 5)
    with pytest.raises(Surplus):
        check_packable(position(2, 3, done=4), 6)
    with pytest.raises(QuantityZero):
        check_packable(position(2), 0)


def test_only_the_rows_that_would_leave_are_judged():
    check_packable(position(2, 3, states=("", "expired")), 2)
    with pytest.raises(GoodsExpired):
        check_packable(position(2, 3, states=("", "expired")), 3)
    with pytest.raises(GoodsBlocked):
        check_packable(position(2, 3, states=("expired", "blocked")), 3)


def test_a_position_is_read_as_it_was_written():
    kept = position(2, 3)
    assert Packing.load(kept.dump()) == kept


@pytest.mark.parametrize(("phone", "shown"), [("13812345678", "138****5678"), ("12345", "*****"), ("", "")])
def test_a_phone_number_is_masked(phone, shown):
    assert masked(phone) == shown
