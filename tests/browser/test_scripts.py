"""The scripts: what Chrome 70 can read, small enough for a first load, and those of others unchanged."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from tests.browser.straw import Straw, make_app
from warehouse.paths import CHECKOUT, STATIC

OURS = sorted(STATIC.glob("*.js"))
THEIRS = sorted((STATIC / "vendor").glob("*.js"))
FIRST_LOAD_MAX = 60_000

TOO_NEW = {
    "optional chaining": r"\?\.(?!\d)", "nullish coalescing": r"\?\?", "a private name": r"[.\s{;]#[A-Za-z_]\w*\s*[=(;]",
    "a numeric separator": r"\b\d+_\d", "a big number": r"\b\d+n\b", "a static block": r"\bstatic\s*\{",
    "catch without a name": r"\bcatch\s*\{", "import()": r"\bimport\s*\(", "logical assignment": r"(?:&&|\|\|)=",
}  # fmt: skip
TOO_NEW_OURS = {
    "a method": r"\.(?:replaceAll|matchAll|flatMap|flat|at|allSettled|any|fromEntries|replaceChildren|randomUUID)\(",
    "a global": r"\b(?:globalThis|structuredClone|queueMicrotask)\b",
    "what the policy forbids": r"\b(?:eval|Function)\(|\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write",
}


def bare(script: str) -> str:
    """A script without its comments and texts, so that only code is judged."""
    tokens = r"""(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
    return re.sub(tokens, lambda found: " " if found[1] else '""', script, flags=re.DOTALL)


@pytest.mark.parametrize("path", [*OURS, *THEIRS], ids=lambda path: path.name)
def test_chrome_70_can_read_it(path: Path) -> None:
    script = path.read_text("utf-8")
    rules = TOO_NEW | (TOO_NEW_OURS if path in OURS else {})
    code = bare(script) if path in OURS else script
    found = {name: found[0] for name, rule in rules.items() if (found := re.search(rule, code))}
    assert found == {}


@pytest.mark.parametrize("line", ["a?.b", "a ?? b", "try {} catch {}", "x = 1_000", "a ||= b"])
def test_what_is_too_new_is_found(line: str) -> None:
    assert any(re.search(rule, bare(line)) for rule in TOO_NEW.values())


def test_the_scripts_of_others_are_unchanged_and_have_their_licence() -> None:
    table = (STATIC / "vendor" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|.*`([^`]+)` \| `([0-9a-f]{64})` \|$", table, flags=re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == [path.name for path in THEIRS]
    for name, licence, digest in rows:
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest, name
        assert (STATIC / "vendor" / licence).stat().st_size > 0


def test_the_first_load_of_a_page_of_the_floor_is_small() -> None:
    assert CHECKOUT is not None
    page = make_app(Straw()).test_client().get("/picking/1", headers={"Accept": "text/html"}).get_data(as_text=True)
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(addresses) >= 6
    loaded = [page.encode(), *((CHECKOUT / address[1:].partition("?")[0]).read_bytes() for address in addresses)]
    assert sum(len(gzip.compress(each)) for each in loaded) <= FIRST_LOAD_MAX


def test_no_page_brings_scripts_or_styles_of_its_own() -> None:
    assert CHECKOUT is not None
    for path in sorted((CHECKOUT / "templates").rglob("*.html")):
        text = path.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:|hx-on", text), path.name
