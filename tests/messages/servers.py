"""Servers of the outside on this machine: a mail server that obeys, one that follows a script, and one that is called.

Their certificate is good for a hundred years, is signed by certificates/ca.pem, and is worth nothing anywhere else.
"""

from __future__ import annotations

import email
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

CERTIFICATES = Path(__file__).parent / "certificates"
CAFILE = CERTIFICATES / "ca.pem"
WITHIN_S = 20


def server_context() -> ssl.SSLContext:
    """The servers' side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    return context


def client_context() -> ssl.SSLContext:
    """Trusts these servers alone."""
    return ssl.create_default_context(cafile=CAFILE)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def until(happened: Callable[[], Any]) -> None:
    """Waits for something that another thread does."""
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


# ---------------------------------------------------------------- mail


@dataclass
class MailBox:
    """What a mail server took in; `refuses` answers a recipient, `takes` the letter itself."""

    letters: list[EmailMessage] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    takes: Callable[[EmailMessage], str] = lambda _: "250 taken"
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        assert session.ssl is not None, "nothing is said before TLS"
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        letter = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        assert [letter["To"]] == envelope.rcpt_tos, "each letter has one recipient"
        answer = self.takes(letter)
        if answer.startswith(("250", "!")):
            self.letters.append(letter)
        if answer.startswith("!"):  # taken, but nobody hears of it
            server.transport.abort()
        return answer

    def keys(self) -> list[str]:
        """The Message-IDs of what was taken."""
        return [letter["Message-ID"] for letter in self.letters]


@contextmanager
def mail_server(box: MailBox, *, port: int = 0, tls: bool = True, password: str = "") -> Iterator[int]:
    """A mail server on a port of this machine."""

    def enter(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        box.signed_in.append(data.login.decode())
        return AuthResult(success=data.password == password.encode(), handled=False)

    given = {"tls_context": server_context(), "require_starttls": True} if tls else {}
    if password:
        given |= {"authenticator": enter, "auth_required": True}
    controller = Controller(box, hostname="127.0.0.1", port=port or free_port(), server_hostname="localhost", **given)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def scripted(play: Callable[[socket.socket, int], None]) -> Iterator[int]:
    """A server that lets a function talk to each connection; the function is also told how many came before."""
    listening = socket.create_server(("127.0.0.1", 0))
    over, threads = threading.Event(), []

    def one(connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            connection.settimeout(WITHIN_S)
            play(connection, number)

    def accept() -> None:
        number = 0
        while not over.is_set():
            with suppress(OSError):
                connection, _ = listening.accept()
                threads.append(threading.Thread(target=one, args=(connection, number), daemon=True))
                threads[-1].start()
                number += 1

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    port = int(listening.getsockname()[1])
    try:
        yield port
    finally:
        over.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
        accepting.join(WITHIN_S)
        listening.close()


def lines(connection: socket.socket) -> Iterator[str]:
    """What the other side says, line by line."""
    held = b""
    while data := connection.recv(4096):
        held += data
        while b"\r\n" in held:
            line, held = held.split(b"\r\n", 1)
            yield line.decode()


@contextmanager
def encrypted(connection: socket.socket) -> Iterator[ssl.SSLSocket]:
    """Greets and changes to TLS by STARTTLS."""
    connection.sendall(b"220 localhost\r\n")
    talk = lines(connection)
    _expect(talk, "ehlo")
    connection.sendall(b"250-localhost\r\n250 STARTTLS\r\n")
    _expect(talk, "starttls")
    connection.sendall(b"220 go on\r\n")
    with server_context().wrap_socket(connection, server_side=True) as inside:
        yield inside


def _expect(talk: Iterator[str], word: str) -> None:
    if not next(talk, "").lower().startswith(word):
        raise ConnectionError


# ---------------------------------------------------------------- webhooks


@dataclass(frozen=True)
class Call:
    """A call that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A webhook's side: keeps what came, and answers as it is told (status and body)."""

    calls: list[Call] = field(default_factory=list)
    answers: Callable[[Call], tuple[int, bytes] | None] = lambda _: (204, b"")
    headers: Sequence[tuple[str, str]] = ()

    def ids(self) -> list[str]:
        """The event ids that came."""
        return [call.headers["webhook-id"] for call in self.calls]


@contextmanager
def webhook_server(receiver: Receiver, *, tls: bool = True, port: int = 0) -> Iterator[int]:
    """A server that is called, on a port of this machine. An answer of None closes the connection unanswered."""

    class Handler(BaseHTTPRequestHandler):
        timeout = WITHIN_S

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            answer = receiver.answers(call)
            receiver.calls.append(call)
            if answer is None:
                self.close_connection = True
                return
            with suppress(OSError):
                self.send_response(answer[0])
                for name, value in (*receiver.headers, ("Content-Length", str(len(answer[1])))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer[1])

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    if tls:
        server.socket = server_context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
