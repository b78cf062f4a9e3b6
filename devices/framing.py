"""Bytes from a line → frames. Pure and bounded: however the bytes are split into reads, the frames are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from devices.profiles import Profile

FRAME_MAX = 4096  # bytes of one scan
NOISE_MAX = 64  # bytes between two frames kept to tell what is wrong with the line

STX, ETX, SOH, CR, LF, TAB = 0x02, 0x03, 0x01, 0x0D, 0x0A, 0x09
RESPONSES = {0x06: "ACK", 0x15: "NAK", 0x05: "ENQ"}
_RESPONSE_ENDS = b".!;,"

Kind = Literal["data", "too_long", "leftover", "response", "damaged"]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood between two marks on the line.

    Attributes:
        kind: data is a scan's bytes; too_long had more than FRAME_MAX; leftover was not ended when the line fell idle;
            response is a scanner's answer to a command; damaged failed the protocol's own check.
        reply: what the protocol wants sent back once the frame is safe.
        symbology: the barcode's type where the protocol tells it apart from the data, as an AIM identifier.
        by_idle: ended by silence, as the profile wants it.
    """

    data: bytes
    kind: Kind = "data"
    reply: bytes = b""
    symbology: str = ""
    by_idle: bool = False


class Framer:
    """Collects bytes of one line into frames. Holds at most one frame and a little noise.

    Attributes:
        ignored: bytes outside any frame, where the profile marks both ends.
        dropped: frames begun and never ended.
    """

    def __init__(self, profile: Profile) -> None:
        self.ignored = 0
        self.dropped = 0
        self._buffer = bytearray()
        self._noise = bytearray()
        self._skipping = False
        self._open = False
        self._by_idle = profile.framing == "idle"
        self._ssi = Ssi() if profile.framing == "zebra_ssi" else None
        self._take = self._takes()[profile.framing]

    def _takes(self) -> dict[str, Callable[[int], Frame | None]]:
        return {
            "cr_lf": self._until_cr_lf, "idle": self._until_cr_lf, "tab": self._until_tab, "stx_etx": self._stx_etx,
            "newland": self._newland, "honeywell": self._honeywell, "zebra_ssi": self._packet,
        }  # fmt: skip

    def feed(self, data: bytes) -> list[Frame]:
        """Takes what was read; gives the frames that it completed."""
        take = self._take
        return [frame for byte in data if (frame := take(byte)) is not None]

    def idle(self) -> list[Frame]:
        """The line was silent for the profile's time, or was closed: what stands incomplete is given up."""
        rest, noise = bytes(self._buffer), bytes(self._noise)
        if self._open and rest:
            self.dropped += 1
        skipping = self._skipping
        self._buffer.clear()
        self._noise.clear()
        self._skipping = self._open = False
        if self._ssi:
            return self._ssi.idle()
        if skipping or not (rest or noise):
            return []
        if self._by_idle:
            return [Frame(rest, by_idle=True)]
        return [Frame(rest or noise, "leftover")]

    # ---------------------------------------------------------------- a byte at a time

    def _until_cr_lf(self, byte: int) -> Frame | None:
        return self._end() if byte in {CR, LF} else self._add(byte)

    def _until_tab(self, byte: int) -> Frame | None:
        if byte == TAB:
            return self._end()
        return None if byte in {CR, LF} and not self._buffer else self._add(byte)

    def _stx_etx(self, byte: int) -> Frame | None:
        if byte == STX:
            self.dropped += self._open
            self._buffer.clear()
            self._open, self._skipping = True, False
            return None
        if byte == ETX and self._open:
            self._open = False
            return self._end()
        if self._open:
            return self._add(byte)
        self._ignore(byte)
        return None

    def _newland(self, byte: int) -> Frame | None:
        """Scans end with CR or LF; an answer to a command stands between STX SOH and ETX."""
        if byte == STX and not self._buffer:
            self._open = True
        if not self._open:
            return self._until_cr_lf(byte)
        if byte != ETX:
            return self._add(byte)
        self._open = False
        frame = self._end()
        if frame and frame.kind == "data" and frame.data[1:2] == bytes([SOH]):
            return Frame(_response_in(frame.data), "response")
        return frame

    def _honeywell(self, byte: int) -> Frame | None:
        """Scans end with CR or LF; an answer to a command ends with ACK, ENQ or NAK and a full stop."""
        if self._buffer and self._buffer[-1] in RESPONSES and byte in _RESPONSE_ENDS and not self._skipping:
            answer = _response_in(bytes(self._buffer))
            self._buffer.clear()
            return Frame(answer, "response")
        return self._until_cr_lf(byte)

    def _packet(self, byte: int) -> Frame | None:
        assert self._ssi is not None
        return self._ssi.take(byte)

    # ---------------------------------------------------------------- a frame

    def _add(self, byte: int) -> Frame | None:
        if self._skipping:
            return None
        if len(self._buffer) == FRAME_MAX:
            # Told at once, not at its end, which may never come.
            self._buffer.clear()
            self._skipping = True
            return Frame(b"", "too_long")
        self._buffer.append(byte)
        return None

    def _end(self) -> Frame | None:
        data, skipped = bytes(self._buffer), self._skipping
        self._buffer.clear()
        self._noise.clear()
        self._skipping = False
        return None if skipped or not data else Frame(data)

    def _ignore(self, byte: int) -> None:
        self.ignored += 1
        if len(self._noise) < NOISE_MAX:
            self._noise.append(byte)


def _response_in(data: bytes) -> bytes:
    """The last ACK, NAK or ENQ of an answer, by name."""
    last = next((byte for byte in reversed(data) if byte in RESPONSES), 0)
    return RESPONSES.get(last, "").encode()


# ---------------------------------------------------------------- Zebra's Simple Serial Interface

SSI_ACK, SSI_NAK = bytes.fromhex("04d00400ff28"), bytes.fromhex("05d1040001ff25")  # NAK: send it again
_DECODE_DATA, _CMD_ACK, _CMD_NAK = 0xF3, 0xD0, 0xD1
_RETRANSMIT, _CONTINUED = 0x01, 0x02
_SSI_LEAST = 4  # length, opcode, source, status

# The type byte of DECODE_DATA as the AIM identifier that says the same; others are told by their form.
_SSI_TYPES = {
    0x01: "]A0", 0x02: "]F0", 0x03: "]C0", 0x06: "]I1", 0x07: "]G0", 0x0A: "]E4", 0x0B: "]E0", 0x0F: "]C1", 0x11: "]L0",
    0x1B: "]d1", 0x1C: "]Q1", 0x2D: "]z0", 0x30: "]e0", 0x31: "]e0", 0x32: "]e0",
}  # fmt: skip


class Ssi:
    """Packets with a length before and a checksum behind them; each wants an answer, a damaged one its repetition."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._parts = bytearray()
        self._last = b""

    def take(self, byte: int) -> Frame | None:
        """Takes one byte; a frame where it completed a packet."""
        if not self._buffer and byte < _SSI_LEAST:
            return None
        self._buffer.append(byte)
        if len(self._buffer) < self._buffer[0] + 2:
            return None
        packet = bytes(self._buffer)
        self._buffer.clear()
        return self._packet(packet[:-2], int.from_bytes(packet[-2:], "big"))

    def idle(self) -> list[Frame]:
        """A packet that stands incomplete: it is asked for again."""
        broken = bool(self._buffer)
        self._buffer.clear()
        self._parts.clear()
        if broken:
            self._last = b""
        return [Frame(b"", "damaged", SSI_NAK)] if broken else []

    def _packet(self, body: bytes, checksum: int) -> Frame | None:
        if -sum(body) & 0xFFFF != checksum:
            self._last = b""
            return Frame(body, "damaged", SSI_NAK)
        opcode, status, data = body[1], body[3], body[4:]
        if opcode in {_CMD_ACK, _CMD_NAK}:
            return Frame(b"ACK" if opcode == _CMD_ACK else b"NAK", "response")
        if opcode != _DECODE_DATA or not data:
            return Frame(b"", "response", SSI_ACK)
        if status & _RETRANSMIT and data == self._last:
            # Our answer was lost: the scanner says itself that this is the same packet again.
            return Frame(b"", "response", SSI_ACK)
        self._last = data
        return self._data(data[0], data[1:], continued=bool(status & _CONTINUED))

    def _data(self, barcode_type: int, data: bytes, *, continued: bool) -> Frame:
        self._parts += data
        if len(self._parts) > FRAME_MAX:
            self._parts.clear()
            return Frame(b"", "too_long", SSI_ACK)
        if continued:
            return Frame(b"", "response", SSI_ACK)
        whole = bytes(self._parts)
        self._parts.clear()
        return Frame(whole, reply=SSI_ACK, symbology=_SSI_TYPES.get(barcode_type, ""))
