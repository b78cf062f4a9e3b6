"""Into which language sentences are put: the reader's, from what the browser asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel.support import NullTranslations, Translations
from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from warehouse.errors import Phrase
from warehouse.paths import TRANSLATIONS

ENGLISH, CHINESE = "en", "zh_Hans_CN"
_OFFERED = ["en", "zh", "zh-CN", "zh-Hans", "zh-Hans-CN"]


def language() -> str:
    """The language of the present request."""
    return _chosen(request.headers.get("Accept-Language", ""))


def say(text: str, params: Mapping[str, Any]) -> str:
    """A sentence in the reader's language, with its parameters."""
    said = str(_texts(language()).ugettext(text))
    if not params:
        return said
    return said % {name: say(*value) if isinstance(value, Phrase) else value for name, value in params.items()}


@lru_cache(maxsize=256)
def _chosen(header: str) -> str:
    best = parse_accept_header(header, LanguageAccept).best_match(_OFFERED, ENGLISH) or ENGLISH
    return CHINESE if best.startswith("zh") else ENGLISH


@lru_cache(maxsize=8)
def _texts(name: str) -> NullTranslations:
    """A language's texts, read once: looking them up anew costs a tenth of a scan."""
    return Translations.load(str(TRANSLATIONS), [name])


def is_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return language() == CHINESE


def html_language() -> str:
    """The language as HTML names it."""
    return "zh-Hans" if is_chinese() else "en"
