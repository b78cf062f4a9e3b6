"""/healthz and /readyz: what a watchdog is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import settings_for
from tests.floor import House
from warehouse.app import create_app, database_of
from warehouse.errors import Busy, DiskFull, Unreachable


def test_a_server_with_its_database_is_alive_and_ready(house: House) -> None:
    browser = house.app.test_client()
    assert (browser.get("/healthz").status_code, browser.get("/readyz").status_code) == (200, 200)
    first = house.value("SELECT claimed_at FROM node ORDER BY id LIMIT 1")
    assert browser.get("/readyz").status_code == 200
    assert house.value("SELECT claimed_at FROM node ORDER BY id LIMIT 1") > first, "it was really written"


@pytest.mark.parametrize(
    ("error", "said"), [(Busy(), "in time"), (DiskFull(), "disk is full"), (Unreachable(), "cannot be reached")]
)
def test_a_database_that_takes_no_change_is_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fails(_: Any) -> None:
        raise error

    monkeypatch.setattr(house.base, "change", fails)
    answer = house.app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["ready"] is False
    assert said in answer.get_json()["reason"]
    assert house.app.test_client().get("/healthz").status_code == 200, "the server itself is alive"


def test_a_database_that_is_not_migrated_or_not_there_is_not_ready(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/new.db", tmp_path))
    assert "warehouse init" in app.test_client().get("/readyz").get_json()["reason"]
    database_of(app).close()
    gone = create_app(settings_for("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path))
    assert gone.test_client().get("/readyz").status_code == 503
    database_of(gone).close()
