"""Names for labels, which are read by everybody: in English, and in Chinese beside it."""

from __future__ import annotations

from functools import lru_cache

from babel.support import NullTranslations, Translations

from warehouse.paths import TRANSLATIONS
from warehouse.web.pages import REASONS

__all__ = ["REASONS", "both"]

CHINESE = "zh_Hans_CN"


@lru_cache(maxsize=1)
def _chinese() -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [CHINESE])


def both(text: str) -> str:
    """A sentence in both languages; once where they are the same."""
    said = str(_chinese().ugettext(text))
    return text if said == text else f"{text} {said}"
