"""The background worker: a process of its own, niced.

It seals the ledger at least every second and ends killed imports. In threads of their own it keeps the plan of counts, plans
the stock behind the floor, reminds suppliers, and sends messages: a slow mail server holds up nobody.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from warehouse.clock import now_us
from warehouse.counts.keep import keep_plan
from warehouse.db import Database
from warehouse.errors import Busy, DiskFull, Unreachable
from warehouse.imports.batches import resume_imports
from warehouse.ledger import seal_all
from warehouse.messages.mail import MailServer
from warehouse.messages.sender import Sender
from warehouse.orders.buying import sending
from warehouse.planning.jobs import work_on
from warehouse.wiring import listen

PAUSE_S = 0.5
STOP_WITHIN_S = 6.0
THOROUGH_EVERY = 240  # rounds
RESUME_EVERY = 20
COUNTS_PAUSE_S, STOCK_PAUSE_S = 30.0, 10.0

log = logging.getLogger(__name__)


def work(database: Database, *, parent: int | None = None, smtp_url: str | None = None) -> None:
    """Seals and sends until told to stop, or until the server that started it is gone."""
    os.nice(5)
    listen()  # who writes the letters to suppliers
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sender = Sender(database, MailServer.from_url(smtp_url) if smtp_url else None)
    beside = [
        _beside("messages", lambda: sender.run(stop)),
        _beside("counts", lambda: _again_and_again(stop, COUNTS_PAUSE_S, lambda: _keep_counts(database))),
        _beside("stock", lambda: _again_and_again(stop, STOCK_PAUSE_S, lambda: _plan_stock(database))),
    ]
    rounds = 0
    while not stop.is_set() and (parent is None or os.getppid() == parent):
        try:
            _round(database, rounds)
            rounds += 1
        except Unreachable:
            rounds = 0  # told once, where it was met; once it is back, all of it is looked through
        except DiskFull:
            rounds += 1  # told there as well: half a second later it is tried again
        except Busy:
            log.warning("the database did not answer: sealing goes on in a moment")
            rounds += 1
        except Exception:  # whatever a dying connection raises: without this process nothing is sealed
            log.exception("sealing stopped; all of it is looked through in a moment")
            rounds = 0
        stop.wait(PAUSE_S)
    stop.set()
    _end(beside)


def _round(database: Database, rounds: int) -> None:
    if rounds % RESUME_EVERY == 0:
        resume_imports(database)
    for row in database.read(lambda session: session.all("SELECT id FROM warehouse ORDER BY id")):
        seal_all(database, row.id, thorough=rounds % THOROUGH_EVERY == 0)


# ---------------------------------------------------------------- beside the sealing, which waits for nobody


def _beside(name: str, job: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=job, name=name, daemon=True)
    thread.start()
    return thread


def _again_and_again(stop: threading.Event, pause_s: float, job: Callable[[], None]) -> None:
    """Does a job until told to stop. It may be killed anywhere: each of its changes is whole."""
    name = threading.current_thread().name
    while not stop.is_set():
        try:
            job()
        except (DiskFull, Unreachable):
            pass  # the sealing tells
        except Busy:
            log.warning("the database did not answer: %s go on in a moment", name)
        except Exception:
            log.exception("%s stopped; they begin anew in a moment", name)
        stop.wait(pause_s)


def _keep_counts(database: Database) -> None:
    for row in database.read(lambda session: session.all("SELECT id, timezone FROM warehouse ORDER BY id")):
        keep_plan(database, row)


def _plan_stock(database: Database) -> None:
    for row in database.read(lambda session: session.all("SELECT id FROM warehouse ORDER BY id")):
        work_on(database, row.id)
        _chase(database, row.id)


def _chase(database: Database, warehouse_id: int) -> None:
    """Reminds suppliers of late orders; nothing is written while nobody has to be reminded."""
    now = now_us()
    if database.read(lambda session: sending.is_overdue_anywhere(session, warehouse_id, now)):
        database.change(lambda session: sending.chase(session, warehouse_id, now))


def _end(beside: list[threading.Thread]) -> None:
    """Waits a little for what is on its way; what does not end by itself is taken up after the next start."""
    deadline = time.monotonic() + STOP_WITHIN_S
    for thread in beside:
        thread.join(max(0.0, deadline - time.monotonic()))
    if late := [thread.name for thread in beside if thread.is_alive()]:
        log.warning("still at work, to be taken up after the next start: %s", ", ".join(late))
        os._exit(0)
