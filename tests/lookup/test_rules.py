"""Every cause of a move has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

from warehouse.ledger.told import SAID, sentence


def test_every_cause_that_the_ledger_knows_is_said_in_words():
    migration = Path(__file__).parents[2] / "migrations" / "versions" / "0001_street.py"
    causes = re.search(r"cause TEXT NOT NULL CHECK \(cause IN \(([^)]*)\)\)", migration.read_text())
    assert causes is not None
    assert set(SAID) == set(re.findall(r"'(\w+)'", causes[1]))


def test_a_container_is_set_down_brought_or_taken_away():
    assert "set down" in sentence("pack", is_container=True, from_code="", to_code="PACK-1")
    assert "brought" in sentence("move", is_container=True, from_code="to_pack", to_code="PACK-1")
    assert "taken away" in sentence("undo", is_container=True, from_code="PACK-1", to_code="")
