"""The command line: `warehouse …`. Each command's module is loaded only when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from warehouse.errors import Refusal
from warehouse.settings import BadSetting

COMMANDS = {
    "init": "running", "demo": "running", "start": "running", "serve": "running", "worker": "running",
    "import": "data", "export": "data", "verify": "books", "stock": "books",
    "user": "people", "token": "people", "set": "people", "bench": "measuring",
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


def _stop(text: str) -> None:
    click.echo(text, err=True)
    sys.exit(2)
