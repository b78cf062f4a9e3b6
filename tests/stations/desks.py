"""A desk for tests: its page as the desk's script speaks for it, and its agent as it posts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from tests.floor import House, Worker
from tests.office.browsing import PIN, token_of
from warehouse.people.actions import make_program

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


class Agent:
    """An agent: posts scans, as `warehouse-station` does."""

    def __init__(self, house: House, token: str) -> None:
        self.client, self.token = house.app.test_client(), token
        self.status, self.notice = 0, {}
        self.replayed = False
        self.answer: dict[str, Any] = {}

    @classmethod
    def at(cls, house: House, station: str) -> Agent:
        """An agent with a token made by hand."""
        made = house.base.change(
            lambda session: make_program(
                session,
                f"agent-{uuid.uuid4().hex[:6]}",
                ("station",),
                warehouse_id=house.id,
                station_id=house.places[station],
            )  # fmt: skip
        )
        return cls(house, made["token"])

    def scan(self, code: str, *, key: str = "", **more: Any) -> str:
        """One scan; the code of what the scanner is told."""
        now = datetime.now(UTC)
        body = {"key": key or uuid.uuid4().hex, "code": code, "via": "serial", "scanner": "/dev/ttyS0",
                "occurred_at": now.isoformat(), "sent_at": now.isoformat()} | more  # fmt: skip
        return self.post("/stations/scan", body)

    def scans(self, *codes: str) -> str:
        """Scans one after the other; each must be taken."""
        said = ""
        for code in codes:
            said = self.scan(code)
            assert self.status == 200, (code, self.notice)
        return said

    def post(self, path: str, body: dict[str, Any]) -> str:
        """Posts as the agent; the notice's code."""
        answer = self.client.post(path, json=body, headers=JSON | {"Authorization": f"Bearer {self.token}"})
        self.status, self.replayed = answer.status_code, answer.headers.get("Replayed") == "1"
        self.answer = answer.get_json()
        self.notice = self.answer.get("notice") or {}
        return str(self.notice.get("code"))

    @staticmethod
    def ago(seconds: float) -> str:
        """A time on the agent's clock."""
        return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


class DeskPage:
    """A person's page at a desk: what its script sends and shows."""

    def __init__(self, house: House, *roles: str, name: str = "", browser: FlaskClient | None = None) -> None:
        self.house, self.name = house, name or f"{roles[0]}-{uuid.uuid4().hex[:6]}"
        self.browser = browser or house.app.test_client()
        self.page = uuid.uuid4().hex
        self.status, self.answer = 0, {}
        self.badge = house.person(self.name, *roles, pin=PIN)["badge"]
        self.sign_in()

    def sign_in(self) -> None:
        """Signs in with badge and PIN."""
        page = self.browser.get("/login", headers=HTML).get_data(as_text=True)
        sent = {"badge": self.badge, "pin": PIN, "csrf_token": token_of(page)}
        assert self.browser.post("/login", data=sent, headers=HTML).status_code == 303

    def post(self, path: str, **fields: Any) -> dict[str, Any]:
        """A change that the page asks for."""
        token = token_of(self.browser.get("/floor", headers=HTML).get_data(as_text=True))
        answer = self.browser.post(
            path, data={"csrf_token": token, "key": uuid.uuid4().hex} | fields, headers=JSON | {"X-Page": self.page}
        )
        self.status, self.answer = answer.status_code, answer.get_json()
        return self.answer

    def open(self, station: str, **more: Any) -> None:
        """Chooses a desk, and opens the room that it works."""
        href = self.post("/stations/mine", station=station, **more).get("href")
        assert self.status == 200, self.answer
        self.here(href)

    def here(self, href: str, step: str = "", **more: Any) -> dict[str, Any]:
        """A page was loaded: its script says what it shows."""
        self.page = uuid.uuid4().hex
        return self.post("/stations/here", page=self.page, href=href, step=step, news="-1", **more)

    def next(self, room: str) -> dict[str, Any]:
        """Takes the next piece of work by the page's own button."""
        answer = self.post(f"/{room}/next")
        assert self.status == 200, answer
        return answer["screen"]

    def shown(self) -> dict[str, Any]:
        """What the page fetches when it is told to."""
        return self.browser.get("/stations/screen", headers=JSON).get_json()

    def fragment(self) -> str:
        """The same as the page gets it."""
        answer = self.browser.get("/stations/screen", headers={"HX-Request": "true", "Accept": "text/html"})
        assert answer.status_code == 200
        return answer.get_data(as_text=True)


def at_desk(house: House, station: str, *roles: str) -> Worker:
    """A program account that works at a desk."""
    made = house.base.change(
        lambda session: make_program(
            session, f"robot-{uuid.uuid4().hex[:6]}", roles, warehouse_id=house.id, station_id=house.places[station]
        )
    )
    return Worker(house.app.test_client(), made["token"])
