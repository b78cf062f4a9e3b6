"""The books: verify proves the ledger, stock tells what lies where, now or then."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import Any

import click

from warehouse.cli.context import Context, open_all, pick_warehouse, print_json
from warehouse.clock import parse_instant
from warehouse.db import Row, Session
from warehouse.imports.run import patient_read
from warehouse.ledger import seal_all
from warehouse.ledger.lying import Map, place_map_at, stock_shown
from warehouse.ledger.verify import Proof
from warehouse.ledger.verify import verify as prove

NICE = 10


@click.command()
@click.option("--warehouse", default=None, metavar="CODE", help="proves one warehouse; without it, all")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")
def verify(warehouse: str | None, as_json: bool) -> None:
    """Proves the ledger's laws from scratch and names each fault; exit status 1 if there is one."""
    with suppress(OSError):
        os.nice(NICE)  # the floor goes first
    context = open_all()
    with closing(context.database):
        proofs = {house.code: _prove(context, house.id) for house in _houses(context, warehouse)}
    answer = _together(proofs)
    if as_json:
        print_json(answer)
    else:
        _tell(answer)
    if answer["faults"]:
        raise SystemExit(1)


def _houses(context: Context, code: str | None) -> list[Row]:
    def pick(session: Session) -> list[Row]:
        if code is not None:
            return [pick_warehouse(session, code)]
        return session.all("SELECT id, code, timezone FROM warehouse ORDER BY made_at, id")

    return context.database.read(pick)


def _prove(context: Context, warehouse_id: int) -> Proof:
    return patient_read(context.database, lambda session: prove(session, warehouse_id))


def _together(proofs: dict[str, Proof]) -> dict[str, Any]:
    faults = [{"warehouse": code, **fault} for code, proof in proofs.items() for fault in proof.as_json()["faults"]]
    counted = {
        name: sum(getattr(proof, name) for proof in proofs.values()) for name in ("postings", "moves", "unsealed")
    }
    return {"ok": not faults, **counted, "faults": faults}


def _tell(answer: dict[str, Any]) -> None:
    for fault in answer["faults"]:
        click.echo(f"{fault['warehouse']}: {fault['law']}: {fault['row']}: expected {fault['expected']}, "
                   f"found {fault['found']}")  # fmt: skip
    click.echo(f"{answer['postings']:,} postings, {answer['moves']:,} moves, {answer['unsealed']:,} not sealed yet: "
               + (f"{len(answer['faults']):,} faults." if answer["faults"] else "every law holds."))  # fmt: skip


@click.command()
@click.option("--sku", default="", help="one item only")
@click.option("--location", default=None, metavar="CODE", help="one place, container or part of the warehouse only")
@click.option("--at", default=None, metavar="TIME", help="a past instant, ISO 8601; without a zone local time")
@click.option("--warehouse", default=None, metavar="CODE", help="needed only where there are several")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on standard output")
def stock(sku: str, location: str | None, at: str | None, warehouse: str | None, as_json: bool) -> None:
    """What lies where, now or at a past instant."""
    context = open_all()
    with closing(context.database):
        rows = _stock(context, warehouse, sku=sku, location=location, at=at)
    if as_json:
        print_json({"stock": rows})
    else:
        _table(rows)


def _stock(
    context: Context, warehouse: str | None, *, sku: str, location: str | None, at: str | None
) -> list[dict[str, Any]]:
    house = context.database.read(lambda session: pick_warehouse(session, warehouse))
    instant = _instant(at, house.timezone)
    if instant is not None:
        seal_all(context.database, house.id)
    return patient_read(
        context.database, lambda session: stock_rows(session, house, sku=sku, location=location, at=instant)
    )


def _instant(text: str | None, timezone: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_instant(text, timezone)
    except (ValueError, OverflowError):
        raise click.UsageError(f"--at {text}: expected a time such as 2026-11-22T09:30:00+08:00") from None


def stock_rows(
    session: Session, house: Row, *, sku: str = "", location: str | None = None, at: int | None = None
) -> list[dict[str, Any]]:
    """The stock of a warehouse as the command shows it."""
    if sku and session.one("SELECT 1 AS one FROM item WHERE sku = :sku", sku=sku) is None:
        raise click.UsageError(f"there is no item {sku}")
    map_ = place_map_at(session, house.id, at)
    return stock_shown(session, house, map_, sku=sku, only=_named(map_, location), at=at)


def _named(map_: Map, code: str | None) -> int | None:
    if code is None:
        return None
    found = next((row.id for row in map_.rows.values() if code in {row.code, row.barcode}), None)
    if found is None:
        raise click.UsageError(f"there is no location {code}")
    return int(found)


_WIDTHS = {"sku": 16, "location": 14, "container": 12, "lot": 12, "serial": 12, "expiry": 10, "state": 18}


def _table(rows: list[dict[str, Any]]) -> None:
    click.echo("  ".join(name.ljust(width) for name, width in _WIDTHS.items()) + "  quantity  reserved")
    for row in rows:
        cells = [str(row[name] or "").ljust(width) for name, width in _WIDTHS.items()]
        reserved = "" if row["reserved"] is None else row["reserved"]
        click.echo("  ".join(cells) + f"  {row['quantity']:>8}  {reserved:>8}")


COMMANDS = {"verify": verify, "stock": stock}
