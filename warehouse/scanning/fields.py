"""What a person typed into a form: each field read with the check of its kind, and refused in a sentence that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.clock import parse_day
from warehouse.errors import N_, Phrase, Refusal
from warehouse.scanning.texts import (
    DAY_MAX,
    DAY_MIN,
    NAME_MAX,
    QUANTITY_MAX,
    Bad,
    Context,
    classes,
    line_of,
    scannable,
    whole,
)

_NOWHERE = Context("UTC")
SHOWN_MAX = 60


class Missing(Refusal):
    """A field that must be filled in is empty."""

    code = "field_missing"
    text = N_("%(field)s must be filled in.")


class TooLong(Refusal):
    """A text longer than the field takes, or with what no line can hold."""

    code = "field_too_long"
    text = N_("%(field)s takes one line of at most %(most)s characters.")


class NoNumber(Refusal):
    """Not a whole number, or one out of its range."""

    code = "field_no_number"
    text = N_("%(field)s takes a whole number from %(low)s to %(high)s; %(read)s came.")


class NoChoice(Refusal):
    """None of the words that the field takes."""

    code = "field_no_choice"
    text = N_("%(field)s takes one of %(choices)s; %(read)s came.")


class NoDay(Refusal):
    """Not a day of the calendar, or one far off."""

    code = "field_no_day"
    text = N_("%(field)s takes a day such as 2027-12-31; %(read)s came.")


class Unscannable(Refusal):
    """A text that no scan could bring back: a command, a value, or the form of our own codes of another kind."""

    code = "field_unscannable"
    text = N_("%(read)s cannot be a code: a scan would take it for something else. Choose another text.")


class Fields:
    """The fields that came, by name; `names` says what each is called, as a sentence to translate."""

    def __init__(self, sent: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._sent, self._names = sent, names

    def __contains__(self, name: str) -> bool:
        return name in self._sent

    def text(self, name: str, *, most: int = NAME_MAX, required: bool = False) -> str:
        """A text on one line.

        Raises:
            Missing, TooLong: it is empty, too long or cannot be printed.
        """
        text = self._raw(name, required=required)
        try:
            text = str(line_of(most)(text, _NOWHERE))
        except Bad as bad:
            raise TooLong(field=self._name(name), most=most) from bad
        if not text.isprintable():
            raise TooLong(field=self._name(name), most=most)
        return text

    def code(self, name: str, *, made: str = "", required: bool = False) -> str:
        """A text that scans; of our own fixed forms only the one of kind `made`.

        Raises:
            Missing, Unscannable: it is empty, or a scan could not bring it back.
        """
        text = self._raw(name, required=required)
        if not text:
            return ""
        try:
            return str(scannable(made)(text, _NOWHERE))
        except Bad as bad:
            raise Unscannable(read=text[:SHOWN_MAX]) from bad

    def number(self, name: str, low: int, high: int = QUANTITY_MAX, *, required: bool = False) -> int | None:
        """A whole number, or None where the field is empty.

        Raises:
            Missing, NoNumber: it is empty, no number, or out of its range.
        """
        text = self._raw(name, required=required)
        if not text:
            return None
        try:
            return int(whole(low, high)(text, _NOWHERE))
        except Bad as bad:
            raise NoNumber(field=self._name(name), low=low, high=high, read=text[:SHOWN_MAX]) from bad

    def day(self, name: str, *, required: bool = False) -> int | None:
        """A day of the calendar, or None where the field is empty.

        Raises:
            Missing, NoDay: it is empty, no day, or before 1990 or after 2500.
        """
        text = self._raw(name, required=required)
        if not text:
            return None
        try:
            day = parse_day(text)
        except ValueError:
            day = 0
        if not DAY_MIN <= day <= DAY_MAX:
            raise NoDay(field=self._name(name), read=text[:SHOWN_MAX])
        return day

    def choice(self, name: str, words: tuple[str, ...], default: str = "") -> str:
        """One of some words; an empty field is the default.

        Raises:
            NoChoice: another word came, or none where there is no default.
        """
        text = self._raw(name) or default
        if text not in words:
            raise NoChoice(field=self._name(name), choices=", ".join(words), read=text[:SHOWN_MAX] or "–")
        return text

    def classes(self, name: str) -> str:
        """Classes of goods, kept with commas."""
        return str(classes(self.text(name), _NOWHERE))

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self._raw(name) in {"1", "on", "yes", "true"}

    def _raw(self, name: str, *, required: bool = False) -> str:
        text = str(self._sent.get(name, "")).strip(" \t\r\n")
        if required and not text:
            raise Missing(field=self._name(name))
        return text

    def _name(self, name: str) -> Phrase:
        return Phrase(self._names.get(name, name))
