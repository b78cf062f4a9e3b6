"""Two at once: one order of a proposal, one approval a person, nothing below what comes meanwhile (R-SAF-4, R-RCV-1)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.hands import at_once, interleave
from warehouse.clock import now_us
from warehouse.office.buying import actions as buying
from warehouse.office.buying.rules import ProposalGone
from warehouse.orders.buying import amendments, approvals, drafts, papers, sending
from warehouse.orders.buying.rules import (
    ApprovedByYou,
    BelowReceived,
    ChangedMeanwhile,
    Content,
    Line,
    NotWaiting,
    WrongState,
)
from warehouse.orders.purchase import PurchaseLine
from warehouse.orders.receipts import fill_line

MAKER = 900


@pytest.fixture
def people(house):
    """The ids of some of operations; they do not need to sign in here."""
    for number in range(8):
        house.person(f"boss-{number}", "operations")
    return house.base.read(lambda session: [row.id for row in session.all("SELECT id FROM person ORDER BY id")])


def by(house, person_id):
    return house.by(person_id=person_id, roles=frozenset({"operations"}))


def waiting_order(house, market, *, cost=100, quantity=10, number="R-1"):
    """An order of kettles that waits for approval; its id."""

    def make(session):
        maker = by(house, MAKER)
        order_id = drafts.make_draft(
            session, maker, number=number, supplier_id=market.suppliers["ACME"], due_at=None,
            lines=[PurchaseLine(house.items["KETTLE"], quantity, cost)],
        )  # fmt: skip
        drafts.submit(session, maker, order_id)
        return order_id

    return house.base.change(make)


def sent_order(house, market, people, **more):
    order_id = waiting_order(house, market, **more)
    for person in people[:2]:
        if house.value("SELECT state FROM purchase_order WHERE id = :id", id=order_id) == "waiting":
            house.base.change(lambda session, person=person: approvals.approve(session, by(house, person), order_id, 1))
    house.base.change(lambda session: sending.send(session, by(house, MAKER), order_id, by_mail=False))
    return order_id


def state_of(house, order_id):
    return house.value("SELECT state FROM purchase_order WHERE id = :id", id=order_id)


def kinds(outcomes):
    return Counter(type(each) if isinstance(each, Exception) else each for each in outcomes)


def test_two_raise_an_order_from_one_proposal_and_one_does(house, market):
    """R-SAF-4: eight at once."""
    sent = {"round": "0", f"quantity_{house.items['KETTLE']}": "12"}

    def one(number):
        return house.base.change(
            lambda session: buying.raise_order(session, by(house, number + 1), market.suppliers["ACME"], sent).code
        )

    assert kinds(at_once(one, 8)) == {"proposal_raised": 1, ProposalGone: 7}
    assert house.value("SELECT count(*) FROM purchase_order") == 1
    assert house.value("SELECT count(*) FROM stock_alert_event WHERE kind = 'acknowledged'") == 2


def test_of_many_who_approve_at_once_each_counts_once_and_two_are_enough(house, market, people):
    """R-SAF-4: above the limit; four people, each twice."""
    order_id = waiting_order(house, market, cost=99_999)

    def one(number):
        return house.base.change(lambda session: approvals.approve(session, by(house, people[number % 4]), order_id, 1))

    found = kinds(at_once(one, 8))
    assert (found[True], found[False]) == (1, 1)
    assert set(found) <= {True, False, NotWaiting, ApprovedByYou}
    assert house.value("SELECT count(*) FROM purchase_approval") == 2
    assert state_of(house, order_id) == "approved"


def test_of_two_who_approve_and_refuse_at_once_one_decides(house, market, people):
    """R-SAF-4."""
    order_id = waiting_order(house, market)

    def first(session, pause):
        said = approvals.approve(session, by(house, people[0]), order_id, 1)
        pause()
        return said

    one, two = interleave(
        house.base, first, lambda session: approvals.refuse(session, by(house, people[1]), order_id, 1, "no")
    )
    assert (one, type(two)) == (True, NotWaiting)
    assert state_of(house, order_id) == "approved"


def test_an_order_that_is_changed_meanwhile_is_not_approved_as_it_was(house, market, people):
    """R-SAF-4: taken back, made dearer and submitted in the middle of an approval of what was seen before."""
    order_id = waiting_order(house, market)

    def first(session, pause):
        maker = by(house, MAKER)
        drafts.withdraw(session, maker, order_id)
        content = Content((Line(1, house.items["KETTLE"], 9_000, 100),))
        amendments.amend(session, maker, order_id, content, "")
        drafts.submit(session, maker, order_id)
        pause()

    one, two = interleave(
        house.base, first, lambda session: approvals.approve(session, by(house, people[0]), order_id, 1)
    )
    assert (one, type(two)) == (None, ChangedMeanwhile)
    assert state_of(house, order_id) == "waiting"


def test_of_two_who_send_at_once_goods_are_on_order_once(house, market, people):
    """R-SAF-2: on order counts what is really on its way."""
    order_id = waiting_order(house, market)
    house.base.change(lambda session: approvals.approve(session, by(house, people[0]), order_id, 1))

    def one(number):
        return house.base.change(
            lambda session: sending.send(session, by(house, people[number]), order_id, by_mail=False)[0]
        )  # fmt: skip

    assert kinds(at_once(one, 4)) == {"R-1": 4}
    assert market.on_order() == 10
    assert house.verify().faults == []


def test_what_is_taken_back_is_not_sent_at_the_same_time(house, market, people):
    order_id = waiting_order(house, market)
    house.base.change(lambda session: approvals.approve(session, by(house, people[0]), order_id, 1))

    def first(session, pause):
        said = drafts.withdraw(session, by(house, MAKER), order_id)
        pause()
        return said

    one, two = interleave(
        house.base, first, lambda session: sending.send(session, by(house, people[1]), order_id, by_mail=False)
    )
    assert (one, type(two)) == (("R-1", "draft"), WrongState)
    assert market.on_order() == 0


def test_goods_that_come_while_an_order_is_amended_are_never_more_than_it_orders(house, market, people):
    """R-RCV-1: four receive one each while four amend down to fewer; on order stays what is really outstanding."""
    order_id = sent_order(house, market, people)
    line = house.value("SELECT id FROM purchase_order_line")

    def one(number):
        if number % 2:
            return house.base.change(
                lambda session: bool(
                    fill_line(
                        session,
                        by(house, people[number]),
                        line_id=line,
                        item_id=house.items["KETTLE"],
                        quantity=2,
                        over_percent=0,
                    )
                )
            )

        content = Content((Line(1, house.items["KETTLE"], 6 - number // 2, 100),))
        return house.base.change(
            lambda session: amendments.amend(session, by(house, people[number]), order_id, content, "fewer")[0]
        )

    found = kinds(at_once(one, 8))
    assert set(found) <= {True, False, "amended", BelowReceived, WrongState}
    row = house.base.read(lambda session: session.one("SELECT quantity, received FROM purchase_order_line"))
    assert row.received <= row.quantity
    assert house.verify().faults == []


def test_two_workers_remind_a_supplier_once(house, market, people):
    """Once a period, however many look."""
    order_id = sent_order(house, market, people)
    house.base.change(lambda session: session.run("UPDATE purchase_order SET due_at = 1 WHERE id = :id", id=order_id))
    now = now_us()

    def first(session, pause):
        made = sending.chase(session, house.id, now)
        pause()
        return made

    assert interleave(house.base, first, lambda session: sending.chase(session, house.id, now)) == (1, 0)
    assert market.messages("purchase_order.chased") == 1


def test_an_amendment_and_its_approval_in_opposite_orders_both_end(house, market, people):
    """Two of operations amend at once: one amendment waits, the other is told."""
    order_id = sent_order(house, market, people)

    def one(number):
        content = Content((Line(1, house.items["KETTLE"], 100 + number, 100),))
        return house.base.change(
            lambda session: amendments.amend(session, by(house, people[number]), order_id, content, "more")[0]
        )

    found = [each if isinstance(each, str) else type(each).__name__ for each in at_once(one, 4)]
    assert sorted(found) == ["AmendmentWaits", "AmendmentWaits", "AmendmentWaits", "waiting"]
    revision = house.base.read(lambda session: papers.waiting_revision(session, order_id)).revision
    author = house.value("SELECT made_by FROM purchase_revision WHERE state = 'waiting'")
    other = next(person for person in people if person != author)
    assert house.base.change(lambda session: approvals.approve(session, by(house, other), order_id, revision))
    assert market.on_order() >= 100
