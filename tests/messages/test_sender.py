"""Sending: nothing is lost and nobody is told twice, with several workers, killed ones, and clocks that jump (R-SAF-3)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from unittest.mock import patch

import pytest

from tests.conftest import LEDGER_KEY
from tests.hands import at_once
from tests.messages.servers import (
    CAFILE,
    WITHIN_S,
    MailBox,
    Receiver,
    free_port,
    mail_server,
    scripted,
    until,
    webhook_server,
)
from warehouse.clock import HOUR, MINUTE
from warehouse.errors import Busy
from warehouse.messages.deliveries import send_again
from warehouse.messages.outcome import ACCEPTED, failed
from warehouse.paths import CHECKOUT

YEAR = 365 * 24 * HOUR


class Hand:
    """Hands letters over to nobody: keeps them, and does what the test wants in the middle."""

    def __init__(self, middle=lambda: ACCEPTED):
        self.keys, self.middle = [], middle

    def __call__(self, _server):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def hand_over(self, letter):
        self.keys.append(letter["Message-ID"])
        return self.middle()


def test_of_several_workers_one_sends(office):
    office.hears("Pia", "purchasing")
    office.many(10)
    hand = Hand()
    office.sender(1).prepare()
    answers = at_once(lambda _: office.sender(1, post=hand).deliver(0), 4)
    assert not [each for each in answers if isinstance(each, Exception)], answers
    assert sum(answers) == 10
    assert Counter(hand.keys).most_common(1)[0][1] == 1
    assert office.states() == ["sent"] * 10


def test_a_worker_that_is_killed_in_the_middle_leaves_its_letter_to_the_next(office, monkeypatch):
    """It is sent again under the same Message-ID, once its claim has been seen unchanged for long enough, and not before."""
    office.hears("Pia", "purchasing")
    office.many(1)
    seconds = [1000.0]
    monkeypatch.setattr("warehouse.messages.sender.time.monotonic", lambda: seconds[0])

    class Killed(BaseException):
        pass

    def killed():
        raise Killed

    first = Hand(killed)
    with pytest.raises(Killed):
        office.sender(1, post=first).round()
    second = Hand()
    other = office.sender(1, post=second, claim_s=180.0)
    for passed in (0, 100, 79):
        seconds[0] += passed
        assert other.round() == 0
    seconds[0] += 2
    assert other.round() == 1
    assert first.keys == second.keys
    assert office.states() == ["sent"]


def test_a_process_killed_between_sending_and_marking_loses_nothing(url, house, office):
    """A worker process gets SIGKILL after the server has taken its letter."""
    office.hears("Pia", "purchasing")
    office.many(1)
    box = MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.prepare()
        house.base.close()
        child = os.fork()
        if child == 0:
            sender._keep = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            sender.deliver(0)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert office.states() == ["waiting"]
        again = office.sender(port, claim_s=0.0)
        assert again.round() == 1
    assert len(box.keys()) == 2
    assert len(set(box.keys())) == 1
    assert office.states() == ["sent"]


def test_who_lost_their_claim_changes_nothing_any_more(office):
    """A worker that slept so long that another took over writes nothing about what is no longer its own."""
    office.hears("Pia", "purchasing")
    office.many(1)

    def asleep():
        office.change("UPDATE delivery SET claim = 'another'")
        return failed("server", "too late", for_good=True)

    office.sender(1, post=Hand(asleep)).round()
    (row,) = office.deliveries()
    assert (row.state, row.claim, row.error) == ("waiting", "another", "")


def test_what_was_accepted_while_the_database_took_nothing_is_not_sent_again(office):
    """The answer is kept in mind until it can be written, however long that takes."""
    office.hears("Pia", "purchasing")
    office.many(1)
    hand = Hand()
    sender = office.sender(1, post=hand, claim_s=0.0)
    sender.prepare()
    with patch.object(sender, "_keep", side_effect=Busy), pytest.raises(Busy):
        sender.deliver(0)
    assert office.states() == ["waiting"]
    assert sender.round() == 0
    assert office.states() == ["sent"]
    assert len(hand.keys) == 1


@pytest.mark.parametrize("jump", [-YEAR, YEAR])
def test_a_clock_that_jumps_kills_nothing_delays_nothing_and_repeats_nothing(office, pass_time, jump):
    office.hears("Pia", "purchasing")
    office.many(3)
    answers = [failed("server", "later"), failed("server", "later"), ACCEPTED]
    hand = Hand(lambda: answers.pop(0) if answers else ACCEPTED)
    sender = office.sender(1, post=hand)
    sender.round()
    assert sorted(office.states()) == ["sent", "waiting", "waiting"]
    pass_time(jump)
    sender.round()
    assert office.states() == ["sent"] * 3
    assert len(hand.keys) == 5
    sender.round()
    pass_time(-jump)
    sender.round()
    assert len(hand.keys) == 5


def test_a_clock_that_jumps_in_the_middle_of_sending_lets_nobody_else_send_it(office, pass_time):
    office.hears("Pia", "purchasing")
    office.many(1)
    other = office.sender(1, post=Hand())

    def jump():
        pass_time(YEAR)
        assert other.round() == 0
        pass_time(-2 * YEAR)
        assert other.round() == 0
        return ACCEPTED

    office.sender(1, post=Hand(jump)).round()
    assert office.states() == ["sent"]


def test_a_clock_far_ahead_lets_no_message_die_before_it_was_tried_often(office, pass_time):
    office.hears("Pia", "purchasing")
    office.many(1)
    sender = office.sender(free_port())
    sender.prepare()
    pass_time(YEAR)
    for _ in range(11):
        assert sender.round() == 1
        assert office.states() == ["waiting"]
        pass_time(HOUR)
    sender.round()
    assert office.states() == ["dead"]


def test_a_dead_letter_that_is_sent_again_has_its_three_days_anew(office, pass_time):
    office.hears("Pia", "purchasing")
    office.many(1)
    hand = Hand(lambda: failed("recipient", "no", for_good=True))
    sender = office.sender(1, post=hand)
    sender.round()
    assert office.states() == ["dead"]
    (row,) = office.deliveries()
    pass_time(10 * 24 * HOUR)
    by = office.house.by(now=sender.clock())
    office.base.change(lambda session: send_again(session, by, row.id))
    hand.middle = lambda: failed("server", "later")
    sender.round()
    assert office.states() == ["waiting"]
    hand.middle = lambda: ACCEPTED
    pass_time(MINUTE)
    sender.round()
    assert office.states() == ["sent"]
    assert len(set(hand.keys)) == 1


def test_the_worker_s_thread_sends_and_stops(office):
    """One webhook hangs: the letters go out beside it, and the sender stops when it is told to."""
    office.hears("Pia", "purchasing")
    free, box, stop = threading.Event(), MailBox(), threading.Event()

    def hang(_call):
        free.wait(20)
        return 200, b""

    with mail_server(box) as port, webhook_server(Receiver(answers=hang)) as hooks:
        office.hook(f"https://localhost:{hooks}/")
        office.many(3)
        thread = threading.Thread(target=office.sender(port).run, args=(stop,))
        thread.start()
        try:
            until(lambda: len(box.letters) == 3)
        finally:
            free.set()
            stop.set()
            thread.join(30)
        assert not thread.is_alive()


def worker_environ(url, port, home):
    """The environment of a worker whose mail server listens on a port of this machine."""
    return {name: text for name, text in os.environ.items() if not name.startswith("WAREHOUSE_")} | {
        "WAREHOUSE_DATABASE_URL": url, "WAREHOUSE_HOME": str(home), "WAREHOUSE_LEDGER_KEY": LEDGER_KEY,
        "WAREHOUSE_SMTP_URL": f"smtp://localhost:{port}?from=wh@example.com&cafile={CAFILE}",
    }  # fmt: skip


def test_the_worker_process_sends_and_ends_when_it_is_told_to(url, office, tmp_path):
    """The whole way: the setting of the mail server, a worker of its own, and SIGTERM."""
    office.hears("Pia", "purchasing")
    office.many(2)
    box = MailBox()
    with mail_server(box) as port:
        worker = subprocess.Popen([sys.executable, "-m", "warehouse", "worker"], env=worker_environ(url, port, tmp_path),
                                  cwd=CHECKOUT)  # fmt: skip
        try:
            until(lambda: len(box.letters) == 2)
            until(lambda: office.states() == ["sent", "sent"])
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(WITHIN_S) == 0
        finally:
            worker.kill()
            worker.wait()
    assert {letter["From"] for letter in box.letters} == {"Pickface <wh@example.com>"}


def test_the_worker_process_ends_within_ten_seconds_while_the_mail_server_hangs(url, office, tmp_path):
    """The letter in its hands is not lost: it waits for the next start."""
    office.hears("Pia", "purchasing")
    office.many(1)
    begun, over = threading.Event(), threading.Event()

    def hang(_connection, _number):
        begun.set()
        over.wait(60)

    with scripted(hang) as port:
        worker = subprocess.Popen([sys.executable, "-m", "warehouse", "worker"], env=worker_environ(url, port, tmp_path),
                                  cwd=CHECKOUT)  # fmt: skip
        try:
            assert begun.wait(WITHIN_S), "it never asked"
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(10) == 0
        finally:
            over.set()
            worker.kill()
            worker.wait()
    (letter,) = office.deliveries("d.kind = 'message'")
    assert letter.state == "waiting"
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port, claim_s=0.0).round()
    assert box.keys() == [f"<pickface.{letter.id}@example.com>"]


class Troubles:
    """A mail server and a webhook that fail in every way, and a worker whose last word is lost at times; all by one seed."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.taken: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def mail_says(self, letter):
        return self._answer(letter["Message-ID"], taken="250 taken", lost="!", later=("451 later", "421 closing"))

    def hook_says(self, call):
        return self._answer(call.headers["webhook-id"], taken=(200, b""), lost=None, later=((503, b""), (429, b"")))

    def _answer(self, key, *, taken, lost, later):
        roll = self.dice.random()
        if roll < 0.2:
            return self.dice.choice(later)
        self.taken[key] += 1
        if roll < 0.3:
            self.lost[key] += 1
            return lost
        return taken

    def deliver(self, sender, place):
        """Delivers to a place; one time in ten the worker dies before it can write what became of each."""
        if self.dice.random() < 0.1:
            with patch.object(sender, "_keep", self._dies):
                sender.deliver(place)
        else:
            sender.deliver(place)

    def _dies(self, _session, delivery, _claim, outcome):
        if not outcome.error:
            key = (
                f"<pickface.{delivery.id}@example.com>" if delivery.channel == "mail" else f"msg_{delivery.message_id}"
            )
            self.lost[key] += 1


@pytest.mark.parametrize("count", [25, pytest.param(300, marks=pytest.mark.proof)])
def test_in_a_run_of_faults_nothing_is_lost_and_only_lost_answers_are_told_twice(office, pass_time, count):
    """R-SAF-3: two workers in turn, servers that refuse, close and swallow their answers, workers that die in between."""
    office.hears("Pia", "purchasing")
    office.hears("Olga", "operations")
    troubles = Troubles(seed=5)
    with (
        mail_server(MailBox(takes=troubles.mail_says)) as port,
        webhook_server(Receiver(answers=troubles.hook_says)) as hooks,
    ):
        office.hook(f"https://localhost:{hooks}/")
        office.many(count)
        senders = [office.sender(port, claim_s=0.0), office.sender(port, claim_s=0.0)]
        for number in range(200):
            sender = senders[number % 2]
            sender.prepare()
            while places := sender.places():
                for place in places:
                    troubles.deliver(sender, place)
            pass_time(HOUR)
            if number > count // 25 and "waiting" not in office.states():
                break
    assert Counter(office.states()) == {"sent": 3 * count}
    assert len(troubles.taken) == 3 * count, "everybody got everything"
    assert troubles.lost, "there was trouble"
    assert {key for key, times in troubles.taken.items() if times > 1 + troubles.lost[key]} == set()
