"""A conversation with a server outside ends in time, however slowly it drips."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

AGAIN_S = 0.2


@contextmanager
def within(seconds: float, connection: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Cuts the connection once the time is over; whoever reads from it then gets an error.

    A time-out on each read is not enough: a server that sends one byte now and then never runs into it.
    """
    over = threading.Event()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            _cut(connection())
            wait = AGAIN_S  # it may have been in the middle of connecting, or of changing to TLS

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _cut(connection: socket.socket | None) -> None:
    if connection is not None:
        with suppress(OSError):
            # The plain socket's own: the TLS one would take its state away from whoever reads at this moment.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
