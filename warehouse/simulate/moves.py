"""What a scan that was taken has moved in truth: from the screen that asked, the code, and what was said. Pure."""

from __future__ import annotations

from typing import Any

from warehouse.simulate.floor import Catalogue, Floor, Mind, Moved

BOOKED = {
    "receiving": frozenset({"received", "received_blocked", "receipt_complete"}),
    "putaway": frozenset({"put_away"}),
    "replenishing": frozenset({"replenished"}),
    "picking": frozenset({"picked", "order_picked"}),
    "packing": frozenset({"packed", "next_tote", "all_packed"}),
    "shipping": frozenset({"handed_over", "all_handed_over"}),
    "counting": frozenset(),
    "clearing": frozenset({"cleared_to_reserve", "cleared_to_supplier", "cleared_to_scrap"}),
}
"""By room, the notices that say that goods were booked."""
CARRYING = frozenset({"putaway", "replenishing", "clearing"})
IN_HAND = frozenset({"in_hand", "more_in_hand", "bring_to_supplier", "bring_to_scrap"})
HERE, LESS_THERE = "tote_here", "carry_less_there"
QUESTION = ["XXBACK", "XXUNDO", "XXHELP"]
"""What a screen offers while a question lies over the work, such as how many are damaged."""

Screen = dict[str, Any]


def before_scan(screen: Screen, mind: Mind) -> None:
    """Keeps in mind what the next screen will no longer show: where the goods in hand come from."""
    if screen["room"] not in CARRYING or is_question(screen):
        return
    mind.serials = mind.serials[: _done(screen)]
    if not _done(screen):
        mind.source = place_of(screen)


def after_scan(screen: Screen, code: str, said: str, mind: Mind, floor: Floor) -> list[Moved]:
    """What was moved; and what is to be kept in mind of this scan."""
    catalogue, room = floor.catalogue, screen["room"]
    if code in catalogue.items and "item" in screen["expects"]:
        mind.pack = catalogue.items[code][1]
    if said in IN_HAND and target(screen, "serial") and code == target(screen, "serial"):
        mind.serials.append(code)
    if said == HERE:
        mind.tote = code
    if screen["expects"][:1] == ["reason"] and code.startswith("XR") and said != LESS_THERE:
        return _damaged(screen, mind, catalogue)
    if said not in BOOKED[room]:
        return []
    return _BOOKED[room](screen, code, mind, floor)


def is_question(screen: Screen) -> bool:
    """Whether a question lies over the work."""
    return bool(screen["actions"] == QUESTION)


def target(screen: Screen, kind: str, part: str = "code") -> str:
    """What a screen names of a kind, or nothing."""
    named = screen["target"].get(kind)
    return str(named[part]) if named else ""


def place_of(screen: Screen) -> str:
    """Where the goods before a carrier lie: the container, else the location."""
    return target(screen, "container") or target(screen, "location")


def wanted(screen: Screen) -> int:
    """How many a screen still wants."""
    quantity = screen["target"]["quantity"] or {}
    return int(quantity.get("wanted") or 0) - int(quantity.get("done") or 0)


def _done(screen: Screen) -> int:
    return int((screen["target"]["quantity"] or {}).get("done") or 0)


def _goods(screen: Screen, code: str, catalogue: Catalogue) -> tuple[str, str, str]:
    """Item, lot and serial: as scanned, else as the screen names them."""
    kind = screen["expects"][0]
    sku, lot = target(screen, "item"), target(screen, "lot")
    if code in catalogue.items:
        other = catalogue.items[code][0]
        return (other, lot if other == sku else "", "")
    return sku, code if kind == "lot" else lot, code if kind == "serial" else ""


def _quantity(screen: Screen, code: str, mind: Mind, catalogue: Catalogue) -> int:
    if code.startswith("XQ"):
        return int(code[2:])
    if code == "XXOK":
        return wanted(screen)
    if screen["expects"][0] == "serial":
        return 1
    if screen["expects"][0] == "quantity" and code not in catalogue.items:
        return 1  # the lot's own text counts one
    return mind.pack


def _received(screen: Screen, code: str, mind: Mind, floor: Floor) -> list[Moved]:
    quantity = _quantity(screen, code, mind, floor.catalogue)
    return [Moved(*_goods(screen, code, floor.catalogue), quantity, "", target(screen, "location"))]


def _picked(screen: Screen, code: str, mind: Mind, floor: Floor) -> list[Moved]:
    quantity = _quantity(screen, code, mind, floor.catalogue)
    return [Moved(*_goods(screen, code, floor.catalogue), quantity, target(screen, "location"),
                  target(screen, "container"))]  # fmt: skip


def _packed(screen: Screen, code: str, mind: Mind, floor: Floor) -> list[Moved]:
    quantity = _quantity(screen, code, mind, floor.catalogue)
    return [Moved(*_goods(screen, code, floor.catalogue), quantity, mind.tote, target(screen, "container"))]


def _put_down(screen: Screen, code: str, mind: Mind, floor: Floor) -> list[Moved]:
    sku, lot, place = target(screen, "item"), target(screen, "lot"), floor.catalogue.places.get(code, "")
    if mind.serials:
        return [Moved(sku, lot, serial, 1, mind.source, place) for serial in mind.serials]
    return [Moved(sku, lot, "", _done(screen), mind.source, place)]


def _cleared(screen: Screen, code: str, mind: Mind, floor: Floor) -> list[Moved]:
    """To a bin of the reserve; what is confirmed instead leaves the house."""
    moved = _put_down(screen, code, mind, floor)
    return moved if screen["expects"][0] == "location" else [each._replace(place="") for each in moved]


def _handed_over(_screen: Screen, code: str, _mind: Mind, floor: Floor) -> list[Moved]:
    return floor.ship(code)


def _damaged(screen: Screen, mind: Mind, catalogue: Catalogue) -> list[Moved]:
    """Goods were set aside where the screen asked for the reason: there they lay, here is what they are."""
    room = screen["room"]
    source = {"receiving": "", "picking": target(screen, "location"), "packing": mind.tote}.get(room, mind.source)
    quantity = int(screen["target"]["quantity"]["wanted"])
    goods = (target(screen, "item"), target(screen, "lot"), target(screen, "serial"))
    return [Moved(*goods, quantity, source, catalogue.quarantine)]


_BOOKED = {
    "receiving": _received, "putaway": _put_down, "replenishing": _put_down, "picking": _picked, "packing": _packed,
    "shipping": _handed_over, "clearing": _cleared,
}  # fmt: skip
