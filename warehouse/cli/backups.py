"""Backups: taking one beside a serving server, and restoring one into an empty home."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from warehouse.backups.archive import BackupRefused, Manifest
from warehouse.backups.run import make_backup, restore_backup
from warehouse.cli.context import open_all, print_json

NICE = 10

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_READ = click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")


@click.command()
@_FILE
@_JSON
def backup(file: Path, as_json: bool) -> None:
    """Writes the whole installation to a new FILE, beside a serving server. Keep it safe: it holds the ledger key."""
    with suppress(OSError):
        os.nice(NICE)  # the floor goes first
    context = open_all(migrated=False)  # a backup before an upgrade holds what was there before it
    with closing(context.database):
        manifest = _or_refused(lambda: make_backup(context.settings, context.database, file.absolute()))
    if as_json:
        print_json(_told(manifest, file=str(file), bytes=file.stat().st_size))
        return
    click.echo(f"{file}: {_in_words(manifest)}, {file.stat().st_size:,} bytes.")
    click.echo("It holds the ledger key and customers' addresses: keep it where only you can read it.", err=True)


@click.command()
@_READ
@_JSON
def restore(file: Path, as_json: bool) -> None:
    """Makes an empty home and an empty database what the backup in FILE holds."""
    manifest = _or_refused(lambda: restore_backup(file.absolute()))
    context = open_all()
    context.database.close()
    if as_json:
        print_json(_told(manifest, file=str(file), home=str(context.settings.home)))
        return
    click.echo(f"Restored into {context.settings.home}: {_in_words(manifest)}, as it was at {manifest.made_at}.")
    click.echo("Now prove it: warehouse verify. Everybody signs in again; programs keep their tokens.", err=True)


def _or_refused(act: Any) -> Manifest:
    try:
        made: Manifest = act()
    except BackupRefused as error:
        raise click.ClickException(str(error)) from error
    return made


def _told(manifest: Manifest, **more: Any) -> dict[str, Any]:
    return more | asdict(manifest)


def _in_words(manifest: Manifest) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in manifest.counts.items())


COMMANDS = {"backup": backup, "restore": restore}
