"""Who may call what: one table of endpoints and roles, looked at by identify() on every request (R-SEC-1).

An endpoint without a rule is open to nobody, and the application does not start with one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask import Flask, g, request, url_for

from warehouse.db import Session
from warehouse.errors import Forbidden
from warehouse.people.rules import named
from warehouse.web.answers import database
from warehouse.who import By

EVERYBODY = frozenset({"*"})
"""Everybody who is signed in, and every program account."""

PUBLIC = frozenset(
    {
        "static",
        "health.alive",
        "health.ready",
        "metrics.page",
        "signin.page",
        "signin.enter",
        "signin.leave",
        "signin.speak",
        "stations.enrol",
    }
)
"""Open to those who are not signed in; /metrics only on the server's own machine, which it looks at itself."""

_rules: dict[str, frozenset[str]] = {}

Watch = Callable[[Session, By], None]
_watched: dict[str, Watch] = {}


def allow(name: str, roles: Iterable[str]) -> None:
    """Opens an endpoint, or all of a blueprint's, to people with one of these roles."""
    _rules[name] = frozenset(roles)


def watch(name: str, look: Watch) -> None:
    """Before an endpoint, or any of a blueprint's, is obeyed, `look` may refuse it: where roles alone do not tell.

    Also before it changes anything: what it refuses it answers with its page.
    """
    _watched[name] = look


def roles_for(endpoint: str) -> frozenset[str]:
    """The roles that may call an endpoint: its own rule, else that of its blueprint, else nobody."""
    return _rules.get(endpoint) or _rules.get(endpoint.partition(".")[0]) or frozenset()


def may(by: By, endpoint: str) -> bool:
    """Whether this account may call an endpoint."""
    roles = roles_for(endpoint)
    return roles == EVERYBODY or by.has(*roles)


def check(session: Session, by: By) -> By:
    """The account, if it may do what the present request asks for.

    Raises:
        Forbidden: it has none of the roles.
        Refusal: who watches the endpoint does not let it be used now.
    """
    endpoint = request.endpoint or ""
    if not may(by, endpoint):
        raise Forbidden(what=request.path, roles=named(roles_for(endpoint)))
    look = _watched.get(endpoint) or _watched.get(endpoint.partition(".")[0])
    if look is not None:
        look(session, by)
    return by


def asker_may(endpoint: str) -> bool:
    """Whether the one who asks may call an endpoint: templates show nobody what they may not do."""
    return may(g.by, endpoint)


Section = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class OfficeSection:
    """One section of the office's menu, as somebody sees it.

    Attributes:
        pages: address and name of each.
        here: the address of the one that is shown, or to which what is shown belongs; empty if it is in another section.
    """

    name: str
    pages: tuple[tuple[str, str], ...]
    here: str

    @property
    def href(self) -> str:
        """Its first page."""
        return self.pages[0][0]


_offices: tuple[Section, ...] = ()
_waiting: Mapping[str, Callable[[Session, int], str]] = {}


def set_offices(sections: tuple[Section, ...], waiting: Mapping[str, Callable[[Session, int], str]]) -> None:
    """Sets the office's menu: sections of endpoints and their names, which are sentences to translate.

    `waiting`: what counts how much waits on a page for somebody in a warehouse, in one look at an index.
    """
    global _offices, _waiting
    _offices, _waiting = sections, waiting


def offices() -> list[OfficeSection]:
    """The office's menu as the one who asks may see it."""
    seen = [
        (name, tuple((url_for(endpoint), word) for endpoint, word in pages if may(g.by, endpoint)))
        for name, pages in _offices
    ]
    here = max((href for _, pages in seen for href, _ in pages if _holds(href, request.path)), key=len, default="")
    return [OfficeSection(name, pages, here if here in dict(pages) else "") for name, pages in seen if pages]


def _holds(href: str, path: str) -> bool:
    return path == href or path.startswith(f"{href}/")


def office_waits() -> dict[str, str]:
    """How much waits on the office's pages for the one who asks, by address; nothing is left out as empty."""
    asked = [endpoint for endpoint in _waiting if may(g.by, endpoint)]

    def read(session: Session) -> dict[str, str]:
        return {url_for(endpoint): _waiting[endpoint](session, g.by.warehouse_id) for endpoint in asked}

    return database().read(read) if asked else {}


def check_rules(app: Flask) -> None:
    """Every URL has its rule; a new one without is a mistake of ours."""
    bare = {rule.endpoint for rule in app.url_map.iter_rules()} - PUBLIC
    missing = sorted(endpoint for endpoint in bare if not roles_for(endpoint))
    assert not missing, f"these endpoints have no rule of access: {missing}"
