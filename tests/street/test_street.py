"""The main job on real orders: received, put away, picked, packed and shipped by several robots at once."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.bench.load import robots_work
from warehouse.bench.world import World, serving, world
from warehouse.paths import CHECKOUT
from warehouse.people.actions import make_program
from warehouse.simulate.audit import newer_picks

DATA = os.environ.get("WAREHOUSE_DATA")
ROOMS = (("receiving", 2), ("putaway", 3), ("picking", 4), ("packing", 3), ("shipping", 1))
ROUNDS_MAX = 12


@pytest.mark.skipif(not DATA, reason="set WAREHOUSE_DATA to the folder with online-retail/ to ship real orders")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_hundred_real_orders_go_from_dock_to_truck(kind: str, tmp_path: Path) -> None:
    """R-LED-3, R-PICK-1: every order ships, the book proves itself, and no pick was newer than what was free."""
    ship_real_orders(kind, tmp_path, orders=100)


@pytest.mark.proof
@pytest.mark.skipif(not DATA, reason="set WAREHOUSE_DATA to the folder with online-retail/ to ship real orders")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_thousand_real_orders_go_from_dock_to_truck(kind: str, tmp_path: Path) -> None:
    """The long form of the same."""
    ship_real_orders(kind, tmp_path, orders=1000)


def ship_real_orders(kind: str, folder: Path, *, orders: int) -> None:
    """Imports the first orders of the month with the goods on their way, and lets robots do the rest."""
    derive(folder, orders)
    with world(kind) as made:
        for name in ("locations", "items", "suppliers", "purchase-orders"):
            assert run(made, "import", name, str(folder / f"{name}.csv"))["rejected"] == 0
        mapping = str(CHECKOUT / "examples" / "online-retail.toml")
        counts = run(made, "import", "orders", str(folder / "orders.csv"), "--mapping", mapping, "--keep-good")
        assert counts["lines"] == counts["accepted"] + counts["skipped"] + counts["rejected"]
        with serving(made):
            shipped = work_until_shipped(made)
        assert shipped == orders
        assert run(made, "verify") | {"moves": 0, "postings": 0, "unsealed": 0} == {
            "ok": True, "postings": 0, "moves": 0, "unsealed": 0, "faults": [],
        }  # fmt: skip
        assert newer_picks(exported(made, folder), pick_places=pick_places(made), timezone="Asia/Shanghai") == []


def work_until_shipped(made: World) -> int:
    """Rounds of all rooms, as many robots in each as a small shift has; how many orders were shipped."""
    tokens = make_robots(made)
    for _ in range(ROUNDS_MAX):
        for room, _count in ROOMS:
            taken = robots_work(made.settings.bind, tokens[room], (room,))
            assert taken.refused == {}, f"{room}: an obedient robot was refused"
        if not made.database.read(lambda session: session.value(_OPEN)):
            break
    return int(
        made.database.read(lambda session: session.value("SELECT count(*) FROM sales_order WHERE state = 'shipped'"))
    )


_OPEN = "SELECT count(*) FROM sales_order WHERE state NOT IN ('shipped', 'exception', 'cancelled')"


def make_robots(made: World) -> dict[str, list[str]]:
    """Program accounts for each room."""
    warehouse_id = made.database.read(lambda session: session.value("SELECT id FROM warehouse"))
    return {
        room: [
            made.database.change(
                lambda session, name=f"{room}-{number}": make_program(
                    session, name, ("supervisor",), warehouse_id=warehouse_id
                )
            )["token"]
            for number in range(count)
        ]
        for room, count in ROOMS
    }


def derive(folder: Path, orders: int) -> None:
    """Items, places and purchase orders for the first orders of the month."""
    month = Path(DATA or "") / "online-retail" / "2010-12.csv.gz"
    script = str(CHECKOUT / "examples" / "derive.py")
    subprocess.run(
        [sys.executable, script, str(month), str(folder), "--as", "purchase-orders", "--orders", str(orders)],
        check=True, capture_output=True,
    )  # fmt: skip


def run(made: World, *command: str) -> dict:
    """A command's JSON answer."""
    done = subprocess.run(
        [sys.executable, "-m", "warehouse", *command, "--json"], env=made.environ, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def exported(made: World, folder: Path) -> list[dict[str, str]]:
    """The ledger as it is exported."""
    file = folder / "moves.csv"
    subprocess.run([sys.executable, "-m", "warehouse", "export", "moves", str(file)], env=made.environ, check=True,
                   capture_output=True)  # fmt: skip
    with file.open(newline="", encoding="utf-8-sig") as text:
        return list(csv.DictReader(text))


def pick_places(made: World) -> set[str]:
    """The codes of the places that picks come from."""
    rows = made.database.read(lambda session: session.all("SELECT code FROM location WHERE pick = 1"))
    return {row.code for row in rows}
