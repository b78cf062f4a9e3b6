"""Who hears that goods have become free for picking: one list, filled by wiring."""

from __future__ import annotations

from collections.abc import Callable

from warehouse.db import Session
from warehouse.who import By

Listener = Callable[[Session, By, frozenset[int]], None]

_listeners: list[Listener] = []


def on_freed(listener: Listener) -> None:
    """Adds a listener; it is called with the items' ids, inside the change that freed them."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_freed(session: Session, by: By, item_ids: frozenset[int]) -> None:
    """Tells all listeners that goods of these items can now be reserved."""
    for listener in _listeners:
        listener(session, by, item_ids)
