"""What the floor may be told: refusals and notices, each a code, a text with named parameters, and those parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple

Level = Literal["ok", "warn", "error"]
Params = Mapping[str, Any]

TEXTS: dict[str, str] = {}


def N_(text: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Marks a sentence for translation; only web, mail and print put it into a language."""
    return text


class Plural(NamedTuple):
    """How a sentence reads for one, and the parameter that counts."""

    one: str
    counted: str


PLURALS: dict[str, Plural] = {}
"""Sentences with a form of their own for one, by the form for many."""


def N_n(one: str, many: str, count: str = "n") -> str:  # noqa: N802 - the name that gettext tools look for
    """Marks a sentence that reads otherwise for one; it goes by its form for many, and `count` names what counts."""
    assert PLURALS.setdefault(many, Plural(one, count)) == (one, count), f"two forms for one of: {many}"
    return many


def worded(text: str, params: Params) -> str:
    """A sentence in English, with its parameters."""
    plural = PLURALS.get(text)
    chosen = plural.one if plural is not None and params[plural.counted] == 1 else text
    return chosen % {name: _word(value) for name, value in params.items()} if params else chosen


def _word(value: Any) -> Any:
    return ", ".join(str(each) for each in value) if _is_list(value) else value


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and not isinstance(value, Phrase)


def _register(code: str, text: str) -> None:
    assert TEXTS.setdefault(code, text) == text, f"notice {code} has two texts"


class Phrase(NamedTuple):
    """A parameter that is itself put into the reader's language (web/language.py: say): a text and its parameters."""

    text: str
    params: Params = MappingProxyType({})

    def __str__(self) -> str:
        return worded(self.text, self.params)


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence to a person: its level, its code (docs/refusals.md) and the parameters of its text."""

    level: Level
    code: str
    params: Params = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The untranslated sentence."""
        return TEXTS[self.code]


def notice(level: Level, code: str, text: str) -> Callable[..., Notice]:
    """Registers a notice; the returned function fills in its parameters."""
    _register(code, text)

    def make(**params: Any) -> Notice:
        return Notice(level, code, params)

    return make


class Refusal(Exception):  # noqa: N818 - named by what is wrong
    """What the floor may do but may not do now: nothing changed. `code` and `text` belong to the class.

    `room`: where the way on is, if it is in one room whatever was asked for.
    """

    code: ClassVar[str] = ""
    text: ClassVar[str] = ""
    room: ClassVar[str] = ""
    status: int = 422

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.code:
            _register(cls.code, cls.text)

    def __init__(self, **params: Any) -> None:
        super().__init__(self.code)
        self.params = params
        # What must be kept although nothing changes (a wrong PIN is counted): run in a change of its own.
        self.remember: Callable[[Any], None] | None = None

    def __str__(self) -> str:
        return worded(self.text, self.params)

    @property
    def notice(self) -> Notice:
        """The refusal as it is shown."""
        return Notice("error", self.code, self.params)


class Forbidden(Refusal):
    """This account may not do this."""

    code = "forbidden"
    text = N_("%(what)s needs the role %(roles)s.")
    status = 403


class NotSignedIn(Refusal):
    """Neither a session nor a valid token came with the request."""

    code = "not_signed_in"
    text = N_("Sign in first: scan your badge. Programs send Authorization: Bearer TOKEN.")
    status = 401


class SignedOut(NotSignedIn):
    """The session was ended because nothing was done for a while, or the shift is over."""

    code = "signed_out"
    text = N_("You were signed out after %(minutes)s minutes without a scan. Your work is kept: sign in and go on.")


class NotFound(Refusal):
    """What was asked for does not exist for this account."""

    code = "not_found"
    text = N_("%(what)s does not exist here.")
    status = 404


class Busy(Exception):  # noqa: N818
    """The database could not take the change now, after all tries; the caller may send the same again."""


class DiskFull(Busy):
    """The database's disk is full, or does not take what is written: nothing changes until there is room again."""


class Unreachable(Busy):
    """The database is not there: it restarts, or takes no more connections."""
