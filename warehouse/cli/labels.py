"""Labels as files: for any printer, for label printers, or as pictures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from warehouse.cli.context import open_all, pick_warehouse, print_json
from warehouse.db import Session
from warehouse.office.labels import queries, sheets
from warehouse.office.labels.rules import FORMS, TOTES_MAX

KINDS = ("items", "locations", "totes", "badges", "commands", "demo")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--format", "form", type=click.Choice(["pdf", "zpl", "png"]), default="pdf", help="pdf unless told")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="the file; else standard output")
@click.option("--only", multiple=True, metavar="CODE", help="may be repeated; of badges, the person's name")
@click.option("--under", default="", metavar="CODE", help="of locations: one place, and what lies inside it")
@click.option("--new", "new", type=click.IntRange(1, TOTES_MAX), help="of totes: so many that are still to be used")
@click.option("--warehouse", default=None, metavar="CODE", help="needed only where there are several")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output; needs --out")
def labels(
    kind: str, form: str, out: Path | None, only: tuple[str, ...], under: str, new: int | None, warehouse: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Prints barcode labels. A badge is printed only when it is issued: --only NAME gives that person a new one."""
    if (under and kind != "locations") or (new and kind != "totes") or (only and kind in {"commands", "demo"}):
        raise click.UsageError(f"this option does not belong to {kind}")
    if out is None and (as_json or sys.stdout.isatty()):
        raise click.UsageError("name the file: --out FILE")
    with closing(open_all().database) as database:
        sections = (database.change if new or (kind == "badges" and only) else database.read)(
            lambda session: _sections(session, kind, only, under, new, warehouse)
        )
    content = sheets.printed(form, kind, sections)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    out.write_bytes(content)
    count = sum(len(each) for _, each in sections)
    click.echo(f"{count:,} labels written to {out}.", err=True)
    if as_json:
        print_json({"kind": kind, "format": form, "file": str(out), "labels": count})


def _sections(
    session: Session, kind: str, only: Sequence[str], under: str, new: int | None, code: str | None
) -> list[sheets.Section]:
    warehouse_id = int(pick_warehouse(session, code).id) if kind in {"locations", "totes", "demo"} else 0
    if kind == "demo":
        return sheets.demo(session, warehouse_id)
    if new:
        return [(FORMS[kind], queries.tote_labels(queries.new_totes(session, warehouse_id, new)))]
    if kind == "badges" and only:
        return [(FORMS[kind], queries.issue_badges(session, only))]
    return [(FORMS[kind], sheets.labels_of(session, kind, warehouse_id=warehouse_id, only=only, under=under))]


COMMANDS = {"labels": labels}
