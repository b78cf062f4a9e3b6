"""Signing in with badge and PIN, staying signed in, and being signed out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.floor import House
from warehouse.people.rules import IDLE, SHIFT, PinTooShort, check_pin
from warehouse.web import identity

PIN = "204816"
PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def anna(house: House) -> dict[str, str]:
    return house.person("Anna", "picker", pin=PIN)


def client(house: House) -> FlaskClient:
    return house.app.test_client()


def sign_in(browser: FlaskClient, badge: str, pin: str, **fields: str) -> Any:
    """Signs in as a page does: with the token of the form."""
    page = browser.get("/login", headers=PAGE).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None, "the page has its token"
    form = {"badge": badge, "pin": pin, "csrf_token": token[1]} | fields
    return browser.post("/login", data=form, headers=PAGE)


def leave(browser: FlaskClient) -> None:
    page = browser.get("/floor", headers=PAGE).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None, "the page has its token"
    assert browser.post("/logout", data={"csrf_token": token[1]}, headers=PAGE).status_code == 303


def outcomes(house: House) -> list[str]:
    return [
        row.outcome for row in house.base.read(lambda session: session.all("SELECT outcome FROM sign_in ORDER BY id"))
    ]


def test_badge_and_pin_lead_to_the_rooms_of_the_role(house: House, anna: dict[str, str]) -> None:
    browser = client(house)
    answer = sign_in(browser, anna["badge"], anna["pin"])
    assert (answer.status_code, answer.headers["Location"]) == (303, "/floor")
    assert [room["room"] for room in browser.get("/floor", headers=JSON).get_json()["rooms"]] == [
        "replenishing",
        "picking",
        "clearing",
    ]
    assert "Picking" in browser.get("/floor", headers=PAGE).get_data(as_text=True)
    assert outcomes(house) == ["in"]


def test_a_cookie_is_for_our_own_pages_alone(house: House, anna: dict[str, str]) -> None:
    plain = sign_in(client(house), anna["badge"], PIN).headers.getlist("Set-Cookie")
    session = next(each for each in plain if each.startswith("session="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    browser = client(house)
    answer = browser.post(
        "/login", base_url="https://floor.example/", data={"badge": anna["badge"], "pin": PIN}, headers=JSON
    )
    secure = next(each for each in answer.headers.getlist("Set-Cookie") if "session=" in each)
    assert secure.startswith("__Host-session=")
    assert "Secure" in secure
    assert "Domain" not in secure
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_wrong_pin_is_told_and_counted_and_then_the_device_waits(house: House, anna: dict[str, str]) -> None:
    browser = client(house)
    sign_in(browser, anna["badge"], PIN)
    told = [sign_in(browser, anna["badge"], "999999") for _ in range(6)]
    assert [each.status_code for each in told] == [422] * 5 + [429]
    assert "4 more tries" in told[0].get_data(as_text=True)
    assert sign_in(browser, anna["badge"], PIN).status_code == 429, "not even the right one, for a quarter of an hour"
    assert sign_in(client(house), anna["badge"], PIN).status_code == 303, "another device does not wait for this one"


def test_guesses_at_the_same_moment_all_count(house: House, anna: dict[str, str]) -> None:
    browser = client(house)
    browser.get("/login", headers=PAGE)
    device = "handheld:0123456789abcdef"

    def guess(number: int) -> int:
        each = client(house)
        each.set_cookie("device", device)
        return each.post("/login", data={"badge": anna["badge"], "pin": f"77{number:04d}"}, headers=JSON).status_code

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(12)))
    assert sorted(told) == [422] * 5 + [429] * 7


def test_many_new_devices_do_not_find_a_pin_and_lock_out_nobody(house: House, anna: dict[str, str]) -> None:
    own = client(house)
    sign_in(own, anna["badge"], PIN)
    guesses = [
        client(house).post("/login", data={"badge": anna["badge"], "pin": f"88{number:04d}"}, headers=JSON).status_code
        for number in range(25)
    ]
    assert guesses.count(429) == 5, "from all new devices together no more than twenty an hour"
    assert sign_in(own, anna["badge"], PIN).status_code == 303, "the device that Anna has used is not shut out"


def test_unknown_badges_are_slowed_down(house: House, anna: dict[str, str]) -> None:
    told = [client(house).post("/login", data={"badge": f"XB{n:039d}", "pin": PIN}, headers=JSON) for n in range(31)]
    assert {each.status_code for each in told[:30]} == {422}
    assert told[0].get_json()["notice"]["code"] == "wrong_badge"
    assert told[30].status_code == 429
    assert client(house).post("/login", data={"badge": anna["badge"], "pin": PIN}, headers=JSON).status_code == 200


@pytest.mark.parametrize("badge", ["", " ", "x" * 5000, "XB\x00", "<script>", "' OR 1=1 --"])
def test_a_badge_that_is_none_is_refused(house: House, badge: str) -> None:
    answer = client(house).post("/login", data={"badge": badge, "pin": "1"}, headers=JSON)
    assert (answer.status_code, answer.get_json()["notice"]["code"]) == (422, "wrong_badge")


def test_somebody_who_no_longer_works_here_is_out_at_once(house: House, anna: dict[str, str]) -> None:
    browser = client(house)
    sign_in(browser, anna["badge"], PIN)
    house.base.change(lambda session: session.run("UPDATE person SET active = 0 WHERE name = 'Anna'"))
    assert browser.get("/floor", headers=JSON).status_code == 401
    assert sign_in(client(house), anna["badge"], PIN).status_code == 422


def test_who_leaves_the_device_is_signed_out_and_finds_the_work_again(
    house: House, anna: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2))
    browser = client(house)
    csrf = browser.post("/login", data={"badge": anna["badge"], "pin": PIN}, headers=JSON).get_json()["csrf_token"]
    headers = JSON | {"X-CSRFToken": csrf}
    screen = browser.post("/picking/next", data={"key": "k1"}, headers=headers).get_json()["screen"]
    real = identity.now_us
    for later in (IDLE + 1, SHIFT + 1):
        monkeypatch.setattr(identity, "now_us", lambda later=later: real() + later)
        identity._known.clear()
        answer = browser.post(f"{screen['href']}/scan", data={"key": "k2", "code": "x"}, headers=headers)
        assert (answer.status_code, answer.get_json()["notice"]["code"]) == (401, "signed_out")
        page = browser.get(screen["href"], headers=PAGE)
        assert page.headers["Location"].startswith("/login?next=")
    monkeypatch.undo()
    identity._known.clear()
    back = sign_in(client(house), anna["badge"], PIN, next=screen["href"])
    assert back.headers["Location"] == screen["href"]
    again = client(house)
    sign_in(again, anna["badge"], PIN)
    assert again.get(screen["href"], headers=JSON).get_json()["screen"]["step"] == screen["step"]


def test_who_is_at_work_stays_signed_in(house: House, anna: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    browser = client(house)
    sign_in(browser, anna["badge"], PIN)
    real = identity.now_us
    for minutes in range(10, 60, 10):
        monkeypatch.setattr(identity, "now_us", lambda minutes=minutes: real() + minutes * 60_000_000)
        identity._known.clear()
        assert browser.get("/floor", headers=JSON).status_code == 200


def test_signing_out_ends_the_session_even_of_a_copied_cookie(house: House, anna: dict[str, str]) -> None:
    browser, copy = client(house), client(house)
    sign_in(browser, anna["badge"], PIN)
    copied = browser.get_cookie("session")
    assert copied is not None
    copy.set_cookie("session", copied.value)
    assert copy.get("/floor", headers=JSON).status_code == 200
    page = browser.get("/floor", headers=PAGE).get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    assert browser.post("/logout", data={"csrf_token": token[1]}, headers=PAGE).status_code == 303
    for each in (browser, copy):
        assert each.get("/floor", headers=JSON).status_code == 401
    assert outcomes(house) == ["in", "out"]


def test_one_device_has_one_person(house: House, anna: dict[str, str]) -> None:
    ben = house.person("Ben", "packer", pin=PIN)
    browser, copy = client(house), client(house)
    sign_in(browser, anna["badge"], PIN)
    cookie = browser.get_cookie("session")
    assert cookie is not None
    copy.set_cookie("session", cookie.value)
    sign_in(browser, ben["badge"], PIN)
    assert [room["room"] for room in browser.get("/floor", headers=JSON).get_json()["rooms"]] == ["packing", "shipping"]
    assert copy.get("/floor", headers=JSON).status_code == 401, "Anna was signed out here"


def test_a_change_needs_the_token_of_our_own_page(house: House, anna: dict[str, str]) -> None:
    browser = client(house)
    sign_in(browser, anna["badge"], PIN)
    for forged in ({}, {"csrf_token": "wrong"}):
        answer = browser.post("/picking/next", data={"key": "k"} | forged, headers=JSON)
        assert (answer.status_code, answer.get_json()["notice"]["code"]) == (400, "forged")
    strange = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = client(house).post("/login", data={"badge": anna["badge"], "pin": PIN}, headers=JSON | strange)
    assert answer.status_code == 400
    assert house.value("SELECT count(*) FROM act") == 0


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/login", "/a\nb", "floor"],
)
def test_signing_in_never_leads_elsewhere(house: House, anna: dict[str, str], onward: str) -> None:
    assert sign_in(client(house), anna["badge"], PIN, next=onward).headers["Location"] == "/floor"


def test_of_several_warehouses_the_last_one_is_taken_again(house: House, anna: dict[str, str]) -> None:
    from warehouse.catalog.locations import make_warehouse

    house.base.change(lambda session: make_warehouse(session, "NORTH", timezone="Asia/Tokyo"))
    browser = client(house)
    answer = sign_in(browser, anna["badge"], PIN)
    assert answer.status_code == 422
    assert "MAIN, NORTH" in answer.get_data(as_text=True)
    assert sign_in(browser, anna["badge"], PIN, warehouse="NORTH").status_code == 303
    assert sign_in(client(house), anna["badge"], PIN).status_code == 303
    kept = house.base.read(
        lambda session: session.all("SELECT w.code FROM token t JOIN warehouse w ON w.id = t.warehouse_id")
    )
    assert [row.code for row in kept] == ["NORTH", "NORTH"]


def test_the_language_chosen_stays_the_persons(house: House, anna: dict[str, str]) -> None:
    browser = client(house)
    assert browser.post("/language/zh_Hans_CN", headers=PAGE).status_code == 303
    assert '<html lang="zh-Hans"' in browser.get("/login", headers=PAGE).get_data(as_text=True)
    sign_in(browser, anna["badge"], PIN)
    assert '<html lang="zh-Hans"' in browser.get("/floor", headers=PAGE).get_data(as_text=True)
    other = client(house)
    sign_in(other, anna["badge"], PIN)
    assert '<html lang="zh-Hans"' in other.get("/floor", headers=PAGE).get_data(as_text=True)


def test_the_one_who_signs_in_next_keeps_their_own_language(house: House, anna: dict[str, str]) -> None:
    house.person("Bo", "picker", badge="BO-BADGE", pin=PIN)
    browser = client(house)
    for name, badge in (("zh_Hans_CN", anna["badge"]), ("en", "BO-BADGE")):
        browser.post(f"/language/{name}", headers=PAGE)
        sign_in(browser, badge, PIN)
        leave(browser)
    sign_in(browser, anna["badge"], PIN)
    assert '<html lang="zh-Hans"' in browser.get("/floor", headers=PAGE).get_data(as_text=True)
    leave(browser)
    sign_in(browser, "BO-BADGE", PIN)
    assert '<html lang="en"' in browser.get("/floor", headers=PAGE).get_data(as_text=True)


def test_wrong_pins_of_an_override_count_too(house: House, floor: Any) -> None:
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2))
    house.person("Lin", "supervisor", badge="LIN-BADGE", pin=PIN)
    picker = floor("picker")
    picker.next("picking")
    assert picker.scan("LIN-BADGE") == "override_pin"
    assert [picker.scan("111222") for _ in range(6)] == ["wrong_pin"] * 5 + ["locked_out"]
    assert outcomes(house) == ["wrong_pin"] * 5


@pytest.mark.parametrize("pin", ["12345", "111111", "123456", "654321", "abcdef", "", "１２３４５７"])
def test_a_pin_that_is_guessed_easily_is_not_taken(pin: str) -> None:
    with pytest.raises(PinTooShort):
        check_pin(pin)
