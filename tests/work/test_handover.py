"""R-STN-2, R-SHIFT-1: begun work that was left lying is taken over, with a note from the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.floor import House, Worker
from warehouse.clock import MINUTE, now_us
from warehouse.db import Session
from warehouse.floor.packing.queries import next_shipment
from warehouse.who import By
from warehouse.work.handover import OpenWork, StillAtWork, open_work_of_others, take_over
from warehouse.work.perform import perform_scan
from warehouse.work.rooms import room_named
from warehouse.work.screen import Answer


def idle(house: House, minutes: int) -> None:
    """So long nobody has done anything."""
    house.base.change(lambda session: session.run("UPDATE work SET lease_until = lease_until - :t", t=minutes * MINUTE))


def takes_over(worker: Worker, screen: dict[str, Any], **more: str) -> str:
    """A worker takes over what another's screen shows; the notice's code."""
    answer = worker.post(f"{screen['href']}/takeover", **more)
    worker.screen = answer["screen"] or worker.screen
    return str(answer["notice"]["code"])


@pytest.fixture
def bob(house: House) -> Worker:
    """Another picker."""
    return house.worker("picker", name="bob")


def test_idle_work_is_taken_over_with_all_that_was_kept(house: House, picker: Worker, bob: Worker) -> None:
    picker.scans("KETTLE", "XQ2")
    before = house.value("SELECT subject_id FROM work"), house.value("SELECT place_id FROM work")
    idle(house, 16)
    assert takes_over(bob, picker.screen, note="Ada is ill") == "work_taken_over"
    assert "ada" in bob.notice["text"]
    assert bob.screen["href"] == picker.screen["href"]
    assert bob.screen["target"]["quantity"] == {"wanted": 6, "done": 3, "unit": "each"}
    assert bob.screen["expects"] == ["location"], "Bob does not stand where Ada stood"
    assert (house.value("SELECT subject_id FROM work"), house.value("SELECT place_id FROM work")) == before
    row = house.base.read(
        lambda session: session.one(
            """SELECT t.note, t.room, f.name AS was, p.name AS now, a.person_id AS by, t.person_id FROM takeover t
               JOIN person f ON f.id = t.from_id JOIN person p ON p.id = t.person_id JOIN act a ON a.id = t.act_id"""
        )
    )
    assert (row.note, row.room, row.was, row.now, row.by) == ("Ada is ill", "picking", "ada", "bob", row.person_id)
    bob.finish()
    assert house.value("SELECT state FROM shipment") == "to_pack"


def test_the_one_before_hears_who_has_it(house: House, picker: Worker, bob: Worker) -> None:
    idle(house, 16)
    takes_over(bob, picker.screen)
    assert picker.scan("KETTLE") == "work_of_another"
    assert picker.status == 422
    assert picker.notice["text"] == "bob has this piece of work now. Take your next one."
    assert picker.scan("XXUNDO") == "work_of_another"
    assert picker.next("picking") is None


def test_nobody_takes_back_what_the_one_before_did(house: House, picker: Worker, bob: Worker) -> None:
    picker.scans("KETTLE")
    idle(house, 16)
    takes_over(bob, picker.screen)
    stock = house.stock()
    assert bob.scan("XXUNDO") == "nothing_to_undo"
    assert house.stock() == stock
    bob.scans(house.barcode("A-02"), "KETTLE")
    bob.scans("XXUNDO", "XXUNDO")
    assert bob.screen["expects"] == ["location"]
    assert bob.scan("XXUNDO") == "nothing_to_undo"
    assert house.stock() == stock


def test_who_is_at_work_is_left_alone_but_for_a_supervisor(house: House, picker: Worker, bob: Worker) -> None:
    idle(house, 5)
    assert takes_over(bob, picker.screen) == "still_at_work"
    assert bob.status == 422
    assert "ada is still at work on this. It can be taken over in 10 min" in bob.notice["text"]
    assert picker.scan("KETTLE") == "picked"
    boss = house.worker("supervisor", name="boss")
    assert takes_over(boss, picker.screen) == "work_taken_over"
    assert picker.scan("KETTLE") == "work_of_another"


def test_what_was_only_offered_is_given_out_by_itself(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    shown = ada.next("picking")
    boss = house.worker("supervisor", name="boss")
    assert takes_over(boss, shown) == "not_begun"
    assert ada.obey() == "tote_ready"


def test_one_has_one_piece_of_work_a_room(house: House, picker: Worker, bob: Worker) -> None:
    house.order(("KETTLE", 1))
    bob.next("picking")
    mine = bob.screen
    bob.obey()
    idle(house, 16)
    assert takes_over(bob, picker.screen) == "hands_full"
    assert mine["title"] in bob.notice["text"]
    bob.screen = mine
    assert bob.next("picking")["href"] == mine["href"], "their own work is as it was"


def test_what_the_taker_was_only_offered_is_given_up(house: House, picker: Worker, bob: Worker) -> None:
    house.order(("KETTLE", 1))
    offered = bob.next("picking")
    idle(house, 16)
    assert takes_over(bob, picker.screen) == "work_taken_over"
    assert house.worker("picker").next("picking")["title"] == offered["title"]


def test_taking_over_twice_does_it_once(house: House, picker: Worker, bob: Worker) -> None:
    idle(house, 16)
    for _ in range(2):
        assert takes_over(bob, picker.screen, key="once") == "work_taken_over"
    assert bob.replayed
    assert house.value("SELECT count(*) FROM takeover") == 1
    assert takes_over(bob, picker.screen) == "work_resumed", "it is theirs already"
    assert house.value("SELECT count(*) FROM takeover") == 1


def test_a_scan_that_was_taken_is_answered_again_although_another_has_the_work(
    house: House, picker: Worker, bob: Worker
) -> None:
    picker.scan("KETTLE", key="lost")
    idle(house, 16)
    takes_over(bob, picker.screen)
    answer = picker.post(picker.screen["scan"]["href"], code="KETTLE", key="lost", step="1")
    assert (picker.status, picker.replayed, answer["notice"]["code"]) == (200, True, "picked")
    assert answer["screen"] is None


def test_only_people_of_the_room_take_over(house: House, picker: Worker) -> None:
    idle(house, 16)
    packer = house.worker("packer", name="pat")
    assert packer.post(f"{picker.screen['href']}/takeover")["notice"]["code"] == "forbidden"
    assert packer.post(f"{picker.screen['href']}/note", text="x")["notice"]["code"] == "forbidden"
    assert packer.post("/packing/12345/takeover")["notice"]["code"] == "not_found"
    assert picker.scan("KETTLE") == "picked"


def test_finished_work_is_nobodys_any_more(house: House, picker: Worker, bob: Worker) -> None:
    picker.finish()
    assert takes_over(bob, picker.screen) == "work_ended"
    assert bob.post(f"{picker.screen['href']}/note", text="x")["notice"]["code"] == "work_ended"


def test_work_that_cannot_go_on_is_left_instead(house: House, picker: Worker, bob: Worker) -> None:
    house.base.change(lambda session: session.run("UPDATE shipment SET state = 'cancelled'"))
    idle(house, 16)
    assert takes_over(bob, picker.screen) == "work_over"
    assert house.value("SELECT state FROM work") == "left"


def test_an_approval_does_not_pass_to_another(house: House, picker: Worker, bob: Worker) -> None:
    badge = house.person("Grace", "supervisor")["badge"]
    picker.scans(badge, "XROTHER")
    idle(house, 16)
    takes_over(bob, picker.screen)
    assert bob.scan(house.barcode("A-06")) == "fifo_older_available"


def test_goods_in_hand_are_still_to_be_put_down(house: House, ada: Worker) -> None:
    house.put("KETTLE", "DOCK-1", 6)
    ada.next("putaway")
    ada.scans("KETTLE", "XQ5")
    idle(house, 16)
    rob = house.worker("receiver", name="rob")
    assert takes_over(rob, ada.screen) == "work_taken_over"
    assert rob.screen["expects"] == ["location"]
    rob.finish()
    assert {place for _, place, _, _ in house.stock()} == {rob.screen["target"]["location"]["code"]}


def test_who_took_over_a_pick_does_not_check_it(house: House, picker: Worker, bob: Worker) -> None:
    """R-PACK-1: neither the one who began nor the one who went on, where another person could check it."""
    idle(house, 16)
    takes_over(bob, picker.screen)
    bob.finish()

    def offered(name: str) -> bool:
        person = house.value("SELECT id FROM person WHERE name = :name", name=name)
        by = house.by(now=now_us())
        return house.base.change(lambda session: next_shipment(session, by, but_picker_id=person)) is not None

    house.worker("packer", name="pat")
    assert [offered(name) for name in ("ada", "bob", "pat")] == [False, False, True]


def test_of_two_who_take_over_at_once_one_gets_it(house: House, picker: Worker, between: Callable[..., Any]) -> None:
    idle(house, 16)
    room, work_id = room_named("picking"), int(picker.screen["href"].rsplit("/", 1)[1])
    takers = [taker(house, name) for name in ("bob", "cy")]

    def first(session: Session, pause: Callable[[], None]) -> Answer:
        answer = take_over(session, takers[0], room, work_id)
        pause()
        return answer

    one, other = between(first, lambda session: take_over(session, takers[1], room, work_id))
    assert one.notice.code == "work_taken_over"
    assert isinstance(other, StillAtWork)
    assert "bob is still at work" in str(other)


def test_who_scans_while_another_takes_over_keeps_it(house: House, picker: Worker, between: Callable[..., Any]) -> None:
    idle(house, 16)
    room, work_id = room_named("picking"), int(picker.screen["href"].rsplit("/", 1)[1])
    owner = replace(taker(house, "zoe"), person_id=house.value("SELECT person_id FROM work"), key="ada-1")

    def scan(session: Session, pause: Callable[[], None]) -> Answer:
        answer = perform_scan(session, owner, room, work_id, code="KETTLE", step=picker.screen["step"])
        pause()
        return answer

    bob = taker(house, "bob")
    one, other = between(scan, lambda session: take_over(session, bob, room, work_id))
    assert one.notice.code == "picked"
    assert isinstance(other, StillAtWork)


def taker(house: House, name: str) -> By:
    """A picker as the actions know one."""
    house.worker("picker", name=name)
    person = house.value("SELECT id FROM person WHERE name = :name", name=name)
    return house.by(now=now_us(), person_id=person, name=name, key=f"{name}-1", roles=frozenset({"picker"}))


# ---------------------------------------------------------------- notes


def test_a_note_is_shown_to_the_next_person_not_to_its_author(house: House, picker: Worker, bob: Worker) -> None:
    step = picker.screen["step"]
    answer = picker.post(f"{picker.screen['href']}/note", text="  Half of A-02 is behind the pillar. <b>x</b> ")
    assert (answer["notice"]["code"], answer["screen"]["step"]) == ("note_left", step)
    assert "handover" not in answer["screen"]
    idle(house, 16)
    takes_over(bob, picker.screen)
    assert bob.screen["handover"] == "Half of A-02 is behind the pillar. <b>x</b>"
    bob.scans(house.barcode("A-02"))
    assert bob.screen["handover"], "it stays until the work is done"
    bob.post(f"{bob.screen['href']}/note", text="")
    assert "handover" not in bob.get(bob.screen["href"])["screen"]


def test_a_note_is_short_and_by_those_concerned(house: House, picker: Worker, bob: Worker) -> None:
    href = f"{picker.screen['href']}/note"
    assert picker.post(href, text="x" * 501)["notice"]["code"] == "note_too_long"
    assert picker.status == 422
    assert picker.post(href, text="x" * 500)["notice"]["code"] == "note_left"
    assert bob.post(href, text="mine")["notice"]["code"] == "work_of_another"
    assert house.value("SELECT note FROM work") == "x" * 500
    boss = house.worker("supervisor", name="boss")
    assert boss.post(href, text="Mind the step")["notice"]["code"] == "note_left"
    assert picker.get(picker.screen["href"])["screen"]["handover"] == "Mind the step"


# ---------------------------------------------------------------- the list


def listed(house: House, name: str, roles: frozenset[str]) -> list[OpenWork]:
    person = house.value("SELECT id FROM person WHERE name = :name", name=name)
    by = house.by(now=now_us(), person_id=person, roles=roles)
    return house.base.read(lambda session: open_work_of_others(session, by, room_named("picking")))


def test_a_rooms_entry_lists_what_others_have_begun(house: House, picker: Worker, bob: Worker) -> None:
    assert listed(house, "ada", frozenset({"picker"})) == []
    picker.post(f"{picker.screen['href']}/note", text="Back soon")
    picker.scans("KETTLE")
    idle(house, 7)
    found = listed(house, "bob", frozenset({"picker"}))
    assert [(each.name, each.href, each.idle_minutes, each.note, each.may_take) for each in found] == [
        ("ada", picker.screen["href"], 7, "Back soon", False)
    ]
    assert (found[0].title.params["number"], found[0].progress) == ("101", (0, 2))
    assert listed(house, "bob", frozenset({"supervisor"}))[0].may_take
    idle(house, 9)
    assert listed(house, "bob", frozenset({"picker"}))[0].may_take
    picker.finish()
    assert listed(house, "bob", frozenset({"picker"})) == []
