"""A desk for tests: a scanner on a pseudo-terminal, and a server that counts what it does and loses what it is told to."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from warehouse.simulate.desks import Scanner

WITHIN_S = 20


def until(true: Callable[[], Any], within: float = WITHIN_S) -> None:
    """Waits until something is so."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.005)


class PtyScanner(Scanner):
    """A scanner whose cable tells when it is gone."""

    def scan(self, data: bytes) -> None:
        os.write(self._master, data)

    def heard(self, within: float = WITHIN_S) -> bytes:
        """What the agent sent to it."""
        return super().heard(within)


class CountingServer:
    """Does each key once, in the order of arrival; `lose` many answers are lost after it was done.

    Attributes:
        done: the codes of the scans done, in order.
        faults: bodies that told of a fault.
        status: what is answered; an error status does nothing.
    """

    def __init__(self, port: int = 0) -> None:
        self.done: list[str] = []
        self.faults: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.replays = 0
        self.lose = 0
        self.status = 200
        self.level = "ok"
        self.authorizations: set[str] = set()
        self.connections: list[socket.socket] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                outer.connections.append(self.connection)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.authorizations.add(self.headers["Authorization"])
                status = outer.hear(self.path, body)
                if status is None:
                    self.close_connection = True
                    return
                answer = json.dumps({"notice": {"level": outer.level, "code": "code"}}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._make = lambda at: Quiet(("127.0.0.1", at), Handler)
        self.start(port)
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self, port: int) -> None:
        """Listens, also again after `stop`."""
        self._http = self._make(port)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def hear(self, path: str, body: dict[str, Any]) -> int | None:
        """The status, or None where the answer is lost."""
        with self._lock:
            if path == "/stations/hello":
                return 200
            assert path == "/stations/scan"
            if self.status not in {200, 422}:
                return self.status
            if "error" in body:
                self.faults.append(body)
            elif body["key"] in self.keys:
                self.replays += 1
            else:
                self.keys.add(body["key"])
                self.done.append(body["code"])
            if self.lose:
                self.lose -= 1
                return None
            return self.status

    def stop(self) -> None:
        """Listens no more, and cuts what is connected."""
        self._http.shutdown()
        self._http.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()
