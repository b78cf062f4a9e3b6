"""A file comes in whole or not at all, whenever the process is killed, and never twice."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import LEDGER_KEY
from tests.imports.conftest import ORDER, why
from warehouse.catalog.codes import register
from warehouse.imports import batches, run
from warehouse.imports.owner import Owner, _started, this_process

ORDERS = f"{ORDER}\n" + "".join(
    f"shop,{number},2026-01-05 09:00,Ann,13800000000,Hebei,1 Road,MUG,{quantity}\n"
    for number in range(200)
    for quantity in (1, 2, 3)
)
ITEMS = "sku,name\n" + "".join(f"SKU-{number},Thing {number}\n" for number in range(500))

# The process that is killed: it dies in the middle of a slice's rest, as if the power had gone.
KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse.db import open_database
from warehouse.imports import batches
from warehouse.imports.kinds import KINDS
from warehouse.imports.run import Wish, import_file
from warehouse.ledger import Signer
from warehouse.settings import Settings

url, home, kind, path, step, left, warehouse_id = sys.argv[1:]
left = int(left)

def dies(self):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def marked(*args, _stage=batches.stage, **more):
    result = _stage(*args, **more)
    batches.Pace.rest = dies
    return result

batches.SLICE_CHARS_START = batches.SLICE_CHARS_MIN = batches.SLICE_CHARS_MAX = 1500
if step == "staging":
    batches.Pace.rest = dies
else:
    batches.stage = marked
key = bytes.fromhex(os.environ["WAREHOUSE_LEDGER_KEY"])
database = open_database(url, home=Path(home), signer=Signer(Settings.from_environ().ledger_key_id, key))
import_file(database, Wish(KINDS[kind], Path(path), warehouse_id=int(warehouse_id), timezone="Asia/Shanghai"))
"""


@pytest.fixture
def killed(url, desk, tmp_path) -> Callable[..., None]:
    """Runs an import in a process of its own and kills it after so many slices."""

    def kill(kind: str, text: str, *, step: str, after: int, warehouse_id: int = 0) -> None:
        words = [url, tmp_path, kind, desk.file(text), step, after, warehouse_id]
        command = [sys.executable, "-c", KILLED, *map(str, words)]
        home = {"WAREHOUSE_HOME": str(tmp_path), "WAREHOUSE_LEDGER_KEY": LEDGER_KEY}
        environ = os.environ | home | {"PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        assert done.returncode == -signal.SIGKILL, done.stderr

    return kill


def seen(desk):
    return desk.value("SELECT count(*) FROM sales_order WHERE state <> 'staged'")


def test_an_import_killed_while_staging_has_never_been(desk, killed):
    desk.furnish()
    killed("orders", ORDERS, step="staging", after=3)
    assert desk.value("SELECT count(*) FROM import_row") > 0
    assert batches.resume_imports(desk.base) == 1
    assert seen(desk) == 0
    assert desk.value("SELECT count(*) FROM import_row") == 0
    assert desk.value("SELECT count(*) FROM import_batch WHERE state <> 'applied'") == 0
    assert desk.taken("orders", ORDERS).outcome.accepted == 600


@pytest.mark.parametrize("after", [1, 4])
def test_an_import_killed_while_applying_is_finished_at_the_next_start_and_seen_only_then(desk, killed, after):
    desk.furnish()
    killed("orders", ORDERS, step="applying", after=after)
    assert desk.value("SELECT count(*) FROM sales_order") > 0
    assert seen(desk) == 0, "orders become visible together"
    assert batches.resume_imports(desk.base) == 1
    assert (seen(desk), desk.value("SELECT count(*) FROM order_line")) == (200, 600)
    assert batches.resume_imports(desk.base) == 0
    assert desk.taken("orders", ORDERS).outcome.skipped == 600


def test_the_next_import_finishes_a_killed_one_first(desk, killed):
    killed("items", ITEMS, step="applying", after=2)
    before = desk.value("SELECT count(*) FROM item")
    assert 0 < before < 500
    assert desk.taken("items", ITEMS).outcome.skipped + before >= 500
    assert desk.value("SELECT count(*) FROM item") == 500
    assert desk.value("SELECT count(*) FROM code") == 500


def test_killed_opening_balances_are_opened_once(desk, killed):
    desk.furnish()
    text = "sku,location,quantity\n" + "MUG,A-01,1\n" * 300
    warehouse_id = desk.value("SELECT id FROM warehouse")
    killed("stock", text, step="applying", after=2, warehouse_id=warehouse_id)
    before = desk.value("SELECT sum(quantity) FROM balance")
    assert 0 < before < 300
    assert batches.resume_imports(desk.base) == 1
    assert desk.value("SELECT sum(quantity) FROM balance") == 300
    assert desk.taken("stock", text).outcome.skipped == 300


def test_an_import_that_still_runs_is_left_alone(desk):
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        owner = Owner(platform.node(), sleeper.pid, _started(sleeper.pid), 0, "UTC", 1)
        begin(desk, owner)
        assert batches.resume_imports(desk.base) == 0
    finally:
        sleeper.kill()
        sleeper.wait()
    assert batches.resume_imports(desk.base) == 1, "now it is dead"


def test_another_machines_import_is_dead_once_it_is_silent(desk):
    mine = this_process(timezone="UTC", now=1)
    begin(desk, Owner("elsewhere", 1, "1", mine.beat, "UTC", 1))
    assert batches.resume_imports(desk.base) == 0
    text = Owner("elsewhere", 1, "1", 0, "UTC", 1).as_text()
    desk.base.change(lambda session: session.run("UPDATE import_batch SET result = :text", text=text))
    assert batches.resume_imports(desk.base) == 1


def begin(desk, owner):
    desk.base.change(lambda session: batches._try_begin(session, batches.KINDS["items"], "x.csv", 0, owner))


def test_one_import_runs_at_a_time(desk):
    owner = this_process(timezone="UTC", now=1)

    def twice(session):
        first = batches._try_begin(session, batches.KINDS["items"], "x.csv", 0, owner)
        return first, batches._try_begin(session, batches.KINDS["items"], "y.csv", 0, owner)

    first, second = desk.base.change(twice)
    assert first
    assert not second


def test_what_comes_between_check_and_change_costs_one_row_only(desk, monkeypatch):
    desk.furnish()
    real = run.batches.stage

    def stage(database, batch_id, units):
        database.change(lambda session: register(session, "SKU-2", kind="item", ref_id=1))
        return real(database, batch_id, units)

    monkeypatch.setattr(run.batches, "stage", stage)
    imported = desk.bring("items", "sku,name\nSKU-1,One\nSKU-2,Two\nSKU-3,Three\n")
    assert why(imported) == [["code_taken"]]
    assert imported.outcome.as_json() == {
        "lines": 3, "accepted": 2, "skipped": 0, "rejected": 1, "reasons": {"code_taken": 1},
    }  # fmt: skip
    assert desk.value("SELECT count(*) FROM item WHERE sku LIKE 'SKU-%'") == 2
    desk.base.change(lambda session: session.run("DELETE FROM code WHERE ref_id = 1"))


def test_a_dry_run_tells_the_same_and_changes_nothing(desk):
    desk.furnish()
    batches_before = desk.value("SELECT count(*) FROM import_batch")
    dry = desk.bring("orders", ORDERS.replace("MUG,3", "NONE,3", 1), keep_good=True, dry_run=True)
    assert (dry.outcome.accepted, dry.outcome.rejected, dry.rejected, dry.taken) == (597, 3, None, False)
    for table in ("sales_order", "order_exception", "import_row"):
        assert desk.value(f"SELECT count(*) FROM {table}") == 0
    assert desk.value("SELECT count(*) FROM import_batch") == batches_before
    real = desk.bring("orders", ORDERS.replace("MUG,3", "NONE,3", 1), keep_good=True)
    assert real.outcome == dry.outcome
