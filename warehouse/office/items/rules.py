"""What holds for items on their pages: who may do what, and how fields are called. Pure."""

from __future__ import annotations

from warehouse.errors import N_, notice

SEES = ("supervisor", "operations", "purchasing", "customer_service", "admin")
CHANGES = ("supervisor", "operations", "purchasing", "admin")

NAMES = {
    "sku": N_("SKU"), "name": N_("Name"), "name_zh": N_("Chinese name"), "kind": N_("Kind"), "unit": N_("Unit"),
    "barcode": N_("Barcode"), "tracking": N_("Tracking"), "shelf_life_days": N_("Shelf life, days"),
    "lock_days": N_("Locked before expiry, days"), "class": N_("Class"), "length_mm": N_("Length, mm"),
    "width_mm": N_("Width, mm"), "height_mm": N_("Height, mm"), "weight_g": N_("Weight, g"),
    "safety_stock": N_("Safety stock"), "pack_size": N_("Pack size"), "quantity": N_("Pack quantity"),
    "code": N_("Barcode"),
}  # fmt: skip
KIND_NAMES = {"merchandise": N_("merchandise"), "packing": N_("packing material"), "tool": N_("tool")}
TRACKING_NAMES = {"none": N_("none"), "lot": N_("by lot"), "serial": N_("by serial")}

DAYS_MAX = 36_500

MADE = notice("ok", "item_made", N_("Item %(sku)s is made. It scans as %(barcode)s: print its label."))
CHANGED = notice("ok", "item_changed", N_("Item %(sku)s is changed."))
CODE_ADDED = notice("ok", "barcode_added", N_("%(read)s now stands for %(quantity)s × %(sku)s."))
CODE_REMOVED = notice("ok", "barcode_removed", N_("%(read)s no longer names %(sku)s."))
