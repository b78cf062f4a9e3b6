"""Files in and out: import and export."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import click

from warehouse.cli.context import Context, open_all, pick_warehouse, print_json
from warehouse.db import Row
from warehouse.imports.exports import EXPORTS, ExportWish, export_file, export_rows
from warehouse.imports.job import Kind
from warehouse.imports.kinds import KINDS
from warehouse.imports.mapping import NO_MAPPING, BadMapping, Mapping, read_mapping
from warehouse.imports.reading import FileRefused
from warehouse.imports.rows import Outcome
from warehouse.imports.rows import Row as Line
from warehouse.imports.run import Imported, Wish, import_file

SHOWN_MAX = 20
NICE = 10


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="names their columns (TOML)"
)
@click.option("--warehouse", default=None, metavar="CODE", help="needed only where there are several")
@click.option("--keep-good", is_flag=True, help="takes the good rows; the bad go to FILE.rejected.csv")
@click.option("--dry-run", is_flag=True, help="checks everything and changes nothing")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")
def import_(
    kind: str, file: Path, mapping: Path | None, warehouse: str | None, keep_good: bool, dry_run: bool, as_json: bool
) -> None:
    """Imports a CSV file (also .gz), all of it or nothing."""
    chosen = KINDS[kind]
    names = _mapping(mapping, chosen)
    with suppress(OSError):
        os.nice(NICE)  # the floor goes first
    context = open_all()
    with closing(context.database):
        house = _house(context, chosen, warehouse)
        wish = Wish(
            chosen, file, mapping=names, keep_good=keep_good, dry_run=dry_run, warehouse_id=house.id if house else 0,
            timezone=house.timezone if house else context.settings.timezone, say=_say,
        )  # fmt: skip
        _import(context, wish, as_json=as_json)


def _import(context: Context, wish: Wish, *, as_json: bool) -> None:
    try:
        imported = import_file(context.database, wish)
    except FileRefused as refused:
        _say(f"{wish.path}: {refused}")
        _answer(_reasons_of_file(refused), as_json=as_json, text="Nothing was imported.")
        raise SystemExit(1) from refused
    _tell(imported, keep_good=wish.keep_good, dry_run=wish.dry_run)
    _answer(imported.outcome, as_json=as_json, text=_counts(imported.outcome, dry_run=wish.dry_run))
    if imported.bad and not wish.keep_good:
        raise SystemExit(1)


def _mapping(path: Path | None, kind: Kind) -> Mapping:
    try:
        return read_mapping(path, kind.name, kind.columns) if path else NO_MAPPING
    except BadMapping as error:
        raise click.UsageError(str(error)) from error


def _house(context: Context, kind: Kind, code: str | None) -> Row | None:
    """The warehouse that the rows concern; None where each row says it itself or none is meant."""

    def pick(session: Any) -> Row | None:
        several = session.value("SELECT count(*) FROM warehouse") != 1
        if kind.per_warehouse or code is not None:
            return pick_warehouse(session, code)
        return None if several or not kind.may_name_warehouse else pick_warehouse(session, None)

    return context.database.read(pick)


def _tell(imported: Imported, *, keep_good: bool, dry_run: bool) -> None:
    for row in imported.bad[:SHOWN_MAX]:
        _say(f"line {row.line}: {_explained(row)}")
    if len(imported.bad) > SHOWN_MAX:
        _say(f"… and {len(imported.bad) - SHOWN_MAX:,} more bad lines.")
    if imported.rejected:
        _say(f"The bad lines, each with all its reasons: {imported.rejected}")
    if imported.bad and not keep_good and not dry_run:
        _say("Nothing was imported: mend these lines, or take the good ones with --keep-good.")


def _explained(row: Line) -> str:
    return "; ".join(row.explained)


def _reasons_of_file(refused: FileRefused) -> Outcome:
    """A file that is no table of this kind has no lines to count; its reason is told all the same."""
    outcome = Outcome()
    outcome.reasons[refused.reason] = 1
    return outcome


def _counts(outcome: Outcome, *, dry_run: bool) -> str:
    did = "would be accepted" if dry_run else "accepted"
    first = (
        f"{outcome.lines:,} lines: {outcome.accepted:,} {did}, {outcome.skipped:,} skipped, "
        f"{outcome.rejected:,} rejected"
    )
    return "\n".join([first, *(f"  {reason}: {count:,}" for reason, count in outcome.reasons.most_common())])


def _answer(outcome: Outcome, *, as_json: bool, text: str) -> None:
    if as_json:
        print_json(outcome.as_json())
    else:
        click.echo(text)


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.command("export")
@click.argument("kind", type=click.Choice(list(EXPORTS)))
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--warehouse", default=None, metavar="CODE", help="needed only where there are several")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")
def export(kind: str, file: Path | None, warehouse: str | None, as_json: bool) -> None:
    """Writes a CSV file (.gz if its name says so), or to standard output, which is also called -."""
    file = None if file == Path("-") else file
    context = open_all()
    with closing(context.database):
        _export(context, kind, file, warehouse, as_json=as_json)


def _export(context: Context, kind: str, file: Path | None, warehouse: str | None, *, as_json: bool) -> None:
    chosen, house = EXPORTS[kind], None
    if chosen.per_warehouse or warehouse is not None:
        house = context.database.read(lambda session: pick_warehouse(session, warehouse))
    wish = ExportWish(chosen, house.id if house else 0)
    if file is None and as_json:
        print_json({kind.replace("-", "_"): export_rows(context.database, wish)})
        return
    try:
        count = export_file(context.database, wish, file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file or "standard output")) from error
    if file is not None:
        _say(f"{count:,} rows written to {file}.")
    if as_json:
        print_json({"kind": kind, "file": str(file), "rows": count})


COMMANDS = {"import": import_, "export": export}
