"""People, program accounts and settings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import click
from argon2 import PasswordHasher

from warehouse.catalog.settings import SETTINGS, all_settings, change_setting
from warehouse.cli.context import open_all, pick_warehouse, print_json
from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.errors import N_, Refusal
from warehouse.ids import new_id
from warehouse.web.identity import token_hash
from warehouse.work.override import badge_hash

T = TypeVar("T")

ROLES = ("picker", "receiver", "inspector", "packer", "counter", "driver", "supervisor", "operations", "purchasing",
         "customer_service", "finance", "admin", "station")  # fmt: skip
PIN_DIGITS = 6
BADGE_BITS = 128


NAME_MAX = 100


def _name(_context: click.Context, _param: click.Parameter, text: str) -> str:
    """A name that a person can read and a log line can hold."""
    text = text.strip()
    if not text or not text.isprintable() or len(text) > NAME_MAX:
        raise click.BadParameter(f"expected 1 to {NAME_MAX} printable characters")
    return text


class NameTaken(Refusal):
    """Another account has this name."""

    code = "name_taken"
    text = N_("An account named %(name)s exists already. Choose another name.")


@click.group()
def user() -> None:
    """People and their badges."""


@user.command("add")
@click.argument("name", callback=_name)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES[:-1]), help="may be repeated")
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


def make_person(
    session: Session, name: str, roles: tuple[str, ...], *, badge: str = "", pin: str = ""
) -> dict[str, str]:
    """A person with a badge of 128 random bits and a PIN, unless they are given (the demo's are fixed)."""
    chosen, badge = bool(badge), badge or f"XB{secrets.randbits(BADGE_BITS):039d}"
    pin = pin or f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    _add(session, name, "person", roles, badge_hash=badge_hash(badge), badge_chosen=int(chosen),
         pin_hash=PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(pin))  # fmt: skip
    return {"badge": badge, "pin": pin}


def make_program(
    session: Session, name: str, roles: tuple[str, ...], *, warehouse_id: int, station_id: int = 0
) -> dict[str, str]:
    """A program account that works in one warehouse."""
    person_id = _add(session, name, "program", roles, badge_hash=None, badge_chosen=0, pin_hash=None)
    made = secrets.token_urlsafe(24)
    session.run(
        """INSERT INTO token (hash, person_id, warehouse_id, station_id, made_at)
           VALUES (:hash, :person, :warehouse, :station, :now)""",
        hash=token_hash(made), person=person_id, warehouse=warehouse_id, station=station_id, now=now_us(),
    )  # fmt: skip
    return {"token": made}


def _add(session: Session, name: str, kind: str, roles: tuple[str, ...], **secret: Any) -> int:
    person_id = new_id(session)
    added = session.run(
        """INSERT INTO person (id, name, kind, roles, badge_hash, badge_chosen, pin_hash, made_at)
           VALUES (:id, :name, :kind, :roles, :badge_hash, :badge_chosen, :pin_hash, :now) ON CONFLICT (name) DO NOTHING""",
        id=person_id, name=name, kind=kind, roles=" ".join(sorted(set(roles))), now=now_us(), **secret,
    )  # fmt: skip
    if not added:
        raise NameTaken(name=name)
    return person_id


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
