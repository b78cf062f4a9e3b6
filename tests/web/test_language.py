"""In whose language an answer is given, and that only our own words are translated, never the users'."""

from __future__ import annotations

from typing import Any

import pytest
from flask import g

from tests.floor import House, Worker
from warehouse.clock import HOUR, MINUTE, SECOND, parse_day, parse_instant
from warehouse.errors import TEXTS, Notice, Phrase
from warehouse.floor.picking.rules import NotFinished
from warehouse.ledger.told import SAID
from warehouse.people.rules import named
from warehouse.web.formats import AGO_MOST, ago, clock, day, moment, number
from warehouse.web.language import CHINESE, ENGLISH, language, say_in
from warehouse.who import By
from warehouse.work.acts import dump_notice, load_notice
from warehouse.work.refusals import NAMED

NOON = parse_instant("2026-11-22T12:00:00+08:00", "UTC")


# ---------------------------------------------------------------- whose language


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("", ENGLISH), ("en", ENGLISH), ("en-GB,en;q=0.9", ENGLISH), ("fr", ENGLISH), ("zh", CHINESE), ("zh-CN", CHINESE),
        ("zh-Hans", CHINESE), ("zh-Hans-CN", CHINESE), ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE), ("en;q=0.5, zh;q=0.9", CHINESE),
        ("fr, zh;q=0.3", CHINESE), (",;=q", ENGLISH), ("zh" * 5000, ENGLISH),
    ],
)  # fmt: skip
def test_a_browser_is_answered_in_the_language_that_it_asks_for(house: House, asked: str, spoken: str) -> None:
    with house.app.test_request_context("/", headers={"Accept-Language": asked}):
        assert language() == spoken


@pytest.mark.parametrize("cookie", ["", "de", "../../etc", "zh_Hans_CN\x00"])
def test_a_cookie_that_names_no_language_counts_for_nothing(house: House, cookie: str) -> None:
    headers = {"Accept-Language": "zh", "Cookie": f"language={cookie}"}
    with house.app.test_request_context("/", headers=headers):
        assert language() == CHINESE


def test_the_devices_choice_goes_before_the_header_and_the_persons_before_both(house: House) -> None:
    headers = {"Accept-Language": "zh", "Cookie": "language=en"}
    with house.app.test_request_context("/", headers=headers):
        assert language() == ENGLISH
        g.language = CHINESE
        assert language() == CHINESE


def asks(house: House, worker: Worker, code: str, header: str) -> str:
    """What the floor says to a code that is not known, over JSON."""
    headers = {"Authorization": f"Bearer {worker.token}", "Accept": "application/json", "Accept-Language": header}
    answer: Any = house.app.test_client().get(f"/lookup?code={code}", headers=headers).get_json()
    return str(answer["notice"]["text"])


def test_json_too_is_in_the_readers_language_and_the_persons_choice_wins(house: House, ada: Worker) -> None:
    assert asks(house, ada, "GONE", "en") == "GONE is not known here. Expected: any code of this warehouse."
    assert asks(house, ada, "GONE", "zh-CN,zh;q=0.9") == "这里没有 GONE。应扫：本仓库的任意条码。"
    house.base.change(lambda session: session.run("UPDATE person SET language = 'en' WHERE name = 'ada'"))
    assert asks(house, ada, "GONE", "zh-CN") == "GONE is not known here. Expected: any code of this warehouse."
    house.base.change(lambda session: session.run("UPDATE person SET language = 'zh_Hans_CN' WHERE name = 'ada'"))
    assert asks(house, ada, "GONE", "en") == "这里没有 GONE。应扫：本仓库的任意条码。"


def test_what_a_screen_expects_is_told_in_chinese(house: House, ada: Worker) -> None:
    """R-SCAN-2 in the reader's own words: what was read, what was expected, where it is."""
    house.put("KETTLE", "A-05", 6)
    house.order(("KETTLE", 2))
    house.base.change(lambda session: session.run("UPDATE person SET language = 'zh_Hans_CN' WHERE name = 'ada'"))
    ada.next("picking")
    ada.obey()
    assert ada.scan(house.barcode("A-02")) == "wrong_location"
    assert ada.notice["text"] == "这里是 A-02。应到：A-05，右移 3 个库位。请到那里扫码。"
    assert ada.scan("XXHELP") == "help"
    assert ada.notice["text"].startswith("现在请扫：库位 ")


# ---------------------------------------------------------------- our words and theirs


def test_a_phrase_and_a_list_are_translated_and_come_back_from_the_act_as_they_were() -> None:
    kept = NAMED(item="KETTLE", expected=named({"picker", "supervisor"}))
    back = load_notice(dump_notice(kept))
    assert back == kept
    assert say_in(CHINESE, back.text, back.params) == "KETTLE。接着扫：拣货员、仓库主管。"
    assert say_in(ENGLISH, back.text, back.params) == "KETTLE. Now: picker, warehouse supervisor."


def test_a_phrase_in_a_phrase_comes_back_from_the_act() -> None:
    either = Phrase("%(one)s, or %(other)s", {"one": Phrase("a lot"), "other": Phrase("lot %(code)s", {"code": "L1"})})
    back = load_notice(dump_notice(NAMED(item="KETTLE", expected=either)))
    assert back is not None
    assert say_in(CHINESE, back.text, back.params) == "KETTLE。接着扫：批次，或批次 L1。"


@pytest.mark.parametrize("theirs", ["picker", "a lot", "Item", "%(code)s", "%s", "", ["picker", "Item"]])
def test_what_users_call_things_is_never_translated(theirs: Any) -> None:
    back = load_notice(dump_notice(NAMED(item=theirs, expected=theirs)))
    assert back is not None
    shown = "、".join(theirs) if isinstance(theirs, list) else theirs
    assert say_in(CHINESE, back.text, back.params) == f"{shown}。接着扫：{shown}。"


def test_an_empty_text_says_nothing() -> None:
    assert say_in(CHINESE, "", {}) == say_in(ENGLISH, "", {}) == ""


def test_one_is_told_otherwise_than_many() -> None:
    assert str(NotFinished(open=1)).startswith("One line is open.")
    assert str(NotFinished(open=2)).startswith("2 lines are open.")
    kept = load_notice(dump_notice(Notice("error", NotFinished.code, {"open": 1})))
    assert kept is not None
    assert say_in(ENGLISH, kept.text, kept.params).startswith("One line is open.")
    assert say_in(CHINESE, TEXTS[NotFinished.code], {"open": 1}).startswith("还有 1 行未拣。")


def test_every_move_is_told_in_chinese() -> None:
    params = {"quantity": 3, "what": "KETTLE", "from": "A-01", "to": "B-02"}
    said = [say_in(CHINESE, text, params) for text in SAID.values()]
    assert [text for text in said if "×" not in text or " were " in text or " at " in text] == []


def test_lookup_tells_the_state_of_an_order_in_words(house: House) -> None:
    number = house.order(("KETTLE", 2))
    made = house.person("Wen", "supervisor", badge="WEN-BADGE", pin="204816")
    browser = house.app.test_client()
    page = browser.get("/login", headers={"Accept": "text/html"}).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    browser.post("/language/zh_Hans_CN", headers={"Accept": "text/html"})
    browser.post("/login", data={"badge": made["badge"], "pin": "204816", "csrf_token": token})
    shown = browser.get(f"/lookup?code={number}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "<dt>状态</dt><dd>新订单</dd>" in shown
    assert "unsourced" not in shown


# ---------------------------------------------------------------- days, times, numbers


def spoken(house: House, name: str, timezone: str = "Asia/Shanghai") -> Any:
    context = house.app.test_request_context("/", headers={"Accept-Language": name})
    context.push()
    g.by = By(1, timezone, 1, "Ada", frozenset(), "", 0, 0, "")
    return context


def test_times_are_of_the_warehouses_clock_in_the_readers_way(house: House) -> None:
    context = spoken(house, "en")
    assert (moment(NOON), clock(NOON)) == ("Nov 22, 2026 12:00", "12:00")
    assert (day(parse_day("2027-12-31")), number(1234567), number(1234.5, 2)) == (
        "Dec 31, 2027",
        "1,234,567",
        "1,234.50",
    )
    context.pop()
    context = spoken(house, "zh", "Europe/London")
    assert (moment(NOON), clock(NOON)) == ("2026年11月22日 04:00", "04:00")
    assert (day(parse_day("2027-12-31")), number(1234567)) == ("2027年12月31日", "1,234,567")
    context.pop()


def test_what_is_not_known_is_shown_as_nothing(house: House) -> None:
    context = spoken(house, "en")
    assert [moment(None), moment(0), day(None), day(parse_day("9999-12-31")), clock(None), ago(None), number(None)] == [
        ""
    ] * 7
    assert number(0) == "0"
    context.pop()


@pytest.mark.parametrize(
    ("passed", "english", "chinese"),
    [
        (0, "just now", "刚刚"), (59 * SECOND, "just now", "刚刚"), (MINUTE, "1 min ago", "1 分钟前"),
        (59 * MINUTE, "59 min ago", "59 分钟前"), (HOUR, "1 h ago", "1 小时前"), (23 * HOUR, "23 h ago", "23 小时前"),
        (24 * HOUR, "one day ago", "1 天前"), (AGO_MOST, "7 days ago", "7 天前"),
        (AGO_MOST + 1, "Nov 22, 2026 12:00", "2026年11月22日 12:00"), (-1, "Nov 22, 2026 12:00", "2026年11月22日 12:00"),
    ],
)  # fmt: skip
def test_how_long_ago_something_was(house: House, passed: int, english: str, chinese: str) -> None:
    for name, said in (("en", english), ("zh", chinese)):
        context = spoken(house, name)
        assert ago(NOON, now=NOON + passed) == said
        context.pop()


def test_templates_have_them_as_filters(house: House) -> None:
    context = spoken(house, "zh")
    text = "{{ at|moment }} {{ 1200|number }} {{ _('Menu') }} {{ ngettext('one day ago', '%(n)s days ago', 2, n=2) }}"
    made = house.app.jinja_env.from_string(text)
    assert made.render(at=NOON) == "2026年11月22日 12:00 1,200 菜单 2 天前"
    hostile = house.app.jinja_env.from_string("{{ _('Order %(number)s', number='<b>') }}")
    assert hostile.render() == "订单 &lt;b&gt;"
    context.pop()
