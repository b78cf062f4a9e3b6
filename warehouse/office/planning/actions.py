"""What the desk of safety stock changes: an item's policy, what is kept for a channel, promotions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.clock import day_of, parse_day
from warehouse.db import Again, Session
from warehouse.errors import Notice
from warehouse.ledger.protected import protect
from warehouse.office.planning import queries
from warehouse.office.planning.rules import CLEARING_NAMES, CLEARINGS, NAMES
from warehouse.planning import clearing, promotions
from warehouse.planning.policies import change_policy
from warehouse.planning.rules import (
    CLEARANCE_CANCELLED,
    CLEARED,
    DELISTED,
    KINDS,
    POLICY_CHANGED,
    PROMOTION_CANCELLED,
    PROMOTION_MADE,
    PROTECTED,
    RELEASED,
    ClearanceAtWork,
    bad_days,
    check_promotion,
)
from warehouse.scanning.fields import Fields
from warehouse.who import By
from warehouse.work import pieces

QUANTITY_MAX = 9_999_999
BY_DEFAULT = "default"


def change(session: Session, by: By, item_id: int, sent: Mapping[str, Any]) -> Notice:
    """Gives an item a policy of its own, or the warehouse's again. Planned and decided at once.

    Raises:
        Refusal: a field cannot be taken; nothing changed.
    """
    fields = Fields(sent, NAMES)
    kind = fields.choice("kind", (BY_DEFAULT, *KINDS), BY_DEFAULT)
    values = None if kind == BY_DEFAULT else {
        "kind": kind, "quantity": fields.number("quantity", 0, QUANTITY_MAX) if kind == "fixed" else None,
        "cover_days": fields.number("cover_days", 1, 365), "lead_time_days": fields.number("lead_time_days", 0, 3650),
        "service_permille": fields.number("service_permille", 500, 999),
        "max_cover_days": fields.number("max_cover_days", 1, 3650),
    }  # fmt: skip
    made = change_policy(session, by, item_id, values)
    return POLICY_CHANGED(
        sku=queries.item(session, by, item_id).sku, safety=made.plan.safety_stock,
        reorder=max(made.plan.reorder_point, 0), href=f"/safety-stock/{item_id}",
    )  # fmt: skip


def keep(session: Session, by: By, item_id: int, sent: Mapping[str, Any]) -> Notice:
    """Keeps so much of an item for a channel's orders; 0 releases it (R-SAF-5)."""
    fields = Fields(sent, NAMES)
    channel, quantity = (
        fields.text("channel", most=100, required=True),
        fields.number("protected", 0, QUANTITY_MAX) or 0,
    )
    row = queries.item(session, by, item_id)
    protect(session, by, item_id, channel, quantity)
    said = PROTECTED if quantity else RELEASED
    params = {"quantity": quantity} if quantity else {}
    return said(sku=row.sku, channel=channel, href=f"/safety-stock/{item_id}", **params)


def promote(session: Session, by: By, item_id: int, sent: Mapping[str, Any]) -> Notice:
    """Plans a promotion: what it is expected to use beside the usual (R-SAF-7).

    Raises:
        BadDays: its days cannot be read, are over, too many or too far off.
    """
    fields = Fields(sent, NAMES)
    name, quantity = fields.text("name", most=100, required=True), fields.number("forecast", 1, QUANTITY_MAX)
    today = day_of(by.now, by.timezone)
    try:
        first, last = (parse_day(str(sent.get(each, ""))) for each in ("from", "until"))
    except (ValueError, OverflowError):
        raise bad_days(today) from None
    check_promotion(first, last, today)
    if quantity is None:
        raise bad_days(today)
    row = queries.item(session, by, item_id)
    promotions.make(session, by, item_id, name=name, from_day=first, until_day=last, quantity=quantity)
    return PROMOTION_MADE(name=name, sku=row.sku, href=f"/safety-stock/{item_id}")


def cancel(session: Session, by: By, item_id: int, promotion_id: int) -> Notice:
    """Takes a promotion back."""
    row = queries.item(session, by, item_id)
    promotions.cancel(session, by, item_id, promotion_id)
    return PROMOTION_CANCELLED(sku=row.sku, href=f"/safety-stock/{item_id}")


def clear(session: Session, by: By, item_id: int, sent: Mapping[str, Any]) -> Notice:
    """Does with an item that does not move what was proposed: work for the floor, or nobody orders it any more.

    Raises:
        NothingToClear: nothing of it lies free in such a bin.
    """
    fields = Fields(sent, CLEARING_NAMES)
    kind, reason = fields.choice("clearing", tuple(CLEARINGS)), fields.text("reason", most=200, required=True)
    row = queries.item(session, by, item_id)
    if kind == "delist":
        clearing.delist(session, by, item_id)
        return DELISTED(sku=row.sku, href=f"/safety-stock/{item_id}")
    bins = clearing.ask(session, by, item_id, kind, reason=reason, expired_only=fields.ticked("expired_only"))
    return CLEARED(sku=row.sku, bins=bins, href=f"/safety-stock/{item_id}")


def leave(session: Session, by: By, clearance_id: int) -> Notice:
    """What is left stays in its bin. Work that was only given out ends; its next scan says so.

    Raises:
        ClearanceAtWork: somebody has begun it.
        ClearanceClosed: it is done or cancelled.
    """
    row = clearing.one(session, by, clearance_id)
    given = pieces.open_about(session, by, clearing.ROOM, clearance_id)
    if given is not None and given.begun:
        raise ClearanceAtWork(name=pieces.owner_name(session, given))
    clearing.cancel(session, by, clearance_id)
    if given is not None:
        pieces.save(session, by, given, locked=True, state="left", place_id=0)
    elif pieces.open_about(session, by, clearing.ROOM, clearance_id) is not None:
        raise Again  # it was given out in this moment
    return CLEARANCE_CANCELLED(sku=row.sku, location=row.place, href="/clearances")
