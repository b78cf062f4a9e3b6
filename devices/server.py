"""The server as the agent sees it: a scan goes there, its answer comes back."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

PATH = "/stations/scan"
CONNECT_S, ANSWER_S = 2.0, 10.0

# Not answers about the scan: the way there, or the token, is at fault, and the scan is sent again.
_NOT_NOW = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_NOT_YOU = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a scan that was sent.

    Attributes:
        settled: the server has decided about it; else it must be sent again with its key.
        good: it was taken.
        refused: the server does not know this agent, or no longer.
        why: the notice's code, or what hindered the sending.
    """

    settled: bool
    good: bool = False
    refused: bool = False
    why: str = ""


class Server:
    """One connection, one request at a time."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url, timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S), trust_env=False,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        )  # fmt: skip

    def send(self, body: dict[str, Any]) -> Answer:
        """Sends a scan and waits for the answer. Never raises for what the network or the server does."""
        try:
            response = self._client.post(PATH, json=body)
        except httpx.HTTPError as error:
            return Answer(settled=False, why=str(error) or type(error).__name__)
        status = response.status_code
        if status in _NOT_YOU:
            return Answer(settled=False, refused=True, why=f"status {status}")
        if status in _NOT_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.OK:
            return Answer(settled=False, why=f"status {status}")
        level, code = _notice(response)
        return Answer(
            settled=True, good=status < HTTPStatus.MULTIPLE_CHOICES and level != "error", why=code or str(status)
        )

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()


def _notice(response: httpx.Response) -> tuple[str, str]:
    try:
        notice = response.json()["notice"]
        return str(notice["level"]), str(notice["code"])
    except (ValueError, KeyError, TypeError):
        return "", ""
