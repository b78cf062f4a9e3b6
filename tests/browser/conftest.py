"""A real Chromium at a handheld's size, the floor of straw behind it, and hands that scan, type and tap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.person import browser
from tests.browser.straw import WORK, Straw, serving

FILMED = "XC000777"

# A scanner with one key after the other in one go: the times of the keys are those of a fast one, whatever else runs.
_WEDGE = """([codes, end]) => codes.forEach((code) => {
  const keys = Array.from(code).concat(end ? [end] : []);
  keys.forEach((key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key: key, bubbles: true, cancelable: true })));
})"""


def film(path: Path, code: str) -> Path:
    """What the camera sees: a QR code, for as long as one looks."""
    width, height, scale = 640, 480, 10
    rows = [
        bytes(0 if dark else 255 for dark in row for _ in range(scale)) for row in segno.make(code, error="m").matrix
    ]
    picture = [b"\xff" * width] * height
    top, left = (height - len(rows) * scale) // 2, (width - len(rows) * scale) // 2
    for number, row in enumerate(rows):
        line = b"\xff" * left + row + b"\xff" * (width - left - len(row))
        picture[top + number * scale : top + (number + 1) * scale] = [line] * scale
    frame = b"FRAME\n" + b"".join(picture) + b"\x80" * (width * height // 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 2)
    return path


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera sees the film."""
    seen = film(tmp_path_factory.mktemp("camera") / "film.y4m", FILMED)
    with browser("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={seen}") as chromium:
        yield chromium


@pytest.fixture
def straw() -> Iterator[Straw]:
    with serving(Straw()) as straw:
        yield straw


class Handheld:
    """One device: its browser's storage is its own, its tabs share it."""

    def __init__(self, context: BrowserContext, straw: Straw) -> None:
        self.context = context
        self.straw = straw
        self.faults: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        """Another tab."""
        page = self.context.new_page()
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        page.on("console", lambda said: self.faults.append(said.text) if "Security Policy" in said.text else None)
        return page

    def open(self, path: str = WORK, page: Page | None = None) -> Page:
        """Opens a page and waits until it listens."""
        page = page or self.page
        page.goto(self.straw.url + path)
        ready(page)
        return page

    def leave(self) -> None:
        """Closes the page, as when the browser is shut; the next one is a new tab."""
        first, self.page = self.page, self.tab()
        first.close()

    def wedge(self, *codes: str, end: str = "Enter", page: Page | None = None) -> None:
        """Scans with a keyboard wedge, as fast as it goes."""
        (page or self.page).evaluate(_WEDGE, [list(codes), end])

    def keys(self, code: str, end: str = "Enter") -> None:
        """Scans with real keys: what the page does not stop, the browser does."""
        self.page.keyboard.type(code)
        if end:
            self.page.keyboard.press(end)

    def by_hand(self, text: str) -> None:
        """Types as people do."""
        self.page.keyboard.type(text, delay=150)

    def seen(self, script: str, value: Any = None) -> None:
        """Waits until something is true of the page."""
        self.page.wait_for_function(script, arg=value)

    def light(self, state: str, number: str | None = "") -> None:
        """Waits for the honest light; None: whatever number stands beside it."""
        self.seen("([state, number]) => { const light = document.querySelector('.light');"
                  " return light.dataset.light === state && (number === null || light.textContent === number); }",
                  [state, number])  # fmt: skip

    def waiting(self) -> int:
        """How many scans wait to be sent."""
        count: int = self.page.evaluate("() => window.Pickface.waiting()")
        return count

    def quiet(self) -> None:
        """Waits until nothing waits to be sent."""
        self.seen("() => window.Pickface && window.Pickface.waiting() === 0")


def ready(page: Page) -> None:
    """Waits until the scripts of a page listen."""
    page.wait_for_function("() => document.documentElement.dataset.ready === '1'")


@pytest.fixture
def device(filmed: Browser, straw: Straw) -> Iterator[Callable[..., Handheld]]:
    """Makes handhelds."""
    made: list[Handheld] = []

    def make(**options: Any) -> Handheld:
        context = filmed.new_context(viewport={"width": 360, "height": 640}, **options)
        made.append(Handheld(context, straw))
        return made[-1]

    yield make
    for each in made:
        each.context.close()
        assert each.faults == []


@pytest.fixture
def handheld(device: Callable[..., Handheld]) -> Handheld:
    """One handheld with the work before it."""
    made = device()
    made.open()
    return made
