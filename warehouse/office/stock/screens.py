"""The URLs of stock and of its history; nothing is changed here."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, request

from warehouse.cells import guard
from warehouse.clock import as_datetime, parse_instant
from warehouse.db import Session
from warehouse.errors import N_, Refusal
from warehouse.ledger import seal_all
from warehouse.office.stock import queries
from warehouse.office.stock.rules import CAUSES, COLUMNS, CSV_MAX, FILTERS, SEES, TOO_WIDE
from warehouse.web.answers import as_html, as_json, database, notice_json, wanted
from warehouse.web.identity import identify
from warehouse.web.lists import SIZE, Asked, Filter, Page, asked_for
from warehouse.web.shown import LEVELS, STATES, lies_shown, minute, moves_shown
from warehouse.who import By

blueprint = Blueprint("stock", __name__)
ROLES = SEES


STATE = Filter("state", N_("State"), tuple(FILTERS.items()))
CAUSE = Filter("cause", N_("Cause"), tuple(CAUSES.items()))
TYPED = ("item", "location", "person", "day")
TYPED_MAX = 100


@blueprint.get("/stock")
def look() -> Response:
    """Lists stock: as it lies now, or as it lay at a past instant (`at`)."""
    asked = _asked((STATE,), ("at",))
    try:
        page, by, at, cut = _stock(asked)
    except Refusal as refusal:
        return _not_read(refusal, "office/stock.html", asked, "stock")
    if wanted() == "json":
        return as_json({"stock": page.rows if at else [lie.as_json() for lie in page.rows], "next": page.after or None})
    if at:
        shown = page.shown(lambda row: _then(row, by.timezone))
    else:
        shown = Page(lies_shown(page.rows, by.timezone), asked, page.has_more)
    return as_html("office/stock.html", page=shown, filters=(STATE,), then=minute(at, by.timezone), typed=asked.filters,
                   file=asked.href().replace("/stock", "/stock.csv", 1),
                   notice=notice_json(TOO_WIDE(read=asked.q, most=queries.NAMED_MAX)) if cut else None)  # fmt: skip


@blueprint.get("/stock.csv")
def file() -> Response:
    """The same list as a file, all pages of it; a cell that a spreadsheet would run is made harmless."""
    asked = _asked((STATE,), ("at",))
    page, _, at, _ = _stock(asked, most=CSV_MAX, skip=0)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in page.rows:
        shown = row if at else row.as_json()
        writer.writerow([_cell(shown[name]) for name in COLUMNS])
    headers = {"Content-Disposition": 'attachment; filename="stock.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), 200, headers, content_type="text/csv; charset=utf-8")


@blueprint.get("/moves")
def moves() -> Response:
    """Lists moves, the latest first."""
    asked = _asked((CAUSE,), TYPED)
    search = queries.MoveSearch(
        asked["item"], asked["location"], asked["person"], asked["cause"], asked["day"]
    )  # fmt: skip

    def read(session: Session) -> tuple[By, Page]:
        by = identify(session)
        rows = queries.moves(session, by, search, most=SIZE + 1, skip=(asked.number - 1) * SIZE)
        return by, Page(rows[:SIZE], asked, len(rows) > SIZE)

    try:
        by, page = database().read(read)
    except Refusal as refusal:
        return _not_read(refusal, "office/moves.html", asked, "moves")
    if wanted() == "json":
        return as_json({"moves": queries.moved(page.rows), "next": page.after or None})
    shown = Page(moves_shown(page.rows, by.timezone), asked, page.has_more)
    return as_html("office/moves.html", page=shown, filters=(CAUSE,), typed=asked.filters, causes=CAUSES, notice=None)


def _stock(asked: Asked, *, most: int = SIZE, skip: int | None = None) -> tuple[Page, By, int | None, bool]:
    skip = (asked.number - 1) * SIZE if skip is None else skip

    def now(session: Session) -> tuple[By, int | None, list[Any], bool]:
        by = identify(session)
        at = queries.instant(asked["at"], by.timezone, by.now)
        if at:
            return by, at, [], False
        rows, cut = queries.stock(session, by, asked.q, asked["state"], most=most + 1, skip=skip)
        return by, at, rows, cut

    def then(session: Session, by: By, at: int) -> list[Any]:
        house = queries.house(session, by.warehouse_id)
        return queries.stock_then(session, house, asked.q, asked["state"], at)[skip : skip + most + 1]

    by, at, rows, cut = database().read(now)
    if at:
        seal_all(database(), by.warehouse_id)  # what happened until then must be in the chain to be told
        rows = database().read(lambda session: then(session, by, at))
    return Page(rows[:most], asked, len(rows) > most), by, at, cut


def _asked(filters: tuple[Filter, ...], typed: tuple[str, ...]) -> Asked:
    """What the request asks for; `typed` are filters into which any text may be written."""
    asked = asked_for(filters)
    texts = {name: " ".join(request.args.get(name, "").split())[:TYPED_MAX] for name in typed}
    return Asked(asked.path, asked.q, {**asked.filters, **texts}, asked.sort, asked.number)


def _not_read(refusal: Refusal, template: str, asked: Asked, name: str) -> Response:
    """A filter that cannot be understood: the page says so and lists nothing."""
    if refusal.status != 422 or (wanted() == "json"):  # noqa: PLR2004
        raise refusal
    filters = (STATE,) if name == "stock" else (CAUSE,)
    return as_html(template, refusal.status, page=Page([], asked), filters=filters, then="", typed=asked.filters,
                   causes=CAUSES, file="", notice=notice_json(refusal.notice))  # fmt: skip


def _then(row: dict[str, Any], timezone: str) -> dict[str, Any]:
    """A row of a past instant, as a person reads it."""
    received = parse_instant(row["received_at"], "UTC") if row["received_at"] else None
    return row | {
        "since": as_datetime(received, timezone).strftime("%Y-%m-%d %H:%M") if received else "",
        "level": LEVELS.get(row["state"], "no"), "state": STATES[row["state"]],
    }  # fmt: skip


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return guard(value) if isinstance(value, str) else str(value)
