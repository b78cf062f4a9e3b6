"""Lots: goods of one item that were made together. The expiry belongs to the lot, wherever it lies."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.clock import iso_day, now_us
from warehouse.db import Session
from warehouse.errors import N_, Phrase, Refusal
from warehouse.ids import new_id


class OtherExpiry(Refusal):
    """A known lot came with another expiry."""

    code = "other_expiry"
    text = N_("Lot %(lot)s is known with expiry %(known)s; %(read)s was read. Check the label: is it another lot?")


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of an item; `expiry_day` is 0 where none is known."""

    id: int
    code: str
    expiry_day: int


def find_lot(session: Session, item_id: int, code: str) -> Lot | None:
    """The lot of an item that has this code."""
    row = session.one(
        "SELECT id, code, expiry_day FROM lot WHERE item_id = :item AND code = :code", item=item_id, code=code
    )
    return Lot(*row) if row else None


def find_or_make_lot(session: Session, item_id: int, code: str, expiry_day: int = 0) -> Lot:
    """The lot of an item, made where it is new. 0 for `expiry_day` says nothing about its expiry.

    Raises:
        OtherExpiry: the lot is known with another expiry.
    """
    made = session.one(
        """INSERT INTO lot (id, item_id, code, expiry_day, made_at) VALUES (:id, :item, :code, :expiry, :at)
           ON CONFLICT (item_id, code) DO NOTHING RETURNING id, code, expiry_day""",
        id=new_id(session), item=item_id, code=code, expiry=expiry_day, at=now_us(),
    )  # fmt: skip
    if made is not None:
        return Lot(*made)
    lot = find_lot(session, item_id, code)
    assert lot is not None, "it was there already"
    check_expiry(lot, expiry_day)
    return lot


def check_expiry(lot: Lot, expiry_day: int) -> None:
    """Refuses another expiry for a known lot.

    Raises:
        OtherExpiry: it is known with another one.
    """
    if expiry_day and expiry_day != lot.expiry_day:
        raise OtherExpiry(
            lot=lot.code, known=iso_day(lot.expiry_day) or Phrase(N_("no date")), read=iso_day(expiry_day)
        )
