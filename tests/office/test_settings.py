"""Settings at a desk: read by who runs the floor, changed by administrators, and each change is in the log."""

from __future__ import annotations

from tests.floor import House
from tests.office.browsing import HOSTILE, Desk
from warehouse.catalog.settings import SETTINGS


def test_every_setting_is_shown_with_its_meaning(house: House) -> None:
    page = Desk(house, "supervisor").get("/settings")
    for name in SETTINGS:
        assert name in page
    assert "leave the same day" in page
    assert "<form" not in page.split("<main")[1], "a supervisor reads"


def test_a_setting_is_changed_and_the_change_is_told(house: House) -> None:
    root = Desk(house, "admin", name="Root")
    root.post("/settings/cut_off", value="16:30")
    assert "cut_off is now: 16:30" in root.notice()
    assert "15:00 → 16:30" in root.page
    assert root.json("/settings")["log"][0]["by"] == "Root"
    root.post("/settings/cut_off", value="four o'clock")
    assert root.status == 422
    assert "expected a time as HH:MM" in root.notice()
    assert "four o&#39;clock" in root.page
    root.post("/settings/damage_reasons", value=HOSTILE)
    assert "<script>alert" not in root.page
    root.post("/settings/nothing", value="1")
    assert "is no setting" in root.notice()


def test_every_value_can_be_sent_again_as_it_is_shown(house: House) -> None:
    root = Desk(house, "admin")
    for each in root.json("/settings")["settings"]:
        if each["value"]:
            root.post(f"/settings/{each['name']}", value=each["value"])
            assert root.status == 200, each
    assert all(each["value"] == each["default"] for each in root.json("/settings")["settings"])


def test_a_supervisor_changes_no_setting(house: House) -> None:
    chief = Desk(house, "supervisor")
    chief.post("/settings/cut_off", value="16:30")
    assert chief.status == 403
