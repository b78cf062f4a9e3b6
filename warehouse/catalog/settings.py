"""Settings that a business changes per warehouse: each with its default, its check and what it means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from warehouse.db import Session
from warehouse.errors import N_, Phrase, Refusal
from warehouse.ids import new_id
from warehouse.money import AMOUNT_MAX, money
from warehouse.who import PERSON_ROLES

COMPANY = 0


class UnknownSetting(Refusal):
    """No setting of that name."""

    code = "unknown_setting"
    text = N_("%(name)s is no setting. `warehouse set` lists them all.")


class BadValue(Refusal):
    """A value that the setting cannot take."""

    code = "bad_setting"
    text = N_("%(name)s: expected %(expected)s, got %(got)s.")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a setting's text is read: `read` raises ValueError, `expected` says what it wants.

    `typed`: it is money in CNY minor units; in the office it is typed in yuan, and this says what is expected there.
    """

    expected: Phrase
    read: Callable[[str], Any]
    typed: Phrase | None = None


def _whole(low: int, high: int) -> Kind:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError
        return value

    return Kind(Phrase(N_("a whole number from %(low)s to %(high)s"), {"low": low, "high": high}), read)


def _amount(high: int) -> Kind:
    return replace(
        _whole(0, high), expected=Phrase(N_("a whole number of CNY minor units from 0 to %(high)s"), {"high": high}),
        typed=Phrase(N_("yuan such as 480 or 4.80, at most %(high)s"), {"high": money(high)}),
    )  # fmt: skip


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError
    return text


def _yes_no(text: str) -> bool:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[text.lower()]


def _words(text: str) -> list[str]:
    words = [word for word in re.split(r"[\s,]+", text) if word]
    if not words:
        raise ValueError
    return words


def _roles(text: str) -> list[str]:
    roles = _words(text)
    if not set(roles) <= set(PERSON_ROLES):
        raise ValueError
    return list(dict.fromkeys(roles))


def _days(text: str) -> list[int]:
    days = sorted({int(word) for word in _words(text)})
    if not set(days) <= set(range(1, 8)):
        raise ValueError
    return days


def _line(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > _LINE_MAX or not line.isprintable():
        raise ValueError
    return line


_LINE_MAX = 200


def _web(text: str) -> str:
    if text and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", text.strip().rstrip("/")):
        raise ValueError
    return text.strip().rstrip("/")


def _pairs(text: str) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in text.split(",") if pair.strip()]
    return {name.strip(): value.strip() for name, value in pairs}


def _class_numbers(text: str) -> dict[str, int]:
    numbers = {name: int(value) for name, value in _pairs(text).items()}
    if not numbers.keys() <= set("ABC") or not all(0 <= value <= _CLASS_NUMBER_MAX for value in numbers.values()):
        raise ValueError
    return numbers


_CLASS_NUMBER_MAX = 1_000_000_000


CLOCK = Kind(Phrase(N_("a time as HH:MM")), _clock)
YES_NO = Kind(Phrase(N_("yes or no")), _yes_no)
WORDS = Kind(Phrase(N_("words with blanks between them")), _words)
ROLE_WORDS = Kind(
    Phrase(N_("roles with blanks between them, of: %(roles)s"), {"roles": ", ".join(PERSON_ROLES)}), _roles
)
DAYS = Kind(Phrase(N_("weekdays from 1 (Monday) to 7 (Sunday) with blanks between them")), _days)
LINE = Kind(Phrase(N_("one line of at most %(most)s characters, or nothing"), {"most": _LINE_MAX}), _line)
CODE = Kind(Phrase(N_("a code, or nothing")), str.strip)
POLICY = Kind(Phrase(N_("cover or statistical")), {"cover": "cover", "statistical": "statistical"}.__getitem__)
TELL = Kind(Phrase(N_("at_once, digest or never")), {each: each for each in ("at_once", "digest", "never")}.__getitem__)
LANGUAGE = Kind(Phrase(N_("en or zh_Hans_CN")), {each: each for each in ("en", "zh_Hans_CN")}.__getitem__)
WEB = Kind(Phrase(N_("an address like https://pickface.example.com, or nothing")), _web)
PAIRS = Kind(Phrase(N_("pairs like Tibet=CENTRAL,Hainan=MAIN")), _pairs)
CLASSES = Kind(Phrase(N_("a whole number for each class, like A=7,B=30,C=90")), _class_numbers)
CLASS_AMOUNTS = Kind(
    Phrase(N_("a whole number of CNY minor units for each class, like A=5000,B=480")), _class_numbers,
    Phrase(N_("yuan for each class, like A=50,B=4.80")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its default, how its text is read, what it means, and the roles that may change it."""

    default: Any
    kind: Kind
    means: str
    changers: tuple[str, ...] = ("admin",)


# Who switches a plan on; and who alone changes what guards money.
_PLANNERS, _LIMITERS = ("admin", "supervisor"), ("admin", "finance")

SETTINGS: dict[str, Setting] = {
    "cut_off": Setting("15:00", CLOCK, N_("orders confirmed before this local time leave the same day (R-ORD-4)")),
    "working_days": Setting([1, 2, 3, 4, 5, 6], DAYS, N_("the days on which the ship-by clock of standard orders runs")),
    "min_remaining_life_days": Setting(0, _whole(0, 3650), N_("days of life that goods must have left when reserved")),
    "over_receipt_percent": Setting(0, _whole(0, 100), N_("how far a receipt may go beyond what was ordered")),
    "unusual_quantity": Setting(1000, _whole(1, 9_999_999), N_("from here on a quantity nobody asked for is asked again")),
    "quantity_max": Setting(1_000_000, _whole(1, 9_999_999), N_("no single scan books more than this")),
    "override_reasons": Setting(
        ["UNREACHABLE", "CUSTOMER_WISH", "RECALL_CHECK", "OTHER"], WORDS, N_("reasons of a supervisor's override")
    ),
    "damage_reasons": Setting(
        ["BROKEN", "WET", "DIRTY", "PACKAGING", "EXPIRED", "OTHER"], WORDS, N_("reasons why goods are set aside as damaged")
    ),
    "pick_face_minimum": Setting(0, _whole(0, 9_999_999), N_("a pick face at or below this is replenished (R-PICK-6)")),
    "pick_face_fill": Setting(0, _whole(0, 9_999_999), N_("how many a pick face is filled up to; 0: the pallet or layer")),
    "fast_item_picks": Setting(20, _whole(1, 9_999_999), N_("an item picked so often in a week is put away near the dock")),
    "self_check": Setting(False, YES_NO, N_("whether pickers may check their own orders at packing (R-PACK-1)")),
    "count_interval_days": Setting(
        7, _whole(1, 366), N_("every bin is counted once within so many days (R-CNT-1)"), _PLANNERS
    ),
    "count_abc": Setting(False, YES_NO, N_("whether bins are counted by the class of what lies in them"), _PLANNERS),
    "count_abc_days": Setting(
        {"A": 7, "B": 30, "C": 90}, CLASSES, N_("within how many days a bin of each class is counted"), _PLANNERS
    ),
    "count_abc_shares": Setting(
        {"A": 80, "B": 95}, CLASSES, N_("the percentage of the movement value that A, and A with B, make up"), _PLANNERS
    ),
    "count_abc_weeks": Setting(13, _whole(1, 104), N_("over how many weeks the movement value is summed"), _PLANNERS),
    "count_tolerance": Setting(
        {}, CLASSES, N_("units that a count may differ, by class, without being counted again"), _LIMITERS
    ),
    "count_tolerance_value": Setting(
        {}, CLASS_AMOUNTS, N_("value that a count may differ beside its units, by class; not named: any"), _LIMITERS
    ),
    "count_approval_limit": Setting(
        100_000, _amount(1_000_000_000), N_("differences of a bin above this value need a second approver"), _LIMITERS
    ),
    "count_settle_seconds": Setting(
        0, _whole(0, 3600), N_("moves so soon after a bin was counted throw doubt on its difference"), _LIMITERS
    ),
    "count_causes": Setting(
        ["LOSS", "MISPLACED", "WRONG_SENT", "NOT_SENT", "OVER_SENT", "DAMAGED", "PAPERS"], WORDS,
        N_("causes of a difference between book and floor"),
    ),
    "mix_items": Setting(True, YES_NO, N_("whether a bin may hold more than one item")),
    "opens": Setting("08:00", CLOCK, N_("from this local time on the office works")),
    "closes": Setting("18:00", CLOCK, N_("until this local time the office works")),
    "stock_policy": Setting("cover", POLICY, N_("how items are planned that have no policy of their own (R-SAF-1)")),
    "cover_days": Setting(7, _whole(1, 365), N_("the safety stock covers what was used on the last so many days")),
    "service_level": Setting(950, _whole(500, 999), N_("how many of 1,000 wanted pieces a statistical policy serves at once")),
    "lead_time_days": Setting(7, _whole(0, 3650), N_("how long an order takes where neither item nor supplier says so")),
    "max_cover_days": Setting(0, _whole(0, 3650), N_("stock for more days than that is too much (R-SAF-7); 0: never")),
    "demand_days": Setting(364, _whole(28, 3650), N_("so many days back demand is looked at")),
    "giant_day_factor": Setting(
        3, _whole(0, 1000), N_("a day's demand counts at most so many times the next greatest; 0: as it was")
    ),
    "alert_escalate_hours": Setting(4, _whole(1, 1000), N_("working hours until a stock alert goes to operations (R-SAF-3)")),
    "alert_reopen_hours": Setting(24, _whole(0, 8760), N_("an alert that falls again within so many hours is the same one")),
    "tell_roles": Setting(
        ["purchasing", "operations"], ROLE_WORDS,
        N_("people with one of these roles and an address hear of stock alerts (R-SAF-3)"),
    ),
    "tell_safety_stock": Setting("at_once", TELL, N_("how people hear that an item is below its safety stock")),
    "tell_reorder": Setting("digest", TELL, N_("how people hear that an item is at its reorder point")),
    "tell_overstock": Setting("digest", TELL, N_("how people hear that there is too much of an item")),
    "digest_at": Setting("08:30", CLOCK, N_("at this local time digests go out, one for each supplier, on working days")),
    "message_days": Setting(3, _whole(1, 30), N_("so many days a message is tried before it is undeliverable (R-SAF-3)")),
    "message_language": Setting("en", LANGUAGE, N_("the language of messages to people who have not chosen theirs")),
    "web_address": Setting("", WEB, N_("under this address people reach Pickface: for links in messages")),
    "purchase_second_approval_above": Setting(
        100_000, _amount(AMOUNT_MAX), N_("purchases above this value are approved by a second person as well (R-SAF-4)"),
        _LIMITERS,
    ),
    "purchase_split_days": Setting(
        7, _whole(1, 366), N_("whoever approves sees what else was ordered from the supplier on so many days (R-SAF-4)"),
        _LIMITERS,
    ),
    "purchase_review_days": Setting(7, _whole(0, 365), N_("a proposed order lasts so many days beyond the reorder point")),
    "purchase_chase_days": Setting(3, _whole(0, 365), N_("suppliers are reminded of late orders every so many days; 0: never")),
    "company_name": Setting("", LINE, N_("who buys, as suppliers read it on purchase orders; empty: the warehouse's code")),
    "company_address": Setting("", LINE, N_("the buyer's address on purchase orders")),
    "delivery_address": Setting("", LINE, N_("where suppliers deliver to this warehouse; empty: the buyer's address")),
    "supplier_language": Setting("zh_Hans_CN", LANGUAGE, N_("what suppliers read for whom no language is chosen")),
    "main_warehouse": Setting("", CODE, N_("the warehouse that takes every region not named; empty: the first made")),
    "central_warehouse": Setting("", CODE, N_("the warehouse of the far regions (R-ORD-6); empty: the main one")),
    "central_regions": Setting(
        ["Liaoning", "Gansu", "Ningxia", "Tibet", "Xinjiang", "Yunnan", "Inner-Mongolia",
         "辽宁", "甘肃", "宁夏", "西藏", "新疆", "云南", "内蒙古"],
        WORDS, N_("regions that the central warehouse supplies (a blank inside a name is written as -)"),
    ),
    "regions": Setting({}, PAIRS, N_("regions with a warehouse of their own choice; goes before all else")),
}  # fmt: skip
NAMES_WAREHOUSES = frozenset({"main_warehouse", "central_warehouse", "regions"})
COMPANY_ONLY = NAMES_WAREHOUSES | {"central_regions", "web_address", "company_name", "company_address"}


def setting(session: Session, name: str, warehouse_id: int = COMPANY) -> Any:
    """A setting's value for a warehouse: its own, else the company's, else the default."""
    return ask_setting(session, name, warehouse_id)()


def ask_setting(session: Session, name: str, warehouse_id: int = COMPANY) -> Callable[[], Any]:
    """Asks for a setting's value; what it returns waits for the answer."""
    asked = session.ask(
        "SELECT value FROM setting WHERE name = :name AND warehouse_id IN (0, :warehouse) ORDER BY warehouse_id DESC",
        name=name, warehouse=warehouse_id,
    )  # fmt: skip
    return lambda: SETTINGS[name].default if (kept := asked.value()) is None else json.loads(kept)


def all_settings(session: Session, warehouse_id: int = COMPANY) -> dict[str, Any]:
    """Every setting's value for a warehouse."""
    return {name: setting(session, name, warehouse_id) for name in SETTINGS}


def all_reasons(session: Session) -> frozenset[str]:
    """Every reason that any warehouse knows."""
    names = ("override_reasons", "damage_reasons")
    rows = session.all(
        "SELECT value FROM setting WHERE name IN (:override, :damage)", override=names[0], damage=names[1]
    )
    kept = [json.loads(row.value) for row in rows]
    return frozenset(reason for reasons in (*kept, *(SETTINGS[name].default for name in names)) for reason in reasons)


def change_setting(session: Session, name: str, text: str, *, warehouse_id: int, changed_by: str, at: int) -> Any:
    """Changes a setting and logs it. Returns the new value.

    Raises:
        UnknownSetting: there is none of that name.
        BadValue: the text is not what the setting takes.
    """
    if name not in SETTINGS:
        raise UnknownSetting(name=name)
    try:
        value = SETTINGS[name].kind.read(text)
    except (ValueError, KeyError) as error:
        raise BadValue(name=name, expected=SETTINGS[name].kind.expected, got=text) from error
    if name in NAMES_WAREHOUSES:
        _check_warehouses(session, name, value)
    scope = COMPANY if name in COMPANY_ONLY else warehouse_id
    old, new = setting(session, name, scope), json.dumps(value, ensure_ascii=False)
    session.run(
        """INSERT INTO setting (warehouse_id, name, value) VALUES (:warehouse, :name, :value)
           ON CONFLICT (warehouse_id, name) DO UPDATE SET value = excluded.value""",
        warehouse=scope, name=name, value=new,
    )  # fmt: skip
    session.run(
        """INSERT INTO setting_log (id, warehouse_id, name, old, new, changed_at, changed_by)
           VALUES (:id, :warehouse, :name, :old, :new, :at, :by)""",
        id=new_id(session), warehouse=scope, name=name, old=json.dumps(old, ensure_ascii=False), new=new, at=at,
        by=changed_by,
    )  # fmt: skip
    return value


_EXISTING = N_("warehouses that exist: %(codes)s")


def _check_warehouses(session: Session, name: str, value: Any) -> None:
    known = [row.code for row in session.all("SELECT code FROM warehouse ORDER BY made_at, id")]
    named = list(value.values()) if isinstance(value, dict) else [value] if value else []
    for code in named:
        if code not in known:
            raise BadValue(name=name, expected=Phrase(_EXISTING, {"codes": ", ".join(known) or "–"}), got=code)
