"""All rooms, in the order in which goods go through them."""

from __future__ import annotations

from warehouse.floor.picking import screens as picking

ROOMS = (picking,)
