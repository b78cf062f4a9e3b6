"""Pages as a signed-in person gets them, each beside a bare view of the same size; and a scan as HTML beside JSON."""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from http import HTTPStatus
from statistics import median
from typing import Any

from warehouse.bench import Figure
from warehouse.bench.bare import prepare
from warehouse.bench.load import answer_for
from warehouse.bench.world import World, add_orders, furnish, serving, world
from warehouse.people.actions import make_person
from warehouse.settings import Bind

TIMES = 100
ITEMS, ORDERS = 300, 400
SCAN_ORDERS = 30
PIN = "204816"
PAGE, FRAGMENT, JSON = (
    {"Accept": "text/html"},
    {"Accept": "text/html", "HX-Request": "true"},
    {"Accept": "application/json"},
)
PAGES = (
    ("menu", "/floor", PAGE), ("room", "/picking", PAGE), ("screen", "", PAGE), ("screen, fragment", "", FRAGMENT),
    ("screen, JSON", "", JSON), ("orders", "/orders", PAGE), ("stock", "/stock", PAGE), ("items", "/items", PAGE),
    ("locations", "/locations", PAGE), ("moves", "/moves", PAGE), ("sign-in page", "/login", PAGE),
)  # fmt: skip
"""What is measured: its name, its path (empty: the screen of the work that was taken), and how it is asked for."""


class Browser:
    """One connection with cookies, as a browser has it."""

    def __init__(self, bind: Bind) -> None:
        self._connection = http.client.HTTPConnection(bind.host, bind.port, timeout=30)
        self._cookies: dict[str, str] = {}
        self._token = ""

    def ask(self, method: str, path: str, headers: dict[str, str], **fields: str) -> tuple[int, str]:
        """One request; status and content of the answer."""
        sent = headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if method == "POST":
            sent |= {"X-CSRFToken": self._token, "Content-Type": "application/x-www-form-urlencoded"}
            body = urllib.parse.urlencode(fields)
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        content = answer.read().decode()
        for each in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = each.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, content

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()

    def sign_in(self, badge: str) -> None:
        """As a person does it, once the page has given its token."""
        _, page = self.ask("GET", "/login", PAGE)
        self._token = _token_of(page)
        status, content = self.ask("POST", "/login", PAGE, badge=badge, pin=PIN)
        assert status == HTTPStatus.SEE_OTHER, content
        self._token = _token_of(self.ask("GET", "/floor", PAGE)[1])


def measure(database: str, *, seconds: float) -> Iterator[Figure]:  # noqa: ARG001 - every measurement is called alike
    """Requests of both servers in turn, one after the other, so that whatever disturbs the machine meets both."""
    with world(database) as made, world(database) as beside:
        furnish(made, items=ITEMS, robots=1)
        add_orders(made, count=ORDERS)
        badge = made.database.change(lambda session: make_person(session, "Pia", ("supervisor", "admin"), pin=PIN))[
            "badge"
        ]
        made.database.change(lambda session: session.run("ANALYZE"))  # as autovacuum does within a minute
        prepare(beside.settings.database_url)
        with serving(made), serving(beside, ("warehouse.bench.bare",)):
            with closing(Browser(beside.settings.bind)) as bare:
                yield from _pages(made, bare, badge, database)
            yield from _scans(made, badge, database)


def _pages(made: World, bare: Browser, badge: str, database: str) -> Iterator[Figure]:
    with closing(Browser(made.settings.bind)) as person:
        person.sign_in(badge)
        yield from _measured(person, bare, PAGES[:2], database)
        screen = _taken(person)
        named = [(name, path or screen["href"], headers) for name, path, headers in PAGES[2:-1]]
        yield from _measured(person, bare, named, database)
    with closing(Browser(made.settings.bind)) as stranger:
        yield from _measured(stranger, bare, PAGES[-1:], database)
        took = [_timed(partial(stranger.sign_in, badge)) for _ in range(max(1, TIMES // 4))]
    yield Figure("page", database, "signing in, three requests", 1000 * median(took), "ms")


def _measured(
    person: Browser, bare: Browser, pages: Iterable[tuple[str, str, dict[str, str]]], database: str
) -> Iterator[Figure]:
    for name, path, headers in pages:
        status, content = person.ask("GET", path, headers)
        assert status == HTTPStatus.OK, f"{path} answered {status}"
        size = len(content.encode())
        ours, theirs = [], []
        for _ in range(TIMES):
            ours.append(_timed(partial(person.ask, "GET", path, headers)))
            theirs.append(_timed(partial(bare.ask, "GET", f"/page/{size}", PAGE)))
        yield Figure("page", database, name, 1000 * median(ours), "ms", 1000 * median(theirs))


def _scans(made: World, badge: str, database: str) -> Iterator[Figure]:
    """Whole orders by one person; every other scan is answered as HTML."""
    taken: dict[str, list[float]] = {"HTML": [], "JSON": []}
    with closing(Browser(made.settings.bind)) as person:
        person.sign_in(badge)
        for number in range(SCAN_ORDERS):
            _work(person, taken, number)
    yield Figure("page", database, "scan as HTML, beside JSON", 1000 * median(taken["HTML"]), "ms",
                 1000 * median(taken["JSON"]), "ratio <= 1.3")  # fmt: skip


def _work(person: Browser, taken: dict[str, list[float]], order: int) -> None:
    """One order; what the next scan is, is asked for apart and not measured."""
    screen, scans = _taken(person), order  # so that no kind of scan is always answered alike
    while not screen["done"]:
        scans += 1
        kind = ("HTML", "JSON")[scans % 2]
        fields = screen["scan"]["fields"] | {"code": answer_for(screen), "key": f"page-{order}-{scans}"}
        headers = FRAGMENT if kind == "HTML" else JSON
        taken[kind].append(_timed(partial(_post, person, screen["scan"]["href"], headers, fields)))
        screen = json.loads(person.ask("GET", screen["href"], JSON)[1])["screen"]


def _taken(person: Browser) -> dict[str, Any]:
    status, content = person.ask("POST", "/picking/next", JSON, key=f"next-{time.monotonic_ns()}")
    assert status == HTTPStatus.OK, content
    screen: dict[str, Any] = json.loads(content)["screen"]
    return screen


def _post(person: Browser, href: str, headers: dict[str, str], fields: dict[str, str]) -> None:
    status, content = person.ask("POST", href, headers, **fields)
    assert status == HTTPStatus.OK, content


def _timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _token_of(page: str) -> str:
    found = re.search(r'name="csrf[-_]token"\s+(?:content|value)="([^"]+)"', page)
    assert found is not None, "the page carries its token"
    return found[1]
