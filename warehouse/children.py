"""Processes and scratch folders that do not outlive whoever made them, however that one ends."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
TIDY_S = 15
"""How long what still runs in a folder may go on writing there before it is left as it is."""
TIDY_AGAIN_S = 0.2


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """This process gets that signal when the thread that started it is gone (Linux; elsewhere nothing happens)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def with_me(number: int = signal.SIGTERM) -> Callable[[], None]:
    """For `preexec_fn`: the child is told to end when this process is gone, also where it was killed hard."""
    parent = os.getpid()

    def begin() -> None:
        die_with_parent(number)
        if os.getppid() != parent:  # it was gone before the child could ask
            os._exit(128 + number)

    return begin


@contextmanager
def ends_when_told() -> Iterator[None]:
    """SIGTERM and SIGHUP end what is within as Ctrl-C does, so that all is put away on the way out.

    Raises:
        SystemExit: 128 and the signal's number. What comes after the first signal is not listened to.
    """
    numbers = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is not signal.SIG_IGN]

    def end(number: int, _frame: Any) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = {each: signal.signal(each, end) for each in numbers}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder that is gone afterwards, also where this process is killed hard."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    keeper = keep_tidy(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        assert keeper.stdin is not None, "it was asked for"
        keeper.stdin.close()
        keeper.wait()


def keep_tidy(folder: Path) -> subprocess.Popen[bytes]:
    """A process that removes the folder as soon as its standard input ends: with us, or when we close it."""
    command = [sys.executable, "-m", "warehouse.children", str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own command


def tidy(folder: Path) -> None:
    """Ends a PostgreSQL that works in the folder, and removes it."""
    for kept in folder.rglob("postmaster.pid"):
        with suppress(OSError, ValueError, IndexError):
            pid = int(kept.read_text().split()[0])
            if b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes():  # the number may be another's by now
                os.kill(pid, signal.SIGQUIT)
    end = time.monotonic() + TIDY_S
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            time.sleep(TIDY_AGAIN_S)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    tidy(Path(sys.argv[1]))
