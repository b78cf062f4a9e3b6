"""A desk with a serial scanner, as a storekeeper would tell it."""

from __future__ import annotations

import uuid
from unittest.mock import patch

import pytest

from tests.floor import House
from tests.office.browsing import Desk as Office
from tests.stations.desks import Agent, DeskPage, at_desk
from warehouse import clock
from warehouse.catalog.locations import make_location
from warehouse.stations import actions
from warehouse.work.at_station import PAGE_HELD


@pytest.fixture
def agent(house: House) -> Agent:
    return Agent.at(house, "DOCK-1")


@pytest.fixture
def rosa(house: House) -> DeskPage:
    """A receiver whose page is open at the dock."""
    page = DeskPage(house, "receiver", name="Rosa")
    page.open("DOCK-1")
    return page


def acts(house: House) -> list[tuple[str, str, str]]:
    """Who did what on which device."""
    rows = house.base.read(lambda session: session.all(
        "SELECT p.name, a.device, a.code FROM act a JOIN person p ON p.id = a.person_id WHERE a.via = 'serial' ORDER BY a.id"
    ))  # fmt: skip
    return [tuple(row) for row in rows]


def test_a_receipt_is_worked_by_the_desks_scanner_alone(house: House, agent: Agent, rosa: DeskPage) -> None:
    """R-SCAN-1: each scan of the serial scanner is one act of the person at the page, on the screen that stands there."""
    house.purchase(("KETTLE", 2), ("TEA", 1))
    assert agent.scan("XXOK") == "work_taken"
    assert agent.scan("PO-1") == "receipt_opened"
    assert agent.answer["screen"]["expects"] == ["item"]
    agent.scans("KETTLE", "KETTLE", "TEA")
    agent.scans("L-77", "XE20271231")
    assert agent.answer["screen"]["done"]
    assert house.stock("KETTLE")[("KETTLE", "DOCK-1", "", "")] == 2
    assert {(name, device) for name, device, _ in acts(house)} == {("Rosa", "station:DOCK-1")}
    assert rosa.shown()["screen"]["done"]


def test_the_page_shows_what_the_scanner_was_told(house: House, agent: Agent, rosa: DeskPage) -> None:
    """R-SCAN-2: a wrong code changes nothing; tone and page say so."""
    house.purchase(("KETTLE", 2))
    agent.scans("XXOK", "PO-1")
    assert agent.scan("CAMERA") == "not_on_order"
    assert agent.status == 422
    shown = rosa.shown()
    assert shown["notice"] == agent.notice
    assert shown["screen"]["progress"]["done"] == 0
    assert "Camera" in rosa.fragment() or "CAMERA" in rosa.fragment()
    agent.scans("KETTLE")
    assert rosa.shown()["notice"]["level"] == "ok"


def test_a_scan_at_an_open_room_begins_the_work_that_it_names(house: House, agent: Agent, rosa: DeskPage) -> None:
    """A paper scanned at a desk where nothing is begun takes the next work and is a scan on it."""
    house.purchase(("KETTLE", 1))
    assert agent.scan("PO-1") == "receipt_opened"
    agent.scans("KETTLE")
    assert agent.answer["screen"]["done"]
    house.purchase(("KETTLE", 1), number="PO-2")
    assert agent.scan("PO-2") == "receipt_opened"
    assert rosa.shown()["screen"]["target"]["item"]["code"] == "KETTLE"


def test_no_page_open_is_refused_aloud(house: House, agent: Agent) -> None:
    """Nobody works there: the scan is booked on nobody."""
    house.purchase(("KETTLE", 1))
    assert agent.scan("PO-1") == "no_page_open"
    assert agent.status == 422
    assert "DOCK-1" in agent.notice["text"]
    assert acts(house) == []


def test_a_page_that_was_closed_takes_no_scans(house: House, agent: Agent, rosa: DeskPage) -> None:
    house.purchase(("KETTLE", 1))
    agent.scans("PO-1")
    rosa.post("/stations/away", page=rosa.page)
    later = clock.now_us() + actions.AWAY + 1
    with patch("warehouse.web.identity.now_us", lambda: later):
        assert agent.scan("KETTLE") == "no_page_open"
    assert house.stock("KETTLE") == {}


def test_a_page_that_was_never_heard_of_again_takes_no_scans(house: House, agent: Agent, rosa: DeskPage) -> None:
    """A computer that lost its power."""
    house.purchase(("KETTLE", 1))
    agent.scans("PO-1")
    later = clock.now_us() + PAGE_HELD + clock.SECOND
    with patch("warehouse.web.identity.now_us", lambda: later):
        assert agent.scan("KETTLE") == "no_page_open"


def test_who_is_signed_out_gets_no_more_scans(house: House, agent: Agent, rosa: DeskPage) -> None:
    house.purchase(("KETTLE", 2))
    agent.scans("PO-1", "KETTLE")
    rosa.post("/logout")
    assert agent.scan("KETTLE") == "no_page_open"
    assert house.stock("KETTLE")[("KETTLE", "DOCK-1", "", "")] == 1


def test_an_answer_that_was_lost_is_given_again(house: House, agent: Agent, rosa: DeskPage) -> None:
    """R-STN-1: the agent repeats with the same key until it is answered; the scan counts once."""
    house.purchase(("KETTLE", 5))
    agent.scans("PO-1")
    key = uuid.uuid4().hex
    first = agent.scan("KETTLE", key=key)
    told = agent.notice
    assert agent.scan("KETTLE", key=key) == first
    assert agent.replayed
    assert agent.notice == told
    assert house.stock("KETTLE")[("KETTLE", "DOCK-1", "", "")] == 1
    assert agent.scan("TEA", key=key) == "key_reused"


def test_a_repeat_of_the_last_scan_of_a_receipt_begins_no_other_work(
    house: House, agent: Agent, rosa: DeskPage
) -> None:
    """The answer to the scan that ended the work was lost; the page stands on the next one by now."""
    house.purchase(("KETTLE", 1))
    house.purchase(("KETTLE", 3), number="PO-2")
    agent.scans("PO-1")
    key = uuid.uuid4().hex
    agent.scan("KETTLE", key=key)
    rosa.next("receiving")
    agent.scans("PO-2")
    assert agent.scan("KETTLE", key=key) == "receipt_complete"
    assert agent.replayed
    assert sum(house.stock("KETTLE").values()) == 1


def test_a_repeated_ok_takes_one_piece_of_work(house: House, agent: Agent, rosa: DeskPage) -> None:
    house.purchase(("KETTLE", 1))
    key = uuid.uuid4().hex
    assert agent.scan("XXOK", key=key) == "work_taken"
    assert agent.scan("XXOK", key=key) == "work_taken"
    assert agent.replayed
    assert rosa.shown()["screen"]["expects"] == ["document"]


def test_page_and_scanner_take_turns_on_one_screen(house: House, agent: Agent, rosa: DeskPage) -> None:
    """A button of the page between two scans of the scanner: each goes with the screen as it then is."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1", "KETTLE")
    screen = rosa.shown()["screen"]
    rosa.post(screen["scan"]["href"], code="XXUNDO", **screen["scan"]["fields"])
    assert rosa.status == 200
    agent.scans("KETTLE", "XQ3")
    assert agent.answer["screen"]["done"]
    assert house.stock("KETTLE")[("KETTLE", "DOCK-1", "", "")] == 4


def test_work_that_went_on_elsewhere_is_looked_at_first(house: House, agent: Agent, rosa: DeskPage) -> None:
    """The screen at the desk is old: the scan is not booked on what nobody has seen; then it goes on."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    handheld = house.app.test_client()
    elsewhere = DeskPage.__new__(DeskPage)
    elsewhere.__dict__.update(rosa.__dict__ | {"browser": handheld, "page": ""})
    elsewhere.sign_in()
    screen = elsewhere.next("receiving")
    elsewhere.post(screen["scan"]["href"], code="KETTLE", **screen["scan"]["fields"])
    assert elsewhere.status == 200
    assert agent.scan("KETTLE") == "step_stale"
    assert agent.status == 409
    assert agent.scan("KETTLE") != "step_stale"
    assert agent.status == 200
    assert house.stock("KETTLE")[("KETTLE", "DOCK-1", "", "")] == 2


def test_scans_made_before_a_refusal_was_heard_are_not_booked(house: House, agent: Agent, rosa: DeskPage) -> None:
    """What waited behind a refused scan was meant for another screen; it is shown, to be scanned again."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    agent.scan("CAMERA", key="first")
    assert agent.scan("KETTLE", behind="first") == "scanned_behind"
    assert "KETTLE" in rosa.shown()["notice"]["text"]
    assert house.stock("KETTLE") == {}


def test_a_scan_made_before_this_person_came_is_not_theirs(house: House, agent: Agent) -> None:
    """The network was away over a change of hands: what the one before scanned is not booked on the next."""
    house.purchase(("KETTLE", 4))
    li = DeskPage(house, "receiver", name="Li")  # signed in long before
    bo = DeskPage(house, "receiver", name="Bo")
    bo.open("DOCK-1")
    made = agent.ago(0)
    bo.post("/stations/leave")
    li.open("DOCK-1")
    assert agent.scan("PO-1", occurred_at=made, sent_at=agent.ago(-4)) == "scanned_for_another"
    assert agent.scan("PO-1") == "receipt_opened"
    wrong_clock = "2031-01-01T10:00:00+00:00"
    assert agent.scan("KETTLE", occurred_at=wrong_clock, sent_at=wrong_clock) != "scanned_for_another"
    assert agent.status == 200


def test_what_was_typed_because_no_tone_came_is_not_booked_twice(house: House, agent: Agent, rosa: DeskPage) -> None:
    """The link was cut, the person went on at the page; what waited in the spool is told, not booked."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1", "KETTLE")
    house.base.change(lambda session: session.run("UPDATE station SET taken_at = 0"))
    screen = rosa.shown()["screen"]
    rosa.post(screen["scan"]["href"], code="KETTLE", **screen["scan"]["fields"])
    assert agent.scan("KETTLE", occurred_at=agent.ago(12)) == "scanned_before_page"
    assert "12" in rosa.shown()["notice"]["text"]
    assert sum(house.stock("KETTLE").values()) == 2


def test_scans_that_waited_are_booked_where_nothing_was_done_meanwhile(
    house: House, agent: Agent, rosa: DeskPage
) -> None:
    """R-STN-1: a network gap loses nothing; the book says when it was done."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    house.base.change(lambda session: session.run("UPDATE station SET taken_at = 0, acted_at = 0"))
    agent.scan("KETTLE", occurred_at=agent.ago(3600))
    assert agent.status == 200
    row = house.base.read(lambda session: session.one("SELECT occurred_at, recorded_at FROM act WHERE code = 'KETTLE'"))
    assert row.recorded_at - row.occurred_at >= 3599 * clock.SECOND


def test_a_scan_of_another_desk_is_not_booked_here(house: House, agent: Agent, rosa: DeskPage) -> None:
    """The computer was carried to another desk and enrolled there, with scans in its spool."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    assert agent.scan("KETTLE", station="DOCK-9") == "scanned_elsewhere"
    assert "DOCK-9" in agent.notice["text"]
    agent.scan("KETTLE", station="DOCK-1")
    assert agent.status == 200


def test_a_role_taken_away_makes_no_desk_deaf(house: House, agent: Agent, rosa: DeskPage) -> None:
    """What is wrong with the person or their page is an answer about the scan: the agent goes on."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    house.base.change(lambda session: session.run("UPDATE person SET roles = 'picker' WHERE name = 'Rosa'"))
    assert agent.scan("KETTLE") == "forbidden"
    assert agent.status == 422
    assert rosa.shown()["notice"]["code"] == "forbidden"
    rosa.here("/picking/123456")
    assert agent.scan("KETTLE") == "not_found"
    assert agent.status == 422


def test_a_desk_is_for_those_who_may_work_its_room(house: House) -> None:
    picker = DeskPage(house, "picker")
    assert picker.post("/stations/mine", station="PACK-1")["notice"]["code"] == "not_your_room"
    page = picker.browser.get("/stations/mine", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "PACK-1" not in page


def test_one_person_at_a_desk(house: House, agent: Agent, rosa: DeskPage) -> None:
    """R-STN-2: another one is told who works there; a supervisor may take the desk; the scans are theirs then."""
    house.purchase(("KETTLE", 4))
    other = DeskPage(house, "receiver", name="Otto")
    assert other.post("/stations/mine", station="DOCK-1")["notice"]["code"] == "station_taken"
    assert "Rosa" in other.answer["notice"]["text"]
    assert other.post("/stations/mine", station="DOCK-1", take="1")["notice"]["code"] == "station_taken"
    boss = DeskPage(house, "supervisor", name="Bea")
    boss.open("DOCK-1", take="1")
    assert agent.scan("PO-1") == "receipt_opened"
    assert acts(house)[0][0] == "Bea"
    assert rosa.here("/receiving")["notice"]["code"] == "no_desk"


def test_two_pages_of_one_person_the_last_one_has_the_desk(house: House, agent: Agent, rosa: DeskPage) -> None:
    """One page holds the desk: a scan goes to the screen that was opened last, never to two."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    second = DeskPage.__new__(DeskPage)
    second.__dict__.update(rosa.__dict__)
    state = second.here("/putaway")
    assert state["page"] == second.page
    agent.scan("KETTLE")
    assert agent.status == 422, "nothing is to be put away by this scan"
    assert house.stock("KETTLE") == {}
    work = rosa.next("receiving")
    state = rosa.here(work["href"], work["step"])
    assert state["page"] == rosa.page
    agent.scans("KETTLE")
    assert sum(house.stock("KETTLE").values()) == 1


def test_codes_that_lead_elsewhere_are_obeyed_by_the_page(house: House, agent: Agent, rosa: DeskPage) -> None:
    """Until the page has gone nothing is booked on what it leaves; unknown codes are told at the scanner."""
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    assert agent.scan("XXPUTAWAY") == "passed_to_page"
    assert agent.scan("KETTLE") == "page_is_leaving"
    assert house.stock("KETTLE") == {}
    assert rosa.here("/floor")["passed"] == ""
    assert agent.scan("NOBODY-KNOWS") == "unknown_code"
    assert agent.scan("KETTLE") == "passed_to_page"
    state = rosa.post("/stations/here", page=rosa.page, href="/floor", news="0")
    assert state["passed"] == "KETTLE"
    state = rosa.post("/stations/here", page=rosa.page, href="/floor", news=str(state["news"]))
    assert state["passed"] == "", "the page is still there, and has done it"


def test_signing_out_by_the_scanner_does_not_wait_for_the_page(house: House, agent: Agent, rosa: DeskPage) -> None:
    house.purchase(("KETTLE", 4))
    agent.scans("PO-1")
    assert agent.scan("XXLOCK") == "passed_to_page"
    assert agent.scan("KETTLE") == "no_page_open"
    assert rosa.browser.get("/receiving", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("code", ["XXHELP", "XQ5", "XXDONE"])
def test_a_command_without_work_says_how_to_begin(house: House, agent: Agent, rosa: DeskPage, code: str) -> None:
    house.purchase(("KETTLE", 4))
    assert agent.scan(code) == "nothing_begun"
    assert house.value("SELECT count(*) FROM work") == 0


@pytest.mark.parametrize(
    "body",
    [{"key": "\ud800", "code": "A"}, {"key": "", "code": "A"}, {"key": "k", "code": "\ud800"}, {"key": "k"}, {}],
)
def test_nonsense_from_an_agent_is_refused_whole(
    house: House, agent: Agent, rosa: DeskPage, body: dict[str, str]
) -> None:
    house.purchase(("KETTLE", 4))
    agent.post("/stations/scan", body)
    assert agent.status == 422
    agent.post("/stations/hello", {"scanners": [{"port": "\ud800"}, 7, None]})
    assert agent.status == 200
    deep = agent.client.post(
        "/stations/hello", data="[" * 60_000, content_type="application/json",
        headers={"Authorization": f"Bearer {agent.token}"},
    )  # fmt: skip
    assert deep.status_code == 200
    late = rosa.browser.get(f"/stations/feed?page={rosa.page}", headers={"Last-Event-ID": "9" * 5000})
    assert late.status_code == 200
    late.close()


def test_what_the_scanner_garbled_is_told_with_its_probable_cause(house: House, agent: Agent, rosa: DeskPage) -> None:
    assert agent.scan("\x12\x13", error="line_settings", hint="7E1") == "not_read"
    assert "8N1" in rosa.shown()["notice"]["text"]
    assert agent.scan("", error="something new") == "not_read"


def test_a_program_at_a_desk_holds_it_by_its_acts(house: House, agent: Agent) -> None:
    """`token add --station`: a program's open work is what the desk's scanner scans on."""
    house.purchase(("KETTLE", 3))
    robot = at_desk(house, "DOCK-1", "receiver")
    robot.next("receiving")
    agent.scans("PO-1", "KETTLE", "XQ2")
    assert robot.get(robot.screen["href"])["screen"]["done"]


def test_a_desk_tells_the_room_where_it_is(house: House, agent: Agent) -> None:
    """At a desk the dock or packing place is not asked, however many there are."""
    house.places["DOCK-2"] = house.base.change(lambda session: make_location(session, house.id, "DOCK-2", kind="dock"))
    house.purchase(("KETTLE", 1))
    robot = at_desk(house, "DOCK-2", "receiver")
    robot.next("receiving")
    robot.scans("PO-1", "KETTLE")
    assert house.stock("KETTLE") == {("KETTLE", "DOCK-2", "", ""): 1}


def test_only_an_agent_scans_for_a_desk(house: House, rosa: DeskPage) -> None:
    """R-SEC-1: neither a person nor another program posts as the scanner, and an agent does nothing else."""
    assert rosa.post("/stations/scan", code="PO-1")["notice"]["code"] == "forbidden"
    robot = at_desk(house, "DOCK-1", "receiver")
    robot.post("/stations/scan", code="PO-1")
    assert robot.status == 403
    agent = Agent.at(house, "DOCK-1")
    agent.post("/receiving/next", {"key": "k"})
    assert agent.status == 403


def test_an_agent_enrols_once_with_a_code_and_can_be_sent_away(house: House, rosa: DeskPage) -> None:
    """The code works once; a second agent sends the first away; revoked, its scans are not taken."""
    office = Office(house, "supervisor")
    station = house.places["DOCK-1"]
    page = office.post(f"/stations/{station}/code")
    code = page.partition(" enrol --server ")[2].split()[1].partition("<")[0]
    stranger = house.app.test_client()
    given = stranger.post("/stations/enrol", json={"code": code.lower()}).get_json()
    assert given["station"] == "DOCK-1"
    assert stranger.post("/stations/enrol", json={"code": code}).status_code == 401
    house.purchase(("KETTLE", 3))
    first = Agent(house, given["token"])
    first.post("/stations/hello", {"scanners": [{"port": "/dev/ttyACM0", "open": True}]})
    assert first.scan("PO-1") == "receipt_opened"
    assert "ready" in office.get("/stations")
    first.post("/stations/hello", {"scanners": [{"port": "/dev/ttyACM0", "open": False}]})
    assert "unplugged" in office.get("/stations")
    code = office.post(f"/stations/{station}/code").partition(" enrol --server ")[2].split()[1].partition("<")[0]
    second = Agent(house, stranger.post("/stations/enrol", json={"code": code}).get_json()["token"])
    first.scan("KETTLE")
    assert first.status == 401
    second.scans("KETTLE")
    second.post("/stations/hello", {"scanners": [{"port": "/dev/ttyACM0", "open": False, "busy": True}]})
    assert "another program" in office.get("/stations")
    office.post(f"/stations/{station}/revoke")
    second.scan("KETTLE")
    assert second.status == 401
    assert "another program" not in office.get("/stations")
    assert house.value("SELECT count(*) FROM token WHERE hash = :t OR hash = :u", t=given["token"], u=code) == 0


def test_codes_are_not_guessed(house: House) -> None:
    stranger = house.app.test_client()
    answers = [stranger.post("/stations/enrol", json={"code": f"AAAAA{n:05d}"}).status_code for n in range(35)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_the_desks_computer_stays_at_its_desk(house: House, agent: Agent, rosa: DeskPage) -> None:
    """At a change of shift the next person signs in on the same computer and goes on scanning."""
    house.purchase(("KETTLE", 2))
    rosa.post("/logout")
    mia = DeskPage(house, "receiver", name="Mia", browser=rosa.browser)
    mia.here("/receiving")
    assert mia.status == 200
    agent.scans("PO-1")
    assert acts(house)[0][0] == "Mia"


def test_which_room_a_desk_works_is_chosen(house: House, rosa: DeskPage) -> None:
    office = Office(house, "supervisor")
    office.post(f"/stations/{house.places['PACK-1']}/room", room="shipping")
    assert "Shipping" in office.notice()
    packer = DeskPage(house, "packer")
    assert packer.post("/stations/mine", station="PACK-1")["href"] == "/shipping"
    assert rosa.post("/stations/mine", station="NOWHERE")["notice"]["code"] == "no_station"


def test_the_desks_are_listed_on_the_floor(house: House, rosa: DeskPage) -> None:
    page = rosa.browser.get("/stations/mine", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "DOCK-1" in page
    assert "Leave the desk" in page
    rosa.post("/stations/leave")
    assert rosa.here("/receiving")["notice"]["code"] == "no_desk"


def test_a_program_takes_no_desk_from_a_person(house: House, agent: Agent, rosa: DeskPage) -> None:
    """The person at the page goes on getting the scans of their desk."""
    house.purchase(("KETTLE", 3))
    house.purchase(("TEA", 3), number="PO-2")
    agent.scans("PO-1")
    robot = at_desk(house, "DOCK-1", "receiver")
    robot.next("receiving")
    agent.scans("KETTLE")
    assert acts(house)[-1][0] == "Rosa"
