"""GET /metrics: what is counted, who may read it, and that all processes of a server count together."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from tests.floor import House, Worker
from warehouse.errors import Busy
from warehouse.ledger import seal_all
from warehouse.web.figures import AREA_BYTES, Figures, Histogram, histogram_text, labelled

ABROAD = {"REMOTE_ADDR": "192.0.2.7"}
_LINE = re.compile(r'([a-z_:]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)')


def read(house: House, **more: Any) -> dict[str, float]:
    """Every sample of the page, each line in the form that Prometheus reads."""
    answer = house.app.test_client().get("/metrics", **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    samples = {}
    for line in answer.get_data(as_text=True).splitlines():
        if not line.startswith("# "):
            match = _LINE.fullmatch(line)
            assert match, line
            samples[line.rpartition(" ")[0]] = float(match[3])
    return samples


def test_scans_are_counted_by_room_outcome_and_code(house: House, ada: Worker) -> None:
    house.put("KETTLE", "A-01", 10)
    house.order(("KETTLE", 3))
    ada.next("picking")
    ada.scan("NO-SUCH-CODE")
    refused = ada.notice["code"]
    ada.obey()
    taken = ada.notice["code"]
    samples = read(house)
    assert samples[f'pickface_scans_total{{room="picking",outcome="refused",code="{refused}"}}'] == 1
    assert samples[f'pickface_scans_total{{room="picking",outcome="taken",code="{taken}"}}'] == 1
    assert samples['pickface_scan_seconds_count{room="picking"}'] == 2
    assert samples['pickface_scan_seconds_bucket{room="picking",le="+Inf"}'] == 2
    assert 0 < samples['pickface_scan_seconds_sum{room="picking"}'] < 10
    assert samples['pickface_requests_total{status="422"}'] == 1


def test_a_scan_that_the_database_could_not_take_is_counted_as_failed(
    house: House, ada: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.put("KETTLE", "A-01", 10)
    house.order(("KETTLE", 3))
    ada.next("picking")
    with monkeypatch.context() as patch:
        patch.setattr(house.base, "change", busy)
        ada.obey()
    assert ada.status == 503
    assert read(house)['pickface_scans_total{room="picking",outcome="failed",code="busy"}'] == 1


def busy(_: Any) -> None:
    raise Busy


def test_what_waits_for_the_worker_is_told(house: House) -> None:
    house.put("KETTLE", "A-01", 10)
    house.put("TEA", "A-02", 10, lot="L1", expiry="2030-01-01")
    samples = read(house)
    assert samples['pickface_unsealed_postings{warehouse="MAIN"}'] == 2
    assert samples['pickface_unsealed_oldest_seconds{warehouse="MAIN"}'] >= 0
    seal_all(house.base, house.id)
    samples = read(house)
    assert samples['pickface_unsealed_postings{warehouse="MAIN"}'] == 0
    assert samples['pickface_unsealed_oldest_seconds{warehouse="MAIN"}'] == 0
    assert samples['pickface_outbox_waiting{warehouse="MAIN"}'] == house.value("SELECT count(*) FROM outbox")


def test_counting_writes_nothing_to_the_database(house: House) -> None:
    before = house.value("SELECT count(*) FROM act"), house.value("SELECT max(claimed_at) FROM node")
    read(house)
    assert (house.value("SELECT count(*) FROM act"), house.value("SELECT max(claimed_at) FROM node")) == before


def test_from_elsewhere_only_operations_and_administrators_may_read_it(house: House) -> None:
    assert house.app.test_client().get("/metrics", environ_overrides=ABROAD).status_code == 401
    for role, status in (("picker", 403), ("supervisor", 403), ("operations", 200), ("admin", 200)):
        head = {"Authorization": f"Bearer {house.worker(role).token}"}
        for where in (ABROAD, {}):
            answer = house.app.test_client().get("/metrics", headers=head, environ_overrides=where)
            assert answer.status_code == status, (role, where)


def test_who_comes_through_the_front_server_is_not_on_this_machine(house: House) -> None:
    """The front server speaks from loopback; whom it speaks for counts, and from abroad nobody's word is taken."""
    browser = house.app.test_client()
    through = {"X-Forwarded-For": "192.0.2.7"}
    assert browser.get("/metrics", headers=through).status_code == 401
    assert browser.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}).status_code == 401
    claimed = {"X-Forwarded-For": "127.0.0.1"}
    assert browser.get("/metrics", headers=claimed, environ_overrides=ABROAD).status_code == 401
    assert browser.get("/metrics", environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 200


def test_wrong_badges_are_counted_against_the_device_behind_the_front_server(house: House) -> None:
    """R-SEC-1: else one device would shut out all that come through the same front server."""
    for address in ("192.0.2.7", "192.0.2.8"):
        house.app.test_client().post(
            "/login", data={"badge": "XB999999", "pin": "000000"},
            headers={"X-Forwarded-For": address, "Accept": "application/json"},
        )  # fmt: skip
    found = house.base.read(lambda session: session.all("SELECT address FROM sign_in ORDER BY id"))
    assert [row.address for row in found] == ["192.0.2.7", "192.0.2.8"]


def test_processes_count_together_and_an_ended_one_takes_nothing_with_it() -> None:
    figures = Figures(4)
    children = []
    for number in range(1, 4):
        pid = os.fork()
        if pid == 0:
            figures.take(number)
            for _ in range(number * 100):
                figures.add(labelled("scans", room="picking"))
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    figures.add(labelled("scans", room="packing"))
    assert figures.sums() == {labelled("scans", room="picking"): 600, labelled("scans", room="packing"): 1}
    figures.take(5)
    figures.add(labelled("scans", room="picking"), 5)
    figures.add(labelled("scans", room="putaway"), 7)
    assert figures.sums()[labelled("scans", room="picking")] == 605, "an area that comes round again goes on"
    assert figures.sums()[labelled("scans", room="putaway")] == 7


def test_what_does_not_fit_is_not_counted_and_harms_nothing() -> None:
    figures = Figures(2)
    for number in range(AREA_BYTES // 16):
        figures.add(labelled("scans", code=str(number)))
    sums = figures.sums()
    assert 1000 < len(sums) < AREA_BYTES // 16
    assert set(sums.values()) == {1.0}
    figures.add(labelled("scans", code="0"))
    assert figures.sums()[labelled("scans", code="0")] == 2
    figures.take(1)
    figures.add(labelled("others"))
    assert figures.sums()[labelled("others")] == 1


def test_a_histogram_counts_a_value_in_every_bucket_that_holds_it() -> None:
    figures, seconds = Figures(), Histogram("s", (0.1, 0.5))
    for value in (0.1, 0.2, 0.25, 9):
        figures.observe(seconds, value, room='a"b\\c')
    told = list(histogram_text(seconds, "means", figures.sums()))
    assert told == [
        "# HELP s means", "# TYPE s histogram", r's_bucket{room="a\"b\\c",le="0.1"} 1',
        r's_bucket{room="a\"b\\c",le="0.5"} 3', r's_bucket{room="a\"b\\c",le="+Inf"} 4',
        r's_sum{room="a\"b\\c"} 9.55', r's_count{room="a\"b\\c"} 4',
    ]  # fmt: skip
