"""What a page is asked for that makes no sense: a clear answer, never a fault of ours, and nothing shown but text."""

from __future__ import annotations

from typing import Any

import pytest

from tests.floor import House, Worker
from tests.web.test_access import FORMS, signed_in

HUGE = 2**63


@pytest.mark.parametrize("word", ["50% off", "%(name)s", '</select><meta http-equiv=refresh content="0;url=http://x">'])
def test_words_of_users_are_shown_as_they_are(house: House, word: str) -> None:
    house.base.change(lambda session: session.run("UPDATE item SET class = :word WHERE sku = 'KETTLE'", word=word))
    browser, _ = signed_in(house, "supervisor")
    answer = browser.get("/items", headers=FORMS["page"])
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<meta http-equiv=refresh" not in text
    assert word.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in text


@pytest.mark.parametrize(
    "path",
    [
        "/login?next=//[", "/login?next=http://[::", "/camera?next=//[", f"/items/{HUGE}", f"/locations/{HUGE}",
        f"/people/{HUGE}", f"/picking/{HUGE}", f"/exceptions/{HUGE}", f"/purchase-orders/{HUGE}",
    ],
)  # fmt: skip
def test_addresses_that_name_nothing(house: House, path: str) -> None:
    browser, _ = signed_in(house, "admin")
    assert browser.get(path, headers=FORMS["page"]).status_code in {200, 302, 403, 404}


def test_a_body_nested_beyond_sense_is_refused(house: House, ada: Worker) -> None:
    answer = ada.client.post(
        "/picking/next", data="[" * 30_000, headers=ada._headers() | {"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.get_json()["notice"]["code"]) == (422, "key_missing")


def test_an_obedient_client_comes_to_the_end_of_a_receipt_without_papers(house: House, ada: Worker) -> None:
    """Nobody knows how many there are, so scanning what the screen names must not go on for ever."""
    assert ada.next("receiving", code="XXSKIP") is not None
    ada.scans("TEA", "L-77")
    while (ada.screen or {})["expects"][0] == "expiry":
        ada.obey()
    trace = ada.finish()
    assert len(trace) <= 3
    assert sum(house.stock("TEA").values()) <= 3
    assert ada.screen["done"]


def test_a_badge_typed_in_small_letters_is_the_same(house: House) -> None:
    made = house.person("Mei", "picker", pin="204816")
    sent: dict[str, Any] = {"badge": made["badge"].lower(), "pin": "204816"}
    assert house.app.test_client().post("/login", data=sent, headers=FORMS["json"]).status_code == 200
