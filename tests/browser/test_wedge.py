"""Scanners are read wherever the focus is; what a person types is told apart; no scan presses, types or submits."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Handheld
from tests.browser.straw import Straw

GS = "\x1d"


def test_a_wedge_with_enter_is_one_scan(handheld: Handheld, straw: Straw) -> None:
    handheld.keys("XL000001")
    straw.wait(lambda: straw.taken == ["XL000001"])
    path, fields = straw.arrived[0]
    assert path == "/picking/1/scan"
    assert {name: fields[name] for name in ("step", "code", "via")} == {
        "step": "s0",
        "code": "XL000001",
        "via": "wedge",
    }
    assert fields["key"]
    assert fields["occurred_at"].endswith("Z")


def test_a_wedge_with_tab_is_one_scan(handheld: Handheld, straw: Straw) -> None:
    handheld.keys("XL000001", end="Tab")
    handheld.keys("XL000002", end="Tab")
    straw.wait(lambda: straw.taken == ["XL000001", "XL000002"])


def test_a_wedge_without_enter_is_one_scan(handheld: Handheld, straw: Straw) -> None:
    handheld.wedge("XL000001", end="")
    straw.wait(lambda: straw.taken == ["XL000001"])
    handheld.wedge("XL000002", end="")
    straw.wait(lambda: straw.taken == ["XL000001", "XL000002"])
    assert {fields["via"] for _, fields in straw.arrived} == {"wedge"}


def test_ten_scans_a_second_arrive_all_and_in_order(handheld: Handheld, straw: Straw) -> None:
    codes = [f"XL{number:06}" for number in range(50)]
    for code in codes:
        handheld.keys(code)
    straw.wait(lambda: len(straw.taken) >= len(codes))
    handheld.quiet()
    assert straw.taken == codes
    assert straw.codes() == codes
    assert [fields["step"] for _, fields in straw.arrived] == [f"s{number}" for number in range(50)]


@pytest.mark.parametrize("sent", [GS, "\u241d"])
def test_gs_comes_as_the_character_it_is(handheld: Handheld, straw: Straw, sent: str) -> None:
    handheld.wedge(f"]C10109501101530003{sent}10LOT7")
    straw.wait(lambda: bool(straw.taken))
    assert straw.taken == [f"]C10109501101530003{GS}10LOT7"]


def test_gs_typed_as_control_and_bracket(handheld: Handheld, straw: Straw) -> None:
    handheld.page.keyboard.type("]C10109501101530003")
    handheld.page.keyboard.press("Control+]")
    handheld.keys("10LOT7")
    straw.wait(lambda: bool(straw.taken))
    assert straw.taken == [f"]C10109501101530003{GS}10LOT7"]


def test_a_text_inserted_at_once_is_a_scan(handheld: Handheld, straw: Straw) -> None:
    handheld.page.keyboard.insert_text("5012345678900")
    straw.wait(lambda: straw.taken == ["5012345678900"])
    handheld.page.keyboard.insert_text("5012345678917")
    handheld.page.keyboard.press("Enter")
    straw.wait(lambda: straw.taken == ["5012345678900", "5012345678917"])
    assert {fields["via"] for _, fields in straw.arrived} == {"wedge"}
    expect(handheld.page.locator("#scan")).to_have_value("")


def test_a_prefix_and_a_suffix_are_taken_off(handheld: Handheld, straw: Straw) -> None:
    handheld.page.route("**/picking/1", _with_prefix)
    handheld.open()
    handheld.wedge("~XL000001#", "XL000002")
    straw.wait(lambda: straw.taken == ["XL000001", "XL000002"])


def _with_prefix(route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("<body ", '<body data-prefix="~" data-suffix="#" '))


def test_a_scan_never_lands_in_the_box_for_typing(handheld: Handheld, straw: Straw) -> None:
    handheld.page.locator("summary").click()
    handheld.page.locator("[data-type]").click()
    box = handheld.page.locator("#type-box input")
    expect(box).to_be_focused()
    handheld.by_hand("A-")
    handheld.keys("5012345678900")
    straw.wait(lambda: straw.taken == ["5012345678900"])
    expect(box).to_have_value("A-")
    handheld.page.keyboard.insert_text("5012345678917")
    handheld.page.keyboard.press("Enter")
    straw.wait(lambda: straw.taken == ["5012345678900", "5012345678917"])
    expect(box).to_have_value("A-")
    handheld.by_hand("7")
    handheld.page.keyboard.press("Enter")
    straw.wait(lambda: straw.taken[2:] == ["A-7"])
    assert [fields["via"] for _, fields in straw.arrived] == ["wedge", "wedge", "typed"]
    expect(handheld.page.locator("#scan")).to_be_focused()


def test_a_typed_number_is_the_quantity_that_is_asked_for(handheld: Handheld, straw: Straw) -> None:
    straw.expects = "quantity"
    handheld.open()
    handheld.by_hand("4")
    expect(handheld.page.locator("#type-box input")).to_have_value("4")
    handheld.keys("XQ6")
    straw.wait(lambda: straw.taken == ["XQ6"])
    expect(handheld.page.locator("#type-box input")).to_have_value("4")
    handheld.page.keyboard.press("Enter", delay=100)
    straw.wait(lambda: straw.taken == ["XQ6", "XQ4"])


def test_enter_never_presses_a_button(handheld: Handheld, straw: Straw) -> None:
    button = handheld.page.locator("button[data-code=XXSKIP]")
    button.evaluate("(button) => button.focus()")
    handheld.page.evaluate("() => document.querySelector('button[data-code=XXSKIP]').focus()")
    handheld.page.keyboard.press("Enter")
    handheld.page.evaluate("() => document.querySelector('button[data-code=XXSKIP]').focus()")
    handheld.keys("XL000001")
    straw.wait(lambda: bool(straw.taken))
    handheld.quiet()
    assert straw.codes() == ["XL000001"]


def test_the_scan_field_keeps_the_focus_and_opens_no_keyboard(handheld: Handheld, straw: Straw) -> None:
    scan = handheld.page.locator("#scan")
    expect(scan).to_be_focused()
    expect(scan).to_have_attribute("inputmode", "none")
    handheld.page.locator(".card").first.click()
    expect(scan).to_be_focused()
    handheld.page.locator("button[data-code=XXSKIP]").click()
    straw.wait(lambda: straw.taken == ["XXSKIP"])
    expect(handheld.page.locator(".note p")).to_have_text("XXSKIP")
    expect(scan).to_be_focused()


def test_on_the_sign_in_page_a_scan_is_the_badge(handheld: Handheld) -> None:
    handheld.open("/login")
    handheld.keys("XB000123456789")
    expect(handheld.page.locator("#badge")).to_have_value("XB000123456789")
    expect(handheld.page.locator("#pin")).to_be_focused()
    handheld.by_hand("20")
    handheld.keys("XB000000000007")
    expect(handheld.page.locator("#badge")).to_have_value("XB000000000007")
    expect(handheld.page.locator("#pin")).to_have_value("20")
