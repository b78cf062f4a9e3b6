"""What scans of the inbound rooms cost, and what two people at once get."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.floor import House, Worker, answer_for, statements_counted
from warehouse.catalog.locations import refresh_pick_locations
from warehouse.db import Session

POSTING, SILENT = 16, 8


def costs(worker: Worker) -> list[tuple[str, int]]:
    """Obeys to the end of a piece of work; each scan's kind and statements."""
    seen = []
    while not worker.screen["done"]:
        kind, code = worker.screen["expects"][0], answer_for(worker.screen)
        with statements_counted() as asked:
            worker.scan(code)
        assert worker.status == 200, worker.notice
        seen.append((kind, asked()))
    return seen


def test_no_scan_costs_more_than_it_may(house: House, ada: Worker) -> None:
    """A scan that posts costs at most 16 statements; one that only names goods few."""
    house.base.change(lambda session: house.add_item(session, "RICE", tracking="lot"))
    house.purchase(("KETTLE", 3), ("TEA", 3), ("CAMERA", 2), ("KETTLE", 1), ("RICE", 1))
    house.purchase(("TEA", 1), number="PO-2")
    ada.next("receiving")
    seen = costs(ada)
    ada.next("receiving")
    seen += costs(ada)
    for room in ("putaway", "putaway", "putaway"):
        ada.next(room)
        seen += costs(ada)
    assert max(cost for _, cost in seen) <= POSTING, seen
    assert min(cost for kind, cost in seen if kind == "item") <= SILENT, seen


def test_two_receivers_at_once_never_get_the_same_order(house: House, floor: Any) -> None:
    """One receiver an order, however close together they ask."""
    for number in range(3):
        house.purchase(("KETTLE", 2), number=f"PO-{number}")
    workers = [floor("receiver") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        screens = list(pool.map(lambda worker: worker.next("receiving"), workers))
    given = [screen["target"]["document"]["code"] for screen in screens if screen]
    assert sorted(given) == ["PO-0", "PO-1", "PO-2"]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda worker: worker.screen and worker.finish(), workers))
    assert house.stock() == {("KETTLE", "DOCK-1", "", ""): 6}


def test_two_who_scan_the_same_document_at_once(house: House, floor: Any) -> None:
    """Both leave their own order for the third one; one of them gets it."""
    for number in range(3):
        house.purchase(("KETTLE", 2), number=f"PO-{number}")
    workers = [floor("receiver") for _ in range(2)]
    for worker in workers:
        worker.next("receiving")
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda worker: worker.scan("PO-2"), workers))
    assert sorted(said) == ["order_taken", "receipt_opened"]


def test_the_same_serial_twice_at_once(house: House, floor: Any) -> None:
    """Two receipts of the same label: one is in, the other is refused."""
    for number in range(2):
        house.purchase(("CAMERA", 2), number=f"PO-{number}")
    workers = [floor("receiver") for _ in range(2)]
    for worker in workers:
        worker.next("receiving")
        worker.obey()
        worker.scans("CAMERA")
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda worker: worker.scan("SN-1"), workers))
    assert sorted(said) == ["received", "serial_in_stock"]


def test_two_replenishers_at_once_never_get_the_same_item(house: House, floor: Any) -> None:
    def mark(session: Session) -> None:
        session.run("UPDATE location SET pick_face = 1 WHERE code IN ('A-01', 'A-02', 'A-03')")
        refresh_pick_locations(session, house.id)

    house.base.change(mark)
    house.put("KETTLE", "A-04", 5)
    house.put("TEA", "A-05", 5, lot="L1", expiry="2028-01-01")
    house.order(("KETTLE", 1), ("TEA", 1))
    workers = [floor("picker") for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        screens = list(pool.map(lambda worker: worker.next("replenishing"), workers))
    given = [screen["target"]["item"]["code"] for screen in screens if screen]
    assert sorted(given) == ["KETTLE", "TEA"]
    for worker in workers:
        if worker.screen:
            worker.finish()
    assert {place for _, place, _, _ in house.stock()} <= {"A-01", "A-02", "A-03"}
