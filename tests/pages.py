"""What every HTML answer owes: balanced tags, ids that are there once, forms that carry their token, nothing inline."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient

from tests.floor import House

PIN = "204816"
PAGE = {"Accept": "text/html"}

VOID = frozenset(
    {"meta", "link", "input", "br", "img", "hr", "path", "circle", "rect", "line", "use", "col", "wbr", "polyline"}
)
OPEN_TO_ALL = "/logout"


class _Page(HTMLParser):
    """Reads a page and collects what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []
        self.posting: str | None = None
        self.token = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if (own := values.get("id")) is not None:
            if own in self.ids:
                self.wrong.append(f"id {own} is there twice")
            self.ids.add(own)
        self.wrong += [f"inline {name} on {tag}" for name in values if name.startswith("on") or name == "style"]
        self.wrong += [
            f"attribute {name} twice on {tag}"
            for name in {n for n, _ in attrs}
            if len([1 for n, _ in attrs if n == name]) > 1
        ]
        if tag == "script" and not values.get("src"):
            self.wrong.append("an inline script")
        self._form(tag, values)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self.open[-3:]}")
            return
        self.open.pop()
        if tag == "form" and self.posting is not None:
            if not self.token:
                self.wrong.append(f"the form to {self.posting} carries no token")
            self.posting = None

    def _form(self, tag: str, values: dict[str, str | None]) -> None:
        if (
            tag == "form"
            and (values.get("method") or "").lower() == "post"
            and values.get("action")
            and values.get("id") != "scan-form"
        ):
            self.posting, self.token = values.get("action"), False
        if tag == "input" and values.get("name") == "csrf_token":
            self.token = bool(values.get("value"))


def wrong_with(html: str) -> list[str]:
    """What is wrong with a page or a fragment."""
    page = _Page()
    page.feed(html)
    page.close()
    return page.wrong + ([f"never closed: {page.open}"] if page.open else [])


faults_of = wrong_with


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
