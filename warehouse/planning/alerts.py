"""Stock alerts: at once and once (R-SAF-2).

`decide` runs at the end of every change that may have crossed a level of an item (ledger/levels.py). It holds the row of
the item's total, on which the alarm is kept: whoever changes the same item waits, so that no two see the same crossing.
An alert is open, acknowledged, ordered or closed; it may sleep for a time with a reason. One that falls again soon after
it closed is the same alert once more: goods that come and go around a level raise one alert, not many.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from warehouse import outbox
from warehouse.catalog.lookup import parts
from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.clock import HOUR, day_of
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ids import new_id
from warehouse.ledger.levels import ALARM, OVERSTOCK, REORDER, SAFETY_STOCK, Noted
from warehouse.planning.policies import lock_totals
from warehouse.planning.rules import Hours, NotOpen, OwnerUnknown, SnoozeTooLong, SnoozeWithoutReason, due_at
from warehouse.who import By

KINDS = {SAFETY_STOCK: "safety_stock", REORDER: "reorder", OVERSTOCK: "overstock"}
FIRST_OWNER = "purchasing"
SNOOZE_DAYS_MAX = 366
NOTHING_ON_ORDER = "nothing on order"
"""Why an alert that was ordered is open again, as its event keeps it."""

# The levels as they are now, with what has expired counted anew from the stock rows: held ones are blocked already.
_LOOK = f"""
SELECT total.*, {ALARM} AS now_alarm FROM (
    SELECT warehouse_id, item_id, on_hand, reserved, blocked, on_order, safety_stock, reorder_point, maximum, alarm,
           expired AS was_expired, COALESCE((
               SELECT SUM(b.quantity - b.reserved) FROM balance b
               WHERE b.warehouse_id = total.warehouse_id AND b.item_id = total.item_id AND b.held = 0
                 AND b.last_day < 3652059 AND b.last_day < :day), 0) AS expired
    FROM total WHERE warehouse_id = :warehouse AND item_id IN ({{marks}}) ORDER BY item_id{{lock}}) AS total"""


def decide(session: Session, noted: Noted) -> None:
    """Opens and closes alerts of the items that a change has noted, as their levels are at its end."""
    day = day_of(noted.now, places(session, noted.warehouse_id).timezone)
    lock = " FOR UPDATE" if session.dialect == "postgresql" else ""
    for marks, items in parts(sorted(noted.items)):
        sql = _LOOK.format(marks=marks, lock=lock)
        rows = session.all(sql, warehouse=noted.warehouse_id, day=day, **items)
        _keep(session, [row for row in rows if row.now_alarm != row.alarm or int(row.expired) != row.was_expired])
        terms = _Terms(session, noted.warehouse_id, noted.now)
        # All are asked before the first answer is waited for: a day's plan turns many at once.
        for say in [each for row in rows for each in _turn(session, noted, row, terms)]:
            say()


def _keep(session: Session, rows: Sequence[Row]) -> None:
    session.many(
        "UPDATE total SET alarm = :alarm, expired = :expired WHERE warehouse_id = :warehouse AND item_id = :item",
        [{"alarm": int(row.now_alarm), "expired": int(row.expired), "warehouse": row.warehouse_id, "item": row.item_id}
         for row in rows],
    )  # fmt: skip


class _Terms:
    """When alerts of this moment are due, and since when a closed one counts as the same; asked once, if at all."""

    def __init__(self, session: Session, warehouse_id: int, now: int) -> None:
        self._session, self._warehouse_id, self._now = session, warehouse_id, now

    @cached_property
    def due(self) -> int:
        """By when somebody must have taken an alert that opens now."""
        return _due(self._session, self._warehouse_id, self._now)

    @cached_property
    def same_since(self) -> int:
        """One that closed since then is the same alert."""
        hours: int = setting(self._session, "alert_reopen_hours", self._warehouse_id)
        return self._now - hours * HOUR


def _turn(session: Session, noted: Noted, row: Row, terms: _Terms) -> Iterator[Callable[[], None]]:
    """Asks for the alerts of an item to be as its levels are; what comes out is called to look at the answer."""
    for bit, kind in KINDS.items():
        if row.now_alarm & bit and not row.alarm & bit:
            yield _open_alert(session, noted, kind, _levels(row, bit), terms)
        elif row.alarm & bit and not row.now_alarm & bit:
            yield _close_alert(session, noted, kind, row.item_id)
    if row.now_alarm & row.alarm and not row.on_order:
        yield _no_longer_ordered(session, noted, row.item_id, terms)


@dataclass(frozen=True, slots=True)
class Levels:
    """What an alert says: what is available and on order of an item, and the level that it is held against."""

    item_id: int
    available: int
    on_order: int
    threshold: int


def _levels(row: Row, bit: int) -> Levels:
    threshold = {SAFETY_STOCK: row.safety_stock, REORDER: row.reorder_point, OVERSTOCK: row.maximum}[bit]
    available = int(row.on_hand - row.reserved - row.blocked - row.expired)
    return Levels(row.item_id, available, row.on_order, threshold)


# ---------------------------------------------------------------- opening and closing

_REOPEN = """
UPDATE stock_alert SET state = 'open', closed_at = NULL, opened_at = :now, opened_by = :person, due_at = :due,
       available = :available, on_order = :on_order, threshold = :threshold, acknowledged_at = NULL, acknowledged_by = 0,
       escalated_at = NULL, snoozed_until = NULL, snooze_reason = '', reopened = reopened + 1
WHERE id = (SELECT id FROM stock_alert WHERE warehouse_id = :warehouse AND item_id = :item AND kind = :kind
            ORDER BY id DESC LIMIT 1) AND state = 'closed' AND closed_at >= :since
RETURNING id"""
_OPEN = """
INSERT INTO stock_alert (id, warehouse_id, item_id, kind, state, available, on_order, threshold, owner, opened_at, opened_by,
                         due_at)
VALUES (:id, :warehouse, :item, :kind, 'open', :available, :on_order, :threshold, :owner, :now, :person, :due)"""


def _open_alert(session: Session, noted: Noted, kind: str, levels: Levels, terms: _Terms) -> Callable[[], None]:
    """Opens an alert, or the last of its kind once more if it closed a short while ago."""
    values: dict[str, Any] = {
        "warehouse": noted.warehouse_id, "item": levels.item_id, "kind": kind, "available": levels.available,
        "on_order": levels.on_order, "threshold": levels.threshold, "now": noted.now, "person": noted.person_id,
        "due": terms.due,
    }  # fmt: skip
    asked = session.ask(_REOPEN, **values, since=terms.same_since)

    def say() -> None:
        again = asked.one()
        alert_id, what = (again.id, "reopened") if again else (new_id(session), "opened")
        if not again:
            session.ask(_OPEN, **values, id=alert_id, owner=FIRST_OWNER)
        _log(session, noted, alert_id, what)
        _tell(session, noted, alert_id, kind, what, levels)

    return say


_CLOSE = """
UPDATE stock_alert SET state = 'closed', closed_at = :now
WHERE warehouse_id = :warehouse AND item_id = :item AND kind = :kind AND state <> 'closed' RETURNING id"""


def _close_alert(session: Session, noted: Noted, kind: str, item_id: int) -> Callable[[], None]:
    """Closes the alert of a kind: its condition does not hold any more."""
    asked = session.ask(_CLOSE, now=noted.now, warehouse=noted.warehouse_id, item=item_id, kind=kind)

    def say() -> None:
        row = asked.one()
        assert row is not None, "an alarm that is on has its alert"
        _log(session, noted, row.id, "closed")
        _tell(session, noted, row.id, kind, "closed", None)

    return say


def mark_ordered(session: Session, noted: Noted) -> None:
    """A purchase order was raised: the alerts that wait for one are ordered (R-SAF-2)."""
    for marks, items in parts(sorted(noted.items)):
        rows = session.all(
            f"""UPDATE stock_alert SET state = 'ordered' WHERE warehouse_id = :warehouse AND item_id IN ({marks})
                  AND state IN ('open', 'acknowledged') AND kind IN ('safety_stock', 'reorder') RETURNING id""",
            warehouse=noted.warehouse_id, **items,
        )  # fmt: skip
        for row in rows:
            _log(session, noted, row.id, "ordered")


_NO_LONGER_ORDERED = """
UPDATE stock_alert SET state = 'open', acknowledged_at = NULL, acknowledged_by = 0, escalated_at = NULL, due_at = :due,
       snoozed_until = NULL, snooze_reason = ''
WHERE warehouse_id = :warehouse AND item_id = :item AND state = 'ordered'
RETURNING id, kind, available, on_order, threshold"""


def _no_longer_ordered(session: Session, noted: Noted, item_id: int, terms: _Terms) -> Callable[[], None]:
    """Nothing is on its way any more, and it still lacks: who ordered it hears again."""
    asked = session.ask(_NO_LONGER_ORDERED, warehouse=noted.warehouse_id, item=item_id, due=terms.due)

    def say() -> None:
        for row in asked.all():
            _log(session, noted, row.id, "reopened", NOTHING_ON_ORDER)
            _tell(session, noted, row.id, row.kind, "reopened", Levels(item_id, row.available, 0, row.threshold))

    return say


def _log(session: Session, noted: Noted, alert_id: int, kind: str, detail: str = "") -> None:
    session.ask(
        """INSERT INTO stock_alert_event (id, warehouse_id, alert_id, kind, detail, person_id, at)
           VALUES (:id, :warehouse, :alert, :kind, :detail, :person, :at)""",
        id=new_id(session), warehouse=noted.warehouse_id, alert=alert_id, kind=kind, detail=detail,
        person=noted.person_id, at=noted.now,
    )  # fmt: skip


def _tell(session: Session, noted: Noted, alert_id: int, kind: str, what: str, levels: Levels | None) -> None:
    content: dict[str, Any] = {
        "alert": str(alert_id),
        "kind": kind,
        "warehouse": places(session, noted.warehouse_id).code,
    }
    if levels is not None:
        content |= {
            "item": str(levels.item_id), "available": levels.available, "on_order": levels.on_order,
            "threshold": levels.threshold,
        }  # fmt: skip
    outbox.put(session, warehouse_id=noted.warehouse_id, topic=f"alert.{what}", subject=str(alert_id), content=content,
               at=noted.now)  # fmt: skip


def _due(session: Session, warehouse_id: int, at: int) -> int:
    hours = Hours(
        places(session, warehouse_id).timezone, setting(session, "opens", warehouse_id),
        setting(session, "closes", warehouse_id), frozenset(setting(session, "working_days", warehouse_id)),
    )  # fmt: skip
    return due_at(hours, at, setting(session, "alert_escalate_hours", warehouse_id))


# ---------------------------------------------------------------- what people do with them


def acknowledge(session: Session, by: By, alert_id: int, by_order: str = "") -> None:
    """Somebody has seen the alert and takes care of it; `by_order`: by asking for the order of this number.

    Raises:
        NotOpen: it is not open any more, or somebody else was first.
    """
    _change(session, by, alert_id, "acknowledged", by_order, "('open')",
            "state = 'acknowledged', acknowledged_at = :now, acknowledged_by = :person")  # fmt: skip


def take(session: Session, by: By, items: Iterable[int], number: str) -> None:
    """Who asks for an order of some items takes care of their alerts; they are ordered when the order is sent."""
    for marks, values in parts(sorted(items)):
        rows = session.all(
            f"""SELECT id FROM stock_alert WHERE warehouse_id = :warehouse AND state = 'open' AND item_id IN ({marks})
                  AND kind IN ('safety_stock', 'reorder') ORDER BY id{session.for_update}""",
            warehouse=by.warehouse_id, **values,
        )  # fmt: skip
        for row in rows:
            acknowledge(session, by, row.id, number)


# Taken by whoever has written the order that is not to be, or by asking for one: this, or another that did not come to be.
_GIVE_BACK = """
UPDATE stock_alert SET state = 'open', acknowledged_at = NULL, acknowledged_by = 0, escalated_at = NULL, due_at = :due
WHERE warehouse_id = :warehouse AND state = 'acknowledged' AND item_id IN ({marks}) AND kind IN ('safety_stock', 'reorder')
  AND (acknowledged_by IN ({people}) OR EXISTS (
      SELECT 1 FROM stock_alert_event e WHERE e.alert_id = stock_alert.id AND e.kind = 'acknowledged' AND e.detail <> ''
        AND e.at = stock_alert.acknowledged_at AND e.person_id = stock_alert.acknowledged_by))
RETURNING id, item_id, kind, available, on_order, threshold"""


def give_back(session: Session, by: By, items: Iterable[int], people: Collection[int], number: str) -> None:
    """What was taken care of by an order that is not to be is open again: all hear of it once more."""
    noted, due = Noted(by.warehouse_id, by.person_id, by.now), _due(session, by.warehouse_id, by.now)
    authors = ", ".join(str(int(each)) for each in people) or "0"
    for marks, values in parts(sorted(items)):
        sql = _GIVE_BACK.format(marks=marks, people=authors)
        for row in session.all(sql, warehouse=by.warehouse_id, due=due, **values):
            _log(session, noted, row.id, "reopened", number)
            _tell(session, noted, row.id, row.kind, "reopened",
                  Levels(row.item_id, row.available, row.on_order, row.threshold))  # fmt: skip


def snooze(session: Session, by: By, alert_id: int, *, until: int, reason: str) -> None:
    """Lets an alert sleep: nobody is reminded until then. It needs a reason and an end (R-SAF-4).

    Raises:
        SnoozeWithoutReason, SnoozeTooLong: either lacks, or the end is past or more than a year off.
        NotOpen: it is closed.
    """
    if not reason.strip():
        raise SnoozeWithoutReason
    if not by.now < until <= by.now + SNOOZE_DAYS_MAX * 24 * HOUR:
        raise SnoozeTooLong(days=SNOOZE_DAYS_MAX)
    _change(session, by, alert_id, "snoozed", reason.strip(), _NOT_CLOSED,
            "snoozed_until = :until, snooze_reason = :reason", until=until, reason=reason.strip())  # fmt: skip


def give(session: Session, by: By, alert_id: int, owner: str) -> None:
    """Gives an alert to a role or a person.

    Raises:
        OwnerUnknown: nobody is called so.
        NotOpen: it is closed.
    """
    if owner not in owners(session):
        raise OwnerUnknown(read=owner[:100] or "–")
    _change(session, by, alert_id, "owner", owner, _NOT_CLOSED, "owner = :owner", owner=owner)


_NOT_CLOSED = "('open', 'acknowledged', 'ordered')"
ROLE_OWNERS = ("purchasing", "operations", "supervisor")


def owners(session: Session) -> list[str]:
    """Who an alert can be given to: a role, or a person who has one of them."""
    rows = session.all("SELECT name, roles FROM person WHERE kind = 'person' AND active = 1 ORDER BY name LIMIT 1000")
    return [*ROLE_OWNERS, *(row.name for row in rows if set(row.roles.split()) & set(ROLE_OWNERS))]


def _change(
    session: Session, by: By, alert_id: int, event: str, detail: str, states: str, sets: str, **values: Any
) -> None:  # fmt: skip
    at = {"id": alert_id, "warehouse": by.warehouse_id}
    changed = session.run(
        f"UPDATE stock_alert SET {sets} WHERE id = :id AND warehouse_id = :warehouse AND state IN {states}",
        **at, **values, **({"now": by.now, "person": by.person_id} if ":now" in sets else {}),
    )  # fmt: skip
    if not changed:
        state = session.value("SELECT state FROM stock_alert WHERE id = :id AND warehouse_id = :warehouse", **at)
        if state is None:
            raise NotFound(what=f"/alerts/{alert_id}")
        raise NotOpen
    _log(session, Noted(by.warehouse_id, by.person_id, by.now), alert_id, event, detail)


# ---------------------------------------------------------------- what the worker does with them


def escalate(session: Session, warehouse_id: int, now: int, *, most: int = 50) -> int:
    """Alerts that nobody has acknowledged in time go to operations. Returns how many; R-SAF-3."""
    rows = session.all(
        """UPDATE stock_alert SET escalated_at = :now, owner = 'operations' WHERE id IN (
               SELECT id FROM stock_alert WHERE warehouse_id = :warehouse AND state = 'open' AND due_at <= :now
                 AND escalated_at IS NULL AND snoozed_until IS NULL ORDER BY due_at, id LIMIT :most)
             AND state = 'open' AND escalated_at IS NULL AND snoozed_until IS NULL
           RETURNING id, item_id, kind, available, on_order, threshold""",
        warehouse=warehouse_id, now=now, most=most,
    )  # fmt: skip
    noted = Noted(warehouse_id, 0, now)
    for row in rows:
        _log(session, noted, row.id, "escalated")
        _tell(session, noted, row.id, row.kind, "escalated",
              Levels(row.item_id, row.available, row.on_order, row.threshold))  # fmt: skip
    return len(rows)


def wake(session: Session, warehouse_id: int, now: int, *, most: int = 50) -> int:
    """Alerts whose sleep is over are open again and must be acknowledged anew. Returns how many."""
    rows = session.all(
        """UPDATE stock_alert SET snoozed_until = NULL, snooze_reason = '', due_at = :due, escalated_at = NULL,
                  state = CASE state WHEN 'acknowledged' THEN 'open' ELSE state END
           WHERE id IN (SELECT id FROM stock_alert WHERE warehouse_id = :warehouse AND snoozed_until <= :now
                        ORDER BY snoozed_until, id LIMIT :most) AND snoozed_until <= :now
           RETURNING id, item_id, kind, state, available, on_order, threshold""",
        warehouse=warehouse_id, now=now, most=most, due=_due(session, warehouse_id, now),
    )  # fmt: skip
    noted = Noted(warehouse_id, 0, now)
    for row in rows:
        if row.state != "closed":
            _log(session, noted, row.id, "woken")
            _tell(session, noted, row.id, row.kind, "woken",
                  Levels(row.item_id, row.available, row.on_order, row.threshold))  # fmt: skip
    return len(rows)


def misfits(session: Session, warehouse_id: int) -> list[tuple[int, str]]:
    """Alarms without their one alert, and alerts without their alarm: (item, kind); there are never any."""
    rows = session.all("SELECT item_id, alarm FROM total WHERE warehouse_id = :warehouse AND alarm <> 0",
                       warehouse=warehouse_id)  # fmt: skip
    alarms = {(row.item_id, kind) for row in rows for bit, kind in KINDS.items() if row.alarm & bit}
    rows = session.all("SELECT item_id, kind FROM stock_alert WHERE warehouse_id = :warehouse AND state <> 'closed'",
                       warehouse=warehouse_id)  # fmt: skip
    return sorted(alarms ^ {(row.item_id, row.kind) for row in rows})


def look_again(session: Session, warehouse_id: int, items: Iterable[int], now: int) -> None:
    """Decides anew about items whose goods have expired since (R-PUT-6).

    Their totals are kept first: who waited for them in the statement that counts would count stock rows as they were before.
    """
    noted = Noted(warehouse_id, 0, now, set(items))
    lock_totals(session, warehouse_id, list(noted.items))
    decide(session, noted)


__all__ = [
    "KINDS", "NOTHING_ON_ORDER", "Levels", "acknowledge", "decide", "escalate", "give", "give_back", "look_again",
    "mark_ordered", "misfits", "owners", "snooze", "take", "wake",
]  # fmt: skip
