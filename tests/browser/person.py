"""A person at a handheld: a real Chromium in which nothing is clicked, only keys are pressed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.floor import answer_for

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE_S = 20


def need_chromium() -> None:
    """Skips where there is no browser; where everything must be there, that is a failure."""
    if Path(CHROMIUM).exists():
        return
    told = f"{CHROMIUM} is missing: apt-get install chromium fonts-noto-cjk"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a port of its own; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_running: list[Any] = []


@contextmanager
def _playwright() -> Iterator[Any]:
    """Playwright; a process can have it once, so that who comes second shares it."""
    from playwright.sync_api import sync_playwright

    if _running:
        yield _running[0]
        return
    with sync_playwright() as play:
        _running.append(play)
        try:
            yield play
        finally:
            _running.clear()


@contextmanager
def browser(*args: str) -> Iterator[Any]:
    """A Chromium of its own."""
    need_chromium()
    with _playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *args])
        yield chromium
        chromium.close()


class Person:
    """Somebody who scans what the screen says."""

    def __init__(self, chromium: Any, base: str, *, locale: str = "en-GB", size: tuple[int, int] = (360, 640)) -> None:
        self.base = base
        self.context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale=locale)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog {dialog.message}"))

    def _console(self, said: Any) -> None:
        expected = "status of 4"  # the browser's own line about a refusal
        if said.type == "error" and expected not in said.text:
            self.faults.append(said.text)

    def until(self, script: str) -> Any:
        """Waits until a script says yes; the pages' policy forbids the browser's own polling, which needs eval."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                if found := self.page.evaluate(script):
                    return found
            except Exception as error:  # the page is being changed for another
                if "context" not in str(error) and "navigat" not in str(error) and "null" not in str(error):
                    raise
            assert time.monotonic() < end, f"waited for {script} at {self.page.url}"

    def at(self, path: str) -> None:
        """Waits until a page is there and its scripts run."""
        self.until(f"location.pathname.startsWith({path!r}) && document.documentElement.dataset.ready === '1'")

    def keys(self, text: str) -> None:
        """A scanner's burst of keys, with its Enter."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def sign_in(self, badge: str, pin: str) -> None:
        """Scans the badge and types the PIN."""
        self.page.goto(f"{self.base}/login")
        self.at("/login")
        self.keys(badge)
        self.page.keyboard.type(pin, delay=70)
        self.page.keyboard.press("Enter")
        self.at("/floor")

    def scan(self, text: str) -> dict[str, str]:
        """Scans and waits for the answer; what the screen says of itself."""
        self.page.evaluate("window.before = document.getElementById('screen')")
        self.keys(text)
        self.until("document.getElementById('screen') !== window.before && Pickface.waiting() === 0")
        return self.told()

    def told(self) -> dict[str, str]:
        """What the screen says of itself."""
        return dict(self.page.evaluate("Object.assign({}, document.getElementById('screen').dataset)"))

    def screen(self) -> dict[str, Any]:
        """The same screen as programs get it."""
        answer = self.context.request.get(self.base + self.told()["href"], headers={"Accept": "application/json"})
        return dict(answer.json()["screen"])

    def enter(self, room: str) -> dict[str, str]:
        """Goes to a room by its code and begins."""
        self.keys(f"XX{room.upper()}")
        self.at(f"/{room}")
        told = self.told()
        return told if told["scanHref"] else self.scan("XXOK")

    def work(self, room: str, most: int = 500) -> int:
        """Works a room until nothing is left, by scanning what the screens name; how many scans."""
        told = self.enter(room)
        for scans in range(most):
            if not told["scanHref"]:
                return scans
            told = self.scan("XXOK" if told["done"] == "1" else answer_for(self.screen()))
            assert told["level"] != "error", (room, self.page.inner_text(".notice"))
        raise AssertionError(f"{room} never ends")

    def overflow(self) -> list[str]:
        """What sticks out of the page sideways."""
        return list(self.page.evaluate(_OVERFLOW))

    def unreadable(self) -> list[str]:
        """Text below 14 px, and what is pressed with a glove below 48 px (the bar) or 64 px (everything else)."""
        return list(self.page.evaluate(_TOO_SMALL))


_OVERFLOW = """() => [...document.querySelectorAll('body *')].filter(each => {
    const box = each.getBoundingClientRect(), place = getComputedStyle(each).position;
    return box.width > 1 && box.right > document.documentElement.clientWidth + 1 && place !== 'fixed';
}).map(each => each.tagName + '.' + each.className)"""
_TOO_SMALL = """() => [...document.querySelectorAll('#screen *')].filter(each => {
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height || each.closest('svg') || each.closest('details:not([open]) .sheet')) return false;
    const own = [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (own && parseFloat(getComputedStyle(each).fontSize) < 14) return true;
    if (each.matches('.bar a')) return box.height < 48;
    return each.matches('button, .button, summary') && box.height < 63.5;
}).map(each => each.tagName + '.' + each.className + ' ' + each.textContent.trim().slice(0, 30))"""
