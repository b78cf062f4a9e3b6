"""What the web answers beside scans: a room looked into, and errors in our own words."""

from __future__ import annotations

import pytest

from tests.floor import House, Worker


def test_a_room_can_be_looked_into_without_taking_work(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2))
    assert ada.get("/picking") == {"room": "picking", "href": "/picking", "waiting": 1, "screen": None}
    screen = ada.next("picking")
    assert ada.get("/picking")["screen"] == screen
    for room in ada.get("/floor")["rooms"]:
        assert ada.get(room["href"])["room"] == room["room"]
    assert house.value("SELECT count(*) FROM work") == 1


def test_looking_into_a_room_needs_its_role(house: House, floor: object) -> None:
    packer = house.worker("packer")
    assert packer.get("/picking")["notice"]["code"] == "forbidden"
    assert packer.status == 403


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "text"),
    [
        ("GET", "/nowhere", 404, "not_found", "/nowhere does not exist here."),
        ("GET", "/picking/abc", 404, "not_found", "/picking/abc does not exist here."),
        ("PUT", "/floor", 405, "method_not_allowed", "/floor does not take PUT. It takes GET."),
        ("GET", "/picking/next", 405, "method_not_allowed", "/picking/next does not take GET. It takes POST."),
    ],
)
def test_errors_are_told_in_our_own_words(
    ada: Worker, method: str, path: str, status: int, code: str, text: str
) -> None:
    answer = ada.client.open(path, method=method, headers=ada._headers())
    assert (answer.status_code, answer.get_json()["screen"]) == (status, None)
    assert answer.get_json()["notice"] == {"level": "error", "code": code, "text": text}
    if status == 405:
        assert answer.headers["Allow"] in text


def test_a_body_that_is_too_large_says_so(ada: Worker) -> None:
    answer = ada.client.post("/picking/next", data={"key": "k" * 200_000}, headers=ada._headers())
    assert (answer.status_code, answer.get_json()["notice"]["code"]) == (413, "too_large")


def test_a_fault_of_ours_is_told_as_one(house: House, ada: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("warehouse.web.rooms.perform_next", fail)
    house.app.testing = False
    answer = ada.client.post("/picking/next", data={"key": "k"}, headers=ada._headers())
    assert (answer.status_code, answer.get_json()["notice"]["code"]) == (500, "internal_error")


def test_help_names_what_is_expected_and_nothing_that_does_not_work_here(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 2), note="Gift")
    ada.next("picking")
    assert ada.scan("XXHELP") == "help"
    assert ada.notice["text"] == "Now scan: confirm XXOK. XXUNDO takes your latest act back, XXBACK leaves."
    ada.scans("XXOK")
    ada.obey()
    ada.scans("XXHELP")
    assert "Now scan: location " in ada.notice["text"]
    ada.obey()
    ada.scans("KETTLE", "XXHELP")
    assert ada.notice["text"].startswith("Now scan: quantity XQ1.")
