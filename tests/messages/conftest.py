"""A warehouse whose alerts are told: people with addresses, a sender, and alerts at will."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.floor import House
from tests.messages.servers import CAFILE, client_context
from warehouse.catalog.settings import change_setting
from warehouse.clock import now_us
from warehouse.db import Row, Session
from warehouse.ids import new_id
from warehouse.ledger import Goods, Move, post
from warehouse.messages.guard import Reach
from warehouse.messages.hooks import Caller
from warehouse.messages.mail import MailServer, Post
from warehouse.messages.sender import Sender
from warehouse.messages.webhooks import make_webhook
from warehouse.people.actions import change_hearing
from warehouse.planning import alerts
from warehouse.planning.policies import change_policy

HERE = Reach(inside=True)


class Office:
    """The people of a warehouse who hear of alerts, and what becomes of their messages."""

    def __init__(self, house: House) -> None:
        self.house, self.base = house, house.base
        self.offset = 0

    def now(self) -> int:
        """The sender's clock, which tests set."""
        return now_us() + self.offset

    def hears(self, name: str, *roles: str, email: str = "", hears: str = "", language: str = "") -> int:
        """A person with an address."""
        self.house.person(name, *roles)
        person_id = self.house.value("SELECT id FROM person WHERE name = :name", name=name)

        def change(session: Session) -> None:
            change_hearing(session, person_id, email=email or f"{name.lower()}@example.com", hears=hears)
            session.run("UPDATE person SET language = :language WHERE id = :id", language=language, id=person_id)

        self.base.change(change)
        return int(person_id)

    def hook(self, url: str, *events: str) -> str:
        """A webhook; its secret."""
        return self.base.change(
            lambda session: make_webhook(session, self.house.by(), url, events or ("alert.opened",))
        )

    def set(self, name: str, text: str) -> None:
        """Changes a setting."""
        self.base.change(lambda session: change_setting(session, name, text, warehouse_id=self.house.id, changed_by="test",
                                                        at=now_us()))  # fmt: skip

    def fall_short(self, sku: str = "KETTLE", *, safety: int = 10, there: int = 12, taken: int = 5) -> None:
        """Goods arrive, the policy is set, some are taken: the alerts of safety stock and reorder point open."""
        layer = self.house.put(sku, "A-01", there)
        policy = {"kind": "fixed", "quantity": safety, "lead_time_days": 3}
        self.base.change(lambda session: change_policy(session, self.house.by(), self.house.items[sku], policy))
        move = Move(taken, self.house.places["A-01"], self.house.places["A-02"], Goods(self.house.items[sku], layer))
        self.base.change(lambda session: post(session, self.house.by(), "scrap", [self._out(move)]))

    def _out(self, move: Move) -> Move:
        scrap = self.house.value(
            "SELECT id FROM location WHERE code = 'scrap' AND warehouse_id = :id", id=self.house.id
        )
        return Move(move.quantity, move.from_id, scrap, move.goods)

    def many(self, count: int) -> None:
        """So many alerts, each of an item of its own, told and never closed."""

        def make(session: Session) -> None:
            items = [self.house.add_item(session, f"ITEM-{number:03d}") for number in range(count)]
            session.many(
                "INSERT INTO total (warehouse_id, item_id, safety_stock) VALUES (:house, :item, 5)",
                [{"house": self.house.id, "item": item} for item in items],
            )
            alerts.look_again(session, self.house.id, items, now_us())

        self.base.change(make)

    def tell(self, topic: str, content: str = "{}") -> int:
        """A message in the outbox as another part of the house might put it there."""

        def put(session: Session) -> int:
            message_id = new_id(session)
            session.run(
                """INSERT INTO outbox (id, warehouse_id, topic, subject, content, made_at, due_at, attempts, state)
                   VALUES (:id, :house, :topic, '', :content, :now, :now, 0, 'waiting')""",
                id=message_id, house=self.house.id, topic=topic, content=content, now=now_us(),
            )  # fmt: skip
            return message_id

        return self.base.change(put)

    def sender(self, port: int = 0, **more: Any) -> Sender:
        """A worker's sender; its mail server listens on a port of this machine."""
        scheme, answer_s, letter_s = more.pop("scheme", "smtp"), more.pop("answer_s", 5.0), more.pop("letter_s", 10.0)
        user, password = more.pop("user", ""), more.pop("password", "")
        mail = MailServer(
            scheme, "localhost", port, user, password, more.pop("cafile", str(CAFILE)), "pickface@example.com"
        )
        given = {
            "mail": mail if port else None, "clock": self.now,
            "post": lambda server: Post(server, answer_s=answer_s, letter_s=letter_s),
            "caller": Caller(HERE, client_context(), answer_s, letter_s),
        }  # fmt: skip
        return Sender(self.base, **(given | more))

    def deliveries(self, of: str = "1 = 1") -> list[Row]:
        """Deliveries as they stand, in the order in which they were made."""
        sql = f"SELECT d.*, p.name AS person FROM delivery d LEFT JOIN person p ON p.id = d.person_id WHERE {of} ORDER BY d.id"
        return self.base.read(lambda session: session.all(sql))

    def states(self) -> list[str]:
        """The states of all deliveries."""
        return [row.state for row in self.deliveries()]

    def change(self, sql: str, **params: Any) -> int:
        """Changes a row behind everybody's back."""
        return self.base.change(lambda session: session.run(sql, **params))


@pytest.fixture
def office(house: House) -> Office:
    """The office of MAIN."""
    return Office(house)


@pytest.fixture
def pass_time(office: Office) -> Callable[[int], None]:
    """Sets the sender's clock on, or back."""

    def on(microseconds: int) -> None:
        office.offset += microseconds

    return on
