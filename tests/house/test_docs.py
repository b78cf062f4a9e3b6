"""The documentation is as complete as the product."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

from warehouse.paths import CHECKOUT

DOCS = CHECKOUT / "docs"


def refusals() -> ModuleType:
    """The script that writes docs/refusals.md."""
    spec = importlib.util.spec_from_file_location("refusals", DOCS / "refusals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_answers_code_is_listed_with_its_cause_and_way_out():
    assert (DOCS / "refusals.md").read_text(encoding="utf-8") == refusals().page(), "run `python docs/refusals.py`"


def test_every_refusal_says_its_cause_in_its_own_words():
    module = refusals()
    module.load_all()
    silent = [code for code, kind in module.refusals().items() if code and not (kind.__doc__ or "").strip()]
    assert silent == []


def test_every_link_between_the_pages_leads_somewhere():
    for page in [CHECKOUT / "README.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} → {target}"
