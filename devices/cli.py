"""`warehouse-station`: the agent at a desk, and `decode`, which shows what bytes from a scanner mean."""

from __future__ import annotations

import json
import re
import sys
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO

import click

from devices.decoding import Decoder
from devices.profiles import Line, UnknownProfile, profile_named
from devices.vectors import check, vectors_in

PROFILE = "cr_lf"
PIECE = 65_536
_BITS = re.compile(r"[5-8][NEOMS][12]", re.ASCII)


class _Default(click.Group):
    """Without a command's name the agent runs: `warehouse-station --server URL …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"-h", "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Default, context_settings={"help_option_names": ["-h", "--help"]})
def station() -> None:
    """The agent at a desk with serial scanners."""


@station.command()
@click.option("--server", default="", envvar="WAREHOUSE_STATION_SERVER", help="The server's address; else as enrolled.")
@click.option("--token", default="", envvar="WAREHOUSE_STATION_TOKEN", help="This desk's token; else as enrolled.")
@click.option("--scanner", "scanners", multiple=True, help="A port; several may follow.", metavar="PORT[,NAME=VALUE]…")
@click.option("--profile", default=PROFILE, help="How scanners are set up that do not say it themselves.")
@click.option("--spool", type=click.Path(path_type=Path), default=None, help="Where scans are kept until answered.")
@click.option("--verbose", is_flag=True, help="Logs every answer.")
@click.argument("more", nargs=-1)
def run(
    server: str,
    token: str,
    scanners: tuple[str, ...],
    profile: str,
    spool: Path | None,
    verbose: bool,
    more: tuple[str, ...],
) -> None:
    """Reads serial scanners and sends what they say until it is stopped.

    A scanner is a port (any address that pyserial knows), and may say how it is set up:
    /dev/ttyACM0,profile=honeywell,baud=115200,line=7E1
    """
    from devices.running import kept_enrolment, run_agent

    kept = {} if server and token else kept_enrolment()
    server, token = server or kept.get("server", ""), token or kept.get("token", "")
    if not server or not token:
        raise click.UsageError(
            "this desk is not enrolled: run `warehouse-station enrol --server URL CODE`, or give --server and --token"
        )
    _check_address(server)
    if not token.isascii() or not token.isprintable():
        raise click.UsageError("--token: expected the token as the server showed it")
    ports = (*scanners, *more)
    if not ports:
        raise click.UsageError("name at least one --scanner")
    lines = [_line(port, profile) for port in ports]
    names = [line.port for line in lines]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"{twice[0]} is named twice; one scanner has one port")
    run_agent(server, token, lines, spool, station=kept.get("station", ""), verbose=verbose)


@station.command()
@click.option("--server", required=True, envvar="WAREHOUSE_STATION_SERVER", help="The server's address.")
@click.argument("code")
def enrol(server: str, code: str) -> None:
    """Makes this computer the agent of a desk, by the one-time CODE that the server's page Desks shows."""
    from devices.running import check_home, keep_enrolment
    from devices.server import NotEnrolled
    from devices.server import enrol as ask

    _check_address(server)
    try:
        check_home()
    except OSError as error:
        raise click.ClickException(f"the token could not be kept ({error}); the code is still good") from error
    try:
        given = ask(server, code)
    except NotEnrolled as error:
        raise click.ClickException(str(error)) from error
    path = keep_enrolment(server, given["token"], given["station"])
    click.echo(f"This computer is the agent of {given['station']} now. Its token is kept in {path}.")
    click.echo("Next: warehouse-station --scanner PORT")


def _check_address(server: str) -> None:
    from devices.server import is_address

    if not is_address(server):
        raise click.UsageError(f"--server {server}: expected http://HOST[:PORT] or https://HOST[:PORT]")


def _line(text: str, profile: str) -> Line:
    port, *options = text.split(",")
    named = {"profile": profile, "baud": "9600", "line": "8N1"}
    for option in options:
        name, _, value = option.partition("=")
        if name not in named:
            raise click.UsageError(f"{text}: no option {name!r}; known are {', '.join(named)}")
        named[name] = value
    if not named["baud"].isascii() or not named["baud"].isdigit() or not _BITS.fullmatch(named["line"]) or not port:
        raise click.UsageError(f"{text}: expected PORT,baud=NUMBER,line=8N1")
    try:
        return Line(port, profile_named(named["profile"]), int(named["baud"]), named["line"])
    except UnknownProfile as error:
        raise click.UsageError(str(error)) from error


@station.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--profile", default=PROFILE, help="How the scanner is set up: cr_lf, tab, stx_etx, zebra_ssi …")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day from which two-digit years are understood.")
@click.option("--vectors", type=click.File("r", encoding="utf-8"), help="Checks a file of device vectors instead.")
@click.option("--json", "as_json", is_flag=True, help="With --vectors: one JSON document.")
def decode(file: BinaryIO, profile: str, as_of: datetime | None, vectors: TextIO | None, as_json: bool) -> None:
    """Writes one line of JSON for each scan that the bytes of FILE (or standard input) hold."""
    if vectors:
        sys.exit(_check(vectors, as_json=as_json))
    _decode(file, profile, as_of.date() if as_of else None)


def _decode(file: BinaryIO, profile: str, today: date | None) -> None:
    try:
        decoder = Decoder(profile_named(profile), today)
    except UnknownProfile as error:
        raise click.UsageError(str(error)) from error
    read = getattr(file, "read1", file.read)  # a pipe is decoded as it comes
    while piece := read(PIECE):
        for found in decoder.feed(piece):
            _write(found.scan, today)
    for found in decoder.idle():
        _write(found.scan, today)


def _write(scan: dict[str, object] | None, today: date | None) -> None:
    if scan:
        dated = {"as_of": today.isoformat()} if today else {}
        click.echo(json.dumps(scan | dated, ensure_ascii=False))


def _check(file: TextIO, *, as_json: bool) -> int:
    checked, faults = 0, []
    try:
        for vector in vectors_in(file):
            checked += 1
            try:
                fault = check(vector)
            except UnknownProfile as error:
                raise ValueError(f"{vector['name']}: {error}") from error
            if fault:
                faults.append(fault)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not checked:
        raise click.UsageError("--vectors: expected at least one scan vector, none came")
    if as_json:
        names = [{"name": fault.name, "expected": fault.expected, "got": fault.got} for fault in faults]
        click.echo(json.dumps({"checked": checked, "failed": len(faults), "faults": names}, ensure_ascii=False))
        return bool(faults)
    for fault in faults:
        click.echo(f"{fault.name}\n  expected {fault.expected}\n  got      {fault.got}")
    click.echo(f"{checked} scan vectors, {len(faults)} otherwise than expected")
    return bool(faults)


def main() -> NoReturn:
    """Runs a command. Exit 0 is success, 1 a vector that came out otherwise, 2 wrong usage."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    station(prog_name="warehouse-station")
    sys.exit(0)
