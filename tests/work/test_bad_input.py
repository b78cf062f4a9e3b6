"""Bad input gets a clear answer and changes nothing (R-SCAN-2)."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.floor import House, Worker
from warehouse.catalog.codes import register
from warehouse.catalog.locations import make_location, make_warehouse
from warehouse.scanning.reading import TEXT_MAX

Effects = Callable[[], tuple[int, ...]]

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><b>', '=HYPERLINK("http://x";"y")', "+1+1",
    "@SUM(A1:A9)", "-2+3", "' OR '1'='1", "'; DROP TABLE move; --", "%s%s%n", "%(read)s", "{{7*7}}", "${7*7}", "\\",
    "../../etc",
    "\u202eabc", "\u200b", "😀" * 50, "水壶",
]  # fmt: skip


def refused(worker: Worker, code: str, effects: Effects, *, status: int = 422, **more: str) -> str:
    """The notice with which a scan is refused; nothing has changed, and the screen is as it was."""
    before, screen = effects(), worker.screen
    said = worker.scan(code, **more)
    assert (worker.status, worker.screen) == (status, screen), said
    assert effects() == before
    return said


def test_an_unknown_code_says_what_was_read_and_what_is_expected(picker: Worker, effects: Effects) -> None:
    assert refused(picker, "NO-SUCH-THING", effects) == "unknown_code"
    assert picker.notice["text"] == "NO-SUCH-THING is not known here. Expected: item KETTLE (Kettle)."
    assert picker.notice["level"] == "error"


def test_a_known_code_out_of_turn_says_what_is_expected(house: House, picker: Worker, effects: Effects) -> None:
    assert refused(picker, house.barcode("A-03"), effects) == "not_expected"
    assert "KETTLE" in picker.notice["text"]
    assert refused(picker, "TEA", effects) == "wrong_item"
    assert refused(picker, "XXOK", effects) == "not_expected"
    assert refused(picker, "XXDONE", effects) == "not_finished"


def test_html_formulas_and_sql_are_only_text(picker: Worker, effects: Effects) -> None:
    """They come back literally, as JSON, and mean nothing."""
    for code in HOSTILE:
        assert refused(picker, code, effects) == "unknown_code", code
        assert code in picker.notice["text"]


def test_hostile_codes_may_name_things(house: House, picker: Worker) -> None:
    """Codes a user brings along are any text."""
    for code in HOSTILE:
        house.base.change(lambda session, text=code: register(session, text, kind="item", ref_id=house.items["KETTLE"]))
    for code in HOSTILE[:6]:
        assert picker.scan(code) == "picked", code
    answer = picker.client.get(picker.screen["href"], headers=picker._headers())
    assert answer.mimetype == "application/json"
    assert json.loads(answer.data)["screen"]["target"]["item"]["code"] == "KETTLE"


def test_a_text_longer_than_any_code_is_refused(picker: Worker, effects: Effects) -> None:
    for length in (TEXT_MAX + 1, 10_000, 60_000):
        assert refused(picker, "A" * length, effects) == "code_too_long"
        assert str(length) in picker.notice["text"]


def test_a_body_without_end_is_refused(picker: Worker, effects: Effects) -> None:
    before = effects()
    answer = picker.client.post(
        picker.screen["scan"]["href"], data={"code": "A" * 200_000, "key": "k"}, headers=picker._headers()
    )
    assert answer.status_code == 413
    assert answer.get_json()["notice"]["level"] == "error"
    assert effects() == before


UNREADABLE = [
    "", " ", "\t\r\n", "\x00", "KETTLE\x00", "KET\x07TLE", "\x1b[2J", "\x1d\x1d", "a\nb", "\x7f", "\x85x", "]C1", "]Q3\x1d",
]  # fmt: skip


def test_nothing_and_control_characters_are_no_code(picker: Worker, effects: Effects) -> None:
    for code in UNREADABLE:
        assert refused(picker, code, effects) == "code_unreadable", ascii(code)


def test_half_a_character_is_no_code(picker: Worker, effects: Effects) -> None:
    """JSON can name characters that no text can hold."""
    for field in ("code", "key", "step", "via", "occurred_at"):
        before = effects()
        fields = picker.screen["scan"]["fields"] | {"code": "KETTLE", "key": f"k-{field}"} | {field: "\ud800x"}
        answer = picker.client.post(
            picker.screen["scan"]["href"], data=json.dumps(fields), headers=picker._headers(),
            content_type="application/json",
        )  # fmt: skip
        said = answer.get_json()["notice"]["code"]
        if field in {"via", "occurred_at"}:
            assert (answer.status_code, said) == (200, "picked"), field
            picker.screen = answer.get_json()["screen"]
        else:
            expected = {"code": "code_unreadable", "key": "key_missing", "step": "step_stale"}[field]
            assert said == expected
            assert effects() == before


def test_a_malformed_body_is_no_act(picker: Worker, effects: Effects) -> None:
    before = effects()
    for body in (b"", b"[]", b"7", b"null", b"{", b'{"code": {"a": 1}, "key": ["k"]}', b"\xff\xfe"):
        answer = picker.client.post(
            picker.screen["scan"]["href"], data=body, headers=picker._headers(), content_type="application/json"
        )
        assert (answer.status_code, answer.get_json()["notice"]["code"]) == (422, "key_missing"), body
    assert effects() == before


# ---------------------------------------------------------------- quantities


QUANTITIES = [
    ("XQ0", "quantity_zero"), ("XQ0000000", "quantity_zero"), ("XQ7", "too_many"), ("XQ9999999", "too_many"),
    ("XQ99999999", "bad_quantity"), ("XQ-1", "unknown_code"), ("XQ1.5", "unknown_code"), ("XQ", "unknown_code"),
    ("XQ1e3", "unknown_code"), ("XQ１", "unknown_code"), ("XQ٣", "unknown_code"), ("xq1", "unknown_code"),
    ("5", "unknown_code"), ("XW500", "not_expected"), ("XE20271231", "not_expected"), ("XE20270231", "bad_expiry"),
]  # fmt: skip


def test_a_quantity_that_cannot_be_is_refused(picker: Worker, effects: Effects) -> None:
    for code, said in QUANTITIES:
        instead = "not_expected" if said in {"quantity_zero", "too_many"} else said
        assert refused(picker, code, effects) == instead, f"{code} instead of the item"
    picker.scan("KETTLE")
    assert picker.screen["expects"] == ["quantity"]
    for code, said in QUANTITIES:
        assert refused(picker, code, effects) == said, code


# ---------------------------------------------------------------- other warehouses, several meanings


def test_a_code_of_another_warehouse_is_told_as_such(house: House, picker: Worker, effects: Effects) -> None:
    def build(session) -> None:
        other = make_warehouse(session, "NORTH", timezone="UTC")
        make_location(session, other, "N-01", kind="bin", barcode="XL900001")

    house.base.change(build)
    assert refused(picker, "XL900001", effects) == "foreign_warehouse"
    assert "NORTH" in picker.notice["text"]
    assert refused(picker, "N-01", effects) == "foreign_warehouse"


def test_a_code_that_could_mean_two_items_is_refused(house: House, picker: Worker, effects: Effects) -> None:
    """The same number as a GTIN-13 and as a user's own 14-digit code: the label says which."""
    house.base.change(lambda session: house.add_item(session, "MUG", barcode="04006381333931"))
    house.base.change(lambda session: house.add_item(session, "CUP", barcode="4006381333931"))
    assert refused(picker, "(01)04006381333931", effects) == "ambiguous_code"
    assert {"MUG", "CUP"} <= set(picker.notice["text"].replace(",", " ").replace(":", " ").replace(".", " ").split())
    assert refused(picker, "4006381333931", effects) == "wrong_item", "exactly as registered, it names one"


def test_one_text_may_name_an_item_and_a_place(house: House, ada: Worker) -> None:
    """At each step the thing is taken that is asked for."""
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 2))
    house.base.change(
        lambda session: register(session, "TWIN", kind="location", ref_id=house.places["A-02"], scope_id=house.id)
    )
    house.base.change(lambda session: register(session, "TWIN", kind="item", ref_id=house.items["KETTLE"]))
    ada.next("picking")
    ada.obey()
    assert ada.scan("TWIN") == "at_location"
    assert ada.scan("TWIN") == "picked"


# ---------------------------------------------------------------- GS1


def test_one_gs1_code_answers_item_and_lot(house: House, ada: Worker) -> None:
    house.base.change(lambda session: register(session, "5012345678900", kind="item", ref_id=house.items["KETTLE"]))
    house.base.change(lambda session: register(session, "4006381333931", kind="item", ref_id=house.items["TEA"]))
    house.put("TEA", "A-02", 5, lot="L-1", expiry="2028-01-01")
    house.put("KETTLE", "A-03", 5)
    house.order(("TEA", 2), ("KETTLE", 1))
    ada.next("picking")
    ada.obey()
    ada.scan(house.barcode("A-02"))
    assert ada.scan("]C10104006381333931" + "10L-9") == "wrong_lot"
    assert ada.scan("]d20104006381333931" + "17280101" + "10L-1") == "picked"
    assert ada.scan("(01)04006381333931(10)L-1") == "picked"
    ada.scan(house.barcode("A-03"))
    assert ada.scan("]E05012345678900") == "order_picked"


def test_a_gs1_code_of_nothing_known_is_unknown(picker: Worker, effects: Effects) -> None:
    assert refused(picker, "]C10104006381333931\x1d10L-1", effects) == "unknown_code"
    assert refused(picker, "]C1" + "0104006381333932", effects) == "unknown_code", "a wrong check digit"
    assert refused(picker, "(01)", effects) == "unknown_code"


def test_a_pack_code_counts_as_its_pack(house: House, picker: Worker, effects: Effects) -> None:
    house.base.change(
        lambda session: [
            register(session, f"CASE-{n}", kind="item", ref_id=house.items["KETTLE"], quantity=n) for n in (4, 12)
        ]
    )
    assert refused(picker, "CASE-12", effects) == "pack_too_large"
    assert picker.scan("CASE-4") == "picked"
    assert picker.screen["target"]["quantity"] == {"wanted": 6, "done": 4, "unit": "each"}
