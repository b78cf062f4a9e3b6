"""What a screen expects, in words: the same in every refusal and in the help. Pure."""

from __future__ import annotations

from warehouse.errors import N_, Phrase
from warehouse.work.screen import Quantity, Ref, Screen

_KINDS = {
    "location": (N_("location %(code)s"), N_("a location")),
    "item": (N_("item %(code)s"), N_("an item")),
    "lot": (N_("lot %(code)s"), N_("a lot")),
    "serial": (N_("serial %(code)s"), N_("a serial")),
    "expiry": (N_("expiry %(code)s"), N_("an expiry, such as XE20271231")),
    "quantity": (N_("quantity %(code)s"), N_("a quantity, such as XQ1")),
    "container": (N_("container %(code)s"), N_("a container")),
    "document": (N_("document %(code)s"), N_("a document")),
    "reason": (N_("reason %(code)s"), N_("a reason")),
    "confirm": (N_("confirm %(code)s"), N_("a confirmation")),
    "text": (N_("%(code)s"), N_("the PIN")),
}
_ITEM_NAMED = N_("item %(code)s (%(name)s)")
_EITHER = N_("%(one)s, or %(other)s")
_NOTHING = N_("nothing more")
_SCANNED_AS_VALUE = frozenset({"expiry", "reason"})


def wanted(screen: Screen) -> Phrase:
    """What a screen expects, each kind with what answers it where that is known; the preferred kind first."""
    said = [_kind(screen, kind) for kind in screen.expects]
    if not said:
        return Phrase(_NOTHING)
    last = said.pop()
    while said:
        last = Phrase(_EITHER, {"one": said.pop(), "other": last})
    return last


def some(kind: str) -> Phrase:
    """A kind in words, where no code is named: "a lot"."""
    return Phrase(_KINDS[kind][1])


def _kind(screen: Screen, kind: str) -> Phrase:
    known, unknown = _KINDS[kind]
    ref = screen.target.get(kind)
    if kind == "item" and ref is not None and ref.names:
        return Phrase(_ITEM_NAMED, {"code": ref.code, "name": ref.names})
    code = _code(screen, kind, ref)
    return Phrase(known, {"code": code}) if code else Phrase(unknown)


def _code(screen: Screen, kind: str, ref: Ref | None) -> str:
    """What a person looks for: the code on a thing's label; of a value or command what is scanned for it."""
    if kind == "confirm":
        return "XXOK"
    if kind == "quantity":
        return _quantity(screen.quantity)
    if ref is None:
        return ""
    return ref.barcode if kind in _SCANNED_AS_VALUE else ref.code


def _quantity(quantity: Quantity | None) -> str:
    """The code for all that is still wanted; empty where that is hidden, or nothing is."""
    if quantity is None or quantity.wanted is None or quantity.wanted <= quantity.done:
        return ""
    return f"XQ{quantity.wanted - quantity.done}"
