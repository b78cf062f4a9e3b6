"""What every page must be: balanced, its ids unique, its changes carrying the token and a key."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient

from tests.floor import House

PIN = "204816"
PAGE = {"Accept": "text/html"}
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
CLOSED_BY_SVG = frozenset({"path", "circle", "rect"})


class _Reader(HTMLParser):
    """Reads a page strictly: each tag is closed by its own, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []
        self.labels: set[str] = set()
        self.form: dict[str, str] | None = None
        self.named: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self._attributes(tag, attrs, said)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "form":
            if self.form is not None:
                self.faults.append("a form within a form")
            self.form, self.named = (
                {"method": (said.get("method") or "get").lower(), "action": said.get("action") or ""},
                set(),
            )
        if said.get("name") and tag in {"input", "select", "textarea", "button"}:
            self.named.add(said["name"] or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._attributes(tag, attrs, dict(attrs))
        if tag not in VOID | CLOSED_BY_SVG:
            self.faults.append(f"<{tag}/> closes nothing in HTML")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> at line {self.getpos()[0]} while {self.open[-3:]} is open")
        if tag in self.open:
            while self.open and self.open.pop() != tag:
                pass
        if tag == "form" and self.form is not None:
            if self.form["method"] == "post" and self.form["action"] != "" and "csrf_token" not in self.named:
                self.faults.append(f"the form to {self.form['action']} has no csrf_token")
            self.form = None

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]], said: dict[str, str | None]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        self.faults += [f"<{tag}> has {name}: no inline script" for name in names if name.startswith("on")]
        if "style" in names or tag == "style":
            self.faults.append(f"<{tag}> has its own style")
        if said.get("id"):
            self.ids.append(said["id"] or "")


def faults_of(html: str) -> list[str]:
    """All that is wrong with a page's form."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.faults += [f"<{tag}> is never closed" for tag in reader.open]
    reader.faults += [f"id {each} twice" for each in sorted(set(reader.ids)) if reader.ids.count(each) > 1]
    return reader.faults


def well_formed(html: str) -> str:
    """The page itself; it must be balanced, its ids unique, its posting forms with their token."""
    assert faults_of(html) == []
    return html


class Browser:
    """A signed-in person before a page: reads it, fills in its forms; every page is checked."""

    def __init__(self, house: House, *roles: str, name: str = "") -> None:
        self.house = house
        self.name = name or f"{roles[0]}-{uuid.uuid4().hex[:6]}"
        made = house.person(self.name, *roles, pin=PIN)
        self.client: FlaskClient = house.app.test_client()
        page = self.client.get("/login", headers=PAGE).get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None, "the page has its token"
        sent = {"badge": made["badge"], "pin": PIN, "csrf_token": token[1]}
        assert self.client.post("/login", data=sent, headers=PAGE).status_code == 303
        self.html, self.status, self.at = "", 0, ""

    def get(self, path: str) -> str:
        """Opens a page, following where it leads."""
        return self._read(self.client.get(path, headers=PAGE, follow_redirects=True))

    def post(self, path: str, **fields: Any) -> str:
        """Sends a form with the token of the page; a key is made unless one is given."""
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.html or self.get("/floor"))
        assert token is not None, "every page has its token"
        sent = {"key": uuid.uuid4().hex, "csrf_token": token[1]} | fields
        return self._read(self.client.post(path, data=sent, headers=PAGE, follow_redirects=True))

    def json(self, path: str) -> Any:
        """The same view as JSON."""
        return self.client.get(path, headers={"Accept": "application/json"}).get_json()

    @property
    def notice(self) -> str:
        """The sentence in the page's notice; empty without one."""
        found = re.search(r'<section class="notice[^>]*>.*?<p>(.*?)</p>', self.html, re.DOTALL)
        return found[1] if found else ""

    def _read(self, response: Any) -> str:
        self.status, self.at = response.status_code, response.request.full_path.rstrip("?")
        self.html = well_formed(response.get_data(as_text=True))
        return self.html
