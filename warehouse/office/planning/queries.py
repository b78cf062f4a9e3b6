"""What the desk of safety stock reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from warehouse.catalog.lookup import like
from warehouse.clock import iso, iso_day
from warehouse.db import Row, Session
from warehouse.errors import NotFound
from warehouse.ledger.protected import protected
from warehouse.planning.clearing import open_ones
from warehouse.planning.history import days_of
from warehouse.planning.idle import cover_days, turnover_of
from warehouse.planning.policies import defaults, lead_of, net_demand, policy_of, policy_row
from warehouse.planning.rules import LeadTime, Policy
from warehouse.planning.simulation import Trial, origins, trial
from warehouse.who import By

LOG_MAX = 50

_COLUMNS = """
i.id, i.sku, i.name, i.name_zh, i.unit, t.on_hand, t.reserved, t.blocked, t.expired, t.on_order,
t.on_hand - t.reserved - t.blocked - t.expired AS available, t.safety_stock, t.reorder_point, t.maximum, t.alarm,
k.kind, k.inputs, k.lead_demand, k.used_7, k.used_30, k.used_90, k.used_365, k.planned_at"""
_FROM = """
FROM total t JOIN item i ON i.id = t.item_id
LEFT JOIN stock_plan k ON k.warehouse_id = t.warehouse_id AND k.item_id = t.item_id
WHERE t.warehouse_id = :warehouse"""
_LIST = f"SELECT {_COLUMNS} {_FROM} {{of}} ORDER BY i.sku LIMIT :most OFFSET :skip"
_ITEM = """
SELECT i.id, i.sku, i.name, i.name_zh, i.unit, 0 AS on_hand, 0 AS reserved, 0 AS blocked, 0 AS expired, 0 AS on_order,
       0 AS available, 0 AS safety_stock, -1 AS reorder_point, -1 AS maximum, 0 AS alarm, NULL AS kind, NULL AS inputs,
       0 AS lead_demand, 0 AS used_7, 0 AS used_30, 0 AS used_90, 0 AS used_365, NULL AS planned_at
FROM item i WHERE i.id = :id"""
_POLICY = """
SELECT kind, quantity, cover_days, service_permille, lead_time_days, max_cover_days FROM stock_policy
WHERE warehouse_id = :warehouse AND item_id = :id"""
_LOG = f"""
SELECT g.old, g.new, g.changed_at, k.name FROM stock_policy_log g LEFT JOIN person k ON k.id = g.changed_by
WHERE g.warehouse_id = :warehouse AND g.item_id = :id ORDER BY g.id DESC LIMIT {LOG_MAX}"""
_PROMOTIONS = """
SELECT id, name, from_day, until_day, quantity, sold FROM promotion
WHERE warehouse_id = :warehouse AND item_id = :id AND cancelled_at IS NULL AND until_day >= :today ORDER BY from_day, id
LIMIT 100"""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the list; empty for all."""

    text: str = ""
    kind: str = ""
    below: bool = False


@dataclass(frozen=True, slots=True)
class PlanView:
    """An item's levels, what they were reckoned from, what its policy would have done, and what is kept of it."""

    item: Row
    policy: Row | None
    tried: dict[str, Trial]
    protected: list[Row]
    promotions: list[Row]
    log: list[Row]
    is_clearing: bool = False

    @property
    def inputs(self) -> dict[str, Any]:
        """What the plan was reckoned from; empty before the first one."""
        return dict(json.loads(self.item.inputs)) if self.item.inputs else {}

    def as_json(self) -> dict[str, Any]:
        """The plan as programs read it."""
        return as_json(self.item) | {
            "inputs": self.inputs, "own_policy": self.policy._asdict() if self.policy else None,
            "tried": {kind: asdict(each) | {"service": round(each.service, 4)} for kind, each in self.tried.items()},
            "protected": [{"channel": row.channel, "quantity": row.quantity} for row in self.protected],
            "promotions": [{"id": str(row.id), "name": row.name, "from": iso_day(row.from_day), "until": iso_day(row.until_day),
                            "quantity": row.quantity, "sold": row.sold} for row in self.promotions],
        }  # fmt: skip


def items(session: Session, by: By, search: Search, *, most: int, skip: int) -> list[Row]:
    """Items with their levels, by SKU."""
    of, params = "", dict[str, Any]()
    if search.kind:
        of += " AND k.kind = :kind"
        params["kind"] = search.kind
    if search.below:
        of += " AND t.alarm <> 0"
    if search.text:
        of += """ AND (lower(i.sku) LIKE :like ESCAPE '!' OR lower(i.name) LIKE :like ESCAPE '!'
            OR lower(i.name_zh) LIKE :like ESCAPE '!')"""
        params["like"] = like(search.text)
    return session.all(_LIST.format(of=of), warehouse=by.warehouse_id, most=most, skip=skip, **params)


def item(session: Session, by: By, item_id: int) -> Row:
    """One item with its levels here; all nothing where this warehouse has never had it.

    Raises:
        NotFound: there is no such item.
    """
    row = session.one(f"SELECT {_COLUMNS} {_FROM} AND t.item_id = :id", warehouse=by.warehouse_id, id=item_id)
    row = row or session.one(_ITEM, id=item_id)
    if row is None:
        raise NotFound(what=f"/safety-stock/{item_id}")
    return row


def plan_view(session: Session, by: By, item_id: int) -> PlanView:
    """All that the page of an item's safety stock shows.

    Raises:
        NotFound: there is no such item.
    """
    row = item(session, by, item_id)
    at = {"warehouse": by.warehouse_id, "id": item_id}
    today = defaults(session, by.warehouse_id, by.now).today
    return PlanView(
        row, session.one(_POLICY, **at), tried(session, by, item_id), protected(session, by, item_id),
        session.all(_PROMOTIONS, **at, today=today), session.all(_LOG, **at),
        is_clearing=bool(open_ones(session, by, most=1, item_id=item_id)),
    )  # fmt: skip


def tried(session: Session, by: By, item_id: int) -> dict[str, Trial]:
    """How often each policy would have alarmed and run out on the item's past; empty where there is none."""
    by_default = defaults(session, by.warehouse_id, by.now)
    row = policy_row(session, by.warehouse_id, item_id)
    since = by_default.today - by_default.demand_days
    rows = list(days_of(session, by.warehouse_id, since=since, only="AND item_id = :item", item=item_id))
    if row is None or not rows:
        return {}
    days, _ = net_demand(rows, rows[0].day, by_default.today)
    own, lead = policy_of(row, by_default), lead_of(row, by_default, ())
    factor = by_default.factors.get(own.service_permille)
    policies = {"cover": Policy("cover", None, own.cover_days),
                "statistical": Policy("statistical", service_permille=own.service_permille)}  # fmt: skip
    if own.kind == "fixed":
        policies["fixed"] = own
    return {kind: made for kind, each in policies.items() if (made := _try(days, each, lead, factor, by_default)).days}


def _try(days: list[int], policy: Policy, lead: LeadTime, factor: float | None, by_default: Any) -> Trial:
    from warehouse.planning.rules import normal_factor

    known = origins(days, policy, lead, giant_factor=by_default.giant_day_factor)
    chosen = normal_factor(policy.service_permille) if factor is None else factor
    return trial(days, known, lead, lambda _: chosen)


def as_json(row: Row) -> dict[str, Any]:
    """An item's levels as programs read them; no reorder point or maximum is null."""
    return {
        "item": str(row.id), "sku": row.sku, "policy": row.kind, "available": int(row.available),
        "on_order": row.on_order, "safety_stock": row.safety_stock,
        "reorder_point": None if row.reorder_point < 0 else row.reorder_point,
        "maximum": None if row.maximum < 0 else row.maximum, "used_7": row.used_7, "used_30": row.used_30,
        "cover_days": cover_days(row.available, row.used_30 or 0, 30), "turnover": turnover_of(row.on_hand, row.used_365 or 0),
        "planned_at": iso(row.planned_at), "href": f"/safety-stock/{row.id}",
    }  # fmt: skip
