"""People, program accounts and settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import click

from warehouse.catalog.settings import SETTINGS, all_settings, change_setting
from warehouse.cli.context import open_all, pick_warehouse, print_json
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.people.actions import make_person, make_program
from warehouse.people.rules import NAME_MAX, BadName, check_name
from warehouse.who import PERSON_ROLES, ROLES

T = TypeVar("T")


def _name(_context: click.Context, _param: click.Parameter, text: str) -> str:
    """A name that a person can read and a log line can hold."""
    try:
        return check_name(text)
    except BadName as error:
        raise click.BadParameter(f"expected 1 to {NAME_MAX} printable characters") from error


@click.group()
def user() -> None:
    """People and their badges."""


@user.command("add")
@click.argument("name", callback=_name)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(PERSON_ROLES), help="may be repeated")
@click.option("--json", "as_json", is_flag=True)
def add_user(name: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Adds a person; badge and PIN are shown this once."""
    shown = _change(lambda session: make_person(session, name, roles))
    _show(shown, as_json)


@click.group()
def token() -> None:
    """Program accounts."""


@token.command("add")
@click.argument("name", callback=_name)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="may be repeated")
@click.option("--station", default=None, help="the desk of an agent")
@click.option("--warehouse", default=None)
@click.option("--json", "as_json", is_flag=True)
def add_token(name: str, roles: tuple[str, ...], station: str | None, warehouse: str | None, as_json: bool) -> None:
    """Adds a program account; its token is shown this once."""

    def add(session: Session) -> dict[str, str]:
        house = pick_warehouse(session, warehouse)
        return make_program(
            session, name, roles, warehouse_id=house.id, station_id=_station(session, house.id, station)
        )

    _show(_change(add), as_json)


@click.command("set", context_settings={"ignore_unknown_options": True})  # a value such as -5 is no option
@click.option("--warehouse", default=None)
@click.option("--json", "as_json", is_flag=True)
@click.argument("name", required=False)
@click.argument("value", required=False)
def set_(name: str | None, value: str | None, warehouse: str | None, as_json: bool) -> None:
    """Shows settings, or changes one; every change is logged."""
    values = _change(lambda session: _set(session, name, value, warehouse))
    if as_json:
        print_json({"settings": values})
        return
    for each, kept in values.items():
        click.echo(f"{each} = {_text(kept)}\n    {SETTINGS[each].means}")


def _change(fn: Callable[[Session], T]) -> T:
    """One change of the installation that the environment names."""
    with closing(open_all().database) as database:
        return database.change(fn)


def _station(session: Session, warehouse_id: int, code: str | None) -> int:
    if code is None:
        return 0
    found = session.value(
        "SELECT id FROM location WHERE warehouse_id = :warehouse AND code = :code AND kind IN ('station', 'dock')",
        warehouse=warehouse_id, code=code,
    )  # fmt: skip
    if found is None:
        raise click.UsageError(f"there is no station or dock {code}")
    return int(found)


def _set(session: Session, name: str | None, value: str | None, code: str | None) -> dict[str, Any]:
    warehouse_id = _scope(session, code)
    if name is not None and value is not None:
        return {name: change_setting(session, name, value, warehouse_id=warehouse_id, changed_by="cli", at=now_us())}
    values = all_settings(session, warehouse_id)
    if name is None:
        return values
    if name not in values:
        raise click.UsageError(f"there is no setting {name}; `warehouse set` lists them")
    return {name: values[name]}


def _scope(session: Session, code: str | None) -> int:
    """The warehouse named; without a name the company, whose settings all its warehouses share."""
    return int(pick_warehouse(session, code).id) if code else 0


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{each}={value[each]}" for each in value)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _show(secret: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json(secret)
        return
    for name, text in secret.items():
        click.echo(f"{name}: {text}")
    click.echo("Shown this once: keep it now.", err=True)


COMMANDS = {"user": user, "token": token, "set": set_}
