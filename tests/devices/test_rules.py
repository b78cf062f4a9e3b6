"""What the standards say of codes, in our own words: one line a rule."""

from __future__ import annotations

from datetime import date

import pytest

from devices.digits import has_check_digit, has_check_pair, has_iban_check
from devices.elements import date_of
from devices.profiles import UnknownProfile, profile_named
from devices.vectors import decode_in

TODAY = date(2026, 11, 22)
ITEM = "0109501101530003"
GS = "\x1d"


def read(text: str, profile: str = "cr_lf") -> dict:
    (scan,) = decode_in([text.encode() + b"\r"], profile, TODAY).scans
    return scan


# ---------------------------------------------------------------- GS1 element strings


@pytest.mark.parametrize(
    ("text", "error", "ai"),
    [
        (f"{ITEM}10", "length", "10"), (f"{ITEM}10{'A' * 21}", "length", "10"), (f"{ITEM}1727123", "length", "17"),
        (f"{ITEM}422276{GS}10A", None, None), (f"{ITEM}42227610A", "length", "422"), (f"{ITEM}3103125", "length", "3103"),
        ("0109501101530A03", "charset", "01"), (f"{ITEM}20A1", "charset", "20"), (f"{ITEM}30X", "charset", "30"),
        (f"{ITEM}10A#", "charset", "10"), (f"{ITEM}10A~", "charset", "10"), ("8010ABC123", None, None),
        ("8010abc123", "charset", "8010"), ("0109501101530004", "check_digit", "01"), ("0100000000000000", "reserved", "01"),
        ("00095011015300012342", "check_digit", "00"), ("4149501101531001", "check_digit", "414"),
        ("8003095011015310011", "check_digit", "8003"), ("80180950110153000123", "length", "8018"),
        ("80131987654Ad4X4bL5ttr2310c2K", None, None), ("80131987654Ad4X4bL5ttr2310c2L", "check_digit", "8013"),
        ("40295011015300012349", "check_digit", "402"), (f"{ITEM}19A", "unknown_ai", None), (f"{ITEM}3", "unknown_ai", None),
        ("3106001250", "unknown_ai", None), ("", "empty", None), (GS, "empty", None), (GS + GS, "empty", None),
        (f"{ITEM}17270931", "date", "17"), (f"{ITEM}17280229", None, None), (f"{ITEM}7003270930" + "2460", "date", "7003"),
        (f"{ITEM}70032709302359", None, None), (f"{ITEM}7006270900", "date", "7006"),
        (f"{ITEM}7007270930270901", "date", "7007"), (f"{ITEM}7007270901270930", None, None),
        (f"{ITEM}800827093023", None, None), (f"{ITEM}800827093024", "date", "8008"),
        ("00395011015300012359" + "43242709009999", None, None), ("00395011015300012359" + "43242709319999", "date", "4324"),
    ],
)  # fmt: skip
def test_an_element_has_its_form(text: str, error: str | None, ai: str | None) -> None:
    scan = read(f"]C1{text}")
    assert (scan.get("error"), scan.get("ai")) == (error, ai)
    assert scan["text"] == text
    assert scan["aim"] == "]C1"


@pytest.mark.parametrize(
    ("text", "error", "ai"),
    [
        ("10A", "requires", "10"), ("21A", "requires", "21"), ("17271231", "requires", "17"), ("254A", "requires", "254"),
        ("0209501101530003", "requires", "02"), (f"{ITEM}3712", "excludes", "37"), ("3712", "requires", "37"),
        ("00095011015300012341"+"0209501101530003"+"3712", None, None), ("0209501101530003" + "3712", "requires", "37"),
        (f"{ITEM}0209501101530003", "excludes", "02"), (f"{ITEM}21A{GS}235B", "excludes", "235"),
        (f"{ITEM}31030012503102000125", "excludes", "3102"), (f"{ITEM}31030012503201000276", None, None),
        (f"{ITEM}10A{GS}10A", None, None), (f"{ITEM}10A{GS}10B", "repeated", "10"), (f"{ITEM}21A{GS}250B", None, None),
        (f"{ITEM}250B", "requires", "250"), ("0199501101530006", "requires", "01"), ("0199501101530006" + "3012", None, None),
        ("0199501101530006" + "3300001250", "requires", "01"), ("4159501101531000", "requires", "415"),
        ("4159501101531000" + "8020A1", None, None), (f"{ITEM}39221234", "requires", "3922"),
        (f"{ITEM}310300125039221234", None, None), ("420A" + f"{GS}421276B", "excludes", "421"),
        ("00095011015300012341" + "4300A", None, None), ("4300A", "requires", "4300"), ("400PO1", None, None),
        ("9012", None, None), ("99ANY", None, None), ("4109501101531000", None, None),
    ],
)  # fmt: skip
def test_elements_stand_together_or_not(text: str, error: str | None, ai: str | None) -> None:
    scan = read(f"]d2{text}")
    assert (scan.get("error"), scan.get("ai")) == (error, ai)


def test_elements_tell_what_they_mean() -> None:
    scan = read(f"]C1{ITEM}11260100152602281727123110AB{GS}21S{GS}30012{GS}400PO{GS}3102012345")
    told = {name: scan[name] for name in scan if name not in {"type", "text", "aim", "elements"}}
    assert told == {
        "gtin14": "09501101530003", "production": "2026-01-31", "best_before": "2026-02-28", "expiry": "2027-12-31",
        "lot": "AB", "serial": "S", "variable_count": 12, "order": "PO", "net_weight_kg": "123.45",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("digits", "today", "expected"),
    [("760101", 2026, 2076), ("770101", 2026, 1977), ("000101", 2026, 2000), ("260101", 2026, 2026), ("490101", 2099, 2149),
     ("500101", 2099, 2050), ("010101", 2051, 2101), ("020101", 2051, 2002)],
)  # fmt: skip
def test_two_digits_of_a_year_mean_the_nearest_century(digits: str, today: int, expected: int) -> None:
    assert date_of(digits, date(today, 6, 1)).year == expected


def test_check_digits() -> None:
    assert has_check_digit("9501101530003")
    assert not has_check_digit("9501101530030")
    assert has_check_pair("1987654Ad4X4bL5ttr2310c2K")
    assert not has_check_pair("1987654Ad4X4bL5ttr2310cK2")
    assert has_iban_check("GB82WEST12345698765432")
    assert not has_iban_check("GB82WEST12345698765433")


# ---------------------------------------------------------------- numbers of the shop


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("]E09501101530003", {"type": "gtin", "gtin14": "09501101530003"}), ("]E0950110153000", {"error": "length"}),
        ("]E495011066", {"gtin14": "00000095011066"}), ("]E4950110660", {"error": "length"}),
        ("]E095011O1530003", {"error": "charset"}),
        ("]E0", {"error": "empty"}), ("]E112", {"error": "length"}), ("]E3950110153000312345", {"addon": "12345"}),
        ("]E09501101530003]E212345", {"addon": "12345"}), ("]E00212345678909", {"type": "rcn", "scope": "geographic"}),
        ("]E09780306406157", {"type": "gtin"}), ("]E09812345678901", {"error": "check_digit"}),
        ("]I119501101530000", {"gtin14": "19501101530000"}), ("]I119501101530001", {"error": "check_digit"}),
        ("]I1123456", {"type": "plain"}), ("]I31950110153000", {"error": "length"}),
        ("614141000036", {"type": "gtin", "gtin14": "00614141000036"}), ("04252614", {"gtin14": "00042100005264"}),
        ("19501101530000", {"type": "gtin"}), ("395011015300012359", {"type": "sscc", "sscc": "395011015300012359"}),
        ("00395011015300012359", {"type": "sscc"}), ("9501101530004", {"type": "plain", "warnings": ["check_digit"]}),
        ("1234567", {"type": "plain"}), (f"{ITEM}10AB", {"type": "gs1", "lot": "AB"}),
        (f"{ITEM}10AB{GS}21C", {"serial": "C"}),
        (f"]Q1{ITEM}", {"type": "plain", "warnings": ["gs1_shape_without_fnc1"]}), ("XL000123", {"type": "plain"}),
    ],
)  # fmt: skip
def test_a_number_is_what_it_proves(text: str, expected: dict) -> None:
    scan = read(text)
    assert {name: scan.get(name) for name in expected} == expected


# ---------------------------------------------------------------- links and envelopes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://id.gs1.org/01/9501101530003/10/A%2FB?17=271231", [["01", "09501101530003"], ["10", "A/B"], ["17", "271231"]]),
        ("HTTPS://ID.GS1.ORG/01/09501101530003", [["01", "09501101530003"]]),
        ("https://shop.example/any/path/gtin/9501101530003/lot/A/ser/B", [["01", "09501101530003"], ["10", "A"], ["21", "B"]]),
        ("https://x.example/00/395011015300012359/", [["00", "395011015300012359"]]),
        ("https://id.gs1.org/01/09501101530004", "check_digit"), ("https://id.gs1.org/01/09501101530003/10/A%2", "encoding"),
        ("https://id.gs1.org/01/09501101530003/10/%ff", "encoding"),
        ("https://id.gs1.org/01/09501101530003/10/A%20B", "charset"),
        ("https://id.gs1.org/01/09501101530003?17=271331", "date"),
        ("https://id.gs1.org/01/09501101530003/21/A/10/B", "unknown_ai"),
        ("https://id.gs1.org/01/09501101530003/10", "length"), ("https://shop.example/01/index.html", None),
        ("https://shop.example/", None), ("http://[broken/01/09501101530003", None), ("https://example.com/x?y=1", None),
    ],
)  # fmt: skip
def test_a_link_names_goods_or_is_an_ordinary_address(text: str, expected: list | str | None) -> None:
    scan = read(f"]Q1{text}")
    assert scan.get("elements", scan.get("error")) == expected
    assert scan["type"] == ("digital_link" if isinstance(expected, list) else "error" if expected else "plain")


def test_a_link_without_an_identifier_before_it_is_one_too() -> None:
    assert read("https://id.gs1.org/01/09501101530003")["type"] == "digital_link"


def test_an_envelope_holds_fields() -> None:
    scan = read("]d1[)>\x1e06\x1d1JUN123\x1dQ10\x1e\x04")
    assert (scan["type"], scan["format"], scan["elements"]) == ("iso15434", "06", [["1J", "UN123"], ["Q", "10"]])
    scan = read(f"]d1[)>\x1e05\x1d{ITEM}\x1d10A\x1e\x04")
    assert (scan["format"], scan["lot"], scan["gtin14"]) == ("05", "A", "09501101530003")
    assert read("]d1[)>\x1e06\x1dQ10")["warnings"] == ["no_trailer"]
    assert read("]d1[)>\x1e06\x1dQ1\x020\x1e\x04")["error"] == "control_char"
    assert read("[)>^^06^]Q10^^^D", "wedge_gs=^]")["elements"] == [["Q", "10"]]


# ---------------------------------------------------------------- a line or a keyboard set up wrongly


def seven_bits(text: str, *, odd: bool = False) -> bytes:
    return bytes(byte | ((byte.bit_count() % 2 == 0) == odd and 0x80) for byte in text.encode())


@pytest.mark.parametrize(
    ("data", "error", "hint"),
    [
        (seven_bits("]C1010950110153000310AB\r\n"), "line_settings", "7E1"),
        (seven_bits("TOTE-0042\r"), "line_settings", "7E1"),
        (seven_bits("9501101530003\r\n", odd=True), "line_settings", None),
        (b"\x00\xf8\xe0\x80\x00\xfe\r\xf0\xc0\x00", "line_settings", "baud"),
        (b"\xff\xfe\xff\xfc\xff\r", "line_settings", "baud"),
        ("]Q1库位A-01\r".encode("gb18030"), "encoding", "gb18030"), ("库位A-01\r".encode("gb18030"), "encoding", "gb18030"),
        (b"]E0950\xff1101530003\r", "non_ascii", None), (b"]E0950\x071101530003\r", "control_char", None),
        (b"A\tB\r", "control_char", None), ("９５０\r".encode(), "non_ascii", "input_method"),
        ("】C10109501101530003\r".encode(), "non_ascii", "input_method"),
        ("TOTE)àà'é\r".encode(), "non_ascii", "keyboard_layout"),
        ("ъС10109501101530003\r".encode(), "non_ascii", "keyboard_layout"),
        (b"+E09501101530003\r", "aim_unknown", "keyboard_layout"),
        (b"]D2010950110153000310A\r", "aim_unknown", "caps_lock"), (b"]q3010950110153000310A\r", "aim_unknown", "caps_lock"),
        (b"]e09501101530003\r", "aim_unknown", "caps_lock"), (b"]?1ABC\r", "aim_unknown", None),
        (b"]C9ABC\r", "aim_unknown", None),
        ("]C0É1\r".encode(), "non_ascii", None),
    ],
)  # fmt: skip
def test_the_cause_is_told_where_it_can_be(data: bytes, error: str, hint: str | None) -> None:
    scans = decode_in([data], "cr_lf", TODAY).scans
    assert {(scan["type"], scan["error"], scan.get("hint")) for scan in scans} == {("error", error, hint)}


@pytest.mark.parametrize(
    "text", ["]Q1库位A-01", "库位A-01", "]d1Büro", "+A123BJC5D6E71G", "+C1ABC", "$100", "A B", "B=2"]
)
def test_what_is_right_is_not_suspected(text: str) -> None:
    assert read(text)["type"] == "plain"


@pytest.mark.parametrize(
    ("data", "profile", "texts"),
    [
        ("]Q1库位\r".encode("gb18030"), "cr_lf;encoding=gb18030", ["库位"]), (b"A1\tB2\t", "tab", ["A1", "B2"]),
        (b"A1\t\r\nB2\t\r\n", "tab", ["A1", "B2"]), (b"xx\x02A1\x03yy\x02B2", "stx_etx", ["A1"]),
        (b"A1\rB2", "none_idle_50ms", ["A1", "B2"]),
        (b"A1\rB2", "cr_lf", ["A1"]), (b"CBRENA1\x06.A1\r", "honeywell", ["A1"]), (b"X\x15!A1\r", "honeywell", ["A1"]),
        (b"\x02\x010000@X1\x06;\x03A1\r", "newland", ["A1"]), (b"A1\r", "ack", ["A1"]),
    ],
)  # fmt: skip
def test_a_profile_frames_as_the_scanner_is_set_up(data: bytes, profile: str, texts: list[str]) -> None:
    assert [scan["text"] for scan in decode_in([data], profile, TODAY).scans] == texts


def ssi(data: bytes, *, status: int = 0, barcode: int = 3) -> bytes:
    body = bytes([5 + len(data), 0xF3, 0, status, barcode]) + data
    return body + (-sum(body) & 0xFFFF).to_bytes(2, "big")


def test_packets_are_joined_repeated_and_answered() -> None:
    joined = decode_in([ssi(b"TOTE-", status=2) + ssi(b"42")], "zebra_ssi")
    assert [scan["text"] for scan in joined.scans] == ["TOTE-42"]
    assert joined.besides["reply_hex"] == "04d00400ff28"
    again = decode_in([ssi(b"TOTE-42") + ssi(b"TOTE-42", status=1)], "zebra_ssi")
    assert len(again.scans) == 1, "the packet says itself that it is the same again"
    assert len(decode_in([ssi(b"TOTE-42") * 2], "zebra_ssi").scans) == 2
    typed = decode_in([ssi(f"{ITEM}10AB".encode(), barcode=0x0F)], "zebra_ssi")
    assert typed.scans[0]["type"] == "gs1"
    cut = decode_in([ssi(b"TOTE-42")[:-3]], "zebra_ssi")
    assert (cut.scans, cut.besides["reply_hex"]) == ([], "05d1040001ff25")


@pytest.mark.parametrize(
    "name", ["", "crlf2", "cr_lf;encoding=utf-16", "cr_lf;encoding=rot13", "cr_lf;speed=1", "none_idle_ms", "cr_lf;"]
)
def test_an_unknown_profile_is_refused(name: str) -> None:
    with pytest.raises(UnknownProfile):
        profile_named(name)
