"""Pages around the work: a room's entry, the end of a piece of work, the codes that lead elsewhere, idleness."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Handheld
from tests.browser.straw import ROOM, Straw

SOUNDS = """document.addEventListener("pickface:answer", (event) => {
  (window.sounds = window.sounds || []).push(event.detail); });"""


def test_ok_on_a_rooms_entry_takes_the_next_work(handheld: Handheld, straw: Straw) -> None:
    handheld.open(ROOM)
    handheld.wedge("XXOK")
    handheld.page.wait_for_url("**/picking/1")
    handheld.quiet()
    assert [path for path, _ in straw.arrived] == ["/picking/next"]
    assert straw.taken == []


def test_any_scan_on_a_rooms_entry_takes_the_next_work_and_counts_there(handheld: Handheld, straw: Straw) -> None:
    straw.loses = lambda number: number in {0, 2}
    handheld.open(ROOM)
    handheld.wedge("XL000001", "XL000002")
    straw.wait(lambda: straw.taken == ["XL000001", "XL000002"])
    handheld.quiet()
    paths = ["/picking/next", "/picking/next", "/picking/1/scan", "/picking/1/scan", "/picking/1/scan"]
    assert [path for path, _ in straw.arrived] == paths
    assert straw.arrived[0] == straw.arrived[1]
    assert straw.arrived[2] == straw.arrived[3]


def test_where_work_begins_with_a_code_it_is_told(handheld: Handheld, straw: Straw) -> None:
    straw.offers = "for a code"
    handheld.open(ROOM)
    handheld.wedge("PO-1")
    straw.wait(lambda: straw.taken == ["PO-1"])
    handheld.page.wait_for_url("**/picking/1")
    handheld.quiet()
    assert [fields.get("code") for _, fields in straw.arrived] == [None, "PO-1"]


def test_after_the_last_scan_the_next_one_takes_the_next_work(handheld: Handheld, straw: Straw) -> None:
    straw.last_of_work = "LAST"
    handheld.wedge("LAST", "XL000002")
    straw.wait(lambda: straw.taken == ["LAST", "XL000002"])
    assert [path for path, _ in straw.arrived] == ["/picking/1/scan", "/picking/next", "/picking/1/scan"]


def test_undo_on_the_last_screen_goes_to_that_work(handheld: Handheld, straw: Straw) -> None:
    straw.last_of_work = "LAST"
    handheld.wedge("LAST", "XXUNDO")
    straw.wait(lambda: straw.taken == ["LAST", "XXUNDO"])
    assert straw.arrived[1][0] == "/picking/1/scan"


def test_back_on_the_last_screen_goes_to_the_menu(handheld: Handheld, straw: Straw) -> None:
    straw.last_of_work = "LAST"
    handheld.wedge("LAST", "XXBACK")
    handheld.page.wait_for_url("**/floor")
    assert straw.codes() == ["LAST"]


@pytest.mark.parametrize(("code", "leads"), [("XXMENU", "/floor"), ("XXPACKING", "/floor?code=XXPACKING")])
def test_codes_of_rooms_lead_there(handheld: Handheld, straw: Straw, code: str, leads: str) -> None:
    handheld.wedge("XL000001", code)
    handheld.page.wait_for_url(straw.url + leads)
    assert straw.taken == ["XL000001"]


def test_on_the_menu_anything_else_is_looked_up(handheld: Handheld, straw: Straw) -> None:
    handheld.open("/floor")
    handheld.wedge("A&B#1")
    handheld.page.wait_for_url(straw.url + "/lookup?code=A%26B%231")


def test_a_badge_on_the_menu_is_not_looked_up(handheld: Handheld, straw: Straw) -> None:
    handheld.open("/floor")
    handheld.wedge("XB000123456789")
    expect(handheld.page.locator("#said")).to_contain_text("badge")
    assert handheld.page.url == straw.url + "/floor"


def test_the_lock_code_signs_out_when_all_is_sent(handheld: Handheld, straw: Straw) -> None:
    handheld.wedge("XL000001", "XXLOCK")
    handheld.page.wait_for_url("**/login")
    assert (straw.taken, straw.signed_out_by) == (["XL000001"], ["out"])


def test_without_a_connection_no_code_leads_into_a_dead_end(handheld: Handheld, straw: Straw) -> None:
    handheld.context.set_offline(True)
    for code in ("XXMENU", "XXLOCK"):
        handheld.wedge(code)
        expect(handheld.page.locator("#said")).to_contain_text("Not connected")
        handheld.page.evaluate("() => document.getElementById('said').remove()")
    assert handheld.page.url.endswith("/picking/1")


def test_a_device_left_alone_signs_out_but_not_while_scans_wait(handheld: Handheld, straw: Straw) -> None:
    handheld.page.clock.install()
    handheld.open()
    with straw.closed():
        handheld.wedge("XL000001")
        handheld.light("waiting", "1")
        handheld.page.clock.fast_forward("20:00")
        handheld.light("off", "1")
        assert straw.signed_out_by == []
    handheld.page.clock.fast_forward("00:10")
    straw.wait(lambda: bool(straw.taken))
    handheld.quiet()
    handheld.page.clock.fast_forward("20:00")
    handheld.page.wait_for_url("**/login?**")
    assert straw.signed_out_by == ["idle"]
    assert straw.taken == ["XL000001"]
    assert "next=%2Fpicking%2F1" in handheld.page.url


def test_each_answer_has_its_sound(device: Callable[..., Handheld], straw: Straw) -> None:
    handheld = device()
    handheld.context.add_init_script(SOUNDS)
    straw.refuses = {"XL000002"}
    handheld.open()
    handheld.wedge("XL000001")
    straw.wait(lambda: straw.taken == ["XL000001"])
    handheld.quiet()
    handheld.wedge("XL000002")
    handheld.seen("() => (window.sounds || []).join() === 'ok,error'")


def test_an_old_screen_is_brought_up_to_date(handheld: Handheld, straw: Straw) -> None:
    straw.steps = 5
    handheld.wedge("XL000001")
    expect(handheld.page.locator("#screen")).to_have_attribute("data-step", "s5")
    handheld.quiet()
    handheld.wedge("XL000001")
    straw.wait(lambda: straw.taken == ["XL000001"])
