"""Suppliers, and items that run out."""

from __future__ import annotations

import pytest

from tests.pages import Browser
from warehouse.catalog.suppliers import put_supplier
from warehouse.planning.policies import change_policy


class Market:
    """ACME, who usually brings kettles (12 in a case, 5.00 each) and tea; BETA, who could. Of both items 4 are there, and 10
    should be."""

    def __init__(self, house):
        self.house = house
        self.suppliers = {}
        house.base.change(self._make)
        house.put("KETTLE", "A-01", 4)
        house.put("TEA", "A-02", 4, lot="L1", expiry="2099-01-01")
        for sku in ("KETTLE", "TEA"):
            self.fix(sku)

    def _make(self, session):
        for code in ("ACME", "BETA"):
            self.suppliers[code] = put_supplier(session, code, code.title(), email=f"{code.lower()}@example.com")
        for sku, cost, pack in (("KETTLE", 500, 12), ("TEA", 200, None)):
            session.run(
                """UPDATE item SET supplier_id = :supplier, unit_cost = :cost, pack_size = :pack, lead_time_days = 3,
                       name_zh = :zh WHERE id = :id""",
                supplier=self.suppliers["ACME"], cost=cost, pack=pack, id=self.house.items[sku],
                zh="水壶" if sku == "KETTLE" else "绿茶",
            )  # fmt: skip

    def fix(self, sku, quantity=10):
        """So many should always be there."""
        values = {"kind": "fixed", "quantity": quantity, "lead_time_days": 0}
        self.house.base.change(
            lambda session: change_policy(session, self.house.by(), self.house.items[sku], values)
        )  # fmt: skip

    def at(self, code="ACME"):
        """Where the proposal to a supplier is."""
        return f"/proposals/{self.suppliers[code]}"

    def on_order(self, sku="KETTLE"):
        """How many are on their way."""
        return self.house.value("SELECT on_order FROM total WHERE item_id = :item", item=self.house.items[sku])

    def states(self, sku="KETTLE"):
        """The states of an item's alerts that are not closed, by kind."""
        rows = self.house.base.read(
            lambda session: session.all(
                "SELECT kind, state FROM stock_alert WHERE state <> 'closed' AND item_id = :item",
                item=self.house.items[sku],
            )
        )
        return {row.kind: row.state for row in rows}

    def messages(self, topic):
        """How many messages of a topic are in the outbox."""
        return self.house.value("SELECT count(*) FROM outbox WHERE topic = :topic", topic=topic)

    def order(self, maker, *, number="B-1", **fields):
        """An order of 10 kettles at 5.00 that waits for approval; where it is."""
        maker.get("/purchase-orders/new")
        sent = {"supplier": "ACME", "number": number, "code_1": "KETTLE", "quantity_1": "10", "unit_cost_1": "5.00"}
        maker.post("/purchase-orders", **sent | fields)
        assert "waits for approval" in maker.notice, maker.notice
        return maker.at.split("?")[0]


@pytest.fixture
def market(house):
    return Market(house)


@pytest.fixture
def pia(house):
    return Browser(house, "purchasing", name="Pia")


@pytest.fixture
def olga(house):
    return Browser(house, "operations", name="Olga")


@pytest.fixture
def omar(house):
    return Browser(house, "operations", "purchasing", name="Omar")


@pytest.fixture
def fei(house):
    return Browser(house, "finance", name="Fei")
