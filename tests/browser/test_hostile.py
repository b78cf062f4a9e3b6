"""Thirty hostile texts through every field of every page, floor and office: none of them runs, all of them are shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.browser.person import Person, browser, served
from tests.floor import House
from warehouse.orders.intake import set_aside

PIN = "204816"
RUN = "window.hacked=1"
TEXTS = (
    f"<script>{RUN}</script>", f'"><script>{RUN}</script>', f"'><script>{RUN}</script>", f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror={RUN}>', f"<svg onload={RUN}>", f"<svg><script>{RUN}</script></svg>", f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>", f"<a href='javascript:{RUN}'>x</a>", f"javascript:{RUN}",
    f"<input onfocus={RUN} autofocus>", f"<details open ontoggle={RUN}>", f"<video><source onerror={RUN}>",
    f"<math href='javascript:{RUN}'>",
    f"</textarea><script>{RUN}</script>", f"</title><script>{RUN}</script>", f"</select><script>{RUN}</script>",
    f"--><script>{RUN}</script>", f"]]><script>{RUN}</script>", f"{{{{constructor.constructor('{RUN}')()}}}}", f"${{{RUN}}}",
    "{{ 7*7 }}{% raw %}", "'; DROP TABLE item; --", "\\'; DROP TABLE item; --", '=HYPERLINK("http://x")', "%(name)s %s %n",
    f"&lt;script&gt;{RUN}&lt;/script&gt;", f"\u2028<script>{RUN}</script>",
    f"<x hx-on:load='{RUN}' hx-get='/floor' hx-trigger='load'>",
)  # fmt: skip
ROLES = ("supervisor", "admin", "operations", "purchasing", "customer_service")
PAGES = (
    "/orders", "/orders/{order}", "/exceptions", "/exceptions/{exception}", "/purchase-orders", "/purchase-orders/new",
    "/purchase-orders/{purchase}", "/stock", "/moves", "/items", "/items/new", "/items/{item}", "/locations",
    "/locations/new", "/locations/{place}", "/labels", "/people", "/tokens", "/settings", "/lookup",
)  # fmt: skip
FILL = """([index, texts]) => {
    const form = document.querySelectorAll('form')[index];
    if (!form || /logout|language|[.](pdf|png|zpl|csv)/.test(form.action)) return false;
    let n = 0;
    for (const field of form.querySelectorAll('input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea')) {
        field.removeAttribute('maxlength'); field.removeAttribute('required'); field.removeAttribute('pattern');
        field.type = 'text';
        field.value = texts[n++ % texts.length];
    }
    if (!n) return false;
    window.send = () => HTMLFormElement.prototype.submit.call(form);
    return true;
}"""


@pytest.fixture
def known(house: House) -> dict[str, str]:
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2), note=TEXTS[3])
    house.purchase(("KETTLE", 3))
    content = {"columns": ["number", "name"], "rows": [{"number": "9", "name": TEXTS[0]}]}
    reasons = [TEXTS[1], TEXTS[3]]
    house.base.change(
        lambda session: set_aside(
            session, channel=TEXTS[4], number=TEXTS[5], reasons=reasons, content=content, at=house.by().now
        )
    )
    return {
        "order": str(house.value("SELECT id FROM sales_order")),
        "exception": str(house.value("SELECT id FROM order_exception")),
        "purchase": str(house.value("SELECT id FROM purchase_order")), "item": str(house.items["KETTLE"]),
        "place": str(house.places["A-01"]),
    }  # fmt: skip


def test_nothing_hostile_ever_runs(house: House, known: dict[str, str]) -> None:
    if not house.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("the browser sees no database")
    made = house.base.change(_person)
    ran: list[str] = []
    forms = 0
    with browser() as chromium, served(house.app) as base:
        eve = Person(chromium, base, size=(1280, 800))
        eve.page.on("dialog", lambda dialog: ran.append(dialog.message))
        eve.sign_in(made["badge"], PIN)
        for path in (page.format(**known) for page in PAGES):
            for index in range(12):
                eve.page.goto(base + path)
                texts = [TEXTS[(forms * 7 + each) % len(TEXTS)] for each in range(len(TEXTS))]
                if not eve.page.evaluate(FILL, [index, texts]):
                    continue
                forms += 1
                with eve.page.expect_navigation():
                    eve.page.evaluate("() => { setTimeout(window.send, 0); }")
                if eve.page.evaluate("window.hacked"):
                    ran.append(f"{path} form {index}")
                assert "Traceback" not in eve.page.content()
        for path in (page.format(**known) for page in PAGES):
            eve.page.goto(f"{base}{path}")
            if eve.page.evaluate("window.hacked || document.querySelectorAll('main img[src=x]').length"):
                ran.append(path)
        for text in TEXTS:
            eve.page.goto(f"{base}/lookup?code={quote(text)}")
            if eve.page.evaluate("window.hacked || document.querySelectorAll('main img[src=x]').length"):
                ran.append(f"look-up of {text}")
    assert ran == []
    assert forms > len(PAGES)


def _person(session: Any) -> dict[str, str]:
    from warehouse.people.actions import make_person

    return make_person(session, f"Eve {TEXTS[3]}", ROLES, pin=PIN)
