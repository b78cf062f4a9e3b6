"""What every floor page owes to eyes and gloves: nothing serious for axe-core, nothing too small, nothing sticking out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.person import Person, browser, served
from tests.floor import House

PIN = "204816"
GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


def grave(person: Person) -> list[str]:
    """What axe-core finds serious on the page as it is."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(person.page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:90]}" for each in found if each["impact"] in GRAVE]


def faults(person: Person) -> list[str]:
    """The same, and what is too small or sticks out."""
    return grave(person) + person.unreadable() + person.overflow()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("size", [(360, 640), (320, 480), (1280, 800)])
def test_every_kind_of_floor_page(house: House, chromium: Any, locale: str, size: tuple[int, int]) -> None:
    house.put("KETTLE", "A-01", 5)
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    house.purchase(("KETTLE", 3), ("TEA", 2))
    house.order(("KETTLE", 2), ("TEA", 1), note="Gift")
    made = house.person("Mei", "supervisor", pin=PIN)
    seen: dict[str, list[str]] = {}
    with served(house.app) as base:
        mei = Person(chromium, base, locale=locale, size=size)
        mei.page.goto(f"{base}/login")
        mei.at("/login")
        seen["sign-in"] = faults(mei)
        mei.sign_in(made["badge"], PIN)
        seen["menu"] = faults(mei)
        for path in ("/picking", "/lookup", "/lookup?code=KETTLE", "/lookup?code=nothing", "/putaway"):
            mei.page.goto(base + path)
            mei.at(path.partition("?")[0])
            seen[path] = faults(mei)
        mei.enter("picking")
        for step in ("XXOK", "tote", "wrong bin", "bin", "item", "more", "damage", "back"):
            code = {"tote": "", "wrong bin": house.barcode("A-05"), "bin": house.barcode("A-01"), "item": "KETTLE",
                    "damage": "XXDAMAGE", "back": "XXBACK"}.get(step, step)  # fmt: skip
            if step == "more":
                mei.page.evaluate("document.querySelector('details.more').open = true")
            else:
                mei.scan(code or mei.screen()["target"]["container"]["barcode"])
            seen[f"picking {step}"] = faults(mei)
        mei.page.goto(base + mei.told()["href"] + "/note")
        mei.until("location.pathname.endsWith('/note') && document.readyState === 'complete'")
        seen["note"] = faults(mei)
    assert {page: wrong for page, wrong in seen.items() if wrong} == {}
    assert mei.faults == []
