"""Whose an unfinished import is, and whether that process still lives.

On the same machine the process tells: its number and when it was started. Of another machine only its last sign of
life is known.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from warehouse.clock import SECOND, now_us

BEAT_S = 10
SILENT_US = 120 * SECOND


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that runs an import, and what the import needs if another must finish it."""

    host: str
    pid: int
    started: str
    beat: int
    timezone: str
    now: int

    def as_text(self) -> str:
        """As the batch keeps it."""
        return json.dumps(asdict(self))

    @property
    def lives(self) -> bool:
        """Whether that process is still at work."""
        if self.host == platform.node():
            return bool(self.started) and _started(self.pid) == self.started
        return self.beat > now_us() - SILENT_US

    @property
    def mine(self) -> bool:
        """Whether it is this very process."""
        return (self.host, self.pid, self.started) == (platform.node(), os.getpid(), _my_start(os.getpid()))

    def beating(self) -> Owner:
        """A fresh sign of life."""
        return replace(self, beat=now_us())


def this_process(*, timezone: str, now: int) -> Owner:
    """This process as the owner of an import."""
    return Owner(platform.node(), os.getpid(), _my_start(os.getpid()), now_us(), timezone, now)


def read_owner(text: str) -> Owner | None:
    """The owner that a batch names."""
    try:
        return Owner(**json.loads(text))
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=8)
def _my_start(pid: int) -> str:
    return _started(pid)


def _started(pid: int) -> str:
    """When a process was started, as the system tells it; empty if there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return "" if Path("/proc/self").exists() else _asked(pid)
    fields = text[text.rindex(")") + 2 :].split()
    return "" if fields[0] in {"Z", "X"} else fields[19]


def _asked(pid: int) -> str:
    """Where there is no /proc, ps knows."""
    asked = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
