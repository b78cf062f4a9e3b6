"""What became of a try to deliver."""

from __future__ import annotations

from dataclasses import dataclass

SAID_MAX = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """Accepted, or why not.

    Attributes:
        error: empty where it was accepted, else a code of rules.ERRORS.
        said: what the other side said, or where it stopped; shown to people as it is.
        for_good: trying again would be no use.
        everybody: the server could not be talked to at all: all who wait for it have had this try.
    """

    error: str = ""
    said: str = ""
    for_good: bool = False
    everybody: bool = False


ACCEPTED = Outcome()


def failed(error: str, said: object = "", *, for_good: bool = False, everybody: bool = False) -> Outcome:
    """A try that came to nothing; what was said is cut to what a page can show."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    shown = "".join(each if each.isprintable() else " " for each in text)
    return Outcome(error, " ".join(shown.split())[:SAID_MAX], for_good=for_good, everybody=everybody)
