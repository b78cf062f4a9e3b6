"""One small warehouse with names, and people who work in it through the same URLs as everyone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient

from warehouse.catalog.codes import made_code, register
from warehouse.catalog.locations import make_location, make_warehouse, refresh_pick_locations
from warehouse.catalog.places import places
from warehouse.clock import now_us, parse_day, parse_instant
from warehouse.db import Database, PostgresqlSession, Session, SqliteSession
from warehouse.ids import new_id
from warehouse.ledger import Goods, Move, make_layer, post
from warehouse.ledger.history import stock_now
from warehouse.ledger.verify import Proof, verify
from warehouse.people.actions import make_person, make_program
from warehouse.who import By, system

TIMEZONE = "Asia/Shanghai"
TIERS = {"priority": 0, "express": 1, "standard": 2}


class Worker:
    """A program account on the floor: scans what it is told, remembers the last screen."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.token = client, token
        self.screen: dict[str, Any] | None = None
        self.notice: dict[str, Any] | None = None
        self.status = 0
        self.replayed = False

    def get(self, path: str) -> Any:
        """Reads a page as JSON."""
        return self._heard(self.client.get(path, headers=self._headers()))

    def post(self, path: str, **fields: Any) -> Any:
        """Asks for a change; a key is made unless one is given."""
        return self._heard(self.client.post(path, data={"key": uuid.uuid4().hex} | fields, headers=self._headers()))

    def next(self, room: str, **fields: Any) -> dict[str, Any] | None:
        """Takes the next piece of work; the screen, or None if there is nothing to do."""
        answer = self.post(f"/{room}/next", **fields)
        assert self.status == 200, answer
        self.screen = answer["screen"]
        return self.screen

    def scan(self, code: str, **fields: Any) -> str:
        """Scans a code on the present screen; the notice's code."""
        assert self.screen is not None, "there is a screen to scan on"
        href, step = self.screen["scan"]["href"], self.screen["scan"]["fields"]
        answer = self.post(href, **(step | {"code": code} | fields))
        self.screen = answer.get("screen") or self.screen
        return str((answer.get("notice") or {}).get("code"))

    def scans(self, *codes: str) -> str:
        """Scans one code after the other; each must be taken. The last notice's code."""
        said = ""
        for code in codes:
            said = self.scan(code)
            assert self.status == 200, (code, self.status, self.notice)
        return said

    def obey(self) -> str:
        """Scans what the screen asks for, as the smallest honest client does; the notice's code."""
        return self.scan(answer_for(self.screen or {}))

    def finish(self) -> list[tuple[str, str]]:
        """Obeys until the present piece of work is done; what was expected and scanned."""
        trace = []
        while not (self.screen or {}).get("done"):
            assert self.screen is not None, "there is a screen"
            code, expected = answer_for(self.screen), self.screen["expects"][0]
            self.scan(code)
            assert self.status == 200, (expected, code, self.status, self.notice)
            trace.append((expected, code))
        return trace

    def work(self, room: str, most: int = 1000) -> int:
        """Works a room until nothing is left to do; how many pieces of work."""
        for done in range(most):
            if self.next(room) is None:
                return done
            self.finish()
        raise AssertionError(f"{room} never ends")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def _heard(self, response: Any) -> Any:
        self.status, self.replayed = response.status_code, response.headers.get("Replayed") == "1"
        answer = response.get_json()
        self.notice = answer.get("notice") if isinstance(answer, dict) else None
        return answer


def answer_for(screen: dict[str, Any]) -> str:
    """The code for the first kind in `expects` that the target names (the contract's robot)."""
    target = screen.get("target") or {}
    for kind in screen["expects"]:
        if kind == "quantity" and (target.get("quantity") or {}).get("wanted") is not None:
            return f"XQ{target['quantity']['wanted'] - target['quantity']['done']}"
        if kind == "confirm":
            return "XXOK"
        if kind != "quantity" and target.get(kind):
            return str(target[kind]["barcode"])
    raise AssertionError(f"the screen names nothing that it expects: {screen}")


class House:
    """The warehouse MAIN: a dock, a packing station, six bins, three items, and what tests put there."""

    def __init__(self, app: Flask, base: Database) -> None:
        self.app, self.base = app, base
        self.items: dict[str, int] = {}
        self.places: dict[str, int] = {}
        self.id = base.change(self._build)
        self.orders = 0

    def _build(self, session: Session) -> int:
        warehouse_id = make_warehouse(session, "MAIN", timezone=TIMEZONE)
        for code, kind in (("DOCK-1", "dock"), ("PACK-1", "station")):
            self.places[code] = make_location(session, warehouse_id, code, kind=kind)
        for number in range(1, 7):
            code = f"A-{number:02d}"
            self.places[code] = make_location(
                session, warehouse_id, code, kind="bin", aisle=1, position=number, level=1
            )
        refresh_pick_locations(session, warehouse_id)
        self.add_item(session, "KETTLE", name="Kettle", barcode="5012345678900")
        self.add_item(session, "TEA", name="Green tea", tracking="lot", shelf_life_days=365)
        self.add_item(session, "CAMERA", name="Camera", tracking="serial")
        return warehouse_id

    def add_item(self, session: Session, sku: str, **more: Any) -> int:
        """An item that its SKU names, and its barcode if it has one."""
        item_id = new_id(session)
        values = {"id": item_id, "sku": sku, "name": sku.title(), "barcode": sku} | more
        columns = ", ".join(values)
        session.run(f"INSERT INTO item ({columns}) VALUES ({', '.join(':' + each for each in values)})", **values)
        for text in dict.fromkeys((sku, values["barcode"])):
            register(session, text, kind="item", ref_id=item_id)
        self.items[sku] = item_id
        return item_id

    def by(self, **more: Any) -> By:
        """The product itself acting in this warehouse."""
        made = system(self.id, TIMEZONE, now=now_us())
        return (
            made if not more else type(made)(**{name: more.get(name, getattr(made, name)) for name in made.__slots__})
        )

    def put(
        self, sku: str, place: str, quantity: int, *, received: str = "2026-01-01", lot: str = "", serial: str = "",
        expiry: str = "",
    ) -> int:  # fmt: skip
        """Stock that lies there from the start; its layer's id."""
        return self.base.change(lambda session: self._put(session, sku, place, quantity, received, lot, serial, expiry))

    def _put(
        self, session: Session, sku: str, place: str, quantity: int, received: str, lot: str, serial: str, expiry: str
    ) -> int:  # fmt: skip
        item_id, by = self.items[sku], self.by()
        expiry_day = parse_day(expiry) if expiry else 0
        lot_id = self.lot(session, item_id, lot, expiry_day) if lot else 0
        layer = make_layer(session, by, item_id=item_id, received_at=parse_instant(received, TIMEZONE), lot_id=lot_id,
                           expiry_day=expiry_day)  # fmt: skip
        goods = Goods(item_id, layer, lot_id, serial)
        supplier = places(session, self.id).supplier
        post(session, by, "opening", [Move(quantity, supplier, self.places[place], goods)])
        return layer

    def lot(self, session: Session, item_id: int, code: str, expiry_day: int = 0) -> int:
        """A lot of an item, made at its first mention."""
        found = session.value("SELECT id FROM lot WHERE item_id = :item AND code = :code", item=item_id, code=code)
        if found:
            return int(found)
        lot_id = new_id(session)
        session.run(
            "INSERT INTO lot (id, item_id, code, expiry_day, made_at) VALUES (:id, :item, :code, :expiry, :now)",
            id=lot_id, item=item_id, code=code, expiry=expiry_day, now=now_us(),
        )  # fmt: skip
        return lot_id

    def order(self, *lines: tuple[str, int], tier: str = "standard", note: str = "", confirmed: str = "") -> str:
        """A paid order of these items and quantities; its number."""
        self.orders += 1
        number = f"{100 + self.orders}"

        def make(session: Session) -> None:
            order_id, now = new_id(session), now_us()
            session.run(
                """INSERT INTO sales_order (id, channel, number, state, tier, tier_rank, region, confirmed_at, note,
                       content_hash, made_at)
                   VALUES (:id, 'shop', :number, 'unsourced', :tier, :rank, 'Shanghai', :confirmed, :note, '', :now)""",
                id=order_id, number=number, tier=tier, rank=TIERS[tier], note=note, now=now,
                confirmed=parse_instant(confirmed, TIMEZONE) if confirmed else now,
            )  # fmt: skip
            session.run(
                """INSERT INTO recipient (order_id, name, phone, city, address)
                   VALUES (:id, 'Li Lei', '13800000000', 'Shanghai', '1 Nanjing Road')""", id=order_id)  # fmt: skip
            for line, (sku, quantity) in enumerate(lines):
                session.run(
                    """INSERT INTO order_line (id, order_id, line, item_id, quantity)
                       VALUES (:id, :order, :line, :item, :quantity)""",
                    id=new_id(session), order=order_id, line=line, item=self.items[sku], quantity=quantity,
                )  # fmt: skip

        self.base.change(make)
        return number

    def purchase(self, *lines: tuple[str, int], number: str = "PO-1") -> str:
        """An open purchase order of these items and quantities; its number."""

        def make(session: Session) -> None:
            supplier = session.value("SELECT id FROM supplier WHERE code = 'ACME'")
            if supplier is None:
                supplier = new_id(session)
                session.run("INSERT INTO supplier (id, code, name) VALUES (:id, 'ACME', 'Acme')", id=supplier)
            order_id = new_id(session)
            barcode = made_code(session, "document", warehouse_id=self.id)
            session.run(
                """INSERT INTO purchase_order (id, warehouse_id, number, supplier_id, barcode, state, made_at)
                   VALUES (:id, :house, :number, :supplier, :barcode, 'open', :now)""",
                id=order_id, house=self.id, number=number, supplier=supplier, barcode=barcode, now=now_us(),
            )  # fmt: skip
            register(session, barcode, kind="document", ref_id=order_id, scope_id=self.id)
            for line, (sku, quantity) in enumerate(lines):
                session.run(
                    """INSERT INTO purchase_order_line (id, purchase_order_id, line, item_id, quantity)
                       VALUES (:id, :order, :line, :item, :quantity)""",
                    id=new_id(session), order=order_id, line=line, item=self.items[sku], quantity=quantity,
                )  # fmt: skip
                session.run(
                    """INSERT INTO total (warehouse_id, item_id, on_order) VALUES (:house, :item, :n)
                       ON CONFLICT (warehouse_id, item_id) DO UPDATE SET on_order = total.on_order + excluded.on_order""",
                    house=self.id, item=self.items[sku], n=quantity,
                )  # fmt: skip

        self.base.change(make)
        return number

    def worker(self, *roles: str, name: str = "") -> Worker:
        """A program account with these roles (a supervisor unless told) and its client."""
        name = name or f"robot-{uuid.uuid4().hex[:8]}"
        made = self.base.change(
            lambda session: make_program(session, name, roles or ("supervisor",), warehouse_id=self.id)
        )
        return Worker(self.app.test_client(), made["token"])

    def person(self, name: str, *roles: str, badge: str = "", pin: str = "") -> dict[str, str]:
        """A person with a badge and a PIN."""
        return self.base.change(lambda session: make_person(session, name, roles, badge=badge, pin=pin))

    def stock(self, sku: str = "") -> dict[tuple[str, str, str, str], int]:
        """What lies where: (sku, holder, lot, serial) → quantity."""
        held: dict[tuple[str, str, str, str], int] = {}
        with_codes = self.base.read(lambda session: self._stock(session, sku))
        for key, quantity in with_codes:
            held[key] = held.get(key, 0) + quantity
        return held

    def _stock(self, session: Session, sku: str) -> list[tuple[tuple[str, str, str, str], int]]:
        codes = {row.id: row.code for row in session.all("SELECT id, code FROM location")}
        rows = stock_now(session, self.id, sku=sku)
        return [((row.sku, codes[row.holder_id], row.lot or "", row.serial), row.quantity) for row in rows]

    def barcode(self, place: str) -> str:
        """The text that scans as a place."""
        return str(self.value("SELECT barcode FROM location WHERE code = :code", code=place))

    def value(self, sql: str, **params: Any) -> Any:
        """One value out of the database."""
        return self.base.read(lambda session: session.value(sql, **params))

    def verify(self) -> Proof:
        """The ledger's proof as it stands."""
        return self.base.read(lambda session: verify(session, self.id))


@contextmanager
def statements_counted() -> Iterator[Callable[[], int]]:
    """How many statements are asked inside, in all sessions together."""
    seen = 0

    def counted(kept: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **params: Any) -> Any:
            nonlocal seen
            seen += 1
            return kept(*args, **params)

        return ask

    with (
        patch.object(SqliteSession, "ask", counted(SqliteSession.ask)),
        patch.object(SqliteSession, "ask_many", counted(SqliteSession.ask_many)),
        patch.object(PostgresqlSession, "ask", counted(PostgresqlSession.ask)),
        patch.object(PostgresqlSession, "ask_many", counted(PostgresqlSession.ask_many)),
    ):
        yield lambda: seen
