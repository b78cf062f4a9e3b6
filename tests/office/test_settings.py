"""Settings at a desk: read by who runs the floor, changed by administrators, and each change is in the log."""

from __future__ import annotations

import html
import re

from tests.floor import House
from tests.office.browsing import HOSTILE, Desk
from warehouse.catalog.settings import SETTINGS


def test_every_setting_is_shown_with_its_meaning(house: House) -> None:
    page = Desk(house, "supervisor").get("/settings")
    for name in SETTINGS:
        assert name in page
    assert "leave the same day" in page
    changed = set(re.findall(r'action="/settings/(\w+)"', page))
    assert changed == {"count_interval_days", "count_abc", "count_abc_days", "count_abc_shares", "count_abc_weeks"}


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
    """What the page shows, money in yuan, is what it takes; so is what programs read, in minor units."""
    root = Desk(house, "admin", "finance")
    shown = re.findall(
        r'action="/settings/(\w+)".*?<input name="value" value="([^"]*)"', root.get("/settings"), re.DOTALL
    )
    assert dict(shown).keys() == SETTINGS.keys()
    for name, value in shown:
        if value:
            root.post(f"/settings/{name}", value=html.unescape(value))
            assert root.status == 200, (name, value)
    robot = house.worker("admin", "finance")
    for each in root.json("/settings")["settings"]:
        if each["value"]:
            robot.post(f"/settings/{each['name']}", value=each["value"])
            assert robot.status == 200, each
    assert all(each["value"] == each["default"] for each in root.json("/settings")["settings"])


def test_alerts_are_told_to_roles_that_there_are(house: House) -> None:
    """R-SAF-3: a word that nobody's role is would let every alert go unheard."""
    root = Desk(house, "admin")
    for wrong in ("nobody", "purchasing nobody", "station", ""):
        root.post("/settings/tell_roles", value=wrong)
        assert (root.status, "expected roles with blanks between them, of: picker, receiver" in root.notice()) == (
            422,
            True,
        )
    root.post("/settings/tell_roles", value="finance purchasing finance")
    assert "tell_roles is now: finance purchasing" in root.notice()


def test_who_may_change_what(house: House) -> None:
    """R-CNT-1: a supervisor switches the plan of counts; limits and tolerances only by admin or finance."""
    chief, money = Desk(house, "supervisor"), Desk(house, "finance")
    for name, value in (("cut_off", "16:30"), ("count_approval_limit", "1"), ("count_tolerance", "A=5")):
        chief.post(f"/settings/{name}", value=value)
        assert chief.status == 403
    chief.post("/settings/count_abc", value="yes")
    assert chief.status == 200
    money.post("/settings/count_tolerance", value="A=5,B=6")
    assert money.status == 200
    money.post("/settings/count_tolerance", value="D=5")
    assert money.status == 422
    money.post("/settings/cut_off", value="16:30")
    assert money.status == 403
