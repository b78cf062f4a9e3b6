"""A desk as it is: a serial scanner on a pseudo-terminal, the agent, the server, and the page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.agent import Agent
from devices.profiles import Line, profile_named
from devices.server import Server
from devices.spool import Spool
from tests.browser.person import Person, browser, served
from tests.devices.desk import PtyScanner, until
from tests.floor import House, answer_for
from warehouse.people.actions import make_program

PIN = "204816"
GOOD, BAD = b"\x07", b"\x07\x07\x07"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


@contextmanager
def agent_at(house: House, base: str, station: str, folder: Path) -> Iterator[PtyScanner]:
    """An agent with one scanner that hears BEL."""
    token = house.base.change(
        lambda session: make_program(
            session, f"agent {station}", ("station",), warehouse_id=house.id, station_id=house.places[station]
        )
    )["token"]
    scanner = PtyScanner(folder / "scanner")
    spool, server, greetings = Spool(folder / "spool.db"), Server(base, token), Server(base, token)
    agent = Agent([Line(str(scanner.path), profile_named("bel"))], spool, server, greetings)
    agent.start()
    until(lambda: all(each.is_open for each in agent._scanners.values()))
    yield scanner
    agent.stop()
    server.close()
    greetings.close()
    spool.close()


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Iterator[tuple[str, PtyScanner]]:
    """The served warehouse and a scanner at its dock."""
    with ExitStack() as stack:
        base = stack.enter_context(served(house.app))
        yield base, stack.enter_context(agent_at(house, base, "DOCK-1", tmp_path))
        house.app.extensions["feeds"].stop()


def at_the_dock(house: House, chromium: Any, base: str, name: str, locale: str = "en-GB") -> Person:
    """Somebody who signs in at the desk's computer and chooses its desk with the keyboard."""
    made = house.person(name, "receiver", pin=PIN)
    person = Person(chromium, base, locale=locale, size=(1024, 700))
    person.sign_in(made["badge"], PIN)
    person.page.goto(f"{base}/stations/mine")
    person.at("/stations/mine")
    person.keys(house.barcode("DOCK-1"))
    person.at("/receiving")
    person.until("window.PickfaceDesk && PickfaceDesk.shown() >= 0 && PickfaceDesk.holds()")
    return person


def tone(scanner: PtyScanner) -> bytes:
    return scanner.heard()


def scanned(scanner: PtyScanner, person: Person, code: str) -> bytes:
    """Scans by the scanner, hears its tone, and waits until the page shows it."""
    before = person.page.evaluate("PickfaceDesk.shown()")
    scanner.scan(f"{code}\r".encode())
    heard = tone(scanner)
    person.until(f"PickfaceDesk.shown() > {before}")
    return heard


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_receipt_by_the_serial_scanner_with_the_page_beside_it(
    house: House, chromium: Any, desk: tuple[str, PtyScanner], locale: str
) -> None:
    """R-SCAN-1, R-STN-1: tone and page tell of every scan; a wrong one sounds otherwise; unplugging loses nothing."""
    base, scanner = desk
    house.purchase(("KETTLE", 5), ("CAMERA", 1))
    rosa = at_the_dock(house, chromium, base, "Rosa", locale)
    assert scanned(scanner, rosa, "PO-1") == GOOD
    assert rosa.told()["notice"] == "receipt_opened"
    for count in range(1, 4):
        assert scanned(scanner, rosa, "KETTLE") == GOOD
        rosa.until(f"document.querySelector('.count small, .far').textContent.length > 0 && {count} > 0")
    assert scanned(scanner, rosa, "NOBODY") == BAD
    rosa.until("document.getElementById('screen').dataset.level === 'error'")
    scanner.unplug()
    rosa.until("document.getElementById('scanner').dataset.scanner === 'unplugged'")
    scanner.plug()
    rosa.until("document.getElementById('scanner').dataset.scanner === 'ready'")
    assert scanned(scanner, rosa, "XQ2") == GOOD
    assert scanned(scanner, rosa, "CAMERA") == GOOD
    assert scanned(scanner, rosa, "SN-1") == GOOD
    rosa.until("document.getElementById('screen').dataset.done === '1'")
    assert house.stock("KETTLE") == {("KETTLE", "DOCK-1", "", ""): 5}
    assert rosa.faults == []


def test_the_scanner_leads_the_page_and_a_second_page_takes_the_desk(
    house: House, chromium: Any, desk: tuple[str, PtyScanner]
) -> None:
    base, scanner = desk
    house.purchase(("KETTLE", 5))
    rosa = at_the_dock(house, chromium, base, "Rosa")
    scanner.scan(b"XXMENU\r")
    assert tone(scanner) == GOOD
    rosa.at("/floor")
    rosa.until("window.PickfaceDesk && PickfaceDesk.shown() >= 0")
    scanner.scan(b"XXRECEIVING\r")
    assert tone(scanner) == GOOD
    rosa.at("/receiving")
    rosa.until("window.PickfaceDesk && PickfaceDesk.shown() >= 0")
    second = rosa.context.new_page()
    second.goto(f"{base}/receiving")
    rosa.until("!PickfaceDesk.holds() && document.querySelector('#said button') !== null")
    first, rosa.page = rosa.page, second
    rosa.until("window.PickfaceDesk && PickfaceDesk.shown() >= 0 && PickfaceDesk.holds()")
    assert scanned(scanner, rosa, "PO-1") == GOOD
    assert rosa.told()["notice"] == "receipt_opened"
    rosa.page = first
    assert rosa.told()["notice"] != "receipt_opened", "the page that does not hold the desk shows nothing of it"
    rosa.page.locator("#said button").click()
    rosa.until("PickfaceDesk.holds()")


def test_without_a_page_the_scanner_hears_a_refusal(house: House, chromium: Any, desk: tuple[str, PtyScanner]) -> None:
    base, scanner = desk
    house.purchase(("KETTLE", 5))
    scanner.scan(b"PO-1\r")
    assert tone(scanner) == BAD
    rosa = at_the_dock(house, chromium, base, "Rosa")
    assert scanned(scanner, rosa, "PO-1") == GOOD
    rosa.page.goto("about:blank")
    until(lambda: (scanner.scan(b"KETTLE\r"), tone(scanner))[1] == BAD)


def test_a_page_that_gets_no_feed_asks_by_itself(house: House, chromium: Any, desk: tuple[str, PtyScanner]) -> None:
    """As many feeds are open as the server holds: the page is told a little later, and loses nothing."""
    base, scanner = desk
    house.purchase(("KETTLE", 5))
    house.app.extensions["feeds"].most = 0
    rosa = at_the_dock(house, chromium, base, "Rosa")
    rosa.faults.clear()  # the browser's own line about the feed that was refused
    assert scanned(scanner, rosa, "PO-1") == GOOD
    rosa.until("document.getElementById('screen').dataset.notice === 'receipt_opened'")
    assert scanned(scanner, rosa, "KETTLE") == GOOD


def shift(house: House, chromium: Any, desk: tuple[str, PtyScanner], lines: int) -> int:
    """A receipt of many lines at the desk's scanner, the page beside it read after every scan; how many scans."""
    base, scanner = desk
    for number in range(lines):
        house.base.change(lambda session, sku=f"ITEM-{number:03d}": house.add_item(session, sku))
    wanted = {f"ITEM-{number:03d}": number % 4 + 1 for number in range(lines)}
    house.purchase(*wanted.items())
    rosa = at_the_dock(house, chromium, base, "Rosa")
    assert scanned(scanner, rosa, "PO-1") == GOOD
    booked: dict[str, int] = {}
    scans = 0
    while rosa.told()["done"] != "1":
        shown = rosa.screen()
        code = answer_for(shown)
        assert scanned(scanner, rosa, code) == GOOD, (code, rosa.told())
        scans += 1
        sku = shown["target"]["item"]["code"]
        booked[sku] = booked.get(sku, 0) + (int(code[2:]) if code.startswith("XQ") else 1)
    assert booked == wanted
    held = house.stock()
    assert {sku: n for (sku, *_), n in held.items()} == booked, "the book equals what was scanned"
    assert rosa.faults == []
    return scans


def test_a_receipt_of_many_lines_by_the_scanner(house: House, chromium: Any, desk: tuple[str, PtyScanner]) -> None:
    shift(house, chromium, desk, 25)


@pytest.mark.proof
def test_a_receiving_shift_of_500_lines(house: House, chromium: Any, desk: tuple[str, PtyScanner]) -> None:
    """Book equals what was scanned."""
    scans = shift(house, chromium, desk, 500)
    print(f"500 lines, {scans} scans at a serial scanner, the page read after each: 0 lost, 0 doubled")  # noqa: T201
