"""Whom a message goes to: each recipient once, at once or in a digest, and nobody is forgotten (R-SAF-3)."""

from __future__ import annotations

import json

import pytest

from tests.hands import at_once, interleave
from tests.messages.servers import MailBox, mail_server
from warehouse.clock import HOUR, now_us, parse_instant
from warehouse.messages.addressing import address, address_all
from warehouse.messages.rules import Ways, can_be_picked, next_digest, pause_after, way

WAYS = Ways({"purchasing", "operations"}, {"safety_stock": "at_once", "reorder": "digest", "overstock": "never"})


@pytest.mark.parametrize(
    ("topic", "kind", "roles", "hears", "how"),
    [
        ("alert.opened", "safety_stock", ["purchasing"], "", "at_once"),
        ("alert.reopened", "safety_stock", ["operations"], "", "at_once"),
        ("alert.opened", "reorder", ["purchasing"], "", "digest"),
        ("alert.opened", "overstock", ["purchasing"], "", "never"),
        ("alert.opened", "safety_stock", ["picker"], "", "never"),
        ("alert.opened", "safety_stock", ["picker"], "at_once", "never"),
        ("alert.opened", "reorder", ["purchasing"], "at_once", "at_once"),
        ("alert.opened", "safety_stock", ["purchasing"], "digest", "digest"),
        ("alert.opened", "safety_stock", ["purchasing"], "never", "never"),
        ("alert.closed", "safety_stock", ["purchasing"], "", "digest"),
        ("alert.closed", "safety_stock", ["purchasing"], "never", "never"),
        ("alert.closed", "overstock", ["purchasing"], "", "never"),
        ("alert.escalated", "reorder", ["operations"], "", "at_once"),
        ("alert.escalated", "reorder", ["operations"], "digest", "at_once"),
        ("alert.escalated", "reorder", ["purchasing"], "", "never"),
        ("alert.escalated", "reorder", ["operations"], "never", "never"),
    ],
)  # fmt: skip
def test_who_hears_how(topic, kind, roles, hears, how):
    """R-SAF-3: safety stock at once, the reorder point in the digest; an alert that nobody took goes to operations."""
    assert way(WAYS, topic, kind, roles=roles, hears=hears) == how


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-26T07:00", "2026-11-26T08:30"), ("2026-11-26T08:30", "2026-11-27T08:30"),
        ("2026-11-28T12:00", "2026-11-30T08:30"), ("2026-11-29T07:00", "2026-11-30T08:30"),
    ],
)  # fmt: skip
def test_digests_go_out_on_working_days(now, due):
    zone = "Asia/Shanghai"
    assert next_digest(parse_instant(now, zone), zone, "08:30", {1, 2, 3, 4, 5, 6}) == parse_instant(due, zone)


def test_a_pause_doubles_up_to_an_hour_and_is_spread():
    waits = [pause_after(attempts, 1.0) for attempts in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[-1] == HOUR
    assert pause_after(3, 0.0) == waits[2] // 2


def test_orders_get_theirs_in_turn_and_a_small_one_may_still_find_enough():
    assert can_be_picked(5, [3, 4, 2, 0]) == 3
    assert can_be_picked(0, [0, 1]) == 1
    assert can_be_picked(0, []) == 0


def test_each_who_hears_gets_one_delivery_and_the_others_none(office):
    for name, role, more in (
        ("Pia", "purchasing", {}), ("Olga", "operations", {}), ("Nils", "purchasing", {"hears": "never"}),
        ("Ken", "picker", {}), ("Dina", "purchasing", {"hears": "digest"}),
    ):  # fmt: skip
        office.hears(name, role, **more)
    office.house.person("Bare", "purchasing")
    office.fall_short()
    sender = office.sender(1)
    sender.prepare()
    sender.prepare()
    made = sorted((row.person, row.kind) for row in office.deliveries())
    # Safety stock goes at once, the reorder point gathers; Dina wants both in her digest.
    assert made == [("Dina", "digest"), ("Olga", "digest"), ("Olga", "message"), ("Pia", "digest"), ("Pia", "message")]
    assert office.house.value("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 0
    assert office.house.value("SELECT count(*) FROM delivery_line") == 4


def test_without_a_mail_server_nobody_gets_letters_and_webhooks_are_still_called(office):
    office.hears("Pia", "purchasing")
    office.hook("https://localhost:1/hook")
    office.fall_short()
    office.sender().prepare()
    assert {row.channel for row in office.deliveries()} == {"webhook"}


def test_many_workers_at_once_address_each_message_once(office):
    """Two workers never make two deliveries of one message; nor two digests."""
    office.hears("Pia", "purchasing")
    office.hears("Dina", "purchasing", hears="digest")
    office.many(12)
    answers = at_once(lambda _: address_all(office.base, now_us(), mail=True), 4)
    assert not [each for each in answers if isinstance(each, Exception)], answers
    assert office.house.value("SELECT sum(attempts) FROM outbox") == 0, "no one stumbled over another"
    assert len(office.deliveries("d.kind = 'message'")) == 12
    assert len(office.deliveries("d.kind = 'digest'")) == 1
    assert office.house.value("SELECT count(*) FROM delivery_line") == 12


def test_who_comes_second_to_a_message_finds_it_taken(office):
    office.hears("Pia", "purchasing")
    office.many(1)
    message = office.house.value("SELECT id FROM outbox")

    def first(session, pause):
        taken = address(session, message, now_us(), mail=True)
        session.send()
        pause()
        return taken

    assert interleave(office.base, first, lambda session: address(session, message, now_us(), mail=True)) == (
        True,
        False,
    )
    assert len(office.deliveries()) == 1


def test_a_message_and_its_deliveries_come_together_or_not_at_all(office):
    office.hears("Pia", "purchasing")
    office.many(1)
    message = office.house.value("SELECT id FROM outbox")

    class Killed(Exception):  # noqa: N818
        pass

    def killed(session):
        address(session, message, now_us(), mail=True)
        raise Killed

    with pytest.raises(Killed):
        office.base.change(killed)
    assert office.house.value("SELECT state FROM outbox") == "waiting"
    assert office.deliveries() == []


def test_a_message_that_cannot_be_addressed_keeps_back_no_other(office, caplog):
    office.hears("Pia", "purchasing")
    bad = office.tell("alert.opened", "this is no JSON")
    office.many(2)
    sender = office.sender(1)
    sender.prepare()
    sender.prepare()
    assert len(office.deliveries("d.kind = 'message'")) == 2
    assert office.house.value("SELECT state FROM outbox WHERE id = :id", id=bad) == "waiting", "it is not lost"
    assert office.house.value("SELECT attempts FROM outbox WHERE id = :id", id=bad) == 1, "nor tried again at once"
    assert str(bad) in caplog.text


def test_a_digest_gathers_by_supplier_and_goes_out_in_the_morning(office):
    """R-SAF-3: a digest per supplier."""
    office.hears("Dina", "purchasing", hears="digest")
    office.house.purchase(("KETTLE", 1))
    office.change("UPDATE item SET supplier_id = (SELECT id FROM supplier) WHERE sku IN ('ITEM-000', 'ITEM-001')")
    office.many(3)
    office.change("UPDATE item SET supplier_id = (SELECT id FROM supplier) WHERE sku IN ('ITEM-000', 'ITEM-001')")
    box = MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        assert sender.round() == 0, "not before its time"
        zone = "Asia/Shanghai"
        due = next_digest(now_us(), zone, "08:30", {1, 2, 3, 4, 5, 6})
        assert {row.due_at for row in office.deliveries()} == {due}
        office.offset = due - now_us()
        assert sender.round() == 2
        assert sender.round() == 0
    assert sorted(letter["Subject"] for letter in box.letters) == [
        "2 stock alerts of Acme", "One stock alert of items without a supplier"
    ]  # fmt: skip


def test_what_comes_after_a_digest_went_out_goes_into_the_next(office):
    office.hears("Dina", "purchasing", hears="digest")
    box = MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        office.many(1)
        sender.prepare()
        (first,) = office.deliveries()
        office.offset = first.due_at - now_us()
        assert sender.round() == 1
        office.change("UPDATE outbox SET state = 'waiting'")
        office.change("DELETE FROM delivery_line")
        sender.prepare()
        assert [row.gathers for row in office.deliveries()] == [0, 1]
        office.offset = office.deliveries()[1].due_at - now_us()
        assert sender.round() == 1
    assert len(set(box.keys())) == 2


def test_what_comes_while_a_digest_is_on_its_way_goes_into_the_next(office):
    """Nothing is put into a digest that nobody will send any more."""
    office.hears("Dina", "purchasing", hears="digest")
    office.many(1)
    sender = office.sender(1)
    sender.prepare()
    (first,) = office.deliveries()
    office.offset = first.due_at - now_us()
    message = office.house.value("SELECT id FROM outbox")
    office.change("UPDATE outbox SET state = 'waiting' WHERE id = :id", id=message)
    office.change("DELETE FROM delivery_line WHERE message_id = :id", id=message)

    def claims(session, pause):
        session.run("UPDATE delivery SET claim = 'x', gathers = 0, attempts = 1 WHERE id = :id", id=first.id)
        pause()

    one, other = interleave(office.base, claims, lambda session: address(session, message, sender.clock(), mail=True))
    assert not isinstance(one, Exception), one
    assert other is True
    gathers = office.deliveries("d.gathers = 1")
    assert len(gathers) == 1
    assert gathers[0].id != first.id
    assert office.house.value("SELECT delivery_id FROM delivery_line") == gathers[0].id


def test_the_facts_are_kept_as_they_were_when_it_was_told(office):
    office.hears("Pia", "purchasing")
    office.fall_short(taken=5)
    office.sender(1).prepare()
    facts = [
        json.loads(each.facts) for each in office.base.read(lambda s: s.all("SELECT facts FROM outbox ORDER BY id"))
    ]
    safety = next(each for each in facts if each["kind"] == "safety_stock")
    assert {name: safety[name] for name in ("sku", "available", "on_order", "threshold", "safety_stock", "proposed")} == {
        "sku": "KETTLE", "available": 7, "on_order": 0, "threshold": 10, "safety_stock": 10, "proposed": 4,
    }  # fmt: skip
