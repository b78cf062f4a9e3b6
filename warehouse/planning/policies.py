"""By which policy an item is planned in a warehouse, and what comes of it: the levels on the row of its total.

An item without a policy of its own is planned as the catalogue says (a safety stock there is a fixed one), else as the
warehouse's settings say. A changed policy is planned, and its alerts are decided, in the change that changes it.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zlib import crc32

from warehouse.catalog.lookup import parts, rows_of
from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.clock import HOUR, day_of
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ids import new_id
from warehouse.ledger.levels import note
from warehouse.planning.history import days_of
from warehouse.planning.rules import (
    LeadTime,
    Plan,
    Policy,
    PolicyIncomplete,
    Promotion,
    apart,
    measured,
    net_of_returns,
    plan,
    tamed,
)
from warehouse.who import By

LEAD_TIMES_MOST = 20
"""The last so many deliveries of an item tell its lead time."""
_DAY = 24 * HOUR
YEAR = 365
USED = (7, 30, 90, YEAR)
"""What was used in so many days is kept for reports, as it was: nothing is tamed, and promotions count."""

_ITEMS = """
SELECT i.id, i.safety_stock AS fixed, i.lead_time_days AS item_lead, s.lead_time_days AS supplier_lead,
       p.kind, p.quantity, p.cover_days, p.service_permille, p.lead_time_days AS policy_lead, p.max_cover_days,
       k.first_day, k.last_used_day, k.last_moved_day, COALESCE(k.revision, 0) AS revision,
       t.safety_stock, t.reorder_point, t.maximum, k.kind AS k_kind, k.inputs, k.safety_stock AS k_safety, k.lead_demand,
       k.used_7, k.used_30, k.used_90, k.used_365
FROM total t JOIN item i ON i.id = t.item_id LEFT JOIN supplier s ON s.id = i.supplier_id
LEFT JOIN stock_policy p ON p.warehouse_id = t.warehouse_id AND p.item_id = t.item_id
LEFT JOIN stock_plan k ON k.warehouse_id = t.warehouse_id AND k.item_id = t.item_id
WHERE t.warehouse_id = :warehouse {only} ORDER BY t.item_id"""
_LEAD_TIMES = """
SELECT n.item_id, MIN(y.received_at) - p.made_at AS took FROM layer y
JOIN purchase_order_line n ON n.id = y.purchase_order_line_id JOIN purchase_order p ON p.id = n.purchase_order_id
WHERE y.warehouse_id = :warehouse AND y.purchase_order_line_id <> 0 AND p.made_at >= :since {only}
GROUP BY n.id, n.item_id, p.made_at ORDER BY n.item_id, p.made_at DESC"""
_PROMOTIONS = """
SELECT item_id, id, from_day, until_day, quantity, cancelled_at, sold, counted FROM promotion
WHERE warehouse_id = :warehouse AND until_day >= :since {only} ORDER BY id"""
_SOLD = "UPDATE promotion SET sold = :sold, counted = :counted WHERE id = :id"
_WRITTEN = ("warehouse_id", "item_id", "kind", "inputs", "safety_stock", "lead_demand", "used_7", "used_30", "used_90",
            "used_365", "first_day", "last_used_day", "last_moved_day", "revision", "planned_at")  # fmt: skip
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in _WRITTEN if name not in {"warehouse_id", "item_id"})
_PLANNED = f"""
INSERT INTO stock_plan ({", ".join(_WRITTEN)}) VALUES {{rows}}
ON CONFLICT (warehouse_id, item_id) DO UPDATE SET {_REPLACED}
WHERE stock_plan.revision = excluded.revision - :step"""
# The columns of VALUES have these names on both databases.
_LEVELS = ("item_id", "safety_stock", "reorder_point", "maximum", "revision")
_LEVEL = """
UPDATE total SET safety_stock = v.column2, reorder_point = v.column3, maximum = v.column4 FROM (VALUES {rows}) AS v
WHERE total.warehouse_id = :warehouse AND total.item_id = v.column1
  AND COALESCE((SELECT k.revision FROM stock_plan k WHERE k.warehouse_id = :warehouse AND k.item_id = v.column1), 0)
      = v.column5"""
_LOCK = """
SELECT item_id FROM total WHERE warehouse_id = :warehouse AND item_id IN ({marks}) ORDER BY item_id FOR UPDATE"""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a warehouse's settings say where nothing else does, and the day on which is planned."""

    kind: str
    cover_days: int
    service_permille: int
    lead_time_days: int
    max_cover_days: int
    demand_days: int
    giant_day_factor: int
    today: int
    timezone: str
    factors: dict[int, float]

    @property
    def since(self) -> int:
        """The first day that is read: levels look at `demand_days`, reports at a year whatever that is."""
        return self.today - max(self.demand_days, YEAR)

    @property
    def fingerprint(self) -> int:
        """Another number as soon as a setting says something else."""
        said = (self.kind, self.cover_days, self.service_permille, self.lead_time_days, self.max_cover_days,
                self.demand_days, self.giant_day_factor, self.timezone)  # fmt: skip
        return crc32(json.dumps(said).encode())


def defaults(session: Session, warehouse_id: int, now: int) -> Defaults:
    """The warehouse's settings as they are now."""
    rows = session.all(
        "SELECT service_permille, factor_permille FROM safety_factor WHERE warehouse_id = :warehouse",
        warehouse=warehouse_id,
    )

    def said(name: str) -> Any:
        return setting(session, name, warehouse_id)

    timezone = places(session, warehouse_id).timezone
    return Defaults(
        kind=said("stock_policy"), cover_days=said("cover_days"), service_permille=said("service_level"),
        lead_time_days=said("lead_time_days"), max_cover_days=said("max_cover_days"), demand_days=said("demand_days"),
        giant_day_factor=said("giant_day_factor"), today=day_of(now, timezone), timezone=timezone,
        factors={row.service_permille: row.factor_permille / 1000 for row in rows},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sold:
    """How many of a promotion were sold, and from which sum of its days that was reckoned."""

    promotion_id: int
    sold: int
    counted: int


@dataclass(frozen=True, slots=True)
class Planned:
    """An item as it was planned."""

    item_id: int
    plan: Plan
    used: tuple[int, int, int, int]
    first_day: int
    last_used_day: int
    last_moved_day: int
    revision: int
    level_changed: bool
    plan_changed: bool
    sold: tuple[Sold, ...] = ()
    """Of promotions of which another number is kept."""


def policy_of(row: Row, by_default: Defaults) -> Policy:
    """The policy that holds for an item: its own here, the catalogue's safety stock, or the warehouse's."""
    kind = row.kind or ("fixed" if row.fixed is not None else by_default.kind)
    quantity = row.quantity if row.kind else row.fixed
    return Policy(
        kind, quantity, row.cover_days or by_default.cover_days, row.service_permille or by_default.service_permille,
        row.max_cover_days or by_default.max_cover_days or None,
    )  # fmt: skip


def lead_of(row: Row, by_default: Defaults, taken: Sequence[float]) -> LeadTime:
    """The lead time: as the policy fixes it; else as receipts show; else what item, supplier or settings say."""
    if row.policy_lead is not None:
        return LeadTime(float(row.policy_lead), source="policy")
    for days, source in (
        (row.item_lead, "item"),
        (row.supplier_lead, "supplier"),
        (by_default.lead_time_days, "setting"),
    ):
        if days is not None:
            return measured(taken, LeadTime(float(days), source=source))
    raise AssertionError("the setting always says something")


def planned(
    session: Session, warehouse_id: int, by_default: Defaults, items: Sequence[int] | None = None
) -> Iterator[Planned]:
    """Plans items, or all that this warehouse has ever had, in the order of their ids. Reads only."""
    if items is None:
        yield from _planned(session, warehouse_id, by_default, "", {})
        return
    for marks, values in parts(sorted(set(items))):
        yield from _planned(session, warehouse_id, by_default, marks, values)


def _planned(
    session: Session, warehouse_id: int, by_default: Defaults, marks: str, values: dict[str, Any]
) -> Iterator[Planned]:  # fmt: skip
    def only(column: str) -> str:
        return f"AND {column} IN ({marks})" if marks else ""

    since = by_default.since
    coming = _promotions(session, warehouse_id, since, only("item_id"), values)
    taken = _lead_times(session, warehouse_id, only("n.item_id"), values)
    history = groupby(
        days_of(session, warehouse_id, since=since, only=only("item_id"), **values), key=lambda row: int(row.item_id)
    )
    ahead = next(history, None)
    for row in session.stream(_ITEMS.format(only=only("t.item_id")), warehouse=warehouse_id, **values):
        while ahead is not None and ahead[0] < row.id:
            ahead = next(history, None)
        days = list(ahead[1]) if ahead is not None and ahead[0] == row.id else []
        yield _plan_one(row, days, by_default, taken.get(row.id, ()), coming.get(row.id, ()))


def _lead_times(session: Session, warehouse_id: int, only: str, values: dict[str, Any]) -> dict[int, list[float]]:
    taken: dict[int, list[float]] = defaultdict(list)
    for row in session.stream(_LEAD_TIMES.format(only=only), warehouse=warehouse_id, since=0, **values):
        if len(taken[row.item_id]) < LEAD_TIMES_MOST:
            taken[row.item_id].append(max(row.took, 0) / _DAY)
    return taken


def _promotions(
    session: Session, warehouse_id: int, since: int, only: str, values: dict[str, Any]
) -> dict[int, list[Row]]:  # fmt: skip
    """Promotions by item, also those that are over: what they have sold is no usual demand."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in session.all(_PROMOTIONS.format(only=only), warehouse=warehouse_id, since=since, **values):
        found[row.item_id].append(row)
    return found


def _as_promotion(row: Row, timezone: str) -> Promotion:
    """A promotion; one that was taken back has sold until then, and is not expected any more."""
    until = row.until_day if row.cancelled_at is None else min(row.until_day, day_of(row.cancelled_at, timezone))
    return Promotion(row.id, row.from_day, until, row.quantity, open=row.cancelled_at is None)


def _plan_one(
    row: Row, days: list[Row], by_default: Defaults, taken: Sequence[float], coming: Sequence[Row]
) -> Planned:  # fmt: skip
    first = min(filter(None, (row.first_day, days[0].day if days else 0)), default=0)
    begun = max(first, by_default.since) if first else by_default.today
    net, today = net_demand(days, begun, by_default.today)
    promotions = [_as_promotion(each, by_default.timezone) for each in coming]
    usual, sold = apart([*net, today], begun, promotions)
    demand = tamed(usual[:-1][-by_default.demand_days :], by_default.giant_day_factor)
    lately = [sum(net[-each:]) for each in USED]
    policy, lead = policy_of(row, by_default), lead_of(row, by_default, taken)
    promoted = sum(
        each.quantity - sold[each.id] for each in promotions
        if each.open and each.until_day >= by_default.today and each.from_day - math.ceil(lead.days) <= by_default.today
    )  # fmt: skip
    made = plan(policy, demand, lead, by_default.factors.get(policy.service_permille), promoted)
    last_used = max((each.day for each in days if each.used), default=row.last_used_day or 0)
    last_moved = max((each.day for each in days if each.moves), default=row.last_moved_day or 0)
    now = (
        made.kind,
        json.dumps(made.inputs),
        made.safety_stock,
        made.lead_demand,
        *lately,
        first,
        last_used,
        last_moved,
    )
    before = (row.k_kind, row.inputs, row.k_safety, row.lead_demand, row.used_7, row.used_30, row.used_90, row.used_365,
              row.first_day, row.last_used_day, row.last_moved_day)  # fmt: skip
    levels = (made.safety_stock, made.reorder_point, made.maximum)
    return Planned(
        row.id, made, (lately[0], lately[1], lately[2], lately[3]), first, last_used, last_moved, row.revision,
        levels != (row.safety_stock, row.reorder_point, row.maximum), now != before, _sold(coming, days, sold),
    )  # fmt: skip


def _sold(promotions: Sequence[Row], days: Sequence[Row], sold: Mapping[int, int]) -> tuple[Sold, ...]:
    """What is to be kept anew of promotions; `counted` is the sum that jobs.py compares to see whether more was sold."""
    made = []
    for row in promotions:
        counted = sum(each.used - each.came_back for each in days if row.from_day <= each.day <= row.until_day)
        if (row.sold, row.counted) != (sold[row.id], counted):
            made.append(Sold(row.id, sold[row.id], counted))
    return tuple(made)


def policy_rows(session: Session, warehouse_id: int) -> Iterator[Row]:
    """What is said of the policy and lead time of every item that a warehouse has ever had."""
    return session.stream(_ITEMS.format(only=""), warehouse=warehouse_id)


def policy_row(session: Session, warehouse_id: int, item_id: int) -> Row | None:
    """The same of one item; nothing where the warehouse has never had it."""
    return session.one(_ITEMS.format(only="AND t.item_id = :item"), warehouse=warehouse_id, item=item_id)


def net_demand(days: Sequence[Row], first_day: int, today: int) -> tuple[list[int], int]:
    """Demand from a day until yesterday, and today's, which is not over yet; what came back today counts."""
    used = {row.day: row.used for row in days if row.used}
    back = {row.day: row.came_back for row in days if row.came_back}
    net = net_of_returns(used, back, first_day, today)
    return (net[:-1], net[-1]) if net else ([], 0)


def write(
    session: Session, warehouse_id: int, plans: Sequence[Planned], now: int, *, person_id: int = 0, step: int = 0
) -> None:
    """Writes what was planned, and the levels that changed; alerts are decided at the end of the change.

    What somebody else has planned since it was read is left alone: whoever changes a policy steps the plan's revision.
    """
    changed = [each for each in plans if each.level_changed]
    lock_totals(session, warehouse_id, [each.item_id for each in changed])
    levels = [_levels(each) for each in changed]
    written = [_as_written(each, warehouse_id, now, step) for each in plans if each.plan_changed or step]
    asked = [session.ask(_LEVEL.format(rows=marks), **values, warehouse=warehouse_id)
             for marks, values in rows_of(_LEVELS, levels)]  # fmt: skip
    session.many(_SOLD, [{"id": each.promotion_id, "sold": each.sold, "counted": each.counted}
                         for plan_ in plans for each in plan_.sold])  # fmt: skip
    for marks, values in rows_of(_WRITTEN, written):
        session.ask(_PLANNED.format(rows=marks), **values, step=step)
    if sum(each.count() for each in asked):
        note(session, [each.item_id for each in changed], warehouse_id=warehouse_id, now=now, person_id=person_id)


def _levels(each: Planned) -> dict[str, int]:
    return {
        "item_id": each.item_id, "safety_stock": each.plan.safety_stock, "reorder_point": each.plan.reorder_point,
        "maximum": each.plan.maximum, "revision": each.revision,
    }  # fmt: skip


def _as_written(each: Planned, warehouse_id: int, now: int, step: int) -> dict[str, Any]:
    return {
        "warehouse_id": warehouse_id, "item_id": each.item_id, "kind": each.plan.kind,
        "inputs": json.dumps(each.plan.inputs), "safety_stock": each.plan.safety_stock,
        "lead_demand": each.plan.lead_demand, "used_7": each.used[0], "used_30": each.used[1], "used_90": each.used[2],
        "used_365": each.used[3], "first_day": each.first_day, "last_used_day": each.last_used_day,
        "last_moved_day": each.last_moved_day, "revision": each.revision + step, "planned_at": now,
    }  # fmt: skip


def lock_totals(session: Session, warehouse_id: int, items: Sequence[int]) -> None:
    """Keeps the items' totals for this change: whoever changes their stock or their plan waits."""
    if session.dialect == "postgresql":
        for marks, values in parts(sorted(set(items))):
            session.all(_LOCK.format(marks=marks), warehouse=warehouse_id, **values)


def replan(session: Session, warehouse_id: int, items: Sequence[int], now: int, *, person_id: int = 0) -> list[Planned]:
    """Plans some items anew, and writes what comes of it, in this change."""
    lock_totals(session, warehouse_id, items)
    plans = list(planned(session, warehouse_id, defaults(session, warehouse_id, now), items))
    write(session, warehouse_id, plans, now, person_id=person_id, step=1)
    return plans


# ---------------------------------------------------------------- changing a policy

FIELDS = ("kind", "quantity", "cover_days", "service_permille", "lead_time_days", "max_cover_days")
_POLICY = f"SELECT {', '.join(FIELDS)} FROM stock_policy WHERE warehouse_id = :warehouse AND item_id = :item"
_NEW_ROW = """
INSERT INTO total (warehouse_id, item_id) SELECT :warehouse, i.id FROM item i WHERE i.id = :item ON CONFLICT DO NOTHING"""


def change_policy(session: Session, by: By, item_id: int, values: dict[str, Any] | None) -> Planned:
    """Gives an item a policy of its own in this warehouse, or takes it away (None). Logged, planned and decided at once.

    Raises:
        PolicyIncomplete: a fixed policy without its quantity.
        NotFound: there is no such item.
    """
    at = {"warehouse": by.warehouse_id, "item": item_id}
    if values is not None and values["kind"] == "fixed" and values.get("quantity") is None:
        raise PolicyIncomplete
    if not session.value("SELECT 1 AS one FROM item WHERE id = :item", item=item_id):
        raise NotFound(what=f"/safety-stock/{item_id}")
    session.run(_NEW_ROW, **at)
    lock_totals(session, by.warehouse_id, [item_id])
    old = session.one(_POLICY, **at)
    new = None if values is None else {name: values.get(name) for name in FIELDS}
    if new is None:
        session.run("DELETE FROM stock_policy WHERE warehouse_id = :warehouse AND item_id = :item", **at)
    else:
        session.run(
            f"""INSERT INTO stock_policy (warehouse_id, item_id, {", ".join(FIELDS)}, changed_at, changed_by)
                VALUES (:warehouse, :item, {", ".join(":" + name for name in FIELDS)}, :now, :person)
                ON CONFLICT (warehouse_id, item_id) DO UPDATE SET
                    {", ".join(f"{name} = excluded.{name}" for name in FIELDS)}, changed_at = excluded.changed_at,
                    changed_by = excluded.changed_by""",
            **at, **new, now=by.now, person=by.person_id,
        )  # fmt: skip
    session.run(
        """INSERT INTO stock_policy_log (id, warehouse_id, item_id, old, new, changed_at, changed_by)
           VALUES (:id, :warehouse, :item, :old, :new, :now, :person)""",
        id=new_id(session), **at, old=json.dumps(old._asdict() if old else None), new=json.dumps(new), now=by.now,
        person=by.person_id,
    )  # fmt: skip
    note(session, (item_id,), warehouse_id=by.warehouse_id, now=by.now, person_id=by.person_id)
    (plan_,) = replan(session, by.warehouse_id, [item_id], by.now, person_id=by.person_id)
    return plan_


def follow_items(session: Session, items: Sequence[int], now: int) -> None:
    """The catalogue says something new of items: they are planned anew wherever they have been."""
    for house in session.all("SELECT id FROM warehouse ORDER BY id"):
        replan(session, house.id, items, now)
