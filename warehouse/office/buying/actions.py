"""What buying's desk changes: a proposal becomes an order that waits for approval; what suppliers ask for is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from warehouse.catalog.settings import setting
from warehouse.clock import HOUR, day_of, start_of
from warehouse.db import Session
from warehouse.errors import N_, Notice, Phrase, Refusal
from warehouse.messages.rules import check_email
from warehouse.money import is_typed, minor_units
from warehouse.office.buying import queries
from warehouse.office.buying.rules import (
    OFFER_GONE,
    OFFER_KEPT,
    RAISED,
    TERMS_KEPT,
    NotOffered,
    ProposalGone,
    chosen_lines,
    read_breaks,
    whole,
)
from warehouse.orders.buying.approvals import LIMIT
from warehouse.orders.buying.drafts import make_draft, submit
from warehouse.orders.buying.rules import (
    ONE_PERSON,
    QUANTITY_MAX,
    TWO_PEOPLE,
    Content,
    needs_second,
)
from warehouse.orders.buying.rules import Line as Asked
from warehouse.orders.purchase import PurchaseLine, free_number
from warehouse.planning import alerts
from warehouse.scanning.fields import Fields
from warehouse.scanning.reading import parse
from warehouse.scanning.resolve import Item, resolve
from warehouse.who import By

NAMES = {
    "due": N_("Due"), "name": N_("Name"), "email": N_("E-mail"), "address": N_("Address"), "language": N_("Language"),
    "minimum_value": N_("Least value of an order"),
    "minimum_quantity": N_("Fewest pieces of an order"), "code": N_("Their code"), "pack_size": N_("Pack size"),
    "minimum": N_("At least"), "lead_time_days": N_("Lead time, days"), "sku": N_("SKU or barcode"),
    "prices": N_("Prices"), "round": N_("Proposal"),
}  # fmt: skip
LANGUAGES = ("", "en", "zh_Hans_CN")
ROUND_MAX = 2**31
LEAD_DAYS_MAX, ADDRESS_MAX = 3650, 200


def raise_order(session: Session, by: By, supplier_id: int, sent: Mapping[str, Any]) -> Notice:
    """Makes one order of a proposal, as it was edited, and asks for its approval.

    The proposal's round goes on in the same change: of two who raise an order from what they both saw, one does.

    Raises:
        ProposalGone: somebody was first.
        Refusal: a line cannot be taken; nothing changed.
    """
    supplier = queries.supplier(session, supplier_id)
    seen = Fields(sent, NAMES).number("round", 0, ROUND_MAX, required=True)
    chosen, by_hand = chosen_lines(sent), is_typed(sent, program=by.program)
    _take_round(session, by, supplier_id, seen or 0, supplier.name)
    reckoned = {line.item.id: line for line in queries.reckon(session, by, supplier, list(chosen))}
    lines = []
    for item_id, (quantity, cost) in chosen.items():
        line = reckoned.get(item_id)
        if line is None:
            raise NotOffered(read=str(item_id))
        count = whole(quantity, line.item.sku, 1, QUANTITY_MAX)
        price = minor_units(cost, line.item.sku, typed=by_hand) if cost else line.proposal.terms.price_of(count)
        lines.append(PurchaseLine(item_id, count, price, line.proposal.dump()))
    slowest = max(reckoned[each.item_id].proposal.terms.lead_time_days for each in lines)
    number = free_number(session, by.warehouse_id)
    order_id = make_draft(
        session, by, number=number, supplier_id=supplier_id, lines=lines, due_at=_due(by, sent, slowest)
    )
    submit(session, by, order_id)
    alerts.take(session, by, reckoned, number)
    asked = Content(tuple(Asked(0, each.item_id, each.quantity, each.unit_cost) for each in lines))
    two = needs_second(asked.value, int(setting(session, LIMIT, by.warehouse_id)))
    return RAISED(number=number, n=len(lines), people=Phrase(TWO_PEOPLE if two else ONE_PERSON),
                  href=f"/purchase-orders/{order_id}")  # fmt: skip


def _take_round(session: Session, by: By, supplier_id: int, seen: int, name: str) -> None:
    at = {"warehouse": by.warehouse_id, "supplier": supplier_id}
    session.run(
        """INSERT INTO proposal_round (warehouse_id, supplier_id, round) VALUES (:warehouse, :supplier, 0)
           ON CONFLICT (warehouse_id, supplier_id) DO NOTHING""", **at)  # fmt: skip
    if not session.run(
        """UPDATE proposal_round SET round = round + 1
           WHERE warehouse_id = :warehouse AND supplier_id = :supplier AND round = :seen""", **at, seen=seen
    ):  # fmt: skip
        raise ProposalGone(supplier=name)


def _due(by: By, sent: Mapping[str, Any], lead_time_days: int) -> int:
    """The day that was typed, else the first on which all lines can have come."""
    day = Fields(sent, NAMES).day("due")
    return start_of(day if day is not None else day_of(by.now + lead_time_days * 24 * HOUR, by.timezone), by.timezone)


# ---------------------------------------------------------------- what suppliers ask for


def change_terms(session: Session, by: By, supplier_id: int, sent: Mapping[str, Any]) -> Notice:
    """Keeps what a supplier is called, where they are, their language, lead time and the minimum of an order.

    What did not come stays as it is.

    Raises:
        Refusal: a field cannot be read.
    """
    kept, typed = queries.supplier(session, supplier_id), Fields(sent, NAMES)

    def read(name: str, how: Callable[[], Any]) -> Any:
        return how() if name in typed else getattr(kept, name)

    session.run(
        """UPDATE supplier SET name = :name, email = :email, address = :address, lead_time_days = :lead,
                  language = :language, minimum_value = :value, minimum_quantity = :quantity WHERE id = :id""",
        name=read("name", lambda: typed.text("name", required=True)),
        email=read("email", lambda: check_email(typed.text("email"))),
        address=read("address", lambda: typed.text("address", most=ADDRESS_MAX)),
        lead=read("lead_time_days", lambda: typed.number("lead_time_days", 0, LEAD_DAYS_MAX)),
        language=read("language", lambda: typed.choice("language", LANGUAGES)),
        value=read("minimum_value", lambda: _least_value(typed, by_hand=is_typed(sent, program=by.program))),
        quantity=read("minimum_quantity", lambda: typed.number("minimum_quantity", 1)), id=supplier_id,
    )  # fmt: skip
    return TERMS_KEPT(supplier=queries.supplier(session, supplier_id).name, href=f"/proposals/{supplier_id}/terms")


def _least_value(typed: Fields, *, by_hand: bool) -> int | None:
    text = typed.text("minimum_value")
    # 0 is none, as an empty field is.
    return minor_units(text, Phrase(NAMES["minimum_value"]), typed=by_hand) or None if text else None


def change_offer(session: Session, by: By, supplier_id: int, sent: Mapping[str, Any]) -> Notice:
    """Keeps what a supplier asks for an item: their code, pack, minimum, lead time and prices.

    Raises:
        NotOffered: nothing here is called so.
        Refusal: a field cannot be read.
    """
    supplier, typed = queries.supplier(session, supplier_id), Fields(sent, NAMES)
    item = _item(session, by, typed.text("sku", required=True))
    breaks = read_breaks(typed.text("prices"), typed=is_typed(sent, program=by.program))
    at = {"item": item.id, "supplier": supplier_id}
    session.run(
        """INSERT INTO supplier_item (item_id, supplier_id, code, pack_size, minimum, lead_time_days, changed_at, changed_by)
           VALUES (:item, :supplier, :code, :pack, :minimum, :lead, :now, :person)
           ON CONFLICT (item_id, supplier_id) DO UPDATE SET code = excluded.code, pack_size = excluded.pack_size,
               minimum = excluded.minimum, lead_time_days = excluded.lead_time_days, changed_at = excluded.changed_at,
               changed_by = excluded.changed_by""",
        **at, code=typed.text("code", most=100), pack=typed.number("pack_size", 1), minimum=typed.number("minimum", 1),
        lead=typed.number("lead_time_days", 0, LEAD_DAYS_MAX), now=by.now, person=by.person_id,
    )  # fmt: skip
    session.run("DELETE FROM price_break WHERE item_id = :item AND supplier_id = :supplier", **at)
    session.many(
        """INSERT INTO price_break (item_id, supplier_id, from_quantity, unit_price)
           VALUES (:item, :supplier, :start, :price)""",
        [at | {"start": start, "price": price} for start, price in breaks],
    )  # fmt: skip
    return OFFER_KEPT(supplier=supplier.name, sku=item.code, href=f"/proposals/{supplier_id}/terms")


def drop_offer(session: Session, _: By, supplier_id: int, item_id: int) -> Notice:
    """A supplier does not offer an item any more.

    Raises:
        NotOffered: they did not.
    """
    supplier, at = queries.supplier(session, supplier_id), {"item": item_id, "supplier": supplier_id}
    session.run("DELETE FROM price_break WHERE item_id = :item AND supplier_id = :supplier", **at)
    if not session.run("DELETE FROM supplier_item WHERE item_id = :item AND supplier_id = :supplier", **at):
        raise NotOffered(read=str(item_id))
    sku = session.value("SELECT sku FROM item WHERE id = :id", id=item_id)
    return OFFER_GONE(supplier=supplier.name, sku=sku, href=f"/proposals/{supplier_id}/terms")


def _item(session: Session, by: By, code: str) -> Item:
    try:
        item = resolve(session, parse(code), warehouse_id=by.warehouse_id).item
    except Refusal as refusal:
        raise NotOffered(read=code) from refusal
    if item is None:
        raise NotOffered(read=code)
    return item
