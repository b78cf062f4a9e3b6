"""The server as the agent sees it: a scan goes there, its answer comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

PATH, HELLO, ENROL = "/stations/scan", "/stations/hello", "/stations/enrol"
CONNECT_S, ANSWER_S = 2.0, 10.0
RETRY_AFTER_MAX_S = 5.0

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
    wait_s: float = 0.0  # what the server asked to wait before the next try


class NotEnrolled(Exception):  # noqa: N818 - it says what is so
    """The server gave no token; the text says why."""


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
            response = self._client.post(PATH, json=body | {"sent_at": _now()})
        except httpx.HTTPError as error:
            return Answer(settled=False, why=str(error) or type(error).__name__)
        status = response.status_code
        if status in _NOT_YOU:
            return Answer(settled=False, refused=True, why=f"status {status}")
        if status in _NOT_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.OK:
            return Answer(settled=False, why=f"status {status}", wait_s=_wait(response))
        level, code = _notice(response)
        return Answer(
            settled=True, good=status < HTTPStatus.MULTIPLE_CHOICES and level != "error", why=code or str(status)
        )

    def hello(self, scanners: list[dict[str, Any]]) -> str | None:
        """Says that this agent is there and how it stands with its scanners. The desk's code; None if nobody heard it."""
        try:
            response = self._client.post(HELLO, json={"scanners": scanners})
            return str(response.json()["station"]) if response.status_code == HTTPStatus.OK else None
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()


def _notice(response: httpx.Response) -> tuple[str, str]:
    try:
        notice = response.json()["notice"]
        return str(notice["level"]), str(notice["code"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def is_address(url: str) -> bool:
    """Whether a server can be asked at an address: http or https, a host, a port that exists."""
    try:
        read = urlsplit(url)
        return read.scheme in {"http", "https"} and bool(read.hostname) and read.port != 0
    except ValueError:  # no such port, half an address
        return False


def enrol(url: str, code: str) -> dict[str, str]:
    """The token and the desk that a one-time code stands for.

    Raises:
        NotEnrolled: the server cannot be reached, or refuses.
    """
    try:
        response = httpx.post(url.rstrip("/") + ENROL, json={"code": code}, headers={"Accept": "application/json"},
                              timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S), trust_env=False)  # fmt: skip
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotEnrolled(f"{url} does not answer: {str(error) or type(error).__name__}") from error
    try:
        answer = response.json()
        if response.status_code == HTTPStatus.OK:
            return {"token": str(answer["token"]), "station": str(answer["station"])}
        raise NotEnrolled(str(answer["notice"]["text"]))
    except (ValueError, KeyError, TypeError) as error:
        raise NotEnrolled(f"{url} answered {response.status_code}, which is no answer of a warehouse server") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _wait(response: httpx.Response) -> float:
    """Retry-After in seconds (RFC 9110, 10.2.3); at most a few, for people wait."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() else 0.0
