"""What goes wrong on a floor, how often, and where it can: drawn by dice that the seed has loaded."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.simulate.floor import Catalogue, Mind
from warehouse.simulate.moves import is_question

Screen = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: how many of a thousand scans it meets, and on which screens it can."""

    name: str
    per_thousand: int
    can: Callable[[Screen, Mind], bool]


def _always(_screen: Screen, _mind: Mind) -> bool:
    return True


def _offered(command: str) -> Callable[[Screen, Mind], bool]:
    return lambda screen, _mind: command in screen["actions"] and not is_question(screen)


def _can_take_back(screen: Screen, mind: Mind) -> bool:
    return mind.latest is not None and screen["room"] != "shipping"


def _at_the_bin(screen: Screen, _mind: Mind) -> bool:
    """Where a picker is about to see that goods are missing."""
    return bool(screen["room"] == "picking" and screen["expects"][0] == "item")


def _counts_more(screen: Screen, mind: Mind) -> bool:
    """Where a counter is about to type how many more there are."""
    return (
        screen["room"] == "counting"
        and "quantity" in screen["expects"]
        and bool(mind.ahead)
        and mind.ahead[0].startswith("XQ")
    )


def _counts_several(screen: Screen, mind: Mind) -> bool:
    """Where a counter is about to scan the first of several alike."""
    kinds = [each.startswith("XQ") for each in mind.ahead[:2]]
    return screen["room"] == "counting" and "item" in screen["expects"] and kinds == [False, True]


def _can_break(screen: Screen, mind: Mind) -> bool:
    """Goods are before the robot, and none of them in hand."""
    at_goods = screen["expects"][0] in {"item", "quantity", "container"} and bool(screen["target"]["item"])
    in_hand = screen["room"] in {"putaway", "replenishing"} and screen["target"]["quantity"]["done"]
    return _offered("XXDAMAGE")(screen, mind) and at_goods and not in_hand


FAULTS = (
    Fault("wrong scan", 40, _always),
    Fault("lost answer", 30, _always),
    Fault("repeated key", 30, _always),
    Fault("stale screen", 15, _always),
    Fault("undo", 25, _can_take_back),
    Fault("missing goods", 80, _at_the_bin),
    Fault("damage", 12, _can_break),
    Fault("help", 5, _offered("XXHELP")),
    Fault("leave", 8, _offered("XXBACK")),
    Fault("skip", 10, _offered("XXSKIP")),
    Fault("full", 12, _offered("XXFULL")),
    Fault("ended early", 15, _offered("XXDONE")),
    Fault("walked away", 8, _always),
    Fault("never came back", 4, _always),
)
OF_THE_CHIEF = tuple(each for each in FAULTS if each.name not in {"walked away", "never came back"})
"""The chief stays: nobody else could take over from them."""
AT_A_DESK = (
    *(each for each in FAULTS if each.name not in {"lost answer", "repeated key", "stale screen"}),
    Fault("unplugged scanner", 15, _always), Fault("cut link", 15, _always),
)  # fmt: skip
"""At a desk the agent gives the keys, and sends again by itself; there it is cables that fail."""
OF_A_COUNTER = (*FAULTS, Fault("miscount", 60, _counts_more), Fault("double scan", 40, _counts_several))
COMMANDS = {
    "damage": "XXDAMAGE", "help": "XXHELP", "leave": "XXBACK", "skip": "XXSKIP", "full": "XXFULL",
    "ended early": "XXDONE", "undo": "XXUNDO",
}  # fmt: skip
"""The faults that are one command, well-formed and taken, though nobody asked for it."""


def draw(
    dice: random.Random, screen: Screen, mind: Mind, faults: Sequence[Fault], owed: Callable[[str], bool]
) -> str:  # fmt: skip
    """What goes wrong at this scan; mostly nothing, or what is owed: what must go wrong once in every shift."""
    drawn = dice.randrange(1000)
    for fault in faults:
        drawn -= fault.per_thousand
        if drawn < 0:
            return fault.name if fault.can(screen, mind) else ""
    return next((each.name for each in faults if owed(each.name) and each.can(screen, mind)), "")


def wrong_code(dice: random.Random, screen: Screen, catalogue: Catalogue) -> str:
    """A code that does not belong here: a neighbour's, one of another kind, too many, or one that nobody knows."""
    kind = screen["expects"][0]
    if screen["room"] == "counting" and kind in {"item", "quantity"}:  # every item that is ours could lie there
        return f"NOT-OURS-{dice.randrange(1000)}"
    if kind == "quantity" and (screen["target"]["quantity"] or {}).get("wanted") is not None:
        return f"XQ{screen['target']['quantity']['wanted'] + dice.randint(500, 900)}"
    if kind == "reason":
        return "XRNOBODYKNOWS"
    if kind in {"item", "location"} and dice.random() < 0.3:  # noqa: PLR2004 - three of ten are read from a stranger's label
        return f"NOT-OURS-{dice.randrange(1000)}"
    if kind == "item" and screen["room"] != "receiving":
        return dice.choice(sorted(catalogue.unit_barcode.values()))
    return dice.choice(catalogue.bins)
