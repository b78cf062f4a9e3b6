"""verify() finds what was changed behind the ledger's back, and names exactly that row (R-LED-3)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.ledger.book import Book
from warehouse.catalog.locations import make_warehouse
from warehouse.db import Session
from warehouse.ledger import Move, Signer, post
from warehouse.ledger.hashing import HASHED
from warehouse.ledger.verify import FAULTS_MAX, verify

TRIGGERS = ("move", "seal")


class Forger:
    """Someone who can write into the database, but has not the ledger key."""

    def __init__(self, book: Book, app: Flask) -> None:
        self.book = book
        app.ledger_was_broken = True  # type: ignore[attr-defined]
        self.kettles = book.arrive("KETTLE", "A-01", 10)
        self.tea = book.arrive("TEA", "A-02", 6, lot="L1", expiry="2028-01-01")
        book.reserve("KETTLE", 4)
        book.block("TEA", "recalled", lot_id=self.tea.lot_id)
        book.tote("T-1")
        self.carried = book.carry("T-1", "in_picking")
        self.picked = book.pick(book.reservation(), 1, "T-1")
        pair = [Move(2, book.place_ids["A-01"], book.place_ids[place], self.kettles) for place in ("A-03", "A-04")]
        self.pair = book.base.change(lambda session: post(session, book.by(), "move", pair))
        book.seal()
        self.postings = [row.posting_id for row in book.rows("SELECT posting_id FROM seal ORDER BY seq")]

    def names(self, text: str) -> str:
        """A row as verify names it, from the names of the example."""
        return text.format(
            **{place.replace("-", "_"): number for place, number in self.book.place_ids.items()},
            kettle=self.kettles.item_id, tea=self.tea.item_id, kettles=self.kettles.layer_id, lot=self.tea.lot_id,
            teas=self.tea.layer_id, pair=self.pair, picked=self.picked, carried=self.carried,
            first=self.postings[0], second=self.postings[1], last=self.postings[-1], seals=len(self.postings),
            in_T=self.book.one("SELECT id FROM balance WHERE location_id = :tote", tote=self.book.place_ids["T-1"]).id,
            in_A_01=self.balance("A-01"), in_A_02=self.balance("A-02"), in_A_03=self.balance("A-03"),
        )  # fmt: skip

    def balance(self, place: str) -> int:
        row = self.book.one("SELECT id FROM balance WHERE location_id = :place", place=self.book.place_ids[place])
        return int(row.id) if row else 0

    def forge(self, sql: str) -> None:
        """Runs a statement with the ledger's triggers out of the way, as the database's owner can."""

        def change(session: Session) -> None:
            if session.dialect == "sqlite":
                for table in TRIGGERS:
                    for verb in ("UPDATE", "DELETE"):
                        session.run(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
                session.run(sql)
                return
            for table in TRIGGERS:
                session.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            session.run(sql)
            for table in TRIGGERS:
                session.run(f"ALTER TABLE {table} ENABLE TRIGGER USER")

        self.book.base.change(change)


@pytest.fixture
def forger(book: Book, app: Flask) -> Forger:
    return Forger(book, app)


AT_A_01 = "location {A_01}, item {kettle}, lot 0, serial '', layer {kettles}"
AT_A_03 = "location {A_03}, item {kettle}, lot 0, serial '', layer {kettles}"
WRITTEN, SEALED, SUM = "posting as written", "chain as sealed", "balance is the sum of the moves"
TOTAL, MARKS = "total is the sum of balances", "held, place and date as derived"
OF_KETTLE, OF_TEA = (TOTAL, "item {kettle}"), (TOTAL, "item {tea}")
BALANCE = """INSERT INTO balance (id, warehouse_id, location_id, item_id, layer_id, quantity, pick, rank_day, last_day, path)
    SELECT 7, b.warehouse_id, l.id, b.item_id, b.layer_id, {quantity}, l.pick, b.rank_day, b.last_day, l.path
    FROM balance b, location l WHERE b.id = {{in_A_01}} AND l.id = {place}"""

FORGERIES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # the postings
    "who did it": (
        "UPDATE move SET person_id = 7 WHERE posting_id = {second}",
        [(WRITTEN, "posting {second}"), (SEALED, "seal 2, posting {second}")]),
    "a text with the separators of the form": (
        "UPDATE move SET document = 'a\x1fb' WHERE posting_id = {second}",
        [(WRITTEN, "posting {second}"), (SEALED, "seal 2, posting {second}")]),
    "how many": (
        "UPDATE move SET quantity = 3 WHERE posting_id = {pair} AND line = 0",
        [(WRITTEN, "posting {pair}"), (SEALED, "seal {seals}, posting {pair}"), (SUM, AT_A_01), (SUM, AT_A_03)]),
    "its hash": (
        "UPDATE move SET hash = '00' WHERE posting_id = {second}",
        [(WRITTEN, "posting {second}")]),
    "the key that signed it": (
        "UPDATE move SET key_id = 'other' WHERE posting_id = {second}",
        [("known key", "posting {second}"), (SEALED, "seal 2, posting {second}")]),
    "a line is gone": (
        "DELETE FROM move WHERE posting_id = {pair} AND line = 0",
        [("posting is whole", "posting {pair}"), (WRITTEN, "posting {pair}"),
         (SEALED, "seal {seals}, posting {pair}"), (SUM, AT_A_01), (SUM, AT_A_03)]),
    "a posting is gone": (
        "DELETE FROM move WHERE posting_id = {carried}",
        [("sealed posting exists", "seal 3"), (SEALED, "seal 3, posting {carried}"),
         ("container where its moves put it", "container T-1")]),
    # the chain
    "a link": (
        "UPDATE seal SET chain = '00' WHERE seq = 2",
        [(SEALED, "seal 2, posting {second}"), (SEALED, "seal 3, posting {carried}")]),
    "the last link": (
        "UPDATE seal SET chain = '00' WHERE seq = {seals}", [(SEALED, "seal {seals}, posting {last}")]),
    "when it was sealed": (
        "UPDATE seal SET at = at + 1000000000 WHERE seq = 2",
        [(SEALED, "seal 2, posting {second}"), ("time never falls", "seal 3")]),
    "a seal is gone": (
        "DELETE FROM seal WHERE seq = 2",
        [("chain without gap", "seal 3"), (SEALED, "seal 3, posting {carried}")]),
    # the balances
    "a balance too high": (
        "UPDATE balance SET quantity = quantity + 1 WHERE id = {in_A_03}", [(SUM, AT_A_03), OF_KETTLE]),
    "a balance too low": (
        "UPDATE balance SET quantity = quantity - 1 WHERE id = {in_A_03}", [(SUM, AT_A_03), OF_KETTLE]),
    "a balance is gone": (
        "DELETE FROM balance WHERE id = {in_A_03}", [(SUM, AT_A_03), OF_KETTLE]),
    "goods that nothing brought": (
        BALANCE.format(quantity=5, place="{A_05}"), [(SUM, AT_A_03.replace("A_03", "A_05")), OF_KETTLE]),
    "an empty row": (
        BALANCE.format(quantity=0, place="{A_05}"), [("empty rows are removed", AT_A_03.replace("A_03", "A_05"))]),
    "a balance outside": (
        BALANCE.format(quantity=5, place="{customer}"),
        [("no balance outside", AT_A_03.replace("A_03", "customer")), OF_KETTLE]),
    # what a stock row repeats
    "held": (
        "UPDATE balance SET held = 1 WHERE id = {in_A_03}",
        [(MARKS, "balance {in_A_03} (location {A_03}, item {kettle}, layer {kettles})"), OF_KETTLE]),
    "not held": (
        "UPDATE balance SET held = 0 WHERE id = {in_A_02}",
        [(MARKS, "balance {in_A_02} (location {A_02}, item {tea}, layer {teas})"), OF_TEA]),
    "a recall that was ended": (
        "UPDATE block SET closed_at = 1",
        [(MARKS, "balance {in_A_02} (location {A_02}, item {tea}, layer {teas})")]),
    "a newer date": (
        "UPDATE balance SET rank_day = rank_day + 1 WHERE id = {in_A_03}",
        [(MARKS, "balance {in_A_03} (location {A_03}, item {kettle}, layer {kettles})")]),
    "a later last day": (
        "UPDATE balance SET last_day = last_day + 1 WHERE id = {in_A_02}",
        [(MARKS, "balance {in_A_02} (location {A_02}, item {tea}, layer {teas})")]),
    "a place to pick from": (
        "UPDATE balance SET pick = 0 WHERE id = {in_A_03}",
        [(MARKS, "balance {in_A_03} (location {A_03}, item {kettle}, layer {kettles})")]),
    "another walk": (
        "UPDATE balance SET path = '0' WHERE id = {in_A_03}",
        [(MARKS, "balance {in_A_03} (location {A_03}, item {kettle}, layer {kettles})")]),
    # reservations
    "reserved": (
        "UPDATE balance SET reserved = reserved - 1 WHERE id = {in_A_01}",
        [("reserved is the sum of reservations", "balance {in_A_01} (location {A_01}, item {kettle})"), OF_KETTLE]),
    "a reservation is gone": (
        "DELETE FROM reservation WHERE balance_id = {in_T}",
        [("reserved is the sum of reservations", "balance {in_T} (location {T_1}, item {kettle})")]),
    "a reservation is larger": (
        "UPDATE reservation SET quantity = quantity + 1 WHERE balance_id = {in_A_01}",
        [("reserved is the sum of reservations", "balance {in_A_01} (location {A_01}, item {kettle})")]),
    "a reservation of nothing": (
        """INSERT INTO reservation (id, warehouse_id, shipment_id, line_id, balance_id, quantity, reserved_at, stage, path)
           SELECT 7, warehouse_id, 1, 7, 99, 1, 0, 0, '' FROM balance WHERE id = {in_A_01}""",
        [("reservation of existing stock", "reservation 7, line 7")]),
    # totals
    "on hand": ("UPDATE total SET on_hand = on_hand + 1 WHERE item_id = {tea}", [OF_TEA]),
    "promised": ("UPDATE total SET reserved = reserved - 1 WHERE item_id = {kettle}", [OF_KETTLE]),
    "blocked": ("UPDATE total SET blocked = blocked - 1 WHERE item_id = {tea}", [OF_TEA]),
    "on order": ("UPDATE total SET on_order = 5 WHERE item_id = {tea}", [OF_TEA]),
    "a total is gone": ("DELETE FROM total WHERE item_id = {tea}", [OF_TEA]),
    # containers
    "a tote elsewhere": (
        "UPDATE location SET parent_id = {to_pack} WHERE code = 'T-1'",
        [("container where its moves put it", "container T-1")]),
    "a tote nowhere": (
        "UPDATE location SET parent_id = NULL WHERE code = 'T-1'",
        [("container where its moves put it", "container T-1")]),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_named(forger: Forger, what: str) -> None:
    sql, expected = FORGERIES[what]
    assert forger.book.faults() == []
    named = sorted((law, forger.names(row)) for law, row in expected)
    forger.forge(forger.names(sql))
    assert forger.book.faults() == named


def test_goods_that_were_never_there_cannot_have_left(forger: Forger) -> None:
    """R-LED-2: even a posting with a right signature may not take a place below zero."""
    book = forger.book

    def post_unchecked(session: Session) -> None:
        row: dict[str, Any] = dict.fromkeys(HASHED, 0) | {
            "posting_id": 7, "warehouse_id": book.id, "cause": "ship", "item_id": forger.kettles.item_id, "serial": "",
            "layer_id": forger.kettles.layer_id, "quantity": 5, "from_id": book.place_ids["A-05"],
            "to_id": book.place_ids["customer"], "document": "", "key": "", "device": "",
            "key_id": session.signer.key_id, "form": 1,
        }  # fmt: skip
        row["hash"] = session.signer.posting([[row[name] for name in HASHED]])
        session.run(f"INSERT INTO move ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})", **row)

    book.base.change(post_unchecked)
    assert book.faults() == [("never negative", forger.names(AT_A_03.replace("A_03", "A_05")))]


def test_another_key_cannot_sign(forger: Forger) -> None:
    """A row made without the ledger key is found, however well it is made."""
    book = forger.book
    book.base.signer = Signer(book.base.signer.key_id, b"\x22" * 32)
    book.arrive("KETTLE", "A-06", 1)
    book.base.signer = Signer(book.base.signer.key_id, b"\x11" * 32)
    (law, row), *more = book.faults()
    assert law == WRITTEN
    assert more == []
    posted = book.one("SELECT MAX(posting_id) AS id FROM move").id
    assert row == f"posting {posted}"


def test_what_awaits_the_sealer_is_told_and_is_no_fault(book: Book) -> None:
    kettles = book.arrive("KETTLE", "A-01", 10)
    book.seal()
    book.move(kettles, 1, "A-01", "A-02")
    proof = book.house.verify().as_json()
    assert proof == {"ok": True, "postings": 2, "moves": 2, "unsealed": 1, "faults": []}


def test_a_broken_book_is_told_in_full_and_never_without_end(forger: Forger) -> None:
    forger.forge("UPDATE total SET on_hand = on_hand + 1 WHERE on_hand > 0")
    proof = forger.book.house.verify().as_json()
    assert not proof["ok"]
    assert proof["faults"][0] == {
        "law": TOTAL, "row": proof["faults"][0]["row"],
        "expected": "on hand 10, reserved 4, blocked 0, on order 0",
        "found": "on hand 11, reserved 4, blocked 0, on order 0",
    }  # fmt: skip
    assert len(proof["faults"]) == 2 <= FAULTS_MAX


def test_only_the_warehouse_asked_for_is_proven(forger: Forger) -> None:
    forger.forge("UPDATE total SET on_hand = on_hand + 1")
    other = forger.book.base.change(lambda session: make_warehouse(session, "OTHER", timezone="UTC"))
    assert forger.book.base.read(lambda session: verify(session, other)).ok
    assert not forger.book.house.verify().ok
