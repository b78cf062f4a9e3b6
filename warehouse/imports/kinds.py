"""The kinds of file that can be imported, by name."""

from __future__ import annotations

from warehouse.imports.items import BARCODES, ITEMS, SUPPLIERS
from warehouse.imports.locations import LOCATIONS
from warehouse.imports.orders import ORDERS
from warehouse.imports.purchase_orders import PURCHASE_ORDERS
from warehouse.imports.stock import STOCK

KINDS = {kind.name: kind for kind in (ITEMS, BARCODES, SUPPLIERS, LOCATIONS, STOCK, PURCHASE_ORDERS, ORDERS)}
