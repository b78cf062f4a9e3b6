"""What every command needs: the settings, the database, and the warehouse it concerns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from warehouse.clock import now_us
from warehouse.db import Database, Row, Session, open_database
from warehouse.ledger import Signer, on_freed
from warehouse.ledger.levels import on_crossed
from warehouse.migrate import is_current, migrate
from warehouse.orders.payment import on_refund
from warehouse.orders.purchase import on_ordered
from warehouse.orders.release import wake
from warehouse.planning import alerts
from warehouse.settings import BadSetting, Settings
from warehouse.who import By, system


@dataclass(frozen=True, slots=True)
class Context:
    """One installation as a command sees it."""

    settings: Settings
    database: Database


def open_all(*, migrated: bool = True) -> Context:
    """Opens the installation that the environment names; its database is brought to the present form."""
    settings = Settings.from_environ(dotenv=Path(".env"))
    signer = Signer(settings.ledger_key_id, settings.ledger_key)
    database = open_database(settings.database_url, home=settings.home, signer=signer)
    if migrated and not is_current(database.engine):
        migrate(database.engine)
    _check_key(database, signer)
    on_freed(wake)
    on_crossed(alerts.decide)
    on_ordered(alerts.mark_ordered)
    on_refund(_hold, _release)
    return Context(settings, database)


def _hold(session: Session, by: By, order_id: int) -> None:
    """The order desk's own verb. It needs all rooms, which are loaded only here: a refund is rare."""
    from warehouse.office.orderdesk import actions
    from warehouse.wiring import listen

    listen()
    actions.hold(session, by, order_id)


def _release(session: Session, by: By, order_id: int) -> None:
    from warehouse.office.orderdesk import actions

    actions.release(session, by, order_id)


def _check_key(database: Database, signer: Signer) -> None:
    """A ledger written with another key could neither be proven nor gone on with.

    Raises:
        BadSetting: the key is not the one of the latest posting.
    """
    kept = database.read(
        lambda session: (
            session.value("SELECT key_id FROM move ORDER BY posting_id DESC LIMIT 1")
            if is_current(database.engine)
            else None
        )
    )
    if kept and kept != signer.key_id:
        raise BadSetting(
            "WAREHOUSE_LEDGER_KEY", f"the key {kept} that this ledger was written with", f"another key, {signer.key_id}"
        )


def pick_warehouse(session: Session, code: str | None) -> Row:
    """The warehouse that a command concerns: the one named, or the only one (id, code, timezone)."""
    rows = session.all("SELECT id, code, timezone FROM warehouse ORDER BY made_at, id")
    if code is not None:
        rows = [row for row in rows if row.code == code]
        if not rows:
            raise click.UsageError(f"there is no warehouse {code}")
    if not rows:
        raise click.UsageError("there is no warehouse yet: import locations with a site first")
    if len(rows) > 1:
        raise click.UsageError("name one with --warehouse: " + ", ".join(row.code for row in rows))
    return rows[0]


def system_in(house: Row, *, device: str = "cli") -> By:
    """The command line acting in a warehouse."""
    return system(house.id, house.timezone, now=now_us(), device=device)


def print_json(content: Any) -> None:
    """One JSON document on stdout and nothing else."""
    click.echo(json.dumps(content, ensure_ascii=False))
