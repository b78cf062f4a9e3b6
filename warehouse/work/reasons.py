"""What reasons are called: of a supervisor's override, of damage. Warehouses may set up others, in words of their own."""

from __future__ import annotations

from warehouse.errors import N_, Phrase

REASONS = {
    "BROKEN": N_("Broken"), "EXPIRED": N_("Expired"), "WET": N_("Wet"), "DIRTY": N_("Dirty"),
    "PACKAGING": N_("Packaging damaged"), "OTHER": N_("Other"), "UNREACHABLE": N_("Cannot be reached"),
    "CUSTOMER_WISH": N_("Customer's wish"), "RECALL_CHECK": N_("Check for a recall"),
}  # fmt: skip


def in_words(code: str) -> Phrase | str:
    """A reason as a sentence names it; one that the warehouse has set up itself, as it is."""
    return Phrase(REASONS[code]) if code in REASONS else code
