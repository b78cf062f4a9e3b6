"""Setting up and running: init, demo, start, serve, worker."""

from __future__ import annotations

import click

from warehouse.cli.context import open_all, print_json


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
@click.option("--scale", type=click.Choice(["small"]), default="small", help="how large a company")
def demo(scale: str) -> None:
    """Fills an empty database with an example warehouse."""
    assert scale == "small", "the only one so far"
    from warehouse.demo import DatabaseInUse, make_demo

    context = open_all()
    try:
        token = make_demo(context.database, timezone=context.settings.timezone)
    except DatabaseInUse as error:
        raise click.ClickException(str(error)) from error
    finally:
        context.database.close()
    click.echo(f"An example warehouse is in place. Token of its supervisor: {token}")


@click.command()
def start() -> None:
    """What `make run` calls: sets up what is missing, says how to begin, and serves."""
    from warehouse.demo import is_empty, make_demo
    from warehouse.serve import serve as run

    context = open_all()
    click.echo(f"Pickface on http://{context.settings.bind}")
    if context.database.read(is_empty):
        token = make_demo(context.database, timezone=context.settings.timezone)
        click.echo("A small example warehouse was made. Its supervisor's token, shown this once:")
        click.echo(f"    {token}")
        click.echo("It works every room: curl -X POST -H 'Authorization: Bearer TOKEN' -d key=ANY-NEW-TEXT "
                   f"http://{context.settings.bind}/picking/next")  # fmt: skip
    else:
        click.echo("The data is kept. A new token: .venv/bin/warehouse token add NAME --role supervisor")
    context.database.close()
    run(context.settings)


@click.command()
def serve() -> None:
    """Serves the floor, with the background worker as a process of its own."""
    from warehouse.serve import serve as run

    context = open_all()
    context.database.close()
    run(context.settings)


@click.command(hidden=True)
@click.option("--parent", type=int, default=None)
def worker(parent: int | None) -> None:
    """The background worker alone."""
    from warehouse.worker import work

    work(open_all().database, parent=parent)


COMMANDS = {"init": init, "demo": demo, "start": start, "serve": serve, "worker": worker}
