"""A shift in the configured database: its own numbers each time, never beside real data, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import warehouse as package
from tests.conftest import LEDGER_KEY
from tests.floor import TIMEZONE
from warehouse.catalog.locations import make_warehouse
from warehouse.catalog.settings import change_setting
from warehouse.catalog.suppliers import put_supplier
from warehouse.cli import warehouse
from warehouse.db import Database, Session
from warehouse.demo import make_demo
from warehouse.people.actions import make_person, make_program
from warehouse.simulate import Plan, play
from warehouse.simulate.own import own_data
from warehouse.simulate.place import NotHere, place

WITHIN_S = 60
ROOT = Path(package.__file__).resolve().parents[1]


@pytest.fixture
def here(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`warehouse simulate --here` on an installation of its own."""
    for name, value in {"DATABASE_URL": url, "HOME": str(tmp_path), "LEDGER_KEY": LEDGER_KEY}.items():
        monkeypatch.setenv(f"WAREHOUSE_{name}", value)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return lambda *more: CliRunner().invoke(warehouse, ["simulate", "--here", "--json", *more])


@pytest.mark.usefixtures("here")
def test_a_second_shift_has_numbers_of_its_own() -> None:
    """R-SCAN-1, R-ORD-1: no key and no order number of the first is met again, by the same seed or another."""
    for seed in (7, 7, 8):
        report = play(Plan(seed, hours=0.2, workers=4, desks=2, here=True, finish=False))
        assert report.faults == []
        assert report.unexpected == {}
        assert report.scans > 0


def enter_item(session: Session, house: int) -> None:
    session.run("INSERT INTO item (id, sku, name, barcode) VALUES (9000000000000000000, 'OWN', 'Own', 'OWN')")


def enter_order(session: Session, house: int) -> None:
    session.run(
        """INSERT INTO sales_order (id, channel, number, state, tier, tier_rank, region, confirmed_at, content_hash, made_at)
           VALUES (9000000000000000000, 'web', 'OWN', 'cancelled', 'standard', 2, 'Shanghai', 1, '', 1)"""
    )


def enter_exception(session: Session, house: int) -> None:
    session.run(
        """INSERT INTO order_exception (id, channel, number, kind, reasons, opened_at)
           VALUES (9000000000000000000, 'web', 'OWN', 'data', '[]', 1)"""
    )


def enter_purchase(session: Session, house: int) -> None:
    session.run(
        """INSERT INTO purchase_order (id, warehouse_id, number, supplier_id, barcode, state, made_at)
           SELECT 9000000000000000000, :house, 'OWN', min(id), 'XDOWN', 'closed', 1 FROM supplier""", house=house)  # fmt: skip


def enter_location(session: Session, house: int) -> None:
    session.run(
        """INSERT INTO location (id, warehouse_id, code, kind, barcode, path)
           VALUES (9000000000000000000, :house, 'OWN', 'bin', 'OWN', '')""", house=house)  # fmt: skip


def enter_setting(session: Session, house: int) -> None:
    change_setting(session, "pick_face_fill", "9", warehouse_id=house, changed_by="OWN", at=1)


ENTERED = {
    "item OWN": enter_item,
    "supplier OWN": lambda session, _: put_supplier(session, "OWN", "Own", lead_time_days=1),
    "person or program OWN": lambda session, _: make_person(session, "OWN", ("picker",)),
    "person or program OWN-TOKEN": lambda session, house: make_program(
        session, "OWN-TOKEN", ("picker",), warehouse_id=house
    ),
    "location OWN": enter_location,
    "order web OWN": enter_order,
    "order set aside web OWN": enter_exception,
    "purchase order OWN": enter_purchase,
    "changed setting pick_face_fill": enter_setting,
}


@pytest.mark.parametrize("found", list(ENTERED))
def test_what_was_entered_beside_the_demo_keeps_every_shift_out(base: Database, found: str) -> None:
    make_demo(base, timezone=TIMEZONE)
    house = base.read(lambda session: int(session.value("SELECT id FROM warehouse")))
    look = partial(own_data, warehouse_id=house)
    assert base.read(look) == []
    base.change(lambda session: ENTERED[found](session, house))
    assert base.read(look) == [found]


def test_the_refusal_names_what_was_found(base: Database, here: Callable[..., Result]) -> None:
    make_demo(base, timezone=TIMEZONE)
    base.change(lambda session: enter_item(session, 0))
    told = here("--hours", "0.01")
    assert told.exit_code == 2
    assert "item OWN" in told.stderr
    assert "an empty database or the demo" in told.stderr


def test_of_several_warehouses_one_is_named(base: Database, here: Callable[..., Result]) -> None:
    make_demo(base, timezone=TIMEZONE)
    base.change(lambda session: make_warehouse(session, "NORTH", timezone=TIMEZONE))
    told = here("--hours", "0.01")
    assert told.exit_code == 2
    assert "name one with --warehouse: MAIN, NORTH" in told.stderr
    assert here("--hours", "0.01", "--warehouse", "SOUTH").exit_code == 2
    with place("sqlite", here=True, warehouse="MAIN") as made:
        assert made.warehouse == "MAIN"
    with pytest.raises(NotHere, match="there is no warehouse SOUTH"), place("sqlite", here=True, warehouse="SOUTH"):
        pass


# ---------------------------------------------------------------- its end


def of(mark: str) -> list[int]:
    """The processes that were started with this in their environment, but for this one (Linux)."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            alive = each.joinpath("stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
            if alive and mark.encode() in each.joinpath("environ").read_bytes():
                found.append(int(each.name))
    return [pid for pid in found if pid != os.getpid()]


def until(true: Callable[[], object], what: Callable[[], str]) -> None:
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def begun(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A long shift in a folder of its own, with its server, worker and agents at work."""
    mark, scratch = f"MARK={tmp_path.name}-{os.getpid()}", Path(f"/tmp/pf-{os.getpid()}")
    scratch.mkdir()
    name, _, value = mark.partition("=")
    environ = os.environ | {name: value, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    environ.pop("WAREHOUSE_BENCH_POSTGRESQL", None)
    command = [sys.executable, "-m", "warehouse", "simulate", "--hours", "9", "--database", request.param]
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # who was started in the background hands its deafness down
    process = subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: any(scratch.rglob("agent.log")) and any(scratch.rglob("spool.db")), lambda: "it never began")
        yield process, mark
        until(lambda: not list(scratch.glob("pickface-*")), lambda: f"left lying: {list(scratch.iterdir())}")
    finally:
        for pid in of(mark):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.mark.skipif(sys.platform != "linux", reason="what dies with its parent, and /proc, are Linux's")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=["term", "int", "kill"])
def test_a_shift_that_ends_early_leaves_no_process_and_no_folder(
    begun: tuple[subprocess.Popen[bytes], str], number: signal.Signals
) -> None:
    """Server, worker, agents, PostgreSQL and scratch folders end with it, also where it is killed hard."""
    process, mark = begun
    assert len(of(mark)) >= 4, "a server, its worker and two agents"
    process.send_signal(number)
    expected = {signal.SIGTERM: 128 + signal.SIGTERM, signal.SIGINT: 1, signal.SIGKILL: -signal.SIGKILL}
    assert process.wait(WITHIN_S) == expected[number]
    until(lambda: not of(mark), lambda: f"still running: {of(mark)}")
