"""The URLs of stock by age (R-SAF-6)."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response

from warehouse.cells import guard
from warehouse.clock import day_of, iso_day
from warehouse.db import Row, Session
from warehouse.errors import N_
from warehouse.money import money, plain
from warehouse.office.planning.rules import SEES
from warehouse.office.planning.screens import name_of
from warehouse.planning import ages
from warehouse.web.answers import as_html, as_json, database, wanted
from warehouse.web.identity import identify
from warehouse.web.language import say
from warehouse.web.lists import READ, Asked, Filter, Page, asked_for, page_of
from warehouse.who import By

blueprint = Blueprint("ages", __name__)
ROLES = SEES
CSV_MAX = 100_000
BY = {"item": N_("Item"), "supplier": N_("Supplier"), "zone": N_("Zone"), "class": N_("Class")}
FILTERS = (Filter("by", N_("Summed by"), tuple(BY.items())),)
_BANDS = range(len(ages.BANDS) + 1)
COLUMNS = (
    "by", "code", "name", "quantity", "value", "currency", "oldest_day", "without_cost",
    *(f"{what}_{name}" for name in ("0_30", "31_90", "91_180", "181_365", "over_365") for what in ("quantity", "value")),
)  # fmt: skip
"""Headings of the CSV: for programs, so never translated. Money is in yuan with two decimals."""


@blueprint.get("/slow-movers/age")
def look() -> Response:
    """Stock by age, in bands of days."""
    asked = asked_for(FILTERS, ("", "age"))
    page, together, by = _read(asked, most=READ, skip=asked.skip)
    today = day_of(by.now, by.timezone)
    if wanted() == "json":
        rows = [_as_json(row, asked, today) for row in page.rows]
        return as_json({"by": _key(asked), "currency": "CNY", "rows": rows, "warehouse": _sums(together, today),
                        "next": page.after or None})  # fmt: skip
    every = _shown(together, today) | {"code": say(N_("All"), {}), "name": "", "href": ""}
    return as_html(
        "office/stock_age.html", page=page.shown(lambda row: _shown(row, today) | _named(row, asked)), choices=BY,
        every=every, key=_key(asked), bands=[_band(band) for band in _BANDS], says=say(BY[_key(asked)], {}),
        file=asked.href().replace("/age", "/age.csv", 1),
    )  # fmt: skip


@blueprint.get("/slow-movers/age.csv")
def file() -> Response:
    """The same as a file, all pages of it; a cell that a spreadsheet would run is made harmless."""
    asked = asked_for(FILTERS, ("", "age"))
    page, _, _ = _read(asked, most=CSV_MAX, skip=0)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in page.rows:
        sums = [
            cell for band in _BANDS for cell in (getattr(row, f"quantity_{band}"), plain(_int(row, f"value_{band}")))
        ]
        writer.writerow([_key(asked), guard(row.code), guard(name_of(row)), row.quantity, plain(_int(row, "value")), "CNY",
                         iso_day(row.oldest_day), row.unvalued, *sums])  # fmt: skip
    headers = {"Content-Disposition": 'attachment; filename="stock-age.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), 200, headers, content_type="text/csv; charset=utf-8")


def _read(asked: Asked, *, most: int, skip: int) -> tuple[Page, Row, By]:
    def read(session: Session) -> tuple[list[Row], Row, By]:
        by = identify(session)
        search = ages.Search(_key(asked), asked.q, asked.sort)
        return ages.ages(session, by, search, most=most, skip=skip), ages.together(session, by), by

    rows, together, by = database().read(read)
    return (page_of(rows, asked) if most == READ else Page(rows, asked)), together, by


def _key(asked: Asked) -> str:
    return asked["by"] or "item"


def _int(row: Row, name: str) -> int:
    return int(getattr(row, name) or 0)


def _band(band: int) -> str:
    first, last = ages.edges(band)
    if last is None:
        return say(N_("over %(days)s days"), {"days": first - 1})
    return say(N_("%(first)s–%(last)s days"), {"first": first, "last": last})


def _sums(row: Row, today: int) -> dict[str, Any]:
    """What programs read of a row; values in CNY minor units."""
    return {
        "quantity": _int(row, "quantity"), "value": _int(row, "value"), "without_cost": _int(row, "unvalued"),
        "oldest_day": iso_day(row.oldest_day), "oldest_days": today - row.oldest_day if row.oldest_day else None,
        "bands": [{"from": ages.edges(band)[0], "until": ages.edges(band)[1], "quantity": _int(row, f"quantity_{band}"),
                   "value": _int(row, f"value_{band}")} for band in _BANDS],
    }  # fmt: skip


def _as_json(row: Row, asked: Asked, today: int) -> dict[str, Any]:
    return {"id": str(row.id) if row.id else None, "code": row.code, "name": name_of(row),
            "href": _named(row, asked)["href"] or None} | _sums(row, today)  # fmt: skip


def _named(row: Row, asked: Asked) -> dict[str, Any]:
    at = {"item": f"/safety-stock/{row.id}", "supplier": f"/proposals/{row.id}/terms", "zone": f"/locations/{row.id}"}
    return {"code": row.code or "–", "name": name_of(row), "href": at.get(_key(asked), "") if row.id else ""}


def _shown(row: Row, today: int) -> dict[str, Any]:
    return {
        "quantity": _int(row, "quantity"), "value": money(_int(row, "value")), "unvalued": _int(row, "unvalued"),
        "oldest": today - row.oldest_day if row.oldest_day else "",
        "bands": [(_int(row, f"quantity_{band}"), money(_int(row, f"value_{band}"))) for band in _BANDS],
    }  # fmt: skip
