"""Mail is handed to one server over TLS, each letter to one recipient: what one of them is refused is no one else's affair."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from warehouse.messages.limits import within
from warehouse.messages.outcome import ACCEPTED, Outcome, failed

CONNECT_S = 10.0
ANSWER_S = 20.0
LETTER_S = 45.0
"""A letter is handed over in this time, connecting included, or the try has come to nothing."""
PORTS = {"smtp": 587, "smtps": 465}
GREETS, OK, FORWARDS, CLOSING, PERMANENT = 220, 250, 251, 421, 500
"""Answers of a mail server (RFC 5321); from PERMANENT on it means what it says."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over: `smtp` changes to TLS by STARTTLS before anything is said, `smtps` begins with it."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""
    cafile: str = ""
    sender: str = ""

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """Reads WAREHOUSE_SMTP_URL, which settings.py has looked at."""
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        user, host = unquote(parts.username or ""), parts.hostname or ""
        sender = asked.get("from") or (user if "@" in user else f"pickface@{socket.getfqdn()}")
        return cls(parts.scheme, host, parts.port or PORTS[parts.scheme], user, unquote(parts.password or ""),
                   asked.get("cafile", ""), sender)  # fmt: skip

    @property
    def domain(self) -> str:
        """The domain in whose name letters go out."""
        return self.sender.partition("@")[2]

    def context(self) -> ssl.SSLContext:
        """Who signs the server's certificate: the system's authorities, or the one named by `?cafile=`."""
        return ssl.create_default_context(cafile=self.cafile or None)


class _Talk(smtplib.SMTP):
    """smtplib's conversation; connecting has a shorter time than an answer."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), CONNECT_S)
        connection.settimeout(timeout)
        return connection


class _TalkTls(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), CONNECT_S)
        plain.settimeout(timeout)
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


class Refused(Exception):  # noqa: N818 - named by what happened
    """The server does not work for us at all."""

    def __init__(self, error: str, said: object = "") -> None:
        super().__init__(error)
        self.error, self.said = error, said


class Post:
    """A conversation with the mail server, begun at the first letter and used for those that follow."""

    def __init__(self, server: MailServer, *, answer_s: float = ANSWER_S, letter_s: float = LETTER_S) -> None:
        self._server, self._answer_s, self._letter_s = server, answer_s, letter_s
        self._talk: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the conversation without waiting for a goodbye."""
        if self._talk is not None:
            self._talk.close()
            self._talk = None

    def hand_over(self, letter: EmailMessage) -> Outcome:
        """Hands a letter over to its one recipient."""
        try:
            with within(self._letter_s, lambda: getattr(self._talk, "sock", None)):
                return self._deliver(letter)
        except Refused as refused:
            # Many a server says so after a number of letters: the next one begins a new conversation.
            outcome = failed(refused.error, refused.said, everybody=self._talk is None)
        except ssl.SSLCertVerificationError as error:
            outcome = failed("certificate", error.verify_message, everybody=True)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            # After the conversation has begun it may be this letter at which the server stumbles: the next has its own try.
            begun = self._talk is not None
            late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            outcome = failed(
                "late" if late else "broken" if begun else "unreachable", _said(error), everybody=not begun
            )
        self.close()
        return outcome

    def _deliver(self, letter: EmailMessage) -> Outcome:
        talk = self._talk or self._begin()
        code, said = talk.mail(self._server.sender)
        if code != OK:
            raise Refused("server", said)
        code, said = talk.rcpt(letter["To"])
        if code in {OK, FORWARDS}:
            code, said = _data(talk, letter)
        if code == CLOSING:
            raise Refused("server", said)
        if code != OK:
            self._forget()
            for_good = code >= PERMANENT
            return failed("recipient" if for_good else "server", said, for_good=for_good)
        return ACCEPTED

    def _forget(self) -> None:
        """Lets the server forget a letter that it refused; one that cannot even do that is left."""
        try:
            assert self._talk is not None, "the conversation has begun"
            self._talk.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _begin(self) -> smtplib.SMTP:
        """Connects, encrypts and signs in. Nobody's name or word goes out before the encryption stands."""
        server, context, seconds = self._server, self._server.context(), self._answer_s
        encrypted = server.scheme == "smtps"
        talk = _TalkTls(timeout=seconds, context=context) if encrypted else _Talk(timeout=seconds)
        with within(self._letter_s, lambda: getattr(talk, "sock", None)):
            try:
                _connect(talk, server, context)
            except BaseException:
                talk.close()
                raise
        self._talk = talk
        return talk


def _data(talk: smtplib.SMTP, letter: EmailMessage) -> tuple[int, bytes]:
    try:
        return talk.data(letter.as_bytes(policy=WIRE))
    except smtplib.SMTPDataError as error:  # it does not even want to see it
        return error.smtp_code, _bytes(error.smtp_error)


def _connect(talk: smtplib.SMTP, server: MailServer, context: ssl.SSLContext) -> None:
    """Up to the point where letters can follow."""
    talk._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001 - starttls() checks the certificate against it
    _check(talk.connect(server.host, server.port), GREETS)
    _check(talk.ehlo())
    if server.scheme == "smtp":
        if not talk.has_extn("starttls"):
            raise Refused("no_tls")
        _check(talk.starttls(context=context), GREETS, "no_tls")
        _check(talk.ehlo())
    if server.user:
        try:
            talk.login(server.user, server.password)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            raise Refused("sign_in", _said(error)) from None


def _check(answer: tuple[int, bytes], wanted: int = OK, error: str = "server") -> None:
    code, said = answer
    if code != wanted:
        raise Refused(error, said)


def _said(error: BaseException) -> object:
    said = getattr(error, "smtp_error", None)
    return said if said is not None else (str(error) or type(error).__name__)


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
