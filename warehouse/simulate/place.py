"""Where a shift is played: a company made for it and thrown away, or the configured one where that is empty or the demo."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from warehouse.bench.world import World, free_port, world
from warehouse.catalog.settings import change_setting
from warehouse.clock import as_datetime, now_us
from warehouse.counts.keep import keep_plan
from warehouse.db import Row, Session, open_database
from warehouse.demo import is_empty, make_demo
from warehouse.ledger import Signer
from warehouse.migrate import migrate
from warehouse.settings import Settings
from warehouse.simulate.own import CHANGED_BY, own_data

MORNING = 9
EASTERNMOST = 14


class NotHere(Exception):  # noqa: N818
    """No shift can be played there, and why."""


class HasOwnData(NotHere):
    """The configured database holds real data."""

    def __str__(self) -> str:
        return (
            f"this database holds data of its own, and a shift would change it for good: {'; '.join(self.args)}. "
            "Expected: an empty database or the demo, nothing entered beside it. "
            "Without --here a database is made for the shift alone."
        )


@contextmanager
def place(database: str, *, here: bool, warehouse: str = "") -> Iterator[World]:
    """The demo company on a database of that kind; `here`: in the configured one. `warehouse`: the code of the one meant.

    Raises:
        NotHere: the configured database holds real data, or it is not clear which warehouse is meant.
    """
    with _configured() if here else world(database) as made:
        if made.database.read(is_empty):
            make_demo(made.database, timezone=made.settings.timezone if here else _morning())
        house = made.database.read(partial(_warehouse, code=warehouse))
        made.warehouse_id, made.warehouse = house.id, house.code
        if own := made.database.read(partial(own_data, warehouse_id=house.id)):
            raise HasOwnData(*own)
        if not here:
            made.database.change(partial(_every_day, warehouse_id=made.warehouse_id))
            keep_plan(made.database, house)  # else which bin is due first would hang on when the worker gets to it
        yield made


@contextmanager
def _configured() -> Iterator[World]:
    """The configured installation, with a server of its own beside any other."""
    mine = dict(os.environ) | {"WAREHOUSE_BIND": f"127.0.0.1:{free_port()}"}
    settings = Settings.from_environ(mine, dotenv=Path(".env"))
    signer = Signer(settings.ledger_key_id, settings.ledger_key)
    database = open_database(settings.database_url, home=settings.home, signer=signer)
    try:
        migrate(database.engine)
        yield World(settings, database, mine)
    finally:
        database.close()


def _morning() -> str:
    """A zone where it is morning now: cut-off and midnight are far, so that the story hangs on the seed alone."""
    offset = MORNING - as_datetime(now_us()).hour
    if offset <= EASTERNMOST - 24 - 1:  # no zone lies so far west; the same hour stands on the clocks far in the east
        offset += 24
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"  # these zones are named by what must be added for UTC


def _every_day(session: Session, *, warehouse_id: int) -> None:
    """Deadlines are the same on whatever day of the week this runs."""
    days = " ".join(map(str, range(1, 8)))
    change_setting(session, "working_days", days, warehouse_id=warehouse_id, changed_by=CHANGED_BY, at=now_us())


def _warehouse(session: Session, code: str) -> Row:
    rows = session.all("SELECT id, code, timezone FROM warehouse ORDER BY made_at, id")
    named = [row for row in rows if row.code == code] if code else rows
    codes = ", ".join(row.code for row in rows) or "none"
    if not named:
        raise NotHere(f"there is no warehouse {code}. Expected: one of {codes}" if code else "there is no warehouse")
    if len(named) > 1:
        raise NotHere(f"name one with --warehouse: {codes}")
    return named[0]
