"""The columns of each kind of file: which must be there, and how a cell's text is understood.

A new import column is one line here, and its use in the kind's own module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.scanning.texts import (
    ITEM_KINDS,
    LOCATION_KINDS,
    MONEY,
    MONEY_MAX,
    NAME,
    NATURAL,
    POSITIVE,
    TRACKINGS,
    YES_NO,
    Reader,
    choice,
    classes,
    day,
    instant,
    line_of,
    phone,
    scannable,
    scanned_detail,
    whole,
    word,
)

TIERS = {"standard": "standard", "express": "express", "priority": "priority",
         "普通": "standard", "加急": "express", "特快": "priority"}  # fmt: skip
PAID = {
    "yes": True, "true": True, "1": True, "y": True, "paid": True, "cod": True, "cash-on-delivery": True,
    "cash on delivery": True, "是": True, "已付款": True, "货到付款": True,
    "no": False, "false": False, "0": False, "n": False, "unpaid": False, "否": False, "未付款": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, how its text is read, whether it must be there, and what an empty cell means."""

    name: str
    read: Reader
    required: bool = False
    empty: Any = None


# ---------------------------------------------------------------- the kinds

ITEMS = (
    Column("sku", scannable(), required=True), Column("name", NAME, required=True), Column("name_zh", NAME, empty=""),
    Column("kind", choice(ITEM_KINDS), empty="merchandise"), Column("unit", line_of(40), empty="each"),
    Column("barcode", scannable(), empty=""), Column("tracking", choice(TRACKINGS), empty="none"),
    Column("shelf_life_days", whole(1, 36_500)), Column("lock_days", whole(0, 36_500), empty=0),
    Column("class", line_of(100), empty=""), Column("length_mm", POSITIVE), Column("width_mm", POSITIVE),
    Column("height_mm", POSITIVE), Column("weight_g", NATURAL), Column("unit_cost", MONEY), Column("supplier", word),
    Column("safety_stock", NATURAL), Column("lead_time_days", whole(0, 3650)), Column("pack_size", POSITIVE),
)  # fmt: skip
BARCODES = (
    Column("sku", word, required=True), Column("barcode", scannable(), required=True),
    Column("quantity", POSITIVE, required=True),
)  # fmt: skip
SUPPLIERS = (
    Column("code", word, required=True), Column("name", NAME, required=True), Column("email", NAME, empty=""),
    Column("lead_time_days", whole(0, 3650)),
)  # fmt: skip
LOCATIONS = (
    Column("code", scannable("XL"), required=True), Column("parent", word, empty=""),
    Column("kind", choice(LOCATION_KINDS), required=True), Column("barcode", scannable("XL"), empty=""),
    Column("classes", classes, empty=""), Column("aisle", whole(0, 99_999)), Column("position", whole(0, 99_999)),
    Column("level", whole(0, 999)), Column("max_weight_g", whole(1, MONEY_MAX)),
    Column("max_volume_mm3", whole(1, 10**15)), Column("pick_face", choice(YES_NO), empty=False),
)  # fmt: skip
STOCK = (
    Column("sku", word, required=True), Column("location", word, required=True),
    Column("quantity", POSITIVE, required=True), Column("lot", scanned_detail, empty=""),
    Column("serial", scanned_detail, empty=""),
    Column("expiry", day, empty=0), Column("received_at", instant),
)  # fmt: skip
PURCHASE_ORDERS = (
    Column("number", scannable("XD"), required=True), Column("supplier", word, required=True),
    Column("sku", word, required=True), Column("quantity", POSITIVE, required=True), Column("unit_cost", MONEY),
    Column("due", instant), Column("warehouse", word, empty=""),
)  # fmt: skip
ORDERS = (
    Column("channel", word, required=True), Column("number", word, required=True),
    Column("tier", choice(TIERS), empty="standard"), Column("confirmed_at", instant, required=True),
    Column("name", NAME, required=True), Column("phone", phone, required=True), Column("region", NAME, required=True),
    Column("city", NAME, empty=""), Column("address", line_of(500), required=True), Column("sku", word, required=True),
    Column("quantity", POSITIVE, required=True), Column("unit_price", MONEY), Column("paid", choice(PAID)),
    Column("note", line_of(2000), empty=""), Column("deliver_from", instant), Column("deliver_until", instant),
)  # fmt: skip

MONEY_COLUMNS = frozenset({"unit_cost", "unit_price"})
