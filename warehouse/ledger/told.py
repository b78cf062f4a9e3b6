"""What happened to a thing last, and how a move is said in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.clock import iso
from warehouse.db import Row, Session
from warehouse.errors import N_
from warehouse.who import By

LAST_MAX = 10

MOVES = """
SELECT m.posting_id, m.line, m.recorded_at, m.cause, m.quantity, m.document, m.serial, m.container_id, i.sku,
       t.code AS lot, c.code AS container, f.code AS from_code, o.code AS to_code, p.name AS by_name
FROM (SELECT * FROM ({each}) AS latest ORDER BY posting_id DESC, line LIMIT :most) AS m
LEFT JOIN item i ON i.id = m.item_id LEFT JOIN lot t ON t.id = m.lot_id LEFT JOIN location c ON c.id = m.container_id
LEFT JOIN location f ON f.id = m.from_id LEFT JOIN location o ON o.id = m.to_id
LEFT JOIN person p ON p.id = m.person_id ORDER BY m.posting_id DESC, m.line"""
"""The latest of what `each` finds, with all that is told of a move."""
_EACH = """
SELECT * FROM (SELECT * FROM move WHERE warehouse_id = :warehouse AND {of}
               ORDER BY posting_id DESC, line LIMIT :most) AS one"""

SAID = {
    "opening": N_("%(quantity)s × %(what)s were at %(to)s from the start"),
    "receive": N_("%(quantity)s × %(what)s arrived at %(to)s"),
    "putaway": N_("%(quantity)s × %(what)s put away from %(from)s to %(to)s"),
    "move": N_("%(quantity)s × %(what)s moved from %(from)s to %(to)s"),
    "replenish": N_("%(quantity)s × %(what)s replenished from %(from)s to %(to)s"),
    "pick": N_("%(quantity)s × %(what)s picked from %(from)s into %(to)s"),
    "unpick": N_("%(quantity)s × %(what)s put back from %(from)s to %(to)s"),
    "pack": N_("%(quantity)s × %(what)s packed from %(from)s into %(to)s"),
    "ship": N_("%(quantity)s × %(what)s handed over in %(from)s"),
    "count": N_("%(quantity)s × %(what)s corrected by a count from %(from)s to %(to)s"),
    "return": N_("%(quantity)s × %(what)s came back to %(to)s"),
    "scrap": N_("%(quantity)s × %(what)s scrapped at %(from)s"),
    "consume": N_("%(quantity)s × %(what)s used up at %(from)s"),
    "block": N_("%(quantity)s × %(what)s set aside from %(from)s to %(to)s"),
    "unblock": N_("%(quantity)s × %(what)s freed from %(from)s to %(to)s"),
    "undo": N_("%(quantity)s × %(what)s taken back from %(from)s to %(to)s"),
}
SENT_BACK = N_("%(quantity)s × %(what)s sent back from %(from)s to %(to)s")
PLACES = {
    "supplier": N_("the supplier"), "customer": N_("the customer"), "scrap": N_("scrap"), "consumption": N_("own use"),
    "lost_and_found": N_("lost and found"), "in_picking": N_("the picking round"), "to_pack": N_("the queue for packing"),
    "in_transit": N_("transit"),
}  # fmt: skip
"""What the places that come with every warehouse are called."""

CONTAINER = N_("%(what)s brought from %(from)s to %(to)s")
CONTAINER_NEW = N_("%(what)s set down at %(to)s")
CONTAINER_GONE = N_("%(what)s taken away from %(from)s")


def sentence(cause: str, *, is_container: bool, from_code: str, to_code: str) -> str:
    """The sentence for a move, to be filled with quantity, what, from and to."""
    if not is_container:
        return SENT_BACK if (cause, to_code) == ("return", "supplier") else SAID[cause]
    if not from_code:
        return CONTAINER_NEW
    return CONTAINER if to_code else CONTAINER_GONE


def moves(session: Session, by: By, *of: str, **params: Any) -> list[Row]:
    """The last moves that any one of `of` matches, latest first; each has an index of its own."""
    each = " UNION ".join(_EACH.format(of=one) for one in of)
    return session.all(MOVES.format(each=each), warehouse=by.warehouse_id, most=LAST_MAX, **params)


def moved(rows: Sequence[Row], timezone: str) -> list[dict[str, Any]]:
    """Moves as programs read them; `at_local` is the same instant by the warehouse's own clock."""
    return [
        {"at": iso(row.recorded_at), "at_local": iso(row.recorded_at, timezone), "cause": row.cause,
         "quantity": row.quantity, "sku": row.sku, "lot": row.lot,
         "serial": row.serial or None, "container": row.container, "from": row.from_code, "to": row.to_code,
         "document": row.document, "by": row.by_name}
        for row in rows
    ]  # fmt: skip
