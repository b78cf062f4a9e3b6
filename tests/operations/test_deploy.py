"""docs/operations.md and the units name only what there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from warehouse import settings, web
from warehouse.cli import COMMANDS
from warehouse.paths import CHECKOUT

DEPLOY = CHECKOUT / "docs" / "deploy"
PAGE = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


@pytest.mark.parametrize(
    "text", [PAGE, *(unit.read_text("utf-8") for unit in UNITS)], ids=["page", *(unit.name for unit in UNITS)]
)
def test_every_command_and_setting_that_is_named_is_there(text: str) -> None:
    for command in re.findall(r"(?:^|`|/bin/|&& )warehouse ([a-z]+)\b", text, re.MULTILINE):
        assert command in COMMANDS, command
    known = Path(settings.__file__).read_text("utf-8")
    for name in re.findall(r"WAREHOUSE_(?!STATION_)[A-Z_]+", text):
        assert f'"{name}"' in known, name


def test_every_figure_of_the_page_is_told_and_every_figure_told_is_on_the_page() -> None:
    told = set(re.findall(r'"(pickface_[a-z_]+)"', (Path(web.__file__).parent / "metrics.py").read_text("utf-8")))
    assert set(re.findall(r"pickface_[a-z_]+", PAGE)) == told


def test_the_units_start_programs_of_the_product_or_will() -> None:
    scripts = set(tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"])
    for unit in UNITS:
        for program in re.findall(r"/opt/pickface/\.venv/bin/([a-z-]+)", unit.read_text("utf-8")):
            assert program in scripts | {"warehouse-station"}, (unit.name, program)
    assert len(UNITS) == 5


def test_the_worker_is_not_started_twice() -> None:
    """Its unit starts it, so the server's does not."""
    started = {line for unit in UNITS for line in unit.read_text("utf-8").splitlines() if line.startswith("ExecStart=")}
    assert "ExecStart=/opt/pickface/.venv/bin/warehouse worker" in started
    assert "ExecStart=/opt/pickface/.venv/bin/warehouse serve --no-worker" in started
