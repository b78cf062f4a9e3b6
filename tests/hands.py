"""Many hands at once: threads that begin together, and one change in the middle of another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from warehouse.db import Database, Session

WITHIN_S = 30


def interleave(
    base: Database, first: Callable[[Session, Callable[[], None]], Any], second: Callable[[Session], Any]
) -> tuple[Any, Any]:
    """Runs a second change in the middle of a first one; both results, or what they raised.

    `first(session, pause)` calls pause() once: there the second change starts, and the first one goes on when the
    second is finished or waits for it.
    """
    with ThreadPoolExecutor(1) as pool:
        started: list[Future[Any]] = []

        def pause() -> None:
            if not started:
                started.append(pool.submit(base.change, second))
                until_waiting(base, started[0])

        one = outcome(lambda: base.change(lambda session: first(session, pause)))
        assert started, f"the first change pauses once: {one!r}"
        return one, outcome(lambda: started[0].result(WITHIN_S))


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returned or raised."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - what it raised is what is asked for
        return error


def until_waiting(base: Database, other: Future[Any]) -> None:
    """Returns when another thread's change is finished or waits for a lock of ours."""
    deadline = time.monotonic() + WITHIN_S
    while not wait([other], 0.01).done and not _is_waiting(base):
        assert time.monotonic() < deadline, "neither finished nor waiting"


def _is_waiting(base: Database) -> bool:
    if base.dialect == "sqlite":
        return bool(base._turn and base._turn._waiting)
    return base.read(
        lambda session: bool(
            session.value(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'"""
            )
        )
    )


def at_once(fn: Callable[[int], Any], hands: int) -> list[Any]:
    """What fn(0), fn(1) … returned or raised, each in its own thread, all begun together."""
    ready = threading.Barrier(hands)

    def one(number: int) -> Any:
        ready.wait(WITHIN_S)
        return outcome(lambda: fn(number))

    with ThreadPoolExecutor(hands) as pool:
        return [each.result(WITHIN_S) for each in [pool.submit(one, number) for number in range(hands)]]
