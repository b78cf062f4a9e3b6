"""The live feed: it tells a page to fetch itself again, at once and after it was cut off, and knows its limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.devices.desk import until
from tests.floor import House
from tests.stations.desks import Agent, DeskPage
from warehouse.clock import now_us
from warehouse.stations import feed as feeds
from warehouse.stations.queries import present, station


@pytest.fixture
def rosa(house: House) -> DeskPage:
    page = DeskPage(house, "receiver", name="Rosa")
    page.open("DOCK-1")
    return page


def listen(page: DeskPage, last: str = "") -> Any:
    """The feed of a page; its answer is read as it comes."""
    headers = {"Last-Event-ID": last} if last else {}
    return page.browser.get(f"/stations/feed?page={page.page}", headers=headers, buffered=False)


def events(answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of a feed: name and data."""
    for part in answer.response:
        text = part.decode() if isinstance(part, bytes) else part
        lines = dict(line.split(": ", 1) for line in text.strip().split("\n") if ": " in line)
        if "event" in lines:
            yield lines["event"], json.loads(lines["data"]) | {"id": lines["id"]}


def open_feeds(house: House) -> int:
    return len(house.app.extensions["feeds"])


def test_a_page_is_told_of_every_scan_and_nothing_of_its_content(house: House, rosa: DeskPage) -> None:
    house.purchase(("KETTLE", 2))
    agent = Agent.at(house, "DOCK-1")
    answer = listen(rosa)
    assert answer.mimetype == "text/event-stream"
    told = events(answer)
    name, first = next(told)
    assert (name, first["page"]) == ("changed", rosa.page)
    agent.scans("PO-1")
    name, second = next(told)
    assert (name, second["news"] > first["news"]) == ("changed", True)
    assert set(second) == {"news", "page", "passed", "scanner", "id"}
    answer.close()
    assert open_feeds(house) == 0


def test_a_feed_that_was_cut_goes_on_where_it_was(house: House, rosa: DeskPage) -> None:
    """Last-Event-ID: what was missed is told at once; where nothing was, nothing is."""
    house.purchase(("KETTLE", 2))
    agent = Agent.at(house, "DOCK-1")
    answer = listen(rosa)
    _, first = next(events(answer))
    answer.close()
    again = listen(rosa, first["id"])
    assert next(events(again))[0] == "state"
    again.close()
    agent.scans("PO-1")
    missed = listen(rosa, first["id"])
    assert next(events(missed))[0] == "changed"
    missed.close()


def test_a_feed_too_many_is_refused_and_counted(house: House, rosa: DeskPage) -> None:
    house.app.extensions["feeds"].most = 1
    first = listen(rosa)
    assert first.status_code == 200
    second = listen(rosa)
    assert (second.status_code, second.headers["Retry-After"]) == (503, "5")
    first.close()
    third = listen(rosa)
    assert third.status_code == 200
    third.close()
    text = house.app.test_client().get("/metrics").get_data(as_text=True)
    assert 'pickface_feeds_total{what="opened"} 2' in text
    assert 'pickface_feeds_total{what="refused"} 1' in text


def test_an_open_feed_holds_the_desk_and_a_closed_one_lets_it_go(house: House, rosa: DeskPage) -> None:
    def is_present(after: int = 0) -> bool:
        row = house.base.read(lambda session: station(session, house.places["DOCK-1"]))
        return present(row, now_us() + after)

    answer = listen(rosa)
    next(events(answer))
    assert is_present()
    answer.close()
    assert is_present(), "the next page may be opening"
    assert not is_present(after=feeds.actions.AWAY + 1)


def test_what_another_process_changed_is_told_too(house: House, rosa: DeskPage) -> None:
    """A second server process, or the command line: nobody wakes this one."""
    house.purchase(("KETTLE", 2))
    answer = listen(rosa)
    told = events(answer)
    _, first = next(told)
    house.base.change(lambda session: session.run(
        "UPDATE station SET news = news + 1, changed_at = :now WHERE id = :id", id=house.places["DOCK-1"], now=now_us()
    ))  # fmt: skip
    name, second = next(told)
    assert (name, second["news"]) == ("changed", first["news"] + 1)
    answer.close()


def test_one_desk_takes_no_more_than_its_share(house: House, rosa: DeskPage) -> None:
    """A page that was opened again and again: its first feeds end, others' are left alone."""
    opened = [listen(rosa) for _ in range(feeds.OF_ONE_DESK + 2)]
    assert open_feeds(house) == feeds.OF_ONE_DESK
    assert [answer.status_code for answer in opened] == [200] * len(opened)
    for answer in opened:
        answer.close()
    assert open_feeds(house) == 0


def test_only_who_is_at_a_desk_may_listen(house: House) -> None:
    nobody = house.app.test_client().get("/stations/feed?page=x", headers={"Accept": "application/json"})
    assert nobody.status_code == 401
    lone = DeskPage(house, "receiver")
    assert lone.browser.get("/stations/feed?page=x", headers={"Accept": "application/json"}).status_code == 422


def test_a_feed_ends_with_its_server(house: House, rosa: DeskPage) -> None:
    """Within the server's ten seconds: SIGTERM waits for no feed."""
    answer = listen(rosa)
    told = events(answer)
    next(told)
    house.app.extensions["feeds"].alive = lambda: False
    assert "changed" not in [name for name, _ in told]
    answer.close()


def test_a_page_that_listens_holds_its_desk_for_hours(
    house: House, rosa: DeskPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is scanned for a while; the desk is still theirs."""
    monkeypatch.setattr(feeds, "KEEP_S", 0.0)
    answer = listen(rosa)
    told = events(answer)
    next(told)
    house.base.change(lambda session: session.run("UPDATE station SET page_until = 1"))
    until(lambda: house.value("SELECT page_until FROM station") > now_us())
    answer.close()
