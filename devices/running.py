"""Runs the agent as a process: where its spool lies, its log, and how it ends."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from threading import Event

from devices.agent import Agent
from devices.profiles import Line
from devices.server import Server
from devices.spool import InUse, Spool


def run_agent(url: str, token: str, lines: list[Line], spool: Path | None, *, verbose: bool = False) -> None:
    """Reads and sends until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("warehouse-station").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        kept = Spool(spool or home() / "spool.db")
    except InUse as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    server = Server(url, token)
    agent = Agent(lines, kept, server)
    agent.start()
    ended.wait()
    agent.stop()
    server.close()
    kept.close()


def home() -> Path:
    """The folder of this agent's own data."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "warehouse-station"
