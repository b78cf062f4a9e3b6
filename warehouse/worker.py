"""The background worker: a process of its own, niced.

It seals the ledger at least every second, ends killed imports, and does what planning and buying do behind the floor.
"""

from __future__ import annotations

import logging
import os
import signal
import threading

from warehouse.clock import now_us
from warehouse.db import Database
from warehouse.errors import Busy, DiskFull, Unreachable
from warehouse.imports.batches import resume_imports
from warehouse.ledger import seal_all
from warehouse.orders.buying import sending
from warehouse.planning.jobs import work_on

PAUSE_S = 0.5
THOROUGH_EVERY = 240  # rounds
RESUME_EVERY = 20
PLAN_PAUSE_S = 10

log = logging.getLogger(__name__)


def work(database: Database, *, parent: int | None = None) -> None:
    """Seals until told to stop, or until the server that started it is gone."""
    os.nice(5)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
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


def _round(database: Database, rounds: int) -> None:
    if rounds % RESUME_EVERY == 0:
        resume_imports(database)
    for row in database.read(lambda session: session.all("SELECT id FROM warehouse ORDER BY id")):
        seal_all(database, row.id, thorough=rounds % THOROUGH_EVERY == 0)


def _plan(database: Database, stop: threading.Event) -> None:
    """Plans in a thread of its own: sealing waits for nobody. It may be killed anywhere, each of its slices is whole."""
    while not stop.wait(PLAN_PAUSE_S):
        try:
            for row in database.read(lambda session: session.all("SELECT id FROM warehouse ORDER BY id")):
                work_on(database, row.id)
                _chase(database, row.id)
        except (DiskFull, Unreachable):
            pass  # the sealer tells
        except Busy:
            log.warning("the database did not answer: planning goes on in a moment")
        except Exception:
            log.exception("planning stopped; it begins anew in a moment")


def _chase(database: Database, warehouse_id: int) -> None:
    """Reminds suppliers of late orders; nothing is written while nobody has to be reminded."""
    now = now_us()
    if database.read(lambda session: sending.is_overdue_anywhere(session, warehouse_id, now)):
        database.change(lambda session: sending.chase(session, warehouse_id, now))
