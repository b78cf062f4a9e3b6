"""Settings: every default can be changed per warehouse, every change is logged, nonsense is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.floor import House, Worker
from warehouse.catalog.settings import (
    COMPANY,
    COMPANY_ONLY,
    SETTINGS,
    BadValue,
    UnknownSetting,
    all_settings,
    change_setting,
    setting,
)


def change(house: House, name: str, text: str, warehouse_id: int | None = None) -> Any:
    where = house.id if warehouse_id is None else warehouse_id
    return house.base.change(
        lambda session: change_setting(session, name, text, warehouse_id=where, changed_by="test", at=1)
    )


def value(house: House, name: str, warehouse_id: int = COMPANY) -> Any:
    return house.base.read(lambda session: setting(session, name, warehouse_id))


GOOD = [
    ("cut_off", "17:00", "17:00"), ("working_days", "1 3,5", [1, 3, 5]), ("self_check", "yes", True),
    ("self_check", "FALSE", False), ("over_receipt_percent", "5", 5), ("override_reasons", "A, B C", ["A", "B", "C"]),
    ("regions", "Tibet=MAIN, Hainan = MAIN", {"Tibet": "MAIN", "Hainan": "MAIN"}), ("regions", "", {}),
    ("main_warehouse", "", ""),
]  # fmt: skip
BAD = [
    ("cut_off", "24:00"), ("cut_off", "9:00"), ("cut_off", ""), ("working_days", "0 8"), ("working_days", "Monday"),
    ("working_days", ""), ("self_check", "perhaps"), ("over_receipt_percent", "-1"), ("over_receipt_percent", "101"),
    ("over_receipt_percent", "1.5"), ("over_receipt_percent", "many"), ("override_reasons", " , "), ("regions", "Tibet"),
    ("quantity_max", "99999999999999999999"),
]  # fmt: skip


def test_a_setting_is_changed_and_logged(house: House) -> None:
    for number, (name, text, read) in enumerate(GOOD, 1):
        assert change(house, name, text) == read
        assert value(house, name, house.id) == read
        assert value(house, name) == (read if name in COMPANY_ONLY else SETTINGS[name].default), "each has its own"
        assert house.value("SELECT count(*) FROM setting_log WHERE changed_by = 'test'") == number


def test_nonsense_is_refused_with_what_is_expected(house: House) -> None:
    for name, text in BAD:
        with pytest.raises(BadValue) as refusal:
            change(house, name, text)
        assert name in str(refusal.value)
        assert str(SETTINGS[name].kind.expected) in str(refusal.value)
    assert house.value("SELECT count(*) FROM setting_log") == 0


def test_an_unknown_setting_is_refused(house: House) -> None:
    with pytest.raises(UnknownSetting):
        change(house, "no_such_setting", "1")


def test_a_warehouse_has_its_own_value_before_the_companys(house: House) -> None:
    change(house, "unusual_quantity", "50", COMPANY)
    assert value(house, "unusual_quantity", house.id) == 50
    change(house, "unusual_quantity", "20")
    assert value(house, "unusual_quantity", house.id) == 20
    assert value(house, "unusual_quantity", house.id + 1) == 50


def test_all_settings_have_a_default_that_they_would_take(house: House) -> None:
    values = house.base.read(lambda session: all_settings(session, house.id))
    assert values.keys() == SETTINGS.keys()
    for name, each in SETTINGS.items():
        assert values[name] == each.default
        assert each.means[0].islower() or each.means[0].isupper()


def test_the_reasons_set_up_are_the_reasons_taken(house: House, picker: Worker) -> None:
    change(house, "damage_reasons", "GNAWED")
    picker.scans("XXDAMAGE", "XQ1")
    assert picker.scan("XRBROKEN") == "unknown_damage_reason"
    assert "GNAWED" in picker.notice["text"]
    assert picker.scan("XRGNAWED") in {"damage_booked", "back_ordered"}


@pytest.mark.parametrize(("name", "text"), [("main_warehouse", "W9"), ("central_warehouse", "W9"),
                                            ("regions", "Tibet=MAIN,Nowhere=W9"), ("regions", "Tibet=")])  # fmt: skip
def test_only_warehouses_that_exist_can_be_named(house: House, name: str, text: str) -> None:
    with pytest.raises(BadValue, match=r"expected warehouses that exist: MAIN, got"):
        change(house, name, text)
    assert change(house, "main_warehouse", "MAIN") == "MAIN"
