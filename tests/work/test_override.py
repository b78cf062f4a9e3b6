"""A supervisor's override: badge, PIN where the badge's text was chosen, reason, then one scan that may pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.floor import House, Worker

Effects = Callable[[], tuple[int, ...]]


@pytest.fixture
def at_bin(house: House, ada: Worker) -> Worker:
    """Ada is asked for bin A-05 with older goods; newer ones lie at A-02 and A-03."""
    house.put("KETTLE", "A-02", 10, received="2026-02-01")
    house.put("KETTLE", "A-03", 10, received="2026-02-01")
    house.put("KETTLE", "A-05", 6, received="2026-01-01")
    house.order(("KETTLE", 6))
    ada.next("picking")
    ada.obey()
    return ada


def everything_kept(house: House) -> str:
    """All that the database holds about acts and overrides, as one text."""
    return str(
        house.base.read(
            lambda session: [
                session.all("SELECT * FROM act"), session.all("SELECT * FROM override"), session.all("SELECT * FROM work"),
                session.all("SELECT * FROM person"), session.all("SELECT document, key FROM move"),
            ]
        )
    )  # fmt: skip


def test_badge_then_reason_then_one_scan_passes(house: House, at_bin: Worker) -> None:
    """R-PICK-1: and it is recorded who asked, who approved, what was refused and why."""
    badge = house.person("Grace", "supervisor")["badge"]
    assert at_bin.scan(house.barcode("A-02")) == "fifo_older_available"
    assert at_bin.scan(badge) == "override_reason"
    assert at_bin.screen["expects"] == ["reason"]
    assert at_bin.screen["target"]["reason"]["barcode"].startswith("XR")
    assert at_bin.scan("XRNONSENSE") == "unknown_reason"
    assert at_bin.scan("XRCUSTOMER_WISH") == "override_armed"
    assert at_bin.screen["expects"] == ["location"]
    assert at_bin.scan(house.barcode("A-02")) == "fifo_overridden"
    row = house.base.read(
        lambda session: session.one(
            """SELECT o.refusal, o.reason, p.name AS asked, a.name AS approved FROM override o
               JOIN person p ON p.id = o.person_id JOIN person a ON a.id = o.approved_by"""
        )
    )
    assert tuple(row) == ("fifo_older_available", "CUSTOMER_WISH", "ada", "Grace")


def test_it_lets_one_scan_pass_and_no_second(house: House, at_bin: Worker) -> None:
    badge = house.person("Grace", "supervisor")["badge"]
    at_bin.scans(badge, "XROTHER", house.barcode("A-02"))
    at_bin.scan("XXUNDO")
    assert at_bin.screen["expects"] == ["location"]
    assert at_bin.scan(house.barcode("A-03")) == "fifo_older_available", "taken back, it is used up all the same"
    assert at_bin.scan("XXUNDO") == "undone"
    assert at_bin.screen["expects"] == ["location"]
    assert at_bin.scan("XROTHER") != "override_armed", "undo brings no approval back"
    assert at_bin.scan(house.barcode("A-03")) == "fifo_older_available"


def test_a_scan_that_needs_no_override_leaves_it_armed(house: House, at_bin: Worker) -> None:
    badge = house.person("Grace", "supervisor")["badge"]
    at_bin.scans(badge, "XROTHER")
    assert at_bin.scan("NONSENSE") == "unknown_code"
    assert at_bin.scan(house.barcode("A-05")) == "at_location"
    assert house.value("SELECT count(*) FROM override") == 0


def test_a_badge_whose_text_a_person_chose_needs_its_pin(house: House, at_bin: Worker) -> None:
    house.person("Grace", "supervisor", badge="GRACE-1", pin="271828")
    assert at_bin.scan("GRACE-1") == "override_pin"
    assert at_bin.screen["expects"] == ["text"]
    assert at_bin.scan("314159") == "wrong_pin"
    assert at_bin.status == 422
    assert at_bin.scan("XROTHER") == "wrong_pin", "no reason before the PIN"
    assert at_bin.scan("271828") == "override_reason"
    assert at_bin.scan("OTHER") == "override_armed"
    assert at_bin.scan(house.barcode("A-02")) == "fifo_overridden"


def test_the_question_can_be_left(house: House, at_bin: Worker) -> None:
    badge = house.person("Grace", "supervisor", badge="GRACE-1", pin="271828")["badge"]
    at_bin.scan(badge)
    assert at_bin.scan("XXBACK") == "question_dropped"
    assert at_bin.screen["expects"] == ["location"]
    assert at_bin.scan(house.barcode("A-02")) == "fifo_older_available"


@pytest.mark.parametrize("role", ["picker", "admin"])
def test_only_a_supervisor_may_approve(house: House, at_bin: Worker, effects: Effects, role: str) -> None:
    badge, before = house.person("Tim", role)["badge"], effects()
    assert at_bin.scan(badge) == "not_a_supervisor"
    assert at_bin.status == 422
    assert effects() == before
    assert at_bin.scan(house.barcode("A-02")) == "fifo_older_available"


def test_a_program_never_approves_itself(house: House, at_bin: Worker) -> None:
    """Ada is a supervisor's program account; neither her name nor her token is a badge."""
    for text in ("ada", at_bin.token):
        assert at_bin.scan(text) == "unknown_code"
    assert at_bin.scan(house.barcode("A-02")) == "fifo_older_available"


def test_a_badge_given_back_approves_nothing(house: House, at_bin: Worker) -> None:
    badge = house.person("Grace", "supervisor")["badge"]
    house.base.change(lambda session: session.run("UPDATE person SET active = 0 WHERE name = 'Grace'"))
    assert at_bin.scan(badge) == "unknown_code"


def test_neither_badge_nor_pin_is_kept_anywhere(house: House, at_bin: Worker) -> None:
    made = house.person("Grace", "supervisor")["badge"]
    chosen = house.person("Hedy", "supervisor", badge="HEDY-THE-BADGE", pin="1618033988749")
    other = house.person("Tim", "picker")["badge"]
    at_bin.scans(made, "XROTHER", "XXBACK", chosen["badge"], chosen["pin"], "XROTHER")
    at_bin.scan(other)
    at_bin.scan("HEDY-THE-BADGE")
    kept = everything_kept(house)
    for secret in (made, other, "HEDY-THE-BADGE", "1618033988749"):
        assert secret not in kept
    assert "XXBACK" in kept


def test_a_repeat_of_a_badge_scan_is_answered_as_before(house: House, at_bin: Worker) -> None:
    badge = house.person("Grace", "supervisor")["badge"]
    first = at_bin.screen
    assert at_bin.scan(badge, key="b1") == "override_reason"
    shown = at_bin.screen
    at_bin.screen = first
    assert at_bin.scan(badge, key="b1") == "override_reason"
    assert at_bin.replayed
    assert at_bin.screen == shown


def test_recalled_and_expired_goods_pass_no_override(house: House, at_bin: Worker) -> None:
    """R-PUT-6, R-RCV-4: blocked is blocked, override or not."""
    house.base.change(
        lambda session: session.run(
            "UPDATE balance SET last_day = 1 WHERE location_id = :place", place=house.places["A-02"]
        )
    )
    badge = house.person("Grace", "supervisor")["badge"]
    at_bin.scans(badge, "XROTHER")
    assert at_bin.scan(house.barcode("A-02")) == "wrong_location"
    house.base.change(
        lambda session: session.run(
            """UPDATE balance SET last_day = (SELECT last_day FROM layer WHERE layer.id = balance.layer_id)
               WHERE location_id = :place""", place=house.places["A-02"])
    )  # fmt: skip
