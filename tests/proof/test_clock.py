"""The server's clock jumps, forward and back, while the floor works: the book stays true and in order, nobody is stuck."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.floor import House, Worker
from tests.people.test_sign_in import JSON, client, sign_in
from tests.proof.robots import Tell
from warehouse import clock, ids
from warehouse.clock import HOUR, MINUTE
from warehouse.ledger import seal_all
from warehouse.paths import PACKAGE
from warehouse.people.rules import IDLE

SEED = 23
ACTS_BETWEEN = (3, 15)
JUMPS = (-26 * HOUR, -3 * HOUR, -20 * MINUTE, 20 * MINUTE, 3 * HOUR, 26 * HOUR)
RESTART_SHARE = 0.4
STAFF = {"picking": 1, "packing": 2, "shipping": 1, "receiving": 2, "putaway": 2}
WITHIN_ACTS = 5_000
PIN = "204816"


class Clock:
    """The server's clock, which may be set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.off = 0
        monkeypatch.setattr(clock, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + self.off * 1000))

    def jump(self, by: int) -> None:
        """Sets it so many microseconds forward or back."""
        self.off += by


@pytest.fixture
def hands_of_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server forgets that is started anew."""
    monkeypatch.setattr(ids, "_last_tick", 0)
    monkeypatch.setattr(ids, "_node_pid", 0)


_OTHER_CLOCKS = re.compile(
    r"time\.time\(|time_ns|datetime\.now|utcnow|\.today\(|CURRENT_(TIME|DATE)|[^\w.]now\(\)|strftime\('now|clock_timestamp",
    re.IGNORECASE,
)


def test_there_is_one_clock() -> None:
    """What reads the time of day another way could not be tried here."""
    sources = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "migrations").rglob("*.py")]
    assert len(sources) > 100
    found = {
        f"{path.relative_to(PACKAGE.parent)}: {line.strip()}"
        for path in sources if "bench" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines() if _OTHER_CLOCKS.search(line)
    }  # fmt: skip
    assert found == {"warehouse/clock.py: return time.time_ns() // 1000"}


def jump_about(
    house: House, jumping: Clock, monkeypatch: pytest.MonkeyPatch, orders: int, jumps: int, tell: Tell
) -> None:
    """All rooms are worked by turns while the clock jumps; afterwards everything proves itself."""
    dice = random.Random(SEED)
    staff = furnish(house, dice, orders)
    acts, made, when, refused, idle = 0, 0, 0, Counter[str](), set[str]()
    while len(idle) < len(staff):
        assert acts < WITHIN_ACTS, "they come to an end"
        if acts >= when and made < jumps:
            jumping.jump(dice.choice(JUMPS))
            made, when = made + 1, acts + dice.randint(*ACTS_BETWEEN)
            if dice.random() < RESTART_SHARE:
                restart(monkeypatch)
            seal_all(house.base, house.id, thorough=dice.random() < 0.5)
        room, worker = dice.choice(staff)
        said = one_act(room, worker)
        acts += 1
        oldest_first(house, each=orders)
        idle = (idle | {worker.token} if made >= jumps else idle) if said == "no_work" else set()
        refused[said] += worker.status != 200
    postings = all_true(house, orders)
    tell(f"clock jumps: seed {SEED}, {made} jumps of up to 26 h, {acts} acts, {refused.total()} refused {dict(+refused)}, "
         f"{postings} postings in order, FIFO kept: 0 lost, 0 doubled")  # fmt: skip


def furnish(house: House, dice: random.Random, orders: int) -> list[tuple[str, Worker]]:
    """Stock of which the oldest lies last on the way, orders and purchases, and who works on them in which room."""
    for number, place in enumerate(("A-01", "A-02", "A-03", "A-04"), 1):
        house.put("KETTLE", place, orders, received=f"2026-0{5 - number}-01")
    for _ in range(orders):
        house.order(("KETTLE", dice.choice([1, 2, 3, 4])))
    for number in range(orders // 3):
        house.purchase(("TEA", dice.randint(1, 9)), number=f"PO-{number}")
    return [(room, house.worker(name=f"{room}-{number}")) for room, many in STAFF.items() for number in range(many)]


def all_true(house: House, orders: int) -> int:
    """Everything was done once, proves itself, and no alert was raised for a jump; how many postings."""
    seal_all(house.base, house.id)
    proof = house.verify()
    assert (proof.faults, proof.unsealed) == ([], 0)
    in_order(house)
    states = house.base.read(lambda session: session.all("SELECT state, count(*) AS n FROM shipment GROUP BY state"))
    assert [(row.state, row.n) for row in states] == [("shipped", orders)]
    assert house.value("SELECT count(*) FROM order_exception") == 0, "a jump is no trouble of an order"
    twice = "SELECT count(*) FROM (SELECT 1 FROM outbox GROUP BY topic, content HAVING count(*) > 1) AS twice"
    assert house.value(twice) == 0, "nothing is told to others twice"
    return proof.postings


def one_act(room: str, worker: Worker) -> str:
    """The next act of one who works in a room; its code. A refusal is a clear one, and they look at their work anew."""
    if worker.screen is None or worker.screen["done"]:
        worker.post(f"/{room}/next")
        assert worker.status == 200, worker.notice
        worker.screen = None
        answer = worker.get(f"/{room}")
        worker.screen = answer["screen"]
        worker.status = 200
        return "work" if worker.screen else "no_work"
    said = worker.obey()
    assert worker.status in {200, 409, 422}, (worker.status, said)
    if worker.status != 200:
        worker.screen = None
    return said


def in_order(house: House) -> None:
    """The ledger's time never falls."""
    instants = [row.at for row in house.base.read(lambda session: session.all("SELECT at FROM seal ORDER BY seq"))]
    assert instants == sorted(instants)


def oldest_first(house: House, *, each: int) -> None:
    """R-PICK-1: of a day's kettles, `each` at the start, none is reserved or gone while older ones are free."""
    rows = house.base.read(
        lambda session: session.all(
            """SELECT l.received_at, SUM(b.quantity - b.reserved) AS free FROM balance b JOIN layer l ON l.id = b.layer_id
               JOIN location p ON p.id = b.location_id WHERE b.item_id = :item AND p.pick = 1
               GROUP BY l.received_at ORDER BY l.received_at""",
            item=house.items["KETTLE"],
        )
    )
    free = [row.free for row in rows]
    assert all(newer == each for number, newer in enumerate(free) if sum(free[:number]) > 0), free


def test_while_the_clock_jumps_the_book_stays_true(
    house: House, hands_of_clock: Clock, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    jump_about(house, hands_of_clock, monkeypatch, orders=6, jumps=10, tell=tell)


@pytest.mark.proof
def test_while_the_clock_jumps_often_the_book_stays_true(
    house: House, hands_of_clock: Clock, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    jump_about(house, hands_of_clock, monkeypatch, orders=100, jumps=200, tell=tell)


def test_undo_takes_back_the_latest_act_though_the_clock_was_set_back_and_the_server_restarted(
    house: House, ada: Worker, hands_of_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.put("KETTLE", "A-01", 10)
    house.order(("KETTLE", 3))
    ada.next("picking")
    while "quantity" not in ada.screen["expects"]:
        ada.obey()
    hands_of_clock.jump(-3 * HOUR)
    restart(monkeypatch)
    ada.scans("XQ2")
    ada.scans("XXUNDO")
    assert ada.screen["expects"] == ["quantity"], "the quantity, not the item before it"
    assert house.stock("KETTLE")["KETTLE", "A-01", "", ""] == 9


def test_a_jump_ends_no_work_and_at_most_a_session(house: House, hands_of_clock: Clock) -> None:
    """R-STN-2: forward, who was not seen for so long signs in again and finds the work; back, everything goes on."""
    house.put("KETTLE", "A-01", 10)
    house.order(("KETTLE", 3))
    anna = house.person("Anna", "picker", pin=PIN)
    browser = client(house)
    sign_in(browser, anna["badge"], PIN)
    work = next_work(browser)
    hands_of_clock.jump(-3 * HOUR)
    assert browser.get("/picking", headers=JSON).get_json()["screen"]["href"] == work
    hands_of_clock.jump(3 * HOUR + IDLE + MINUTE)
    assert browser.get("/picking", headers=JSON).status_code == 401
    sign_in(browser, anna["badge"], PIN)
    assert next_work(browser) == work
    hands_of_clock.jump(-26 * HOUR)
    assert next_work(browser) == work


def test_what_was_only_offered_is_not_kept_longer_by_a_clock_set_back(
    house: House, ada: Worker, floor: Any, hands_of_clock: Clock
) -> None:
    """R-STN-2: a tote that somebody was shown and left lies there for nobody, whatever the clock does."""
    house.put("KETTLE", "A-01", 10)
    house.order(("KETTLE", 3))
    assert ada.next("picking") is not None
    other = floor("picker")
    assert other.next("picking") is None
    hands_of_clock.jump(-26 * HOUR)
    assert other.next("picking") is not None


def test_a_session_that_was_seen_before_a_jump_back_is_idle_in_its_time(house: House, hands_of_clock: Clock) -> None:
    anna = house.person("Anna", "picker", pin=PIN)
    browser = client(house)
    sign_in(browser, anna["badge"], PIN)
    hands_of_clock.jump(-26 * HOUR)
    assert browser.get("/picking", headers=JSON).status_code == 200
    hands_of_clock.jump(IDLE + MINUTE)
    assert browser.get("/picking", headers=JSON).status_code == 401


def next_work(browser: Any) -> str:
    """Takes or resumes work as a page does; where it is."""
    page = browser.get("/picking", headers={"Accept": "text/html"}, follow_redirects=True).get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None, page
    answer = browser.post("/picking/next", data={"key": f"k{time.time_ns()}"}, headers=JSON | {"X-CSRFToken": token[1]})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["screen"]["href"])
