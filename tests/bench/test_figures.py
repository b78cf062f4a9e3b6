"""Measurements: what a figure says of what was asked, and short runs of those that open pages and feeds."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from warehouse.bench import NAMES, Figure, as_json, feed, page
from warehouse.cli import warehouse


@pytest.mark.parametrize(
    ("figure", "reached"),
    [
        (Figure("scan", "sqlite", "p95", 20.0, "ms", None, "<= 20"), True),
        (Figure("scan", "sqlite", "p95", 20.1, "ms", None, "<= 20"), False),
        (Figure("scan", "sqlite", "scans", 40.0, "1/s", 100.0, "ratio >= 0.4"), True),
        (Figure("scan", "sqlite", "scans", 39.0, "1/s", 100.0, "ratio >= 0.4"), False),
        (Figure("scan", "sqlite", "scans", 39.0, "1/s", None, "ratio >= 0.4"), False),
        (Figure("scan", "sqlite", "bare", 39.0, "1/s"), None),
    ],
)
def test_a_figure_says_whether_it_reached_what_was_asked(figure: Figure, reached: bool | None) -> None:
    assert figure.reached is reached


def test_figures_are_written_by_measurement_database_and_name() -> None:
    figures = [Figure("scan", "sqlite", "picking scans", 80.0, "1/s", 100.0, "ratio >= 0.4")]
    assert as_json(figures) == {"scan": {"sqlite": {"picking scans": {
        "value": 80.0, "unit": "1/s", "yardstick": 100.0, "ratio": 0.8, "asked": "ratio >= 0.4", "reached": True,
    }}}}  # fmt: skip


def test_the_command_prints_a_table_and_writes_json(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was missed stands there in words."""
    figures = [Figure("fifo", "sqlite", "choice, median", 2.0, "ms", None, "<= 1")]
    monkeypatch.setattr("warehouse.cli.measuring.run", lambda *_, **__: iter(figures))
    out = tmp_path / "figures.json"
    done = CliRunner().invoke(warehouse, ["bench", "fifo", "--out", str(out)])
    assert done.exit_code == 0
    assert done.stdout.split()[-1] == "MISSED"
    assert json.loads(out.read_text()) == as_json(figures)
    done = CliRunner().invoke(warehouse, ["bench", "fifo", "--json"])
    assert json.loads(done.stdout) == as_json(figures)


def test_pages_are_measured_beside_a_bare_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "TIMES", 4)
    monkeypatch.setattr(page, "ITEMS", 10)
    monkeypatch.setattr(page, "ORDERS", 10)
    monkeypatch.setattr(page, "SCAN_ORDERS", 2)
    figures = {figure.name: figure for figure in page.measure("sqlite", seconds=0.1)}
    assert {name for name, *_ in page.PAGES} < figures.keys()
    assert all(figure.ratio for name, figure in figures.items() if not name.startswith("signing in"))


def test_feeds_stay_open_beside_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "FEEDS", 6)
    figures = {figure.name: figure for figure in feed.measure("sqlite", seconds=0.2)}
    assert figures["feeds open to the end"].reached is True


def test_every_measurement_is_offered() -> None:
    assert {"scan", "posting", "fifo", "import", "feed", "page"} <= set(NAMES)
