"""The statistical policy keeps what it promises, on the real months (R-SAF-1)."""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from warehouse.planning.rules import LeadTime, Policy, net_of_returns
from warehouse.planning.simulation import Past, origins, rolling, service_of

GIANT_FACTOR, FIT_DAYS, SINCE = 3, 42, 91


@pytest.fixture(scope="module")
def months():
    """Net demand of each item on each day of the months that are given."""
    folder = os.environ.get("WAREHOUSE_DATA")
    if not folder:
        pytest.skip("WAREHOUSE_DATA is not set: the real months are not here")
    used, back = defaultdict(lambda: defaultdict(int)), defaultdict(lambda: defaultdict(int))
    days = set()
    for path in sorted(Path(folder, "online-retail").glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                sku, quantity = row["StockCode"].upper(), int(row["Quantity"])
                if not sku[:5].isdigit():
                    continue
                day = date.fromisoformat(row["InvoiceDate"][:10]).toordinal()
                days.add(day)
                if row["InvoiceNo"].startswith("C"):
                    back[sku][day] -= quantity
                elif quantity > 0 and float(row["UnitPrice"]) > 0:
                    used[sku][day] += quantity
    net = {sku: net_of_returns(used[sku], back[sku], min(days), max(days)) for sku in used}
    return [each for each in net.values() if any(each)]


def test_realised_service_is_within_two_points_of_the_asked_one(months, tell):
    """Each week is planned from the weeks before alone; served is counted on what was really wanted, giants and all."""
    tell(keeps_its_promise(months[::4], LeadTime(7), 950))


@pytest.mark.proof
@pytest.mark.parametrize("permille", [900, 950, 980])
@pytest.mark.parametrize("lead", [LeadTime(7), LeadTime(14, 2.0)], ids=["a week", "two weeks, varying"])
def test_realised_service_of_all_items(months, tell, lead, permille):
    """The long form: all items, three levels, two lead times."""
    tell(keeps_its_promise(months, lead, permille))


def keeps_its_promise(months, lead, permille):
    policy = Policy("statistical", service_permille=permille)
    pasts = [
        Past(days, known, lead) for days in months if (known := origins(days, policy, lead, giant_factor=GIANT_FACTOR))
    ]
    length = len(months[0])
    factors = dict(rolling(pasts, permille, fit_days=FIT_DAYS, since=SINCE, length=length, giant_factor=GIANT_FACTOR))
    first = factors[min(factors)]
    made = service_of(pasts, lambda day: factors.get(day, first), since=SINCE)
    told = f"{len(pasts)} items, {made.wanted} pieces: asked {permille / 10:g} %, served {made.service:.2%}"
    assert abs(made.service * 1000 - permille) <= 20, told
    return told
