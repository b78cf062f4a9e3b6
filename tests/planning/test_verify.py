"""`verify` sees an alert that was missed, lost or doubled behind the product's back (R-SAF-2)."""

from __future__ import annotations

import pytest

from warehouse.ledger.verify import verify
from warehouse.planning.policies import change_policy


class TakenBack(Exception):  # noqa: N818
    """The forgery leaves no trace."""


@pytest.mark.parametrize(
    ("forgery", "law", "expected", "found"),
    [
        (
            "UPDATE stock_alert SET state = 'closed', closed_at = 1 WHERE kind = 'reorder'",
            "alerts as the alarm says",
            "3",
            "1",
        ),
        ("UPDATE stock_alert SET kind = 'overstock' WHERE kind = 'reorder'", "alerts as the alarm says", "3", "5"),
        ("UPDATE total SET safety_stock = 2, reorder_point = 2", "alarm as the levels say", "0", "3"),
    ],
)
def test_an_alarm_has_its_alerts(house, forgery, law, expected, found):
    house.put("KETTLE", "A-01", 4)
    values = {"kind": "fixed", "quantity": 10, "lead_time_days": 0}
    house.base.change(lambda session: change_policy(session, house.by(), house.items["KETTLE"], values))
    assert house.verify().faults == []
    faults = []

    def forge(session):
        session.run(forgery)
        faults.extend(verify(session, house.id).faults)
        raise TakenBack

    with pytest.raises(TakenBack):
        house.base.change(forge)
    (fault,) = faults
    assert (fault.law, fault.expected, fault.found) == (law, expected, found)
    assert fault.row == f"item {house.items['KETTLE']}"
