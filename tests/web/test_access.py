"""Every URL for every role, made from the URL map: nobody sees or does what is not theirs; a new URL needs its rule."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.floor import TIMEZONE, House
from warehouse.catalog.locations import make_location, make_warehouse, refresh_pick_locations
from warehouse.web import access
from warehouse.who import PERSON_ROLES

PIN = "204816"
FORMS = {"json": {"Accept": "application/json"}, "page": {"Accept": "text/html"}, "fragment": {"HX-Request": "true"}}
NOT_ALLOWED = 403
OURS = ("HIDDEN-BIN", "HIDDENLOT", "HIDDEN-PO", "HIDDEN-NOTE")


def rules(house: House) -> list[Rule]:
    return [rule for rule in house.app.url_map.iter_rules() if rule.endpoint not in access.PUBLIC]


def calls(house: House, values: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and address of every URL, its parts filled in."""
    for rule in rules(house):
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda part: values.get(part[1], "1"), rule.rule.replace("\\", ""))
        path = path.replace("any(hold, release, cancel, tier):", "")
        for method in sorted(rule.methods or set()):
            if method in {"GET", "POST"}:
                yield rule.endpoint, method, path


def signed_in(house: House, role: str, warehouse: str = "") -> tuple[FlaskClient, str]:
    made = house.person(f"{role}-{uuid.uuid4().hex[:6]}", role, pin=PIN)
    browser = house.app.test_client()
    sent = {"badge": made["badge"], "pin": PIN, "warehouse": warehouse}
    answer = browser.post("/login", data=sent, headers=FORMS["json"])
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return browser, answer.get_json()["csrf_token"]


def send(browser: FlaskClient, method: str, path: str, csrf: str, form: str = "json") -> Any:
    head = FORMS[form] | {"X-CSRFToken": csrf}
    sent = {"key": uuid.uuid4().hex} if method == "POST" else None
    return browser.open(path, method=method, data=sent, headers=head)


@pytest.fixture
def full(house: House) -> dict[str, str]:
    """A warehouse in which every kind of thing is there once; its ids and codes by the names of the URLs' parts."""

    def fill(session: Any) -> None:
        house.places["HIDDEN-BIN"] = make_location(
            session, house.id, "HIDDEN-BIN", kind="bin", aisle=1, position=9, level=1
        )
        refresh_pick_locations(session, house.id)

    house.base.change(fill)
    house.put("TEA", "HIDDEN-BIN", 9, lot="HIDDENLOT", expiry="2099-01-01")
    house.purchase(("KETTLE", 3), number="HIDDEN-PO")
    house.order(("TEA", 2), note="HIDDEN-NOTE")
    worker = house.worker()
    worker.next("picking")
    worker.finish()
    worker.next("packing")
    worker.finish()
    parcel = house.value("SELECT code FROM parcel")
    return {
        "work_id": str(house.value("SELECT max(id) FROM work")), "code": parcel, "verb": "hold", "text": "101",
        "location_id": str(house.places["HIDDEN-BIN"]), "item_id": str(house.items["TEA"]),
        "order_id": str(house.value("SELECT id FROM sales_order")), "kind": "items",
        "purchase_order_id": str(house.value("SELECT id FROM purchase_order")), "number": "HIDDEN-PO",
        "person_id": str(house.value("SELECT min(id) FROM person")), "filename": "pickface.css",
    }  # fmt: skip


def test_every_url_has_a_rule(house: House) -> None:
    access.check_rules(house.app)
    assert len(rules(house)) > 20


def test_a_new_url_without_a_rule_stops_the_start(house: House) -> None:
    house.app.url_map.add(Rule("/new", endpoint="new.page"))
    with pytest.raises(AssertionError, match=r"new\.page"):
        access.check_rules(house.app)


@pytest.mark.parametrize("role", PERSON_ROLES)
def test_a_role_may_do_what_its_rules_say_and_nothing_else(house: House, full: dict[str, str], role: str) -> None:
    browser, csrf = signed_in(house, role)
    wrong = []
    for endpoint, method, path in calls(house, full):
        roles = access.roles_for(endpoint)
        allowed = roles == access.EVERYBODY or role in roles
        status = send(browser, method, path, csrf).status_code
        if (status == NOT_ALLOWED) is allowed or status >= 500:
            wrong.append((endpoint, method, path, status, sorted(roles)))
    assert wrong == []


@pytest.mark.parametrize("form", FORMS)
def test_nobody_gets_anything_without_signing_in(house: House, full: dict[str, str], form: str) -> None:
    browser = house.app.test_client()
    before = house.value("SELECT count(*) FROM act")
    for endpoint, method, path in calls(house, full):
        answer = send(browser, method, path, "", form)
        to_sign_in = answer.status_code in {302, 303} and answer.headers["Location"].startswith(("/login", "/floor"))
        assert answer.status_code == 401 or to_sign_in, (endpoint, method, path, answer.status_code)
        assert not any(each in answer.get_data(as_text=True) for each in OURS)
    assert house.value("SELECT count(*) FROM act") == before


@pytest.mark.parametrize("form", FORMS)
def test_another_warehouse_shows_nothing_of_this_one(house: House, full: dict[str, str], form: str) -> None:
    house.base.change(lambda session: make_warehouse(session, "NORTH", timezone=TIMEZONE))
    for role in ("supervisor", "operations", "admin"):
        browser, csrf = signed_in(house, role, warehouse="NORTH")
        leaks = []
        for endpoint, method, path in calls(house, full):
            if method == "GET" and not endpoint.startswith("orders"):
                said = send(browser, method, path, csrf, form).get_data().decode(errors="replace")  # papers are no text
                leaks += [(endpoint, path, each) for each in OURS if each in said and each not in path]
        assert leaks == []
