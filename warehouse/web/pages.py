"""What a person sees of a screen: cards in their order, one of them in the focus, the band, and the buttons.

Every room has the same skeleton: where, what, into what; below it the one thing to do now, in two words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from warehouse.errors import N_, Notice
from warehouse.ledger.told import PLACES
from warehouse.web.language import is_chinese, say
from warehouse.work.reasons import REASONS
from warehouse.work.rooms import ROOM_NAMES
from warehouse.work.screen import Ref, Screen

COMMANDS = {
    "XXUNDO": N_("Undo"), "XXSHORT": N_("Short"), "XXDAMAGE": N_("Damaged"), "XXSKIP": N_("Skip"), "XXDONE": N_("Done"),
    "XXFULL": N_("Full"), "XXBACK": N_("Leave"), "XXHELP": N_("Help"), "XXOK": N_("OK"), "XXMENU": N_("Menu"),
    "XXLOCK": N_("Sign out"),
}  # fmt: skip

BUTTONS_MAX = 3

_BAND = {
    "location": N_("Scan the bin"), "item": N_("Scan the item"), "lot": N_("Scan the lot"),
    "serial": N_("Scan the serial"), "expiry": N_("Scan the expiry"), "quantity": N_("Scan the rest, or confirm"),
    "container": N_("Scan the tote"), "document": N_("Scan the paper"), "packaging": N_("Scan the carton"),
    "weight": N_("Put it on the scale"), "reason": N_("Choose the reason"), "badge": N_("Scan the badge"),
    "text": N_("Type the PIN"), "printer": N_("Scan the printer"), "confirm": N_("Scan OK to confirm"),
}  # fmt: skip
_BAND_OF_ROOM = {
    ("packing", "container"): N_("Scan tote or parcel"), ("packing", "location"): N_("Scan the station"),
    ("shipping", "container"): N_("Scan the parcel"), ("receiving", "location"): N_("Scan the dock"),
    ("receiving", "quantity"): N_("Scan goods, or confirm"), ("putaway", "container"): N_("Scan the container"),
    ("shipping", "location"): N_("Scan the lane"), ("counting", "item"): N_("Scan goods; OK when done"),
    ("counting", "quantity"): N_("Scan or type more; OK when done"), ("clearing", "confirm"): N_("Put it there, then scan OK"),
}  # fmt: skip
_PLACE = {
    "receiving": N_("At the dock"), "putaway": N_("Take from"), "replenishing": N_("Go to"), "picking": N_("Go to"),
    "packing": N_("Station"), "shipping": N_("Lane"), "counting": N_("Count"), "clearing": N_("Go to"),
}  # fmt: skip
_HOLDER = {
    "picking": N_("Into tote"), "packing": N_("Container"), "shipping": N_("Parcel"), "putaway": N_("Container"),
    "receiving": N_("Container"), "replenishing": N_("Container"), "counting": N_("Container"),
    "clearing": N_("Container"),
}  # fmt: skip
_GOODS = frozenset({"item", "lot", "serial", "expiry", "quantity", "weight", "packaging"})
_UNITS = {"each": N_("pcs")}


@dataclass(frozen=True, slots=True)
class Card:
    """One white card. `focus`: it holds what is scanned next and wears the blue frame.

    Attributes:
        kind: place, goods, holder or paper; the card's look.
        code: the big text that is compared by eye; `name` the quieter one beside it.
        facts: lot, serial, expiry, each with its label.
    """

    kind: str
    focus: bool
    label: str = ""
    code: str = ""
    name: str = ""
    hint: str = ""
    count: str = ""
    unit: str = ""
    done: str = ""
    facts: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """A button that sends a code, the same as its barcode would."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Page:
    """A screen, ready for the template."""

    screen: Screen
    room: str
    title: str
    notice: Mapping[str, str] | None
    cards: tuple[Card, ...]
    band: str
    buttons: tuple[Button, ...]
    more: tuple[Button, ...]
    choices: tuple[Button, ...]
    note: str

    @property
    def expects(self) -> str:
        """The kind of code that is wanted next."""
        return self.screen.expects[0] if self.screen.expects else ""


def screen_page(screen: Screen, notice: Notice | None) -> Page:
    """A screen as a person sees it, in the reader's language."""
    buttons = (*_quantity_buttons(screen), *(_button(code) for code in screen.actions))
    said = {"level": notice.level, "code": notice.code, "text": say(notice.text, notice.params)} if notice else None
    return Page(
        screen=screen, room=say(ROOM_NAMES.get(screen.room, screen.room), {}),
        title=_title(screen), notice=said, cards=() if screen.done else _cards(screen),
        band=_band(screen), buttons=buttons[:BUTTONS_MAX], more=buttons[BUTTONS_MAX:],
        choices=tuple(Button(each.barcode, _reason(each)) for each in screen.choices), note=screen.note,
    )  # fmt: skip


def room_name(room: str) -> str:
    """A room's name in the reader's language."""
    return say(ROOM_NAMES.get(room, room), {})


def item_name(ref: Ref) -> str:
    """An item's name in the reader's language, where it has one."""
    return ref.name_zh if ref.name_zh and is_chinese() else ref.name


def _band(screen: Screen) -> str:
    if screen.done:
        return say(N_("Scan OK for the next"), {})
    if screen.question:
        return say(screen.question, {})
    kind = screen.expects[0] if screen.expects else "confirm"
    return say(_BAND_OF_ROOM.get((screen.room, kind)) or _BAND[kind], {})


def _button(code: str) -> Button:
    return Button(code, say(COMMANDS.get(code, code), {}))


def _quantity_buttons(screen: Screen) -> tuple[Button, ...]:
    """All that is wanted at one press; the same code is on the sheet of command codes."""
    quantity = screen.quantity
    if screen.done or "quantity" not in screen.expects or quantity is None or quantity.wanted is None:
        return ()
    rest = quantity.wanted - quantity.done
    return (Button(f"XQ{rest}", say(N_("All %(quantity)s"), {"quantity": rest})),) if rest > 0 else ()


def _reason(ref: Ref) -> str:
    return say(REASONS.get(ref.code, ref.code), {})


def _cards(screen: Screen) -> tuple[Card, ...]:
    kind = screen.expects[0] if screen.expects else ""
    cards = [
        _paper(screen, focus=kind == "document"), _place(screen, focus=kind == "location"),
        _goods(screen, focus=kind in _GOODS), _holder(screen, focus=kind == "container"),
    ]  # fmt: skip
    return tuple(card for card in cards if card is not None)


def _paper(screen: Screen, *, focus: bool) -> Card | None:
    ref = screen.target.get("document")
    return Card("paper", focus, label=say(N_("Paper"), {}), code=ref.code, name=ref.name) if ref and focus else None


def _place(screen: Screen, *, focus: bool) -> Card | None:
    ref = screen.target.get("location")
    if ref is None:
        return None
    hint = say(*screen.hint) if screen.hint else ""
    code = say(PLACES[ref.code], {}) if ref.code in PLACES else ref.code
    return Card("place", focus, label=say(_place_label(screen), {}), code=code, name=ref.name, hint=hint)


def _place_label(screen: Screen) -> str:
    """Goods that are carried are put somewhere once some of them are in hand; until then they are fetched."""
    in_hand = _is_carried(screen) and screen.quantity is not None and screen.quantity.done > 0
    return N_("Put into") if in_hand else _PLACE[screen.room]


def _is_carried(screen: Screen) -> bool:
    return screen.room in {"putaway", "replenishing", "clearing"}


def _title(screen: Screen) -> str:
    """What the work is about, as short as the bar is: its number, item or lane; the room's name stands before it."""
    return next((str(value) for value in screen.title.params.values()), "")


def _goods(screen: Screen, *, focus: bool) -> Card | None:
    ref, quantity = screen.target.get("item"), screen.quantity
    if ref is None:
        return None
    values: dict[str, Any] = {}
    if quantity is not None:
        unit = say(_UNITS.get(quantity.unit, quantity.unit), {})
        laid_down = screen.expects[:1] in {("location",), ("confirm",)} and quantity.done > 0 and _is_carried(screen)
        counted = laid_down or (screen.room == "counting" and quantity.wanted is None)
        count = str(quantity.done) if counted else _count(quantity.wanted, quantity.done)
        values = {"count": count, "unit": unit}
        if screen.room == "counting":
            values["done"] = say(N_("counted") if counted else N_("to be added"), {})
        elif quantity.wanted is not None and quantity.done and not laid_down:
            done = {"done": quantity.done, "wanted": quantity.wanted}
            values["done"] = say(N_("%(done)s of %(wanted)s done"), done)
    return Card("goods", focus, code=ref.code, name=item_name(ref), facts=_facts(screen), **values)


def _count(wanted: int | None, done: int) -> str:
    return "" if wanted is None else str(max(0, wanted - done))


def _facts(screen: Screen) -> tuple[tuple[str, str, bool], ...]:
    """Lot, serial and expiry; the third says whether it is only our proposal."""
    labels = (("lot", N_("Lot")), ("serial", N_("Serial")), ("expiry", N_("Expiry")))
    refs = [(label, screen.target.get(kind)) for kind, label in labels]
    return tuple((say(label, {}), ref.code, ref.proposed) for label, ref in refs if ref is not None)


def _holder(screen: Screen, *, focus: bool) -> Card | None:
    ref = screen.target.get("container")
    if ref is None or screen.question:
        return None
    return Card("holder", focus, label=say(_HOLDER[screen.room], {}), code=ref.code, name=ref.name)
