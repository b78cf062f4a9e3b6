"""A person at a desk: signs in as people do, reads pages, fills in forms."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask.testing import FlaskClient

from tests.floor import House
from tests.pages import faults_of

PIN = "204816"
PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Desk:
    """A browser in which somebody is signed in. Every page that comes is looked at as HTML."""

    def __init__(self, house: House, *roles: str, name: str = "") -> None:
        self.name = name or f"{roles[0]}-{uuid.uuid4().hex[:6]}"
        made = house.person(self.name, *roles, pin=PIN)
        self.badge = made["badge"]
        self.id = house.value("SELECT id FROM person WHERE name = :name", name=self.name)
        self.browser: FlaskClient = house.app.test_client()
        page = self.browser.get("/login", headers=PAGE).get_data(as_text=True)
        sent = {"badge": made["badge"], "pin": PIN, "csrf_token": token_of(page)}
        assert self.browser.post("/login", data=sent, headers=PAGE).status_code == 303
        self.status, self.page = 0, ""

    def get(self, path: str) -> str:
        """Reads a page."""
        return self._came(self.browser.get(path, headers=PAGE))

    def json(self, path: str) -> Any:
        """Reads the same as JSON."""
        answer = self.browser.get(path, headers=JSON)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def post(self, path: str, /, **fields: Any) -> str:
        """Sends a form with the token and a key; follows where it leads to."""
        sent = {"csrf_token": token_of(self.browser.get("/floor", headers=PAGE).get_data(as_text=True)),
                "key": uuid.uuid4().hex} | fields  # fmt: skip
        answer = self.browser.post(path, data=sent, headers=PAGE)
        self.location = answer.headers.get("Location", "")
        if answer.status_code == 303:
            return self.get(self.location)
        return self._came(answer)

    def notice(self) -> str:
        """What the page says above all."""
        found = re.search(r'<section class="notice \w+"[^>]*>.*?<p>(.*?)</p>', self.page, re.DOTALL)
        return found[1] if found else ""

    def _came(self, answer: Any) -> str:
        self.status = answer.status_code
        self.page = answer.get_data().decode("latin-1" if answer.mimetype == "application/pdf" else "utf-8")
        if answer.mimetype == "text/html" and not answer.headers.get("Location"):
            assert faults_of(self.page) == []
        return self.page


def token_of(page: str) -> str:
    """The token of a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, "the page has its token"
    return found[1]
