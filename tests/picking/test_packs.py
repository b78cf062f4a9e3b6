"""A pack's code stands for its quantity, also of goods whose lot is told by the scan after it."""

from __future__ import annotations

from tests.floor import House, Worker
from warehouse.catalog.codes import register


def test_a_pack_of_goods_with_a_lot_counts_whole_in_picking_and_packing(house: House, ada: Worker) -> None:
    """The scan that completes naming the goods books the pack that was scanned before it."""
    house.base.change(lambda session: register(session, "TEA-6", kind="item", ref_id=house.items["TEA"], quantity=6))
    house.put("TEA", "A-01", 20, lot="L1", expiry="2028-01-01")
    house.order(("TEA", 8))
    for room in ("picking", "packing"):
        ada.next(room)
        while ada.screen["expects"] != ["item"]:
            ada.obey()
        ada.scans("TEA-6", "L1")
        assert ada.screen["target"]["quantity"] == {"wanted": 8, "done": 6, "unit": "each"}
        ada.scans("XXUNDO", "XXUNDO", "TEA", "L1")
        assert ada.screen["target"]["quantity"]["done"] == 1, "a single piece after all"
        ada.scans("TEA-6")
        assert ada.scan("TEA-6") in {"pack_too_large", "surplus"}
        ada.finish()


def test_a_pack_that_is_too_large_is_refused_before_its_lot_is_asked(house: House, ada: Worker) -> None:
    house.base.change(lambda session: register(session, "TEA-6", kind="item", ref_id=house.items["TEA"], quantity=6))
    house.put("TEA", "A-01", 20, lot="L1", expiry="2028-01-01")
    house.order(("TEA", 5))
    for room, said in (("picking", "pack_too_large"), ("packing", "surplus")):
        ada.next(room)
        while ada.screen["expects"] != ["item"]:
            ada.obey()
        assert ada.scan("TEA-6") == said
        assert ada.screen["expects"] == ["item"]
        ada.finish()
