"""What labels are printed for."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.catalog.codes import made_codes
from warehouse.catalog.settings import all_reasons
from warehouse.db import Row, Session
from warehouse.office.labels.rules import COMMANDS, PRINTED_MAX, QUANTITIES, Label

_ITEMS = "SELECT sku, barcode, name, name_zh FROM item ORDER BY sku LIMIT :most"
_LOCATIONS = """
SELECT code, barcode, kind, level FROM location WHERE warehouse_id = :warehouse
  AND kind IN ('zone', 'aisle', 'bay', 'level', 'bin', 'dock', 'staging', 'station', 'quarantine')
  AND code LIKE :under ESCAPE '\\'
ORDER BY path, id LIMIT :most"""
_TOTES = """
SELECT code, barcode FROM location WHERE warehouse_id = :warehouse AND kind IN ('tote', 'pallet')
ORDER BY path, id LIMIT :most"""


def items(session: Session, *, only: Sequence[str] = (), chinese: bool = False) -> list[Label]:
    """Items by their barcodes."""
    rows = [row for row in session.all(_ITEMS, most=_most(only)) if not only or row.sku in only or row.barcode in only]
    return [Label(row.barcode, row.sku, row.name_zh if chinese and row.name_zh else row.name) for row in rows]


def locations(session: Session, warehouse_id: int, *, only: Sequence[str] = (), under: str = "") -> list[Label]:
    """Places of a warehouse; `under`: those whose code begins so."""
    like = under.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = session.all(_LOCATIONS, warehouse=warehouse_id, under=like, most=_most(only))
    return [Label(row.barcode, row.code, _arrow(row)) for row in rows if not only or row.code in only]


def totes(session: Session, warehouse_id: int, *, only: Sequence[str] = ()) -> list[Label]:
    """The totes and pallets that are known."""
    rows = session.all(_TOTES, warehouse=warehouse_id, most=_most(only))
    return [Label(row.barcode, row.code) for row in rows if not only or row.code in only]


def new_totes(session: Session, warehouse_id: int, count: int) -> list[Label]:
    """Labels for totes that are still to be used: such a code becomes a tote at its first scan in picking."""
    return [Label(code, code) for code in made_codes(session, "container", count, warehouse_id=warehouse_id)]


def commands(session: Session) -> list[tuple[Label, str]]:
    """Every code that means something everywhere, with the sentence that names it."""
    named = [(Label(code, code), name) for code, name in COMMANDS]
    numbers = [(Label(code, number), "") for code, number in QUANTITIES]
    reasons = [(Label(f"XR{reason}", reason), "") for reason in sorted(all_reasons(session))]
    return named + numbers + reasons


def _most(only: Sequence[str]) -> int:
    return 1_000_000 if only else PRINTED_MAX + 1


def _arrow(row: Row) -> str:
    """Where the bin is seen from its label at eye level, if its level is known."""
    if row.kind != "bin" or not row.level:
        return str(row.kind)
    return "▼ 1" if row.level == 1 else f"▲ {row.level}"
