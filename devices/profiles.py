"""How a scanner is set up: what ends a scan, how text is encoded, and how it can be answered.

A profile is named by its framing, then options: `cr_lf`, `tab`, `stx_etx`, `none_idle_50ms`, `zebra_ssi`, `newland`,
`honeywell`, `cr_lf;encoding=gb18030`, `wedge_gs=^]` (framed as cr_lf, GS written as these characters).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from functools import lru_cache

GS = "\x1d"
IDLE_S = 2.0  # what stands incomplete for so long is given up
SSI_IDLE_S = 0.2

_IDLE = re.compile(r"none_idle_([0-9]{1,5})ms", re.ASCII)
_UNICODE = re.compile(r"U\+([0-9A-F]{4})", re.ASCII)
_ENCODINGS = ("utf-8", "gb18030", "gbk", "big5", "shift_jis", "latin-1", "cp1252", "ascii")


@dataclass(frozen=True, slots=True)
class Tones:
    """What is sent to a scanner so that it tells its user the answer; empty where it cannot."""

    good: bytes = b""
    bad: bytes = b""


# The scanners' manuals: Honeywell "Host ACK", Datalogic "good read tone" and "beep low tone", Zebra SSI BEEP, Newland and
# others "beep on BEL". One BEL is good, three are bad: told apart by rhythm.
TONES = {
    "honeywell": Tones(b"\x1b7,", b"\x1b8,"),
    "datalogic": Tones(b"B", b"34\r"),
    "zebra_ssi": Tones(bytes.fromhex("05e6040000ff11"), bytes.fromhex("05e6040012feff")),
    "bel": Tones(b"\x07", b"\x07\x07\x07"),
}


# A scanner set to ACK/NAK wants to hear that its bytes arrived, and sends them again otherwise; it beeps by itself.
RECEIPTS = {"ack": Tones(b"\x06", b"\x15")}


@dataclass(frozen=True, slots=True)
class Profile:
    """How one scanner is set up.

    Attributes:
        framing: what ends a scan: cr_lf, tab, stx_etx, idle, zebra_ssi, newland or honeywell.
        idle_s: after so long without a byte the framer is told that the line is idle.
        encoding: of texts that are not ASCII.
        gs: what stands for GS where it cannot be sent, as with a keyboard wedge.
        tones: how the scanner is told the answer.
        receipt: how it is told that its bytes are safe, or were no scan.
    """

    name: str
    framing: str
    idle_s: float = IDLE_S
    encoding: str = "utf-8"
    gs: str = ""
    tones: Tones = Tones()
    receipt: Tones = Tones()


@dataclass(frozen=True, slots=True)
class Line:
    """A scanner as it was named: its port, how it is set up, how fast it speaks."""

    port: str
    profile: Profile
    baud: int = 9600
    bits: str = "8N1"


class UnknownProfile(ValueError):  # noqa: N818 - it is a name that nobody knows
    """A profile's name or option that is none."""


# A scanner's family and how it frames; vendors' scanners end a scan with CR or LF unless set otherwise.
FRAMINGS = {
    "cr_lf": "cr_lf", "cr": "cr_lf", "lf": "cr_lf", "tab": "tab", "stx_etx": "stx_etx", "zebra_ssi": "zebra_ssi",
    "newland": "newland", "honeywell": "honeywell", "datalogic": "cr_lf", "zebra": "cr_lf", "ack": "cr_lf", "bel": "cr_lf",
}  # fmt: skip
_OWN_IDLE = {"zebra_ssi": SSI_IDLE_S}


@lru_cache(maxsize=64)
def profile_named(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UnknownProfile: no such framing or option.
    """
    first, *options = name.split(";")
    if "=" in first:
        first, options = "cr_lf", [first, *options]
    profile = replace(_framed(first), name=name)
    for option in options:
        profile = _with(profile, option)
    return profile


def _framed(name: str) -> Profile:
    if found := _IDLE.fullmatch(name):
        return Profile(name, "idle", max(1, int(found[1])) / 1000)
    if name not in FRAMINGS:
        raise UnknownProfile(f"no profile {name!r}: known are {', '.join(FRAMINGS)}, none_idle_50ms, wedge_gs=^]")
    framing = FRAMINGS[name]
    return Profile(
        name,
        framing,
        _OWN_IDLE.get(framing, IDLE_S),
        tones=TONES.get(name, Tones()),
        receipt=RECEIPTS.get(name, Tones()),
    )


def _with(profile: Profile, option: str) -> Profile:
    key, _, value = option.partition("=")
    if key == "wedge_gs" and value:
        found = _UNICODE.fullmatch(value)
        return replace(profile, gs=chr(int(found[1], 16)) if found else value)
    if key == "encoding" and _is_encoding(value):
        return replace(profile, encoding=codecs.lookup(value).name)
    if key == "tones" and value in TONES:
        return replace(profile, tones=TONES[value])
    raise UnknownProfile(
        f"no option {option!r}: known are encoding={'|'.join(_ENCODINGS)}, wedge_gs=TEXT, tones={'|'.join(TONES)}"
    )


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name).name in {codecs.lookup(known).name for known in _ENCODINGS}
    except LookupError:
        return False
