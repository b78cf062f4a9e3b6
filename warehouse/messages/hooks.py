"""Webhooks are called once a try, at an address that was looked at, and read no further than is needed to see the answer."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from warehouse.errors import worded
from warehouse.messages.guard import OUTSIDE, Encrypted, Plain, Reach, Target, addresses_of, target_of
from warehouse.messages.limits import within
from warehouse.messages.outcome import ACCEPTED, Outcome, failed
from warehouse.messages.rules import BadUrl, UrlForbidden

ANSWER_S = 10.0
CALL_S = 20.0
READ_MAX = 2048


@dataclass(frozen=True, slots=True)
class Caller:
    """How webhooks are called: how far, whom a certificate may be signed by, and how long an answer may take."""

    reach: Reach = OUTSIDE
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    answer_s: float = ANSWER_S
    call_s: float = CALL_S

    def call(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """Calls a webhook once. Accepted is any status from 200 to 299; a redirection is not followed."""
        try:
            target = target_of(url, self.reach)
            address = addresses_of(target, self.reach)[0]
        except (BadUrl, UrlForbidden) as refusal:
            return failed("forbidden", worded(refusal.text, refusal.params), everybody=True)
        connection, reached = self._connection(target, address), False
        try:
            with within(self.call_s, lambda: connection.sock):
                connection.connect()
                reached = True
                return _ask(connection, target, headers, body)
        except ssl.SSLCertVerificationError as error:
            return failed("certificate", error.verify_message, everybody=True)
        except TimeoutError as error:
            return failed("late", str(error) or type(error).__name__, everybody=not reached)
        except (OSError, HTTPException, ValueError) as error:
            # One that was reached may stumble at this very call: the others have their own try.
            said = str(error) or type(error).__name__
            return failed("broken" if reached else "unreachable", said, everybody=not reached)
        finally:
            connection.close()

    def _connection(self, target: Target, address: str) -> HTTPConnection:
        if target.scheme == "http":
            return Plain(target, address, self.answer_s)
        return Encrypted(target, address, self.answer_s, self.context)


def _ask(connection: HTTPConnection, target: Target, headers: dict[str, str], body: bytes) -> Outcome:
    connection.request("POST", target.path, body, headers)
    answer = connection.getresponse()
    if 200 <= answer.status < 300:  # noqa: PLR2004 - as HTTP counts them
        return ACCEPTED
    said = answer.read(READ_MAX).decode("utf-8", "replace")
    return failed("status", f"{answer.status} {answer.reason} {said}")
