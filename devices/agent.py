"""The agent: reads scanners, keeps each scan before anything else, sends in order, and beeps the answer back.

One thread reads each scanner, one sends. A scan's key is made once, before it is written to the spool; what is not
answered is sent again with it, so that the server does it once however often it arrives.
"""

from __future__ import annotations

import logging
import termios
import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import serial

from devices.decoding import Decoded, Decoder
from devices.profiles import Line
from devices.scans import Scan
from devices.server import Answer, Server
from devices.spool import Spool, Unwritable

log = logging.getLogger("warehouse-station")

POLL_S = 0.2  # how soon a thread hears that it shall stop
PLUG_S = 0.25  # between two attempts to open a port
WRITE_S = 0.5
BACK_OFF_S, BACK_OFF_MAX_S = 0.1, 2.0
TONE_WITHIN_S = 10.0  # a later tone would be taken for the answer to another scan
READ_MAX = 4096
GREET_S, GREET_AGAIN_S = 30.0, 2.0

# What an unplugged device raises: pyserial's own error is an OSError; termios' is not.
GONE = (OSError, termios.error)


class Scanner(threading.Thread):
    """Reads one scanner for as long as the agent runs, whatever is unplugged meanwhile."""

    def __init__(self, line: Line, agent: Agent) -> None:
        super().__init__(name=line.port, daemon=True)
        self.line = line
        self._agent = agent
        self._port: serial.SerialBase | None = None
        self._told = ""

    def run(self) -> None:
        """Opens the port and reads it; opens it again when it comes back."""
        while not self._agent.stopping.is_set():
            try:
                with self._open() as port:
                    self._say("open")
                    self._port = port
                    self._agent.plugged()
                    self._read(port)
            except (*GONE, ValueError) as error:
                self._say(f"not there, or another program has it: {error}")
            except Exception:
                # A fault of ours may cost one scan, which was not acknowledged; it must not silence the desk.
                log.exception("%s: opened anew", self.line.port)
            finally:
                self._port = None
                self._agent.plugged()
            self._agent.stopping.wait(PLUG_S)

    @property
    def is_open(self) -> bool:
        """Whether the scanner is plugged in."""
        return self._port is not None

    def tell(self, tone: bytes) -> None:
        """Sends a tone or an acknowledgement; a scanner that is gone by now needs none."""
        port = self._port
        if port is None or not tone:
            return
        with suppress(*GONE, TypeError):  # the reader may close the port in between: pyserial then has no descriptor
            port.write(tone)

    def _open(self) -> serial.SerialBase:
        bits = self.line.bits
        return serial.serial_for_url(
            self.line.port, baudrate=self.line.baud, bytesize=int(bits[0]), parity=bits[1], stopbits=int(bits[2]),
            timeout=min(self.line.profile.idle_s, POLL_S), write_timeout=WRITE_S, exclusive=True,
        )  # fmt: skip

    def _read(self, port: serial.SerialBase) -> None:
        decoder = Decoder(self.line.profile)
        heard = time.monotonic()
        try:
            while not self._agent.stopping.is_set():
                data = port.read(min(max(1, port.in_waiting), READ_MAX))
                now = time.monotonic()
                if data:
                    heard = now
                    self._take(decoder.feed(data))
                elif now - heard >= self.line.profile.idle_s:
                    heard = now
                    self._take(decoder.idle())
        finally:
            # A scan that was cut off by unplugging is no scan; what it says of the line is worth hearing all the same.
            self._take(found for found in decoder.idle() if found.frame.kind == "leftover")

    def _take(self, decoded: Iterable[Decoded]) -> None:
        for found in decoded:
            if found.scan is None:
                self.tell(found.frame.reply)
            elif found.scan["type"] == "error":
                self.tell(found.frame.reply or self.line.profile.receipt.bad)
                self._agent.report(self, found.scan)
            elif self._agent.keep(self, found.scan):
                self.tell(found.frame.reply or self.line.profile.receipt.good)

    def _say(self, what: str) -> None:
        """Logs what is new."""
        if what != self._told:
            log.info("%s: %s", self.line.port, what)
            self._told = what


class Agent:
    """The scanners of a desk, the spool, and the sending."""

    def __init__(self, lines: Iterable[Line], spool: Spool, server: Server, greetings: Server | None = None) -> None:
        self.stopping = threading.Event()
        self._spool, self._server = spool, server
        self._greetings = greetings or server
        self._news = threading.Event()
        self._fault: dict[str, Any] | None = None
        self._refused = False
        self._scanners = {line.port: Scanner(line, self) for line in lines}
        self._sender = threading.Thread(target=self._send_all, name="sender", daemon=True)
        self._greeter = threading.Thread(target=self._greet, name="greeter", daemon=True)
        self._greeting = threading.Event()

    def start(self) -> None:
        """Starts reading and sending; what an earlier run left unsent goes first."""
        if waiting := self._spool.waiting():
            log.info("%s scans of an earlier run are sent first", waiting)
        self._sender.start()
        self._greeter.start()
        for scanner in self._scanners.values():
            scanner.start()

    def stop(self) -> None:
        """Stops; what is not answered stays in the spool."""
        self.stopping.set()
        self._news.set()
        self._greeting.set()
        for thread in (*self._scanners.values(), self._sender, self._greeter):
            thread.join(timeout=2)

    # ---------------------------------------------------------------- from the scanners

    def keep(self, scanner: Scanner, scan: Scan) -> bool:
        """Gives a scan its key and writes it to disk; not where the server has sent this agent away."""
        if self._refused:
            scanner.tell(scanner.line.profile.tones.bad)
            return False
        body = _body(scanner, scan.get("aim", "") + scan["text"])
        try:
            self._spool.keep(body["key"], scanner.line.port, body)
        except Unwritable as error:
            log.error("%s: a scan could not be kept and was not taken: %s", scanner.line.port, error)  # noqa: TRY400
            scanner.tell(scanner.line.profile.tones.bad)
            return False
        self._news.set()
        return True

    def report(self, scanner: Scanner, scan: Scan) -> None:
        """What was no scan: told aloud and to the page, kept nowhere. Only the latest matters."""
        scanner.tell(scanner.line.profile.tones.bad)
        log.warning(
            "%s: %s%s", scanner.line.port, scan["error"], f", probably {scan['hint']}" if "hint" in scan else ""
        )
        wrong = {name: scan[name] for name in ("error", "hint", "ai") if name in scan}
        self._fault = _body(scanner, scan.get("aim", "") + (scan["text"] or "")) | wrong
        self._news.set()

    def plugged(self) -> None:
        """A scanner was plugged in or unplugged."""
        self._greeting.set()

    # ---------------------------------------------------------------- to the server

    def _greet(self) -> None:
        """Says now and then that this agent is there, and at once when a scanner comes or goes: its page shows it."""
        said: list[dict[str, Any]] = []
        heard, at = False, 0.0
        while not self.stopping.is_set():
            self._greeting.wait(GREET_AGAIN_S if not heard else GREET_S)
            self._greeting.clear()
            now = [{"port": each.line.port, "open": each.is_open} for each in self._scanners.values()]
            if heard and now == said and time.monotonic() - at < GREET_S:
                continue
            said, at = now, time.monotonic()
            heard = self._greetings.hello(now)

    def _send_all(self) -> None:
        wait = BACK_OFF_S
        while not self.stopping.is_set():
            try:
                if (asked := self._send_first()) is None:
                    wait = BACK_OFF_S
                    continue
                wait = max(wait, asked)
            except Unwritable as error:
                log.error("the spool cannot be used: %s", error)  # noqa: TRY400 - the disk, not the code
            except Exception:
                log.exception("sending goes on")
            self.stopping.wait(wait)
            wait = min(wait * 2, BACK_OFF_MAX_S)

    def _send_first(self) -> float | None:
        """Sends the oldest scan, or the latest fault, or waits for one. A number: to be tried again, after so many s."""
        self._news.clear()
        if (kept := self._spool.first()) is None:
            self._send_fault()
            if not self._news.is_set():
                self._news.wait(POLL_S)
            return None
        answer = self._server.send(kept.body | ({"behind": kept.behind} if kept.behind else {}))
        self._refused = answer.refused
        if answer.settled:
            self._spool.settle(kept, answer.why, refused=not answer.good)
            log.debug("%s: %s", kept.key, answer.why)
        else:
            log.warning("not answered, will be sent again: %s", answer.why)
        if answer.settled or answer.refused:
            self._beep(kept.scanner, kept.body["occurred_at"], answer)
        return None if answer.settled else answer.wait_s

    def _send_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault and not self._server.send(fault).settled:
            log.warning("the page could not be told of the last fault")

    def _beep(self, name: str, occurred_at: str, answer: Answer) -> None:
        scanner = self._scanners.get(name)
        age = datetime.now(UTC) - datetime.fromisoformat(occurred_at)
        if scanner and age.total_seconds() <= TONE_WITHIN_S:
            tones = scanner.line.profile.tones
            scanner.tell(tones.good if answer.good else tones.bad)


def _body(scanner: Scanner, code: str) -> dict[str, Any]:
    """What is sent: the contract's fields of a scan, and which scanner of the desk it was."""
    return {
        "key": uuid.uuid4().hex, "code": code, "via": "serial", "scanner": scanner.line.port,
        "occurred_at": datetime.now(UTC).isoformat(timespec="microseconds"),
    }  # fmt: skip
