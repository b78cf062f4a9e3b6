"""Writes docs/refusals.md from the product's own notices: `python docs/refusals.py`."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import warehouse
from warehouse.errors import TEXTS, Refusal

HEAD = """# Every answer's code

Made from the code by `python docs/refusals.py`. A refusal (422 unless another status is told) changed nothing; its text
says what was read, what was expected and the way out. All other codes are notices of something done or asked.

| code | status | cause | text, with the way out |
|---|---|---|---|
"""


def load_all() -> None:
    """Imports every module of the product, so that every notice is known."""
    for found in pkgutil.walk_packages(warehouse.__path__, "warehouse."):
        if not found.name.endswith("__main__") and ".bench" not in found.name:
            importlib.import_module(found.name)


def refusals(kind: type[Refusal] = Refusal) -> dict[str, type[Refusal]]:
    """Every refusal by its code."""
    found = {}
    for each in kind.__subclasses__():
        found |= {each.code: each} | refusals(each)
    return found


def page() -> str:
    """The whole page."""
    load_all()
    known = refusals()
    rows = []
    for code in sorted(TEXTS, key=lambda code: (code not in known, code)):
        cause = (known[code].__doc__ or "").strip().split("\n")[0] if code in known else "notice"
        status = str(known[code].status) if code in known else "200"
        text = TEXTS[code].replace("|", "\\|")
        rows.append(f"| `{code}` | {status} | {cause} | {text} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("refusals.md").write_text(page(), encoding="utf-8")
