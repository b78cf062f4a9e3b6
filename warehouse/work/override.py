"""A supervisor's override: badge (its PIN where people chose the badge's text), reason, then one scan that may pass.

A program account may relay a person's badge; it never approves itself. Each use is recorded.
"""

from __future__ import annotations

from warehouse.catalog.settings import setting
from warehouse.clock import MINUTE
from warehouse.db import Session
from warehouse.errors import N_, Refusal, notice
from warehouse.ids import new_id
from warehouse.people.rules import WRONG_PINS_WITHIN, LockedOut, badge_hash
from warehouse.people.signing import Device, count_wrong_pin, fits, may_try
from warehouse.scanning.resolve import Heard
from warehouse.who import By
from warehouse.work.position import Position, Stands, replace
from warehouse.work.reasons import in_words
from warehouse.work.rooms import Result
from warehouse.work.screen import QUESTION, Screen, reason_refs

ARMED = notice("warn", "override_armed", N_("%(name)s approves: %(reason)s. The next scan may pass once."))
ASK_REASON = notice("warn", "override_reason", N_("Badge of %(name)s. Now the reason: scan or choose one."))
ASK_PIN = notice("warn", "override_pin", N_("Badge of %(name)s. Now the PIN."))


class NotASupervisor(Refusal):
    """The badge's owner may not override."""

    code = "not_a_supervisor"
    text = N_("%(name)s may not approve this: a supervisor's badge is needed.")


class WrongPin(Refusal):
    """The PIN does not fit the badge."""

    code = "wrong_pin"
    text = N_("This PIN does not belong to the badge. Type it again, or leave with XXBACK.")


class UnknownReason(Refusal):
    """Not one of the reasons set up."""

    code = "unknown_reason"
    text = N_("%(read)s is not one of the reasons. Expected XR and one of: %(expected)s.")


def begins(session: Session, by: By, position: Position, heard: Heard) -> Result | None:
    """The answer to a scanned badge, or None if the scan is no badge."""
    if heard.names or heard.reading.is_value or (heard.reading.made and heard.reading.made != "XB"):
        return None
    person = session.one(
        "SELECT id, name, roles, badge_chosen FROM person WHERE badge_hash = :hash AND active = 1 AND kind = 'person'",
        hash=badge_hash(heard.text),
    )
    if person is None:
        return None
    if "supervisor" not in person.roles.split():
        raise NotASupervisor(name=person.name)
    position = replace(position, override_by=person.id, override_name=person.name, override_reason="")
    if person.badge_chosen:
        return Result(replace(position, override="pin"), ASK_PIN(name=person.name))
    return _ask_reason(session, by, position)


def continues(session: Session, by: By, position: Position, heard: Heard) -> Result:
    """The answer to what follows a badge: the PIN, then the reason."""
    if position.override == "pin":
        _check_pin(session, by, position, heard.text)
        return _ask_reason(session, by, position)
    reasons = setting(session, "override_reasons", by.warehouse_id)
    reason = heard.reading.reason or heard.text
    if reason not in reasons:
        raise UnknownReason(read=heard.text, expected=tuple(reasons))
    position = replace(position, override="armed", override_reason=reason, override_reasons=())
    return Result(position, ARMED(name=position.override_name, reason=in_words(reason)))


def _ask_reason(session: Session, by: By, position: Position) -> Result:
    reasons = tuple(setting(session, "override_reasons", by.warehouse_id))
    asking = replace(position, override="reason", override_reasons=reasons)
    return Result(asking, ASK_REASON(name=position.override_name))


def asks(position: Position) -> bool:
    """Whether a PIN or a reason is awaited."""
    return position.override in {"pin", "reason"}


def show(screen: Screen, position: Position) -> Screen:
    """The screen while an override is being given: the room's own, asking for PIN or reason."""
    if position.override == "pin":
        return replace(screen, expects=("text",), actions=QUESTION, choices=())
    if position.override == "reason":
        choices = reason_refs(position.override_reasons)
        target = dict(screen.target) | {"reason": choices[0] if choices else None}
        return replace(screen, expects=("reason",), target=target, actions=QUESTION, choices=choices)
    return screen


def use(session: Session, by: By, position: Stands, *, work_id: int, refusal: str) -> Stands:
    """Records an override at the moment that it lets a scan pass, and disarms it."""
    session.run(
        """INSERT INTO override (id, warehouse_id, work_id, act_id, person_id, approved_by, refusal, reason, at)
           VALUES (:id, :warehouse, :work, 0, :person, :approved, :refusal, :reason, :now)""",
        id=new_id(session), warehouse=by.warehouse_id, work=work_id, person=by.person_id,
        approved=position.override_by, refusal=refusal, reason=position.override_reason, now=by.now,
    )  # fmt: skip
    return disarm(position)


def disarm(position: Stands) -> Stands:
    """The position without any override."""
    return replace(position, override="", override_by=0, override_name="", override_reason="", override_reasons=())


def _check_pin(session: Session, by: By, position: Position, pin: str) -> None:
    """Looks at a PIN; a wrong one is counted once this change has been taken back."""
    supervisor = position.override_by
    if not may_try(session, supervisor, Device(by.device, "", ""), by.now):
        raise LockedOut(minutes=WRONG_PINS_WITHIN // MINUTE)
    if not fits(session.value("SELECT pin_hash FROM person WHERE id = :id", id=supervisor), pin):
        refusal = WrongPin()
        refusal.remember = lambda later: count_wrong_pin(later, supervisor, by.device, by.now)
        raise refusal
