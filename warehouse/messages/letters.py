"""Letters to somebody outside who is no user here, such as a supplier's order.

Messages know the envelope alone: which message becomes such a letter, and that it goes out once. What it says is made when it
goes, by whoever knows the matter: what holds then is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from warehouse.db import Session
from warehouse.messages.rules import FILES_MAX, BadAddress, check_email


@dataclass(frozen=True, slots=True)
class Outward:
    """A letter to somebody outside: whom it goes to, what it says, in which language, and its files.

    Attributes:
        files: each with its name, its media type and its content.
    """

    to: str
    subject: str
    text: str
    language: str
    files: tuple[tuple[str, str, bytes], ...] = ()


class NoLetter(Exception):  # noqa: N818 - named by what happened
    """There is nothing to be sent, however often it is tried.

    Attributes:
        error: a code of rules.ERRORS.
        said: what its sentence names.
    """

    def __init__(self, error: str, said: str) -> None:
        super().__init__(error)
        self.error, self.said = error, said


Maker = Callable[[Session, int, str, str, int], Outward]
"""Makes the letter of a message: warehouse, topic, what the message is about, and the instant at which it goes."""

_MAKERS: dict[str, Maker] = {}


def on_letter(topics: Collection[str], maker: Maker) -> None:
    """Says who writes the letters of these topics; wiring calls it."""
    _MAKERS.update(dict.fromkeys(topics, maker))


def outward_of(session: Session, warehouse_id: int, topic: str, subject: str, now: int) -> Outward:
    """The letter of a message as it goes now.

    Raises:
        NoLetter: it has no address that can be written to, is not wanted any more, or is too large.
    """
    letter = _MAKERS[topic](session, warehouse_id, topic, subject, now)
    try:
        check_email(letter.to)
    except BadAddress as error:
        raise NoLetter("bad_address", letter.to) from error
    size = sum(len(content) for _, _, content in letter.files)
    if size > FILES_MAX:
        raise NoLetter("too_large", f"{size >> 20} MB > {FILES_MAX >> 20} MB")
    return letter
