"""The command line: `warehouse …`. Each command's module is loaded only when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from warehouse.errors import Busy, DiskFull, Refusal, Unreachable
from warehouse.settings import BadSetting

COMMANDS = {
    "init": "running", "demo": "running", "start": "running", "serve": "running", "worker": "running",
    "import": "data", "export": "data", "verify": "books", "stock": "books",
    "user": "people", "token": "people", "set": "people", "bench": "measuring", "labels": "labels", "simulate": "simulating",
    "backup": "backups", "restore": "backups",
}  # fmt: skip


class _Lazy(click.Group):
    """Finds a command in its module at the moment that it is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if name != "worker"]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module: Any = importlib.import_module(f"warehouse.cli.{COMMANDS[name]}")
        command: click.Command = module.COMMANDS[name]
        return command


@click.group(cls=_Lazy, name="warehouse")
def warehouse() -> None:
    """Pickface: a warehouse floor system."""


def main() -> None:
    """Runs a command. Exit 0 is success, 1 a fault that a check found, 2 wrong usage."""
    try:
        warehouse(prog_name="warehouse")
    except BadSetting as error:
        _stop(str(error))
    except Refusal as error:
        _stop(str(error))
    except Busy as error:
        _stop(_why(error))
    except OSError as error:
        _stop(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception as error:
        if not _is_of_the_database(error):
            raise
        _stop(f"The database cannot be used: {_first_line(error)}")


_DRIVERS = frozenset({"psycopg", "sqlalchemy", "pysqlite3"})
_UNUSABLE = frozenset(
    {"OperationalError", "InterfaceError", "InsufficientPrivilege", "ArgumentError", "NoSuchModuleError"}
)
"""The drivers' errors that are no fault of ours, by name: most commands never load the drivers."""


def _is_of_the_database(error: Exception) -> bool:
    """Whether the database is unreachable, forbidden or no database at all."""
    cause = type(getattr(error, "orig", None) or error)
    if cause.__module__.split(".")[0] not in _DRIVERS:
        return False
    return cause.__name__ == "DatabaseError" or any(kind.__name__ in _UNUSABLE for kind in cause.__mro__)


def _why(error: Busy) -> str:
    """Why the database did not do it, and what to do about it."""
    said = _first_line(error.__cause__ if isinstance(error.__cause__, Exception) else error)
    if isinstance(error, DiskFull):
        return f"The database's disk is full, or does not take what is written: {said}. Make room, then try again."
    if isinstance(error, Unreachable):
        return f"The database cannot be reached: {said}"
    return "The database did not answer. Nothing was lost: try again in a moment."


def _first_line(error: Exception) -> str:
    """What the driver said, without the statement."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _stop(text: str) -> None:
    click.echo(text, err=True)
    sys.exit(2)
