"""Settings that a business changes per warehouse: each with its default, its check and what it means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from warehouse.db import Session
from warehouse.errors import N_, Phrase, Refusal
from warehouse.ids import new_id

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
    """How a setting's text is read: `read` raises ValueError, `expected` says what it wants."""

    expected: Phrase
    read: Callable[[str], Any]


def _whole(low: int, high: int) -> Kind:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError
        return value

    return Kind(Phrase(N_("a whole number from %(low)s to %(high)s"), {"low": low, "high": high}), read)


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


def _days(text: str) -> list[int]:
    days = sorted({int(word) for word in _words(text)})
    if not set(days) <= set(range(1, 8)):
        raise ValueError
    return days


def _pairs(text: str) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in text.split(",") if pair.strip()]
    return {name.strip(): value.strip() for name, value in pairs}


CLOCK = Kind(Phrase(N_("a time as HH:MM")), _clock)
YES_NO = Kind(Phrase(N_("yes or no")), _yes_no)
WORDS = Kind(Phrase(N_("words with blanks between them")), _words)
DAYS = Kind(Phrase(N_("weekdays from 1 (Monday) to 7 (Sunday) with blanks between them")), _days)
CODE = Kind(Phrase(N_("a code, or nothing")), str.strip)
POLICY = Kind(Phrase(N_("cover or statistical")), {"cover": "cover", "statistical": "statistical"}.__getitem__)
LANGUAGE = Kind(Phrase(N_("en or zh_Hans_CN")), {"en": "en", "zh_Hans_CN": "zh_Hans_CN"}.__getitem__)
PAIRS = Kind(Phrase(N_("pairs like Tibet=CENTRAL,Hainan=MAIN")), _pairs)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its default, how its text is read, and what it means."""

    default: Any
    kind: Kind
    means: str


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
    "purchase_second_approval_above": Setting(
        100_000, _whole(0, 10**12), N_("above this value, in the smallest unit of money, a second person approves (R-SAF-4)")
    ),
    "purchase_review_days": Setting(7, _whole(0, 365), N_("a proposed order lasts so many days beyond the reorder point")),
    "purchase_chase_days": Setting(3, _whole(0, 365), N_("suppliers are reminded of late orders every so many days; 0: never")),
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
LIMITS = frozenset({"purchase_second_approval_above"})
"""Limits of approvals: only administrators and finance change them."""
COMPANY_ONLY = frozenset({"main_warehouse", "central_warehouse", "central_regions", "regions"})


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
