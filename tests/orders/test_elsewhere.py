"""Several warehouses, as their storekeepers would tell it: an order leaves whole, from wherever all of it lies."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.floor import TIMEZONE, House, Worker
from warehouse.catalog.locations import find_quarantine, make_location, make_warehouse, refresh_pick_locations
from warehouse.catalog.settings import change_setting
from warehouse.clock import iso
from warehouse.db import Session
from warehouse.orders.release import wake


class Branch(House):
    """A further warehouse of the same company: its own dock, station and three bins, the same items."""

    def __init__(self, first: House, code: str) -> None:
        self.app, self.base, self.items, self.places, self.orders = first.app, first.base, first.items, {}, 0
        self.code = code
        self.id = self.base.change(self._build)

    def _build(self, session: Session) -> int:
        warehouse_id = make_warehouse(session, self.code, timezone=TIMEZONE)
        kinds = {"D": "dock", "P": "station", "1": "bin", "2": "bin", "3": "bin"}
        for mark, kind in kinds.items():
            name = f"{self.code}-{mark}"
            self.places[name] = make_location(session, warehouse_id, name, kind=kind)
        refresh_pick_locations(session, warehouse_id)
        return warehouse_id


@dataclass
class Company:
    """MAIN and two branches made after it, with somebody in each."""

    main: House
    east: Branch
    west: Branch
    ada: Worker
    bob: Worker
    cid: Worker

    def whose(self) -> str:
        """The warehouse that the only order is at, and its state."""
        return str(
            self.main.value(
                "SELECT w.code || ' ' || o.state FROM sales_order o JOIN warehouse w ON w.id = o.warehouse_id"
            )
        )


@pytest.fixture
def company(house: House, ada: Worker) -> Company:
    """Three warehouses; orders of Shanghai leave from MAIN."""
    east, west = Branch(house, "EAST"), Branch(house, "WEST")
    return Company(house, east, west, ada, east.worker("picker"), west.worker("picker"))


def main_is(company: Company, code: str) -> None:
    company.main.base.change(
        lambda session: change_setting(session, "main_warehouse", code, warehouse_id=0, changed_by="test", at=1)
    )


def test_an_order_goes_to_a_warehouse_made_before_its_own_too(company: Company) -> None:
    """R-ORD-6: the region's own warehouse first, then the others in the order in which they were made."""
    main_is(company, "EAST")
    company.main.put("KETTLE", "A-01", 5)
    company.west.put("KETTLE", "WEST-1", 5)
    company.main.order(("KETTLE", 3))
    assert company.bob.next("picking") is None
    assert company.whose() == "MAIN open"
    assert company.ada.work("picking") == 1
    assert company.cid.next("picking") is None


def test_an_order_that_none_has_waits_at_its_first_and_wakes_wherever_goods_come(company: Company) -> None:
    """R-ORD-6: nothing goes round; goods freed in any warehouse wake it."""
    company.main.order(("KETTLE", 3), ("CAMERA", 1))
    company.east.put("KETTLE", "EAST-1", 3)
    company.main.put("CAMERA", "A-01", 1, serial="S1")
    for worker in (company.bob, company.ada, company.bob, company.cid):
        assert worker.next("picking") is None
    assert company.whose() == "MAIN waiting"
    company.west.put("KETTLE", "WEST-1", 3)
    assert company.whose() == "MAIN open"
    for worker in (company.ada, company.cid):
        assert worker.next("picking") is None
    assert company.whose() == "MAIN waiting"
    company.east.put("CAMERA", "EAST-2", 1, serial="S2")
    assert company.bob.work("picking") == 1
    assert company.whose() == "EAST released"


def test_who_finds_no_work_fetches_what_lacks_elsewhere(company: Company) -> None:
    """R-ORD-6: nobody is told no_work while an order could be released whole here; nobody at its own need have looked."""
    company.west.put("KETTLE", "WEST-1", 7)
    company.main.put("KETTLE", "A-01", 2)
    numbers = [company.main.order(("KETTLE", quantity)) for quantity in (2, 3, 4, 5)]
    company.ada.next("picking")
    assert numbers[1] in str(company.cid.next("picking"))
    company.cid.finish()
    assert company.cid.work("picking") == 1
    assert company.bob.next("picking") is None
    states = company.main.base.read(
        lambda session: session.all("SELECT number, state FROM sales_order ORDER BY number")
    )
    assert [row.state for row in states] == ["released", "released", "released", "waiting"]


def test_an_order_that_its_own_warehouse_can_serve_is_left_there(company: Company) -> None:
    """R-ORD-6: goods that only wait to be brought to their bins are there; a branch does not take the order."""
    company.main.put("KETTLE", "DOCK-1", 3)
    company.east.put("KETTLE", "EAST-1", 3)
    company.main.order(("KETTLE", 3))
    for worker in (company.bob, company.ada, company.bob):
        assert worker.next("picking") is None
    assert company.whose() == "MAIN waiting"
    company.ada.work("putaway")
    assert company.ada.work("picking") == 1


def test_what_waits_for_replenishing_is_never_given_away(company: Company) -> None:
    """R-ORD-6, R-PICK-6: goods in reserve are goods."""

    def mark(session: Session) -> None:
        session.run("UPDATE location SET pick_face = 1 WHERE code IN ('A-01', 'EAST-1')")
        for house in (company.main, company.east):
            refresh_pick_locations(session, house.id)

    company.main.base.change(mark)
    company.main.put("KETTLE", "A-05", 3)
    company.east.put("KETTLE", "EAST-1", 3)
    company.main.order(("KETTLE", 3))
    for worker in (company.bob, company.ada, company.bob):
        assert worker.next("picking") is None
    assert company.whose() == "MAIN waiting"
    assert company.ada.work("replenishing") == 1
    assert company.ada.work("picking") == 1


def test_goods_that_nobody_may_pick_do_not_keep_an_order(company: Company) -> None:
    """R-PUT-6: what has expired, is damaged or held counts for nothing."""
    company.main.put("TEA", "A-01", 2, lot="OLD", expiry="2026-02-01")
    company.main.places["Q"] = company.main.base.change(lambda session: find_quarantine(session, company.main.id))
    company.main.put("TEA", "Q", 2, lot="WET", expiry="2030-01-01")
    company.west.put("TEA", "WEST-1", 2, lot="NEW", expiry="2030-01-01")
    company.main.order(("TEA", 2))
    assert company.ada.next("picking") is None
    assert company.whose() == "WEST open"
    assert company.cid.work("picking") == 1


def test_the_rest_of_an_order_of_which_a_part_has_left_stays(company: Company) -> None:
    """R-ORD-6: an order is split between warehouses only where its channel allows."""
    company.main.put("KETTLE", "A-01", 5)
    company.west.put("KETTLE", "WEST-1", 5)
    company.main.order(("KETTLE", 5))
    company.ada.next("picking")
    company.ada.obey()
    company.ada.scans(company.main.barcode("A-01"), "KETTLE", "XQ2", "XXSHORT")
    for worker in (company.cid, company.ada, company.cid):
        assert worker.next("picking") is None
    assert company.whose() == "MAIN waiting"


def test_an_order_that_was_short_whole_leaves_from_another_unless_it_is_taken_back(company: Company) -> None:
    """R-ORD-6, R-LED-1: undo wants the order back, and has it only while the other has not begun."""
    company.main.put("KETTLE", "A-01", 5)
    company.west.put("KETTLE", "WEST-1", 5)
    company.main.order(("KETTLE", 5))
    company.ada.next("picking")
    company.ada.obey()
    company.ada.scans(company.main.barcode("A-01"), "XXSHORT")
    assert company.whose() == "MAIN waiting"
    assert company.ada.scan("XXUNDO") == "undone"
    assert company.whose() == "MAIN released"
    company.ada.scans("XXSHORT")
    company.main.base.change(lambda session: wake(session, company.main.by(), frozenset(company.main.items.values())))
    company.main.base.change(
        lambda session: session.run("UPDATE sales_order SET warehouse_id = :id", id=company.west.id)
    )
    assert company.ada.scan("XXUNDO") == "undone", "it was brought over, but is not begun"
    assert company.whose() == "MAIN released"
    company.ada.scans("XXSHORT")
    assert company.cid.next("picking") is not None
    assert company.ada.scan("XXUNDO") == "too_late_to_undo"
    assert company.whose() == "WEST released"


@pytest.mark.parametrize("how", ["send", "fetch"])
def test_an_order_that_goes_elsewhere_is_due_by_the_calendar_there(company: Company, how: str) -> None:
    """R-ORD-4: the cut-off and the clock are those of the warehouse that the order leaves from."""
    for name, value in (("cut_off", "09:00"), ("working_days", "1 2 3 4 5 6 7")):
        company.main.base.change(
            lambda session, name=name, value=value: change_setting(
                session, name, value, warehouse_id=company.east.id, changed_by="test", at=1
            )
        )
    company.east.put("KETTLE", "EAST-1", 7)
    company.main.order(("KETTLE", 3), confirmed="2026-03-07T10:00")
    if how == "send":
        assert company.ada.next("picking") is None
    assert company.bob.next("picking") is not None
    assert company.whose() == "EAST released"
    row = company.main.base.read(
        lambda session: session.one("SELECT o.cutoff_at, o.ship_by, s.cutoff_at AS s_cutoff, s.ship_by AS s_ship_by "
                                    "FROM sales_order o JOIN shipment s ON s.order_id = o.id")
    )  # fmt: skip
    due = [str(iso(at, TIMEZONE))[:16] for at in (row.cutoff_at, row.ship_by)]
    assert due == ["2026-03-08T09:00", "2026-03-08T10:00"], "a Sunday, on which MAIN does not work"
    assert (row.s_cutoff, row.s_ship_by) == (row.cutoff_at, row.ship_by)
