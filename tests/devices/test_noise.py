"""Random bytes never crash the framer or the parser, and noise never becomes a scan that claims to be proven."""

from __future__ import annotations

import os
import random
import re
import sys
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.digits import has_check_digit
from devices.framing import FRAME_MAX, Framer
from devices.profiles import profile_named
from devices.vectors import decode_in

PROFILES = ["cr_lf", "tab", "stx_etx", "none_idle_50ms", "zebra_ssi", "newland", "honeywell", "ack", "wedge_gs=^]",
            "wedge_gs=U+241D", "cr_lf;encoding=gb18030", "cr_lf;encoding=latin-1"]  # fmt: skip
PROVEN = {"gtin", "gs1", "sscc", "rcn", "digital_link"}
TODAY = date(2026, 11, 22)
PRINTABLE = re.compile(r"[\x20-\x7e\x1d]+")
MILLION = 1_000_000

# What scanners send, so that random changes of it reach the parser's depths.
SEEDS = [b"]E09501101530003\r", b"]C101095011015300031727123110L0T-42\x1d21S/N.0001\r",
         b"]d2010950110153000310ABC\x1d17271231\r",
         b"]Q1https://id.example.org/01/09501101530003/10/ABC?17=271231\r", b"[)>\x1e06\x1dP123\x1dQ10\x1e\x04\r",
         bytes.fromhex("12f300000b39353031313031353330303033fc64"), b"\x02]E09501101530003\x03", "]Q1库位A-01\r".encode(),
         b"\x02\x010000@X1\x06;\x03", b"CBRENA1\x06."]  # fmt: skip


def pieces_of(data: bytes, places: list[int]) -> list[bytes]:
    cuts = sorted({place % (len(data) + 1) for place in places})
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5), st.sampled_from(PROFILES))
def test_any_bytes_give_the_same_however_they_are_split(data: bytes, places: list[int], profile: str) -> None:
    assert decode_in([data], profile, TODAY) == decode_in(pieces_of(data, places), profile, TODAY)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(SEEDS), st.sampled_from(PROFILES))
def test_a_changed_scan_is_sound_or_an_error(data: st.DataObject, seed: bytes, profile: str) -> None:
    changed = bytearray(seed)
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(seed) - 1), st.integers(0, 255)), max_size=4)):
        changed[place] = byte
    check_scans(bytes(changed), profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_frame_that_never_ends_holds_no_more_than_its_bound(profile: str) -> None:
    framer = Framer(profile_named(profile))
    frames = []
    for _ in range(200):
        frames += framer.feed(b"\x02" + b"A" * 997)
        assert len(framer._buffer) <= FRAME_MAX
        assert len(framer._noise) <= FRAME_MAX
    assert all(frame.kind in {"too_long", "damaged", "response"} or not frame.data for frame in frames)


@pytest.mark.parametrize("length", [FRAME_MAX, FRAME_MAX + 1])
def test_the_bound_is_exact_and_the_next_scan_is_read(length: int) -> None:
    scans = decode_in([b"A" * length + b"\rTOTE-1\r"], "cr_lf").scans
    assert [scan.get("error", scan["type"]) for scan in scans] == [
        "plain" if length == FRAME_MAX else "too_long",
        "plain",
    ]
    assert scans[1]["text"] == "TOTE-1"


@pytest.mark.parametrize("text", ["+", "+A", "+C1", "]", "]E", "$\x1d", "é", "¨C"])
def test_short_texts(text: str) -> None:
    check_scans(f"{text}\r".encode(), "cr_lf")


def test_random_streams() -> None:
    run_random_streams(5_000, seed=1)


@pytest.mark.proof
def test_a_million_random_streams() -> None:
    seed = int(os.environ.get("WAREHOUSE_SEED", "0")) or random.randrange(2**32)
    proven, plain, errors = run_random_streams(MILLION, seed)
    sys.stdout.write(
        f"seed {seed}: {MILLION} streams, no crash, {errors} errors told, {plain} plain texts between two terminators, "
        f"{proven} with a right check digit\n"
    )


def run_random_streams(count: int, seed: int) -> tuple[int, int, int]:
    """Streams of pure noise; returns how many scans had a right check digit, were plain texts, or errors."""
    dice = random.Random(seed)
    counts = {"error": 0, "plain": 0, "proven": 0}
    for number in range(count):
        data = dice.randbytes(dice.randrange(1, 65))
        for scan in check_scans(data, PROFILES[number % len(PROFILES)]):
            kind = scan["type"]
            counts["proven" if kind in PROVEN else kind] += 1
    assert counts["proven"] == 0, "noise passed for a number that proves itself"
    return counts["proven"], counts["plain"], counts["error"]


def check_scans(data: bytes, profile: str) -> list[dict]:
    """Decodes; every scan but an error is text that stood whole on the line, and a number proves itself."""
    found = decode_in([data], profile, TODAY)
    for scan in found.scans:
        if scan["type"] == "error":
            assert scan["error"]
            continue
        assert scan["text"]
        if (
            "encoding" not in profile
            and "wedge" not in profile
            and profile != "zebra_ssi"
            and scan["type"] != "iso15434"
        ):
            assert scan["text"].encode() in data
            assert not scan["text"].isascii() or PRINTABLE.fullmatch(scan["text"])
        if "gtin14" in scan:
            assert has_check_digit(scan["gtin14"])
    return found.scans
