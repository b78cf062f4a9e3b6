"""A floor of straw: our real templates and headers over one endless piece of work that only counts.

It writes down what arrives, and can be told to refuse, to be late, to fail, or to take a scan and lose the answer.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, g, redirect, request
from werkzeug.serving import make_server

from warehouse.app import NoRoomNow
from warehouse.errors import NotFound, NotSignedIn
from warehouse.paths import STATIC, TEMPLATES
from warehouse.web.answers import answer, as_html, htmx, refuse
from warehouse.web.assets import asset, new_key, screen_texts
from warehouse.web.headers import guard
from warehouse.web.language import html_language, say, speak
from warehouse.web.pages import room_name
from warehouse.web.signin import safe_next
from warehouse.work.screen import Answer, Quantity, Ref, Screen, Title

PATIENCE_S = 20
ROOM, WORK = "/picking", "/picking/1"
TOKEN = "token-of-the-page"


@dataclass
class Straw:
    """What arrived, and how to answer it.

    Attributes:
        arrived: every POST to the work or to its room: the path and the fields.
        taken: the codes that counted, in order.
        refuses: codes that are refused.
        loses: told the number of a request (from 0), whether it is worked on and its answer lost.
        statuses: statuses (or `disk_full`) to answer the next requests with, before anything is done.
        offers: what POST next answers: work, nothing, or nothing unless it is told a code.
    """

    arrived: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    loses: Callable[[int], bool] = lambda _number: False
    statuses: list[int | str] = field(default_factory=list)
    offers: str = "work"
    expects: str = "location"
    last_of_work: str = ""
    signed_out_by: list[str] = field(default_factory=list)
    done: bool = False
    steps: int = 0
    known: dict[str, tuple[str, str, int, Any]] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        self.changed = threading.Condition()
        self.open = threading.Event()
        self.open.set()

    def codes(self) -> list[str]:
        """The codes that arrived at the work, repeats included."""
        return [fields["code"] for path, fields in self.arrived if path.endswith("/scan")]

    def wait(self, what: Callable[[], bool]) -> None:
        """Waits until something has arrived here."""
        with self.changed:
            assert self.changed.wait_for(what, PATIENCE_S), (self.taken, self.arrived[-3:])

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Requests wait at the door meanwhile."""
        self.open.clear()
        try:
            yield
        finally:
            self.open.set()

    def screen(self) -> Screen:
        """The work as it is now; its note is the code that was taken last."""
        return Screen(
            room="picking", work_id=1, step=f"s{self.steps}", title=Title("Order"), expects=(self.expects,),
            target={"location": Ref(1, "A-01", "XL000001"), "item": Ref(2, "TEA", "TEA", "Tea")},
            quantity=Quantity(6, 0), progress=(len(self.taken), 999), note=self.taken[-1] if self.taken else "",
            done=self.done, actions=("XXUNDO", "XXSKIP", "XXSHORT", "XXBACK", "XXHELP"),
        )  # fmt: skip

    def scan(self, sent: dict[str, str]) -> Answer:
        """Takes a scan by the contract: its key first, then its step, then its code."""
        key, code, path = sent["key"], sent["code"], request.path
        if key in self.known:
            first_path, first_code, status, said = self.known[key]
            assert (first_path, first_code) == (path, code), "the same key came with something else"
            return Answer(status, self.screen(), said, replayed=True)
        if sent["step"] != f"s{self.steps}":
            return Answer(409, self.screen(), NotFound(what=f"step {sent['step']}").notice)
        if code in self.refuses:
            return Answer(422, self.screen(), NotFound(what=code).notice)
        self.known[key] = (path, code, 200, None)
        self.taken.append(code)
        self.steps += 1
        self.done = code == self.last_of_work
        return Answer(200, self.screen(), None)

    def next(self, sent: dict[str, str]) -> Answer:
        """Offers the work, or none."""
        if self.offers == "nothing" or (self.offers == "for a code" and "code" not in sent):
            return Answer(200, None, NotFound(what="work").notice)
        if sent["key"] not in self.known:
            self.known[sent["key"]] = (request.path, sent.get("code", ""), 200, None)
            self.done, self.steps = False, self.steps + 1
            self.taken += [sent["code"]] if "code" in sent else []
        return Answer(200, self.screen())


def make_app(straw: Straw) -> Flask:
    """The pages of one room, the menu, look-up, camera and sign-in."""
    app = Flask("straw", template_folder=str(TEMPLATES), static_folder=str(STATIC), static_url_path="/static")
    speak(app.jinja_env)
    htmx.init_app(app)
    app.jinja_env.globals.update(
        asset=asset, screen_texts=screen_texts, offices=list, html_language=html_language, new_key=new_key,
        room_name=room_name, say=say, csrf_token=lambda: TOKEN,
    )  # fmt: skip
    app.before_request(_who)
    app.after_request(guard)

    def work(path: str, do: Callable[[dict[str, str]], Answer]) -> Any:
        assert straw.open.wait(PATIENCE_S)
        with straw.changed:
            number = len(straw.arrived)
            straw.arrived.append((path, request.form.to_dict()))
            straw.changed.notify_all()
            if straw.statuses:
                return _failed(straw.statuses.pop(0))
            assert request.headers["X-CSRFToken"] == TOKEN
            response = answer(do(request.form.to_dict()), room="picking")
            straw.changed.notify_all()
        if straw.loses(number):
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return response

    app.add_url_rule(f"{WORK}/scan", "scan", lambda: work(f"{WORK}/scan", straw.scan), methods=["POST"])
    app.add_url_rule(f"{ROOM}/next", "next", lambda: work(f"{ROOM}/next", straw.next), methods=["POST"])
    app.add_url_rule(WORK, "look", lambda: answer(Answer(200, straw.screen())))
    app.add_url_rule(ROOM, "room", lambda: as_html("shared/room.html", room="picking", title="Picking", waiting=3))
    app.add_url_rule("/lookup", "lookup", lambda: as_html("shared/menu.html", rooms=[]))
    app.add_url_rule("/floor", "floor", lambda: as_html("shared/menu.html", rooms=[]))
    app.add_url_rule("/camera", "camera", lambda: as_html("shared/camera.html", next=safe_next(request.args["next"])))
    app.add_url_rule("/healthz", "health", lambda: "alive")

    def login() -> Response:
        return as_html("shared/login.html", notice=None, next="", warehouses=[], languages=(), chosen="")

    def logout() -> Any:
        with straw.changed:
            straw.signed_out_by.append(request.form.get("why", ""))
            straw.changed.notify_all()
        return redirect("/login", 303)

    app.add_url_rule("/login", "signin.page", login)
    app.add_url_rule("/logout", "logout", logout, methods=["POST"])
    return app


def _who() -> None:
    person = request.cookies.get("person", "7")
    g.by = SimpleNamespace(name=f"Person {person}", person_id=person)


def _failed(status: int | str) -> Response:
    if status == NoRoomNow.code:
        response = refuse(NoRoomNow())
        response.headers["Retry-After"] = "1"
        return response
    if status == NotSignedIn.status:
        return refuse(NotSignedIn())
    return Response("failed", int(status), {"Retry-After": "0"} if status == 503 else {})


@contextmanager
def serving(straw: Straw) -> Iterator[Straw]:
    """The pages on a port of their own."""
    server = make_server("127.0.0.1", 0, make_app(straw), threaded=True)
    straw.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield straw
    finally:
        straw.open.set()
        server.shutdown()
        thread.join()
        server.server_close()
