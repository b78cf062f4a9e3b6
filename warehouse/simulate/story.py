"""The story of a shift: who did what and what was said, in an order and in words that follow from the seed alone."""

from __future__ import annotations

import hashlib
import re
import threading

_FIXED = re.compile(r"XX[A-Z]+|XQ[0-9]+|XR.+")
MADE_UP = "(made up)"


class Story:
    """One line an act, and a digest over all lines.

    What the server makes up (codes of totes and parcels, lots of receipts) and what is made of today's date has no name
    here: the same story is told whatever day it is, whichever process numbered a tote, whichever database holds it.
    """

    def __init__(self, known: dict[str, str]) -> None:
        """`known`: texts that scan as a thing, and the thing's own lasting name."""
        self._known = known
        self._digest, self._lock = hashlib.blake2b(digest_size=12), threading.Lock()
        self.lines: list[str] = []

    def tell(self, who: str, did: str, room: str, text: str, heard: str) -> None:
        """One act."""
        named = text if not text or _FIXED.fullmatch(text) else self._known.get(text, MADE_UP)
        line = " ".join(part for part in (who, did, room, named, "->", heard) if part)
        with self._lock:
            self._digest.update(line.encode() + b"\n")
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """The same for the same story."""
        return self._digest.hexdigest()
