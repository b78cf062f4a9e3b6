"""What the counting desk reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.clock import HOUR, day_of, iso, iso_day
from warehouse.counts.decide import LINES
from warehouse.counts.rules import DAY, value_of
from warehouse.db import Row, Session
from warehouse.errors import NotFound, Phrase
from warehouse.ids import first_id_at
from warehouse.ledger.told import moves
from warehouse.office.counts.rules import LACKING, NEIGHBOUR, PUT_BACK, TAKEN_BACK, TWIN, packs
from warehouse.who import By

COUNTED_MAX = 1000
LINES_MAX = 500
COUNTERS_MAX = 500
LOOKED_BACK = 14 * DAY
BLIND = ("counting", "recount")
"""While somebody may still count it, nobody is shown the figures of a paper."""

_LIST = """
SELECT c.id, c.number, c.state, c.reason, c.round, c.opened_at, c.closed_at, l.code AS location, l.id AS location_id,
       (SELECT count(*) FROM count_line n WHERE n.count_id = c.id AND n.counted <> n.expected
          AND n.state IN ('review', 'second', 'posted')) AS differences,
       (SELECT COALESCE(SUM(n.value), 0) FROM count_line n WHERE n.count_id = c.id
          AND n.state IN ('review', 'second', 'posted')) AS value,
       (SELECT count(*) FROM count_line n WHERE n.count_id = c.id AND n.counted <> n.expected AND n.unit_cost IS NULL
          AND n.state IN ('review', 'second', 'posted')) AS unpriced,
       (SELECT p.name FROM count_round r JOIN person p ON p.id = r.person_id WHERE r.count_id = c.id
        ORDER BY r.round DESC LIMIT 1) AS counter
FROM bin_count c JOIN location l ON l.id = c.location_id WHERE {where} ORDER BY {order} LIMIT :most OFFSET :skip"""
_ROUNDS = """
SELECT r.round, r.started_at, r.ended_at, r.lines, r.wrong, p.name, p.id AS person_id FROM count_round r
JOIN person p ON p.id = r.person_id WHERE r.count_id = :id ORDER BY r.round"""
_DUE = """
SELECT p.location_id, l.code, p.class AS item_class, p.proved_at, p.due_day, p.trouble, p.weight, p.moves,
       p.value_at_risk, z.code AS zone
FROM bin_plan p JOIN location l ON l.id = p.location_id LEFT JOIN location z ON z.id = p.zone_id AND p.zone_id <> 0
WHERE p.warehouse_id = :warehouse AND p.due = 1 {more} ORDER BY {order} LIMIT :most OFFSET :skip"""
SORTS = {
    "": "p.trouble DESC, p.weight DESC, p.path", "value": "p.value_at_risk DESC, p.path",
    "oldest": "p.proved_at, p.path", "walk": "p.path",
}  # fmt: skip
_DAYS = """
SELECT due_day, count(*) AS n FROM bin_plan WHERE warehouse_id = :warehouse AND due_day <= :last GROUP BY due_day
ORDER BY due_day"""
_PEOPLE = """
SELECT p.name, count(*) AS counted FROM count_round r JOIN person p ON p.id = r.person_id
WHERE r.warehouse_id = :warehouse AND r.ended_at >= :since GROUP BY p.id, p.name ORDER BY p.name"""
_ZONES = "SELECT id, code FROM location WHERE warehouse_id = :warehouse AND kind = 'zone' ORDER BY path LIMIT 200"


@dataclass(frozen=True, slots=True)
class CountView:
    """A paper with its rounds and lines, the last moves of its bin, and for each difference where it may have gone."""

    paper: Row
    rounds: list[Row]
    lines: list[Row]
    last: list[Row]
    suggestions: dict[int, list[Phrase]]

    @property
    def is_blind(self) -> bool:
        """Whether its figures are hidden: somebody may still count it."""
        return self.paper.state in BLIND

    def as_json(self) -> dict[str, Any]:
        """The paper as programs read it."""
        paper = self.paper
        return {
            "id": str(paper.id), "number": paper.number, "location": paper.location, "state": paper.state,
            "reason": paper.reason, "round": paper.round, "opened_at": iso(paper.opened_at),
            "closed_at": iso(paper.closed_at),
            "rounds": [{"round": row.round, "by": row.name, "started_at": iso(row.started_at),
                        "ended_at": iso(row.ended_at)} for row in self.rounds],
            "lines": [] if self.is_blind else [line_json(row) for row in self.lines],
        }  # fmt: skip


def line_json(row: Row) -> dict[str, Any]:
    """A line of a comparison as programs read it."""
    return {
        "id": str(row.id), "round": row.round, "sku": row.sku, "lot": row.lot or None, "serial": row.serial or None,
        "container": row.container, "counted": row.counted, "expected": row.expected,
        "difference": row.counted - row.expected, "value": value_of(row.counted - row.expected, row.unit_cost),
        "currency": "CNY", "state": row.state,
        "cause": row.cause or None, "approved_by": row.first, "second_by": row.second,
        "posting": str(row.posting_id) if row.posting_id else None,
    }  # fmt: skip


def count_list(session: Session, by: By, *, state: str, reason: str, text: str, most: int, skip: int = 0) -> list[Row]:
    """Papers of counts: those to be decided by what they are worth, unknown cost first; all others the newest first."""
    parts = ["c.warehouse_id = :warehouse"]
    params: dict[str, Any] = {"warehouse": by.warehouse_id, "most": most, "skip": skip}
    for name, chosen in (("state", state), ("reason", reason)):
        if chosen:
            parts.append(f"c.{name} = :{name}")
            params[name] = chosen
    if text:
        parts.append("(lower(c.number) LIKE :like ESCAPE '!' OR lower(l.code) LIKE :like ESCAPE '!')")
        params["like"] = like(text)
    order = "unpriced DESC, value DESC, c.id" if state == "review" else "c.id DESC"
    return session.all(_LIST.format(where=" AND ".join(parts), order=order), **params)


def figures(session: Session, by: By) -> dict[str, int]:
    """How many papers stand in each open state, and how many bins are due; none beyond COUNTED_MAX."""
    counted = {
        state: int(session.value(
            f"""SELECT count(*) FROM (SELECT 1 AS one FROM bin_count WHERE warehouse_id = :warehouse AND state = :state
                AND state <> 'closed' LIMIT {COUNTED_MAX}) AS counted""",
            warehouse=by.warehouse_id, state=state,
        ))
        for state in ("counting", "recount", "review")
    }  # fmt: skip
    due = f"""SELECT count(*) FROM (SELECT 1 AS one FROM bin_plan WHERE warehouse_id = :warehouse AND due = 1
        LIMIT {COUNTED_MAX}) AS counted"""
    return counted | {"due": int(session.value(due, warehouse=by.warehouse_id))}


def count_view(session: Session, by: By, count_id: int) -> CountView:
    """All that the desk shows of a paper.

    Raises:
        NotFound: this warehouse has none of this id.
    """
    paper = session.one(
        """SELECT c.id, c.number, c.state, c.reason, c.round, c.opened_at, c.closed_at, c.location_id, l.code AS location
           FROM bin_count c JOIN location l ON l.id = c.location_id WHERE c.id = :id AND c.warehouse_id = :warehouse""",
        id=count_id, warehouse=by.warehouse_id,
    )  # fmt: skip
    if paper is None:
        raise NotFound(what=f"/counts/{count_id}")
    lines = session.all(
        LINES.replace("FROM count_line", ", a.name AS first, s.name AS second FROM count_line")
        + """ LEFT JOIN person a ON a.id = n.approved_by LEFT JOIN person s ON s.id = n.second_by
             WHERE n.count_id = :id ORDER BY n.round DESC, i.sku, n.lot, n.serial, n.id LIMIT :most""",
        id=count_id, most=LINES_MAX,
    )  # fmt: skip
    last = [] if paper.state in BLIND else moves(session, by, "from_id = :id", "to_id = :id", id=paper.location_id)
    open_ = [line for line in lines if line.state in {"review", "second"}] if paper.state not in BLIND else []
    found = {line.id: suggest(session, by, line, open_) for line in open_}
    return CountView(paper, session.all(_ROUNDS, id=count_id), lines, last, found)


# ---------------------------------------------------------------- where it may have gone

_CONTRARY = """
SELECT n.counted - n.expected AS difference, l.code, c.number FROM count_line n
JOIN location l ON l.id = n.location_id JOIN bin_count c ON c.id = n.count_id
WHERE n.warehouse_id = :warehouse AND n.item_id = :item AND n.counted <> n.expected AND n.id >= :since
  AND n.location_id <> :location AND n.state IN ('review', 'second', 'posted')
  AND (n.counted - n.expected) * :sign < 0
ORDER BY ABS(n.counted - n.expected + :difference), n.id DESC LIMIT 3"""
_STANDING = """
SELECT l.code, SUM(b.quantity) AS quantity FROM balance b JOIN location l ON l.id = b.location_id
LEFT JOIN location h ON h.id = l.parent_id
WHERE b.warehouse_id = :warehouse AND b.item_id = :item AND b.quantity > b.reserved AND l.kind <> 'bin'
  AND (l.kind IN ('dock', 'staging', 'quarantine', 'station') OR h.kind IN ('virtual', 'dock', 'staging', 'station'))
GROUP BY l.code ORDER BY ABS(SUM(b.quantity) - :units) LIMIT 2"""
_UNPICKED = """
SELECT quantity FROM move WHERE warehouse_id = :warehouse AND item_id = :item AND posting_id >= :since
  AND to_id = :location AND cause IN ('undo', 'unpick') ORDER BY posting_id DESC LIMIT 1"""


def suggest(session: Session, by: By, line: Row, others: Sequence[Row]) -> list[Phrase]:
    """Where a difference may have gone, or come from, as sentences."""
    if not line.item_id:
        return []
    difference = line.counted - line.expected
    here = {"warehouse": by.warehouse_id, "item": line.item_id}
    since = first_id_at(by.now - LOOKED_BACK)
    found = [
        Phrase(NEIGHBOUR if row.difference > 0 else LACKING,
               {"quantity": abs(row.difference), "location": row.code, "number": row.number})
        for row in session.all(_CONTRARY, **here, since=since, location=line.location_id, difference=difference,
                               sign=1 if difference > 0 else -1)
    ]  # fmt: skip
    found += [
        Phrase(TWIN, {"item": each.sku}) for each in others
        if each.item_id not in {0, line.item_id} and each.counted - each.expected == -difference
    ]  # fmt: skip
    sizes = [
        row.size for row in session.all(
            """SELECT quantity AS size FROM code WHERE kind = 'item' AND ref_id = :item
               UNION SELECT pack_size FROM item WHERE id = :item AND pack_size IS NOT NULL""", item=line.item_id)
    ]  # fmt: skip
    found += filter(
        None, [packs(difference, sizes)] if line.counted else []
    )  # of nothing, nothing was mistaken for a pack
    if difference < 0:
        found += [
            Phrase(PUT_BACK, {"quantity": int(row.quantity), "location": row.code})
            for row in session.all(_STANDING, **here, units=-difference)
        ]
        taken = session.value(_UNPICKED, **here, since=first_id_at(by.now - 2 * DAY), location=line.location_id)
        found += [Phrase(TAKEN_BACK, {"quantity": taken})] if taken else []
    return found


# ---------------------------------------------------------------- the plan


def due_list(
    session: Session, by: By, *, item_class: str, zone: str, sort: str, text: str, most: int, skip: int = 0
) -> list[Row]:
    """The bins that are due, by urgency or as asked for; narrowed to a class or a zone."""
    more = ""
    params: dict[str, Any] = {"warehouse": by.warehouse_id, "most": most, "skip": skip}
    if item_class:
        more += " AND p.class = :class"
        params["class"] = item_class
    if zone:
        more += " AND p.zone_id = :zone"
        params["zone"] = int(zone)
    if text:
        more += " AND lower(l.code) LIKE :like ESCAPE '!'"
        params["like"] = like(text, anywhere=False)
    return session.all(_DUE.format(more=more, order=SORTS[sort]), **params)


def zones(session: Session, by: By) -> list[Row]:
    """The zones to choose from."""
    return session.all(_ZONES, warehouse=by.warehouse_id)


def load(session: Session, by: By) -> list[Row]:
    """How many bins are due by day, as far as the next four weeks."""
    return session.all(_DAYS, warehouse=by.warehouse_id, last=day_of(by.now, by.timezone) + 28)


def counted_today(session: Session, by: By) -> list[Row]:
    """How many bins each person has counted in the last day."""
    return session.all(_PEOPLE, warehouse=by.warehouse_id, since=by.now - 24 * HOUR)


def due_json(row: Row) -> dict[str, Any]:
    """A bin that is due as programs read it."""
    return {
        "location": row.code, "class": row.item_class, "zone": row.zone, "proved_at": iso(row.proved_at or None),
        "due": iso_day(row.due_day), "trouble": bool(row.trouble), "weight": row.weight, "moves": row.moves,
        "value_at_risk": row.value_at_risk, "currency": "CNY",
    }  # fmt: skip


# ---------------------------------------------------------------- accuracy

_BY = {
    "zone": ("COALESCE(z.code, '')", "LEFT JOIN location z ON z.id = r.zone_id AND r.zone_id <> 0"),
    "class": ("r.class", ""),
}
# The last word on each paper tells how right the book was: its last round, with what stands of those before, which may
# have been about other goods of the bin. A round that another one overruled tells of its counter.
_STANDS = """(SELECT {what} FROM count_line n WHERE n.count_id = o.count_id AND n.counted <> n.expected
    AND n.state IN ('recount', 'review', 'second', 'posted'))"""
_UNITS = """(SELECT COALESCE(SUM(n.expected), 0) FROM count_line n WHERE n.count_id = o.count_id AND n.state <> 'taken_back'
    AND NOT EXISTS (SELECT 1 FROM count_line k WHERE k.count_id = n.count_id AND k.round > n.round AND k.item_id = n.item_id
      AND k.lot = n.lot AND k.serial = n.serial AND k.container_id = n.container_id AND k.state <> 'taken_back'))"""
_PAPERS = f"""(
    SELECT o.warehouse_id, o.zone_id, o.class, o.ended_at,
           CASE WHEN o.round = 1 THEN o.wrong ELSE {_STANDS.format(what="count(*)")} END AS wrong,
           CASE WHEN o.round = 1 THEN o.units ELSE {_UNITS} END AS units,
           CASE WHEN o.round = 1 THEN o.wrong_units
                ELSE {_STANDS.format(what="COALESCE(SUM(ABS(n.counted - n.expected)), 0)")} END AS wrong_units
    FROM count_round o WHERE o.warehouse_id = :warehouse AND o.ended_at >= :since
      AND NOT EXISTS (SELECT 1 FROM count_round x WHERE x.count_id = o.count_id AND x.round > o.round)) AS r"""
_ACCURACY = """
SELECT {key} AS name, count(*) AS bins, SUM(CASE WHEN r.wrong = 0 THEN 1 ELSE 0 END) AS right_bins,
       SUM(r.units) AS units, SUM(r.wrong_units) AS wrong_units
FROM {papers} {join} GROUP BY {key} ORDER BY {key} LIMIT 50"""
_OVER_TIME = f"""
SELECT (r.ended_at - :since) / :week AS week, count(*) AS bins, SUM(CASE WHEN r.wrong = 0 THEN 1 ELSE 0 END) AS right_bins,
       SUM(r.units) AS units, SUM(r.wrong_units) AS wrong_units
FROM {_PAPERS} GROUP BY 1 ORDER BY 1"""
# A counter is right where the next round, by another, found the same for every line of theirs.
_COUNTERS = """
SELECT p.name, count(*) AS bins, SUM(CASE WHEN EXISTS (
    SELECT 1 FROM count_line a JOIN count_line b ON b.count_id = a.count_id AND b.round = a.round + 1
      AND b.item_id = a.item_id AND b.lot = a.lot AND b.serial = a.serial AND b.container_id = a.container_id
      AND b.state <> 'taken_back'
    WHERE a.count_id = r.count_id AND a.round = r.round AND a.state <> 'taken_back'
      AND a.counted - a.expected <> b.counted - b.expected)
    THEN 0 ELSE 1 END) AS right_bins
FROM count_round r JOIN person p ON p.id = r.person_id
WHERE r.warehouse_id = :warehouse AND r.ended_at >= :since GROUP BY p.id, p.name ORDER BY p.name LIMIT 50"""
# What the ledger has under a paper's number is what its lines say was posted; anything else is named.
_PROOF = """
SELECT c.number, COALESCE(SUM(e.lines), 0) AS said, COALESCE(SUM(e.moves), 0) AS posted FROM (
    SELECT n.count_id, ABS(n.counted - n.expected) AS lines, 0 AS moves FROM count_line n
    WHERE n.warehouse_id = :warehouse AND n.state = 'posted' AND n.ended_at >= :since AND n.container_id = 0
    UNION ALL
    SELECT n.count_id, 0, m.quantity FROM count_line n JOIN move m ON m.posting_id = n.posting_id
    WHERE n.warehouse_id = :warehouse AND n.state = 'posted' AND n.ended_at >= :since AND n.container_id = 0
      AND m.cause = 'count' AND m.item_id = n.item_id) AS e
JOIN bin_count c ON c.id = e.count_id GROUP BY c.number HAVING SUM(e.lines) <> SUM(e.moves) LIMIT 50"""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How right the book was, over a stretch of time: by zone, class and week, and how right each counter was.

    `faults`: papers whose postings are not what their lines say; none where the ledger bears them out.
    """

    zones: list[Row]
    classes: list[Row]
    counters: list[Row]
    weeks: list[Row]
    since: int
    faults: list[Row]


def accuracy(session: Session, by: By, *, weeks: int) -> Accuracy:
    """The figures of the last weeks."""
    since = by.now - weeks * 7 * DAY
    span = {"warehouse": by.warehouse_id, "since": since}

    def read(name: str) -> list[Row]:
        key, join = _BY[name]
        return session.all(_ACCURACY.format(key=key, join=join, papers=_PAPERS), **span)

    return Accuracy(
        read("zone"), read("class"), session.all(_COUNTERS, **span), session.all(_OVER_TIME, **span, week=7 * DAY), since,
        session.all(_PROOF, **span),
    )  # fmt: skip


# ---------------------------------------------------------------- what a text names


def zone_named(session: Session, by: By, code: str) -> Row | None:
    """A zone, or the whole site, by its code."""
    return session.one(
        """SELECT id, kind FROM location WHERE warehouse_id = :warehouse AND code = :code AND kind IN ('zone', 'site')""",
        warehouse=by.warehouse_id, code=code,
    )  # fmt: skip


def counters(session: Session) -> list[str]:
    """The names of the people who may count, to choose from; not of programs."""
    rows = session.all(
        f"""SELECT name FROM person WHERE active = 1 AND kind = 'person'
              AND (' ' || roles || ' ' LIKE '% counter %' OR ' ' || roles || ' ' LIKE '% supervisor %')
            ORDER BY name LIMIT {COUNTERS_MAX}"""
    )
    return [row.name for row in rows]


def counter_named(session: Session, name: str) -> int:
    """A person who may count, by name; 0 for none."""
    rows = session.one("SELECT id, roles FROM person WHERE name = :name AND active = 1", name=name)
    return int(rows.id) if rows is not None and {"counter", "supervisor"} & set(rows.roles.split()) else 0
