"""Runs the agent as a process: where its spool lies, its log, and how it ends."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from pathlib import Path
from threading import Event

from devices.agent import Agent
from devices.profiles import Line
from devices.server import Server
from devices.spool import InUse, Spool, Unwritable


def run_agent(
    url: str, token: str, lines: list[Line], spool: Path | None, *, station: str = "", verbose: bool = False
) -> None:
    """Reads and sends until SIGTERM or Ctrl-C. `station`: the desk that this agent was enrolled for."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("warehouse-station").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    path = spool or home() / "spool.db"
    try:
        kept = Spool(path)
    except InUse as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    except (OSError, Unwritable) as error:
        sys.exit(f"{path}: scans cannot be kept there ({error}). Name a file in a folder of this user with --spool.")
    server = Server(url, token)
    greetings = Server(url, token)  # a connection of its own: no scan waits for a greeting
    agent = Agent(lines, kept, server, greetings, station=station)
    agent.start()
    ended.wait()
    agent.stop()
    server.close()
    greetings.close()
    kept.close()


def home() -> Path:
    """The folder of this agent's own data."""
    if given := os.environ.get("STATE_DIRECTORY"):  # as a systemd unit is given it
        return Path(given.split(":")[0])
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "warehouse-station"


def enrolment() -> Path:
    """Where the server and the token of this desk are kept after it was enrolled."""
    return home() / "station.json"


def check_home() -> None:
    """Proves that an enrolment can be kept, before the code is used up.

    Raises:
        OSError: it cannot.
    """
    path = enrolment().with_suffix(".try")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text("", "utf-8")
    path.unlink()


def keep_enrolment(url: str, token: str, station: str) -> Path:
    """Writes down what this desk's agent starts with from now on; nobody else on this computer may read it."""
    path = enrolment()
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"server": url, "token": token, "station": station}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return path


def kept_enrolment() -> dict[str, str]:
    """The server and the token of this desk, if it was enrolled."""
    try:
        kept = json.loads(enrolment().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: str(kept.get(name, "")) for name in ("server", "token", "station")} if isinstance(kept, dict) else {}
