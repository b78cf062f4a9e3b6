"""A purchase order's own row, its lines, what waits for approval, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.db import Row, Session
from warehouse.errors import NotFound, Phrase
from warehouse.ids import new_id
from warehouse.orders.buying.rules import Approval, Content, Line, WrongState
from warehouse.orders.words import PURCHASE_STATES
from warehouse.who import By


def lock(session: Session, by: By, order_id: int, *states: str) -> Row:
    """An order's row, kept for this change, if it is in one of these states (any, without).

    Raises:
        NotFound: this warehouse has none of this id.
        WrongState: it is in another state.
    """
    row = session.one(
        f"""SELECT id, number, state, supplier_id, due_at, revision, approved_value, sent_at, confirmed_at, promised_at
            FROM purchase_order WHERE id = :id AND warehouse_id = :warehouse AND state <> 'staged'{session.for_update}""",
        id=order_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    if row is None:
        raise NotFound(what=f"/purchase-orders/{order_id}")
    if states and row.state not in states:
        raise WrongState(number=row.number, state=Phrase(PURCHASE_STATES[row.state]))
    return row


def lines_of(session: Session, order_id: int, *, keep: bool = False) -> list[Row]:
    """An order's lines; kept for this change where they are to be changed."""
    return session.all(
        f"""SELECT id, line, item_id, quantity, received, unit_cost FROM purchase_order_line
            WHERE purchase_order_id = :order ORDER BY line{session.for_update if keep else ""}""",
        order=order_id,
    )  # fmt: skip


def content_of(lines: Sequence[Row], due_at: int | None) -> Content:
    """What an order asks for as it is now."""
    return Content(tuple(Line(row.line, row.item_id, row.quantity, row.unit_cost) for row in lines), due_at)


def waiting_revision(session: Session, order_id: int) -> Row | None:
    """What of an order waits for approval."""
    return session.one(
        """SELECT revision, before, content, value, reason, authors, made_by FROM purchase_revision
           WHERE purchase_order_id = :order AND state = 'waiting'""", order=order_id)  # fmt: skip


def approved_content(session: Session, order_id: int) -> Content | None:
    """What people have approved of an order last; of an import, which nobody has, what came.

    None for an import before its first amendment: then what came is what the order says.
    """
    last = session.value(
        """SELECT content FROM purchase_revision WHERE purchase_order_id = :order AND state = 'approved'
           ORDER BY revision DESC LIMIT 1""", order=order_id)  # fmt: skip
    came = last or session.value(
        "SELECT before FROM purchase_revision WHERE purchase_order_id = :order ORDER BY revision LIMIT 1",
        order=order_id,
    )
    return Content.load(came) if came else None


def add_revision(
    session: Session, by: By, order_id: int, *, before: Content, after: Content, reason: str, authors: Sequence[int],
    state: str,
) -> int:  # fmt: skip
    """Keeps what an order is asked to become. Returns the number of the revision."""
    last = session.value("SELECT MAX(revision) FROM purchase_revision WHERE purchase_order_id = :order", order=order_id)
    revision = int(last or 0) + 1
    session.run(
        """INSERT INTO purchase_revision (purchase_order_id, revision, warehouse_id, state, before, content, value, reason,
                                          authors, made_at, made_by, decided_at)
           VALUES (:order, :revision, :warehouse, :state, :before, :content, :value, :reason, :authors, :now, :person,
                   :decided)""",
        order=order_id, revision=revision, warehouse=by.warehouse_id, state=state, before=before.dump(),
        content=after.dump(), value=after.value, reason=reason, authors=" ".join(map(str, sorted(set(authors)))),
        now=by.now, person=by.person_id, decided=None if state == "waiting" else by.now,
    )  # fmt: skip
    return revision


def end_revision(session: Session, by: By, order_id: int, revision: int, state: str) -> None:
    """What waited is decided."""
    session.run(
        """UPDATE purchase_revision SET state = :state, decided_at = :now
           WHERE purchase_order_id = :order AND revision = :revision AND state = 'waiting'""",
        state=state, now=by.now, order=order_id, revision=revision,
    )  # fmt: skip


def approvals_of(session: Session, order_id: int, revision: int) -> list[Approval]:
    """Who has approved a revision."""
    rows = session.all(
        """SELECT person_id, operations FROM purchase_approval
           WHERE purchase_order_id = :order AND revision = :revision ORDER BY at, person_id""",
        order=order_id, revision=revision,
    )  # fmt: skip
    return [Approval(row.person_id, bool(row.operations)) for row in rows]


def log(session: Session, by: By, order_id: int, kind: str, detail: str = "", *, revision: int = 0) -> None:
    """Keeps what happened to an order."""
    session.ask(
        """INSERT INTO purchase_event (id, warehouse_id, purchase_order_id, kind, detail, revision, person_id, at)
           VALUES (:id, :warehouse, :order, :kind, :detail, :revision, :person, :now)""",
        id=new_id(session), warehouse=by.warehouse_id, order=order_id, kind=kind, detail=detail, revision=revision,
        person=by.person_id, now=by.now,
    )  # fmt: skip


def authors_of(session: Session, order_id: int) -> list[int]:
    """Everybody who has made, changed or submitted an order."""
    rows = session.all(
        """SELECT DISTINCT person_id FROM purchase_event
           WHERE purchase_order_id = :order AND kind IN ('made', 'changed', 'submitted')""", order=order_id)  # fmt: skip
    return [row.person_id for row in rows]


def only_here(session: Session, order_id: int) -> list[int]:
    """The items of an order that no other order asks for which is approved or waits for it."""
    rows = session.all(
        """SELECT DISTINCT n.item_id FROM purchase_order p JOIN purchase_order_line n ON n.purchase_order_id = p.id
           WHERE p.id = :order AND NOT EXISTS (
               SELECT 1 FROM purchase_order q JOIN purchase_order_line m ON m.purchase_order_id = q.id
               WHERE q.warehouse_id = p.warehouse_id AND q.id <> p.id AND q.state IN ('waiting', 'approved')
                 AND m.item_id = n.item_id)""",
        order=order_id,
    )  # fmt: skip
    return [row.item_id for row in rows]


def receiver_of(session: Session, by: By, order_id: int) -> str:
    """Who has the order on their screen in receiving; empty for nobody."""
    return str(session.value(
        """SELECT k.name FROM work w JOIN person k ON k.id = w.person_id WHERE w.warehouse_id = :warehouse
             AND w.room = 'receiving' AND w.subject_id = :order AND w.state = 'open'""",
        warehouse=by.warehouse_id, order=order_id,
    ) or "")  # fmt: skip


def told_of(order: Row, revision: int) -> dict[str, str | int]:
    """What a message about an order says of it."""
    return {
        "order": str(order.id), "number": order.number, "revision": revision, "supplier_id": str(order.supplier_id),
    }  # fmt: skip
