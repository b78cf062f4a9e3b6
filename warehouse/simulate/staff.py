"""Who works a shift: each robot with its duties, an account of its own and, at a desk, a scanner and its agent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from warehouse.bench.world import World
from warehouse.db import Session
from warehouse.people.actions import change_person, end_sessions, make_person, make_program
from warehouse.simulate.client import Line
from warehouse.simulate.desks import DeskRobot, desk
from warehouse.simulate.own import ACCOUNT
from warehouse.simulate.robots import Chief, CountingRobot, Robot, Shift

DUTIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("picker", ("picking", "replenishing", "clearing")), ("packer", ("packing", "shipping")),
    ("receiver", ("receiving", "putaway")), ("picker", ("clearing", "replenishing", "picking")),
    ("receiver", ("putaway", "receiving")), ("packer", ("shipping", "packing")), ("picker", ("picking", "replenishing")),
    ("packer", ("packing", "shipping")),
)  # fmt: skip
"""Who works where, first choice first; a larger shift goes through the list again, a smaller one shares the duties."""
KINDS = 3
APPROVERS = ("supervisor", "operations")
"""Who approves what was counted, and who approves it too where it is worth much: people, by their badges."""
DESKS = (("packer", "station"), ("receiver", "dock"))
"""Whose desks stand at which kind of place, in turn."""


@contextmanager
def staff(
    made: World, shift: Shift, folder: Path, *, workers: int, counters: int, desks: int, seed: int
) -> Iterator[list[Robot]]:
    """All robots of a shift, the chief last. Their accounts and agents end with it."""
    with ExitStack() as kept:
        yield _Office(made, shift, folder, kept, seed).everybody(workers, counters, desks)


class _Office:
    """Where robots get their accounts."""

    def __init__(self, made: World, shift: Shift, folder: Path, kept: ExitStack, seed: int) -> None:
        self._made, self._shift, self._folder, self._kept, self._seed = made, shift, folder, kept, seed
        bind = made.settings.bind
        self._address = (bind.host, bind.port)

    def everybody(self, workers: int, counters: int, desks: int) -> list[Robot]:
        """So many robots, so many who count, and their chief."""
        free = self._made.database.read(partial(_free_desks, house=self._made.warehouse_id, most=desks))
        robots = [self._robot(number, workers, free) for number in range(workers)]
        counting = [self._counter(number) for number in range(counters)]
        badges = (self._badge(APPROVERS[0]), self._badge(APPROVERS[1]))
        chief = Chief(self._line("chief", ("supervisor", "operations")), self._shift, f"{self._seed}-chief", badges)
        return [*robots, *counting, chief]

    def _counter(self, number: int) -> CountingRobot:
        name = f"counter-{number + 1}"
        line, seed = self._line(name, ("counter",)), f"{self._seed}-{name}"
        return CountingRobot(name, line, self._shift, seed, off_by=number + 1)

    def _badge(self, role: str) -> str:
        """The badge of a person with this role, who goes when the shift ends."""
        change, named = self._made.database.change, f"{ACCOUNT}{self._shift.number} {role} in person"
        badge, person = change(partial(_employ, name=named, role=role))
        gone = partial(change_person, person_id=person, name=named, roles=(role,), active=False)
        self._kept.callback(lambda: change(gone))
        return badge

    def _robot(self, number: int, workers: int, free: dict[str, list[int]]) -> Robot:
        duties = [DUTIES[number % len(DUTIES)]]
        if workers < KINDS:
            duties = [duty for index, duty in enumerate(DUTIES[:KINDS]) if index % workers == number]
        roles = tuple(role for role, _ in duties)
        rooms = tuple(room for _, rooms in duties for room in rooms)
        name = f"{roles[0]}-{number + 1}"
        seed = f"{self._seed}-{name}"
        places = free.get(roles[0], []) if len(roles) == 1 else []
        if not places:
            return Robot(name, rooms, self._line(name, roles), self._shift, seed)
        place = places.pop(0)
        agent = self._account(f"{name} agent", ("station",), place)
        at = self._kept.enter_context(desk(self._address, agent, self._folder / name, self._made.environ))
        return DeskRobot(name, rooms, self._line(name, roles, place), self._shift, seed, at=at)

    def _line(self, name: str, roles: tuple[str, ...], place: int = 0) -> Line:
        line = Line(self._address, self._account(name, roles, place))
        self._kept.callback(line.close)
        return line

    def _account(self, name: str, roles: tuple[str, ...], place: int) -> str:
        """A token that ends with the shift; the robot's name tells which shift it was."""
        change, named = self._made.database.change, f"{ACCOUNT}{self._shift.number} {name}"
        token, person = change(partial(_make, name=named, roles=roles, house=self._made.warehouse_id, place=place))
        self._shift.names.add(named)
        self._kept.callback(lambda: change(lambda session: end_sessions(session, person)))
        return token


def _make(session: Session, *, name: str, roles: tuple[str, ...], house: int, place: int) -> tuple[str, int]:
    token = make_program(session, name, roles, warehouse_id=house, station_id=place)["token"]
    return token, int(session.value("SELECT id FROM person WHERE name = :name", name=name))


def _employ(session: Session, *, name: str, role: str) -> tuple[str, int]:
    badge = make_person(session, name, (role,))["badge"]
    return badge, int(session.value("SELECT id FROM person WHERE name = :name", name=name))


def _free_desks(session: Session, *, house: int, most: int) -> dict[str, list[int]]:
    rows = session.all(
        "SELECT id, kind FROM location WHERE warehouse_id = :house AND kind IN ('dock', 'station') ORDER BY code",
        house=house,
    )  # fmt: skip
    free: dict[str, list[int]] = {role: [] for role, _ in DESKS}
    for number in range(most):
        role, kind = DESKS[number % len(DESKS)]
        free[role] += [row.id for row in rows if row.kind == kind and row.id not in free[role]][:1]
    return free
