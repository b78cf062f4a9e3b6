"""Where a piece of work stands: a frozen record of plain values and Refs, kept as JSON on the work's row.

It holds all that the next screen shows, so that a screen costs no look-up and a scan that posts nothing few.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self, TypeVar

from warehouse.work.screen import Ref

Stands = TypeVar("Stands", bound="Position")
Thing = TypeVar("Thing")

_known: dict[type, dict[str, Any]] = {}


@dataclass(frozen=True, kw_only=True)
class Position:
    """What every room's position has: the dialogue laid over the room's own step, if any.

    Attributes:
        override: "" none, "pin" or "reason" asked for, "armed" for the next scan that a rule would refuse.
        override_by: the person whose badge was scanned.
        asking: a question of the room's own laid over its step ("damage_quantity", "damage_reason", "unusual").
        asked: the quantity that the question is about.
        override_reasons, reasons: what may be chosen where the override, or the room's own question, asks for a reason.
    """

    override: str = ""
    override_by: int = 0
    override_name: str = ""
    override_reason: str = ""
    override_reasons: tuple[str, ...] = ()
    asking: str = ""
    asked: int = 0
    reasons: tuple[str, ...] = ()

    def dump(self) -> str:
        """The position as JSON; what is at its default is left out."""
        usual = _defaults(type(self))
        return _encode({name: value for name, value in self.__dict__.items() if value != usual[name]})

    @classmethod
    def load(cls, text: str) -> Self:
        """The position that was dumped. A Ref comes back as a Ref; a field that there is no more is left out."""
        kept, usual = json.loads(text), _defaults(cls)
        if not kept.keys() <= usual.keys():
            kept = {name: kept[name] for name in kept if name in usual}
        for name, value in kept.items():
            if isinstance(value, dict | list):
                kept[name] = _value(value)
        return _made(cls, usual, kept)


def replace(thing: Thing, **changes: Any) -> Thing:
    """The thing with some fields changed. For a position it copies what is there instead of asking for every field."""
    if isinstance(thing, Position):
        return _made(type(thing), thing.__dict__, changes)
    return dataclasses.replace(thing, **changes)  # type: ignore[type-var]


def _made(kind: type[Stands], fields_before: dict[str, Any], changes: dict[str, Any]) -> Stands:
    made = object.__new__(kind)
    made.__dict__.update(fields_before)
    made.__dict__.update(changes)
    assert len(made.__dict__) == len(_defaults(kind)), f"{kind.__name__} has no such field: {sorted(changes)}"
    return made


def _defaults(kind: type[Position]) -> dict[str, Any]:
    """Every field of a kind of position at its default; None where it has none."""
    known = _known.get(kind)
    if known is None:
        known = _known[kind] = {each.name: None if each.default is MISSING else each.default for each in fields(kind)}
    return known


def _plain(thing: Any) -> Any:
    """A Ref as JSON keeps it; asdict() would copy every value deeply, on every scan."""
    kept = {"id": thing.id, "code": thing.code, "barcode": thing.barcode}
    if thing.name:
        kept["name"] = thing.name
    if thing.name_zh:
        kept["name_zh"] = thing.name_zh
    if thing.proposed:
        kept["proposed"] = True
    return kept


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def _value(value: Any) -> Any:
    if isinstance(value, dict) and "barcode" in value:
        return Ref(**value)
    if isinstance(value, list):
        return tuple(map(_value, value))
    return value
