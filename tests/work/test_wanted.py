"""What was expected, in words: the same way in every room."""

from __future__ import annotations

import re

import pytest

from tests.floor import House, Worker
from tests.work.test_actions import READY, refused
from warehouse.work.screen import Quantity, Ref, Screen, Title
from warehouse.work.wanted import wanted

WRONG = (
    "NO-SUCH-THING",
    "KETTLE",
    "TEA",
    "CAMERA",
    "A-06",
    "XC999999",
    "XXSHORT",
    "XXOK",
    "XQ9999",
    "XRBROKEN",
    "PO-1",
)


def screen(*expects: str, quantity: Quantity | None = None, **target: Ref) -> Screen:
    return Screen("picking", 1, "1", Title("x"), expects=expects, target=target, quantity=quantity)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (screen("location", location=Ref(1, "A-01", "XL000001")), "location A-01"),
        (screen("item", item=Ref(1, "KETTLE", "501234", "Kettle", name_zh="水壶")), "item KETTLE (Kettle 水壶)"),
        (screen("item", item=Ref(1, "KETTLE", "501234")), "item KETTLE"),
        (screen("item"), "an item"),
        (screen("quantity", quantity=Quantity(6, 2)), "quantity XQ4"),
        (screen("quantity", quantity=Quantity(None, 2)), "a quantity, such as XQ1"),
        (screen("confirm"), "confirm XXOK"),
        (screen("text"), "the PIN"),
        (screen("expiry", expiry=Ref(0, "2027-12-31", "XE20271231")), "expiry XE20271231"),
        (screen("container", "item", container=Ref(1, "T-1", "XC000001")), "container T-1, or an item"),
        (screen(), "nothing more"),
    ],
)
def test_what_is_expected_is_what_stands_on_the_label(shown: Screen, said: str) -> None:
    assert str(wanted(shown)) == said


@pytest.mark.parametrize("room", READY)
def test_every_refusal_reads_as_a_whole_sentence(house: House, ada: Worker, room: str) -> None:
    """On every screen of every room: what was read comes back, nothing is left open, and it says how to go on."""
    READY[room](house)
    ada.next(room)
    while not ada.screen["done"]:
        for code in WRONG:
            text = refused(house, ada.screen, code)
            if text:
                assert not re.search(r"\(\)|None|: \.|, ,|  |%\(|\bto \.|\{", text), (ada.screen["expects"], code, text)
                assert text.endswith("."), text
                assert re.search(r"Expected|Scan|scan|Enter|Put|Take|Leave|Book|Confirm", text), (
                    ada.screen["expects"],
                    code,
                    text,
                )
        ada.obey()
        assert ada.status == 200, ada.notice


def test_an_order_that_another_receives_says_who_has_it(house: House, ada: Worker) -> None:
    house.purchase(("KETTLE", 6))
    house.purchase(("TEA", 6), number="PO-2")
    ada.next("receiving")
    bob = house.worker("receiver", name="bob")
    bob.next("receiving")
    assert bob.scan("PO-1") == "order_taken"
    assert bob.notice["text"] == "Order PO-1 is being received by ada. Leave it to them, and take another one."
