"""bench: the measurements, as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from warehouse.bench import LONG, NAMES, Figure, as_json, run
from warehouse.cli.context import print_json


@click.command()
@click.argument("name", required=False, type=click.Choice(NAMES + LONG))
@click.option("--database", "databases", multiple=True, type=click.Choice(["sqlite", "postgresql"]))
@click.option("--seconds", type=float, default=5.0, help="how long each rate is measured")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="writes the figures as JSON too")
@click.option("--json", "json_only", is_flag=True, help="one JSON document on standard output")
def bench(name: str | None, databases: tuple[str, ...], seconds: float, out: Path | None, json_only: bool) -> None:
    """Measures, each figure beside its yardstick in the same run."""
    figures = []
    for figure in run((name,) if name else NAMES, databases=databases or ("sqlite", "postgresql"), seconds=seconds):
        figures.append(figure)
        click.echo(_line(figure), err=json_only)
    if out:
        out.write_text(json.dumps(as_json(figures), indent=1) + "\n")
    if json_only:
        print_json(as_json(figures))


_REACHED = {True: "", False: "MISSED", None: ""}


def _line(figure: Figure) -> str:
    ratio = f"{figure.ratio:6.2f} of {figure.yardstick:,.1f}" if figure.ratio is not None else ""
    return (f"{figure.bench:<10} {figure.database:<11} {figure.name:<34} {figure.value:>12,.2f} {figure.unit:<6} "
            f"{ratio:<22} {figure.asked:<14} {_REACHED[figure.reached]}").rstrip()  # fmt: skip


COMMANDS = {"bench": bench}
