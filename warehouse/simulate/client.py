"""One robot's connection: forms out, JSON back, and now and then an answer that never arrives."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

TIMEOUT_S = 30
TRIES = 40
AGAIN_S = 0.05
BUSY = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered: status, body, whether it was the answer to a repeat, and how long it took."""

    status: int
    body: dict[str, Any]
    replayed: bool
    seconds: float

    @property
    def code(self) -> str:
        """The notice's code, or nothing."""
        return str((self.body.get("notice") or {}).get("code") or "")

    @property
    def text(self) -> str:
        """The notice's sentence, or nothing."""
        return str((self.body.get("notice") or {}).get("text") or "")

    @property
    def screen(self) -> dict[str, Any] | None:
        """The screen as it is now, if there is one."""
        screen: dict[str, Any] | None = self.body.get("screen")
        return screen


class Unanswered(Exception):  # noqa: N818
    """The server did not answer, however often it was asked."""


class Line:
    """A keep-alive connection of one account."""

    def __init__(self, address: tuple[str, int], token: str) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Reply:
        """Reads a page."""
        return self._until_answered("GET", path, None)

    def post(self, path: str, fields: dict[str, str], *, lose: bool = False) -> Reply:
        """Asks for a change. `lose`: hangs up before the answer, and asks again with the same key.

        Raises:
            Unanswered: no answer came within TRIES.
        """
        body = urllib.parse.urlencode(fields)
        if lose:
            self._throw("POST", path, body)
        return self._until_answered("POST", path, body)

    def close(self) -> None:
        """Hangs up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _until_answered(self, method: str, path: str, body: str | None) -> Reply:
        """A broken connection or a busy server is met by asking again: the key makes that safe."""
        for _ in range(TRIES):
            with suppress(OSError, http.client.HTTPException):
                reply = self._ask(method, path, body)
                if reply.status not in BUSY:
                    return reply
            self.close()
            time.sleep(AGAIN_S)
        raise Unanswered(f"{method} {path} was never answered")

    def _ask(self, method: str, path: str, body: str | None) -> Reply:
        started = time.perf_counter()
        self._send(method, path, body)
        assert self._connection is not None, "it was sent"
        answer = self._connection.getresponse()
        raw = answer.read()
        took = time.perf_counter() - started
        try:
            content = json.loads(raw)
        except ValueError:
            content = {"raw": raw[:300].decode(errors="replace")}
        return Reply(answer.status, content, answer.headers.get("Replayed") == "1", took)

    def _send(self, method: str, path: str, body: str | None) -> None:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_S)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        self._connection.request(method, path, body, self._headers | form)

    def _throw(self, method: str, path: str, body: str) -> None:
        """Sends, and never listens."""
        with suppress(OSError, http.client.HTTPException):
            self._send(method, path, body)
        self.close()
