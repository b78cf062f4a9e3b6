"""Checks a file of device vectors: exact bytes of scanners, and what must come out of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from devices.decoding import Decoded, Decoder
from devices.profiles import profile_named
from devices.scans import Scan

Vector = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What came out otherwise than expected."""

    name: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that some bytes gave: scans, and what else a vector may tell of them."""

    scans: list[Scan]
    besides: dict[str, Any]


def decode_in(pieces: Iterable[bytes], profile: str, today: date | None = None) -> Outcome:
    """Decodes bytes read in these pieces; after the last the line is idle."""
    decoder = Decoder(profile_named(profile), today)
    decoded = [found for piece in pieces for found in decoder.feed(piece)]
    framer = decoder.framer
    ignored = framer.ignored
    decoded += decoder.idle()
    return Outcome([found.scan for found in decoded if found.scan], _besides(decoded, ignored, framer.dropped))


def check(vector: Vector, pieces: Iterable[bytes] | None = None) -> Fault | None:
    """Compares what a vector's bytes give with what it expects; further keys of a scan do not hurt."""
    expected = vector["expected"]
    scans: list[Scan] = expected.get("scans", [])
    day = next((scan["as_of"] for scan in scans if "as_of" in scan), None)
    data = bytes.fromhex(vector["bytes_hex"])
    found = decode_in([data] if pieces is None else pieces, vector["profile"], date.fromisoformat(day) if day else None)
    got = [scan | ({"as_of": day} if day else {}) for scan in found.scans]
    if len(got) != len(scans) or not all(map(_holds, got, scans)):
        return Fault(vector["name"], scans, got)
    for name, value in expected.items():
        if name not in {"scans", "note", "chunks"} and found.besides.get(name) != value:
            return Fault(vector["name"], {name: value}, {name: found.besides.get(name)})
    return None


def vectors_in(lines: Iterable[str]) -> Iterator[Vector]:
    """The scan vectors of a file's lines.

    Raises:
        ValueError: a line is no vector.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            vector = json.loads(line)
            if vector["kind"] == "scan":
                vector["name"], vector["profile"], vector["expected"]["scans"], bytes.fromhex(vector["bytes_hex"])
                yield vector
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is no device vector: {error}") from error


def _holds(got: Scan, expected: Scan) -> bool:
    return all(name in got and got[name] == value for name, value in expected.items())


def _besides(decoded: list[Decoded], ignored: int, dropped: int) -> dict[str, Any]:
    frames = [found.frame for found in decoded]
    besides: dict[str, Any] = {"ignored_bytes": ignored, "dropped_partial": dropped > 0}
    for frame in frames:
        if frame.reply:
            besides["reply_hex"] = frame.reply.hex()
        if frame.kind == "response":
            besides["device_response"] = frame.data.decode()
        if frame.kind == "leftover":
            besides["leftover_hex"] = frame.data.hex()
    return besides
