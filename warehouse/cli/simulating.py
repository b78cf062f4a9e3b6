"""simulate: robots work a shift, with everything that goes wrong, and the books are proven afterwards."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from warehouse.cli.context import print_json

SEEDS = 1_000_000


@click.command()
@click.option("--hours", type=click.FloatRange(min=0.01, max=1000), default=1.0, show_default=True,
              help="length of the shift; its time is compressed: 240 scans a worker an hour")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 64), default=8, show_default=True, help="robots, beside their chief")
@click.option("--counters", type=click.IntRange(0, 16), default=2, show_default=True,
              help="robots that count bins, beside the workers; two bear each other out")  # fmt: skip
@click.option(
    "--desks", type=click.IntRange(0, 6), default=2, show_default=True,
    help="how many of them scan by serial scanner and agent",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=None, help="the same seed tells the same story; else by chance"
)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True,
              help="the kind of database that is made for this shift and thrown away")  # fmt: skip
@click.option("--here", is_flag=True, help="in the configured database, if it is empty or the demo; what happens stays")
@click.option("--warehouse", default="", metavar="CODE", help="needed only where there are several")
@click.option("--at-once", is_flag=True, help="all robots at the same time; only the outcome is proven, no story")
@click.option("--story", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="writes down who did what and what was said, a line an act")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")
def simulate(
    hours: float,
    workers: int,
    counters: int,
    desks: int,
    seed: int | None,
    database: str,
    here: bool,
    warehouse: str,
    at_once: bool,
    story: Path | None,
    as_json: bool,
) -> None:
    """Robots work the floor over HTTP, with faults; ends with verify, the FIFO audit, and the book against the floor.

    Exit status 1 where anything happened that must not.
    """
    from warehouse.children import ends_when_told
    from warehouse.simulate import Plan, play
    from warehouse.simulate.arrivals import CommandFailed
    from warehouse.simulate.client import Unanswered
    from warehouse.simulate.place import NotHere

    plan = Plan(
        secrets.randbelow(SEEDS) if seed is None else seed, hours=hours, workers=workers, database=database, here=here,
        warehouse=warehouse, at_once=at_once, desks=desks, counters=counters,
    )  # fmt: skip
    click.echo(f"A shift of {hours:g} h with {workers} workers, seed {plan.seed}.", err=True)
    try:
        with ends_when_told():
            report = play(plan, say=lambda text: click.echo(text, err=True))
    except NotHere as error:
        raise click.UsageError(str(error)) from error
    except (Unanswered, CommandFailed) as error:
        raise click.ClickException(f"{error} (seed {plan.seed})") from error
    if story is not None:
        story.write_text("\n".join(report.told) + "\n", encoding="utf-8")
    if as_json:
        print_json(report.as_json())
    else:
        for line in report.lines():
            click.echo(line)
    if not report.ok:
        raise SystemExit(1)


COMMANDS = {"simulate": simulate}
