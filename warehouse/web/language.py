"""Into which language sentences are put: the reader's. English is in the code, the others are in translations/.

The signed-in person's own choice counts first, then the one made on this device, then what the browser asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import g, request
from jinja2 import Environment
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from warehouse.errors import PLURALS, Phrase
from warehouse.paths import TRANSLATIONS

ENGLISH, CHINESE = "en", "zh_Hans_CN"
LANGUAGES = frozenset({ENGLISH, CHINESE})
COOKIE = "language"

_OFFERED = ["en", "zh", "zh-CN", "zh-Hans", "zh-Hans-CN"]
_BETWEEN = {ENGLISH: ", ", CHINESE: "、"}


def language() -> str:
    """The language of the present request; `g.language` is the signed-in person's own choice (web/identity.py).

    A page asks a dozen times: what the request itself says is read once.
    """
    chosen: str = g.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    if "spoken" not in g:
        g.spoken = _spoken()
    return str(g.spoken)


def _spoken() -> str:
    """The language that the request itself asks for: the device's, else the browser's."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else _asked_for(request.headers.get("Accept-Language", ""))


def say(text: str, params: Mapping[str, Any]) -> str:
    """A sentence in the reader's language, with its parameters."""
    return say_in(language(), text, params)


def word(text: str) -> str:
    """A word of ours in the reader's language; what is not ours stays as it is, and a page still has to escape it."""
    return str(texts(language()).ugettext(text)) if text else ""


def say_in(name: str, text: str, params: Mapping[str, Any]) -> str:
    """A sentence in a language.

    Of its parameters a Phrase is put into that language too; of a list each, with that language's commas between
    them. Everything else is the users' own, and stays as it is.
    """
    plural = PLURALS.get(text)
    if plural is not None:
        said = texts(name).ungettext(plural.one, text, params[plural.counted])
    else:
        said = texts(name).ugettext(text) if text else ""
    return str(said % {key: _word(name, value) for key, value in params.items()} if params else said)


def is_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return language() == CHINESE


def html_language() -> str:
    """The language as HTML names it."""
    return "zh-Hans" if is_chinese() else "en"


def speak(environment: Environment) -> None:
    """Lets templates translate: _("…"), gettext and ngettext, from the same catalogues as everything else."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: texts(language()).ugettext(text),
        lambda one, many, n: texts(language()).ungettext(one, many, n),
        newstyle=True,
    )


@lru_cache(maxsize=8)
def texts(name: str) -> NullTranslations:
    """A language's texts, read once in a process, from what translators write: nothing is compiled and kept."""
    path = TRANSLATIONS / name / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    return Translations(compiled)


def _word(name: str, value: Any) -> Any:
    if isinstance(value, Phrase):
        return say_in(name, value.text, value.params)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _BETWEEN[name].join(str(_word(name, each)) for each in value)
    return value


@lru_cache(maxsize=256)
def _asked_for(header: str) -> str:
    best = parse_accept_header(header, LanguageAccept).best_match(_OFFERED, ENGLISH) or ENGLISH
    return CHINESE if best.startswith("zh") else ENGLISH
