"""Importing the location tree. A site without a parent is a warehouse; parents may come later in the same file.

A row belongs to the warehouse at the end of its chain of parents; without a parent to the warehouse named, or to the
only one there is. Rows that change a place's plain attributes change it; its kind can change only while it is empty.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from warehouse.catalog.codes import register, reserved
from warehouse.catalog.locations import CONTAINERS, make_locations, make_warehouse, path_key, refresh_pick_locations
from warehouse.catalog.places import INSIDE, OUTSIDE
from warehouse.db import Row as Record
from warehouse.db import Session
from warehouse.errors import N_, Refusal
from warehouse.ids import new_id
from warehouse.imports import columns
from warehouse.imports.job import Job, Kind, Unit, find
from warehouse.imports.rows import Row

BUILT_IN = frozenset(OUTSIDE + INSIDE)
LEAF_KINDS = frozenset({"bin"})
DEPTH_MAX = 50
ATTRIBUTES = ("barcode", "classes", "aisle", "position", "level", "max_weight_g", "max_volume_mm3", "pick_face")
_COLUMNS = f"l.id, l.warehouse_id, l.parent_id, l.code, l.kind, {', '.join('l.' + name for name in ATTRIBUTES)}"


class KindInUse(Refusal):
    """A place that holds goods keeps its kind."""

    code = "location_in_use"
    text = N_("%(location)s holds goods; its kind can change only when it is empty.")


@dataclass(slots=True)
class _Node:
    """A row of the file, and where it belongs: the code of its warehouse, and its place as it is now."""

    row: Row
    code: str
    parent: str
    kind: str
    above: _Node | None = None
    there: Record | None = None
    warehouse: str = ""

    @property
    def is_root(self) -> bool:
        return self.kind == "site" and not self.parent


@dataclass(slots=True)
class _House:
    """What is there before the file: the warehouses, and their places by code."""

    warehouses: dict[int, str]
    named: str
    places: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    parents: dict[int, int | None] = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, int]:
        return {code: warehouse_id for warehouse_id, code in self.warehouses.items()}

    def place(self, code: str, warehouse: str) -> Record | None:
        return next((row for row in self.places[code] if self.warehouses[row.warehouse_id] == warehouse), None)


def check_locations(session: Session, job: Job, rows: list[Row]) -> list[Unit]:
    """Places that are new or changed, parents before what lies in them."""
    nodes = [
        _Node(row, row.values["code"], row.values.get("parent") or "", row.values.get("kind") or "")
        for row in rows
        if not row.skipped and row.values.get("code")
    ]
    house = _house(session, job, nodes)
    _find_parents(nodes, house)
    _refuse_rounds(nodes)
    _give_warehouses(nodes, house)
    nodes = _parents_first(_once_each(nodes))
    _refuse_moved_below_itself(nodes, house)
    _refuse_codes(session, nodes, house)
    _refuse_kinds(session, nodes)
    _refuse_below_refused(nodes, house)
    contents = [(node.row, _new_or_changed(node, house)) for node in nodes if node.row.good]
    return [Unit(content, [row]) for row, content in contents if content]


def _house(session: Session, job: Job, nodes: list[_Node]) -> _House:
    warehouses = {row.id: row.code for row in session.all("SELECT id, code FROM warehouse")}
    house = _House(warehouses, warehouses.get(job.warehouse_id, ""))
    wanted = {text for node in nodes for text in (node.code, node.parent) if text}
    for row in find(session, f"SELECT {_COLUMNS} FROM location l WHERE l.code IN ({{marks}})", wanted):
        house.places[row.code].append(row)
        house.parents[row.id] = row.parent_id
    _read_ancestors(session, house)
    return house


def _read_ancestors(session: Session, house: _House) -> None:
    """The chains above the places that the file names, level by level."""
    while wanted := {above for above in house.parents.values() if above and above not in house.parents}:
        for row in find(session, "SELECT id, parent_id FROM location WHERE id IN ({marks})", wanted):
            house.parents[row.id] = row.parent_id
        for missing in wanted - house.parents.keys():
            house.parents[missing] = None


# ---------------------------------------------------------------- the tree


def _find_parents(nodes: list[_Node], house: _House) -> None:
    by_code: dict[str, list[_Node]] = defaultdict(list)
    for node in nodes:
        by_code[node.code].append(node)
    for node in nodes:
        if not node.parent:
            continue
        inside = _distinct(by_code.get(node.parent, []))
        outside = [row for row in house.places[node.parent] if _can_hold(row.kind)]
        if len(inside) == 1:
            node.above = inside[0]
        elif len(inside) > 1:
            node.row.refuse("parent_ambiguous", f"several places of this file are called {node.parent}")
        elif not _only(outside, house):
            reason = "parent_ambiguous" if outside else "parent_unknown"
            node.row.refuse(reason, node.parent)
        if node.above and node.above.kind in LEAF_KINDS:
            node.row.refuse("parent_is_bin", f"{node.parent} is a bin: nothing is built inside it")


def _distinct(nodes: list[_Node]) -> list[_Node]:
    """Nodes without those that only repeat an earlier row."""
    return list({tuple(sorted(node.row.values.items(), key=str)): node for node in reversed(nodes)}.values())


def _can_hold(kind: str) -> bool:
    return kind not in {"virtual", "outside", *LEAF_KINDS, *CONTAINERS}


def _only(places: list[Record], house: _House) -> Record | None:
    """The one place that is meant: in the warehouse named, or in the only one that has it."""
    named = [row for row in places if house.warehouses[row.warehouse_id] == house.named]
    if named:
        return named[0]
    return places[0] if len(places) == 1 and not house.named else None


def _chain(node: _Node) -> list[_Node]:
    """The rows above a row, as far as the file tells; one more than DEPTH_MAX where they go round."""
    chain: list[_Node] = []
    above = node.above
    while above and len(chain) <= DEPTH_MAX:
        chain.append(above)
        above = above.above
    return chain


def _refuse_rounds(nodes: list[_Node]) -> None:
    for node in nodes:
        if len(_chain(node)) > DEPTH_MAX:
            node.row.refuse("parent_cycle", f"{node.code} lies inside itself, or more than {DEPTH_MAX} deep")


def _give_warehouses(nodes: list[_Node], house: _House) -> None:
    everywhere = {node.code for node in nodes if node.is_root} | set(house.warehouses.values())
    alone = house.named or (next(iter(everywhere)) if len(everywhere) == 1 else "")
    for node in nodes:
        node.warehouse = _warehouse(node, house, alone)
        if node.warehouse:
            node.there = house.place(node.code, node.warehouse)
        elif not any(reason.startswith("parent_") for reason, _ in node.row.reasons):
            node.row.refuse("warehouse_unclear", "give it a parent, or name the warehouse with --warehouse")


def _warehouse(node: _Node, house: _House, alone: str) -> str:
    top = [node, *_chain(node)][-1]
    if top.above:
        return ""
    if top.is_root:
        return top.code
    if not top.parent:
        return alone
    place = _only([row for row in house.places[top.parent] if _can_hold(row.kind)], house)
    return house.warehouses[place.warehouse_id] if place else ""


def _refuse_moved_below_itself(nodes: list[_Node], house: _House) -> None:
    """A place that is there cannot be moved into what lies in it."""
    moved = {node.there.id: node for node in nodes if node.there}
    for node in nodes:
        if node.there and node.row.good and _reaches(node, moved, house):
            node.row.refuse("parent_cycle", f"{node.parent} lies inside {node.code}")


def _reaches(node: _Node, moved: dict[int, _Node], house: _House) -> bool:
    above, steps = _above(node, house), 0
    while above and steps <= DEPTH_MAX:
        if node.there and above == node.there.id:
            return True
        other = moved.get(above)
        above = _above(other, house) if other else house.parents.get(above)
        steps += 1
    return steps > DEPTH_MAX


def _above(node: _Node, house: _House) -> int | None:
    """The place, among those that are there, in which a row will lie."""
    place = house.place(node.parent, node.warehouse) if node.parent else None
    return place.id if place else None


def _refuse_below_refused(nodes: list[_Node], house: _House) -> None:
    """What lies in a place that is not taken cannot be taken either, unless that place is there already."""
    for node in nodes:
        above = node.above
        if node.row.good and above and above.row.reasons and not house.place(node.parent, node.warehouse):
            node.row.refuse("parent_refused", f"{node.parent}, line {above.row.line}, is not taken")


def _once_each(nodes: list[_Node]) -> list[_Node]:
    """One node a place: a second row that says the same is known, one that says other things is refused."""
    first: dict[tuple[str, str], _Node] = {}
    for node in nodes:
        earlier = first.setdefault((node.warehouse, node.code), node)
        if earlier is node:
            continue
        if earlier.row.values != node.row.values:
            node.row.refuse("code_twice", f"line {earlier.row.line} says something else about {node.code}")
        elif earlier.row.reasons:
            node.row.reasons = list(earlier.row.reasons)
        else:
            node.row.skipped = "known"
    return list(first.values())


def _parents_first(nodes: list[_Node]) -> list[_Node]:
    return sorted(nodes, key=lambda node: len(_chain(node)))


# ---------------------------------------------------------------- codes and changes

_CODES = """SELECT c.scope_id, c.text, c.kind, c.ref_id FROM code c
WHERE c.scope_id <> 0 AND c.text IN ({marks})"""


def _refuse_codes(session: Session, nodes: list[_Node], house: _House) -> None:
    """A code or barcode that names another thing of the same warehouse is a reason."""
    texts = {text for node in nodes for text in (node.code, node.row.values.get("barcode")) if text}
    refused = reserved(session, texts)
    taken: dict[tuple[str, str], object] = {
        (house.warehouses.get(row.scope_id, ""), row.text): (row.kind, row.ref_id)
        for row in find(session, _CODES, texts)
    }
    for node in nodes:
        if node.code in BUILT_IN:
            node.row.refuse("code_built_in", f"{node.code} comes with every warehouse")
        if node.there and node.there.kind in CONTAINERS:
            node.row.refuse("code_taken", f"{node.code} already names a container")
        mine: object = ("location", node.there.id) if node.there else id(node)
        for text in dict.fromkeys((node.code, node.row.values.get("barcode") or node.code)):
            if text in refused:
                node.row.refuse("code_reserved", f"{text} is a command, a value or a reason")
            if taken.setdefault((node.warehouse, text), mine) != mine:
                node.row.refuse("code_taken", f"{text} already names something else in {node.warehouse}")


def _refuse_kinds(session: Session, nodes: list[_Node]) -> None:
    """A place that holds goods keeps its kind."""
    changed = {node.there.id: node for node in nodes if node.there and node.kind != node.there.kind}
    sql = "SELECT DISTINCT location_id FROM balance WHERE location_id IN ({marks})"
    for row in find(session, sql, changed):
        changed[row.location_id].row.refuse("location_in_use", "it holds goods; its kind can change when it is empty")


def _new_or_changed(node: _Node, house: _House) -> dict[str, Any] | None:
    given = {name: node.row.values[name] for name in ATTRIBUTES if name in node.row.values}
    if "pick_face" in given:
        given["pick_face"] = int(given["pick_face"])
    content = {"warehouse": node.warehouse, "code": node.code, "kind": node.kind, "parent": node.parent,
               "root": node.is_root}  # fmt: skip
    if node.there is None:
        return content | {"given": given}
    if not given.get("barcode"):
        given.pop("barcode", None)
    changes = {name: value for name, value in given.items() if value != getattr(node.there, name)}
    if node.kind != node.there.kind:
        changes["kind"] = node.kind
    if "parent" in node.row.values and not node.is_root and _other_parent(node, house):
        changes["parent"] = node.parent
    if not changes:
        node.row.skipped = "known"
        return None
    return content | {"changes": changes}


def _other_parent(node: _Node, house: _House) -> bool:
    assert node.there is not None
    if not node.parent:
        return node.there.parent_id is not None and node.there.parent_id not in _sites(house, node)
    parent = house.place(node.parent, node.warehouse)
    return parent is None or parent.id != node.there.parent_id


def _sites(house: _House, node: _Node) -> set[int]:
    site = house.place(node.warehouse, node.warehouse)
    return {site.id} if site else set()


# ---------------------------------------------------------------- writing


def apply_locations(session: Session, job: Job, units: list[dict[str, Any]]) -> None:
    """Writes new and changed places: the warehouses first, then what is new in each, then what changes."""
    for unit in units:
        if "given" in unit and unit["root"]:
            _make_root(session, job, unit)
    ids = {row.code: row.id for row in session.all("SELECT id, code FROM warehouse")}
    for code in dict.fromkeys(unit["warehouse"] for unit in units):
        new = [unit for unit in units if unit["warehouse"] == code and "given" in unit and not unit["root"]]
        _make_all(session, ids[code], new)
    for unit in units:
        if "changes" in unit:
            _change(session, ids[unit["warehouse"]], unit)


def _make_root(session: Session, job: Job, unit: dict[str, Any]) -> None:
    given = {name: value for name, value in unit["given"].items() if name != "barcode"}
    barcode = unit["given"].get("barcode") or ""
    warehouse_id = make_warehouse(session, unit["code"], timezone=job.timezone, barcode=barcode)
    if given:
        _write(session, _id_of(session, warehouse_id, unit["code"]), given)


def _make_all(session: Session, warehouse_id: int, units: list[dict[str, Any]]) -> None:
    if not units:
        return
    ids = {unit["code"]: new_id(session) for unit in units}
    parents = {unit["parent"] or unit["warehouse"] for unit in units} - ids.keys()
    sql = "SELECT code, id FROM location WHERE warehouse_id = :warehouse AND code IN ({marks})"
    above = ids | {row.code: row.id for row in find(session, sql, parents, warehouse=warehouse_id)}
    faces = _has_faces(session, warehouse_id)
    places = [
        unit["given"]
        | {"id": ids[unit["code"]], "code": unit["code"], "kind": unit["kind"],
           "parent_id": above[unit["parent"] or unit["warehouse"]],
           "pick": int(unit["kind"] == "bin" and bool(unit["given"].get("pick_face") or not faces))}
        for unit in units
    ]  # fmt: skip
    make_locations(session, warehouse_id, places)


def _has_faces(session: Session, warehouse_id: int) -> bool:
    """Whether picks come from pick faces only: then the first bin that picks come from is one."""
    return bool(
        session.value(
            """SELECT pick_face FROM location WHERE warehouse_id = :warehouse AND kind = 'bin' AND pick = 1
               ORDER BY path LIMIT 1""", warehouse=warehouse_id)
    )  # fmt: skip


def _id_of(session: Session, warehouse_id: int, code: str) -> int:
    return int(
        session.value(
            "SELECT id FROM location WHERE warehouse_id = :warehouse AND code = :code",
            warehouse=warehouse_id,
            code=code,
        )  # fmt: skip
    )


def _change(session: Session, warehouse_id: int, unit: dict[str, Any]) -> None:
    changes = dict(unit["changes"])
    location_id = _id_of(session, warehouse_id, unit["code"])
    if "parent" in changes:
        changes["parent_id"] = _id_of(session, warehouse_id, changes.pop("parent") or unit["warehouse"])
    if "kind" in changes:
        _refuse_kind(session, location_id, unit["code"])
        changes["pick"] = 0
    if changes.get("barcode"):
        register(session, changes["barcode"], kind="location", ref_id=location_id, scope_id=warehouse_id)
    _write(session, location_id, changes)


def _refuse_kind(session: Session, location_id: int, code: str) -> None:
    if session.one("SELECT 1 AS one FROM balance WHERE location_id = :id LIMIT 1", id=location_id):
        raise KindInUse(location=code)


def _write(session: Session, location_id: int, changes: dict[str, Any]) -> None:
    """Changes a place, and what its stock rows repeat of it for the walk."""
    columns_ = ", ".join(f"{name} = :{name}" for name in changes)
    session.run(f"UPDATE location SET {columns_} WHERE id = :location_id", location_id=location_id, **changes)
    if not changes.keys() & {"aisle", "position", "level"}:
        return
    place = session.one("SELECT code, aisle, position, level FROM location WHERE id = :id", id=location_id)
    assert place is not None, "it has just been changed"
    path = path_key(*place)
    session.run("UPDATE location SET path = :path WHERE id = :id", path=path, id=location_id)
    session.run("UPDATE balance SET path = :path WHERE location_id = :id", path=path, id=location_id)
    session.run(
        "UPDATE reservation SET path = :path WHERE balance_id IN (SELECT id FROM balance WHERE location_id = :id)",
        path=path, id=location_id,
    )  # fmt: skip


_WRONG = """
SELECT l.warehouse_id FROM location l
JOIN (SELECT warehouse_id, MAX(pick_face) AS faces FROM location WHERE kind = 'bin' GROUP BY warehouse_id) AS f
  ON f.warehouse_id = l.warehouse_id
WHERE l.kind = 'bin' AND l.pick <> CASE WHEN f.faces = 1 THEN l.pick_face ELSE 1 END GROUP BY l.warehouse_id"""


def finish_locations(session: Session, _: Job) -> None:
    """Where a first pick face came or the last one went, all bins of that warehouse are marked anew."""
    for row in session.all(_WRONG):
        refresh_pick_locations(session, row.warehouse_id)


LOCATIONS = Kind("locations", columns.LOCATIONS, check_locations, apply_locations, finish_locations,
                 may_name_warehouse=True)  # fmt: skip
