"""The purchase order as its supplier gets it: who buys, from whom, for when, where to; on all of its pages (R-SAF-4)."""

from __future__ import annotations

import base64
import csv
import io
import re
import zlib

import pytest

from tests.purchases import send
from warehouse.catalog.settings import change_setting
from warehouse.clock import day_of, iso_day, now_us
from warehouse.office.purchasing.paper import paper_of, sheet
from warehouse.web.papers import LATIN, Sheet, as_pdf

_SHOWN = re.compile(rb"\(((?:\\.|[^\\)])*)\) Tj|/(F\d+)(?:\+\d+)? [\d.]+ Tf", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def pages(pdf: bytes) -> list[str]:
    """The text on each page, Latin and Chinese; a page has its own stream."""
    streams = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\s*(.*?)~>endstream", pdf, re.DOTALL)
    names = dict(re.findall(rb"/BaseFont /([\w-]+)[^>]*?/Name /(F\d+)", pdf, re.DOTALL))
    latin = {name for font, name in names.items() if font.decode() == LATIN}
    return [text_of(zlib.decompress(base64.a85decode(each)), latin) for each in streams]


def text_of(content: bytes, latin: set[bytes]) -> str:
    said, font = [], b""
    for text, name in _SHOWN.findall(content):
        if name:
            font = name
            continue
        raw = _ESCAPED.sub(lambda found: bytes([int(found[1], 8)]) if len(found[1]) > 1 else plain(found[1]), text)
        said.append(raw.decode("cp1252" if font in latin else "utf-16-be", "replace"))
    return "".join(said)


def plain(letter: bytes) -> bytes:
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(letter, letter)


@pytest.fixture
def named(house, pia):
    """A company with its addresses, and ACME with theirs."""

    def keep(session):
        for name, value in (("company_name", "北方家居有限公司"), ("company_address", "上海市南京路1号"),
                            ("delivery_address", "沈阳市仓库街 5 号 3 门")):  # fmt: skip
            change_setting(session, name, value, warehouse_id=house.id, changed_by="Root", at=now_us())
        session.run("UPDATE supplier SET address = '宁波市港口路 9 号' WHERE code = 'ACME'")

    house.base.change(keep)


def test_the_paper_says_who_buys_from_whom_for_when_and_where_to(house, market, named, pia):
    """R-SAF-4: in the supplier's language, with its Chinese letters."""
    at = market.order(pia, due="2099-01-02")
    send(pia, at)
    sent_on = iso_day(day_of(house.value("SELECT sent_at FROM purchase_order"), "Asia/Shanghai"))
    (page,) = pages(pia.client.get(f"{at}/paper.pdf").data)
    for said in ("采购订单 B-1", "买方", "北方家居有限公司", "上海市南京路1号", "Acme (ACME)", "宁波市港口路 9 号",
                 "acme@example.com", "MAIN", "沈阳市仓库街 5 号 3 门", sent_on, "2099-01-02", "水壶", "5.00", "50.00 CNY",
                 "第 1 页"):  # fmt: skip
        assert said.replace(" ", "") in page.replace(" ", ""), (said, page)
    pia.get(f"{market.at()}/terms")
    pia.post(f"{market.at()}/terms", language="en")
    (page,) = pages(pia.client.get(f"{at}/paper.pdf").data)
    for said in ("Purchase order B-1", "Buyer", "北方家居有限公司", "Deliver to", "Ordered on", "Kettle",
                 "page 1 of 1"):  # fmt: skip
        assert said.replace(" ", "") in page.replace(" ", ""), (said, page)
    (row,) = csv.DictReader(io.StringIO(pia.client.get(f"{at}/paper.csv").data.decode("utf-8-sig")))
    assert row == {
        "number": "B-1", "revision": "1", "line": "1", "sku": "KETTLE", "supplier_code": "", "name": "Kettle",
        "quantity": "10", "unit_cost": "5.00", "amount": "50.00", "currency": "CNY", "due": "2099-01-02",
        "ordered_on": sent_on, "buyer": "北方家居有限公司", "buyer_address": "上海市南京路1号", "supplier": "Acme",
        "supplier_address": "宁波市港口路 9 号", "deliver_to": "MAIN 沈阳市仓库街 5 号 3 门",
    }  # fmt: skip


def test_where_nothing_is_said_of_the_company_the_warehouse_buys(house, market, pia):
    at = market.order(pia)
    made = house.base.read(lambda session: sheet(paper_of(session, house.by(), int(at.rsplit("/", 1)[1]))))
    assert [lines for _, lines in made.blocks] == [("MAIN",), ("Acme (ACME)", "acme@example.com"), ("MAIN",)]


def test_a_long_order_goes_on_over_pages_that_are_numbered():
    """Every page has the heads of its columns and says which of how many it is."""
    rows = tuple((str(n), f"SKU-{n:03d}", "", f"很长的名称 {n} " * 4, "1", "1.00", "1.00") for n in range(1, 101))
    heads = ("Line", "SKU", "Your code", "Name", "Quantity", "Each", "Amount")
    made = pages(as_pdf(Sheet("Order 100%", "XD000001", (("Due", "2099-01-02"),), heads, rows, (11, 33, 28, 48, 18, 20, 22), 3,
                              foot="100%% B-1 · page %(page)s of %(pages)s")))  # fmt: skip
    assert len(made) > 3
    for number, page in enumerate(made, start=1):
        assert "Yourcode" in page.replace(" ", "")
        assert f"100%B-1·page{number}of{len(made)}" in page.replace(" ", "")
    together = "".join(made)
    assert all(f"SKU-{n:03d}" in together for n in range(1, 101))
    assert "很长的名称 100" in together
