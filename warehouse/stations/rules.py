"""What holds at a desk, what is refused there, and how it is said. No session, no clock."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from warehouse.clock import MINUTE, SECOND
from warehouse.errors import N_, Phrase, Refusal, notice
from warehouse.people.rules import digest

MANAGERS = frozenset({"supervisor", "admin"})
AGENT = frozenset({"station"})

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
CODE_LENGTH = 10  # 49 bits; it is good for CODE_FOR and for one agent
CODE_FOR = 30 * MINUTE

AGENT_SILENT = 25 * SECOND  # the agent says every 10 s that it is there
SCANNERS_MAX = 16
CODE_SHOWN_MAX = 60

PASSED = notice("ok", "passed_to_page", N_("Done on the page of this desk."))
OPENED = notice("ok", "station_opened", N_("You work at %(station)s now. Its scanners scan for you."))
LEFT_DESK = notice("ok", "station_left", N_("You have left the desk."))
CODE_MADE = notice(
    "ok", "station_code_made",
    N_("The code for %(station)s. It works once, within %(minutes)s minutes."),
)  # fmt: skip
AGENT_REVOKED = notice(
    "ok", "station_revoked", N_("The agent at %(station)s is sent away: its token is worth nothing now.")
)
NO_AGENT = notice("warn", "station_no_agent", N_("No agent was enrolled at %(station)s. Nothing has changed."))
ROOM_SET = notice("ok", "station_room_set", N_("%(station)s works in %(room)s from now on."))


class NoDesk(Refusal):
    """The account is not bound to a desk."""

    code = "no_desk"
    text = N_(
        "This account belongs to no desk. Enrol the agent with a code of its desk, or name --station for its token."
    )


class NoPageOpen(Refusal):
    """Nobody has a page open at the desk of the scanner."""

    code = "no_page_open"
    text = N_(
        "Nobody works at %(station)s now: %(read)s was not booked. Sign in on its screen, open a room, scan again."
    )


class ScannedBehind(Refusal):
    """The scan was made before the refusal of another one was heard."""

    code = "scanned_behind"
    text = N_(
        "%(read)s was scanned before the refusal was heard, and was not booked. Look at the screen, then scan again."
    )


class ScannedForAnother(Refusal):
    """The scan was made while somebody else worked at the desk."""

    code = "scanned_for_another"
    text = N_(
        "%(read)s was scanned before you came to this desk, and was not booked. Is it still to be done? Scan it again."
    )


class ScannedElsewhere(Refusal):
    """The scan was made at another desk, and waited in its computer's spool."""

    code = "scanned_elsewhere"
    text = N_("%(read)s was scanned at %(station)s, and was not booked here. Is it still to be done? Scan it there.")


class ScannedBeforePage(Refusal):
    """The scan was made before something that was done on the page, and came later."""

    code = "scanned_before_page"
    text = N_(
        "%(read)s was scanned %(seconds)s s ago, before what was done on the page since, and was not booked. Is it still to be "
        "done? Scan it again."
    )


class PageIsLeaving(Refusal):
    """The page was told to go elsewhere and has not gone yet."""

    code = "page_is_leaving"
    text = N_("%(read)s was not booked: the page still has to do %(passed)s. Look at it, then scan again.")


class NothingBegun(Refusal):
    """A command or value where no work is open."""

    code = "nothing_begun"
    text = N_("%(read)s belongs to work, and none is begun at this desk. Scan OK, or what you want to begin with.")


class NotYourRoom(Refusal):
    """The desk works a room that this account may not work in."""

    code = "not_your_room"
    text = N_("%(station)s works in %(room)s, which needs the role %(roles)s. Choose another desk.")


class NotRead(Refusal):
    """What came from the scanner is no scan."""

    code = "not_read"
    text = N_("The scanner sent what cannot be read (%(fault)s). Scan again; if it comes again: %(hint)s")


class StationTaken(Refusal):
    """Somebody else works at this desk (R-STN-2)."""

    code = "station_taken"
    text = N_(
        "%(name)s works at %(station)s now. It is free once their page is closed; a supervisor may take it at once."
    )


class NoStation(Refusal):
    """No dock and no packing place of that code."""

    code = "no_station"
    text = N_("There is no dock or packing place %(read)s in this warehouse. Choose one of the list.")


class WrongCode(Refusal):
    """The code enrols nobody."""

    code = "wrong_station_code"
    text = N_("This code is not known, was used or is too old. Have a new one made on the page Desks.")
    status = 401


class FeedsFull(Refusal):
    """As many live feeds are open as the server holds."""

    code = "feeds_full"
    text = N_("All live feeds are taken. The page asks every few seconds instead.")
    status = 503


_FAULTS = {
    "check_digit": N_("its check digit is wrong"), "length": N_("a part of it is too long or too short"),
    "charset": N_("it holds characters that do not belong there"), "date": N_("it holds a date that does not exist"),
    "unknown_ai": N_("it holds an element that GS1 does not know"), "too_long": N_("it is longer than any barcode"),
    "no_ending": N_("it came without its ending"),
    "requires": N_("an element is missing that must be beside another"), "empty": N_("an element of it is empty"),
    "excludes": N_("it holds elements that shut each other out"), "repeated": N_("it says one thing twice, differently"),
}  # fmt: skip
_ANY_FAULT = N_("it is garbled")
_HINT_OF_FAULT = {
    "no_ending": N_(
        "the scanner ends its scans otherwise than the agent's profile says; set its suffix to Enter (CR)."
    ),
}
_HINTS = {
    "baud": N_("the scanner's speed is another than the agent's; set both alike."),
    "7E1": N_("the scanner sends seven bits with parity; set it to 8N1."),
    "gb18030": N_("the scanner's character set is another; give the agent's profile encoding=gb18030."),
    "caps_lock": N_("Caps Lock is on at the scanner's keyboard emulation; switch it off."),
    "keyboard_layout": N_("the scanner's keyboard layout is another than the computer's; set both alike."),
}
_ANY_HINT = N_("clean the code and the window, then check how the scanner is set up.")


def not_read(error: str, hint: str) -> NotRead:
    """The refusal of what was no scan, with what is wrong in it and the most probable cause."""
    return NotRead(
        fault=Phrase(_FAULTS.get(error, _ANY_FAULT)),
        hint=Phrase(_HINTS.get(hint) or _HINT_OF_FAULT.get(error, _ANY_HINT)),
    )


def shown(code: str) -> str:
    """A scanned text as a sentence shows it: cut, and without what cannot be printed."""
    text = "".join(each if each.isprintable() else "·" for each in code)
    return text if len(text) <= CODE_SHOWN_MAX else text[: CODE_SHOWN_MAX - 1] + "…"


def made_code() -> str:
    """A code that enrols one agent."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def code_hash(code: str) -> str:
    """Such a code as kept; blanks, dashes and small letters do not matter."""
    return digest("".join(each for each in code.upper() if each.isalnum()), "station-code")


@dataclass(frozen=True, slots=True)
class Sent:
    """What an agent sent: a scan, or what was none (`error`).

    Attributes:
        station: the desk at which it was made, where the agent knows it.
        behind: the scan was made before the refusal of an earlier one was heard.
        age: how long ago it was made by the agent's own clock, microseconds.
    """

    key: str
    code: str
    station: str = ""
    behind: bool = False
    error: str = ""
    hint: str = ""
    age: int = 0


def scanners_of(sent: Any) -> list[dict[str, Any]]:
    """The agent's scanners as it reports them, cut to what is kept; anything else is dropped."""
    found = sent if isinstance(sent, list) else []
    return [
        {"port": shown(str(each.get("port", ""))), "open": bool(each.get("open")), "busy": bool(each.get("busy"))}
        for each in found[:SCANNERS_MAX]
        if isinstance(each, Mapping)
    ]
