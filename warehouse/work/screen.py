"""What a floor page shows, whatever it is shown as: the view behind HTML, fragment and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from warehouse.errors import Notice, Phrase


@dataclass(frozen=True, slots=True)
class Ref:
    """A thing that a screen names, and the text that scans as it.

    Attributes:
        name, name_zh: what people call it, in English and in Chinese.
        proposed: our own suggestion, not yet a fact.
    """

    id: int
    code: str
    barcode: str
    name: str = ""
    proposed: bool = False
    name_zh: str = ""

    @property
    def names(self) -> str:
        """Its names in every language, for a sentence that any of them may be read in."""
        return f"{self.name} {self.name_zh}".strip()

    def as_json(self) -> dict[str, Any]:
        """The thing as programs read it."""
        shown: dict[str, Any] = {"code": self.code, "barcode": self.barcode}
        if self.name:
            shown["name"] = self.name
        if self.name_zh:
            shown["name_zh"] = self.name_zh
        if self.proposed:
            shown["proposed"] = True
        return shown


@dataclass(frozen=True, slots=True)
class Quantity:
    """How many are wanted and done, in the item's smallest unit. On a blind screen `wanted` is None."""

    wanted: int | None
    done: int
    unit: str = "each"

    def as_json(self) -> dict[str, Any]:
        """The quantity as programs read it."""
        return {"wanted": self.wanted, "done": self.done, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Title:
    """A screen's title: a sentence to translate and its parameters."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)


QUESTION = ("XXBACK", "XXUNDO", "XXHELP")
"""The commands where a question is laid over the work: XXBACK drops it, XXUNDO takes back what raised it."""


def offered(*first: str, undo: bool, then: Sequence[str] = ()) -> tuple[str, ...]:
    """The commands of an open screen, as they are used: the room's own around the undo, then those of every screen."""
    return (*first, *(("XXUNDO",) if undo else ()), *then, "XXBACK", "XXHELP")


def reason_refs(reasons: Sequence[str]) -> tuple[Ref, ...]:
    """Reasons as a screen names them; it proposes the first one."""
    return tuple(Ref(0, reason, f"XR{reason}") for reason in reasons)


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of a piece of work.

    Attributes:
        expects: the kinds of code that make progress, in order of preference; `target` names what to scan.
        note: what the customer wishes. handover: what the person before has left to say about this work.
        actions: the commands that make sense here now, in the order in which they are used.
        choices: where one of several reasons is asked for, all of them.
        question: what is asked beside the room's own step, as a sentence.
        hint: which way it is from where the person stands to the place that is asked for, where that is known.
    """

    room: str
    work_id: int
    step: str
    title: Title
    expects: tuple[str, ...]
    target: Mapping[str, Ref | None] = field(default_factory=dict)
    quantity: Quantity | None = None
    progress: tuple[int, int] = (0, 0)
    note: str = ""
    handover: str = ""
    done: bool = False
    actions: tuple[str, ...] = ()
    choices: tuple[Ref, ...] = ()
    hint: Phrase | None = None
    question: str = ""

    @property
    def href(self) -> str:
        """Where this piece of work lives."""
        return f"/{self.room}/{self.work_id}"

    def as_json(self, title: str, hint: str = "") -> dict[str, Any]:
        """The screen as programs read it (docs: the contract's screens). Title and hint are in the reader's language."""
        target: dict[str, Any] = dict.fromkeys(("location", "item", "lot", "quantity", "container"))
        target |= {kind: ref.as_json() if ref else None for kind, ref in self.target.items()}
        target["quantity"] = self.quantity.as_json() if self.quantity else None
        shown = {
            "room": self.room, "title": title, "href": self.href, "step": self.step, "expects": list(self.expects),
            "target": target, "progress": {"done": self.progress[0], "total": self.progress[1]},
            "scan": {"href": f"{self.href}/scan", "fields": {"step": self.step}}, "done": self.done,
            "actions": list(self.actions),
        }  # fmt: skip
        if self.note:
            shown["note"] = self.note
        if self.handover:
            shown["handover"] = self.handover
        if hint:
            shown["hint"] = hint
        if self.choices:
            shown["choices"] = [choice.as_json() for choice in self.choices]
        return shown


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with: status, the screen as it is now, one notice, and whether it is a repeat.

    `because` tells why there is no work, where something waits all the same.
    """

    status: int
    screen: Screen | None
    notice: Notice | None = None
    replayed: bool = False
    because: Notice | None = None
