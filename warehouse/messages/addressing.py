"""Whom a message goes to: of each message one delivery a recipient, made in the change that takes it from the outbox.

Both happen or neither: no message is lost, and two workers do not address it twice.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.db import Database, Row, Session
from warehouse.errors import Busy
from warehouse.ids import new_id
from warehouse.messages.facts import facts_of
from warehouse.messages.rules import LETTERS, LONGEST_PAUSE, Ways, next_digest, pause_after, way

MESSAGES_A_ROUND = 50
PEOPLE_MAX = 500

_WAITING = """
SELECT id, attempts FROM outbox WHERE state = 'waiting' AND (attempts = 0 OR due_at <= :now OR due_at > :far)
ORDER BY attempts, id LIMIT :most"""
_LATER = "UPDATE outbox SET attempts = attempts + 1, due_at = :due WHERE id = :id AND state = 'waiting'"
_TAKE = """
UPDATE outbox SET state = 'sent', sent_at = :now WHERE id = :id AND state = 'waiting'
RETURNING id, warehouse_id, topic, subject, content, made_at"""
_PEOPLE = """
SELECT id, roles, hears FROM person WHERE kind = 'person' AND active = 1 AND email <> '' ORDER BY id LIMIT :most"""
_WEBHOOKS = "SELECT id, events FROM webhook WHERE warehouse_id = :warehouse AND active = 1 ORDER BY id"
_DELIVERY = """
INSERT INTO delivery (id, warehouse_id, kind, channel, message_id, person_id, webhook_id, supplier_id, gathers, made_at, since,
                      due_at)
VALUES (:id, :warehouse, :kind, :channel, :message, :person, :webhook, :supplier, :gathers, :now, :now, :due)"""
# Both who adds to a digest and who sends it hold its row: nothing is put into one that is on its way.
_GATHER = f"""{_DELIVERY}
ON CONFLICT (warehouse_id, person_id, supplier_id) WHERE gathers = 1 DO UPDATE SET
    due_at = CASE WHEN delivery.due_at > excluded.due_at THEN excluded.due_at ELSE delivery.due_at END RETURNING id"""

log = logging.getLogger(__name__)


def address_all(database: Database, now: int, *, mail: bool) -> int:
    """Addresses what is in the outbox. Returns how many messages; `mail`: there is a mail server to give letters to."""
    far = now + 2 * LONGEST_PAUSE  # no pause is so long: the clock was set back
    rows = database.read(lambda session: session.all(_WAITING, most=MESSAGES_A_ROUND, now=now, far=far))
    for row in rows:
        try:
            database.change(lambda session, row=row: address(session, row.id, now, mail=mail))  # type: ignore[misc]
        except Busy:
            raise
        except Exception:
            # A fault of ours with one message must not keep back the others; it stays in the outbox, and is seen in the log.
            log.exception("message %s cannot be addressed; it is tried again later", row.id)
            due = now + pause_after(row.attempts + 1, 1.0)
            database.change(lambda session, row=row, due=due: session.run(_LATER, id=row.id, due=due))  # type: ignore[misc]
    return len(rows)


def address(session: Session, message_id: int, now: int, *, mail: bool) -> bool:
    """Makes the deliveries of one message. Returns whether it was there to be addressed."""
    message = session.one(_TAKE, id=message_id, now=now)
    if message is None:
        return False
    facts = facts_of(session, message, now)
    session.ask("UPDATE outbox SET facts = :facts WHERE id = :id", id=message_id,
                facts=json.dumps(facts, ensure_ascii=False, sort_keys=True))  # fmt: skip
    if message.topic in LETTERS:
        # Also while there is no mail server: whoever believes that it is on its way has to see that it is not.
        _deliver(session, message, now, kind="letter", channel="mail", supplier=int(facts["supplier_id"]))
        return True
    for row in session.all(_WEBHOOKS, warehouse=message.warehouse_id):
        if message.topic in row.events.split():
            _deliver(session, message, now, channel="webhook", webhook=row.id)
    if mail:
        _to_people(session, message, facts, now)
    return True


def ways_of(session: Session, warehouse_id: int) -> Ways:
    """How a warehouse tells, as its settings have it now."""
    kinds = {kind: setting(session, f"tell_{kind}", warehouse_id) for kind in ("safety_stock", "reorder", "overstock")}
    return Ways(setting(session, "tell_roles", warehouse_id), kinds)


def _to_people(session: Session, message: Row, facts: dict[str, Any], now: int) -> None:
    ways, kind = ways_of(session, message.warehouse_id), str(facts.get("kind", ""))
    for person in session.all(_PEOPLE, most=PEOPLE_MAX):
        how = way(ways, message.topic, kind, roles=person.roles.split(), hears=person.hears)
        if how == "at_once":
            _deliver(session, message, now, channel="mail", person=person.id)
        elif how == "digest":
            _gather(session, message, now, person.id, int(facts.get("supplier_id", 0)))


def _deliver(session: Session, message: Row, now: int, **to: Any) -> None:
    made = {"kind": "message", "person": 0, "webhook": 0, "supplier": 0} | to
    session.ask(_DELIVERY, id=new_id(session), warehouse=message.warehouse_id, message=message.id, gathers=0, now=now, due=0,
                **made)  # fmt: skip


def _gather(session: Session, message: Row, now: int, person_id: int, supplier_id: int) -> None:
    """Puts a message into the digest that gathers for a person and a supplier; one that went out gathers no more."""
    due = next_digest(
        now, places(session, message.warehouse_id).timezone, setting(session, "digest_at", message.warehouse_id),
        setting(session, "working_days", message.warehouse_id),
    )  # fmt: skip
    digest = session.value(
        _GATHER, id=new_id(session), warehouse=message.warehouse_id, person=person_id, supplier=supplier_id, kind="digest",
        channel="mail", message=0, webhook=0, gathers=1, now=now, due=due,
    )  # fmt: skip
    session.ask("INSERT INTO delivery_line (delivery_id, message_id) VALUES (:digest, :message)", digest=digest,
                message=message.id)  # fmt: skip
