"""Clearing on a handheld by keys alone, in both languages, and the overview at the desk: nothing small, nothing grave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.person import Person, browser, served
from tests.browser.test_looks import faults
from tests.clearing.asked import asks, causes, faces, open_ones
from tests.floor import House

PIN = "204816"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


@pytest.mark.parametrize(("locale", "words"), [("en-GB", ("scrap", "Clearing")), ("zh-CN", ("报废", "清货"))])
def test_what_is_asked_for_is_cleared_without_a_click(
    house: House, chromium: Any, locale: str, words: tuple[str, str]
) -> None:
    """R-SAF-6: to the reserve, back and to scrap at 360×640; the screen says where each is put."""
    faces(house, "A-01")
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 3, lot="L1", expiry="2099-01-01")
    house.put("CAMERA", "A-03", 1, serial="S1")
    asks(house, "reserve")
    asks(house, "return", "TEA")
    asks(house, "scrap", "CAMERA")
    made = house.person("Dan", "driver", "supervisor", pin=PIN)
    seen: dict[str, list[str]] = {}
    with served(house.app) as base:
        dan = Person(chromium, base, locale=locale)
        dan.sign_in(made["badge"], PIN)
        assert words[1] in dan.page.inner_text(".rooms")
        seen["menu"] = faults(dan)
        for name, code in (("room", ""), ("bin", house.barcode("A-01")), ("item", "KETTLE"), ("all", "XQ4"),
                           ("reserve", house.barcode("A-04")), ("next", "XXOK"), ("bin 2", house.barcode("A-02")),
                           ("tea", "TEA"), ("lot", "L1"), ("rest", "XQ2"), ("back", "XXOK"), ("next 2", "XXOK"),
                           ("bin 3", house.barcode("A-03")), ("camera", "CAMERA"), ("serial", "S1")):  # fmt: skip
            told = dan.scan(code) if code else dan.enter("clearing")
            assert told["level"] != "error", (name, told)
            seen[name] = faults(dan)
        assert words[0] in dan.page.inner_text("#screen")
        dan.page.set_viewport_size({"width": 1280, "height": 900})
        dan.page.goto(f"{base}/clearances")
        dan.until("document.readyState === 'complete'")
        assert "Dan" in dan.page.inner_text("main")
        seen["desk"] = dan.overflow()
        dan.page.set_viewport_size({"width": 360, "height": 640})
        dan.page.goto(f"{base}/clearing")
        dan.at("/clearing")
        assert dan.scan("XXOK")["done"] == "1"
        assert dan.scan("XXUNDO")["level"] == "ok"
        seen["undone"] = faults(dan)
        assert dan.scan("XXOK")["done"] == "1"
    assert {page: wrong for page, wrong in seen.items() if wrong} == {}
    assert dan.faults == []
    assert open_ones(house) == 0
    assert [cause for cause, *_ in causes(house)] == ["move", "return", "scrap", "undo", "scrap"]
