"""Money: kept in CNY minor units, typed by people in yuan, sent by programs in minor units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from warehouse.errors import N_, Phrase, Refusal

AMOUNT_MAX = 10**12

_YUAN = re.compile(r"([0-9]{1,11})(?:[.]([0-9]{1,2}))?", re.ASCII)
_MINOR = re.compile(r"[0-9]{1,13}", re.ASCII)


class NoAmount(Refusal):
    """What a person typed is no amount of money."""

    code = "no_amount"
    text = N_("%(what)s: %(read)s is no amount in CNY. Expected: yuan, such as 480 or 4.80, at most %(most)s.")


class NoMinorUnits(Refusal):
    """What a program sent is no amount of money."""

    code = "no_minor_units"
    text = N_("%(what)s: %(read)s is no amount. Expected: a whole number of CNY minor units, at most %(most)s.")


def money(minor: int | None) -> str:
    """CNY minor units as people read them; a dash for what is not known.

    >>> money(123456), money(-261), money(None)
    ('1,234.56', '-2.61', '–')
    """
    if minor is None:
        return "–"
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def plain(minor: int | None) -> str:
    """CNY minor units as they are typed into a form; empty for what is not known.

    >>> plain(123456), plain(None)
    ('1234.56', '')
    """
    return "" if minor is None else f"{minor // 100}.{minor % 100:02d}"


def is_typed(sent: Mapping[str, Any], *, program: bool) -> bool:
    """Whether a person typed this into a form, where money is yuan; programs send minor units, in whatever body."""
    return hasattr(sent, "getlist") and not program


def minor_units(text: str, what: str | Phrase, *, typed: bool, most: int = AMOUNT_MAX) -> int:
    """An amount in CNY minor units: of yuan where a person typed it, of minor units where a program sent it.

    Raises:
        NoAmount, NoMinorUnits: it is none, or more than `most`; `what` names it.

    >>> minor_units("480", "", typed=True), minor_units("480.00", "", typed=True), minor_units("480", "", typed=False)
    (48000, 48000, 480)
    """
    found = (_YUAN if typed else _MINOR).fullmatch(text)
    if found is not None:
        amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if typed else int(text)
        if amount <= most:
            return amount
    if typed:
        raise NoAmount(what=what, read=text[:40] or "–", most=money(most))
    raise NoMinorUnits(what=what, read=text[:40] or "–", most=most)
