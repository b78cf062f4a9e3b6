"""Whether bytes come from a line that is set up wrongly: other parity, other speed, other encoding."""

from __future__ import annotations

import re

from devices.scans import Wrong

_RUN = re.compile(rb"[\x20-\x7e]{4,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_PRINTABLE = re.compile(rb"[\x20-\x7e]")
_OTHER = re.compile(r"[^\x20-\x7e]")
_TEXT_BYTES = frozenset(range(0x20, 0x7F)) | {0x0D, 0x0A, 0x09, 0x02, 0x03, 0x1D}
_SURE = 10
_LEAST = 4  # bytes from which on something can be said
_EVEN = bytes(byte for byte in range(256) if byte.bit_count() % 2 == 0)
_ODD = bytes(byte for byte in range(256) if byte.bit_count() % 2)


def fault_of(data: bytes, encoding: str) -> Wrong | None:
    """What is wrong with the line that brought these bytes, if anything is."""
    if len(data) < _LEAST or data.isascii():
        return None if len(data) < _LEAST or not _is_garbage(data) else Wrong("line_settings", hint="baud")
    # Most bytes in a row are text of a double-byte encoding; that a long row also has even parity throughout is no chance.
    if _is_text(data, encoding) and not (len(data) >= _SURE and encoding != "utf-8" and _is_seven_bits(data, _EVEN)):
        return None
    if _is_seven_bits(data, _EVEN):
        return Wrong("line_settings", hint="7E1")
    if _is_seven_bits(data, _ODD):
        return Wrong("line_settings")
    if _is_garbage(data):
        return Wrong("line_settings", hint="baud")
    return None


def not_decoded(data: bytes) -> Wrong:
    """Why bytes are no text of the profile's encoding: another one, or damage."""
    body = data[3:] if data.startswith(b"]") else data
    try:
        text = body.decode("gb18030")
    except UnicodeDecodeError:
        return Wrong("non_ascii")
    others = _OTHER.findall(text)
    if others and all("一" <= character <= "鿿" or "\u3000" <= character <= "〿" for character in others):
        return Wrong("encoding", hint="gb18030")
    return Wrong("non_ascii")


def shown(data: bytes) -> str:
    r"""Bytes as ASCII, others written \xNN."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in data)  # noqa: PLR2004


def shown_text(text: str) -> str:
    r"""A text with its control characters written \xNN."""
    return "".join(f"\\x{ord(character):02x}" if _is_control(character) else character for character in text)


def _is_control(character: str) -> bool:
    return ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0  # noqa: PLR2004 - the C0 and C1 controls


def _is_text(data: bytes, encoding: str) -> bool:
    """Text of the profile's encoding, such as a line with other settings does not bring."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return not any(_is_control(character) for character in text) or bool(_RUN.search(data))


def _is_seven_bits(data: bytes, parity: bytes) -> bool:
    """Whether all bytes have this parity and are text without their eighth bit."""
    return not data.translate(None, parity) and all(byte & 0x7F in _TEXT_BYTES for byte in data)


def _is_garbage(data: bytes) -> bool:
    """No run of text, few printable bytes, and some that no scanner sends."""
    high = len(_HIGH.findall(data))
    printable = len(_PRINTABLE.findall(data))
    others = len(data) - printable
    return others >= _LEAST - 1 and printable < others and (high > 0 or b"\x00" in data) and not _RUN.search(data)
