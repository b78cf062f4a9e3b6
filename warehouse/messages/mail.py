"""Mail is handed to one server over TLS, each letter to one recipient: what one of them is refused is no one else's affair."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from types import TracebackType
from urllib.parse import parse_qs, unquote, urlsplit

from warehouse.messages.limits import within
from warehouse.messages.outcome import ACCEPTED, Outcome, failed

CONNECT_S = 10.0
ANSWER_S = 20.0
LETTER_S = 45.0
"""A letter is handed over in this time, connecting included, or the try has come to nothing."""
PORTS = {"smtp": 587, "smtps": 465}
OK, GOES_ON, RESPONSES_PERMANENT, CLOSING = 250, 354, 500, 421
STARTED = 220


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

    def __enter__(self) -> Post:
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
            outcome = failed(refused.error, refused.said, everybody=True)
        except ssl.SSLCertVerificationError as error:
            outcome = failed("certificate", error.verify_message, everybody=True)
        except TimeoutError as error:
            outcome = failed("late", error or "–", everybody=self._talk is None)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            # After the conversation has begun it may be this letter at which the server stumbles: the next has its own try.
            outcome = failed("broken" if self._talk else "unreachable", _said(error), everybody=self._talk is None)
        self.close()
        return outcome

    def _deliver(self, letter: EmailMessage) -> Outcome:
        talk = self._talk or self._begin()
        code, said = talk.mail(self._server.sender)
        if code != OK:
            raise Refused("server", said)
        for answer in (lambda: talk.rcpt(letter["To"]), lambda: talk.data(letter.as_bytes(policy=WIRE))):
            try:
                code, said = answer()
            except smtplib.SMTPDataError as error:
                code, said = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
            if code == CLOSING:
                raise Refused("server", said)
            if code not in {OK, 251}:
                talk.rset()
                return failed("recipient" if code >= RESPONSES_PERMANENT else "server", said,
                              for_good=code >= RESPONSES_PERMANENT)  # fmt: skip
        return ACCEPTED

    def _begin(self) -> smtplib.SMTP:
        """Connects, encrypts and signs in. Nobody's name or word goes out before the encryption stands."""
        server, context = self._server, self._server.context()
        talk = _Talk(timeout=self._answer_s) if server.scheme == "smtp" else _TalkTls(timeout=self._answer_s, context=context)
        beginning = _Beginning(talk)
        with within(self._letter_s, lambda: getattr(talk, "sock", None)):
            try:
                beginning.run(server, context)
            except BaseException:
                talk.close()
                raise
        self._talk = talk
        return talk


class _Beginning:
    def __init__(self, talk: smtplib.SMTP) -> None:
        self._talk = talk

    def run(self, server: MailServer, context: ssl.SSLContext) -> None:
        """Up to the point where letters can follow."""
        talk = self._talk
        talk._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001 - starttls() checks the certificate against it
        code, said = talk.connect(server.host, server.port)
        if code != STARTED:
            raise Refused("server", said)
        self._greet()
        if server.scheme == "smtp":
            if not talk.has_extn("starttls"):
                raise Refused("no_tls")
            code, said = talk.starttls(context=context)
            if code != STARTED:
                raise Refused("no_tls", said)
            self._greet()
        if server.user:
            try:
                talk.login(server.user, server.password)
            except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
                raise Refused("sign_in", _said(error)) from None

    def _greet(self) -> None:
        code, said = self._talk.ehlo()
        if code != OK:
            raise Refused("server", said)


def _said(error: BaseException) -> object:
    said = getattr(error, "smtp_error", None)
    return said if said is not None else (str(error) or type(error).__name__)
