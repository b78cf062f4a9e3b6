"""An order goes to its supplier, who confirms a date, and is reminded once a period when that date has passed.

From sending on its goods are on order and receiving sees it: what no supplier knows of is not on its way.
"""

from __future__ import annotations

from warehouse import outbox
from warehouse.catalog.settings import setting
from warehouse.clock import day_of, iso_day
from warehouse.db import Row, Session
from warehouse.orders.buying import papers
from warehouse.orders.buying.rules import DAY, NoAddress, check_promise
from warehouse.orders.purchase import open_staged
from warehouse.who import By, system


def send(session: Session, by: By, order_id: int, *, by_mail: bool) -> tuple[str, str]:
    """Sends an approved order by mail, or says that it was handed over otherwise; one that was sent goes once more.

    Returns its number and the address that it goes to.

    Raises:
        WrongState: nobody has approved it, or it is no more.
        NoAddress: no address of the supplier is known.
    """
    order = papers.lock(session, by, order_id, "approved", "open")
    supplier = _supplier(session, order.supplier_id)
    if by_mail and not supplier.email:
        raise NoAddress(supplier=supplier.name)
    if order.state == "approved":
        open_staged(session, order_id, at=by.now, person_id=by.person_id, state="approved")
        session.run("UPDATE purchase_order SET sent_at = :now WHERE id = :id", now=by.now, id=order_id)
    papers.log(session, by, order_id, "sent", supplier.email if by_mail else "", revision=order.revision)
    if by_mail:
        outbox.put(session, warehouse_id=by.warehouse_id, topic="purchase_order", subject=str(order_id),
                   content=papers.told_of(order, order.revision), at=by.now)  # fmt: skip
    return str(order.number), str(supplier.email)


def confirm(session: Session, by: By, order_id: int, *, day: int, at: int, reference: str) -> tuple[str, str]:
    """The supplier has named a day (`at` is its first instant here). Returns the order's number and the supplier's name.

    Raises:
        WrongState: nothing of it is on its way.
        NoPromise: that day is over, or far off.
    """
    check_promise(day, day_of(by.now, by.timezone))
    order = papers.lock(session, by, order_id, "open")
    session.run(
        """UPDATE purchase_order SET confirmed_at = COALESCE(confirmed_at, :now), promised_at = :at,
                  due_at = COALESCE(due_at, :at), supplier_reference = COALESCE(NULLIF(:reference, ''), supplier_reference)
           WHERE id = :id""",
        now=by.now, at=at, reference=reference, id=order_id,
    )  # fmt: skip
    kind = "confirmed" if order.confirmed_at is None else "promised"
    papers.log(session, by, order_id, kind, " ".join(filter(None, (iso_day(day), reference))))
    return str(order.number), str(_supplier(session, order.supplier_id).name)


_OVERDUE = """
SELECT p.id FROM purchase_order p JOIN supplier s ON s.id = p.supplier_id AND s.email <> ''
WHERE p.warehouse_id = :warehouse AND p.state = 'open' AND COALESCE(p.promised_at, p.due_at) <= :until
  AND COALESCE(p.chased_at, 0) <= :since
ORDER BY p.due_at, p.id LIMIT :most"""
_CHASE = f"""
UPDATE purchase_order SET chased_at = :now, chases = chases + 1
WHERE id IN ({_OVERDUE}) AND state = 'open' AND COALESCE(chased_at, 0) <= :since
RETURNING id, number, revision, supplier_id, chases"""


def is_overdue_anywhere(session: Session, warehouse_id: int, now: int) -> bool:
    """Whether a supplier has to be reminded now."""
    asked = _due_to_chase(session, warehouse_id, now)
    return asked is not None and session.one(_OVERDUE, **asked, most=1) is not None


def chase(session: Session, warehouse_id: int, now: int, *, most: int = 50) -> int:
    """Reminds the suppliers of what has not come on its day, once a period each. Returns how many orders."""
    asked = _due_to_chase(session, warehouse_id, now)
    if asked is None:
        return 0
    rows = session.all(_CHASE, **asked, now=now, most=most)
    by = system(warehouse_id, "UTC", now=now)
    for row in rows:
        papers.log(session, by, row.id, "chased", str(row.chases))
        outbox.put(session, warehouse_id=warehouse_id, topic="purchase_order.chased", subject=str(row.id),
                   content=papers.told_of(row, row.revision) | {"time": row.chases}, at=now)  # fmt: skip
    return len(rows)


def _due_to_chase(session: Session, warehouse_id: int, now: int) -> dict[str, int] | None:
    days = int(setting(session, "purchase_chase_days", warehouse_id))
    if not days:
        return None
    # An order that is due on a day may come until its end.
    return {"warehouse": warehouse_id, "until": now - DAY, "since": now - days * DAY}


def _supplier(session: Session, supplier_id: int) -> Row:
    row = session.one("SELECT name, email FROM supplier WHERE id = :id", id=supplier_id)
    assert row is not None, "an order has its supplier"
    return row
