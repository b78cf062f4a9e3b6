"""Takes what is due, delivers it, and keeps what became of it.

A delivery is taken by a claim on its row, so that no two send it. A claim has no end by the clock, which may jump: whoever
wants to take over one that was left behind must have seen it unchanged for CLAIM_S of their own time. What is written after a
try counts only while the claim is one's own.

All deliveries to one webhook, or to the mail server, go one after the other; different ones do not wait for each other.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from warehouse.catalog.places import places
from warehouse.catalog.settings import setting
from warehouse.clock import HOUR, SECOND, now_us
from warehouse.db import Database, Row, Session
from warehouse.errors import Busy
from warehouse.messages.addressing import address_all
from warehouse.messages.hooks import CALL_S, Caller
from warehouse.messages.letters import NoLetter, Outward, outward_of
from warehouse.messages.mail import LETTER_S, MailServer, Post
from warehouse.messages.outcome import Outcome, failed
from warehouse.messages.rules import LONGEST_PAUSE, TRIES_MIN, event_id, headers, pause_after
from warehouse.messages.writing import (
    LINES_MAX,
    Reader,
    Told,
    body_of,
    known_language,
    letter_for,
    mail_of,
    outward_mail,
)

CLAIM_S = 4 * max(LETTER_S, CALL_S)
AT_A_TIME = 50
"""So many deliveries go to one place before the others are looked at again."""
HANDS = 6
PAUSE_S = 1.0
MAIL = 0
"""The mail server among the places that deliveries go to; a webhook is its id."""
DAY = 24 * HOUR
FAR, FURTHER = 2 * LONGEST_PAUSE, 9 * DAY

log = logging.getLogger(__name__)

# One that lies further off than any pause, or than any digest, does so because the clock was set back.
_IS_DUE = """state = 'waiting' AND claim = ''
  AND (due_at <= :now OR (due_at > :far AND gathers = 0) OR due_at > :further)"""
_PLACES = f"SELECT DISTINCT webhook_id FROM delivery WHERE {_IS_DUE}"
_NEXT = f"SELECT id FROM delivery WHERE {_IS_DUE} AND webhook_id = :place ORDER BY due_at, id LIMIT :most"
_CLAIM = f"""
UPDATE delivery SET claim = :claim, gathers = 0, attempts = attempts + 1, tried_at = :now WHERE id = :id AND {_IS_DUE}
RETURNING id, warehouse_id, kind, channel, message_id, person_id, webhook_id, supplier_id, made_at, since, attempts"""
_CLAIMED = "SELECT id, claim FROM delivery WHERE state = 'waiting' AND claim <> ''"
_LEFT = "UPDATE delivery SET claim = '' WHERE id = :id AND claim = :claim AND state = 'waiting'"
_ACCEPTED = """
UPDATE delivery SET state = 'sent', claim = '', error = '', said = '', ended_at = :now
WHERE id = :id AND claim = :claim AND state = 'waiting'"""
_DIES = "({for_good} OR (since <= :old AND attempts + {more} >= :least))"
_FAILED = """
UPDATE delivery SET claim = '', error = :error, said = :said, due_at = :due, attempts = attempts + {more},
       state = CASE WHEN {dies} THEN 'dead' ELSE 'waiting' END, ended_at = CASE WHEN {dies} THEN :now ELSE NULL END,
       tried_at = :now
WHERE {which}"""
_FAILED_ONE = _FAILED.format(
    more=0,
    dies=_DIES.format(for_good=":for_good = 1", more=0),
    which="id = :id AND claim = :claim AND state = 'waiting'",
)
# A server that cannot be talked to at all is not asked once for each who waits for it.
_FAILED_ALL = _FAILED.format(
    more=1, dies=_DIES.format(for_good="1 = 0", more=1),
    which=f"warehouse_id = :warehouse AND {_IS_DUE} AND webhook_id = :place AND gathers = 0",
)  # fmt: skip
_PERSON = "SELECT email, language FROM person WHERE id = :id AND active = 1 AND email <> ''"
_TOLD = f"""
SELECT o.topic, o.made_at, o.facts FROM delivery_line n JOIN outbox o ON o.id = n.message_id
WHERE n.delivery_id = :id ORDER BY o.id LIMIT {20 * LINES_MAX}"""


@dataclass
class Sender:
    """Delivers for one worker.

    Attributes:
        mail: the mail server; None where none is set, and nobody gets letters.
        caller: how webhooks are called.
        claim_s: how long another's claim must have been seen unchanged before it is taken to be left behind.
        clock: the wall clock, in microseconds UTC.
    """

    database: Database
    mail: MailServer | None = None
    caller: Caller = field(default_factory=Caller)
    post: Callable[[MailServer], Post] = Post
    claim_s: float = CLAIM_S
    clock: Callable[[], int] = now_us
    _seen: dict[tuple[int, str], float] = field(default_factory=dict)
    _unwritten: list[tuple[Row, str, Outcome]] = field(default_factory=list)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def run(self, stop: threading.Event) -> None:
        """Addresses and delivers until told to stop; what is on its way then has its time."""
        busy: dict[int, Future[int]] = {}
        with ThreadPoolExecutor(HANDS, thread_name_prefix="sender") as hands:
            while not stop.is_set():
                try:
                    self.prepare()
                    for place in self.places():
                        if place not in busy or busy[place].done():
                            busy[place] = hands.submit(self._deliver_quietly, place, stop)
                except Busy:
                    log.warning("the database did not answer: sending goes on in a moment")
                except Exception:
                    log.exception("the sender stumbled; it goes on in a moment")
                stop.wait(PAUSE_S)

    def round(self) -> int:
        """One round, all places in turn. Returns how many deliveries were tried."""
        self.prepare()
        return sum(self.deliver(place) for place in self.places())

    def prepare(self) -> None:
        """Addresses what is in the outbox, and frees what another left behind."""
        self._write_up()
        address_all(self.database, self.clock(), mail=self.mail is not None)
        self._free()

    def places(self) -> list[int]:
        """Where something is due to go to."""
        rows = self.database.read(lambda session: session.all(_PLACES, **self._due()))
        return [row.webhook_id for row in rows]

    def deliver(self, place: int, stop: threading.Event | None = None) -> int:
        """Delivers what is due to one place, one after the other. Returns how many were tried."""
        rows = self.database.read(lambda session: session.all(_NEXT, place=place, most=AT_A_TIME, **self._due()))
        tried = 0
        with ExitStack() as talks:
            post = talks.enter_context(self.post(self.mail)) if self.mail and rows and place == MAIL else None
            for row in rows:
                if stop is not None and stop.is_set():
                    break
                tried += self._try(row.id, post)
        return tried

    def _deliver_quietly(self, place: int, stop: threading.Event) -> int:
        try:
            return self.deliver(place, stop)
        except Busy:
            log.warning("the database did not answer: sending goes on in a moment")
        except Exception:
            log.exception("delivering stumbled; it goes on in a moment")
        return 0

    def _due(self) -> dict[str, int]:
        now = self.clock()
        return {"now": now, "far": now + FAR, "further": now + FURTHER}

    # ------------------------------------------------------------ one delivery

    def _try(self, delivery_id: int, post: Post | None) -> int:
        claim = secrets.token_hex(8)
        delivery = self.database.change(lambda session: session.one(_CLAIM, id=delivery_id, claim=claim, **self._due()))
        if delivery is None:
            return 0  # another worker was first
        try:
            outcome = self._say(delivery, post)
        except Busy:
            raise
        except Exception as error:
            log.exception("delivery %s cannot be written", delivery_id)
            outcome = failed("failed", type(error).__name__)
        self._unwritten.append((delivery, claim, outcome))
        self._write_up()
        return 1

    def _write_up(self) -> None:
        """Keeps what became of tries. While the database takes nothing it stays in mind: what is accepted is not sent twice."""
        with self._writing:
            while self._unwritten:
                delivery, claim, outcome = self._unwritten[0]
                self.database.change(
                    lambda session, delivery=delivery, claim=claim, outcome=outcome: self._keep(  # type: ignore[misc]
                        session, delivery, claim, outcome
                    )
                )
                self._unwritten.pop(0)

    def _say(self, delivery: Row, post: Post | None) -> Outcome:
        if delivery.channel == "webhook":
            return self._call(delivery)
        return self._outward(delivery, post) if delivery.kind == "letter" else self._letter(delivery, post)

    def _outward(self, delivery: Row, post: Post | None) -> Outcome:
        if post is None or self.mail is None:
            return failed("no_mail", for_good=True)  # without a server nobody waits three days to be told

        def write(session: Session) -> Outward:
            about = session.one("SELECT topic, subject FROM outbox WHERE id = :id", id=delivery.message_id)
            assert about is not None, "a letter has its message"
            return outward_of(session, delivery.warehouse_id, about.topic, about.subject, self.clock())

        try:
            letter = self.database.read(write)
        except NoLetter as none:
            return failed(none.error, none.said, for_good=True)
        return post.hand_over(outward_mail(letter, delivery, sender=self.mail.sender))

    def _letter(self, delivery: Row, post: Post | None) -> Outcome:
        if post is None or self.mail is None:
            return failed("no_mail", everybody=True)
        sender = self.mail.sender

        def write(session: Session) -> Any:
            person = session.one(_PERSON, id=delivery.person_id)
            if person is None:
                return None
            reader = _reader(session, delivery.warehouse_id, person.language)
            supplier = session.value("SELECT name FROM supplier WHERE id = :id", id=delivery.supplier_id) or ""
            letter = letter_for(delivery, _told(session, delivery), reader, supplier)
            return mail_of(letter, delivery, to=person.email, sender=sender, language=reader.language)

        mail = self.database.read(write)
        return post.hand_over(mail) if mail is not None else failed("no_address", for_good=True)

    def _call(self, delivery: Row) -> Outcome:
        now = self.clock()

        def write(session: Session) -> tuple[Row | None, bytes]:
            hook = session.one("SELECT * FROM webhook WHERE id = :id", id=delivery.webhook_id)
            told = _told(session, delivery)
            return hook, body_of(delivery, told[0] if told else None, places(session, delivery.warehouse_id).code)

        hook, body = self.database.read(write)
        if hook is None or not hook.active:
            return failed("switched_off", for_good=True)
        signing = [hook.secret, *([hook.old_secret] if hook.old_secret and hook.old_until > now else [])]
        return self.caller.call(hook.url, headers(signing, event_id(delivery), now // SECOND, body), body)

    def _keep(self, session: Session, delivery: Row, claim: str, outcome: Outcome) -> None:
        now = self.clock()
        if not outcome.error:
            session.run(_ACCEPTED, id=delivery.id, claim=claim, now=now)
            return
        values: dict[str, Any] = {
            "error": outcome.error, "said": outcome.said, "now": now, "least": TRIES_MIN,
            "due": now + pause_after(delivery.attempts, random.random()),  # noqa: S311 - spreads the tries
            "old": now - setting(session, "message_days", delivery.warehouse_id) * DAY,
        }  # fmt: skip
        session.run(_FAILED_ONE, id=delivery.id, claim=claim, for_good=int(outcome.for_good), **values)
        if outcome.everybody:
            session.run(_FAILED_ALL, warehouse=delivery.warehouse_id, place=delivery.webhook_id, **self._due() | values)

    # ------------------------------------------------------------ what others left behind

    def _free(self) -> None:
        """Frees claims whose owner is gone: they have been the same for longer than any delivery can take."""
        claimed = {(row.id, row.claim) for row in self.database.read(lambda session: session.all(_CLAIMED))}
        now = time.monotonic()
        self._seen = {each: self._seen.get(each, now) for each in claimed}
        for (delivery_id, claim), since in self._seen.items():
            if now - since >= self.claim_s:
                at = {"id": delivery_id, "claim": claim}
                self.database.change(lambda session, at=at: session.run(_LEFT, **at))  # type: ignore[misc]


def _told(session: Session, delivery: Row) -> list[Told]:
    """The messages that a delivery tells, the oldest first."""
    if delivery.kind == "digest":
        rows = session.all(_TOLD, id=delivery.id)
    else:
        rows = session.all("SELECT topic, made_at, facts FROM outbox WHERE id = :id", id=delivery.message_id)
    return [Told(row.topic, row.made_at, json.loads(row.facts)) for row in rows]


def _reader(session: Session, warehouse_id: int, language: str) -> Reader:
    return Reader(
        known_language(language, setting(session, "message_language", warehouse_id)),
        places(session, warehouse_id).timezone, setting(session, "web_address"),
    )  # fmt: skip
