"""Setting up and running: init, demo, start, serve, worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from warehouse.cli.context import open_all, print_json

if TYPE_CHECKING:
    from warehouse.demo import Person


@click.command()
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")
def init(as_json: bool) -> None:
    """Creates or migrates the database; safe to repeat."""
    context = open_all()
    context.database.close()
    click.echo(f"The database is ready in {context.settings.home}.", err=True)
    if as_json:
        print_json({"ok": True, "home": str(context.settings.home), "database": context.database.dialect})


@click.command()
@click.option("--scale", type=click.Choice(["small", "large"]), default="small", help="how large a company")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")
def demo(scale: str, as_json: bool) -> None:
    """Fills an empty database with a demo company."""
    from warehouse.demo import DatabaseInUse, make_demo

    context = open_all()
    try:
        made = make_demo(context.database, timezone=context.settings.timezone, scale=scale)
    except DatabaseInUse as error:
        raise click.ClickException(str(error)) from error
    finally:
        context.database.close()
    if as_json:
        people = [
            {"name": name, "roles": list(roles), "badge": badge, "pin": pin} for name, roles, badge, pin in made.people
        ]
        print_json({"token": made.token, "people": people})
        return
    click.echo("A demo company is in place.")
    _show_people(made.people)
    _show_token(made.token)


@click.command()
def start() -> None:
    """What `make run` calls: sets up what is missing, says how to begin, and serves."""
    from warehouse.demo import is_empty, make_demo, people_here
    from warehouse.serve import serve as run

    context = open_all()
    address = f"http://{context.settings.bind}"
    token = ""
    if context.database.read(is_empty):
        click.echo("A new database: making the demo company …", err=True)
        token = make_demo(context.database, timezone=context.settings.timezone).token
    else:
        click.echo("The data is kept. A new person: .venv/bin/warehouse user add NAME --role picker")
        click.echo("                  A new token: .venv/bin/warehouse token add NAME --role supervisor")
    if people := context.database.read(people_here):
        _show_people(people)
    if token:
        _show_token(token)
    click.echo(f"\nPickface is on {address} — sign in there with a badge and its PIN (scan or type them).")
    click.echo(
        f"Barcodes to scan: {address}/labels/demo.pdf (signed in), or .venv/bin/warehouse labels demo --out demo.pdf"
    )
    context.database.close()
    run(context.settings)


def _show_people(people: tuple[Person, ...]) -> None:
    """The demo's badges and PINs; they are the same in every demo, so they guard nothing."""
    click.echo("\nBadges and PINs of the demo (for trying out; never in use with real data):")
    for name, roles, badge, pin in people:
        click.echo(f"  {badge}  {pin}  {', '.join(roles):<18}  {name}")


def _show_token(token: str) -> None:
    click.echo("\nA supervisor's token for programs, shown this once; it works every room:")
    click.echo(f"    {token}")


@click.command()
@click.option("--no-worker", is_flag=True, help="the worker runs as a service of its own")
def serve(no_worker: bool) -> None:
    """Serves the floor, with the background worker as a process of its own."""
    from warehouse.serve import serve as run

    context = open_all()
    context.database.close()
    run(context.settings, worker=not no_worker)


@click.command()
@click.option("--parent", type=int, default=None, hidden=True)
def worker(parent: int | None) -> None:
    """The background worker alone, beside `warehouse serve --no-worker`."""
    from warehouse.worker import work

    context = open_all()
    work(context.database, parent=parent, smtp_url=context.settings.smtp_url)


COMMANDS = {"init": init, "demo": demo, "start": start, "serve": serve, "worker": worker}
