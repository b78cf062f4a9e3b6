"""Where a piece of work stands: a frozen record of plain values and Refs, kept as JSON on the work's row.

It holds all that the next screen shows, so that a screen costs no look-up and a scan that posts nothing few.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Self

from warehouse.work.screen import Ref

_DEFAULTS: tuple[Any, ...] = (None, "", 0, False, ())
_known: dict[type, tuple[str, ...]] = {}


@dataclass(frozen=True, kw_only=True)
class Position:
    """What every room's position has: the dialogue laid over the room's own step, if any.

    Attributes:
        override: "" none, "pin" or "reason" asked for, "armed" for the next scan that a rule would refuse.
        override_by: the person whose badge was scanned.
        asking: a question of the room's own laid over its step ("damage_quantity", "damage_reason", "unusual").
        asked: the quantity that the question is about.
    """

    override: str = ""
    override_by: int = 0
    override_name: str = ""
    override_reason: str = ""
    asking: str = ""
    asked: int = 0

    def dump(self) -> str:
        """The position as JSON; what is at its default is left out."""
        kept = {name: value for name in _names(type(self)) if (value := getattr(self, name)) not in _DEFAULTS}
        return _encode(kept)

    @classmethod
    def load(cls, text: str) -> Self:
        """The position that was dumped. A Ref comes back as a Ref."""
        return cls(**{name: _value(value) for name, value in json.loads(text).items()})


def _names(kind: type[Position]) -> tuple[str, ...]:
    names = _known.get(kind)
    if names is None:
        names = _known[kind] = tuple(each.name for each in fields(kind))
    return names


def _plain(thing: Any) -> Any:
    """A Ref as JSON keeps it; asdict() would copy every value deeply, on every scan."""
    return {
        "id": thing.id,
        "code": thing.code,
        "barcode": thing.barcode,
        "name": thing.name,
        "proposed": thing.proposed,
    }


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def _value(value: Any) -> Any:
    if isinstance(value, dict) and "barcode" in value:
        return Ref(**value)
    if isinstance(value, list):
        return tuple(map(_value, value))
    return value
