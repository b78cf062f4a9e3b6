"""Scans on their way: none is lost, none counts twice, their order is kept, whatever becomes of the connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Handheld, ready
from tests.browser.straw import Straw

MANY = 200
TIMES_OFFLINE = 20
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"


def codes(count: int, start: int = 0) -> list[str]:
    return [f"XL{number:06}" for number in range(start, start + count)]


def test_two_hundred_scans_while_the_connection_goes_twenty_times(handheld: Handheld, straw: Straw) -> None:
    straw.loses = lambda number: number % 13 == 3
    every = codes(MANY)
    part = MANY // TIMES_OFFLINE
    for start in range(0, MANY, part):
        handheld.wedge(*every[start : start + part // 2])
        handheld.context.set_offline(True)
        handheld.wedge(*every[start + part // 2 : start + part])
        handheld.light("off", None)  # how many wait may change while one is answered
        handheld.context.set_offline(False)
        before = len(straw.taken)
        straw.wait(lambda before=before: len(straw.taken) > before)
    straw.wait(lambda: len(straw.taken) >= MANY)
    handheld.quiet()
    assert straw.taken == every
    assert len(straw.arrived) > MANY, "some answers were lost, and asked for again"
    repeats: dict[str, list[dict[str, str]]] = {}
    for _, fields in straw.arrived:
        repeats.setdefault(fields["key"], []).append(fields)
    assert all(fields == same[0] for same in repeats.values() for fields in same), "a repeat is the very same"
    handheld.light("ok")


def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_fields(handheld: Handheld, straw: Straw) -> None:
    straw.loses = lambda number: number < 2
    handheld.wedge("XL000001", "XL000002")
    straw.wait(lambda: straw.taken == ["XL000001", "XL000002"])
    handheld.quiet()
    assert straw.codes() == ["XL000001", "XL000001", "XL000001", "XL000002"]
    assert straw.arrived[0] == straw.arrived[1] == straw.arrived[2]


@pytest.mark.parametrize("status", [500, 503])
def test_a_busy_server_is_asked_again(handheld: Handheld, straw: Straw, status: int) -> None:
    straw.statuses = [status, status]
    handheld.wedge("XL000001")
    straw.wait(lambda: straw.taken == ["XL000001"])
    handheld.quiet()
    assert straw.arrived[0] == straw.arrived[1] == straw.arrived[2]
    handheld.light("ok")


def test_a_full_disk_is_told_where_it_is_met(handheld: Handheld, straw: Straw) -> None:
    straw.statuses = ["disk_full"]
    handheld.wedge("XL000001")
    expect(handheld.page.locator("#said")).to_contain_text("disk is full")
    straw.wait(lambda: straw.taken == ["XL000001"])
    handheld.quiet()
    assert straw.arrived[0] == straw.arrived[1]


def test_the_light_is_honest(handheld: Handheld, straw: Straw) -> None:
    handheld.light("ok")
    with straw.closed():
        handheld.wedge(*codes(3))
        handheld.light("waiting", "3")
        handheld.context.set_offline(True)
        handheld.light("off", "3")
    handheld.context.set_offline(False)
    straw.wait(lambda: straw.taken == codes(3))
    handheld.light("ok")


def test_after_a_refusal_the_rest_waits_until_the_person_says_so(handheld: Handheld, straw: Straw) -> None:
    straw.refuses = {"XL000001"}
    with straw.closed():
        handheld.wedge(*codes(4))
    expect(handheld.page.locator("#held li")).to_have_text(["XL000002", "XL000003"])
    handheld.wedge("XL000009")
    expect(handheld.page.locator("#held li")).to_have_text(["XL000002", "XL000003", "XL000009"])
    assert straw.codes() == ["XL000000", "XL000001"]
    handheld.light("waiting", "3")
    handheld.wedge("XXOK")
    straw.wait(lambda: straw.taken == ["XL000000", "XL000002", "XL000003", "XL000009"])
    expect(handheld.page.locator("#held")).to_be_hidden()
    handheld.quiet()
    assert "XXOK" not in straw.codes()


@pytest.mark.parametrize("how", ["code", "button"])
def test_what_was_held_can_be_dropped(handheld: Handheld, straw: Straw, how: str) -> None:
    straw.refuses = {"XL000000"}
    with straw.closed():
        handheld.wedge(*codes(3))
    expect(handheld.page.locator("#held li")).to_have_count(2)
    if how == "code":
        handheld.wedge("XXBACK")
    else:
        handheld.page.locator("[data-held=drop]").click()
    expect(handheld.page.locator("#held")).to_be_hidden()
    expect(handheld.page.locator("#scan")).to_be_focused()
    handheld.quiet()
    handheld.wedge("XL000007")
    straw.wait(lambda: straw.taken == ["XL000007"])
    handheld.quiet()
    handheld.seen(_KEPT, {"all": 0})
    handheld.open()
    handheld.quiet()
    assert straw.codes() == ["XL000000", "XL000007"]


def test_what_is_held_stays_held_over_a_reload(handheld: Handheld, straw: Straw) -> None:
    straw.refuses = {"XL000000"}
    with straw.closed():
        handheld.wedge(*codes(3))
    expect(handheld.page.locator("#held li")).to_have_count(2)
    handheld.seen(_KEPT, {"held": 2})
    handheld.open()
    expect(handheld.page.locator("#held li")).to_have_text(["XL000001", "XL000002"])
    handheld.page.locator("[data-held=send]").click()
    straw.wait(lambda: straw.taken == ["XL000001", "XL000002"])


# How many scans lie on the device, and how many of them are held.
_KEPT = """(wanted) => new Promise((resolve) => {
  indexedDB.open("pickface").onsuccess = (event) => {
    event.target.result.transaction("scans").objectStore("scans").getAll().onsuccess = (found) => {
      const kept = found.target.result;
      event.target.result.close();
      resolve((wanted.all === undefined || kept.length === wanted.all)
        && (wanted.held === undefined || kept.filter((scan) => scan.held).length === wanted.held));
    };
  };
})"""


def test_scans_survive_a_reload(handheld: Handheld, straw: Straw) -> None:
    with straw.closed():
        handheld.wedge(*codes(5))
        handheld.seen(_KEPT, {"all": 5})
        handheld.leave()
    handheld.open()
    straw.wait(lambda: straw.taken == codes(5))
    handheld.quiet()
    assert straw.taken == codes(5)
    first = [fields for _, fields in straw.arrived if fields["code"] == "XL000000"]
    assert all(fields == first[0] for fields in first)


def test_another_persons_scans_are_never_sent(handheld: Handheld, straw: Straw) -> None:
    handheld.context.set_offline(True)
    handheld.wedge(*codes(3))
    handheld.seen(_KEPT, {"all": 3})
    handheld.leave()
    handheld.context.set_offline(False)
    handheld.context.add_cookies([{"name": "person", "value": "8", "url": straw.url}])
    handheld.open()
    expect(handheld.page.locator("#said")).to_contain_text("another person")
    handheld.wedge("XL000007")
    straw.wait(lambda: straw.taken == ["XL000007"])
    handheld.quiet()
    handheld.context.add_cookies([{"name": "person", "value": "7", "url": straw.url}])
    handheld.open()
    expect(handheld.page.locator("#held li")).to_have_text(codes(3))
    assert straw.taken == ["XL000007"], "the other one went on meanwhile, so a person says whether it still holds"
    handheld.wedge("XXOK")
    straw.wait(lambda: straw.taken == ["XL000007", *codes(3)])


def test_signed_out_in_mid_work_the_scans_wait_for_the_sign_in(handheld: Handheld, straw: Straw) -> None:
    straw.statuses = [401]
    with straw.closed():
        handheld.wedge(*codes(2))
    expect(handheld.page.locator("a[data-sign-in]")).to_be_visible()
    handheld.wedge("XL000002")
    handheld.seen(_KEPT, {"all": 3})
    handheld.wedge("XB000123456789")
    handheld.page.wait_for_url("**/login**")
    assert "next=" in handheld.page.url
    handheld.open()
    straw.wait(lambda: straw.taken == codes(3))


def test_a_double_tap_is_one_scan(handheld: Handheld, straw: Straw) -> None:
    handheld.page.locator("button[data-code=XXSKIP]").dblclick()
    straw.wait(lambda: bool(straw.taken))
    handheld.quiet()
    handheld.wedge("XL000001")
    straw.wait(lambda: straw.taken == ["XXSKIP", "XL000001"])
    assert [fields["via"] for _, fields in straw.arrived] == ["button", "wedge"]


@pytest.mark.parametrize("locks", [True, False])
def test_two_tabs_never_both_send(device: Callable[..., Handheld], straw: Straw, locks: bool) -> None:
    handheld = device()
    if not locks:
        handheld.context.add_init_script(NO_LOCKS)
    handheld.open()
    with straw.closed():
        handheld.wedge(*codes(4))
        handheld.seen(_KEPT, {"all": 4})
        second: Page = handheld.open(page=handheld.tab())
        second.wait_for_function("() => Pickface.waiting() === 4")
    straw.wait(lambda: len(straw.taken) >= 4)
    handheld.seen(_KEPT, {"all": 0})
    second.wait_for_function("() => Pickface.waiting() === 0")
    assert straw.taken == codes(4)
    assert straw.codes() == codes(4)


def test_without_a_disk_for_scans_they_wait_in_memory(device: Callable[..., Handheld], straw: Straw) -> None:
    handheld = device()
    said: list[str] = []
    handheld.page.on("console", lambda line: said.append(line.text))
    handheld.context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    handheld.open()
    handheld.wedge(*codes(3))
    straw.wait(lambda: straw.taken == codes(3))
    handheld.quiet()
    assert sum("IndexedDB" in line for line in said) == 1


def test_five_hundred_scans_may_wait_and_then_it_says_so(handheld: Handheld, straw: Straw) -> None:
    handheld.context.set_offline(True)
    handheld.wedge(*codes(501))
    expect(handheld.page.locator("#said")).to_contain_text("Too many scans wait")
    handheld.light("off", "500")


def test_a_page_of_somebody_else_is_no_answer(handheld: Handheld, straw: Straw) -> None:
    foreign = ["<main>Sign in to the wireless network</main>"]

    def answer(route: Route) -> None:
        if foreign:
            route.fulfill(status=200, content_type="text/html", body=foreign.pop())
        else:
            route.continue_()

    handheld.page.route("**/picking/1/scan", answer)
    handheld.wedge("XL000001")
    expect(handheld.page.locator(".note p")).to_have_text("XL000001")
    assert (foreign, straw.taken) == ([], ["XL000001"])


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=window.bad=1>", "<script>window.bad=1</script>", "&lt;b&gt;\u202ez"]
)
def test_hostile_codes_are_shown_as_they_are(handheld: Handheld, straw: Straw, text: str) -> None:
    straw.refuses = {"XL000001"}
    handheld.wedge(text)
    straw.wait(lambda: straw.taken == [text])
    expect(handheld.page.locator(".note p")).to_have_text(text)
    with straw.closed():
        handheld.wedge("XL000001", text)
    expect(handheld.page.locator("#held li")).to_have_text([text])
    assert handheld.page.evaluate("() => window.bad") is None


def test_scans_of_another_room_do_not_stand_in_the_way(handheld: Handheld, straw: Straw) -> None:
    handheld.context.set_offline(True)
    handheld.wedge("XL000001")
    handheld.seen(_KEPT, {"all": 1})
    handheld.leave()
    handheld.context.set_offline(False)
    handheld.open("/floor")
    expect(handheld.page.locator("#said")).to_contain_text("another room")
    handheld.light("waiting", "1")
    handheld.wedge("XXPICKING")
    handheld.page.wait_for_url("**/floor?code=XXPICKING")
    assert straw.arrived == []
    handheld.open()
    straw.wait(lambda: straw.taken == ["XL000001"])


def test_a_new_tab_takes_over_where_the_first_was_closed(handheld: Handheld, straw: Straw) -> None:
    handheld.context.set_offline(True)
    handheld.wedge(*codes(2))
    handheld.seen(_KEPT, {"all": 2})
    handheld.leave()
    handheld.context.set_offline(False)
    handheld.open()
    ready(handheld.page)
    straw.wait(lambda: straw.taken == codes(2))
