"""From the dock to the truck in a real browser, by keys alone: no click, in both languages, on small screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.person import Person, browser, served
from tests.floor import House

PIN = "204816"
ROOMS = ("receiving", "putaway", "replenishing", "picking", "packing", "shipping")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


@pytest.fixture
def base_url(house: House) -> Iterator[str]:
    with served(house.app) as base:
        yield base


def stocked(house: House) -> None:
    house.purchase(("KETTLE", 5), ("TEA", 3), ("CAMERA", 1))
    house.put("TEA", "A-02", 4, lot="L1", expiry="2099-01-01")
    house.order(("TEA", 2), note="请放礼品袋 & <b>no</b> price tags")
    house.order(("TEA", 1))


@pytest.mark.parametrize(
    ("locale", "size"), [("en-GB", (360, 640)), ("zh-CN", (360, 640)), ("en-GB", (320, 480)), ("zh-CN", (320, 480))]
)
def test_from_the_dock_to_the_truck_without_a_click(
    house: House, chromium: Any, base_url: str, locale: str, size: tuple[int, int]
) -> None:
    stocked(house)
    made = house.person("Mei", "supervisor", pin=PIN)
    mei = Person(chromium, base_url, locale=locale, size=size)
    mei.page.add_init_script(
        "window.clicks = 0; addEventListener('click', e => { if (e.isTrusted) window.clicks++; }, true)"
    )
    mei.sign_in(made["badge"], PIN)
    scans = {}
    for room in ROOMS:
        scans[room] = mei.work(room)
        assert mei.overflow() == []
        assert mei.page.evaluate("window.clicks") == 0
    assert min(scans[room] for room in ("receiving", "putaway", "picking", "packing", "shipping")) > 0
    assert house.value("SELECT count(*) FROM parcel WHERE state = 'shipped'") == 2
    assert house.value("SELECT count(*) FROM act WHERE via = 'wedge'") >= sum(scans.values()) - len(ROOMS) * 3
    assert mei.faults == []
    assert house.verify().faults == []


def test_a_refusal_says_what_where_and_how_and_the_next_scan_goes_on(
    house: House, chromium: Any, base_url: str
) -> None:
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2))
    made = house.person("Mei", "picker", pin=PIN)
    mei = Person(chromium, base_url)
    mei.sign_in(made["badge"], PIN)
    mei.enter("picking")
    mei.scan(mei.screen()["target"]["container"]["barcode"])
    told = mei.scan(house.barcode("A-04"))
    assert (told["level"], told["notice"]) == ("error", "wrong_location")
    said = mei.page.inner_text(".notice.error")
    assert "A-04" in said
    assert "A-01" in said
    assert mei.scan(house.barcode("A-01"))["level"] == "ok"
    assert mei.scan("KETTLE")["expects"] == "quantity"
    assert mei.scan("XXUNDO")["expects"] == "item", "taken back"
    mei.page.keyboard.press("Enter")
    mei.page.keyboard.press("Tab")
    mei.page.keyboard.press("Enter")
    assert mei.told()["expects"] == "item", "Enter alone presses nothing"


def test_work_goes_on_after_signing_in_again(house: House, chromium: Any, base_url: str) -> None:
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2))
    made = house.person("Mei", "picker", pin=PIN)
    mei = Person(chromium, base_url)
    mei.sign_in(made["badge"], PIN)
    mei.enter("picking")
    mei.scan(mei.screen()["target"]["container"]["barcode"])
    href, bin_code = mei.told()["href"], house.barcode("A-01")
    house.base.change(lambda session: session.run("UPDATE token SET revoked_at = 1 WHERE device <> ''"))
    mei.page.evaluate("window.before = document.getElementById('screen')")
    mei.keys(bin_code)
    mei.until("document.querySelector('[data-sign-in]') !== null")
    assert mei.page.evaluate("Pickface.waiting()") == 1, "the scan is kept"
    mei.page.goto(base_url + str(mei.page.get_attribute("[data-sign-in]", "href")))
    mei.at("/login")
    mei.keys(made["badge"])
    mei.page.keyboard.type(PIN, delay=70)
    mei.page.keyboard.press("Enter")
    mei.at(href)
    # What was kept is read from the device and sent by itself: the work goes on where it was.
    mei.until("document.getElementById('screen').dataset.expects === 'item' && Pickface.waiting() === 0")


HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; DROP TABLE item; --", "{{ 7*7 }}", "${7*7}",
    "=HYPERLINK(1)", "javascript:alert(1)", "</main><script>alert(1)</script>", "<svg/onload=alert(1)>", "&lt;b&gt;",
    "%(read)s", "%s%s%n", "\u202eabc", "A" * 400,
)  # fmt: skip


def test_hostile_texts_are_shown_as_they_are(house: House, chromium: Any, base_url: str) -> None:
    from warehouse.catalog.locations import make_location, refresh_pick_locations

    hostile = "<img src=x onerror=alert(1)>"

    def fill(session: Any) -> None:
        house.add_item(session, "EVIL", name=f"{hostile}{{{{7*7}}}}", barcode="EVIL-1")
        house.places["B-<b>1"] = make_location(session, house.id, "B-<b>1", kind="bin", aisle=1, position=9, level=1)
        refresh_pick_locations(session, house.id)

    house.base.change(fill)
    house.put("EVIL", "B-<b>1", 5)
    house.order(("EVIL", 2), note=f"{hostile} note")
    made = house.person(f"Mei {hostile}", "supervisor", pin=PIN)
    mei = Person(chromium, base_url)
    mei.sign_in(made["badge"], PIN)
    assert hostile in mei.page.inner_text(".bar")
    mei.enter("picking")
    assert f"{hostile} note" in mei.page.inner_text("#screen")
    mei.scan("XXOK")
    for text in HOSTILE:
        told = mei.scan(text)
        assert told["level"] == "error"
    mei.scan(mei.screen()["target"]["container"]["barcode"])
    assert "B-<b>1" in mei.page.inner_text("#screen")
    assert f"{hostile}{{{{7*7}}}}" in mei.page.inner_text("#screen")
    assert mei.faults == []
    assert mei.page.evaluate("document.querySelectorAll('#screen img, #screen b b').length") == 0
