"""Labels: whatever is printed reads back as the very same text, in every form and whatever people call their things."""

from __future__ import annotations

import base64
import io
import re
import uuid
import zlib
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from tests.floor import House, Worker
from warehouse.catalog.codes import COMMANDS as FLOOR_COMMANDS
from warehouse.db import Session
from warehouse.demo import make_demo
from warehouse.office.labels.drawing import bars, square
from warehouse.office.labels.pdf import as_pdf
from warehouse.office.labels.png import as_png
from warehouse.office.labels.rules import COMMANDS, FORMS, Label, Words, lay_out, words
from warehouse.office.labels.zpl import as_zpl
from warehouse.people.rules import badge_hash
from warehouse.work.rooms import all_rooms

DOTS_PER_POINT = 8 * 25.4 / 72

CODES = (
    "XL000123", "XC000007", "XB" + "0123456789" * 3 + "012345678", "6901234567892", "6901234567893", "96385074", "96385075",
    "16901234567899", "123456789012", "A-01-02-3", "XXUNDO", "XQ12", "12345", "1", "a1B2c3", "abc~^_>;", "(00)123456",
    "]C1ABC", "<b>&amp;</b>", "__~~^^", ">:>5>6", "x" * 48, "x" * 300, "中文条码", "Größe", "👍🏽", "日本カナ", "a\tb",
    "A\x1dB", "١٢٣٤٥٦٧٨",
    "٠٠٠٠٠٠٠٠٠٠٠٠٠",
)  # fmt: skip
HOSTILE = (
    "^XZ^XA^FDhacked^FS", "~JA", "_5E_58", "</text><script>alert(1)</script>", "(paren\\) Tj ET", "%s %(x)s {0}", "\u202eevil",
    "line\nbreak\x00\x1b[31m", "很" * 300, "W" * 300, "i" * 300, "", " ", "مرحبا", "👩‍👩‍👧‍👦 family", "\U000e0001tag",
)  # fmt: skip


def read(image: Image.Image) -> list[str]:
    """Every code of a picture, as plain text."""
    found = zxingcpp.read_barcodes(image, text_mode=zxingcpp.TextMode.Plain)
    return sorted({each.text for each in found})


def picture(zpl: bytes) -> Image.Image:
    """What a printer makes of the dots of one label."""
    found = re.search(rb"\^GFA,(\d+),\1,(\d+),([0-9A-F]+)\^FS", zpl)
    assert found is not None
    total, row = int(found[1]), int(found[2])
    data = bytes(255 - byte for byte in bytes.fromhex(found[3].decode()))
    assert len(data) == total
    return Image.frombytes("1", (row * 8, total // row), data).convert("L")


def pages(pdf: bytes) -> list[Image.Image]:
    """The black boxes of each page, as a printer of 203 dpi draws them."""
    streams = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\s*(.*?)~>endstream", pdf, re.DOTALL)
    return [page(zlib.decompress(base64.a85decode(each))) for each in streams]


def page(content: bytes) -> Image.Image:
    image = Image.new("L", ((210 * 8), (297 * 8)), 255)
    draw = ImageDraw.Draw(image)
    for found in re.finditer(rb"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re f", content):
        x, y, width, height = (float(each) * DOTS_PER_POINT for each in found.groups())
        top = 297 * 8 - y - height
        draw.rectangle((round(x), round(top), round(x + width) - 1, round(top + height) - 1), fill=0)
    return image


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", CODES, ids=range(len(CODES)))
def test_every_code_reads_back_in_every_form(text: str, form: str) -> None:
    label = Label(text, "big", ("small",), level=2 if form == "locations" else None, twice=form == "badges")
    section = [(FORMS[form], [label])]
    picture_ = Image.open(io.BytesIO(as_png(section)))
    assert read(picture_) == [text]
    assert read(picture(as_zpl(section))) == [text]
    assert read(pages(as_pdf("labels", section))[0]) == [text]


def test_a_wrong_check_digit_is_printed_as_it_is() -> None:
    assert bars("6901234567892") != bars("6901234567893")
    ean, code128 = (Image.open(io.BytesIO(as_png([(FORMS["items"], [Label(text, "")])]))) for text in
                    ("6901234567892", "6901234567893"))  # fmt: skip
    kinds = [zxingcpp.read_barcodes(each)[0].format for each in (ean, code128)]
    assert kinds == [zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.Code128]


def test_what_bars_cannot_say_becomes_a_square() -> None:
    assert bars("中文") is None
    assert bars("x" * 49) is None
    assert bars(" blanks ") is None
    assert len(square("中文").rows) == len(square("中文").rows[0])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_neither_break_a_label_nor_hide_its_code(name: str, form: str) -> None:
    label = Label("XL000123", name, (name, name), caption=name, level=1)
    section = [(FORMS[form], [label])]
    zpl = as_zpl(section)
    assert zpl.count(b"^XA") == zpl.count(b"^XZ") == 1
    assert read(picture(zpl)) == ["XL000123"]
    assert read(Image.open(io.BytesIO(as_png(section)))) == ["XL000123"]
    assert read(pages(as_pdf(name, section))[0]) == ["XL000123"]


def test_text_stays_on_its_label_and_off_its_code() -> None:
    for form in FORMS.values():
        label = Label("XL000123", "W" * 50, ("很" * 90, "small " * 40), caption="c" * 90, level=3)
        marks = lay_out(label, form)
        code = min(mark.y for mark in marks if not isinstance(mark, Words) and mark.height > 5)
        for line in words(marks):
            assert 0 < line.x < line.x + line.width <= form.width
            assert line.y <= form.height
            assert line.y <= code or line.size == 2.75, "the caption alone stands below the bars"


def test_a_full_sheet_reads_back_label_by_label() -> None:
    labels = [Label(f"XL{number:06d}", f"A-{number:02d}") for number in range(30)]
    found = [read(each) for each in pages(as_pdf("labels", [(FORMS["items"], labels)]))]
    assert [len(each) for each in found] == [24, 6]
    assert sorted(text for each in found for text in each) == [label.text for label in labels]


def test_the_sheet_of_commands_has_every_code_that_the_floor_obeys(house: House, ada: Worker) -> None:
    printed = {code for code, _ in COMMANDS}
    assert printed >= FLOOR_COMMANDS
    assert {f"XX{room.name.upper()}" for room in all_rooms()} <= printed
    answer = ada.client.get("/labels/commands.pdf", headers=ada._headers())
    assert answer.mimetype == "application/pdf"
    read_back = {text for each in pages(answer.data) for text in read(each)}
    assert printed | {"XQ1", "XQ12", "XRBROKEN", "XRUNREACHABLE"} <= read_back


# ---------------------------------------------------------------- the pages


def get(worker: Worker, path: str) -> Any:
    return worker.client.get(path, headers=worker._headers())


def test_items_and_places_are_printed_by_any_of_their_codes(house: House, ada: Worker) -> None:
    assert read(pages(get(ada, "/labels/items.pdf?only=KETTLE").data)[0]) == ["5012345678900"]
    assert read(pages(get(ada, "/labels/items.pdf?only=5012345678900").data)[0]) == ["5012345678900"]
    zpl = get(ada, "/labels/locations.zpl?only=A-01").data
    barcode = house.value("SELECT barcode FROM location WHERE code = 'A-01'")
    assert read(picture(zpl)) == [barcode]
    assert b"^FDA-01^FS" in zpl
    assert get(ada, "/labels/locations.png?only=A-01").mimetype == "image/png"


def test_a_place_is_printed_with_all_that_lies_inside(house: House, ada: Worker) -> None:
    def build(session: Session) -> None:
        from warehouse.catalog.locations import make_location

        zone = make_location(session, house.id, "ZONE", kind="zone")
        aisle = make_location(session, house.id, "AISLE", kind="aisle", parent_id=zone)
        make_location(session, house.id, "INSIDE-1", kind="bin", parent_id=aisle)

    house.base.change(build)
    zpl = get(ada, "/labels/locations.zpl?under=ZONE").data
    assert [code in zpl for code in (b"FDZONE^", b"FDAISLE^", b"FDINSIDE-1^", b"FDA-01^")] == [True, True, True, False]


@pytest.mark.parametrize(
    "path", ["items.pdf?only=NOBODY", "items.pdf?only=KETTLE&only=NOBODY", "locations.zpl?under=NOBODY", "totes.pdf",
             "demo.pdf", "nothing.pdf", "locations.pdf?only=KETTLE"]
)  # fmt: skip
def test_what_is_not_there_is_said(ada: Worker, path: str) -> None:
    answer = get(ada, f"/labels/{path}")
    assert answer.status_code == 404
    assert answer.get_json()["notice"]["level"] == "error"


def test_new_totes_are_taken_once_for_each_key_and_begin_in_picking(house: House, ada: Worker) -> None:
    key = uuid.uuid4().hex
    send = {"data": {"key": key, "count": "3"}, "headers": ada._headers()}
    first, again = (ada.client.post("/labels/totes.pdf", **send) for _ in range(2))
    codes = read(pages(first.data)[0])
    assert len(codes) == 3
    assert read(pages(again.data)[0]) == codes
    house.put("KETTLE", "A-01", 5)
    house.order(("KETTLE", 1))
    ada.next("picking")
    ada.scan(codes[1])
    assert ada.status == 200
    assert house.value(f"SELECT kind FROM location WHERE code = '{codes[1]}'") == "tote"


@pytest.mark.parametrize("number", ["0", "-1", "201", "x", "", "٣", "9" * 400])
def test_a_wrong_number_of_totes_is_refused(house: House, ada: Worker, number: str) -> None:
    answer = ada.client.post(
        "/labels/totes.pdf", data={"key": uuid.uuid4().hex, "count": number}, headers=ada._headers()
    )
    assert (answer.status_code, answer.get_json()["notice"]["code"]) == (422, "too_many_labels")


def test_a_real_badge_is_printed_only_as_a_new_one(house: House) -> None:
    root, made = house.worker("admin"), house.person("Anna", "picker", pin="204816")
    assert get(root, "/labels/badges.pdf").get_json()["notice"]["code"] == "badge_not_kept"
    send = {"data": {"key": uuid.uuid4().hex, "name": "Anna"}, "headers": root._headers()}
    answer = root.client.post("/labels/badges.pdf", **send)
    [badge] = read(pages(answer.data)[0])
    assert badge != made["badge"]
    assert house.value("SELECT badge_hash FROM person WHERE name = 'Anna'") == badge_hash(badge)
    assert root.client.post("/labels/badges.pdf", **send).get_json()["notice"]["code"] == "badge_not_kept"
    assert house.value("SELECT badge_hash FROM person WHERE name = 'Anna'") == badge_hash(badge)


def test_a_new_badge_for_nobody_changes_nothing(house: House) -> None:
    root = house.worker("admin")
    sent = {"key": uuid.uuid4().hex, "name": "Nobody"}
    assert root.client.post("/labels/badges.pdf", data=sent, headers=root._headers()).status_code == 404
    assert house.value("SELECT count(*) FROM act") == 0


def test_supervisors_print_labels_but_no_badges(house: House, ada: Worker, floor: Any) -> None:
    sent = {"key": uuid.uuid4().hex, "name": "x"}
    assert ada.client.post("/labels/badges.pdf", data=sent, headers=ada._headers()).status_code == 403
    assert get(ada, "/labels/badges.pdf").status_code == 403
    assert get(floor("picker"), "/labels/items.pdf").status_code == 403


def test_the_demos_sheet_holds_its_badges_and_something_to_scan(app: Any, base: Any) -> None:
    made = make_demo(base, timezone="Asia/Shanghai")
    robot = Worker(app.test_client(), made.token)
    read_back = {text for each in pages(get(robot, "/labels/demo.pdf").data) for text in read(each)}
    assert {badge for _, _, badge, _ in made.people} <= read_back
    assert {code for code, _ in COMMANDS} <= read_back
    assert sum(text.startswith("XD") for text in read_back) == 6
    assert sum(text.startswith("XC") for text in read_back) == 6


def test_the_page_offers_what_one_may_print(house: House) -> None:
    def shown(role: str) -> str:
        made = house.person(f"{role}-1", role, pin="204816")
        browser = house.app.test_client()
        browser.post("/login", data={"badge": made["badge"], "pin": "204816"}, headers={"Accept": "text/html"})
        return str(browser.get("/labels", headers={"Accept": "text/html"}).get_data(as_text=True))

    assert "/labels/items.pdf" in shown("operations")
    assert "/labels/badges.pdf" not in shown("supervisor")
    assert "/labels/badges.pdf" in shown("admin")
