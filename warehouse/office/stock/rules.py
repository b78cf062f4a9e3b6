"""What holds for the lists of stock and moves: who sees them, how states and causes are called. Pure."""

from __future__ import annotations

from warehouse.errors import N_, Refusal, notice

SEES = ("supervisor", "operations", "purchasing", "customer_service", "admin")

CSV_MAX = 100_000
"""A file holds so many rows, at most: what a spreadsheet opens without trouble."""

FILTERS = {
    "available": N_("available"), "reserved": N_("reserved"), "pending_inspection": N_("pending inspection"),
    "held": N_("on hold"), "expired": N_("expired"),
}  # fmt: skip
CAUSES = {
    "opening": N_("opening balance"), "receive": N_("receiving"), "putaway": N_("putaway"), "move": N_("move"),
    "replenish": N_("replenishing"), "pick": N_("picking"), "unpick": N_("put back"), "pack": N_("packing"),
    "ship": N_("hand-over"), "count": N_("count"), "return": N_("return"), "scrap": N_("scrap"),
    "consume": N_("own use"), "block": N_("quarantined"), "unblock": N_("freed"), "undo": N_("undo"),
}  # fmt: skip

COLUMNS = ("sku", "location", "container", "lot", "serial", "expiry", "received_at", "state", "quantity", "reserved")
"""The columns of the file, as those of `warehouse stock`."""


TOO_WIDE = notice(
    "warn",
    "search_too_wide",
    N_("%(read)s begins the name of more than %(most)s things; not all are shown. Type more of it."),
)


class NoTime(Refusal):
    """A text that is no time."""

    code = "no_time"
    text = N_("%(read)s is no time in the past. Write it like 2026-11-22 09:30; without a zone it is local.")


class NoDay(Refusal):
    """A text that is no day."""

    code = "no_day"
    text = N_("%(read)s is no day. Write it like 2026-11-22.")


class NotKnown(Refusal):
    """A filter names something that does not exist here."""

    code = "filter_unknown"
    text = N_("Nothing here is called %(read)s, so nothing is listed.")
