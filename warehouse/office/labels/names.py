"""Names for labels, which are read by everybody: in English, and in Chinese beside it."""

from __future__ import annotations

from warehouse.web.language import CHINESE, say_in
from warehouse.work.reasons import REASONS

__all__ = ["REASONS", "both"]


def both(text: str) -> str:
    """A sentence in both languages; once where they are the same."""
    said = say_in(CHINESE, text, {})
    return text if said == text else f"{text} {said}"
