"""All desks that have URLs of their own."""

from __future__ import annotations

from warehouse.office.orderdesk import screens as orderdesk

PAGES = (orderdesk.blueprint,)
