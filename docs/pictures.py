"""Takes the README's pictures from the demo: `.venv/bin/python docs/pictures.py` (needs Chromium and Pillow)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask
from PIL import Image

from devices.agent import Agent
from devices.profiles import Line, profile_named
from devices.server import Server
from devices.spool import Spool
from tests.browser.person import Person, browser, served
from tests.conftest import settings_for
from tests.devices.desk import PtyScanner
from tests.floor import answer_for
from warehouse.app import create_app, database_of
from warehouse.db import Session
from warehouse.demo import make_demo
from warehouse.migrate import migrate
from warehouse.people.actions import make_program

HERE = Path(__file__).resolve().parent / "pictures"
COLOURS = 48
DESK = (1280, 800)
SCREEN = (1024, 640)
OFFICE = (
    "orders",
    "exceptions",
    "purchase-orders",
    "stock",
    "moves",
    "items",
    "locations",
    "counts",
    "alerts",
    "proposals",
    "safety-stock",
    "labels",
    "stations",
    "people",
    "settings",
)


def take(person: Person, name: str) -> None:
    """One picture, small enough for a repository."""
    path = HERE / f"{name}.png"
    person.page.screenshot(path=str(path))
    Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(path, optimize=True)


def floor(person: Person, badge: tuple[str, str], mark: str) -> None:
    """The handheld's pages, from signing in to handing over."""
    person.page.goto(f"{person.base}/login")
    person.at("/login")
    take(person, f"sign-in{mark}")
    person.sign_in(*badge)
    take(person, f"menu{mark}")
    for room in ("receiving", "putaway", "replenishing", "picking", "packing", "shipping"):
        if not person.enter(room)["scanHref"]:
            person.keys("XXMENU")
            person.at("/floor")
            continue
        for _ in range({"receiving": 3, "picking": 1, "packing": 1}.get(room, 0)):
            person.scan(answer_for(person.screen()))
        take(person, f"{room}{mark}")
        if room == "picking":
            person.scan(wrong_bin(person))
            take(person, f"refused{mark}")
        finish(person)
        person.keys("XXMENU")
        person.at("/floor")
    person.keys("MUG-RED")
    person.at("/lookup")
    take(person, f"look-up{mark}")


def wrong_bin(person: Person) -> str:
    """A bin near the right one."""
    target: dict[str, Any] = person.screen()["target"]
    aisle, bay, level = target["location"]["code"].split("-")
    return f"{aisle}-{int(bay) % 27 + 1:02d}-{level}"


def finish(person: Person) -> None:
    """Ends the piece of work that was begun."""
    for _ in range(60):
        told = person.told()
        if not told["scanHref"] or told["done"] == "1":
            return
        person.scan(answer_for(person.screen()))


def office(person: Person, badge: tuple[str, str]) -> None:
    """The desk's pages."""
    answer = person.context.request.post(
        f"{person.base}/login", form={"badge": badge[0], "pin": badge[1]}, headers={"Accept": "application/json"}
    )
    assert answer.ok, "the demo's administrator signs in"
    for page in OFFICE:
        person.page.goto(f"{person.base}/{page}")
        take(person, f"office-{page}")
    for page, name in (("counts", "count"), ("alerts", "alert"), ("proposals", "proposal")):
        person.page.goto(f"{person.base}/{page}")
        with person.page.expect_navigation():
            person.page.click("main table tbody a")
        take(person, f"office-{name}")


def count(counters: list[Person], badges: list[tuple[str, str]]) -> None:
    """A bin that two people find empty one after the other: the desk has a difference to decide."""
    for person, badge in zip(counters, badges, strict=True):
        person.sign_in(*badge)
        place = person.enter("counting")
        take(person, "counting-next")
        person.scan(answer_for(person.screen()))
        take(person, "counting")
        while place["done"] != "1":
            place = person.scan("XXOK")


def desk(person: Person, badge: tuple[str, str], app: Flask, folder: Path) -> None:
    """A dock's desk: the page beside a scanner on a pseudo-terminal, and its agent."""
    base = database_of(app)
    dock = base.read(lambda session: session.one("SELECT id, code, warehouse_id FROM location WHERE code = 'DOCK-2'"))
    token = base.change(
        lambda session: make_program(session, "agent", ("station",), warehouse_id=dock.warehouse_id, station_id=dock.id)
    )["token"]
    scanner, spool = PtyScanner(folder / "scanner"), Spool(folder / "spool.db")
    agent = Agent([Line(str(scanner.path), profile_named("bel"))], spool, Server(person.base, token))
    agent.start()
    person.sign_in(*badge)
    person.page.goto(f"{person.base}/stations/mine")
    person.at("/stations/mine")
    person.keys(dock.code)
    person.at("/receiving")
    person.until(
        "window.PickfaceDesk && PickfaceDesk.shown() >= 0 && document.querySelector('[data-scanner=ready]') !== null"
    )
    for code in ("XXOK", "", ""):
        before = person.page.evaluate("PickfaceDesk.shown()")
        scanner.scan(f"{code or answer_for(person.screen())}\r".encode())
        person.until(f"PickfaceDesk.shown() > {before}")
    take(person, "desk")
    agent.stop()
    app.extensions["feeds"].stop()


def main() -> None:
    """All pictures anew."""
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        app = create_app(settings_for(f"sqlite:///{home}/warehouse.db", Path(home)))
        base = database_of(app)
        migrate(base.engine)
        made = make_demo(base, timezone="Asia/Shanghai")
        people = {roles: (badge, pin) for _, roles, badge, pin in made.people}
        with served(app) as address, browser() as chromium:
            floor(Person(chromium, address), people[("supervisor",)], "")
            base.change(forget_language)
            floor(Person(chromium, address, locale="zh-CN"), people[("admin", "supervisor")], "-zh")
            desk(Person(chromium, address, size=SCREEN), people[("receiver",)], app, Path(home))
            counters = [person[2:] for person in made.people if person[1] == ("counter",)]
            count([Person(chromium, address) for _ in counters], counters)
            office(Person(chromium, address, size=DESK), people[("admin", "supervisor")])
        base.close()


def forget_language(session: Session) -> None:
    """Everybody reads what their browser asks for."""
    session.run("UPDATE person SET language = ''")


if __name__ == "__main__":
    main()
