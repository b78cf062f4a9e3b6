"""The server's log: every request on one line that tells no more than it may."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import settings_for
from tests.floor import House, Worker
from warehouse.app import create_app, database_of
from warehouse.settings import BadSetting, Settings


def house_with(url: str, home: Path, form: str) -> Iterator[House]:
    """The small warehouse, its server writing its log in a form."""
    app = create_app(replace(settings_for(url, home), log=form))
    with closing(database_of(app)) as base:
        yield House(app, base)


@pytest.fixture
def in_json(url: str, tmp_path: Path) -> Iterator[House]:
    yield from house_with(url, tmp_path, "json")


@pytest.fixture
def in_text(url: str, tmp_path: Path) -> Iterator[House]:
    yield from house_with(url, tmp_path, "text")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_every_request_is_one_line_with_who_and_which_act(in_json: House, capsys: pytest.CaptureFixture[str]) -> None:
    ada, key = in_json.worker("supervisor", name="ada"), uuid.uuid4().hex
    ada.post("/picking/next", key=key)
    (line,) = lines(capsys)
    assert line | {"at": "", "ms": 0} == {
        "at": "", "method": "POST", "path": "/picking/next", "status": 200, "ms": 0,
        "person": in_json.value("SELECT id FROM person WHERE name = 'ada'"), "key": key,
    }  # fmt: skip
    assert line["ms"] > 0
    assert line["at"].endswith("Z")


def test_no_line_holds_a_code_a_badge_a_name_or_a_body(in_json: House, capsys: pytest.CaptureFixture[str]) -> None:
    """R-SEC-2: also where a code stands in the address."""
    ada = in_json.worker("supervisor", name="ada-lovelace")
    in_json.put("KETTLE", "A-01", 10)
    number = in_json.order(("KETTLE", 3), note="ring twice")
    ada.next("picking")
    work = ada.screen["href"]
    ada.scan("SECRETCODE")
    ada.obey()
    ada.get("/lookup?code=SECRETCODE")
    ada.get(f"/orders/{number}")
    ada.client.get("/orders/SECRETCODE", headers={"Authorization": f"Bearer {ada.token}"})
    ada.client.get("/SECRETCODE?code=SECRETCODE")
    grace = in_json.person("Grace", "picker", pin="204816")
    ada.client.post("/login", data={"badge": grace["badge"], "pin": "204816"})
    said = capsys.readouterr().err
    for each in (
        "SECRETCODE",
        "ada-lovelace",
        "Grace",
        grace["badge"],
        "204816",
        "ring",
        "KETTLE",
        ada.token,
        "Li Lei",
    ):
        assert each not in said, each
    paths = [json.loads(line)["path"] for line in said.splitlines()]
    assert f"{work}/scan" in paths, "ids lead on to the ledger"
    assert "(no such address)" in paths


def failing(house: House, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Somebody for whom everything fails that the menu asks for, with what was scanned in the exception's words."""

    def fails(_: Any) -> None:
        raise KeyError("SECRETCODE")

    house.app.config["PROPAGATE_EXCEPTIONS"] = False
    worker = house.worker("supervisor", name="ada")
    monkeypatch.setattr(house.base, "read", fails)
    return worker


def test_a_failure_and_where_it_happened_stand_in_the_line_of_its_request(
    in_json: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = failing(in_json, monkeypatch)
    ada.get("/floor")
    (line,) = lines(capsys)
    assert (line["status"], line["error"]) == (500, "KeyError")
    assert line["traceback"][-1].endswith(" fails")
    assert any(frame.startswith("warehouse/web/") for frame in line["traceback"])
    assert "SECRETCODE" not in json.dumps(line)


def test_as_text_only_failures_are_told_each_on_one_line(
    in_text: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = in_text.worker("supervisor")
    ada.next("picking")
    ada.get("/nowhere")
    assert capsys.readouterr().err == ""
    failing(in_text, monkeypatch).get("/floor")
    (line,) = capsys.readouterr().err.splitlines()
    assert "GET /floor 500" in line
    assert "KeyError at " in line
    assert "SECRETCODE" not in line


def test_another_form_of_log_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="WAREHOUSE_LOG: expected text or json"):
        Settings.from_environ({"WAREHOUSE_HOME": str(tmp_path), "WAREHOUSE_LOG": "xml"}, dotenv=None)
    assert not list(tmp_path.iterdir())
