"""A shift of robots: the same seed tells the same story, and whatever goes wrong the book equals the floor."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.conftest import LEDGER_KEY
from tests.floor import House
from warehouse.cli import warehouse
from warehouse.simulate import Plan, Report, play

SEED = 20_261
SHORT = Plan(SEED, hours=0.2, workers=4, desks=1, finish=False)


@pytest.fixture(scope="module")
def first() -> Report:
    """A short shift on SQLite."""
    return play(SHORT)


@pytest.fixture
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kind of database; PostgreSQL's server is the tests' own."""
    if request.param == "postgresql":
        request.getfixturevalue("postgresql_url")
        monkeypatch.setenv("WAREHOUSE_BENCH_POSTGRESQL", request.getfixturevalue("postgresql_server"))
    return str(request.param)


both = pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)


@both
def test_the_same_seed_tells_the_same_story_on_either_database(first: Report, kind: str) -> None:
    """R-SCAN-1, R-LED-3, R-PICK-1: act by act the same answers; the book proves itself and equals the floor."""
    again = play(Plan(**{name: getattr(SHORT, name) for name in SHORT.__slots__} | {"database": kind}))
    assert again.faults == first.faults == []
    assert again.told == first.told
    assert again.story == first.story
    assert again.made == first.made
    assert len(first.made) >= 5, "what went wrong was of several kinds"
    assert any(each.startswith("counter-") and each.endswith("bin_counted") for each in first.told), "bins are counted"


def test_another_seed_tells_another_story(first: Report) -> None:
    """Of 10 seconds only what is needed: a few acts."""
    other = play(Plan(SEED + 1, hours=0.02, workers=2, desks=0, finish=False))
    assert other.faults == []
    assert other.told != first.told[: len(other.told)]


@both
def test_robots_at_once_leave_the_same_books(kind: str) -> None:
    """R-LED-2, R-LED-3: nobody takes turns; the outcome is proven all the same."""
    report = play(Plan(SEED, hours=0.1, workers=6, desks=0, database=kind, at_once=True, finish=False))
    assert report.faults == []
    assert report.story == ""


def test_a_shift_never_enters_a_database_with_real_data(
    house: House, url: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_DATABASE_URL", url)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.setenv("WAREHOUSE_LEDGER_KEY", LEDGER_KEY)
    done = CliRunner().invoke(warehouse, ["simulate", "--here", "--hours", "0.01", "--json"])
    assert done.exit_code == 2
    assert "real" not in done.stdout
    assert "an empty database or the demo" in done.stderr
    assert house.value("SELECT count(*) FROM person") == 0, "no robot was let in"


def test_the_command_prints_figures_and_its_exit_status_tells_of_faults(
    first: Report, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    monkeypatch.setattr("warehouse.simulate.play", lambda *_, **__: first)
    story = tmp_path / "story.txt"
    done = CliRunner().invoke(warehouse, ["simulate", "--seed", str(SEED), "--json", "--story", str(story)])
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["ok"], answer["seed"]) == (0, True, SEED)
    assert {"p50", "p95", "p99"} <= answer["latency_ms"]["picking"].keys()
    assert story.read_text().splitlines() == first.told
    monkeypatch.setattr("warehouse.simulate.play", lambda *_, **__: replace(first, faults=["the book is wrong"]))
    done = CliRunner().invoke(warehouse, ["simulate"])
    assert done.exit_code == 1
    assert "the book is wrong" in done.stdout


@pytest.mark.proof
@both
@pytest.mark.parametrize("at_once", [False, True])
def test_a_whole_shift(kind: str, at_once: bool) -> None:
    """The long form: eight hours, eight robots, two who count, two desks."""
    report = play(Plan(SEED, hours=8, workers=8, desks=2, database=kind, at_once=at_once))
    print("\n".join(report.lines()))  # noqa: T201 - what was proven
    assert report.faults == []
    assert {"miscount", "double scan", "counted again", "difference posted"} <= report.made.keys()
