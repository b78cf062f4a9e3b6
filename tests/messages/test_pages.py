"""The desk of messages: dead letters are seen, sent again or dropped; webhooks are registered, tested, changed."""

from __future__ import annotations

import re

import pytest

from tests.messages.conftest import HERE
from tests.messages.servers import MailBox, Receiver, mail_server, webhook_server
from tests.messages.test_hooks import verified
from tests.office.browsing import HOSTILE, Desk
from tests.operations.test_metrics import read
from warehouse.planning.alerts import acknowledge


@pytest.fixture
def dead(office):
    """A letter to Pia that her server has refused for good."""
    office.hears("Pia", "purchasing")
    office.many(1)
    with mail_server(MailBox(refuses={"pia@example.com": f"550 {HOSTILE}"})) as port:
        office.sender(port).round()
    return office.deliveries()[0].id


def test_a_dead_letter_is_seen_and_sent_again(house, office, dead):
    """R-SAF-3: then a dead letter on the page."""
    desk = Desk(house, "operations")
    page = desk.get("/messages?state=dead")
    assert "Pia" in page
    assert "refused this letter for good" in page
    assert "<script>alert" not in page
    assert "pia@example.com" not in page, "an address is nobody's business here"
    assert desk.json("/messages")["figures"] == {"dead": 1, "waiting": 0}
    assert "Messages (1)" in desk.get("/messages")
    assert "Set-up (1)" in desk.get("/stock"), "every page of the office says that one waits for a decision"
    assert "Messages" not in Desk(house, "customer_service").get("/orders")
    desk.get(f"/messages/{dead}")
    assert "ITEM-000" in desk.page
    desk.post(f"/messages/{dead}/again")
    assert "is tried again at once" in desk.notice()
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    assert "Set-up (" not in desk.get("/stock")
    assert box.keys() == [f"<pickface.{dead}@example.com>"]
    assert desk.json(f"/messages/{dead}")["message"]["state"] == "sent"


def test_a_dead_letter_is_dropped_with_a_reason_and_only_once(house, dead):
    desk = Desk(house, "purchasing", name="Olga")
    desk.post(f"/messages/{dead}/drop", reason=" ")
    assert desk.status == 422
    assert "Say why" in desk.notice()
    desk.post(f"/messages/{dead}/drop", reason="Pia was told by telephone")
    assert "is dropped" in desk.notice()
    assert "Pia was told by telephone" in desk.get(f"/messages/{dead}")
    desk.post(f"/messages/{dead}/again")
    assert desk.status == 422
    assert "does not wait for a decision any more" in desk.notice()
    message = desk.json(f"/messages/{dead}")["message"]
    assert (message["state"], message["ended_by"]) == ("dropped", "Olga")


def test_what_still_waits_is_not_decided(house, office):
    office.hears("Pia", "purchasing")
    office.many(1)
    office.sender(1).prepare()
    waiting = office.deliveries()[0].id
    desk = Desk(house, "operations")
    desk.post(f"/messages/{waiting}/drop", reason="no")
    assert desk.status == 422
    desk.post("/messages/5/again")
    assert desk.status == 404


def test_who_only_looks_changes_nothing(house, dead):
    desk = Desk(house, "supervisor")
    assert "Send again" not in desk.get(f"/messages/{dead}")
    desk.post(f"/messages/{dead}/again")
    assert desk.status == 403
    desk.get("/webhooks")
    assert desk.status == 403


def test_the_page_says_why_nobody_gets_letters(house, office):
    """Nobody configured: the page alone, and it says so."""
    desk = Desk(house, "operations")
    assert "No mail server is set" in desk.get("/messages")
    house.app.config["SENDS_MAIL"] = True
    assert "Nobody gets letters" in desk.get("/messages")
    office.hears("Pia", "purchasing", hears="never")
    assert "Nobody gets letters" in desk.get("/messages")
    office.hears("Olga", "operations")
    assert "Nobody gets letters" not in desk.get("/messages")


def test_lists_are_narrowed_and_words_of_users_are_shown_as_they_are(house, office):
    office.hears(HOSTILE[:100], "purchasing", email="x@example.com")
    office.hears("Ann", "purchasing")
    office.many(2)
    office.sender(1).prepare()
    desk = Desk(house, "operations")
    assert "<script>alert" not in desk.get("/messages")
    assert len(desk.json("/messages")["messages"]) == 4
    assert len(desk.json("/messages?q=ann")["messages"]) == 2
    assert len(desk.json("/messages?channel=webhook")["messages"]) == 0
    assert len(desk.json("/messages?state=waiting&channel=mail")["messages"]) == 4


# ---------------------------------------------------------------- people


def test_a_person_s_address_is_entered_checked_and_used(house):
    root = Desk(house, "admin", name="Root")
    root.post("/people", name="Pia", role=["purchasing"], email="pia@example.com", hears="digest")
    (pia,) = [each for each in root.json("/people")["people"] if each["name"] == "Pia"]
    assert (pia["email"], pia["hears"]) == ("pia@example.com", "digest")
    path = f"/people/{pia['id']}"
    for wrong in ("pia", "pia@", "@example.com", "a b@example.com", "a@b@c", "a@exa mple.com", "a\x00@b.c", "x" * 300 + "@b.c",
                  "Pia <pia@example.com>", "a@b.c, d@e.f", ".a@b.c", "a@-b.c"):  # fmt: skip
        root.post(path, name="Pia", role=["purchasing"], active="yes", email=wrong, hears="")
        assert root.status == 422, wrong
        assert "is no e-mail address" in root.notice()
    root.post(path, name="Pia", role=["purchasing"], active="yes", email="o'neil+wh@example.co.uk", hears="loud")
    assert root.status == 422
    root.post(path, name="Pia", role=["purchasing"], active="yes")
    assert root.json(path)["person"]["email"] == "pia@example.com", "what was not sent stays"
    root.post(path, name="Pia", role=["purchasing"], active="yes", email="", hears="")
    assert root.json(path)["person"]["email"] == ""


# ---------------------------------------------------------------- webhooks


def test_a_webhook_is_registered_tested_and_its_secret_shown_once(house, office):
    house.app.config["WEBHOOK_REACH"] = HERE
    root = Desk(house, "admin", name="Root")
    receiver = Receiver()
    with webhook_server(receiver) as port:
        url = f"https://localhost:{port}/hook"
        page = root.post("/webhooks", url=url, event=["alert.opened", "alert.closed"])
        secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page)[0]
        assert secret not in root.get("/webhooks")
        (hook,) = root.json("/webhooks")["webhooks"]
        assert "secret" not in hook
        assert hook["events"] == ["alert.opened", "alert.closed"]
        root.post(f"/webhooks/{hook['id']}/test")
        assert "A test event is on its way" in root.notice()
        office.sender().round()
        assert verified(receiver.calls[0], secret)
        assert b'"type":"webhook.test"' in receiver.calls[0].body
        assert "Test event" in root.get("/messages")
        page = root.post(f"/webhooks/{hook['id']}/secret")
        assert re.search(r"whsec_[A-Za-z0-9+/=]+", page)[0] != secret
        root.post(f"/webhooks/{hook['id']}", event=["alert.closed"])
        assert not root.json("/webhooks")["webhooks"][0]["active"]
        root.post(f"/webhooks/{hook['id']}/test")
        assert "switched off" in root.notice()
        root.post("/webhooks", url=url, event=["alert.opened"])
        assert "registered here already" in root.notice()
    kept = house.base.read(lambda session: [str(row) for row in session.all("SELECT * FROM act")])
    assert not any("whsec_" in row for row in kept)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://example.com/", "begins with https://"), ("https://127.0.0.1/", "cannot be called"),
        ("https://[::1]/", "cannot be called"), ("https://10.0.0.1/", "cannot be called"),
        ("https://169.254.169.254/", "cannot be called"), (HOSTILE, "begins with https://"), ("", "begins with https://"),
    ],
)  # fmt: skip
def test_a_webhook_that_leads_inside_is_refused_when_it_is_registered(house, address, said):
    root = Desk(house, "admin")
    root.post("/webhooks", url=address, event=["alert.opened"])
    assert root.status == 422
    assert said in root.notice()
    assert "<script>alert" not in root.page
    assert root.json("/webhooks")["webhooks"] == []


def test_a_webhook_without_events_is_refused(house):
    house.app.config["WEBHOOK_REACH"] = HERE
    root = Desk(house, "operations")
    for events in ([], ["alert.unheard"]):
        root.post("/webhooks", url="https://localhost:1/", event=events)
        assert root.status == 422
        assert "at least one event" in root.notice()


# ---------------------------------------------------------------- the picker, and the figures


def test_the_picker_who_met_the_shortage_sees_who_has_seen_it(house, office):
    """R-SAF-3: a short pick raises the alert; the picker reads at the room's entrance who takes care of it."""
    office.fall_short(there=20, taken=1)
    picker, other = house.worker("picker", name="pim"), house.worker("picker", name="pam")
    house.order(("KETTLE", 4))
    assert picker.next("picking") is not None
    while "item" not in picker.screen["expects"]:
        picker.obey()
    assert picker.scan("XXSHORT") == "back_ordered"
    picker.scan("XXBACK")
    alert = house.value("SELECT id FROM stock_alert WHERE kind = 'safety_stock'")
    assert alert, "what is held is not available"
    assert picker.get("/picking")["news"] == ["Your shortage of KETTLE: nobody has seen it yet"]
    assert "news" not in other.get("/picking")
    house.person("Olga", "operations")
    olga = house.value("SELECT id FROM person WHERE name = 'Olga'")
    house.base.change(lambda session: acknowledge(session, house.by(person_id=olga), alert))
    (said,) = picker.get("/picking")["news"]
    assert re.fullmatch(r"Your shortage of KETTLE: seen by Olga at \d\d:\d\d", said)
    office.change("UPDATE count_request SET raised_at = raised_at - 90000000000")
    assert "news" not in picker.get("/picking"), "after a day it is old"


@pytest.mark.parametrize(("found", "stands"), [("XQ4", True), ("XQ18", False)])
def test_a_shortage_that_was_counted_is_told_as_long_as_its_alert_stands(house, office, found, stands):
    """R-SAF-3, R-CNT-1: a count closes what the short pick asked for, and with goods that are found the alert ends too."""
    office.fall_short(there=20, taken=1)
    picker = house.worker("picker", name="pim")
    house.order(("KETTLE", 4))
    assert picker.next("picking") is not None
    while "item" not in picker.screen["expects"]:
        picker.obey()
    picker.scan("XXSHORT")
    picker.scan("XXBACK")
    place = house.value("SELECT location_id FROM count_request WHERE reason = 'short'")
    code = house.value("SELECT barcode FROM location WHERE id = :id", id=place)
    counter = house.worker("counter")
    assert counter.next("counting") is not None
    counter.scans(code, "KETTLE", found, "XXOK")
    assert house.value("SELECT count(*) FROM count_request WHERE reason = 'short' AND closed_at IS NULL") == 0
    if not stands:
        assert "news" not in picker.get("/picking")
        return
    assert picker.get("/picking")["news"] == ["Your shortage of KETTLE: nobody has seen it yet"]
    alert = house.value("SELECT id FROM stock_alert WHERE state <> 'closed' AND kind = 'safety_stock'")
    house.person("Olga", "operations")
    olga = house.value("SELECT id FROM person WHERE name = 'Olga'")
    house.base.change(lambda session: acknowledge(session, house.by(person_id=olga), alert))
    (said,) = picker.get("/picking")["news"]
    assert said.startswith("Your shortage of KETTLE: seen by Olga at ")


def test_messages_that_wait_or_are_dead_are_counted(house, office, dead):
    samples = read(house)
    assert samples['pickface_messages{warehouse="MAIN",way="mail",state="dead"}'] == 1
    assert samples['pickface_messages{warehouse="MAIN",way="mail",state="waiting"}'] == 0

    office.tell("alert.opened", '{"alert": "1"}')
    assert read(house)['pickface_outbox_waiting{warehouse="MAIN"}'] == 1
