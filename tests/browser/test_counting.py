"""A bin counted on a handheld by keys alone, in both languages, and the desk that decides: nothing small, nothing grave."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.person import Person, browser, served
from tests.browser.test_looks import faults
from tests.counting.bins import all_but, count, tells
from tests.floor import House

PIN = "204816"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


def shot(person: Person, name: str) -> None:
    """Keeps a picture of the page where somebody wants to look at it (WAREHOUSE_PICTURES: a folder)."""
    if folder := os.environ.get("WAREHOUSE_PICTURES"):
        person.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("size", [(360, 640), (320, 480)])
def test_a_bin_is_counted_without_a_click(house: House, chromium: Any, locale: str, size: tuple[int, int]) -> None:
    """R-CNT-2: scans, a typed number, the confirmation; the page tells no more than what was counted."""
    house.put("KETTLE", "A-01", 977)
    house.put("TEA", "A-01", 5, lot="L1", expiry="2099-01-01")
    all_but(house, "A-01")
    made = house.person("Ann", "counter", pin=PIN)
    seen: dict[str, list[str]] = {}
    with served(house.app) as base:
        ann = Person(chromium, base, locale=locale, size=size)
        ann.sign_in(made["badge"], PIN)
        for name, code in (("room", ""), ("bin", house.barcode("A-01")), ("item", "KETTLE"), ("more", "XQ11"),
                           ("other", "TEA"), ("lot", "L1"), ("odd", "KETTLE"), ("many", "XQ2000"),
                           ("back", "XXBACK"), ("done", "XXOK")):  # fmt: skip
            told = ann.scan(code) if code else ann.enter("counting")
            assert told["level"] != "error", (name, told)
            assert not tells(ann.page.content(), 977), name
            seen[name] = faults(ann)
            shot(ann, f"count-{name}-{locale}-{size[0]}")
        assert ann.told()["done"] == "1"
    assert {page: wrong for page, wrong in seen.items() if wrong} == {}
    assert ann.faults == []
    assert house.value("SELECT SUM(counted) FROM count_line") == 14


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_desk_decides(house: House, chromium: Any, locale: str) -> None:
    """R-CNT-3, R-CNT-5: a supervisor sees the difference beside the last moves, approves it, and looks at the charts."""
    house.base.change(lambda session: session.run("UPDATE item SET unit_cost = 100 WHERE sku = 'KETTLE'"))
    house.put("KETTLE", "A-01", 20)
    all_but(house, "A-01", "A-02")
    for name in ("ann", "ben"):
        count(house.worker("counter", name=name), house, "A-01", "KETTLE", "XQ6")
    count(house.worker("counter", name="cho"), house, "A-02")
    made = house.person("Mei", "supervisor", pin=PIN)
    href = f"/counts/{house.value('SELECT id FROM bin_count ORDER BY id LIMIT 1')}"
    seen: dict[str, list[str]] = {}
    with served(house.app) as base:
        mei = Person(chromium, base, locale=locale, size=(1280, 900))
        mei.sign_in(made["badge"], PIN)
        for name, path in (
            ("list", "/counts"),
            ("due", "/counts/due"),
            ("paper", href),
            ("accuracy", "/counts/accuracy"),
        ):
            mei.page.goto(base + path)
            mei.until("document.readyState === 'complete'")
            seen[name] = mei.overflow()
            shot(mei, f"desk-{name}-{locale}")
        mei.page.goto(base + href)
        mei.page.select_option("select[name=cause]", "LOSS")
        mei.page.click(f"form[action='{href}/approve'] button")
        mei.until("document.querySelector('.notice.ok') !== null")
        shot(mei, f"desk-approved-{locale}")
    assert {page: wrong for page, wrong in seen.items() if wrong} == {}
    assert mei.faults == []
    assert house.stock("KETTLE") == {("KETTLE", "A-01", "", ""): 7}
