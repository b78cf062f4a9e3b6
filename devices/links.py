"""GS1 Digital Link: a web address whose path names the goods. Source: GS1 Digital Link Standard, URI syntax."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import unquote_to_bytes, urlsplit

from devices.digits import is_digits
from devices.elements import Element, check_value
from devices.pairings import check_pairings
from devices.scans import Wrong

# What may be the first identifier of a path, and what may follow it, in this order.
_KEYS: dict[str, tuple[str, ...]] = {
    "00": (), "01": ("22", "10", "21", "235"), "253": (), "255": (), "401": (), "402": (), "414": ("254", "7040"),
    "415": ("8020",), "417": ("7040",), "8003": (), "8004": ("7040",), "8006": ("22", "10", "21"), "8010": ("8011",),
    "8013": (), "8017": ("8019",), "8018": ("8019",),
}  # fmt: skip
# Older links write words in place of numbers.
_WORDS = {
    "sscc": "00", "gtin": "01", "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414", "payTo": "415",
    "partyGln": "417", "party": "417", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "gmn": "8013",
    "gsrnp": "8017", "gsrn": "8018", "cpv": "22", "lot": "10", "ser": "21", "tpx": "235", "glnx": "254", "refNo": "8020",
    "cpsn": "8011", "cpsid": "8011", "srin": "8019", "exp": "17",
}  # fmt: skip
_KEY_LIKE = {"01": (8, 12, 13, 14), "00": (18,), "414": (13,), "417": (13,), "402": (17,), "8017": (18,), "8018": (18,)}
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)
_HOME = "id.gs1.org"
_AI = re.compile(r"[0-9]{2,4}", re.ASCII)
_GTIN = 14


def link_elements(text: str, today: date) -> list[Element] | None:
    """The elements that a link names; None where it is an ordinary address.

    Raises:
        Wrong: it is a link, but not a right one.
    """
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    segments = parts.path.split("/")[1:]
    start = _key_place(segments, at_home=host == _HOME)
    if start is None:
        return None
    if _BAD_ESCAPE.search(parts.path) or _BAD_ESCAPE.search(parts.query):
        raise Wrong("encoding")
    elements = _of_path(segments[start:]) + _of_query(parts.query)
    for ai, value in elements:
        check_value(ai, value, today)
    check_pairings([ai for ai, _ in elements], [value for _, value in elements])
    return elements


def _key_place(segments: list[str], *, at_home: bool) -> int | None:
    """Where the path's identifiers begin: at a key with a value of its form, as /01/ is also a folder's name."""
    for place, segment in enumerate(segments[:-1]):
        key = _WORDS.get(segment, segment)
        if key not in _KEYS:
            continue
        lengths, value = _KEY_LIKE.get(key), segments[place + 1]
        if at_home or (is_digits(value) and len(value) in lengths if lengths else bool(value)):
            return place
    return None


def _of_path(segments: list[str]) -> list[Element]:
    if segments[-1] == "":
        segments = segments[:-1]
    if len(segments) % 2:
        raise Wrong("length", ai=_ai(segments[-1]))
    key, follow = _ai(segments[0]), _KEYS[_ai(segments[0])]
    elements = [(key, _padded(key, _unquoted(segments[1])))]
    for name, value in zip(segments[2::2], segments[3::2], strict=True):
        ai = _ai(name)
        if ai not in follow:
            raise Wrong("unknown_ai", ai="" if ai in _KEYS or not _AI.fullmatch(ai) else ai)
        follow = follow[follow.index(ai) + 1 :]
        elements.append((ai, _unquoted(value)))
    return elements


def _of_query(query: str) -> list[Element]:
    elements: list[Element] = []
    for pair in re.split("[&;]", query):
        name, _, value = pair.partition("=")
        ai = "17" if name == "exp" else name
        if not _AI.fullmatch(ai):
            continue
        try:
            check_value(ai, "", date.min)
        except Wrong as wrong:
            if wrong.error == "unknown_ai":
                continue
        elements.append((ai, _padded(ai, _unquoted(value.replace("+", " ")))))
    return elements


def _ai(name: str) -> str:
    return _WORDS.get(name, name)


def _padded(ai: str, value: str) -> str:
    return value.zfill(_GTIN) if ai in {"01", "02"} and is_digits(value) and len(value) in _KEY_LIKE["01"] else value


def _unquoted(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise Wrong("encoding") from error
