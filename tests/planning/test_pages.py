"""Purchasing sees what runs out, takes care of it, lets it sleep; and plans each item, with the arithmetic shown."""

from __future__ import annotations

import csv
import io

import pytest

from tests.ledger.book import Book
from tests.pages import Browser
from tests.purchases import send
from warehouse.catalog.settings import change_setting
from warehouse.clock import HOUR, day_of, iso_day, now_us
from warehouse.ledger import Goods, Move, post, seal_all
from warehouse.planning import alerts
from warehouse.planning.jobs import replan_all, work_on
from warehouse.planning.policies import change_policy


@pytest.fixture
def buyer(house):
    return Browser(house, "purchasing", name="Pia")


def fix(house, quantity, sku="KETTLE", **more):
    values = {"kind": "fixed", "quantity": quantity, "lead_time_days": 0} | more
    house.base.change(lambda session: change_policy(session, house.by(), house.items[sku], values))


def used(house, sku, *quantities):
    """So much was used on the last days, the last of them yesterday."""
    today = day_of(now_us(), "Asia/Shanghai")

    def write(session):
        for ago, quantity in enumerate(reversed(quantities), start=1):
            session.run(
                "INSERT INTO item_day (warehouse_id, item_id, day, used, moves) VALUES (:house, :item, :day, :n, 1)",
                house=house.id, item=house.items[sku], day=today - ago, n=quantity,
            )  # fmt: skip

    house.base.change(write)


def alert_at(house, sku="KETTLE", kind="safety_stock"):
    return house.value(
        "SELECT id FROM stock_alert WHERE item_id = :item AND kind = :kind ORDER BY id DESC",
        item=house.items[sku],
        kind=kind,
    )


def test_an_alert_is_seen_taken_ordered_and_closed(house, buyer, ada):
    """R-SAF-2, R-SAF-3: open, acknowledged, ordered, closed; everybody sees who has it."""
    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    page = buyer.get("/alerts")
    assert "below safety stock" in page
    assert "at the reorder point" in page
    at = f"/alerts/{alert_at(house)}"
    buyer.get(at)
    buyer.post(f"{at}/acknowledge", key="a1")
    assert "You have this alert of KETTLE now" in buyer.notice
    buyer.post(f"{at}/acknowledge", key="a2")
    assert (buyer.status, "not open any more" in buyer.notice) == (422, True)
    assert "Taken by Pia" in buyer.get(at)
    house.purchase(("KETTLE", 30), number="PO-1")
    ada.next("receiving")
    ada.scans("PO-1", "KETTLE", "XQ29")
    seen = ada.get("/alerts?state=closed")["alerts"]
    assert {(each["kind"], each["state"]) for each in seen} == {("safety_stock", "closed"), ("reorder", "closed")}
    assert seen[0]["available"] == 34


def test_a_purchase_order_makes_it_ordered_and_its_end_opens_it_again(house, buyer):
    """R-SAF-2: on order counts only what is really on its way."""
    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    house.base.change(_supplier)
    buyer.get("/purchase-orders/new")
    buyer.post("/purchase-orders", key="m1", supplier="ACME", number="B-1", code_1="KETTLE", quantity_1="3")
    assert _states(house) == {"safety_stock": "acknowledged", "reorder": "acknowledged"}, (
        "nobody has approved or sent it"
    )
    at = buyer.at.split("?")[0]
    send(buyer, at)
    assert _states(house) == {"safety_stock": "ordered", "reorder": "ordered"}
    buyer.post(f"{at}/close", key="c1")
    assert _states(house) == {"safety_stock": "open", "reorder": "open"}
    buyer.post("/purchase-orders", key="m2", supplier="ACME", number="B-2", code_1="KETTLE", quantity_1="30")
    send(buyer, buyer.at.split("?")[0])
    assert _states(house) == {"safety_stock": "ordered"}


def _supplier(session):
    from warehouse.catalog.suppliers import put_supplier

    put_supplier(session, "ACME", "Acme")


def _states(house):
    rows = house.base.read(lambda session: session.all("SELECT kind, state FROM stock_alert WHERE state <> 'closed'"))
    return {row.kind: row.state for row in rows}


def test_an_alert_sleeps_with_a_reason_and_an_end_and_wakes(house, buyer):
    """R-SAF-4."""
    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    at = f"/alerts/{alert_at(house)}"
    buyer.get(at)
    buyer.post(f"{at}/snooze", until="2099-01-01", reason="")
    assert (buyer.status, "Say why" in buyer.notice) == (422, True)
    for until in ("2020-01-01", "2999-01-01", "soon", ""):
        buyer.post(f"{at}/snooze", until=until, reason="the model ends")
        assert (buyer.status, "Say until when" in buyer.notice) == (422, True)
    buyer.post(f"{at}/snooze", until=_day_after(3), reason="the model ends")
    assert "sleeps until" in buyer.notice
    assert "the model ends" in buyer.get("/alerts?which=asleep") or "KETTLE" in buyer.html
    now = now_us()
    assert house.base.change(lambda session: alerts.escalate(session, house.id, now + 100 * 24 * HOUR)) == 1
    assert house.base.change(lambda session: alerts.wake(session, house.id, now + HOUR)) == 0
    assert house.base.change(lambda session: alerts.wake(session, house.id, now + 5 * 24 * HOUR)) == 1
    assert house.value("SELECT snoozed_until FROM stock_alert WHERE id = :id", id=alert_at(house)) is None


def test_a_sleeping_alert_that_closes_and_falls_again_is_awake(house, buyer):
    """R-SAF-2, R-SAF-4: the sleep was for the shortage that was seen, not for the next one."""
    book = Book(house)
    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    at = f"/alerts/{alert_at(house)}"
    buyer.get(at)
    buyer.post(f"{at}/snooze", until=_day_after(30), reason="it comes tomorrow")
    house.put("KETTLE", "A-02", 20)
    assert _states(house) == {}
    item, layer = house.items["KETTLE"], house.value("SELECT layer_id FROM balance WHERE quantity = 20")
    move = Move(20, house.places["A-02"], book.place_ids["customer"], Goods(item, layer))
    house.base.change(lambda session: post(session, house.by(), "ship", [move]))
    assert _states(house) == {"safety_stock": "open", "reorder": "open"}
    assert house.value("SELECT count(*) FROM stock_alert") == 2, "the same alert once more"
    assert house.value("SELECT count(*) FROM stock_alert WHERE snoozed_until IS NOT NULL OR snooze_reason <> ''") == 0
    later = now_us() + 10 * 24 * HOUR
    assert house.base.change(lambda session: alerts.escalate(session, house.id, later)) == 2


def _day_after(days):
    from datetime import date

    return date.fromordinal(day_of(now_us(), "Asia/Shanghai") + days).isoformat()


def test_what_nobody_takes_goes_to_operations_once(house, buyer):
    """R-SAF-3: after four working hours, whatever the worker does meanwhile."""
    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    now = now_us()
    assert house.base.change(lambda session: alerts.escalate(session, house.id, now)) == 0
    later = now + 10 * 24 * HOUR
    assert house.base.change(lambda session: alerts.escalate(session, house.id, later)) == 2
    assert house.base.change(lambda session: alerts.escalate(session, house.id, later)) == 0
    assert house.value("SELECT count(*) FROM outbox WHERE topic = 'alert.escalated'") == 2
    assert "Operations" in buyer.get("/alerts") or "operations" in buyer.html


def test_the_alert_is_given_to_somebody_who_is_there(house, buyer):
    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    at = f"/alerts/{alert_at(house)}"
    buyer.get(at)
    buyer.post(f"{at}/owner", owner="nobody")
    assert (buyer.status, "is no role or person" in buyer.notice) == (422, True)
    buyer.post(f"{at}/owner", owner="operations")
    assert "is with operations now" in buyer.notice


def test_the_arithmetic_is_shown_and_a_policy_changed(house, buyer):
    """R-SAF-1: the formula with its inputs."""
    house.put("KETTLE", "A-01", 50)
    used(house, "KETTLE", *[2] * 40)
    at = f"/safety-stock/{house.items['KETTLE']}"
    assert "not planned yet" in buyer.get(at)
    buyer.post(at, kind="cover", cover_days="7", lead_time_days="5")
    assert "safety stock 14, reorder point 24" in buyer.notice
    assert "used on the last 7 days" in buyer.html
    assert "10 + 14" in buyer.html
    assert "Served at once" in buyer.html
    buyer.post(at, kind="statistical", service_permille="950", lead_time_days="5")
    assert "undershoot" in buyer.html
    buyer.post(at, kind="fixed", quantity="")
    assert (buyer.status, "needs its number" in buyer.notice) == (422, True)
    buyer.post(at, kind="fixed", quantity="60", lead_time_days="0", max_cover_days="1")
    assert _states(house) == {"safety_stock": "open", "reorder": "open"}
    buyer.post(at, kind="default")
    assert _states(house) == {}
    one = buyer.json(at)["item"]
    assert (one["turnover"], one["cover_days"]) == (1.6, 25)
    view = buyer.get("/safety-stock?q=kettle")
    assert "KETTLE" in view
    assert house.value("SELECT count(*) FROM stock_policy_log") == 4
    page = buyer.get(at)
    assert "fixed · Fixed safety stock 60" in page
    assert "as the warehouse&#39;s settings say" in page


def test_the_worker_plans_once_a_day_from_what_was_sealed(house, ada, buyer):
    """R-SAF-1: cover is the default; consumables are planned as goods are."""
    house.put("KETTLE", "A-01", 9)
    used(house, "KETTLE", 1, 0, 2, 0, 0, 3, 0)
    work_on(house.base, house.id)
    row = house.base.read(
        lambda session: session.one(
            "SELECT safety_stock, reorder_point FROM total WHERE item_id = :item", item=house.items["KETTLE"]
        )
    )
    assert tuple(row) == (6, 12)
    assert _states(house) == {"reorder": "open"}
    work_on(house.base, house.id)
    assert house.value("SELECT count(*) FROM stock_alert_event") == 1


def test_promotions_raise_the_reorder_point_and_list_what_is_short(house, buyer):
    """R-SAF-7."""
    house.put("KETTLE", "A-01", 40)
    fix(house, 10)
    at = f"/safety-stock/{house.items['KETTLE']}"
    buyer.get(at)
    buyer.post(f"{at}/promotions", **{"name": "6.18", "from": _day_after(0), "until": _day_after(5), "forecast": "35"})
    assert "Promotion 6.18 is planned" in buyer.notice
    assert _states(house) == {"reorder": "open"}
    short = buyer.json("/promotions")["short"]
    assert [(each["sku"], each["short"]) for each in short] == [("KETTLE", 5)]
    promotion = house.value("SELECT id FROM promotion")
    buyer.post(f"{at}/promotions/{promotion}/cancel")
    assert _states(house) == {}
    for first, last, forecast in (("2020-01-01", "2020-01-02", "3"), (_day_after(5), _day_after(4), "3"),
                                  (_day_after(0), _day_after(366), "3"), (_day_after(500), _day_after(732), "3"),
                                  (_day_after(0), "9999-12-31", "3"), ("soon", _day_after(1), "3"),
                                  (_day_after(0), _day_after(1), "")):  # fmt: skip
        buyer.post(f"{at}/promotions", **{"name": "late", "from": first, "until": last, "forecast": forecast})
        assert (buyer.status, f"its last day is from today on until {_day_after(731)}" in buyer.notice) == (
            422,
            True,
        ), last
    assert house.value("SELECT count(*) FROM promotion") == 1


def reorder_point(house, sku="KETTLE"):
    return house.value("SELECT reorder_point FROM total WHERE item_id = :item", item=house.items[sku])


def promote(buyer, at, first, last, forecast, name="6.18"):
    buyer.get(at)
    buyer.post(
        f"{at}/promotions", **{"name": name, "from": _day_after(first), "until": _day_after(last), "forecast": forecast}
    )
    assert f"Promotion {name} is planned" in buyer.notice


def sell(house, quantity, place="A-01", sku="KETTLE"):
    """So many leave to customers now, and the worker sees it."""
    book = Book(house)
    item = house.items[sku]
    layer = house.value("SELECT layer_id FROM balance WHERE item_id = :item", item=item)
    move = Move(quantity, house.places[place], book.place_ids["customer"], Goods(item, layer))
    house.base.change(lambda session: post(session, house.by(), "ship", [move]))
    seal_all(house.base, house.id)
    work_on(house.base, house.id)


def test_what_a_promotion_has_sold_is_not_expected_of_it_any_more(house, buyer):
    """R-SAF-7: 100 are expected beside 2 a day; 12 were used on each of three days, and 32 today."""
    house.put("KETTLE", "A-01", 500)
    used(house, "KETTLE", *[2] * 40, 12, 12, 12)
    at = f"/safety-stock/{house.items['KETTLE']}"
    buyer.get(at)
    buyer.post(at, kind="cover", cover_days="7", lead_time_days="5")
    assert reorder_point(house) == 14 + 44, "with no promotion known they count as usual demand"
    promote(buyer, at, -3, 3, 100)
    assert reorder_point(house) == 10 + 14 + 70, "what the promotion sold counts once: 30 of it, and 2 a day"
    work_on(house.base, house.id)
    sell(house, 32)
    assert reorder_point(house) == 10 + 14 + 40, "also today's, at once"
    (promotion,) = buyer.json(at)["item"]["promotions"]
    assert promotion == {"id": str(house.value("SELECT id FROM promotion")), "name": "6.18", "from": _day_after(-3),
                         "until": _day_after(3), "quantity": 100, "sold": 60}  # fmt: skip
    assert "of which 60 are sold" in buyer.get(at)
    assert buyer.json("/promotions")["short"] == []
    assert buyer.json(at)["item"]["inputs"]["mean"] == 2
    assert buyer.json(at)["item"]["used_7"] == 4 * 2 + 36, "what was really used stays so"
    sell(house, 100)
    assert reorder_point(house) == 24, "all of it is sold: nothing more is expected"
    buyer.get(at)
    buyer.post(f"{at}/promotions/{promotion['id']}/cancel")
    assert reorder_point(house) == 24, "what it has sold stays its own when it is taken back"


def test_what_is_there_serves_one_promotion_after_the_other(house, buyer):
    """R-SAF-7: 40 are there, 10 of them the safety stock; two promotions expect 25 each."""
    house.put("KETTLE", "A-01", 40)
    fix(house, 10)
    at = f"/safety-stock/{house.items['KETTLE']}"
    promote(buyer, at, 5, 9, 25, name="second")
    assert buyer.json("/promotions")["short"] == []
    promote(buyer, at, 0, 4, 25, name="first")
    short = buyer.json("/promotions")["short"]
    assert [(each["promotion"], each["short"]) for each in short] == [("second", 20)]
    sell(house, 15)
    short = buyer.json("/promotions")["short"]
    assert [(each["promotion"], each["sold"], each["short"]) for each in short] == [("second", 0, 20)], (
        "15 of the first are sold"
    )
    assert short[0]["id"] == str(house.value("SELECT id FROM promotion WHERE name = 'second'"))


def test_slow_movers_expiring_goods_and_turnover(house, buyer):
    """R-SAF-6."""
    house.put("KETTLE", "A-01", 40)
    house.put("TEA", "A-02", 5, lot="L1", expiry=_day_after(3))
    house.put("TEA", "A-02", 2, lot="L0", expiry="2026-01-01")
    work_on(house.base, house.id)
    today = day_of(now_us(), "Asia/Shanghai")
    house.base.change(
        lambda session: session.run(
            "UPDATE stock_plan SET last_used_day = :day WHERE item_id = :item",
            day=today - 100,
            item=house.items["KETTLE"],
        )
    )
    page = buyer.get("/slow-movers?days=90")
    assert "KETTLE" in page
    assert "move to reserve" in page
    assert "TEA" not in buyer.get("/slow-movers?days=90&q=kettle")
    page = buyer.get("/slow-movers/expiring")
    assert ("L1" in page, "L0" in page) == (True, True)
    page = buyer.get("/slow-movers/turnover")
    assert "Turnover" in page
    assert "built-in" not in page
    told = buyer.json("/slow-movers/turnover")
    assert sum(each["on_hand"] for each in told["classes"]) == told["warehouse"]["on_hand"] == 47


def test_others_may_not_see_or_change(house):
    """R-SEC-1."""
    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    picker = house.worker("picker")
    for path in ("/alerts", "/safety-stock", "/slow-movers", "/promotions"):
        picker.get(path)
        assert picker.status == 403
    admin = house.worker("admin")
    assert admin.get("/alerts")["figures"]["open"] == 2
    admin.post(f"/alerts/{alert_at(house)}/acknowledge")
    assert admin.status == 403
    house.worker("supervisor").post(f"/safety-stock/{house.items['KETTLE']}", kind="default")
    assert _states(house) == {"safety_stock": "open", "reorder": "open"}


def test_alerts_are_exported(house, capsys):
    from warehouse.imports.exports import EXPORTS, ExportWish, export_file

    house.put("KETTLE", "A-01", 4)
    fix(house, 10)
    assert export_file(house.base, ExportWish(EXPORTS["alerts"], house.id), None) == 2
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {(row["sku"], row["kind"], row["state"], row["available"]) for row in rows} == {
        ("KETTLE", "safety_stock", "open", "4"), ("KETTLE", "reorder", "open", "4"),
    }  # fmt: skip


def test_turnover_and_cover_tell_what_was_really_used(house, buyer):
    """R-SAF-6: a giant order is tamed for levels only; a year is a year, however few days demand is looked at."""
    house.put("KETTLE", "A-01", 100)
    house.base.change(lambda session: change_setting(session, "demand_days", "28", warehouse_id=house.id, changed_by="t",
                                                     at=now_us()))  # fmt: skip
    used(house, "KETTLE", 50, *[0] * 40, 10, 10, 300)
    replan_all(house.base, house.id, now_us())
    told = buyer.json(f"/safety-stock/{house.items['KETTLE']}")["item"]
    assert (told["used_30"], told["turnover"]) == (320, 3.7)
    assert told["inputs"]["giant"] == 300, "levels do not believe in it"
    assert told["inputs"]["used"] == 10 + 10 + 30


def test_what_came_yesterday_has_not_lain_since_it_was_used_last(house, buyer):
    """R-SAF-6: an item that ran out and was bought again is no slow mover on its first day."""
    today = day_of(now_us(), "Asia/Shanghai")
    house.put("KETTLE", "A-01", 20, received=iso_day(today - 1))
    used(house, "KETTLE", 5, *[0] * 200)
    replan_all(house.base, house.id, now_us())
    assert buyer.json("/slow-movers")["items"] == []
    house.put("KETTLE", "A-01", 1, received=iso_day(today - 100))
    (slow,) = buyer.json("/slow-movers")["items"]
    assert slow["idle_days"] == 100


def test_a_changed_setting_plans_anew_at_once(house, buyer):
    """R-SAF-2: the warehouse's own policy is a policy too: nobody waits for the next day."""
    house.put("KETTLE", "A-01", 20)
    used(house, "KETTLE", *[1] * 60)
    work_on(house.base, house.id)
    assert _states(house) == {}
    house.base.change(lambda session: change_setting(session, "cover_days", "30", warehouse_id=house.id, changed_by="t",
                                                     at=now_us()))  # fmt: skip
    work_on(house.base, house.id)
    assert _states(house) == {"safety_stock": "open", "reorder": "open"}
