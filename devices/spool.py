"""What was scanned and not yet answered, on disk: a scan is acknowledged only once it is here."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pysqlite3 import dbapi2 as sqlite

BUSY_MS = 5000
ANSWERED_KEPT = 1000  # for whoever asks what became of a scan

Unwritable = sqlite.Error  # the disk is full or broken: what was to be kept is not kept

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    scanner TEXT NOT NULL,
    body TEXT NOT NULL,
    answer TEXT,
    behind TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS scan_waiting ON scan (id) WHERE answer IS NULL;
"""


class InUse(OSError):  # noqa: N818 - it says what is so
    """Another agent holds this spool."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A scan on disk; `body` is what is sent, the key in it.

    `behind`: the key of the refusal before which the scan was made; what is done after it may not be what was meant.
    """

    id: int
    key: str
    scanner: str
    body: dict[str, Any]
    behind: str = ""


class Spool:
    """Scans in the order in which they were made. Several threads may use it, one process at a time.

    Raises:
        InUse: another process has it open.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._held = _hold(path.with_name(path.name + ".lock"))
        try:
            self._open(path)
        except BaseException:
            self._held.close()
            raise

    def _open(self, path: Path) -> None:
        # WAL and FULL: each commit is on the disk before it returns, at one sync.
        self._sqlite = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
        self._sqlite.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self._sqlite.execute("PRAGMA journal_mode = WAL")
        self._sqlite.execute("PRAGMA synchronous = FULL")
        self._sqlite.executescript(_SCHEMA)
        if "behind" not in {row[1] for row in self._sqlite.execute("PRAGMA table_info(scan)")}:
            self._sqlite.execute("ALTER TABLE scan ADD COLUMN behind TEXT NOT NULL DEFAULT ''")
        path.chmod(0o600)

    def keep(self, key: str, scanner: str, body: dict[str, Any]) -> Kept:
        """Puts a scan on disk; when this returns it survives a power cut."""
        with self._lock:
            row = self._sqlite.execute(
                "INSERT INTO scan (key, scanner, body) VALUES (?, ?, ?) RETURNING id",
                (key, scanner, json.dumps(body, ensure_ascii=False)),
            ).fetchone()
        return Kept(row[0], key, scanner, body)

    def first(self) -> Kept | None:
        """The oldest scan without an answer."""
        with self._lock:
            row = self._sqlite.execute(
                "SELECT id, key, scanner, body, behind FROM scan WHERE answer IS NULL ORDER BY id LIMIT 1"
            ).fetchone()
        return Kept(row[0], row[1], row[2], json.loads(row[3]), row[4]) if row else None

    def settle(self, kept: Kept, answer: str, *, refused: bool = False) -> None:
        """A scan was answered: it is never sent again. Where it was refused, all that wait were made before that was heard."""
        with self._lock:
            self._sqlite.execute("BEGIN")
            self._sqlite.execute("UPDATE scan SET answer = ? WHERE id = ?", (answer, kept.id))
            if refused and not kept.behind:
                self._sqlite.execute("UPDATE scan SET behind = ? WHERE answer IS NULL AND behind = ''", (kept.key,))
            self._sqlite.execute("COMMIT")
            if kept.id % ANSWERED_KEPT == 0:
                self._sqlite.execute(
                    "DELETE FROM scan WHERE answer IS NOT NULL AND id <= ?", (kept.id - ANSWERED_KEPT,)
                )

    def waiting(self) -> int:
        """How many scans have no answer yet."""
        with self._lock:
            return int(self._sqlite.execute("SELECT count(*) FROM scan WHERE answer IS NULL").fetchone()[0])

    def close(self) -> None:
        """Lets another agent have it."""
        with self._lock:
            self._sqlite.close()
            self._held.close()


def _hold(path: Path) -> IO[bytes]:
    held = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise InUse(error.errno, "another agent uses this spool", str(path)) from error
    return held
