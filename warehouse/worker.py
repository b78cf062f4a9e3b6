"""The background worker: a process of its own, niced.

It seals the ledger at least every second and ends killed imports. In threads of their own it keeps the plan of counts, plans
the stock behind the floor, and sends messages: a slow mail server holds up nobody.
"""

from __future__ import annotations

import logging
import os
import signal
import threading

from warehouse.counts.keep import keep_plan
from warehouse.db import Database
from warehouse.errors import Busy, DiskFull, Unreachable
from warehouse.imports.batches import resume_imports
from warehouse.ledger import seal_all
from warehouse.messages.mail import MailServer
from warehouse.messages.sender import Sender
from warehouse.planning.jobs import work_on

PAUSE_S = 0.5
STOP_WITHIN_S = 6.0
THOROUGH_EVERY = 240  # rounds
RESUME_EVERY = 20
PLAN_EVERY_S = 30
END_S = 5
PLAN_PAUSE_S = 10

log = logging.getLogger(__name__)


def work(database: Database, *, parent: int | None = None, smtp_url: str | None = None) -> None:
    """Seals and sends until told to stop, or until the server that started it is gone."""
    os.nice(5)
    stop = threading.Event()
    sender = Sender(database, MailServer.from_url(smtp_url) if smtp_url else None)
    sending = threading.Thread(target=sender.run, args=(stop,), daemon=True)
    sending.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    plans = threading.Thread(target=_keep_plans, args=(database, stop), daemon=True)
    plans.start()
    threading.Thread(target=_plan, args=(database, stop), daemon=True).start()
    rounds = 0
    while not stop.is_set() and (parent is None or os.getppid() == parent):
        try:
            _round(database, rounds)
        except (DiskFull, Unreachable):
            pass  # told once, where it was met: half a second later it is tried again
        except Busy:
            log.warning("the database did not answer: sealing goes on in a moment")
        rounds += 1
        stop.wait(PAUSE_S)
    stop.set()
    plans.join(END_S)
    sending.join(STOP_WITHIN_S)
    if sending.is_alive():
        log.warning("a message is still on its way: it is tried again after the next start")
        os._exit(0)


def _round(database: Database, rounds: int) -> None:
    if rounds % RESUME_EVERY == 0:
        resume_imports(database)
    for row in database.read(lambda session: session.all("SELECT id FROM warehouse ORDER BY id")):
        seal_all(database, row.id, thorough=rounds % THOROUGH_EVERY == 0)


def _keep_plans(database: Database, stop: threading.Event) -> None:
    """Keeps the plans of counts, beside the sealing, which waits for nothing."""
    while not stop.is_set():
        try:
            for row in database.read(lambda session: session.all("SELECT id, timezone FROM warehouse ORDER BY id")):
                keep_plan(database, row)
        except (DiskFull, Unreachable, Busy):
            pass  # told by the sealing; the plan goes on with its next round
        stop.wait(PLAN_EVERY_S)


def _plan(database: Database, stop: threading.Event) -> None:
    """Plans in a thread of its own: sealing waits for nobody. It may be killed anywhere, each of its slices is whole."""
    while not stop.wait(PLAN_PAUSE_S):
        try:
            for row in database.read(lambda session: session.all("SELECT id FROM warehouse ORDER BY id")):
                work_on(database, row.id)
        except (DiskFull, Unreachable):
            pass  # the sealer tells
        except Busy:
            log.warning("the database did not answer: planning goes on in a moment")
        except Exception:
            log.exception("planning stopped; it begins anew in a moment")
