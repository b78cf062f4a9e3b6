"""How a robot counts a bin, and how its chief decides about what was found: from what lies there, and two who agree. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from warehouse.simulate.floor import Floor, Lying, Mind

ROOM = "counting"
MOVED = "count_moved"
POSTED = frozenset({"difference_posted", "difference_posted_uncovered"})
UNCOVERED = "difference_posted_uncovered"
OUTDATED = frozenset({"count_doubtful", "count_outdated", "count_settling"})
UNDONE = frozenset({"undone", "count_undone", "count_reopened"})
"""What is said in any room when an act was taken back."""
NOT_TAKEN_BACK = frozenset({"help", "work_kept", "work_left", "work_over", "count_put_off"})
"""What is said of acts that no undo takes back."""
OPEN = frozenset({"review", "second"})

Screen = dict[str, Any]
Line = dict[str, Any]


class Decision(NamedTuple):
    """What becomes of one difference. `second`: another has approved it already."""

    line: Line
    second: bool


def codes_of(floor: Floor, place: str, skus: Collection[str] = ()) -> list[str]:
    """What is scanned of all that lies at a place, or of these items there: item, lot or serial, and how many more."""
    codes = []
    for where, count in floor.lying_at(place):
        if skus and where.sku not in skus:
            continue
        codes += [floor.catalogue.unit_barcode[where.sku], *filter(None, [where.lot or where.serial])]
        codes += [f"XQ{count - 1}"] if count > 1 else []
    return codes


def answer(screen: Screen, mind: Mind) -> str:
    """The next code: the bin's, the next of what lies there, or OK when all is counted or a question is asked."""
    if screen["expects"] == ["location"]:
        return str(screen["target"]["location"]["barcode"])
    if screen["expects"] == ["confirm"]:
        return "XXOK" if mind.done[-1:] and mind.done[-1] in _asked(screen) else "XXBACK"
    return mind.ahead[0] if mind.ahead else "XXOK"


def _asked(screen: Screen) -> set[str]:
    """What a question may be about: the lot, the serial, the number."""
    target = screen["target"]
    named = {str(target[kind]["code"]) for kind in ("lot", "serial") if target.get(kind)}
    return named | {f"XQ{target['quantity']['wanted']}"}


def taken(screen: Screen, code: str, said: str, text: str, mind: Mind, floor: Floor) -> None:
    """Keeps in mind what a scan that was taken leaves to do. `said`, `text`: the notice's code and sentence."""
    place = str(screen["target"]["location"]["code"])
    if said in UNDONE:
        _undone(mind)
    elif said == MOVED:
        named = text.replace(",", " ").replace(".", " ").split()
        mind.ahead = codes_of(floor, place, [sku for sku in floor.catalogue.unit_barcode if sku in named])
    elif screen["expects"] == ["location"] and said.startswith("count_bin"):
        mind.ahead, mind.done = codes_of(floor, place), []
    elif said not in NOT_TAKEN_BACK:
        meant = code in mind.ahead[:1]
        mind.done.append(code if meant else "")
        mind.ahead = mind.ahead[1:] if meant else mind.ahead


def _undone(mind: Mind) -> None:
    """What was taken back is scanned again, unless it was one too many or nothing that was meant."""
    last = mind.done.pop() if mind.done else ""
    if mind.ahead[:1] == ["XXUNDO"]:
        mind.ahead = mind.ahead[1:]
    elif last:
        mind.ahead = [last, *mind.ahead]


def decide(lines: Sequence[Line]) -> Decision | None:
    """The next difference of a paper to approve; None where it is to be counted again, for two in a row did not agree."""
    open_ = [line for line in lines if line["state"] in OPEN]
    if not open_ or not all(_agrees(line, lines) for line in open_):
        return None
    return Decision(open_[0], open_[0]["state"] == "second")


def _agrees(line: Line, lines: Sequence[Line]) -> bool:
    earlier = [each for each in lines if each["round"] < line["round"] and each["state"] != "taken_back"]
    if not earlier:
        return True
    last = max(each["round"] for each in earlier)
    found = [each["difference"] for each in earlier if each["round"] == last and _what(each) == _what(line)]
    return found == [line["difference"]]


def _what(line: Line) -> tuple[Any, ...]:
    return line["sku"], line["lot"], line["serial"], line["container"]


def lies_of(line: Line, place: str) -> Lying:
    """The goods that a line of a paper speaks of."""
    return Lying(place, line["sku"], line["lot"] or "", line["serial"] or "")
