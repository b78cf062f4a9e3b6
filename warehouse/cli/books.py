"""The books: verify proves the ledger, stock tells what lies where, now or then."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing, suppress
from typing import Any

import click

from warehouse.catalog.locations import CONTAINERS
from warehouse.cli.context import Context, open_all, pick_warehouse, print_json
from warehouse.clock import day_of, iso, iso_day, now_us, parse_instant
from warehouse.db import Row, Session
from warehouse.imports.exports import Map, place_map
from warehouse.imports.run import patient_read
from warehouse.ledger import seal_all
from warehouse.ledger.history import holders_at, stock_at, stock_now
from warehouse.ledger.verify import Proof
from warehouse.ledger.verify import verify as prove

NICE = 10

STATES = ("recalled", "rejected", "expired", "pending_inspection", "hold", "no_papers", "short")
"""The states of stock that is held back, the gravest first; a row shows the gravest that applies to it."""

SHOWN_AS = {"no_papers": "hold"}


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
    if at is None:
        rows, map_ = stock_now(session, house.id, sku=sku), place_map(session, house.id)
    else:
        rows, map_ = (
            stock_at(session, house.id, at, sku=sku),
            place_map(session, house.id, holders_at(session, house.id, at)),
        )
    only = _named(map_, location)
    blocks = _Blocks(session, house, now_us() if at is None else at)
    return [
        _shown(row, map_, blocks)
        for row in rows
        if _is_own(map_, row) and (only is None or map_.inside(row.holder_id, only))
    ]


def _named(map_: Map, code: str | None) -> int | None:
    if code is None:
        return None
    found = next((row.id for row in map_.rows.values() if code in {row.code, row.barcode}), None)
    if found is None:
        raise click.UsageError(f"there is no location {code}")
    return int(found)


def _is_own(map_: Map, row: Row) -> bool:
    return bool(map_.place(row.holder_id).kind != "outside")


def _shown(row: Row, map_: Map, blocks: _Blocks) -> dict[str, Any]:
    holder = map_.rows[row.holder_id]
    place = map_.place(row.holder_id)
    return {
        "sku": row.sku, "location": None if place.kind in CONTAINERS else place.code,
        "container": holder.code if holder.kind in CONTAINERS else None, "lot": row.lot, "serial": row.serial or None,
        "expiry": iso_day(row.lot_expiry or row.layer_expiry), "received_at": iso(row.received_at),
        "state": blocks.state(row), "quantity": int(row.quantity),
        "reserved": None if row.reserved is None else int(row.reserved),
    }  # fmt: skip


class _Blocks:
    """What held stock back at an instant."""

    def __init__(self, session: Session, house: Row, at: int) -> None:
        self._day = day_of(at, house.timezone)
        self._by_item: dict[int, list[Row]] = {}
        for row in _open_blocks(session, house.id, at):
            self._by_item.setdefault(row.item_id, []).append(row)

    def state(self, row: Row) -> str:
        """The gravest state that applies to a stock row, or available."""
        kinds = {block.kind for block in self._by_item.get(row.item_id, ()) if _holds(block, row)}
        if row.last_day < self._day:
            kinds.add("expired")
        found = next((state for state in STATES if state in kinds), "available")
        return SHOWN_AS.get(found, found)


def _open_blocks(session: Session, warehouse_id: int, at: int) -> Iterable[Row]:
    return session.all(
        """SELECT item_id, lot_id, layer_id, location_id, kind FROM block
           WHERE warehouse_id = :warehouse AND opened_at <= :at AND (closed_at IS NULL OR closed_at > :at)""",
        warehouse=warehouse_id, at=at,
    )  # fmt: skip


def _holds(block: Row, row: Row) -> bool:
    return (
        block.lot_id in {0, row.lot_id}
        and block.layer_id in {0, row.layer_id}
        and block.location_id in {0, row.holder_id}
    )


_WIDTHS = {"sku": 16, "location": 14, "container": 12, "lot": 12, "serial": 12, "expiry": 10, "state": 18}


def _table(rows: list[dict[str, Any]]) -> None:
    click.echo("  ".join(name.ljust(width) for name, width in _WIDTHS.items()) + "  quantity  reserved")
    for row in rows:
        cells = [str(row[name] or "").ljust(width) for name, width in _WIDTHS.items()]
        reserved = "" if row["reserved"] is None else row["reserved"]
        click.echo("  ".join(cells) + f"  {row['quantity']:>8}  {reserved:>8}")


COMMANDS = {"verify": verify, "stock": stock}
