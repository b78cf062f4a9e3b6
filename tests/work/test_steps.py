"""Steps, leases, undo, leaving: whose work it is and which screen is the current one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.floor import House, Worker
from warehouse.clock import MINUTE, now_us
from warehouse.work.perform import perform_next
from warehouse.work.pieces import LEASE
from warehouse.work.rooms import room_named

Effects = Callable[[], tuple[int, ...]]


def later(house: House, minutes: int) -> None:
    """Lets so many minutes pass for all leases."""
    house.base.change(lambda session: session.run("UPDATE work SET lease_until = lease_until - :t", t=minutes * MINUTE))


def work_of(house: House, worker: Worker) -> str:
    """The state of the work on this worker's screen."""
    return str(house.value("SELECT state FROM work WHERE id = :id", id=int(worker.screen["href"].rsplit("/", 1)[1])))


# ---------------------------------------------------------------- steps


def test_a_scan_for_an_older_screen_is_refused_with_the_current_one(picker: Worker, effects: Effects) -> None:
    """409: a second tab, a resumed device, another's change."""
    old = picker.screen
    assert picker.scan("KETTLE") == "picked"
    current, before = picker.screen, effects()
    picker.screen = old
    assert picker.scan("KETTLE") == "step_stale"
    assert picker.status == 409
    assert picker.screen == current
    assert effects() == before
    assert picker.scan("KETTLE") == "picked"


def test_a_step_that_never_was_is_stale(picker: Worker) -> None:
    for step in ("", "0", "zz", "\x00", "9" * 1000, "' OR '1'='1"):
        assert picker.scan("KETTLE", step=step) == "step_stale", step
        assert picker.status == 409


def test_two_tabs_of_one_person_show_one_piece_of_work(house: House, picker: Worker) -> None:
    """The second tab resumes the same work; what the first does makes its screen stale."""
    tab = Worker(house.app.test_client(), picker.token)
    assert tab.next("picking") == picker.screen
    assert picker.scan("KETTLE") == "picked"
    assert tab.scan("KETTLE") == "step_stale"
    assert tab.screen == picker.screen
    assert tab.scan("KETTLE") == "picked"
    assert house.value("SELECT count(*) FROM work") == 1


def test_looking_changes_nothing(picker: Worker, effects: Effects) -> None:
    before = effects()
    for _ in range(3):
        assert picker.get(picker.screen["href"])["screen"] == picker.screen
    assert effects() == before


# ---------------------------------------------------------------- whose work


def test_work_is_taken_once_and_resumed(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    first = ada.next("picking")
    assert ada.notice["code"] == "work_taken"
    assert ada.next("picking") == first
    assert ada.notice["code"] == "work_resumed"
    assert house.worker("picker").next("picking") is None


def test_nobody_scans_on_anothers_work_or_sees_it(house: House, picker: Worker, effects: Effects) -> None:
    bob = house.worker("picker", name="bob")
    bob.screen, before = picker.screen, effects()
    answer = bob.post(picker.screen["scan"]["href"], code="KETTLE", **picker.screen["scan"]["fields"])
    assert (bob.status, answer["notice"]["code"], answer["screen"]) == (422, "work_of_another", None)
    assert bob.get(picker.screen["href"])["notice"]["code"] == "not_found"
    assert bob.status == 404
    assert effects() == before


def test_work_that_does_not_exist_is_not_found(picker: Worker) -> None:
    for number in ("7", "0", str(2**63 - 1), "9" * 26):
        assert picker.get(f"/picking/{number}")["notice"]["code"] in {"not_found", "bad_request"}
        assert picker.status == 404
        answer = picker.post(f"/picking/{number}/scan", code="KETTLE", step="1")
        assert picker.status == 404
        assert answer["screen"] is None


def test_work_of_another_warehouse_is_not_found(house: House, picker: Worker) -> None:
    house.base.change(lambda session: session.run("UPDATE work SET warehouse_id = 7"))
    assert picker.get(picker.screen["href"])["notice"]["code"] == "not_found"
    house.base.change(lambda session: session.run("UPDATE work SET warehouse_id = :id", id=house.id))


# ---------------------------------------------------------------- leases


def test_a_proposal_lapses_after_15_minutes_without_an_act(house: House, ada: Worker) -> None:
    """What a screen proposes is held for that person until 15 minutes pass without an act."""
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    shown = ada.next("picking")
    bob = house.worker("picker", name="bob")
    later(house, 14)
    assert bob.next("picking") is None
    later(house, 2)
    taken = bob.next("picking")
    assert taken is not None
    assert taken["title"] == shown["title"]
    ada.screen = shown
    assert ada.obey() == "step_stale"
    assert ada.screen["done"]
    assert ada.next("picking") is None


def test_asking_again_is_an_act_that_keeps_the_proposal(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    ada.next("picking")
    later(house, 14)
    ada.next("picking")
    later(house, 14)
    assert house.worker("picker").next("picking") is None
    assert ada.obey() == "tote_ready"


def test_a_look_at_the_help_keeps_the_proposal(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    ada.next("picking")
    later(house, 14)
    assert ada.scan("XXHELP") == "help"
    later(house, 14)
    assert house.worker("picker").next("picking") is None


def test_begun_work_stays_theirs(house: House, picker: Worker) -> None:
    """R-STN-2: idle for hours, it is still theirs."""
    later(house, 600)
    assert house.worker("picker").next("picking") is None
    assert picker.scan("KETTLE") == "picked"


def test_a_lease_lasts_15_minutes() -> None:
    assert LEASE == 15 * MINUTE


def test_two_ask_for_what_has_lapsed_and_one_gets_it(house: House, ada: Worker, between) -> None:
    """Both find the same lapsed proposal at once: one gets it, and nobody an error."""
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    ada.next("picking")
    later(house, 16)
    room = room_named("picking")
    people = house.base.change(lambda session: [_person(session, name) for name in ("bob", "cy")])

    def ask(session, person: int, key: str):
        by = house.by(now=now_us(), person_id=person, key=key, roles=frozenset({"picker"}))
        return perform_next(session, by, room)

    def first(session, pause):
        answer = ask(session, people[0], "one")
        pause()
        return answer

    one, other = between(first, lambda session: ask(session, people[1], "other"))
    assert one.screen is not None, one
    assert other is None or other.screen is None, "nothing, or asked to ask again"


def test_the_owner_scans_while_another_asks_for_what_has_lapsed(house: House, ada: Worker, between) -> None:
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    ada.next("picking")
    later(house, 16)
    person = house.base.change(lambda session: _person(session, "bob"))
    room = room_named("picking")
    by = house.by(now=now_us(), person_id=person, key="bob-1", roles=frozenset({"picker"}))

    def owner(session, pause):
        session.run("UPDATE work SET lease_until = :t, revision = revision + 1, begun = 1", t=now_us() + LEASE)
        pause()

    _, answer = between(owner, lambda session: perform_next(session, by, room))
    assert not isinstance(answer, Exception), answer
    assert answer is None or answer.screen is None
    assert work_of(house, ada) == "open"


def _person(session, name: str) -> int:
    from warehouse.ids import new_id

    made = new_id(session)
    session.run(
        "INSERT INTO person (id, name, kind, roles, made_at) VALUES (:id, :name, 'program', 'picker', 0)",
        id=made, name=name,
    )  # fmt: skip
    return made


# ---------------------------------------------------------------- leaving, help


def test_what_was_only_proposed_is_left_to_others(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    ada.next("picking")
    assert ada.scan("XXBACK") == "work_left"
    assert ada.screen["done"]
    assert ada.scan("KETTLE") == "work_ended"
    assert ada.status == 422
    assert ada.scan("XXUNDO") == "work_ended"
    assert house.worker("picker").next("picking") is not None


def test_begun_work_is_kept_when_one_goes_away(house: House, picker: Worker) -> None:
    assert picker.scan("XXBACK") == "work_kept"
    assert not picker.screen["done"]
    assert house.worker("picker").next("picking") is None
    assert picker.next("picking")["expects"] == ["item"]


def test_a_question_is_dropped_by_going_back(house: House, picker: Worker, effects: Effects) -> None:
    assert picker.scan("XXDAMAGE") == "damage_how_many"
    assert picker.scan("XXBACK") == "question_dropped"
    assert picker.screen["expects"] == ["item"]


def test_help_says_what_is_expected(picker: Worker) -> None:
    assert picker.scan("XXHELP") == "help"
    assert "item" in picker.notice["text"]
    assert picker.screen["expects"] == ["item"]


# ---------------------------------------------------------------- undo


def test_undo_takes_back_steps_and_postings_one_by_one(house: House, picker: Worker) -> None:
    picker.scan("KETTLE")
    assert picker.scan("XXUNDO") == "undone"
    assert picker.screen["expects"] == ["item"]
    assert picker.scan("XXUNDO") == "undone"
    assert picker.screen["expects"] == ["location"]
    assert picker.scan("XXUNDO") == "undone"
    assert picker.screen["expects"] == ["container"]
    assert picker.scan("XXUNDO") == "nothing_to_undo"
    assert picker.status == 422


def test_undo_on_the_done_screen_opens_the_work_again(house: House, picker: Worker) -> None:
    picker.finish()
    assert picker.scan("XXUNDO") == "undone"
    assert not picker.screen["done"]
    assert picker.finish()[-1][0] in {"quantity", "item"}


def test_undo_waits_while_other_work_is_open(house: House, picker: Worker) -> None:
    picker.finish()
    done = picker.screen
    house.order(("KETTLE", 1))
    assert picker.next("picking") is not None
    picker.screen = done
    assert picker.scan("XXUNDO") == "other_work_open"
    assert picker.status == 422


def test_undo_is_refused_when_the_goods_have_gone_on(house: House, picker: Worker) -> None:
    """R-LED-1: and then nothing at all is changed."""
    picker.finish()
    house.base.change(lambda session: session.run("UPDATE shipment SET state = 'packing'"))
    before = house.stock()
    assert picker.scan("XXUNDO") == "too_late_to_undo"
    assert house.stock() == before


# ---------------------------------------------------------------- who may


def test_only_people_of_the_right_role_work_in_a_room(house: House, picker: Worker, effects: Effects) -> None:
    """R-PUT-5, R-SEC-1."""
    packer = house.worker("packer", "counter", name="pat")
    before = effects()
    answer = packer.post("/picking/next")
    assert (packer.status, answer["notice"]["code"]) == (403, "forbidden")
    assert "picker" in answer["notice"]["text"]
    assert packer.post(picker.screen["scan"]["href"], code="KETTLE", step="1")["notice"]["code"] == "forbidden"
    assert packer.get(picker.screen["href"])["notice"]["code"] == "forbidden"
    rooms = {room["room"] for room in packer.get("/floor")["rooms"]}
    assert "picking" not in rooms
    assert "picking" in {room["room"] for room in picker.get("/floor")["rooms"]}
    assert effects() == before


def test_without_a_valid_token_nobody_is_heard(picker: Worker, effects: Effects) -> None:
    before = effects()
    for header in ("", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"):
        headers = {"Authorization": header.format(token=picker.token), "Accept": "application/json"}
        for path in ("/picking/next", picker.screen["scan"]["href"]):
            answer = picker.client.post(path, data={"key": "k", "code": "KETTLE"}, headers=headers)
            assert answer.status_code == 401, header
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.get_json()["notice"]["code"] == "not_signed_in"
        assert picker.client.get("/floor", headers=headers).status_code == 401
    assert effects() == before


@pytest.mark.parametrize("how", ["token SET revoked_at = 1", "person SET active = 0"])
def test_a_revoked_token_is_no_longer_heard(house: House, picker: Worker, how: str) -> None:
    assert picker.scan("KETTLE") == "picked"
    house.base.change(lambda session: session.run(f"UPDATE {how}"))
    assert picker.scan("KETTLE") == "not_signed_in"
    assert picker.status == 401
