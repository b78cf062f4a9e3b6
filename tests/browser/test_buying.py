"""From an alert to goods on their way, in a real Chromium: who buys, who approves, who may not, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.person import Person, browser, served
from tests.browser.test_counting import PIN, shot
from tests.browser.test_looks import grave
from tests.buying.conftest import Market
from tests.floor import House


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


class Clerk(Person):
    """Somebody at an office's desk: follows links, presses buttons, and looks at every page for faults."""

    def __init__(
        self, chromium: Any, base: str, house: House, role: str, *, locale: str, size: tuple[int, int]
    ) -> None:
        super().__init__(chromium, base, locale=locale, size=size)
        self.seen: dict[str, list[str]] = {}
        self.role, self.mark = role, f"{locale}-{size[0]}"
        self.sign_in(house.person(role.title(), role, pin=PIN)["badge"], PIN)

    def look(self, name: str) -> None:
        """Notes what is wrong with the page, and keeps its picture."""
        self.until("document.readyState === 'complete'")
        sideways = "document.documentElement.scrollWidth > innerWidth"
        wide = ["the page scrolls sideways"] if self.page.evaluate(sideways) else []
        self.seen[f"{self.role}-{name}"] = grave(self) + wide
        shot(self, f"buy-{self.role}-{name}-{self.mark}")

    def go(self, path: str, name: str) -> None:
        """Opens a page by its address."""
        self.page.goto(self.base + path)
        self.look(name)

    def press(self, selector: str, name: str) -> None:
        """Walks to a link or button with the keyboard's focus and presses Enter; the page that comes."""
        self.page.focus(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look(name)


@pytest.mark.parametrize(("locale", "size"), [("en-GB", (1280, 800)), ("zh-CN", (1280, 800)), ("zh-CN", (360, 640))])
def test_from_an_alert_to_goods_on_their_way(house: House, chromium: Any, locale: str, size: tuple[int, int]) -> None:
    """R-SAF-3, R-SAF-4: alert, proposal, two approvals by others, sent; nothing is clicked."""
    market = Market(house)
    market.fix("KETTLE", 400)
    with served(house.app) as base:
        people = [
            Clerk(chromium, base, house, role, locale=locale, size=size)
            for role in ("purchasing", "operations", "finance")
        ]
        pia, olga, fei = people
        pia.go("/alerts", "alerts")
        pia.press("main table tbody tr:first-child a", "alert")
        pia.press(f"main a[href='{market.at()}']", "proposal")
        pia.press("main form button.go", "order")
        order = pia.page.url.split("?")[0].removeprefix(base)
        assert house.value("SELECT state FROM purchase_order") == "waiting"
        assert pia.page.query_selector(f"form[action='{order}/approve']") is None, "nobody approves their own"
        for clerk in (olga, fei):
            clerk.go("/purchase-orders/approvals", "approvals")
            clerk.press(f"main a[href='{order}']", "asked")
            clerk.press(f"form[action='{order}/approve'] button", "approved")
        assert house.value("SELECT state FROM purchase_order") == "approved"
        pia.go(order, "to-send")
        pia.press(f"form[action='{order}/send'] button", "sent")
        assert house.value("SELECT state FROM purchase_order") == "open"
        paper = pia.context.request.get(f"{base}{order}/paper.pdf")
        assert paper.body().startswith(b"%PDF-")
    assert market.on_order() >= 396
    assert market.messages("purchase_order") == 1
    wrong = {page: found for each in people for page, found in each.seen.items() if found}
    assert wrong == {}
    assert [each.faults for each in people] == [[], [], []]
