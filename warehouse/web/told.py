"""A move as a person reads it."""

from __future__ import annotations

from warehouse.db import Row
from warehouse.ledger.told import PLACES, sentence
from warehouse.web.language import say


def in_words(row: Row) -> str:
    """A move in plain words of the reader's language."""
    text = sentence(
        row.cause, is_container=bool(row.container_id), from_code=row.from_code or "", to_code=row.to_code or ""
    )
    what = row.container or row.sku
    return say(
        text, {"quantity": row.quantity, "what": what, "from": place_name(row.from_code), "to": place_name(row.to_code)}
    )


def place_name(code: str | None) -> str:
    """What a place is called; those that come with every warehouse have names in the reader's language."""
    return say(PLACES[code], {}) if code in PLACES else code or ""
