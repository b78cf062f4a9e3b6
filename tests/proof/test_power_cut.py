"""The power is cut, a thousand times, while the floor works on SQLite: what was answered is there, once, and all proves itself.

A run is recorded at the file layer (disk.py); then, for many instants of it, the disk is made as a cut may have left it,
opened by ordinary SQLite, and asked. The same must find losses where SQLite is told to sync less: else it proves nothing.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.floor import House, Worker, answer_for
from tests.proof.disk import Disk, Held, Mark, Named, NamesSynced, Synced, Written
from tests.proof.robots import ON_SQLITE, Tell, order
from warehouse.ledger import seal_all

SEED = 11
PICKERS = 2
ORDERS = 5
RECEIVED = 12
CUTS_A_RUN = 125
RESTARTS, ACTS_BEFORE_RESTART = 2, 60
AFTERWARDS = 2
TO_THE_END_EVERY = 40
KEPT_ANSWERED = 4
JOIN_S = 120


@dataclass
class Sent:
    """An act of the run: what was sent, and what was answered."""

    worker: int
    path: str
    fields: dict[str, str]
    answer: Any = None


@dataclass
class Hand:
    """One who works in the rooms named, and marks on the disk what was sent and what was answered."""

    number: int
    worker: Worker
    rooms: tuple[str, ...]
    screen: Any = None
    room: int = 0

    def act(self, disk: Disk | None) -> bool:
        """One act; False when there is nothing to do."""
        if self.screen is None or self.screen["done"]:
            path, fields = f"/{self.rooms[self.room]}/next", {}
        else:
            path, fields = (
                self.screen["scan"]["href"],
                self.screen["scan"]["fields"] | {"code": answer_for(self.screen)},
            )
        sent = Sent(self.number, path, fields | {"key": uuid.uuid4().hex})
        if disk is not None:
            disk.mark(("sent", sent))
        answer = send(self.worker, sent)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        sent.answer = answer.get_json()
        if disk is not None:
            disk.mark(("answered", sent))
        self.screen = sent.answer["screen"]
        if self.screen is None:
            self.room += 1
        return self.room < len(self.rooms)


def send(worker: Worker, sent: Sent) -> Any:
    """Sends an act as it was sent before."""
    client: FlaskClient = worker.client
    return client.post(sent.path, data=sent.fields, headers=worker._headers())


@dataclass
class Found:
    """What was met after the cuts."""

    cuts: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    acts: int = 0
    repeated: int = 0
    done_now: int = 0
    faults: list[str] = field(default_factory=list)


def furnish(house: House, dice: random.Random) -> list[Hand]:
    """Stock, orders and purchases, and who works on them."""
    for number, place in enumerate(("A-01", "A-02", "A-03", "A-04"), 1):
        house.put(
            "KETTLE" if number % 2 else "TEA",
            place,
            1000,
            received=f"2026-01-0{number}",
            lot="" if number % 2 else "L-1",
        )
    for _ in range(ORDERS):
        order(house, dice)
    for number in range(RECEIVED):
        house.purchase(("KETTLE", dice.randint(1, 9)), number=f"PO-{number}")
    pickers = [Hand(number, house.worker(name=f"picker-{number}"), ("picking", "packing")) for number in range(PICKERS)]
    return [*pickers, Hand(PICKERS, house.worker(name="receiver"), ("putaway",))]


def record(house: House, folder: Path, hands: list[Hand], synchronous: str) -> Disk:
    """Lets everybody work until nothing is left, with restarts in between, and records what the disk was told."""
    house.base.close()
    disk = Disk(folder)

    with disk.recording(), syncing(house, synchronous):
        for restart in range(RESTARTS + 1):
            work(house, hands, disk, acts=None if restart == RESTARTS else ACTS_BEFORE_RESTART)
            house.base.close()
    base = disk.first_names["warehouse.db"]
    assert any(isinstance(each, Written) and each.file == base for each in disk.events), "the log was carried over"
    ended = sum(isinstance(each, Named) and not each.file for each in disk.events)
    assert ended > RESTARTS, "at each restart the log is removed"
    return disk


@contextmanager
def syncing(house: House, synchronous: str) -> Iterator[None]:
    """SQLite syncs otherwise than the product tells it to; "" leaves it as it is."""

    def setting(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA synchronous={synchronous}")

    if synchronous:
        event.listen(house.base.engine, "connect", setting)
    try:
        yield
    finally:
        if synchronous:
            event.remove(house.base.engine, "connect", setting)


def work(house: House, hands: list[Hand], disk: Disk, acts: int | None) -> None:
    """Everybody does so many acts, or all that there are; the ledger is sealed beside."""
    failures: list[BaseException] = []

    def run(hand: Hand) -> None:
        try:
            done = 0
            while (acts is None or done < acts) and hand.room < len(hand.rooms) and hand.act(disk):
                done += 1
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=run, args=[hand]) for hand in hands]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seal_all(house.base, house.id)
        threads[0].join(0.1)
    for thread in threads:
        thread.join(JOIN_S)
    assert not failures, failures


def cut_points(disk: Disk, dice: random.Random, cuts: int) -> list[int]:
    """Instants of a run: half of them anywhere, half beside a sync or an answer, where it matters most."""
    beside = [
        number + dice.randint(0, 1)
        for number, each in enumerate(disk.events)
        if isinstance(each, Synced | NamesSynced) or (isinstance(each, Mark) and each.what[0] == "answered")
    ]
    anywhere = range(1, len(disk.events) + 1)
    return sorted(dice.choices(beside or anywhere, k=cuts // 2) + dice.choices(anywhere, k=cuts - cuts // 2))


def cut_and_look(
    house: House, folder: Path, hands: list[Hand], disk: Disk, dice: random.Random, cuts: int, found: Found
) -> None:
    """Cuts the power at many instants of a recorded run and looks at what each leaves."""
    held = Held.of(disk)
    for point in cut_points(disk, dice, cuts):
        held.go(disk.events, point)
        way, contents = held.cut(dice)
        house.base.close()
        for path in folder.glob("warehouse.db*"):
            path.unlink()
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        found.cuts += 1
        found.ways[way] += 1
        marks = [each.what for each in disk.events[:point] if isinstance(each, Mark)]
        try:
            look(house, hands, marks, found, to_the_end=found.cuts % TO_THE_END_EVERY == 0)
        except Exception as error:  # noqa: BLE001 - what is broken shows in many ways, and all count
            found.faults.append(f"cut {found.cuts} before event {point} of {len(disk.events)} ({way}): {error!r:.300}")


def look(house: House, hands: list[Hand], marks: list[tuple[str, Sent]], found: Found, *, to_the_end: bool) -> None:
    """What was answered is there, once; all proves itself; what was on its way can be sent again; the floor goes on."""
    answered = [sent for what, sent in marks if what == "answered"]
    under_way = [sent for what, sent in marks if what == "sent" and sent not in answered[-20:] and sent not in answered]
    whole = house.value("SELECT integrity_check FROM pragma_integrity_check")
    assert whole == "ok", f"not a whole file: {whole}"
    keys = {row.key for row in house.base.read(lambda session: session.all("SELECT key FROM act"))}
    lost = {sent.fields["key"] for sent in answered} - keys
    assert not lost, f"{len(lost)} acts lost that were answered"
    assert keys <= {sent.fields["key"] for _, sent in marks}, "nothing was done that nobody sent"
    proof = house.verify()
    assert proof.faults == [], f"{len(proof.faults)} faults: {proof.faults[0]}"
    for sent in answered[-KEPT_ANSWERED:]:
        again = send(hands[sent.worker].worker, sent)
        assert (again.status_code, again.headers.get("Replayed")) == (200, "1"), sent
        assert again.get_json()["notice"] == sent.answer["notice"], sent
    for sent in under_way:
        again = send(hands[sent.worker].worker, sent)
        assert again.status_code == 200, f"{sent}: {again.get_data(as_text=True)}"
        found.done_now += again.headers.get("Replayed") is None
    found.acts += len(answered)
    found.repeated += len(under_way) + min(len(answered), KEPT_ANSWERED)
    for hand in hands:
        go_on(hand, 10_000 if to_the_end else AFTERWARDS)
    seal_all(house.base, house.id)
    proof = house.verify()
    assert (proof.faults, proof.unsealed) == ([], 0), "what came afterwards proves itself as well"
    doubled = house.value(
        """SELECT count(*) FROM (SELECT key FROM move WHERE cause = 'pick' AND item_id <> 0
           GROUP BY key HAVING count(DISTINCT posting_id) > 1) AS twice"""
    )
    assert doubled == 0, "no act picked twice"
    picked, wanted = (
        house.value("SELECT COALESCE(SUM(quantity), 0) FROM move WHERE cause = 'pick' AND item_id <> 0"),
        house.value("SELECT SUM(quantity) FROM order_line"),
    )
    assert picked == wanted if to_the_end else picked <= wanted, "what was ordered is picked, and no more"


def go_on(hand: Hand, acts: int) -> None:
    """The same person comes back after the cut and works on."""
    again = Hand(hand.number, hand.worker, hand.rooms)
    for _ in range(acts):
        if not again.act(None):
            break


def play(house: House, folder: Path, *, runs: int, cuts: int, tell: Tell, synchronous: str = "") -> Found:
    """Records runs, cuts the power in each, and counts."""
    dice, found = random.Random(SEED), Found()
    events = syncs = 0
    for number in range(runs):
        if number == 0:
            hands = furnish(house, dice)
            house.base.close()
            start = (folder / "warehouse.db").read_bytes()
        else:
            (folder / "warehouse.db").write_bytes(start)
            hands = [Hand(hand.number, hand.worker, hand.rooms) for hand in hands]
        disk = record(house, folder, hands, synchronous)
        events += len(disk.events)
        syncs += sum(isinstance(each, Synced) for each in disk.events)
        cut_and_look(house, folder, hands, disk, dice, cuts, found)
        house.base.close()
        for path in folder.glob("warehouse.db*"):
            path.unlink()
    # The last cut may have left a broken file: that is told, not proven again.
    (folder / "warehouse.db").write_bytes(start)
    tell(f"power cuts: seed {SEED}, synchronous={synchronous or 'as set'}, {runs} runs of {events} events with {syncs} "
         f"syncs, {found.cuts} cuts ({dict(found.ways)}), {found.acts} answered acts looked for, {found.repeated} acts "
         f"sent again ({found.done_now} of them only now done), {len(found.faults)} faults")  # fmt: skip
    return found


@ON_SQLITE
def test_power_cuts_lose_nothing(house: House, tmp_path: Path, tell: Tell) -> None:
    assert play(house, tmp_path, runs=1, cuts=40, tell=tell).faults == []


@ON_SQLITE
@pytest.mark.parametrize(("synchronous", "seen"), [("NORMAL", ["acts lost"]), ("OFF", ["acts lost", "malformed"])])
def test_with_less_syncing_the_same_cuts_are_seen_to_lose(
    house: House, tmp_path: Path, tell: Tell, synchronous: str, seen: list[str]
) -> None:
    """The test of the test: what the product tells SQLite is what holds. OFF breaks the very file."""
    faults = play(house, tmp_path, runs=1, cuts=30, synchronous=synchronous, tell=tell).faults
    for what in seen:
        assert any(what in fault for fault in faults), (what, faults)


@ON_SQLITE
def test_a_folder_that_is_not_synced_is_seen_to_lose(
    house: House, tmp_path: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names too count only once they are synced: a log whose name is gone is gone."""
    monkeypatch.setattr(Disk, "_names_synced", lambda *_: None)
    assert any("acts lost" in fault for fault in play(house, tmp_path, runs=1, cuts=30, tell=tell).faults)


@pytest.mark.proof
@ON_SQLITE
def test_a_thousand_power_cuts_lose_nothing(house: House, tmp_path: Path, tell: Tell) -> None:
    assert play(house, tmp_path, runs=1000 // CUTS_A_RUN, cuts=CUTS_A_RUN, tell=tell).faults == []
