"""What a text as read says, before anyone looks anything up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.errors import Refusal
from warehouse.scanning.gs1 import GTIN_LENGTHS, gtin_forms, strip_aim
from warehouse.scanning.reading import COMMANDS, TEXT_MAX, BadExpiry, BadQuantity, Reading, TooLong, Unreadable, parse

GS = "\x1d"


# ---------------------------------------------------------------- commands and values


@pytest.mark.parametrize("text", sorted(COMMANDS))
def test_a_command_is_matched_exactly(text: str) -> None:
    assert parse(text) == Reading(text, command=text)
    assert parse(f" {text}\r\n").command == text, "what a keyboard wedge puts around it"
    assert parse(f"]C0{text}").command == text
    for other in (text.lower(), f"{text}X", f"X{text}", text[:-1], f"{text} 1"):
        assert parse(other).command == ""
        assert not parse(other).is_value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("XQ1", {"quantity": 1}), ("XQ0", {"quantity": 0}), ("XQ0012", {"quantity": 12}),
        ("XQ9999999", {"quantity": 9_999_999}), ("XW250", {"weight_g": 250}), ("XW0", {"weight_g": 0}),
        ("XE20271231", {"expiry_day": date(2027, 12, 31).toordinal()}),
        ("XE20280229", {"expiry_day": date(2028, 2, 29).toordinal()}),
    ],
)  # fmt: skip
def test_a_value_says_its_number(text: str, expected: dict[str, int]) -> None:
    assert parse(text) == Reading(text, **expected)
    assert parse(text).is_value


def test_a_reason_may_also_be_a_users_code() -> None:
    """XR and a text: the step that asks for a reason takes it, any other looks it up."""
    assert parse("XRBROKEN") == Reading("XRBROKEN", candidates=("XRBROKEN",), reason="BROKEN")
    assert parse("XR").reason is None


@pytest.mark.parametrize(
    "text",
    ["XXL-SHIRT", "XBOX", "XQ", "XQ12345678", "XQ-1", "XQ1.5", "XQ1 ", "XW", "XE2027123", "XE202712311", "XX", "XXOK1",
     "X", "XLARGE", "XL12345", "XC12345", "XB", "XD00001", "XLA00001", "xq5", "XQ１", "XQ٣", "XQ५", "XW²",
     "XE２０２７１２３１", "XL００００１２", "XC٠٠٠٠٠١"],
)  # fmt: skip
def test_anything_else_is_a_users_code(text: str) -> None:
    """Also digits of other scripts: they are no digits of ours."""
    reading = parse(text.strip() + "!" if text.endswith(" ") else text)
    assert reading.candidates[0] == reading.text
    assert (reading.command, reading.made, reading.quantity, reading.weight_g, reading.expiry_day) == (
        "",
        "",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "slip"),
    [("XQ12345678", BadQuantity), ("XW" + "0" * 9, BadQuantity), ("XE2027123", BadExpiry), ("XE202712311", BadExpiry),
     ("XQ1", None), ("XE20271231", None), ("XQ", None), ("XQ1.5", None), ("XQ１２３４５６７８", None), ("XR12345678", None),
     ("XBOX", None), ("12345678", None)],
)  # fmt: skip
def test_a_slip_of_a_value_is_told_where_it_names_nothing(text: str, slip: type[Refusal] | None) -> None:
    found = parse(text).slip()
    assert (type(found) if found else None) is slip
    assert found is None or text in str(found)


@pytest.mark.parametrize("text", ["XL000123", "XC000007", "XB000001", "XD1234567890", "XB" + "9" * 39])
def test_a_made_code_has_a_whole_fixed_form(text: str) -> None:
    reading = parse(text)
    assert reading.made == text[:2]
    assert reading.candidates == (text,)
    assert parse(f"{text}A").made == ""
    assert parse(f"A{text}").made == ""


@pytest.mark.parametrize("text", ["XE20270231", "XE20271301", "XE00000000", "XE20270001"])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadExpiry) as refusal:
        parse(text)
    assert text in str(refusal.value)


# ---------------------------------------------------------------- what cannot be a code


def test_a_text_may_be_as_long_as_the_longest_code() -> None:
    assert parse("A" * TEXT_MAX).text == "A" * TEXT_MAX
    with pytest.raises(TooLong):
        parse("A" * (TEXT_MAX + 1))


@pytest.mark.parametrize(
    "raw", ["", " ", "\t \r\n", "]C1", "]Q3 ", GS, f"]d2{GS}", "\x00", "A\x00", "\x1b[A", "A\nB", "\x7f", "\x9f", "\ud800"],
    ids=ascii,
)  # fmt: skip
def test_nothing_and_control_characters_are_unreadable(raw: str) -> None:
    with pytest.raises(Unreadable):
        parse(raw)


# ---------------------------------------------------------------- AIM identifiers, GTIN, GS1


@pytest.mark.parametrize(
    ("raw", "aim", "text"),
    [("]C1ABC", "]C1", "ABC"), ("]d2ABC", "]d2", "ABC"), ("]E0ABC", "]E0", "ABC"), ("]Q3ABC", "]Q3", "ABC"),
     ("ABC", "", "ABC"), ("]1ABC", "", "]1ABC"), ("]CéABC", "", "]CéABC"), ("A]C1", "", "A]C1"), ("]C1]C1A", "]C1", "]C1A")],
)  # fmt: skip
def test_an_aim_identifier_is_taken_off_once(raw: str, aim: str, text: str) -> None:
    assert strip_aim(raw) == (aim, text)
    assert parse(raw).text == text


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("4006381333931", ["4006381333931", "04006381333931"]),
        ("04006381333931", ["4006381333931", "04006381333931"]),
        ("036000291452", ["36000291452".rjust(12, "0"), "0036000291452", "00036000291452"]),
        ("96385074", ["96385074", "000096385074", "0000096385074", "00000096385074"]),
        ("1234567", []), ("123456789", []), ("4006381333931X", []), ("４００６３８１３３３９３１", []),
    ],
)  # fmt: skip
def test_a_gtin_may_be_registered_with_or_without_its_zeros(text: str, forms: list[str]) -> None:
    assert gtin_forms(text) == forms


def test_a_bare_gtin_is_looked_up_as_read_first() -> None:
    assert parse("04006381333931").candidates == ("04006381333931", "4006381333931")
    assert parse("]E04006381333931").candidates == ("4006381333931", "04006381333931")


@pytest.mark.parametrize(
    "raw",
    [f"]C101040063813339311728010110L-1{GS}3712", f"]d2{GS}01040063813339311728010110L-1{GS}3712",
     "(01)04006381333931(17)280101(10)L-1(37)12", f"01040063813339311728010110L-1{GS}3712"],
)  # fmt: skip
def test_a_gs1_code_tells_item_expiry_lot_and_quantity(raw: str) -> None:
    reading = parse(raw)
    assert reading.gs1 is not None
    assert reading.gs1.gtin == "04006381333931"
    assert reading.gs1.lot == "L-1"
    assert reading.gs1.expiry_day == date(2028, 1, 1).toordinal()
    assert reading.gs1.quantity == 12
    assert {"4006381333931", "04006381333931"} <= set(reading.candidates)


def test_a_gs1_code_tells_serial_or_sscc() -> None:
    serial = parse("]C1010400638133393121S-77")
    assert serial.gs1 is not None
    assert serial.gs1.serial == "S-77"
    sscc = parse("]C100106141411234567897")
    assert sscc.gs1 is not None
    assert sscc.gs1.sscc == "106141411234567897"
    assert "106141411234567897" in sscc.candidates


@pytest.mark.parametrize(
    "raw", ["]C10104006381333932", "(01)123", "(99", "()", f"01{GS}", "]C1garbage", "(01)", "]d2" + "9" * 300]
)
def test_a_broken_gs1_code_is_a_users_code(raw: str) -> None:
    reading = parse(raw)
    assert reading.gs1 is None or not reading.gs1.gtin
    assert reading.candidates


def test_gtins_are_of_four_lengths() -> None:
    assert GTIN_LENGTHS == (8, 12, 13, 14)


# ---------------------------------------------------------------- whatever comes

ELEMENTS = st.sampled_from(
    ["01", "04006381333931", "10", "15", "17", "21", "30", "37", "00", "280101", "280100", "000000", "991399", "(", ")", GS,
     "]C1", "]d2", "XQ", "XE", "XR", "XX", "X", "٣", "²", "0", "9", "-", " ", "\x00", "é", "水", "02", "310", "8005", "\u2029"]
)  # fmt: skip
PIECES = st.lists(ELEMENTS, max_size=14).map("".join)


ANY_TEXT = given(st.one_of(st.text(max_size=TEXT_MAX + 20), PIECES))


def understands_or_refuses(raw: str) -> None:
    try:
        reading = parse(raw)
    except Refusal as refusal:
        said = (refusal.status, bool(str(refusal)))
        assert said == (422, True)
        return
    assert reading.text
    assert reading.text in raw
    assert len(reading.candidates) == len(set(reading.candidates)) <= 6, "all of them fit into the one look-up"
    assert reading.is_value or reading.candidates[0] == reading.text
    assert reading.gs1 is None or reading.gs1.quantity is None or 0 <= reading.gs1.quantity < 10**9


@settings(deadline=None)
@ANY_TEXT
@example("]C1" + "17280100")
@example("(17)000000")
@example("(37)" + "9" * 60)
@example("]C1" + "3712345678" * 9)
def test_parse_understands_or_refuses_and_does_nothing_else(raw: str) -> None:
    understands_or_refuses(raw)


@pytest.mark.proof
@settings(deadline=None, max_examples=50_000)
@ANY_TEXT
def test_parse_understands_or_refuses_for_long(raw: str) -> None:
    understands_or_refuses(raw)
