"""The pure rules of where goods may lie and which place suits best."""

from __future__ import annotations

from dataclasses import replace

import pytest

from warehouse.floor.putaway.rules import wanted_there
from warehouse.work.carrying import subject_of
from warehouse.work.space import (
    UNLIMITED,
    KeptForAnother,
    MixingForbidden,
    NotAStoragePlace,
    Space,
    TooFull,
    TooHeavy,
    WrongClass,
    belongs,
    best,
    check,
    takes,
)

BIN = Space(
    1, "A-01", "XL1", "bin", "A-01", pick_face=False, limited=False, classes=(), item_class="",
    room_weight=UNLIMITED, room_volume=UNLIMITED, others=0, same_item=False, same_lot=False, kept=False,
)  # fmt: skip


def bins(*changes: dict[str, object]) -> list[Space]:
    return [
        replace(BIN, id=index, code=f"A-{index}", path=f"A-{index}", **each)
        for index, each in enumerate(changes, start=1)
    ]


@pytest.mark.parametrize(
    ("classes", "item_class", "may"),
    [((), "", True), ((), "food", True), (("food",), "food", True), (("food",), "", False), (("food",), "toys", False)],
)
def test_goods_belong_where_nothing_is_said_or_their_class_is(
    classes: tuple[str, ...], item_class: str, may: bool
) -> None:
    assert belongs(replace(BIN, classes=classes, item_class=item_class)) is may
    elsewhere = replace(BIN, classes=classes, item_class=item_class, class_has_places=True)
    assert belongs(elsewhere) is (may and bool(classes)), "a class with places of its own belongs to those only"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"kind": "dock"}, NotAStoragePlace), ({"classes": ("food",)}, WrongClass), ({"others": 1}, MixingForbidden),
        ({"kept": True}, KeptForAnother), ({"room_weight": 4}, TooHeavy), ({"room_volume": 4}, TooFull),
    ],
)  # fmt: skip
def test_what_stands_against_a_place_is_said(change: dict[str, object], refusal: type[Exception]) -> None:
    space = replace(BIN, **change)
    with pytest.raises(refusal) as error:
        check(space, item="KETTLE", quantity=5, mix=False, proposed="A-09")
    assert "A-09" in str(error.value)
    check(BIN, item="KETTLE", quantity=5, mix=False, proposed="A-09")


def test_the_order_of_preference() -> None:
    """R-PUT-2: same lot, same item, class zone; but what takes all goes before what takes a part."""
    empty, item, lot, zone = bins({}, {"same_item": True}, {"same_item": True, "same_lot": True}, {"classes": ("",)})
    assert best([empty, item, lot, zone], quantity=5, mix=True) == lot
    assert best([empty, item, zone], quantity=5, mix=True) == item
    assert best([empty, zone], quantity=5, mix=True) == zone
    tight = replace(lot, room_weight=2)
    assert best([empty, tight], quantity=5, mix=True) == empty
    assert best([tight], quantity=5, mix=True) == tight
    assert best([replace(empty, kept=True)], quantity=5, mix=True) is None


def test_fast_goods_lie_near_and_slow_ones_leave_room() -> None:
    near, far = bins({}, {})
    assert best([far, near], quantity=1, mix=True, fast=True) == near
    assert best([far, near], quantity=1, mix=True) == far


def test_an_empty_bin_before_a_mixed_one() -> None:
    mixed, empty = bins({"others": 2}, {})
    assert best([mixed, empty], quantity=1, mix=True, fast=True) == empty
    assert best([mixed], quantity=1, mix=True) == mixed
    assert takes(mixed, mix=False) == 0


def test_a_face_is_filled_up_to_its_setting() -> None:
    assert wanted_there(available=9, room=UNLIMITED, is_face=True, fill=4) == 4
    assert wanted_there(available=9, room=UNLIMITED, is_face=True, fill=0) == 9
    assert wanted_there(available=9, room=5, is_face=False, fill=4) == 5


def test_a_stock_row_keeps_its_subject() -> None:
    one = subject_of(location_id=1, item_id=2, lot_id=0, layer_id=3)
    assert one == subject_of(location_id=1, item_id=2, lot_id=0, layer_id=3)
    assert one != subject_of(location_id=1, item_id=2, lot_id=3, layer_id=0)
    assert 0 < one < 2**63
