"""The audit of an exported ledger, on ledgers of a few lines."""

from __future__ import annotations

from warehouse.simulate.audit import Held, Promised, newer_picks

OLD, NEW = "2026-01-01T04:00:00.000000Z", "2026-01-05T04:00:00.000000Z"


def move(
    cause: str, at: str, source: str, place: str, quantity: int, received: str, reserved: str = ""
) -> dict[str, str]:
    return {
        "sku": "TEA", "cause": cause, "at": f"2026-02-01T{at}:00.000000Z", "from": source, "to": place,
        "quantity": str(quantity), "received_at": received,
        "reserved_at": f"2026-02-01T{reserved}:00.000000Z" if reserved else "",
    }  # fmt: skip


LYING = [move("opening", "01:00", "supplier", "A-1", 2, OLD), move("opening", "01:00", "supplier", "A-2", 9, NEW)]
NEWER = move("pick", "03:00", "A-2", "TOTE", 1, NEW, "02:00")


def faults(*moves: dict[str, str], **more) -> list[str]:
    return newer_picks([*LYING, *moves], pick_places={"A-1", "A-2"}, timezone="Asia/Shanghai", **more)


def test_a_newer_pick_is_found() -> None:
    """R-PICK-1: judged when the goods were reserved."""
    assert faults(NEWER) == ["TEA from A-2 (2026-01-05), though A-1 had 2 of 2026-01-01"]


def test_the_oldest_first_is_right() -> None:
    assert faults(move("pick", "03:00", "A-1", "TOTE", 2, OLD, "02:00"), NEWER) == []


def test_what_was_reserved_before_is_not_free() -> None:
    """R-PICK-1: a reservation stands, also if it is picked later."""
    assert faults(NEWER, move("pick", "05:00", "A-1", "TOTE", 2, OLD, "01:30")) == []
    assert len(faults(NEWER, move("pick", "05:00", "A-1", "TOTE", 2, OLD, "02:30"))) == 1


def test_what_lies_elsewhere_than_in_pick_places_is_not_free() -> None:
    assert newer_picks([*LYING, NEWER], pick_places={"A-2"}, timezone="Asia/Shanghai") == []


def test_held_and_promised_goods_are_not_free() -> None:
    """R-PICK-3: what is missing waits for its count; R-ORD-7: what a cancelled order had kept is free only since then."""
    assert faults(NEWER, held=[Held("TEA", "A-1", "2026-02-01T01:30:00.000000Z")]) == []
    assert len(faults(NEWER, held=[Held("TEA", "A-1", "2026-02-01T02:30:00.000000Z")])) == 1
    assert len(faults(NEWER, held=[Held("MUG", "A-1", "2026-02-01T01:30:00.000000Z")])) == 1
    kept = Promised("TEA", 2, "2026-02-01T01:30:00.000000Z", "2026-02-01T02:30:00.000000Z")
    assert faults(NEWER, promised=[kept]) == []
    less = Promised("TEA", 1, kept.since, kept.until)
    assert len(faults(NEWER, promised=[less])) == 1
    over = Promised("TEA", 2, kept.since, "2026-02-01T01:45:00.000000Z")
    assert len(faults(NEWER, promised=[over])) == 1
