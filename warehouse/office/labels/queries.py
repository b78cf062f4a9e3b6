"""What labels are printed for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.catalog.codes import COMPANY, made_codes
from warehouse.catalog.lookup import parts
from warehouse.catalog.settings import all_reasons
from warehouse.db import Row, Session
from warehouse.demo.people import DEMO_TOTES, people_here
from warehouse.office.labels.names import REASONS, both
from warehouse.office.labels.rules import COMMANDS, PRINTED_MAX, QUANTITIES, Label, NothingToPrint
from warehouse.people.actions import new_badge
from warehouse.people.rules import ROLE_NAMES

_ITEMS = "SELECT sku, barcode, name, name_zh FROM item {where} ORDER BY sku LIMIT :most"
_LOCATIONS = """
SELECT code, barcode, kind, level FROM location WHERE warehouse_id = :warehouse
  AND kind IN ('site', 'zone', 'aisle', 'bay', 'level', 'bin', 'dock', 'staging', 'station', 'quarantine') {where}
ORDER BY path, id LIMIT :most"""
_TOTES = """
SELECT code, barcode FROM location WHERE warehouse_id = :warehouse AND kind IN ('tote', 'pallet') {where}
ORDER BY path, id LIMIT :most"""
_UNDER = """ AND id IN (
    WITH RECURSIVE inside (id) AS (
        SELECT ref_id FROM code WHERE text = :under AND scope_id = :warehouse AND kind = 'location'
        UNION SELECT l.id FROM location l JOIN inside i ON l.parent_id = i.id WHERE l.warehouse_id = :warehouse)
    SELECT id FROM inside)"""


def items(session: Session, *, only: Sequence[str] = ()) -> list[Label]:
    """Items by their barcodes; `only`: those that one of these codes names."""
    rows = _named(session, _ITEMS, "WHERE", only, kind="item", scope=COMPANY)
    return [Label(row.barcode, row.sku, tuple(filter(None, (row.name, row.name_zh))), row.barcode) for row in rows]


def locations(session: Session, warehouse_id: int, *, only: Sequence[str] = (), under: str = "") -> list[Label]:
    """Places of a warehouse; `under`: one place, and what lies inside it."""
    sql = _LOCATIONS.replace("{where}", "{where}" + (_UNDER if under else ""))
    more = {"under": under} if under else {}
    rows = _named(session, sql, "AND", only, kind="location", scope=warehouse_id, **more)
    return [Label(row.barcode, row.code, caption=row.barcode, level=_level(row)) for row in rows]


def totes(session: Session, warehouse_id: int, *, only: Sequence[str] = ()) -> list[Label]:
    """The totes and pallets that are known."""
    rows = _named(session, _TOTES, "AND", only, kind="location", scope=warehouse_id)
    return [Label(row.barcode, row.code, caption=row.barcode) for row in rows]


def new_totes(session: Session, warehouse_id: int, count: int) -> list[str]:
    """Codes of totes that are still to be used: such a code becomes a tote at its first scan in picking."""
    return made_codes(session, "container", count, warehouse_id=warehouse_id)


def tote_labels(codes: Sequence[str]) -> list[Label]:
    """Labels of totes by their codes."""
    return [Label(code, code) for code in codes]


def commands(session: Session) -> list[Label]:
    """Every code that means something everywhere, with its name in both languages."""
    named = [Label(code, both(name), caption=code) for code, name in COMMANDS]
    numbers = [Label(code, number, caption=code) for code, number in QUANTITIES]
    reasons = [
        Label(f"XR{reason}", both(REASONS[reason]) if reason in REASONS else reason, caption=f"XR{reason}")
        for reason in sorted(all_reasons(session))
    ]
    return named + numbers + reasons


def demo_badges(session: Session) -> list[Label]:
    """The fixed badges of the demo's people, and their PINs; none in a real installation."""
    return [badge(name, roles, text, f"{text}   PIN {pin}") for name, roles, text, pin in people_here(session)]


def demo_things(session: Session, warehouse_id: int) -> list[Label]:
    """A few things to scan on the first tour: papers, docks, stations, totes."""
    papers = session.all(
        """SELECT p.number, p.barcode, s.name FROM purchase_order p JOIN supplier s ON s.id = p.supplier_id
           WHERE p.warehouse_id = :warehouse AND p.state = 'open' ORDER BY p.due_at, p.id LIMIT 6""",
        warehouse=warehouse_id,
    )  # fmt: skip
    places = session.all(
        """SELECT code, barcode FROM location WHERE warehouse_id = :warehouse AND kind IN ('dock', 'station')
           ORDER BY path, id LIMIT 8""", warehouse=warehouse_id)  # fmt: skip
    return [
        *(Label(row.barcode, row.number, (row.name,), row.barcode) for row in papers),
        *(Label(row.barcode, row.code, caption=row.barcode) for row in places), *tote_labels(DEMO_TOTES),
    ]  # fmt: skip


def issue_badges(session: Session, names: Sequence[str]) -> list[Label]:
    """New badges for people by their names; their old badges and sessions end at once.

    Raises:
        NothingToPrint: one of them is nobody's name who works here; then nobody gets one.
    """
    return [badge(row.name, row.roles.split(), new_badge(session, row.id)) for row in [
        _person(session, name) for name in dict.fromkeys(names)]]  # fmt: skip


def _person(session: Session, name: str) -> Row:
    row = session.one(
        "SELECT id, name, roles FROM person WHERE kind = 'person' AND active = 1 AND name = :name", name=name
    )
    if row is None:
        raise NothingToPrint(read=name)
    return row


def badge(name: str, roles: Sequence[str], text: str, caption: str = "") -> Label:
    """A person's badge."""
    return Label(text, name, tuple(both(ROLE_NAMES[role]) for role in roles), caption, twice=True)


def _named(
    session: Session, sql: str, joined: str, only: Sequence[str], *, kind: str, scope: int, **more: Any
) -> list[Row]:
    """The rows, or those that some codes name.

    Raises:
        NothingToPrint: one of the codes names no such thing.
    """
    if scope != COMPANY:
        more |= {"warehouse": scope}
    if not only:
        return session.all(sql.replace("{where}", ""), most=PRINTED_MAX + 1, **more)
    ids = {_id_of(session, text, kind, scope) for text in only}
    found = []
    for marks, params in parts(sorted(ids)):
        found += session.all(
            sql.replace("{where}", f"{joined} id IN ({marks})"), most=PRINTED_MAX + 1, **params, **more
        )
    if not found:
        raise NothingToPrint(read=only[0])
    return found


def _id_of(session: Session, text: str, kind: str, scope: int) -> int:
    found = session.value(
        "SELECT ref_id FROM code WHERE text = :text AND scope_id = :scope AND kind = :kind",
        text=text, scope=scope, kind=kind,
    )  # fmt: skip
    if found is None:
        raise NothingToPrint(read=text)
    return int(found)


def _level(row: Row) -> int | None:
    return row.level if row.kind == "bin" else None
