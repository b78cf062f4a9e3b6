"""What holds for people, badges and PINs. No session, no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import pairwise

from warehouse.clock import HOUR, MINUTE
from warehouse.errors import N_, N_n, Phrase, Refusal
from warehouse.who import PERSON_ROLES

ROLE_NAMES = {
    "picker": N_("picker"), "receiver": N_("receiver"), "inspector": N_("inspector"), "packer": N_("packer"),
    "counter": N_("counter"), "driver": N_("driver"), "supervisor": N_("warehouse supervisor"),
    "operations": N_("operations"), "purchasing": N_("purchasing"), "customer_service": N_("customer service"),
    "finance": N_("finance"), "admin": N_("administrator"), "station": N_("station"),
}  # fmt: skip


def named(roles: Iterable[str]) -> tuple[Phrase, ...]:
    """Roles as a sentence names them."""
    return tuple(Phrase(ROLE_NAMES[role]) for role in sorted(roles))


NAME_MAX = 100
PIN_DIGITS = 6
PIN_MAX = 64
BADGE_BITS = 128

IDLE = 15 * MINUTE  # R-STN-2
SHIFT = 16 * HOUR  # nobody is signed in for longer
SEEN_EVERY = MINUTE  # how exactly it is kept when somebody was last seen

# A guess counts against the device that it came from, never against the badge alone: nobody can lock out another.
WRONG_PINS, WRONG_PINS_WITHIN = 5, 15 * MINUTE
# All unknown devices together, for one badge: a PIN of six digits is not found out by many devices taking turns.
STRANGE_PINS, STRANGE_PINS_WITHIN = 20, HOUR
UNKNOWN_BADGES, UNKNOWN_BADGES_WITHIN = 30, 5 * MINUTE


class WrongBadge(Refusal):
    """The badge is nobody's, or of somebody who no longer works here."""

    code = "wrong_badge"
    text = N_("This badge is not known here. Scan your own badge, or have a new one printed.")


class WrongSignIn(Refusal):
    """The PIN does not belong to the badge."""

    code = "wrong_pin_sign_in"
    text = N_n(
        "This PIN does not belong to the badge. One more try, then this device waits %(minutes)s minutes.",
        "This PIN does not belong to the badge. %(left)s more tries, then this device waits %(minutes)s minutes.",
        "left",
    )


class LockedOut(Refusal):
    """Too many wrong tries came from this device."""

    code = "locked_out"
    text = N_(
        "Too many wrong tries on this device. Wait %(minutes)s minutes, or sign in on a device that you have used."
    )
    status = 429


class NameTaken(Refusal):
    """Another account has this name."""

    code = "name_taken"
    text = N_("An account named %(name)s exists already. Choose another name.")


class BadName(Refusal):
    """What was given is no name."""

    code = "bad_name"
    text = N_("A name has 1 to %(most)s printable characters; %(length)s came. Type it again.")


class BadRoles(Refusal):
    """No role, or one that does not exist."""

    code = "bad_roles"
    text = N_("Choose at least one role of the list; %(read)s is none.")


class PinTooShort(Refusal):
    """A PIN that is guessed too easily."""

    code = "pin_too_short"
    text = N_("A PIN has at least %(least)s digits, not all the same and not in a row. Choose another one.")


class OwnAccount(Refusal):
    """Somebody decided about their own account."""

    code = "own_account"
    text = N_("Nobody changes their own roles or gives themselves a badge. Ask another administrator.")


class LastAdmin(Refusal):
    """Without this person nobody could administer."""

    code = "last_admin"
    text = N_("This is the last active administrator. Make another person administrator first.")


def digest(text: str, purpose: str) -> str:
    """A secret of 128 or more random bits as kept: that many bits need no slow hash."""
    return hashlib.sha256(f"{purpose}\x1f{text}".encode()).hexdigest()


def badge_hash(text: str) -> str:
    """A badge's text as kept."""
    return digest(text, "badge")


def token_hash(text: str) -> str:
    """A token as kept: a program's, or that of a person's session."""
    return digest(text, "token")


def check_pin(pin: str) -> str:
    """The PIN, if it is a fit one.

    Raises:
        PinTooShort: fewer than six digits, all the same, or counting up or down.
    """
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    digits = pin.isascii() and pin.isdigit()
    if not digits or not PIN_DIGITS <= len(pin) <= PIN_MAX or steps in ({0}, {1}, {-1}):
        raise PinTooShort(least=PIN_DIGITS)
    return pin


def check_name(name: str) -> str:
    """The name, if a person can read it and a log line can hold it.

    Raises:
        BadName: it is empty, too long or holds what cannot be printed.
    """
    name = name.strip()
    if not name or not name.isprintable() or len(name) > NAME_MAX:
        raise BadName(most=NAME_MAX, length=len(name))
    return name


def check_roles(roles: tuple[str, ...], *, of: tuple[str, ...] = PERSON_ROLES) -> tuple[str, ...]:
    """The roles, each once.

    Raises:
        BadRoles: there is none, or one that does not exist.
    """
    strange = [role for role in roles if role not in of]
    if strange or not roles:
        raise BadRoles(read=", ".join(strange) or "–")
    return tuple(sorted(set(roles)))
