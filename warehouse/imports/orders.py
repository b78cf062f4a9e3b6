"""Importing customers' orders: complete or set aside (R-ORD-1), and each once (R-ORD-2)."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import Any

from warehouse.clock import now_us
from warehouse.db import Session
from warehouse.ids import new_id
from warehouse.imports import columns
from warehouse.imports.job import Job, Kind, Unit, item_ids
from warehouse.imports.papers import grouped, head_of, refuse_whole
from warehouse.imports.rows import Row
from warehouse.orders import intake
from warehouse.orders.payment import set_paid

LINES = frozenset({"channel", "number", "sku", "quantity", "unit_price"})
"""What each row says for itself: which order it belongs to, and its line."""
PART_LINES = 100
"""So many lines of an order are written in one go; it stays out of sight until all of them are."""


def check_orders(session: Session, job: Job, rows: list[Row]) -> list[Unit]:
    """Orders that are not known yet, and bad ones as what goes to the exception queue."""
    rows = [row for row in rows if not row.skipped]
    items = item_ids(session, {row.values["sku"] for row in rows if row.values["sku"]})
    papers = grouped(rows, _name)
    known = intake.known_orders(session, [(row.values["channel"], row.values["number"]) for row in rows if _named(row)])
    units: list[Unit] = []
    for paper in papers:
        held = known.get((paper[0].values["channel"], paper[0].values["number"]))
        order = _order(paper, items, job)
        if order:
            _compare(session, paper, order, held)
        elif held:
            _refuse_other_content(paper)
        refuse_whole(paper)
        if order and all(row.good for row in paper):
            units += [_payment(held, order, paper)] if held else _parts(session, job, order, paper)
        elif any(row.reasons for row in paper):
            units.append(_aside(paper, job, held.id if held else 0))
    return units


def _named(row: Row) -> bool:
    return bool(row.values["channel"] and row.values["number"])


def _name(row: Row) -> Hashable:
    return (row.values["channel"], row.values["number"]) if _named(row) else row.line


def _order(paper: list[Row], items: dict[str, int], job: Job) -> intake.Order | None:
    """What the rows of an order say together; None, and reasons in its rows, if it is not complete."""
    head = head_of(paper, columns.ORDERS, LINES, job)
    if not any(row.values["sku"] or row.values["quantity"] for row in paper):
        paper[0].refuse("no_lines", "an order needs at least one line")
    for row in paper:
        if row.values["sku"] and row.values["sku"] not in items:
            row.refuse("sku_unknown", row.values["sku"])
    since, until = head.get("deliver_from"), head.get("deliver_until")
    if since and until and until < since:
        paper[0].refuse("deliver_until_invalid", "it ends before it begins")
    if not all(row.good for row in paper):
        return None
    lines = tuple(
        intake.Line(items[row.values["sku"]], row.values["sku"], row.values["quantity"], row.values.get("unit_price"))
        for row in paper
    )
    return intake.Order(
        channel=paper[0].values["channel"], number=paper[0].values["number"], tier=head.get("tier", "standard"),
        confirmed_at=head["confirmed_at"], name=head["name"], phone=head["phone"], region=head["region"],
        city=head.get("city", ""), address=head["address"], paid=head.get("paid"), note=head.get("note", ""),
        deliver_from=since, deliver_until=until, lines=lines,
    )  # fmt: skip


def _compare(session: Session, paper: list[Row], order: intake.Order, held: intake.Known | None) -> None:
    if held is None:
        return
    if held.content_hash != intake.content_hash(session.signer, order):
        _refuse_other_content(paper)
    elif order.paid in {None, held.paid}:
        for row in paper:
            row.skipped = "known"


def _refuse_other_content(paper: list[Row]) -> None:
    for row in paper:
        row.refuse("other_content", f"{row.values['number']} is known with other content")


def _payment(held: intake.Known, order: intake.Order, paper: list[Row]) -> Unit:
    """A known order of which nothing but this is new: it was paid, or its money went back (R-ORD-8)."""
    return Unit({"known": held.id, "paid": bool(order.paid)}, paper)


def _parts(session: Session, job: Job, order: intake.Order, paper: list[Row]) -> list[Unit]:
    order_id = new_id(session) if job.batch_id else 0
    head = intake.order_row(order, order_id, session.signer, batch_id=job.batch_id, at=job.now)
    lines = [(index, line.item_id, line.quantity, line.unit_price) for index, line in enumerate(order.lines, start=1)]
    return [
        Unit({"id": order_id, "head": None if start else head, "lines": lines[start : start + PART_LINES]},
             paper[start : start + PART_LINES])
        for start in range(0, len(lines), PART_LINES)
    ]  # fmt: skip


def _aside(paper: list[Row], job: Job, order_id: int) -> Unit:
    first = paper[0].values
    reasons = list(dict.fromkeys(reason for row in paper for reason, _ in row.reasons))
    rows = [
        {"line": row.line, "cells": row.cells, "reasons": row.explained, "texts": job.texts(row) if job.texts else None}
        for row in paper
    ]
    digest = hashlib.blake2b(repr([row.cells for row in paper]).encode(), digest_size=6).hexdigest()
    aside = {"channel": first["channel"] or "", "number": first["number"] or f"?{digest}", "reasons": reasons,
             "order_id": order_id, "content": {"columns": job.header, "rows": rows, "defaults": dict(job.said),
                                               "timezone": job.read_in or job.timezone}}  # fmt: skip
    return Unit({"aside": aside}, paper)


def apply_orders(session: Session, job: Job, units: list[dict[str, Any]]) -> None:
    """Stores orders out of sight, marks known ones as paid or not, and puts bad ones into the exception queue."""
    orders = [unit for unit in units if "lines" in unit]
    lines = [
        {
            "id": new_id(session),
            "order": unit["id"],
            "line": line,
            "item": item,
            "quantity": quantity,
            "unit_price": price,
        }
        for unit in orders
        for line, item, quantity, price in unit["lines"]
    ]
    intake.stage_orders(session, [unit["head"] for unit in orders if unit["head"]], lines)
    for unit in units:
        if "aside" in unit:
            intake.set_aside(session, **unit["aside"], at=job.now)
        elif "known" in unit:
            set_paid(session, unit["known"], paid=unit["paid"], at=now_us(), device="import")


def finish_orders(session: Session, job: Job) -> None:
    """Shows all orders of the file at once."""
    intake.show_orders(session, job.batch_id, at=job.now)


ORDERS = Kind("orders", columns.ORDERS, check_orders, apply_orders, finish_orders, lines=LINES)
