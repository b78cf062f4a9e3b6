"""What a screen offers: commands that make sense on it, reasons to choose from, names in two languages."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.floor import House, Worker
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.errors import Refusal
from warehouse.work.perform import perform_scan
from warehouse.work.rooms import room_named

OUT_OF_PLACE = {
    "not_expected", "unknown_code", "code_unreadable", "work_ended", "not_finished", "nothing_missing", "parcel_empty",
    "unknown_reason", "wrong_pin",
}  # fmt: skip


class TakenBack(Exception):  # noqa: N818 - the scan was tried, and nothing of it stays
    """Carries what a scan was answered with out of the change that is rolled back."""


def tried(house: House, screen: dict[str, Any], code: str) -> str | Refusal:
    """What a code would be answered with on a screen, or the refusal; nothing of it stays."""
    room, work_id = screen["href"].strip("/").split("/")
    person = house.value("SELECT person_id FROM work WHERE id = :id", id=int(work_id))
    by = house.by(now=now_us(), person_id=person, key=uuid.uuid4().hex, roles=frozenset({"supervisor"}), program=True)

    def scan(session: Session) -> None:
        answer = perform_scan(session, by, room_named(room), int(work_id), code=code, step=screen["step"])
        raise TakenBack(answer.notice.code if answer.notice else "")

    try:
        house.base.change(scan)
    except TakenBack as said:
        return str(said)
    except Refusal as refusal:
        return refusal
    raise AssertionError("a scan is answered or refused")


def answered(house: House, screen: dict[str, Any], code: str) -> str:
    """The notice's code that a scan would be answered with."""
    said = tried(house, screen, code)
    return said.code if isinstance(said, Refusal) else said


def refused(house: House, screen: dict[str, Any], code: str) -> str:
    """The text that a scan would be refused with; empty if it would be taken."""
    said = tried(house, screen, code)
    return str(said) if isinstance(said, Refusal) else ""


def screens(worker: Worker, badge: str) -> Iterator[dict[str, Any]]:
    """Every screen on the way through a piece of work, with the questions that can be laid over it."""
    for _ in range(100):
        assert worker.screen is not None
        yield worker.screen
        if worker.screen["done"]:
            return
        if "XXDAMAGE" in worker.screen["actions"]:
            worker.scans("XXDAMAGE")
            yield worker.screen
            worker.scans("XQ1")
            yield worker.screen
            worker.scans("XXBACK")
        worker.scans(badge)
        yield worker.screen
        worker.scans("XXBACK")
        worker.obey()
        assert worker.status == 200, worker.notice
    raise AssertionError("this work never ends")


def _picking(house: House) -> None:
    house.put("KETTLE", "A-01", 3)
    house.put("TEA", "A-02", 5, lot="L1", expiry="2099-01-01")
    house.put("CAMERA", "A-03", 1, serial="SN-1")
    house.order(("KETTLE", 3), ("TEA", 2), ("CAMERA", 1), note="Gift")


def _packing(house: House) -> None:
    house.base.change(lambda session: _second_station(session, house))
    _picking(house)
    house.worker("supervisor", name="pat").work("picking")


def _second_station(session: Session, house: House) -> None:
    from warehouse.catalog.locations import make_location

    for code, kind in (("PACK-2", "station"), ("DOCK-2", "dock")):
        make_location(session, house.id, code, kind=kind)


def _shipping(house: House) -> None:
    house.put("KETTLE", "A-01", 3)
    for _ in range(2):
        house.order(("KETTLE", 1))
    pat = house.worker("supervisor", name="pat")
    pat.work("picking")
    pat.work("packing")


def _receiving(house: House) -> None:
    house.base.change(lambda session: _second_station(session, house))
    house.purchase(("KETTLE", 6), ("TEA", 4), ("CAMERA", 2))


def _putaway(house: House) -> None:
    house.put("TEA", "DOCK-1", 5, lot="L1", expiry="2099-01-01")


def _replenishing(house: House) -> None:
    from warehouse.catalog.locations import refresh_pick_locations

    def mark(session: Session) -> None:
        session.run("UPDATE location SET pick_face = 1 WHERE code = 'A-01'")
        refresh_pick_locations(session, house.id)

    house.base.change(mark)
    house.put("TEA", "A-04", 5, lot="L1", expiry="2099-01-01")
    house.order(("TEA", 2))


def _clearing(house: House) -> None:
    from tests.clearing.asked import asks

    house.put("TEA", "A-01", 5, lot="L1", expiry="2099-01-01")
    asks(house, "return", "TEA")


READY = {
    "picking": _picking, "packing": _packing, "shipping": _shipping, "receiving": _receiving, "putaway": _putaway,
    "replenishing": _replenishing, "clearing": _clearing,
}  # fmt: skip


@pytest.mark.parametrize("room", READY)
def test_every_command_that_a_screen_offers_makes_sense_on_it(house: House, ada: Worker, room: str) -> None:
    badge = house.person("Grace", "supervisor")["badge"]
    READY[room](house)
    ada.next(room)
    for screen in screens(ada, badge):
        if screen["done"]:
            assert screen["actions"] == ([] if room == "shipping" else ["XXUNDO"])
        else:
            assert {"XXBACK", "XXHELP"} <= set(screen["actions"])
        assert len(set(screen["actions"])) == len(screen["actions"])
        for code in screen["actions"]:
            assert answered(house, screen, code) not in OUT_OF_PLACE, (screen["expects"], code)


def test_goods_without_papers_offer_what_can_be_done_with_them(house: House, ada: Worker) -> None:
    badge = house.person("Grace", "supervisor")["badge"]
    ada.next("receiving", code="XXSKIP")
    assert ada.screen["actions"] == ["XXDONE", "XXUNDO", "XXBACK", "XXHELP"]
    ada.scans("KETTLE")
    seen = []
    for code in ("", "XXDAMAGE", "XQ1", "XXBACK", "XQ5000", "XXOK", badge, "XXBACK", "XXDONE"):
        if code:
            ada.scans(code)
        seen.append(ada.screen["actions"][:2])
        for each in ada.screen["actions"]:
            assert answered(house, ada.screen, each) not in OUT_OF_PLACE, (code, each)
    assert ["XXOK", "XXBACK"] in seen, "an unusual quantity asks to be confirmed"


def test_the_first_commands_are_those_that_are_used_most(house: House, picker: Worker) -> None:
    assert picker.screen["actions"] == [
        "XXSHORT", "XXSKIP", "XXUNDO", "XXDAMAGE", "XXFULL", "XXBACK", "XXHELP",
    ]  # fmt: skip


def test_the_note_is_confirmed_first(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-01", 3)
    house.order(("KETTLE", 1), note="Gift")
    assert ada.next("picking")["actions"] == ["XXOK", "XXBACK", "XXHELP"]


# ---------------------------------------------------------------- reasons


@pytest.mark.parametrize("room", ["picking", "packing", "receiving", "putaway"])
def test_the_reasons_for_damage_are_those_that_are_set_up(house: House, ada: Worker, room: str) -> None:
    """R-RCV-2: whatever a warehouse calls them, the screen lists them, and each of them is taken."""
    house.base.change(
        lambda session: session.run(
            "INSERT INTO setting (warehouse_id, name, value) VALUES (:id, 'damage_reasons', '[\"TORN\", \"BENT\"]')",
            id=house.id,
        )
    )
    READY[room](house)
    ada.next(room)
    while "XXDAMAGE" not in ada.screen["actions"]:
        ada.obey()
    assert "choices" not in ada.screen
    ada.scans("XXDAMAGE", "XQ1")
    assert ada.screen["expects"] == ["reason"]
    assert ada.screen["choices"] == [
        {"code": "TORN", "barcode": "XRTORN"}, {"code": "BENT", "barcode": "XRBENT"},
    ]  # fmt: skip
    assert ada.screen["target"]["reason"]["barcode"] == "XRTORN"
    ada.scans("XRBENT")
    assert "choices" not in ada.screen


def test_an_override_lists_its_reasons_and_gives_the_question_back(house: House, picker: Worker) -> None:
    """A badge over the question about damage: first the one list, then again the other."""
    badge = house.person("Grace", "supervisor")["badge"]
    picker.scans("XXDAMAGE", "XQ1")
    damage = picker.screen["choices"]
    picker.scans(badge)
    assert [each["barcode"] for each in picker.screen["choices"]] == [
        "XRUNREACHABLE", "XRCUSTOMER_WISH", "XRRECALL_CHECK", "XROTHER",
    ]  # fmt: skip
    picker.scans("XROTHER")
    assert picker.screen["choices"] == damage


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("room", READY)
def test_an_item_has_its_name_in_both_languages(house: House, ada: Worker, room: str) -> None:
    house.base.change(lambda session: session.run("UPDATE item SET name_zh = '货品' || sku"))
    READY[room](house)
    ada.next(room)
    named = set()
    while not ada.screen["done"]:
        item = ada.screen["target"]["item"]
        if item:
            assert item["name_zh"] == "货品" + item["code"], item
            named.add(item["code"])
        ada.obey()
        assert ada.status == 200, ada.notice
    assert named or room == "shipping"


def test_an_item_without_a_chinese_name_has_none(house: House, picker: Worker) -> None:
    assert "name_zh" not in picker.screen["target"]["item"]
