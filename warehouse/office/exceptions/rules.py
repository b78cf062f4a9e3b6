"""What the exception desk may do, and what is said to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.errors import N_, Refusal, notice
from warehouse.orders.repair import HEAD_FIELDS, LINE_FIELDS, Paper

ROLES = ("supervisor", "customer_service", "operations")
REPAIRERS = ("customer_service", "operations")
"""Who may see the customer's data of an order that was set aside, and correct it (R-SEC-2)."""

LINES_MAX = 100
TEXT_MAX = 2000
NOTE_MAX = 300
ROLE_OWNERS = ("customer_service", "operations", "supervisor", "purchasing")

REPAIRED = notice("ok", "exception_repaired", N_("Order %(number)s is without fault now and goes on."))
REPAIRED_PAID = notice("ok", "exception_repaired_paid", N_("Order %(number)s was known; whether it is paid is noted."))
REPAIRED_KNOWN = notice(
    "ok",
    "exception_repaired_known",
    N_("Order %(number)s is the same as the one that is known. Nothing else is needed."),
)
OWNED = notice("ok", "exception_owned", N_("The exception of order %(number)s belongs to %(owner)s now."))
CLOSED = notice("ok", "exception_closed", N_("The exception of order %(number)s is closed."))


class StillFaulty(Refusal):
    """The corrected order still has faults."""

    code = "exception_still_faulty"
    text = N_("It cannot go on yet. Faults left: %(count)s, each told beside its field.")


class ClosedBefore(Refusal):
    """The exception is closed already."""

    code = "exception_closed_before"
    text = N_("This exception of order %(number)s is closed already.")


class NotRepairable(Refusal):
    """What was stopped later is decided about at the order itself."""

    code = "exception_not_repairable"
    text = N_("Release or cancel order %(number)s on its own page: that closes this exception too.")


class UnknownOwner(Refusal):
    """Neither a person here nor one of the roles."""

    code = "exception_unknown_owner"
    text = N_("%(read)s can own no exception. Choose a role or a person of the list.")


class UnknownOutcome(Refusal):
    """Not one of the outcomes."""

    code = "exception_unknown_outcome"
    text = N_("Choose how this exception ended.")


class TooManyLines(Refusal):
    """More lines than a page can hold."""

    code = "exception_too_many_lines"
    text = N_("This order has more than %(most)s lines. Correct it in its file and import that again.")


def typed_paper(sent: Mapping[str, str], timezone: str) -> Paper:
    """The order as a form says it: fields by their names, lines numbered (sku_1, quantity_1); empty lines are none."""
    head = {name: _text(sent, name) for name in HEAD_FIELDS}
    lines = [{name: _text(sent, f"{name}_{at}") for name in LINE_FIELDS} for at in range(1, LINES_MAX + 1)]
    return Paper(head, [line for line in lines if any(line.values())], timezone)


def _text(sent: Mapping[str, str], name: str) -> str:
    return str(sent.get(name, "")).strip()[: TEXT_MAX + 1]
