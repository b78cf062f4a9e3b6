"""Page and scanner of a desk at one instant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from tests.floor import House
from tests.hands import interleave
from tests.stations.desks import Agent, DeskPage
from warehouse.db import Session
from warehouse.stations import actions
from warehouse.stations.rules import Sent
from warehouse.who import By


def by_agent(house: House) -> By:
    return house.by(station_id=house.places["DOCK-1"], roles=frozenset({"station"}), device="token:agent")


def test_a_page_that_is_opened_while_a_scan_is_done_gets_its_own_work(house: House) -> None:
    """The scan is looked at anew: it never leaves the desk on work that its page does not show."""
    house.purchase(("KETTLE", 4))
    rosa = DeskPage(house, "receiver", name="Rosa")
    rosa.open("DOCK-1")
    agent = Agent.at(house, "DOCK-1")
    agent.scans("PO-1")
    station_id, session_hash = house.places["DOCK-1"], house.value("SELECT session FROM station")
    tell = actions._tell

    def scan(session: Session, pause: Callable[[], None]) -> object:
        def paused(*args: object, **more: object) -> None:
            pause()
            tell(*args, **more)  # type: ignore[arg-type]

        with patch.object(actions, "_tell", paused):
            return actions.hear(session, by_agent(house), Sent("k-1", "KETTLE"))

    def opens(session: Session) -> None:
        by = house.by(station_id=station_id, credential=session_hash, person_id=7, roles=frozenset({"receiver"}))
        actions.here(session, by, page="new", href="/putaway", step="", done=False, news="-1")

    interleave(house.base, scan, opens)
    row = house.base.read(lambda session: session.one("SELECT page, open_room, work_id FROM station"))
    booked = sum(house.stock("KETTLE").values())
    if row.page == "new":
        assert (row.open_room, row.work_id) == ("putaway", 0), "the desk stands on what its page shows"
    assert booked <= 1


def test_one_scan_that_arrives_eight_times_at_once_is_done_once(house: House) -> None:
    """An agent that lost its answers and a link that doubles."""
    house.purchase(("KETTLE", 9))
    rosa = DeskPage(house, "receiver", name="Rosa")
    rosa.open("DOCK-1")
    agent = Agent.at(house, "DOCK-1")
    agent.scans("PO-1")
    others = [Agent(house, agent.token) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: each.scan("KETTLE", key="the-same"), others))
    assert {each.status for each in others} <= {200, 409}
    assert sum(house.stock("KETTLE").values()) == 1
    assert house.value("SELECT count(*) FROM act WHERE key = 'the-same'") == 1


def test_scans_of_two_scanners_at_one_desk_are_each_done_once(house: House) -> None:
    """Two agents on one desk: every scan is taken, or told to be stale; none is lost without a word."""
    house.purchase(("KETTLE", 100))
    rosa = DeskPage(house, "receiver", name="Rosa")
    rosa.open("DOCK-1")
    first = Agent.at(house, "DOCK-1")
    first.scans("PO-1")
    hands = [Agent(house, first.token) for _ in range(4)]

    def scans(agent: Agent) -> int:
        taken = 0
        for _ in range(5):
            agent.scan("KETTLE")
            assert agent.status in {200, 409}
            taken += agent.status == 200
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(scans, hands))
    assert sum(house.stock("KETTLE").values()) == taken
