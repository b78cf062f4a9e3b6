"""Who does something, where, when and on which device: handed to every action as `by`."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("picker", "receiver", "inspector", "packer", "counter", "driver", "supervisor", "operations", "purchasing",
         "customer_service", "finance", "admin", "station")  # fmt: skip
PERSON_ROLES = ROLES[:-1]
"""What people can be (R-SEC-1); an account of a station is no person."""


@dataclass(frozen=True, slots=True)
class By:
    """One person or program account at one moment.

    Attributes:
        now: when the server heard it, microseconds UTC.
        occurred_at: when it happened on the floor; `now` unless the device told.
        key: the act's key, made by the client; empty for what no client asked for.
        credential: what this account showed, as kept; claiming a key proves it anew. Empty for the product itself.
        program: a program account; it may relay a person's badge and never approves itself.
    """

    warehouse_id: int
    timezone: str
    person_id: int
    name: str
    roles: frozenset[str]
    device: str
    now: int
    occurred_at: int
    key: str = ""
    via: str = ""
    program: bool = False
    station_id: int = 0
    credential: str = ""

    def has(self, *roles: str) -> bool:
        """Whether this account holds one of the roles."""
        return not self.roles.isdisjoint(roles)


def system(warehouse_id: int, timezone: str, *, now: int, device: str = "system") -> By:
    """The product itself: imports, the worker, the command line."""
    return By(warehouse_id, timezone, 0, "system", frozenset(), device, now, now)
